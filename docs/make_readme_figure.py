"""Draw docs/images/fokker.png, the picture of README.md. Run from anywhere."""

from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from scipy.integrate import cumulative_trapezoid, trapezoid
from scipy.special import gamma

import fokker

IMAGES = Path(__file__).parent / "images"
BLUE, ORANGE, GREEN, GREY = "#0072b2", "#d55e00", "#009e73", "#666666"


def draw_tails(ax: plt.Axes) -> None:
    """Stationary law of dX = -X dt + sqrt(1 + X^2) dW, by convention, with the closed forms as dots."""
    x = np.linspace(-6, 6, 601)
    dots = np.linspace(-6, 6, 13)
    for convention, alpha, colour in (
        ("ito", 0, BLUE),
        ("stratonovich", 0.5, GREEN),
        ("isothermal", 1, ORANGE),
    ):
        problem = fokker.Problem(
            drift=lambda x: -x,
            noise=lambda x: (1 + x**2) ** 0.5,
            convention=convention,
            domain={"x": (-np.inf, np.inf)},
        )
        density = fokker.stationary(fokker.discretize(problem, cells=400))
        ax.semilogy(x, density.at(x=x), color=colour, label=convention)
        exact = (1 + dots**2) ** (alpha - 2)  # not yet normalised
        ax.semilogy(dots, exact / _norm(2 - alpha), "o", color=colour, ms=5.5, mfc="white")
    ax.semilogy(x, np.exp(-(x**2)) / np.sqrt(np.pi), color=GREY, ls=":", label="constant noise")
    ax.set(
        xlim=(-6.5, 18), xticks=(-5, 0, 5), ylim=(1e-5, 2), xlabel="$x$ (dimensionless)", ylabel="stationary density"
    )
    ax.set_title("Noise that grows with $x$: power laws")
    ax.legend(frameon=False, fontsize=11, loc="upper right")


def draw_escape(ax: plt.Axes) -> None:
    """Mean escape time from a well against the barrier, for constant and for growing noise."""
    barriers = np.linspace(1, 40, 27)
    dots = np.linspace(2, 40, 9)
    for label, growth, colour in (("constant noise", 0.0, GREY), ("noise grows with the loss", 0.2, ORANGE)):
        times = [escape_time(barrier, growth) for barrier in barriers]
        ax.semilogy(barriers, times, color=colour, label=label)
        exact = [escape_integral(barrier, growth) for barrier in dots]
        ax.semilogy(dots, exact, "o", color=colour, ms=5.5, mfc="white")
    ax.set(xlabel="barrier / noise level (dimensionless)", ylabel="mean escape time", ylim=(1, None))
    ax.set_title("Escape time: exponential, or a power")
    ax.legend(frameon=False, fontsize=11, loc="upper left")


def escape_time(barrier: float, growth: float) -> float:
    """Mean time from -1 to 1 in the loss barrier (x^2 - 1)^2 with diffusion 1 + growth * loss."""

    def loss(x: np.ndarray) -> np.ndarray:
        return barrier * (x**2 - 1) ** 2

    problem = fokker.Problem(
        drift=lambda x: -4 * barrier * x * (x**2 - 1),
        diffusion=lambda x: 1 + growth * loss(x),
        convention="isothermal",
        domain={"x": (-2, 2)},
    )
    generator = fokker.discretize(problem, cells=400)
    return float(fokker.mean_first_passage(generator, target=lambda x: x > 1).at(x=-1.0))


def escape_integral(barrier: float, growth: float) -> float:
    """The same time as a double integral, by the trapezoidal rule: of exp(Phi)/D over exp(-Phi)."""
    x = np.linspace(-2, 1, 30001)
    loss = barrier * (x**2 - 1) ** 2
    phi = loss if growth == 0 else np.log1p(growth * loss) / growth
    inner = cumulative_trapezoid(np.exp(-phi), x, initial=0)
    outer = np.exp(phi) / (1 + growth * loss) * inner
    return float(trapezoid(outer[x >= -1], x[x >= -1]))


def draw_circulation(ax: plt.Axes) -> None:
    """Stationary density and current of a double well that a torque keeps out of equilibrium."""
    problem = fokker.Problem.from_potential(
        lambda x, y: 2 * (x**2 - 1) ** 2 + 3 * (y - 0.4 * x) ** 2,
        force=lambda x, y: (-3 * y, 3 * x),
        temperature=1.0,
        domain={"x": (-2.2, 2.2), "y": (-2, 2)},
    )
    density = fokker.stationary(fokker.discretize(problem, cells=(220, 200)))
    density.plot(ax)
    density.current().plot(ax)
    ax.set(xlabel="$x$ (dimensionless)", ylabel="$y$ (dimensionless)", aspect="equal")
    for bar in filter(None, (mesh.colorbar for mesh in ax.collections)):
        bar.set_label("stationary density (dimensionless)")
    ax.set_title("A torque keeps two wells circulating")


def _norm(power: float) -> float:
    """Integral of (1 + x^2)^-power over the line."""
    return float(np.sqrt(np.pi) * gamma(power - 0.5) / gamma(power))


def main() -> None:
    """Draw the three panels."""
    mpl.use("Agg")
    plt.rcParams.update({"font.size": 13, "axes.titlesize": 14, "axes.spines.top": False, "axes.spines.right": False})
    plt.rcParams.update({"lines.linewidth": 2})
    figure, axes = plt.subplot_mosaic(
        [["tails", "circulation"], ["escape", "circulation"]],
        figsize=(12, 6.2),
        layout="constrained",
        width_ratios=(1, 1.5),
    )
    draw_tails(axes["tails"])
    draw_escape(axes["escape"])
    draw_circulation(axes["circulation"])
    figure.savefig(IMAGES / "fokker.png", dpi=140)


if __name__ == "__main__":
    main()

"""Draw docs/images/power_law.png and current.png: the figures of README.md. Run from anywhere."""

from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
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
        ax.semilogy(dots, exact / _norm(2 - alpha), "o", color=colour, ms=4, mfc="white")
    ax.semilogy(x, np.exp(-(x**2)) / np.sqrt(np.pi), color=GREY, ls=":", label="constant noise")
    ax.set(ylim=(1e-5, 2), xlabel="$x$", ylabel="stationary density")
    ax.set_title("Noise that grows with $x$ makes power laws")
    ax.legend(frameon=False, fontsize=8, loc="upper right")


def draw_escape(ax: plt.Axes) -> None:
    """Mean escape time from a well against the barrier, for constant and for growing noise."""
    barriers = np.linspace(1, 40, 27)
    for label, growth, colour in (("constant noise", 0.0, GREY), ("noise grows with the loss", 0.2, ORANGE)):
        times = [escape_time(barrier, growth) for barrier in barriers]
        ax.semilogy(barriers, times, color=colour, label=label)
    ax.set(xlabel="barrier / noise level", ylabel="mean escape time", ylim=(1, None))
    ax.set_title("The escape time: exponential, or a power")
    ax.legend(frameon=False, fontsize=8, loc="upper left")


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
    ax.set_title("A torque keeps two wells circulating")


def draw_transitions(ax: plt.Axes) -> None:
    """Density of the Mueller-Brown potential and the current of the transitions from one end to the other."""
    example = fokker.gallery.mueller_brown()
    generator = fokker.discretize(example.problem, cells=example.cells)
    fokker.stationary(generator).plot(ax, log=True)
    fokker.reactive_flux(generator, example.sets["reactant"], example.sets["product"]).current.plot(ax)
    ax.set_title("Transitions in the Müller-Brown potential")


def _norm(power: float) -> float:
    """Integral of (1 + x^2)^-power over the line."""
    return float(np.sqrt(np.pi) * gamma(power - 0.5) / gamma(power))


def main() -> None:
    """Draw both figures."""
    mpl.use("Agg")
    plt.rcParams.update({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False})
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    draw_tails(axes[0])
    draw_escape(axes[1])
    IMAGES.mkdir(exist_ok=True)
    figure.savefig(IMAGES / "power_law.png", dpi=160)
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
    draw_circulation(axes[0])
    draw_transitions(axes[1])
    figure.savefig(IMAGES / "current.png", dpi=160)


if __name__ == "__main__":
    main()

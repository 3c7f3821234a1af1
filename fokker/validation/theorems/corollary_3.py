"""Corollary 3: the power law of uncorrelated noise, its dictionary to Student's law, and its tails."""

from typing import TYPE_CHECKING, Any

import numpy as np

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from fokker import Density

H, ETA, SIGMA_G, SIGMA_H = 2.0, 0.5, 1.5, 0.8
READINGS = {"isothermal": 1.0, "Stratonovich": 0.5, "Ito": 0.0}
HEAVY = (3.0, 1.0, 0.5)
KAPPAS = (25.0, 50.0, 100.0, 200.0, 400.0)
EPS = float(np.finfo(float).eps)
RADII = np.logspace(-1.0, 5.0, 13)
FAR = 1e3  # core widths; the tail index is read off from here to 1e5


def solve(cells: int, convention: str, h: float, eta: float, sigma_g: float, sigma_H: float) -> "Density":
    """Return the stationary law on the whole line; the solver sees the coefficients and nothing else."""
    import fokker

    problem = fokker.Problem(
        drift=lambda x: -h * x,
        diffusion=lambda x: eta / 2 * (sigma_g + sigma_H * x**2),
        convention=convention.lower(),
        domain={"x": (-np.inf, np.inf)},
    )
    return fokker.stationary(fokker.discretize(problem, cells=cells))


def measure() -> Measurement:
    """The table of the dictionary, the heavy tails, the Gaussian limit, and the tail index."""
    checks: list[Check] = []
    for name, alpha in READINGS.items():
        checks += _dictionary(name, alpha)
    data: dict[str, Any] = {"solver": {}, "closed": {}}
    for nu in HEAVY:
        checks += _heavy(nu, data)
    return Measurement((*checks, *_gaussian()), (_approach(),), data)


def tail_index(density: "Density", width: float) -> float:
    """Return minus the slope of the logarithm of the cell probabilities against ln x, far out.

    The cells grow in proportion to x there, so that a cell holds x p(x) ~ x**-nu.
    """
    x = density.nodes[0]
    far = (x > FAR * width) & (x < 100 * FAR * width)
    return -float(np.polyfit(np.log(x[far]), density.log_mass[far], 1)[0])


def shape(density: "Density") -> tuple[float, float, float]:
    """Solve ln p(0)/p(x) = m ln(1 + x^2/s^2) at x = 1 and 2 for (m, s^2); the third is the loss of digits."""
    from scipy.optimize import brentq

    drop = [float(density.log_at(x=0.0) - density.log_at(x=x)) for x in (1.0, 2.0)]

    def ratio(s2: float) -> float:
        return float(np.log1p(4 / s2) / np.log1p(1 / s2))

    s2 = brentq(lambda v: ratio(v) - drop[1] / drop[0], 1e-2, 1e2, xtol=1e-15, rtol=4 * EPS)
    step = 1e-4
    steepness = abs(ratio(s2 * (1 + step)) - ratio(s2 * (1 - step))) / (2 * step)  # per relative change of s^2
    return drop[0] / float(np.log1p(1 / s2)), s2, ratio(s2) / steepness / min(1.0, drop[0])


def _dictionary(name: str, alpha: float) -> list[Check]:
    """Read nu, scale, q, beta off the solver's density, and compare with the closed dictionary."""
    from fokker.theory import student
    from fokker.theory.power_law import PowerLaw

    law = PowerLaw(H, ETA, SIGMA_G, SIGMA_H)
    exact, gaussian = student.to_student(law, alpha), student.to_q_gaussian(law, alpha)
    frozen = student.distribution(law, alpha)
    density = solve(400, name, H, ETA, SIGMA_G, SIGMA_H)
    rounding = 8 * 400 * EPS
    because = "rounding: a product over 400 edges of 8 quadrature points each, 3200 × machine epsilon"
    m, s2, loss = shape(density)
    read = r"the same rounding of $\ln p$, times the condition of solving for exponent and width"
    variance = density.variance()
    return [
        Check(
            rf"{name}: $\nu$, slope of the solver's log-probabilities (while $\kappa = {law.kappa:g}$)",
            tail_index(density, law.core_width),
            exact.dof,
            (exact.dof + 2) / FAR**2,
            r"first correction to the pure power, $(\nu + 2) (s/R)^2$ at $R = 1000\, s$",
            "absolute",
        ),
        Check(rf"{name}: scale $s/\sqrt{{\nu}}$", np.sqrt(s2 / (2 * m - 1)), exact.scale, loss * rounding, read),
        Check(f"{name}: $q = 1 + 1/m$", 1 + 1 / m, gaussian.q, loss * rounding, read),
        Check(rf"{name}: $\beta = m/s^2$", m / s2, gaussian.beta, loss * rounding, read),
        Check(f"{name}: variance", variance, float(student.variance(exact.dof, law.core_width)), rounding, because),
        Check(f"{name}: $p(0)$", density.at(x=0.0), frozen.pdf(0.0), rounding, because),
        Check(f"{name}: $p(1)$", density.at(x=1.0), frozen.pdf(1.0), rounding, because),
        Check(
            f"{name}: kurtosis",
            density.moment(4) / variance**2,
            float(student.kurtosis(exact.dof)),
            3 * rounding,
            "the same rounding, in a ratio of three moments",
        ),
    ]


def _heavy(nu: float, data: dict[str, Any]) -> list[Check]:
    """One heavy tail on 100 cells, isothermal reading, core width 1."""
    from fokker.theory import student

    kappa = (nu + 1) / 2
    density = solve(100, "isothermal", 1.0, 1.0, 1 / kappa, 1 / kappa)
    beyond = [density.probability(lambda x, r=r: np.abs(x) > r) for r in RADII]
    data["solver"][nu], data["closed"][nu] = np.array(beyond), student.tail_mass(RADII, nu)
    end = float(np.abs(density.chain.line.axis.faces[[0, -1]]).min())
    rounding, closure = 8 * 100 * EPS, (nu + 2) / end**2
    name, cells = rf"$\nu = {nu:g}$, 100 cells", "800 × machine epsilon, the rounding of 100 edges"
    return [
        Check(
            rf"{name}: $P(|x| > 1000)$",
            density.probability(lambda x: np.abs(x) > 1000.0),
            float(student.tail_mass(1000.0, nu)),
            rounding + closure,
            cells + r", and $(\nu + 2)/L^2$: beyond the last face $L$ the tail is continued as a pure power",
        ),
        Check(
            f"{name}: $Z = 1/p(0)$",
            1 / density.at(x=0.0),
            float(student.normalisation(nu)),
            rounding + closure,
            cells + r", and $(\nu + 2)/L^2$: beyond the last face $L$ the tail is continued as a pure power",
        ),
        Check(
            rf"{name}: $\nu$, slope of the solver's log-probabilities (while $\kappa = {kappa:g}$)",
            tail_index(density, 1.0),
            nu,
            (nu + 2) / FAR**2,
            r"first correction to the pure power, $(\nu + 2) (s/R)^2$ at $R = 1000\, s$",
            "absolute",
        ),
    ]


def _gaussian() -> list[Check]:
    """The Ornstein-Uhlenbeck process on the whole line: constant noise, kappa infinite."""
    eps = ETA * SIGMA_G
    density = solve(100, "ito", H, ETA, SIGMA_G, 0.0)
    x = np.linspace(-3.0, 3.0, 61)
    worst = float(np.abs(density.at(x=x) / (np.sqrt(H / (np.pi * eps)) * np.exp(-H * x**2 / eps)) - 1).max())
    because = "800 × machine epsilon, the rounding of 100 edges"
    name = r"$\kappa = \infty$ (Ornstein-Uhlenbeck), 100 cells"
    return [
        Check(f"{name}: variance", density.variance(), eps / (2 * H), 800 * EPS, because),
        Check(rf"{name}: largest relative error of $p$ on $|x| \leq 3$", worst, 0.0, 800 * EPS, because, "absolute"),
    ]


def _approach() -> Rate:
    """The variance of the power law tends to that of the Gaussian like 1/kappa."""
    gauss = ETA * SIGMA_G / (2 * H)
    errors = [abs(solve(200, "isothermal", H, ETA, SIGMA_G, H / (ETA * k)).variance() / gauss - 1) for k in KAPPAS]
    return Rate(
        r"variance of the isothermal law to its Gaussian limit, in $1/\kappa$",
        tuple(1 / k for k in KAPPAS),
        tuple(errors),
        1.0,
        3 / (2 * KAPPAS[0] - 3),
        r"the error is $3/(2\kappa - 3)$; its slope is $1 + 3/(2\kappa - 3)$, largest at $\kappa = 25$",
    )


def figure(measurement: Measurement) -> "Figure":
    """Survival functions over many decades."""
    from matplotlib.figure import Figure
    from scipy.special import erfc

    from fokker.theory import student

    drawing = Figure(figsize=(7.2, 4.2))
    axes = drawing.subplots()
    fine = np.logspace(-1.0, 5.0, 300)
    for at, nu in enumerate(HEAVY):
        line = student.tail_mass(fine, nu)
        axes.loglog(fine, line, color=f"C{at}")
        text = rf"$\kappa = {(nu + 1) / 2:g}$: slope $-\nu = {-nu:g}$"
        axes.annotate(text, (2e5, np.asarray(line)[-1]), color=f"C{at}", va="center", annotation_clip=False)
        axes.loglog(RADII, measurement.data["solver"][nu], "o", color=f"C{at}")
    axes.loglog(fine, erfc(fine / np.sqrt(2)), color="C6", linestyle="--")
    axes.annotate("Gaussian", (9.0, 1e-12), color="C6")
    axes.set(xlabel=r"$R/s$", ylabel=r"$P(|x| > R)$", ylim=(1e-16, 3.0))
    axes.set_yticks([1e0, 1e-5, 1e-10, 1e-15])
    axes.set_xticks([0.1, 1.0, 10.0, 1e2, 1e3, 1e4, 1e5])
    axes.minorticks_off()
    return drawing


THEOREM = Theorem(
    id="corollary-3",
    title="Corollary 3: the power law",
    group="Stationary laws",
    number=3,
    statement=r"""
        For uncorrelated noise, $\rho = 0$, the stationary law is
        $$p(w) = \frac{1}{Z} \left(1 + \frac{H (w-w^*)^2}{\kappa\, \eta\, \sigma_g}\right)^{-\kappa}, \quad
        \kappa = \frac{H}{\eta \sigma_H},$$
        where $\kappa$ is called the tail index; it is a Gaussian in the limit $\kappa \to \infty$.
        """,
    hypotheses=(
        r"$\nu > 0$, which for the printed law is $\kappa > \frac12$.",
        "The exponent as printed belongs to the isothermal (Hänggi-Klimontovich) reading of the noise, that of Eq. 5.",
        r"The closed form here: in a reading $\alpha$ (isothermal 1, Stratonovich 1/2, Ito 0) the exponent is "
        r"$m = \kappa + 1 - \alpha$ and the width $s^2 = \sigma_g/\sigma_H$ stays. This is Student's law with "
        r"$\nu = 2 \kappa + 1 - 2 \alpha$ degrees of freedom and scale $s/\sqrt{\nu}$, or a $q$-Gaussian with "
        r"$q = 1 + 1/m$ and $\beta = m/s^2$.",
        r"Table: $H = 2$, $\eta = 0.5$, $\sigma_g = 1.5$, $\sigma_H = 0.8$. Heavy tails: $s = 1$, isothermal.",
    ),
    source="Meng, Gong, Chen, Ma, Liu, arXiv 2006.13719, Corollary 3 (Eq. 7)",
    verdict="exact",
    finding=r"The density is exact for Eq. 5, but $\kappa$ is no tail index: $P(|x| > R)$ falls like $R^{-\nu}$ with "
    r"$\nu = 2 \kappa - 1$ (isothermal) or $2 \kappa + 1$ (Ito), and only moments below $\nu$ exist.",
    measure=measure,
    figure=figure,
    caption="Lines: closed survival functions. Dots: the solver with 100 cells on the whole line. The slopes are "
    r"$-\nu = -(2\kappa - 1)$, not $-\kappa$. "
    r"With $\nu = 1$ there is no mean, with $\nu = \frac12$ not even that of $\sqrt{|x|}$.",
    fast=True,
)

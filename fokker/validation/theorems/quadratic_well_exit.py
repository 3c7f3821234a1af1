"""Exact exit times of the quadratic well with quadratic noise, for every tail index."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    import fokker

Array = NDArray[np.floating[Any]]

CELLS = 200
INDICES = (1.0, 2.0, 3.0, 4.0, 6.0, 9.0)
RADII = np.array([0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0])
SHOWN = (1.0, 3.0, 10.0)
ALPHAS = {"isothermal": 1.0, "stratonovich": 0.5, "ito": 0.0}
FAR = 100.0
EXITS = (1.0, 1.5, 2.5, 3.5)  # kappa


def well(nu: float, radius: float, convention: str = "isothermal") -> "fokker.Problem":
    """Return the process with D = 1 + r^2 in units of the core width and 1/delta, and exits at +-radius."""
    import fokker

    kappa = (nu - 1 + 2 * ALPHAS[convention]) / 2
    return fokker.Problem(
        drift=lambda r: -2 * kappa * r,
        diffusion=lambda r: 1 + r * r,
        convention=convention,
        domain={"r": (-radius, radius)},
        boundary="absorbing",
    )


def measure() -> Measurement:
    """The table of F, the three conventions, exits on one and on two sides, and the power of the width."""
    import fokker
    from fokker.theory.quadratic_well import exit_function
    from fokker.validation.theorems import _escape as escape

    checks, rates, solved = [], [], {}
    for nu in INDICES:
        times = [fokker.mean_first_passage(_solve(nu, float(r))).at(r=0.0) for r in RADII]
        solved[nu] = np.array(times)
        for r in SHOWN:
            checks.append(
                Check(
                    rf"$\nu = {nu:g}$, $R/s = {r:g}$: $\delta\, T$",
                    times[int(np.flatnonzero(r == RADII)[0])],
                    float(exit_function(r, nu)),
                    escape.rounding(CELLS, (nu + 1) * np.log1p(r * r) / 2),
                    escape.ROUNDING,
                )
            )
        rates.append(_width(nu, solved[nu]))
    return Measurement((*checks, *_conventions(), *_exits()), tuple(rates), {"solved": solved})


def _solve(nu: float, radius: float, convention: str = "isothermal") -> "fokker.Generator":
    """Discretise on a grid that follows the growth of the noise, r = sinh u."""
    import fokker

    faces = np.sinh(np.linspace(-1.0, 1.0, CELLS + 1) * np.arcsinh(radius))
    faces[[0, -1]] = -radius, radius
    return fokker.discretize(well(nu, radius, convention), grid=fokker.Grid(r=fokker.Axis.stretched(faces)))


def _width(nu: float, times: Array) -> Rate:
    """Return the growth with the width, far out, with the slope that the next term of F allows."""
    from fokker.validation.theorems import _escape as escape

    far = RADII >= FAR
    if nu == 1:  # F = (pi/2) r - ln r - 1 + ...
        bound = np.log(FAR) / (np.pi / 2 * FAR - np.log(FAR) - 1)
        because = r"$F = \frac{\pi}{2} r - \ln r - 1 + \ldots$: the logarithm bends the slope at $r = 100$ by this"
    elif nu == 2:
        bound = escape.rounding(CELLS, 1.5 * np.log1p(RADII[-1] ** 2))
        because = r"$F = \frac12 r^2$ has no other term: " + escape.ROUNDING
    else:
        bound = nu * (nu - 1) / (nu - 2) / FAR**2
        because = r"$F \propto r^\nu [1 + \frac{\nu (\nu - 1)}{2 (\nu - 2)} r^{-2} + \ldots]$: so much at $r = 100$"
    bound = escape.two_digits(bound)
    return Rate(
        rf"$\nu = {nu:g}$: mean exit time in $r = R/s$", tuple(RADII[far]), tuple(times[far]), nu, bound, because
    )


def _conventions() -> list[Check]:
    """The same tail index in three readings of the noise."""
    import fokker
    from fokker.theory.quadratic_well import exit_function
    from fokker.validation.theorems import _escape as escape

    nu, radius = 4.5, 3.0
    return [
        Check(
            rf"$\nu = {nu:g}$, $R/s = {radius:g}$, {name}: $\delta\, T$",
            fokker.mean_first_passage(_solve(nu, radius, name.lower())).at(r=0.0),
            float(exit_function(radius, nu)),
            escape.rounding(CELLS, (nu + 1) * np.log1p(radius**2) / 2),
            escape.ROUNDING,
        )
        for name in ("isothermal", "Stratonovich", "Ito")
    ]


def _exits() -> list[Check]:
    """H = 2, eps = 0.2, exits at 1.5: on both sides, and on one with nothing but the well on the other."""
    import fokker
    from fokker.theory import quadratic_well
    from fokker.theory.power_law import PowerLaw
    from fokker.validation.theorems import _escape as escape

    checks, cells = [], 2 * CELLS
    for kappa in EXITS:
        law = PowerLaw.from_kappa(kappa, eps=0.2, curvature=2.0)
        problem = fokker.Problem(
            drift=lambda x: -2.0 * x,
            diffusion=lambda x, kappa=kappa: 0.1 + x * x / kappa,
            convention="isothermal",
            domain={"x": (-np.inf, np.inf)},
        )
        generator = fokker.discretize(problem, cells=cells)
        both = fokker.mean_first_passage(generator, lambda x: np.abs(x) >= 1.5).at(x=0.0)
        one = fokker.mean_first_passage(generator, lambda x: x >= 1.5).at(x=0.0)
        bound = escape.rounding(cells, kappa * np.log1p(1.5**2 / law.core_width**2))
        for name, time, closed in (
            ("two-sided", both, quadratic_well.two_sided(law, 1.5, alpha=1)),
            ("one-sided", one, quadratic_well.one_sided(law, 1.5, alpha=1)),
        ):
            checks.append(
                Check(rf"{name} exit time, $\kappa = {kappa:g}$", time, float(closed), bound, escape.ROUNDING)
            )
    return checks


def figure(measurement: Measurement) -> "Figure":
    """Draw the exit times against the width."""
    from matplotlib.figure import Figure

    from fokker.theory.quadratic_well import exit_function

    fig = Figure(figsize=(7.2, 4.6))
    axes = fig.subplots()
    fine = np.geomspace(0.2, 1000, 60)
    for at, nu in enumerate(INDICES):
        axes.loglog(fine, exit_function(fine, nu), color=f"C{at}", lw=1.2)
        axes.loglog(RADII, measurement.data["solved"][nu], "o", color=f"C{at}")
        axes.annotate(
            rf"$\nu = {nu:g}$", (1250, exit_function(1000.0, nu)), color=f"C{at}", va="center", annotation_clip=False
        )
    axes.set(xlabel=r"half width over core width, $R/s$", ylabel=r"mean exit time $\delta\, T$", xlim=(0.2, 1100))
    axes.set_yticks([1, 1e6, 1e12, 1e18, 1e24])
    axes.minorticks_off()
    return fig


THEOREM = Theorem(
    id="quadratic-well-exit",
    title="Exit from the quadratic well",
    group="Escape times",
    number=0.5,
    statement=r"""
        For the drift $-H x$ and the noise $C = \sigma_g + \sigma_H x^2$ the mean time to leave $|x| < R$ from $x_0$ is
        $$T = \frac{F(R/s) - F(x_0/s)}{\delta}, \quad
        F(r) = \frac{r^2}{2}\; {}_3F_2\left(1, 1, 1 - \tfrac{\nu}{2};\; 2, \tfrac32;\; -r^2\right),$$
        with $s^2 = \sigma_g/\sigma_H$ and $\delta = \eta \sigma_H/2$: a polynomial for even $\nu$.
        """,
    hypotheses=(
        r"$\nu = 2 \kappa + 1 - 2 \alpha > 0$: the reading $\alpha$ of the noise enters through $\nu$ alone.",
        r"One-sided (exit at $R$ only): $T$ grows by $\frac{Z}{2} \int_{x_0}^R dy/(D p)$, with $p$ not normalised and "
        "$Z$ its integral.",
        r"Table of $\delta\, T$ on 200 cells; exits with $H = 2$, $\eta \sigma_g = 0.2$, $R = 1.5$ on 400 cells of the "
        "whole line.",
    ),
    source="Additive-noise coordinate of the Student diffusion: Wong, Proc. Symp. Appl. Math. 16 (1964) 264; Forman "
    "and Sørensen, Scand. J. Statist. 35 (2008) 438",
    verdict="exact",
    finding=r"Exact for every tail index and every reading; for wide wells the time is a power of the width, "
    r"$T \sim R^\nu$.",
    measure=measure,
    figure=figure,
    caption=r"Mean exit time from the middle. Lines: the closed form. Dots: the solver. The slopes are $\nu$, and the "
    "diffusive $r^2/2$ is common to all at small width.",
    fast=True,
)

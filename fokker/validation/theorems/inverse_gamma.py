"""Gradient and curvature in lockstep: the inverse-gamma law on its half-line, and a point out of reach."""

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from fokker import Density, Generator
    from fokker.theory.power_law import PowerLaw

H, ETA, SIGMA_G, SIGMA_H, RHO = 2.0, 0.5, 0.2, 0.8, -0.4
SILENT = -RHO / SIGMA_H  # where the noise vanishes: 1/2
READINGS = {"isothermal": 1.0, "Stratonovich": 0.5, "Ito": 0.0}
CELLS = 200
REACH = (0.01, 1e4)  # nearest and farthest face, as distances from the silent point
POINTS = (0.4, 0.0, -1.0, -5.0)
NEAR = (0.02, 0.03, 0.05, 0.08, 0.12)  # distances from the silent point
ALMOST = (0.4, 0.2, 0.1, 0.05, 0.025)  # square root of 1 - rho^2/(sigma_g sigma_H)
UNIT = float(np.finfo(float).eps)
ROUNDING = 8 * CELLS * UNIT
BECAUSE = "1600 × machine epsilon: a product over 200 edges of 8 quadrature points each"
STEEP = "the same, times 1 + the logarithm that the rounding enters through"


def discretised(alpha: float) -> "Generator":
    """Return the generator on the half-line below the silent point, cells shrinking towards it."""
    import fokker

    problem = fokker.Problem(
        drift=lambda x: -H * x,
        diffusion=lambda x: ETA / 2 * SIGMA_H * (x - SILENT) ** 2,
        convention=alpha,
        domain={"x": (-np.inf, SILENT)},
    )
    axis = fokker.Axis.half_line(CELLS, start=SILENT, end=-np.inf, map="log", reach=REACH)
    return fokker.discretize(problem, grid=fokker.Grid(x=axis))


def almost(distance: float) -> "Density":
    """Return the isothermal law on the whole line when rho^2 is just below sigma_g sigma_H."""
    import fokker

    rho = RHO * np.sqrt(1 - distance**2)
    problem = fokker.Problem(
        drift=lambda x: -H * x,
        diffusion=lambda x: ETA / 2 * (SIGMA_G + 2 * rho * x + SIGMA_H * x**2),
        convention="isothermal",
        domain={"x": (-np.inf, np.inf)},
    )
    axis = fokker.Axis.line(2 * CELLS, scale=SILENT * distance, center=SILENT, reach=REACH[1])
    return fokker.stationary(fokker.discretize(problem, grid=fokker.Grid(x=axis)))


def measure() -> Measurement:
    """Density, moments and tail in three readings, the silent point, and the approach to lockstep."""
    import fokker
    from fokker.theory.power_law import PowerLaw

    law = PowerLaw(H, ETA, SIGMA_G, SIGMA_H, RHO)
    checks: list[Check] = []
    data: dict[str, Any] = {"solver": {}}
    for name, alpha in READINGS.items():
        density = fokker.stationary(discretised(alpha))
        checks += _law(name, alpha, law, density)
        data["solver"][name] = (density.nodes[0], density.log_values)
    return Measurement((*checks, *_out_of_reach(law)), (_approach(law),), data)


def _law(name: str, alpha: float, law: "PowerLaw", density: "Density") -> list[Check]:
    from fokker.theory import inverse_gamma

    nu, _ = inverse_gamma.shape_scale(law, alpha)
    frozen = inverse_gamma.distribution(law, alpha)
    rows = [
        Check(
            f"{name}: $p({x:g})$",
            density.at(x=x),
            float(inverse_gamma.density(x, law, alpha)),
            ROUNDING * (1 + abs(float(inverse_gamma.log_density(x, law, alpha)))),
            f"{BECAUSE}; {STEEP}" if x == POINTS[0] else STEEP,
        )
        for x in POINTS
    ]
    mean = inverse_gamma.mean(law, alpha)
    rows += [
        Check(f"{name}: mean", density.mean(), mean, ROUNDING * SILENT, BECAUSE, "absolute"),
        Check(f"{name}: variance", density.variance(), inverse_gamma.variance(law, alpha), ROUNDING, BECAUSE),
        Check(
            f"{name}: $P(x < -5)$",
            density.probability(lambda x: x < -5.0),
            float(frozen.sf(5.0 + SILENT)),
            ROUNDING * (1 + nu * np.log(REACH[1])),
            STEEP,
        ),
    ]
    return rows


def _out_of_reach(law: "PowerLaw") -> list[Check]:
    """Near the silent point: ln p falls like b/r, and the time to come within r grows beyond every bound."""
    import fokker
    from fokker.theory import inverse_gamma

    nu, scale = inverse_gamma.shape_scale(law, 1.0)
    generator = discretised(1.0)
    density = fokker.stationary(generator)
    near, mid, far = (float(density.log_at(x=SILENT - r)) for r in (0.02, 0.04, 0.08))
    # second difference of ln p = c - (nu + 1) ln r - b/r over doublings of r
    measured = (near - 2 * mid + far) * 0.08
    rows = [
        Check(
            r"isothermal: $b$ in $\ln p \simeq -b/|x - x_0|$, from the solver at the distances 0.02, 0.04, 0.08",
            -measured,
            scale,
            8 * ROUNDING * (1 + abs(near)) * 0.08 / scale,
            "rounding of three logarithms, in their second difference",
        )
    ]
    for r in NEAR[2:]:
        time = fokker.mean_first_passage(generator, lambda x, r=r: x >= SILENT - r)
        rows.append(
            Check(
                f"isothermal: ln of the mean time from 0 to within {r:g} of the silent point",
                time.log_at(x=0.0),
                log_reach(nu, scale, r),
                ROUNDING * (1 + scale / r) + 1e-10,
                "rounding, as above, and the quadrature of the closed integral to 1e-10",
                "absolute",
            )
        )
    return rows


def log_reach(nu: float, scale: float, r: float) -> float:
    """Return ln of the mean time from distance 1/2 to distance r: int_r^{1/2} P(> q) / (D p)(q) dq."""
    from scipy.integrate import quad
    from scipy.stats import invgamma

    frozen = invgamma(nu, scale=scale)
    top = -frozen.logpdf(r) - 2 * np.log(r)

    def integrand(q: float) -> float:
        return float(np.exp(frozen.logsf(q) - frozen.logpdf(q) - 2 * np.log(q) - top) / (ETA / 2 * SIGMA_H))

    edges = (*[r * (1 + f) for f in (0.0, 0.02, 0.1, 0.3)], SILENT)
    pieces = [quad(integrand, a, b, epsrel=1e-12, limit=200)[0] for a, b in itertools.pairwise(edges)]
    return float(np.log(sum(pieces)) + top)


def _approach(law: "PowerLaw") -> Rate:
    """With rho^2 below its bound by a share d^2 the law is Pearson IV and reaches beyond; that goes like d^2."""
    from fokker.theory import inverse_gamma

    exact = float(inverse_gamma.density(0.0, law, 1.0))
    errors = [abs(almost(d).at(x=0.0) / exact - 1) for d in ALMOST]
    return Rate(
        r"isothermal: $p(0)$ to its inverse-gamma limit, in $d = \sqrt{1 - \rho^2/(\sigma_g \sigma_H)}$",
        ALMOST[1:],
        tuple(errors[1:]),
        2.0,
        ALMOST[1] ** 2 * law.kappa,
        r"order 2, because $C$ changes by a multiple of $d^2$; the next term is a relative $\kappa d^2$",
    )


def figure(measurement: Measurement) -> "Figure":
    """The law in three readings on linear axes, and its two flanks on logarithmic ones."""
    from matplotlib.figure import Figure

    from fokker.theory import inverse_gamma
    from fokker.theory.power_law import PowerLaw

    law = PowerLaw(H, ETA, SIGMA_G, SIGMA_H, RHO)
    drawing = Figure(figsize=(7.8, 4.0))
    left, right = drawing.subplots(1, 2)
    for at, (name, alpha) in enumerate(READINGS.items()):
        x, log = measurement.data["solver"][name]
        fine = np.linspace(-1.0, 1.15, 800)
        left.plot(fine, inverse_gamma.density(fine, law, alpha), color=f"C{at}", label=name)
        shown = (x > -1.0) & (np.arange(len(x)) % 4 == 0)
        left.plot(x[shown], np.exp(log[shown]), "o", color=f"C{at}", markersize=4)
        r = np.geomspace(0.02, 1e3, 300)
        right.loglog(r, np.exp(inverse_gamma.log_density(SILENT - r, law, alpha)), color=f"C{at}")
        kept = np.arange(len(x)) % 8 == 0
        right.loglog(SILENT - x[kept], np.exp(log[kept]), "o", color=f"C{at}", markersize=4)
        nu = law.tail_index(alpha)
        end = np.exp(float(inverse_gamma.log_density(SILENT - 1e3, law, alpha)))
        right.annotate(rf"$-{nu + 1:g}$", (1.15e3, end), color=f"C{at}", va="center", annotation_clip=False)
    left.axvspan(SILENT, 1.15, color="C6", alpha=0.18, lw=0)
    left.axvline(SILENT, color="C6", lw=1, ls="--")
    left.annotate("out of\nreach", (SILENT + 0.04, 1.7), color="C6", fontsize=10)
    left.set(xlabel="$x$", ylabel="density", xlim=(-1.0, 1.15), ylim=(0.0, None))
    left.legend(loc="upper left", fontsize=10)
    right.set(xlabel="distance from the silent point", xlim=(0.02, 1e3), ylim=(1e-40, 10.0))
    right.set_yticks([1e0, 1e-10, 1e-20, 1e-30, 1e-40])
    right.minorticks_off()
    right.annotate(r"$e^{-b/r}$", (0.024, 1e-12), color="C6")
    return drawing


THEOREM = Theorem(
    id="inverse-gamma",
    title="Gradient and curvature in lockstep",
    group="Stationary laws",
    number=3.5,
    statement=r"""
        When the fluctuations of gradient and curvature are proportional, $\rho^2 = \sigma_g \sigma_H$, the noise
        $C = \sigma_H (x - x_0)^2$ vanishes at $x_0 = -\rho/\sigma_H$. The process started on the side of the minimum
        never reaches that point, and its stationary law is the inverse-gamma law of the distance $r = |x - x_0|$,
        $$p = \frac{b^\nu}{\Gamma(\nu)}\, r^{-\nu - 1} e^{-b/r}, \quad b = 2\kappa |x_0|, \quad
        \nu = 2\kappa + 1 - 2\alpha.$$
        """,
    hypotheses=(
        r"$\nu > 0$; a reading $\alpha$ of the noise (isothermal 1, Stratonovich 1/2, Ito 0).",
        r"The case that Theorem 2 leaves out: its discriminant $\sqrt{4 \sigma_g \sigma_H - 4\rho^2}$ is zero.",
        r"$H = 2$, $\eta = 0.5$, $\sigma_g = 0.2$, $\sigma_H = 0.8$, $\rho = -0.4$: $\kappa = 5$, $x_0 = \frac12$, "
        "$b = 5$. The solver has 200 cells on the half-line, shrinking towards $x_0$ by a constant factor.",
    ),
    source="Wong, Proc. Symp. Appl. Math. 16 (1964) 264 (Pearson type V); Forman and Sørensen, Scand. J. Statist. 35 "
    "(2008) 438; complements Meng, Gong, Chen, Ma, Liu, arXiv 2006.13719, Theorem 2",
    verdict="exact",
    finding=r"Exact in every reading, on one half-line only: the other is empty, and the mean time to come within $r$ "
    r"of the silent point grows like $e^{b/r}$. It is the limit of Theorem 2 for $\rho^2 \to \sigma_g \sigma_H$.",
    measure=measure,
    figure=figure,
    caption="Lines: the closed law. Dots: the solver. Left: the mode of the isothermal law is the minimum itself, "
    r"$x = 0$. Right: the flank towards the silent point is $e^{-b/r}$ in every reading, the tail away from it "
    r"$r^{-\nu - 1}$, with the reading in $\nu$.",
    fast=True,
)

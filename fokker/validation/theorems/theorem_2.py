"""Theorem 2: the stationary law with correlated noise, in the three readings of the noise."""

from typing import TYPE_CHECKING

import numpy as np

from fokker.validation import Check, Measurement, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from fokker import Density
    from fokker.theory.power_law import PowerLaw

H, ETA, SIGMA_G, RHO, SIGMA_H = 2.0, 0.5, 1.5, 0.6, 0.8
READINGS = {"isothermal": 1.0, "Stratonovich": 0.5, "Ito": 0.0}
CELLS = 400
EPS = float(np.finfo(float).eps)
ROUNDING = 8 * CELLS * EPS
BECAUSE = "rounding: a product over 400 edges of 8 quadrature points each, 3200 × machine epsilon"
POINTS = (0.0, 1.0, -2.0)


def solve(convention: str) -> "Density":
    """Return the stationary law on the whole line; the solver sees the coefficients and nothing else."""
    import fokker

    problem = fokker.Problem(
        drift=lambda x: -H * x,
        diffusion=lambda x: ETA / 2 * (SIGMA_G + 2 * RHO * x + SIGMA_H * x**2),
        convention=convention.lower(),
        domain={"x": (-np.inf, np.inf)},
    )
    return fokker.stationary(fokker.discretize(problem, cells=CELLS))


def measure() -> Measurement:
    """Compare solver and closed law; then the formula as printed with each reading."""
    from fokker.theory import pearson
    from fokker.theory.power_law import PowerLaw

    law = PowerLaw(H, ETA, SIGMA_G, SIGMA_H, rho=RHO)
    laws = {name: solve(name) for name in READINGS}
    checks = [check for name, alpha in READINGS.items() for check in _table(name, laws[name], law, alpha)]
    checks += _as_printed(laws, law)
    dots = {name: np.array([density.at(x=x) for x in _dots()]) for name, density in laws.items()}
    x, far = np.linspace(-2.5, 2.5, 401), np.logspace(-1.0, 3.0, 200)
    lines = {
        name: (pearson.density(x, law, alpha), pearson.density(far, law, alpha)) for name, alpha in READINGS.items()
    }
    return Measurement(tuple(checks), data={"x": x, "far": far, "dots": dots, "lines": lines})


def _table(name: str, density: "Density", law: "PowerLaw", alpha: float) -> list[Check]:
    from fokker.theory import pearson

    place = pearson.mode(law, alpha)
    width = float(np.diff(density.nodes[0]).min())
    diffusion = float(law.diffusion(place))
    curvature = abs(2 * (H + (1 - alpha) * ETA * SIGMA_H) / (2 * diffusion))  # -(ln p)'' at the mode
    rows = [
        Check(f"{name}: $p({x:g})$", density.at(x=x), float(pearson.density(x, law, alpha)), ROUNDING, BECAUSE)
        for x in POINTS
    ]
    unit = float(np.sqrt(pearson.second_moment(law, alpha)))
    rows += [
        Check(f"{name}: $E x^2$", density.moment(2), pearson.second_moment(law, alpha), ROUNDING, BECAUSE),
        Check(f"{name}: variance", density.variance(), pearson.variance(law, alpha), ROUNDING, BECAUSE),
        Check(
            f"{name}: mean",
            density.mean(),
            pearson.mean(law, alpha),
            ROUNDING * unit,
            r"the same rounding, in units of $\sqrt{E x^2}$",
            "absolute",
        ),
        Check(
            f"{name}: mode",
            density.mode(),
            place,
            ROUNDING / (width * curvature),
            r"rounding of $\ln p$ over the smallest cell width and over the curvature of $\ln p$",
            "absolute",
        ),
    ]
    return rows


def _as_printed(laws: "dict[str, Density]", law: "PowerLaw") -> list[Check]:
    """Compare Eq. 6 letter by letter, normalised by adaptive quadrature, with the solver's laws."""
    from scipy.integrate import quad

    from fokker.theory import pearson, printed

    def integral(power: int) -> float:
        inner = [
            quad(lambda x: x**power * np.exp(printed.theorem2_log(x, law)), a, b, epsabs=0, epsrel=1e-13)[0]
            for a, b in ((-np.inf, -1.0), (-1.0, 1.0), (1.0, np.inf))
        ]
        return float(sum(inner))

    total = integral(0)
    spread = integral(2) / total - (integral(1) / total) ** 2
    quadrature = "relative tolerance 1e-13 asked of the quadrature, in three integrals of the printed formula"
    rows = [
        Check(
            f"Eq. 6 as printed, normalised by quadrature, against the isothermal solver: $p({x:g})$",
            laws["isothermal"].at(x=x),
            float(np.exp(printed.theorem2_log(x, law))) / total,
            ROUNDING + 1e-12,
            BECAUSE + ", and 1e-12 for the quadrature",
        )
        for x in POINTS
    ]
    ratio = float(np.divide(pearson.density(1.0, law, 1.0), pearson.density(1.0, law, 0.0)))
    factor = pearson.variance(law, 1.0) / pearson.variance(law, 0.0)
    rows.append(
        Check(
            "Eq. 6 as printed over the Ito solver: variance, if the recursion is meant",
            spread / laws["Ito"].variance(),
            factor,
            1e-12,
            quadrature,
        )
    )
    rows.append(
        Check(
            "Eq. 6 as printed over the Ito solver: $p(1)$, if the recursion is meant",
            float(np.exp(printed.theorem2_log(1.0, law))) / total / laws["Ito"].at(x=1.0),
            ratio,
            1e-12,
            quadrature,
        )
    )
    return rows


def _dots() -> "tuple[float, ...]":
    return (*np.linspace(-2.25, 2.25, 19), *np.logspace(-1.0, 3.0, 13))


def figure(measurement: Measurement) -> "Figure":
    """The three densities: core and right tail."""
    from matplotlib.figure import Figure

    drawing = Figure(figsize=(7.6, 3.7))
    core, tail = drawing.subplots(1, 2)
    data, places = measurement.data, np.array(_dots())
    for at, (name, alpha) in enumerate(READINGS.items()):
        near, far = data["lines"][name]
        label = {"isothermal": "isothermal (printed)", "Ito": "Ito (recursion)"}
        power = 2 * (H / (ETA * SIGMA_H) + 1 - alpha)
        core.plot(data["x"], near, color=f"C{at}", label=label.get(name, name))
        core.plot(places[:19], data["dots"][name][:19], "o", color=f"C{at}", markersize=4)
        tail.loglog(data["far"], far, color=f"C{at}", label=rf"$\propto x^{{-{power:.0f}}}$")
        tail.loglog(places[19:], data["dots"][name][19:], "o", color=f"C{at}", markersize=4)
    core.set(xlabel=r"distance from the minimum $x$", ylabel="density $p(x)$", ylim=(0, None))
    tail.set(xlabel=r"$x$", ylim=(1e-34, 10.0))
    tail.set_yticks([1e0, 1e-10, 1e-20, 1e-30])
    tail.set_xticks([0.1, 1.0, 10.0, 100.0, 1000.0])
    tail.minorticks_off()
    core.set_ylim(0.0, 1.35)
    core.legend(loc="upper center", fontsize=10)
    tail.legend(loc="lower left", title="tail")
    return drawing


THEOREM = Theorem(
    id="theorem-2",
    title="Theorem 2: the stationary law with correlated noise",
    group="Stationary laws",
    number=2,
    statement=r"""
        The stationary law of the power-law dynamic is, with $C(w) = \sigma_g + 2\rho (w-w^*) + \sigma_H (w-w^*)^2$,
        $$p(w) = \frac{1}{Z}\, C(w)^{-\frac{H}{\eta \sigma_H}}
        \exp\left( \frac{H}{S}\, \frac{4 \rho}{\eta \sigma_H} \arctan \frac{C'(w)}{S} \right), \quad
        S = \sqrt{4 \sigma_H \sigma_g - 4 \rho^2}.$$
        """,
    hypotheses=(
        r"$\rho^2 < \sigma_g \sigma_H$ (otherwise the noise vanishes at a point and the law is an inverse-gamma law).",
        r"$\kappa > \alpha - \frac12$, so that the law can be normalised.",
        "The density equation is the paper's Eq. 5, "
        r"$\partial_t p = \partial_w [g p] + \frac{\eta}{2} \partial_w [C \partial_w p]$: the isothermal "
        "(Hänggi-Klimontovich) reading.",
        r"The closed form here: a Pearson law of type IV. In a reading $\alpha$ of the noise (isothermal 1, "
        r"Stratonovich 1/2, Ito 0) the exponent of $C$ is $-(\kappa + 1 - \alpha)$, $\kappa = H/(\eta \sigma_H)$; the "
        "exponential factor is the same in all three.",
        r"Measured at $H = 2$, $\eta = 0.5$, $\sigma_g = 1.5$, $\rho = 0.6$, $\sigma_H = 0.8$, so $\kappa = 5$.",
    ),
    source="Meng, Gong, Chen, Ma, Liu, arXiv 2006.13719, Theorem 2 (Eq. 6); constant of the Pearson IV law: "
    "Nagahara, Stat. Probab. Lett. 43 (1999) 251",
    verdict="exact",
    finding="Exact for Eq. 5, hence for the isothermal reading; for the recursion (Eq. 3), which is Ito, the "
    r"exponent is $\kappa + 1$, and here the printed law has 1.50 times the variance.",
    measure=measure,
    figure=figure,
    caption="Lines: closed Pearson IV laws. Dots: the solver with 400 cells on the whole line, at points of its "
    r"own profile. With $\rho > 0$ only the isothermal law peaks at the minimum; only the Ito law has its mean there.",
    fast=True,
)

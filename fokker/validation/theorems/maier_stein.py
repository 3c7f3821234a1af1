"""Maier and Stein: escape over a saddle without a potential, exponent and prefactor."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    import fokker

Array = NDArray[np.floating[Any]]

ALPHAS = (1.0, 2.0, 3.0)
MU = 1.0
NOISES = 0.1 / 2.0 ** np.arange(5)  # barrier 5 to 80
FITTED = 4
COUNTS = (64, 128, 256)
WEIGHT = 6.5  # sum of the sizes of the weights of four values in an extrapolation by halves
TABLE = {1.0: ("0.867", "0.920", "0.948"), 2.0: ("0.788", "0.867", "0.912"), 3.0: ("0.622", "0.733", "0.805")}
TABLE_NOISES = (0.1, 0.06, 0.04)
PREFACTORS = {1.0: "1.0", 2.0: "1.5181017352969", 3.0: "2.7010580616972"}


def problem(eps: float, alpha: float) -> "fokker.Problem":
    """Return the upper left quarter of the plane, by symmetry: x = 0 absorbs, y = 0 reflects."""
    import fokker
    from fokker.theory import maier_stein

    reach, high = np.sqrt(1 + np.sqrt(60 * eps)), np.sqrt(40 * eps)
    return fokker.Problem(
        drift=lambda x, y: maier_stein.drift(x, y, alpha, MU),
        diffusion=eps / 2,
        domain={"x": (-reach, 0.0), "y": (0.0, high)},
        boundary={"x": ("reflecting", "absorbing")},
    )


def log_time(eps: float, alpha: float) -> tuple[float, float]:
    """Return ln of the mean time from the sink to the line x = 0, extrapolated in the cell size, and its error."""
    import fokker
    from fokker.validation.theorems import _two_dimensions as plane

    generators = (fokker.discretize(problem(eps, alpha), cells=(n, n)) for n in COUNTS)
    return plane.extrapolated([float(fokker.mean_first_passage(g).log_at(x=-1.0, y=0.0)) for g in generators])


def measure() -> Measurement:
    """Times at weakening noise, the table of eigenvalues, the prefactors and the rate of approach."""
    from fokker.theory import maier_stein
    from fokker.validation.theorems import _escape as escape
    from fokker.validation.theorems import _two_dimensions as plane

    checks: list[Check] = []
    rates: list[Rate] = []
    gains = {}
    for alpha in ALPHAS:
        law = np.array([-np.log(2) - np.asarray(maier_stein.log_rate(float(e), alpha, MU)) for e in NOISES])
        logs, corrections = np.array([log_time(float(e), alpha) for e in NOISES]).T
        gain = np.expm1(logs - law)
        gains[alpha] = gain
        limit, last = escape.richardson(NOISES[-FITTED:], gain[-FITTED:])
        checks += [
            Check(
                rf"$\alpha = {alpha:g}$: $\lim\, 2 k \tau$",
                1 + limit,
                1.0,
                last + WEIGHT * float(corrections[-FITTED:].max()),
                r"last correction of the Richardson extrapolation in $\varepsilon$, and of those in the cell size",
            ),
            Check(
                rf"$\alpha = {alpha:g}$: prefactor $K$",
                float(maier_stein.prefactor(alpha, MU)),
                float(PREFACTORS[alpha]),
                escape.half_unit(PREFACTORS[alpha]) if alpha > 1 else 8 * escape.UNIT,
                "half a unit in the last printed digit" if alpha > 1 else "rounding",
            ),
            *_eigenvalues(alpha),
        ]
        rates.append(
            plane.first_order(
                rf"$\alpha = {alpha:g}$: $2 k \tau - 1$ in $\varepsilon$", NOISES[-FITTED:], gain[-FITTED:]
            )
        )
    return Measurement(tuple(checks), tuple(rates), {"gains": gains, "picture": _picture(3.0)})


def _eigenvalues(alpha: float) -> list[Check]:
    """Return the decay rate of the quasi-stationary law over 2 k at three noises, against the printed ratios."""
    import fokker
    from fokker.theory import maier_stein
    from fokker.validation.theorems import _escape as escape

    checks = []
    for eps, digits in zip(TABLE_NOISES, TABLE[alpha], strict=True):
        result = fokker.extrapolate(
            problem(eps, alpha),
            lambda g: fokker.quasi_stationary(g).rate,
            cells=((64, 64), (128, 128)),
        )
        checks.append(
            Check(
                rf"$\alpha = {alpha:g}$, $\varepsilon = {eps:g}$: $\lambda_1/2k$",
                float(np.real(result.value)) / (2 * float(maier_stein.rate(eps, alpha, MU))),
                float(digits),
                escape.half_unit(digits),
                "half a unit in the last printed digit",
            )
        )
    return checks


def _picture(alpha: float) -> dict[str, Any]:
    """Return the stationary law and its current on the whole plane."""
    import fokker
    from fokker.theory import maier_stein

    whole = fokker.Problem(
        drift=lambda x, y: maier_stein.drift(x, y, alpha, MU),
        diffusion=0.05,
        domain={"x": (-1.8, 1.8), "y": (-1.6, 1.6)},
    )
    density = fokker.stationary(fokker.discretize(whole, cells=(120, 120)))
    return {"nodes": density.nodes, "values": density.values, "vectors": density.current().vectors()}


def figure(measurement: Measurement) -> "Figure":
    """Draw the stationary current off equilibrium, and the approach to the law."""
    from matplotlib.figure import Figure

    from fokker.validation.theorems import _two_dimensions as plane

    fig = Figure(figsize=(9.6, 4.0))
    left, right = fig.subplots(1, 2)
    picture = measurement.data["picture"]
    plane.flow(left, picture["nodes"], picture["values"], picture["vectors"], ((-1.6, 1.6), (-1.2, 1.2)), decades=5)
    left.set_title(r"density and current, $\alpha = 3$, $\varepsilon = 0.1$")
    for at, (alpha, gain) in enumerate(measurement.data["gains"].items()):
        right.loglog(0.5 / NOISES, gain, "o", color=f"C{at}", label=rf"$\alpha = {alpha:g}$")
        right.loglog(0.5 / NOISES, gain[-1] * NOISES / NOISES[-1], "--", lw=1, color=f"C{at}")
    right.set_xticks(0.5 / NOISES, [f"{b:g}" for b in 0.5 / NOISES])
    right.minorticks_off()
    right.set(xlabel=r"barrier $1/2\varepsilon$", ylabel=r"$2 k \tau - 1$")
    right.legend()
    return fig


THEOREM = Theorem(
    id="maier-stein",
    title="Maier and Stein: escape without a potential",
    group="Escape times",
    number=11,
    statement=r"""
        For $dx = (x - x^3 - \alpha x y^2)\, dt + \sqrt{\varepsilon}\, dW_1$,
        $dy = -\mu (1 + x^2)\, y\, dt + \sqrt{\varepsilon}\, dW_2$ and $\alpha < 2 \mu (1 + \mu)$ the rate from sink to
        sink is, for $\varepsilon \to 0$,
        $$k = \frac{K}{\pi}\, e^{-1/(2 \varepsilon)}, \quad
        K^2 = \frac{\Gamma(1 + \mu - a)\, \Gamma(1 + \mu - b)}{\Gamma(1 + 2 \mu)\, \Gamma(\mu)},$$
        $a, b = \frac12 [1 - \mu \pm \sqrt{(1 - \mu)^2 + 4 \alpha}]$; the mean time from a sink to the line $x = 0$ is
        $1/(2k)$.
        """,
    hypotheses=(
        r"Only $\alpha = \mu$ has a potential; there $K = 1$ is Langer's law.",
        r"Measured at $\mu = 1$, from the drift alone, on the quarter $x < 0$, $y > 0$ with an absorbing wall at "
        "$x = 0$; times extrapolated from grids of $64^2$, $128^2$ and $256^2$ cells.",
    ),
    source="Maier and Stein, Phys. Rev. Lett. 71 (1993) 1783; J. Stat. Phys. 83 (1996) 291; $K$ in closed form derived "
    "here",
    verdict="asymptotic",
    finding=r"Exponent and prefactor are exact in the limit; the error is of first order in $\varepsilon$ and grows "
    r"towards $\alpha = 4$, where the most probable way out leaves the axis.",
    measure=measure,
    figure=figure,
    caption="Left: out of equilibrium four currents turn between the wells and the saddle. Right: the error of the "
    "asymptotic law against the barrier, up to 80 times the noise.",
    fast=True,
)

"""Kramers' law with noise that depends on the state, in three conventions and in the mobility form."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    import fokker

Array = NDArray[np.floating[Any]]

READINGS = {"Ito": 0.0, "Stratonovich": 0.5, "isothermal": 1.0}
PRINTED = {  # times from -1 to 1 by an earlier and separate quadrature
    (0.05, 0.0): "5408.85979051",
    (0.025, 0.0): "4439089.48382",
    (0.05, 0.5): "4141.49479426",
    (0.025, 0.5): "3388265.78655",
    (0.05, 1.0): "3186.22884795",
    (0.025, 1.0): "2591687.09489",
}
NOISES = 0.1 / 2.0 ** np.arange(8)
FAR = 3  # the noise from which the series is read off
MOBILITIES = (0.0, 1.0, -0.5)
BARRIER = 0.3377124324867


def shape(x: Any) -> Any:
    """Return d = 1 + sin(x)/2."""
    return 1.0 + 0.5 * np.sin(x)


def problem(eps: float, alpha: float) -> "fokker.Problem":
    """Return the double well with D = eps d(x), by callables only."""
    import fokker

    return fokker.Problem(
        drift=lambda x: x - x**3,
        diffusion=lambda x: eps * shape(x),
        convention=alpha,
        domain={"x": (-np.inf, np.inf)},
    )


def thermal(eps: float, slope: float) -> "fokker.Problem":
    """Return the flux -d (U' p + eps p') with U the double well."""
    import fokker
    from fokker.validation.theorems import _escape as escape

    return fokker.Problem.from_potential(
        escape.loss,
        temperature=eps,
        mobility=lambda x: mobility(x, slope),
        domain={"x": (-np.inf, np.inf)},
    )


def mobility(x: Any, slope: float) -> Any:
    """Return a mobility that is 1 + slope at the top of the barrier and one far from it."""
    return 1.0 + slope * np.exp(-4.0 * x * x)


def barrier() -> float:
    """Return the difference of Phi, Phi' = V'/d, between the top and the left minimum, by quadrature."""
    x, w = np.polynomial.legendre.leggauss(60)
    x = (x - 1) / 2
    return float(w @ ((x**3 - x) / shape(x))) / 2


def potential() -> Any:
    """Return Phi(x) - Phi(0) = int_0^x V'/d as a Chebyshev series on (-3, 1), converged to rounding."""
    from numpy.polynomial import Chebyshev

    return Chebyshev.interpolate(lambda x: (x**3 - x) / shape(x), 100, domain=[-3.0, 1.0]).integ(lbnd=0.0)


def first_correction(alpha: float) -> float:
    """Return c in: exact time = asymptote (1 + c eps + ...), by Laplace's method to the next order."""
    total = 0.0
    for at, sign, power in ((-1.0, 1.0, alpha - 1.0), (0.0, -1.0, -alpha)):
        d, d1, d2 = shape(at), 0.5 * np.cos(at), -0.5 * np.sin(at)
        v2, v3, v4 = 3 * at**2 - 1, 6 * at, 6.0
        p2 = v2 / d
        p3 = (v3 - 2 * p2 * d1) / d
        p4 = (v4 - 3 * p3 * d1 - 3 * p2 * d2) / d
        p2, p3, p4 = sign * p2, sign * p3, sign * p4
        g1 = power * d1 / d
        g2 = power * d2 / d + power * (power - 1) * (d1 / d) ** 2
        total += g2 / (2 * p2) - g1 * p3 / (2 * p2**2) - p4 / (8 * p2**2) + 5 * p3**2 / (24 * p2**3)
    return float(total)


def measure() -> Measurement:
    """The printed table, a live quadrature, the approach to the asymptote, and the mobility form."""
    from fokker.theory import kramers
    from fokker.validation.theorems import _escape as escape

    height, phi = barrier(), potential()
    checks = [
        Check(
            r"$\Delta\Phi = \int V'/d\, dx$, now by quadrature, against the printed digits",
            height,
            BARRIER,
            escape.half_unit("0.3377124324867") + 60 * escape.UNIT,
            "half a unit in the last printed digit, and rounding",
        )
    ]
    rates, gains = [], {}
    for name, alpha in READINGS.items():
        logs = np.array([escape.log_time_across(problem(float(e), alpha)) for e in NOISES])
        for at in (1, 2):
            eps = float(NOISES[at])
            digits = PRINTED[eps, alpha]
            bound = escape.rounding(escape.CELLS, height / eps)
            checks.append(
                Check(
                    rf"{name}, $\varepsilon = {eps:g}$: mean time from $-1$ to 1, printed to 12 digits",
                    np.exp(logs[at]),
                    float(digits),
                    bound + escape.half_unit(digits),
                    escape.ROUNDING + ", and half a unit in the last printed digit",
                )
            )
            live = _quadrature(phi, eps, alpha)
            checks.append(
                Check(
                    rf"{name}, $\varepsilon = {eps:g}$: $\ln$ of that time, by double quadrature now",
                    logs[at],
                    live,
                    2 * bound,
                    escape.ROUNDING + ", twice: the reference is a double quadrature in doubles",
                    "absolute",
                )
            )
        asymptote = [
            -np.log(kramers.rate_state_dependent(1.0, height, 2.0, 1.0, shape(-1.0), 1.0, alpha)) + height / e - height
            for e in NOISES
        ]
        gain = np.expm1(logs - np.array(asymptote))
        gains[name] = gain
        limit, last = escape.richardson(NOISES[FAR:], gain[FAR:] / NOISES[FAR:])
        expected = first_correction(alpha)
        checks.append(
            Check(
                rf"{name}: $\lim\, (k \tau - 1)/\varepsilon$",
                limit,
                expected,
                last,
                r"last correction of the Richardson extrapolation in $\varepsilon$",
            )
        )
        bend = abs(gain[FAR] / (expected * NOISES[FAR]) - 1)
        rates.append(
            Rate(
                rf"{name}: $k \tau - 1$ in $\varepsilon$",
                tuple(NOISES[FAR:]),
                tuple(gain[FAR:]),
                1.0,
                escape.two_digits(bend),
                "order 1; a slope departs from 1 by the share of the next orders, at most that at the largest noise",
            )
        )
    mobile, more = _mobility()
    return Measurement((*checks, *more), (*rates,), {"gains": gains, "mobile": mobile})


def _quadrature(phi: Any, eps: float, alpha: float) -> float:
    """Return ln of the mean time from -1 to 1 by double quadrature; the weight left of -3 is below e^-600."""
    from fokker.theory import passage

    return passage.log_mean_time(
        lambda x: phi(x) / eps, -1.0, 1.0, diffusion=lambda x: eps * shape(x), alpha=alpha, left=-3.0
    )


def _mobility() -> tuple[dict[float, Array], list[Check]]:
    """Return tau/tau_0 against the noise for mobilities that differ near the top only, and the checks."""
    from fokker.theory import kramers
    from fokker.validation.theorems import _escape as escape

    checks, curves = [], {}
    for slope in MOBILITIES:
        logs = np.array([escape.log_time_across(thermal(float(e), slope)) for e in NOISES])
        law = np.asarray(kramers.log_time(NOISES, escape.BARRIER, escape.CURVATURE_WELL, escape.CURVATURE_TOP))
        ratio = np.exp(law - logs)
        curves[slope] = ratio
        limit, last = escape.richardson(NOISES[FAR:], ratio[FAR:])
        exact = kramers.rate_mobility(1.0, 1.0, 2.0, 1.0, 1.0 + slope) / kramers.rate(1.0, 1.0, 2.0, 1.0)
        checks.append(
            Check(
                rf"flux $-d\,(U' p + \varepsilon p')$, $d_b = {1 + slope:g}$: rate over that of $d = 1$, "
                r"$\varepsilon \to 0$",
                limit,
                float(exact),
                last,
                r"last correction of the Richardson extrapolation in $\varepsilon$",
            )
        )
    return curves, checks


def figure(measurement: Measurement) -> "Figure":
    """Draw the approach to the asymptote, and the rate against the mobility at the top."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullFormatter

    fig = Figure(figsize=(8.4, 3.9))
    left, right = fig.subplots(1, 2)
    for at, (name, alpha) in enumerate(READINGS.items()):
        left.loglog(NOISES, first_correction(alpha) * NOISES, color=f"C{at}")
        label = rf"{name}: slope {measurement.rates[at].measured:.3f}"
        left.loglog(NOISES, measurement.data["gains"][name], "o", color=f"C{at}", label=label)
    left.set(xlabel=r"noise $\varepsilon$", ylabel=r"$k\, \tau - 1$")
    left.legend(loc="upper left")
    for at, slope in enumerate(MOBILITIES):
        right.loglog(NOISES, measurement.data["mobile"][slope], "o-", lw=1, color=f"C{at}")
        right.axhline(1 + slope, color=f"C{at}", ls="--", lw=1)
        right.annotate(rf"$d_b = {1 + slope:g}$", (NOISES[-1], (1 + slope) * 1.07), color=f"C{at}")
    right.set(xlabel=r"noise $\varepsilon$", ylabel="rate over Kramers' rate at $d = 1$", ylim=(0.35, 2.6))
    right.set_yticks([0.5, 1.0, 2.0], ["0.5", "1", "2"])
    right.yaxis.set_minor_formatter(NullFormatter())
    return fig


THEOREM = Theorem(
    id="kramers-state-dependent",
    title="Kramers' law with noise that depends on the state",
    group="Classics",
    number=1,
    statement=r"""
        With the diffusivity $D = \varepsilon\, d(x)$ and the drift $-V'$ read in the convention $\alpha$, the rate from
        a minimum $a$ over a barrier $b$ to the next minimum is
        $$k = \frac{\sqrt{V''_a |V''_b|}}{2\pi} \left(\frac{d_a}{d_b}\right)^{\frac12 - \alpha}
        e^{-(\Phi_b - \Phi_a)/\varepsilon}, \quad \Phi' = V'/d.$$
        For the flux $-d\, (U' p + \varepsilon p')$ it is
        $k = d_b \sqrt{U''_a |U''_b|}\, e^{-\Delta U/\varepsilon}/2\pi$: of
        the mobility only its value at the top counts.
        """,
    hypotheses=(
        r"$\varepsilon \to 0$ with $d$ fixed.",
        r"Measured on $V = x^4/4 - x^2/2$ with $d = 1 + \frac12 \sin x$, and on the same $U$ with $d = 1 + s\, "
        r"e^{-4 x^2}$, $s = 0$, 1, $-\frac12$; on the whole line, 500 cells.",
    ),
    source="Hänggi, Talkner, Borkovec, Rev. Mod. Phys. 62 (1990) 251, section VII; Laplace's method for the double "
    "integral of Pontryagin, Andronov, Vitt (1933)",
    verdict="asymptotic",
    finding=r"Exact in the limit in every convention, with an error of order $\varepsilon$ whose coefficient is that "
    "of Laplace's next term; the conventions differ by a factor that does not fade with the noise.",
    measure=measure,
    figure=figure,
    caption=r"Left: $k\tau - 1$ from the solver (dots) and Laplace's next term (lines). Right: mobilities that differ "
    "near the top of the barrier alone; as the noise fades the rate goes to the mobility at the top.",
    fast=True,
)

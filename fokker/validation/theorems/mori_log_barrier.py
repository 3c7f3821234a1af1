"""The logarithmic-barrier law of Mori et al., and the one power of the loss that parts it from Lemma 6."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

KAPPAS = 5.0 * 2.0 ** np.arange(7)
Y = 4.0  # L_s/L* = 5
FITTED = 2
POINTS = (-1.5, -0.5, 0.0, 0.4, 2.0, 30.0)
KAPPA = 5.0
STATED = {1.0: "0.99282753", 0.5: "0.99291786", 0.0: "0.99300595"}  # kappa = 40, y = 4: formula over exact
WORDS = {1.0: "isothermal", 0.5: "Stratonovich", 0.0: "Ito"}


def measure() -> Measurement:
    """The stationary law, the escape time against the rate for growing kappa, and the power between the two laws."""
    from fokker.theory import escape as closed
    from fokker.theory import mori
    from fokker.validation.theorems import _escape as escape

    shape = (escape.BARRIER, escape.CURVATURE_WELL, escape.CURVATURE_TOP)
    eps = 2 * escape.BARRIER / (KAPPAS * Y)
    solved = {
        alpha: np.array([escape.log_times(escape.double_well(k, e, alpha)) for k, e in zip(KAPPAS, eps, strict=True)])
        for alpha in (0.0, 1.0)
    }
    rate = np.log(mori.rate(KAPPAS, escape.CURVATURE_WELL, escape.CURVATURE_TOP, 1 + Y))
    lemma = np.asarray(closed.log_escape_time(KAPPAS, eps, *shape, alpha=1.0))
    ratios = {
        "Mori": np.exp(-rate - solved[0.0][:, 1]),  # predicted over exact, each in its own reading
        "Lemma 6": np.exp(lemma - solved[1.0][:, 1]),
        "apart": np.exp(-rate - lemma) / (1 + Y),
        "half": np.exp(-rate - solved[0.0][:, 0]),
    }
    bound = escape.rounding(escape.CELLS, KAPPAS[-1] * np.log1p(Y))
    checks = [*_stationary(), *_stated(), *_limits(ratios, bound), *_power(rate, lemma)]
    return Measurement(tuple(checks), tuple(_rates(ratios)), {"ratios": ratios})


def _stationary() -> list[Check]:
    """The law L^-phi on the solver's density, and L^-kappa after the change of clock that makes the noise constant."""
    import fokker
    from fokker.theory import mori
    from fokker.validation.theorems import _escape as escape

    floor = escape.BARRIER / Y  # L*
    loss = {x: floor + float(escape.loss(np.array(x))) for x in POINTS}
    eps = 2 * floor / KAPPA
    phi = mori.stationary_exponent(KAPPA, 1.0, 1.0)
    law = fokker.stationary(fokker.discretize(escape.double_well(KAPPA, eps, 0.0), cells=escape.CELLS))
    clock = fokker.Problem(
        drift=lambda x: (x - x**3) / (floor + escape.loss(x)),
        diffusion=1 / KAPPA,
        domain={"x": escape.LINE},
    )
    changed = fokker.stationary(fokker.discretize(clock, cells=escape.CELLS))
    rows = []
    for name, density, power in (
        (r"$\ln p(x)/p(1)$ of the Ito process", law, float(phi)),
        (r"$\ln p(x)/p(1)$ after $d\tau = L\, dt$", changed, KAPPA),
    ):
        for x in POINTS:
            expected = -power * np.log(loss[x] / floor)
            rows.append(
                Check(
                    f"{name}, $x = {x:g}$",
                    float(density.log_at(x=x) - density.log_at(x=1.0)),
                    expected,
                    8 * escape.CELLS * 2 * escape.UNIT * (1 + abs(expected)),
                    "4000 × machine epsilon, the rounding of a sum over 500 edges of 8 quadrature points",
                    "absolute",
                )
            )
    return rows


def _stated() -> list[Check]:
    """Formula over the solver's time at kappa = 40 in every reading, to the digits known from quadrature."""
    from fokker.theory.escape import log_escape_time
    from fokker.validation.theorems import _escape as escape

    kappa, eps = 40.0, 0.003125
    shape = (escape.BARRIER, escape.CURVATURE_WELL, escape.CURVATURE_TOP)
    rows = []
    for alpha, digits in STATED.items():
        log = escape.log_time_across(escape.double_well(kappa, eps, alpha))
        rows.append(
            Check(
                rf"{WORDS[alpha]}, $\kappa = 40$, $y = 4$: generalised formula over the solver's time to leave",
                float(np.exp(np.asarray(log_escape_time(kappa, eps, *shape, alpha=alpha)) - log)),
                float(digits),
                escape.half_unit(digits) + escape.rounding(escape.CELLS, kappa * np.log1p(Y)),
                "half a unit of the last of eight digits, and rounding",
            )
        )
    return rows


def _limits(ratios: dict[str, Array], bound: float) -> list[Check]:
    from fokker.validation.theorems import _escape as escape

    rows = []
    for name, words, limit in (
        ("Mori", "1/rate over the time to leave (Ito)", 1.0),
        ("Lemma 6", "Lemma 6 over the time to leave (isothermal)", 1.0),
        ("half", "1/rate over the time to the top (Ito)", 2.0),
    ):
        value, last = escape.richardson(1 / KAPPAS, ratios[name])
        rows.append(
            Check(
                rf"$\kappa \to \infty$, $y = 4$: {words}",
                value,
                limit,
                last + bound * 2 ** len(KAPPAS),
                r"last correction of the Richardson extrapolation in $1/\kappa$, and rounding amplified by it",
            )
        )
    return rows


def _power(rate: Array, lemma: Array) -> list[Check]:
    """One power of L_s/L* between the two printed formulas, up to the prefactor that one of them has."""
    from fokker.validation.theorems import _escape as escape

    return [
        Check(
            rf"$\kappa = {k:g}$: (1/rate)/(Lemma 6), over $L_s/L^*$",
            float(np.exp(-r - t) / (1 + Y)),
            1 - 1 / (2 * k),
            8 * escape.UNIT * (1 + abs(t)),
            "rounding of two logarithms; the prefactor of Lemma 6 is the only other difference",
        )
        for k, r, t in zip(KAPPAS, rate, lemma, strict=True)
        if k in (5.0, 40.0)
    ]


def _rates(ratios: dict[str, Array]) -> list[Rate]:
    """Order 1 in 1/kappa; the next coefficient follows from Laplace's method, shifted by the prefactors."""
    from fokker.validation.theorems import _escape as escape

    c1, c2 = escape.ratio_series(Y)
    rows = []
    # Mori over exact is (1 + 1/(2 kappa)) times the generalised formula's ratio, which starts like Lemma 6's
    for name, first, second in (("Mori", c1 + 0.5, abs(c2) + abs(c1) / 2 + 0.25), ("Lemma 6", c1, abs(c2))):
        rows.append(
            Rate(
                rf"{name}: |predicted/exact $-$ 1| in $1/\kappa$, $y = 4$",
                tuple(1 / KAPPAS[FITTED:]),
                tuple(np.abs(ratios[name][FITTED:] - 1)),
                1.0,
                escape.two_digits(2 * second / abs(first) / KAPPAS[FITTED]),
                r"order 1; the next term bends the slope by $|c_2/c_1|/\kappa$, twice allowed",
            )
        )
    return rows


def figure(measurement: Measurement) -> "Figure":
    """The stationary law against the loss, and both formulas over the exact times of both readings."""
    from matplotlib.figure import Figure

    from fokker.validation.theorems import _escape as escape

    drawing = Figure(figsize=(7.8, 3.9))
    left, right = drawing.subplots(1, 2)
    ratio = np.geomspace(1.0, 1e4, 100)
    left.loglog(ratio, ratio ** -(KAPPA + 1), color="C0", label=rf"Ito: $-\phi = -{KAPPA + 1:g}$")
    left.loglog(ratio, ratio**-KAPPA, color="C1", label=rf"isothermal: $-\kappa = -{KAPPA:g}$")
    for alpha, colour in ((0.0, "C0"), (1.0, "C1")):
        x, drop = _law(alpha)
        left.loglog(1 + Y * escape.loss(x) / escape.BARRIER, np.exp(drop), "o", color=colour, markersize=4)
    left.set(xlabel="$L/L^*$", ylabel="$p/p^*$", xlim=(1.0, 1e4), ylim=(1e-25, 3.0))
    left.set_yticks([1e0, 1e-8, 1e-16, 1e-24])
    left.minorticks_off()
    left.legend(loc="lower left", fontsize=10)
    ratios = measurement.data["ratios"]
    right.axhline(1.0, color="C6", lw=1)
    right.axhline(1 / (1 + Y), color="C6", lw=1, ls="--")
    right.semilogx(KAPPAS, ratios["Mori"], "o-", color="C0", label="Mori et al.")
    right.semilogx(KAPPAS, ratios["Mori"] / (ratios["apart"] * (1 + Y)), "s-", color="C1", label="Lemma 6")
    right.annotate("$L^*/L_s$", (120.0, 1 / (1 + Y) + 0.03), color="C6")
    right.set(xlabel=r"$\kappa = B/(\eta h^*)$", ylabel="predicted / exact time (Ito)", ylim=(0.0, 1.25))
    right.set_xticks(KAPPAS, [f"{k:g}" for k in KAPPAS])
    right.minorticks_off()
    right.legend(loc="center right", fontsize=10)
    return drawing


def _law(alpha: float) -> tuple[Array, Array]:
    import fokker
    from fokker.validation.theorems import _escape as escape

    eps = 2 * escape.BARRIER / Y / KAPPA
    law = fokker.stationary(fokker.discretize(escape.double_well(KAPPA, eps, alpha), cells=escape.CELLS))
    x = np.sqrt(1 + np.geomspace(0.05, 300.0, 14))
    return x, np.asarray(law.log_at(x=x) - law.log_at(x=1.0))


THEOREM = Theorem(
    id="mori-log-barrier",
    title="Mori's logarithmic barrier beside Lemma 6",
    group="Escape times",
    number=6.5,
    statement=r"""
        With noise proportional to the loss, $\Sigma = \frac{2 L}{B} h^*$, the change of clock $d\tau = L\, dt$ makes
        the noise of SGD constant and the potential $\ln L$. The stationary law is $L^{-\phi}$ with
        $\phi = 1 + \frac{B}{\eta h^*}$, and the rate of escape
        $$k = \frac{\sqrt{h^* |h_s|}}{2\pi} \left(\frac{L_s}{L^*}\right)^{-\left(\frac12 + \frac{B}{\eta h^*}\right)}.$$
        """,
    hypotheses=(
        r"The noise follows the loss with curvature $h^*$ along the whole path, and is read in Ito's sense, as the "
        "recursion asks.",
        r"Identification with Lemma 6: $\kappa = B/(\eta h^*)$, $\sigma_g = 2 L^* h^*/B$, $1 + y = L_s/L^*$.",
        r"Measured on $L = L^* + (x^2 - 1)^2/4$ with $L_s/L^* = 5$, $\kappa \to \infty$.",
    ),
    source="Mori, Ziyin, Liu, Ueda, arXiv 2105.09557, Eqs. 6, 13, 16; Lemma 6: Meng, Gong, Chen, Ma, Liu, arXiv "
    "2006.13719",
    verdict="asymptotic",
    finding=r"The stationary law is exact. The rate is the reciprocal of the time to leave the basin, right to "
    r"leading order as $\kappa \to \infty$ with an error of order $1/\kappa$; its time is that of Lemma 6 times one "
    r"power of $L_s/L^*$, by the reading of the noise alone.",
    measure=measure,
    figure=figure,
    caption=r"Left: density against loss at $\kappa = 5$; dots, the solver, whose slope is $-(\kappa + 1)$ in Ito's "
    r"reading and $-\kappa$ in the isothermal one. Right: both formulas over the solver's time to leave in Ito's "
    "reading; Lemma 6 stays a factor 5 below.",
    fast=True,
)

"""Table 1: the escape time against the height of the barrier, exponential for Langevin, a power for the power law."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    import fokker

Array = NDArray[np.floating[Any]]

EPS = 1.0
KAPPAS = (1.0, 2.0, 5.0)
HEIGHTS = 0.5 * 4.0 ** np.arange(11)  # dL, in units of eps
LANGEVIN = 0.5 * 2.0 ** np.arange(1, 9)  # to 2 dL/eps = 256
FAR = 5  # heights that the slopes are taken from


def problem(height: float, kappa: float | None) -> "fokker.Problem":
    """Return L = dL (x^2 - 1)^2 with the noise of the power law (kappa), or with constant noise (None)."""
    import fokker

    return fokker.Problem(
        drift=lambda x: 4 * height * (x - x**3),
        diffusion=EPS / 2 if kappa is None else lambda x: EPS / 2 + height * (x * x - 1) ** 2 / kappa,
        convention="isothermal",
        domain={"x": (-np.inf, np.inf)},
    )


def log_times(heights: Array, kappa: float | None) -> Array:
    """Return ln of sqrt(H_a |H_b|) tau/(2 pi), tau the solver's mean time from minimum to minimum."""
    from fokker.validation.theorems import _escape as escape

    curvature = np.sqrt(8.0 * 4.0) * heights
    times = np.array([escape.log_time_across(problem(float(h), kappa)) for h in heights])
    return np.asarray(times + np.log(curvature / (2 * np.pi)))


def measure() -> Measurement:
    """Times against the height of the barrier, and their local slopes."""
    from fokker.validation.theorems import _escape as escape

    checks, rates, curves = [], [], {}
    for kappa in KAPPAS:
        logs = log_times(HEIGHTS, kappa)
        excess = np.log1p(2 * HEIGHTS / (kappa * EPS))
        slopes = np.diff(logs) / np.diff(excess)
        power, last = escape.richardson(1 / HEIGHTS[-FAR:], slopes[-FAR:])
        curves[kappa] = logs
        noise = 2 * escape.rounding(escape.CELLS, kappa * excess[-1]) / np.log(2)
        checks.append(
            Check(
                rf"$\kappa = {kappa:g}$: $d \ln (\sqrt{{H_a |H_b|}}\, \tau) / d \ln (1 + y)$",
                power,
                kappa - 0.5,
                last + 4 * noise,
                r"last correction of the Richardson extrapolation in $\varepsilon/\Delta L$, and rounding",
            )
        )
        bend = escape.noise_coefficient(kappa) + 2 * kappa * (kappa - 0.5)  # in eps/(4 dL), next to (1 + y)^power
        rates.append(
            Rate(
                rf"$\kappa = {kappa:g}$: $\sqrt{{H_a |H_b|}}\, \tau/2\pi$ in $1 + y$",
                tuple(np.exp(excess[-FAR:])),
                tuple(np.exp(logs[-FAR:])),
                kappa - 0.5,
                escape.two_digits(2 * abs(bend) * EPS / (4 * HEIGHTS[-FAR])),
                r"twice the first correction in $\varepsilon/\Delta L$, at the lowest of these barriers",
            )
        )
    constant = log_times(LANGEVIN, None)
    gain = np.expm1(constant - 2 * LANGEVIN / EPS)
    slope = np.diff(constant[-2:])[0] / np.diff(LANGEVIN[-2:])[0]
    checks.append(
        Check(
            r"Langevin: $d \ln (\sqrt{H_a |H_b|}\, \tau)/d \Delta L$ between the two highest barriers",
            slope,
            2 / EPS,
            3 / 16 * EPS**2 / (LANGEVIN[-1] * LANGEVIN[-2]),
            r"Kramers' correction $\frac{3}{16} \varepsilon/\Delta L$ and its derivative",
        )
    )
    rates.append(
        Rate(
            r"Langevin: $\sqrt{H_a |H_b|}\, \tau\, e^{-2 \Delta L/\varepsilon}/(2\pi) - 1$ in $\varepsilon/\Delta L$",
            tuple(EPS / LANGEVIN[3:]),
            tuple(gain[3:]),
            1.0,
            escape.two_digits(57 / 8 / 1.5 / 8 * EPS / LANGEVIN[3]),
            r"order 1; $1 + \frac32 d + \frac{57}{8} d^2$ with $d = \varepsilon/(8 \Delta L)$ bends the slope by "
            r"$\frac{19}{4} d$",
        )
    )
    return Measurement(tuple(checks), tuple(rates), {"curves": curves, "constant": constant})


def figure(measurement: Measurement) -> "Figure":
    """Draw the two rows of the table on logarithmic axes."""
    from matplotlib.figure import Figure

    fig = Figure(figsize=(7.2, 4.6))
    axes = fig.subplots()
    fine = np.geomspace(1, 1e6, 400)
    straight = fine[fine < 62]
    axes.loglog(straight, np.exp(straight), color="C1")
    barrier = 2 * LANGEVIN / EPS
    axes.loglog(barrier[barrier < 62], np.exp(measurement.data["constant"][barrier < 62]), "o", color="C1")
    axes.annotate(r"Langevin: $e^{2 \Delta L/\varepsilon}$", (42, 1e22), color="C1", ha="right")
    for at, kappa in zip((0, 2, 3), KAPPAS, strict=True):
        axes.loglog(fine, (1 + fine / kappa) ** (kappa - 0.5) / (1 - 0.5 / kappa), color=f"C{at}")
        axes.loglog(2 * HEIGHTS / EPS, np.exp(measurement.data["curves"][kappa]), "o", color=f"C{at}")
        power = f"{2 * kappa - 1:g}/2"
        end = (1 + 1e6 / kappa) ** (kappa - 0.5)
        axes.annotate(
            rf"$\kappa = {kappa:g}$: power {power}", (1.9e6, end), color=f"C{at}", va="center", annotation_clip=False
        )
    axes.set(
        xlabel=r"barrier over noise floor, $2 \Delta L/\varepsilon$",
        ylabel=r"$\sqrt{H_a |H_b|}\; \tau/2\pi$",
        xlim=(1, 1.5e6),
        ylim=(0.3, 1e27),
    )
    axes.set_yticks([1, 1e5, 1e10, 1e15, 1e20, 1e25])
    axes.set_xticks([1, 1e2, 1e4, 1e6])
    axes.minorticks_off()
    return fig


THEOREM = Theorem(
    id="table-1-power-law",
    title="Table 1: a power of the barrier against an exponential",
    group="Escape times",
    number=2,
    statement=r"""
        With $\varepsilon = \eta \sigma_g$ the Langevin dynamic, whose noise is constant, leaves a basin after a time
        $$O\left( (H_a |H_b|)^{-1/2}\, e^{2 \Delta L/\varepsilon} \right),$$
        and the power-law dynamic, whose noise follows the loss, after
        $$O\left( \left(1 - \tfrac{1}{2\kappa}\right)^{-1} (H_a |H_b|)^{-1/2}
        \left(1 + \tfrac{2 \Delta L}{\kappa\, \varepsilon}\right)^{\kappa - \frac12} \right).$$
        """,
    hypotheses=(
        r"Noise floor $\varepsilon$ and index $\kappa$ fixed, $\Delta L/\varepsilon \to \infty$; isothermal reading; "
        r"$y = 2 \Delta L/(\kappa \varepsilon)$.",
        r"Measured on $L = \Delta L\, (x^2 - 1)^2$ from minimum to minimum, $H_a = 8 \Delta L$, $|H_b| = 4 \Delta L$.",
        r"The row of $\alpha$-stable noise is no diffusion and is not audited here.",
    ),
    source="Meng, Gong, Chen, Ma, Liu, arXiv 2006.13719, Table 1",
    verdict="asymptotic",
    finding=r"Both scalings hold: the exponent $2/\varepsilon$ and the power $\kappa - \frac12$ are those of the "
    r"exact times. The constant of the first is $2\pi$; that of the second is not Lemma 6's at fixed $\kappa$.",
    measure=measure,
    figure=figure,
    caption=r"Dots: the solver. Lines: the two rows of the table with the constant $2\pi$. At $2 \Delta L/\varepsilon "
    r"= 50$ the exponential stands at $5 \times 10^{21}$, the power with $\kappa = 5$ at $5 \times 10^4$.",
    fast=True,
)

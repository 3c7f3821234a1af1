"""Lemma 6, first finding: it is the time to leave the basin, twice the time it is defined as."""

from typing import TYPE_CHECKING

import numpy as np

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KAPPAS = 5.0 * 2.0 ** np.arange(7)
FITTED = 3  # from kappa = 40 on
RATIOS = (1.0, 4.0)  # y = 2 dL/(kappa eps)


def measure() -> Measurement:
    """Ratios of the printed time to the solver's, to the top and across, at growing kappa."""
    from fokker.theory.escape import log_escape_time
    from fokker.validation.theorems import _escape as escape

    checks, rates, curves = [], [], {}
    for y in RATIOS:
        eps = 2 * escape.BARRIER / (KAPPAS * y)
        printed = np.asarray(
            log_escape_time(KAPPAS, eps, escape.BARRIER, escape.CURVATURE_WELL, escape.CURVATURE_TOP, alpha=1)
        )
        solved = np.array([escape.log_times(escape.double_well(*pair)) for pair in zip(KAPPAS, eps, strict=True)])
        top, across = np.exp(printed - solved[:, 0]), np.exp(printed - solved[:, 1])
        curves[y] = (top, across)
        limit, last = escape.richardson(1 / KAPPAS[FITTED:], top[FITTED:])
        checks += [
            Check(
                rf"$y = {y:g}$: printed time over mean time to the top, $\kappa \to \infty$",
                limit,
                2.0,
                last + escape.rounding(escape.CELLS, KAPPAS[-1] * np.log1p(y)),
                r"last correction of the Richardson extrapolation in $1/\kappa$, and rounding",
            ),
            Check(
                rf"$y = {y:g}$: time across over time to the top, $\kappa = {KAPPAS[-1]:g}$",
                np.exp(solved[-1, 1] - solved[-1, 0]),
                2.0,
                2 * escape.rounding(escape.CELLS, KAPPAS[-1] * np.log1p(y)),
                "by symmetry, but for terms exponentially small in the barrier; " + escape.ROUNDING,
            ),
        ]
        c1, c2 = escape.ratio_series(y)
        rates.append(
            Rate(
                rf"$y = {y:g}$: $|$ratio $- 2|$ in $1/\kappa$",
                tuple(1 / KAPPAS[FITTED:]),
                tuple(np.abs(top[FITTED:] - 2)),
                1.0,
                escape.two_digits(abs(c2 / c1) / KAPPAS[FITTED]),
                r"order 1; the next term $c_2/\kappa^2$ of Laplace's method bends the slope by at most "
                r"$|c_2/c_1|/\kappa$",
            )
        )
    return Measurement(tuple(checks), tuple(rates), {"curves": curves})


def figure(measurement: Measurement) -> "Figure":
    """Draw both ratios against kappa."""
    from matplotlib.figure import Figure

    fig = Figure(figsize=(7.2, 4.2))
    axes = fig.subplots()
    axes.axhline(2, color="C6", lw=1)
    axes.axhline(1, color="C6", lw=1)
    for y, sign in zip(RATIOS, ("o", "s"), strict=True):
        top, across = measurement.data["curves"][y]
        axes.semilogx(KAPPAS, top, sign + "-", lw=1, color="C1", label=rf"time to the top of the barrier, $y = {y:g}$")
        axes.semilogx(KAPPAS, across, sign + "-", lw=1, color="C0", label=rf"time to the next minimum, $y = {y:g}$")
    axes.set(xlabel=r"$\kappa = H_a/(\eta \sigma_H)$", ylabel="Lemma 6 as printed / solver", ylim=(0.7, 2.15))
    axes.set_xticks(KAPPAS, [f"{k:g}" for k in KAPPAS])
    axes.minorticks_off()
    axes.set_yticks([1, 1.5, 2])
    axes.legend(loc="center right")
    return fig


THEOREM = Theorem(
    id="lemma-6-first-passage",
    title="Lemma 6: which time it is",
    group="Escape times",
    number=3,
    statement=r"""
        The mean time of the power-law dynamic to reach the barrier $b$ for the first time from the minimum $a$ is
        $$\tau = \frac{2\pi}{\left(1 - \frac{1}{2\kappa}\right) \sqrt{H_a |H_b|}}
        \left(1 + \frac{2\, \Delta L}{\kappa\, \eta \sigma_g}\right)^{\kappa - \frac12},
        \quad \kappa = \frac{H_a}{\eta \sigma_H}.$$
        """,
    hypotheses=(
        r"The noise follows the loss, $C = \sigma_g + (2 \sigma_H/H_a)(L - L_a)$, in the isothermal reading.",
        r"$\kappa > 1/2$ and small noise, read here as $\kappa \to \infty$ with "
        r"$y = 2 \Delta L/(\kappa\, \eta \sigma_g)$ fixed, which is $\eta \to 0$ with everything else fixed.",
        r"Measured on $L = (x^2 - 1)^2/4$: $a = -1$, $b = 0$, $H_a = 2$, $H_b = -1$.",
    ),
    source="Meng, Gong, Chen, Ma, Liu, arXiv 2006.13719, Definition 5 and Lemma 6 (Eq. 10)",
    verdict="off by a factor",
    finding=r"The formula integrates across the whole barrier and so is the time to leave the basin; the first passage "
    "to the top takes half of it.",
    corrected=r"""
        $$\tau(a \to b) = \frac{\pi}{\left(1 - \frac{1}{2\kappa}\right) \sqrt{H_a |H_b|}}
        \left(1 + \frac{2\, \Delta L}{\kappa\, \eta \sigma_g}\right)^{\kappa - \frac12}
        \left[1 + O\left(\frac{1}{\kappa}\right)\right];$$
        the printed time is that to the next minimum, $\tau(a \to c)$.
        """,
    measure=measure,
    figure=figure,
    caption="The printed time tends to twice the mean first-passage time to the top of the barrier, for which it was "
    "stated, and to the mean time to the next minimum.",
    fast=True,
)

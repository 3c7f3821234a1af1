"""Lemma 6, third finding: right in the limit of a small learning rate, where it is exponential, not polynomial."""

from typing import TYPE_CHECKING

import numpy as np

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KAPPAS = 5.0 * 2.0 ** np.arange(7)
FITTED = 3
RATIOS = (0.5, 1.0, 4.0)  # y
SIGMA_H = 1.0  # then eta = H_a/kappa, and y = 2 sigma_H dL/(H_a sigma_g) does not depend on eta


def measure() -> Measurement:
    """Ratio of the printed time to the time across, its first correction, and the growth of ln tau in 1/eta."""
    from fokker.theory.escape import log_escape_time, quartic_first_order_coefficient
    from fokker.validation.theorems import _escape as escape

    checks, rates, data = [], [], {}
    for y in RATIOS:
        eps = 2 * escape.BARRIER / (KAPPAS * y)
        printed = np.asarray(
            log_escape_time(KAPPAS, eps, escape.BARRIER, escape.CURVATURE_WELL, escape.CURVATURE_TOP, alpha=1)
        )
        solved = np.array([escape.log_time_across(escape.double_well(*pair)) for pair in zip(KAPPAS, eps, strict=True)])
        lack = np.expm1(printed - solved)
        data[y] = (solved, lack)
        c, second = float(quartic_first_order_coefficient(y)), escape.ratio_series(y)[1]
        limit, last = escape.richardson(1 / KAPPAS[FITTED:], (KAPPAS * lack)[FITTED:])
        growth = np.diff(solved[-2:])[0] / np.diff(KAPPAS[-2:] / escape.CURVATURE_WELL * SIGMA_H)[0]
        checks += [
            Check(
                rf"$y = {y:g}$: $c = \lim\, \kappa\, (\tau_{{\mathrm{{Lemma\ 6}}}}/\tau - 1)$",
                limit,
                c,
                last,
                r"last correction of the Richardson extrapolation in $1/\kappa$",
            ),
            Check(
                rf"$y = {y:g}$: $d \ln \tau/d(1/\eta)$ between the two smallest $\eta$",
                growth,
                escape.CURVATURE_WELL / SIGMA_H * np.log1p(y),
                2 / (KAPPAS[-2] * KAPPAS[-1] * np.log1p(y)),
                r"the prefactors' part, $\delta [(\frac12 - c)/\kappa]/\delta \kappa$ with $|\frac12 - c| < 2$",
            ),
        ]
        rates.append(
            Rate(
                rf"$y = {y:g}$: $1 - \tau_{{\mathrm{{Lemma\ 6}}}}/\tau$ in $1/\kappa$",
                tuple(1 / KAPPAS[FITTED:]),
                tuple(-lack[FITTED:]),
                1.0,
                escape.two_digits(abs(second / c) / KAPPAS[FITTED]),
                r"order 1; the next term $c_2/\kappa^2$ of Laplace's method bends the slope by $|c_2/c|/\kappa$",
            )
        )
    return Measurement(tuple(checks), tuple(rates), {"curves": data})


def figure(measurement: Measurement) -> "Figure":
    """Draw the error against kappa, and the time against 1/eta."""
    from matplotlib.figure import Figure

    fig = Figure(figsize=(8.4, 3.9))
    left, right = fig.subplots(1, 2)
    curves = measurement.data["curves"]
    for at, y in enumerate(RATIOS):
        solved, lack = curves[y]
        c = 3 / 16 * (1 + 2 / y)
        left.loglog(KAPPAS, c / KAPPAS, color=f"C{at}")
        left.loglog(KAPPAS, -lack, "o", color=f"C{at}", label=rf"$y = {y:g}$")
        inverse = KAPPAS / 2
        keep = inverse <= 40
        fine = np.linspace(2.5, 40, 100)
        # ln of Lemma 6 at kappa = 2/eta
        law = np.log(2 * np.pi / np.sqrt(2) / (1 - 1 / (4 * fine))) + (2 * fine - 0.5) * np.log1p(y)
        right.plot(fine, law / np.log(10), color=f"C{at}")
        right.plot(inverse[keep], solved[keep] / np.log(10), "o", color=f"C{at}", label=rf"$y = {y:g}$")
    left.set(xlabel=r"$\kappa$", ylabel=r"$1 - \tau_{\mathrm{Lemma\ 6}}/\tau$")
    left.set_xticks(KAPPAS, [f"{k:g}" for k in KAPPAS])
    left.minorticks_off()
    left.legend(title=r"lines: $\frac{3}{16}(1 + 2/y)/\kappa$")
    right.set(xlabel=r"$1/\eta$", ylabel=r"$\log_{10}$ of the time to leave")
    right.legend(title="lines: Lemma 6")
    return fig


THEOREM = Theorem(
    id="lemma-6-natural-limit",
    title="Lemma 6 for a small learning rate",
    group="Escape times",
    number=5,
    statement=r"""
        At low temperature the time to leave the basin is
        $$\tau = \frac{2\pi}{\left(1 - \frac{1}{2\kappa}\right) \sqrt{H_a |H_b|}}
        (1 + y)^{\kappa - \frac12}, \quad y = \frac{2\, \Delta L}{\kappa\, \eta \sigma_g}
        = \frac{2 \sigma_H \Delta L}{H_a \sigma_g},$$
        polynomial in the height of the barrier.
        """,
    hypotheses=(
        r"The noise follows the loss, $C = \sigma_g + (2 \sigma_H/H_a)(L - L_a)$, in the isothermal reading.",
        r"$\eta \to 0$ with $\sigma_g$, $\sigma_H$ and the loss fixed: then $\kappa = H_a/(\eta \sigma_H) \to \infty$ "
        r"and $y$ stays.",
        r"Measured on $L = (x^2 - 1)^2/4$, from one minimum to the other; $\sigma_H = 1$ in the figure.",
    ),
    source="Meng, Gong, Chen, Ma, Liu, arXiv 2006.13719, Lemma 6 (Eq. 10), as the time to leave",
    verdict="asymptotic",
    finding=r"Right to leading order, $\tau_{\mathrm{Lemma\ 6}}/\tau = 1 + c/\kappa + O(\kappa^{-2})$, with "
    r"$c = -\frac{3}{16}(1 + 2/y)$ for the quartic; but in this limit the time is exponential in $1/\eta$.",
    corrected=r"""
        $$\eta \ln \tau \to \frac{H_a}{\sigma_H} \ln\left(1 + \frac{2 \sigma_H \Delta L}{H_a \sigma_g}\right);$$
        a power of the barrier's height only where $\kappa$, that is $\eta$, is held fixed.
        """,
    measure=measure,
    figure=figure,
    caption=r"Left: the error of Lemma 6 shrinks like $1/\kappa$, with the coefficient that Laplace's method gives. "
    r"Right: straight lines on a logarithmic scale, so the time is exponential in $1/\eta$.",
    fast=True,
)

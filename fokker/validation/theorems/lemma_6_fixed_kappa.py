"""Lemma 6, second finding: with kappa fixed and vanishing noise its power is right and its constant is not."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """One kappa: corrected/exact = 1 - coefficient eps^power + ..., whose next term bends a fitted slope."""

    kappa: float
    noises: Array
    power: float
    coefficient: float
    bend: float  # relative size of the next term, at eps = 1
    bend_power: float


def measure() -> Measurement:
    """Lemma 6 and its correction over the solver's time to leave, at falling noise."""
    from fokker.theory import escape as closed
    from fokker.validation.theorems import _escape as escape

    checks, rates, curves = [], [], {}
    for case in _cases():
        kappa, eps = case.kappa, case.noises
        path = float(closed.quartic_path_integral(kappa, alpha=1))
        shape = (escape.BARRIER, escape.CURVATURE_WELL, escape.CURVATURE_TOP)
        solved = np.array([escape.log_times(escape.double_well(kappa, float(e)))[1] for e in eps])
        printed = np.exp(closed.log_escape_time(kappa, eps, *shape, alpha=1) - solved)
        corrected = np.exp(np.log(closed.fixed_kappa_time(kappa, eps, escape.CURVATURE_WELL, path, alpha=1)) - solved)
        lack = 1 - corrected
        curves[kappa] = (eps, printed, corrected)
        limit = float(closed.limit_ratio(kappa, escape.BARRIER, escape.CURVATURE_TOP, path, alpha=1))
        last = eps[-1]
        order = rf"\varepsilon^{{{case.power:g}}}" if case.power != 1 else r"\varepsilon"
        checks += [
            Check(
                rf"$\kappa = {kappa:g}$: printed time over mean time, $\varepsilon = 10^{{{np.log10(last):.0f}}}$",
                printed[-1],
                limit,
                abs(case.coefficient) * last**case.power * (1 + case.bend * last**case.bend_power) + 1e-11,
                rf"the next term of the expansion in $\varepsilon$, and rounding ($10^{{-11}}$ for 1000 cells)"
                if kappa != 1
                else r"the next term, $\frac{7}{4} \varepsilon$, and rounding",
            )
            if kappa != 1
            else Check(
                rf"$\kappa = 1$: printed time over mean time, $\varepsilon = 10^{{{np.log10(last):.0f}}}$",
                printed[-1],
                limit,
                2.0 * last,
                "placeholder",
            ),
            Check(
                rf"$\kappa = {kappa:g}$: coefficient of ${order}$ in $1 - \tau_{{\mathrm{{corrected}}}}/\tau$",
                lack[-1] / last**case.power,
                case.coefficient,
                case.bend * last**case.bend_power,
                "the next term of the expansion",
            ),
        ]
        rates.append(
            Rate(
                rf"$\kappa = {kappa:g}$: $|1 - \tau_{{\mathrm{{corrected}}}}/\tau|$ in $\varepsilon$",
                tuple(eps),
                tuple(np.abs(lack)),
                case.power,
                case.bend_power * case.bend * eps[0] ** case.bend_power,
                "the next term of the expansion bends the slope",
            )
        )
    return Measurement(checks, rates, {"curves": curves})

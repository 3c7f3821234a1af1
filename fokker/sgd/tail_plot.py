"""The picture of a fitted Student law: a histogram whose tails are seen to their ends."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from fokker.sgd.student_fit import StudentFit

Array = NDArray[np.float64]

NEAR = 20.0  # scales; values beyond need a logarithmic axis


def draw_fit(fit: StudentFit, ax: Axes | None, bins: int, **style: Any) -> Axes:
    """Draw the histogram of the sample with the Student law and the Gaussian."""
    from fokker.results.plot_line import draw

    away, scale = fit.sample - fit.loc, fit.scale
    ends = np.array([away.min(), away.max()])
    wide = float(np.abs(ends).max()) > NEAR * scale
    edges, x = (_places(ends, scale, count, wide) for count in (bins + 1, 400))
    counts = np.histogram(away, bins=edges)[0]
    heights = np.where(counts > 0, counts / (fit.sample.size * np.diff(edges)), np.nan)
    left, name = (0.0, f"value {'-' if fit.loc >= 0.0 else '+'} {abs(fit.loc):.4g}") if wide else (fit.loc, "value")
    law = fit.pdf(fit.loc + x)
    ax = draw(ax, left + x, law, name, "density", **({"label": f"Student, nu = {fit.nu:.3g}"} | style))
    gauss = np.exp(-0.5 * ((fit.loc + x - fit.gaussian.loc) / fit.gaussian.scale) ** 2)
    ax.plot(left + x, gauss / (fit.gaussian.scale * np.sqrt(2.0 * np.pi)), "--", label="Gaussian")
    ax.stairs(heights, left + edges, color="0.6", label=f"{fit.sample.size} values")
    ax.set_yscale("log")
    ax.set_ylim(0.3 * float(np.nanmin(heights)), 3.0 * max(float(np.nanmax(heights)), float(law.max())))
    if wide:
        _bend(ax, ends, scale)
    ax.legend()
    return ax


def _places(ends: Array, scale: float, count: int, wide: bool) -> Array:
    """Return places from end to end: equally far, or if wide equally far in asinh of the distance in scales."""
    low, high = ends
    if not wide:
        return np.linspace(low, high, count)
    places: Array = scale * np.sinh(np.linspace(np.arcsinh(low / scale), np.arcsinh(high / scale), count))
    places[0], places[-1] = low, high  # none is lost to rounding
    return places


def _bend(ax: Axes, ends: Array, scale: float) -> None:
    """Make the axis linear within the scale and logarithmic beyond, with few powers of ten on it."""
    ax.set_xscale("asinh", linear_width=scale)
    first, last = math.ceil(math.log10(3.0 * scale)), math.floor(math.log10(float(np.abs(ends).max())))
    powers = 10.0 ** np.arange(last, first - 1, -max((last - first + 3) // 3, 1))
    marks = np.concatenate([-powers, [0.0], powers[::-1]])
    ax.set_xticks(marks[(marks >= ends[0]) & (marks <= ends[1])], minor=False)
    ax.set_xticks([], minor=True)

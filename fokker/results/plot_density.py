"""Pictures of densities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fokker.results.plot_line import draw

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from fokker.results.density import Density

_SHOWN = 0.999  # share of the probability inside the picture


def plot(density: Density, ax: Axes | None = None, *, log: bool = False, **style: Any) -> Axes:
    """Draw a density; with ``log=True`` on logarithmic axes of the density, tails included."""
    (x,) = density.nodes
    ax = draw(ax, x, density.values, density.names[0], "density", **style)
    if log:
        ax.set_yscale("log")
    spread = x[-1] - x[0]
    share = np.cumsum(density.mass)
    low, high = (float(x[np.searchsorted(share, q)]) for q in (0.5 - _SHOWN / 2, 0.5 + _SHOWN / 2))
    # a line reaches far out: show where the probability is
    if high > low and spread > 20 * (high - low):
        half = 0.5 * (high - low)
        left, right = max(low - half, x[0]), min(high + half, x[-1])
        ax.set_xlim(left, right)
        seen = density.values[(x >= left) & (x <= right) & (density.values > 0.0)]
        if log and seen.size and len(ax.lines) == 1:
            ax.set_ylim(0.5 * float(seen.min()), 2.0 * float(seen.max()))
    return ax

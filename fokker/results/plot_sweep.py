"""Pictures of a sweep: a curve over one parameter, colours over two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.errors import FokkerError, explain
from fokker.results.plot_line import draw

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from fokker.results.sweep_result import SweepResult

_LINES = 12  # curves in one picture
_DECADES = 3.0  # from here on the scale is logarithmic


def drawable(sweep: SweepResult) -> bool:
    """Return whether a sweep has a picture."""
    if not sweep.is_numeric or sweep.results.dtype.kind == "c" or not np.isfinite(sweep.results).any():
        return False
    if len(sweep.names) == 1:
        return sweep.results.ndim == 1 or (sweep.results.ndim == 2 and sweep.results.shape[1] <= _LINES)
    return len(sweep.names) == 2 and sweep.results.ndim == 2 and all(_rises(axis) for axis in sweep.axes)


def draw_sweep(sweep: SweepResult, ax: Axes | None, **style: Any) -> Axes:
    """Draw the numbers of a sweep."""
    if not drawable(sweep):
        raise FokkerError(
            explain(
                "no picture of these answers.",
                given=f"{sweep._shown()} over {', '.join(sweep.names)}",
                accepted=f"one number a point over one or two parameters, or up to {_LINES} over one",
                try_="results, which holds them, or to_xarray()",
            )
        )
    if len(sweep.names) == 2:
        return _picture(sweep, ax, **style)
    (axis,) = sweep.axes
    x = axis if axis.dtype.kind in "iuf" else np.array([str(value) for value in axis])
    dots = {"marker": "o", "markersize": 3.5} | style
    if sweep.results.ndim == 2 and "label" not in dots:
        dots["label"] = [str(k) for k in range(sweep.results.shape[1])]
    ax = draw(ax, x, sweep.results, sweep.names[0], sweep.label, **dots)
    if sweep.results.ndim == 2:
        ax.legend(title="component", fontsize="small")
    if _spans(sweep.results):
        ax.set_yscale("log")
    return ax


def _picture(sweep: SweepResult, ax: Axes | None, **style: Any) -> Axes:
    from fokker.results.plot_field import field

    nodes = (sweep.axes[0].astype(float), sweep.axes[1].astype(float))
    names = (sweep.names[0], sweep.names[1])
    return field(ax, nodes, sweep.results.astype(float), names, sweep.label, log=_spans(sweep.results), **style)


def _rises(axis: NDArray[Any]) -> bool:
    return axis.dtype.kind in "iuf" and len(axis) > 1 and bool((np.diff(axis) > 0).all())


def _spans(results: NDArray[Any]) -> bool:
    """Return whether the numbers are positive and lie decades apart."""
    known = results[np.isfinite(results)]
    return bool((known > 0).all() and np.log10(known.max()) - np.log10(known.min()) > _DECADES)

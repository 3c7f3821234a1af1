"""Laws that come to the end of the cells on an infinite axis: what is beyond is not seen."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.driven import Driven
from fokker.errors import GridError, explain
from fokker.grid import Axis

Array = NDArray[np.float64]

_LOST = 1e-3  # share of the law in the last cell from which the answer is refused
_NEAR = 1e-8  # and from which it is doubted
_TAIL = 2.0  # a last cell that weighs so many times its width stands for a tail as well


def refuse_end(driven: Driven, laws: Array, moments: Sequence[str]) -> tuple[str, ...]:
    """Raise where a law has piled up at the end of an infinite axis; return a doubt where it has got there.

    Parameters
    ----------
    driven : Driven
    laws : array, shape (t, n)
    moments : sequence of str
        When each of the laws holds, for the text.

    Raises
    ------
    GridError
        With the end, the time and the remedy.
    """
    axes = list(driven.grid.axes.items())
    doubts: list[str] = []
    if laws.shape[1] != math.prod(axis.cells for _, axis in axes):
        return ()
    shaped = laws.reshape(len(laws), *(axis.cells for _, axis in axes))
    for k, (name, axis) in enumerate(axes):
        for side, end in enumerate((axis.lo, axis.hi)):
            if math.isfinite(end) or _stands_for_a_tail(driven, axis, side):
                continue
            held = shaped.take(-side, axis=k + 1).reshape(len(laws), -1).sum(axis=1)
            worst = int(np.argmax(held))
            if held[worst] > _LOST:
                raise _piled(driven, name, axis, side, float(held[worst]), moments[worst])
            if held[worst] > _NEAR:
                last = f"last cell of the infinite axis {name}, at {float(axis.nodes[-side]):.6g}"
                doubts.append(f"the {last}, holds {float(held[worst]):.1g} of the law {moments[worst]}")
    return tuple(doubts)


def _stands_for_a_tail(driven: Driven, axis: Axis, side: int) -> bool:
    """Whether what lies beyond the last cell is taken care of: added to it as a power law, or absorbed."""
    if axis.closure != "power" or driven.problem.dimension > 1:
        return axis.closure == "absorb"
    return bool(driven.at(0.0).masses[-side] > _TAIL * axis.widths[-side])


def _piled(driven: Driven, name: str, axis: Axis, side: int, held: float, moment: str) -> GridError:
    remedy = f"{name}=fokker.Axis.line({axis.cells}, center=..., scale=..., reach=...)"
    if math.isfinite(axis.lo) or math.isfinite(axis.hi):
        start, end = (axis.lo, "np.inf") if math.isfinite(axis.lo) else (axis.hi, "-np.inf")
        remedy = f"{name}=fokker.Axis.half_line({axis.cells}, start={start:g}, end={end}, scale=..., reach=...)"
    return GridError(
        explain(
            f"the process has come to the end of the cells on the infinite axis {name} {moment}.",
            given=f"{held:.3g} of the law in the last cell, at {name} = {float(axis.nodes[-side]):.6g}; {axis!r}",
            accepted="cells that cover where the process goes at all times (an axis is fitted to a few of them only)",
            try_=f"grid=fokker.Grid({remedy})" + (", with the other axes" if driven.problem.dimension > 1 else ""),
        )
    )

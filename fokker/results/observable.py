"""Functions of the coordinates that a user asks the mean of, at the nodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.calling import numbers
from fokker.errors import FokkerError, explain
from fokker.results import export

Array = NDArray[np.float64]


def scattered(nodes: Sequence[Array], cells: int) -> list[Array]:
    """Return the coordinates of every cell, one flat array an axis."""
    if len(export.grid_shape(tuple(nodes), cells)) < len(nodes):  # the cells of a mesh
        return list(nodes)
    return [x.ravel() for x in np.meshgrid(*nodes, indexing="ij")]


def observed(function: Callable[..., Any], points: Sequence[Array], names: Sequence[str]) -> Array:
    """Return a function of the coordinates at points.

    Raises
    ------
    FokkerError
        If it fails, does not broadcast, or is not finite somewhere.
    """
    accepted = f"a function of ({', '.join(names)}) that broadcasts"
    values = numbers(function, points, "the function", accepted, FokkerError)
    bad = ~np.isfinite(values)
    if bad.any():
        where = ", ".join(f"{name} = {float(x[bad][0]):.6g}" for name, x in zip(names, points, strict=True))
        raise FokkerError(
            explain(
                f"the function is not finite at {where}.",
                given=f"{float(values[bad][0])}",
                accepted="a function with finite values at all nodes",
            )
        )
    return values

"""Diffusion tensors on two-point edges: the diagonal, and a refusal of what no edge carries."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fokker.errors import DimensionError, explain
from fokker.problem import Problem
from fokker.problem.thermal import Thermal

Array = NDArray[np.float64]


def refuse_tensor(problem: Problem) -> None:
    """Raise where an antisymmetric mobility acts on a force beside the potential."""
    process = problem.process
    if isinstance(process, Thermal) and process.antisymmetric is not None and process.force is not None:
        raise DimensionError(
            explain(
                "an antisymmetric mobility and a force beside the potential are not solved together so far.",
                given="antisymmetric=... and force=...",
                try_="one of the two, or problem.ito(), the same process by its drift and diffusion",
            )
        )


def diagonal_diffusion(problem: Problem, points: list[Array], k: int) -> Array:
    """Return D_kk at points.

    Raises
    ------
    DimensionError
        If D has off-diagonal entries.
    """
    values = problem.diffusion_at(*points)
    ndim = max(np.ndim(x) for x in points)
    if values.ndim == ndim:
        return values
    if values.ndim == ndim + 1:
        diagonal: Array = values[k]
        return diagonal
    row = np.delete(values[k], k, axis=0)
    if row.any():
        raise DimensionError(
            explain(
                "edges along the axes cannot carry a diffusion tensor with off-diagonal entries.",
                given=f"D[{k}, {int(np.argmax(np.abs(row).reshape(len(row), -1).max(axis=1)))}] is not zero",
                accepted="a scalar or diagonal D",
                try_="coordinates along the principal axes of D, if they do not turn with the state",
            )
        )
    entry: Array = values[k, k]
    return entry

"""Diffusion tensors on two-point edges: the diagonal, and a refusal of the rest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fokker.errors import DimensionError, explain
from fokker.problem import Problem
from fokker.problem.thermal import Thermal

Array = NDArray[np.float64]


def refuse_tensor(problem: Problem) -> None:
    """Raise where the noise is correlated between the axes: two-point edges cannot carry it."""
    process = problem.process
    if isinstance(process, Thermal) and process.antisymmetric is not None:
        raise DimensionError(
            explain(
                "an antisymmetric mobility is not solved so far.",
                given="antisymmetric=...",
                try_="force= for what drives the process out of equilibrium",
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
                "diffusion tensors with off-diagonal entries are not solved so far.",
                given=f"D[{k}, {int(np.argmax(np.abs(row).reshape(len(row), -1).max(axis=1)))}] is not zero",
                accepted="a scalar or diagonal D",
                try_="coordinates along the principal axes of D, if they do not turn with the state",
            )
        )
    entry: Array = values[k, k]
    return entry

"""Values behind the wall of an obstacle: continued there, so that interpolation next to the wall has its nodes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fokker.errors import DomainError, explain
from fokker.grid import Lattice
from fokker.grid.grid import truth
from fokker.linalg import Scaled
from fokker.linalg.scaled import LN2

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_LAYERS = 3  # cells behind the wall that a cubic next to it can ask for
_STEEP = 3.0  # nats from node to node beyond which a value is repeated and not continued


def within_obstacle(lattice: Lattice, points: tuple[Array, ...]) -> Mask:
    """Return whether each point lies in the obstacle of the grid."""
    if lattice.obstacle is None:
        return np.zeros(len(points[0]), dtype=bool)
    return truth(lattice.obstacle.predicate, "obstacle", *points)


def refuse_within(lattice: Lattice, names: tuple[str, ...], points: tuple[Array, ...]) -> None:
    """Raise where a point lies in the obstacle of the grid."""
    within = within_obstacle(lattice, points)
    if within.any():
        where = ", ".join(f"{n} = {float(x[within][0]):.6g}" for n, x in zip(names, points, strict=True))
        raise DomainError(
            explain(
                f"{where} lies inside the obstacle.",
                given=f"{int(within.sum())} such points",
                accepted="points outside of it",
            )
        )


def continued(lattice: Lattice, logs: Array) -> Array:
    """Return logarithms at the nodes with a few layers behind walls filled by lines through the two nodes in front.

    The mean over the axes is taken; where the two differ much the nearer one is repeated.
    """
    obstacle = lattice.obstacle
    if obstacle is None or not obstacle.extended.any():
        return logs
    result = np.where(obstacle.extended, np.nan, logs).reshape(lattice.shape)
    for _ in range(_LAYERS):
        total, count = np.zeros(lattice.shape), np.zeros(lattice.shape)
        for k in range(lattice.dimension):
            for step in (1, -1):
                near, far = (_neighbour(lattice, result, k, step * n) for n in (1, 2))
                with np.errstate(invalid="ignore"):
                    slope = near - far
                slope = np.where(np.abs(slope) < _STEEP, slope, 0.0)  # also where it is not a number
                known = ~np.isnan(near)
                total += np.where(known, near + slope, 0.0)
                count += known
        new = np.isnan(result) & (count > 0)
        result = np.where(new, total / np.maximum(count, 1), result)
    return np.where(np.isnan(result), -np.inf, result).ravel()


def continued_scaled(lattice: Lattice, nodal: Scaled) -> Scaled:
    """Return `continued` values as mantissas and exponents."""
    obstacle = lattice.obstacle
    if obstacle is None or not obstacle.extended.any():
        return nodal
    logs = continued(lattice, nodal.log())
    new = obstacle.extended & np.isfinite(logs)
    mantissa, exponent = nodal.mantissa.copy(), np.array(np.broadcast_to(nodal.exponent, nodal.mantissa.shape))
    exponent[new] = np.rint(logs[new] / LN2).astype(exponent.dtype)
    mantissa[new] = np.exp(logs[new] - exponent[new] * LN2)
    return Scaled(mantissa, exponent)


def _neighbour(lattice: Lattice, values: Array, k: int, step: int) -> Array:
    """Return the value some cells on along axis k; not a number beyond the ends."""
    moved = np.roll(values, step, axis=k)
    if not lattice.periodic[k]:
        gone = slice(0, step) if step > 0 else slice(step, None)
        moved[(slice(None),) * k + (gone,)] = np.nan
    return moved

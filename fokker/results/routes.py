"""Flows along edges of any direction, as flows through the faces of the cells.

An edge hands its flow from cell to cell along the straight line between its ends; where the line passes through a
corner, all orders of the steps share it evenly. So the flows through the faces of a cell add up to what its edges
bring, the flow into a region is the sum over the edges that lead into it, and a stream function exists.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from fokker.grid.lattice import Lattice

Array = NDArray[np.float64]
Steps = list[tuple[tuple[int, ...], int, float]]


def through_faces(lattice: Lattice, tail: NDArray[np.integer], offsets: NDArray[np.int16], flow: Array) -> Array:
    """Return flows along the edges of the lattice that have the divergence of the given ones.

    Parameters
    ----------
    tail : array of int, shape (m,)
    offsets : array of int16, shape (m, d)
    flow : array, shape (m,)
        Net flows, tail to head.

    Returns
    -------
    array
        One number an edge of the lattice, in its order.
    """
    result = np.zeros(len(lattice.tail))
    kinds, owner = np.unique(offsets, axis=0, return_inverse=True)
    order = np.argsort(owner.ravel(), kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(owner.ravel(), minlength=len(kinds)))[:-1])
    for kind, mine in zip(kinds, parts, strict=True):
        place = np.unravel_index(tail[mine], lattice.shape)
        for shift, k, weight in route(tuple(int(v) for v in kind)):
            # a step down crosses the edge that starts in the cell it leads to
            down = weight < 0.0
            at = [p + s - (down and a == k) for a, (p, s) in enumerate(zip(place, shift, strict=True))]
            for a, wraps in enumerate(lattice.periodic):
                if wraps:
                    at[a] = at[a] % lattice.shape[a]
            shape = lattice.edge_shapes[k]
            edge = lattice.spans[k].start + np.ravel_multi_index(tuple(at), shape)
            result += np.bincount(edge, weight * flow[mine], len(result))
    return result


def route(offset: tuple[int, ...]) -> Steps:
    """Return the steps of a straight line from cell to cell: where each starts, its axis, and its signed share.

    Examples
    --------
    >>> route((1, 1))
    [((0, 0), 0, 0.5), ((0, 0), 1, 0.5), ((0, 1), 0, 0.5), ((1, 0), 1, 0.5)]
    """
    crossings = defaultdict(list)
    for a, reach in enumerate(offset):
        for step in range(abs(reach)):
            crossings[(2 * step + 1) * _other(offset, a)].append(a)
    groups = [crossings[time] for time in sorted(crossings)]
    steps: dict[tuple[tuple[int, ...], int], float] = defaultdict(float)
    here = [0] * len(offset)
    for group in groups:
        orders = list(permutations(group))
        for order in orders:
            at = list(here)
            for a in order:
                sign = 1 if offset[a] > 0 else -1
                steps[tuple(at), a] += sign / len(orders)
                at[a] += sign
        for a in group:
            here[a] += 1 if offset[a] > 0 else -1
    return [(at, a, weight) for (at, a), weight in sorted(steps.items())]


def _other(offset: tuple[int, ...], axis: int) -> int:
    """Return the product of the other lengths: times of crossings are compared over a common denominator."""
    result = 1
    for a, reach in enumerate(offset):
        if a != axis and reach:
            result *= abs(reach)
    return result

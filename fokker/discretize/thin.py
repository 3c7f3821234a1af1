"""Walls thinner than a cell: what they hide of the faces between two nodes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.apertures import Closed
from fokker.grid import Lattice

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_PLACES = 16  # looked at between two nodes: a wall thinner than that is not seen
_ACROSS = 16  # lines across a face of the plane
_MESH = 8  # and along each side of one in space
_CHUNK = 100_000


def hidden_shares(lattice: Lattice, closed: Closed, k: int, aperture: Array) -> Array:
    """Return the share of each face across axis k that is open while a wall stands between its two nodes."""
    hidden = np.zeros(len(aperture))
    edges = np.flatnonzero(aperture > 0.0)
    flagged = [edges[i : i + _CHUNK] for i in range(0, len(edges), _CHUNK)]
    flagged = [part[_blocked(lattice, closed, k, part, [])] for part in flagged]
    edges = np.concatenate([np.zeros(0, dtype=np.intp), *flagged])
    if not len(edges):
        return hidden
    lines = _ACROSS if lattice.dimension == 2 else _MESH
    others = [a for a in range(lattice.dimension) if a != k]
    spread = np.meshgrid(*([(np.arange(lines) + 0.5) / lines] * len(others)), indexing="ij")
    for offsets in zip(*(x.ravel() for x in spread), strict=True):
        hidden[edges] += _blocked(lattice, closed, k, edges, list(offsets))
    result: Array = hidden / float(lines ** len(others))
    return result


def _blocked(lattice: Lattice, closed: Closed, k: int, edges: NDArray[np.intp], offsets: list[float]) -> Mask:
    """Return whether a line parallel to each edge is open at both ends and at the face, but not between.

    A wall that holds the first node and neither face of its cell would let pass what enters the cell on its other
    side: it counts as standing between that node and the second. `offsets` say where the line crosses the other
    sides of the cells; without them it runs from node to node.
    """
    places = list(np.unravel_index(edges, lattice.edge_shapes[k]))
    axis, period = lattice.axes[k], lattice.periods[k]
    start, length = axis.node_coordinates[places[k]], lattice.edge_lengths[k][places[k]]
    fixed = {}
    left = list(offsets)
    for a, other in enumerate(lattice.axes):
        if a != k:
            low, side = other.face_coordinates[places[a]], lattice.cell_lengths[a][places[a]]
            fixed[a] = other.position(low + side * left.pop(0)) if offsets else other.nodes[places[a]]

    def look(xi: Array) -> Mask:
        if period:
            low = float(axis.face_coordinates[0])
            xi = low + np.mod(xi - low, period)
        x = axis.position(xi)
        return closed(tuple(x if a == k else fixed[a] for a in range(lattice.dimension)))

    seen = np.zeros(len(edges), dtype=bool)
    for t in np.arange(1, _PLACES) / _PLACES:
        seen |= look(start + t * length)
    # what is closed at an end or at the face is known to the shares of the cells and faces already
    ahead, at_start = look(axis.face_coordinates[places[k] + 1]), look(start)
    known = at_start | look(start + length) | ahead
    pierced: Mask = at_start & ~ahead & ~look(axis.face_coordinates[places[k]])
    return (seen & ~known) | pierced

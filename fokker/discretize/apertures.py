"""Open shares of cells and faces that the wall of a set cuts.

A share is a length, area or volume in the axis coordinates over the whole one. Lengths along a line are found by
bisection; areas and volumes are means over lines, which for volumes run along the axis nearest to the wall's normal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fokker.grid import Lattice

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]
Closed = Callable[[tuple[Array, ...]], Mask]  # of the positions, one array an axis

_HALVINGS = 42  # of a quarter of a cell: to 6e-14 of it
_ACROSS = 16  # lines through a cell of the plane
_MESH = 8  # lines along each side of a face, and of a cell in space
_CHUNK = 200_000  # lines followed at once


@dataclass(frozen=True)
class Openings:
    """Open shares of the cells and faces of a lattice.

    Attributes
    ----------
    cells : array of the shape of the grid
    faces : tuple of array
        Along each axis one more than cells.
    """

    cells: Array
    faces: tuple[Array, ...]


def openings(lattice: Lattice, closed: Closed) -> Openings:
    """Return the open shares of all cells and faces."""
    corners, near = _near_wall(lattice, closed)
    faces = []
    for k in range(lattice.dimension):
        first = tuple(slice(None) if a == k else slice(0, -1) for a in range(lattice.dimension))
        share = np.where(corners[first], 0.0, 1.0)
        beside = np.zeros(share.shape, dtype=bool)
        for side in (0, 1):
            beside[_shifted(lattice, k, side)] |= near
        places = np.nonzero(beside)
        share[places] = face_shares(lattice, closed, k, places)
        faces.append(share)
    cells = np.where(corners[tuple(slice(0, -1) for _ in range(lattice.dimension))], 0.0, 1.0)
    steepest = np.zeros(lattice.shape, dtype=np.int8)
    steepness = np.full(lattice.shape, -1.0)
    for k, share in enumerate(faces):
        change = np.abs(np.diff(share, axis=k)) / lattice.along(lattice.cell_lengths[k], k)
        steepest = np.where(change > steepness, k, steepest).astype(np.int8)
        steepness = np.maximum(change, steepness)
    for k in range(lattice.dimension):
        places = np.nonzero(near & (steepest == k))
        cells[places] = _cell_shares(lattice, closed, k, places)
    return Openings(cells, tuple(faces))


def face_shares(lattice: Lattice, closed: Closed, k: int, places: tuple[Index, ...], samples: int = 4) -> Array:
    """Return the open shares of some faces across axis k, `places` in their array; see `line_shares`."""
    others = [a for a in range(lattice.dimension) if a != k]
    along, across = others[-1], others[:-1]
    at = {k: lattice.axes[k].face_coordinates[places[k]]}
    return _mean_over_lines(lattice, closed, along, across, at, places, samples)


def _cell_shares(lattice: Lattice, closed: Closed, along: int, places: tuple[Index, ...]) -> Array:
    across = [a for a in range(lattice.dimension) if a != along]
    return _mean_over_lines(lattice, closed, along, across, {}, places, 4)


def _mean_over_lines(
    lattice: Lattice,
    closed: Closed,
    along: int,
    across: list[int],
    at: dict[int, Array],
    places: tuple[Index, ...],
    samples: int,
) -> Array:
    """Return means of open shares of lines through cells, evenly spread over the axes `across`."""
    count = len(places[0])
    lines = _ACROSS if lattice.dimension == 2 else _MESH
    spread = np.meshgrid(*([(np.arange(lines) + 0.5) / lines] * len(across)), indexing="ij")
    offsets = [x.ravel() for x in spread] if across else []
    many = lines ** len(across)
    result = np.empty(count)
    step = max(1, _CHUNK // many)
    for first in range(0, count, step):
        part = slice(first, first + step)
        fixed = {a: np.repeat(xi[part], many) for a, xi in at.items()}
        for a, offset in zip(across, offsets, strict=True):
            low, length = lattice.axes[a].face_coordinates[places[a][part]], lattice.cell_lengths[a][places[a][part]]
            fixed[a] = (low[:, None] + length[:, None] * offset).ravel()
        low = np.repeat(lattice.axes[along].face_coordinates[places[along][part]], many)
        high = np.repeat(lattice.axes[along].face_coordinates[places[along][part] + 1], many)
        result[part] = line_shares(lattice, closed, along, low, high, fixed, samples).reshape(-1, many).mean(axis=1)
    return result


def line_shares(
    lattice: Lattice, closed: Closed, along: int, low: Array, high: Array, fixed: dict[int, Array], samples: int
) -> Array:
    """Return the open shares of lines from `low` to `high` along one axis, all in axis coordinates.

    Each line is looked at in `samples` equal pieces, and the walls inside a piece are found by bisection.
    """
    others = {a: lattice.axes[a].position(xi) for a, xi in fixed.items()}

    def look(rows: Index, t: Array) -> Mask:
        x = lattice.axes[along].position(low[rows] + (high - low)[rows] * t)
        return closed(tuple(x if a == along else others[a][rows] for a in range(lattice.dimension)))

    everyone = np.arange(len(low))
    marks = np.linspace(0.0, 1.0, samples + 1)
    seen = np.stack([look(everyone, np.full(len(low), t)) for t in marks])
    share = ((~seen[:-1] & ~seen[1:]).sum(axis=0)) / samples
    piece, rows = np.nonzero(seen[:-1] != seen[1:])
    start = seen[piece, rows]
    a, b = marks[piece], marks[piece + 1]
    for _ in range(_HALVINGS):
        if not len(rows):
            break
        middle = 0.5 * (a + b)
        same = look(rows, middle) == start
        a, b = np.where(same, middle, a), np.where(same, b, middle)
    wall = 0.5 * (a + b)
    part = np.where(start, marks[piece + 1] - wall, wall - marks[piece])
    result: Array = share + np.bincount(rows, part, len(low))
    return result


def _near_wall(lattice: Lattice, closed: Closed) -> tuple[Mask, Mask]:
    """Return whether each corner is closed, and the cells that are cut or next to a cut one."""
    shape = tuple(n + 1 for n in lattice.shape)
    points = [np.broadcast_to(lattice.along(axis.faces, k), shape).ravel() for k, axis in enumerate(lattice.axes)]
    corners = closed(tuple(points)).reshape(shape)
    nodes = closed(lattice.scattered()).reshape(lattice.shape)
    cut = np.zeros(lattice.shape, dtype=bool)
    for offset in np.ndindex((2,) * lattice.dimension):
        cut |= corners[tuple(slice(o, o + n) for o, n in zip(offset, lattice.shape, strict=True))] != nodes
    for k in range(lattice.dimension):
        change = nodes != np.roll(nodes, -1, axis=k)
        cut |= change | np.roll(change, 1, axis=k)
    for k in range(lattice.dimension):
        cut = cut | np.roll(cut, 1, axis=k) | np.roll(cut, -1, axis=k)
    return corners, cut


def _shifted(lattice: Lattice, k: int, side: int) -> tuple[slice, ...]:
    """Return where the faces on one side of all cells lie in the array of faces across axis k."""
    return tuple(slice(side, side + n) if a == k else slice(None) for a, n in enumerate(lattice.shape))

"""Which cells the lattice edges of a tensor grid join, and what becomes of those that meet a wall.

Each cell i brings offsets e with weights w. It contributes one half of an edge to each of its neighbours i + e and
i - e; an edge is what both of its ends contribute. Where i - e lies behind a reflecting wall, the whole contribution
goes to i + e; where both do (in corners), both are reflected. Edges that meet an absorbing wall first are cut there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fokker.linalg.compiling import announced
from fokker.linalg.scaled import kernel

Array = NDArray[np.float64]
Short = NDArray[np.int16]
Index = NDArray[np.int32]

REFLECTING, ABSORBING, PERIODIC = 0, 1, 2


@dataclass(frozen=True)
class Stencil:
    """Edges and exits of all cells.

    Attributes
    ----------
    tail, head : array of int32, shape (m,)
    offsets : array of int16, shape (m, d)
        Displacement from tail to head, in cells.
    at_tail, at_head : array, shape (m,)
        Weight that each end gives to the edge; zero if the offset is not among those of that end.
    share : array of float, shape (m, 2)
        How many halves of its weight each end contributes: 1, or 2 next to a reflecting wall.
    folded : array of bool, shape (m,)
        Edges reflected in a corner, which belong to their tail alone.
    cells : array of int32, shape (k,)
        Cells from which an exit leads through a wall.
    walls : array of int8, shape (k,)
        Number of the wall: twice the axis, plus one on the right.
    jumps : array of int16, shape (k, d)
        Displacement of the whole edge that is cut.
    fractions : array, shape (k,)
        Where the wall is on it.
    exits : array, shape (k,)
        Weight of the edge that is cut.
    """

    tail: Index
    head: Index
    offsets: Short
    at_tail: Array
    at_head: Array
    share: Array
    folded: NDArray[np.bool_]
    cells: Index
    walls: NDArray[np.int8]
    jumps: Short
    fractions: Array
    exits: Array


def stencil(shape: tuple[int, ...], walls: NDArray[np.int8], weights: Array, offsets: Short) -> Stencil:
    """Collect the edges between the cells and the exits through absorbing walls.

    Parameters
    ----------
    shape : tuple of int
        Cells along each axis; no offset is longer.
    walls : array of int8, shape (d, 2)
        What lies at both ends of each axis: reflecting (0), absorbing (1) or periodic (2).
    weights, offsets : array, shapes (n, m) and (n, m, d)
        Of each cell, as from `selling`; offsets of weight zero are ignored.
    """
    sides = np.array(shape, dtype=np.int64)
    most = int(np.count_nonzero(weights > 0.0))
    room, gates = 2 * most + 8, 2 * _near(sides, offsets) * weights.shape[1] + 8
    d = len(shape)
    tail, head = np.empty(room, np.int32), np.empty(room, np.int32)
    jumps, gate_jumps = np.empty((room, d), np.int16), np.empty((gates, d), np.int16)
    pair, share, folded = np.empty((room, 2)), np.empty((room, 2)), np.zeros(room, bool)
    cells, sink = np.empty(gates, np.int32), np.empty(gates, np.int8)
    cut, leak = np.empty(gates), np.empty(gates)
    with announced():
        m, k = _collect(
            sides, walls, weights, offsets, tail, head, jumps, pair, share, folded, cells, sink, gate_jumps, cut, leak
        )
    return Stencil(
        tail[:m].copy(),
        head[:m].copy(),
        jumps[:m].copy(),
        pair[:m, 0].copy(),
        pair[:m, 1].copy(),
        share[:m].copy(),
        folded[:m].copy(),
        cells[:k].copy(),
        sink[:k].copy(),
        gate_jumps[:k].copy(),
        cut[:k].copy(),
        leak[:k].copy(),
    )


def _near(sides: NDArray[np.int64], offsets: Short) -> int:
    """Return a bound on the number of cells from which an edge can leave the grid."""
    reach = int(np.abs(offsets).max(initial=1))
    inner = np.maximum(sides - 2 * reach, 0)
    return int(sides.prod() - inner.prod())


@kernel
def _step(
    place: NDArray[np.int64],
    jump: NDArray[np.int64],
    sign: int,
    sides: NDArray[np.int64],
    walls: NDArray[np.int8],
    found: NDArray[np.int64],
) -> tuple[int, float]:
    """Take a step; return the wall met first (-1 for none) and where, and put the place reached into `found`."""
    wall, first = -1, 2.0
    for a in range(len(sides)):
        move = sign * jump[a]
        to = place[a] + move
        if walls[a, 0] == PERIODIC:
            to = to % sides[a]
        elif to < 0 or to >= sides[a]:
            side = 1 if move > 0 else 0
            gap = sides[a] - 0.5 - place[a] if move > 0 else place[a] + 0.5
            at = gap / abs(move)
            if at < first:
                wall, first = 2 * a + side, at
        found[a] = to
    return wall, first


@kernel
def _is_absorbing(wall: int, walls: NDArray[np.int8]) -> bool:
    return wall >= 0 and walls[wall // 2, wall % 2] == ABSORBING


@kernel
def _weight_of(weights: Array, offsets: Short, cell: int, jump: NDArray[np.int64]) -> float:
    """Return the weight that a cell gives to an offset, zero if it is not among its own."""
    for k in range(weights.shape[1]):
        same = True
        for a in range(len(jump)):
            same = same and offsets[cell, k, a] == jump[a]
        if same:
            found: float = max(weights[cell, k], 0.0)
            return found
    return 0.0


@kernel
def _collect(
    sides: NDArray[np.int64],
    walls: NDArray[np.int8],
    weights: Array,
    offsets: Short,
    tail: Index,
    head: Index,
    jumps: Short,
    pair: Array,
    share: Array,
    folded: NDArray[np.bool_],
    cells: Index,
    sink: NDArray[np.int8],
    gate_jumps: Short,
    cut: Array,
    leak: Array,
) -> tuple[int, int]:
    d = len(sides)
    place, jump = np.zeros(d, np.int64), np.zeros(d, np.int64)
    ahead, behind, beyond = np.zeros(d, np.int64), np.zeros(d, np.int64), np.zeros(d, np.int64)
    count, gates = 0, 0
    for i in range(len(weights)):
        rest = i
        for a in range(d - 1, -1, -1):
            place[a] = rest % sides[a]
            rest //= sides[a]
        for k in range(weights.shape[1]):
            w = weights[i, k]
            if not w > 0.0:
                continue
            for a in range(d):
                jump[a] = offsets[i, k, a]
            front, front_at = _step(place, jump, 1, sides, walls, ahead)
            back, back_at = _step(place, jump, -1, sides, walls, behind)
            front_shut = front >= 0 and not _is_absorbing(front, walls)
            back_shut = back >= 0 and not _is_absorbing(back, walls)
            for side in range(2):
                sign = 1 - 2 * side
                wall, at, shut, other = front, front_at, front_shut, back_shut
                if side == 1:
                    wall, at, shut, other = back, back_at, back_shut, front_shut
                if wall >= 0 and not shut:
                    cells[gates], sink[gates], cut[gates] = i, wall, at
                    leak[gates] = 1.5 * w if other else w
                    for a in range(d):
                        gate_jumps[gates, a] = sign * jump[a]
                    gates += 1
                elif shut and other:
                    # reflected along the walls that reflect; another wall may still be in the way
                    for a in range(d):
                        to = (ahead if side == 0 else behind)[a]
                        if walls[a, 0] != PERIODIC and (to < 0 or to >= sides[a]):
                            wall_here = 2 * a + (1 if to >= sides[a] else 0)
                            if not _is_absorbing(wall_here, walls):
                                to = -1 - to if to < 0 else 2 * sides[a] - 1 - to
                        beyond[a] = to - place[a]
                        if walls[a, 0] == PERIODIC:
                            beyond[a] = sign * jump[a]
                    wall, at = _step(place, beyond, 1, sides, walls, behind if side == 1 else ahead)
                    if wall >= 0:
                        cells[gates], sink[gates], cut[gates], leak[gates] = i, wall, at, 0.5 * w
                        for a in range(d):
                            gate_jumps[gates, a] = beyond[a]
                        gates += 1
                        continue
                    j = 0
                    for a in range(d):
                        j = j * sides[a] + (ahead if side == 0 else behind)[a]
                    if j != i:
                        tail[count], head[count], folded[count] = i, j, True
                        pair[count, 0], pair[count, 1] = w, 0.0
                        share[count, 0], share[count, 1] = 1.0, 0.0
                        for a in range(d):
                            jumps[count, a] = beyond[a]
                        count += 1
                elif wall < 0:
                    j = 0
                    for a in range(d):
                        j = j * sides[a] + (ahead if side == 0 else behind)[a]
                    there = _weight_of(weights, offsets, j, jump)
                    if side == 1 and there > 0.0:
                        continue  # found from the other end
                    # whether the other end lacks the neighbour on its far side
                    far = 1.0
                    spot = ahead if side == 0 else behind
                    wall_far, _ = _step(spot, jump, sign, sides, walls, beyond)
                    if wall_far >= 0 and not _is_absorbing(wall_far, walls):
                        far = 2.0
                    near = 2.0 if other else 1.0
                    if side == 0:
                        tail[count], head[count] = i, j
                        pair[count, 0], pair[count, 1] = w, there
                        share[count, 0], share[count, 1] = near, far
                    else:
                        tail[count], head[count] = j, i
                        pair[count, 0], pair[count, 1] = 0.0, w
                        share[count, 0], share[count, 1] = far, near
                    for a in range(d):
                        jumps[count, a] = jump[a]
                    count += 1
    return count, gates

"""The plan of a multifrontal elimination: order, fronts and memory, from the grid and its edges alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fokker.linalg.compiling import announced
from fokker.linalg.dissection import Index, Mask, Short, dissect, number
from fokker.linalg.graph_dissection import dissect_graph, neighbours
from fokker.linalg.scaled import Array, kernel

LEAF = 12  # boxes of at most so many cells are eliminated in one front
CUBE = 8  # the same in three dimensions, where smaller ones store less
VECTORS = 96  # bytes a cell for pivots, weights and the vectors of a solve


@dataclass(frozen=True, repr=False, eq=False)
class Plan:
    """Order of elimination, fronts and memory; the same for all rates on the same edges.

    Cells are numbered in the order of elimination. A front eliminates consecutive cells; its boundary holds
    the later cells that these, or those of its children, are joined to.

    Attributes
    ----------
    size : int
        Number of cells of the grid, n.
    shape : tuple of int
    tail, head, keep : arrays
        As given.
    cells : array of int32, shape (kept,)
        The cell of each number.
    starts : array of int64, shape (fronts + 1,)
        First number of each front.
    boundary_starts, boundary : arrays
        Numbers of the boundary of each front, ascending.
    child, sibling : array of int64, shape (fronts,)
        First child of each front, next child of the same parent; -1 ends the list.
    edge_starts, edges, early, late : arrays
        The edges of each front: those whose earlier cell it eliminates, and the two numbers; an edge whose
        tail is the later one is stored as ``-1 - edge``.
    offsets : array of int64, shape (fronts + 1,)
        Place of the panels of each front in the store.
    entries : int
        Numbers stored.
    room : int
        Numbers that panels and boundary blocks take together, at most.
    flops : float
        Floating-point operations of a factorisation.
    """

    size: int
    shape: tuple[int, ...]
    tail: Index
    head: Index
    keep: Mask | None
    cells: Short
    starts: Index
    boundary_starts: Index
    boundary: Short
    child: Index
    sibling: Index
    edge_starts: Index
    edges: Short
    early: Short
    late: Short
    offsets: Index
    entries: int
    room: int
    flops: float

    @classmethod
    def of_lattice(
        cls,
        shape: Sequence[int],
        periodic: Sequence[bool],
        tail: NDArray[np.integer],
        head: NDArray[np.integer],
        keep: Mask | None = None,
        reach: int = 1,
    ) -> Plan:
        """Plan the elimination of a tensor grid.

        Parameters
        ----------
        shape : sequence of 1 to 3 ints
            Cells along each axis.
        periodic : sequence of bool
            Which axes close on themselves.
        tail, head : array of int, shape (m,)
            The two cells of each edge, in C order. Edges at cells left out, and loops, are ignored.
        keep : array of bool, shape (n,), optional
            Cells that take part; all by default.
        reach : int
            Longest edge along an axis, in cells.

        Raises
        ------
        ValueError
            If shapes do not fit, or an edge is longer than `reach`.

        Examples
        --------
        >>> plan = Plan.of_lattice((1, 3), (False, False), [0, 1], [1, 2])
        >>> plan.entries > 0
        True
        """
        size = int(np.prod(shape))
        if not 1 <= len(shape) <= 3 or len(periodic) != len(shape) or min(shape) < 1 or size >= 2**31:
            raise ValueError(f"shape must hold 1 to 3 positive ints, periodic as many bools; got {shape}, {periodic}.")
        tails, heads, kept = _checked(size, tail, head, keep)
        sides = np.array([*shape, 1, 1][:3], dtype=np.int64)
        wraps = np.array([*periodic, False, False][:3], dtype=bool)
        with announced():
            boxes, parents = dissect(sides, wraps, reach, CUBE if (sides > 1).all() else LEAF)
            starts, cells, numbers = number(boxes, sides, kept)
            parent = np.where(parents >= 0, len(parents) - 1 - parents, -1)[::-1].copy()
            plan = cls._symbolic(shape, tails, heads, None if keep is None else kept, starts, cells, numbers, parent)
        if plan is None:
            raise ValueError(f"an edge is longer than reach={reach} cells, or wraps an axis that is not periodic.")
        return plan

    @classmethod
    def of_graph(
        cls,
        positions: Sequence[Array],
        tail: NDArray[np.integer],
        head: NDArray[np.integer],
        keep: Mask | None = None,
    ) -> Plan:
        """Plan the elimination of a graph whose edges join near places.

        Parameters
        ----------
        positions : sequence of 1 to 3 arrays of shape (n,)
            Coordinates of the cells. They guide the order only: any graph is eliminated correctly.
        tail, head : array of int, shape (m,)
            The two cells of each edge. Edges at cells left out, and loops, are ignored.
        keep : array of bool, shape (n,), optional
            Cells that take part; all by default.

        Raises
        ------
        ValueError
            If shapes do not fit, or a position is not finite.

        Examples
        --------
        >>> plan = Plan.of_graph([[0.0, 1.0, 2.0]], [0, 1], [1, 2])
        >>> plan.entries > 0
        True
        """
        places = np.ascontiguousarray(positions, dtype=np.float64)
        if places.ndim != 2 or not 1 <= len(places) <= 3 or not 1 <= places.shape[1] < 2**31:
            raise ValueError(f"positions must be 1 to 3 arrays of one length; got shape {places.shape}.")
        if not np.isfinite(places).all():
            raise ValueError("positions must be finite.")
        size = places.shape[1]
        tails, heads, kept = _checked(size, tail, head, keep)
        begins, near = neighbours(size, tails, heads)
        with announced():
            starts, parent, cells, numbers = dissect_graph(places, begins, near, kept, LEAF)
            plan = cls._symbolic((size,), tails, heads, None if keep is None else kept, starts, cells, numbers, parent)
        assert plan is not None  # every edge stays within a half, or ends at the separator
        return plan

    @classmethod
    def _symbolic(
        cls,
        shape: Sequence[int],
        tails: Index,
        heads: Index,
        keep: Mask | None,
        starts: Index,
        cells: Short,
        numbers: Short,
        parent: Index,
    ) -> Plan | None:
        """Work out the fronts of an order of elimination; None if an edge jumps over a separator."""
        child, sibling = _links(parent)
        edge_starts, edges, early, late = _sort_edges(starts, numbers, tails, heads)
        boundary_starts, boundary = _boundaries(starts, parent, child, sibling, edge_starts, late)
        if len(boundary_starts) == 0:
            return None
        inner, outer = np.diff(starts), np.diff(boundary_starts)
        offsets = np.concatenate([[0], np.cumsum(inner * (inner + 2 * outer + 1))])
        k, r = inner.astype(float), outer.astype(float)
        return cls(
            size=len(numbers),
            shape=tuple(int(side) for side in shape),
            tail=tails,
            head=heads,
            keep=keep,
            cells=cells,
            starts=starts,
            boundary_starts=boundary_starts,
            boundary=boundary,
            child=child,
            sibling=sibling,
            edge_starts=edge_starts,
            edges=edges,
            early=early,
            late=late,
            offsets=offsets,
            entries=int(offsets[-1]),
            room=int(_room(child, sibling, outer, offsets)),
            flops=float((2 / 3 * k**3 + 2 * k**2 * r + 2 * k * r**2).sum()),
        )

    @property
    def memory(self) -> int:
        """Bytes that a factorisation and a solve take: panels, stack and vectors."""
        return 8 * self.room + VECTORS * self.size

    def __repr__(self) -> str:
        sides = " x ".join(map(str, self.shape))
        return f"Plan of {sides} cells: {self.memory / 1e9:.2g} GB, {self.flops / 1e9:.2g} Gflop"


def _checked(
    size: int, tail: NDArray[np.integer], head: NDArray[np.integer], keep: Mask | None
) -> tuple[Index, Index, Mask]:
    """Return edges and kept cells as the kernels expect them."""
    tails: Index = np.require(tail, dtype=np.int64, requirements=["C", "W"])
    heads: Index = np.require(head, dtype=np.int64, requirements=["C", "W"])
    if tails.shape != heads.shape or tails.ndim != 1:
        raise ValueError(f"tail and head must be one-dimensional and alike; got {tails.shape}, {heads.shape}.")
    if len(tails) and not (min(tails.min(), heads.min()) >= 0 and max(tails.max(), heads.max()) < size):
        raise ValueError(f"tail and head must lie in 0 .. {size - 1}.")
    kept = np.ones(size, dtype=bool) if keep is None else np.array(keep, dtype=bool).ravel()
    if len(kept) != size:
        raise ValueError(f"keep must have {size} entries; it has {len(kept)}.")
    return tails, heads, kept


@kernel
def _links(parent: Index) -> tuple[Index, Index]:
    """Turn parents into lists of children."""
    child = np.full(len(parent), -1, dtype=np.int64)
    sibling = np.full(len(parent), -1, dtype=np.int64)
    for t in range(len(parent)):
        p = parent[t]
        if p >= 0:
            sibling[t] = child[p]
            child[p] = t
    return child, sibling


@kernel
def _sort_edges(starts: Index, numbers: Short, tail: Index, head: Index) -> tuple[Index, Short, Short, Short]:
    """Sort the edges by the front of their earlier cell (a counting sort)."""
    fronts = len(starts) - 1
    owner = np.empty(starts[fronts], dtype=np.int32)
    for t in range(fronts):
        owner[starts[t] : starts[t + 1]] = t
    edge_starts = np.zeros(fronts + 2, dtype=np.int64)
    for e in range(len(tail)):
        i, j = numbers[tail[e]], numbers[head[e]]
        if i >= 0 and j >= 0 and i != j:
            edge_starts[owner[min(i, j)] + 2] += 1
    for t in range(fronts):
        edge_starts[t + 2] += edge_starts[t + 1]
    count = edge_starts[fronts + 1]
    edges = np.empty(count, dtype=np.int32)
    early, late = np.empty(count, dtype=np.int32), np.empty(count, dtype=np.int32)
    for e in range(len(tail)):
        i, j = numbers[tail[e]], numbers[head[e]]
        if i >= 0 and j >= 0 and i != j:
            t = owner[min(i, j)] + 1
            place = edge_starts[t]
            edge_starts[t] += 1
            edges[place] = e if i < j else -1 - e
            early[place], late[place] = min(i, j), max(i, j)
    return edge_starts[: fronts + 1].copy(), edges, early, late


@kernel
def _boundaries(
    starts: Index, parent: Index, child: Index, sibling: Index, edge_starts: Index, late: Short
) -> tuple[Index, Short]:
    """Collect the boundary of every front; no starts at all if an edge jumps over a separator."""
    fronts = len(starts) - 1
    kept = starts[fronts]
    mark = np.full(kept, -1, dtype=np.int32)
    bounds = np.zeros(fronts + 1, dtype=np.int64)
    boundary = np.empty(16 * kept + 1024, dtype=np.int32)
    found = np.empty(kept, dtype=np.int32)
    for t in range(fronts):
        count = 0
        end = starts[t + 1]
        for u in range(edge_starts[t], edge_starts[t + 1]):
            j = late[u]
            if j >= end and mark[j] != t:
                mark[j] = t
                found[count] = j
                count += 1
        c = child[t]
        while c >= 0:
            for u in range(bounds[c], bounds[c + 1]):
                j = boundary[u]
                if j >= end and mark[j] != t:
                    mark[j] = t
                    found[count] = j
                    count += 1
            c = sibling[c]
        first = bounds[t]
        if first + count > len(boundary):
            larger = np.empty(2 * len(boundary) + count, dtype=np.int32)
            for u in range(first):
                larger[u] = boundary[u]
            boundary = larger
        _sort(found[:count])
        for u in range(count):
            boundary[first + u] = found[u]
        bounds[t + 1] = first + count
        if count > 0 and (parent[t] < 0 or boundary[first] < starts[parent[t]]):
            return np.empty(0, dtype=np.int64), boundary
    return bounds, boundary[: bounds[fronts]].copy()


@kernel
def _sort(values: Short) -> None:
    """Sort in place (Shell's method: quick to compile)."""
    count = len(values)
    gap = 1
    while 3 * gap < count:
        gap = 3 * gap + 1
    while gap > 0:
        for u in range(gap, count):
            value, v = values[u], u
            while v >= gap and values[v - gap] > value:
                values[v] = values[v - gap]
                v -= gap
            values[v] = value
        gap //= 3


@kernel
def _room(child: Index, sibling: Index, outer: Index, offsets: Index) -> int:
    """Return the numbers that panels and the stack of boundary blocks take, which grow towards each other."""
    top, room = 0, 0
    for t in range(len(outer)):
        block = outer[t] * (outer[t] + 1)
        room = max(room, offsets[t + 1] + top + block)
        c = child[t]
        while c >= 0:
            top -= outer[c] * (outer[c] + 1)
            c = sibling[c]
        top += block
    return room

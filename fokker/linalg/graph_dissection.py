"""Nested dissection of a graph with positions: halves split at the median, the cells between them eliminated last.

Recursive coordinate bisection (Berger and Bokhari, IEEE Trans. Comput. 36, 570, 1987) with the cells of one half that
touch the other as separator. For graphs whose edges join near places, separators are of the size of a cross-section.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fokker.linalg.dissection import Index, Mask, Short
from fokker.linalg.scaled import Array, kernel


def neighbours(size: int, tail: NDArray[np.integer], head: NDArray[np.integer]) -> tuple[Index, Short]:
    """Return the neighbours of every node, as starts of shape (size + 1,) and one list."""
    owner = np.concatenate([tail, head])
    order = np.argsort(owner, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=size))]).astype(np.int64)
    return starts, np.concatenate([head, tail])[order].astype(np.int32)


@kernel
def dissect_graph(
    positions: Array, starts: Index, near: Short, keep: Mask, leaf: int
) -> tuple[Index, Index, Short, Short]:
    """Order the kept nodes for elimination and gather them in fronts, children before parents.

    Parameters
    ----------
    positions : array, shape (d, n)
    starts, near : arrays
        Neighbours of every node (see `neighbours`).
    keep : array of bool, shape (n,)
    leaf : int
        Parts of at most so many nodes are not split.

    Returns
    -------
    starts : array of int64, shape (t + 1,)
        First number of each front.
    parents : array of int64, shape (t,)
        Parent of each front, or -1.
    cells, numbers : array of int32
        Node of each number; number of each node, -1 for those left out.
    """
    size = len(keep)
    cells = np.empty(size, dtype=np.int32)
    count = 0
    for i in range(size):
        if keep[i]:
            cells[count] = i
            count += 1
    cells = cells[:count].copy()
    side = np.zeros(size, dtype=np.int8)  # 1 and 2 mark the two halves of the part at hand
    held = np.empty(count, dtype=np.int32)
    # fronts are found parents first and turned around at the end
    room = 4 * (count // max(leaf // 2, 1)) + 64
    firsts = np.empty(room, dtype=np.int64)
    parents = np.empty(room, dtype=np.int64)
    waiting = np.empty((256, 3), dtype=np.int64)
    waiting[0, 0], waiting[0, 1], waiting[0, 2] = 0, count, -1
    depth, fronts = 1, 0
    while depth > 0:
        depth -= 1
        low, high, parent = waiting[depth, 0], waiting[depth, 1], waiting[depth, 2]
        if fronts == room:
            room *= 2
            more, above = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64)
            for t in range(fronts):
                more[t], above[t] = firsts[t], parents[t]
            firsts, parents = more, above
        parents[fronts] = parent
        if high - low <= leaf:
            firsts[fronts] = low
            fronts += 1
            continue
        middle = (low + high) // 2
        _select(positions[_longest(positions, cells, low, high)], cells, low, high - 1, middle)
        left, right = _separate(starts, near, cells, side, held, low, middle, high)
        firsts[fronts] = right
        waiting[depth, 0], waiting[depth, 1], waiting[depth, 2] = low, left, fronts
        waiting[depth + 1, 0], waiting[depth + 1, 1], waiting[depth + 1, 2] = left, right, fronts
        depth += 2
        fronts += 1
    numbers = np.full(size, -1, dtype=np.int32)
    for i in range(count):
        numbers[cells[i]] = i
    begins = np.empty(fronts + 1, dtype=np.int64)
    turned = np.empty(fronts, dtype=np.int64)
    for t in range(fronts):
        begins[t] = firsts[fronts - 1 - t]
        up = parents[fronts - 1 - t]
        turned[t] = fronts - 1 - up if up >= 0 else -1
    begins[fronts] = count
    return begins, turned, cells, numbers


@kernel
def _longest(positions: Array, cells: Short, low: int, high: int) -> int:
    """Return the axis along which some nodes extend furthest."""
    best, longest = 0, -1.0
    for axis in range(len(positions)):
        least = most = positions[axis, cells[low]]
        for u in range(low + 1, high):
            x = positions[axis, cells[u]]
            least, most = min(least, x), max(most, x)
        if most - least > longest:
            best, longest = axis, most - least
    return best


@kernel
def _select(x: Array, cells: Short, low: int, high: int, middle: int) -> None:
    """Bring the nodes with the smaller coordinates before `middle` (Hoare's selection)."""
    while low < high:
        pivot = x[cells[(low + high) // 2]]
        i, j = low, high
        while i <= j:
            while x[cells[i]] < pivot:
                i += 1
            while x[cells[j]] > pivot:
                j -= 1
            if i <= j:
                cells[i], cells[j] = cells[j], cells[i]
                i += 1
                j -= 1
        if middle <= j:
            high = j
        elif middle >= i:
            low = i
        else:
            return


@kernel
def _separate(
    starts: Index, near: Short, cells: Short, side: NDArray[np.int8], held: Short, low: int, middle: int, high: int
) -> tuple[int, int]:
    """Move the separator to the end of a part; return the ends of its two halves."""
    for u in range(low, high):
        side[cells[u]] = 1 if u < middle else 2
    touching = np.zeros(2, dtype=np.int64)
    for u in range(low, high):
        mine = side[cells[u]]
        for v in range(starts[cells[u]], starts[cells[u] + 1]):
            if side[near[v]] == 3 - mine:
                touching[mine - 1] += 1
                break
    giving = 1 if touching[0] <= touching[1] else 2
    used, kept = 0, low
    left = low
    for u in range(low, high):
        cell = cells[u]
        apart = True
        if side[cell] == giving:
            for v in range(starts[cell], starts[cell + 1]):
                if side[near[v]] == 3 - giving:
                    apart = False
                    break
        if apart:
            cells[kept] = cell
            kept += 1
        else:
            held[used] = cell
            used += 1
        if u == middle - 1:
            left = kept
    for u in range(used):
        cells[kept + u] = held[u]
    for u in range(low, high):
        side[cells[u]] = 0
    return left, kept

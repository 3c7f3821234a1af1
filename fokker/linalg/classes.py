"""Reducible chains: closed classes, and the cells from which an exit can be reached."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fokker.linalg.dissection import Index, Mask, Short
from fokker.linalg.scaled import Array, kernel


def closed_classes(
    n: int,
    tail: NDArray[np.integer],
    head: NDArray[np.integer],
    forward: Array,
    backward: Array,
    keep: Mask | None = None,
) -> tuple[Short, int]:
    """Find the closed classes: strongly connected sets of cells that no positive rate leaves.

    Parameters
    ----------
    n : int
        Number of cells.
    tail, head : array of int, shape (m,)
    forward, backward : array, shape (m,)
        Rates from tail to head and back.
    keep : array of bool, shape (n,), optional
        Cells that take part.

    Returns
    -------
    owner : array of int32, shape (n,)
        Number of the closed class of each cell; -1 for transient cells and those left out.
    count : int
        Number of closed classes.

    Examples
    --------
    >>> import numpy as np
    >>> owner, count = closed_classes(3, [0, 1], [1, 2], np.array([1.0, 1.0]), np.array([0.0, 1.0]))
    >>> owner.tolist(), count
    ([-1, 0, 0], 1)
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    tail, head = np.asarray(tail, dtype=np.int32), np.asarray(head, dtype=np.int32)
    there = np.ones(len(tail), dtype=bool) if keep is None else keep[tail] & keep[head]
    ahead, back = there & (forward > 0), there & (backward > 0)
    rows = np.concatenate([tail[ahead], head[back]])
    columns = np.concatenate([head[ahead], tail[back]])
    graph = coo_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(n, n))
    pieces, label = connected_components(graph, directed=True, connection="strong")
    closed = np.ones(pieces, dtype=bool)
    closed[label[rows[label[rows] != label[columns]]]] = False
    if keep is not None:
        closed[label[~keep]] = False  # a cell left out is a piece of its own
    names = np.where(closed, np.cumsum(closed) - 1, -1).astype(np.int32)
    return names[label], int(closed.sum())


def reaches_exit(
    n: int,
    tail: NDArray[np.integer],
    head: NDArray[np.integer],
    forward: Array,
    backward: Array,
    exits: Array,
) -> Mask:
    """Return the cells from which positive rates lead to a cell with an exit, shape (n,).

    Parameters as in `closed_classes`; `exits` holds the rates of leaving for good, shape (n,).
    """
    reached = np.require(exits > 0, requirements=["C", "W"])
    tails, heads = np.ascontiguousarray(tail, dtype=np.int64), np.ascontiguousarray(head, dtype=np.int64)
    # two sweeps settle nearly every grid; what is left is searched edge by edge
    if _sweep(tails, heads, forward, backward, reached) and _sweep(tails, heads, forward, backward, reached):
        _search(n, tails, heads, forward, backward, reached)
    return reached


@kernel
def _sweep(tail: Index, head: Index, forward: Array, backward: Array, reached: Mask) -> bool:
    """Pass once along the edges and back; return whether something changed."""
    changed = False
    count = len(tail)
    for step in range(2 * count):
        e = step if step < count else 2 * count - 1 - step
        i, j = tail[e], head[e]
        if reached[i] != reached[j]:
            if reached[j] and forward[e] > 0.0:
                reached[i] = True
                changed = True
            elif reached[i] and backward[e] > 0.0:
                reached[j] = True
                changed = True
    return changed


@kernel
def _search(n: int, tail: Index, head: Index, forward: Array, backward: Array, reached: Mask) -> None:
    """Search backwards from the cells reached so far."""
    starts = np.zeros(n + 2, dtype=np.int64)
    for e in range(len(tail)):
        if forward[e] > 0.0:
            starts[head[e] + 2] += 1
        if backward[e] > 0.0:
            starts[tail[e] + 2] += 1
    for i in range(n):
        starts[i + 2] += starts[i + 1]
    before = np.empty(starts[n + 1], dtype=np.int32)
    for e in range(len(tail)):
        if forward[e] > 0.0:
            before[starts[head[e] + 1]] = tail[e]
            starts[head[e] + 1] += 1
        if backward[e] > 0.0:
            before[starts[tail[e] + 1]] = head[e]
            starts[tail[e] + 1] += 1
    waiting = np.empty(n, dtype=np.int32)
    count = 0
    for i in range(n):
        if reached[i]:
            waiting[count] = i
            count += 1
    while count > 0:
        count -= 1
        j = waiting[count]
        for u in range(starts[j], starts[j + 1]):
            i = before[u]
            if not reached[i]:
                reached[i] = True
                waiting[count] = i
                count += 1

"""The numeric phase of the multifrontal elimination: assemble, eliminate, hand the rest to the parent."""

from __future__ import annotations

import numpy as np

from fokker.linalg.dissection import Index, Short
from fokker.linalg.frontal import eliminate_front, lift
from fokker.linalg.scaled import Array, kernel

BLAS_FROM = 3000  # products of fewer multiplications are written out


@kernel
def factorise_fronts(
    cells: Short, starts: Index, bounds: Index, boundary: Short, child: Index, sibling: Index,
    edge_starts: Index, edges: Short, early: Short, late: Short, offsets: Index,
    forward: Array, backward: Array, exits: Array, weights: Short, exit_weight: int, shift: int, plain: bool,
    store: Array, pivot: Array, split: Short,
    outer: Short, slots: Short, work: Array, scales: Array, gone: Array, waiting: Index,
) -> int:  # fmt: skip
    """Factorise; return the number of zero pivots, or -1 as soon as a pivot is not finite.

    Parameters
    ----------
    weights : array of int32, shape (kept,)
        Weight of each number.
    shift : int
        Rates are multiplied by 2**shift.
    store, pivot, split : arrays
        Receive the panels, d, h; the others are scratch memory. The blocks on boundaries are stacked from the end
        of the store downward, where the last panels have not come to lie yet.
    """
    fronts = len(starts) - 1
    place = np.empty(len(cells), dtype=np.int32)
    base = np.zeros(fronts, dtype=np.int64)
    whole, top, bad = len(store), 0, 0
    for t in range(fronts):
        first, end = starts[t], starts[t + 1]
        k, r = end - first, bounds[t + 1] - bounds[t]
        o = offsets[t]
        store[o : offsets[t + 1]] = 0.0
        inner = store[o : o + k * k].reshape(k, k)
        right = store[o + k * k : o + k * (k + r + 1)].reshape(k, r + 1)
        below = store[o + k * (k + r + 1) : offsets[t + 1]].reshape(k, r)
        for u in range(r):
            j = boundary[bounds[t] + u]
            place[j] = u
            outer[u] = weights[j]
        outer[r] = exit_weight
        for i in range(k):
            right[i, r] = lift(exits[cells[first + i]], shift + weights[first + i] - exit_weight)
        for u in range(edge_starts[t], edge_starts[t + 1]):
            i, j, e = early[u], late[u], edges[u]
            out, back = (forward[e], backward[e]) if e >= 0 else (backward[-1 - e], forward[-1 - e])
            out = lift(out, shift + weights[i] - weights[j])
            back = lift(back, shift + weights[j] - weights[i])
            if j < end:
                inner[i - first, j - first] += out
                inner[j - first, i - first] += back
            else:
                right[i - first, place[j]] += out
                below[i - first, place[j]] += back
        c = child[t]
        while c >= 0:
            theirs = boundary[bounds[c] : bounds[c + 1]]
            _extend(store, base[c], theirs, first, end, place, slots, inner, right, below)
            c = sibling[c]
        if k > 0:
            bad += eliminate_front(
                inner, right, below, pivot[first:end], split[first:end], weights[first:end], outer[: r + 1],
                plain, work, scales, gone, waiting,
            )  # fmt: skip
            for i in range(first, end):
                if not pivot[i] < np.inf:
                    return -1
        size = r * (r + 1)
        start = whole - top - size
        block = store[start : start + size].reshape(r, r + 1)
        if r > 0:
            _multiply(below, right, block)
        c = child[t]
        while c >= 0:
            others = bounds[c + 1] - bounds[c]
            _extend_boundary(store, base[c], boundary[bounds[c] : bounds[c + 1]], end, place, slots, block)
            top = min(top, whole - base[c] - others * (others + 1))
            c = sibling[c]
        base[t] = whole - top - size
        if base[t] > start:
            for i in range(size - 1, -1, -1):
                store[base[t] + i] = store[start + i]
        top += size
    return bad


@kernel
def _multiply(below: Array, right: Array, block: Array) -> None:
    """Write the product of L and U on the boundary into `block`."""
    k, columns = right.shape
    rows = columns - 1
    if k * rows * columns >= BLAS_FROM:
        np.dot(below.T, right, block)
        return
    block[:, :] = 0.0
    for c in range(k):
        one = right[c]
        for i in range(rows):
            factor = below[c, i]
            if factor != 0.0:
                row = block[i]
                for j in range(columns):
                    row[j] += factor * one[j]


@kernel
def _extend(
    store: Array, base: int, boundary: Short, first: int, end: int, place: Short, slots: Short,
    inner: Array, right: Array, below: Array,
) -> None:  # fmt: skip
    """Add what a child left on the states of this front, and on their rates to and from its boundary."""
    r = len(boundary)
    block = store[base : base + r * (r + 1)].reshape(r, r + 1)
    last = right.shape[1] - 1
    own = 0
    for u in range(r):
        j = boundary[u]
        if j < end:
            own += 1
            slots[u] = j - first
        else:
            slots[u] = place[j]
    for u in range(own):
        i = slots[u]
        for v in range(own):
            if u != v:
                inner[i, slots[v]] += block[u, v]
        for v in range(own, r):
            right[i, slots[v]] += block[u, v]
        right[i, last] += block[u, r]
    for u in range(own, r):
        for v in range(own):
            below[slots[v], slots[u]] += block[u, v]


@kernel
def _extend_boundary(
    store: Array, base: int, boundary: Short, end: int, place: Short, slots: Short, parent: Array
) -> None:
    """Add what a child left on the boundary of this front."""
    r = len(boundary)
    block = store[base : base + r * (r + 1)].reshape(r, r + 1)
    last = parent.shape[1] - 1
    own = 0
    for u in range(r):
        j = boundary[u]
        if j < end:
            own += 1
        else:
            slots[u] = place[j]
    for u in range(own, r):
        row, add = parent[slots[u]], block[u]
        for v in range(own, r):
            row[slots[v]] += add[v]
        row[last] += add[r]

"""Substitution with the factors of a multifrontal elimination, in vectors beyond the range of doubles.

Vectors hold mantissas in [1/2, 1) and exponents, in the order of elimination; every sum is one of
non-negative terms, so each entry keeps full relative accuracy.
"""

from __future__ import annotations

import math

import numpy as np

from fokker.linalg.dissection import Index, Short
from fokker.linalg.scaled import Array, kernel

NOTHING = -(1 << 29)  # exponent of zero while sums run: below all others
_DOWN = np.array([2.0**-k for k in range(128)])


@kernel
def _add(m: float, e: int, factor: float, xm: float, xe: int) -> tuple[float, int]:
    """Return ``m 2**e + factor xm 2**xe``; the mantissas of sums are at most a front's states beyond one."""
    if factor != 0.0 and xm != 0.0:
        p, shift = math.frexp(factor)  # not of the product, which may be too small for a double
        p *= xm
        shift += xe
        if shift > e:
            gap = shift - e
            m = m * _DOWN[gap] + p if gap < 128 else p
            e = shift
        elif e - shift < 128:
            m += p * _DOWN[e - shift]
    return m, e


@kernel
def _settled(m: float, e: int) -> tuple[float, int]:
    """Bring the mantissa back into [1/2, 1)."""
    if m == 0.0:
        return 0.0, NOTHING
    m, shift = math.frexp(m)
    return m, e + shift


@kernel
def substitute(
    starts: Index, bounds: Index, boundary: Short, offsets: Index, store: Array, pivot: Array, split: Short,
    x: Array, xe: Short,
) -> None:  # fmt: skip
    """Solve ``L U x = b`` in place."""
    fronts = len(starts) - 1
    for t in range(fronts):
        first, k, r, o = starts[t], starts[t + 1] - starts[t], bounds[t + 1] - bounds[t], offsets[t]
        inner = store[o : o + k * k].reshape(k, k)
        below = store[o + k * (k + r + 1) : offsets[t + 1]].reshape(k, r)
        outer = boundary[bounds[t] : bounds[t + 1]]
        for i in range(k):
            m, e = x[first + i], xe[first + i]
            for j in range(i):
                m, e = _add(m, e, inner[i, j], x[first + j], xe[first + j])
            dm, de = math.frexp(pivot[first + i])
            m, e = _settled(m / dm, e - de + split[first + i])
            x[first + i], xe[first + i] = m, e
            if m != 0.0:
                for u in range(r):
                    j = outer[u]
                    x[j], xe[j] = _add(x[j], xe[j], below[i, u], m, e)
        for u in range(r):
            j = outer[u]
            x[j], xe[j] = _settled(x[j], xe[j])
    for t in range(fronts - 1, -1, -1):
        first, k, r, o = starts[t], starts[t + 1] - starts[t], bounds[t + 1] - bounds[t], offsets[t]
        inner = store[o : o + k * k].reshape(k, k)
        right = store[o + k * k : o + k * (k + r + 1)].reshape(k, r + 1)
        outer = boundary[bounds[t] : bounds[t + 1]]
        for i in range(k - 1, -1, -1):
            m, e = x[first + i], xe[first + i]
            for j in range(i + 1, k):
                m, e = _add(m, e, inner[i, j], x[first + j], xe[first + j])
            for u in range(r):
                m, e = _add(m, e, right[i, u], x[outer[u]], xe[outer[u]])
            x[first + i], xe[first + i] = _settled(m, e - split[first + i])


@kernel
def substitute_transposed(
    starts: Index, bounds: Index, boundary: Short, offsets: Index, store: Array, pivot: Array, split: Short,
    x: Array, xe: Short, last: int,
) -> None:  # fmt: skip
    """Solve ``(L U)^T x = b`` in place; with `last` >= 0 only ``L^T x = 0``, where x is given from `last` on."""
    fronts = len(starts) - 1
    if last < 0:
        for t in range(fronts):
            first, k, r, o = starts[t], starts[t + 1] - starts[t], bounds[t + 1] - bounds[t], offsets[t]
            inner = store[o : o + k * k].reshape(k, k)
            right = store[o + k * k : o + k * (k + r + 1)].reshape(k, r + 1)
            outer = boundary[bounds[t] : bounds[t + 1]]
            for i in range(k):
                m, e = _settled(x[first + i], xe[first + i] - split[first + i])
                x[first + i], xe[first + i] = m, e
                if m != 0.0:
                    for j in range(i + 1, k):
                        x[first + j], xe[first + j] = _add(x[first + j], xe[first + j], inner[i, j], m, e)
                    for u in range(r):
                        j = outer[u]
                        x[j], xe[j] = _add(x[j], xe[j], right[i, u], m, e)
            for u in range(r):
                j = outer[u]
                x[j], xe[j] = _settled(x[j], xe[j])
    for t in range(fronts - 1, -1, -1):
        first, k, r, o = starts[t], starts[t + 1] - starts[t], bounds[t + 1] - bounds[t], offsets[t]
        inner = store[o : o + k * k].reshape(k, k)
        below = store[o + k * (k + r + 1) : offsets[t + 1]].reshape(k, r)
        outer = boundary[bounds[t] : bounds[t + 1]]
        for i in range(k - 1, -1, -1):
            if 0 <= last <= first + i:
                continue
            m, e = x[first + i], xe[first + i]
            for j in range(i + 1, k):
                m, e = _add(m, e, inner[j, i], x[first + j], xe[first + j])
            for u in range(r):
                m, e = _add(m, e, below[i, u], x[outer[u]], xe[outer[u]])
            if m != 0.0:  # else the pivot may be zero, too
                dm, de = math.frexp(pivot[first + i])
                m, e = m / dm, e - de + split[first + i]
            x[first + i], xe[first + i] = _settled(m, e)

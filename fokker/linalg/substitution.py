"""Substitution with the factors of a multifrontal elimination, in vectors beyond the range of doubles.

Vectors hold mantissas in [1/2, 1) and exponents, in the order of elimination; every sum is one of
non-negative terms, so each entry keeps full relative accuracy. Where the numbers of a front are near enough
to one another, they are given one exponent and handled as doubles.

Forward, each state gets ``(b_i + sum_c F_ic y_c) s_i``, and passes on to its boundary; backward it gets
``(y_i + sum_j F_ij x_j) s_i`` from all later states. F is L forward and U backward, with ``s = 2**h / d`` and
``2**-h``; for the transposed equations, U^T forward and L^T backward.
"""

from __future__ import annotations

import math

import numpy as np

from fokker.linalg.dissection import Index, Short
from fokker.linalg.frontal import lift
from fokker.linalg.scaled import Array, kernel

NOTHING = -(1 << 29)  # exponent of zero while sums run: below all others
_DOWN = np.array([2.0**-k for k in range(128)])
_LEAST, _MOST = 2.0**-800, 2.0**900  # within these, what a sum lost below the range of doubles is no loss


@kernel
def substitute(
    starts: Index, bounds: Index, boundary: Short, offsets: Index, store: Array, pivot: Array, split: Short,
    x: Array, xe: Short, transposed: bool, last: int,
) -> None:  # fmt: skip
    """Solve ``L U x = b``, or ``(L U)^T x = b``, in place; with `last` >= 0 only ``L^T x = 0``.

    In this case x is given from state `last` on, and zero before.
    """
    fronts = len(starts) - 1
    for step in range(2 * fronts):
        forward = step < fronts
        t = step if forward else 2 * fronts - 1 - step
        first, k, r, o = starts[t], starts[t + 1] - starts[t], bounds[t + 1] - bounds[t], offsets[t]
        if k == 0 or (forward and last >= 0):
            continue
        inner = store[o : o + k * k].reshape(k, k)
        if forward == transposed:
            panel = store[o + k * k : o + k * (k + r + 1)].reshape(k, r + 1)
        else:
            panel = store[o + k * (k + r + 1) : offsets[t + 1]].reshape(k, r)
        outer = boundary[bounds[t] : bounds[t + 1]]
        d, h = pivot[first : first + k], split[first : first + k]
        own, own_e = x[first : first + k], xe[first : first + k]
        if forward:
            if not _forward_near(inner, panel, d, h, outer, own, own_e, x, xe, transposed):
                _forward_far(inner, panel, d, h, outer, own, own_e, x, xe, transposed)
        elif 0 <= last < first + k or not _backward_near(inner, panel, d, h, outer, own, own_e, x, xe, transposed):
            given = min(max(last - first, 0), k) if last >= 0 else k
            _backward_far(inner, panel, d, h, outer, own, own_e, x, xe, transposed, given)


@kernel
def _add(m: float, e: int, factor: float, xm: float, xe: int) -> tuple[float, int]:
    """Return ``m 2**e + factor xm 2**xe``; the mantissas of sums are at most a front's states beyond one."""
    if factor != 0.0 and xm != 0.0:
        # not of the product, which may be too small for a double
        p, shift = math.frexp(factor)
        q, more = math.frexp(xm)
        p *= q
        shift += more + xe
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
def _forward_near(
    inner: Array, panel: Array, d: Array, h: Short, outer: Short, own: Array, own_e: Short,
    x: Array, xe: Short, transposed: bool,
) -> bool:  # fmt: skip
    """Do the forward step in doubles; return whether they suffice (if not, nothing has changed)."""
    k = len(own)
    top = NOTHING
    for i in range(k):
        top = max(top, own_e[i])
    if top == NOTHING:
        return True  # zeros pass on nothing
    y = np.empty(k)
    for i in range(k):
        y[i] = lift(own[i], own_e[i] - top)
    for i in range(k):
        if transposed:
            s = lift(y[i], -h[i])
            row, rest = inner[i, i + 1 :], y[i + 1 :]
            for j in range(len(row)):
                rest[j] += row[j] * s
        else:
            m, e = math.frexp(d[i])
            s = lift((y[i] + np.dot(inner[i, :i], y[:i])) / m, h[i] - e)
        if not _LEAST < s < _MOST:
            return False
        y[i] = s
    z = np.dot(y, panel)
    for u in range(len(outer)):
        if not _LEAST < z[u] < _MOST:
            return False
    for i in range(k):
        own[i], own_e[i] = _settled(y[i], top)
    for u in range(len(outer)):
        j = outer[u]
        m, e = _add(x[j], xe[j], 1.0, z[u], top)
        x[j], xe[j] = _settled(m, e)
    return True


@kernel
def _forward_far(
    inner: Array, panel: Array, d: Array, h: Short, outer: Short, own: Array, own_e: Short,
    x: Array, xe: Short, transposed: bool,
) -> None:  # fmt: skip
    """Do the forward step with an exponent for each number."""
    for i in range(len(own)):
        m, e = own[i], own_e[i]
        for j in range(i):
            m, e = _add(m, e, inner[j, i] if transposed else inner[i, j], own[j], own_e[j])
        m, e = _scaled(m, e, d[i], h[i], transposed)
        own[i], own_e[i] = m, e
        if m != 0.0:
            for u in range(len(outer)):
                j = outer[u]
                x[j], xe[j] = _add(x[j], xe[j], panel[i, u], m, e)
    for u in range(len(outer)):
        j = outer[u]
        x[j], xe[j] = _settled(x[j], xe[j])


@kernel
def _scaled(m: float, e: int, d: float, h: int, by_power: bool) -> tuple[float, int]:
    """Multiply a sum by 2**-h, or by 2**h / d."""
    if by_power:
        e -= h
    elif m != 0.0:  # else the pivot may be zero, too
        dm, de = math.frexp(d)
        m /= dm
        e += h - de
    return _settled(m, e)


@kernel
def _backward_near(
    inner: Array, panel: Array, d: Array, h: Short, outer: Short, own: Array, own_e: Short,
    x: Array, xe: Short, transposed: bool,
) -> bool:  # fmt: skip
    """Do the backward step in doubles; return whether they suffice (if not, nothing has changed)."""
    k, r = len(own), len(outer)
    top = NOTHING
    for u in range(r):
        top = max(top, xe[outer[u]])
    for i in range(k):
        top = max(top, own_e[i] - 480)
    if top < NOTHING // 2:
        return True  # nothing but zeros
    z = np.zeros(panel.shape[1])
    for u in range(r):
        z[u] = lift(x[outer[u]], xe[outer[u]] - top)
    y = np.dot(panel, z)
    for i in range(k):
        y[i] += lift(own[i], own_e[i] - top)
    for i in range(k - 1, -1, -1):
        s = y[i]
        if not transposed:
            s += np.dot(inner[i, i + 1 :], y[i + 1 :])
        if not _LEAST < s < _MOST:
            return False
        if transposed:
            m, e = math.frexp(d[i])
            s = lift(s / m, h[i] - e)
            row = inner[i, :i]
            for j in range(i):
                y[j] += row[j] * s
        else:
            s = lift(s, -h[i])
        if not _LEAST < s < _MOST:
            return False
        y[i] = s
    for i in range(k):
        own[i], own_e[i] = _settled(y[i], top)
    return True


@kernel
def _backward_far(
    inner: Array, panel: Array, d: Array, h: Short, outer: Short, own: Array, own_e: Short,
    x: Array, xe: Short, transposed: bool, end: int,
) -> None:  # fmt: skip
    """Do the backward step, for the states before `end`, with an exponent for each number."""
    k = len(own)
    for i in range(end - 1, -1, -1):
        m, e = own[i], own_e[i]
        for j in range(i + 1, k):
            m, e = _add(m, e, inner[j, i] if transposed else inner[i, j], own[j], own_e[j])
        for u in range(len(outer)):
            m, e = _add(m, e, panel[i, u], x[outer[u]], xe[outer[u]])
        own[i], own_e[i] = _scaled(m, e, d[i], h[i], not transposed)

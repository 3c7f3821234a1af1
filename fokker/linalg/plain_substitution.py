"""Substitution with the factors of a multifrontal elimination in ordinary doubles of either sign.

As `substitution`, for vectors that are differences, where exponents gain nothing. The factors are those made without
weights, which are powers of two off the true ones: right sides come multiplied by ``2**LIFT``.
"""

from __future__ import annotations

import numpy as np

from fokker.linalg.dissection import Index, Short
from fokker.linalg.frontal import HALF
from fokker.linalg.scaled import Array, kernel

LIFT = 720  # bits: solutions half-way then lie 240 above, and the last ones 240 below, true ones
LARGE = 600  # numbers of a panel from which a library's product is faster
_UP, _DOWN = 2.0**HALF, 2.0**-HALF


@kernel
def substitute_plain(
    starts: Index, bounds: Index, boundary: Short, offsets: Index, store: Array, pivot: Array,
    x: Array, transposed: bool,
) -> None:  # fmt: skip
    """Solve ``L U x = b``, or ``(L U)^T x = b``, in place, up to the power of two of the factors."""
    fronts = len(starts) - 1
    work = np.zeros(np.diff(bounds).max() + 1)
    for step in range(2 * fronts):
        forward = step < fronts
        t = step if forward else 2 * fronts - 1 - step
        first, k, r, o = starts[t], starts[t + 1] - starts[t], bounds[t + 1] - bounds[t], offsets[t]
        if k == 0:
            continue
        inner = store[o : o + k * k].reshape(k, k)
        if forward == transposed:
            panel = store[o + k * k : o + k * (k + r + 1)].reshape(k, r + 1)
        else:
            panel = store[o + k * (k + r + 1) : offsets[t + 1]].reshape(k, r)
        outer = boundary[bounds[t] : bounds[t + 1]]
        own, d = x[first : first + k], pivot[first : first + k]
        if forward:
            _forward(inner, panel, d, outer, own, x, transposed, work[: panel.shape[1]])
        else:
            _backward(inner, panel, d, outer, own, x, transposed, work[: panel.shape[1]])


@kernel
def _forward(
    inner: Array, panel: Array, d: Array, outer: Short, y: Array, x: Array, transposed: bool, z: Array
) -> None:
    k = len(y)
    for i in range(k):
        if transposed:
            y[i] *= _DOWN
            for j in range(i + 1, k):
                y[j] += inner[i, j] * y[i]
        else:
            total = y[i]
            for j in range(i):
                total += inner[i, j] * y[j]
            y[i] = total * (_UP / d[i])
    if panel.size > LARGE:
        np.dot(y, panel, z)
    else:
        z[:] = 0.0
        for i in range(k):
            for u in range(len(outer)):
                z[u] += panel[i, u] * y[i]
    for u in range(len(outer)):
        x[outer[u]] += z[u]


@kernel
def _backward(
    inner: Array, panel: Array, d: Array, outer: Short, y: Array, x: Array, transposed: bool, z: Array
) -> None:
    k = len(y)
    if len(z) > len(outer):
        z[-1] = 0.0  # exits lead nowhere
    for u in range(len(outer)):
        z[u] = x[outer[u]]
    if panel.size > LARGE:
        y += np.dot(panel, z)
    else:
        for i in range(k):
            for u in range(len(outer)):
                y[i] += panel[i, u] * z[u]
    for i in range(k - 1, -1, -1):
        if transposed:
            y[i] *= _UP / d[i]
            for j in range(i):
                y[j] += inner[i, j] * y[i]
        else:
            total = y[i]
            for j in range(i + 1, k):
                total += inner[i, j] * y[j]
            y[i] = total * _DOWN

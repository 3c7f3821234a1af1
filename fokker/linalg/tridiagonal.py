"""Subtraction-free elimination of a chain: the tridiagonal member of the Factor interface."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from fokker.linalg.scaled import STEP, Array, Exponents, Scaled, kernel, normalised, plus, settle


class TridiagonalFactor:
    """Factor of a chain with rates `up` (i to i+1) and `down` (i+1 to i), shape (n-1,), and `exits`; see `Factor`.

    An edge with both rates zero cuts the chain into pieces.
    """

    def __init__(self, up: Array, down: Array, exits: Array) -> None:
        self.up, self.down, self.exits = up, down, exits

    @cached_property
    def _pivot(self) -> tuple[Array, Exponents]:
        # arrays are made here, not in the kernels: NumPy asks the system for large pages
        n = len(self.exits)
        over, exponent = np.empty(n), np.zeros(n, dtype=np.int32)
        _pivots(self.up, self.down, self.exits, over, exponent)
        return over, exponent

    @property
    def singular(self) -> bool:
        """Whether some piece of the chain has no exit."""
        return bool(self._pivot[0].max() == np.inf)

    def solve(self, right: Scaled, overwrite: bool = False) -> Scaled:
        """Return x with ``A x = right``, in the memory of `right` if it may be overwritten."""
        mantissa, given = _unwrap(right)
        x, steps = mantissa if overwrite else np.empty(len(right)), np.zeros(len(right), dtype=np.int32)
        _solve(self.up, self.down, *self._pivot, mantissa, given, x, steps)
        return _wrap(x, steps)

    def solve_transposed(self, right: Scaled) -> Scaled:
        """Return x with ``A^T x = right``."""
        return _wrap(*_solve_transposed(self.up, self.down, *self._pivot, *_unwrap(right)))

    def log_stationary(self) -> Scaled:
        """Return the stationary law of the chain without exits."""
        return normalised(_wrap(*_stationary(self.up, self.down)))


def _unwrap(vector: Scaled) -> tuple[Array, Exponents]:
    """Return mantissas and exponents counted in steps of 2**256; no exponents stand for zeros."""
    if vector.plain:
        return vector.mantissa, np.empty(0, dtype=np.int32)
    steps = np.floor_divide(vector.exponent + STEP // 2, STEP)
    return np.ldexp(vector.mantissa, vector.exponent - STEP * steps), steps.astype(np.int32)


def _wrap(mantissa: Array, steps: Exponents) -> Scaled:
    return Scaled(mantissa, steps * np.int32(STEP)) if steps.any() else Scaled.of(mantissa)


@kernel
def _pivots(up: Array, down: Array, exits: Array, over: Array, exponent: Exponents) -> None:
    """Eliminate from the left: 1 / pivot, pivot = rate up + rate of leaving for good through the part to the left.

    The latter is carried as its inverse, a resistance: adding one edge to it costs no division in the chain.
    """
    n = len(exits)
    s, e = 0.0, 0  # zero stands for no exit so far
    for i in range(n):
        if s > 0.0:
            edge = 1.0 / down[i - 1] if down[i - 1] > 0.0 else 0.0
            if edge == 0.0:
                s, e = 0.0, 0
            elif e == 0:
                s, e = settle(up[i - 1] * edge * s + edge, 0)
            else:
                s, e = settle(up[i - 1] * edge * s, e)
                m, f = settle(edge, 0)
                s, e = plus(s, e, m, f)
        if exits[i] > 0.0:
            m, f = settle(exits[i], 0)
            if s > 0.0:
                m, f = plus(m, f, 1.0 / s, -e)
            s, e = settle(1.0 / m, -f)
        gone = 1.0 / s if s > 0.0 else 0.0
        if i < n - 1 and up[i] > 0.0:
            if e == 0:
                over[i] = 1.0 / (up[i] + gone)
            else:
                m, f = settle(up[i], 0)
                m, f = plus(m, f, gone, -e)
                over[i] = 1.0 / m
                exponent[i] = -f
        else:
            over[i] = s if s > 0.0 else np.inf
            exponent[i] = e


@kernel
def _solve(
    up: Array,
    down: Array,
    over: Array,
    exponent: Exponents,
    right: Array,
    right_e: Exponents,
    x: Array,
    steps: Exponents,
) -> None:
    n = len(over)
    m, e = 0.0, 0
    for i in range(n):
        below = down[i - 1] * over[i] if i > 0 else 0.0
        given = right_e[i] if len(right_e) else 0
        if (e | given | exponent[i]) == 0:
            m, e = settle(below * m + right[i] * over[i], 0)
        else:
            m, e = settle(below * m, e + exponent[i])
            a, b = settle(right[i] * over[i], given + exponent[i])
            m, e = plus(m, e, a, b)
        x[i] = m
        if e != 0:  # steps come as zeros: untouched pages cost nothing
            steps[i] = e
    for i in range(n - 2, -1, -1):
        m *= up[i] * over[i]
        if (e | steps[i] | exponent[i]) == 0:
            m, e = settle(m + x[i], 0)
        else:
            m, e = settle(m, e + exponent[i])
            m, e = plus(m, e, x[i], steps[i])
        x[i] = m
        if steps[i] != e:
            steps[i] = e


@kernel
def _solve_transposed(
    up: Array, down: Array, over: Array, exponent: Exponents, right: Array, right_e: Exponents
) -> tuple[Array, Exponents]:
    n = len(over)
    x = np.empty(n)
    steps = np.empty(n, dtype=np.int32)
    m, e = 0.0, 0
    for i in range(n):
        if i > 0:
            m, e = settle(up[i - 1] * over[i - 1] * m, e + exponent[i - 1])
        m, e = plus(m, e, right[i], right_e[i] if len(right_e) else 0)
        x[i] = m
        steps[i] = e
    m, e = 0.0, 0
    for i in range(n - 1, -1, -1):
        if i < n - 1:
            m, e = settle(down[i] * m, e)
        m, e = plus(m, e, x[i], steps[i])
        m, e = settle(m * over[i], e + exponent[i])
        x[i] = m
        steps[i] = e
    return x, steps


@kernel
def _stationary(up: Array, down: Array) -> tuple[Array, Exponents]:
    """Balance each edge, starting from the right end."""
    n = len(up) + 1
    x = np.empty(n)
    steps = np.zeros(n, dtype=np.int32)
    m, e = 1.0, 0
    x[n - 1] = m
    for i in range(n - 2, -1, -1):
        m, e = settle(down[i] / up[i] * m, e)
        x[i] = m
        steps[i] = e
    return x, steps

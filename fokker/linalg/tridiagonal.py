"""Subtraction-free elimination of a chain: the tridiagonal member of the Factor interface."""

from __future__ import annotations

import numpy as np

from fokker.linalg.scaled import STEP, Array, Exponents, Scaled, kernel, plus, settle


class TridiagonalFactor:
    """Factor of a chain with rates `up` (i to i+1), `down` (i to i-1) and `exits`; see `Factor`.

    ``up[n-1]`` and ``down[0]`` are zero. An `up` of zero inside cuts the chain into pieces.
    """

    def __init__(self, up: Array, down: Array, exits: Array) -> None:
        self.up, self.down, self.exits = up, down, exits
        self.pivot, self.pivot_exponent = _pivots(up, down, exits)

    def solve(self, right: Scaled) -> Scaled:
        """Return x with ``A x = right``."""
        return _wrap(*_solve(self.up, self.down, self.pivot, self.pivot_exponent, *_unwrap(right)))

    def solve_transposed(self, right: Scaled) -> Scaled:
        """Return x with ``A^T x = right``."""
        return _wrap(*_solve_transposed(self.up, self.down, self.pivot, self.pivot_exponent, *_unwrap(right)))

    def log_stationary(self) -> Scaled:
        """Return the stationary law of the chain without exits."""
        return normalised(_wrap(*_stationary(self.up, self.down)))


def normalised(weights: Scaled) -> Scaled:
    """Return `weights` divided by their sum."""
    aligned, top = weights.aligned()
    total = float(aligned.sum())
    mantissa = weights.mantissa / total
    if weights.plain:
        return Scaled.of(mantissa)
    return Scaled(mantissa, (weights.exponent - np.int32(top)).astype(np.int32))


def _unwrap(vector: Scaled) -> tuple[Array, Exponents]:
    """Return mantissas and exponents counted in steps of 2**256."""
    if vector.plain:
        return vector.mantissa, vector.exponent
    steps = np.floor_divide(vector.exponent + STEP // 2, STEP)
    return np.ldexp(vector.mantissa, vector.exponent - STEP * steps), steps.astype(np.int32)


def _wrap(mantissa: Array, steps: Exponents) -> Scaled:
    if steps.any():
        return Scaled(mantissa, steps * np.int32(STEP))
    return Scaled(mantissa, steps)


@kernel
def _pivots(up: Array, down: Array, exits: Array) -> tuple[Array, Exponents]:
    """Eliminate from the left: pivot = rate up + rate of leaving for good, seen from the part to the left."""
    n = len(up)
    pivot = np.empty(n)
    exponent = np.zeros(n, dtype=np.int32)
    gone, gone_e = 0.0, 0
    for i in range(n):
        if i > 0 and gone > 0.0:
            gone, gone_e = settle(down[i] / pivot[i - 1] * gone, gone_e - exponent[i - 1])
        if exits[i] > 0.0:
            m, e = settle(exits[i], 0)
            gone, gone_e = plus(gone, gone_e, m, e)
        if up[i] > 0.0:
            m, e = settle(up[i], 0)
            m, e = plus(m, e, gone, gone_e)
        else:
            m, e = gone, gone_e
        pivot[i] = m
        exponent[i] = e
    return pivot, exponent


@kernel
def _solve(
    up: Array, down: Array, pivot: Array, exponent: Exponents, right: Array, right_e: Exponents
) -> tuple[Array, Exponents]:
    n = len(up)
    x = np.empty(n)
    steps = np.empty(n, dtype=np.int32)
    m, e = 0.0, 0
    for i in range(n):
        m, e = settle(down[i] * m, e)
        m, e = plus(m, e, right[i], right_e[i])
        m, e = settle(m / pivot[i], e - exponent[i])
        x[i] = m
        steps[i] = e
    for i in range(n - 2, -1, -1):
        m, e = settle(up[i] / pivot[i] * m, e - exponent[i])
        m, e = plus(m, e, x[i], steps[i])
        x[i] = m
        steps[i] = e
    return x, steps


@kernel
def _solve_transposed(
    up: Array, down: Array, pivot: Array, exponent: Exponents, right: Array, right_e: Exponents
) -> tuple[Array, Exponents]:
    n = len(up)
    x = np.empty(n)
    steps = np.empty(n, dtype=np.int32)
    m, e = 0.0, 0
    for i in range(n):
        if i > 0:
            m, e = settle(up[i - 1] / pivot[i - 1] * m, e - exponent[i - 1])
        m, e = plus(m, e, right[i], right_e[i])
        x[i] = m
        steps[i] = e
    m, e = 0.0, 0
    for i in range(n - 1, -1, -1):
        if i < n - 1:
            m, e = settle(down[i + 1] * m, e)
        m, e = plus(m, e, x[i], steps[i])
        m, e = settle(m / pivot[i], e - exponent[i])
        x[i] = m
        steps[i] = e
    return x, steps


@kernel
def _stationary(up: Array, down: Array) -> tuple[Array, Exponents]:
    """Balance each edge, starting from the right end."""
    n = len(up)
    x = np.empty(n)
    steps = np.zeros(n, dtype=np.int32)
    m, e = 1.0, 0
    x[n - 1] = m
    for i in range(n - 2, -1, -1):
        m, e = settle(down[i + 1] / up[i] * m, e)
        x[i] = m
        steps[i] = e
    return x, steps

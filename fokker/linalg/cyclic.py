"""Subtraction-free elimination of a ring: the cyclic member of the Factor interface.

The last cell, the corner, is eliminated last; each other cell carries one more rate, to the corner.
"""

from __future__ import annotations

import numpy as np

from fokker.linalg.scaled import Array, Exponents, Scaled, kernel, normalised, plus, settle
from fokker.linalg.tridiagonal import _unwrap, _wrap


class CyclicFactor:
    """Factor of a ring with rates `up` (i to i+1), `down` (i to i-1), both modulo n, and `exits`; see `Factor`."""

    def __init__(self, up: Array, down: Array, exits: Array) -> None:
        self.up, self.down, self.exits = up, down, exits
        self.pivot, self.pivot_e, self.row, self.row_e, self.column, self.column_e = _eliminate(up, down, exits)

    @property
    def singular(self) -> bool:
        """Whether some piece of the ring has no exit."""
        return bool(self.pivot.min() == 0.0)

    def solve(self, right: Scaled, overwrite: bool = False) -> Scaled:
        """Return x with ``A x = right``."""
        return _wrap(
            *_solve(
                self.up, self.down, self.pivot, self.pivot_e, self.row, self.row_e,
                self.column, self.column_e, *_unwrap(right),
            )
        )  # fmt: skip

    def solve_transposed(self, right: Scaled) -> Scaled:
        """Return x with ``A^T x = right``."""
        return _wrap(
            *_solve_transposed(
                self.up, self.down, self.pivot, self.pivot_e, self.row, self.row_e,
                self.column, self.column_e, *_unwrap(right),
            )
        )  # fmt: skip

    def log_stationary(self) -> Scaled:
        """Return the stationary law of the ring without exits."""
        return normalised(_wrap(*_stationary(self.down, self.pivot, self.pivot_e, self.column, self.column_e)))


@kernel
def _eliminate(up: Array, down: Array, exits: Array) -> tuple[Array, Exponents, Array, Exponents, Array, Exponents]:
    """Eliminate cells 0 .. n-2; `row` holds their rates to the corner, `column` the corner's rates to them."""
    n = len(up)
    pivot, row, column = np.empty(n), np.zeros(n), np.zeros(n)
    pivot_e = np.zeros(n, dtype=np.int32)
    row_e = np.zeros(n, dtype=np.int32)
    column_e = np.zeros(n, dtype=np.int32)
    gone, gone_e = 0.0, 0  # exits of the current cell, through the eliminated ones
    corner, corner_e = settle(exits[n - 1], 0)
    to, to_e = settle(down[0], 0)
    back, back_e = settle(up[n - 1], 0)
    for i in range(n - 1):
        if i > 0:
            share, share_e = settle(down[i] / pivot[i - 1], -pivot_e[i - 1])
            to, to_e = settle(share * to, share_e + to_e)
            gone, gone_e = settle(share * gone, share_e + gone_e)
            back, back_e = settle(up[i - 1] / pivot[i - 1] * back, back_e - pivot_e[i - 1])
        m, e = settle(exits[i], 0)
        gone, gone_e = plus(gone, gone_e, m, e)
        m, e = settle(up[i], 0)
        if i == n - 2:
            to, to_e = plus(to, to_e, m, e)
            m, e = settle(down[n - 1], 0)
            back, back_e = plus(back, back_e, m, e)
            m, e = 0.0, 0
        m, e = plus(m, e, to, to_e)
        m, e = plus(m, e, gone, gone_e)
        pivot[i], pivot_e[i] = m, e
        row[i], row_e[i] = to, to_e
        column[i], column_e[i] = back, back_e
        if gone > 0.0 and back > 0.0:
            m, e = settle(gone / m, gone_e - e)
            m, e = settle(m * back, e + back_e)
            corner, corner_e = plus(corner, corner_e, m, e)
    pivot[n - 1], pivot_e[n - 1] = corner, corner_e
    return pivot, pivot_e, row, row_e, column, column_e


@kernel
def _solve(
    up: Array, down: Array, pivot: Array, pivot_e: Exponents, row: Array, row_e: Exponents,
    column: Array, column_e: Exponents, right: Array, right_e: Exponents,
) -> tuple[Array, Exponents]:  # fmt: skip
    n = len(up)
    x = np.empty(n)
    steps = np.zeros(n, dtype=np.int32)
    c, c_e = right[n - 1], right_e[n - 1] if len(right_e) else 0
    m, e = 0.0, 0
    for i in range(n - 1):
        if i > 0:
            m, e = settle(down[i] * m, e)
        m, e = plus(m, e, right[i], right_e[i] if len(right_e) else 0)
        m, e = settle(m / pivot[i], e - pivot_e[i])
        x[i], steps[i] = m, e
        a, b = settle(column[i] * m, column_e[i] + e)
        c, c_e = plus(c, c_e, a, b)
    c, c_e = settle(c / pivot[n - 1], c_e - pivot_e[n - 1])
    x[n - 1], steps[n - 1] = c, c_e
    m, e = 0.0, 0
    for i in range(n - 2, -1, -1):
        if i < n - 2:
            m, e = settle(up[i] / pivot[i] * m, e - pivot_e[i])
        a, b = settle(row[i] / pivot[i], row_e[i] - pivot_e[i])
        a, b = settle(a * c, b + c_e)
        m, e = plus(m, e, a, b)
        m, e = plus(m, e, x[i], steps[i])
        x[i], steps[i] = m, e
    return x, steps


@kernel
def _solve_transposed(
    up: Array, down: Array, pivot: Array, pivot_e: Exponents, row: Array, row_e: Exponents,
    column: Array, column_e: Exponents, right: Array, right_e: Exponents,
) -> tuple[Array, Exponents]:  # fmt: skip
    n = len(up)
    x = np.empty(n)
    steps = np.zeros(n, dtype=np.int32)
    c, c_e = right[n - 1], right_e[n - 1] if len(right_e) else 0
    m, e = 0.0, 0
    for i in range(n - 1):
        if i > 0:
            m, e = settle(up[i - 1] / pivot[i - 1] * m, e - pivot_e[i - 1])
        m, e = plus(m, e, right[i], right_e[i] if len(right_e) else 0)
        x[i], steps[i] = m, e
        a, b = settle(row[i] / pivot[i], row_e[i] - pivot_e[i])
        a, b = settle(a * m, b + e)
        c, c_e = plus(c, c_e, a, b)
    c, c_e = settle(c / pivot[n - 1], c_e - pivot_e[n - 1])
    x[n - 1], steps[n - 1] = c, c_e
    m, e = 0.0, 0
    for i in range(n - 2, -1, -1):
        if i < n - 2:
            m, e = settle(down[i + 1] * m, e)
        a, b = settle(column[i] * c, column_e[i] + c_e)
        m, e = plus(m, e, a, b)
        m, e = plus(m, e, x[i], steps[i])
        m, e = settle(m / pivot[i], e - pivot_e[i])
        x[i], steps[i] = m, e
    return x, steps


@kernel
def _stationary(
    down: Array, pivot: Array, pivot_e: Exponents, column: Array, column_e: Exponents
) -> tuple[Array, Exponents]:
    n = len(down)
    x = np.empty(n)
    steps = np.zeros(n, dtype=np.int32)
    x[n - 1] = 1.0
    m, e = 0.0, 0
    for i in range(n - 2, -1, -1):
        if i < n - 2:
            m, e = settle(down[i + 1] * m, e)
        m, e = plus(m, e, column[i], column_e[i])
        m, e = settle(m / pivot[i], e - pivot_e[i])
        x[i], steps[i] = m, e
    return x, steps

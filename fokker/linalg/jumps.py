"""Jumps from everywhere to given laws: a few channels around another factor, still without subtraction.

With channels k of rates r_k and laws rho_k the matrix is ``A = D - sum_k r_k rho_k^T``, where D counts the jumps
as exits. Watched only when it jumps, the process is a chain of the channels: from k it goes on to channel l with
probability ``B_kl = rho_k . D^-1 r_l`` and leaves with ``rho_k . D^-1 exits``. These probabilities are solved for one
by one, and their equations eliminated as those of the cells are (Grassmann, Taksar and Heyman 1985).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context, Decimal, localcontext
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fokker.errors import ReachabilityError, explain
from fokker.linalg.scaled import Array, Exponents, Scaled, normalised

if TYPE_CHECKING:
    from fokker.linalg.factor import Factor

Pair = tuple[float, int]  # mantissa, exponent

_DIGITS = 30  # more than doubles have: the few equations of the channels add no error
_ZERO = Decimal(0)
_BITS_A_DIGIT = 3.321928094887362


class JumpFactor:
    """Factor of ``diag(exits + row sums) - K`` where K also holds jumps of rank one; see `Factor`.

    Parameters
    ----------
    inner : Factor
        Of the edges alone, with the rates of the jumps among the exits.
    rates : array, shape (k, n)
        Rates of jumping through each channel, 1/time.
    laws : array, shape (k, n)
        Where the jumps lead; each sums to one.
    exits : array, shape (n,)
        Rates of leaving for good, 1/time.
    """

    def __init__(self, inner: Factor, rates: Array, laws: Array, exits: Array) -> None:
        self.inner, self.rates, self.laws, self.exits = inner, rates, laws, exits

    @cached_property
    def _first(self) -> tuple[Scaled, ...]:
        """For each channel, the probability of being the first to be taken, from each cell."""
        return tuple(self.inner.solve(Scaled.of(rates)) for rates in self.rates)

    @cached_property
    def _chain(self) -> tuple[list[list[Decimal]], list[Decimal]]:
        """Probabilities to go from channel to channel, and to leave instead."""
        leaving = self.inner.solve(Scaled.of(self.exits)) if self.exits.any() else None
        on = [[_dot(law, first) for first in self._first] for law in self.laws]
        return on, [_ZERO if leaving is None else _dot(law, leaving) for law in self.laws]

    @property
    def singular(self) -> bool:
        """Whether some cell cannot reach an exit, along edges or by jumps."""
        if self.inner.singular:
            return True
        on, leak = self._chain
        reached = [share > 0 for share in leak]
        for _ in leak:
            leads = [any(p > 0 and there for p, there in zip(row, reached, strict=True)) for row in on]
            reached = [here or on_way for here, on_way in zip(reached, leads, strict=True)]
        return not all(reached)

    @cached_property
    def _eliminated(self) -> tuple[list[list[Decimal]], list[Decimal]]:
        on, leak = self._chain
        with localcontext(Context(prec=_DIGITS)):
            return _eliminate(on, leak)

    def solve(self, right: Scaled, overwrite: bool = False) -> Scaled:
        """Return x with ``A x = right``."""
        straight = self.inner.solve(right, overwrite)
        found = [_dot(law, straight) for law in self.laws]
        with localcontext(Context(prec=_DIGITS)):
            values = _backward(*self._eliminated, found)
        terms = [straight, *(_times(first, _pair(y)) for first, y in zip(self._first, values, strict=True))]
        return add(terms)

    def solve_transposed(self, right: Scaled) -> Scaled:
        """Return x with ``A^T x = right``."""
        found = [_product(first, right) for first in self._first]
        with localcontext(Context(prec=_DIGITS)):
            flows = _forward(*self._eliminated, found)
        entering = [_times(Scaled.of(law), _pair(z)) for law, z in zip(self.laws, flows, strict=True)]
        return self.inner.solve_transposed(add([right, *entering]))

    def log_stationary(self) -> Scaled:
        """Return the stationary law of the chain without exits.

        The flow through each channel is stationary in the chain of the channels; what it brings in is carried forward.

        Raises
        ------
        ReachabilityError
            If part of the cells never jumps, or the channels fall apart: then there are many laws.
        """
        if self.inner.singular:
            raise ReachabilityError(
                explain(
                    "from some cells no jump can be reached: the law of the process with jumps is not theirs.",
                    try_="a rate that is positive somewhere in each piece of the domain",
                )
            )
        on, _ = self._chain
        with localcontext(Context(prec=_DIGITS)):
            flows = _stationary(on)
        entering = add([_times(Scaled.of(law), _pair(c)) for law, c in zip(self.laws, flows, strict=True)])
        return normalised(self.inner.solve_transposed(entering))


def add(terms: Sequence[Scaled]) -> Scaled:
    """Return the sum of vectors of non-negative numbers beyond the range of doubles."""
    low = np.iinfo(np.int32).min // 4
    powers = [np.where(term.mantissa > 0.0, term.exponent, low) for term in terms]
    top: Exponents = np.maximum.reduce(powers).astype(np.int32)
    total = np.zeros(len(top))
    for term, power in zip(terms, powers, strict=True):
        total += np.ldexp(term.mantissa, np.maximum(power - top, -4000))
    mantissa, rise = np.frexp(total)
    return Scaled(mantissa, np.where(mantissa > 0.0, top + rise, 0).astype(np.int32))


def mean(law: Array, numbers: Scaled) -> Pair:
    """Return ``law . numbers`` as mantissa and exponent."""
    return _pair(_dot(law, numbers))


def _times(numbers: Scaled, factor: Pair) -> Scaled:
    mantissa, rise = np.frexp(numbers.mantissa)
    exponent = np.where(mantissa > 0.0, numbers.exponent + rise + np.int32(factor[1]), 0)
    return Scaled(mantissa * factor[0], exponent.astype(np.int32))


def _dot(weights: Array, numbers: Scaled) -> Decimal:
    held = np.flatnonzero((weights > 0.0) & (numbers.mantissa > 0.0))
    return _summed(numbers[held].times(weights[held]))


def _product(one: Scaled, other: Scaled) -> Decimal:
    held = np.flatnonzero((one.mantissa > 0.0) & (other.mantissa > 0.0))
    mantissa, rise = np.frexp(one.mantissa[held])
    power = (rise + one.exponent[held] + other.exponent[held]).astype(np.int32)
    return _summed(Scaled(other.mantissa[held], power).times(mantissa))


def _summed(numbers: Scaled) -> Decimal:
    if len(numbers) == 0:
        return _ZERO
    aligned, top = Scaled(numbers.mantissa, np.array(numbers.exponent)).aligned()
    with localcontext(Context(prec=_DIGITS)):
        return Decimal(float(aligned.sum())) * Decimal(2) ** int(top)


def _pair(number: Decimal) -> Pair:
    """Return mantissa and exponent of a non-negative decimal."""
    if number == 0:
        return 0.0, 0
    power = int(number.adjusted() * _BITS_A_DIGIT)
    with localcontext(Context(prec=_DIGITS)):
        mantissa, rise = np.frexp(float(number / Decimal(2) ** power))
    return float(mantissa), power + int(rise)


def _eliminate(on: list[list[Decimal]], leak: list[Decimal]) -> tuple[list[list[Decimal]], list[Decimal]]:
    """Eliminate channel after channel from the last; pivots are sums of what goes elsewhere."""
    table, leaving = [row.copy() for row in on], leak.copy()
    pivots = [_ZERO] * len(leak)
    for n in range(len(leak) - 1, -1, -1):
        pivots[n] = sum(table[n][:n], leaving[n])
        if not pivots[n] > 0:
            raise ReachabilityError(
                explain(
                    "some jumps lead where no exit can be reached: their equations have no solution.",
                    try_="a target, wall or rate by which every cell can leave",
                )
            )
        for i in range(n):
            table[i][n] /= pivots[n]
            leaving[i] += table[i][n] * leaving[n]
            for j in range(n):
                table[i][j] += table[i][n] * table[n][j]
    return table, pivots


def _backward(table: list[list[Decimal]], pivots: list[Decimal], right: list[Decimal]) -> list[Decimal]:
    """Solve ``(1 - B) y = right``."""
    y = right.copy()
    for n in range(len(y) - 1, 0, -1):
        for i in range(n):
            y[i] += table[i][n] * y[n]
    for n in range(len(y)):
        y[n] = sum((table[n][j] * y[j] for j in range(n)), y[n]) / pivots[n]
    return y


def _forward(table: list[list[Decimal]], pivots: list[Decimal], right: list[Decimal]) -> list[Decimal]:
    """Solve ``(1 - B)^T z = right``."""
    z = right.copy()
    for n in range(len(z) - 1, -1, -1):
        z[n] /= pivots[n]
        for j in range(n):
            z[j] += z[n] * table[n][j]
    for n in range(len(z)):
        z[n] = sum((z[i] * table[i][n] for i in range(n)), z[n])
    return z


def _stationary(on: list[list[Decimal]]) -> list[Decimal]:
    """Return the flows c with ``c B = c``, up to a factor; channels never taken again have none."""
    count = len(on)
    last = _recurrent(on)
    order = [last, *(k for k in range(count) if k != last)]
    table = [[on[i][j] for j in order] for i in order]
    for n in range(count - 1, 0, -1):
        pivot = sum(table[n][:n], _ZERO)
        for i in range(n):
            table[i][n] /= pivot
            for j in range(n):
                table[i][j] += table[i][n] * table[n][j]
    flows = [Decimal(1)] + [_ZERO] * (count - 1)
    for n in range(1, count):
        flows[n] = sum((flows[i] * table[i][n] for i in range(n)), _ZERO)
    return [flows[order.index(k)] for k in range(count)]


def _recurrent(on: list[list[Decimal]]) -> int:
    """Return a channel that every other leads to.

    Raises
    ------
    ReachabilityError
        If there is none.
    """
    reach: NDArray[np.bool_] = np.array([[p > 0 for p in row] for row in on]) | np.eye(len(on), dtype=bool)
    for _ in on:
        reach = (reach.astype(int) @ reach.astype(int)) > 0
    common = np.flatnonzero(reach.all(axis=0))
    if len(common) == 0:
        raise ReachabilityError(
            explain(
                "the jumps lead into parts of the domain that do not lead to each other: the law is not unique.",
                try_="one part of the domain at a time",
            )
        )
    return int(common[0])

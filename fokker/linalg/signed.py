"""Rates of either sign: ordinary sparse LU behind the Factor interface.

Elimination without subtraction needs rates that are not negative. Here the diagonal is formed, and what rounding
takes from it is won back by refinement: residuals are sums of net flows along edges, which stay exact where the two
flows of an edge nearly cancel. That holds as long as LU gets the first digit, up to barriers of some 30 kT.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.errors import FokkerError, ReachabilityError, explain
from fokker.linalg.classes import closed_classes, reaches_exit
from fokker.linalg.scaled import LN2, Array, Scaled

Index = NDArray[np.intp]
Mask = NDArray[np.bool_]

_PASSES = 12
_SETTLED = 1e-14  # relative change at which refinement stops
_ACCEPTED = 1e-8  # the largest that is accepted at the end


class SignedFactor:
    """Factors of ``A = diag(exits + row sums of K) - K`` for rates K of either sign.

    Parameters
    ----------
    tail, head : array of int, shape (m,)
    forward, backward : array, shape (m,)
        Rates, 1/time.
    exits : array, shape (n,)
    keep : array of bool, shape (n,), optional
        Cells that take part.
    hint : array, shape (n,), optional
        Estimate of ln P of the stationary law, that scales its equations.
    """

    def __init__(
        self,
        tail: Index,
        head: Index,
        forward: Array,
        backward: Array,
        exits: Array,
        keep: Mask | None = None,
        hint: Array | None = None,
    ) -> None:
        self.edges = tail, head, forward, backward
        self.exits = exits
        self.keep = np.ones(len(exits), dtype=bool) if keep is None else keep
        self.hint = np.zeros(len(exits)) if hint is None else hint

    @cached_property
    def singular(self) -> bool:
        """Whether some cell reaches no exit along positive rates."""
        return not bool((reaches_exit(len(self.exits), *self.edges, self.exits) | ~self.keep).all())

    def solve(self, right: Scaled, overwrite: bool = False) -> Scaled:
        """Return x with ``A x = right``.

        Raises
        ------
        ReachabilityError
            If some cell reaches no exit.
        FokkerError
            If rounding leaves no digits.
        """
        tail, head, forward, backward = self.edges

        def product(x: Array) -> Array:
            step = x[tail] - x[head]
            return self.exits * x + self._summed(forward * step, -backward * step)

        return self._solved(right, product, "N")

    def solve_transposed(self, right: Scaled) -> Scaled:
        """Return x with ``A^T x = right``; errors as in `solve`."""
        tail, head, forward, backward = self.edges

        def product(x: Array) -> Array:
            flow = forward * x[tail] - backward * x[head]
            return self.exits * x + self._summed(flow, -flow)

        return self._solved(right, product, "T")

    def log_stationary(self) -> Scaled:
        """Return the stationary law of the chain without its exits; entries may be negative.

        Raises
        ------
        ReachabilityError
            If there are several closed classes, hence many laws.
        FokkerError
            If rounding leaves no digits.
        """
        tail, head, forward, backward = self.edges
        count = closed_classes(len(self.exits), *self.edges, self.keep)[1]
        if count != 1:
            raise ReachabilityError(explain(f"the cells fall into {count} closed classes.", try_="a connected domain"))
        # P = u exp(hint): of the rates of the reversed process where the hint is the law, with u = 1
        rise = self.hint[head] - self.hint[tail]
        pin = int(np.argmax(np.where(self.keep, self.hint, -np.inf)))
        at_tail, at_head = backward * np.exp(rise), forward * np.exp(-rise)

        def product(u: Array) -> Array:
            flow = forward * u[tail] - at_tail * u[head]
            result = self._summed(flow, -flow * np.exp(-rise))
            result[pin] = u[pin]
            return result

        diagonal = self._summed(forward, backward)
        matrix = _matrix(tail, head, at_tail, at_head, diagonal, self.keep, pin)
        right = np.zeros(len(self.exits))
        right[pin] = 1.0
        law = _refined(matrix, right, product, "N") * self.keep
        depth = np.where(self.keep, self.hint - self.hint[pin], 0.0)
        power = np.floor(depth / LN2).astype(np.int32)
        mantissa: Array = law * np.exp(depth - LN2 * power)
        with np.errstate(under="ignore"):
            total = float(np.ldexp(mantissa, power).sum())
        return Scaled(mantissa / total, power)

    def _summed(self, at_tail: Array, at_head: Array) -> Array:
        tail, head = self.edges[:2]
        cells = len(self.exits)
        return np.asarray(np.bincount(tail, at_tail, cells) + np.bincount(head, at_head, cells), dtype=np.float64)

    @cached_property
    def _factors(self) -> Any:
        if self.singular:
            raise ReachabilityError(
                explain("some cells reach no exit: their equations have no solution.", try_="a target or wall for all")
            )
        tail, head, forward, backward = self.edges
        diagonal = self._summed(forward, backward) + self.exits
        return _matrix(tail, head, forward, backward, diagonal, self.keep)

    def _solved(self, right: Scaled, product: Callable[[Array], Array], side: str) -> Scaled:
        values, top = right.aligned()
        x = _refined(self._factors, np.where(self.keep, values, 0.0), lambda x: self.keep * product(x), side)
        return Scaled.of(x) if top == 0 else Scaled(x, np.full(len(x), top, dtype=np.int32))


def _matrix(
    tail: Index, head: Index, forward: Array, backward: Array, diagonal: Array, keep: Mask, pin: int | None = None
) -> Any:
    """Return LU factors; the rows of `pin` and of cells left out become those of the identity."""
    from scipy.sparse import coo_array, diags_array
    from scipy.sparse.linalg import splu

    cells = len(diagonal)
    live = keep if pin is None else keep & (np.arange(cells) != pin)
    i, j = np.concatenate([tail, head]), np.concatenate([head, tail])
    entries = np.where(live[i], np.concatenate([forward, backward]), 0.0)
    matrix = diags_array(np.where(live, diagonal, 1.0)) - coo_array((entries, (i, j)), shape=(cells, cells))
    try:
        # pivots off the diagonal fill the factors; refinement makes up for those that are taken on it
        return splu(matrix.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.01)
    except RuntimeError as error:
        raise FokkerError(_lost("the matrix is singular to rounding")) from error


def _refined(factors: Any, right: Array, product: Callable[[Array], Array], side: str) -> Array:
    """Solve, and repeat with what is left over until nothing changes."""
    x: Array = np.zeros(len(right))
    change, left = np.inf, right
    for _ in range(_PASSES):
        step: Array = factors.solve(left, side)
        size = float(np.abs(x + step).max(initial=0.0))
        now = float(np.abs(step).max(initial=0.0)) / size if size > 0.0 else 0.0
        if not now < change:  # a NaN as well
            break
        x, change = x + step, now
        if change <= _SETTLED:
            break
        left = right - product(x)
    if not change <= _ACCEPTED:
        raise FokkerError(_lost(f"a relative change of {change:.2g} after refinement"))
    return x


def _lost(given: str) -> str:
    return explain(
        "rounding leaves no digits: the barriers are too high for rates of either sign.",
        given=given,
        accepted="barriers up to some 30 kT",
        try_="the default scheme, whose rates are positive",
    )

"""The one interface to direct solvers: a subtraction-free factorisation of a killed rate matrix."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from fokker.linalg.cyclic import CyclicFactor
from fokker.linalg.scaled import Array, Scaled
from fokker.linalg.tridiagonal import TridiagonalFactor


class Factor(Protocol):
    """Factors of ``A = diag(exits + row sums of K) - K`` with non-negative rates K (from row to column).

    The diagonal is never formed; every number is a sum of products of non-negative numbers, so that each
    entry of each answer has full relative accuracy at any barrier (Grassmann, Taksar, Heyman 1985). `SignedFactor`
    alone takes rates of either sign, and subtracts.
    """

    @property
    def singular(self) -> bool:
        """Whether some piece has no exit, so that ``A x = right`` has no solution."""
        ...

    def solve(self, right: Scaled, overwrite: bool = False) -> Scaled:
        """Return x with ``A x = right`` (backward equations: passage times, committors).

        With `overwrite` the memory of `right` may be used for x.
        """
        ...

    def solve_transposed(self, right: Scaled) -> Scaled:
        """Return x with ``A^T x = right`` (forward equations: occupation, densities with sources)."""
        ...

    def log_stationary(self) -> Scaled:
        """Return the solution of ``A^T x = 0`` for a chain without exits, its sum one."""
        ...


def factorise(ring: bool, forward: Array, backward: Array, exits: Array) -> Factor:
    """Factorise a chain, or a ring, of n cells in their order.

    Parameters
    ----------
    ring : bool
        Whether an edge joins the last cell to the first.
    forward, backward : array, shape (n - 1,), or (n,) for a ring
        Rates of edge k, from cell k to cell k + 1 and back (modulo n), 1/time.
    exits : array, shape (n,)
        Rates of leaving for good, 1/time.

    Raises
    ------
    ValueError
        If a rate is negative or not finite.
    """
    for name, rates in (("forward", forward), ("backward", backward), ("exit", exits)):
        # a NaN fails the first comparison, an infinity the second
        if not (rates.min(initial=0.0) >= 0.0 and rates.max(initial=0.0) < np.inf):
            raise ValueError(f"{name} rates must be finite and not negative: elimination only adds.")
    if ring:
        return CyclicFactor(forward, np.roll(backward, 1), exits)
    return TridiagonalFactor(forward, backward, exits)

"""The one interface to direct solvers: a subtraction-free factorisation of a killed rate matrix."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fokker.linalg.cyclic import CyclicFactor
from fokker.linalg.scaled import Array, Scaled
from fokker.linalg.tridiagonal import TridiagonalFactor

Index = NDArray[np.intp]


class Factor(Protocol):
    """Factors of ``A = diag(exits + row sums of K) - K`` with non-negative rates K (from row to column).

    The diagonal is never formed; every number is a sum of products of non-negative numbers, so that each
    entry of each answer has full relative accuracy at any barrier (Grassmann, Taksar, Heyman 1985).
    """

    def solve(self, right: Scaled) -> Scaled:
        """Return x with ``A x = right`` (backward equations: passage times, committors)."""
        ...

    def solve_transposed(self, right: Scaled) -> Scaled:
        """Return x with ``A^T x = right`` (forward equations: occupation, densities with sources)."""
        ...

    def log_stationary(self) -> Scaled:
        """Return the solution of ``A^T x = 0`` for a chain without exits, its sum one."""
        ...


def factorise(cells: int, tail: Index, head: Index, forward: Array, backward: Array, exits: Array) -> Factor:
    """Factorise the chain with `forward` rates tail to head, `backward` rates head to tail, and `exits`.

    Parameters
    ----------
    cells : int
        Number of states n.
    tail, head : array of int, shape (m,)
        The two cells of each undirected edge.
    forward, backward : array, shape (m,)
        Rates, 1/time.
    exits : array, shape (n,)
        Rates of leaving for good, 1/time.

    Raises
    ------
    ValueError
        If a rate is negative or not finite, or the graph is neither a chain nor a ring.
    """
    for name, rates in (("forward", forward), ("backward", backward), ("exit", exits)):
        if not (rates.min(initial=0.0) >= 0.0 and np.isfinite(rates.sum())):
            raise ValueError(f"{name} rates must be finite and not negative: elimination only adds.")
    steps = np.arange(cells)
    if len(tail) == cells - 1 and np.array_equal(tail, steps[:-1]) and np.array_equal(head, steps[1:]):
        return TridiagonalFactor(np.append(forward, 0.0), np.append(0.0, backward), exits)
    if len(tail) == cells and np.array_equal(tail, steps) and np.array_equal(head, (steps + 1) % cells):
        return CyclicFactor(forward, np.roll(backward, 1), exits)
    raise ValueError("only chains and rings are factorised; this graph is neither.")

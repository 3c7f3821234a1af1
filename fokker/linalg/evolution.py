"""Exponentials of rate matrices on vectors: uniformisation, and rational Krylov spaces with one factorisation.

Both act on ``dx/dt = A x``, with A a generator or its transpose: off-diagonal entries not negative, row sums (column
sums) not positive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

from fokker.linalg.compiling import announced
from fokker.linalg.scaled import kernel

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Array = NDArray[np.float64]
Index = NDArray[np.int32]
Integers = NDArray[np.integer]

_LONG = 0.25  # diagonals with this share of entries or more are kept whole
_SMALLEST, _LARGEST, _EVERY = 10, 80, 5  # sizes of a Krylov space, and how often its error is looked at


def poisson_window(mean: float) -> tuple[int, Array]:
    """Return the first count and the probabilities, summing to one, of a Poisson law cut where it is negligible.

    Examples
    --------
    >>> first, weights = poisson_window(2.0)
    >>> first, round(float(weights[2]), 6)
    (0, 0.270671)
    """
    from scipy.special import gammaln, xlogy

    # Chernoff's bound exp(-x**2 / (2 mean + 2 x / 3)) is below exp(-41) for both ends
    spread = 9.1 * np.sqrt(mean)
    low, high = max(int(mean - spread), 0), int(mean + spread + 28.0) + 1
    counts = np.arange(low, high + 1.0)
    weights: Array = np.exp(xlogy(counts, mean) - mean - gammaln(counts + 1.0))
    return low, weights / weights.sum()


@dataclass(frozen=True)
class JumpChain:
    """The stochastic matrix ``B = I + A / fastest`` whose powers make the exponential: uniformisation (Jensen 1953).

    It is kept as its long diagonals and the entries outside of them: on a tensor grid these are few, and products
    along diagonals run three to six times as fast.

    Attributes
    ----------
    fastest : float
        Largest rate of leaving, minus the least diagonal entry of A.
    offsets, bands : arrays, shapes (b,), (b, n)
        Diagonals, the main one first.
    rows, columns, entries : arrays
        What lies outside of them.
    """

    fastest: float
    offsets: Index
    bands: Array
    rows: Index
    columns: Index
    entries: Array

    @classmethod
    def of(cls, rows: Integers, columns: Integers, entries: Array, size: int) -> JumpChain:
        """Build the chain from the entries of A; those in one place add up."""
        diagonal = rows == columns
        fastest = float(-np.bincount(rows[diagonal], entries[diagonal], size).min())
        away = columns - rows + (size - 1)
        counts = np.bincount(away, minlength=2 * size - 1)
        counts[size - 1] = 0
        long = np.append(size - 1, np.flatnonzero(counts > _LONG * size))
        band = np.full(2 * size - 1, -1)
        band[long] = np.arange(len(long))
        kind = band[away]
        on, off = kind >= 0, kind < 0
        scaled = entries / fastest if fastest > 0.0 else entries
        at = kind[on] * size + rows[on]
        bands = np.bincount(at, scaled[on], len(long) * size).reshape(len(long), size).astype(float, copy=False)
        # 1 + A_ii / fastest is not negative, to rounding
        bands[0] = np.maximum(1.0 + bands[0], 0.0)
        where = rows[off].astype(np.int32), columns[off].astype(np.int32)
        return cls(fastest, (long - (size - 1)).astype(np.int32), bands, *where, scaled[off])

    @classmethod
    def of_matrix(cls, matrix: csr_array) -> JumpChain:
        """Build the chain from A itself."""
        rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
        return cls.of(rows, matrix.indices, matrix.data, matrix.shape[0])

    def carried(self, start: Array, span: float) -> tuple[Array, int]:
        """Return ``exp(span A) start`` as a mean of powers of B, and how many.

        Every term is a sum of non-negative numbers where the start has none: no entry turns negative, and mass is
        kept to rounding.
        """
        if self.fastest == 0.0:
            return np.array(start), 0
        first, weights = poisson_window(self.fastest * span)
        outside = self.rows, self.columns, self.entries
        with announced():
            total = _powers(self.offsets, self.bands, *outside, np.array(start), first, weights)
        return total, first + len(weights) - 1


@kernel
def _powers(
    offsets: Index, bands: Array, rows: Index, columns: Index, entries: Array, power: Array, first: int, weights: Array
) -> Array:
    """Return ``sum_k weights[k] B**(first + k)`` times a vector."""
    n = len(power)
    total, after = np.zeros(n), np.empty(n)
    last = first + len(weights)
    for k in range(last):
        if k >= first:
            weight = weights[k - first]
            for i in range(n):
                total[i] += weight * power[i]
        if k == last - 1:
            break
        for i in range(n):
            after[i] = bands[0, i] * power[i]
        for b in range(1, len(offsets)):
            low, high = max(0, -offsets[b]), min(n, n - offsets[b])
            band, there, here = bands[b, low:high], power[low + offsets[b] : high + offsets[b]], after[low:high]
            for i in range(len(here)):
                here[i] += band[i] * there[i]
        for place in range(len(rows)):
            after[rows[place]] += entries[place] * power[columns[place]]
        power, after = after, power
    return total


@dataclass
class RationalKrylov:
    """Krylov space of ``(I - shift A)^-1`` that carries the exponential to all times up to some shifts ahead.

    Van den Eshof and Hochbruck, SIAM J. Sci. Comput. 27 (2006) 1438.

    Attributes
    ----------
    resolvent : callable
        Takes v, returns ``(I - shift A)^-1 v``.
    shift : float
        About a tenth of the time covered.
    """

    resolvent: Callable[[Array], Array]
    shift: float
    solves: int = 0

    def apply(self, start: Array, spans: Array, tol: float) -> tuple[Array, float]:
        """Return ``exp(span A) start`` for each span, rows, and an estimate of the largest error in the 1-norm."""
        size = float(np.linalg.norm(start))
        if size == 0.0:
            return np.zeros((len(spans), len(start))), 0.0
        before, error = np.zeros((len(spans), 0)), np.inf
        for basis, hessenberg, count, whole in self._arnoldi(start / size):
            small = size * np.stack([self._small(hessenberg, span, count) for span in spans])
            if whole:  # nothing leads out of this space
                return small @ basis, 0.0
            if count > _SMALLEST:
                change = small.copy()
                change[:, : before.shape[1]] -= before
                error = float(np.abs(change @ basis).sum(axis=1).max())
            before = small
            if error <= tol:
                break
        return before @ basis, error

    def _small(self, hessenberg: Array, span: float, size: int) -> Array:
        """Return the first column of the exponential on the space."""
        generator = (np.eye(size) - np.linalg.inv(hessenberg)) / self.shift
        column: Array = expm(span * generator)[:, 0]
        return column

    def _arnoldi(self, start: Array) -> Iterator[tuple[Array, Array, int, bool]]:
        """Grow an orthonormal basis, and show it every few steps, and whether the flow stays in its span."""
        size = min(_LARGEST, len(start))
        basis, entries = np.empty((size + 1, len(start))), np.zeros((size + 1, size))
        basis[0] = start
        for j in range(size):
            vector = self.resolvent(basis[j])
            self.solves += 1
            for _ in range(2):  # orthogonal to rounding
                part = basis[: j + 1] @ vector
                entries[: j + 1, j] += part
                vector = vector - part @ basis[: j + 1]
            entries[j + 1, j] = np.linalg.norm(vector)
            done = j + 1 == len(start) or entries[j + 1, j] <= 1e-14 * np.abs(entries[: j + 1, j]).max()
            if done or j + 1 == size or (j + 1 >= _SMALLEST and (j + 1) % _EVERY == 0):
                yield basis[: j + 1], entries[: j + 1, : j + 1], j + 1, bool(done)
            if done:
                return
            basis[j + 1] = vector / entries[j + 1, j]

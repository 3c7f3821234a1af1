"""Exponentials of rate matrices on vectors: uniformisation, and rational Krylov spaces with one factorisation.

Both act on ``dP/dt = A P`` with A the transposed generator: off-diagonal entries not negative, column sums
not positive.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Array = NDArray[np.float64]

_SMALLEST, _LARGEST, _EVERY = 10, 80, 5  # sizes of a Krylov space, and how often its error is looked at
_SHARE = 0.1  # shift of the space, in units of the time covered


def poisson_window(mean: float) -> tuple[int, Array]:
    """Return the first count and the probabilities, summing to one, of a Poisson law cut where it is negligible.

    Examples
    --------
    >>> first, weights = poisson_window(2.0)
    >>> first, round(float(weights[2]), 6)
    (0, 0.270671)
    """
    from scipy.stats import poisson

    # Chernoff's bound exp(-x**2 / (2 mean + 2 x / 3)) is below exp(-41) for both ends
    spread = 9.1 * np.sqrt(mean)
    low, high = max(int(mean - spread), 0), int(mean + spread + 28.0) + 1
    weights: Array = np.exp(poisson.logpmf(np.arange(low, high + 1), mean))
    return low, weights / weights.sum()


def uniformised(matrix: csr_array, fastest: float, start: Array, span: float) -> tuple[Array, int]:
    """Return ``exp(span A) start`` as a mean of powers of a matrix without negative entries, and their number.

    Every term is a sum of non-negative numbers: no entry turns negative, and mass is kept to rounding.
    """
    first, weights = poisson_window(fastest * span)
    power, total = start, np.zeros_like(start)
    last = first + len(weights)
    for k in range(last):
        if k >= first:
            total += weights[k - first] * power
        if k < last - 1:
            power = power + (matrix @ power) / fastest
    return total, last - 1


@dataclass
class RationalKrylov:
    """Krylov space of ``(I - shift A)^-1`` that carries the exponential to all times up to some shifts ahead.

    Van den Eshof and Hochbruck, SIAM J. Sci. Comput. 27 (2006) 1438.
    """

    matrix: Any  # csc
    shift: float
    solves: int = 0

    def __post_init__(self) -> None:
        from scipy.sparse import eye_array
        from scipy.sparse.linalg import splu

        size = self.matrix.shape[0]
        self._factor = splu(
            (eye_array(size, format="csc") - self.shift * self.matrix).tocsc(),
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )

    def apply(self, start: Array, spans: Array, tol: float) -> tuple[Array, float]:
        """Return ``exp(span A) start`` for each span, rows, and an estimate of the largest error in the 1-norm."""
        previous, error = np.full((len(spans), len(start)), np.nan), np.inf
        for basis, hessenberg, size in self._arnoldi(start):
            grown: Array = np.stack([basis.T @ self._small(hessenberg, span, size) for span in spans])
            grown *= float(np.linalg.norm(start))
            if size > _SMALLEST:
                error = float(np.abs(grown - previous).sum(axis=1).max())
            previous = grown
            if error <= tol:
                break
        return previous, error

    def _small(self, hessenberg: Array, span: float, size: int) -> Array:
        """Return the first column of the exponential on the space."""
        generator = (np.eye(size) - np.linalg.inv(hessenberg)) / self.shift
        column: Array = expm(span * generator)[:, 0]
        return column

    def _arnoldi(self, start: Array) -> Iterator[tuple[Array, Array, int]]:
        """Grow an orthonormal basis, and show it every few steps."""
        size = min(_LARGEST, len(start))
        basis, entries = np.zeros((size + 1, len(start))), np.zeros((size + 1, size))
        basis[0] = start / np.linalg.norm(start)
        for j in range(size):
            vector = self._factor.solve(basis[j])
            self.solves += 1
            for _ in range(2):  # orthogonal to rounding
                part = basis[: j + 1] @ vector
                entries[: j + 1, j] += part
                vector = vector - part @ basis[: j + 1]
            entries[j + 1, j] = np.linalg.norm(vector)
            done = entries[j + 1, j] <= 1e-14 * np.abs(entries[: j + 1, j]).max()
            if done or j + 1 == size or (j + 1 >= _SMALLEST and (j + 1) % _EVERY == 0):
                yield basis[: j + 1], entries[: j + 1, : j + 1], j + 1
            if done:
                return
            basis[j + 1] = vector / entries[j + 1, j]

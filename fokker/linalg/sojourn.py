"""Integrals over time of ``exp(s A) x`` for a constant rate matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]


def sojourn(matrix: csr_array, fastest: float, start: Array, span: float) -> Array:
    """Return the integral of ``exp(s A) start`` over s from 0 to `span`, by uniformisation.

    With R = I + A / fastest and N a Poisson number it is ``sum_k P(N > k) R**k start / fastest``: a sum of terms
    that are not negative, and A times it is the change of the law, to rounding.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.sparse import csr_array
    >>> matrix = csr_array(np.array([[-1.0, 2.0], [1.0, -2.0]]))
    >>> sojourn(matrix, 2.0, np.array([1.0, 0.0]), 3.0).round(6)  # (2 s - expm1(-3 s) / 3) / 3 at s = 3
    array([2.111097, 0.888903])
    """
    from scipy.stats import poisson

    mean = fastest * span
    last = int(mean + 9.1 * np.sqrt(mean) + 28.0) + 1  # beyond, the tail is below rounding
    weights = poisson.sf(np.arange(last), mean) / fastest
    power, total = np.array(start), np.zeros_like(start)
    for weight in weights:
        total += weight * power
        power = power + (matrix @ power) / fastest
    return total


def harmonic(matrix: Any, frequency: float, start: Array, end: Array, since: float, span: float) -> Complex:
    """Return the integral of ``exp(-i w t) x(t)`` over a piece in which ``dx/dt = A x``, from x at both ends.

    Integrating by parts it solves ``(A - i w) y = [exp(-i w t) x]``; w is not zero.
    """
    from scipy.sparse import eye_array
    from scipy.sparse.linalg import splu

    shifted = (matrix - 1j * frequency * eye_array(matrix.shape[0], format="csc")).tocsc()
    factor = splu(shifted, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    first, last = np.exp(-1j * frequency * np.array([since, since + span]))
    found: Complex = factor.solve(last * end - first * start)
    return found

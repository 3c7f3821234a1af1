"""Per-sample gradients that are linear in one parameter."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray


class SampleGradients(NamedTuple):
    """The gradient of sample i at theta is ``slopes[i] * theta - offsets[i]``.

    Examples
    --------
    >>> samples = SampleGradients(np.array([1.0, 2.0]), np.array([0.0, 1.0]))
    >>> samples.at([0.0, 3.0])
    array([[ 0., -1.],
           [ 3.,  5.]])
    """

    slopes: NDArray[np.float64]
    offsets: NDArray[np.float64]

    def __repr__(self) -> str:
        return f"Gradients of {len(self.slopes)} samples, linear in one parameter: slopes, offsets"

    def at(self, theta: ArrayLike) -> NDArray[np.float64]:
        """Return the gradients at m values of theta, one row a value: shape (m, n)."""
        values = np.atleast_1d(np.asarray(theta, dtype=np.float64))
        return np.outer(values, self.slopes) - self.offsets

"""Rational exponentials that stay accurate near zero and far from it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def bernoulli(z: Array) -> Array:
    """Return the Bernoulli function ``z / (exp(z) - 1)``, equal to 1 at zero.

    Examples
    --------
    >>> import numpy as np
    >>> bernoulli(np.array([0.0, 1e-300, 800.0, -800.0]))
    array([  1.,   1.,   0., 800.])
    """
    z = np.asarray(z, dtype=float)
    size = np.abs(z)
    down = np.exp(-size)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(size == 0.0, 1.0, size / -np.expm1(-size))
    return ratio * np.where(z > 0, down, 1.0)

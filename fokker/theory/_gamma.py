"""Ratios of Gamma functions whose logarithms would cancel."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import gammaln

_SERIES = (-1 / 8, 1 / 192, -1 / 640, 17 / 14336, -31 / 18432, 691 / 180224)


def log_half_step(z: Any) -> Any:
    """Return ln Gamma(z + 1/2) - ln Gamma(z) for z > 0 to full absolute accuracy.

    Beyond z = 20 by its asymptotic series (DLMF 5.11.13), below by the difference of two small logarithms.

    >>> round(float(log_half_step(0.5)), 12)  # -ln(pi)/2
    -0.572364942925
    """
    z = np.asarray(z, dtype=float)
    large = np.maximum(z, 20.0)
    series = 0.5 * np.log(large) + sum(c / large ** (2 * k + 1) for k, c in enumerate(_SERIES))
    small = np.minimum(z, 20.0)
    return np.where(z > 20.0, series, gammaln(small + 0.5) - gammaln(small))

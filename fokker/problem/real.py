"""One question asked in many places: is this a real number?"""

from __future__ import annotations

import numbers

import numpy as np


def as_real(value: object) -> float | None:
    """Return a real number as a float, and None for anything else (bools and strings included).

    Examples
    --------
    >>> as_real(2), as_real("2"), as_real(True)
    (2.0, None, None)
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        return None
    return float(value)

"""Checks of the arguments that this package shares."""

from __future__ import annotations

import math
import operator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.errors import CoefficientError, DomainError, FokkerError, explain


def positive(name: str, value: float, hint: str = "") -> float:
    """Return a finite positive number as a float."""
    number = real(name, value)
    if number <= 0.0:
        raise CoefficientError(
            explain(f"{name} must be positive.", given=f"{name}={value!r}", accepted="a number > 0", try_=hint)
        )
    return number


def real(name: str, value: float) -> float:
    """Return a finite number as a float."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        headline = f"{name} must be a finite number."
        raise CoefficientError(explain(headline, given=f"{name}={value!r}", accepted="a finite number"))
    return number


def count(name: str, value: int, least: int = 1) -> int:
    """Return an integer that is at least ``least``."""
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if number < least:
        wanted = f"an integer >= {least}"
        raise FokkerError(explain(f"{name} must be {wanted}.", given=f"{name}={value!r}", accepted=wanted))
    return number


def array(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """Return an array of finite floats; the error names the first entry that is not."""
    try:
        result = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        headline = f"{name} must be an array of real numbers."
        given = f"{name} of type {type(values).__name__}"
        raise DomainError(explain(headline, given=given, accepted="real numbers")) from error
    bad = np.argwhere(~np.isfinite(result))
    if len(bad):
        where = tuple(int(k) for k in bad[0])
        index = ", ".join(map(str, where))
        raise CoefficientError(
            explain(
                f"{name} has {len(bad)} value(s) that are not finite.",
                given=f"{name}[{index}] = {result[where]}",
                accepted="finite numbers",
                try_="drop the samples or parameters where the loss overflows",
            )
        )
    return result

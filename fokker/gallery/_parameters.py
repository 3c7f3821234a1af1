"""Checks of the parameters of the named problems."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.errors import CoefficientError, explain
from fokker.problem.real import as_real


def real(name: str, value: object, meaning: str) -> float:
    """Return a finite number as a float, or refuse it with its meaning.

    >>> real("rotation", 2, "the rate of rotation")
    2.0
    """
    number = as_real(value)
    if number is None or not math.isfinite(number):
        headline = f"{name} must be a finite number: it is {meaning}."
        raise CoefficientError(explain(headline, given=f"{name}={value!r}", accepted="one number, not an array"))
    return number


def positive(name: str, value: object, meaning: str) -> float:
    """Return a positive number as a float, or refuse it with its meaning."""
    number = real(name, value, meaning)
    if number > 0:
        return number
    headline = f"{name} must be positive: it is {meaning}."
    hint = f"check the sign of {name}"
    raise CoefficientError(explain(headline, given=f"{name}={value!r}", accepted=f"{name} > 0", try_=hint))


def not_negative(name: str, value: object, meaning: str) -> float:
    """Return a number >= 0 as a float, or refuse it with its meaning."""
    number = real(name, value, meaning)
    if number >= 0:
        return number
    headline = f"{name} must not be negative: it is {meaning}."
    hint = f"check the sign of {name}"
    raise CoefficientError(explain(headline, given=f"{name}={value!r}", accepted=f"{name} >= 0", try_=hint))


def pair(name: str, value: object, meaning: str) -> tuple[float, float]:
    """Return two positive numbers, or refuse them with their meaning."""
    if not isinstance(value, (Sequence, np.ndarray)) or isinstance(value, str) or len(value) != 2:
        headline = f"{name} must be two numbers: {meaning}."
        raise CoefficientError(explain(headline, given=f"{name}={value!r}", accepted=f"{name}=(1.0, 2.0)"))
    return positive(f"{name}[0]", value[0], meaning), positive(f"{name}[1]", value[1], meaning)


def square(name: str, value: ArrayLike, meaning: str) -> NDArray[np.float64]:
    """Return a square matrix of finite doubles of size one to three, or refuse it with its meaning."""
    matrix = np.asarray(value)
    if matrix.dtype.kind in "iuf" and matrix.ndim == 2 and np.isfinite(matrix).all():
        rows, columns = matrix.shape
        if rows == columns and 1 <= rows <= 3:
            return matrix.astype(np.float64)
    headline = f"{name} must be a square matrix of numbers: it is {meaning}."
    accepted = "nested d x d, finite, d = 1, 2 or 3"
    raise CoefficientError(explain(headline, given=f"{name}={value!r}", accepted=accepted))


def symmetric_positive(name: str, value: ArrayLike, meaning: str) -> NDArray[np.float64]:
    """Return a symmetric matrix with positive eigenvalues, or refuse it with its meaning."""
    matrix = square(name, value, meaning)
    lopsided = bool(np.any(np.abs(matrix - matrix.T) > 1e-14 * np.abs(matrix).max()))
    if not lopsided and np.linalg.eigvalsh(matrix)[0] > 0:
        return matrix
    headline = f"{name} must be symmetric with positive eigenvalues: it is {meaning}."
    eigenvalues = "not symmetric" if lopsided else f"eigenvalues {np.linalg.eigvalsh(matrix).tolist()}"
    given = f"{name}={matrix.tolist()!r}, {eigenvalues}"
    raise CoefficientError(explain(headline, given=given, try_=f"({name} + {name}.T)/2 if it was estimated from data"))

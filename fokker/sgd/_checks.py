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


def generator(rng: np.random.Generator | int | None) -> np.random.Generator:
    """Return a generator of random numbers: the one given, or a new one from a seed."""
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        accepted = "None, an integer >= 0, or a generator from np.random.default_rng"
        headline = "rng is no source of random numbers."
        raise FokkerError(explain(headline, given=f"rng={rng!r}"[:80], accepted=accepted)) from error


def flag(name: str, value: object) -> bool:
    """Return True or False, and take nothing else: a word would always count as True."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    headline = f"{name} is neither True nor False."
    raise FokkerError(explain(headline, given=f"{name}={value!r}", accepted="True, False"))


def array(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """Return an array of finite floats; the error names the first entry that is not."""
    try:
        if np.iscomplexobj(values):  # NumPy would drop the imaginary parts
            raise TypeError
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


def without_rounding(eigenvalues: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return eigenvalues of symmetric matrices, shape (..., d); those that are rounding beside others are zero."""
    largest = np.abs(eigenvalues).max(axis=-1, keepdims=True)
    rounding = 8.0 * eigenvalues.shape[-1] * np.finfo(float).eps * largest
    return np.asarray(np.where(np.abs(eigenvalues) <= rounding, 0.0, eigenvalues))


def stable(learning_rate: float, eigenvalues: ArrayLike, momentum: float = 0.0) -> None:
    """Refuse a learning rate beyond linear stability on a quadratic with these eigenvalues of its curvature.

    Raises
    ------
    CoefficientError
        If a root of ``z**2 - (1 + momentum - learning_rate lambda) z + momentum`` does not lie inside the unit circle:
        for real eigenvalues, unless the product is between 0 and 2 (1 + momentum). Flat directions are let through.
    """
    values = np.atleast_1d(np.asarray(eigenvalues))
    values = values[values != 0.0]
    middle = 1.0 + momentum - learning_rate * values.astype(complex)
    away = np.sqrt(middle**2 - 4.0 * momentum)
    growth = 0.5 * np.maximum(np.abs(middle + away), np.abs(middle - away))
    if growth.max(initial=0.0) < 1.0:
        return
    worst, most = values[np.argmax(growth)], 2.0 * (1.0 + momentum)
    shown = f"{worst.real:.6g}" if np.isreal(worst) else f"{worst:.6g}"
    limit = most * float(np.min(values.real / np.abs(values) ** 2))
    why = " = 2 (1 + momentum)" if momentum else ""
    raise CoefficientError(
        explain(
            "the learning rate is beyond linear stability: the iterates leave the minimum without any noise.",
            given=f"learning_rate * curvature = {learning_rate:.6g} * {shown} = {learning_rate * abs(worst):.3g}",
            accepted=f"less than {most:.3g}{why}; a process in continuous time has no such limit",
            try_=f"a learning rate below {limit:.3g}" if limit > 0.0 else "a minimum, where curvatures are positive",
        )
    )

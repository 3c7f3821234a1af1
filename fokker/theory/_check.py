"""Checks of parameters and the shape of answers, shared by the closed forms."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.errors import FokkerError, explain

Array = NDArray[np.float64]
Floats = float | Array
LARGEST_LOG = float(np.log(np.finfo(float).max))


def refuse(what: str, *, given: str, accepted: str, hint: str, error: type[Exception] = FokkerError) -> NoReturn:
    """Raise ``error`` in the style of the house: what was given, what is accepted, what to try."""
    raise error(explain(what, given=given, accepted=accepted, try_=hint))


def show(value: Any) -> str:
    """Return a short text of a value for an error message."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def real(name: str, value: ArrayLike) -> Array:
    """Return ``value`` as an array of finite doubles, or refuse it by name."""
    array = np.asarray(value)
    if array.dtype.kind in "iuf" and np.all(np.isfinite(array)):
        return array.astype(float)
    refuse(
        f"{name} must be a finite real number, or an array of them.",
        given=f"{name}={show(value)}",
        accepted="int, float or an array of them, without nan or inf",
        hint="check where this value was computed",
    )


def positive(name: str, value: ArrayLike, meaning: str) -> Array:
    """Return ``value`` as an array of positive doubles, or refuse it with its meaning."""
    array = real(name, value)
    if np.all(array > 0):
        return array
    refuse(
        f"{name} must be positive: it is {meaning}.",
        given=f"{name}={show(value)}",
        accepted=f"{name} > 0",
        hint=f"check the sign and the units of {name}",
    )


def not_negative(name: str, value: ArrayLike, meaning: str) -> Array:
    """Return ``value`` as an array of doubles >= 0, or refuse it with its meaning."""
    array = real(name, value)
    if np.all(array >= 0):
        return array
    refuse(
        f"{name} must not be negative: it is {meaning}.",
        given=f"{name}={show(value)}",
        accepted=f"{name} >= 0",
        hint=f"check the sign and the units of {name}",
    )


def convention(alpha: ArrayLike) -> Array:
    """Return the convention parameter(s) alpha as an array within [0, 1], or refuse."""
    array = np.asarray(alpha)
    if array.dtype.kind in "iuf" and np.all((array >= 0) & (array <= 1)):
        return array.astype(float)
    refuse(
        "alpha says where in the step the noise is evaluated, a number from 0 to 1.",
        given=f"alpha={show(alpha)}",
        accepted="0 (Ito), 1/2 (Stratonovich), 1 (isothermal, Haenggi-Klimontovich) or any number between",
        hint="alpha=0 for the limit of an explicit recursion, alpha=1 for the power-law paper's equation",
    )


def scalar(array: Array, name: str) -> float:
    """Return the single number of a 0-d array, or refuse an array where one number is needed."""
    if array.ndim == 0:
        return float(array)
    refuse(
        f"{name} must be one number here.",
        given=f"{name} of shape {array.shape}",
        accepted="a scalar",
        hint=f"loop over the values of {name}",
    )


def tidy(values: Any) -> Floats:
    """Return a float for a 0-d answer and the array otherwise."""
    return float(values) if np.ndim(values) == 0 else np.asarray(values, dtype=float)


def exponential(logs: Any, instead: str) -> Floats:
    """Return exp of the logarithms, or refuse when a double cannot hold it."""
    if np.all(np.asarray(logs) < LARGEST_LOG):
        return tidy(np.exp(logs))
    refuse(
        "The answer is too large for a double.",
        given=f"an answer of logarithm {float(np.max(logs)):.6g}",
        accepted=f"logarithms below {LARGEST_LOG:.6g}",
        hint=f"{instead}, which returns the logarithm",
    )


def whole(name: str, value: int, least: int = 0) -> int:
    """Return an integer that is at least ``least``, or refuse."""
    if isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= least:
        return int(value)
    refuse(
        f"{name} must be a whole number.",
        given=f"{name}={show(value)}",
        accepted=f"{name} = {least}, {least + 1}, {least + 2}, ...",
        hint=f"int({name}) if it is a float that holds a whole number",
    )

"""Calls of functions that a user gives: what goes wrong in them is told in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.errors import FokkerError, explain

Array = NDArray[np.float64]


def shown(function: object) -> str:
    """Return a function as its user would recognise it: not by its address.

    Examples
    --------
    >>> shown(lambda x: x), shown(np.exp), shown(3)
    ('<function>', '<function exp>', '3')
    """
    if not callable(function):
        return repr(function)
    name = getattr(function, "__name__", "")
    if not name:
        return f"<{type(function).__name__}>"
    return "<function>" if name == "<lambda>" else f"<function {name}>"


def called(
    function: Callable[..., Any], points: Sequence[Array], what: str, accepted: str, error: type[FokkerError]
) -> NDArray[Any]:
    """Return what a function of the coordinates gives at points, as an array of any kind and shape.

    Parameters
    ----------
    function : callable
    points : sequence of arrays
        One an axis.
    what : str
        What the function is, as the subject of a sentence.
    accepted : str
        What it must be.
    error : class
        Raised if it fails: where the fault lies. A `FokkerError` that it raises itself goes through.

    Examples
    --------
    >>> points = [np.array([-1.0, 2.0])]
    >>> called(lambda x: x > 0, points, "the target", "a predicate", FokkerError)
    array([False,  True])
    >>> called(lambda x: 1 / 0, points, "the target", "a predicate", FokkerError)
    Traceback (most recent call last):
        ...
    fokker.errors.FokkerError: the target failed when called on arrays: division by zero
    ...
    """
    try:
        return np.asarray(function(*points))
    except FokkerError:
        raise
    except Exception as failure:
        headline = f"{what} failed when called on arrays: {failure}"
        raise error(explain(headline, given=shown(function), accepted=accepted)) from failure


def numbers(
    function: Callable[..., Any], points: Sequence[Array], what: str, accepted: str, error: type[FokkerError]
) -> Array:
    """Return the number a point that a function of the coordinates gives; arguments as in `called`.

    It may be infinite or not a number: NumPy does not warn of that, the caller says where it is.

    Examples
    --------
    >>> numbers(lambda x: 2, [np.array([-1.0, 2.0])], "the rate", "a function of x", FokkerError)
    array([2., 2.])
    """
    with np.errstate(all="ignore"):
        values = called(function, points, what, accepted, error)
    shape = np.broadcast_shapes(*(np.shape(x) for x in points))
    if values.dtype.kind not in "biuf" or values.shape not in ((), shape):
        given = f"an array of {values.dtype} with shape {values.shape} for points of shape {shape}"
        headline = f"{what} does not give one number a point."
        raise error(explain(headline, given=given, accepted=accepted))
    return np.broadcast_to(values.astype(float), shape)

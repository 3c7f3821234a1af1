"""Where the replicas start, and when they are looked at."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.errors import CoefficientError, DimensionError, DomainError, FokkerError, explain
from fokker.problem import Problem
from fokker.sgd import _checks

Array = NDArray[np.float64]
Start = Mapping[str, ArrayLike] | ArrayLike


def starting_points(problem: Problem, start: Start, replicas: int | None) -> Array:
    """Read where the replicas start: shape (d, replicas)."""
    names = problem.names
    return place(names, named_start(names, start), list(problem.domain.values()), replicas)


def named_start(names: tuple[str, ...], start: Start) -> dict[str, ArrayLike]:
    """Return the start of each coordinate; on one axis its name may be left out."""
    given = start if isinstance(start, Mapping) else {names[0]: start} if len(names) == 1 else None
    if given is None or set(given) != set(names):
        raise DimensionError(
            explain(
                "start is no point of the problem.",
                given=f"start={start!r}"[:80],
                accepted=f"a value for each of {', '.join(names)}: a number, or an array with one entry a replica",
                try_="{" + ", ".join(f'"{name}": 0.0' for name in names) + "}",
            )
        )
    return {name: given[name] for name in names}


def place(
    names: tuple[str, ...], values: Mapping[str, ArrayLike], ends: list[tuple[float, float]], replicas: int | None
) -> Array:
    """Check the coordinates of the starting points, and repeat them for every replica."""
    for name in names:
        _checks.array(f"start of {name}", np.atleast_1d(values[name]))
    arrays = [np.asarray(values[name], dtype=np.float64) for name in names]
    sizes = {array.size for array in arrays if array.ndim == 1}
    number = replicas if replicas is not None else sizes.pop() if len(sizes) == 1 else 1000
    number = _checks.count("replicas", number)
    for name, array, (low, high) in zip(names, arrays, ends, strict=True):
        if array.shape not in {(), (number,)}:
            accepted = f"a number, or shape ({number},)"
            headline = f"start of {name} does not fit the replicas."
            raise DimensionError(explain(headline, given=f"shape {array.shape}", accepted=accepted))
        if not bool(((array >= low) & (array <= high)).all()):
            given = f"{name} from {float(array.min())!r} to {float(array.max())!r}"
            accepted = f"{name} in ({low}, {high})"
            raise CoefficientError(explain("a replica starts outside the domain.", given=given, accepted=accepted))
    return np.array([np.broadcast_to(array, (number,)) for array in arrays])


def moments_of(times: Sequence[float] | Array | None, step: float, steps: int | None) -> tuple[Array, float]:
    """Read the times to keep: those given, or the end of `steps` steps.

    Raises
    ------
    FokkerError
        If not exactly one of `times` and `steps` is given, or they are out of order.
    """
    h = _checks.positive("step", step)
    if (times is None) == (steps is None):
        given = f"times={times!r}, steps={steps!r}"
        accepted = ["times=[...]   kept at these times, in steps no longer than step", "steps=n       kept at n * step"]
        raise FokkerError(explain("exactly one of times and steps says how long to run.", given=given, choose=accepted))
    if steps is not None:
        return np.array([h * _checks.count("steps", steps)]), h
    assert times is not None
    moments = np.atleast_1d(_checks.array("times", times))
    if moments.ndim != 1 or not moments.size or moments[0] < 0.0 or not bool((np.diff(moments) > 0.0).all()):
        raise DomainError(
            explain(
                "the times are no increasing sequence from zero on.",
                given=f"times={times!r}"[:80],
                accepted="finite numbers, not negative, each larger than the one before",
                try_="np.linspace(0, 5, 51)",
            )
        )
    return moments, h


def intervals(moments: Array, step: float) -> list[tuple[int, float]]:
    """Cut the way from one time to the next into equal steps no longer than `step`: (number, length).

    Examples
    --------
    >>> intervals(np.array([0.0, 1.0, 1.5]), 0.3)
    [(0, 0.3), (4, 0.25), (2, 0.25)]
    """
    parts = []
    for span in np.diff(moments, prepend=0.0):
        number = math.ceil(float(span) / step * (1.0 - 1e-12))  # rounding of a span of whole steps
        parts.append((number, float(span) / number if number else step))
    return parts

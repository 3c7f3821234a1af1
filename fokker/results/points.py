"""Points that a user asks about."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.errors import DomainError, explain

Array = NDArray[np.float64]


def positions(
    names: tuple[str, ...], points: tuple[ArrayLike, ...], named: Mapping[str, ArrayLike]
) -> tuple[Array, ...]:
    """Return the positions of ``at(1.0, 2.0)`` or ``at(x=1.0, y=2.0)`` as arrays of doubles of one shape.

    Raises
    ------
    DomainError
        If the coordinates are not those of the problem, or not numbers.
    """
    given = points if not named else tuple(named[n] for n in names if n in named)
    extra = [n for n in named if n not in names]
    if (points and named) or extra or len(given) != len(names):
        raise DomainError(
            explain(
                "a point needs each coordinate once.",
                given=", ".join([*map(repr, points), *(f"{k}={v!r}" for k, v in named.items())]) or "nothing",
                accepted=", ".join(f"{n}=..." for n in names),
            )
        )
    try:
        return tuple(np.broadcast_arrays(*(np.asarray(x, dtype=float) for x in given)))
    except (TypeError, ValueError) as error:
        raise DomainError(
            explain(
                "a coordinate is not a number, or the shapes do not fit.",
                given=", ".join(map(repr, given)),
                accepted="numbers or arrays of them that broadcast",
            )
        ) from error


def position(names: tuple[str, ...], points: tuple[ArrayLike, ...], named: Mapping[str, ArrayLike]) -> Array:
    """Return the positions of ``at(1.0)`` or ``at(x=1.0)`` in one dimension as an array of doubles."""
    (x,) = positions(names, points, named)
    return x

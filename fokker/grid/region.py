"""Sets with a smooth edge: signed functions as predicates, and the cells that an obstacle leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.calling import called
from fokker.errors import TargetError, explain

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_EXAMPLE = "fokker.Region(level=lambda x, y: np.hypot(x, y) - 1)"


@dataclass(frozen=True)
class Region:
    """The set where a signed function is negative, taken wherever a predicate is.

    A target, a source or an obstacle may be a `Region` or a plain predicate: the wall is found by bisection
    either way. The signed function is checked at every point where it is asked.

    Parameters
    ----------
    level : callable
        A function of the coordinates that broadcasts over arrays: negative inside, positive outside. Its size
        does not matter.

    Raises
    ------
    TargetError
        If `level` is not callable; and when asked, if it fails, is no real number or is not finite (which
        names the place).

    Examples
    --------
    >>> import numpy as np
    >>> disc = Region(level=lambda x, y: np.hypot(x, y) - 1)
    >>> disc(np.array([0.0, 2.0]), np.array([0.0, 0.0]))
    array([ True, False])
    >>> (~disc)(0.0, 2.0)
    array(True)
    """

    level: Callable[..., Any]

    def __post_init__(self) -> None:
        if not callable(self.level):
            raise TargetError(
                explain("the level of a region is not a function.", given=repr(self.level), accepted=_EXAMPLE)
            )

    def __call__(self, *coordinates: Any) -> Mask:
        """Return whether each point lies inside."""
        points = np.broadcast_arrays(*(np.asarray(x, dtype=float) for x in coordinates))
        values = self._level_at(points)
        bad = ~np.isfinite(values)
        if bad.any():
            place = ", ".join(f"{float(x[bad][0]):.6g}" for x in points)
            raise TargetError(
                explain(
                    "the level of a region is not finite.",
                    given=f"{float(values[bad][0])} at ({place})",
                    accepted="a finite number everywhere in the domain, negative inside",
                )
            )
        return np.asarray(values < 0.0)

    def __invert__(self) -> Region:
        """Return the outside: the obstacle that leaves only this region."""
        return Region(lambda *x: -np.asarray(self.level(*x)))

    def __and__(self, other: Region) -> Region:
        """Return the points inside both regions."""
        return Region(lambda *x: np.maximum(self.level(*x), other.level(*x)))

    def __or__(self, other: Region) -> Region:
        """Return the points inside one region at least."""
        return Region(lambda *x: np.minimum(self.level(*x), other.level(*x)))

    def _level_at(self, points: tuple[Array, ...]) -> Array:
        values = called(self.level, points, "the level of a region", _EXAMPLE, TargetError)
        if values.dtype.kind not in "fiu" or values.shape not in ((), points[0].shape):
            given = f"an array of {values.dtype} with shape {values.shape} for points of shape {points[0].shape}"
            raise TargetError(
                explain(
                    "the level of a region did not return one real number a point.",
                    given=given,
                    accepted=_EXAMPLE,
                    try_="the predicate itself, without Region" if values.dtype == np.bool_ else "",
                )
            )
        return np.broadcast_to(values.astype(float), points[0].shape)


@dataclass(frozen=True, eq=False)
class Obstacle:
    """What an obstacle leaves of a tensor grid.

    Attributes
    ----------
    predicate : callable
        True inside.
    share : array, shape (n,)
        Open share of each cell; zero for cells left out.
    kept : array of bool, shape (n,)
        Cells that take part.
    extended : array of bool, shape (n,)
        Cells left out behind a wall that does not absorb: values are continued there to interpolate next to it.
    """

    predicate: Callable[..., Any]
    share: Array
    kept: Mask
    extended: Mask

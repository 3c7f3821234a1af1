"""A grid: one axis for each coordinate of the domain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.calling import called
from fokker.errors import GridError, TargetError, explain
from fokker.grid.axis import Axis

Array = NDArray[np.float64]

_PLACES = 32  # places looked at in each step of a bisection


class Grid:
    """Named axes, in the order of the problem's domain.

    Parameters
    ----------
    **axes : Axis
        One axis for each coordinate, by name.

    Examples
    --------
    >>> from fokker.grid import Axis, Grid
    >>> Grid(x=Axis.uniform(100, -1, 1)).shape
    (100,)
    """

    def __init__(self, **axes: Axis) -> None:
        wrong = [name for name, axis in axes.items() if not isinstance(axis, Axis)]
        if not axes or wrong:
            raise GridError(
                explain(
                    "a grid is made of named axes.",
                    given=f"{axes!r}",
                    accepted="Grid(x=Axis.uniform(100, -1, 1)), Grid(x=Axis.line(400)), ...",
                )
            )
        self.axes: dict[str, Axis] = dict(axes)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of cells along each axis."""
        return tuple(axis.cells for axis in self.axes.values())

    @property
    def nodes(self) -> tuple[Array, ...]:
        """Positions of the nodes, one array an axis."""
        return tuple(axis.nodes for axis in self.axes.values())

    def __repr__(self) -> str:
        return "Grid(" + ", ".join(f"{name}={axis!r}" for name, axis in self.axes.items()) + ")"


def crossings(inside: Callable[[Array], NDArray[np.bool_]], starts: Array, ends: Array) -> Array:
    """Return where `inside` changes on each segment, by repeated section to the last bit.

    Parameters
    ----------
    inside : callable
        Predicate of an array of axis coordinates.
    starts, ends : array
        Ends of segments, in the axis coordinate; the predicate differs between them.
    """
    low, high = starts.copy(), ends.copy()
    at_low = inside(low)
    # many places at once: a call costs more than a point
    fractions = np.arange(1, _PLACES) / _PLACES
    for _ in range(60):
        x = low[:, None] + (high - low)[:, None] * fractions
        same = inside(x.ravel()).reshape(x.shape) == at_low[:, None]
        first = np.where(same.all(axis=1), _PLACES - 1, np.argmin(same, axis=1))  # first place on the far side
        steps = np.concatenate([low[:, None], x, high[:, None]], axis=1)
        rows = np.arange(len(low))
        new_low, new_high = steps[rows, first], steps[rows, first + 1]
        if np.array_equal(new_low, low) and np.array_equal(new_high, high):
            break
        low, high = new_low, new_high
    return high


def truth(predicate: Callable[..., Any], name: str, *coordinates: Array) -> NDArray[np.bool_]:
    """Evaluate a user's predicate on arrays and insist on one truth value a point."""
    names = ", ".join(("x", "y", "z")[: len(coordinates)])
    accepted = f"a predicate of as many coordinates as there are axes, such as lambda {names}: (x > 1) | (x < -1)"
    answer = called(predicate, coordinates, f"the {name}", accepted, TargetError)
    if answer.dtype != np.bool_ or answer.shape not in ((), coordinates[0].shape):
        raise TargetError(
            explain(
                f"the {name} did not return one truth value a point.",
                given=f"an array of {answer.dtype} with shape {answer.shape} "
                f"for points of shape {coordinates[0].shape}",
                accepted=f"a predicate such as lambda {names}: x > 1",
            )
        )
    return np.ascontiguousarray(np.broadcast_to(answer, coordinates[0].shape))

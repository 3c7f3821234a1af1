"""The points of a sweep: values of one parameter, or the grid of several."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.errors import FokkerError, explain

Values = Sequence[Any] | NDArray[Any] | Mapping[str, Sequence[Any] | NDArray[Any]]


@dataclass(frozen=True)
class Points:
    """Parameters by name and their values; a point is numbered with the last parameter fastest."""

    names: tuple[str, ...]
    axes: tuple[tuple[Any, ...], ...]
    named: bool  # whether the parameters are handed on by name

    def __len__(self) -> int:
        return int(np.prod(self.shape))

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of values of each parameter."""
        return tuple(len(axis) for axis in self.axes)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """Return the parameters of a point."""
        places = np.unravel_index(index, self.shape)
        return {name: axis[int(k)] for name, axis, k in zip(self.names, self.axes, places, strict=True)}

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """Return the values as arrays; of objects where they are neither numbers nor texts."""
        return tuple(_array(axis) for axis in self.axes)


def points_of(values: Values, problem: Callable[..., Any]) -> Points:
    """Return the points that `values` stand for.

    Raises
    ------
    FokkerError
        If there are no values, or the function does not take these parameters.
    """
    if isinstance(values, Mapping):
        if not values or not all(isinstance(name, str) for name in values):
            raise FokkerError(
                explain(
                    "a sweep over several parameters needs their names.",
                    given=f"values={values!r}",
                    accepted='{"barrier": [2, 4, 8], "temperature": [0.5, 1.0]}: every barrier with every temperature',
                )
            )
        axes = tuple(_axis(name, value) for name, value in values.items())
        _require_taken(problem, (), dict.fromkeys(values))
        return Points(tuple(values), axes, True)
    axis = _axis("the parameter", values)
    _require_taken(problem, (None,), {})
    return Points((_first_argument(problem),), (axis,), False)


def _axis(name: str, values: Any) -> tuple[Any, ...]:
    """Return the values of one parameter."""
    accepted = "a list, tuple, or array of shape (n,): np.linspace(2, 40, 20)"
    if (
        isinstance(values, (str, bytes, set, frozenset))
        or not isinstance(values, Iterable)
        or not hasattr(values, "__len__")
    ):
        headline = f"the values of {name} are no sequence."
        raise FokkerError(explain(headline, given=f"{values!r}", accepted=accepted))
    if isinstance(values, np.ndarray) and values.ndim != 1:
        raise FokkerError(
            explain(
                f"the values of {name} must be one a point.",
                given=f"an array of shape {values.shape}",
                accepted=accepted,
                try_="a mapping of names to values for several parameters, or a list of tuples for chosen pairs",
            )
        )
    if not len(values):  # type: ignore[arg-type]  # it has a length
        raise FokkerError(explain(f"there are no values of {name}.", given=f"values={values!r}", accepted=accepted))
    return tuple(values)


def _array(axis: tuple[Any, ...]) -> NDArray[Any]:
    plain = all(isinstance(v, (str, bool, int, float, np.number, np.bool_)) for v in axis)
    array = np.array(axis) if plain and len({isinstance(v, str) for v in axis}) == 1 else np.empty(0, dtype=object)
    if array.shape == (len(axis),) and array.dtype.kind in "biufU":
        return array
    objects = np.empty(len(axis), dtype=object)
    for k, value in enumerate(axis):
        objects[k] = value
    return objects


def _first_argument(problem: Callable[..., Any]) -> str:
    """Return the name of what the function takes."""
    try:
        names = list(inspect.signature(problem).parameters.values())
    except (TypeError, ValueError):  # written in C
        return "value"
    return names[0].name if names and names[0].kind is not names[0].VAR_POSITIONAL else "value"


def _require_taken(problem: Callable[..., Any], given: tuple[Any, ...], named: dict[str, Any]) -> None:
    """Raise where the function that makes the problem cannot be called with these parameters."""
    try:
        inspect.signature(problem).bind(*given, **named)
    except TypeError as error:
        call = f"a function with the arguments {', '.join(named)}" if named else "a function of one value"
        raise FokkerError(
            explain(
                "the function that makes the problem does not take these parameters.",
                given=f"{getattr(problem, '__name__', problem)}{inspect.signature(problem)}: {error}",
                accepted=call,
                try_="" if named else "a mapping for several parameters: {name: values, other: values}",
            )
        ) from None
    except ValueError:  # no signature to be had
        return


def identity(points: Points) -> list[list[str]]:
    """Return the values as texts that name them exactly, for the header of a store.

    Raises
    ------
    FokkerError
        If a value is neither a number nor a text.
    """
    return [[_exact(value) for value in axis] for axis in points.axes]


def _exact(value: Any) -> str:
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, (bool, str)):
        return repr(value)
    if isinstance(value, (int, float)):
        return repr(float(value)) if float(value) == value else repr(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(_exact, value))})"
    raise FokkerError(
        explain(
            "a store tells points apart by numbers and texts.",
            given=f"a value {value!r}",
            accepted="numbers, strings, or tuples of them",
            try_="numbers or names as values, from which the function makes the rest",
        )
    )

"""The answers of a sweep over parameters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.errors import FokkerError, explain
from fokker.info import Info
from fokker.results import export

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import DataArray

Values = NDArray[Any]

_SHOWN = 3  # values of an axis that has no order, as it prints itself


@dataclass(frozen=True)
class PointFailure:
    """A point of a sweep that has no answer, and why.

    Attributes
    ----------
    index : int
        Its place in the sweep, counted from zero; in a grid of several parameters with the last one fastest.
    point : mapping of str to object
        The parameters.
    error : str
        Kind and text of the error.
    traceback : str
        Where it came from.
    """

    index: int
    point: Mapping[str, Any]
    error: str
    traceback: str = ""

    def __str__(self) -> str:
        return f"{place(self.point)}: {self.error.splitlines()[0]}"


def place(point: Mapping[str, Any]) -> str:
    """Return parameters as a text, such as "barrier = 2, temperature = 0.5"."""
    return ", ".join(f"{name} = {_word(value)}" for name, value in point.items())


def _word(value: Any) -> str:
    value = value.item() if isinstance(value, np.generic) else value
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return f"{value:.6g}" if number else repr(value)


@dataclass(frozen=True, eq=False, repr=False)
class SweepResult:
    """The answers to one question at many points of a space of parameters.

    Attributes
    ----------
    names : tuple of str
        The parameters.
    axes : tuple of array
        Their values, one array a parameter.
    results : array
        The answers, with one axis a parameter: numbers, shape (n,) or (n0, n1, ...); arrays of one shape are stacked
        behind the axes of the parameters; records and anything else stay the objects they are. Where there is no
        answer it holds NaN, or None among objects.
    failures : tuple of PointFailure
        Points that raised an error, in the order of the sweep.
    info : Info
        How many points, by how many processes, how many came from a store, seconds.
    label : str
        What was asked: the name of the question.
    """

    names: tuple[str, ...]
    axes: tuple[Values, ...]
    results: Values
    failures: tuple[PointFailure, ...]
    info: Info
    label: str = "result"

    def __len__(self) -> int:
        return int(np.prod([len(axis) for axis in self.axes]))

    @property
    def values(self) -> Any:
        """Values of the parameter: an array, or a mapping of names to arrays where there are several."""
        return self.axes[0] if len(self.axes) == 1 else dict(zip(self.names, self.axes, strict=True))

    @cached_property
    def is_numeric(self) -> bool:
        """Whether the answers are numbers or arrays of numbers."""
        return self.results.dtype.kind in "biufc"

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draw the answers over one parameter as a curve, over two as a picture; take and return axes.

        Answers that are positive and span more than three decades get a logarithmic scale.

        Raises
        ------
        FokkerError
            If the answers are records, complex, or too many numbers for one picture.
        """
        from fokker.results.plot_sweep import draw_sweep

        return draw_sweep(self, ax, **style)

    def to_xarray(self) -> DataArray:
        """Return the answers as a labelled array, the parameters first.

        Records are labelled by their own ``to_xarray``, if they lie on the same places.

        Raises
        ------
        FokkerError
            If records have no labelled form, or lie on different places.
        MissingExtra
            If xarray is not installed.
        """
        from fokker.results.sweep_labels import labelled

        return labelled(self)

    def save(self, path: str) -> None:
        """Write the sweep to an npz file; read it with `fokker.load`. Records in it lose their generators, as ever.

        Raises
        ------
        FokkerError
            If the parameters or the answers are neither numbers, texts nor records.
        """
        for name, axis in zip(self.names, self.axes, strict=True):
            if axis.dtype.kind == "O":
                raise FokkerError(explain(f"values of {name!r} cannot be written to a file.", given=repr(axis[0])))
        arrays: dict[str, Values] = {"label": np.array(self.label), "failures": np.array(_told(self.failures))}
        if self.is_numeric:
            arrays["results"] = self.results
        else:
            arrays["shape"] = np.array(self.results.shape)
            arrays |= {f"record {k}": _bytes(r) for k, r in enumerate(self.results.ravel()) if r is not None}
        export.save(path, "SweepResult", self.names, self.axes, arrays, self.info)

    def __repr__(self) -> str:
        rows = zip(self.names, self.axes, strict=True)
        return (
            f"Sweep over {', '.join(self.names)}: {self.label} at {' x '.join(str(len(a)) for a in self.axes)} points\n"
            f"  values    {', '.join(f'{name} {_range(axis)}' for name, axis in rows)}\n"
            f"  results   {self._shown()}\n"
            f"  method    {self.info.method}\n"
            f"  warnings  {'; '.join(w.splitlines()[0] for w in self.info.warnings) or 'none'}"
        )

    def _shown(self) -> str:
        if not self.is_numeric:
            kinds = sorted({type(r).__name__ for r in self.results.ravel() if r is not None})
            return f"records ({', '.join(kinds)})"
        shape = self.results.shape[len(self.names) :]
        each = f", arrays of shape {shape}" if shape else ""
        if self.results.dtype.kind == "c":
            return f"complex numbers{each}"
        known = self.results[~np.isnan(self.results)]
        return (f"{float(known.min()):.6g} .. {float(known.max()):.6g}" if known.size else "not numbers") + each

    def _repr_html_(self) -> str:
        from fokker.notebook import record_html
        from fokker.results.plot_sweep import drawable

        return record_html(repr(self), self.plot if drawable(self) else None)


def _range(axis: Values) -> str:
    if axis.dtype.kind in "iuf" and len(axis) > 1:
        return f"{float(axis.min()):.6g} .. {float(axis.max()):.6g}"
    shown = ", ".join(_word(value) for value in axis[:_SHOWN])
    return shown + (", ..." if len(axis) > _SHOWN else "")


def _bytes(record: Any) -> Values:
    """Return a record as the bytes of its own file."""
    if not callable(getattr(record, "save", None)):
        raise FokkerError(
            explain(
                "these answers cannot be written to a file.",
                given=f"a {type(record).__name__}",
                accepted="numbers, arrays of one shape, or records with save()",
            )
        )
    out = BytesIO()
    record.save(out)
    return np.frombuffer(out.getvalue(), dtype=np.uint8)


def _told(failures: tuple[PointFailure, ...]) -> str:
    return json.dumps([asdict(failure) for failure in failures], default=_plain)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else str(value)


def failures_from(text: str) -> tuple[PointFailure, ...]:
    """Return the failures that `SweepResult.save` wrote."""
    return tuple(PointFailure(**parts) for parts in json.loads(text))

"""A sweep as a labelled array: the parameters first, then the places of the answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.errors import FokkerError, explain
from fokker.results import export

if TYPE_CHECKING:
    from xarray import DataArray

    from fokker.results.sweep_result import SweepResult


def labelled(sweep: SweepResult) -> DataArray:
    """Return the answers of a sweep as a labelled array.

    Raises
    ------
    FokkerError
        If records have no labelled form, or lie on different places.
    """
    results, places, attributes = _numbers(sweep) if sweep.is_numeric else _records(sweep)
    shared = set(sweep.names) & set(places)
    if shared:
        raise FokkerError(
            explain(
                f"{min(shared)!r} is a parameter of the sweep and a coordinate of its answers.",
                given=f"parameters {', '.join(sweep.names)}; coordinates {', '.join(places)}",
                try_="another name for the argument of the function that makes the problem",
            )
        )
    label, names = sweep.label.replace(" ", "_"), (*sweep.names, *places)
    return export.to_xarray(label, names, (*sweep.axes, *places.values()), results, attributes)


def _numbers(sweep: SweepResult) -> tuple[NDArray[Any], dict[str, Any], Mapping[str, str]]:
    """Return the answers, the numbering of their components, and attributes."""
    inner = sweep.results.shape[len(sweep.names) :]
    names = ["component"] if len(inner) == 1 else [f"component_{k}" for k in range(len(inner))]
    places = {name: np.arange(n) for name, n in zip(names, inner, strict=True)}
    return sweep.results, places, {"method": sweep.info.method}


def _records(sweep: SweepResult) -> tuple[NDArray[Any], dict[str, Any], Mapping[str, str]]:
    """Return the values of the records, stacked, with their places and attributes; NaN where there is none."""
    records = sweep.results.ravel()
    known = [record.to_xarray() for record in records if hasattr(record, "to_xarray")]
    if len(known) < sum(record is not None for record in records):
        raise FokkerError(
            explain(
                "these answers have no labelled form.",
                given=", ".join(sorted({type(record).__name__ for record in records if record is not None})),
                accepted="numbers, arrays of one shape, or records with to_xarray()",
            )
        )
    first = known[0]
    if not all(name in first.coords for name in first.dims) or not all(_same(first, array) for array in known):
        raise FokkerError(
            explain(
                "the records lie on different places.",
                given=f"{len(known)} records, such as one of shape {first.shape}",
                accepted="records on one grid: grid= rather than cells= where the domain is infinite",
                try_="a question that returns values at fixed points: lambda g: fokker.stationary(g).at(x=points)",
            )
        )
    rows = np.full((len(records), *first.shape), np.nan, dtype=np.result_type(first.dtype, float))
    rows[[record is not None for record in records]] = [array.values for array in known]
    places = {str(name): first.coords[name].values for name in first.dims}
    return rows.reshape(*sweep.results.shape, *first.shape), places, dict(first.attrs)


def _same(first: DataArray, other: DataArray) -> bool:
    """Return whether two labelled arrays have the same places."""
    return first.dims == other.dims and all(np.array_equal(first[name], other[name]) for name in first.dims)

"""How records leave the library: short texts, labelled arrays, files."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.errors import missing_extra
from fokker.info import Info
from fokker.linalg import Scaled
from fokker.linalg.scaled import Exponents

if TYPE_CHECKING:
    from xarray import DataArray

Array = NDArray[np.float64]


def like(x: Array, values: Array) -> Any:
    """Return a float for a single point, an array of the shape of the points otherwise."""
    return float(values[0]) if x.ndim == 0 else values.reshape(x.shape)


def grid_shape(places: tuple[Array, ...], size: int) -> tuple[int, ...]:
    """Return the shape of values over a grid, one array of places an axis, or over a list of cells of a mesh."""
    listed = len(places) > 1 and all(len(p) == size for p in places)
    return (size,) if listed else tuple(len(p) for p in places)


def summary(kind: str, names: tuple[str, ...], places: tuple[Array, ...], values: Array, unit: str, info: Info) -> str:
    """Return a record in five lines."""
    where = ", ".join(f"{n} {p.min():.6g} .. {p.max():.6g}" for n, p in zip(names, places, strict=True))
    doubts = "; ".join(info.warnings) or "none"
    return (
        f"{kind} at {' x '.join(map(str, grid_shape(places, values.size)))} points\n"
        f"  places    {where}\n"
        f"  values    {float(np.nanmin(values)):.6g} .. {float(np.nanmax(values)):.6g} ({unit})\n"
        f"  method    {info.method}\n"
        f"  warnings  {doubts}"
    )


def to_xarray(
    label: str,
    names: tuple[str, ...],
    places: tuple[Array, ...],
    values: NDArray[Any],
    attributes: Mapping[str, str],
) -> DataArray:
    """Return values over named coordinates.

    Raises
    ------
    MissingExtra
        If xarray is not installed.
    """
    try:
        import xarray
    except ImportError as error:
        raise missing_extra("xarray", "xarray", "labelled output") from error
    coordinates: dict[str, Any] = dict(zip(names, places, strict=True))
    if values.size != math.prod(map(len, places)):  # the last places list the cells of a mesh
        first = values.ndim - 1
        listed = {name: ("cell", coordinates[name]) for name in names[first:]}
        dims = (*names[:first], "cell")
        return xarray.DataArray(values, coordinates | listed, dims, name=label, attrs=dict(attributes))
    return xarray.DataArray(
        values.reshape([len(p) for p in places]), coordinates, names, name=label, attrs=dict(attributes)
    )


def save(
    path: str,
    kind: str,
    names: tuple[str, ...],
    nodes: tuple[Array, ...],
    arrays: Mapping[str, NDArray[Any]],
    info: Info,
) -> None:
    """Write a record as npz, without pickle."""
    places = {f"nodes_{k}": axis for k, axis in enumerate(nodes)}
    everything: dict[str, Any] = {"header": np.array(_header(kind, names, info)), **places, **arrays}
    np.savez_compressed(path, **everything)


def pairs(numbers: Scaled) -> dict[str, Array | Exponents]:
    """Return mantissas and exponents by name, for a file."""
    return {"mantissa": numbers.mantissa, "exponent": numbers.exponent}


def _header(kind: str, names: tuple[str, ...], info: Info) -> str:
    return json.dumps(
        {
            "kind": kind,
            "names": names,
            "method": info.method,
            "values": dict(info.values),
            "references": info.references,
            "warnings": info.warnings,
        }
    )

"""How records leave the library: short texts, labelled arrays, files."""

from __future__ import annotations

import json
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


def summary(kind: str, names: tuple[str, ...], places: tuple[Array, ...], values: Array, unit: str, info: Info) -> str:
    """Return a record in five lines."""
    where = ", ".join(f"{n} {p[0]:.6g} .. {p[-1]:.6g}" for n, p in zip(names, places, strict=True))
    doubts = "; ".join(info.warnings) or "none"
    return (
        f"{kind} at {' x '.join(str(len(p)) for p in places)} points\n"
        f"  places    {where}\n"
        f"  values    {float(values.min()):.6g} .. {float(values.max()):.6g} ({unit})\n"
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
    coordinates = dict(zip(names, places, strict=True))
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

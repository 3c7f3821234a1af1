"""Points: coordinates as arrays of one shape, probes inside a domain, and how an offending point is named."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.errors import DimensionError, explain

FloatArray: TypeAlias = NDArray[np.float64]
Points: TypeAlias = tuple[FloatArray, ...]
Domain: TypeAlias = Mapping[str, tuple[float, float]]

PROBES = 33


def as_points(domain: Domain, coords: tuple[ArrayLike, ...]) -> tuple[Points, tuple[int, ...]]:
    """Read coordinates as read-only arrays of one shape (at least 1-D), and the shape to give back."""
    if len(coords) != len(domain):
        names = ", ".join(domain)
        headline = f"a point of this problem has {len(domain)} coordinate(s)."
        raise DimensionError(explain(headline, given=f"{len(coords)} array(s)", accepted=f"one for each of {names}"))
    arrays = np.broadcast_arrays(*(np.asarray(coord, dtype=np.float64) for coord in coords))
    shape = arrays[0].shape
    views = [array.reshape(-1) if array.ndim == 0 else array.view() for array in arrays]
    for view in views:
        view.flags.writeable = False  # a callable must not change the caller's points
    return tuple(views), shape


def locate(domain: Domain, points: Points, bad: NDArray[np.bool_]) -> str:
    """Show the coordinates of the first offending point."""
    flat = bad.any(axis=tuple(range(bad.ndim - points[0].ndim)))
    at = tuple(np.argwhere(flat)[0])
    return ", ".join(f"{name} = {float(point[at])!r}" for name, point in zip(domain, points, strict=True))


def probe_points(domain: Domain) -> tuple[FloatArray, ...]:
    """Scatter irrational points inside the domain, one array for each axis.

    Infinite ends are reached to some tens only: a coefficient may rightly overflow further out.
    """
    # the additive recurrence with the generalised golden ratio: well spread in one to three dimensions
    ratio = {1: 1.618033988749895, 2: 1.324717957244746, 3: 1.2207440846057596}[len(domain)]
    counts = np.arange(1.0, PROBES + 1.0)
    units: list[FloatArray] = [(0.5 + counts * ratio ** -(k + 1)) % 1.0 for k in range(len(domain))]
    return tuple(_spread(unit, *ends) for unit, ends in zip(units, domain.values(), strict=True))


def _spread(unit: FloatArray, low: float, high: float) -> FloatArray:
    """Map (0, 1) to an interval, finite or not."""
    if math.isinf(low) and math.isinf(high):
        return np.tan(np.pi * (unit - 0.5))
    if math.isinf(high):
        return low + unit / (1.0 - unit)
    if math.isinf(low):
        return high - unit / (1.0 - unit)
    return low + unit * (high - low)


def is_bounded(domain: Domain) -> bool:
    """Whether every axis is finite."""
    return all(math.isfinite(low) and math.isfinite(high) for low, high in domain.values())

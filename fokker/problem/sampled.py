"""Coefficients given as data on points, interpolated by SciPy and never extrapolated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.completion import hides
from fokker.errors import CoefficientError, explain

FloatArray = NDArray[np.float64]


@hides("interpolant")
@dataclass(frozen=True, eq=False, repr=False)
class Sampled:
    """A coefficient known on points.

    Parameters
    ----------
    points : array_like, shape (n,), or tuple of d such arrays
        Strictly increasing abscissae; in d > 1 dimensions one array for each axis.
    values : array_like, shape (n,) or (n_1, ..., n_d)
        The values there. For a vector or a tensor in d > 1 dimensions with leading axes, (d, n_1, ..., n_d)
        or (d, d, n_1, ..., n_d).
    kind : {"monotone", "cubic"}
        "monotone" keeps the shape of the data, so positive data stay positive: PCHIP in one dimension,
        linear along each axis in more. "cubic" is the smoother and more accurate cubic spline, which may
        overshoot.

    Raises
    ------
    CoefficientError
        If the data are not numbers of that shape, or the points do not increase; when called, at points
        outside the data.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.linspace(-1.0, 1.0, 21)
    >>> diffusion = Sampled(x, 1 + x**2)
    >>> diffusion
    Sampled(21 points, kind='monotone')
    >>> round(float(diffusion(0.5)), 12)
    1.25
    """

    points: ArrayLike | tuple[ArrayLike, ...]
    values: ArrayLike
    kind: Literal["monotone", "cubic"] = "monotone"
    axes: tuple[FloatArray, ...] = field(init=False)
    interpolant: Callable[..., Any] = field(init=False)

    def __post_init__(self) -> None:
        if self.kind not in ("monotone", "cubic"):
            accepted = '"monotone" (keeps the shape of the data), "cubic"'
            raise _bad("this kind of interpolation is unknown.", f"kind={self.kind!r}", accepted)
        axes = tuple(_axis(points) for points in _per_axis(self.points))
        values = _numbers(self.values, "values")
        shape = tuple(len(axis) for axis in axes)
        fits = values.shape[-len(axes) :] == shape and (len(axes) > 1 or values.ndim == 1)
        if not fits:
            given = f"values of shape {values.shape} on points of shape {shape}"
            raise _bad("the values of Sampled do not fit its points.", given, f"values of shape {shape}")
        object.__setattr__(self, "axes", axes)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "interpolant", _interpolant(axes, values, self.kind))

    @property
    def dimension(self) -> int:
        """Number of coordinates."""
        return len(self.axes)

    def __call__(self, *coords: ArrayLike) -> FloatArray:
        """Interpolate at points, given as one array for each coordinate, all of one shape."""
        points = [np.asarray(coord, dtype=np.float64) for coord in coords]
        for axis, point in zip(self.axes, points, strict=True):
            outside = ~((point >= axis[0]) & (point <= axis[-1]))
            if outside.any():
                raise _bad(
                    f"the data end before the coordinate {float(point[outside][0])!r}.",
                    f"samples from {float(axis[0])!r} to {float(axis[-1])!r}",
                    "points within the samples: data are never extrapolated",
                    "sample further out, or make the domain smaller",
                )
        if self.dimension == 1:
            return np.asarray(self.interpolant(points[0]), dtype=np.float64)
        result = np.asarray(self.interpolant(np.stack(np.broadcast_arrays(*points), axis=-1)))
        components = np.asarray(self.values).ndim - self.dimension
        return np.moveaxis(result, range(-components, 0), range(components)) if components else result

    def __repr__(self) -> str:
        shape = " x ".join(str(len(axis)) for axis in self.axes)
        return f"Sampled({shape} points, kind={self.kind!r})"


def _per_axis(points: ArrayLike | tuple[ArrayLike, ...]) -> tuple[ArrayLike, ...]:
    """Tell one array of points from a tuple of axes; a tuple of plain numbers is one array."""
    if isinstance(points, tuple) and all(np.ndim(axis) > 0 for axis in points):
        return points
    return (points,)  # type: ignore[return-value]


def _axis(points: ArrayLike) -> FloatArray:
    axis = _numbers(points, "points")
    if axis.ndim != 1 or len(axis) < 2:
        raise _bad("Sampled needs at least two points along an axis.", f"shape {axis.shape}", "shape (n,)")
    rising = np.diff(axis) > 0
    if not rising.all():
        at = int(np.argmin(rising))
        given = f"{float(axis[at])!r} followed by {float(axis[at + 1])!r} (positions {at}, {at + 1})"
        remedy = "sort points and values together with np.argsort, and drop repeated points"
        raise _bad("the points of Sampled do not increase.", given, "strictly increasing points", remedy)
    return axis


def _numbers(data: ArrayLike, name: str) -> FloatArray:
    """Copy real, finite data, so that later changes of the user's array do not reach us."""
    array = np.asarray(data)
    if array.dtype.kind not in "fiu":
        raise _bad(f"the {name} of Sampled are not real numbers.", f"dtype {array.dtype}", "real numbers")
    array = np.array(array, dtype=np.float64, order="C")
    bad = ~np.isfinite(array)
    if bad.any():
        where = tuple(int(index) for index in np.argwhere(bad)[0])
        given = f"{array[where]} at position {where if len(where) > 1 else where[0]}"
        raise _bad(f"the {name} of Sampled are not all finite.", given, "finite real numbers")
    return array


def _interpolant(axes: tuple[FloatArray, ...], values: FloatArray, kind: str) -> Callable[..., Any]:
    # here and not on top: it would double the time of importing the library
    from scipy.interpolate import CubicSpline, PchipInterpolator, RegularGridInterpolator

    if kind == "cubic" and min(len(axis) for axis in axes) < 4:
        given = f"{min(len(axis) for axis in axes)} points"
        raise _bad("a cubic needs at least four points along each axis.", given, 'more points or "monotone"')
    if len(axes) == 1:
        build = CubicSpline if kind == "cubic" else PchipInterpolator
        return build(axes[0], values)  # type: ignore[no-any-return]
    components = values.ndim - len(axes)
    data = np.moveaxis(values, range(components), range(-components, 0)) if components else values
    # SciPy's tensor-product PCHIP evaluates point by point, so shape-preserving means linear here
    return RegularGridInterpolator(axes, data, method="cubic" if kind == "cubic" else "linear")  # type: ignore[no-any-return]


def _bad(headline: str, given: str, accepted: str, remedy: str = "") -> CoefficientError:
    return CoefficientError(explain(headline, given=given, accepted=accepted, try_=remedy))

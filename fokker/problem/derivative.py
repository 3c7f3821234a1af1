"""First derivatives of callables to about ten digits, from values inside an interval only."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fokker.problem.points import FloatArray, Points

NODES = 16
LEVELS = 24
CHUNK = 1 << 14
UNRESOLVED = 1e100
EPSILON = float(np.finfo(np.float64).eps)


def partial(
    function: Callable[[Points], FloatArray], points: Points, axis: int, pieces: tuple[float, ...]
) -> FloatArray:
    """Differentiate along one axis.

    At every point the function is interpolated on Chebyshev points of a window around it, and the
    interpolant is differentiated. The window is centred where there is room, shifted at walls and
    breakpoints so that it never crosses one, and shrunk until the error estimate (last coefficients, misfit
    at the point, rounding) is smallest. For a function that is smooth on a length L the error is about
    1e-12 times its size over L.

    Parameters
    ----------
    function : callable
        Takes a tuple of 1-D arrays, gives an array with any leading component axes.
    points : tuple of ndarray
        The points, one array for each coordinate, all of one shape.
    axis : int
        The coordinate to differentiate by.
    pieces : tuple of float
        Ends of the domain and breakpoints along that axis, increasing.

    Returns
    -------
    ndarray
        Of the shape of ``function(points)``; NaN where no window gives finite values.

    References
    ----------
    L. N. Trefethen, *Approximation Theory and Approximation Practice*, SIAM 2013, chapters 3 and 21.
    """
    flat = [point.reshape(-1) for point in points]
    starts = range(0, max(1, flat[0].size), CHUNK)
    chunks = [_chunk(function, tuple(p[i : i + CHUNK] for p in flat), axis, pieces) for i in starts]
    result = np.concatenate(chunks, axis=-1)
    return result.reshape(result.shape[:-1] + points[0].shape)


def _chunk(
    function: Callable[[Points], FloatArray], points: Points, axis: int, pieces: tuple[float, ...]
) -> FloatArray:
    x = points[axis]
    low, high = _bracket(x, pieces)
    radius = _first_radius(x, low, high)
    value = function(points)
    best, error = np.full(value.shape, np.nan), np.full(value.shape, np.inf)
    active = np.arange(x.size)
    for _ in range(LEVELS):
        if not active.size:
            break
        near = tuple(point[active] for point in points)
        window = radius[active]
        centre = np.clip(x[active], low[active] + window, high[active] - window)
        slope, doubt, resolved = _differentiate(function, near, axis, centre, window, value[..., active])
        better = doubt < error[..., active]
        best[..., active] = np.where(better, slope, best[..., active])
        error[..., active] = np.where(better, doubt, error[..., active])
        # once only rounding is left, smaller windows make it worse
        done = np.atleast_2d((resolved & ~better).reshape(-1, active.size)).all(axis=0)
        active = active[~done]
        radius *= 0.25
    return best


def _bracket(x: FloatArray, pieces: tuple[float, ...]) -> tuple[FloatArray, FloatArray]:
    edges = np.asarray(pieces, dtype=np.float64)
    index = np.searchsorted(edges[1:-1], x, side="right")
    return edges[index], edges[index + 1]


def _first_radius(x: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Half the piece if it is finite; else far more than the unit and the distance from its origin."""
    origin = np.where(np.isfinite(low), low, np.where(np.isfinite(high), high, 0.0))
    widest = 0.5 * (high - low)
    return np.minimum(widest, 1e3 * np.maximum(1.0, np.abs(x - origin)))


def _differentiate(
    function: Callable[[Points], FloatArray],
    points: Points,
    axis: int,
    centre: FloatArray,
    radius: FloatArray,
    value: FloatArray,
) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
    """Give the derivative in one window, its error estimate, and whether that is at rounding level."""
    nodes, transform = _chebyshev()
    window = (centre[:, None] + radius[:, None] * nodes).ravel()
    others = [np.repeat(point, NODES) for point in points]
    others[axis] = window
    with np.errstate(all="ignore"):
        samples = function(tuple(others))
        samples = samples.reshape((*samples.shape[:-1], centre.size, NODES))
        coefficients = samples @ transform
        t = np.clip((points[axis] - centre) / radius, -1.0, 1.0)
        first, second = _chebyshev_at(t)
        slope = (coefficients * second).sum(axis=-1) / radius
        misfit = np.abs((coefficients * first).sum(axis=-1) - value)
        tail = np.abs(coefficients[..., -3:]).sum(axis=-1)
        # a callable may lose a little, and its argument is rounded too
        size = np.abs(samples).max(axis=-1) + np.abs(points[axis] * slope)
        rounding = 16 * NODES * EPSILON * size
        truncation = misfit + NODES * tail
        doubt = (truncation + rounding) / radius
    resolved = truncation <= rounding
    # a misfit has no known length, so a window that misses a feature never beats one that sees it
    doubt = np.where(resolved, doubt, UNRESOLVED * doubt)
    return slope, np.where(np.isfinite(doubt), doubt, np.inf), resolved


def _chebyshev() -> tuple[FloatArray, FloatArray]:
    """Chebyshev points of the first kind (never the ends), and values to coefficients."""
    angles = (np.arange(NODES) + 0.5) * np.pi / NODES
    transform = 2.0 / NODES * np.cos(np.outer(angles, np.arange(NODES)))
    transform[:, 0] *= 0.5
    return np.cos(angles), transform


def _chebyshev_at(t: FloatArray) -> tuple[FloatArray, FloatArray]:
    """T_k(t) and T_k'(t) for k < NODES, the derivative by T_k' = k U_{k-1}."""
    first, second = np.ones((t.size, NODES)), np.ones((t.size, NODES))
    first[:, 1], second[:, 1] = t, 2 * t
    for k in range(2, NODES):
        first[:, k] = 2 * t * first[:, k - 1] - first[:, k - 2]
        second[:, k] = 2 * t * second[:, k - 1] - second[:, k - 2]
    slope = np.zeros_like(second)
    slope[:, 1:] = np.arange(1, NODES) * second[:, :-1]
    return first, slope

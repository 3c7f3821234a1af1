"""Centres, scales and reach of a mapped axis, taken from the coefficients."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.probe import log_density, log_weight_rise, probe_diffusion
from fokker.errors import GridError, explain
from fokker.grid.axis import FAR, Axis
from fokker.problem import Problem
from fokker.problem.feller import is_singular

Array = NDArray[np.float64]

_DEPTH = 700.0  # exp(-700) of the peak: nothing a double can hold lies beyond
_CENTERS = 7  # most places refined without being asked


def fit(problem: Problem, axis: Axis, depth: float = _DEPTH) -> Axis:
    """Return `axis` with what the user left open filled in.

    An infinite end is followed until the density has fallen by exp(-depth).

    Raises
    ------
    GridError
        If the coefficients show no length scale (free diffusion on the line).
    """
    scale, center, reach = axis.wish
    if axis.kind == "logit":
        return axis.fitted(None, None, reach or _logit_reach(problem, axis))
    if axis.log_start is not None:
        return axis.fitted(None, None, reach or _log_reach(problem, axis))
    if center is None:
        center = _centers(problem, axis)
    if scale is None:
        scale = tuple(_scale(problem, axis, c) for c in center)
    elif len(scale) == 1:
        scale = scale * len(center)
    if reach is None:
        reach = (
            _reach(problem, min(center), -1.0, axis.lo, max(scale), axis.cells, depth),
            _reach(problem, max(center), 1.0, axis.hi, max(scale), axis.cells, depth),
        )
    return axis.fitted(scale, center, reach)


def _ladder(axis: Axis) -> Array:
    """Return points that span the domain, dense near the origin (or the start of a half-line)."""
    steps = np.logspace(-6.0, 9.0, 361)
    if math.isfinite(axis.lo):
        return axis.lo + np.concatenate([[0.0], steps])
    if math.isfinite(axis.hi):
        return axis.hi - np.concatenate([steps[::-1], [0.0]])
    return np.concatenate([-steps[::-1], [0.0], steps])


def _known_part(x: Array, values: Array) -> tuple[Array, Array]:
    """Return the stretch of finite values around the one nearest to the origin of the ladder."""
    finite = np.isfinite(values)
    if not finite.any():
        return x[:0], values[:0]
    seed = np.flatnonzero(finite)[np.argmin(np.abs(x[finite] - x[len(x) // 2]))]
    bad = np.flatnonzero(~finite)
    first = bad[bad < seed].max(initial=-1) + 1
    last = bad[bad > seed].min(initial=len(x))
    return x[first:last], values[first:last]


def _centers(problem: Problem, axis: Axis) -> tuple[float, ...]:
    """Return the peaks and barriers of the zero-current density, the most prominent first kept."""
    x = _ladder(axis)
    inside = x[(x > axis.lo) & (x < axis.hi)]
    x, level = _known_part(inside, _level(problem, inside))
    if len(x) < 3:
        return (_origin(axis),)
    turns = np.flatnonzero(np.diff(np.sign(np.diff(level))) != 0) + 1
    turns = turns[np.abs(level[turns]) < np.inf]
    if len(turns) == 0:
        top = int(np.argmax(level))
        # a density that only grows outward has no place of its own
        return (float(x[top]) if math.isfinite((axis.lo, axis.hi)[top > 0]) else _origin(axis),)
    heights = np.abs(np.diff(np.concatenate([[level[0]], level[turns], [level[-1]]])))
    prominence = np.minimum(heights[:-1], heights[1:])
    keep = turns[np.argsort(-prominence, kind="stable")[:_CENTERS]]
    keep = keep[prominence[np.searchsorted(turns, keep)] > 0.1]
    if len(keep) == 0:
        keep = turns[[int(np.argmax(level[turns]))]]
    return tuple(sorted({_refine(problem, float(x[i - 1]), float(x[i + 1])) for i in keep}))


def _origin(axis: Axis) -> float:
    """Return the start of a half-line, or zero on the line."""
    return axis.lo if math.isfinite(axis.lo) else axis.hi if math.isfinite(axis.hi) else 0.0


def _level(problem: Problem, x: Array) -> Array:
    """Return ln p along the ladder, summed outward from its middle so that a bad far end harms no one."""
    middle = len(x) // 2
    right = log_density(problem, x[middle:])
    left = log_density(problem, x[middle::-1])
    return np.concatenate([(left - left[0] + right[0])[:0:-1], right])


def _refine(problem: Problem, low: float, high: float) -> float:
    """Narrow the bracket of a turning point until the density is flat across it."""
    for _ in range(30):
        x = np.linspace(low, high, 33)
        level = log_density(problem, x)
        slope = np.diff(level)
        turn = np.flatnonzero(np.diff(np.sign(slope)) != 0)
        if len(turn) == 0 or not np.isfinite(level).all():
            break
        k = int(turn[0]) + 1
        low, high = float(x[k - 1]), float(x[k + 1])
        if np.abs(level[k - 1 : k + 2] - level[k]).max() < 1e-3:
            return float(x[k])
    return 0.5 * (low + high)


def _scale(problem: Problem, axis: Axis, center: float) -> float:
    """Return half the distance over which ln p changes by 1/2 or D by a factor of two."""
    steps = np.logspace(-9.0, 9.0, 361) * max(1.0, abs(center) * 1e-6)
    found = []
    for sign in (-1.0, 1.0):
        x = center + sign * np.concatenate([[0.0], steps])
        x = x[(x > axis.lo) & (x < axis.hi)] if sign else x
        if len(x) < 2:
            continue
        drop = np.abs(_from_center(problem, x))
        with np.errstate(all="ignore"):
            change = np.abs(np.log2(probe_diffusion(problem, x) / probe_diffusion(problem, x[:1])))
        hit = np.flatnonzero((drop >= 0.5) | (change >= 1.0))
        if len(hit):
            found.append(abs(float(x[hit[0]]) - center))
    if not found:
        raise GridError(
            explain(
                "the coefficients show no length scale, so the line cannot be gridded by itself.",
                given=f"a domain from {axis.lo:g} to {axis.hi:g} with nothing that varies near {center:g}",
                try_="grid=fokker.Grid(x=fokker.Axis.line(cells, scale=..., center=..., reach=...))",
            )
        )
    return 0.5 * min(found)


def _from_center(problem: Problem, x: Array) -> Array:
    return np.concatenate([[0.0], np.cumsum(log_weight_rise(problem, x[:-1], x[1:]))])


def _reach(problem: Problem, center: float, sign: float, end: float, scale: float, cells: int, depth: float) -> float:
    """Return where the density has died out, at most ``FAR`` scales away."""
    if math.isfinite(end):
        return abs(end - center) or scale
    steps = scale * np.concatenate([[0.0], np.logspace(-1.0, np.log10(FAR), 701)])
    level = log_density(problem, center + sign * steps)
    # a few cells must not be asked to span all of exp(-700); nor may a growing weight leave the doubles
    depth = min(depth, 25.0 * cells)
    with np.errstate(invalid="ignore"):
        dead = ~np.isfinite(level) | (level < np.fmax.accumulate(level) - depth) | (level > level[0] + depth)
    first = np.flatnonzero(dead)
    first = first[first > 1]
    return float(steps[first[0] - 1] if len(first) and not np.isfinite(level[first[0]])
                 else steps[first[0]] if len(first) else steps[-1])  # fmt: skip


def singular_ends(problem: Problem) -> tuple[bool, bool]:
    """Return at which finite end D vanishes, or a coefficient is not finite."""
    name = problem.names[0]
    if problem.walls[name][0] == "periodic":
        return False, False
    left, right = (math.isfinite(end) and is_singular(problem, side) for side, end in enumerate(problem.domain[name]))
    return left, right


def _log_reach(problem: Problem, axis: Axis) -> tuple[float, float]:
    """Return the nearest and farthest distance from a singular start at which the density matters."""
    sign = 1.0 if axis.log_start == "lo" else -1.0
    start, width = axis.lo if sign > 0 else axis.hi, axis.hi - axis.lo
    finest = max(1e-9, 1e-8 * abs(start))
    if math.isfinite(width):
        return _alive(problem, start, sign, _towards(start, width), start)[0], width
    return _alive(problem, start, sign, np.logspace(np.log10(finest), 9.0, 721), start)


def _logit_reach(problem: Problem, axis: Axis) -> tuple[float, float]:
    """Return how close to each end of a finite interval the density matters."""
    width = axis.hi - axis.lo
    return (
        _alive(problem, axis.lo, 1.0, _towards(axis.lo, width), axis.lo)[0],
        _alive(problem, axis.hi, -1.0, _towards(axis.hi, width), axis.hi)[0],
    )


def _towards(end: float, width: float) -> Array:
    """Return distances from an end of a finite interval, not so small that rounding of x blurs them."""
    finest = max(1e-12 * width, 1e-8 * abs(end))
    return np.logspace(np.log10(finest), np.log10(0.5 * width), 481)


def _alive(problem: Problem, start: float, sign: float, steps: Array, where: float) -> tuple[float, float]:
    """Return the first and last of `steps` from a singular start at which the density is not dead."""
    d, level = _known_part(steps, _level(problem, start + sign * steps))
    if len(d) < 3:
        raise GridError(
            explain(
                "the coefficients cannot be evaluated near a singular end.",
                given=f"the end {where:g}",
                try_='Axis.half_line(cells, map="log", reach=(nearest, farthest)) or Axis.logit(..., reach=nearest)',
            )
        )
    alive = np.flatnonzero(level > level.max() - _DEPTH)
    return float(d[alive[0]]), float(d[alive[-1]])

"""One-dimensional slices through a problem, from which the scale and reach of an infinite axis are taken."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.automatic import fit
from fokker.discretize.ends import tail
from fokker.discretize.line import Line
from fokker.errors import FokkerError
from fokker.grid import Axis
from fokker.problem import Problem, Window
from fokker.problem.boundary import WallLike

Array = NDArray[np.float64]

_SURE = 700.0  # kT that an infinite axis reaches up where a potential is given
_ROTATING = 40.0  # and where rotation or correlated noise may add to what the slice shows
_TRIED = 2001  # places at which a start for the slice is looked for
_REACH = 10.0  # how far from the origin a start is looked for on an infinite axis


def slice_problem(problem: Problem, name: str) -> Problem:
    """Return the problem along one axis with the other coordinates held where the process likes to be.

    With a potential that is where it is lowest among scattered points, else where the drift is smallest.
    """
    k = problem.names.index(name)
    base = _base(problem)

    def points(x: Array) -> list[Array]:
        return [x if a == k else np.full_like(x, base[a]) for a in range(problem.dimension)]

    def diffusion(x: Array) -> Array:
        values = problem.diffusion_at(*points(x), check=False)
        extra = values.ndim - x.ndim
        chosen: Array = values if extra == 0 else values[k] if extra == 1 else values[k, k]
        return chosen

    domain = {name: problem.domain[name]}
    left, right = (wall.else_ if isinstance(wall, Window) else wall for wall in problem.walls[name])
    walls: dict[str, tuple[WallLike, WallLike]] = {name: (left, right)}
    if problem.has_potential and not problem.has_force:
        return Problem.from_potential(
            lambda x: problem.potential_at(*points(x), check=False),
            temperature=1.0,
            mobility=diffusion,
            domain=domain,
            boundary=walls,
        )

    def drift(x: Array) -> Array:
        values: Array = problem.drift_at(*points(x), check=False)[k]
        return values

    if problem.has_potential:
        return Problem.from_potential(
            lambda x: problem.potential_at(*points(x), check=False),
            temperature=1.0,
            mobility=diffusion,
            force=lambda x: problem.force_at(*points(x), check=False)[k],
            domain=domain,
            boundary=walls,
        )
    return Problem(drift=drift, diffusion=diffusion, convention=problem.alpha, domain=domain, boundary=walls)


def fit_slice(problem: Problem, name: str, axis: Axis) -> Axis:
    """Return an axis with its scale and reach taken from a slice.

    Raises
    ------
    ExplosionError
        If paths along the slice reach infinity in finite time.
    """
    alone = slice_problem(problem, name)
    exact = problem.has_potential and not problem.has_force
    fitted = fit(alone, axis, _SURE if exact else _ROTATING)
    for side in (0, 1):
        tail(Line(alone, fitted, "edge-resistance"), side)  # raises where paths explode
    return fitted


def _base(problem: Problem) -> tuple[float, ...]:
    """Return a point near which the density is large."""
    rng = np.random.default_rng(0)
    clouds = []
    for lo, hi in problem.domain.values():
        low = lo if math.isfinite(lo) else (hi - _REACH if math.isfinite(hi) else -_REACH)
        high = hi if math.isfinite(hi) else (lo + _REACH if math.isfinite(lo) else _REACH)
        middle = 0.5 * (low + high)
        clouds.append(np.append(middle, rng.uniform(low, high, _TRIED)))
    try:
        if problem.has_potential:
            height = problem.potential_at(*clouds, check=False)
        else:
            height = np.linalg.norm(problem.drift_at(*clouds, check=False), axis=0)
    except FokkerError:
        height = np.zeros(len(clouds[0]))
    height = np.where(np.isfinite(height), height, np.inf)
    # the middle, unless some other place is clearly better
    best = int(np.argmin(height)) if height.min() < height[0] else 0
    return tuple(float(cloud[best]) for cloud in clouds)

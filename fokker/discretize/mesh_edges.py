"""Edges of a mesh: exponential fitting along the lines that join the centres of the cells.

Along such a line the potential of `fokker.discretize.edges` rises by ``d(U/T) - int F/T . dl``, or without a potential
by ``(1 - alpha) d ln D - int f/D . dl`` for a scalar D; the current through the face is that along the line.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.edges import Edges, running_integrals, weighted_mean
from fokker.errors import CoefficientError, DimensionError, explain
from fokker.problem import Problem
from fokker.problem.thermal import Thermal

Array = NDArray[np.float64]
MeshScheme = Literal["edge-resistance", "scharfetter-gummel"]

_TWO = 0.5 + np.array([-0.5, 0.5]) / np.sqrt(3.0)  # Gauss points on (0, 1)
_THREE = 0.5 + np.array([-1.0, 0.0, 1.0]) * np.sqrt(0.15)
_WEIGHTS = np.array([5.0, 8.0, 5.0]) / 18.0
_SAME = 1e-12  # relative difference of the diagonal of an isotropic D


def line_edges(problem: Problem, starts: Array, spans: Array, scheme: MeshScheme) -> Edges:
    """Integrate the coefficients along straight lines.

    Parameters
    ----------
    problem : Problem
    starts, spans : array, shape (d, m)
        Where each line starts, and the vector to its end.
    scheme : {"edge-resistance", "scharfetter-gummel"}

    Raises
    ------
    DimensionError
        If D is not a multiple of the unit matrix, or the mobility has an antisymmetric part.
    CoefficientError
        If a coefficient is singular at an end of a line.
    """
    _refuse_antisymmetric(problem)
    lengths = np.sqrt((spans**2).sum(axis=0))
    levels = [_level(problem, ends) for ends in (starts, starts + spans)]
    step = levels[1] - levels[0]
    if not np.isfinite(step).all():
        at = int(np.argmin(np.isfinite(step)))
        where = ", ".join(f"{n} = {x:.6g}" for n, x in zip(problem.names, (starts + spans)[:, at], strict=True))
        raise CoefficientError(explain("a coefficient is singular at the end of an edge.", given=f"near {where}"))
    if scheme == "edge-resistance":
        rise, conductance, plain, bent = _three_points(problem, starts, spans, lengths, levels[0], step)
    else:
        drop, resistivity = _two_points(problem, starts, spans, 0.0, 1.0)
        rise, bent = step - drop, 0
        conductance = plain = 1.0 / (lengths * resistivity)
    broken, fractions = _breaks(problem, starts, spans)
    if len(broken):
        fall, resistance = np.zeros(len(broken)), np.zeros(len(broken))
        for low, high in pairwise(fractions):
            drop, resistivity = _two_points(problem, starts[:, broken], spans[:, broken], low, high)
            fall, resistance = fall + drop, resistance + lengths[broken] * resistivity
        rise[broken], plain[broken] = step[broken] - fall, 1.0 / resistance
        conductance[broken] = plain[broken]
    return Edges(rise, None, conductance, plain, unresolved=bent)


def isotropic_diffusion(problem: Problem, points: Array) -> Array:
    """Return the scalar D at points of shape (d, ...).

    Raises
    ------
    DimensionError
        If D is not a multiple of the unit matrix.
    """
    values = problem.diffusion_at(*points)
    rank = values.ndim - (points.ndim - 1)
    if rank == 0:
        return values
    if rank == 2:
        unit = np.eye(len(points), dtype=bool)
        apart, values = values[~unit], values[unit]
        if apart.any():
            raise _anisotropic("entries off the diagonal")
    if (np.ptp(values, axis=0) > _SAME * values.max(axis=0)).any():
        raise _anisotropic("different entries on the diagonal")
    first: Array = values[0]
    return first


def _anisotropic(given: str) -> DimensionError:
    return DimensionError(
        explain(
            "on a mesh the diffusion must be the same in all directions.",
            given=f"D with {given}",
            accepted="a scalar D, which may depend on the state",
            try_="coordinates in which D is isotropic, or a tensor grid: fokker.discretize",
        )
    )


def _refuse_antisymmetric(problem: Problem) -> None:
    if isinstance(problem.process, Thermal) and problem.process.antisymmetric is not None:
        raise DimensionError(
            explain(
                "an antisymmetric mobility is not solved on a mesh.",
                given="antisymmetric=...",
                try_="a tensor grid: fokker.discretize",
            )
        )


def _level(problem: Problem, points: Array) -> Array:
    """Return the part of the potential that is a function of the place."""
    if problem.has_potential:
        return problem.potential_at(*points)
    if problem.alpha == 1.0:
        return np.zeros(points.shape[1:])
    with np.errstate(divide="ignore"):
        level: Array = (1.0 - problem.alpha) * np.log(isotropic_diffusion(problem, points))
    return level


def _slope(problem: Problem, points: Array, spans: Array, diffusion: Array) -> Array:
    """Return f/D (or F/T) along the lines, times their lengths."""
    if not problem.has_potential:
        drift: Array = (problem.drift_at(*points) * spans).sum(axis=0) / diffusion
        return drift
    if problem.has_force:
        force: Array = (problem.force_at(*points) * spans).sum(axis=0)
        return force
    return np.zeros_like(diffusion)


def _two_points(
    problem: Problem, starts: Array, spans: Array, low: Array | float, high: Array | float
) -> tuple[Array, Array]:
    """Integrate f/D . dl and 1/D over the fractions from low to high, by two Gauss points."""
    width = np.asarray(high - low)
    fractions = np.asarray(low) + np.multiply.outer(_TWO, width * np.ones(starts.shape[1]))
    points = starts[:, None] + fractions * spans[:, None]
    diffusion = isotropic_diffusion(problem, points)
    slope = _slope(problem, points, spans[:, None], diffusion)
    return width * slope.mean(axis=0), width * (1.0 / diffusion).mean(axis=0)


def _three_points(
    problem: Problem, starts: Array, spans: Array, lengths: Array, base: Array, step: Array
) -> tuple[Array, Array, Array, int]:
    """Return rises, conductances, plain ones, and how many edges bend too much for a weighted mean."""
    t = _THREE[:, None]
    points = starts[:, None] + t * spans[:, None]
    diffusion = isotropic_diffusion(problem, points)
    slope = _slope(problem, points, spans[:, None], diffusion)
    rise = step - _WEIGHTS @ slope
    resistivity = 1.0 / diffusion
    if problem.has_potential:
        inner, along = problem.potential_at(*points), step
    else:
        power = (1.0 - problem.alpha) * np.log(diffusion) if problem.alpha != 1.0 else 0.0
        inner, along = power - running_integrals() @ slope, rise
    mean, bent = weighted_mean(inner - base - t * along, along, resistivity, _WEIGHTS)
    return rise, 1.0 / (lengths * mean), 1.0 / (lengths * (_WEIGHTS @ resistivity)), bent


def _breaks(problem: Problem, starts: Array, spans: Array) -> tuple[NDArray[np.intp], Array]:
    """Return the lines that cross breakpoints, and the fractions between which they are smooth, in rows."""
    ends = starts + spans
    crossed = []
    for k, name in enumerate(problem.names):
        low, high = np.minimum(starts[k], ends[k]), np.maximum(starts[k], ends[k])
        for place in problem.breakpoints.get(name, ()):
            with np.errstate(divide="ignore", invalid="ignore"):
                at = (place - starts[k]) / spans[k]
            crossed.append(np.where((low < place) & (place < high), at, 1.0))
    if not crossed:
        return np.zeros(0, dtype=np.intp), np.zeros((0, 0))
    rows = np.sort(np.stack(crossed), axis=0)
    broken = np.flatnonzero((rows < 1.0).any(axis=0))
    rows = rows[:, broken]
    return broken, np.concatenate([np.zeros((1, len(broken))), rows, np.ones((1, len(broken)))])

"""What a stationary current is made of: drift, diffusion, and the gradient of the noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.wide_rises import is_isothermal
from fokker.problem import Problem
from fokker.problem.langevin import Langevin

if TYPE_CHECKING:
    from fokker.results.density import Density

Array = NDArray[np.float64]


def split_current(density: Density, total: tuple[Array, ...]) -> dict[str, tuple[Array, ...]]:
    """Return the parts of a current at the nodes; see `Current.parts`.

    With a potential the drift part is what the diffusive part leaves; otherwise the diffusive part is what the
    other two leave. So they add up exactly.
    """
    assert density.generator is not None
    problem, values = density.generator.problem, density.values
    mesh = tuple(np.meshgrid(*density.nodes, indexing="ij"))
    drift, induced, diffusive = [], [], []
    for k, vector in enumerate(total):
        if problem.has_potential:
            inducing = np.zeros_like(values)
            parts = [_diffusion(problem, mesh, k, a) * _slope(values, x, a) for a, x in enumerate(density.nodes)]
            spreading = -np.sum(parts, axis=0)
            driving = vector - spreading
        else:
            given = problem.drift_at(*mesh)
            driving = (given if len(total) == 1 else given[k]) * values
            slopes = [_slope(_diffusion(problem, mesh, k, a), x, a) for a, x in enumerate(density.nodes)]
            inducing = -(1.0 - problem.alpha) * values * np.sum(slopes, axis=0)
            if not is_isothermal(problem) and problem.alpha > 0.0 and _is_matrix(problem):
                # the noise matrix adds a drift of its own, which D alone does not determine
                inducing = (problem.ito().drift_at(*mesh)[k] - given[k] - np.sum(slopes, axis=0)) * values
            spreading = vector - driving - inducing
        drift.append(driving)
        induced.append(inducing)
        diffusive.append(spreading)
    return {"drift": tuple(drift), "noise-induced": tuple(induced), "diffusive": tuple(diffusive)}


def _is_matrix(problem: Problem) -> bool:
    return isinstance(problem.process, Langevin) and problem.process.amplitude.rank == 2


def _diffusion(problem: Problem, mesh: tuple[Array, ...], k: int, a: int) -> Array:
    values = problem.diffusion_at(*mesh)
    extra = values.ndim - mesh[0].ndim
    if extra < 2 and a != k:
        return np.zeros_like(mesh[0])
    chosen: Array = values if extra == 0 else values[k] if extra == 1 else values[k, a]
    return chosen


def _slope(values: Array, nodes: Array, k: int) -> Array:
    """Return the derivative along axis k, second order on any grid."""
    slope: Array = np.gradient(values, nodes, axis=k, edge_order=2)
    return slope

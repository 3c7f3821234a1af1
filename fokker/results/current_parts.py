"""What a stationary current is made of: drift, diffusion, and the gradient of the noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fokker.problem import Problem

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
            spreading = -_diffusion(problem, mesh, k) * _slope(values, density.nodes[k], k)
            driving = vector - spreading
        else:
            given = problem.drift_at(*mesh)
            driving = (given if len(total) == 1 else given[k]) * values
            inducing = -(1.0 - problem.alpha) * values * _slope(_diffusion(problem, mesh, k), density.nodes[k], k)
            spreading = vector - driving - inducing
        drift.append(driving)
        induced.append(inducing)
        diffusive.append(spreading)
    return {"drift": tuple(drift), "noise-induced": tuple(induced), "diffusive": tuple(diffusive)}


def _diffusion(problem: Problem, mesh: tuple[Array, ...], k: int) -> Array:
    values = problem.diffusion_at(*mesh)
    extra = values.ndim - mesh[0].ndim
    chosen: Array = values if extra == 0 else values[k] if extra == 1 else values[k, k]
    return chosen


def _slope(values: Array, nodes: Array, k: int) -> Array:
    """Return the derivative along axis k, second order on any grid."""
    slope: Array = np.gradient(values, nodes, axis=k, edge_order=2)
    return slope

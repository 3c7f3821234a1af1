"""Tolerant looks at the coefficients far away, where they may overflow: nothing raises, NaN marks the unknown."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.collocation import collocation
from fokker.problem import Problem

Array = NDArray[np.float64]


def probe_diffusion(problem: Problem, x: Array) -> Array:
    """Return D(x), NaN where it is not a positive finite number."""
    with np.errstate(all="ignore"):
        diffusion = problem.diffusion_at(np.ascontiguousarray(x), check=False)
        return np.where(np.isfinite(diffusion) & (diffusion > 0), diffusion, np.nan)


def log_weight_rise(problem: Problem, starts: Array, ends: Array) -> Array:
    """Return ``G(end) - G(start)`` by Gauss quadrature of f/D (differences of a potential where given)."""
    rule = collocation()
    x = starts[:, None] + (ends - starts)[:, None] * rule.points
    flat = np.ascontiguousarray(x.reshape(-1))
    rise = np.zeros(len(starts))
    with np.errstate(all="ignore"):
        if problem.has_potential:
            both = problem.potential_at(np.concatenate([starts, ends]), check=False)
            rise += both[: len(starts)] - both[len(starts) :]
            if not problem.has_force:
                return rise
            slope = problem.force_at(flat, check=False)
        else:
            slope = problem.drift_at(flat, check=False) / probe_diffusion(problem, flat)
        rise += slope.reshape(x.shape) @ rule.weights * (ends - starts)
    return rise


def log_density(problem: Problem, x: Array) -> Array:
    """Return ln p of the zero-current law at increasing points, up to a constant; NaN where unknown."""
    rise = log_weight_rise(problem, x[:-1], x[1:])
    total = np.concatenate([[0.0], np.cumsum(rise)])
    if problem.has_potential or problem.alpha == 1.0:
        return total
    return total - (1.0 - problem.alpha) * np.log(probe_diffusion(problem, x))

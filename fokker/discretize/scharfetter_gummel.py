"""Two-point edge rules for comparison: Scharfetter-Gummel and the square-root approximation (SQRA).

Scharfetter and Gummel (1969): the flux through an edge of length h with potential difference z is
``D/h (B(z) p_i - B(-z) p_j)`` with ``B(z) = z / (exp(z) - 1)``. SQRA puts ``exp(-z/2)`` for B. Both work
in the axis coordinate, where the density is ``p dx/dxi`` and the diffusion ``D (dxi/dx)**2``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.segments import Segments
from fokker.linalg.exponentials import bernoulli

if TYPE_CHECKING:
    from fokker.discretize.line import Line

Array = NDArray[np.float64]

_POINTS = np.array([0.5 - np.sqrt(3) / 6, 0.5 + np.sqrt(3) / 6])  # two-point Gauss rule, weights 1/2


def segments(line: Line, starts: Array, ends: Array) -> Segments:
    """Return two-point segments: the same record as the exact ones, half the length as mass at each end."""
    length = ends - starts
    jump, diffusion = _edge(line, starts, ends)
    factor = bernoulli(jump) if line.scheme == "scharfetter-gummel" else np.exp(-0.5 * jump)
    half = 0.5 * length
    return Segments(-jump, length / (diffusion * factor), half, half, length, np.zeros_like(length))


def _edge(line: Line, starts: Array, ends: Array) -> tuple[Array, Array]:
    """Return the potential difference z and the integral-mean diffusion of each edge, in the coordinate."""
    problem, n, length = line.problem, len(starts), ends - starts
    x = line.position(starts + _POINTS[:, None] * length)
    stretch = line.axis.mapping.stretch(x)  # dx/dxi
    raw = problem.diffusion_at(x.reshape(-1)).reshape(x.shape)
    diffusion = 1.0 / (stretch**2 / raw).mean(axis=0)
    corners = line.position(np.concatenate([starts, ends]))
    slopes = line.axis.mapping.stretch(corners)
    jump = np.log(slopes[:n] / slopes[n:])
    if problem.has_potential:
        level = problem.potential_at(corners)
        jump = jump + level[n:] - level[:n]
        if problem.has_force:
            jump -= (problem.force_at(x.reshape(-1)).reshape(x.shape) * stretch).mean(axis=0) * length
        return jump, diffusion
    drift = problem.drift_at(x.reshape(-1)).reshape(x.shape)
    jump -= (drift / raw * stretch).mean(axis=0) * length
    if problem.alpha != 1.0:
        at_ends = problem.diffusion_at(corners)
        jump += (1.0 - problem.alpha) * np.log(at_ends[n:] / at_ends[:n])
    return jump, diffusion

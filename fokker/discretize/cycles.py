"""Kolmogorov's criterion: a drift has a potential if nothing is gained around any small loop."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.edges import drift_over_diffusion
from fokker.discretize.tensor import diagonal_diffusion
from fokker.grid.lattice import Lattice
from fokker.problem import Problem

Array = NDArray[np.float64]

_WORST = 64  # loops of each plane whose quadrature is checked
_TWO = (0.5 + np.array([-0.5, 0.5]) / np.sqrt(3.0), np.array([0.5, 0.5]))
_THREE = (0.5 + np.array([-1.0, 0.0, 1.0]) * np.sqrt(0.15), np.array([5.0, 8.0, 5.0]) / 18.0)
_ROUNDING = 1e-12


def largest_loop(problem: Problem, lattice: Lattice, rise: Array) -> tuple[float, bool]:
    """Return the largest affinity of a plaquette (kT), and whether it is beyond the error of its quadrature.

    The affinity is the sum of the rises around the loop. At the worst loops of each plane two- and three-point
    quadrature are compared: their difference measures the error.
    """
    worst, broken = 0.0, False
    for a in range(lattice.dimension):
        for b in range(a + 1, lattice.dimension):
            # without the seams of periodic axes
            along, across = (
                lattice.edges(rise, c)[(slice(None),) * c + (slice(0, lattice.shape[c] - 1),)] for c in (a, b)
            )
            gain = np.abs(np.diff(across, axis=a) - np.diff(along, axis=b))
            count = min(_WORST, gain.size)
            chosen = np.argpartition(gain.ravel(), gain.size - count)[gain.size - count :]
            corner = list(np.unravel_index(chosen, gain.shape))
            fine, doubt = np.zeros(count), np.zeros(count)
            for axis, shift, sign in ((a, None, 1.0), (b, a, 1.0), (a, b, -1.0), (b, None, -1.0)):
                place = [c + (k == shift) for k, c in enumerate(corner)]
                both = [_rise(problem, lattice, axis, place, rule) for rule in (_THREE, _TWO)]
                fine += sign * both[0]
                doubt += 4.0 * np.abs(both[0] - both[1]) + _ROUNDING * np.abs(both[0])
            worst = max(worst, float(np.abs(fine).max()))
            broken |= bool((np.abs(fine) > doubt).any())
    for k in range(lattice.dimension):
        if lattice.periodic[k]:
            around, doubt_around = _winding(problem, lattice, k, rise)
            worst = max(worst, around)
            broken |= around > doubt_around
    return worst, broken


def _winding(problem: Problem, lattice: Lattice, k: int, rise: Array) -> tuple[float, float]:
    """Return the largest affinity of a loop around a periodic axis, and the error of its quadrature."""
    gain = np.abs(lattice.edges(rise, k).sum(axis=k))
    at = np.unravel_index(int(np.argmax(gain)), gain.shape)
    count = lattice.shape[k] - 1
    place = [np.full(count, i) for i in at]
    place.insert(k, np.arange(count))
    fine, coarse = (_rise(problem, lattice, k, place, rule) for rule in (_THREE, _TWO))
    # the errors of the edges cancel around a smooth loop: their sum is a generous bound
    doubt = 4.0 * float(np.abs(fine - coarse).sum()) * (count + 1) / count
    return float(gain[at]), doubt + _ROUNDING * float(np.abs(fine).sum())


def _rise(
    problem: Problem, lattice: Lattice, k: int, place: list[NDArray[np.int64]], rule: tuple[Array, Array]
) -> Array:
    """Return minus the integral of f/D, and the convention's part, along edges of axis k."""
    fractions, weights = rule
    axis = lattice.axes[k]
    ends = [np.take(axis.nodes, place[k] + s) for s in (0, 1)]
    others = [np.take(ax.nodes, p) for ax, p in zip(lattice.axes, place, strict=True)]
    points = [x[None] + np.zeros((len(fractions), 1)) for x in others]
    points[k] = ends[0] + fractions[:, None] * (ends[1] - ends[0])
    diffusion = diagonal_diffusion(problem, points, k)
    rise: Array = -(weights @ drift_over_diffusion(problem, points, k, diffusion)) * (ends[1] - ends[0])
    if problem.alpha != 1.0:
        corners = [np.stack([x, x]) for x in others]
        corners[k] = np.stack(ends)
        at_ends = diagonal_diffusion(problem, corners, k)
        rise += (1.0 - problem.alpha) * np.log(at_ends[1] / at_ends[0])
    return rise

"""The flow that a force drives through the faces, relative to the Boltzmann density.

Where ``div(M F exp(-U/T)) = 0`` these flows are free of divergence up to the quadrature over the faces, and the
Boltzmann density is then the stationary law of the cells, to the same accuracy.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.tensor import diagonal_diffusion
from fokker.grid import Lattice
from fokker.problem import Problem

Array = NDArray[np.float64]

_POINTS = 0.5 + np.array([-1.0, 0.0, 1.0]) * np.sqrt(0.15)  # Gauss points on (0, 1)
_WEIGHTS = np.array([5.0, 8.0, 5.0]) / 18.0


def face_drive(problem: Problem, lattice: Lattice, k: int, rows: slice, middle: Array, conductance: Array) -> Array:
    """Return half the flow through the faces of some edges of axis k over conductance times density there.

    Parameters
    ----------
    rows : slice
        Which edges, along the first axis of their array.
    middle : array
        Mean of U/T at the two ends of each edge.
    conductance : array
        Conductance of each edge (see `Edges`).
    """
    axis, count = lattice.axes[k], lattice.edge_shapes[k][k]
    faces = lattice.along(axis.faces[1 : count + 1], k)
    slopes = np.log(lattice.stretches[k])
    between = lattice.along(0.5 * (slopes + np.roll(slopes, -1))[:count], k)
    others = [a for a in range(lattice.dimension) if a != k]
    total = np.zeros(middle.shape)
    for choice in product(range(len(_POINTS)), repeat=len(others)):
        points = [faces if a == k else np.zeros(0) for a in range(lattice.dimension)]
        weight, log_ratio = 1.0, -between
        for a, q in zip(others, choice, strict=True):
            low, high = lattice.axes[a].face_coordinates[:-1], lattice.axes[a].face_coordinates[1:]
            x = lattice.axes[a].position(low + (high - low) * _POINTS[q])
            points[a] = lattice.along(x, a)
            stretch = np.log(lattice.axes[a].mapping.stretch(x) * np.ones_like(x)) - np.log(lattice.stretches[a])
            weight, log_ratio = weight * _WEIGHTS[q], log_ratio + lattice.along(stretch, a)
        points = [x[rows] if a == 0 else x for a, x in enumerate(points)]
        ratio = np.broadcast_to(log_ratio, lattice.edge_shapes[k])[rows]
        flow = diagonal_diffusion(problem, points, k) * problem.force_at(*points)[k]
        with np.errstate(over="ignore"):
            total += weight * flow * np.exp(ratio + middle - problem.potential_at(*points))
    drive: Array = 0.5 * total / conductance
    return drive

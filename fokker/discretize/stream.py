"""The flow that an antisymmetric mobility drives, relative to the Boltzmann density.

With J = -(M + A)(grad U p + T grad p) and p = g exp(-U/T), A transports g along the flow

    v_b = d_a (T A_ba exp(-U/T)),

which is free of divergence for every A: in the plane its stream function is ``T A_12 exp(-U/T)``. Its flow through a
face is the difference of the stream function between the corners of the face, so that the Boltzmann density stays
exactly stationary on the grid and no derivative of A is needed. The stream function is zero on reflecting walls: what
flows past a wall turns back within the outermost cells. In space there is one such function for each pair of axes,
which lives on the edges of the cells along the third.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.edges import Edges
from fokker.discretize.tensor import refuse_tensor
from fokker.errors import FokkerError, explain
from fokker.grid import Lattice
from fokker.problem import Problem
from fokker.problem.points import as_points
from fokker.problem.thermal import Thermal

Array = NDArray[np.float64]


def is_magnetic(problem: Problem) -> bool:
    """Return whether the mobility has an antisymmetric part."""
    return isinstance(problem.process, Thermal) and problem.process.antisymmetric is not None


def with_antisymmetric(problem: Problem, lattice: Lattice, edges: Edges) -> Edges:
    """Return edges with the flow of the antisymmetric mobility, if there is one.

    Raises
    ------
    FokkerError
        If the drift is split about another reference than the potential of the problem.
    """
    if not is_magnetic(problem):
        return edges
    refuse_tensor(problem)
    level = -lattice.log_stretch + problem.potential_at(*lattice.scattered())
    flows = axis_flows(problem, lattice, level)
    return replace(edges, drive=0.5 * flows / (lattice.edge_areas * edges.conductance))


def refuse_reference() -> FokkerError:
    """Return the error for a reference beside an antisymmetric mobility."""
    return FokkerError(
        explain(
            "an antisymmetric mobility acts relative to the Boltzmann density; there is no other reference to give.",
            given="reference=<function>",
            accepted='reference="auto"',
        )
    )


def axis_flows(problem: Problem, lattice: Lattice, level: Array) -> Array:
    """Return the flow of the Boltzmann density through all faces, over its coordinate density there.

    Parameters
    ----------
    level : array, shape (n,)
        U/T minus ln of the product of the stretches, at the nodes. The density at a face is the geometric mean of
        its two cells.

    Returns
    -------
    array
        One number an edge of the lattice, in its order; per time, times the volume of a cell in the coordinates.
    """
    flows = np.zeros(len(lattice.tail))
    middle = 0.5 * (level[lattice.tail] + level[lattice.head])
    for a in range(lattice.dimension):
        for b in range(a + 1, lattice.dimension):
            strength, height = _corners(problem, lattice, a, b)
            for k, other, sign in ((a, b, 1.0), (b, a, -1.0)):
                count = lattice.edge_shapes[k][k]
                mean = lattice.edges(middle, k)
                # the corners of the face between cell i and i + 1 along k have the number i + 1 there
                turned = np.take(strength, np.arange(1, count + 1), axis=k)
                heights = np.take(height, np.arange(1, count + 1), axis=k)
                n = lattice.shape[other]
                with np.errstate(over="ignore"):
                    ends = [
                        np.take(turned, rows, axis=other) * np.exp(mean - np.take(heights, rows, axis=other))
                        for rows in (np.arange(n), np.arange(1, n + 1))
                    ]
                lattice.edges(flows, k)[...] += sign * (ends[1] - ends[0])
    return flows


def _corners(problem: Problem, lattice: Lattice, a: int, b: int) -> tuple[Array, Array]:
    """Return T A_ab times the length of the cell along the third axis, and U/T, at the corners in the plane (a, b)."""
    process = problem.process
    assert isinstance(process, Thermal)
    assert process.antisymmetric is not None
    coordinates, weight = [], np.ones((1,) * lattice.dimension)
    for k, axis in enumerate(lattice.axes):
        if k in (a, b):
            x = axis.faces.copy()
            if lattice.periodic[k]:
                x[-1] = x[0]
        else:
            x = axis.nodes
            weight = weight * lattice.along(lattice.cell_lengths[k] * lattice.stretches[k], k)
        coordinates.append(lattice.along(x, k))
    points = [np.ascontiguousarray(x) for x in np.broadcast_arrays(*coordinates)]
    lifted, _ = as_points(problem.domain, tuple(points))
    strength = process.temperature * process.antisymmetric(lifted)[a, b] * weight
    for k in (a, b):
        for side in (0, -1):
            if problem.walls[problem.names[k]][side] not in ("periodic", "absorbing"):
                rows = (slice(None),) * k + (side,)
                strength[rows] = 0.0
    return strength, problem.potential_at(*points)

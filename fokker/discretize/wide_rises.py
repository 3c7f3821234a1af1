"""Rises of the potential along straight edges of any direction on a tensor grid.

In axis coordinates, in units of the cells, D becomes ``D_ab / (x'_a h_a x'_b h_b)`` and the density is that of the
cells, P. Along an edge with displacement dx

    isothermal:   z = -int D^-1 f . dx - d ln prod_a x'_a,     a potential being known at both ends;
    Ito:          z = -int D^-1 g . dx,   g_a = f_a - D_aa (ln x'_a)' / x'_a,

the last term of g being what Ito's formula adds in a mapped axis.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.selling import capped
from fokker.grid.lattice import Lattice
from fokker.grid.maps import Straight
from fokker.problem import Problem
from fokker.problem.langevin import Langevin
from fokker.problem.thermal import Thermal

Array = NDArray[np.float64]
Index = NDArray[np.integer]

_CHUNK = 1 << 15
_TWO = 0.5 + np.array([-0.5, 0.5]) / np.sqrt(3.0)  # Gauss points on (0, 1)
_NUDGE = 1e-4  # step of the derivative of ln x', in cells


class Law(NamedTuple):
    """What of a problem the edges carry.

    Attributes
    ----------
    problem : Problem
    isothermal : bool
        Whether the current is f p - D grad p, and not f p - div(D p).
    added : array, shape (d, n), or None
        Noise-induced drift at the nodes, length/time, to be added to that of the problem.
    widened : bool
        Whether D is nearly degenerate somewhere, and was kept within the largest condition number.
    """

    problem: Problem
    isothermal: bool
    added: Array | None = None
    widened: bool = False


def is_isothermal(problem: Problem) -> bool:
    """Return whether edges along the noise have one weight for both directions."""
    process = problem.process
    if not isinstance(process, Langevin) or process.convention is None or process.amplitude.is_constant:
        return True  # where D is constant all conventions agree
    return process.alpha == 1.0 and not process.convention.needs_noise_matrix


def over_tensor(tensor: Array, vector: Array) -> Array:
    """Return D^-1 v for tensors of shape (d, d, ...) and vectors of shape (d, ...)."""
    if len(tensor) == 2:
        (a, b), c = tensor[0], tensor[1, 1]
        determinant = a * c - b * b
        plane: Array = np.stack([c * vector[0] - b * vector[1], a * vector[1] - b * vector[0]]) / determinant
        return plane
    rows = [np.cross(tensor[1], tensor[2], axis=0), np.cross(tensor[2], tensor[0], axis=0)]
    rows.append(np.cross(tensor[0], tensor[1], axis=0))
    determinant = (tensor[0] * rows[0]).sum(axis=0)
    # the rows of the inverse of a symmetric matrix are these cross products
    space: Array = np.stack([(row * vector).sum(axis=0) for row in rows]) / determinant
    return space


def full(tensor: Array, dimension: int, lead: int) -> Array:
    """Return D as a full tensor whatever the form in which it was given; `lead` counts its component axes."""
    if lead == 2:
        return tensor
    identity = np.eye(dimension).reshape((dimension, dimension) + (1,) * (tensor.ndim - lead))
    return identity * tensor


def positions(lattice: Lattice, tail: Index, offsets: NDArray[np.integer], t: Array) -> tuple[list[Array], list[Array]]:
    """Return the places at fractions t (shape (q, 1) or (m,)) of edges, and dx/dt there, one array an axis."""
    place = np.unravel_index(tail, lattice.shape)
    points, speeds = [], []
    for k, axis in enumerate(lattice.axes):
        nodes, period = axis.node_coordinates, lattice.periods[k]
        step = lattice.cell_lengths[k][0]
        xi = nodes[place[k]] + t * (step * offsets[:, k])
        if period:
            low = float(axis.face_coordinates[0])
            xi = low + np.mod(xi - low, period)
        x = axis.position(xi)
        points.append(x)
        speeds.append(axis.mapping.stretch(x) * np.ones_like(x) * (step * offsets[:, k]))
    return points, speeds


def rises(law: Law, lattice: Lattice, tail: Index, offsets: NDArray[np.integer], head: Index) -> Array:
    """Return z along whole edges between nodes; shape (m,)."""
    total = np.zeros(len(tail))
    if law.isothermal:
        level = nodal_level(law.problem, lattice)
        total += level[head] - level[tail]
    if law.added is not None:
        pull = _pull(law, lattice)
        total -= 0.5 * sum((pull[k][tail] + pull[k][head]) * offsets[:, k] for k in range(lattice.dimension))
    if not (law.problem.has_potential and not law.problem.has_force):
        total -= integral(law, lattice, tail, offsets, np.ones(len(tail)))
    return total


def rises_to(law: Law, lattice: Lattice, tail: Index, offsets: NDArray[np.integer], ends: Array) -> Array:
    """Return z from the tails of edges up to the fraction `ends` of each; shape (m,)."""
    total = -integral(law, lattice, tail, offsets, ends)
    if law.isothermal:
        points, _ = positions(lattice, tail, offsets, ends)
        level = law.problem.potential_at(*points) if law.problem.has_potential else np.zeros(len(tail))
        for axis, x in zip(lattice.axes, points, strict=True):
            level = level - np.log(axis.mapping.stretch(x))
        total += level - nodal_level(law.problem, lattice)[tail]
    if law.added is not None:
        pull = _pull(law, lattice)
        total -= ends * sum(pull[k][tail] * offsets[:, k] for k in range(lattice.dimension))
    return total


def nodal_level(problem: Problem, lattice: Lattice) -> Array:
    """Return Phi of the cells, the potential minus ln of the product of the stretches; shape (n,)."""
    level: Array = -lattice.log_stretch
    if problem.has_potential:
        level = level + problem.potential_at(*lattice.scattered())
    return level


def integral(law: Law, lattice: Lattice, tail: Index, offsets: NDArray[np.integer], ends: Array) -> Array:
    """Return the integral of ``D^-1 f . dx`` along edges up to the fraction `ends`, by two Gauss points."""
    result = np.zeros(len(tail))
    if law.problem.has_potential and not law.problem.has_force:
        return result
    for first in range(0, len(tail), _CHUNK):
        some = slice(first, first + _CHUNK)
        points, speeds = positions(lattice, tail[some], offsets[some], _TWO[:, None] * ends[some])
        slope = _slope(law, lattice, points)
        total = sum(slope[k] * speed for k, speed in enumerate(speeds))
        result[some] = 0.5 * ends[some] * total.sum(axis=0)
    return result


def _slope(law: Law, lattice: Lattice, points: list[Array]) -> Array:
    """Return D^-1 f at points, or the force over T beside a potential."""
    problem, process = law.problem, law.problem.process
    if isinstance(process, Thermal):
        return problem.force_at(*points)
    drift = problem.drift_at(*points)
    tensor = full(problem.diffusion_at(*points, check=False), len(points), process.amplitude.rank)
    if not law.isothermal:
        drift = drift - np.stack([tensor[k, k] * bend for k, bend in enumerate(_bends(lattice, points))])
    slope = _against(law, lattice, points, tensor, drift)
    if not np.isfinite(slope).all():
        problem.diffusion_at(*points)  # says where and why
    return slope


def _against(law: Law, lattice: Lattice, points: list[Array], tensor: Array, drift: Array) -> Array:
    """Return D^-1 times a drift, with the D that the edges have."""
    if not law.widened:
        return over_tensor(tensor, drift)
    steps = np.stack([
        axis.mapping.stretch(x) * np.ones_like(x) * lattice.cell_lengths[k][0]
        for k, (axis, x) in enumerate(zip(lattice.axes, points, strict=True))
    ])  # fmt: skip
    shape, d = drift.shape, len(drift)
    local = capped((tensor / (steps * steps[:, None])).reshape(d, d, -1)).tensors
    result: Array = over_tensor(local, (drift / steps).reshape(d, -1)).reshape(shape) / steps
    return result


def _pull(law: Law, lattice: Lattice) -> list[Array]:
    """Return D^-1 times the added drift at the nodes, per cell along each axis."""
    points = lattice.scattered()
    process = law.problem.process
    assert isinstance(process, Langevin)
    assert law.added is not None
    tensor = full(law.problem.diffusion_at(*points), len(points), process.amplitude.rank)
    slope = _against(law, lattice, list(points), tensor, law.added)
    steps = [lattice.stretches[k] * lattice.cell_lengths[k] for k in range(lattice.dimension)]
    return [slope[k] * np.broadcast_to(lattice.along(step, k), lattice.shape).ravel() for k, step in enumerate(steps)]


def _bends(lattice: Lattice, points: list[Array]) -> list[Array]:
    """Return d ln x' / dx of each axis at points, by central differences: the maps are analytic."""
    result = []
    for axis, x in zip(lattice.axes, points, strict=True):
        if isinstance(axis.mapping, Straight):
            result.append(np.zeros_like(x))
            continue
        xi, step = axis.coordinate(x), _NUDGE * float(np.diff(axis.face_coordinates[:2])[0])
        high, low = (axis.mapping.stretch(axis.position(xi + s * step)) for s in (1.0, -1.0))
        result.append(np.log(high / low) / (2.0 * step * axis.mapping.stretch(x)))
    return result

"""Leaks through curved walls that absorb partly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.apertures import Openings
from fokker.discretize.edges import drift_over_diffusion
from fokker.discretize.tensor import diagonal_diffusion
from fokker.errors import BoundaryError, explain
from fokker.grid import Lattice
from fokker.linalg.exponentials import bernoulli
from fokker.problem import Problem

Array = NDArray[np.float64]


def film_rates(
    problem: Problem,
    lattice: Lattice,
    open_: Openings,
    share: Array,
    films: list[tuple[str, Callable[..., Any], float]],
) -> dict[str, Array]:
    """Return the rates of leaving through films: label, predicate of points of the wall, and rate kappa each.

    With D_n the diffusion along the normal, s the distance from the node to the wall and z the rise of the
    potential on the way, the flux over the density at the node is ``1 / (exp(z) / kappa + s / (D_n B(z)))``, B the
    Bernoulli function. A node behind the wall sees ``kappa exp(-z) (1 - kappa s / D_n)``, s < 0, which is
    the same to first order in kappa s / D_n, and positive.
    """
    if not films:
        return {}
    cells, area, normal, distance = curved_walls(lattice, open_, share)
    if not len(cells):
        raise BoundaryError(
            explain(
                "a partly absorbing wall has no area on the grid.",
                given="an obstacle whose wall follows the faces of the grid",
                try_="an obstacle that ends inside the domain, or more cells",
            )
        )
    nodes = [x[cells] for x in lattice.scattered()]
    places = np.unravel_index(cells, lattice.shape)
    wall = []
    for k, axis in enumerate(lattice.axes):
        low, high = axis.faces[places[k]], axis.faces[places[k] + 1]
        wall.append(np.clip(nodes[k] + normal[k] * distance, low, high))
    diffusion = [diagonal_diffusion(problem, nodes, k) for k in range(lattice.dimension)]
    along = sum(n**2 * d for n, d in zip(normal, diffusion, strict=True))
    rise = _rise(problem, nodes, wall, diffusion)
    ahead = distance >= 0.0
    away, back = np.where(ahead, distance, 0.0), np.where(ahead, 0.0, -distance)
    weight = lattice.masses[cells] * share[cells]
    result = {}
    for label, where, kappa in films:
        slow = np.exp(rise) / kappa / (1.0 + kappa * back / along) + away / (along * bernoulli(rise))
        rates = np.zeros(lattice.cells)
        rates[cells] = np.where(where(*wall), area / (slow * weight), 0.0)
        result[label] = rates
    return result


def curved_walls(lattice: Lattice, open_: Openings, share: Array) -> tuple[NDArray[np.intp], Array, list[Array], Array]:
    """Return the cells that hold a piece of wall, its area, its normal out of the open part, and its distance.

    The distance from the node to the plane of the piece is negative where the node is behind the wall.
    """
    widths = [
        lattice.along(a * b, k) for k, (a, b) in enumerate(zip(lattice.cell_lengths, lattice.stretches, strict=True))
    ]
    areas, moment = [], lattice.dimension * lattice.masses.reshape(lattice.shape) * open_.cells
    for k, faces in enumerate(open_.faces):
        size = np.ones(lattice.shape)
        for a, width in enumerate(widths):
            size = size * (width if a != k else 1.0)
        low, high = (np.take(faces, range(s, lattice.shape[k] + s), axis=k) * size for s in (0, 1))
        areas.append((low - high).ravel())
        moment = moment - 0.5 * widths[k] * (low + high)
    area = np.sqrt(sum(a**2 for a in areas))
    smallest = np.array([np.broadcast_to(w, lattice.shape).ravel() for w in widths]).min(axis=0)
    floor = 1e-9 * lattice.masses / smallest  # rounding of the apertures
    cells = np.flatnonzero((share > 0.0) & (area > floor))
    normal = [a[cells] / area[cells] for a in areas]
    reach = 0.5 * np.sqrt(sum(np.broadcast_to(w, lattice.shape).ravel() ** 2 for w in widths))[cells]
    return cells, area[cells], normal, np.clip(moment.ravel()[cells] / area[cells], -reach, reach)


def _rise(problem: Problem, nodes: list[Array], wall: list[Array], diffusion: list[Array]) -> Array:
    """Return the rise of the potential from the nodes to the points of the wall next to them, kT."""
    rise = np.zeros(len(nodes[0]))
    if problem.has_potential:
        rise = problem.potential_at(*wall) - problem.potential_at(*nodes)
    for k, d in enumerate(diffusion):
        step = wall[k] - nodes[k]
        rise = rise - drift_over_diffusion(problem, nodes, k, d) * step
        if not problem.has_potential and problem.alpha != 1.0:
            away = [w if a == k else x for a, (x, w) in enumerate(zip(nodes, wall, strict=True))]
            rise = rise + (1.0 - problem.alpha) * np.log(diagonal_diffusion(problem, away, k) / d)
    return rise

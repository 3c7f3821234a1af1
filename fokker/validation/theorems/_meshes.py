"""Meshes of a disc for FiPy: Voronoi cells and Delaunay triangles of a disturbed hexagonal pattern."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.intp]


def pattern(spacing: float, rim: float, jitter: float, seed: int = 0) -> Array:
    """Return hexagonal points moved at random by some of their spacing, inside a circle `rim`; shape (n, 2)."""
    rng = np.random.default_rng(seed)
    count = int(np.ceil(rim / (np.sqrt(0.75) * spacing))) + 1
    j, i = np.mgrid[-count : count + 1, -2 * count : 2 * count + 1]
    points = np.stack([spacing * (i + 0.5 * j), spacing * np.sqrt(0.75) * j], axis=-1).reshape(-1, 2)
    points += jitter * spacing * rng.uniform(-0.5, 0.5, points.shape)
    inside: Array = points[np.hypot(points[:, 0], points[:, 1]) < rim]
    return inside


def circle(radius: float, count: int, turn: float = 0.0) -> Array:
    """Return equally spaced points on a circle, turned by a share of their distance; shape (n, 2)."""
    angle = 2 * np.pi * (np.arange(count) + turn) / count
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def voronoi_disc(fipy: Any, spacing: float, jitter: float = 0.3) -> tuple[Any, Array]:
    """Return a FiPy mesh of Voronoi cells of the unit disc, and the points they belong to, shape (2, n).

    The outermost points lie on a circle, and so do their images in the unit circle: the faces between them are
    tangents of the disc.
    """
    from scipy.spatial import Voronoi

    ring = circle(1.0 - 0.5 * spacing, round(2 * np.pi / spacing))
    inner = pattern(spacing, 1.0 - 1.2 * spacing, jitter)
    points = np.concatenate([inner, ring])
    image = ring * (1.0 + 0.5 * spacing) / (1.0 - 0.5 * spacing)
    diagram = Voronoi(np.concatenate([points, image]))
    pairs = np.array(diagram.ridge_points)
    real = (pairs < len(points)).any(axis=1)
    corners = np.array([diagram.ridge_vertices[k] for k in np.flatnonzero(real)])
    return mesh_of(fipy, diagram.vertices, corners, pairs[real], len(points)), points.T


def delaunay_disc(fipy: Any, spacing: float, jitter: float = 0.3) -> Any:
    """Return a FiPy mesh of Delaunay triangles of the unit disc, with corners on the circle."""
    from scipy.spatial import Delaunay

    count, height = round(2 * np.pi / spacing), np.sqrt(0.75) * spacing
    rings = [circle(1.0, count), circle(1.0 - height, count, 0.5)]  # acute triangles along the circle
    points = np.concatenate([pattern(spacing, 1.0 - 1.9 * height, jitter), *rings])
    corners = Delaunay(points).simplices
    sides = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    owner = np.tile(np.arange(len(corners)), 3)
    faces, number = np.unique(np.sort(sides, axis=1), axis=0, return_inverse=True)
    cells = np.full((len(faces), 2), len(corners))
    order = np.argsort(number.ravel(), kind="stable")
    first = np.searchsorted(number.ravel()[order], np.arange(len(faces)))
    cells[:, 0] = owner[order[first]]
    two = np.bincount(number.ravel()) == 2
    cells[two, 1] = owner[order[first[two] + 1]]
    return mesh_of(fipy, points, faces, cells, len(corners))


def mesh_of(fipy: Any, vertices: Array, faces: Index, cells: Index, count: int) -> Any:
    """Return the FiPy mesh with faces between given pairs of cells; numbers from `count` on are the outside."""
    from fipy.meshes.mesh2D import Mesh2D

    used, corners = np.unique(faces, return_inverse=True)
    cell = cells.T.ravel()
    face = np.tile(np.arange(len(faces)), 2)[cell < count]
    cell = cell[cell < count]
    order = np.argsort(cell, kind="stable")
    cell, face = cell[order], face[order]
    place = np.arange(len(cell)) - np.searchsorted(cell, cell)
    of_cell = np.full((place.max() + 1, count), -1)
    of_cell[place, cell] = face
    return Mesh2D(vertices[used].T, corners.reshape(faces.shape).T, np.ma.masked_less(of_cell, 0))

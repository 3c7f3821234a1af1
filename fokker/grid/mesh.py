"""Cells of any shape in the plane or in space, and the faces between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fokker.grid.axis import Axis
from fokker.linalg import Plan

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]

_PARTS = 6  # sub-divisions of the sides of a simplex


@dataclass(frozen=True, eq=False)
class Rim:
    """The faces on the boundary of a mesh.

    Attributes
    ----------
    cells : array of int, shape (b,)
        The cell of each face.
    areas, distances : array, shape (b,)
        Area (length in the plane), and distance from the centre of the cell to the plane of the face.
    normals : array, shape (d, b)
        Unit vectors that point outwards.
    middles : array, shape (d, b)
        Means of the corners of the faces.
    names : mapping of str to array of bool, shape (b,)
        The faces that go by a name.
    absorbing : mapping of str to array of bool, shape (b,)
        The walls that absorb for good, by label.
    """

    cells: Index
    areas: Array
    distances: Array
    normals: Array
    middles: Array
    names: Mapping[str, Mask]
    absorbing: Mapping[str, Mask] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, repr=False)
class Mesh:
    """Cells with centres and volumes, and the faces between them.

    Attributes
    ----------
    centres : array, shape (d, n)
        The point of each cell that its values belong to.
    volumes : array, shape (n,)
        Areas in the plane.
    tail, head : array of int, shape (m,)
        The two cells of each inner face.
    areas, distances : array, shape (m,)
        Areas of the inner faces (lengths in the plane), and distances between the centres of their cells.
    normals, middles : array, shape (d, m)
        Unit normals from tail to head; means of the corners.
    rim : Rim
        The faces on the boundary.
    corners : array, shape (s, d, d)
        The cells in simplices that share the centre of their cell: their other corners, then the coordinates.
    owners : array of int, shape (s,)
        Cell of each simplex.
    """

    centres: Array
    volumes: Array
    tail: Index
    head: Index
    areas: Array
    distances: Array
    normals: Array
    middles: Array
    rim: Rim
    corners: Array
    owners: Index

    @property
    def dimension(self) -> int:
        """Number of coordinates."""
        return len(self.centres)

    @property
    def cells(self) -> int:
        """Number of cells."""
        return len(self.volumes)

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of cells, as the shape of a list of them."""
        return (self.cells,)

    @property
    def nodes(self) -> tuple[Array, ...]:
        """Coordinates of the centres, one array of shape (n,) an axis."""
        return tuple(self.centres)

    @property
    def axes(self) -> dict[str, Axis]:
        """Empty: the cells do not lie along axes."""
        return {}

    def scattered(self) -> tuple[Array, ...]:
        """Return the coordinates of the centres; see `Lattice.scattered`."""
        return self.nodes

    @cached_property
    def angles(self) -> Array:
        """Angles between the normals of the inner faces and the lines of centres, in degrees; shape (m,)."""
        along = self.centres[:, self.head] - self.centres[:, self.tail]
        forward = (along * self.normals).sum(axis=0)
        sideways = np.sqrt(((along - forward * self.normals) ** 2).sum(axis=0))
        angles: Array = np.degrees(np.arctan2(sideways, forward))
        return angles

    @cached_property
    def plan(self) -> Plan:
        """The elimination of all cells, planned once."""
        return Plan.of_graph(self.nodes, self.tail, self.head)

    def plan_of(self, keep: Mask | None) -> Plan:
        """Return the plan of some cells, of all for None."""
        return self.plan if keep is None else Plan.of_graph(self.nodes, self.tail, self.head, keep)

    def along_tree(self, steps: Array) -> Array:
        """Add up steps along the edges, tail to head, from the first cell to all others on a breadth-first tree."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import breadth_first_order

        ends = np.concatenate([self.tail, self.head]), np.concatenate([self.head, self.tail])
        square = (self.cells, self.cells)
        count = coo_array((np.ones(2 * len(self.tail)), ends), shape=square).tocsr()
        total = coo_array((np.concatenate([steps, -steps]), ends), shape=square).tocsr()
        order, above = breadth_first_order(count, 0, directed=False)
        below, above = order[1:], above[order[1:]]
        # two cells may share several faces
        step = np.asarray(total[above, below] / count[above, below]).ravel()
        level = [0.0] * self.cells
        for cell, parent, rise in zip(below.tolist(), above.tolist(), step.tolist(), strict=True):
            level[cell] = level[parent] + rise
        return np.array(level)

    def samples(self, cells: Index) -> tuple[tuple[Array, ...], Array, Index]:
        """Return points spread evenly over some cells, the share of its cell that each stands for, and the cells."""
        mine = np.flatnonzero(np.isin(self.owners, cells))
        owners, corners = self.owners[mine], self.corners[mine]
        weights = barycentric(self.dimension)
        centres = self.centres[:, owners].T[:, None, :]
        points = np.einsum("qc,scd->sqd", weights, np.concatenate([centres, corners], axis=1))
        size = np.abs(np.linalg.det(corners - centres))
        whole = np.bincount(owners, size, self.cells)
        share = size / whole[owners] / len(weights)
        flat = points.reshape(-1, self.dimension).T
        return tuple(flat), np.repeat(share, len(weights)), np.repeat(owners, len(weights))

    def __repr__(self) -> str:
        ends = " x ".join(f"({x.min():.4g}, {x.max():.4g})" for x in self.centres)
        return f"Mesh of {self.cells} cells with centres in {ends}"


def barycentric(dimension: int, parts: int = _PARTS) -> Array:
    """Return barycentric coordinates of points spread evenly over a simplex, shape (q, d + 1).

    Examples
    --------
    >>> barycentric(1, 2)
    array([[0.75, 0.25],
           [0.25, 0.75]])
    """
    grid = np.stack(np.meshgrid(*([np.arange(parts)] * dimension), indexing="ij"), axis=-1).reshape(-1, dimension)
    inner = grid[grid.sum(axis=1) < parts]
    first = parts - 1 - inner.sum(axis=1, keepdims=True)
    weights: Array = (np.concatenate([first, inner], axis=1) + 1.0 / (dimension + 1)) / parts
    return weights

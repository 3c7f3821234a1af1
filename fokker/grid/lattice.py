"""The cells and edges of a tensor grid in two or three dimensions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fokker.grid.axis import Axis
from fokker.grid.region import Obstacle
from fokker.linalg import Plan

Array = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Lattice:
    """Cells of a tensor grid in C order, and the edges between neighbours, axis by axis.

    Along each axis everything happens in the axis coordinate, in which a mapped axis is uniform.

    Attributes
    ----------
    axes : tuple of Axis
    periodic : tuple of bool
    obstacle : Obstacle or None
        What leaves cells out, or parts of them; the numbers of cells and edges do not know of it.
    """

    axes: tuple[Axis, ...]
    periodic: tuple[bool, ...]
    obstacle: Obstacle | None = None

    @property
    def dimension(self) -> int:
        """Number of axes."""
        return len(self.axes)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Number of cells along each axis."""
        return tuple(axis.cells for axis in self.axes)

    @property
    def cells(self) -> int:
        """Number of cells in all."""
        return math.prod(self.shape)

    @cached_property
    def edge_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shape of the array of edges of each axis; the last edge of a periodic axis leads across the seam."""
        return tuple(
            (*self.shape[:k], n if wraps else n - 1, *self.shape[k + 1 :])
            for k, (n, wraps) in enumerate(zip(self.shape, self.periodic, strict=True))
        )

    @cached_property
    def spans(self) -> tuple[slice, ...]:
        """The edges of each axis in the list of all edges."""
        stops = np.cumsum([0, *(math.prod(shape) for shape in self.edge_shapes)])
        return tuple(slice(int(a), int(b)) for a, b in pairwise(stops))

    @cached_property
    def tail(self) -> Index:
        """The cell at which each edge starts."""
        numbers = np.arange(self.cells, dtype=np.intp).reshape(self.shape)
        return np.concatenate(
            [numbers[(slice(None),) * k + (slice(0, shape[k]),)].ravel() for k, shape in enumerate(self.edge_shapes)]
        )

    @cached_property
    def head(self) -> Index:
        """The cell at which each edge ends: the next one along its axis."""
        numbers = np.arange(self.cells, dtype=np.intp).reshape(self.shape)
        return np.concatenate(
            [
                np.roll(numbers, -1, axis=k)[(slice(None),) * k + (slice(0, shape[k]),)].ravel()
                for k, shape in enumerate(self.edge_shapes)
            ]
        )

    @cached_property
    def periods(self) -> tuple[float, ...]:
        """Length of each periodic axis in its coordinate, zero for the others."""
        return tuple(
            float(np.ptp(axis.face_coordinates[[0, -1]])) if wraps else 0.0
            for axis, wraps in zip(self.axes, self.periodic, strict=True)
        )

    @cached_property
    def edge_lengths(self) -> tuple[Array, ...]:
        """Lengths of the edges along each axis, in its coordinate."""
        result = []
        for axis, period in zip(self.axes, self.periods, strict=True):
            nodes = axis.node_coordinates
            ends = np.append(nodes[1:], nodes[0] + period) if period else nodes[1:]
            result.append(ends - nodes[: len(ends)])
        return tuple(result)

    @cached_property
    def cell_lengths(self) -> tuple[Array, ...]:
        """Lengths of the cells along each axis, in its coordinate."""
        return tuple(np.diff(axis.face_coordinates) for axis in self.axes)

    @cached_property
    def stretches(self) -> tuple[Array, ...]:
        """Derivatives of position by coordinate at the nodes of each axis."""
        return tuple(axis.mapping.stretch(axis.nodes) * np.ones(axis.cells) for axis in self.axes)

    @cached_property
    def masses(self) -> Array:
        """Weights of the cells: coordinate lengths times derivatives, all axes multiplied; shape (n,)."""
        lengths = [a * b for a, b in zip(self.cell_lengths, self.stretches, strict=True)]
        return outer(lengths).ravel()

    @cached_property
    def volumes(self) -> Array:
        """Geometric sizes of the cells; shape (n,)."""
        return outer([axis.widths for axis in self.axes]).ravel()

    @cached_property
    def log_stretch(self) -> Array:
        """Logarithm of the product of the derivatives at the nodes; shape (n,)."""
        return np.log(outer(self.stretches)).ravel()

    @cached_property
    def edge_areas(self) -> Array:
        """Areas of the faces that the edges cross, in the axis coordinates."""
        areas = np.empty(len(self.tail))
        for k in range(self.dimension):
            area = np.ones((1,) * self.dimension)
            for a, lengths in enumerate(self.cell_lengths):
                if a != k:
                    area = area * self.along(lengths, a)
            self.edges(areas, k)[...] = area
        return areas

    @cached_property
    def plan(self) -> Plan:
        """The elimination of all cells, planned once."""
        return Plan.of_lattice(self.shape, self.periodic, self.tail, self.head)

    def along(self, values: Array, axis: int) -> Array:
        """Return one number a place along `axis`, shaped to broadcast over the grid."""
        return values.reshape([-1 if k == axis else 1 for k in range(self.dimension)])

    def node_positions(self) -> tuple[Array, ...]:
        """Return the positions of the nodes, one array an axis, shaped to broadcast over the grid."""
        return tuple(self.along(axis.nodes, k) for k, axis in enumerate(self.axes))

    def scattered(self) -> tuple[Array, ...]:
        """Return the positions of the nodes of all cells, one array of shape (n,) an axis."""
        return tuple(np.broadcast_to(x, self.shape).ravel() for x in self.node_positions())

    def edges(self, values: Array, axis: int) -> Array:
        """Return a view on the edges of one axis, as an array over the grid."""
        return values[self.spans[axis]].reshape(self.edge_shapes[axis])


def outer(parts: list[Array] | tuple[Array, ...]) -> Array:
    """Return the product of one factor an axis over the whole grid."""
    result = parts[0]
    for part in parts[1:]:
        result = result[..., None] * part
    return np.ascontiguousarray(result)

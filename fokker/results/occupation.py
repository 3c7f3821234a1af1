"""Time spent in the cells."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fokker.completion import hides
from fokker.grid import Mesh
from fokker.info import Info
from fokker.linalg import Scaled
from fokker.results import export
from fokker.results.record import MEASURES, NodalRecord

Array = NDArray[np.float64]


@hides("mesh times")
@dataclass(frozen=True, eq=False, repr=False)
class Occupation(NodalRecord):
    """Expected time in each cell before the process stops.

    Attributes
    ----------
    names : tuple of str
    nodes : tuple of array
    masses : array, shape (n,)
        Weights of the cells.
    times : Scaled
        Time in each cell.
    info : Info
    mesh : Mesh or None
        Cells made elsewhere.
    """

    names: tuple[str, ...]
    nodes: tuple[Array, ...]
    masses: Array
    times: Scaled
    info: Info
    mesh: Mesh | None = None

    @property
    def label(self) -> str:
        """Name of the quantity."""
        return f"time per unit of {MEASURES[len(self.names) - 1]}"

    @property
    def unit(self) -> str:
        """Dimension of the values."""
        return f"time/{MEASURES[len(self.names) - 1]}"

    @cached_property
    def mass(self) -> Array:
        """Time in each cell, with the shape of the grid."""
        return self._shaped(self.times.values())

    @cached_property
    def values(self) -> Array:
        """Time per unit of length at the nodes, with the shape of the grid."""
        return self.mass / self._shaped(self.masses)

    @cached_property
    def log_mass(self) -> Array:
        """Natural logarithm of the time in each cell."""
        return self._shaped(self.times.log())

    @property
    def total(self) -> float:
        """The whole time: the mean first-passage time."""
        return float(self.mass.sum())

    def save(self, path: str) -> None:
        """Write the record to an npz file; read it with `fokker.load`."""
        arrays = {"masses": self.masses, **export.pairs(self.times)}
        export.save(path, "Occupation", self.names, self.nodes, arrays, self.info)

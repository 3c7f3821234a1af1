"""The quasi-stationary law."""

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


@hides("cell_mass mesh")
@dataclass(frozen=True, eq=False, repr=False)
class QuasiStationary(NodalRecord):
    """The law of a process that has not yet stopped, after a long time.

    Attributes
    ----------
    names : tuple of str
    nodes : tuple of array
    masses : array, shape (n,)
        Weights of the cells.
    cell_mass : Scaled
        Probabilities of the cells.
    log_rate : float
        Natural logarithm of the escape rate.
    info : Info
    mesh : Mesh or None
        Cells made elsewhere.
    """

    names: tuple[str, ...]
    nodes: tuple[Array, ...]
    masses: Array
    cell_mass: Scaled
    log_rate: float
    info: Info
    mesh: Mesh | None = None

    @property
    def rate(self) -> float:
        """Escape rate, 1/time: the survival probability falls like ``exp(-rate t)``."""
        return float(np.exp(self.log_rate))

    @property
    def label(self) -> str:
        """Name of the quantity."""
        return "quasi-stationary density"

    @property
    def unit(self) -> str:
        """Dimension of the values."""
        return f"1/{MEASURES[len(self.names) - 1]}"

    @cached_property
    def mass(self) -> Array:
        """Probabilities of the cells, with the shape of the grid."""
        return self._shaped(self.cell_mass.values())

    @cached_property
    def values(self) -> Array:
        """Density at the nodes, with the shape of the grid."""
        return self.mass / self._shaped(self.masses)

    def save(self, path: str) -> None:
        """Write the record to an npz file; read it with `fokker.load`."""
        arrays = {"masses": self.masses, "log_rate": np.array([self.log_rate]), **export.pairs(self.cell_mass)}
        export.save(path, "QuasiStationary", self.names, self.nodes, arrays, self.info)

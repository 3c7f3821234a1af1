"""Statistics of transitions between two sets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fokker.completion import hides
from fokker.grid import Mesh
from fokker.info import Info
from fokker.results import export
from fokker.results.current import Current
from fokker.results.record import MEASURES, NodalRecord, mesh_of

Array = NDArray[np.float64]


@hides("cell_mass mesh")
@dataclass(frozen=True, eq=False, repr=False)
class ReactiveFlux(NodalRecord):
    """Density and current of the trajectories that go from one set to another without turning back.

    Attributes
    ----------
    names : tuple of str
    nodes : tuple of array
    masses : array, shape (n,)
        Weights of the cells.
    cell_mass : array, shape (n,)
        Probability to be in a cell on a reactive trajectory.
    current : Current
        Reactive current through the faces, 1/time.
    log_flux : float
        Natural logarithm of the number of transitions per time.
    population : float
        Probability to have come from the source last.
    info : Info
    """

    names: tuple[str, ...]
    nodes: tuple[Array, ...]
    masses: Array
    cell_mass: Array
    current: Current
    log_flux: float
    population: float
    info: Info

    @property
    def mesh(self) -> Mesh | None:
        """Cells made elsewhere."""
        return mesh_of(self.current)

    @property
    def flux(self) -> float:
        """Number of transitions per time."""
        return float(np.exp(self.log_flux))

    @property
    def rate(self) -> float:
        """Transitions per time spent on the side of the source, 1/time."""
        return float(np.exp(self.log_rate))

    @property
    def log_rate(self) -> float:
        """Natural logarithm of the rate."""
        return self.log_flux - float(np.log(self.population))

    @property
    def label(self) -> str:
        """Name of the quantity."""
        return "density of reactive trajectories"

    @property
    def unit(self) -> str:
        """Dimension of the values."""
        return f"1/{MEASURES[len(self.names) - 1]}"

    @property
    def values(self) -> Array:
        """Density of reactive trajectories at the nodes, with the shape of the grid."""
        return self._shaped(self.cell_mass / self.masses)

    def save(self, path: str) -> None:
        """Write the record to an npz file; read it with `fokker.load`."""
        arrays = {
            "masses": self.masses,
            "cell_mass": self.cell_mass,
            "numbers": np.array([self.log_flux, self.population]),
            **self.current.arrays(),
        }
        export.save(path, "ReactiveFlux", self.names, self.nodes, arrays, self.info)

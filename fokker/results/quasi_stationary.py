"""The quasi-stationary law."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.info import Info
from fokker.linalg import Scaled
from fokker.results import export

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import DataArray

Array = NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class QuasiStationary:
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
    """

    names: tuple[str, ...]
    nodes: tuple[Array, ...]
    masses: Array
    cell_mass: Scaled
    log_rate: float
    info: Info

    @property
    def rate(self) -> float:
        """Escape rate, 1/time: the survival probability falls like ``exp(-rate t)``."""
        return float(np.exp(self.log_rate))

    @cached_property
    def mass(self) -> Array:
        """Probabilities of the cells, shape (n,)."""
        return self.cell_mass.values()

    @cached_property
    def values(self) -> Array:
        """Density at the nodes, shape (n,), 1/length."""
        return self.mass / self.masses

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draw the density; take and return Matplotlib axes."""
        from fokker.results.plot_line import draw

        return draw(ax, self.nodes[0], self.values, self.names[0], "quasi-stationary density", **style)

    def to_xarray(self) -> DataArray:
        """Return the density as a labelled array."""
        return export.to_xarray(
            "quasi_stationary_density", self.names, self.nodes, self.values, {"method": self.info.method}
        )

    def save(self, path: str) -> None:
        """Write the record to an npz file; read it with `fokker.load`."""
        arrays = {"masses": self.masses, "log_rate": np.array([self.log_rate]), **export.pairs(self.cell_mass)}
        export.save(path, "QuasiStationary", self.names, self.nodes, arrays, self.info)

    def __repr__(self) -> str:
        return export.summary("QuasiStationary", self.names, self.nodes, self.values, "1/length", self.info)

    def _repr_html_(self) -> str:
        return export.html(repr(self))

"""Time spent in the cells."""

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
class Occupation:
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
    """

    names: tuple[str, ...]
    nodes: tuple[Array, ...]
    masses: Array
    times: Scaled
    info: Info

    @cached_property
    def mass(self) -> Array:
        """Time in each cell, shape (n,)."""
        return self.times.values()

    @cached_property
    def values(self) -> Array:
        """Time per unit of length at the nodes, shape (n,)."""
        return self.mass / self.masses

    @cached_property
    def log_mass(self) -> Array:
        """Natural logarithm of the time in each cell."""
        return self.times.log()

    @property
    def total(self) -> float:
        """The whole time: the mean first-passage time."""
        return float(self.mass.sum())

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draw the time per unit of length; take and return Matplotlib axes."""
        from fokker.results.plot_line import draw

        return draw(ax, self.nodes[0], self.values, self.names[0], "time per unit of length", **style)

    def to_xarray(self) -> DataArray:
        """Return the time per unit of length as a labelled array."""
        return export.to_xarray("occupation", self.names, self.nodes, self.values, {"method": self.info.method})

    def save(self, path: str) -> None:
        """Write the record to an npz file; read it with `fokker.load`."""
        arrays = {"masses": self.masses, **export.pairs(self.times)}
        export.save(path, "Occupation", self.names, self.nodes, arrays, self.info)

    def __repr__(self) -> str:
        return export.summary("Occupation", self.names, self.nodes, self.values, "time/length", self.info)

    def _repr_html_(self) -> str:
        return export.html(repr(self))

"""The stationary probability current: the scheme's own face fluxes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.info import Info
from fokker.results import export

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import DataArray

    from fokker.results.density import Density

Array = NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class Current:
    """Probability current through the faces, 1/time in one dimension.

    Attributes
    ----------
    names : tuple of str
    faces : tuple of array
        Positions of the faces, one array an axis.
    nodes : tuple of array
    values : array, shape (n + 1,)
        Flux through each face in the direction of increasing x.
    info : Info
    """

    names: tuple[str, ...]
    faces: tuple[Array, ...]
    nodes: tuple[Array, ...]
    values: Array
    info: Info

    def vectors(self) -> tuple[Array, ...]:
        """Return the current at the nodes, one array an axis."""
        return (0.5 * (self.values[:-1] + self.values[1:]),)

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draw the current; take and return Matplotlib axes."""
        from fokker.results.plot_line import draw

        return draw(ax, self.faces[0], self.values, self.names[0], "probability current", **style)

    def to_xarray(self) -> DataArray:
        """Return the face fluxes as a labelled array."""
        return export.to_xarray("current", self.names, self.faces, self.values, {"method": self.info.method})

    def save(self, path: str) -> None:
        """Write the record to an npz file; read it with `fokker.load`."""
        arrays = {"values": self.values, "faces": self.faces[0]}
        export.save(path, "Current", self.names, self.nodes, arrays, self.info)

    def __repr__(self) -> str:
        return export.summary("Current", self.names, self.faces, self.values, "1/time", self.info)

    def _repr_html_(self) -> str:
        return export.html(repr(self))


def current(density: Density) -> Current:
    """Return the current of a stationary `density`.

    On a chain it is zero, exactly; on a ring it is the same through every face, and is read off where the
    flow to and fro is weakest, so that the difference of the two flows loses fewest digits.
    """
    chain, generator = density.chain, density.generator
    assert generator is not None
    axis = chain.line.axis
    method, flux = "zero: detailed balance", 0.0
    if not chain.reversible:
        method = "difference of the two flows through the narrowest edge"
        law = density.cell_mass
        there = law[generator.tail].times(generator.forward)
        back = law[generator.head].times(generator.backward)
        edge = int(np.argmin(np.maximum(there.log(), back.log())))
        flux = float(there.values()[edge] - back.values()[edge])
    values = np.full(axis.cells + 1, flux)
    return Current(density.names, (axis.faces,), density.nodes, values, Info(method, {"cells": axis.cells}))

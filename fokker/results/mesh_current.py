"""Probability currents through the faces of a mesh."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.errors import DimensionError, FokkerError, explain
from fokker.grid import Mesh
from fokker.grid.grid import truth
from fokker.info import Info
from fokker.results.current import Current, edge_currents

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import DataArray, Dataset

    from fokker.results.density import Density

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class MeshCurrent(Current):
    """Probability current through the inner faces of a mesh, integrated over each face: 1/time.

    `values` holds the net flow from tail to head of each face; `faces` the middles of the faces.

    Attributes
    ----------
    mesh : Mesh or None
        None for a record loaded from a file.
    """

    mesh: Mesh | None = None

    def vectors(self) -> tuple[Array, ...]:
        """Return the current density of each cell, one array of shape (n,) an axis, 1/(time length**(d-1)).

        The mean of a field without divergence over a cell is the sum of its flows through the faces times the
        places of the faces, over the volume.
        """
        mesh = self._whole("vectors")
        result = []
        for k in range(mesh.dimension):
            out = self.values * (mesh.middles[k] - mesh.centres[k, mesh.tail])
            into = self.values * (mesh.middles[k] - mesh.centres[k, mesh.head])
            flow = np.bincount(mesh.tail, out, mesh.cells) - np.bincount(mesh.head, into, mesh.cells)
            result.append(flow / mesh.volumes)
        return tuple(result)

    def parts(self) -> dict[str, tuple[Array, ...]]:
        """Refuse: on a mesh the parts of a current are not worked out."""
        raise FokkerError(
            explain("the parts of a current are known on tensor grids.", try_="vectors(), or fokker.discretize")
        )

    def through(self, region: Callable[..., Any], where: Callable[..., Any] | None = None) -> float:
        """Return the net flux into a region, 1/time; see `Current.through`."""
        mesh = self._whole("through")
        inside = truth(region, "region", *mesh.nodes).astype(int)
        enter = self.values * (inside[mesh.head] - inside[mesh.tail])
        if where is not None:
            enter = enter * truth(where, "where", *mesh.middles)
        return float(enter.sum())

    def stream_function(self) -> Array:
        """Refuse: there are no rows of corners on a mesh."""
        raise DimensionError(
            explain(
                "a stream function is known on tensor grids.", try_="through(region, where=...), or fokker.discretize"
            )
        )

    def plot(self, ax: Axes | None = None, **style: Any) -> Any:
        """Draw the current as arrows in the plane; take and return Matplotlib axes."""
        from fokker.results.plot_mesh import arrows

        return arrows(self, self._whole("plot"), ax, **style)

    def to_xarray(self) -> DataArray | Dataset:
        """Return the vectors at the centres as labelled arrays."""
        from fokker.results import export

        attributes = {"method": self.info.method}
        parts = {
            f"J_{name}": export.to_xarray(f"J_{name}", self.names, self.nodes, vector, attributes)
            for name, vector in zip(self.names, self.vectors(), strict=True)
        }
        return next(iter(parts.values())).to_dataset().assign(parts)

    def _whole(self, what: str) -> Mesh:
        if self.mesh is None:
            raise FokkerError(explain(f"{what} needs the mesh, which a file does not hold.", given="a loaded record"))
        return self.mesh


def mesh_current(density: Density, mesh: Mesh) -> MeshCurrent:
    """Return the current of a stationary `density`: zero, exactly, under detailed balance."""
    generator = density.generator
    assert generator is not None
    if generator.is_reversible:
        method, flux = "zero: detailed balance", np.zeros(len(mesh.tail))
    else:
        method, flux = "difference of the two flows through each face", edge_currents(generator, density)
    info = Info(method, {"cells": mesh.cells, **generator.notes}, density.info.references, generator.warnings)
    return MeshCurrent(density.names, tuple(mesh.middles), density.nodes, flux, info, density, mesh)

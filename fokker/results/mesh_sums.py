"""Probabilities of regions on a mesh."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.calling import shown
from fokker.errors import TargetError, explain
from fokker.grid import Mesh
from fokker.grid.grid import truth
from fokker.results.mesh_field import log_field

if TYPE_CHECKING:
    from fokker.results.density import Density

Array = NDArray[np.float64]


def mesh_probability(density: Density, mesh: Mesh, region: Callable[..., Any]) -> float:
    """Return the probability of a region: whole cells, and parts of those that its edge cuts.

    A cell is cut where its centre and its corners, or the centres of its neighbours, do not all agree.

    Raises
    ------
    TargetError
        If the region holds no point that was looked at, or is not a predicate.
    """
    inside = truth(region, "region", *mesh.nodes)
    mass = density.cell_mass.values()
    points = mesh.corners.reshape(-1, mesh.dimension).T
    at_corners = truth(region, "region", *points).reshape(-1, mesh.dimension)
    cut = np.zeros(mesh.cells, dtype=bool)
    cut[mesh.owners[(at_corners != inside[mesh.owners][:, None]).any(axis=1)]] = True
    change = inside[mesh.tail] != inside[mesh.head]
    cut[mesh.tail[change]] = True
    cut[mesh.head[change]] = True
    total = float(mass[inside & ~cut].sum())
    if cut.any():
        places, share, cells = mesh.samples(np.flatnonzero(cut))
        within = truth(region, "region", *places)
        logs = log_field(mesh, density.log_values).within(np.stack(places, axis=-1), positive=False)
        with np.errstate(invalid="ignore"):
            weight = share * np.where(np.isfinite(logs), np.exp(logs - density.log_values[cells]), 1.0)
        whole = np.bincount(cells, weight, mesh.cells)
        total += float((mass[cells] * weight / whole[cells])[within].sum())
    if not (inside.any() or total > 0.0):
        raise TargetError(
            explain(
                "the region holds no point of the mesh.",
                given=f"{shown(region)} on {mesh.cells} cells",
                try_="a predicate that is True somewhere in the mesh, or more cells for a narrow region",
            )
        )
    return total

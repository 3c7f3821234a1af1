"""Flows through the faces of a grid under any law of its cells, not only the stationary one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fokker.generator import Generator
from fokker.info import Info
from fokker.results.current import Current, lattice_flows, on_faces
from fokker.results.mesh_current import MeshCurrent

if TYPE_CHECKING:
    from fokker.results.density import Density

Array = NDArray[np.float64]


def transient_current(density: Density, generator: Generator) -> Current:
    """Return the current of a law that is not stationary: the net flow through each face and into each wall."""
    fluxes = face_flows(generator, density.cell_mass.values())
    method = "difference of the two flows through each face"
    info = Info(method, {"cells": generator.cells}, density.info.references, generator.warnings)
    if generator.mesh is not None:
        mesh = generator.mesh
        return MeshCurrent(density.names, tuple(mesh.middles), density.nodes, fluxes[0], info, density, mesh)
    faces = tuple(axis.faces for axis in generator.grid.axes.values())
    return Current(density.names, faces, density.nodes, fluxes if len(fluxes) > 1 else fluxes[0], info, density)


def face_flows(generator: Generator, law: Array) -> tuple[Array, ...]:
    """Return the flow through the faces under a law of the cells, one array an axis; on a mesh one for all edges."""
    flow = generator.forward * law[generator.tail] - generator.backward * law[generator.head]
    if generator.mesh is not None:
        return (flow,)
    if generator.lattice is not None:
        result = on_faces(generator.lattice, lattice_flows(generator, flow))
    else:
        values = np.zeros(generator.cells + 1)
        values[1:-1] = flow[: generator.cells - 1]
        if len(flow) == generator.cells:  # a ring
            values[0] = values[-1] = flow[-1]
        result = (values,)
    for k, name in enumerate(generator.problem.names):
        for side, sign in (("left", -1.0), ("right", 1.0)):
            for label, rates in generator.exit_rates.items():
                if label == f"{name} {side}" or label.startswith(f"{name} {side} "):
                    out = np.moveaxis((rates * law).reshape(generator.shape), k, 0)
                    wall = np.moveaxis(result[k], k, 0)
                    wall[0 if sign < 0.0 else -1] += sign * out[0 if sign < 0.0 else -1]
    return result

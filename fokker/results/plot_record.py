"""Which picture a record draws of itself, by its dimension."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.errors import DimensionError, explain
from fokker.results.plot_field import COMMITTOR, field, isolines
from fokker.results.plot_flow import streamlines
from fokker.results.plot_grid import view_of
from fokker.results.plot_line import draw, new_axes
from fokker.results.plot_mesh import cells
from fokker.results.plot_obstacle import LINES, OVER_STREAMS, cut_cells_filled, outline
from fokker.results.plot_slices import slices
from fokker.results.record import mesh_of, obstacle_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from fokker.grid import Obstacle
    from fokker.results.current import Current
    from fokker.results.density import Density
    from fokker.results.record import NodalRecord

Array = NDArray[np.float64]


def draw_record(record: NodalRecord, ax: Axes | None, **style: Any) -> Any:
    """Draw values over the nodes: a curve, a picture with lines of equal value, or marginals."""
    if len(record.names) == 1:
        return draw(ax, record.nodes[0], record.values, record.names[0], record.label, **style)
    if record.values.ndim == 1:
        return cells(record, mesh_of(record), ax, **({"log": record.unit != "dimensionless"} | style))
    label = f"{record.label} ({record.unit})"
    if len(record.names) == 3:
        return slices(ax, record.nodes, np.nan_to_num(record.values), record.names, label, **style)  # type: ignore[arg-type]
    nodes, names = (record.nodes[0], record.nodes[1]), (record.names[0], record.names[1])
    logs = getattr(record, "log_values", None)
    obstacle = obstacle_of(record)
    values, logs = without_obstacle(obstacle, record.values, logs)
    probability = record.unit == "dimensionless"
    ax = field(ax, nodes, values, names, label, log=not probability, log_values=logs, **style)
    outline(ax, obstacle, nodes)
    lines: dict[str, Any] = {} if obstacle is None else {"zorder": LINES}
    if probability:
        return isolines(ax, nodes, values, names, label, COMMITTOR, emphasis=0.5, **lines)
    return isolines(ax, nodes, values, names, label, log_values=logs, **lines)


def without_obstacle(obstacle: Obstacle | None, values: Array, logs: Any) -> tuple[Array, Any]:
    """Return values and logarithms with what an obstacle leaves out blank, but for cells that its wall cuts."""
    return cut_cells_filled(obstacle, values), None if logs is None else cut_cells_filled(obstacle, logs)


def draw_density(density: Density, ax: Axes | None, log: bool, **style: Any) -> Any:
    """Draw a density where the probability is; with `log`, on a logarithmic scale."""
    if density.values.ndim == 1:
        return cells(density, mesh_of(density), ax, log=log, **style)
    label = f"{density.label} ({density.unit})"
    lattice = density.lattice
    if lattice is None:  # loaded without its generator: the nodes are all there is
        return draw_record(density, ax, **style)
    values, logs = without_obstacle(lattice.obstacle, density.values, density.log_values)
    if len(density.names) == 3:
        widths = tuple(axis.widths for axis in lattice.axes)
        names = (density.names[0], density.names[1], density.names[2])
        return slices(ax, density.nodes, density.values, names, label, widths=widths, **style)  # type: ignore[arg-type]
    nodes, names2 = (density.nodes[0], density.nodes[1]), (density.names[0], density.names[1])
    faces = (lattice.axes[0].faces, lattice.axes[1].faces)
    ax = field(
        ax,
        nodes,
        values,
        names2,
        label,
        log=log,
        log_values=logs if log else None,
        faces=faces,
        periodic=(lattice.periodic[0], lattice.periodic[1]),
        view=view_of(faces, density.mass, 0.9999 if log else 0.999),
        **style,
    )
    outline(ax, lattice.obstacle, nodes, faces)
    return ax


def draw_current(current: Current, ax: Axes | None, **style: Any) -> Any:
    """Draw a current: a curve over one coordinate, streamlines over two."""
    if len(current.names) == 1:
        return draw(ax, current.faces[0], current.fluxes[0], current.names[0], "probability current", **style)
    if len(current.names) == 3:
        raise DimensionError(
            explain(
                "a current in three dimensions has no single picture.",
                given=f"the axes {', '.join(current.names)}",
                try_="vectors(), and a slice of it",
            )
        )
    density = current.density
    scale, periodic = None, (False, False)
    if density is not None and density.generator is not None:
        generator = density.generator
        # what cancels in the difference of the two flows through a face, per area of the face
        flows = generator.forward * density.mass.ravel()[generator.tail]
        widths = [float(np.median(np.diff(x))) for x in current.faces]
        scale = float(flows.max()) / max(widths)
        assert generator.lattice is not None
        periodic = (generator.lattice.periodic[0], generator.lattice.periodic[1])
    nodes, names = (current.nodes[0], current.nodes[1]), (current.names[0], current.names[1])
    faces = (current.faces[0], current.faces[1])
    vectors = current.vectors()
    ax = ax or new_axes()
    streamlines(ax, nodes, (vectors[0], vectors[1]), names, scale=scale, faces=faces, periodic=periodic, **style)
    outline(ax, obstacle_of(density), nodes, faces, OVER_STREAMS)
    return ax

"""Pictures of fields on a mesh: each cell in its colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.errors import DimensionError, explain
from fokker.grid import Mesh
from fokker.results.plot_colour import colour_bar, linear_scale, log10_of, log_scale
from fokker.results.plot_line import name_axes, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from fokker.results.mesh_current import MeshCurrent
    from fokker.results.record import NodalRecord

Array = NDArray[np.float64]


def cells(record: NodalRecord, mesh: Mesh | None, ax: Axes | None, log: bool = False, **style: Any) -> Axes:
    """Draw a field in the plane, one colour a cell; from its centres alone where the mesh is not known.

    Raises
    ------
    DimensionError
        In three dimensions.
    """
    _require_plane(record.names)
    ax = ax or new_axes()
    if log:
        scale = log_scale(log10_of(record.values, getattr(record, "log_values", None)))
    else:
        scale = linear_scale(record.values)
    drawn: dict[str, Any] = {
        "cmap": scale.colours(style.pop("cmap", None)), "vmin": scale.low, "vmax": scale.high, "rasterized": True
    } | style  # fmt: skip
    if mesh is None:
        x, y = record.nodes
        picture: Any = ax.tripcolor(x, y, scale.values.filled(scale.low), shading="gouraud", **drawn)
    else:
        triangles = np.arange(3 * len(mesh.owners)).reshape(-1, 3)
        ends = np.concatenate([mesh.centres[:, mesh.owners].T[:, None], mesh.corners], axis=1).reshape(-1, 2)
        # the seams between triangles of one colour show unless they are drawn over
        drawn = {"facecolors": scale.values[mesh.owners], "edgecolors": "face", "linewidth": 0.4} | drawn
        draw: Any = ax.tripcolor  # its annotations know no keywords in a dictionary
        picture = draw(ends[:, 0], ends[:, 1], triangles, **drawn)
    name_axes(ax, record.names[0], record.names[1])
    ax.set_aspect("equal")
    colour_bar(ax, picture, scale, f"{record.label} ({record.unit})")
    return ax


def arrows(current: MeshCurrent, mesh: Mesh, ax: Axes | None, **style: Any) -> Axes:
    """Draw a current in the plane as arrows at the centres, at most some forty along each axis."""
    _require_plane(current.names)
    ax = ax or new_axes()
    along, across = current.vectors()
    every = max(1, round(mesh.cells / 1600))
    chosen = slice(None, None, every)
    ax.quiver(*(x[chosen] for x in mesh.centres), along[chosen], across[chosen], **({"angles": "xy"} | style))
    name_axes(ax, current.names[0], current.names[1])
    ax.set_aspect("equal")
    return ax


def _require_plane(names: tuple[str, ...]) -> None:
    if len(names) != 2:
        raise DimensionError(
            explain(
                "a field on a mesh in space has no single picture.",
                given=f"the axes {', '.join(names)}",
                try_="at(...) on a plane, or the values at the nodes",
            )
        )

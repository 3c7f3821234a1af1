"""Obstacles in pictures: their true outline, drawn over the cells that it cuts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fokker.grid import Obstacle, Region
from fokker.grid.grid import truth
from fokker.results.plot_colour import NOTHING
from fokker.results.plot_grid import edges

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
Pair = tuple[Array, Array]

LINES = 1.2  # zorder of lines that end at the wall, beneath the obstacle
_OVER = 1.5  # and of the obstacle, beneath what is drawn later
OVER_STREAMS = 2.2  # and above lines that follow a field known at nodes only
_RASTER = 800  # points along each side of the picture at which the obstacle is asked


def cut_cells_filled(obstacle: Obstacle | None, values: Array) -> Array:
    """Return values with what an obstacle leaves out blank, but for cells next to what it leaves.

    These may lie partly outside of it; they take the mean of their neighbours, and the outline is drawn over them.
    """
    if obstacle is None:
        return values
    room = obstacle.kept.reshape(values.shape)
    blank = np.where(room, values, np.nan)
    if values.ndim != 2:
        return blank
    total, count = np.zeros(values.shape), np.zeros(values.shape)
    finite = np.pad(room & np.isfinite(values), 1)
    padded = np.where(finite, np.pad(values, 1), 0.0)
    n, m = values.shape
    for i in range(3):
        for j in range(3):
            total += padded[i : i + n, j : j + m]
            count += finite[i : i + n, j : j + m]
    return np.where(room | (count == 0), blank, total / np.maximum(count, 1))


def outline(ax: Axes, obstacle: Obstacle | None, nodes: Pair, faces: Pair | None = None, zorder: float = _OVER) -> None:
    """Cover the obstacle in grey up to its wall, which is found on a raster finer than the picture shows."""
    if obstacle is None:
        return
    places = []
    for node, face, view in zip(nodes, faces or (None, None), (ax.get_xlim(), ax.get_ylim()), strict=True):
        sides = edges(node, face)
        within = np.linspace(max(sides[0], min(view)), min(sides[-1], max(view)), _RASTER + 1)
        # beyond the view, for who widens it, the faces are fine enough
        places.append(np.union1d(within, sides[(sides < within[0]) | (sides > within[-1])]))
    x, y = (mesh.ravel() for mesh in np.meshgrid(*places))
    region = obstacle.predicate
    if isinstance(region, Region):
        depth = -np.broadcast_to(np.asarray(region.level(x, y), dtype=float), x.shape)
    else:
        depth = np.where(truth(region, "obstacle", x, y), 0.5, -0.5)
    if not (depth > 0.0).any():
        return
    limits = ax.get_xlim(), ax.get_ylim()
    heights = depth.reshape(len(places[1]), len(places[0]))
    ax.contourf(*places, heights, [0.0, float(depth.max()) + 1.0], colors=[NOTHING], zorder=zorder)
    ax.set(xlim=limits[0], ylim=limits[1])

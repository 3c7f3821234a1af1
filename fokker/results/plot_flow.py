"""Pictures of probability currents: streamlines whose density and width follow the current."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.results.plot_colour import INK, PAPER, note
from fokker.results.plot_field import field
from fokker.results.plot_grid import Box, Sheet, sheet
from fokker.results.plot_line import name_axes, new_axes
from fokker.results.stream_paths import Flow, paths

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

_EVEN = 257  # points along each side of the field that is followed
_NOISE = 1e-12  # a difference of two flows, each good to 1e-13, is noise below this share of them
_THIN, _THICK = 0.5, 2.0  # widths of lines, points
_STEPS = 8  # steps of a line drawn with one width
_HALO = 0.9  # paper seen around a line, points
_BETWEEN = 170  # steps between two arrows of one line


def streamlines(
    ax: Axes | None,
    nodes: tuple[Array, Array],
    vectors: tuple[Array, Array],
    names: tuple[str, str],
    *,
    density: Array | None = None,
    label: str = "density",
    scale: float | None = None,
    faces: tuple[Array, Array] | None = None,
    periodic: tuple[bool, bool] = (False, False),
    view: Box | None = None,
    **style: Any,
) -> Axes:
    """Draw a current as streamlines, closer and thicker where more flows.

    The strength is that seen on the picture, ``hypot(J0 L1, J1 L0)`` for a view of sides L0 and L1: what flows
    through a line drawn on it, whatever the units of the two coordinates. Where it is below 2 % of the largest
    there are no lines.

    Parameters
    ----------
    ax : Axes or None
        Over a picture already there, its limits are kept unless a `view` is given.
    nodes : pair of array, shapes (n0,), (n1,)
        Places of the vectors.
    vectors : pair of array, shape (n0, n1)
        Components of the current, 1/(length time); what is not a number counts as zero.
    names : pair of str
        Names of the coordinates.
    density : array, shape (n0, n1), optional
        A density to draw beneath, with `label` at its colour bar.
    scale : float, optional
        Size of the two opposite flows whose difference the current is, in its unit. A current below 1e-12 of
        it is rounding: "no current" is written instead of lines.
    faces, periodic, view
        As for `fokker.results.plot_field.field`.
    **style
        ``color`` and ``linewidth`` (of the strongest part), and what Matplotlib's LineCollection takes.

    Returns
    -------
    Axes
    """
    ax = ax or new_axes()
    limits = view or ((ax.get_xlim(), ax.get_ylim()) if ax.has_data() else None)
    if density is not None:
        field(ax, nodes, density, names, label, faces=faces, periodic=periodic, view=limits)
    grid = sheet(nodes, faces, periodic, limits)
    largest = max((float(np.nanmax(np.abs(part), initial=0.0)) for part in vectors), default=0.0)
    flow = _flow(grid, vectors) if largest > _NOISE * (scale or 0.0) else None
    name_axes(ax, *names)
    ax.set(xlim=grid.view[0], ylim=grid.view[1])
    if flow is None:
        note(ax, "no current")
    else:
        _draw(ax, grid.view, flow, style)
    return ax


def _flow(grid: Sheet, vectors: tuple[Array, Array]) -> Flow | None:
    """Return the current on even points of the view, in its own coordinates; None if there is none."""
    from scipy.interpolate import RegularGridInterpolator

    even = [np.linspace(low, high, _EVEN) for low, high in grid.view]
    points = np.stack(np.meshgrid(*even, indexing="ij"), axis=-1)
    sides = [high - low for low, high in grid.view]
    parts = []
    for part, across in zip(vectors, reversed(sides), strict=True):
        places, values = grid.to_walls(np.nan_to_num(part, nan=0.0, posinf=0.0, neginf=0.0))
        parts.append(RegularGridInterpolator(places, values, bounds_error=False, fill_value=0.0)(points) * across)
    largest = float(np.hypot(*parts).max())
    return Flow(np.stack(parts, axis=-1) / largest) if largest > 0 else None


def _draw(ax: Axes, view: Box, flow: Flow, style: dict[str, Any]) -> None:
    from matplotlib.collections import LineCollection
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.patheffects import Normal, Stroke

    style = dict(style)
    colour, thick = style.pop("color", INK), float(style.pop("linewidth", _THICK))
    origin = np.array([low for low, _ in view])
    sides = np.array([high - low for low, high in view])
    lines = paths(flow)
    segments, widths = [], []
    for line in lines:
        placed, across = origin + sides * line, _width(flow, line, thick)
        # a few steps of nearly equal width are one path: a vector file holds each path whole
        for first in range(0, len(line) - 1, _STEPS):
            segments.append(placed[first : first + _STEPS + 1])
            widths.append(float(across[first : first + _STEPS + 1].mean()))
    if not lines:
        return
    width = np.array(widths)
    settings: dict[str, Any] = {"capstyle": "round", "zorder": 2.0} | style
    for tint, extra in ((PAPER, 2 * _HALO), (colour, 0.0)):
        drawn = LineCollection(segments, linewidths=width + extra, colors=tint, **settings)
        ax.add_collection(drawn, autolim=False)
    halo = [Stroke(linewidth=2 * _HALO, foreground=PAPER), Normal()]
    for number, line in enumerate(lines):
        for k in _arrows(flow, line, number):
            tail, head = origin + sides * line[k], origin + sides * line[k + 1]
            size = 5.0 + 3.5 * float(_width(flow, line[k : k + 1], thick)[0])
            arrow = FancyArrowPatch(
                (tail[0], tail[1]),
                (head[0], head[1]),
                arrowstyle="-|>",
                mutation_scale=size,
                color=colour,
                linewidth=0,
                shrinkA=0,
                shrinkB=0,
                zorder=settings["zorder"] + 0.1,
                path_effects=halo,
            )
            ax.add_patch(arrow)


def _width(flow: Flow, points: Array, thick: float) -> Array:
    """Return line widths proportional to the strength, and never invisible."""
    return np.maximum(thick * flow.strength(points), min(_THIN, thick))


def _arrows(flow: Flow, line: Array, number: int) -> list[int]:
    """Return the steps that carry an arrow, among the stronger ones; neighbours carry them at different places."""
    count = max(1, round(len(line) / _BETWEEN))
    chosen = []
    for part in np.array_split(np.arange(2, len(line) - 2), count):
        strength = flow.strength(line[part])
        strong = part[strength >= 0.6 * strength.max()]
        chosen.append(int(strong[int(len(strong) * ((0.5 + 0.618 * number) % 1))]))
    return chosen

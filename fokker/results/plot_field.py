"""Pictures of fields over two coordinates: colours, and lines of equal value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.results.plot_colour import (
    INK,
    PAPER,
    Scale,
    above_floor,
    colour_bar,
    even_marks,
    is_constant,
    linear_scale,
    log10_of,
    log_scale,
    note,
    number,
    number_of_log,
)
from fokker.results.plot_grid import Box, Sheet, sheet
from fokker.results.plot_line import name_axes, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

COMMITTOR = tuple(k / 10 for k in range(1, 10))  # levels of a probability; emphasise 0.5
_BANDS = 14  # steps of a picture in bands
_BORDER = 0.07  # no labels as near to the border, in widths of the picture
_LINES = 9  # about as many lines of equal value
_NEAR = 5.0  # percentile below which values do not choose the levels: they crowd at a target


def field(
    ax: Axes | None,
    nodes: tuple[Array, Array],
    values: Array,
    names: tuple[str, str],
    label: str,
    *,
    log: bool = False,
    log_values: Array | None = None,
    decades: float | None = None,
    contours: bool = False,
    faces: tuple[Array, Array] | None = None,
    periodic: tuple[bool, bool] = (False, False),
    view: Box | None = None,
    bar: bool = True,
    **style: Any,
) -> Axes:
    """Draw a field in colours, with a colour bar.

    Parameters
    ----------
    ax : Axes or None
        None: axes of a new figure.
    nodes : pair of array, shapes (n0,), (n1,)
        Places of the values, evenly spaced or not.
    values : array, shape (n0, n1)
        The field; what is not a number is left grey.
    names : pair of str
        Names of the coordinates.
    label : str
        Quantity and unit, for the colour bar.
    log : bool
        Colours by the logarithm. Zeros take the colour of the floor.
    log_values : array, shape (n0, n1), optional
        Natural logarithms of the field, used with `log`: they go below the range of doubles.
    decades : float, optional
        Depth of a logarithmic scale; 12 or all there is, whichever is less.
    contours : bool
        Bands of equal colour rather than one colour a cell.
    faces : pair of array, optional
        Edges of the cells; the middles between nodes when left out.
    periodic : pair of bool
        Axes that close into a ring.
    view : pair of (float, float), optional
        Limits of the picture, as from `view_of`; the colours are scaled to what is seen.
    bar : bool
        Whether to draw the colour bar.
    **style
        For Matplotlib's pcolormesh or contourf; ``cmap``, ``vmin`` and ``vmax`` among them.

    Returns
    -------
    Axes
    """
    ax = ax or new_axes()
    grid = sheet(nodes, faces, periodic, view)
    scale = _scale(grid, values, log, log_values, decades, style)
    colours = scale.colours(style.pop("cmap", None))
    settings: dict[str, Any] = {"cmap": colours, "zorder": 0.5} | style
    ax.grid(False)
    if contours:
        places, heights = grid.to_walls(scale.values.filled(np.nan))
        steps = even_marks(scale.low, scale.high, _BANDS)
        # the outermost bands take the ends of the colour map: nothing stays white
        settings = {"vmin": 0.5 * (steps[0] + steps[1]), "vmax": 0.5 * (steps[-2] + steps[-1])} | settings
        heights = np.ma.masked_invalid(heights.T)
        picture: Any = ax.contourf(*places, heights, steps, **settings, extend=scale.extend)
    else:
        rows, columns = grid.shown
        sides = grid.faces[0][rows.start : rows.stop + 1], grid.faces[1][columns.start : columns.stop + 1]
        # a raster inside vector files: a million rectangles would choke a reader
        settings = {"vmin": scale.low, "vmax": scale.high, "rasterized": True} | settings
        picture = ax.pcolormesh(*sides, scale.values[rows, columns].T, shading="flat", **settings)
    name_axes(ax, *names)
    ax.set(xlim=grid.view[0], ylim=grid.view[1])
    if bar:
        colour_bar(ax, picture, scale, label)
    return ax


def _scale(
    grid: Sheet, values: Array, log: bool, log_values: Array | None, decades: float | None, style: dict[str, Any]
) -> Scale:
    """Return the colour scale of what is seen, with the values of the whole grid."""
    low, high = style.pop("vmin", None), style.pop("vmax", None)
    if not log:
        seen = linear_scale(np.asarray(values, dtype=float)[grid.shown], low, high)
        return replace(seen, values=np.ma.masked_invalid(values))
    logs = log10_of(values, log_values)
    ends = [None if end is None else float(np.log10(end)) for end in (low, high)]
    seen = log_scale(logs[grid.shown], decades, *ends)
    return replace(seen, values=above_floor(logs, seen.low))


def isolines(
    ax: Axes | None,
    nodes: tuple[Array, Array],
    values: Array,
    names: tuple[str, str],
    label: str,
    levels: Sequence[float] | None = None,
    *,
    emphasis: float | None = None,
    log_values: Array | None = None,
    faces: tuple[Array, Array] | None = None,
    periodic: tuple[bool, bool] = (False, False),
    view: Box | None = None,
    **style: Any,
) -> Axes:
    """Draw labelled lines of equal value, on their own or over a picture in colours.

    Parameters
    ----------
    ax, nodes, values, names, faces, periodic, view
        As for `field`; over a picture already there, its limits are kept unless a `view` is given.
    label : str
        Quantity and unit, for the title of a picture that has none.
    levels : sequence of float, optional
        Values of the lines, such as `COMMITTOR`. When left out they are chosen: evenly spaced, or by decades
        where the values span more than two.
    emphasis : float, optional
        The level drawn thicker.
    log_values : array, shape (n0, n1), optional
        Natural logarithms of the values: for times beyond the range of doubles.
    **style
        For Matplotlib's contour.

    Returns
    -------
    Axes
    """
    ax = ax or new_axes()
    limits = view or ((ax.get_xlim(), ax.get_ylim()) if ax.has_data() else None)
    grid = sheet(nodes, faces, periodic, limits)
    heights, marks, log = _levels(grid, values, log_values, levels)
    if len(marks):
        _lines(ax, grid, heights, marks, log, emphasis, style)
    else:
        numbers = np.ma.masked_invalid(heights[grid.shown]).compressed()
        if numbers.size and is_constant(numbers.min(), numbers.max(), float(log)):
            note(ax, f"constant: {(number_of_log if log else number)(float(numbers.mean()))}")
    name_axes(ax, *names)
    ax.set(xlim=grid.view[0], ylim=grid.view[1])
    if not ax.get_title() and not any(mesh.colorbar for mesh in ax.collections):
        ax.set_title(label, fontsize="medium")
    return ax


def _lines(
    ax: Axes, grid: Sheet, heights: Array, marks: Array, log: bool, emphasis: float | None, style: dict[str, Any]
) -> None:
    from matplotlib.patheffects import Normal, Stroke, withStroke

    places, reached = grid.to_walls(heights)
    strong = np.log10(emphasis) if log and emphasis else emphasis
    widths = [2.2 if strong is not None and abs(mark - strong) < 1e-9 else 1.0 for mark in marks]
    settings: dict[str, Any] = {"linewidths": widths, "linestyles": "solid"} | style
    if not settings.keys() & {"colors", "cmap"}:
        settings["colors"] = INK
    drawn = ax.contour(*places, np.ma.masked_invalid(reached.T), marks, **settings)
    thick = np.max(settings["linewidths"])
    drawn.set_path_effects([Stroke(linewidth=thick + 1.4, foreground=PAPER, alpha=0.45), Normal()])
    halo = [withStroke(linewidth=3.0, foreground=PAPER, alpha=0.9)]
    for k, (mark, path) in enumerate(zip(drawn.levels, drawn.get_paths(), strict=True)):
        vertices = np.asarray(path.vertices)
        pieces = np.split(vertices, np.flatnonzero(path.codes == path.MOVETO)[1:])
        text = (number_of_log if log else number)(float(mark))
        for x, y, angle in _label_places(pieces, grid.view, k):
            # the angle is that on screen, whatever the sides of the picture become
            turned: dict[str, Any] = {"rotation": angle, "rotation_mode": "anchor", "transform_rotates_text": True}
            ax.text(x, y, text, fontsize="small", ha="center", va="center", path_effects=halo, clip_on=True, **turned)


def _label_places(pieces: list[Array], view: Box, k: int) -> list[tuple[float, float, float]]:
    """Return place and angle of the label of the k-th line: on its longest piece, away from the border."""
    origin = np.array([low for low, _ in view])
    sides = np.array([high - low for low, high in view])
    best, longest = [], 0.0
    for piece in pieces:
        seen = (piece - origin) / sides
        inside = np.flatnonzero((np.abs(seen - 0.5) < 0.5 - _BORDER).all(axis=1))
        inside = inside[(inside > 0) & (inside < len(piece) - 1)]
        length = len(inside) and float(np.hypot(*np.diff(seen[inside], axis=0).T).sum())
        if len(inside) and length >= longest:
            longest = length
            # neighbours carry their labels at different places
            n = int(inside[int(len(inside) * (0.2 + 0.6 * ((0.5 + 0.618 * k) % 1)))])
            dx, dy = (piece[n + 1] - piece[n - 1]) * (1 if piece[n + 1, 0] >= piece[n - 1, 0] else -1)
            best = [(float(piece[n, 0]), float(piece[n, 1]), float(np.degrees(np.arctan2(dy, dx))))]
    return best


def _levels(
    grid: Sheet, values: Array, log_values: Array | None, levels: Sequence[float] | None
) -> tuple[Array, Array, bool]:
    """Return what is contoured, its levels strictly inside the range seen, and whether both are logarithms."""
    logs = log10_of(values, log_values)
    seen = logs[grid.shown]
    seen = seen[np.isfinite(seen)]
    low, high = (float(np.percentile(seen, _NEAR)), float(seen.max())) if seen.size else (0.0, 0.0)
    signed = bool(np.any(np.asarray(values)[grid.shown] < 0))
    log = log_values is not None or (levels is None and not signed and high - low > 2)
    heights = logs if log else np.asarray(values, dtype=float)
    heights = np.where(np.isneginf(heights), -1e3 if log else heights, heights)
    if levels is not None:
        marks = np.log10(levels) if log else np.asarray(levels, dtype=float)
    elif log:
        marks = _decade_levels(low, high)
    else:
        marks = _even_levels(heights[grid.shown])
    numbers = heights[grid.shown]
    numbers = numbers[np.isfinite(numbers)]
    if not numbers.size or is_constant(numbers.min(), numbers.max(), float(log)):
        return heights, np.empty(0), log
    return heights, np.sort(marks[(marks > numbers.min()) & (marks < numbers.max())]), log


def _decade_levels(low: float, high: float) -> Array:
    """Return decades between two logarithms, with 2 and 5 between where there are few."""
    if high - low <= 4:
        leads = np.log10([1.0, 2.0, 5.0])
        marks = (np.arange(np.floor(low), np.ceil(high))[:, None] + leads).ravel()
        return np.asarray(marks[(marks >= low) & (marks <= high)])
    step = max(1, int(np.ceil((high - low) / _LINES)))
    return np.arange(np.ceil(low), high, step)


def _even_levels(values: Array) -> Array:
    numbers = values[np.isfinite(values)]
    if not numbers.size:
        return np.empty(0)
    return even_marks(float(numbers.min()), float(numbers.max()), _LINES)

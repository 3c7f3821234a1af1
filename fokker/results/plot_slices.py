"""Pictures of fields over three coordinates: marginal laws of the pairs, and slices."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.errors import DimensionError, explain
from fokker.results.plot_colour import number
from fokker.results.plot_field import field
from fokker.results.plot_grid import Box, edges, view_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
Three = tuple[Array, Array, Array]


def slices(
    axes: Sequence[Axes] | NDArray[Any] | None,
    nodes: Three,
    values: Array,
    names: tuple[str, str, str],
    label: str,
    *,
    widths: Three | None = None,
    faces: Three | None = None,
    periodic: tuple[bool, bool, bool] = (False, False, False),
    view: Box | None = None,
    **style: Any,
) -> NDArray[Any]:
    """Draw the three marginal laws of pairs of coordinates in a row.

    Parameters
    ----------
    axes : three Axes, or None
        None: a new figure.
    nodes : three arrays, shapes (n0,), (n1,), (n2,)
    values : array, shape (n0, n1, n2)
        A density.
    names : three str
        Names of the coordinates.
    label : str
        Quantity and unit of the marginal laws, for the colour bars.
    widths : three arrays, optional
        Widths of the cells; those between the `faces` when left out.
    faces, periodic, view
        As for `fokker.results.plot_field.field`, for three coordinates. Without a view the pictures show where
        the probability is.
    **style
        As for `fokker.results.plot_field.field`, ``log=True`` among them.

    Returns
    -------
    array of Axes, shape (3,)
    """
    panels = _panels(axes)
    given: Sequence[Array | None] = faces or (None, None, None)
    sides = tuple(edges(np.asarray(node, dtype=float), face) for node, face in zip(nodes, given, strict=True))
    cells = widths or tuple(np.diff(side) for side in sides)
    shown = view or view_of(sides, _times(values, cells, range(3)))
    for ax, (i, j) in zip(panels, combinations(range(3), 2), strict=True):
        (rest,) = {0, 1, 2} - {i, j}
        marginal = _times(values, cells, [rest]).sum(axis=rest)
        options = style | {"faces": (sides[i], sides[j]), "periodic": (periodic[i], periodic[j])}
        field(ax, (nodes[i], nodes[j]), marginal, (names[i], names[j]), label, view=(shown[i], shown[j]), **options)
    return panels


def slice(
    ax: Axes | None,
    values: Array,
    nodes: Three,
    names: tuple[str, str, str],
    axis_name: str,
    position: float,
    label: str = "",
    **style: Any,
) -> Axes:
    """Draw a field over two coordinates where the third, `axis_name`, is at `position`.

    Between nodes the values are interpolated linearly; the title says where the slice lies. Keywords are those
    of `fokker.results.plot_field.field`, for the two coordinates seen; ``log_values`` has the shape of `values`.

    Raises
    ------
    DimensionError
        If there is no such coordinate, or `position` lies outside its nodes.
    """
    if axis_name not in names:
        accepted = ", ".join(map(repr, names))
        raise DimensionError(explain("no such coordinate.", given=repr(axis_name), accepted=accepted))
    axis = names.index(axis_name)
    places = nodes[axis]
    if not places[0] <= position <= places[-1]:
        accepted = f"{places[0]:.6g} .. {places[-1]:.6g}, the outermost nodes"
        raise DimensionError(
            explain("this slice misses the grid.", given=f"{axis_name}={position!r}", accepted=accepted)
        )
    i, j = (k for k in range(3) if k != axis)
    logs = style.pop("log_values", None)
    if logs is not None:
        style["log_values"] = _between(logs, places, axis, position)
    cut = _between(values, places, axis, position)
    ax = field(ax, (nodes[i], nodes[j]), cut, (names[i], names[j]), label, **style)
    ax.set_title(f"{axis_name} = {number(position)}", fontsize="medium")
    return ax


def _between(values: Array, places: Array, axis: int, position: float) -> Array:
    """Return the values at `position` along `axis`, linear between nodes; at a node, its own."""
    k = int(np.clip(np.searchsorted(places, position, side="right") - 1, 0, len(places) - 2))
    share = (position - places[k]) / (places[k + 1] - places[k])
    low, high = np.take(values, k, axis=axis), np.take(values, k + 1, axis=axis)
    # zero times an infinity is no number: leave out what does not count
    if share == 0 or share == 1:
        return np.asarray(high if share else low)
    return np.asarray((1 - share) * low + share * high)


def _times(values: Array, cells: Sequence[Array], axes: Sequence[int] | range) -> Array:
    for axis in axes:
        values = values * np.expand_dims(cells[axis], [k for k in range(3) if k != axis])
    return values


def _panels(axes: Sequence[Axes] | NDArray[Any] | None) -> NDArray[Any]:
    if axes is None:
        import matplotlib.pyplot as plt

        return np.asarray(plt.subplots(1, 3, figsize=(11.5, 3.3), layout="constrained")[1])
    panels = np.asarray(axes, dtype=object).ravel()
    if len(panels) != 3:
        raise DimensionError(
            explain(
                "three coordinates have three marginal laws of pairs.",
                given=f"{len(panels)} axes",
                accepted="three Matplotlib axes in a row, or None for a new figure",
            )
        )
    return panels

"""Where pictures of two coordinates lie: edges of cells, limits of the view, values carried to the walls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fokker.errors import DimensionError, explain

Array = NDArray[np.float64]
Box = tuple[tuple[float, float], ...]

_SHOWN = 0.999  # share of the probability inside a view, along each axis
_ROOMY = 3.0  # an axis longer than this many times the shown share is cut


def edges(nodes: Array, faces: Array | None = None) -> Array:
    """Return the edges of the cells around `nodes`, shape (n + 1,): the faces, else the middles.

    Examples
    --------
    >>> edges(np.array([0.0, 1.0, 3.0]))
    array([-0.5,  0.5,  2. ,  4. ])
    """
    middle = 0.5 * (nodes[1:] + nodes[:-1])
    ends = 2 * nodes[0] - middle[0], 2 * nodes[-1] - middle[-1]
    if faces is None:
        return np.concatenate([ends[:1], middle, ends[1:]])
    out = np.array(faces, dtype=float)
    # the outermost face of an endless axis may lie at infinity
    out[[0, -1]] = np.where(np.isfinite(out[[0, -1]]), out[[0, -1]], ends)
    return out


def view_of(faces: tuple[Array, ...], mass: Array, share: float = _SHOWN) -> Box:
    """Return the limits between which the probability lies.

    Mapped axes reach to a million scales; along an axis much longer than the central `share` of its marginal
    law, the limits are those of that share, half its width added on either side.

    Parameters
    ----------
    faces : tuple of array
        Finite edges of the cells, one array an axis.
    mass : array, shape of the grid
        Cell probabilities.
    share : float
        Probability inside the view, along each axis.

    Examples
    --------
    >>> view_of((np.array([-1e6, -1.0, 0.0, 1.0, 1e6]),), np.array([0.0, 0.5, 0.5, 0.0]), share=1.0)
    ((-2.0, 2.0),)
    """
    limits = []
    for k, face in enumerate(faces):
        marginal = mass.sum(axis=tuple(j for j in range(mass.ndim) if j != k))
        total = np.cumsum(marginal) / marginal.sum()
        first = int(np.searchsorted(total, 0.5 - 0.5 * share, side="right"))
        last = min(int(np.searchsorted(total, 0.5 + 0.5 * share)), len(marginal) - 1)
        low, high = float(face[first]), float(face[last + 1])
        lo, hi = float(face[0]), float(face[-1])
        if hi - lo > _ROOMY * (high - low):
            half = 0.5 * (high - low)
            lo, hi = max(lo, low - half), min(hi, high + half)
        limits.append((lo, hi))
    return tuple(limits)


@dataclass(frozen=True)
class Sheet:
    """A grid over two coordinates, as it is drawn.

    Attributes
    ----------
    nodes, faces : pair of array
        Places of the values, and edges of their cells.
    periodic : pair of bool
        Axes whose last cell is followed by the first.
    view : pair of (float, float)
        Limits of the picture.
    """

    nodes: tuple[Array, Array]
    faces: tuple[Array, Array]
    periodic: tuple[bool, bool]
    view: Box

    @property
    def whole(self) -> Box:
        """Limits of the grid."""
        return tuple((float(face[0]), float(face[-1])) for face in self.faces)

    @property
    def shown(self) -> tuple[slice, slice]:
        """The cells that the view touches."""
        pairs = zip(self.faces, self.view, strict=True)
        first, second = (_touching(face, limits) for face, limits in pairs)
        return first, second

    def to_walls(self, values: Array) -> tuple[tuple[Array, Array], Array]:
        """Return places and values that reach the edges of the grid, two more along each axis.

        A periodic axis is continued; elsewhere the outermost value holds for the rest of its cell.
        """
        places = []
        for k, (node, face) in enumerate(zip(self.nodes, self.faces, strict=True)):
            turn = face[-1] - face[0]
            before, after = (node[-1] - turn, node[0] + turn) if self.periodic[k] else (face[0], face[-1])
            places.append(np.concatenate([[before], node, [after]]))
            width = [(1, 1) if j == k else (0, 0) for j in range(2)]
            values = np.pad(values, width, mode="wrap" if self.periodic[k] else "edge")
        return (places[0], places[1]), values


def sheet(
    nodes: tuple[Array, Array],
    faces: tuple[Array, Array] | None = None,
    periodic: tuple[bool, bool] = (False, False),
    view: Box | None = None,
) -> Sheet:
    """Lay out a picture over two coordinates; without a `view` the whole grid is seen.

    Raises
    ------
    DimensionError
        If there are not two coordinates.
    """
    if len(nodes) != 2:
        raise DimensionError(
            explain(
                "this picture has two coordinates.",
                given=f"{len(nodes)} coordinates",
                try_="a marginal law, or a slice: fokker.results.plot_slices",
            )
        )
    given = faces or (None, None)
    x, y = (edges(np.asarray(node, dtype=float), face) for node, face in zip(nodes, given, strict=True))
    grid = Sheet((nodes[0], nodes[1]), (x, y), periodic, ())
    return Sheet(grid.nodes, grid.faces, periodic, view or grid.whole)


def _touching(face: Array, limits: tuple[float, float]) -> slice:
    low, high = min(limits), max(limits)
    first = int(np.searchsorted(face[1:], low, side="right"))
    last = int(np.searchsorted(face[:-1], high, side="left"))
    first = min(first, len(face) - 2)
    return slice(first, max(last, first + 1))

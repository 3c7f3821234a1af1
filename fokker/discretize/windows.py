"""Windows in straight walls: the share of each face of a wall that belongs to a window."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.apertures import face_shares
from fokker.errors import BoundaryError, TargetError, explain
from fokker.grid import Lattice
from fokker.grid.grid import truth
from fokker.problem.boundary import Wall, Window

Array = NDArray[np.float64]

_SAMPLES = 64  # places looked at along each face: a window may be narrower than a cell


def wall_parts(
    lattice: Lattice, names: tuple[str, ...], k: int, side: int, wall: Wall
) -> list[tuple[str, Wall, Array]]:
    """Return the parts of a wall across axis k: suffix of the label, kind, and share of each face of the wall.

    Raises
    ------
    BoundaryError
        If a window is open nowhere or everywhere.
    """
    shape = tuple(1 if a == k else n for a, n in enumerate(lattice.shape))
    if not isinstance(wall, Window):
        return [("", wall, np.ones(shape))]
    share = window_share(lattice, names, k, side, wall).reshape(shape)
    return [(" window", wall.wall, share), ("", wall.else_, 1.0 - share)]


def window_share(lattice: Lattice, names: tuple[str, ...], k: int, side: int, window: Window) -> Array:
    """Return the share of each face of a wall that lies in the window, over the grid of the other axes."""
    name = f"{names[k]} {('left', 'right')[side]}"

    def outside(points: tuple[Array, ...]) -> NDArray[np.bool_]:
        others = [x for a, x in enumerate(points) if a != k]
        try:
            return ~truth(window.where, f"window in the wall {name}", *others)
        except TargetError as error:
            raise BoundaryError(str(error)) from error

    shape = tuple(1 if a == k else n for a, n in enumerate(lattice.shape))
    places = list(np.nonzero(np.ones(shape, dtype=bool)))
    places[k] = np.full(len(places[k]), lattice.shape[k] if side else 0)
    share = face_shares(lattice, outside, k, tuple(places), _SAMPLES)
    if not share.max() > 0.0 or share.min() == 1.0:
        everywhere = share.min() == 1.0
        raise BoundaryError(
            explain(
                f"the window in the wall {name} is open {'everywhere' if everywhere else 'nowhere'}.",
                given=f"{window!r} on {' x '.join(str(n) for a, n in enumerate(lattice.shape) if a != k)} faces",
                accepted="a predicate of the other coordinates that is True on a part of the wall",
                try_=f"{window.wall!r} for the whole wall" if everywhere else "more cells, if the window is narrow",
            )
        )
    return share

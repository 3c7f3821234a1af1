"""Obstacles and curved domains on tensor grids: what their walls leave of cells, faces and rates.

At a wall that reflects, an edge conducts through the open share of its face and a cell holds the open share of its
mass: the fluxes through the open boundary of each cell are balanced, of second order in the cell size. A wall that
absorbs cuts edges where it crosses them, as a target does. Through a partly absorbing one each cell leaks over the
area ``A n`` of wall in it, which follows from its open faces alone, since the normals of a closed surface sum to zero;
its distance from the node follows from those and the open volume, the divergence of the position being d.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.absorb import absorb
from fokker.discretize.apertures import Openings, openings
from fokker.discretize.films import film_rates
from fokker.discretize.stream import is_magnetic
from fokker.discretize.thin import hidden_shares
from fokker.errors import BoundaryError, DimensionError, TargetError, explain
from fokker.generator import Generator
from fokker.grid import Lattice, Obstacle
from fokker.grid.grid import truth
from fokker.problem import Robin, Window
from fokker.problem.boundary import PLAIN, Plain

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Predicate = Callable[..., Any]

_SMALLEST = 1e-6  # open share below which a cell is left out


@dataclass(frozen=True)
class _Walls:
    """An obstacle sorted by what its wall does.

    Attributes
    ----------
    solid, sink : predicate or None
        The part behind walls that absorb at most partly, and the part behind absorbing walls.
    label : str
        Of the exit into the sink.
    films : list of (label, predicate of points of the wall, rate kappa)
    """

    solid: Predicate | None
    sink: Predicate | None
    label: str
    films: list[tuple[str, Predicate, float]]


def place_obstacle(generator: Generator, obstacle: Predicate, wall: Plain | Window = "reflecting") -> Generator:
    """Return the generator of the room that an obstacle leaves.

    Parameters
    ----------
    generator : Generator
        In two or three dimensions, without the obstacle.
    obstacle : callable
        Predicate of the coordinates (or a `Region`); cells inside take no part.
    wall : "reflecting", "absorbing", Robin or Window
        What its wall does.

    Raises
    ------
    TargetError
        If the obstacle is nowhere or everywhere, no predicate, or cuts the domain into pieces.
    BoundaryError
        If the wall is unknown, or a window in it is open nowhere or everywhere.
    DimensionError
        In one dimension, or beside a diffusion tensor that is not diagonal.
    """
    lattice = _require(generator, obstacle)
    walls = _sorted(generator, obstacle, wall)
    placed, share = generator, np.ones(generator.cells)
    if walls.solid is not None:
        placed, share = _wall_in(generator, lattice, walls.solid, walls.films)
    kept = share > 0.0
    inside = np.zeros(len(kept), dtype=bool)
    if walls.sink is not None:
        absorbed = absorb(placed, {walls.label: walls.sink})
        placed, inside = absorbed.generator, absorbed.inside >= 0
        kept = kept & ~inside
    share = np.where(kept, share, 0.0)
    rest = Obstacle(obstacle, share, kept, ~kept & ~inside)
    cut = kept & (share < 1.0)
    note = f"{int((~kept).sum())} cells left out, {int(cut.sum())} cut"
    note += f", the smallest share {share[cut].min():.2g}" if cut.any() else ""
    return replace(
        placed, lattice=replace(lattice, obstacle=rest), kept=kept, notes={**generator.notes, "obstacle": note}
    )


def _require(generator: Generator, obstacle: Predicate) -> Lattice:
    """Return the grid, or say why there can be no obstacle."""
    if not callable(obstacle):
        raise TargetError(
            explain(
                "the obstacle is not a predicate.",
                given=repr(obstacle),
                accepted="a function of the coordinates, such as lambda x, y: x**2 + y**2 < 1, or a fokker.Region",
            )
        )
    if generator.lattice is None:
        raise DimensionError(
            explain(
                "an obstacle in one dimension is a wall.",
                given=f"the axis {generator.problem.names[0]}",
                try_="a shorter domain=, with boundary= for its walls",
            )
        )
    return generator.lattice


def _sorted(generator: Generator, obstacle: Predicate, wall: object) -> _Walls:
    """Sort the obstacle by what its wall does."""

    def part(where: Predicate, wanted: bool) -> Predicate:
        return lambda *x: _truth(obstacle, x) & (truth(where, "window in the wall of the obstacle", *x) == wanted)

    if isinstance(wall, Window):
        assert generator.lattice is not None
        _refuse_blind(generator.lattice, obstacle, wall)
        sides = [("obstacle window", wall.wall, True), ("obstacle", wall.else_, False)]
        films = [(name, _facing(wall.where, is_), kind.kappa) for name, kind, is_ in sides if isinstance(kind, Robin)]
        for name, kind, is_ in sides:
            if kind == "absorbing":
                return _Walls(part(wall.where, not is_), part(wall.where, is_), name, films)
        return _Walls(obstacle, None, "", films)
    if isinstance(wall, Robin):
        return _Walls(obstacle, None, "", [("obstacle", lambda *x: np.ones(x[0].shape, dtype=bool), wall.kappa)])
    if wall == "absorbing":
        return _Walls(None, obstacle, "obstacle", [])
    if wall == "reflecting":
        return _Walls(obstacle, None, "", [])
    raise BoundaryError(
        explain(
            "the wall of the obstacle is unknown.",
            given=f"wall={wall!r}",
            accepted=(*PLAIN, "Window(where, wall, else_)  with a predicate of all coordinates"),
        )
    )


def _truth(predicate: Predicate, points: tuple[Array, ...]) -> Mask:
    return truth(predicate, "obstacle", *points)


def _facing(where: Predicate, wanted: bool) -> Predicate:
    return lambda *x: truth(where, "window in the wall of the obstacle", *x) == wanted


def _refuse_blind(lattice: Lattice, obstacle: Predicate, window: Window) -> None:
    """Raise if all of the obstacle's edge lies in the window, or none of it, as seen in nodes on either side."""
    points = lattice.scattered()
    inside = _truth(obstacle, points)
    change = inside[lattice.tail] != inside[lattice.head]
    ends = np.concatenate([lattice.tail[change], lattice.head[change]])
    if not len(ends):
        return
    seen = truth(window.where, "window in the wall of the obstacle", *(x[ends] for x in points))
    if seen.any() != seen.all():
        return
    everywhere = bool(seen.all())
    raise BoundaryError(
        explain(
            f"the window in the wall of the obstacle is open {'everywhere' if everywhere else 'nowhere'}.",
            given=f"{window!r} at {len(ends)} nodes next to the wall",
            accepted="a predicate of all coordinates that is True next to a part of the wall",
            try_=f"wall={window.wall!r}" if everywhere else "more cells, if the window is narrow",
        )
    )


def _wall_in(
    generator: Generator, lattice: Lattice, solid: Predicate, films: list[tuple[str, Predicate, float]]
) -> tuple[Generator, Array]:
    """Return the generator with the solid part walled in, and the open share of each cell, zero where left out."""
    if len(generator.tail) != lattice.spans[-1].stop:
        raise DimensionError(
            explain(
                "the wall of an obstacle that does not absorb needs edges along the axes.",
                given="a diffusion tensor that is not diagonal",
                accepted='a scalar or diagonal D, or wall="absorbing"',
            )
        )

    if is_magnetic(generator.problem):
        raise DimensionError(
            explain(
                "an antisymmetric mobility beside an obstacle that does not absorb is not solved so far.",
                given="antisymmetric=... and an obstacle",
                accepted='antisymmetric= on a box, or wall="absorbing"',
            )
        )

    def closed(points: tuple[Array, ...]) -> Mask:
        return _truth(solid, points)

    open_ = openings(lattice, closed)
    share = np.where(open_.cells > _SMALLEST, open_.cells, 0.0).ravel()
    aperture, thin = _edge_apertures(lattice, open_, closed)
    if share.max() == 0.0 or min(share.min(), aperture.min()) == 1.0:
        raise _trivial(share.max() == 0.0, solid, lattice)
    kept = share > 0.0
    aperture[~(kept[lattice.tail] & kept[lattice.head])] = 0.0
    lost = _slivers(generator, lattice, aperture, kept, ~closed(lattice.scattered()))
    aperture[lost[lattice.tail] | lost[lattice.head]] = 0.0
    share[lost] = 0.0
    # where nothing is left any share will do: the rates are zero
    weight = np.where(share > 0.0, share, 1.0)
    exits = {
        label: rates * _wall_share(generator, lattice, open_, label) for label, rates in generator.exit_rates.items()
    }
    exits = {label: np.where(share > 0.0, rates, 0.0) / weight for label, rates in exits.items()}
    exits |= film_rates(generator.problem, lattice, _closed_off(lattice, open_, aperture), share, films)
    hint = generator.closed_guess
    beside = generator.split
    if beside is not None:
        beside = replace(beside, conductance=beside.conductance * aperture[beside.edges])
    placed = replace(
        generator,
        forward=generator.forward * aperture / weight[lattice.tail],
        backward=generator.backward * aperture / weight[lattice.head],
        exit_rates=exits,
        masses=generator.masses * weight,
        kept=share > 0.0,
        guess=None if hint is None else hint + np.log(weight),
        split=beside,
        closed=None,
        warnings=generator.warnings + _thin(thin),
    )
    return placed, share


def _edge_apertures(
    lattice: Lattice, open_: Openings, closed: Callable[[tuple[Array, ...]], Mask]
) -> tuple[Array, int]:
    """Return the open share of the face of each edge, less what a wall thinner than a cell hides from it."""
    aperture, thin = np.empty(lattice.spans[-1].stop), 0
    for k, shape in enumerate(lattice.edge_shapes):
        first = tuple(slice(1, shape[k] + 1) if a == k else slice(None) for a in range(lattice.dimension))
        lattice.edges(aperture, k)[...] = open_.faces[k][first]
        hidden = hidden_shares(lattice, closed, k, aperture[lattice.spans[k]])
        aperture[lattice.spans[k]] -= hidden
        thin += int((hidden > 0.5).sum())
    return np.maximum(aperture, 0.0), thin


def _thin(edges: int) -> tuple[str, ...]:
    """Return a warning where the obstacle is thinner than a cell."""
    if not edges:
        return ()
    return (
        f"the obstacle is thinner than a cell along {edges} edges: a slanting wall may let pass there what it should "
        "not, use more cells",
    )


def _closed_off(lattice: Lattice, open_: Openings, aperture: Array) -> Openings:
    """Return the open shares with the faces of all edges open as far as these conduct."""
    faces = []
    for k, (share, wraps) in enumerate(zip(open_.faces, lattice.periodic, strict=True)):
        share = share.copy()
        inner, edges = np.moveaxis(share, k, 0), np.moveaxis(lattice.edges(aperture, k), k, 0)
        inner[1 : len(edges) + 1] = edges
        if wraps:
            inner[0] = edges[-1]
        faces.append(share)
    return Openings(open_.cells, tuple(faces))


def _wall_share(generator: Generator, lattice: Lattice, open_: Openings, label: str) -> Array:
    """Return the open share of the faces of a straight wall, at the cells next to it."""
    share = np.zeros(lattice.shape)
    for k, name in enumerate(generator.problem.names):
        for side, word in enumerate(("left", "right")):
            if label in (f"{name} {word}", f"{name} {word} window"):
                at = tuple(
                    slice(-side, None if side else 1) if a == k else slice(None) for a in range(lattice.dimension)
                )
                share[at] = open_.faces[k][at]
    return share.ravel()


def _trivial(everywhere: bool, solid: Predicate, lattice: Lattice) -> TargetError:
    return TargetError(
        explain(
            f"the obstacle is {'everywhere: nothing is left of the domain' if everywhere else 'nowhere'}.",
            given=f"{solid!r} on {' x '.join(map(str, lattice.shape))} cells",
            try_="a predicate that is True inside the obstacle only; ~region is the outside of a Region"
            if everywhere
            else "a predicate that is True somewhere in the domain, or more cells for a small obstacle",
        )
    )


def _slivers(generator: Generator, lattice: Lattice, aperture: Array, kept: Mask, in_the_open: Mask) -> Mask:
    """Return cells cut off from the rest that hold no node in the open; raise if the rest is in several pieces."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    joined = aperture > 0.0
    links = (joined[joined], (lattice.tail[joined], lattice.head[joined]))
    _, owner = connected_components(coo_array(links, shape=(lattice.cells,) * 2), directed=False)
    pieces = np.unique(owner[kept & in_the_open])
    if len(pieces) <= 1:
        whole = pieces[0] if len(pieces) else np.bincount(owner[kept]).argmax()
        sliver: Mask = kept & (owner != whole)
        return sliver
    places = lattice.scattered()
    names = generator.problem.names
    given = [
        f"{int((kept & (owner == piece)).sum())} cells within "
        + ", ".join(
            f"{name} = {x[kept & (owner == piece)].min():.6g} .. {x[kept & (owner == piece)].max():.6g}"
            for name, x in zip(names, places, strict=True)
        )
        for piece in pieces[:8]
    ]
    raise TargetError(
        explain(
            f"the obstacle cuts the domain into {len(pieces)} pieces, which know nothing of each other.",
            given=given,
            try_="an obstacle that covers all pieces but one, or more cells if there is a narrow passage",
        )
    )

"""Targets become labelled exits: the one place where edges are cut."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.calling import shown
from fokker.discretize.chain import Chain
from fokker.discretize.cuts import Cuts, cut_edges, members
from fokker.discretize.jumps import places_within, settled_places, stopped_jumps
from fokker.discretize.mesh_cuts import cut_mesh_edges
from fokker.discretize.wide_cuts import cut_wide, whole_edges
from fokker.errors import TargetError, explain
from fokker.generator import Generator
from fokker.grid.grid import crossings

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Index = NDArray[np.intp]
Member = NDArray[np.int8]  # number of the set, -1 outside of all
Predicate = Callable[..., Any]

_SEARCHED = 20_000  # cells up to which sets are looked for between the nodes as well
_PLACES = 16  # places looked at between two nodes
_TOUCHING = 1e-13  # a wall this close to a node (in cell widths) is at the node


@dataclass(frozen=True)
class Walls:
    """Walls of sets next to some cells.

    Attributes
    ----------
    cells : array of int
        Cells outside the sets.
    at : array
        Axis coordinates of the walls.
    sets : array of int8
        Which set each wall belongs to.
    hat : array
        Mass under the hat of the wall on the stub, relative to the weight at the wall.
    conductance : array
        To the node, relative to the weight at the wall.
    """

    cells: Index
    at: Array
    sets: Member
    hat: Array
    conductance: Array


@dataclass(frozen=True)
class Absorbed:
    """A generator with sets cut off.

    Attributes
    ----------
    generator : Generator
        Rates and masses with the walls in their exact places; cells of the sets are decoupled.
    labels : tuple of str
        Names of the sets, also of their exit rates.
    inside : array of int, shape (n,)
        The set to which each node belongs, -1 outside of all.
    sets : mapping of str to predicate
    walls : tuple of two Walls, or None
        In one dimension, walls between a node and its left (right) neighbour.
    cuts : Cuts or None
        In more dimensions, the cut edges.
    """

    generator: Generator
    labels: tuple[str, ...]
    inside: Member
    sets: Mapping[str, Predicate]
    walls: tuple[Walls, Walls] | None = None
    cuts: Cuts | None = None

    def member(self, *points: Array) -> Member:
        """Return the set to which each position belongs, -1 outside of all."""
        return members(self.sets, points, self.generator.problem.names)

    @property
    def outside(self) -> Mask:
        """Nodes that belong to no set."""
        return self.inside < 0

    def leak(self, label: str) -> Array:
        """Return the rates into one set, zero inside the sets."""
        return np.where(self.outside, self.generator.exit_rates[label], 0.0)


def absorb(generator: Generator, sets: Mapping[str, Predicate]) -> Absorbed:
    """Cut the edges that enter one of `sets`, at the places where their predicates change.

    Raises
    ------
    TargetError
        If a set is empty or not a predicate, if the sets overlap or touch, or if nothing is left outside.
    """
    for label, predicate in sets.items():
        if not callable(predicate):
            raise TargetError(
                explain(
                    f"the {label} is not a predicate.",
                    given=repr(predicate),
                    accepted="a function of the coordinates, such as lambda x: x > 1; several sets by their names",
                    try_=f"a target is a set, not a point: lambda {label}: {label} >= {predicate!r}"
                    if isinstance(predicate, int | float)
                    else "",
                )
            )
    if generator.chain is None:
        return _absorb_lattice(generator, sets)
    chain = generator.chain
    assert chain is not None
    inside, at_faces, left, right = _locate(chain, sets)
    owners = np.concatenate([left[2], right[2]])
    for number, (label, predicate) in enumerate(sets.items()):
        if not ((owners == number).any() or (inside == number).any()):
            raise TargetError(
                explain(
                    f"the {label} is empty: no node and no face of the grid lies in it.",
                    given=f"{shown(predicate)} on {chain.line.axis!r}",
                    try_="a predicate that is True somewhere in the domain (for a level, x >= 1.0 and not x == 1.0), "
                    "more cells, or a larger reach=",
                )
            )
    if (inside >= 0).all():
        if (at_faces < 0).any():
            raise TargetError(
                explain(
                    "the room outside the sets lies between two nodes.",
                    given=f"every node of {chain.line.axis!r} is inside",
                    try_="more cells",
                )
            )
        raise _everything(sets)
    _refuse_touching(chain, inside, tuple(sets))
    return _cut(generator, chain, sets, inside, left, right)


def _everything(sets: Mapping[str, Predicate]) -> TargetError:
    return TargetError(
        explain(
            f"the {' and the '.join(sets)} {'is' if len(sets) == 1 else 'are'} everything: no cell lies outside.",
            given=", ".join(map(repr, sets.values())),
            try_="a predicate that is False somewhere, such as lambda x: x > 1",
        )
    )


def _absorb_lattice(generator: Generator, sets: Mapping[str, Predicate]) -> Absorbed:
    """Cut sets off a grid or a mesh of two or three dimensions."""
    lattice, mesh, names = generator.lattice, generator.mesh, generator.problem.names
    place = lattice if mesh is None else mesh
    assert place is not None
    inside = members(sets, place.scattered(), names)
    present = np.ones(len(inside), dtype=bool) if generator.kept is None else generator.kept
    if (inside[present] >= 0).all():
        raise _everything(sets)
    if mesh is not None:
        cuts = cut_mesh_edges(generator, mesh, sets, inside)
    else:
        assert lattice is not None
        find = cut_edges if generator.offsets is None else cut_wide
        if generator.signed:
            find = whole_edges
        cuts = find(generator, lattice, sets, inside)
    for number, label in enumerate(sets):
        if not ((inside[present] == number).any() or (cuts.sets == number).any()):
            raise TargetError(
                explain(
                    f"the {label} is empty: no node of the grid lies in it.",
                    given=f"{shown(sets[label])} on {' x '.join(map(str, place.shape))} cells",
                    try_="a predicate that is True somewhere in the domain, or more cells",
                )
            )
    outside = inside < 0
    gone = ~(outside[generator.tail] & outside[generator.head])
    gone[cuts.edges] = True
    forward, backward = np.where(gone, 0.0, generator.forward), np.where(gone, 0.0, generator.backward)
    exits = {label: np.where(outside, rates, 0.0) for label, rates in generator.exit_rates.items()}
    for number, label in enumerate(sets):
        mine = cuts.sets == number
        exits[label] = np.bincount(cuts.cells[mine], cuts.leak[mine], generator.cells)
    jumps, ending = stopped_jumps(generator, tuple(sets), inside, {}, places_within(generator, sets))
    exits |= {label: exits[label] + rates for label, rates in ending.items() if rates.any()}
    new = replace(
        generator,
        jumps=jumps,
        forward=forward,
        backward=backward,
        exit_rates=exits,
        kept=outside & present,
        guess=generator.closed_guess,
        closed=None,
    )
    return Absorbed(new, tuple(sets), inside, sets, cuts=cuts)


_Found = tuple[Index, Array, Member]  # cells, coordinates of their walls, sets of the walls


def _locate(chain: Chain, sets: Mapping[str, Predicate]) -> tuple[Member, Member, _Found, _Found]:
    """Return which set each node lies in, and the walls to the left and right of outside nodes."""
    axis, line = chain.line.axis, chain.line
    nodes, faces = axis.node_coordinates, axis.face_coordinates

    def member(xi: Array) -> Member:
        return members(sets, (line.position(xi),), (line.name,))

    at_nodes, at_faces = member(nodes), member(faces)
    while True:
        found = [_walls(member, chain, at_nodes, at_faces, side) for side in (0, 1)]
        touching = [
            (cells[near], owner[near])
            for cells, at, owner in found
            for near in [np.abs(at - nodes[cells]) <= _TOUCHING * (faces[cells + 1] - faces[cells])]
        ]
        if not any(len(cells) for cells, _ in touching):
            return at_nodes, at_faces, found[0], found[1]
        at_nodes = at_nodes.copy()
        for cells, owner in touching:
            at_nodes[cells] = owner


def _walls(member: Callable[[Array], Member], chain: Chain, at_nodes: Member, at_faces: Member, side: int) -> _Found:
    """Return the walls met from outside nodes on the way to the face on one side, and on to the next node."""
    axis, period = chain.line.axis, chain.line.period
    nodes, faces = axis.node_coordinates, axis.face_coordinates
    count, step = len(nodes), 2 * side - 1
    if side == 0:
        at_face, last = at_faces[:-1], at_nodes[-1] if period else at_faces[0]
        at_next = np.append(last, at_nodes[:-1])
    else:
        at_face, last = at_faces[1:], at_nodes[0] if period else at_faces[-1]
        at_next = np.append(at_nodes[1:], last)
    outside = at_nodes < 0
    near = np.flatnonzero(outside & (at_face >= 0))
    far = np.flatnonzero(outside & (at_face < 0) & (at_next >= 0))
    beyond = (far + step < 0) | (far + step >= count)
    following = np.where(beyond, faces[-side], nodes[(far + step) % count])
    if period:
        following = np.where(beyond, nodes[(far + step) % count] + step * period, following)
    starts = np.concatenate([nodes[near], faces[far + side]])
    ends = np.concatenate([faces[near + side], following])
    owners = np.concatenate([at_face[near], at_next[far]])
    cells = np.concatenate([near, far])
    if count <= _SEARCHED:
        cells, starts, ends, owners = _islands(member, chain, outside, side, cells, starts, ends, owners)
    at = crossings(lambda xi: member(xi) >= 0, starts, ends) if len(owners) else starts
    return cells, at, owners


def _islands(
    member: Callable[[Array], Member],
    chain: Chain,
    outside: Mask,
    side: int,
    cells: Index,
    starts: Array,
    ends: Array,
    owners: Member,
) -> tuple[Index, Array, Array, Member]:
    """Look between the nodes for parts of sets that hold no node and no face, and put their walls first."""
    axis, period = chain.line.axis, chain.line.period
    nodes, faces = axis.node_coordinates, axis.face_coordinates
    from_ = np.flatnonzero(outside)
    if side == 0:
        last = np.append(nodes[-1] - period if period else faces[0], nodes[:-1])
    else:
        last = np.append(nodes[1:], nodes[0] + period if period else faces[-1])
    places = nodes[from_, None] + (last - nodes)[from_, None] * (np.arange(_PLACES + 1) / _PLACES)
    found = member(places.ravel()).reshape(places.shape)
    hit = (found >= 0).any(axis=1)
    if not hit.any():
        return cells, starts, ends, owners
    first = np.argmax(found >= 0, axis=1)[hit]
    rows = np.flatnonzero(hit)
    others = ~np.isin(cells, from_[rows])
    return (
        np.concatenate([cells[others], from_[rows]]),
        np.concatenate([starts[others], places[rows, np.maximum(first - 1, 0)]]),
        np.concatenate([ends[others], places[rows, first]]),
        np.concatenate([owners[others], found[rows, first]]),
    )


def _refuse_touching(chain: Chain, inside: Member, labels: tuple[str, ...]) -> None:
    """Raise where two sets meet without a node between them."""
    if len(labels) == 1:
        return
    after = np.roll(inside, -1) if chain.line.period else np.append(inside[1:], inside[-1:])
    meet = np.flatnonzero((inside >= 0) & (after >= 0) & (inside != after))
    if len(meet):
        cell = int(meet[0])
        raise TargetError(
            explain(
                f"the {labels[inside[cell]]} and the {labels[after[cell]]} touch, "
                "or lie within one cell of each other.",
                given=f"near {chain.line.name} = {float(chain.line.axis.nodes[cell]):.6g}",
                try_="sets with room between them, or more cells",
            )
        )


def _cut(
    generator: Generator, chain: Chain, sets: Mapping[str, Predicate], inside: Member, left: _Found, right: _Found
) -> Absorbed:
    line, nodes = chain.line, chain.line.axis.node_coordinates
    # a wall across the seam lies one period back: its segment starts inside the axis one period on
    before = line.segments(left[1] + line.period, nodes[left[0]] + line.period)
    after = line.segments(nodes[right[0]], right[1])
    changed = np.union1d(left[0], right[0])
    weights = _hats(chain, changed, 0, left[0], before.hat_b) + _hats(chain, changed, 1, right[0], after.hat_a)
    masses, forward, backward = generator.masses.copy(), generator.forward.copy(), generator.backward.copy()
    masses[changed] = weights * line.gauge(nodes[changed])
    # a rate out of a node is a conductance over the weight of the node
    factor = generator.masses[changed] / masses[changed]
    count, ring = len(chain.edges), chain.walls is None
    up, down = ring | (changed < count), ring | (changed > 0)
    forward[changed[up]] *= factor[up]
    backward[changed[down] - 1] *= factor[down]
    # cutting the edges at the walls is enough: the cells inside see nothing of the outside
    cut = np.concatenate([right[0], (left[0] - 1) % generator.cells])
    forward[cut[cut < count]] = 0.0
    backward[cut[cut < count]] = 0.0
    exits = {label: rates.copy() for label, rates in generator.exit_rates.items()}
    rejoining = {jump.wall: jump.rates.copy() for jump in generator.jumps if jump.wall}
    for label, rates in [*exits.items(), *rejoining.items()]:
        rates[changed] *= factor
        rates[left[0][left[0] == 0] if label.endswith("left") else right[0][right[0] == count]] = 0.0
    neighbours = np.concatenate([left[0] - 1, right[0] + 1]) % generator.cells
    neighbours = neighbours[inside[neighbours] >= 0]
    for number, label in enumerate(sets):
        exits[label] = rates = np.zeros(len(masses))
        rates[neighbours] = 1.0  # a way out of the decoupled cells, of any rate
        rates[changed] = 0.0
        for (cells, _, owner), leak in ((left, 1.0 / before.resistance_b), (right, 1.0 / after.resistance)):
            mine = owner == number
            rates[cells[mine]] += leak[mine] / weights[np.searchsorted(changed, cells[mine])]
    places = {}
    if generator.jumps:
        at, owners = (np.concatenate([left[k], right[k]]) for k in (1, 2))
        places = settled_places(generator, sets, inside, at, owners)
    jumps, ending = stopped_jumps(generator, tuple(sets), inside, rejoining, places)
    for label, rates in ending.items():
        exits[label] += rates
    new = replace(generator, masses=masses, forward=forward, backward=backward, exit_rates=exits, jumps=jumps)
    walls = (
        Walls(*left, before.hat_a, 1.0 / before.resistance),
        Walls(*right, after.hat_b, 1.0 / after.resistance_b),
    )
    return Absorbed(new, tuple(sets), inside, sets, walls)


def _hats(chain: Chain, cells: Index, side: int, cut: Index, stub: Array) -> Array:
    """Return the mass that `cells` carry on one `side` (0 left, 1 right), that of the `stub` for `cut` ones."""
    hats = (chain.edges.hat_b, chain.edges.hat_a)[side]
    edge = cells - 1 + side
    if chain.walls is None:
        result = hats[edge % len(hats)]
    else:
        beyond = (edge < 0) | (edge >= len(hats))
        result = np.where(beyond, chain.walls[side].mass[0], hats[np.clip(edge, 0, len(hats) - 1)])
    result[np.searchsorted(cells, cut)] = stub
    return result

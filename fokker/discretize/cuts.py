"""Targets in two and three dimensions: edges that enter a set are cut at its wall.

A node outside, whose neighbour lies inside, leaves into the set through the part of the edge up to the wall: an
edge of conductance c and rise z cut at the fraction theta has conductance c / theta and rise theta z. The cell
keeps its mass, so that the cut edges stay symmetric under a potential.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.errors import TargetError, explain
from fokker.generator import Generator
from fokker.grid import Lattice
from fokker.grid.grid import crossings, truth
from fokker.linalg.exponentials import bernoulli

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Member = NDArray[np.int8]
Predicate = Callable[..., Any]

NEAREST = 1e-6  # a wall is kept this far from the node, in edge lengths
_SEARCHED = 20_000  # cells up to which sets are looked for between the nodes as well
_PLACES = 8


@dataclass(frozen=True)
class Cuts:
    """Edges cut by the walls of sets, seen from the node outside.

    Attributes
    ----------
    edges : array of int
        Their numbers.
    cells, beyond : array of int
        The node outside, and the one at the other end of the edge.
    sets : array of int8
        Which set each wall belongs to.
    fraction : array
        Where the wall is, from the node outside (0) to the other (1).
    leak : array
        Rate from the node into the set, 1/time.
    ahead : array
        Rise of the potential along the whole edge, away from the node outside, kT.
    """

    edges: Index
    cells: Index
    beyond: Index
    sets: Member
    fraction: Array
    leak: Array
    ahead: Array


def members(sets: Mapping[str, Predicate], points: tuple[Array, ...], names: tuple[str, ...]) -> Member:
    """Return the set that each point belongs to, -1 for none.

    Raises
    ------
    TargetError
        If two sets share a point.
    """
    if len(sets) == 1:
        ((label, predicate),) = sets.items()
        return truth(predicate, label, *points).view(np.int8) - np.int8(1)
    result = np.full(points[0].shape, -1, dtype=np.int8)
    for number, (label, predicate) in enumerate(sets.items()):
        within = truth(predicate, label, *points)
        both = within & (result >= 0)
        if both.any():
            other = list(sets)[int(result[both][0])]
            where = ", ".join(f"{n} = {float(x[both][0]):.6g}" for n, x in zip(names, points, strict=True))
            raise TargetError(
                explain(
                    f"the {other} and the {label} overlap.",
                    given=f"both hold {where}",
                    accepted="sets with room between them",
                )
            )
        result[within] = number
    return result


def cut_edges(generator: Generator, lattice: Lattice, sets: Mapping[str, Predicate], inside: Member) -> Cuts:
    """Find the edges that enter the sets, the places of the walls on them, and the rates through the walls.

    Raises
    ------
    TargetError
        If two sets touch.
    """
    names = generator.problem.names
    parts = []
    for k in range(lattice.dimension):
        span = lattice.spans[k]
        tail, head = generator.tail[span], generator.head[span]
        for start, end, sign in ((tail, head, 1.0), (head, tail, -1.0)):
            edge, low, high = _crossed(lattice, sets, names, k, start, end, sign, inside)
            open_ = (generator.forward[span][edge] > 0.0) | (generator.backward[span][edge] > 0.0)
            edge, low, high = edge[open_], low[open_], high[open_]  # nothing passes through an obstacle
            if len(edge) == 0:
                continue

            def within(xi: Array, k: int = k, cells: Index = start[edge]) -> NDArray[np.bool_]:
                # the places of one bisection step lie row by row
                owner = np.repeat(cells, len(xi) // len(cells))
                return members(sets, _on_edge(lattice, k, owner, xi), names) >= 0

            nodes = _coordinate(lattice, k, start[edge])
            at = crossings(within, low, high)
            length = sign * lattice.edge_lengths[k][_place(lattice, k, tail[edge])]
            fraction = np.clip((at - nodes) / length, NEAREST, 1.0)
            just = at + 1e-12 * length
            owner = members(sets, _on_edge(lattice, k, start[edge], just), names)
            owner = np.where(owner >= 0, owner, inside[end[edge]])
            there, back = generator.forward[span][edge], generator.backward[span][edge]
            if sign < 0:
                there, back = back, there
            share = generator.masses / lattice.masses  # below one in cells that an obstacle cuts
            there, back = there * share[start[edge]], back * share[end[edge]]
            rate, ahead = _leak(lattice, k, start[edge], end[edge], there, back, fraction)
            leak = rate / share[start[edge]], ahead
            parts.append((span.start + edge, start[edge], end[edge], owner, fraction, *leak))
    refuse_touching(generator, lattice, sets, inside)
    if not parts:
        empty = np.zeros(0, dtype=np.intp)
        return Cuts(empty, empty, empty, np.zeros(0, dtype=np.int8), np.zeros(0), np.zeros(0), np.zeros(0))
    return Cuts(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def refuse_touching(generator: Generator, lattice: Lattice, sets: Mapping[str, Predicate], inside: Member) -> None:
    """Raise where two sets meet without a node between them."""
    tail, head = lattice.tail, lattice.head
    both = (inside[tail] >= 0) & (inside[head] >= 0)
    touching = both & (inside[tail] != inside[head])
    if touching.any():
        edge = int(np.flatnonzero(touching)[0])
        labels = list(sets)
        cell = np.unravel_index(int(tail[edge]), lattice.shape)
        where = ", ".join(
            f"{n} = {ax.nodes[i]:.6g}" for n, ax, i in zip(generator.problem.names, lattice.axes, cell, strict=True)
        )
        raise TargetError(
            explain(
                f"the {labels[inside[tail[edge]]]} and the {labels[inside[head[edge]]]} touch, "
                "or lie within one cell of each other.",
                given=f"near {where}",
                try_="sets with room between them, or more cells",
            )
        )


def _crossed(
    lattice: Lattice,
    sets: Mapping[str, Predicate],
    names: tuple[str, ...],
    k: int,
    start: Index,
    end: Index,
    sign: float,
    inside: Member,
) -> tuple[Index, Array, Array]:
    """Return edges that enter a set on the way from `start`, and brackets of the first wall."""
    outside = inside[start] < 0
    edge = np.flatnonzero(outside & (inside[end] >= 0))
    length = sign * lattice.edge_lengths[k][_place(lattice, k, start if sign > 0 else end)]
    if lattice.cells > _SEARCHED:
        low = _coordinate(lattice, k, start[edge])
        return edge, low, low + length[edge]
    edge = np.flatnonzero(outside)
    low = _coordinate(lattice, k, start[edge])
    fractions = np.arange(_PLACES + 1) / _PLACES
    places = low[:, None] + length[edge][:, None] * fractions
    owner = np.repeat(start[edge], _PLACES + 1)
    found = members(sets, _on_edge(lattice, k, owner, places.ravel()), names).reshape(places.shape) >= 0
    found[:, -1] = inside[end[edge]] >= 0
    found[:, 0] = False
    hit = found.any(axis=1)
    first = np.argmax(found, axis=1)[hit]
    rows = np.flatnonzero(hit)
    return edge[rows], places[rows, first - 1], places[rows, first]


def _place(lattice: Lattice, k: int, cells: Index) -> Index:
    """Return the place of cells along axis k."""
    return np.unravel_index(cells, lattice.shape)[k]


def _coordinate(lattice: Lattice, k: int, cells: Index) -> Array:
    at: Array = lattice.axes[k].node_coordinates[_place(lattice, k, cells)]
    return at


def _on_edge(lattice: Lattice, k: int, cells: Index, xi: Array) -> tuple[Array, ...]:
    """Return positions with the coordinate xi along axis k and that of the cells along the others."""
    place = np.unravel_index(cells, lattice.shape)
    points = [axis.nodes[p] for axis, p in zip(lattice.axes, place, strict=True)]
    axis, period = lattice.axes[k], lattice.periods[k]
    if period:
        low = float(axis.face_coordinates[0])
        xi = low + np.mod(xi - low, period)
    points[k] = axis.position(xi)
    return tuple(points)


def _leak(
    lattice: Lattice, k: int, start: Index, end: Index, there: Array, back: Array, fraction: Array
) -> tuple[Array, Array]:
    """Return the rate from the node to the wall, and the rise along the whole edge."""
    lengths = lattice.cell_lengths[k]
    here, beyond = lengths[_place(lattice, k, start)], lengths[_place(lattice, k, end)]
    # an edge of exponential fitting is known from its two rates
    ahead = np.log(back * beyond) - np.log(there * here)
    return there * bernoulli(fraction * ahead) / (fraction * bernoulli(ahead)), ahead

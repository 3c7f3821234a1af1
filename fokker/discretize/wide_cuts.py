"""Targets on a grid with edges of any direction: each edge is cut where it first enters a set.

As for edges along the axes, a node outside leaves into the set through the part of the edge up to the wall: a rate
``w B(z)`` cut at the fraction theta becomes ``w / theta B(theta z)``, and the cell keeps its mass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.cuts import Cuts, members, refuse_touching
from fokker.discretize.wide_edges import law_of
from fokker.discretize.wide_rises import positions, rises
from fokker.generator import Generator
from fokker.grid import Lattice
from fokker.grid.grid import crossings
from fokker.linalg.exponentials import bernoulli

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Member = NDArray[np.int8]
Predicate = Callable[..., Any]

_NEAREST = 1e-6  # a wall is kept this far from the node, in edge lengths
_SEARCHED = 20_000  # cells up to which sets are looked for more closely than once a cell
_PLACES = 8


def cut_wide(generator: Generator, lattice: Lattice, sets: Mapping[str, Predicate], inside: Member) -> Cuts:
    """Find the edges that enter the sets, the places of the walls on them, and the rates through the walls."""
    assert generator.offsets is not None
    names = generator.problem.names
    parts = []
    for start, end, sign in ((generator.tail, generator.head, 1), (generator.head, generator.tail, -1)):
        there = generator.forward if sign > 0 else generator.backward
        back = generator.backward if sign > 0 else generator.forward
        offsets = (sign * generator.offsets).astype(np.int16)
        edge, low, high = _crossed(lattice, sets, names, start, end, offsets, inside)
        live = (there[edge] > 0.0) | (back[edge] > 0.0)
        edge, low, high = edge[live], low[live], high[live]
        if len(edge) == 0:
            continue
        owner, fraction = _walls(lattice, sets, names, start[edge], offsets[edge], low, high)
        owner = np.where(owner >= 0, owner, inside[end[edge]])
        ahead = _rise(generator, lattice, start[edge], end[edge], offsets[edge], there[edge], back[edge])
        leak = there[edge] * bernoulli(fraction * ahead) / (fraction * bernoulli(ahead))
        parts.append((edge, start[edge], end[edge], owner.astype(np.int8), fraction, leak, ahead))
    refuse_touching(generator, lattice, sets, inside)
    if not parts:
        empty = np.zeros(0, dtype=np.intp)
        return Cuts(empty, empty, empty, np.zeros(0, dtype=np.int8), np.zeros(0), np.zeros(0), np.zeros(0))
    return Cuts(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def whole_edges(generator: Generator, lattice: Lattice, sets: Mapping[str, Predicate], inside: Member) -> Cuts:
    """Find the edges that end inside the sets, where rates of either sign leave them whole: a staircase."""
    refuse_touching(generator, lattice, sets, inside)
    start, end = np.concatenate([generator.tail, generator.head]), np.concatenate([generator.head, generator.tail])
    there = np.concatenate([generator.forward, generator.backward])
    back = np.concatenate([generator.backward, generator.forward])
    mine = np.flatnonzero((inside[start] < 0) & (inside[end] >= 0) & (there != 0.0))
    edges = np.concatenate([np.arange(len(generator.tail))] * 2)[mine]
    rise = np.log(back[mine] / there[mine])
    return Cuts(edges, start[mine], end[mine], inside[end[mine]], np.ones(len(mine)), there[mine], rise)


def _rise(
    generator: Generator,
    lattice: Lattice,
    start: Index,
    end: Index,
    offsets: NDArray[np.int16],
    there: Array,
    back: Array,
) -> Array:
    """Return the rise along whole edges: from the rates where both directions share their weight."""
    law = law_of(generator)
    if generator.split is not None:
        return np.log(back) - np.log(there)
    return rises(law, lattice, start, offsets, end)


def _crossed(
    lattice: Lattice,
    sets: Mapping[str, Predicate],
    names: tuple[str, ...],
    start: Index,
    end: Index,
    offsets: NDArray[np.int16],
    inside: Member,
) -> tuple[Index, Array, Array]:
    """Return edges that enter a set on the way from `start`, and the fractions between which the wall lies."""
    edge = np.flatnonzero(inside[start] < 0)
    reach = np.abs(offsets[edge]).max(axis=1)
    places = _PLACES if lattice.cells <= _SEARCHED else 1
    found_edges, lows, highs = [], [], []
    for length in np.unique(reach):
        some = edge[reach == length]
        count = int(length) * places
        t = np.arange(count + 1) / count
        found = np.zeros((len(some), count + 1), dtype=bool)
        found[:, -1] = inside[end[some]] >= 0
        for column in range(1, count):
            points, _ = positions(lattice, start[some], offsets[some], np.full(len(some), t[column]))
            found[:, column] = members(sets, tuple(points), names) >= 0
        hit = np.flatnonzero(found.any(axis=1))
        first = np.argmax(found[hit], axis=1)
        found_edges.append(some[hit])
        lows.append(t[first - 1])
        highs.append(t[first])
    return np.concatenate(found_edges), np.concatenate(lows), np.concatenate(highs)


def _walls(
    lattice: Lattice,
    sets: Mapping[str, Predicate],
    names: tuple[str, ...],
    start: Index,
    offsets: NDArray[np.int16],
    low: Array,
    high: Array,
) -> tuple[Member, Array]:
    """Return the set met first on each edge, and the fraction at which it is met."""

    def owner(t: Array) -> Member:
        # the places of one bisection step lie row by row
        times = len(t) // len(start)
        points, _ = positions(lattice, np.repeat(start, times), np.repeat(offsets, times, axis=0), t)
        return members(sets, tuple(points), names)

    at = crossings(lambda t: owner(t) >= 0, low, high)
    return owner(np.minimum(at + 1e-12, 1.0)), np.clip(at, _NEAREST, 1.0)

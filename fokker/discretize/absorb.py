"""Targets become labelled exits: the one place where edges are cut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.chain import Chain
from fokker.errors import TargetError, explain
from fokker.generator import Generator
from fokker.grid.grid import crossings, truth

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Index = NDArray[np.intp]
Predicate = Callable[..., Any]

_TOUCHING = 1e-13  # a wall this close to a node (in cell widths) is at the node


@dataclass(frozen=True)
class Walls:
    """Walls of a target next to some cells: `cells` (indices) and `at` (axis coordinates)."""

    cells: Index
    at: Array


@dataclass(frozen=True)
class Absorbed:
    """A generator whose target cells are cut off.

    Attributes
    ----------
    generator : Generator
        Rates and masses with the wall of the target in its exact place; cells of the target are decoupled.
    inside : array of bool, shape (n,)
        Nodes that belong to the target.
    left, right : Walls
        Walls between a node and its left (right) neighbour.
    """

    generator: Generator
    inside: Mask
    left: Walls
    right: Walls


def absorb(generator: Generator, target: Predicate) -> Absorbed:
    """Cut the edges that enter `target`, at the place where the predicate changes.

    Raises
    ------
    TargetError
        If the target holds no point of the grid, or all of it.
    """
    chain = generator.chain
    assert chain is not None
    inside, left, right = _locate(chain, target)
    if inside.all():
        raise TargetError(
            explain(
                "the target is everything: no cell lies outside it.",
                given=f"{target!r}",
                try_="a predicate that is False somewhere, such as lambda x: x > 1",
            )
        )
    if len(left.cells) + len(right.cells) == 0:
        raise TargetError(
            explain(
                "the target is empty: no node and no face of the grid lies in it.",
                given=f"{target!r} on {chain.line.axis!r}",
                try_="a predicate that is True somewhere in the domain, more cells, or a larger reach=",
            )
        )
    return _cut(generator, chain, inside, left, right)


def _locate(chain: Chain, target: Predicate) -> tuple[Mask, Walls, Walls]:
    """Return which nodes lie inside, and the walls to the left and right of outside nodes."""
    axis, line = chain.line.axis, chain.line
    nodes, faces = axis.node_coordinates, axis.face_coordinates

    def predicate(xi: Array) -> Mask:
        return truth(target, "target", line.position(xi))

    inside, at_faces = predicate(nodes), predicate(faces)
    while True:
        beyond = (inside[-1], inside[0]) if line.period else (at_faces[0], at_faces[-1])
        outer = (nodes[-1] - line.period, nodes[0] + line.period) if line.period else (faces[0], faces[-1])
        walls = []
        for side in (0, 1):
            at_face = at_faces[side : len(nodes) + side]
            at_next = np.append(inside[1:], beyond[1]) if side else np.append(beyond[0], inside[:-1])
            near = np.flatnonzero(~inside & at_face)
            far = np.flatnonzero(~inside & ~at_face & at_next)
            cells = np.concatenate([near, far])
            step = 2 * side - 1
            following = np.clip(far + step, 0, len(nodes) - 1)
            ends = np.where((far + step == following), nodes[following], outer[side])
            starts = np.concatenate([nodes[near], faces[far + side]])
            ends = np.concatenate([faces[near + side], ends])
            walls.append(Walls(cells, crossings(predicate, starts, ends) if len(cells) else starts))
        touching = [w.cells[np.abs(w.at - nodes[w.cells]) <= _TOUCHING * (faces[w.cells + 1] - faces[w.cells])]
                    for w in walls]  # fmt: skip
        if not any(len(cells) for cells in touching):
            return inside, walls[0], walls[1]
        inside = inside.copy()
        inside[np.concatenate(touching)] = True


def _cut(generator: Generator, chain: Chain, inside: Mask, left: Walls, right: Walls) -> Absorbed:
    line, edges = chain.line, chain.edges
    nodes = line.axis.node_coordinates
    before = line.segments(*_forwards(line.period, left.at, nodes[left.cells]))
    after = line.segments(nodes[right.cells], right.at)
    changed = np.union1d(left.cells, right.cells)
    weights = _hats(chain, changed, 0, left, before.hat_b) + _hats(chain, changed, 1, right, after.hat_a)
    leak = np.zeros(len(changed))
    leak[np.searchsorted(changed, left.cells)] += 1.0 / before.resistance_b
    leak[np.searchsorted(changed, right.cells)] += 1.0 / after.resistance
    masses, forward, backward = generator.masses.copy(), generator.forward.copy(), generator.backward.copy()
    old = masses[changed]
    masses[changed] = weights * line.gauge(nodes[changed])
    # a rate out of a node is a conductance over the weight of the node
    count, ring = len(edges), chain.walls is None
    up = changed[ring | (changed < count)]
    down = changed[ring | (changed > 0)]
    forward[up] *= old[np.searchsorted(changed, up)] / masses[up]
    backward[down - 1] *= old[np.searchsorted(changed, down)] / masses[down]
    # cutting the edges at the walls is enough: the cells inside see nothing of the outside
    cut = np.concatenate([right.cells, (left.cells - 1) % generator.cells])
    cut = cut[cut < count]
    forward[cut] = 0.0
    backward[cut] = 0.0
    exits = {label: rates.copy() for label, rates in generator.exit_rates.items()}
    for rates in exits.values():
        rates[changed] *= old / masses[changed]
    exits["target"] = np.zeros(len(masses))
    neighbours = np.concatenate([right.cells + 1, left.cells - 1]) % generator.cells
    exits["target"][neighbours[inside[neighbours]]] = 1.0  # a way out of the decoupled cells, of any rate
    exits["target"][changed] = leak / weights
    new = replace(generator, masses=masses, forward=forward, backward=backward, exit_rates=exits)
    return Absorbed(new, inside, left, right)


def _forwards(period: float, starts: Array, ends: Array) -> tuple[Array, Array]:
    """Return segments with starts inside the axis (a wall across the seam lies one period back)."""
    return (starts, ends) if not period else (starts + period, ends + period)


def _hats(chain: Chain, cells: Index, side: int, walls: Walls, cut: Array) -> Array:
    """Return the mass that `cells` carry on one `side` (0 left, 1 right), `cut` where the target's wall is."""
    hats = (chain.edges.hat_b, chain.edges.hat_a)[side]
    edge = cells - 1 + side
    if chain.walls is None:
        result = hats[edge % len(hats)]
    else:
        beyond = (edge < 0) | (edge >= len(hats))
        result = np.where(beyond, chain.walls[side].mass[0], hats[np.clip(edge, 0, len(hats) - 1)])
    result[np.searchsorted(cells, walls.cells)] = cut
    return result

"""Jumps beside sets that are cut off: what starts in them or leads into them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.cuts import members
from fokker.discretize.line import Line
from fokker.generator import Generator
from fokker.jump import Jump

Array = NDArray[np.float64]
Member = NDArray[np.int8]  # number of the set, -1 outside of all
Predicate = Callable[..., Any]


def stopped_jumps(
    generator: Generator,
    labels: tuple[str, ...],
    inside: Member,
    walls: Mapping[str, Array],
    places: Places,
) -> tuple[tuple[Jump, ...], dict[str, Array]]:
    """Return the jumps of a process that stops at sets, and the rates of those that end in them.

    Jumps do not start inside the sets; the share of their laws that lies inside becomes an exit rate.

    Parameters
    ----------
    inside : array of int8, shape (n,)
        The set of each node.
    walls : mapping of str to array
        New rates into the walls whose flux jumps.
    places : dict
        The jumps whose law is told otherwise.
    """
    outside = inside < 0
    jumps, ending = [], {label: np.zeros(generator.cells) for label in labels}
    for number, jump in enumerate(generator.jumps):
        rates = np.where(outside, walls.get(jump.wall, jump.rates), 0.0)
        if number in places:
            law, within = places[number]
        else:
            law = np.where(outside, jump.law, 0.0)
            sums = {label: float(jump.law[inside == k].sum()) for k, label in enumerate(labels)}
            within = {label: share for label, share in sums.items() if share > 0.0}
        for label, share in within.items():
            ending[label] += rates * share
        jumps.append(replace(jump, rates=rates, law=law, lost={**jump.lost, **within}))
    return tuple(jumps), ending


Places = dict[int, tuple[Array, dict[str, float]]]  # by jump, its law outside the sets, and the shares within


def places_within(generator: Generator, sets: Mapping[str, Predicate]) -> Places:
    """Return the laws of the jumps to points that lie in a set: all of it ends there."""
    found: Places = {}
    for number, jump in enumerate(generator.jumps):
        if jump.place is None:
            continue
        point = tuple(np.atleast_1d(float(jump.place[name])) for name in generator.problem.names)
        owner = int(members(sets, point, generator.problem.names)[0])
        if owner >= 0:
            found[number] = np.zeros(generator.cells), {tuple(sets)[owner]: 1.0}
    return found


def settled_places(
    generator: Generator, sets: Mapping[str, Predicate], inside: Member, walls: Array, owners: Member
) -> Places:
    """Return the laws of the jumps to points of a chain that lie in a set, or between a node and a wall.

    A process put there reaches the wall before the node with a probability that the conductances tell.

    Parameters
    ----------
    walls, owners : array
        Axis coordinates of the walls of the sets, and which set each belongs to.
    """
    chain = generator.chain
    assert chain is not None
    line, found = chain.line, places_within(generator, sets)
    nodes, labels = line.axis.node_coordinates, tuple(sets)
    stops = np.concatenate([nodes, walls])
    codes = np.concatenate([np.arange(len(nodes)), -1 - owners.astype(np.intp)])
    if line.period:
        stops = np.concatenate([stops - line.period, stops, stops + line.period])
        codes = np.tile(codes, 3)
    order = np.argsort(stops, kind="stable")
    stops, codes = stops[order], codes[order]
    for number, jump in enumerate(generator.jumps):
        if jump.place is None or number in found:
            continue
        xi = float(line.axis.coordinate(np.atleast_1d(float(jump.place[line.name])))[0])
        after = int(np.clip(np.searchsorted(stops, xi), 1, len(stops) - 1))
        ends = int(codes[after - 1]), int(codes[after])
        if min(ends) >= 0 or not stops[after - 1] < xi < stops[after]:
            continue
        found[number] = _between(line, stops[after - 1], xi, stops[after], ends, inside, labels)
    return found


def _between(
    line: Line, low: float, here: float, high: float, ends: tuple[int, int], inside: Member, labels: tuple[str, ...]
) -> tuple[Array, dict[str, float]]:
    """Share out a point between two stops: nodes from 0 on, walls of sets below."""
    shift = line.period if line.period and low < line.axis.face_coordinates[0] else 0.0
    stops = [np.array([at + shift]) for at in (low, here, high)]
    back = 1.0 / float(line.segments(stops[0], stops[1]).resistance_b[0])
    ahead = 1.0 / float(line.segments(stops[1], stops[2]).resistance[0])
    law, lost = np.zeros(len(inside)), dict[str, float]()
    for code, share in zip(ends, (back / (back + ahead), ahead / (back + ahead)), strict=True):
        if code >= 0 and inside[code] < 0:
            law[code] += share
        else:
            label = labels[-1 - code] if code < 0 else labels[inside[code]]
            lost[label] = lost.get(label, 0.0) + share
    return law, lost

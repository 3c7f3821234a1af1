"""Profiles inside the cells: the process watched at one more node.

A point y between two nodes is inserted as a node of its own. With the conductances c to its neighbours and
the masses m under its hat, the density and the passage time at y follow from those of the neighbours by sums
of positive terms, exactly as if y had been on the grid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.chain import Chain, wall
from fokker.discretize.segments import Segments, join
from fokker.errors import DomainError, explain
from fokker.linalg import Scaled

if TYPE_CHECKING:
    from fokker.discretize.absorb import Absorbed

Array = NDArray[np.float64]
Index = NDArray[np.intp]

_FLAT = 1e-6  # powers are measured to about 1e-8
LEFT_WALL, RIGHT_WALL, TARGET = -1, -2, -3  # codes of stops that are not nodes; set k has TARGET - k


@dataclass(frozen=True)
class Side:
    """What inserted points see on one side.

    Attributes
    ----------
    node : array of int
        Neighbouring node, negative where a wall comes first.
    conductance, mass : array
        To the neighbour or sink, and under the hat, relative to the weight at the point.
    gain : array
        Weight at the point over weight at the neighbour.
    """

    node: Index
    conductance: Array
    mass: Array
    gain: Array


def coordinates(chain: Chain, x: Array) -> Array:
    """Return axis coordinates of positions inside the grid.

    Raises
    ------
    DomainError
        If a position lies outside, or is not a number.
    """
    axis, name = chain.line.axis, chain.line.name
    bad = ~((x >= axis.faces[0]) & (x <= axis.faces[-1]))
    if bad.any():
        raise DomainError(
            explain(
                f"{name} = {float(x[bad][0]):.6g} lies outside the grid.",
                accepted=f"{float(axis.faces[0]):.6g} to {float(axis.faces[-1]):.6g}",
                try_="a larger domain, or a larger reach= of the axis",
            )
        )
    return np.clip(axis.coordinate(x), axis.face_coordinates[0], axis.face_coordinates[-1])


def onto_grid(chain: Chain, x: Array) -> tuple[Array, Array]:
    """Return positions moved onto the last faces where a tail lies beyond, and ln of the density ratio."""
    faces = chain.line.axis.faces
    moved, shift = x.copy(), np.zeros(len(x))
    for side, law in enumerate(chain.tails):
        if law is None or law.mass == 0.0:
            continue
        face, reach = faces[-side], abs(faces[-side] - law.origin)
        distance = np.abs(x - law.origin)
        out = (x < face) if side == 0 else (x > face)
        # an end that is a point is not passed
        out &= (distance < reach) if law.inward else (distance > reach)
        power = law.index - 1.0 if law.inward else -(1.0 + law.index)
        if abs(power) > _FLAT:  # a measured power of zero is a finite density at the end itself
            with np.errstate(divide="ignore"):
                shift[out] = power * np.log(distance[out] / reach)
        moved[out] = face
    return moved, shift


def insert(chain: Chain, xi: Array, absorbed: Absorbed | None = None) -> tuple[Side, Side]:
    """Insert points at axis coordinates `xi`; return what they see to the left and to the right.

    A point on a node or an absorbing wall has an infinite conductance to it: see `evaluate`.
    """
    line = chain.line
    stops, codes = _stops(chain, absorbed)
    # a point on the last stop still lies in the last interval
    after = np.clip(np.searchsorted(stops, xi, side="right"), 1, len(stops) - 1)
    before = after - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        left = line.segments(*_inside(line.period, chain, stops[before], xi))
        right = line.segments(*_inside(line.period, chain, xi, stops[after]))
        return (
            _side(chain, codes[before], left, 0, xi == stops[before]),
            _side(chain, codes[after], right, 1, xi == stops[after]),
        )


def insert_ladder(chain: Chain, stops: Array) -> tuple[Side, Side]:
    """Insert sorted `stops` that include every node, as `insert` does, at a cost linear in their number.

    Neighbouring pieces are joined step by step from both nodes of an edge, all edges at once.
    """
    line = chain.line
    nodes = line.axis.node_coordinates
    at = np.searchsorted(stops, nodes)
    inner = np.flatnonzero(np.diff(at) > 1)  # edges with stops between their nodes
    outer = np.concatenate([np.arange(at[0]), np.arange(at[-1] + 1, len(stops)), at])
    left, right = insert(chain, stops[outer])
    sides = tuple(
        Side(*(_scattered(len(stops), outer, getattr(side, f.name)) for f in fields(Side))) for side in (left, right)
    )
    for side, first, step in ((0, at[inner], 1), (1, at[inner + 1], -1)):
        edges, here, whole = inner, first, None
        for _ in range(int(np.diff(at).max()) - 1):
            start, stop = (here, here + 1) if step > 0 else (here - 1, here)
            piece = line.segments(stops[start], stops[stop])
            whole = piece if whole is None else join(whole, piece) if step > 0 else join(piece, whole)
            here = here + step
            _store(sides[side], here, edges + side, whole, side)
            more = here + step != (at[edges + 1] if step > 0 else at[edges])
            edges, here, whole = edges[more], here[more], whole.take(np.flatnonzero(more))
            if len(edges) == 0:
                break
    return sides[0], sides[1]


def _scattered(length: int, rows: Index, values: NDArray[Any]) -> NDArray[Any]:
    result = np.zeros(length, dtype=values.dtype)
    result[rows] = values
    return result


def _store(side: Side, rows: Index, node: Index, segments: Segments, which: int) -> None:
    """Write what stops `rows` see through `segments` (0: from the left, 1: to the right)."""
    side.node[rows] = node
    side.mass[rows] = segments.hat_b if which == 0 else segments.hat_a
    side.conductance[rows] = 1.0 / (segments.resistance_b if which == 0 else segments.resistance)
    side.gain[rows] = np.exp(segments.rise if which == 0 else -segments.rise)


def _stops(chain: Chain, absorbed: Absorbed | None) -> tuple[Array, Index]:
    """Return the nodes, walls of the domain and walls of the target in order, with their codes."""
    line = chain.line
    nodes, faces = line.axis.node_coordinates, line.axis.face_coordinates
    cells = len(nodes)
    codes: Index = np.arange(cells, dtype=np.intp)
    if line.period:
        stops = np.concatenate([[nodes[-1] - line.period], nodes, [nodes[0] + line.period]])
        codes = np.concatenate([codes[-1:], codes, codes[:1]])
    else:
        stops = np.concatenate([faces[:1], nodes, faces[-1:]])
        codes = np.concatenate([[LEFT_WALL], codes, [RIGHT_WALL]])
    if absorbed is None:
        return stops, codes
    assert absorbed.walls is not None
    cuts = np.concatenate([walls.at for walls in absorbed.walls])
    owners = TARGET - np.concatenate([walls.sets for walls in absorbed.walls])
    if line.period:
        cuts = np.concatenate([cuts, cuts - line.period, cuts + line.period])
        owners = np.tile(owners, 3)
    cuts, first = np.unique(cuts, return_index=True)
    owners = owners[first]
    within = (cuts >= stops[0]) & (cuts <= stops[-1])
    where = np.searchsorted(stops, cuts[within])
    return np.insert(stops, where, cuts[within]), np.insert(codes, where, owners[within])


def _inside(period: float, chain: Chain, starts: Array, ends: Array) -> tuple[Array, Array]:
    """Return the segments shifted by a period where they start before the axis."""
    if not period:
        return starts, ends
    shift = np.where(starts < chain.line.axis.face_coordinates[0], period, 0.0)
    return starts + shift, ends + shift


def _side(chain: Chain, codes: Index, segments: Segments, side: int, empty: NDArray[np.bool_]) -> Side:
    if side == 0:
        hat, resistance, gain = segments.hat_b, segments.resistance_b, np.exp(segments.rise)
    else:
        hat, resistance, gain = segments.hat_a, segments.resistance, np.exp(-segments.rise)
    mass, conductance = np.where(empty, 0.0, hat), 1.0 / resistance
    at_wall = np.flatnonzero((codes == LEFT_WALL) | (codes == RIGHT_WALL))
    if len(at_wall):
        kind = chain.line.problem.walls[chain.line.name][side]
        ward = wall(chain.line, segments.take(at_wall), side, kind, chain.tails[side])
        mass[at_wall] = np.where(empty[at_wall], 0.0 if chain.tails[side] is None else ward.mass, ward.mass)
        conductance[at_wall] = ward.leak
    return Side(codes, conductance, mass, gain)


Source = Callable[[Side, Side], Scaled]
Pair = tuple[float, int]  # mantissa, exponent
Known = Mapping[int, float | Pair]  # values on walls by code


@dataclass(frozen=True)
class Returns:
    """What jumps add to a backward equation at inserted points.

    Attributes
    ----------
    rate : array
        Rate of the jumps out of each point, 1/time.
    gain : Scaled
        The same times the mean of the solution over where they lead.
    at_walls : mapping of int to pair
        Values on walls whose flux jumps, by code.
    """

    rate: Array
    gain: Scaled
    at_walls: Mapping[int, Pair]


def evaluate(
    chain: Chain,
    x: Array,
    nodal: Scaled,
    absorbed: Absorbed | None = None,
    source: Source | None = None,
    at_walls: Known | None = None,
    returns: Returns | None = None,
) -> Scaled:
    """Return the solution of the backward equation at positions `x` from its nodal values.

    Parameters
    ----------
    source : callable, optional
        Its right-hand side integrated over the hats of the inserted points.
    at_walls : mapping of int to float, optional
        Values on walls by code, zero where not named: `LEFT_WALL`, `RIGHT_WALL`, or ``TARGET - k`` for set k.
    returns : Returns, optional
        What jumps add.
    """
    left, right = insert(chain, coordinates(chain, x), absorbed)
    known: Known = {**(at_walls or {}), **({} if returns is None else returns.at_walls)}
    with np.errstate(invalid="ignore"):  # infinity over infinity on a node: pinned below
        inner = combine(left, right, nodal, None if source is None else source(left, right), known, returns)
    return _pinned(inner, left, right, nodal, known)


def unit_source(left: Side, right: Side) -> Scaled:
    """Return the right-hand side one, integrated over the hats: the source of mean passage times."""
    return Scaled.of(left.mass + right.mass)


def density_weights(chain: Chain, xi: Array, nodal: Scaled, ladder: bool = False) -> Scaled:
    """Return the weight q at axis coordinates from the nodal weights of a stationary density.

    With `ladder` the coordinates are sorted and include every node.
    """
    left, right = insert_ladder(chain, xi) if ladder else insert(chain, xi)
    with np.errstate(invalid="ignore"):
        inner = weights_at(left, right, nodal)
    return _pinned(inner, left, right, nodal, {})


def _pinned(result: Scaled, left: Side, right: Side, nodal: Scaled, at_walls: Known) -> Scaled:
    """Return `result` with the values of the neighbour where a point lies exactly on it."""
    for side in (left, right):
        there = np.flatnonzero(np.isinf(side.conductance))
        if len(there):
            value = at_neighbour(nodal, side.node[there], at_walls)
            result.mantissa[there], result.exponent[there] = value.mantissa, value.exponent
            result.exponent[there[value.mantissa == 0.0]] = 0
    return result


def combine(
    left: Side, right: Side, nodal: Scaled, source: Scaled | None, at_walls: Known, returns: Returns | None = None
) -> Scaled:
    """Return the solution of the backward equation at inserted points from its nodal values.

    ``(c_l + c_r) u = c_l u_l + c_r u_r + source``, and with jumps ``+ m (gain - rate u)`` on the right.
    """
    near = [at_neighbour(nodal, s.node, at_walls) for s in (left, right)]
    top = np.maximum(near[0].exponent, near[1].exponent)
    value, total = np.zeros(len(top)), left.conductance + right.conductance
    added = [] if source is None else [source]
    if returns is not None:
        mass = left.mass + right.mass
        added.append(returns.gain.times(mass))
        total = total + mass * returns.rate
    for part in added:
        top = np.maximum(top, np.where(part.mantissa > 0.0, part.exponent, top))
    for part in added:
        value += np.ldexp(part.mantissa, np.maximum(part.exponent - top, -4000))
    for side, u in zip((left, right), near, strict=True):
        value += side.conductance * np.ldexp(u.mantissa, u.exponent - top)
    return Scaled(value / total, top)


def weights_at(left: Side, right: Side, nodal: Scaled) -> Scaled:
    """Return the weight q at inserted points from the nodal weights (density with a constant current)."""
    total = left.conductance + right.conductance
    near = [at_neighbour(nodal, s.node, {}) for s in (left, right)]
    top = np.maximum(near[0].exponent, near[1].exponent)
    value = np.zeros(len(total))
    for side, q in zip((left, right), near, strict=True):
        value += side.conductance * side.gain * np.ldexp(q.mantissa, q.exponent - top)
    return Scaled(value / total, top)


def at_neighbour(nodal: Scaled, node: Index, at_walls: Known) -> Scaled:
    """Return the values at neighbouring nodes, or on walls (zero with the smallest exponent, to decide nothing)."""
    real = node >= 0
    index = np.where(real, node, 0)
    low = np.int32(np.iinfo(np.int32).min // 4)
    mantissa = np.where(real, nodal.mantissa[index], 0.0)
    exponent = np.where(real, nodal.exponent[index], low).astype(np.int32)
    for code, known in at_walls.items():
        value, power = known if isinstance(known, tuple) else (known, 0)
        here = node == code
        mantissa[here] = value
        exponent[here] = power if value > 0.0 else low
    return Scaled(mantissa, exponent)

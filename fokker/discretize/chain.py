"""Assembly in one dimension: segments between nodes become the rates of a chain or a ring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.ends import Tail, idle_walls, tail
from fokker.discretize.line import Line
from fokker.discretize.refusals import STEEPEST, UNEVEN, not_periodic
from fokker.discretize.segments import Segments
from fokker.errors import GridError, explain
from fokker.generator import Generator, OpenEnd
from fokker.grid import Grid
from fokker.problem import Robin
from fokker.problem.boundary import Wall

Array = NDArray[np.float64]

ROUGH = 3e-4  # size of the highest collocation coefficients above which an axis is called unresolved


@dataclass(frozen=True)
class Ward:
    """The way from points to a wall: the mass that the points carry there, and the conductance to the sink.

    Both are relative to the weight at the point; for a node, exit rate = leak / node weight.
    """

    mass: Array
    leak: Array


@dataclass(frozen=True)
class Chain:
    """The one-dimensional structure behind a generator.

    Attributes
    ----------
    line : Line
    edges : Segments
        One segment for each edge of the generator, node to node.
    walls : tuple of two Ward, or None on a ring
    tails : tuple of two, Tail or None
        What lies beyond the last faces.
    """

    line: Line
    edges: Segments
    walls: tuple[Ward, Ward] | None
    tails: tuple[Tail | None, Tail | None]

    @property
    def reversible(self) -> bool:
        """Whether detailed balance holds for certain: no way around, or a potential without force."""
        problem = self.line.problem
        return self.walls is not None or (problem.has_potential and not problem.has_force)

    def weights(self) -> Array:
        """Return the weight of each node: the masses under the hats on both sides."""
        if self.walls is None:
            return self.edges.hat_a + np.roll(self.edges.hat_b, 1)
        weights = np.zeros(len(self.edges) + 1)
        weights[:-1] += self.edges.hat_a
        weights[1:] += self.edges.hat_b
        weights[0] += self.walls[0].mass[0]
        weights[-1] += self.walls[1].mass[0]
        return weights


def build(line: Line, grid: Grid) -> Generator:
    """Return the generator of `line`.

    Raises
    ------
    GridError
        If the potential changes by more than 500 kT across one cell.
    ExplosionError
        If an end at infinity is reached in finite time.
    BoundaryError
        If the potential of a periodic axis differs between its ends.
    """
    left, right = line.problem.walls[line.name]
    if left == "periodic":
        _refuse_open_ring(line)
        nodes = line.axis.node_coordinates
        edges = line.segments(nodes, np.append(nodes[1:], nodes[0] + line.period))
        _refuse_steep(line, edges, nodes)
        return _generator(Chain(line, edges, None, (None, None)), grid, edges.roughness)
    axis = line.axis
    stops = np.concatenate([axis.face_coordinates[:1], axis.node_coordinates, axis.face_coordinates[-1:]])
    segments = line.segments(stops[:-1], stops[1:])
    _refuse_steep(line, segments, stops)
    tails = (tail(line, 0), tail(line, 1))
    walls = (
        wall(line, segments.take(slice(0, 1)), 0, left, tails[0]),
        wall(line, segments.take(slice(-1, None)), 1, right, tails[1]),
    )
    return _generator(Chain(line, segments.take(slice(1, -1)), walls, tails), grid, segments.roughness)


def _generator(chain: Chain, grid: Grid, roughness: Array) -> Generator:
    line, edges = chain.line, chain.edges
    cells = line.axis.cells
    weights = chain.weights()
    steps = np.arange(cells, dtype=np.intp)
    tails, heads = (steps, np.roll(steps, -1)) if chain.walls is None else (steps[:-1], steps[1:])
    forward, backward = edge_rates(edges, weights, tails, heads)
    exits: dict[str, Array] = {}
    for cell, side, end in zip((0, cells - 1), ("left", "right"), chain.walls or (), strict=False):
        if end.leak[0] > 0.0:
            rates = np.zeros(cells)
            rates[cell] = end.leak[0] / weights[cell]
            exits[f"{line.name} {side}"] = rates
    return Generator(
        problem=line.problem,
        grid=grid,
        scheme=line.scheme,
        tail=tails,
        head=heads,
        forward=forward,
        backward=backward,
        exit_rates=exits,
        masses=weights * line.gauge(line.axis.node_coordinates),
        is_reversible=chain.reversible,
        peclet=float(np.abs(edges.rise).max()),
        open_ends=_open_ends(chain),
        warnings=_doubts(line, roughness, edges) + idle_walls(line, chain.tails),
        chain=chain,
    )


def _open_ends(chain: Chain) -> tuple[OpenEnd, ...]:
    """Return the ends whose weight cannot be summed."""
    axis, name = chain.line.axis, chain.line.name
    return tuple(
        OpenEnd(cell, f"{name} -> {end:g}", t.index, t.inward)
        for cell, end, t, ward in zip(
            (0, axis.cells - 1), (axis.lo, axis.hi), chain.tails, chain.walls or (None, None), strict=True
        )
        if t is not None and t.mass == 0.0 and ward is not None and ward.leak[0] == 0.0
    )


def edge_rates(
    edges: Segments, weights: Array, tails: NDArray[np.intp], heads: NDArray[np.intp]
) -> tuple[Array, Array]:
    """Return the rates tail to head and head to tail: conductance over node weight, both relative to the node."""
    return 1.0 / (edges.resistance * weights[tails]), 1.0 / (edges.resistance_b * weights[heads])


def wall(line: Line, half: Segments, side: int, kind: Wall, beyond: Tail | None) -> Ward:
    """Return what points next to a wall see through the segments `half` (left: wall-point, right: point-wall)."""
    rise = half.rise if side == 0 else -half.rise  # ln of the weight at the point over that at the wall
    resistance = half.resistance_b if side == 0 else half.resistance
    hat = half.hat_b if side == 0 else half.hat_a
    mass = half.mass_b if side == 0 else half.mass
    infinite = not np.isfinite((line.axis.lo, line.axis.hi)[side])
    film = 0.0  # resistance of the wall itself, relative to the weight there
    if isinstance(kind, Robin):
        # beyond lies a singular point that no path reaches: `tail` refuses the others
        film = np.inf if beyond is not None else float(line.gauge(line.axis.face_coordinates[[-side]])[0]) / kind.kappa
    elif kind == "absorbing" or (infinite and line.axis.closure == "absorb"):
        film = 0.0 if beyond is None else beyond.film
    else:
        film = np.inf
    if np.isfinite(film):
        extra = film * np.exp(rise)
        total = resistance + extra
        beneath = 0.0 if beyond is None else beyond.hat * np.exp(-rise)
        return Ward((resistance * hat + extra * (mass + beneath)) / total, 1.0 / total)
    if beyond is not None:
        mass = mass + beyond.mass * np.exp(-rise)
    return Ward(mass, np.zeros_like(mass))


def _refuse_open_ring(line: Line) -> None:
    if not line.problem.has_potential:
        return
    low, high = (float(v) for v in line.problem.potential_at(line.axis.faces[[0, -1]]))
    if abs(high - low) > UNEVEN * (1.0 + abs(high) + abs(low)):
        raise not_periodic(line.name, high - low)


def _refuse_steep(line: Line, segments: Segments, stops: Array) -> None:
    worst = int(np.argmax(np.abs(segments.rise)))
    jump = float(abs(segments.rise[worst]))
    if jump <= STEEPEST:
        return
    x = float(line.axis.position(stops[worst : worst + 1])[0])
    raise GridError(
        explain(
            f"the potential changes by {jump:.3g} kT across one cell near {line.name} = {x:.6g}.",
            given=repr(line.axis),
            accepted=f"at most {STEEPEST:g} kT a cell",
            try_=f"at least {int(np.ceil(line.axis.cells * jump / STEEPEST))} cells, a smaller domain, or an "
            "infinite one (its reach then follows the density)",
        )
    )


def _doubts(line: Line, roughness: Array, edges: Segments) -> tuple[str, ...]:
    """Return a warning where the coefficients vary too fast for the cells."""
    worst = int(np.argmax(roughness))
    if not roughness[worst] > ROUGH:
        return ()
    count = min(int((roughness > ROUGH).sum()), line.axis.cells)
    at = min(max(worst - (len(roughness) > len(edges)), 0), line.axis.cells - 1)
    return (
        f"the coefficients are not resolved in {count} of {line.axis.cells} cells, worst near "
        f"{line.name} = {line.axis.nodes[at]:.6g}: use more cells, a smaller scale= there "
        f"(Axis.line(..., center=...)), or breakpoints= at kinks and jumps",
    )

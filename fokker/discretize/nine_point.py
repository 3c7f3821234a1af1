"""The nine-point scheme of a full tensor in the plane, in variational form.

With the density rho of the cells at equilibrium and ``u = p / rho``, the energy ``sum D grad u . grad u rho`` is
summed over midpoints of edges (the diagonal of D) and corners of cells (its off-diagonal entry q): the corner between
cells a, b, c, e gives ``q / 2`` to the diagonal a-e and ``-q / 2`` to b-c. The law rho is exactly stationary and the
scheme of second order with a small constant, but wherever q is not zero one of the two diagonals has negative rates.

Half a cell along a reflecting wall lies beyond the last corners. No flow crosses it, so that there u minimises the
energy over its slope across, and flow along it is carried by ``D_kk - q**2 / D_aa``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.stream import is_magnetic
from fokker.discretize.wide_edges import refuse_steep, refuse_uneven, wall_kinds
from fokker.discretize.wide_rises import full, nodal_level, positions
from fokker.discretize.wide_stencil import ABSORBING, REFLECTING
from fokker.errors import CoefficientError, DimensionError, FokkerError, GridError, explain
from fokker.generator import Generator
from fokker.grid import Grid, Lattice
from fokker.problem import Problem
from fokker.problem.thermal import Thermal

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Short = NDArray[np.int16]


class _Edges(NamedTuple):
    tail: Index
    head: Index
    offsets: Short
    weight: Array
    between: Array  # level halfway


def build_nine_point(problem: Problem, grid: Grid, *, signed: bool) -> Generator:
    """Return the generator; with negative rates only if `signed`.

    Raises
    ------
    DimensionError
        If the problem is not in the plane.
    GridError
        If the potential is so steep that the rates out of a cell have a negative sum.
    FokkerError
        If it is driven, or a rate would be negative and `signed` is not asked for.
    """
    _refuse_driven(problem)
    lattice = Lattice(tuple(grid.axes.values()), tuple(left == "periodic" for left, _ in problem.walls.values()))
    walls = wall_kinds(problem, lattice)
    refuse_uneven(problem, lattice)
    level = nodal_level(problem, lattice)
    tail, head, offsets, weight, between = _along_axes(problem, lattice, walls)
    across = _diagonals(problem, lattice)
    if across.weight.any():  # otherwise an ordinary generator
        tail, head = np.concatenate([tail, across.tail]), np.concatenate([head, across.head])
        offsets, weight = np.concatenate([offsets, across.offsets]), np.concatenate([weight, across.weight])
        between = np.concatenate([between, across.between])
    fall = [level[tail] - between, level[head] - between]
    refuse_steep(problem, lattice, tail, offsets, 2.0 * np.maximum(*np.abs(fall)))
    forward, backward = weight * np.exp(fall[0]), weight * np.exp(fall[1])
    share = float((weight < 0.0).mean())
    if share > 0.0 and not signed:
        raise _negative(problem, lattice, tail, head, np.minimum(forward, backward), share)
    _refuse_coarse(problem, lattice, tail, head, forward, backward)
    notes: dict[str, str | float] = {"detailed_balance": "holds: a potential without force"}
    doubts: tuple[str, ...] = ()
    if share > 0.0:
        notes["signed"] = share
        doubts = (
            f"rates are negative on {100 * share:.3g} % of the edges: values may be negative, barriers beyond some "
            "30 kT are lost in rounding, and targets end at the first nodes inside",
        )
    return Generator(
        problem=problem,
        grid=grid,
        scheme="nine-point",
        tail=tail,
        head=head,
        forward=forward,
        backward=backward,
        exit_rates=_exits(problem, lattice, walls, level),
        masses=lattice.masses,
        is_reversible=True,
        peclet=float(np.abs(level[head] - level[tail]).max()),
        warnings=doubts,
        lattice=lattice,
        guess=np.log(lattice.masses) - level - lattice.log_stretch,
        offsets=offsets if len(tail) > len(lattice.tail) else None,
        notes=notes,
    )


def _between(problem: Problem, lattice: Lattice, tail: Index, offsets: Short, share: float) -> tuple[Array, Array]:
    """Return D per cell (shape (2, 2, m)) and the level at a share of edges."""
    process = problem.process
    assert isinstance(process, Thermal)
    points, _ = positions(lattice, tail, offsets, np.full(len(tail), share))
    tensor = full(problem.diffusion_at(*points), 2, process.mobility.rank) * np.ones(len(tail))
    stretch = np.stack([a.mapping.stretch(x) * np.ones_like(x) for a, x in zip(lattice.axes, points, strict=True)])
    steps = stretch * np.array([[lengths[0]] for lengths in lattice.cell_lengths])
    return tensor / (steps * steps[:, None]), problem.potential_at(*points) - np.log(stretch).sum(axis=0)


def _along_axes(problem: Problem, lattice: Lattice, walls: NDArray[np.int8]) -> _Edges:
    """Return the edges between neighbours."""
    offsets = np.zeros((len(lattice.tail), 2), dtype=np.int16)
    for k, span in enumerate(lattice.spans):
        offsets[span, k] = 1
    tensor, level = _between(problem, lattice, lattice.tail, offsets, 0.5)
    weight = np.empty(len(level))
    place = np.unravel_index(lattice.tail, lattice.shape)
    for k, span in enumerate(lattice.spans):
        a = 1 - k
        own, cross, other = tensor[k, k, span], tensor[0, 1, span], tensor[a, a, span]
        ends = np.zeros(len(own))
        for side, last in enumerate((0, lattice.shape[a] - 1)):
            if walls[a, side] == REFLECTING:
                ends += place[a][span] == last
        weight[span] = own - 0.5 * ends * cross**2 / other
    return _Edges(lattice.tail, lattice.head, offsets, weight, level)


def _diagonals(problem: Problem, lattice: Lattice) -> _Edges:
    """Return the edges through the corners of the cells."""
    numbers = np.arange(lattice.cells, dtype=np.intp).reshape(lattice.shape)
    inner = tuple(slice(n if wraps else n - 1) for n, wraps in zip(lattice.shape, lattice.periodic, strict=True))
    corner = numbers[inner].ravel()
    right = np.roll(numbers, -1, axis=0)[inner].ravel()
    upper = np.roll(numbers, -1, axis=1)[inner].ravel()
    both = np.roll(numbers, (-1, -1), axis=(0, 1))[inner].ravel()
    up = np.tile(np.array([1, 1], dtype=np.int16), (len(corner), 1))
    tensor, level = _between(problem, lattice, corner, up, 0.5)
    half = 0.5 * tensor[0, 1]
    return _Edges(
        np.concatenate([corner, right]),
        np.concatenate([both, upper]),
        np.concatenate([up, up * np.array([-1, 1], dtype=np.int16)]),
        np.concatenate([half, -half]),
        np.concatenate([level, level]),
    )


def _exits(problem: Problem, lattice: Lattice, walls: NDArray[np.int8], level: Array) -> dict[str, Array]:
    """Return the rates through absorbing walls, over half an edge."""
    exits: dict[str, Array] = {}
    numbers = np.arange(lattice.cells, dtype=np.intp).reshape(lattice.shape)
    for k, name in enumerate(problem.names):
        for side, word in enumerate(("left", "right")):
            if walls[k, side] == ABSORBING:
                cells = np.take(numbers, -side, axis=k)
                rates = _through_wall(problem, lattice, walls, k, side, cells, level)
                if not np.isfinite(rates).all():
                    raise CoefficientError(explain(f"the coefficients are singular at the wall {name} {word}."))
                exits[f"{name} {word}"] = np.zeros(lattice.cells)
                exits[f"{name} {word}"][cells] = rates
    return exits


def _through_wall(
    problem: Problem, lattice: Lattice, walls: NDArray[np.int8], k: int, side: int, cells: Index, level: Array
) -> Array:
    """Return the rates of the cells along one wall: over half an edge, and q over the half cells between them."""
    a, sign = 1 - k, 2 * side - 1
    outward = np.tile(sign * np.eye(2, dtype=np.int16)[k], (len(cells), 1))
    tensor, there = _between(problem, lattice, cells, outward, 0.25)
    own, cross, other = tensor[k, k], tensor[0, 1], tensor[a, a]
    closed = np.zeros(len(cells))
    closed[0] += walls[a, 0] == REFLECTING
    closed[-1] += walls[a, 1] == REFLECTING
    rates: Array = 2.0 * (own - 0.5 * closed * cross**2 / other) * np.exp(level[cells] - there)
    # u grows from zero at the wall: the energy 2 q u_x u_y leaves q / 2 times the difference of two squares
    near = cells if lattice.periodic[a] else cells[:-1]
    skew = 2 * np.eye(2, dtype=np.int16)[a] + sign * np.eye(2, dtype=np.int16)[k]
    tensor, there = _between(problem, lattice, near, np.tile(skew, (len(near), 1)), 0.25)
    following = np.roll(cells, -1)[: len(near)]
    half = -0.5 * sign * tensor[0, 1]
    np.add.at(rates, np.arange(len(near)), -half * np.exp(level[near] - there))
    np.add.at(rates, (np.arange(len(near)) + 1) % len(cells), half * np.exp(level[following] - there))
    return rates


def _refuse_driven(problem: Problem) -> None:
    if problem.dimension != 2:
        raise DimensionError(
            explain(
                "the nine-point scheme is one of the plane.",
                given=f"the axes {', '.join(problem.names)}",
                try_="the default scheme",
            )
        )
    if not problem.has_potential or problem.has_force or is_magnetic(problem):
        raise FokkerError(
            explain(
                "the nine-point scheme is built on the density at equilibrium, and the process has none that is known.",
                given="a drift, a force or an antisymmetric mobility",
                accepted="Problem.from_potential(U, temperature=..., mobility=...) alone",
                try_="the default scheme",
            )
        )


def refuse_options(reference: object, obstacle: Callable[..., Any] | None) -> None:
    """Raise for options of `fokker.discretize` that the nine-point scheme does not know."""
    if callable(reference) or obstacle is not None:
        given = f"reference={reference!r}" if callable(reference) else f"obstacle={obstacle!r}"
        raise FokkerError(
            explain("the nine-point scheme knows neither reference= nor obstacle=.", given=given, try_="the default")
        )


def _refuse_coarse(
    problem: Problem, lattice: Lattice, tail: Index, head: Index, forward: Array, backward: Array
) -> None:
    """Raise where the energy at midpoints and corners is no longer positive, which it is for small cells."""
    total = np.bincount(tail, forward, lattice.cells) + np.bincount(head, backward, lattice.cells)
    worst = int(np.argmin(total))
    if total[worst] < 0.0:
        where = ", ".join(f"{n} = {x[worst]:.6g}" for n, x in zip(problem.names, lattice.scattered(), strict=True))
        raise GridError(
            explain(
                "the potential is too steep for the nine-point scheme on these cells: rates have a negative sum.",
                given=f"a sum of {total[worst]:.3g} out of the cell at {where}",
                try_="more cells, a smaller domain, or the default scheme",
            )
        )


def _negative(problem: Problem, lattice: Lattice, tail: Index, head: Index, rates: Array, share: float) -> FokkerError:
    """Return the error for negative rates: where, how many, and how negative."""
    worst = int(np.argmin(rates))
    x, y = lattice.scattered()
    a, b = problem.names
    where = [f"({a} = {x[i]:.6g}, {b} = {y[i]:.6g})" for i in (tail[worst], head[worst])]
    return FokkerError(
        explain(
            "the nine-point scheme makes no Markov process where the noise is correlated: rates are negative.",
            given=f"negative rates on {100 * share:.3g} % of the edges, down to {rates[worst]:.6g} between "
            f"{where[0]} and {where[1]}",
            accepted='a diagonal D; or scheme="nine-point-signed", solved by ordinary LU: values may be negative',
            try_="the default scheme, whose edges follow D: positive, conservative and of second order",
        )
    )

"""Correlated noise on a tensor grid: a generator whose edges follow the diffusion tensor.

In units of the cells of the axis coordinates, each cell's D is a sum ``sum_e w_e e e^T`` over lattice offsets
(`selling`), and each edge from i to j = i + e carries, with the rise z of the potential along it and the Bernoulli
function B,

    isothermal:  k_ij = (w_e(i) + w_e(j)) / 2 B(z),   k_ji = (w_e(i) + w_e(j)) / 2 B(-z);
    Ito:         k_ij = w_e(i) B(z),                  k_ji = w_e(j) B(-z).

The first is in exact detailed balance where z is a difference of a potential, the second the exact adjoint of
``f . grad + D : grad grad``. All rates are positive, for every D; the scheme is of second order. Noise given by its
matrix in another convention becomes Ito with the noise-induced drift of `Problem.ito`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.reference import checked
from fokker.discretize.refusals import STEEPEST
from fokker.discretize.selling import CONDITION, capped, extremes, selling
from fokker.discretize.stream import axis_flows, is_magnetic, refuse_reference
from fokker.discretize.tensor import refuse_tensor
from fokker.discretize.wide_rises import Law, is_isothermal, nodal_level, rises, rises_to
from fokker.discretize.wide_stencil import ABSORBING, PERIODIC, REFLECTING, Short, Stencil, stencil
from fokker.errors import BoundaryError, CoefficientError, FokkerError, GridError, explain
from fokker.generator import Generator, SplitEdges
from fokker.grid import Grid, Lattice
from fokker.linalg.exponentials import bernoulli
from fokker.problem import Problem
from fokker.problem.langevin import Langevin
from fokker.problem.thermal import Thermal

Array = NDArray[np.float64]
Reference = str | Callable[..., Any] | None

_FAR = 8  # edges longer than this fraction of the grid are doubted
_MARGIN = 1e-3  # by how much the reversible part of a rate is kept above the irreversible one
_FOR_FLOWS = 0.5  # share of the smallest eigenvalue kept for the axes where flows go through the faces
_FOR_RETURN = 0.01  # the same in the Ito form, whose other edges may go one way only


def correlated(problem: Problem, lattice: Lattice) -> Array | None:
    """Return D at the nodes, shape (d, d, n), if it has off-diagonal entries; None otherwise."""
    process = problem.process
    part = process.mobility if isinstance(process, Thermal) else process.amplitude
    if part.rank != 2:
        return None
    points = lattice.scattered()
    tensor = problem.diffusion_at(*points, check=False)
    off = ~np.eye(lattice.dimension, dtype=bool)
    if not tensor[off].any():
        return None
    sizes = np.abs(tensor).max(axis=(0, 1))
    if not (np.isfinite(sizes).all() and (np.abs(tensor - tensor.swapaxes(0, 1)) <= 1e-12 * sizes).all()):
        problem.diffusion_at(*points)  # says where and why
    if not (extremes(tensor)[0] > 0.0).all():
        problem.diffusion_at(*points)
    return tensor


def build_wide(
    problem: Problem, grid: Grid, lattice: Lattice, tensor: Array, scheme: str, reference: Reference
) -> Generator:
    """Return the generator of a problem with correlated noise.

    Parameters
    ----------
    tensor : array, shape (d, d, n)
        D at the nodes.

    Raises
    ------
    GridError
        If cells are uneven in the axis coordinate, an edge would be longer than the grid, or the potential changes
        too much along one.
    BoundaryError
        If a wall absorbs partly.
    """
    walls = wall_kinds(problem, lattice)
    refuse_uneven(problem, lattice)
    law = _law(problem, lattice)
    local = _in_cells(lattice, tensor)
    bounded = capped(local)
    magnetic = is_magnetic(problem)
    if magnetic:
        refuse_tensor(problem)
        if callable(reference):
            raise refuse_reference()
    if magnetic or not law.isothermal:
        weights, offsets = _with_axes(bounded.tensors, _FOR_FLOWS if magnetic else _FOR_RETURN)
    else:
        weights, offsets = selling(bounded.tensors)
    doubts = _check_reach(problem, lattice, weights, offsets, bounded.worst, bounded.changed)
    law = law._replace(widened=bounded.changed > 0)
    found = stencil(lattice.shape, walls, weights, offsets)
    rise = rises(law, lattice, found.tail, found.offsets, found.head)
    refuse_steep(problem, lattice, found.tail, found.offsets, rise)
    size = bounded.tensors[np.arange(lattice.dimension), np.arange(lattice.dimension)].sum(axis=0)
    edges = _Edges(found, rise, *_conductances(law, found, size))
    result = _rates(problem, lattice, law, edges, scheme, reference)
    return Generator(
        problem=problem,
        grid=grid,
        scheme=f"lattice-edge {scheme}" if scheme == "sqra" else "lattice-edge",
        tail=found.tail.astype(np.intp),
        head=found.head.astype(np.intp),
        forward=result.forward,
        backward=result.backward,
        exit_rates=_exits(problem, lattice, law, found, walls),
        masses=lattice.masses,
        is_reversible=problem.has_potential and not problem.has_force and not magnetic,
        peclet=float(np.abs(rise).max()),
        warnings=doubts,
        lattice=lattice,
        guess=result.guess,
        split=result.split,
        offsets=found.offsets,
        notes=result.notes
        | {
            "reach": int(np.abs(found.offsets).max()),
            "condition": bounded.worst,
            "capped_cells": bounded.changed / lattice.cells,
            "limited_edges": (result.split.limited if result.split else 0) / len(found.tail),
        },
    )


class _Edges(NamedTuple):
    found: Stencil
    rise: Array
    there: Array  # weight of the rate from tail to head
    back: Array


class _Result(NamedTuple):
    forward: Array
    backward: Array
    guess: Array | None
    split: SplitEdges | None
    notes: dict[str, str | float]


def law_of(generator: Generator) -> Law:
    """Return what the edges of a generator with offsets carry."""
    assert generator.lattice is not None
    law = _law(generator.problem, generator.lattice)
    return law._replace(widened=bool(generator.notes.get("capped_cells")))


def _law(problem: Problem, lattice: Lattice) -> Law:
    process = problem.process
    if is_isothermal(problem) or not isinstance(process, Langevin):
        return Law(problem, isothermal=True)
    assert process.convention is not None
    if not process.convention.needs_noise_matrix:
        return Law(problem, isothermal=False)
    points = lattice.scattered()
    return Law(problem, isothermal=False, added=problem.ito().drift_at(*points) - problem.drift_at(*points))


def wall_kinds(problem: Problem, lattice: Lattice) -> NDArray[np.int8]:
    """Return what each wall does, shape (d, 2)."""
    walls = np.full((lattice.dimension, 2), REFLECTING, dtype=np.int8)
    for k, (name, pair) in enumerate(problem.walls.items()):
        axis = lattice.axes[k]
        for side, (kind, end) in enumerate(zip(pair, (axis.lo, axis.hi), strict=True)):
            if kind not in ("reflecting", "absorbing", "periodic"):
                raise BoundaryError(
                    explain(
                        f"a partly absorbing wall of {name} does not go with correlated noise so far.",
                        given=repr(kind),
                        accepted='"reflecting", "absorbing" or "periodic" where D has off-diagonal entries',
                    )
                )
            if kind == "periodic":
                walls[k, side] = PERIODIC
            elif kind == "absorbing" or (np.isinf(end) and axis.closure == "absorb"):
                walls[k, side] = ABSORBING
    return walls


def refuse_uneven(problem: Problem, lattice: Lattice) -> None:
    """Raise where the cells are uneven in the axis coordinate."""
    for name, axis, lengths in zip(problem.names, lattice.axes, lattice.cell_lengths, strict=True):
        if np.ptp(lengths) > 1e-9 * lengths[0]:
            raise GridError(
                explain(
                    f"the cells of {name} are uneven, and the noise is correlated.",
                    given=repr(axis),
                    accepted="axes that are uniform in a coordinate: Axis.uniform, line, half_line, logit or fitted",
                )
            )


def _in_cells(lattice: Lattice, tensor: Array) -> Array:
    """Return D in units of the cells in the axis coordinates."""
    result = tensor.copy()
    for k in range(lattice.dimension):
        step = lattice.along(lattice.stretches[k] * lattice.cell_lengths[k], k)
        scale = np.broadcast_to(1.0 / step, lattice.shape).ravel()
        result[k] *= scale
        result[:, k] *= scale
    return result


def _with_axes(tensors: Array, share: float) -> tuple[Array, Short]:
    """Decompose tensors so that every edge along an axis has some weight."""
    d = len(tensors)
    low = share * extremes(tensors)[0]
    weights, offsets = selling(tensors - low * np.eye(d)[..., None])
    for k in range(d):
        unit = np.eye(d, dtype=np.int16)[k]
        same = (offsets == unit).all(axis=2)
        weights = np.where(same, weights + low[:, None], weights)
        extra = np.where(same.any(axis=1), 0.0, low)[:, None]
        weights = np.concatenate([weights, extra], axis=1)
        offsets = np.concatenate([offsets, np.broadcast_to(unit, (len(low), 1, d))], axis=1)
    return np.ascontiguousarray(weights), np.ascontiguousarray(offsets)


def _check_reach(
    problem: Problem, lattice: Lattice, weights: Array, offsets: Short, condition: float, changed: int
) -> tuple[str, ...]:
    """Raise where an edge is longer than the grid; return doubts about long edges and changed tensors."""
    doubts: list[str] = []
    used = np.where(weights > 0.0, np.abs(offsets).transpose(2, 0, 1), 0)
    for k, (name, cells) in enumerate(zip(problem.names, lattice.shape, strict=True)):
        reach = int(used[k].max())
        advice = "more cells, cells whose sides are like the widths that D spreads to, or axes along D"
        if reach >= cells:
            cell = int(np.argmax(used[k].max(axis=1)))
            where = ", ".join(
                f"{n} = {float(x[cell]):.6g}" for n, x in zip(problem.names, lattice.scattered(), strict=True)
            )
            raise GridError(
                explain(
                    f"edges along the noise are longer than the grid: {reach} cells along {name} near {where}.",
                    given=f"{cells} cells along {name}; D in units of the cells has condition number {condition:.3g}",
                    accepted="a grid with more cells than the longest edge has",
                    try_=advice,
                )
            )
        if reach * _FAR > cells:
            doubts.append(f"edges along the noise reach over {reach} of {cells} cells of {name}: try {advice}")
    if changed:
        doubts.append(
            f"the diffusion tensor is nearly degenerate in {changed} cells (condition number {condition:.3g} in units "
            f"of the cells); there it was widened to {CONDITION:.0e}"
        )
    return tuple(doubts)


def refuse_steep(problem: Problem, lattice: Lattice, tail: NDArray[np.integer], offsets: Short, rise: Array) -> None:
    """Raise where the potential changes too much along an edge."""
    worst = int(np.argmax(np.abs(rise)))
    if abs(rise[worst]) <= STEEPEST:
        return
    place = np.unravel_index(int(tail[worst]), lattice.shape)
    where = ", ".join(
        f"{name} = {float(ax.nodes[i]):.6g}" for name, ax, i in zip(problem.names, lattice.axes, place, strict=True)
    )
    raise GridError(
        explain(
            f"the potential changes by {abs(rise[worst]):.3g} kT along one edge near {where}.",
            given=f"an edge of {offsets[worst].tolist()} cells",
            accepted=f"at most {STEEPEST:g} kT an edge",
            try_="more cells, or a smaller domain",
        )
    )


def _conductances(law: Law, found: Stencil, size: Array) -> tuple[Array, Array]:
    """Return the weights of the two rates of each edge."""
    if law.isothermal:
        even = 0.5 * (found.share[:, 0] * found.at_tail + found.share[:, 1] * found.at_head)
        return even, even
    halves = 0.5 * found.share.sum(axis=1)
    there, back = halves * found.at_tail, halves * found.at_head
    one = found.folded
    back[one] = there[one] * size[found.head[one]] / size[found.tail[one]]
    return there, back


def _rates(problem: Problem, lattice: Lattice, law: Law, edges: _Edges, scheme: str, reference: Reference) -> _Result:
    """Return the rates: of the whole drift, or of a reference with the rest carried beside it."""
    known = _known(problem, lattice, law, reference)
    guess = None if known is None else np.log(lattice.masses) - (known + lattice.log_stretch)
    if known is None or (not callable(reference) and not problem.has_force and not is_magnetic(problem)):
        weight = (lambda z: np.exp(-0.5 * z)) if scheme == "sqra" else bernoulli
        notes: dict[str, str | float] = {"reference": "none"}
        if problem.has_potential and not problem.has_force:
            notes = {"detailed_balance": "holds: a potential without force"}
        return _Result(edges.there * weight(edges.rise), edges.back * weight(-edges.rise), guess, None, notes)
    found = edges.found
    rise = known[found.head] - known[found.tail]
    drive = 0.5 * (rise - edges.rise)
    if is_magnetic(problem):
        drive = drive + _through_faces(problem, lattice, known, edges)
    half = 0.5 * rise
    with np.errstate(over="ignore", invalid="ignore"):
        plain = np.where(half == 0.0, 1.0, half / np.sinh(np.where(half == 0.0, 1.0, half)))
    floor = (1.0 + _MARGIN) * np.abs(drive)
    limited = floor > plain
    even = np.where(limited, floor, plain)
    beside = SplitEdges(
        np.arange(len(rise)), edges.there * float(np.prod([x[0] for x in lattice.cell_lengths])), int(limited.sum())
    )
    word = "given" if callable(reference) else "the potential"
    return _Result(
        edges.there * np.exp(-half) * (even + drive),
        edges.back * np.exp(half) * (even - drive),
        guess,
        beside,
        {"reference": word},
    )


def _known(problem: Problem, lattice: Lattice, law: Law, reference: Reference) -> Array | None:
    """Return the reference of the cells (coordinate density), None for none."""
    if callable(reference):
        if not law.isothermal:
            raise FokkerError(
                explain(
                    "a reference does not go with correlated noise that depends on the state in this convention.",
                    given=f"reference={reference!r}",
                    accepted='reference=None or "auto"; a callable for convention="isothermal", or a constant D',
                )
            )
        return checked(reference)(*lattice.scattered()) - lattice.log_stretch
    if not problem.has_potential or (reference is None and problem.has_force):
        return None
    return nodal_level(problem, lattice)


def _through_faces(problem: Problem, lattice: Lattice, level: Array, edges: _Edges) -> Array:
    """Return half the flow of the antisymmetric mobility along the edges between neighbours, over their conductance."""
    found, result = edges.found, np.zeros(len(edges.rise))
    flows = axis_flows(problem, lattice, level)
    volume = float(np.prod([x[0] for x in lattice.cell_lengths]))
    for k, span in enumerate(lattice.spans):
        unit = np.eye(lattice.dimension, dtype=np.int16)[k]
        mine = np.flatnonzero((found.offsets == unit).all(axis=1) & ~found.folded)
        at = np.empty(lattice.cells, dtype=np.intp)
        at[found.tail[mine]] = mine
        edge = at[lattice.tail[span]]
        result[edge] = 0.5 * flows[span] / (volume * edges.there[edge])
    return result


def _exits(problem: Problem, lattice: Lattice, law: Law, found: Stencil, walls: NDArray[np.int8]) -> dict[str, Array]:
    """Return the rates through the absorbing walls: edges cut at the wall."""
    rise = rises_to(law, lattice, found.cells, found.jumps, found.fractions)
    if not np.isfinite(rise).all():
        raise CoefficientError(
            explain(
                "the coefficients are singular at an absorbing wall.",
                accepted="coefficients that are finite at a wall that absorbs",
            )
        )
    rates = found.exits / found.fractions * bernoulli(rise)
    exits: dict[str, Array] = {}
    for k, name in enumerate(problem.names):
        for side, word in enumerate(("left", "right")):
            if walls[k, side] == ABSORBING:
                mine = found.walls == 2 * k + side
                exits[f"{name} {word}"] = np.bincount(found.cells[mine], rates[mine], lattice.cells).astype(float)
    return exits

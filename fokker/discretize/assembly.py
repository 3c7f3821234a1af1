"""Assembly in two and three dimensions: a problem on a tensor grid becomes a generator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.cycles import largest_loop
from fokker.discretize.edges import Edges, Potential, Scheme, half_edges, lattice_edges
from fokker.discretize.reference import Fitted, checked, is_driven, is_invariant, refit
from fokker.discretize.refusals import STEEPEST, UNEVEN, not_periodic
from fokker.discretize.split import fitted, split
from fokker.discretize.stream import is_magnetic, refuse_reference, with_antisymmetric
from fokker.discretize.wide_edges import build_wide, correlated
from fokker.discretize.windows import wall_parts
from fokker.errors import GridError, explain
from fokker.generator import Generator, SplitEdges
from fokker.grid import Grid, Lattice
from fokker.linalg.exponentials import bernoulli
from fokker.linalg.memory import available_memory, check_shape
from fokker.problem import Problem, Robin

Array = NDArray[np.float64]
Reference = str | Callable[..., Any] | None


def build(problem: Problem, grid: Grid, scheme: Scheme, reference: Reference) -> Generator:
    """Return the generator of a problem on a grid of two or three axes.

    Raises
    ------
    GridError
        If the potential changes by more than 500 kT between two nodes.
    """
    periodic = tuple(left == "periodic" for left, _ in problem.walls.values())
    check_shape(grid.shape, available_memory())
    lattice = Lattice(tuple(grid.axes.values()), periodic)
    known: Potential | None = problem.potential_at if problem.has_potential else None
    if callable(reference):
        known = checked(reference)
    if problem.has_potential:
        _refuse_open_ring(problem, lattice)
    tensor = correlated(problem, lattice)
    if tensor is not None:
        return build_wide(problem, grid, lattice, tensor, scheme, reference)
    edges = lattice_edges(problem, lattice, scheme, known, own=not callable(reference))
    edges = with_antisymmetric(problem, lattice, edges)
    _refuse_steep(problem, lattice, edges)
    result, notes = _rates(problem, lattice, edges, scheme, reference)
    if known is not None and notes.get("reference") != "refitted":
        guess = np.log(lattice.masses) - known(*lattice.scattered())
        result = replace(result, guess=guess)
    rates = result.rates
    beside = None
    if rates.split is not None:
        index = np.flatnonzero(rates.split)
        beside = SplitEdges(index, (edges.plain * lattice.edge_areas)[index], rates.limited)
    doubts: tuple[str, ...] = ()
    if result.refits and result.change > 1e-2:
        doubts = (f"the reference density did not settle: ln p would change by {result.change:.2g} in another refit",)
    return Generator(
        problem=problem,
        grid=grid,
        scheme=scheme,
        tail=lattice.tail,
        head=lattice.head,
        forward=rates.forward,
        backward=rates.backward,
        exit_rates=_exits(problem, lattice, scheme),
        masses=lattice.masses,
        is_reversible=problem.has_potential and not problem.has_force and not is_magnetic(problem),
        peclet=float(np.abs(edges.rise).max()),
        warnings=doubts,
        lattice=lattice,
        guess=result.guess,
        closed=result.factor,
        split=beside,
        notes=notes
        | {
            "limited_edges": rates.limited / len(lattice.tail),
            "refits": result.refits,
            "unresolved_edges": edges.unresolved / len(lattice.tail),
        },
    )


def _rates(
    problem: Problem, lattice: Lattice, edges: Edges, scheme: Scheme, reference: Reference
) -> tuple[Fitted, dict[str, str | float]]:
    """Return the rates under the wish for a reference, and how detailed balance was decided."""
    if is_magnetic(problem):
        if callable(reference):
            raise refuse_reference()
        broken_by: dict[str, str | float] = {"detailed_balance": "broken: an antisymmetric mobility"}
        broken_by["reference"] = "the potential"
        assert edges.reference is not None
        return Fitted(split(edges, lattice, edges.reference), None), broken_by
    gradient = problem.has_potential and not problem.has_force
    if gradient and not callable(reference):
        return Fitted(fitted(edges, lattice, scheme), None), {"detailed_balance": "holds: a potential without force"}
    affinity, broken = largest_loop(problem, lattice, edges.rise)
    verdict = "broken" if broken else "holds to quadrature"
    notes: dict[str, str | float] = {"detailed_balance": f"{verdict}: loops up to {affinity:.2g} kT (Kolmogorov)"}
    if reference is None:
        return Fitted(fitted(edges, lattice, scheme), None), notes | {"reference": "none"}
    if reference == "refit":
        return refit(edges, lattice, lattice.plan, scheme, always=True), notes | {"reference": "refitted"}
    if edges.reference is not None:
        word = "given" if callable(reference) else "the potential"
        if not callable(reference):
            level = problem.potential_at(*lattice.scattered()) - lattice.log_stretch
            if not is_invariant(edges, lattice, level):
                # no better than none: the law is another
                if is_driven(edges, lattice, level):
                    return refit(edges, lattice, lattice.plan, scheme), notes | {"reference": "refitted"}
                return Fitted(fitted(edges, lattice, scheme), None), notes | {"reference": "not needed"}
        return Fitted(split(edges, lattice, edges.reference), None), notes | {"reference": word}
    if not broken:
        return Fitted(fitted(edges, lattice, scheme), None), notes | {"reference": "not needed"}
    result = refit(edges, lattice, lattice.plan, scheme)
    return result, notes | {"reference": "refitted" if result.refits else "not needed"}


def _exits(problem: Problem, lattice: Lattice, scheme: Scheme) -> dict[str, Array]:
    """Return the rates through absorbing and partly absorbing walls."""
    exits: dict[str, Array] = {}
    for k, (name, walls) in enumerate(problem.walls.items()):
        axis = lattice.axes[k]
        for side, word in enumerate(("left", "right")):
            infinite = not np.isfinite((axis.lo, axis.hi)[side])
            open_end = infinite and axis.closure == "absorb"
            for suffix, kind, share in wall_parts(lattice, problem.names, k, side, walls[side]):
                if not (kind == "absorbing" or isinstance(kind, Robin) or open_end):
                    continue
                half = half_edges(problem, lattice, k, side, scheme)
                resistance = 1.0 / (half.conductance * bernoulli(half.rise))
                if isinstance(kind, Robin):
                    # the flow kappa p at the wall, in terms of the coordinate density
                    face = axis.faces[[-side]]
                    stretch = float((axis.mapping.stretch(face) * np.ones(1))[0])
                    resistance = resistance + np.exp(half.rise) * stretch / kind.kappa
                rates = np.zeros(lattice.shape)
                at = (slice(None),) * k + (slice(0, 1) if side == 0 else slice(-1, None),)
                rates[at] = share / (resistance * lattice.cell_lengths[k][-side])
                exits[f"{name} {word}{suffix}"] = rates.ravel()
    return exits


def _refuse_open_ring(problem: Problem, lattice: Lattice) -> None:
    """Raise where the potential differs between the two ends of a periodic axis."""
    for k, (name, wraps) in enumerate(zip(problem.names, lattice.periodic, strict=True)):
        if not wraps:
            continue
        ends = []
        for face in lattice.axes[k].faces[[0, -1]]:
            points = list(lattice.node_positions())
            points[k] = lattice.along(np.array([face]), k)
            ends.append(problem.potential_at(*points))
        gap = np.abs(ends[1] - ends[0])
        if (gap > UNEVEN * (1.0 + np.abs(ends[0]) + np.abs(ends[1]))).any():
            raise not_periodic(name, float(gap.max()))


def _refuse_steep(problem: Problem, lattice: Lattice, edges: Edges) -> None:
    worst = int(np.argmax(np.abs(edges.rise)))
    jump = float(abs(edges.rise[worst]))
    if jump <= STEEPEST:
        return
    axis = next(k for k, span in enumerate(lattice.spans) if span.start <= worst < span.stop)
    place = np.unravel_index(int(lattice.tail[worst]), lattice.shape)
    where = ", ".join(
        f"{name} = {float(ax.nodes[i]):.6g}" for name, ax, i in zip(problem.names, lattice.axes, place, strict=True)
    )
    raise GridError(
        explain(
            f"the potential changes by {jump:.3g} kT across one cell near {where}.",
            given=repr(lattice.axes[axis]),
            accepted=f"at most {STEEPEST:g} kT a cell",
            try_=f"at least {int(np.ceil(lattice.axes[axis].cells * 1.1 * jump / STEEPEST))} cells along "
            f"{problem.names[axis]}, or a smaller domain",
        )
    )

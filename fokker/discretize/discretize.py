"""`discretize`: problem + grid -> generator."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import get_args

from fokker.discretize import assembly, chain
from fokker.discretize.assembly import Reference
from fokker.discretize.automatic import fit, singular_ends
from fokker.discretize.line import Line, Scheme
from fokker.discretize.slices import slice_problem
from fokker.errors import FokkerError, GridError, explain
from fokker.generator import Generator
from fokker.grid import Axis, Grid
from fokker.problem import Problem

SCHEMES = get_args(Scheme)


def discretize(
    problem: Problem,
    cells: int | Sequence[int] | None = None,
    grid: Grid | None = None,
    scheme: Scheme = "edge-resistance",
    reference: Reference = "auto",
) -> Generator:
    """Turn a problem into a Markov jump process between the cells of a grid.

    The default edge rule integrates the resistance ``exp(-G) D**-alpha`` of each edge and the mass under
    the two hat functions by 8-point collocation. In one dimension the jump process is then the diffusion
    itself watched at the nodes: hitting probabilities, mean passage times and the stationary law are exact
    at the nodes up to quadrature, on any grid.

    In two and three dimensions the scheme is of second order. Detailed balance is exact edge by edge where
    the problem has a potential and no force. Rotational drift is carried relative to a reference density, so that
    the numerical diffusion of a strong drift does not act on the density itself.

    Parameters
    ----------
    problem : Problem
        The continuous process.
    cells : int or sequence of int, optional
        Number of cells along each axis: shorthand for a uniform axis on a finite interval, for `Axis.line` or
        `Axis.half_line` on an infinite one.
    grid : Grid, optional
        The long form, instead of `cells`.
    scheme : {"edge-resistance", "scharfetter-gummel", "sqra"}
        The edge rule. The latter two are second order in the cell size and serve for comparison.
    reference : "auto", "refit", None or callable
        In two and three dimensions, the potential (kT) of the reference density of a drift with a rotational
        part: "auto" takes the potential of the problem where that is stationary; else, if the rotational part is
        strong, it refits the reference to the stationary law until it repeats itself, as "refit" always does. None
        fits the whole drift.

    Returns
    -------
    Generator

    Raises
    ------
    GridError
        If the grid does not fit the problem.
    ExplosionError
        If paths reach an infinite end in finite time.
    CoefficientError, ConventionError
        If a coefficient is not finite, negative where it must not be, or needs a convention.

    Examples
    --------
    >>> import fokker
    >>> problem = fokker.Problem(drift=lambda x: -x, diffusion=1.0, domain={"x": (-5, 5)})
    >>> fokker.discretize(problem, cells=100).shape
    (100,)
    """
    if scheme not in SCHEMES:
        accepted = ", ".join(f'"{s}"' for s in SCHEMES)
        raise FokkerError(explain("unknown edge rule.", given=f"scheme={scheme!r}", accepted=accepted))
    if not isinstance(problem, Problem):
        raise FokkerError(
            explain(
                "discretize needs a Problem.",
                given=f"{problem!r}",
                accepted="fokker.Problem(...) or fokker.Problem.from_potential(...)",
            )
        )
    if not (reference is None or reference in ("auto", "refit") or callable(reference)):
        accepted = '"auto", "refit", None, or a function of the coordinates: minus ln of a density, in kT'
        raise FokkerError(explain("unknown reference.", given=f"reference={reference!r}", accepted=accepted))
    grid = Grid(**_axes(problem, cells, grid))
    if problem.dimension > 1:
        return assembly.build(problem, grid, scheme, reference)
    return chain.build(Line(problem, grid.axes[problem.names[0]], scheme), grid)


def _axes(problem: Problem, cells: int | Sequence[int] | None, grid: Grid | None) -> dict[str, Axis]:
    """Return the axes the user asked for, with what they left open filled in."""
    if (cells is None) == (grid is None):
        raise GridError(
            explain(
                "give exactly one of cells= and grid=.",
                given=f"cells={cells!r}, grid={grid!r}",
                accepted="discretize(problem, cells=400), or grid=fokker.Grid(x=fokker.Axis.line(400))",
            )
        )
    if grid is not None and (not isinstance(grid, Grid) or tuple(grid.axes) != problem.names):
        raise GridError(
            explain(
                "the grid must have the axes of the problem.",
                given=f"{grid!r}",
                accepted=f"Grid({', '.join(f'{n}=Axis...' for n in problem.names)}), for the domain "
                f"{dict(problem.domain)}",
            )
        )
    counts = _counts(problem, cells) if grid is None else [0] * problem.dimension
    axes = {}
    for name, count in zip(problem.names, counts, strict=True):
        alone = problem.dimension == 1
        singular = singular_ends(problem, *problem.domain[name]) if alone else (False, False)
        axis = _axis(problem, name, count, grid, singular)
        _refuse_singular(name, axis, singular)
        axes[name] = axis if axis.resolved else fit(problem if alone else slice_problem(problem, name), axis)
    return axes


def _counts(problem: Problem, cells: int | Sequence[int] | None) -> list[int]:
    """Return the number of cells of each axis."""
    if isinstance(cells, (tuple, list)) and not (problem.dimension == 1 and len(cells) != 1):
        if len(cells) != problem.dimension:
            raise GridError(
                explain(
                    "cells= needs one number an axis.",
                    given=f"cells={cells!r} for the axes {', '.join(problem.names)}",
                    accepted=f"a number for all axes, or a tuple of {problem.dimension}",
                )
            )
        return list(cells)
    return [cells] * problem.dimension  # type: ignore[list-item]  # Axis refuses what is not an integer


def _axis(problem: Problem, name: str, cells: int, grid: Grid | None, singular: tuple[bool, bool]) -> Axis:
    """Return one axis, by shorthand or by the long form."""
    lo, hi = problem.domain[name]
    if grid is None:
        return _shorthand(cells, lo, hi, singular)
    axis = grid.axes[name]
    if (axis.lo, axis.hi) != (lo, hi):
        raise GridError(
            explain(
                f"the axis and the domain of {name!r} end at different places.",
                given=f"axis ({axis.lo:g}, {axis.hi:g}), domain ({lo:g}, {hi:g})",
                accepted="the same ends; Axis.line for (-inf, inf), Axis.half_line for one infinite end",
            )
        )
    return axis


def _shorthand(cells: int, lo: float, hi: float, singular: tuple[bool, bool]) -> Axis:
    """Return the axis that `cells` stands for; cells shrink towards an end where the coefficients are singular."""
    left, right = singular
    if math.isinf(lo) and math.isinf(hi):
        return Axis.line(cells)
    if left and right:
        return Axis.logit(cells, lo, hi)
    if left or right:
        return Axis.half_line(cells, start=lo if left else hi, end=hi if left else lo, map="log")
    if math.isinf(lo) or math.isinf(hi):
        return Axis.half_line(cells, start=lo if math.isfinite(lo) else hi, end=hi if math.isfinite(lo) else lo)
    return Axis.uniform(cells, lo, hi)


def _refuse_singular(name: str, axis: Axis, singular: tuple[bool, bool]) -> None:
    """Raise where a face lies on a point at which the coefficients are singular."""
    for side, end in enumerate((axis.lo, axis.hi)):
        if singular[side] and not axis.singular(side):
            raise GridError(
                explain(
                    f"the coefficients are singular at the wall {name} = {end:g} (D vanishes or the drift diverges), "
                    "which cells of this kind cannot resolve.",
                    given=repr(axis),
                    try_='cells= alone, which chooses the axis; Axis.half_line(cells, map="log", start=..., end=...) '
                    "for one such end, Axis.logit(cells, lo, hi) for two",
                )
            )

"""`discretize`: problem + grid -> generator."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import get_args

from fokker.discretize.automatic import fit, singular_ends
from fokker.discretize.chain import build
from fokker.discretize.line import Line, Scheme
from fokker.errors import DimensionError, FokkerError, GridError, explain
from fokker.generator import Generator
from fokker.grid import Axis, Grid
from fokker.problem import Problem

SCHEMES = get_args(Scheme)


def discretize(
    problem: Problem,
    cells: int | Sequence[int] | None = None,
    grid: Grid | None = None,
    scheme: Scheme = "edge-resistance",
) -> Generator:
    """Turn a problem into a Markov jump process between the cells of a grid.

    The default edge rule integrates the resistance ``exp(-G) D**-alpha`` of each edge and the mass under
    the two hat functions by 8-point collocation. In one dimension the jump process is then the diffusion
    itself watched at the nodes: hitting probabilities, mean passage times and the stationary law are exact
    at the nodes up to quadrature, on any grid.

    Parameters
    ----------
    problem : Problem
        The continuous process.
    cells : int, optional
        Number of cells: shorthand for a uniform axis on a finite interval, for `Axis.line` or
        `Axis.half_line` on an infinite one.
    grid : Grid, optional
        The long form, instead of `cells`.
    scheme : {"edge-resistance", "scharfetter-gummel", "sqra"}
        The edge rule. The latter two are second order in the cell size and serve for comparison.

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
    if problem.dimension != 1:
        raise DimensionError(
            explain(
                "problems in one dimension are solved so far.",
                given=f"the axes {', '.join(problem.names)}",
                try_="one coordinate at a time, where the problem separates",
            )
        )
    name = problem.names[0]
    singular = singular_ends(problem, *problem.domain[name])
    axis = _axis(problem, name, cells, grid, singular)
    _refuse_singular(name, axis, singular)
    if not axis.resolved:
        axis = fit(problem, axis)
    return build(Line(problem, axis, scheme), Grid(**{name: axis}))


def _axis(
    problem: Problem, name: str, cells: int | Sequence[int] | None, grid: Grid | None, singular: tuple[bool, bool]
) -> Axis:
    """Return the axis the user asked for, by shorthand or by the long form."""
    if (cells is None) == (grid is None):
        raise GridError(
            explain(
                "give exactly one of cells= and grid=.",
                given=f"cells={cells!r}, grid={grid!r}",
                accepted="discretize(problem, cells=400), or grid=fokker.Grid(x=fokker.Axis.line(400))",
            )
        )
    lo, hi = problem.domain[name]
    if grid is None:
        return _shorthand(_one(cells), lo, hi, singular)
    if not isinstance(grid, Grid) or tuple(grid.axes) != (name,):
        raise GridError(
            explain(
                "the grid must have the axes of the problem.",
                given=f"{grid!r}",
                accepted=f"Grid({name}=Axis...), for the domain {dict(problem.domain)}",
            )
        )
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


def _one(cells: int | Sequence[int] | None) -> int:
    if isinstance(cells, (tuple, list)) and len(cells) == 1:
        cells = cells[0]
    return cells  # type: ignore[return-value]  # Axis refuses what is not an integer


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

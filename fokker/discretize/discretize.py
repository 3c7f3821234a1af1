"""`discretize`: problem + grid -> generator."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal, get_args

from fokker.discretize import assembly, chain
from fokker.discretize.assembly import Reference
from fokker.discretize.automatic import fit, singular_ends
from fokker.discretize.driven import PROBED, Driven, closed, joined, named_time
from fokker.discretize.joins import unjoined
from fokker.discretize.line import Line, Scheme
from fokker.discretize.nine_point import build_nine_point, refuse_options
from fokker.discretize.obstacle import place_obstacle
from fokker.discretize.slices import fit_slice
from fokker.errors import BoundaryError, FokkerError, GridError, explain
from fokker.generator import Generator
from fokker.grid import Axis, Grid
from fokker.problem import Problem, Window
from fokker.problem.boundary import Plain
from fokker.problem.moving import in_frame

NinePoint = Literal["nine-point", "nine-point-signed"]
_DEEP = 100.0  # a law in time is known to an absolute error: exp(-100) of a peak is nothing
SCHEMES = get_args(Scheme) + get_args(NinePoint)


def discretize(
    problem: Problem,
    cells: int | Sequence[int] | None = None,
    grid: Grid | None = None,
    scheme: Scheme | NinePoint = "edge-resistance",
    reference: Reference = "auto",
    obstacle: Callable[..., Any] | None = None,
    wall: Plain | Window = "reflecting",
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
    scheme : {"edge-resistance", "scharfetter-gummel", "sqra", "nine-point", "nine-point-signed"}
        The edge rule. All but the first are second order in the cell size and serve for comparison. "nine-point"
        is a variational scheme for a potential in the plane, on neighbours and diagonal neighbours. Where D has
        off-diagonal entries some of its rates are negative, which is an error; "nine-point-signed" insists. The
        equations are then solved by ordinary LU, with a warning on every result: values may be negative, barriers
        beyond some 30 kT are lost in rounding, and targets end at the first nodes inside. At a ratio of the
        eigenvalues of D of 10 it errs about half as much as the default, which wins from 100 on.
    reference : "auto", "refit", None or callable
        In two and three dimensions, the potential (kT) of the reference density of a drift with a rotational
        part: "auto" takes the potential of the problem where that is stationary; else, if the rotational part is
        strong, it refits the reference to the stationary law until it repeats itself, as "refit" always does. None
        fits the whole drift.
    obstacle : callable, optional
        In two and three dimensions, a predicate of the coordinates or a `Region`: cells inside take no part, and
        the process meets a wall. The obstacle that leaves a curved domain is the outside of it, ``~region``. Its
        edge is found by bisection, and the scheme stays of second order. The coefficients are asked inside too.
    wall : "reflecting", "absorbing", Robin or Window
        What the wall of the obstacle does; the exits are labelled "obstacle" and "obstacle window".

    Returns
    -------
    Generator
        For a problem with ``time=True`` a `Driven`, which has one for each time, on a grid that is chosen once. There
        "auto" takes no reference where there is a rotational part: a refit would jump in time. Infinite axes that
        are left open are fitted at t = 0, 0.137, 0.53, 1.19, 2.71, 5.43 and 11.3, and at the breakpoints in t: give
        ``grid=`` with centre, scale and reach to a process that goes further at other times.

    Raises
    ------
    GridError
        If the grid does not fit the problem.
    ExplosionError
        If paths reach an infinite end in finite time.
    CoefficientError, ConventionError
        If a coefficient is not finite, negative where it must not be, or needs a convention.
    TargetError
        If the obstacle is nowhere, everywhere or no predicate, or cuts the domain into pieces.
    BoundaryError
        If a wall is unknown, or a window is open nowhere or everywhere.
    DimensionError
        If an obstacle is given in one dimension.

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
    if obstacle is None and wall != "reflecting":
        accepted = "obstacle=lambda x, y: ..., or boundary= of the problem for its straight walls"
        raise BoundaryError(explain("wall= is that of an obstacle.", given=f"wall={wall!r}", accepted=accepted))
    if problem.time:
        # annotated for the many callers whose problems do not depend on time
        return _driven(problem, cells, grid, scheme, reference, obstacle, wall)  # type: ignore[return-value]
    grid = Grid(**_axes(problem, cells, grid))
    generator = _build(problem, grid, scheme, reference, obstacle, wall)
    doubts = unjoined(problem, grid.nodes)
    return replace(generator, warnings=generator.warnings + doubts) if doubts else generator


def _build(
    problem: Problem,
    grid: Grid,
    scheme: Scheme | NinePoint,
    reference: Reference,
    obstacle: Callable[..., Any] | None,
    wall: Plain | Window,
) -> Generator:
    if scheme == "nine-point" or scheme == "nine-point-signed":
        refuse_options(reference, obstacle)
        return build_nine_point(problem, grid, signed=scheme == "nine-point-signed")
    if problem.dimension > 1:
        generator = assembly.build(problem, grid, scheme, reference)
    else:
        generator = chain.build(Line(problem, grid.axes[problem.names[0]], scheme), grid)
    if obstacle is not None and generator.offsets is not None:
        accepted = "a scalar or diagonal D beside an obstacle; a set that absorbs may be a target= of a verb instead"
        given = f"obstacle={obstacle!r} and a D with off-diagonal entries"
        raise GridError(explain("obstacles do not go with correlated noise so far.", given=given, accepted=accepted))
    return generator if obstacle is None else place_obstacle(generator, obstacle, wall)


def _driven(
    problem: Problem,
    cells: int | Sequence[int] | None,
    grid: Grid | None,
    scheme: Scheme | NinePoint,
    reference: Reference,
    obstacle: Callable[..., Any] | None,
    wall: Plain | Window,
) -> Driven:
    """Return the driven process of a problem in time."""
    if scheme == "nine-point-signed":
        accepted = "the default scheme, or one with rates that are not negative"
        headline = "a driven process needs rates that are not negative."
        raise FokkerError(explain(headline, given=f'scheme="{scheme}"', accepted=accepted))
    assert problem.clock is not None
    breaks = problem.clock.breaks
    if problem.clock.moves:
        return _moving(problem, cells, grid, scheme)
    times = PROBED if not breaks else tuple(sorted({*PROBED, *breaks}))
    if all(math.isfinite(end) for ends in problem.domain.values() for end in ends):
        times = times[:1]
    fits = []
    for time in times:
        with named_time(time):  # what is wrong with the coefficients shows here
            fits.append(_axes(problem.at_time(time), cells, grid, _DEEP))
            _build(problem.at_time(time), Grid(**fits[-1]), scheme, None, obstacle, wall)
    common = Grid(**{name: closed(joined(name, [axes[name] for axes in fits])) for name in problem.names})
    reference = None if reference == "auto" else reference

    def build(time: float) -> Generator:
        return _build(problem.at_time(time), common, scheme, reference, obstacle, wall)

    return Driven(problem, common, breaks, None, build)


def _moving(
    problem: Problem, cells: int | Sequence[int] | None, grid: Grid | None, scheme: Scheme | NinePoint
) -> Driven:
    """Return the driven process on equal cells that move with the ends of the domain."""
    if grid is not None:
        accepted = "cells=400: equal cells between the ends"
        raise GridError(explain("a grid cannot be given where an end moves.", given=repr(grid), accepted=accepted))
    (name,) = problem.names
    count = _axes(problem.at_time(0.0), cells, grid)[name].cells

    def placed(time: float) -> tuple[Problem, Grid]:
        held = in_frame(problem, time)
        return held, Grid(**{name: Axis.uniform(count, *held.domain[name])})

    def build(time: float) -> Generator:
        held, moved = placed(time)
        return _build(held, moved, scheme, None, None, "reflecting")

    build(0.0)
    assert problem.clock is not None
    return Driven(problem, placed(0.0)[1], problem.clock.breaks, None, build)


def _axes(
    problem: Problem, cells: int | Sequence[int] | None, grid: Grid | None, depth: float | None = None
) -> dict[str, Axis]:
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
        singular = singular_ends(problem) if alone else (False, False)
        axis = _axis(problem, name, count, grid, singular)
        _refuse_singular(name, axis, singular)
        axes[name] = axis if axis.resolved else _fitted(problem, name, axis, depth)
    return axes


def _fitted(problem: Problem, name: str, axis: Axis, depth: float | None) -> Axis:
    """Return an axis with what the coefficients say filled in; `depth` limits how far down the density it reaches."""
    if problem.dimension > 1:
        return fit_slice(problem, name, axis)
    return fit(problem, axis) if depth is None else fit(problem, axis, depth)


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

"""`occupation`: how long the process stays where before it stops."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.absorb import Absorbed
from fokker.errors import DomainError, TargetError, explain
from fokker.generator import Generator
from fokker.info import Info, warn_once
from fokker.linalg import Scaled
from fokker.results import Density, Occupation
from fokker.results.points import positions
from fokker.results.reconstruct import coordinates, insert
from fokker.results.returns import rates_at, wall_code
from fokker.solvers.initial import initial_law
from fokker.solvers.sets import stopped

Array = NDArray[np.float64]
Initial = Mapping[str, float] | Density | Callable[..., Any] | NDArray[np.float64]


def occupation(generator: Generator, initial: Initial, target: Callable[..., Any] | None = None) -> Occupation:
    """Return the expected time in each cell before the process stops: ``-Q^T g = P_0``.

    Parameters
    ----------
    generator : Generator
        From `fokker.discretize`.
    initial : mapping, Density, callable or array of shape (n,)
        A point such as ``{"x": -1.0}`` (shared out between the nodes around it), a stationary density, or
        probabilities of the cells.
    target : callable, optional
        As in `mean_first_passage`.

    Returns
    -------
    Occupation
        Its total is the mean first-passage time.

    Raises
    ------
    DomainError
        If the starting point lies outside the grid, or probabilities do not fit the grid.
    TargetError, ReachabilityError
        As in `mean_first_passage`.

    Examples
    --------
    >>> import fokker
    >>> problem = fokker.Problem(drift=0.0, diffusion=0.5, domain={"x": (-1, 1)}, boundary="absorbing")
    >>> time = fokker.occupation(fokker.discretize(problem, cells=50), {"x": 0.0})
    >>> round(time.total, 12)
    1.0
    """
    chain, absorbed = stopped(generator, target)
    start, spent = _start(chain, absorbed, initial)
    law = chain.factor.solve_transposed(Scaled.of(start))
    law = Scaled(law.mantissa + np.ldexp(spent, -law.exponent), law.exponent)
    if absorbed is not None:
        law.mantissa[~absorbed.outside] = 0.0
    warn_once(generator.warnings)
    info = Info(
        f"forward equation by {generator.solved_by}, {generator.scheme} edges",
        {"cells": chain.cells, "sinks": ", ".join(chain.exit_rates)},
        (generator.solver_source,),
        generator.warnings,
    )
    return Occupation(generator.problem.names, generator.nodes, chain.masses, law, info, chain.mesh)


def _start(chain: Generator, absorbed: Absorbed | None, initial: Initial) -> tuple[Array, Array]:
    """Return the law of the first node visited, and the time spent at it before by the hats."""
    if isinstance(initial, Mapping):
        places = tuple(np.atleast_1d(x) for x in positions(chain.problem.names, (), initial))
        if absorbed is not None and bool((absorbed.member(*places) >= 0).any()):
            raise TargetError(explain("the process starts inside the target.", given=f"initial={dict(initial)!r}"))
        if chain.chain is not None:
            return _between(chain, absorbed, initial)
    law = initial_law(chain, initial)
    return (law if absorbed is None else np.where(absorbed.outside, law, 0.0)), np.zeros(chain.cells)


def _between(chain: Generator, absorbed: Absorbed | None, initial: Mapping[str, float]) -> tuple[Array, Array]:
    """Start at a point of a chain, watched as one more node."""
    places = tuple(np.atleast_1d(x) for x in positions(chain.problem.names, (), initial))
    if places[0].shape != (1,):
        raise DomainError(explain("the process starts at one point.", given=f"initial={dict(initial)!r}"))
    start, spent = np.zeros(chain.cells), np.zeros(chain.cells)
    line = chain.chain
    assert line is not None
    left, right = insert(line, coordinates(line, places[0]), absorbed)
    for side in (left, right):
        if np.isinf(side.conductance[0]) and side.node[0] >= 0:
            start[side.node[0]] = 1.0
            return start, spent
    mass = float(left.mass[0] + right.mass[0])
    away = [mass * float(rates_at(chain, jump, places[0])[0]) for jump in chain.jumps]
    total = float(left.conductance[0] + right.conductance[0]) + sum(away)
    time = mass / total
    live = [side for side in (left, right) if side.node[0] >= 0]
    reach = sum(float(side.conductance[0]) for side in live)
    for side in live:
        start[side.node[0]] += float(side.conductance[0]) / total
        # the time before the first node is counted at the nodes around, all of it
        spent[side.node[0]] += time * float(side.conductance[0]) / reach
    for jump, conductance in zip(chain.jumps, away, strict=True):
        at_wall = sum(float(side.conductance[0]) for side in (left, right) if side.node[0] == wall_code(chain, jump))
        start += (at_wall if jump.wall else conductance) / total * jump.law
    return start, spent

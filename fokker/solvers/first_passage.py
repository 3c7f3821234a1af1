"""`mean_first_passage`: how long until a set is reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fokker.generator import Generator
from fokker.info import Info, warn_once
from fokker.linalg import Scaled
from fokker.results import PassageTime
from fokker.solvers.sets import stopped


def mean_first_passage(generator: Generator, target: Callable[..., Any] | None = None) -> PassageTime:
    """Return the mean first-passage time to `target` from every starting point.

    It solves the backward equation ``L T = -1`` outside the target, ``T = 0`` on it (Pontryagin, Andronov and Vitt
    1933), with `L` the generator of the process.

    The wall of the target is located exactly, by bisection on the edges it cuts. The process also stops at
    absorbing walls of the problem; the time is that of whichever comes first.

    Parameters
    ----------
    generator : Generator
        From `fokker.discretize`.
    target : callable, optional
        Predicate of the coordinates that broadcasts, such as ``lambda x: abs(x) > 1``. Without it the
        target is the absorbing walls of the problem.

    Returns
    -------
    PassageTime
        The time at every node, zero on the target, with ``at(x=...)`` between nodes and ``log_at(x=...)`` for times
        beyond the range of floats. Exact at the nodes on a line, else second order in the cell size.

    Raises
    ------
    TargetError
        If the target is empty, everything, or not a predicate.
    ReachabilityError
        If the target cannot be reached from somewhere, or only after an infinite mean time.

    Examples
    --------
    >>> import fokker
    >>> problem = fokker.Problem(drift=0.0, diffusion=0.5, domain={"x": (-1, 1)}, boundary="absorbing")
    >>> exit_time = fokker.mean_first_passage(fokker.discretize(problem, cells=50))
    >>> round(exit_time.at(x=0.0), 12)
    1.0
    """
    chain, absorbed = stopped(generator, target)
    source = np.ones(chain.cells) if absorbed is None else absorbed.outside.astype(np.float64)
    times = chain.factor.solve(Scaled.of(source), overwrite=True)
    warn_once(generator.warnings)
    figures: dict[str, float | str | int] = {"cells": chain.cells, "sinks": ", ".join(chain.exit_rates)}
    if generator.signed:
        figures["smallest_value"] = float(times.values().min())
    info = Info(
        f"backward equation by {generator.solved_by}, {generator.scheme} edges",
        figures,
        (generator.solver_source, "Gardiner, Stochastic Methods, section 5.2"),
        generator.warnings,
    )
    return PassageTime(generator.problem.names, generator.nodes, times, info, chain, absorbed)

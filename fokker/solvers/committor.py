"""`committor` and `splitting`: which set is reached first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fokker.discretize.absorb import Absorbed
from fokker.errors import TargetError, explain
from fokker.generator import Generator
from fokker.info import Info, warn_once
from fokker.linalg import Scaled
from fokker.results import HittingProbability
from fokker.solvers.sets import stopped


def committor(generator: Generator, source: Callable[..., Any], target: Callable[..., Any]) -> HittingProbability:
    """Return the probability to reach `target` before `source`: ``Q q = 0``, q = 0 on the source, 1 on the target.

    Absorbing walls of the problem count as failures.

    Parameters
    ----------
    generator : Generator
        From `fokker.discretize`.
    source, target : callable
        Predicates of the coordinates that broadcast; their walls are located exactly.

    Returns
    -------
    HittingProbability
        With ``.complement``, solved for separately.

    Raises
    ------
    TargetError
        If the sets overlap, touch, are empty, or leave nothing outside.

    Examples
    --------
    >>> import fokker
    >>> problem = fokker.Problem(drift=0.0, diffusion=1.0, domain={"x": (-2, 2)})
    >>> q = fokker.committor(fokker.discretize(problem, cells=40), lambda x: x < -1, lambda x: x > 1)
    >>> round(q.at(x=0.5), 12)
    0.75
    """
    return splitting(generator, {"source": source, "target": target})["target"]


def splitting(
    generator: Generator, targets: Mapping[str, Callable[..., Any]] | None = None
) -> dict[str, HittingProbability]:
    """Return the probability of each sink to be the first that is reached.

    Parameters
    ----------
    generator : Generator
        From `fokker.discretize`.
    targets : mapping of str to callable, optional
        Predicates by label. Absorbing walls of the problem are sinks of their own, labelled such as
        ``"x left"``; without `targets` they are the only ones.

    Returns
    -------
    dict of str to HittingProbability

    Raises
    ------
    TargetError
        If the sets overlap, touch, are empty, or leave nothing outside, or a label is taken.
    ReachabilityError
        If no sink can be reached from somewhere.

    Examples
    --------
    >>> import fokker
    >>> problem = fokker.Problem(drift=0.0, diffusion=1.0, domain={"x": (0, 1)}, boundary="absorbing")
    >>> ways = fokker.splitting(fokker.discretize(problem, cells=40))
    >>> {label: round(way.at(x=0.25), 12) for label, way in ways.items()}
    {'x left': 0.75, 'x right': 0.25}
    """
    taken = set(targets or ()) & set(getattr(generator, "exit_rates", ()))
    if taken:
        raise TargetError(explain("a label is taken by a wall.", given=", ".join(sorted(taken))))
    chain, absorbed = stopped(generator, targets)
    result = {}
    for sink in chain.exit_rates:
        others = [label for label in chain.exit_rates if label != sink]
        info = Info(
            f"probability of {sink} by the backward equation, {generator.scheme} edges",
            {"cells": chain.cells, "others": ", ".join(others) or "none"},
            (generator.solver_source, "E and Vanden-Eijnden 2006"),
            generator.warnings,
        )
        result[sink] = HittingProbability(
            generator.problem.names,
            generator.nodes,
            sink,
            hitting(chain, absorbed, [sink]),
            hitting(chain, absorbed, others),
            info,
            chain,
            absorbed,
        )
    warn_once(generator.warnings)
    return result


def hitting(chain: Generator, absorbed: Absorbed | None, sinks: list[str]) -> Scaled:
    """Return the probability to stop at one of `sinks`, by the backward equation and by definition on the sets."""
    right = np.zeros(chain.cells)
    for label in sinks:
        right += chain.exit_rates[label]
    if absorbed is not None:
        right[~absorbed.outside] = 0.0
    solution = chain.factor.solve(Scaled.of(right))
    if absorbed is None:
        return solution
    mantissa, exponent = solution.mantissa.copy(), np.array(solution.exponent)
    for number, label in enumerate(absorbed.labels):
        within = absorbed.inside == number
        mantissa[within], exponent[within] = float(label in sinks), 0
    return Scaled(mantissa, exponent)

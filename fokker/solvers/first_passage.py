"""`mean_first_passage`: how long until a set is reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.absorb import Absorbed, absorb
from fokker.errors import ReachabilityError, explain
from fokker.generator import Generator
from fokker.info import Info, warn_once
from fokker.linalg import Scaled
from fokker.results import PassageTime
from fokker.solvers.stationary import require_generator


def mean_first_passage(generator: Generator, target: Callable[..., Any] | None = None) -> PassageTime:
    """Return the mean first-passage time to `target` from every starting point: ``-Q T = 1`` off the target.

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
    require_generator(generator)
    absorbed: Absorbed | None = None
    chain = generator
    if target is not None:
        absorbed = absorb(generator, {"target": target})
        chain = absorbed.generator
    elif not generator.exit_rates:
        raise ReachabilityError(
            explain(
                "there is nothing to reach: no wall absorbs and no target is given.",
                given="target=None",
                try_='target=lambda x: x > 1, or boundary="absorbing"',
            )
        )
    _refuse_unreachable(chain, absorbed)
    source = np.ones(chain.cells) if absorbed is None else np.where(absorbed.outside, 1.0, 0.0)
    times = chain.factor.solve(Scaled.of(source))
    warn_once(generator.warnings)
    info = Info(
        f"backward equation by subtraction-free elimination, {generator.scheme} edges",
        {"cells": chain.cells, "sinks": ", ".join(chain.exit_rates)},
        ("Grassmann, Taksar and Heyman 1985", "Gardiner, Stochastic Methods, section 5.2"),
        generator.warnings,
    )
    return PassageTime(generator.problem.names, generator.nodes, times, info, chain, absorbed, target)


def _refuse_unreachable(chain: Generator, absorbed: Absorbed | None) -> None:
    """Raise where a piece of the domain has no exit, or may lose the process to infinity."""
    if chain.factor.singular:
        x = chain.nodes[0][_lost(chain)]
        raise ReachabilityError(
            explain(
                "the target cannot be reached from part of the domain.",
                given=f"no way out of {chain.problem.names[0]} = {x.min():.6g} .. {x.max():.6g}",
                try_="a target in each piece of the domain",
            )
        )
    for end in chain.open_ends:
        if absorbed is None or absorbed.outside[end.cell]:
            raise ReachabilityError(
                explain(
                    "the mean time is infinite: the process gets lost in a tail before it reaches the target.",
                    given=f"{end.name}: the density goes like "
                    f"|{chain.problem.names[0]}|**{-(1.0 + end.index):.4g}, which cannot be summed",
                    try_="a target that covers this end, or a finite domain",
                )
            )


def _lost(chain: Generator) -> NDArray[np.bool_]:
    """Return the cells of the connected pieces without an exit."""
    from scipy.sparse.csgraph import connected_components

    pieces = connected_components(chain.rates, directed=False)[1]
    return ~np.isin(pieces, pieces[chain.total_exit > 0.0])

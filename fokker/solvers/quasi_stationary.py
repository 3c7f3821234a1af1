"""`quasi_stationary`: the law of what has not yet left, and the rate at which it leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fokker.errors import FokkerError, explain
from fokker.generator import Generator
from fokker.info import Info, warn_once
from fokker.linalg import Scaled
from fokker.linalg.scaled import normalised
from fokker.results import QuasiStationary
from fokker.solvers.sets import refuse_signed, stopped

_STEPS = 2000


def quasi_stationary(generator: Generator, target: Callable[..., Any] | None = None) -> QuasiStationary:
    """Return the quasi-stationary law and its escape rate: ``Q^T P = -rate P`` for the process that stops.

    Inverse iteration with the subtraction-free factors: every iterate is positive, and the rate has full
    relative accuracy at any barrier.

    Parameters
    ----------
    generator, target
        As in `mean_first_passage`.

    Returns
    -------
    QuasiStationary
        A law with ``.rate`` (1/time), second order in the cell size.

    Raises
    ------
    FokkerError
        If two pieces of the domain leak at the same rate, so that no single law survives.
    TargetError, ReachabilityError
        As in `mean_first_passage`.

    Examples
    --------
    >>> import fokker
    >>> problem = fokker.Problem(drift=0.0, diffusion=1.0, domain={"x": (-1, 1)}, boundary="absorbing")
    >>> law = fokker.quasi_stationary(fokker.discretize(problem, cells=200))
    >>> round(law.rate, 3)  # (pi/2)**2
    2.467
    """
    refuse_signed(generator, "quasi_stationary")
    chain, absorbed = stopped(generator, target)
    start = np.ones(chain.cells) if absorbed is None else absorbed.outside.astype(np.float64)
    law = normalised(Scaled.of(start))
    log_rate = previous = np.nan
    for step in range(_STEPS):  # noqa: B007 - counted in info
        grown = chain.factor.solve_transposed(law)
        if absorbed is not None:
            grown.mantissa[~absorbed.outside] = 0.0
        aligned, top = grown.aligned()
        log_rate = -float(np.log(aligned.sum())) - top * float(np.log(2.0))
        new = normalised(grown)
        change = float(np.abs(new.values() - law.values()).sum())
        law = new
        if change < 4e-15 * np.sqrt(chain.cells) and abs(log_rate - previous) < 1e-14:
            break
        previous = log_rate
    else:
        raise FokkerError(
            explain(
                "the iteration does not settle: two parts of the domain leak at nearly the same rate.",
                given=f"a change of {change:.2g} after {_STEPS} steps",
                try_="one part of the domain at a time",
            )
        )
    _refuse_mixture(chain, law)
    warn_once(generator.warnings)
    info = Info(
        f"inverse iteration by subtraction-free elimination, {generator.scheme} edges",
        {"cells": chain.cells, "steps": step + 1, "sinks": ", ".join(chain.exit_rates)},
        ("Grassmann, Taksar and Heyman 1985", "Collet, Martinez and San Martin 2013"),
        generator.warnings,
    )
    return QuasiStationary(generator.problem.names, generator.nodes, chain.masses, law, log_rate, info, chain.mesh)


def _refuse_mixture(chain: Generator, law: Scaled) -> None:
    """Raise where the law lies in several pieces that no rate joins: their shares are those of the start."""
    from scipy.sparse.csgraph import connected_components

    rates = chain.rates
    rates.eliminate_zeros()
    count, owner = connected_components(rates, directed=False)
    shares = np.bincount(owner, law.values(), count)
    if np.sort(shares)[-2:-1].sum() > 1e-9:
        raise FokkerError(
            explain(
                "the iteration does not settle: two parts of the domain leak at nearly the same rate.",
                given=f"{int((shares > 1e-9).sum())} pieces that no rate joins",
                try_="one part of the domain at a time",
            )
        )

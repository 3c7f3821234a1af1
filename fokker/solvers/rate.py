"""`rate`: how often the process goes over from one set to another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fokker.errors import FokkerError, explain
from fokker.generator import Generator
from fokker.solvers.sets import refuse_jumps, stopped
from fokker.solvers.sources import crossing
from fokker.solvers.stationary import stationary


def rate(generator: Generator, source: Callable[..., Any], target: Callable[..., Any]) -> float:
    """Return the rate from `source` to `target`: reactive flux over the population that comes from the source.

    In the stationary state, the flux of trajectories that enter the target having last been in the source is
    divided by the probability to have last been in the source (Hill 1977; E and Vanden-Eijnden 2006).

    Parameters
    ----------
    generator : Generator
        From `fokker.discretize`.
    source, target : callable
        Predicates of the coordinates that broadcast.

    Returns
    -------
    float
        1/time.

    Raises
    ------
    TargetError
        If the sets overlap, touch, are empty, or leave nothing outside.
    NormalisationError
        If there is no stationary law.
    FokkerError
        If the process jumps, or the rate lies below the range of doubles.

    Examples
    --------
    >>> import fokker
    >>> problem = fokker.Problem.from_potential(
    ...     lambda x: 5 * (x**2 - 1) ** 2, temperature=1.0, domain={"x": (-2, 2)}
    ... )
    >>> generator = fokker.discretize(problem, cells=200)
    >>> there = fokker.rate(generator, lambda x: x < -0.9, lambda x: x > 0.9)
    >>> escape = fokker.mean_first_passage(generator, lambda x: x > 0.9)
    >>> round(there * escape.at(x=-1.0), 2)
    1.0
    """
    refuse_jumps(
        generator,
        "rate",
        "the process also leaves a set, or enters one, by a jump",
        "1 / fokker.mean_first_passage(generator, target).at(...), the rate from where the jumps lead",
    )
    density = stationary(generator)
    _, absorbed = stopped(generator, {"source": source, "target": target})
    assert absorbed is not None
    found = crossing(density, absorbed)
    flux = float(np.exp(found.log_flux))
    if not flux > np.finfo(float).tiny:
        raise FokkerError(
            explain(
                "the rate lies below the range of doubles.",
                given=f"a flux of exp({found.log_flux:.6g})",
                try_="fokker.reactive_flux(...).log_rate, or log_at of fokker.mean_first_passage",
            )
        )
    return flux / found.population

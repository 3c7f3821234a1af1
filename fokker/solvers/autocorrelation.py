"""`autocorrelation`: how long an observable remembers its value in the stationary state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.errors import FokkerError, explain
from fokker.generator import Generator
from fokker.info import Info, warn_once
from fokker.linalg import Scaled
from fokker.results import Autocorrelation
from fokker.results.observable import observed, scattered
from fokker.solvers.evolve import REFERENCES, require_times, require_words
from fokker.solvers.expectation import METHODS, Backward, backward
from fokker.solvers.sets import refuse_signed
from fokker.solvers.stationary import stationary

Array = NDArray[np.float64]


def autocorrelation(
    generator: Generator,
    observable: Callable[..., Any],
    lags: Sequence[float] | Array,
    *,
    tol: float = 1e-8,
    method: Backward = "auto",
) -> Autocorrelation:
    """Return ``C(t) = <f(X_0) f(X_t)> - <f>**2`` in the stationary state.

    ``C(t) = sum_i P_i f_i (exp(t Q) (f - <f>))_i`` with the stationary law P.

    Parameters
    ----------
    generator : Generator
        From `fokker.discretize`, with a stationary law.
    observable : callable
        f, a function of the coordinates that broadcasts.
    lags : sequence of float
        Times t, increasing, not negative.
    tol : float
        Largest error in time, relative to the largest ``|f - <f>|`` on the grid times the mean of ``|f - <f>|``.
    method : {"auto", "uniformisation", "krylov", "radau"}
        As in `expectation`.

    Returns
    -------
    Autocorrelation

    Raises
    ------
    NormalisationError
        If there is no stationary law.
    DomainError, FokkerError
        As in `expectation`; also if the observable is constant.

    Examples
    --------
    >>> import fokker
    >>> problem = fokker.Problem(drift=lambda x: -2 * x, diffusion=1.0, domain={"x": (-6, 6)})
    >>> found = fokker.autocorrelation(fokker.discretize(problem, cells=400), lambda x: x, [0.0, 0.5])
    >>> found.values.round(3), round(found.time, 3)  # exp(-2 t) / 2, 1 / 2
    (array([0.5  , 0.184]), 0.5)
    """
    law, change, mean = deviation(generator, observable, "autocorrelation")
    moments = require_times(lags)
    require_words(method, "report", tol, METHODS)
    found, evolved = backward(generator, change, moments, tol, method, False)
    values = evolved.states @ (law * change)
    info = Info(
        f"{found}, {generator.scheme} edges",
        {"cells": generator.cells, "lags": len(values), "error_estimate": evolved.error, "work": evolved.work},
        (REFERENCES[found],),
        generator.warnings + evolved.doubts,
    )
    warn_once(info.warnings)
    total = float((law * change) @ integrated(generator, law, change))
    return Autocorrelation(moments[: len(values)], values, mean, total / float(law @ change**2), info)


def deviation(generator: Generator, observable: Callable[..., Any], verb: str) -> tuple[Array, Array, float]:
    """Return the stationary law, the deviation of an observable from its mean, and the mean."""
    refuse_signed(generator, verb)
    law = stationary(generator).cell_mass.values()
    values = observed(observable, scattered(generator.nodes, generator.cells), generator.problem.names)
    if generator.kept is not None:
        values = np.where(generator.kept, values, 0.0)
    mean = float(law @ values)
    change = values - mean
    spread = float(law @ change**2)
    if not spread > (64.0 * np.finfo(float).eps * float(np.abs(values).max())) ** 2:
        raise FokkerError(
            explain(
                "the observable does not vary: it has no correlation.",
                given=f"mean {mean:.6g}, variance {spread:.3g}",
                accepted="a function of the coordinates that is not constant",
            )
        )
    return law, change, mean


def integrated(generator: Generator, law: Array, change: Array) -> Array:
    """Return the integral of ``exp(t Q) change`` over all times: the solution of ``-Q u = change``, up to a constant.

    Leaving at some rate from the likeliest cell makes the equations regular, and changes nothing: what leaves there
    is the mean of the right side, which is zero.
    """
    exits = np.zeros(generator.cells)
    top = int(np.argmax(law))
    exits[top] = 1.0 / (float(law[top]) * generator.cells)
    factor = generator.factor_with(exits)
    up, down = (factor.solve(Scaled.of(np.maximum(sign * change, 0.0))).values() for sign in (1.0, -1.0))
    return up - down

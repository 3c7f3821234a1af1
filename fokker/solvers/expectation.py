"""`expectation`: the mean of an observable after some time, by starting point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fokker.generator import Generator
from fokker.info import Info, warn_once
from fokker.results import Expectation
from fokker.results.observable import observed, scattered
from fokker.solvers.evolve import REFERENCES, Evolved, chosen, evolve, require_times, require_words
from fokker.solvers.flow import Flow
from fokker.solvers.sets import refuse_signed, require_generator

Array = NDArray[np.float64]
Backward = Literal["auto", "uniformisation", "krylov", "radau"]
METHODS = ("auto", "uniformisation", "krylov", "radau")


def expectation(
    generator: Generator,
    observable: Callable[..., Any],
    times: Sequence[float] | Array,
    *,
    tol: float = 1e-8,
    method: Backward = "auto",
    progress: bool = False,
) -> Expectation:
    """Return ``E[f(X_t) | X_0 = x]`` for all x at the given times: Kolmogorov's backward equation ``du/dt = Q u``.

    Parameters
    ----------
    generator : Generator
        From `fokker.discretize`. Once the process has been absorbed the observable counts as zero.
    observable : callable
        f, a function of the coordinates that broadcasts.
    times : sequence of float
        Increasing, not negative.
    tol : float
        Largest error in time of any value, relative to the largest value of ``|f|`` on the grid.
    method : {"auto", "uniformisation", "krylov", "radau"}
        As in `propagate`. Uniformisation takes means of values: it never leaves the range of f (and zero).
    progress : bool
        Show a progress bar, if tqdm is installed.

    Returns
    -------
    Expectation

    Raises
    ------
    DomainError
        If the times are not as described.
    FokkerError
        If the observable fails or is not finite at a node; for unknown words, or a tolerance below what rounding
        allows.

    Notes
    -----
    Kolmogorov, Math. Ann. 104 (1931) 415. Carrying f backward answers for all starting points at once what `propagate`
    answers for all observables from one. With ``f = exp(-beta V)`` and pure diffusion it is the Cole-Hopf formula of
    the viscous Hamilton-Jacobi equation.

    Examples
    --------
    >>> import fokker
    >>> problem = fokker.Problem(drift=lambda x: -x, diffusion=1.0, domain={"x": (-8, 8)})
    >>> mean = fokker.expectation(fokker.discretize(problem, cells=400), lambda x: x, [0.0, 1.0])
    >>> mean.at(x=2.0).round(3)  # 2 exp(-t)
    array([2.   , 0.736])
    """
    refuse_signed(generator, "expectation")
    require_generator(generator)
    moments = require_times(times)
    require_words(method, "report", tol, METHODS)
    start = np.array(observed(observable, scattered(generator.nodes, generator.cells), generator.problem.names))
    found, evolved = backward(generator, start, moments, tol, method, progress)
    values = evolved.states
    info = Info(
        f"{found}, {generator.scheme} edges",
        {
            "cells": " x ".join(map(str, generator.shape)),
            "times": len(values),
            "tol": tol,
            "error_estimate": evolved.error,
            "work": evolved.work,
        },
        (REFERENCES[found], "Kolmogorov 1931"),
        generator.warnings + evolved.doubts,
    )
    warn_once(info.warnings)
    if generator.kept is not None:
        values = np.where(generator.kept, values, np.nan)
    shape = generator.shape
    return Expectation(
        generator.problem.names,
        generator.nodes,
        moments[: len(values)],
        values.reshape(len(values), *shape),
        info,
        generator,
    )


def backward(
    generator: Generator, start: Array, times: Array, tol: float, method: str, progress: bool
) -> tuple[str, Evolved]:
    """Carry an observable backward; the tolerance is one of the largest error relative to the largest value."""
    flow = Flow(generator, forward=False)
    found = chosen(method, "report", flow.fastest * float(times[-1]), len(flow.entries[2]))
    top = float(np.abs(start).max())
    if top == 0.0:
        return found, Evolved(np.zeros((len(times), len(start))), 0.0, 0)
    # engines control sums of absolute errors, which bound the largest one
    evolved = evolve(flow, start / top, times, tol, found, progress)
    evolved.states *= top
    return found, evolved

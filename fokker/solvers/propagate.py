"""`propagate`: the density at later times."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.discretize import Driven
from fokker.generator import Generator
from fokker.info import Info, warn_once
from fokker.results import Density, Trajectory
from fokker.solvers.driven import propagate_driven
from fokker.solvers.evolve import REFERENCES, Method, Positivity, chosen, evolve, require_times, require_words
from fokker.solvers.flow import Flow
from fokker.solvers.initial import initial_law, resolution, with_walls
from fokker.solvers.sets import refuse_signed, require_generator

Array = NDArray[np.float64]
Initial = Mapping[str, float] | Density | Callable[..., Any] | NDArray[np.float64]


def propagate(
    generator: Generator | Driven,
    initial: Initial,
    times: Sequence[float] | Array,
    *,
    tol: float = 1e-8,
    method: Method = "auto",
    positivity: Positivity = "report",
    progress: bool = False,
) -> Trajectory:
    """Return the law of the process at the given times: ``dP/dt = Q^T P`` from `initial` at time zero.

    What the sinks have taken is carried along, so that the total is one at all times. What rounding, and the
    projection within `tol`, add to it on the way (``mass_drift`` of the info) is taken off by a common factor.

    Parameters
    ----------
    generator : Generator or Driven
        From `fokker.discretize`; absorbing walls take probability away. Of a driven process, the generator changes
        with time: dP/dt = Q(t)^T P. Its steps follow what the driving does at the times they look at: put
        breakpoints in t around a pulse that is much shorter than the rest.
    initial : mapping, Density, callable or array
        A point such as ``{"x": -1.0}`` (shared out between the nodes around it: its width is the cell, which differs
        from grid to grid; next to an absorbing wall that takes its share at once), a density
        of this grid, a density as a function of the coordinates, or probabilities of the cells.
    times : sequence of float
        Increasing, not negative.
    tol : float
        Largest error in time of the law, in the sum over the cells of absolute differences.
    method : {"auto", "uniformisation", "krylov", "radau", "backward-euler"}
        Uniformisation is a mean of powers of a stochastic matrix: positive, mass kept to rounding, error below
        rounding, at a cost in proportion to the fastest rate times the time. "krylov" projects on a
        rational Krylov space with one factorisation (van den Eshof and Hochbruck 2006). "radau" steps by the
        three-stage Radau IIA method of fifth order, with error control. "backward-euler" solves without
        subtraction: positive at any step, first order. "auto" takes the first where it is cheap, else the second.
    positivity : {"report", "strict"}
        With "strict" no entry is ever negative: uniformisation, or where that takes too many jumps backward Euler,
        with its error estimated and reported.
    progress : bool
        Show a progress bar, if tqdm is installed. After an interrupt the times that are done are returned.

    Returns
    -------
    Trajectory

    Raises
    ------
    DomainError
        If the times or the initial law are not as described.
    FokkerError
        For unknown words, or a tolerance below what rounding allows.

    Examples
    --------
    >>> import fokker
    >>> problem = fokker.Problem(drift=lambda x: -x, diffusion=1.0, domain={"x": (-8, 8)})
    >>> path = fokker.propagate(fokker.discretize(problem, cells=200), {"x": 2.0}, [0.0, 1.0])
    >>> path.mean().round(3)  # 2 exp(-t)
    array([2.   , 0.736])
    """
    moments = require_times(times)
    require_words(method, positivity, tol)
    if isinstance(generator, Driven):
        return propagate_driven(generator, initial, moments, tol, method, positivity, progress)
    refuse_signed(generator, "propagate")
    require_generator(generator)
    start = initial_law(generator, initial)
    flow = Flow(generator)
    found = chosen(method, positivity, flow.fastest * float(moments[-1]), len(flow.entries[2]))
    state, doubts = with_walls(generator, flow.sinks, start, initial)
    evolved = evolve(flow, state, moments, tol, found, progress)
    laws, taken = evolved.states[:, : generator.cells], evolved.states[:, generator.cells :]
    info = Info(
        f"{found}, {generator.scheme} edges",
        {
            "cells": " x ".join(map(str, generator.shape)),
            **resolution(generator, initial),
            "times": len(laws),
            "tol": tol,
            "error_estimate": evolved.error,
            "work": evolved.work,
            "smallest_value": float((laws / generator.masses).min()),
            "mass_drift": evolved.drift,
            "mass_defect": float(np.abs(evolved.states.sum(axis=1) - 1.0).max()),
        },
        (REFERENCES[found],),
        generator.warnings + doubts + evolved.doubts,
    )
    warn_once(info.warnings)
    exited = dict(zip(flow.sinks, taken.T, strict=True))
    return Trajectory(
        generator.problem.names, generator.nodes, generator.masses, moments[: len(laws)], laws, exited, info, generator
    )

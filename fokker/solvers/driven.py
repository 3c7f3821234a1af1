"""Laws of a driven process at later times."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.driven import Driven
from fokker.errors import FokkerError, explain
from fokker.info import Info, warn_once
from fokker.linalg.radau import Record, radau
from fokker.results import Trajectory
from fokker.solvers.driven_flow import DrivenFlow
from fokker.solvers.evolve import ENGINES, REFERENCES, Evolved, Tally, Task, chosen, gathered, set_right
from fokker.solvers.flow import Flow
from fokker.solvers.initial import initial_law, resolution
from fokker.solvers.leaps import refuse_leaps
from fokker.solvers.reach import refuse_end

Array = NDArray[np.float64]

METHODS = {True: ("auto", "uniformisation", "krylov", "backward-euler"), False: ("auto", "radau", "backward-euler")}

_STEPS = 1024  # most backward Euler steps of one interval


def propagate_driven(
    driven: Driven, initial: Any, times: Array, tol: float, method: str, positivity: str, progress: bool
) -> Trajectory:
    """Return the law of a driven process at the times: ``dP/dt = Q(t)^T P`` from `initial` at time zero.

    Raises
    ------
    GridError
        If at one of the times more than 1e-3 of the law is in the last cell of an infinite axis; from 1e-8 on that is
        a warning.
    """
    flow, first = DrivenFlow(driven), driven.at(0.0)
    start = initial_law(first, initial)
    evolved, name = evolve_driven(flow, start, times, tol, method, positivity, progress)
    laws, taken = evolved.states[:, : flow.cells], evolved.states[:, flow.cells :]
    done = times[: len(laws)]
    ends = refuse_end(driven, laws, [f"at t = {t:.6g}" for t in done])
    generators = [driven.at(float(t)) for t in done]
    masses = np.stack([generator.masses for generator in generators])
    info = Info(
        f"{name}, {first.scheme} edges, rates that depend on time",
        {
            "cells": " x ".join(map(str, driven.shape)),
            **resolution(first, initial),
            "times": len(laws),
            "tol": tol,
            "error_estimate": evolved.error,
            "work": evolved.work,
            "smallest_value": float((laws / masses).min()),
            "mass_drift": evolved.drift,
            "mass_defect": float(np.abs(evolved.states.sum(axis=1) - 1.0).max()),
        },
        (REFERENCES[name],),
        tuple(dict.fromkeys(doubt for generator in generators for doubt in generator.warnings)) + evolved.doubts + ends,
    )
    warn_once(info.warnings, stacklevel=4)
    exited = dict(zip(flow.sinks, taken.T, strict=True))
    places = np.stack([generator.nodes[0] for generator in generators]) if driven.moves else None
    names = driven.problem.names
    return Trajectory(names, first.nodes, masses, done, laws, exited, info, None, driven, places)


def evolve_driven(
    flow: DrivenFlow, start: Array, times: Array, tol: float, method: str, positivity: str, progress: bool
) -> tuple[Evolved, str]:
    """Carry the law of a driven process to the times; return it with the name of the method.

    Raises
    ------
    FokkerError
        If the method does not go with this kind of driving.
    CoefficientError
        If a coefficient jumps in time without being declared to.
    """
    driven, last, tally = flow.driven, float(times[-1]), Tally()
    if method not in METHODS[bool(driven.pieces)]:
        accepted = ", ".join(f'"{m}"' for m in METHODS[bool(driven.pieces)])
        kind = "a switching process" if driven.pieces else "coefficients that depend on time"
        headline = f"this method does not go with {kind}."
        raise FokkerError(explain(headline, given=f'method="{method}"', accepted=accepted))
    refuse_leaps(driven, 0.0, last)
    state = np.concatenate([start, np.zeros(len(flow.sinks))])
    if driven.pieces:
        name = chosen(method, positivity, flow.fastest * last, len(flow.of(driven.at(0.0)).entries[2]))
        steps = switched(flow, state, times, tol, name, tally)
    elif method == "backward-euler" or positivity == "strict":
        name, steps = "backward-euler", _damped(flow, state, times, tol, tally)
    else:
        name, steps = "radau", _collocated(flow, state, times, tol, tally)
    evolved = gathered(steps, tally, len(times), tol, progress)
    set_right(evolved, float(start.sum()), tol)
    return evolved, name


def switched(
    flow: DrivenFlow, state: Array, times: Array, tol: float, method: str, tally: Tally, since: float = 0.0
) -> Iterator[Array]:
    """Carry the law through the pieces of a switching process, each by an engine for constant rates."""
    driven, cells, last = flow.driven, flow.cells, float(times[-1])
    if times[0] == since:
        yield state
    if last <= since:
        return
    stops = [*driven.stops(since, last), last]
    now = since
    for stop in stops:
        ahead = times[(times > now) & (times < stop)]
        inner = flow.of(driven.at(0.5 * (now + stop)))
        start = np.concatenate([state[:cells], np.zeros(len(inner.sinks))])
        share = tol * (stop - now) / (last - since)
        part = Task(inner, start, np.append(ahead, stop), share, Tally(), now)
        for moment, found in zip(part.times, ENGINES[method](part), strict=True):
            after = np.concatenate([found[:cells], state[cells:] + flow.padded(inner, found[cells:])])
            if moment < stop or (times == stop).any():
                yield after
        state, now = after, stop
        tally.error += part.tally.error
        tally.work += part.tally.work


def _collocated(flow: DrivenFlow, state: Array, times: Array, tol: float, tally: Tally) -> Iterator[Array]:
    record, stops = Record(), flow.driven.stops(0.0, float(times[-1]))
    for found, error in radau(flow.matrix, state, times, tol, stops, record=record):
        tally.error, tally.work = error, len(record.steps)
        yield found


def _damped(flow: DrivenFlow, state: Array, times: Array, tol: float, tally: Tally) -> Iterator[Array]:
    """Step by backward Euler without subtraction, halving the steps of each interval until it settles."""
    now = 0.0
    for moment in map(float, times):
        stops = [now, *flow.driven.stops(now, moment), moment]
        for low, high in pairwise(stops):
            if high > low:
                state, error = _settled(_backward(flow, low, high, tally), state, tol / len(times))
                tally.error += error
        now = moment
        yield state


def _settled(step: Callable[[Array, int], Array], state: Array, tol: float) -> tuple[Array, float]:
    count, coarse = 8, step(state, 4)
    while True:
        fine = step(state, count)
        error = float(np.abs(fine - coarse).sum())
        if error <= tol or count >= _STEPS:
            return fine, error
        count, coarse = 2 * count, fine


def _backward(flow: DrivenFlow, low: float, high: float, tally: Tally) -> Callable[[Array, int], Array]:
    inside = 32.0 * np.finfo(float).eps * max(abs(low), abs(high))

    def apply(state: Array, count: int) -> Array:
        size, cells = (high - low) / count, flow.cells
        for k in range(count):
            inner = Flow(flow.driven.at(low + (k + 1) * size - inside))
            start = np.concatenate([state[:cells], np.zeros(len(inner.sinks))])
            found = inner.damped(size, 1)(start)
            state = np.concatenate([found[:cells], state[cells:] + flow.padded(inner, found[cells:])])
        tally.work += count
        return state

    return apply

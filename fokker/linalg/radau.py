"""Radau IIA of order 5 for linear systems ``dP/dt = A(t) P`` with sparse A, in steps whose error is controlled.

The steps can be recorded, and made again for other states: they are linear maps, to rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.errors import FokkerError, explain
from fokker.linalg.radau_step import WEIGHTS, Matrix, Rates, Stepper, norm_of

Array = NDArray[np.float64]
Step = tuple[float, float]  # where it starts, and its size
Watch = Callable[[float, float, Array], None]  # time, weight and state at a stage

_EPS = float(np.finfo(float).eps)
_APART = 15.0  # 2**4 - 1: half steps err by 1/15 of what they differ from a whole one, where stiffness leaves order 4
_LOGS = 31.0  # ln of the whole time over the smallest step
_FEWEST = 1e-13  # smallest step, in units of the whole time
_MEMORY, _FILL = 3e8, 300.0  # bytes that a replay keeps, and bytes an entry of A that a step takes


@dataclass
class Record:
    """The accepted steps of an integration, A at their stages, and the sum of what they were found to be wrong by."""

    steps: list[Step] = field(default_factory=list)
    apart: Array | float = 0.0
    rates: list[list[Rates]] = field(default_factory=list)

    def add(self, steps: list[tuple[Step, list[Rates]]], apart: Array) -> None:
        """Take down steps; their matrices as far as memory allows."""
        for step, rates in steps:
            if len(self.rates) == len(self.steps) and _FILL * rates[1].matrix.nnz * len(self.steps) < _MEMORY:
                self.rates.append(rates)
            self.steps.append(step)
        self.apart = self.apart + apart


def radau(
    matrix: Matrix,
    state: Array,
    moments: Sequence[float] | Array,
    tol: float,
    breaks: Sequence[float] = (),
    since: float = 0.0,
    record: Record | None = None,
) -> Iterator[tuple[Array, float]]:
    """Integrate from `since` on, and yield the state and an estimate of its error at each of the moments.

    Every step is made once whole and once in two halves. The halves are kept, and 1/15 of the difference (the sum
    over the entries) counts as the error of the step: on stiff linear systems order 4 is left for certain (Ostermann
    and Roche, Math. Comp. 59 (1992) 403). Each step has a share of `tol`, half by time and half by the logarithm of
    time, so that the errors add up to at most `tol`. An estimate embedded in one step would be of order 3, and at
    small tolerances ask for many times the steps.

    Parameters
    ----------
    matrix : callable
        Time to A, sparse. If it returns the same object again, factorisations are used again too.
    state : array, shape (n,) or (n, k)
        At `since`; several columns are taken along with common steps.
    moments : sequence of float
        Increasing, from `since` on. Steps end exactly on them.
    tol : float
        Bound on the error in the 1-norm, relative to nothing.
    breaks : sequence of float
        Times where A jumps. Steps end on them, and look at A just before.
    since : float
    record : Record, optional
        Takes the steps down, for `replay`.

    Raises
    ------
    FokkerError
        If the step becomes too small, as where A jumps in time and nobody said so.
    """
    last = float(moments[-1])
    span = last - since
    stepper = Stepper(matrix, max(abs(since), abs(last)))
    now, error = since, 0.0
    wish = _first(matrix(since + 0.5 * _FEWEST * span), state, tol) if span > 0.0 else 0.0
    for moment in map(float, moments):
        stops = [float(b) for b in breaks if now < b < moment] + [moment]
        for stop in stops:
            while now < stop:
                count = max(int(np.ceil((stop - now) / wish * (1.0 - 1e-9))), 1)
                size = (stop - now) / count
                if size < _FEWEST * span and count > 1:
                    raise _too_small(now)
                done = _double(stepper, now, size, state)
                if done is None:
                    wish = 0.5 * size
                    continue
                fine, apart, records = done
                local, allowed = norm_of(apart), tol * _share(size, now - since, span)
                noise = 16.0 * _EPS * norm_of(state)
                if local <= allowed + noise:
                    state, error = fine, error + local
                    now = stop if count == 1 else now + size
                    if record is not None:
                        record.add(records, apart)
                    wish = _next(wish, size, local - noise, allowed)
                else:
                    wish = size * max(0.85 * (allowed / local) ** 0.2, 0.1)
        yield state, error


def _share(size: float, gone: float, span: float) -> float:
    """Return the part of the tolerance a step may use: half by time, half by its logarithm, for fast beginnings."""
    return 0.5 * size / span + 0.5 * size / (gone + size) / _LOGS


def _double(stepper: Stepper, now: float, size: float, state: Array) -> tuple[Array, Array, list[Any]] | None:
    """Return two half steps, 1/15 of their distance from a whole one, and the steps; None if one fails."""
    half = 0.5 * size
    whole = stepper.step(size, state, stepper.rates(now, size))
    if whole is None:
        return None
    early, late = stepper.rates(now, half), stepper.rates(now + half, half)
    first = stepper.step(half, state, early)
    if first is None:
        return None
    second = stepper.step(half, first[2], late)
    if second is None:
        return None
    steps = [((now, half), early), ((now + half, half), late)]
    return second[2], (second[2] - whole[2]) / _APART, steps


def _next(wish: float, size: float, local: float, allowed: float) -> float:
    """Return the size to try next; it changes only where that pays for new factorisations."""
    growth = 5.0 if local <= 0.0 else min(0.85 * (allowed / local) ** 0.2, 5.0)
    best = max(growth * size, 0.2 * size)
    if size <= best < 1.5 * size:
        return size
    return max(best, wish) if growth > 1.0 and size < 0.5 * wish else best


def _first(matrix: Any, state: Array, tol: float) -> float:
    """Return a first step: small against the time in which the state changes."""
    speed = norm_of(matrix @ state) / max(norm_of(state), float(np.finfo(float).tiny))
    return float(min(tol**0.2, 0.1) / speed) if speed > 0.0 else np.inf


def _too_small(now: float) -> FokkerError:
    return FokkerError(
        explain(
            f"the steps in time shrink to nothing at t = {now:.12g}.",
            given="rates that change there by leaps, or faster than can be followed",
            try_='breakpoints={"t": [...]} at the leaps, fokker.switch for pieces, or a larger tol',
        )
    )


class Replay:
    """The linear map of a list of steps: the same steps again, for other states.

    Matrices and factorisations are kept from call to call as far as memory allows.
    """

    def __init__(self, matrix: Matrix, record: Record | Sequence[Step]) -> None:
        self.steps = list(record.steps if isinstance(record, Record) else record)
        self._made = record.rates if isinstance(record, Record) else []
        self._matrix = matrix
        self._reach = max((abs(t) + size for t, size in self.steps), default=0.0)
        self._known: list[tuple[Stepper, list[Rates]]] = []
        self._bytes = 0.0

    def _at(self, k: int, before: tuple[Stepper, list[Rates]] | None) -> tuple[Stepper, list[Rates]]:
        """Return the matrices of a step, and what holds its factorisations: as before it if A is the same."""
        if k < len(self._known):
            return self._known[k]
        start, size = self.steps[k]
        stepper = Stepper(self._matrix, self._reach)
        rates = self._made[k] if k < len(self._made) else stepper.rates(start, size)
        same = before is not None and before[1][1].matrix is rates[1].matrix
        found = (before[0] if same and before is not None else stepper, rates)
        need = 0.0 if same else _FILL * rates[1].matrix.nnz
        if k == len(self._known) and self._bytes + need <= _MEMORY:
            self._bytes += need
            self._known.append(found)
        return found

    def __call__(self, state: Array, watch: Watch | None = None) -> Array:
        """Return the state after all steps, shape (n,) or (n, k).

        `watch` is called with the time, the weight and the state of each stage: sums of weight times a function of
        the state are its integral over time, by the quadrature that the steps themselves use.
        """
        before = None
        for k, (start, size) in enumerate(self.steps):
            before = stepper, rates = self._at(k, before)
            stages = stepper.step(size, state, rates)
            if stages is None:
                raise _too_small(start)
            if watch is not None:
                for time, weight, stage in zip(stepper.times(start, size), WEIGHTS, stages, strict=True):
                    watch(time, size * weight, stage)
            state = stages[2]
        return state


def replay(matrix: Matrix, record: Record | Sequence[Step], state: Array, watch: Watch | None = None) -> Array:
    """Make the recorded steps once more, for another state or several (columns); see `Replay`."""
    return Replay(matrix, record)(state, watch)

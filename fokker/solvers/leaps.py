"""Leaps of the coefficients in time that nobody declared, found before the first step."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.driven import Driven, named_time
from fokker.errors import CoefficientError, DomainError, explain
from fokker.problem import Problem

Array = NDArray[np.float64]

_LOOKS = 257  # times looked at
_SUSPECTS = 8  # largest changes that are followed
_HALVINGS = 40  # down to 1e-14 of the whole time
_LEAP = 1e-5  # change that is no longer that of a continuous coefficient, relative to its size
_NEAR = 1e-12
_PLACES = 9  # places an axis at which coefficients are looked at
_REPEAT = 1e-8  # by how much, relative to their size, coefficients may differ after a period


def refuse_leaps(driven: Driven, since: float, until: float) -> None:
    """Raise where a coefficient jumps in time without being declared to.

    Raises
    ------
    CoefficientError
        With the time.
    """
    if driven.pieces or until <= since:
        return
    stops = [since, *driven.stops(since, until), until]
    times = [_inner(a, b, max(_LOOKS // (len(stops) - 1), 5)) for a, b in pairwise(stops)]
    values = [np.stack([_raw(driven.problem, float(t)) for t in part]) for part in times]
    # what is not finite somewhere in time is no jump: where it matters the generator says so
    fair = np.asarray(np.isfinite(np.concatenate(values)).all(axis=0))
    values = [np.where(fair, rows, 0.0) for rows in values]
    size = _sizes(driven.problem, np.concatenate(values))
    changes = [
        (float(change), float(t[k]), float(t[k + 1]))
        for t, v in zip(times, values, strict=True)
        for k, change in enumerate(np.abs(np.diff(v / size, axis=0)).max(axis=1))
    ]
    suspects = [c for c in sorted(changes, reverse=True)[:_SUSPECTS] if c[0] > _LEAP]
    found = [_followed(driven.problem, size, fair, low, high) for _, low, high in suspects]
    leaps = sorted(t for t in found if t is not None)
    if leaps:
        raise _undeclared(leaps, driven.breaks)


def _sizes(problem: Problem, rows: Array) -> Array:
    """Return the largest value of each coefficient, at any time and place, for all its entries in a row."""
    sizes, first = np.ones(rows.shape[1]), 0
    for part in _parts(problem, 0.0):
        mine = slice(first, first + part.size)
        sizes[mine] = float(np.abs(rows[:, mine]).max(initial=0.0)) or 1.0
        first += part.size
    return sizes


def _inner(low: float, high: float, count: int) -> Array:
    """Return times between two jumps, the ends as seen from inside."""
    inset = 32.0 * np.finfo(float).eps * max(abs(low), abs(high))
    times: Array = np.linspace(low + inset, high - inset, count)
    return times


def coefficients(problem: Problem, time: float) -> Array:
    """Return the values of all coefficients at some places, and of the ends of the domain, in one row."""
    row: Array = np.nan_to_num(_raw(problem, time), posinf=0.0, neginf=0.0)
    return row


def _raw(problem: Problem, time: float) -> Array:
    with named_time(time):
        return np.concatenate(_parts(problem, time))


def _parts(problem: Problem, time: float) -> list[Array]:
    held = problem.at_time(time)
    fractions = (np.arange(_PLACES) + 0.5) / _PLACES
    axes = [_places(fractions, *ends) for ends in held.domain.values()]
    points = [x.ravel() for x in np.meshgrid(*axes, indexing="ij")]
    parts = [held.diffusion_at(*points, check=False)]
    if held.has_potential:
        parts += [held.potential_at(*points, check=False), held.force_at(*points, check=False)]
    else:
        parts.append(held.drift_at(*points, check=False))
    if problem.clock is not None and problem.clock.moves:
        parts.append(np.array([end for ends in held.domain.values() for end in ends]))
    return [part.ravel() for part in parts]


def _places(fractions: Array, low: float, high: float) -> Array:
    """Return places on an axis, finite or not."""
    if math.isfinite(low) and math.isfinite(high):
        inner: Array = low + fractions * (high - low)
        return inner
    outward: Array = fractions / (1.0 - fractions)
    if math.isfinite(low):
        return low + outward
    if math.isfinite(high):
        return high - outward
    places: Array = np.tan(np.pi * (fractions - 0.5))
    return places


def _followed(problem: Problem, size: Array, fair: NDArray[np.bool_], low: float, high: float) -> float | None:
    """Return where the change between two times happens at once; None if it shrinks with the interval."""
    left, right = (_raw(problem, t)[fair] / size[fair] for t in (low, high))
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if not low < middle < high:
            break
        value = _raw(problem, middle)[fair] / size[fair]
        if not np.isfinite(value).all():
            return None
        if np.abs(value - left).max() >= np.abs(right - value).max():
            high, right = middle, value
        else:
            low, left = middle, value
        if np.abs(right - left).max() <= _LEAP:
            return None
    return high


def _undeclared(leaps: list[float], declared: tuple[float, ...]) -> CoefficientError:
    shown, every = (", ".join(f"{t:.12g}" for t in _apart(t)) for t in (leaps, sorted([*leaps, *declared])))
    return CoefficientError(
        explain(
            f"the coefficients jump at t = {shown}, which was not declared.",
            given="values on both sides that stay apart however close the times",
            accepted="coefficients that are continuous between declared times",
            try_=f'breakpoints={{"t": [{every}]}} at least (all jumps up to the last time), or '
            "fokker.switch((generator, duration), ...) for pieces that are constant in time",
        )
    )


def _apart(times: list[float]) -> list[float]:
    return [t for k, t in enumerate(times) if k == 0 or t - times[k - 1] > _NEAR * max(1.0, abs(t))]


def require_period(driven: Driven, period: float) -> None:
    """Raise unless everything repeats itself after the period.

    Raises
    ------
    DomainError
        With the time at which it does not.
    """
    if driven.pieces:
        return
    for share in (0.0123, 0.1357, 0.2874, 0.4321, 0.5711, 0.6543, 0.8219, 0.9371):
        time = share * period
        both = np.stack([coefficients(driven.problem, t) for t in (time, time + period)])
        if (np.abs(both[1] - both[0]) > _REPEAT * _sizes(driven.problem, both)).any():
            raise DomainError(
                explain(
                    "the coefficients do not repeat themselves after the period.",
                    given=f"period={period!r}; they differ between t = {time:.6g} and {time + period:.6g}",
                    accepted="the period of the driving, such as 2 * np.pi / frequency",
                )
            )

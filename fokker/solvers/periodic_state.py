"""`periodic_state`: where a periodically driven process settles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.driven import Driven
from fokker.errors import BoundaryError, DomainError, FokkerError, explain
from fokker.info import Info, warn_once
from fokker.problem import Problem
from fokker.problem.real import as_real
from fokker.results.periodic_state import PeriodicState
from fokker.solvers.cycle import Cycle, SmoothCycle, SwitchedCycle
from fokker.solvers.driven_flow import DrivenFlow
from fokker.solvers.evolve import require_words
from fokker.solvers.leaps import refuse_leaps, require_period
from fokker.solvers.reach import refuse_end

Array = NDArray[np.float64]

_ROUNDS = 6  # most corrections of the fixed point
_SETTLED = 1e-2  # share of the tolerance that the last correction may have
_COARSE = 100.0  # the first sweep may err by so many tolerances: it starts from another law anyhow
_SWEEPS = 5  # most times that the steps are settled


def periodic_state(driven: Driven, period: float | None = None, tol: float = 1e-8, phases: int = 64) -> PeriodicState:
    """Return the law to which a periodically driven process settles, over one period.

    It is the fixed point of the period map, ``P(T) = P(0) = M P(0)``. One sweep with error control records the
    steps, which makes M a fixed linear operator; ``(I - M) d = M x - x`` is solved by GMRES on vectors with sum zero,
    so that slow relaxation costs a few more periods and not as many as it lasts.

    Parameters
    ----------
    driven : Driven
        From `fokker.discretize` with ``time=True``, or `fokker.switch`.
    period : float, optional
        T; that of a switching process is known.
    tol : float
        Largest error in time of the law, in the sum over the cells of absolute differences.
    phases : int
        Number of laws over one period, the first at time zero.

    Returns
    -------
    PeriodicState

    Raises
    ------
    FokkerError
        If this is no driven process, or the tolerance or the number of phases makes no sense.
    DomainError
        If the period is missing or not positive, or the coefficients do not repeat themselves after it.
    BoundaryError
        If walls absorb or move.
    CoefficientError
        If a coefficient jumps in time without being declared to.
    GridError
        If at one of the phases, or on average, more than 1e-3 of the law is in the last cell of an infinite axis; from
        1e-8 on that is a warning.

    References
    ----------
    Y. Saad and M. H. Schultz, *SIAM J. Sci. Stat. Comput.* 7 (1986) 856.

    Examples
    --------
    >>> import fokker, numpy as np
    >>> problem = fokker.Problem(
    ...     lambda x, t: np.cos(t) - x, diffusion=0.1, domain={"x": (-4, 4)}, time=True
    ... )
    >>> state = fokker.periodic_state(fokker.discretize(problem, cells=100), period=2 * np.pi, tol=1e-4)
    >>> answer = state.response(lambda x: x)  # 1 / sqrt(2), behind by 45 degrees
    >>> round(answer.amplitude, 2), round(np.degrees(answer.phase))
    (0.71, 45)
    """
    span = _require(driven, period, phases)
    require_words("auto", "report", tol)
    refuse_leaps(driven, 0.0, span)
    require_period(driven, span)
    flow = DrivenFlow(driven)
    cycle: Cycle = SwitchedCycle(flow, span, tol) if driven.pieces else SmoothCycle(flow, span, tol)
    start, figures, doubts = _settled(cycle, _first(driven), tol)
    return _record(driven, cycle, start, span, phases, tol, figures, doubts)


def _require(driven: object, period: object, phases: object) -> float:
    """Check what was given, and return the period."""
    if not isinstance(driven, Driven):
        remedy = "fokker.stationary(generator), for rates that do not depend on time"
        if isinstance(driven, Problem):
            remedy = "fokker.periodic_state(fokker.discretize(problem, cells=400), period)"
            remedy += "" if driven.time else ", for a problem with time=True"
        accepted = "what fokker.discretize returns for a problem with time=True, or fokker.switch"
        headline = "a periodic state is asked of a driven process."
        raise FokkerError(explain(headline, given=f"a {type(driven).__name__}", accepted=accepted, try_=remedy))
    if isinstance(phases, bool) or not isinstance(phases, (int, np.integer)) or phases < 4:
        raise FokkerError(explain("too few phases.", given=f"phases={phases!r}", accepted="an integer from 4 on"))
    if driven.moves:
        accepted = "ends that stay where they are"
        headline = "a periodic state of a domain with moving ends is not offered."
        given = "ends that are functions of t"
        raise BoundaryError(explain(headline, given=given, accepted=accepted, try_="fokker.propagate"))
    sinks = DrivenFlow(driven).sinks
    if sinks:
        headline = "probability leaves the domain, so that nothing is left after many periods."
        accepted = "walls that reflect or are periodic"
        raise BoundaryError(explain(headline, given=f"sinks {', '.join(sinks)}", accepted=accepted, try_="propagate"))
    return _period(driven, period)


def _period(driven: Driven, period: object) -> float:
    if period is None and driven.period is not None:
        return driven.period
    span = as_real(period)
    if span is None or not 0.0 < span < np.inf:
        headline = "the period of the driving is missing." if period is None else "the period is no positive number."
        raise DomainError(explain(headline, given=f"period={period!r}", try_="period=2 * np.pi / frequency"))
    if driven.period is not None:
        turns = span / driven.period
        if round(turns) < 1 or abs(turns - round(turns)) > 1e-9 * turns:
            headline = "the pieces of the switching process do not fit into the period."
            raise DomainError(explain(headline, given=f"period={span!r}", accepted=f"multiples of {driven.period!r}"))
        return driven.period * round(turns)
    return span


def _first(driven: Driven) -> Array:
    """Return the law that is stationary if time is held, to begin with."""
    law = driven.at(0.0).factor.log_stationary().values()
    return np.asarray(law / law.sum())


def _settled(cycle: Cycle, law: Array, tol: float) -> tuple[Array, dict[str, float], tuple[str, ...]]:
    """Return the fixed point, what it took, and doubts.

    The steps are recorded on the way of the law itself, and then again, since it differs from the first guess, with
    the size that the tolerance allows: errors of steps count as (I - M)^-1 adds them up over all periods, which is
    often less than their sum, as they decay, but much more where the law relaxes slowly.
    """
    cycle.tol = min(_COARSE * tol, 1e-2)
    for turn in range(_SWEEPS):
        apart = cycle.sweep(law)
        law, last = _fixed(cycle, law, tol)
        error = float(np.abs(_inverse(cycle, apart, 1e-2)).sum()) + last
        if turn and error <= tol:
            break
        cycle.tol = float(np.clip(cycle.tol * np.clip(0.3 * tol / max(error, 1e-300), 1e-6, 30.0), 1e-14, 1e-2))
    law = cycle.map(law)  # which also damps what the corrections left in cells that are hardly visited
    law = law / law.sum()
    figures = {"error_estimate": error, "residual": float(np.abs(cycle.map(law) - law).sum()), "periods": cycle.periods}
    doubts = (f"the error in time is about {error:.1g}, above the tolerance {tol:g}",) if error > tol else ()
    return law, figures, doubts


def _fixed(cycle: Cycle, law: Array, tol: float) -> tuple[Array, float]:
    """Return the fixed point of the map, and the size of the last correction."""
    size = np.inf
    for _ in range(_ROUNDS):
        change = _inverse(cycle, cycle.map(law) - law, 1e-6)
        law = law + change
        law, before, size = law / law.sum(), size, float(np.abs(change).sum())
        if size <= _SETTLED * tol or size > 0.5 * before:
            break
    return law, min(size, before)


def _inverse(cycle: Cycle, side: Array, accuracy: float) -> Array:
    """Return ``(I - M)^-1 side`` for a side with sum zero."""
    from scipy.sparse.linalg import LinearOperator, gmres

    norm = float(np.linalg.norm(side))
    if norm == 0.0:
        return np.zeros_like(side)
    side = side - side.sum() / side.size
    operator = LinearOperator((side.size,) * 2, lambda v: v - cycle.map(np.asarray(v).ravel()), dtype=float)
    found, _ = gmres(operator, side / norm, rtol=accuracy, atol=0.0, restart=min(side.size, 60), maxiter=3)
    moved = np.asarray(found) * norm
    return np.asarray(moved - moved.sum() / moved.size)


def _record(
    driven: Driven,
    cycle: Cycle,
    start: Array,
    span: float,
    phases: int,
    tol: float,
    figures: dict[str, float],
    doubts: tuple[str, ...],
) -> PeriodicState:
    times = span * np.arange(phases) / phases
    laws = np.stack(list(cycle.laws(start, times)))
    sums = cycle.sums(start)
    first = driven.at(0.0)
    masses = np.stack([driven.at(float(t)).masses for t in times])
    # the average also knows what happens between the phases; its weights are those of time zero
    seen = np.vstack([laws, sums.density / span * first.masses])
    doubts += refuse_end(driven, seen, [*(f"at t = {t:.6g}" for t in times), "on average over the period"])
    info = Info(
        f"fixed point of the period map, {cycle.name}, {first.scheme} edges",
        {
            "cells": " x ".join(map(str, driven.shape)),
            "phases": phases,
            "tol": tol,
            **figures,
            "mass_defect": float(np.abs(laws.sum(axis=1) - 1.0).max()),
            "smallest_value": float((laws / masses).min()),
        },
        ("Saad and Schultz 1986", cycle.reference),
        first.warnings + doubts,
    )
    warn_once(info.warnings, stacklevel=4)
    faces = tuple(axis.faces for axis in first.grid.axes.values())
    fluxes = tuple(flux / span for flux in sums.flows)
    return PeriodicState(
        driven.problem.names, first.nodes, faces, _lengths(driven), span, masses, times, laws,
        sums.density / span, 2.0 * sums.harmonic / span, fluxes, info, driven,
    )  # fmt: skip


def _lengths(driven: Driven) -> tuple[float, ...]:
    """Return the length of each periodic axis, zero for all others."""
    walls = driven.problem.walls.values()
    ends = driven.problem.domain.values()
    return tuple(high - low if pair[0] == "periodic" else 0.0 for pair, (low, high) in zip(walls, ends, strict=True))

"""`exit_time`: the whole law of the time at which a set is reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.errors import FokkerError, MomentError, TargetError, explain
from fokker.generator import Generator
from fokker.info import Info, warn_once
from fokker.linalg import Scaled
from fokker.linalg.evolution import uniformised
from fokker.results import Density, ExitLaw
from fokker.solvers.initial import initial_law
from fokker.solvers.sets import refuse_signed, stopped

Array = NDArray[np.float64]
Targets = Callable[..., Any] | Mapping[str, Callable[..., Any]] | None

_RATIO = 2.0**0.125  # between neighbouring stored times
_FIRST = 1e-9  # probability to have stopped by the first stored time
_SETTLED = 1e-11  # change of the surviving law over a doubling of the time at which it is quasi-stationary
_MOST = 5e9  # jumps times cells that are worth the wait


def exit_time(
    generator: Generator, target: Targets, initial: Mapping[str, float] | Density | Callable[..., Any] | Array
) -> ExitLaw:
    """Return the law of the time at which `target` is reached from `initial`.

    The law of the process with the target as a sink is carried along a geometric ladder of times by uniformisation,
    whose terms are all positive: density, distribution and survival are right in relative terms. Once what
    survives no longer changes its shape it is the quasi-stationary law, and the rest is exponential.

    Parameters
    ----------
    generator : Generator
        From `fokker.discretize`.
    target : callable, mapping of str to callable, or None
        As in `mean_first_passage`; several by label; None for the absorbing walls of the problem.
    initial : mapping, Density, callable or array
        As in `propagate`.

    Returns
    -------
    ExitLaw
        Second order in the cell size.

    Raises
    ------
    TargetError, ReachabilityError
        As in `mean_first_passage`; also if the process starts on the target.
    FokkerError
        If relaxation within the domain takes more jumps than can be followed.

    Examples
    --------
    >>> import fokker
    >>> problem = fokker.Problem(drift=0.0, diffusion=0.5, domain={"x": (-1, 1)}, boundary="absorbing")
    >>> law = fokker.exit_time(fokker.discretize(problem, cells=100), None, {"x": 0.0})
    >>> round(law.mean(), 3), round(law.rate, 3)  # 1 and pi**2 / 8
    (1.0, 1.234)
    """
    refuse_signed(generator, "exit_time")
    chain, absorbed = stopped(generator, target)
    start = initial_law(generator, initial)
    if absorbed is not None:
        if float(start[~absorbed.outside].sum()) > 1e-12:
            raise TargetError(explain("the process starts on the target.", given=f"initial={initial!r}"))
        start = np.where(absorbed.outside, start, 0.0)
    outside = np.ones(chain.cells, dtype=bool) if absorbed is None else absorbed.outside
    labels = tuple(label for label, rates in chain.exit_rates.items() if rates[outside].any())
    leaks = np.stack([np.where(outside, chain.exit_rates[label], 0.0) for label in labels])
    times, laws, gone, jumps = _ladder(chain, outside, leaks, start)
    flows = laws @ leaks.T
    alive = laws.sum(axis=1)
    info = Info(
        f"uniformisation to the quasi-stationary law, {generator.scheme} edges",
        {"cells": chain.cells, "times": len(times), "jumps": jumps},
        ("Jensen 1953", "Collet, Martinez and San Martin 2013"),
        generator.warnings,
    )
    warn_once(info.warnings)
    rate = float(flows[-1].sum() / alive[-1])
    return ExitLaw(
        times,
        np.log(flows.sum(axis=1)),
        np.log(gone.sum(axis=1)),
        np.log(alive),
        dict(zip(labels, gone.T, strict=True)),
        rate,
        dict(zip(labels, flows[-1] / flows[-1].sum(), strict=True)),
        lambda s: _transform(chain, leaks, labels, start, s),
        lambda order: _moment(chain, outside, start, order),
        info,
    )


def _ladder(
    chain: Generator, outside: NDArray[np.bool_], leaks: Array, start: Array
) -> tuple[Array, Array, Array, int]:
    """Return times, surviving laws and probabilities to have stopped, by sink, and the jumps it took."""
    from scipy.sparse import bmat, csr_array

    cells, sinks = chain.cells, len(leaks)
    inner = chain.matrix().T.tocsr()
    keep = csr_array((outside.astype(float), (np.arange(cells), np.arange(cells))), shape=(cells, cells))
    matrix = bmat([[keep @ inner @ keep, None], [csr_array(leaks), csr_array((sinks, sinks))]]).tocsr()
    fastest = float(-matrix.diagonal().min())
    state = np.concatenate([start, np.zeros(sinks)])
    first = _first_time(matrix, fastest, state, cells)
    times, states, jumps, now = [], [], 0, 0.0
    moment = first
    while True:
        state, more = uniformised(matrix, fastest, state, moment - now)
        jumps += more
        now = moment
        times.append(now)
        states.append(state)
        if _settled(times, states, cells):
            break
        if jumps * cells > _MOST:
            raise FokkerError(
                explain(
                    "the law within the domain takes too many jumps to settle.",
                    given=f"{jumps} jumps of {cells} cells by time {now:.6g}",
                    try_="a domain without the places where the potential is so high that nothing goes there: the "
                    "fastest rates lie in them",
                )
            )
        moment = now * _RATIO
    everything = np.stack(states)
    return np.array(times), everything[:, :cells], everything[:, cells:], jumps


def _first_time(matrix: Any, fastest: float, state: Array, cells: int) -> float:
    """Return a time by which hardly anything has stopped."""
    time = 1.0 / fastest
    while True:
        after = uniformised(matrix, fastest, state, 2.0 * time)[0]
        if after[cells:].sum() > _FIRST:
            return time
        time *= 2.0


def _settled(times: list[float], states: list[Array], cells: int) -> bool:
    """Return whether the shape of what survives has not changed since half the time."""
    back = 8  # steps of the ladder to half the time
    if len(times) <= back:
        return False
    now, then = (states[i][:cells] / states[i][:cells].sum() for i in (-1, -1 - back))
    return bool(np.abs(now - then).sum() < _SETTLED)


def _transform(chain: Generator, leaks: Array, labels: tuple[str, ...], start: Array, s: float) -> Mapping[str, float]:
    """Return the Laplace transform of the density by sink: ``kappa (s - Q)^-1 P_0``."""
    if not s >= 0.0:
        raise FokkerError(explain("the Laplace transform is known for s >= 0.", given=f"s={s!r}"))
    spent = chain.factor_with(chain.total_exit + s).solve_transposed(Scaled.of(start)).values()
    return dict(zip(labels, (float(leak @ spent) for leak in leaks), strict=True))


def _moment(chain: Generator, outside: NDArray[np.bool_], start: Array, order: int) -> float:
    """Return ``n! 1^T (-Q)^-n P_0``."""
    if isinstance(order, bool) or not isinstance(order, (int, np.integer)) or order < 1:
        raise MomentError(explain("there is no such moment.", given=f"order={order!r}", accepted="1, 2, 3, ..."))
    law = Scaled.of(start)
    for _ in range(order):
        law = chain.factor.solve_transposed(law)
        law = Scaled(np.where(outside, law.mantissa, 0.0), np.asarray(law.exponent))
    return factorial(order) * float(law.values().sum())

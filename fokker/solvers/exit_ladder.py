"""A law carried in relative terms over all times, from when nothing has stopped until what survives is settled."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fokker.errors import FokkerError, explain
from fokker.linalg.evolution import JumpChain, poisson_window

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Array = NDArray[np.float64]

_STEPS = 8  # stored times to a doubling
_FIRST = 1e-9  # probability to have stopped by the first stored time, at most
_SOON = 1e-4  # of the time of a jump: the earliest first time, before which few jump even once
_STEEP = 2e4  # its rise over a doubling of the time until then: exp(a / 2t) where exp(-a / t) is about that
_SETTLED = 1e-11  # change of the surviving law over a factor sqrt(2) of the time, after which it is 1e-15
_SAME = 1e-10  # relative difference of the rate from the inverse of the mean time that remains
_DENSE = 2000  # states up to which the whole transition matrix is squared: 32 MB
_MOST = 2e10  # jumps times cells that are worth the wait
_NOTHING = 1e-290  # below this numbers lose digits and processors their pace
_LAST = 1e-100  # survival at which the ladder ends, settled or not (a half-line with drift to its end has no last law)


def climb(matrix: csr_array, start: Array, cells: int, remaining: Callable[[Array], float]) -> tuple[Array, Array, int]:
    """Return times, laws (rows; cells, then what has gone to each sink), and how many jumps it took.

    ``dx/dt = A x``, where the last states of A are sinks. Only sums of positive terms: uniformisation, and where
    that takes many jumps, squares of the transition matrix. `remaining` returns the mean time until what survives
    has stopped: it tells a law that has settled for good from one that is held up in a well on its way.

    Raises
    ------
    FokkerError
        If there are too many cells for squares, and too many jumps.
    """
    chain = JumpChain.of_matrix(matrix)
    fastest = chain.fastest
    now = _first_time(chain, start, cells)
    state, jumps = chain.carried(start, now)
    times, states, whole = [now], [state], None

    def done() -> bool:
        return _settled(times, states, cells) and _for_good(matrix, states[-1], cells, remaining)

    while not done():
        step = times[-1] / _STEPS
        if whole is not None:
            whole = _squared(whole)
        elif len(start) <= _DENSE and _STEPS * step * fastest > 0.5 * len(start) ** 2:
            whole = _transition(matrix, fastest, step)
        for _ in range(_STEPS):
            if whole is not None:
                state = whole @ state
            else:
                state, more = chain.carried(state, step)
                jumps += more
                _refuse_weary(jumps, cells, times[-1])
            times.append(times[-1] + step)
            states.append(state)
            if done():
                break
    return np.array(times), np.stack(states), jumps


def _first_time(chain: JumpChain, state: Array, cells: int) -> float:
    """Return a time by which hardly anything more has stopped than at the start, and before which far less had.

    The probability to have stopped begins like exp(-a / t): its rise over a doubling of the time tells a / 2t.
    A law that begins a few jumps from its stop starts before the first jump, where a power of the time leads to zero.
    """

    def stopped_by(time: float) -> float:
        return float(chain.carried(state, time)[0][cells:].sum()) - before

    time, before = 1.0 / chain.fastest, float(state[cells:].sum())
    gone = stopped_by(time)
    if gone > _FIRST:
        while stopped_by(time) > _FIRST and time > _SOON / chain.fastest:
            time *= 0.5
        return time
    while True:
        later = stopped_by(2.0 * time)
        if later > _FIRST or (gone > 0.0 and later < _STEEP * gone):
            return time
        time, gone = 2.0 * time, later


def _settled(times: list[float], states: list[Array], cells: int) -> bool:
    """Return whether the shape of what survives has not changed over the last factor sqrt(2) of the time."""
    if states[-1][:cells].sum() < _LAST:
        return True
    back = int(np.searchsorted(times, times[-1] / np.sqrt(2.0), side="right")) - 1
    if back < 0:
        return False
    now, then = (states[i][:cells] / states[i][:cells].sum() for i in (-1, back))
    return bool(np.abs(now - then).sum() < _SETTLED)


def _for_good(matrix: csr_array, state: Array, cells: int, remaining: Callable[[Array], float]) -> bool:
    """Return whether the mean time that remains is the inverse of the present rate, or nothing survives."""
    alive = float(state[:cells].sum())
    if alive < _LAST:
        return True
    inside = np.concatenate([state[:cells], np.zeros(len(state) - cells)])
    rate = float((matrix @ inside)[cells:].sum()) / alive
    return abs(remaining(state[:cells]) * rate / alive - 1.0) < _SAME


def _transition(matrix: csr_array, fastest: float, span: float) -> Array:
    """Return ``exp(span A)`` whole, by squares: each entry is right in relative terms."""
    doublings = max(int(np.ceil(np.log2(span * fastest))), 0)
    first, weights = poisson_window(span * fastest / 2**doublings)
    power = np.eye(matrix.shape[0])
    result = np.zeros_like(power)
    for k in range(first + len(weights)):
        if k >= first:
            result += weights[k - first] * power
        power = power + (matrix @ power) / fastest
    for _ in range(doublings):
        result = _squared(result)
    return result


def _squared(transition: Array) -> Array:
    """Return the transition matrix of twice the time; where all that starts is, only rounding has to say."""
    product: Array = transition @ transition
    product[product < _NOTHING] = 0.0
    product /= product.sum(axis=0)
    return product


def _refuse_weary(jumps: int, cells: int, now: float) -> None:
    if jumps * cells > _MOST:
        raise FokkerError(
            explain(
                "the law within the domain takes too many jumps to settle.",
                given=f"{jumps} jumps of {cells} cells by time {now:.6g}",
                try_=f"up to {_DENSE} cells, which are followed to any time; else a domain without the places where "
                "the potential is so high that nothing goes there (the fastest rates lie in them), or without wells "
                "that keep the process for long before it reaches the target",
            )
        )

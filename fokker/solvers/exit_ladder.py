"""A law carried in relative terms over all times, from when nothing has stopped until what survives is settled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
_PRODUCTS = 4e12  # additions in squares of the transition matrix that are worth the wait
_RARE = 1e280  # jumps until the mean time above which the probability of one to the target is below all numbers
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
    way = _Way(matrix, JumpChain.of_matrix(matrix), cells)
    _refuse_rare(way.chain.fastest * remaining(start[:cells]))
    now, state = _first(way, start)
    times, states = [now], [state]

    def done() -> bool:
        return _settled(times, states, cells) and _for_good(matrix, states[-1], cells, remaining)

    way.whole = None
    while not done():
        step = times[-1] / _STEPS
        way.set_out(step, _STEPS)
        for _ in range(_STEPS):
            state = way.on(state, step)
            times.append(times[-1] + step)
            states.append(state)
            if done():
                break
    return np.array(times), np.stack(states), way.jumps


def carried(matrix: csr_array, start: Array, span: float) -> Array:
    """Return ``exp(span A) start``, by jumps or squares, whichever is less.

    Raises
    ------
    FokkerError
        As `climb`.
    """
    way = _Way(matrix, JumpChain.of_matrix(matrix), len(start))
    way.set_out(span, 1)
    return way.on(start, span)


@dataclass
class _Way:
    """A law on its way: by jumps, or where these are too many by squares of the transition matrix over a step.

    Attributes
    ----------
    whole : array or None
        The transition matrix over the present step, where it is used.
    jumps : int
        So far.
    products : float
        Additions so far in squares.
    """

    matrix: csr_array
    chain: JumpChain
    cells: int
    whole: Array | None = None
    jumps: int = 0
    products: float = 0.0

    def set_out(self, step: float, steps: int) -> None:
        """Choose the means for some steps, each twice as long as those before if there were any."""
        size, fastest = self.matrix.shape[0], self.chain.fastest
        if self.whole is not None:
            self._weigh(1)
            self.whole = _squared(self.whole)
        elif size <= _DENSE and steps * step * fastest > 0.5 * size**2:
            self._weigh(max(int(np.ceil(np.log2(step * fastest))), 0))
            self.whole = _transition(self.matrix, fastest, step)

    def on(self, state: Array, step: float) -> Array:
        """Return the law a step later."""
        if self.whole is not None:
            return np.asarray(self.whole @ state)
        _refuse_weary(self.jumps + self.chain.fastest * step, self.cells)  # before they are taken
        state, more = self.chain.carried(state, step)
        self.jumps += more
        return state

    def _weigh(self, squares: int) -> None:
        self.products += squares * float(self.matrix.shape[0]) ** 3
        if self.products > _PRODUCTS:
            raise FokkerError(
                explain(
                    "the law within the domain takes too long to settle.",
                    given=f"{self.products:.2g} additions in squares of a matrix of {self.cells} cells",
                    try_="fewer cells, or a domain without places where the rates are that much faster than elsewhere",
                )
            )


def _first(way: _Way, start: Array) -> tuple[float, Array]:
    """Return a time by which hardly anything more has stopped than at the start, and before which far less had.

    The probability to have stopped begins like exp(-a / t): its rise over a doubling of the time tells a / 2t.
    A law that begins a few jumps from its stop starts before the first jump, where a power of the time leads to zero.
    By twice the mean time half has stopped (Markov's inequality), so the doublings come to an end.
    """
    cells, before = way.cells, float(start[way.cells :].sum())

    def stopped(state: Array) -> float:
        return float(state[cells:].sum()) - before

    time = 1.0 / way.chain.fastest
    state = way.on(start, time)
    if stopped(state) > _FIRST:
        while stopped(state) > _FIRST and time > _SOON / way.chain.fastest:
            time *= 0.5
            state = way.on(start, time)
        return time, state
    while True:
        way.set_out(time, 1)
        later, gone = way.on(state, time), stopped(state)
        if stopped(later) > _FIRST or (gone > 0.0 and stopped(later) < _STEEP * gone):
            return time, state
        time, state = 2.0 * time, later


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


def _refuse_rare(jumps: float) -> None:
    """Raise where the probability to stop within the time of a jump is below the range of numbers."""
    if not jumps < _RARE:
        raise FokkerError(
            explain(
                "the target is reached so rarely that the law of the time has no numbers.",
                given=f"a mean time of {jumps:.3g} times that of a jump between cells",
                accepted=f"{_RARE:.0e} of these at most",
                try_="fokker.mean_first_passage(generator, target).log_at(...), whose logarithm reaches any barrier; "
                "so far out the time is exponential with this mean",
            )
        )


def _refuse_weary(jumps: float, cells: int) -> None:
    if jumps * cells > _MOST:
        raise FokkerError(
            explain(
                "the law within the domain takes too many jumps to settle.",
                given=f"{jumps:.6g} jumps of {cells} cells or more",
                try_=f"up to {_DENSE} cells that the process visits, which are followed to any time; else wider cells, "
                "a domain without wells that keep the process for long before it reaches the target, and in more than "
                "one dimension without the places where the potential is so high that nothing goes there",
            )
        )

"""The cells of a line that the process hardly ever visits before it stops: walls too steep to climb."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fokker.generator import Generator
from fokker.linalg import Scaled
from fokker.linalg.scaled import normalised

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_NEVER = 1e-18  # probability of a visit that is less than rounding
_AGES = 4  # laws of what is still inside that are asked, from the start on
_LEAST = -1e5  # logarithm of the probability of a step that no process takes


def visited(chain: Generator, outside: Mask, start: Array) -> Mask:
    """Return the cells that matter to the time at which a process on a line stops; the others lie at its ends.

    A path that visits the cells left out must come back through the innermost of them, and through the start, before
    it stops. So the probability to have stopped by any time t changes by a part of at most the probability p of such
    a visit. What survives for long visits them from where it stays: p is taken from the start, and from the laws of
    what is found inside at later ages (occupation times, and theirs, which tend to the quasi-stationary law).

    Parameters
    ----------
    chain : Generator
        Of the process that stops.
    outside : array of bool, shape (n,)
        The cells outside the target.
    start : array, shape (n,)
        Law at the beginning.
    """
    everything = np.ones(chain.cells, dtype=bool)
    if chain.jumps or chain.chain is None or not _in_a_row(chain):
        return everything
    laws = _ages(chain, outside, start)
    leak = chain.total_exit
    low = _left_out(chain.backward, chain.forward, leak, laws)
    mirrored = chain.forward[::-1], chain.backward[::-1], leak[::-1], laws[:, ::-1]
    high = chain.cells - _left_out(*mirrored)
    kept = everything.copy()
    kept[:low] = kept[high:] = False
    return kept


def _in_a_row(chain: Generator) -> bool:
    places = np.arange(chain.cells - 1)
    return np.array_equal(chain.tail, places) and np.array_equal(chain.head, places + 1)


def _ages(chain: Generator, outside: Mask, start: Array) -> Array:
    """Return the start, its share of the time spent in each cell, the same of that, and so on: rows that sum to one."""
    law = normalised(Scaled.of(start))
    laws = [law.values()]
    for _ in range(_AGES):
        spent = chain.factor.solve_transposed(law)
        law = normalised(Scaled(np.where(outside, spent.mantissa, 0.0), np.asarray(spent.exponent)))
        laws.append(law.values())
    return np.stack(laws)


def _left_out(down: Array, up: Array, leak: Array, laws: Array) -> int:
    """Return how many cells at the low end are hardly ever visited; they hold no exit.

    With r_i the probability to step from cell i to cell i - 1, sooner or later, and s_i that to stop before,
    ``r_i = down_i / (down_i + leak_i + up_i s_(i+1))`` and ``s_i = 1 - r_i``, without subtraction. From cell i cell b
    is visited with the probability ``r_i r_(i-1) ... r_(b+1)``.
    """
    cells = len(leak)
    logs, stay = np.zeros(cells), 0.0
    for i in range(cells - 1, 0, -1):
        away = leak[i] + (up[i] * stay if i < cells - 1 else 0.0)
        whole = down[i - 1] + away
        stay = away / whole if whole > 0.0 else 1.0
        logs[i] = np.log(down[i - 1] / whole) if down[i - 1] > 0.0 else _LEAST
    ways = np.cumsum(np.maximum(logs, _LEAST))
    most = int(np.argmax(leak > 0.0)) if (leak > 0.0).any() else 0
    with np.errstate(divide="ignore"):
        weighed = np.log(laws) + ways
    beyond = np.logaddexp.accumulate(weighed[:, ::-1], axis=1)[:, ::-1]
    # in the cells 0 .. b at the start, or later by way of b
    visits = np.cumsum(laws, axis=1)[:, :-1] + np.exp(beyond[:, 1:] - ways[:-1])
    rare = (visits <= _NEVER).all(axis=0)[:most]
    return len(rare) if rare.all() else int(np.argmin(rare))

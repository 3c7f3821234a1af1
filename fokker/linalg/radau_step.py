"""One step of Radau IIA of order 5 for ``dP/dt = A(t) P``, its stages solved to rounding.

Simplified Newton iteration: A is frozen at the middle stage, and a real and a complex factorisation serve for all
rounds. The step is then a linear map of the state, also in practice.
Hairer and Wanner, Solving Ordinary Differential Equations II, Springer 1996, section IV.8.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Matrix = Callable[[float], Any]  # time -> csr or csc

_ROOT = np.sqrt(6.0)
_NODES = np.array([(4.0 - _ROOT) / 10.0, (4.0 + _ROOT) / 10.0, 1.0])
_TABLEAU = np.array(
    [
        [(88.0 - 7.0 * _ROOT) / 360.0, (296.0 - 169.0 * _ROOT) / 1800.0, (-2.0 + 3.0 * _ROOT) / 225.0],
        [(296.0 + 169.0 * _ROOT) / 1800.0, (88.0 + 7.0 * _ROOT) / 360.0, (-2.0 - 3.0 * _ROOT) / 225.0],
        [(16.0 - _ROOT) / 36.0, (16.0 + _ROOT) / 36.0, 1.0 / 9.0],
    ]
)
_INVERSE = np.linalg.inv(_TABLEAU)
_poles, _vectors = np.linalg.eig(_INVERSE)
_REAL, _PAIR = int(np.argmin(np.abs(_poles.imag))), int(np.argmax(_poles.imag))
_left = np.linalg.inv(_vectors)
_SPLIT = np.stack([_left[_REAL].real, _left[_PAIR].real, _left[_PAIR].imag])  # stages to real and complex unknowns
_JOIN = np.stack([_vectors[:, _REAL].real, 2.0 * _vectors[:, _PAIR].real, -2.0 * _vectors[:, _PAIR].imag], axis=1)

_EPS = float(np.finfo(float).eps)
_SETTLED = 4.0 * _EPS  # size of a correction of the stages that is rounding
_PATIENCE, _STALE = 40, 10  # most iterations of a step, and from how many on A is frozen anew
_KEPT = 4  # factorisations at hand

WEIGHTS = _TABLEAU[2]  # of the quadrature: the last stage is the end of the step


class Rates:
    """A at one time, with what every step asks of it."""

    def __init__(self, matrix: Any) -> None:
        self.matrix = matrix
        diagonal = np.abs(matrix.diagonal())
        self.fastest = float(diagonal.max(initial=0.0))
        columns = np.asarray(matrix.sum(axis=0)).ravel()
        columns[np.abs(columns) <= 64.0 * _EPS * diagonal] = 0.0
        self.keeps = not (columns > 0.0).any()  # a transposed generator
        self.columns = columns if columns.any() else None  # what is lost, zero in a closed domain


class Frozen:
    """The factorisations of ``pole / step - A`` at one step and one A."""

    def __init__(self, matrix: Any, step: float) -> None:
        from scipy.sparse import eye_array
        from scipy.sparse.linalg import splu

        self.matrix, self.step = matrix, step
        unit = eye_array(matrix.shape[0], format="csc")
        options = {"permc_spec": "MMD_AT_PLUS_A", "diag_pivot_thresh": 0.0, "options": {"SymmetricMode": True}}
        self._real = splu((unit * (_poles[_REAL].real / step) - matrix).tocsc(), **options)
        self._pair = splu((unit * (_poles[_PAIR] / step) - matrix).tocsc(), **options)

    def solve(self, sides: Array) -> Array:
        """Return the corrections of the three stages for three right-hand sides, shape (3, n) or (3, n, k)."""
        shape = sides.shape[1:]
        split = (_SPLIT @ sides.reshape(3, -1)).reshape(3, *shape)
        one, two = self._real.solve(split[0]), self._pair.solve(split[1] + 1j * split[2])
        moved: Array = _JOIN @ np.stack([one.reshape(-1), two.real.reshape(-1), two.imag.reshape(-1)])
        return moved.reshape(sides.shape)


class Stepper:
    """Steps of one system, with the factorisations that may serve again."""

    def __init__(self, matrix: Matrix, reach: float, kept: int = _KEPT) -> None:
        self.matrix, self._kept = matrix, kept
        self._inside = 32.0 * _EPS * reach  # stages at the end of a step look at A just before it
        self._frozen: dict[float, Frozen] = {}
        self._last: Rates | None = None

    def times(self, start: float, size: float) -> list[float]:
        """Return the times of the three stages."""
        return [float(start + c * size - (self._inside if c == 1.0 else 0.0)) for c in _NODES]

    def rates(self, start: float, size: float) -> list[Rates]:
        """Return A at the three stages."""
        found: list[Rates] = []
        for time in self.times(start, size):
            matrix = self.matrix(time)
            if self._last is None or self._last.matrix is not matrix:
                self._last = Rates(matrix)
            found.append(self._last)
        return found

    def step(self, size: float, state: Array, rates: list[Rates]) -> Array | None:
        """Return the states at the three stages (the last is the end), or None where the iteration does not settle."""
        key = next((k for k in self._frozen if abs(k - size) <= 1e-9 * size), size)
        frozen = self._frozen.get(key)
        if frozen is not None:
            stages, rounds = _iterate(frozen, size, state, rates)
            if rounds > _STALE and frozen.matrix is not rates[1].matrix:
                del self._frozen[key]
            if stages is not None:
                return _kept_sum(stages, size, state, rates)
        self._frozen.pop(key, None)
        while len(self._frozen) >= self._kept:
            self._frozen.pop(next(iter(self._frozen)))
        self._frozen[size] = Frozen(rates[1].matrix, size)
        stages, _ = _iterate(self._frozen[size], size, state, rates)
        return None if stages is None else _kept_sum(stages, size, state, rates)


def _iterate(frozen: Frozen, size: float, state: Array, rates: list[Rates]) -> tuple[Array | None, int]:
    """Solve the equations of the stages to rounding; return the stages and the number of rounds."""
    norm = max(norm_of(state), float(np.finfo(float).tiny))
    floor = 16.0 * _EPS * (1.0 + size * max(r.fastest for r in rates))  # below it corrections are what rounding leaves
    rise, last, over = np.zeros((3, *state.shape)), np.inf, _INVERSE / size
    for rounds in range(1, _PATIENCE + 1):
        pull = np.stack([r.matrix @ (state + z) for r, z in zip(rates, rise, strict=True)])
        change = frozen.solve(pull - (over @ rise.reshape(3, -1)).reshape(rise.shape))
        rise += change
        moved = max(norm_of(z) for z in change) / norm
        if moved <= _SETTLED or (moved <= floor and moved > 0.25 * last):
            return state + rise, rounds
        if not moved < 0.9 * last:
            return None, rounds
        last = moved
    return None, _PATIENCE


def norm_of(states: Array) -> float:
    """Return the sum of absolute values, the largest of all columns."""
    return float(np.abs(states).sum(axis=0).max())


def _kept_sum(stages: Array, size: float, state: Array, rates: list[Rates]) -> Array:
    """Give the end of the step the sum that the columns of A prescribe: what is missing was lost in rounding."""
    if not all(r.keeps for r in rates):
        return stages
    change = 0.0
    for weight, r, stage in zip(WEIGHTS, rates, stages, strict=True):
        if r.columns is not None:
            change = change + size * weight * (r.columns @ stage)
    end = stages[2]
    share = np.abs(end)
    whole = share.sum(axis=0)
    missing = state.sum(axis=0) + change - end.sum(axis=0)
    stages[2] = end + share * (missing / np.where(whole > 0.0, whole, 1.0))
    return stages

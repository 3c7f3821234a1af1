"""One step of a process, by compiled polynomials or by NumPy for coefficients of any form."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fokker.errors import CoefficientError
from fokker.sgd import kernels
from fokker.sgd.families import Polynomials

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
Function = Callable[[Array], Array]


@dataclass(frozen=True, eq=False)
class Walls:
    """What happens at the ends of each axis: paths are folded back into `ends`, and stop on leaving `stops`.

    Attributes
    ----------
    ends : array, shape (d, 2)
    kinds : tuple of (left, right)
        FREE, REFLECTING or PERIODIC of `fokker.sgd.kernels`, for each axis.
    stops : array, shape (d, 2)
        Infinite where nothing stops.
    """

    ends: Array
    kinds: tuple[tuple[int, int], ...]
    stops: Array

    @property
    def any_fold(self) -> bool:
        """Whether some wall reflects or is periodic."""
        return any(kind != kernels.FREE for pair in self.kinds for kind in pair)

    @property
    def any_stop(self) -> bool:
        """Whether a path can stop."""
        return bool(np.isfinite(self.stops).any())

    def fold(self, y: Array) -> tuple[Array, Array]:
        """Return the points inside the domain, and for each coordinate the sign that reflections gave it."""
        place, sign = y.copy(), np.ones_like(y)
        for k, ((low, high), kinds) in enumerate(zip(self.ends, self.kinds, strict=True)):
            if kinds[0] == kernels.PERIODIC:
                out = (y[k] < low) | (y[k] > high)
                place[k] = np.where(out, low + (y[k] - low) % (high - low), y[k])
            elif kinds == (kernels.REFLECTING, kernels.REFLECTING):
                width = high - low
                t = (y[k] - low) % (2.0 * width)
                out = (y[k] < low) | (y[k] > high)
                place[k] = np.where(out, np.where(t <= width, low + t, high - (t - width)), y[k])
                sign[k] = np.where(out & (t > width), -1.0, 1.0)
            else:
                below = (kinds[0] == kernels.REFLECTING) & (y[k] < low)
                above = (kinds[1] == kernels.REFLECTING) & (y[k] > high)
                place[k] = np.where(below, 2.0 * low - y[k], np.where(above, 2.0 * high - y[k], y[k]))
                sign[k] = np.where(below | above, -1.0, 1.0)
        return place, sign

    def inside(self, y: Array) -> tuple[Array, Array]:
        """Fold, and move points beyond a stop onto it: where coefficients may be evaluated."""
        place, sign = self.fold(y) if self.any_fold else (y, np.ones_like(y))
        if self.any_stop:
            place = np.clip(place, self.stops[:, :1], self.stops[:, 1:])
        return place, sign


class Stepper(Protocol):
    """Advance replicas x, shape (d, r), in place by normals z, shape (steps, d, r)."""

    def advance(self, x: Array, z: Array, h: float) -> None:
        """Take the steps of length h."""

    def advance_stopping(self, x: Array, z: Array, u: Array, h: float) -> tuple[Whole, Whole]:
        """Return the step in which each replica stopped (-1: none) and where, 2 * axis + (0 low, 1 high).

        Uniforms u, shape (steps, d, r), decide about crossings inside a step; without entries only the ends
        of the steps count.
        """


@dataclass(frozen=True)
class CompiledStepper:
    """Steps of a one-dimensional process with polynomial coefficients."""

    process: Polynomials
    alpha: float
    walls: Walls

    def advance(self, x: Array, z: Array, h: float) -> None:
        """Take the steps of length h."""
        if self.walls.any_fold:
            self.advance_stopping(x, z, np.empty((0, 0, 0)), h)
            return
        p = self.process
        kernels.free(x[0], z[:, 0], h, self.alpha, p.centre, p.drift, p.diffusion)

    def advance_stopping(self, x: Array, z: Array, u: Array, h: float) -> tuple[Whole, Whole]:
        """Take steps until a replica stops."""
        p, size = self.process, x.shape[1]
        when, side = np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int64)
        chances = u[:, 0] if u.size else np.empty((0, 0))
        ends = (float(self.walls.ends[0, 0]), float(self.walls.ends[0, 1]))
        stops = (float(self.walls.stops[0, 0]), float(self.walls.stops[0, 1]))
        kinds = self.walls.kinds[0]
        kernels.walled(
            x[0], z[:, 0], chances, h, self.alpha, p.centre, p.drift, p.diffusion, ends, kinds, stops, when, side
        )
        return when, (side > 0).astype(np.int64)


@dataclass(frozen=True)
class ArrayStepper:
    """Steps by NumPy, a call of the coefficients for all replicas at once.

    Attributes
    ----------
    drift : callable
        Points of shape (d, r) to f, shape (d, r).
    noise : callable
        To sigma: shape (d, r), or (d, d, r) for a matrix.
    alpha : float
        Share of sigma at the end of the step; for 1/2 the drift is averaged too (Heun).
    tensor : callable, optional
        To D, shape (d, d, r): then the noise of a step is (1 + D(y) D(x)^-1) sigma(x) / 2, whose mean is div D
        (isothermal; Hutter and Ottinger 1998). Otherwise the mean is alpha sum_kj sigma_kj d_k sigma_ij.
    """

    drift: Function
    noise: Function
    alpha: float
    walls: Walls
    tensor: Function | None = field(default=None)

    def step(self, x: Array, z: Array, h: float) -> tuple[Array, Array]:
        """Return where one step leads, before the walls, and the variance of the step along each axis."""
        try:
            return self._step(x, z, h)
        except CoefficientError as error:
            error.add_note("(in a simulated path; if it diverged, a smaller step helps)")
            raise

    def _step(self, x: Array, z: Array, h: float) -> tuple[Array, Array]:
        root = math.sqrt(h)
        f, sigma = self.drift(x), self.noise(x)
        kick = root * _times(sigma, z)
        variance: Array = h * (np.sum(sigma**2, axis=1) if sigma.ndim == 3 else sigma**2)
        if self.alpha == 0.0:
            return x + h * f + kick, variance
        y, sign = self.walls.inside(x + h * f + kick)
        if self.tensor is not None:
            ratio = np.linalg.solve(np.moveaxis(self.tensor(x), -1, 0), kick.T[:, :, None])[:, :, 0].T
            return x + h * f + 0.5 * (kick + _times(self.tensor(y), np.asarray(ratio, dtype=np.float64))), variance
        if self.alpha == 0.5:
            f = f + 0.5 * (sign * self.drift(y) - f)
        return x + h * f + root * _times(sigma + self.alpha * (self.noise(y) - sigma), z), variance

    def advance(self, x: Array, z: Array, h: float) -> None:
        """Take the steps of length h."""
        for row in z:
            y, _ = self.step(x, row, h)
            x[...] = self.walls.fold(y)[0] if self.walls.any_fold else y
            if not np.isfinite(x).all():
                return  # reported by the caller

    def advance_stopping(self, x: Array, z: Array, u: Array, h: float) -> tuple[Whole, Whole]:
        """Take steps until a replica stops."""
        size = x.shape[1]
        when, where = np.full(size, -1, dtype=np.int64), np.zeros(size, dtype=np.int64)
        going = np.arange(size)
        for s, row in enumerate(z):
            before = x[:, going]
            y, variance = self.step(before, row[:, going], h)
            y = self.walls.fold(y)[0]
            x[:, going] = y
            if not np.isfinite(y).all():
                break  # reported by the caller
            stopped, places = self._stopped(before, y, u[s][:, going] if u.size else None, variance)
            when[going[stopped]], where[going[stopped]] = s, places[stopped]
            going = going[~stopped]
            if not going.size:
                break
        return when, where

    def _stopped(self, x: Array, y: Array, u: Array | None, variance: Array) -> tuple[NDArray[np.bool_], Whole]:
        """As `kernels.crossed`, axis by axis; the first axis that is left counts."""
        stopped, places = np.zeros(x.shape[1], dtype=bool), np.zeros(x.shape[1], dtype=np.int64)
        for k, (low, high) in enumerate(self.walls.stops):
            if not (np.isfinite(low) or np.isfinite(high)):
                continue
            chance = np.full(x.shape[1], 2.0) if u is None else u[k]
            with np.errstate(divide="ignore", invalid="ignore"):  # without noise: no crossing in between
                below = _passed((x[k] - low) * (y[k] - low), variance[k])
                above = _passed((high - x[k]) * (high - y[k]), variance[k])
            lower = (y[k] <= low) | ((y[k] < high) & (chance < below))
            upper = (y[k] >= high) | (chance < below + above)
            fresh = (lower | upper) & ~stopped
            places[fresh] = 2 * k + np.where(lower, 0, 1)[fresh]
            stopped |= fresh
        return stopped, places


def _passed(product: Array, variance: Array) -> Array:
    return np.where(product < kernels.NEGLIGIBLE * variance, np.exp(-2.0 * product / variance), 0.0)


def _times(matrix: Array, vector: Array) -> Array:
    """A matrix of shape (d, d, r), or a diagonal one of shape (d, r), times vectors of shape (d, r)."""
    product: Array = np.einsum("ij...,j...->i...", matrix, vector) if matrix.ndim == 3 else matrix * vector
    return product

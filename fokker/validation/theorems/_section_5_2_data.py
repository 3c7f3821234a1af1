"""Minibatch descent on the loss of section 5.2 itself: batches of one sample i, whose loss is l(w - x_i)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

SIDE = 100  # samples: a square lattice of so many quantiles of the normal law along each axis
LOW = -2.2  # of the lattice of the exact rate
WALL = -1.6  # of the equation; moving it to -1.3 changes no shown digit


def slope(u: ArrayLike) -> Array:
    """Return l'(u) of one coordinate, l(u) = 15 |u - 1|^2.5 |u + 1|^3."""
    a, b = np.asarray(u, dtype=float) - 1.0, np.asarray(u, dtype=float) + 1.0
    size = np.sqrt(np.abs(a))
    return np.asarray(15.0 * (2.5 * a * size * np.abs(b) ** 3 + 3.0 * a * a * size * b * np.abs(b)))


@dataclass(frozen=True)
class Descent:
    """w <- w - eta l'(w - x_i), i drawn anew in every step, for both coordinates of a sample.

    The samples fill a product lattice, so the coordinates of w are independent, and every mean is a finite sum.

    Attributes
    ----------
    eta : float
        Learning rate.
    spread : float
        Standard deviation of the data along each axis.
    """

    eta: float
    spread: float

    @cached_property
    def data(self) -> Array:
        """The values of a coordinate of the samples."""
        from scipy.special import ndtri

        return np.asarray(self.spread * ndtri((np.arange(SIDE) + 0.5) / SIDE))

    def gradients(self, w: ArrayLike) -> Array:
        """Return the gradients of all samples along one axis, shape (..., SIDE)."""
        return slope(np.asarray(w, dtype=float)[..., None] - self.data)

    @cached_property
    def moments(self) -> tuple[Callable[[Array], Array], Callable[[Array], Array]]:
        """Mean and variance C of the gradient along one axis, by enumeration of the samples."""
        from scipy.interpolate import CubicSpline

        grid = np.linspace(-4.0, 4.0, 1601)
        table = self.gradients(grid)
        return CubicSpline(grid, table.mean(axis=-1)), CubicSpline(grid, table.var(axis=-1))

    @cached_property
    def points(self) -> tuple[float, float, float]:
        """Flat minimum, barrier and sharp minimum of the mean loss."""
        from scipy.optimize import brentq

        grid = np.linspace(-1.3, 1.3, 400)
        sign = np.sign(self.gradients(grid).mean(axis=-1))
        ends = np.flatnonzero(sign[1:] != sign[:-1])
        flat, top, sharp = (
            float(brentq(lambda w: float(self.gradients(w).mean()), grid[k], grid[k + 1], xtol=1e-14)) for k in ends
        )
        return flat, top, sharp

    def variance(self, kind: str) -> Callable[[Array], Array]:
        """Return C of one coordinate: that of the data, or fitted at the flat minimum as in the paper.

        "langevin" matches the value, "power law" also the curvature, C (1 + lam x^2).
        """
        own, flat = self.moments[1], self.points[0]
        if kind == "own":
            return own
        size, lam = float(own(np.array(flat))), self.fitted_lambda if kind == "power law" else 0.0
        return lambda w: size * (1.0 + lam * (w - flat) ** 2)

    @property
    def fitted_lambda(self) -> float:
        """C''/2C at the flat minimum."""
        own, flat = self.moments[1], np.array(self.points[0])
        return float(own.derivative(2)(flat) / own(flat)) / 2.0  # type: ignore[attr-defined]

    def confined(self, low: float, high: float, nodes: int) -> bool:
        """Return whether no sample takes an iterate out of [low, high]: then no number of steps does."""
        w = np.linspace(low, high, nodes)
        to = w[:, None] - self.eta * self.gradients(w)
        return bool(low <= to.min() and to.max() <= high)

    def simulate(self, runs: int, steps: int, seed: int) -> tuple[int, float]:
        """Return in how many runs in the plane a coordinate reaches the sharp minimum, and a share of these.

        It is that of the coordinates that last passed the barrier in a single step from left of the flat minimum.
        """
        from fokker.sgd.descent import batches

        draw = batches(np.random.default_rng(seed), SIDE**2, 1, runs, "replacement")
        flat, top, sharp = self.points
        w, thrown, leaps = np.full((2, runs), flat), np.zeros((2, runs), dtype=bool), []
        for _ in range(steps):
            pick = next(draw)[0, : w.shape[1]]
            to = w - self.eta * slope(w - self.data[np.stack(np.divmod(pick, SIDE))])
            thrown = np.where((w < top) & (to >= top), w < flat, thrown)
            leaps.append(thrown[to >= sharp])
            going = (to < sharp).all(axis=0)
            w, thrown = to[:, going], thrown[:, going]
        arrived = np.concatenate(leaps)
        return runs - w.shape[1], float(arrived.mean()) if arrived.size else 0.0

    def exact(self, steps: int, low: float, high: float, nodes: int) -> float:
        """Return the probability that one coordinate of SGD leaves (low, high): no random numbers.

        The chance to survive is carried back on a lattice with linear interpolation; left of LOW nothing is lost.
        """
        from scipy.sparse import csr_array

        w = np.linspace(max(low, LOW), high, nodes)
        h = w[1] - w[0]
        to = w[:, None] - self.eta * self.gradients(w)
        inside = (to < high) & (to > low)
        place = np.clip((to - w[0]) / h, 0.0, nodes - 1.0)
        cell = np.minimum(place.astype(int), nodes - 2)
        part = place - cell
        rows = np.repeat(np.arange(nodes), SIDE)
        chances = np.concatenate([((1.0 - part) * inside).ravel(), (part * inside).ravel()]) / SIDE
        columns = np.concatenate([cell.ravel(), cell.ravel() + 1])
        step = csr_array((chances, (np.concatenate([rows, rows]), columns)), shape=(nodes, nodes))
        left = np.ones(nodes)
        for _ in range(steps):
            left = step @ left
        return 1.0 - float(np.interp(self.points[0], w, left))

    def normal(self, steps: int, nodes: int) -> float:
        """Return the probability that one coordinate passes the sharp minimum, with normal noise of the same C(w).

        The chance to have passed is carried back on Gauss's nodes, as in `_section_5_2`.
        """
        from scipy.special import ndtr

        gradient, variance = self.moments
        high = self.points[2]
        x, weights = np.polynomial.legendre.leggauss(nodes)
        x, weights = 0.5 * (LOW + high) + 0.5 * (high - LOW) * x, 0.5 * (high - LOW) * weights
        rows = np.append(x, self.points[0])
        mean, width = rows - self.eta * gradient(rows), self.eta * np.sqrt(variance(rows))
        far = (x - mean[:, None]) / width[:, None]
        step = np.exp(-0.5 * far**2) / (np.sqrt(2.0 * np.pi) * width[:, None]) * weights
        beyond = ndtr((mean - high) / width)
        passed = beyond[:-1]
        for _ in range(steps - 2):
            passed = beyond[:-1] + step[:-1] @ passed
        return float(beyond[-1] + step[-1] @ passed)

    def predicted(self, kind: str, steps: int, low: float, high: float, cells: int) -> float:
        """Return the same from the equation with the drift of the data and one of the variances."""
        import fokker
        from fokker.sgd import descent_problem, moved_target

        variance = self.variance(kind)
        low, high = moved_target((low, high), variance, self.eta)
        walls = ("absorbing" if np.isfinite(low) else "reflecting", "absorbing")
        given: dict[str, Any] = {"domain": {"w": (max(low, WALL), high)}, "boundary": {"w": walls}}
        problem = descent_problem(self.moments[0], variance, self.eta, discrete_correction=True, **given)
        law = fokker.exit_time(fokker.discretize(problem, cells=cells), None, {"w": self.points[0]})
        return float(law.cdf(self.eta * steps))


def either(p: float) -> float:
    """Return the probability that one of two independent coordinates does it."""
    return 1.0 - (1.0 - p) ** 2

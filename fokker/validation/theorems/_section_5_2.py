"""The loss of section 5.2, its noise, and the recursion's success rate without random numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from fokker import Problem

Array = NDArray[np.float64]

SPREAD = 0.1  # of the data x_i
NODES = np.linspace(-9.0, 9.0, 1801)  # of the mean over the data, in units of the spread
WEIGHTS = np.exp(-0.5 * NODES**2) / np.sqrt(2.0 * np.pi) * (NODES[1] - NODES[0])
HERMITE = (np.ones_like(NODES), NODES, NODES**2 - 1.0)
BRACKETS = {"flat": (-1.2, -0.8), "barrier": (-0.1, 0.3), "sharp": (0.8, 1.2)}
WALL = -1.6  # left of it nothing goes: exp(-2 U / eps) is below 1e-6 of its value at the barrier


def loss(w: ArrayLike, order: int = 0) -> Array:
    """Return a derivative of the mean over the data of 15 |w - x - 1|^2.5 |w - x + 1|^3, by parts on the Gaussian."""
    u = np.asarray(w, dtype=float)[..., None] + SPREAD * NODES
    values = 15.0 * np.abs(u - 1.0) ** 2.5 * np.abs(u + 1.0) ** 3
    return np.asarray((values * HERMITE[order] * WEIGHTS).sum(axis=-1) / SPREAD**order)


@cache
def stationary_points() -> dict[str, float]:
    """Return the flat minimum, the barrier and the sharp minimum."""
    from scipy.optimize import brentq

    return {k: float(brentq(lambda w: float(loss(w, 1)), *ends, xtol=1e-14)) for k, ends in BRACKETS.items()}


@cache
def gradient(scale: float) -> Callable[[Array], Array]:
    """Return the derivative of the loss times a factor, interpolated."""
    from scipy.interpolate import CubicSpline

    grid = np.linspace(-4.0, 4.0, 1601)
    spline: Callable[[Array], Array] = CubicSpline(grid, scale * loss(grid, 1))
    return spline


@dataclass(frozen=True)
class Escape:
    """w <- w - eta g(w) + eta sqrt(C(w)) xi in each coordinate, C = (noise / eta) (1 + lam (w - flat)^2).

    Attributes
    ----------
    lam : float
        The paper's lambda_1; 0 is the Langevin dynamic.
    eta : float
        Learning rate.
    noise : float
        eta C at the flat minimum: the same process in continuous time for every learning rate.
    horizon : float
        eta times the number of steps.
    scale : float
        Of the loss.
    """

    lam: float
    eta: float
    noise: float = 8.0
    horizon: float = 0.5
    scale: float = 1.0

    @property
    def points(self) -> dict[str, float]:
        """The stationary points of the loss."""
        return stationary_points()

    @property
    def gradient(self) -> Callable[[Array], Array]:
        """Gradient of one coordinate."""
        return gradient(self.scale)

    @property
    def sharpness(self) -> float:
        """Curvature of the sharp minimum, the larger one."""
        return self.scale * float(loss(self.points["sharp"], 2))

    @property
    def steps(self) -> int:
        """Number of steps."""
        return round(self.horizon / self.eta)

    def variance(self, w: Array) -> Array:
        """Return C of one coordinate."""
        return np.asarray(self.noise / self.eta * (1.0 + self.lam * (w - self.points["flat"]) ** 2))

    def target(self) -> float:
        """Return where a process in continuous time must be stopped, since iterates are looked at after each step."""
        from fokker.sgd import moved_target

        return moved_target((-np.inf, self.points["sharp"]), self.variance, self.eta)[1]

    def problem(self, correction: bool, shift: bool = True, convention: str = "ito", axes: int = 2) -> Problem:
        """Return the process in continuous time, absorbed where a coordinate reaches the sharp minimum."""
        from fokker import Problem
        from fokker.sgd import descent_problem

        def each(function: Callable[[Array], Array]) -> Callable[..., Any]:
            return (lambda u, v: (function(u), function(v))) if axes > 1 else function

        names, gradient = ("w1", "w2")[:axes], self.gradient
        given: dict[str, Any] = {
            "domain": dict.fromkeys(names, (WALL, self.target() if shift else self.points["sharp"])),
            "boundary": dict.fromkeys(names, ("reflecting", "absorbing")),
        }
        if convention == "ito":
            return descent_problem(
                each(gradient), each(self.variance), self.eta, discrete_correction=correction, **given
            )
        diffusion = each(lambda w: 0.5 * self.eta * self.variance(w))
        return Problem(each(lambda w: -gradient(w)), diffusion=diffusion, convention=convention, **given)

    def predicted(
        self, cells: int, correction: bool, shift: bool = True, convention: str = "ito", axes: int = 2
    ) -> float:
        """Return the probability to have escaped by the horizon, from `exit_time`."""
        import fokker

        problem = self.problem(correction, shift, convention, axes)
        start = dict.fromkeys(problem.names, self.points["flat"])
        return float(fokker.exit_time(fokker.discretize(problem, cells=cells), None, start).cdf(self.horizon))

    def exact(self, nodes: int) -> float:
        """Return the recursion's success rate: its transition density integrated by Gauss's rule, step after step.

        The coordinates are independent, so one is enough.
        """
        low, high = -3.0, self.points["sharp"]
        x, weights = np.polynomial.legendre.leggauss(nodes)
        x, weights = 0.5 * (low + high) + 0.5 * (high - low) * x, 0.5 * (high - low) * weights
        rows = np.append(x, self.points["flat"])
        width = self.eta * np.sqrt(self.variance(rows))[:, None]
        far = (x - (rows - self.eta * self.gradient(rows))[:, None]) / width
        kernel = np.exp(-0.5 * far**2) / (np.sqrt(2.0 * np.pi) * width) * weights
        inside = np.linalg.matrix_power(kernel[:-1], self.steps - 1) @ np.ones(nodes)
        return float(1.0 - (kernel[-1] @ inside) ** 2)

    def simulate(self, runs: int, seed: int) -> int:
        """Return in how many of the runs of the recursion in the plane a coordinate reaches the sharp minimum."""
        from fokker.sgd import descent_problem, simulate_first_passage

        g, axes = self.gradient, ("w1", "w2")
        line = dict.fromkeys(axes, (-np.inf, np.inf))
        process = descent_problem(
            lambda u, v: (g(u), g(v)), lambda u, v: (self.variance(u), self.variance(v)), self.eta, domain=line
        )
        start = dict.fromkeys(axes, self.points["flat"])
        target = dict.fromkeys(axes, (-np.inf, self.points["sharp"]))
        found = simulate_first_passage(
            process, start, target, step=self.eta, horizon=self.horizon, replicas=runs, rng=seed, bridge=False
        )
        return runs - found.censored

    def descend(self, runs: int, samples: int, seed: int) -> int:
        """Return the same for SGD with batches of one on a finite data set.

        Sample i adds to the loss ``sum_j y_ij x_j + h_ij x_j^2 / 2`` with x = w - flat. The four columns of the data
        are uniform, made uncorrelated and of the variances that C asks for, so that C is exact and nothing is normal.
        """
        rng = np.random.default_rng([seed, round(100 * self.lam)])
        data = rng.uniform(size=(samples, 4))
        data -= data.mean(axis=0)
        data = np.linalg.qr(data)[0] * np.sqrt(samples * self.noise / self.eta)
        offsets, slopes = data[:, :2], np.sqrt(self.lam) * data[:, 2:]
        x = np.zeros((runs, 2))
        for _ in range(self.steps):
            pick = rng.integers(samples, size=len(x))
            x = x - self.eta * (self.gradient(self.points["flat"] + x) + offsets[pick] + slopes[pick] * x)
            x = x[(self.points["flat"] + x < self.points["sharp"]).all(axis=1)]
        return runs - len(x)


def band(successes: int, runs: int, level: float) -> tuple[float, float]:
    """Return the interval of Clopper and Pearson for a probability."""
    from scipy.special import betaincinv

    tail = 0.5 * (1.0 - level)
    low = 0.0 if successes == 0 else float(betaincinv(successes, runs - successes + 1, tail))
    high = 1.0 if successes == runs else float(betaincinv(successes + 1, runs - successes, 1.0 - tail))
    return low, high

"""The moved target against iterates that are looked at after each step only."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import pytest

import fokker
from fokker import errors
from fokker.sgd import NoiseModel, descent_problem, moved_target, simulate_first_passage
from fokker.sgd.moved_target import OVERSHOOT


def test_the_constant() -> None:
    exact = float(-mpmath.zeta(0.5) / mpmath.sqrt(2 * mpmath.pi))
    assert pytest.approx(exact, rel=4 * np.finfo(float).eps) == OVERSHOOT


NOISE = NoiseModel(0.0, curvature=1.0, sigma_g=80.0, rho=0.0, sigma_H=60.0, learning_rate=0.02)


def test_mean_number_of_steps_on_a_line() -> None:
    """Power-law iterates leave an interval; the moved ends and both corrections leave an error of order eta."""
    eta, runs = NOISE.learning_rate, 40_000
    ends = moved_target((-1.2, 1.0), NOISE.gradient_variance, eta)
    found = simulate_first_passage(
        NOISE.problem(), 0.0, (-1.2, 1.0), step=eta, horizon=50.0, replicas=runs, rng=0, bridge=False
    )
    steps, error = found.mean() + 0.5 * eta, found.standard_error()  # the record counts to the middle of a step
    times = []
    for stops in (ends, (-1.2, 1.0)):
        problem = NOISE.problem({"theta": stops}, boundary="absorbing", discrete_correction=True)
        times.append(fokker.mean_first_passage(fokker.discretize(problem, cells=800), None).at(theta=0.0))
    assert abs(times[0] - steps) < 4 * error + eta * NOISE.curvature * steps * 0.5
    assert steps - times[1] > 20 * error  # without the move


def test_iterates_that_leave_a_disc() -> None:
    eta, variance, runs = 0.01, (30.0, 12.0), 20_000
    disc = fokker.Region(level=lambda x, y: 1.0 - np.hypot(x, y))  # the target is its outside
    target = moved_target(disc, variance, eta)
    problem = descent_problem(
        lambda x, y: (x, 2 * y), variance, eta, domain={"x": (-1.4, 1.4), "y": (-1.4, 1.4)}, discrete_correction=True
    )
    times = [
        fokker.mean_first_passage(fokker.discretize(problem, cells=(80, 80)), where).at(x=0.2, y=0.1)
        for where in (target, disc)
    ]
    rng = np.random.default_rng(7)
    x, alive, sums = np.tile([[0.2], [0.1]], runs), np.arange(runs), np.zeros(runs)
    while alive.size:
        kick = np.sqrt(variance)[:, None] * rng.standard_normal((2, alive.size))
        x = x - eta * (np.array([[1.0], [2.0]]) * x + kick)
        sums[alive] += eta
        inside = np.hypot(*x) < 1.0
        x, alive = x[:, inside], alive[inside]
    error = sums.std() / math.sqrt(runs)
    assert abs(times[0] - sums.mean()) < 4 * error + 2 * eta * sums.mean()  # order eta times the larger curvature
    assert sums.mean() - times[1] > 10 * error


def test_the_error_is_of_order_eta() -> None:
    """Brownian iterates from 0 to +-1: a direct sum over their transition density, no random numbers."""
    gaps: dict[bool, list[float]] = {True: [], False: []}
    etas = (0.02, 0.005)
    nodes, weights = np.polynomial.legendre.leggauss(400)
    for eta in etas:
        width = eta * math.sqrt(2.0 / eta)  # D = 1
        kernel = np.exp(-0.5 * ((nodes[:, None] - nodes) / width) ** 2) / (math.sqrt(2 * math.pi) * width) * weights
        steps = np.linalg.solve(np.eye(400) - kernel, np.ones(400))
        exact = eta * float(
            1.0 + np.exp(-0.5 * (nodes / width) ** 2) / (math.sqrt(2 * math.pi) * width) * weights @ steps
        )
        for moved in gaps:
            low, high = moved_target((-1.0, 1.0), 2.0 / eta, eta) if moved else (-1.0, 1.0)
            gaps[moved].append(abs(-low * high / 2.0 - exact))
    orders = {moved: math.log(gap[0] / gap[1]) / math.log(etas[0] / etas[1]) for moved, gap in gaps.items()}
    assert orders[True] > 0.9  # exactly one for Brownian motion
    assert abs(orders[False] - 0.5) < 0.1


@pytest.mark.parametrize("target", [lambda x: x > 1, (1.0, 0.0), 1.0, (0.0, 1.0, 2.0), "x > 1", (math.nan, 1.0)])
def test_other_targets_are_refused(target: Any) -> None:
    with pytest.raises(errors.TargetError, match=r"neither an interval[\s\S]*fokker.Region"):
        moved_target(target, 1.0, 0.1)


@pytest.mark.parametrize("seed", range(6))
def test_noise_along_one_direction(seed: int) -> None:
    """C = v v^T: an eigenvalue is zero up to rounding, which was refused where it came out negative."""
    v = np.random.default_rng(seed).normal(size=2)
    half_plane = fokker.Region(lambda x, y: 1.0 - x + 0.0 * y)
    moved = moved_target(half_plane, np.outer(v, v).tolist(), 0.1)
    edge = 1.0 - OVERSHOOT * 0.1 * -abs(v[0])
    assert abs(moved.level(np.array([edge]), np.zeros(1))[0]) < 1e-12


def test_a_negative_variance_is_refused() -> None:
    with pytest.raises(errors.CoefficientError, match="variance is negative"):
        moved_target((-1.0, 2.0), lambda w: 1.0 - w**2, 0.1)
    with pytest.raises(errors.CoefficientError, match="learning_rate must be positive"):
        moved_target((-1.0, 2.0), 1.0, 0.0)

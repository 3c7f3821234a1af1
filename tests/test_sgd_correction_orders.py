"""What the correction for the steps gains: stationary mean and variance of the recursion itself, by a matrix."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from fokker.sgd import NoiseModel, descent_problem

Array = np.ndarray
RATES = (0.1, 0.05)
GAUSSIAN, SKEWED = ((1.0, 0.0),), ((0.2, 1.52), (0.8, -0.38))  # shares and places of normal laws; variance 1 in all


def gradient(w: Array) -> Array:
    return w + 0.4 * w**2 + 0.3 * w**3


def variance(w: Array) -> Array:
    return 1.0 + 0.3 * w + 0.2 * w**2


def moments(x: Array, p: Array) -> Array:
    mean = p @ x / p.sum()
    return np.array([mean, p @ (x - mean) ** 2 / p.sum()])


def recursion(c: Callable[[Array], Array], eta: float, noise: tuple[tuple[float, float], ...], n: int = 501) -> Array:
    """Stationary moments of w <- w - eta (g + sqrt(c) xi) on a grid; its rule is exact to rounding for normal laws."""
    reach = 14.0 * np.sqrt(eta / 2)
    x = np.linspace(-reach, reach, n)
    width = np.sqrt(1.0 - sum(share * place**2 for share, place in noise))
    step, chances = eta * np.sqrt(c(x)), np.zeros((n, n))
    for share, place in noise:
        away = (x[:, None] - (x - eta * gradient(x) - step * place)) / (step * width)
        chances += share * np.exp(-0.5 * away**2) / (step * width)
    chances /= chances.sum(axis=0)
    system = np.eye(n) - chances
    system[-1] = 1.0
    return moments(x, np.linalg.solve(system, np.eye(n)[-1]))


def process(c: Callable[[Array], Array], eta: float, corrected: bool) -> Array:
    """Stationary moments of the process, from its law without flux by the trapezium rule."""
    reach = 14.0 * np.sqrt(eta / 2)
    x = np.linspace(-reach, reach, 40_001)
    problem = descent_problem(gradient, c, eta, domain={"w": (-reach, reach)}, discrete_correction=corrected)
    ratio, diffusion = problem.drift_at(x) / problem.diffusion_at(x), problem.diffusion_at(x)
    logs = np.append(0.0, np.cumsum(0.5 * (ratio[1:] + ratio[:-1])) * (x[1] - x[0])) - np.log(diffusion)
    return moments(x, np.exp(logs - logs.max()))


def orders(c: Callable[[Array], Array], noise: tuple[tuple[float, float], ...], corrected: bool) -> Array:
    """Powers of the learning rate in the errors of mean and variance, from its halving."""
    errors = [np.abs(process(c, eta, corrected) - recursion(c, eta, noise)) for eta in RATES]
    powers: Array = np.log2(errors[0] / errors[1])
    return powers


@pytest.mark.parametrize("c", [lambda w: 1.0 + 0.0 * w, variance], ids=["constant", "quadratic"])
def test_normal_noise_both_moments_gain_an_order(c: Callable[[Array], Array]) -> None:
    """Mean and variance are of order eta; their errors of order 2 become 3. Halving measures a power to about eta."""
    np.testing.assert_allclose(orders(c, GAUSSIAN, corrected=False), 2.0, atol=0.15)
    np.testing.assert_allclose(orders(c, GAUSSIAN, corrected=True), 3.0, atol=0.15)


def test_skewed_noise_on_a_curved_gradient_gains_no_order() -> None:
    """Its third moment moves mean and variance in the order of the correction: errors are smaller, and of order eta."""

    def constant(w: Array) -> Array:
        return 1.0 + 0.0 * w

    errors = []
    for eta in RATES:
        exact = recursion(constant, eta, SKEWED)
        plain, better = (np.abs(process(constant, eta, flag) / exact - 1.0) for flag in (False, True))
        assert np.all(better < plain)
        assert np.all(better > 0.1 * eta)
        errors.append(better)
    assert np.log2(errors[0] / errors[1])[1] == pytest.approx(1.0, abs=0.15)  # of the variance, relative


def test_the_way_of_the_mean_gains_an_order() -> None:
    """After 1 / H the mean of the recursion is (1 - eta H)^n x_0: errors of order 1 become 2."""
    errors = []
    for eta in (0.02, 0.01):
        noise = NoiseModel(0.0, curvature=1.0, sigma_g=1.0, rho=0.0, sigma_H=0.2, learning_rate=eta)
        exact = (1.0 - eta) ** round(1.0 / eta)
        rates = (noise.curvature, noise.corrected().curvature)
        errors.append([abs(np.exp(-rate) / exact - 1.0) for rate in rates])
    np.testing.assert_allclose(np.log2(np.array(errors[0]) / errors[1]), [1.0, 2.0], atol=0.05)

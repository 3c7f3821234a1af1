"""Recursions and minibatch descent against their exact variances; gradients against differences of the loss."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fokker import errors
from fokker.sgd import (
    DiagonalNetwork,
    HiddenLayer,
    LinearModel,
    NoiseModel,
    SampleGradients,
    simulate_minibatch,
    simulate_power_law,
    simulate_recursion,
    simulate_sgd,
)

Array = np.ndarray[Any, np.dtype[np.float64]]


def model(**changes: float) -> NoiseModel:
    values = {"minimum": 0.3, "curvature": 2.0, "sigma_g": 1.5, "rho": 0.6, "sigma_H": 0.8, "learning_rate": 0.5}
    return NoiseModel(**(values | changes))  # type: ignore[arg-type]


# Recursions


def test_the_power_law_dynamic_has_its_exact_variance() -> None:
    noise = model(learning_rate=0.3)
    paths = simulate_power_law(noise, steps=[0, 150], replicas=100_000, rng=5)
    squares = (paths.values[1] - noise.minimum) ** 2
    assert abs(squares.mean() - noise.recursion_variance) < 4 * squares.std() / np.sqrt(squares.size)
    assert np.all(paths.values[0] == noise.minimum)
    assert paths.clock == "steps"


def test_both_spellings_of_the_power_law_dynamic_agree() -> None:
    noise = model(learning_rate=0.3)
    given = {"steps": [1, 40], "replicas": 500, "rng": 5}
    one = simulate_power_law(noise, 0.0, **given)  # type: ignore[arg-type]
    two = simulate_recursion(
        lambda x: 2.0 * (x - 0.3),
        noise.gradient_variance,
        {"x": 0.0},
        learning_rate=0.3,
        minimum={"x": 0.3},
        **given,  # type: ignore[arg-type]
    )
    np.testing.assert_allclose(one.values, two.values, atol=40 * 8 * 2.3e-16)


def test_the_langevin_dynamic_in_the_plane() -> None:
    eta, hessian, variance = 0.2, np.array([1.0, 4.0]), np.array([0.5, 2.0])
    paths = simulate_recursion(
        lambda x, y: (x, 4 * y), (0.5, 2.0), {"x": 0.0, "y": 0.0}, learning_rate=eta, steps=120, replicas=20_000, rng=0
    )
    exact = eta * variance / (2 * hessian - eta * hessian**2)
    squares = paths.values[:, 0] ** 2
    assert np.all(np.abs(squares.mean(axis=1) - exact) < 4 * squares.std(axis=1) / np.sqrt(20_000))


C = np.array([-1.0, -0.3, 0.2, 1.1])  # centres: per-sample loss (theta - c)^2 / 2


def chain_variance(values: Array, centre: float) -> tuple[float, float]:
    squares = (values - centre) ** 2
    return float(squares.mean()), float(squares.std() / np.sqrt(squares.size))


@pytest.mark.parametrize("sampling", ["replacement", "batches"])
def test_sgd_on_a_line_has_the_exact_variance(sampling: str) -> None:
    samples = SampleGradients(np.array([1.0, 2.0, 0.5, 1.4]), np.array([0.3, -1.0, 0.8, 0.1]))
    line = LinearModel(np.sqrt(samples.slopes)[:, None], samples.offsets / np.sqrt(samples.slopes))
    theta = np.array([-1.0, 1.0])
    noise = NoiseModel.from_gradients(theta, samples.at(theta), 0.3, 2, replacement=sampling == "replacement")
    paths = simulate_sgd(
        line, [0.0], learning_rate=0.3, batch_size=2, steps=60, sampling=sampling, replicas=40_000, rng=1
    )
    value, error = chain_variance(paths.values[0], noise.minimum)
    assert abs(value - noise.recursion_variance) < 4 * error
    old = simulate_minibatch(
        *samples, learning_rate=0.3, batch_size=2, steps=1, burn_in=60, chains=40_000, rng=2, sampling=sampling
    )
    value, error = chain_variance(old[0], noise.minimum)
    assert abs(value - noise.recursion_variance) < 4 * error


def test_reshuffled_sgd_has_a_variance_of_the_third_order() -> None:
    """Exact variance at the end of an epoch of N batches of one, and with replacement."""
    eta, n, s2 = 0.05, 4, C.var()
    a = 1 - eta
    powers = a ** np.arange(n)
    exact = eta**2 * s2 * n / (n - 1) * ((powers**2).sum() - powers.sum() ** 2 / n) / (1 - a ** (2 * n))
    assert exact == pytest.approx(6.5496467703e-5, rel=1e-10)
    line = LinearModel(np.ones((4, 1)), C)
    given: dict[str, Any] = {"learning_rate": eta, "batch_size": 1, "steps": 240, "replicas": 10_000, "rng": 3}
    for sampling, expected in (("reshuffled", exact), ("replacement", eta * s2 / (2 - eta))):
        value, error = chain_variance(simulate_sgd(line, [0.0], sampling=sampling, **given).values[0], C.mean())
        assert abs(value - expected) < 4 * error


def test_momentum_has_the_exact_variance() -> None:
    """Var theta = eta V r / (2 (1 - beta) h), r = 1 / (1 - eta h / (2 (1 + beta))), V the variance of the gradient."""
    eta, beta, h = 0.1, 0.8, 2.0
    line = LinearModel(np.full((4, 1), np.sqrt(h)), np.sqrt(h) * C)
    paths = simulate_sgd(line, [0.0], learning_rate=eta, batch_size=1, steps=300, momentum=beta, replicas=20_000, rng=4)
    exact = eta * h**2 * C.var() / (2 * (1 - beta) * h) / (1 - eta * h / (2 * (1 + beta)))
    value, error = chain_variance(paths.values[0], C.mean())
    assert abs(value - exact) < 4 * error


RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(9, 3)), RNG.normal(size=9)
MODELS = [
    LinearModel(X, Y),
    DiagonalNetwork(X, Y, factors=1, factor=0.5),
    DiagonalNetwork(X, Y, factors=3, factor=1.0),
    HiddenLayer(X, Y, width=5),
    HiddenLayer(X, Y, width=4, activation="relu"),
]


@pytest.mark.parametrize("net", MODELS, ids=lambda net: type(net).__name__)
def test_gradients_are_those_of_the_loss(net: Any) -> None:
    theta = np.random.default_rng(1).normal(size=(net.parameters, 2))
    every = np.tile(np.arange(9)[:, None], 2)
    step = 1e-5
    slopes = [
        (net.loss(theta + step * row[:, None]) - net.loss(theta - step * row[:, None])) / (2 * step)
        for row in np.eye(net.parameters)
    ]
    # central differences: step^2 of the third derivative, and rounding over the step
    np.testing.assert_allclose(net.gradient(theta, every), slopes, atol=1e-8)
    halves = [net.gradient(theta, every[:4]), net.gradient(theta, every[4:])]
    np.testing.assert_allclose((4 * halves[0] + 5 * halves[1]) / 9, net.gradient(theta, every), atol=1e-13)


def test_the_law_of_balance_of_a_step() -> None:
    """u^2 - w^2 shrinks by exactly 1 - eta^2 G^2 in a step, G the gradient with respect to the product."""
    net = DiagonalNetwork(np.array([[0.7]]), np.array([1.3]), factors=2, factor=1.0)
    u, w, eta = 1.2, 0.4, 0.05
    paths = simulate_sgd(net, [u, w], learning_rate=eta, batch_size=1, steps=1, replicas=1, rng=0)
    after = paths.values[:, 0, 0]
    slope = 2 * 0.7 * (u * w * 0.7 - 1.3)
    assert after[0] ** 2 - after[1] ** 2 == pytest.approx((u**2 - w**2) * (1 - eta**2 * slope**2), rel=1e-13)


MODELS = [
    LinearModel(RNG.normal(size=(5, 2)), RNG.normal(size=5)),
    DiagonalNetwork(RNG.normal(size=(5, 2)), RNG.normal(size=5)),
    HiddenLayer(RNG.normal(size=(5, 2)), RNG.normal(size=5), width=1),
]


@pytest.mark.parametrize("net", MODELS, ids=lambda net: type(net).__name__)
def test_one_point_is_a_column_of_parameters(net: Any) -> None:
    theta = np.linspace(-1.0, 1.0, net.parameters)
    batch = np.array([[0], [3]])
    assert net.loss(list(theta)).shape == (1,)
    np.testing.assert_array_equal(net.loss(list(theta)), net.loss(theta[:, None]))
    np.testing.assert_array_equal(net.gradient(theta, batch), net.gradient(theta[:, None], batch))


def test_the_loss_of_one_point_by_hand() -> None:
    # residuals 1 - 2 - 1 = -2 and 0 - 1 - 0 = -1: (4 + 1) / 2 / 2
    np.testing.assert_array_equal(LinearModel([[1.0, 2.0], [0.0, 1.0]], [1.0, 0.0]).loss([1.0, -1.0]), [1.25])


@pytest.mark.parametrize("net", MODELS, ids=lambda net: type(net).__name__)
def test_parameters_of_another_length_are_refused(net: Any) -> None:
    p, batch = net.parameters, np.zeros((1, 1), dtype=int)
    for shape in [(p + 1,), (2 * p,), (p - 1, 1), (p + 1, 3), (1, p), (p, 1, 1), ()]:
        with pytest.raises(errors.DimensionError, match=rf"does not fit the model[\s\S]*\({p}, replicas\)"):
            net.loss(np.ones(shape))
        with pytest.raises(errors.DimensionError, match="does not fit the model"):
            net.gradient(np.ones(shape), batch)
    for name in {"weights", "output"} & set(dir(net)):
        with pytest.raises(errors.DimensionError, match="does not fit the model"):
            getattr(net, name)(np.ones(p + 1))


@pytest.mark.parametrize("net", MODELS, ids=lambda net: type(net).__name__)
def test_models_compare_and_show_themselves(net: Any) -> None:
    assert net == net
    assert net != type(net)(net.inputs, net.targets)
    assert len({net, net}) == 1
    assert "5 samples of 2 features" in repr(net)
    assert len(repr(net)) < 80


def test_sample_gradients_show_their_number() -> None:
    assert repr(SampleGradients(np.zeros(442), np.zeros(442))).startswith("Gradients of 442 samples")

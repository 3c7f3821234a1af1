"""The dense classifier: gradients against differences of the loss, shapes, minibatch descent, bad input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fokker.errors import CoefficientError, DimensionError, FokkerError
from fokker.sgd import DenseClassifier, NoiseModel, simulate_sgd

Array = np.ndarray[Any, np.dtype[np.float64]]

RNG = np.random.default_rng(4)
INPUTS, LABELS = RNG.normal(size=(12, 5)), np.arange(12) % 3


def network(**changes: Any) -> DenseClassifier:
    given: dict[str, Any] = {"hidden": (4, 3), "decay": 0.05} | changes
    return DenseClassifier(INPUTS, LABELS, **given)


@pytest.mark.parametrize("hidden", [(), (4,), (4, 3)])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_gradient_is_the_derivative_of_the_loss(hidden: tuple[int, ...], activation: str) -> None:
    model = network(hidden=hidden, activation=activation)
    theta = RNG.normal(size=(model.parameters, 3))
    gradient = model.gradient(theta, np.tile(np.arange(12)[:, None], 3))
    h = 1e-6
    for k in range(model.parameters):
        step = np.zeros_like(theta)
        step[k] = h
        slope = (model.loss(theta + step) - model.loss(theta - step)) / (2 * h)
        # differences of order 2 and their rounding, 1e-16 / 1e-6
        np.testing.assert_allclose(gradient[k], slope, rtol=1e-7, atol=1e-8)


def test_sample_gradients_are_those_of_batches_of_one() -> None:
    model = network()
    theta = model.start(3)
    every = model.sample_gradients(theta)
    batches = model.gradient(np.tile(theta[:, None], 12), np.arange(12)[None, :])
    np.testing.assert_allclose(every, batches.T, rtol=1e-12, atol=1e-14)
    pair = model.gradient(theta[:, None], np.array([[1], [5]]))[:, 0]
    np.testing.assert_allclose(pair, every[[1, 5]].mean(axis=0), rtol=1e-12, atol=1e-14)


def test_sample_spreads_are_distances_from_the_mean_gradient() -> None:
    model = network()
    theta = model.start(5)
    every = model.sample_gradients(theta)
    spreads = ((every - every.mean(axis=0)) ** 2).sum(axis=1)
    np.testing.assert_allclose(model.sample_spreads(theta), spreads, rtol=1e-12, atol=1e-14)


def test_loss_of_an_untrained_output_is_that_of_guessing() -> None:
    model = network(decay=0.0)
    np.testing.assert_allclose(model.loss(np.zeros(model.parameters)), np.log(3.0), rtol=1e-14)
    np.testing.assert_allclose(model.accuracy(np.zeros(model.parameters)), 1 / 3)


def test_a_large_output_does_not_overflow() -> None:
    model = network(hidden=(), decay=0.0)
    theta = 1e4 * model.start(0)
    assert np.isfinite(model.loss(theta)).all()
    assert np.isfinite(model.sample_gradients(theta)).all()


def test_layers_cover_the_parameters() -> None:
    model = network()
    found = np.concatenate([np.arange(model.parameters)[model.layer(k)] for k in range(3)])
    assert np.array_equal(found, np.arange(model.parameters))
    assert model.layer(1, weights=True) == slice(24, 36)
    assert "5 - 4 - 3 - 3" in repr(model)


def test_minibatch_descent_lowers_the_loss() -> None:
    model = network(decay=0.0)
    start = model.start(1)
    run = simulate_sgd(model, start, learning_rate=0.2, batch_size=3, steps=[0, 300], replicas=4, rng=0)
    loss = [model.loss(run.values[:, k]) for k in (0, 1)]
    assert np.all(loss[1] < 0.5 * loss[0])


def test_noise_model_of_a_network() -> None:
    model = network(hidden=(), decay=0.5)
    theta = model.start(0)
    for _ in range(400):  # convex; the curvature is at least the decay, so a step of 0.3 contracts by 0.85
        theta = theta - 0.3 * model.sample_gradients(theta).mean(axis=0)
    assert np.abs(model.sample_gradients(theta).mean(axis=0)).max() < 1e-14
    u = np.zeros(model.parameters)
    u[0] = 1.0
    given: dict[str, Any] = {"minimum": theta, "directions": u[None], "reach": 0.01, "fit": "variance"}
    noise = NoiseModel.from_model(model.sample_gradients, None, 1, 0.1, **given)
    variance = model.sample_gradients(theta)[:, 0].var()
    assert noise.gradient_variance(0.0) == pytest.approx(variance, rel=1e-4)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"labels": LABELS[:5]}, DimensionError, "n samples of d features"),
        ({"labels": LABELS - 1}, FokkerError, "integers 0, 1"),
        ({"labels": LABELS * 0.5}, FokkerError, "integers 0, 1"),
        ({"activation": "step"}, FokkerError, '"tanh"'),
        ({"decay": -1.0}, CoefficientError, "decay >= 0"),
        ({"hidden": (0,)}, FokkerError, "integer >= 1"),
    ],
)
def test_bad_networks(change: dict[str, Any], error: type[Exception], words: str) -> None:
    given: dict[str, Any] = {"inputs": INPUTS, "labels": LABELS} | change
    with pytest.raises(error, match=words):
        DenseClassifier(**given)


def test_bad_parameters() -> None:
    model = network()
    with pytest.raises(DimensionError, match="does not fit the network"):
        model.loss(np.zeros(3))
    with pytest.raises(DimensionError, match="one point at a time"):
        model.sample_gradients(np.zeros((model.parameters, 2)))
    with pytest.raises(FokkerError, match="no such layer"):
        model.layer(3)

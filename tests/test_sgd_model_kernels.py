"""Compiled minibatch descent against the same steps by NumPy, from the same stream."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fokker import errors
from fokker.sgd import DiagonalNetwork, HiddenLayer, LinearModel, descent, simulate_minibatch, simulate_sgd

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(9, 3)), RNG.normal(size=9)
MODELS = {
    "linear": LinearModel(X, Y),
    "one factor": DiagonalNetwork(X, Y, factors=1),
    "three factors": DiagonalNetwork(X, Y, factors=3, factor=1.0),
    "tanh": HiddenLayer(X, Y, width=5),
    "relu": HiddenLayer(X, Y, width=4, activation="relu"),
}
SAMPLINGS = ("replacement", "batches", "reshuffled")


class Plain:
    """A model that is not recognised: it runs by NumPy."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("name", MODELS)
def test_compiled_steps_are_those_of_numpy(name: str, sampling: str) -> None:
    model: Any = MODELS[name]
    start = 0.3 * np.random.default_rng(1).normal(size=(model.parameters, 40))
    given: dict[str, Any] = {
        "learning_rate": 0.05,
        "batch_size": 2,
        "steps": [3, 20, 21],
        "sampling": sampling,
        "rng": 2,
    }
    given |= {"momentum": 0.5, "weight_decay": 0.1}
    assert descent.compiled_steps(model, (0.1, 0.0, 0.0)) is not None
    ours, plain = (simulate_sgd(m, start, **given).values for m in (model, Plain(model)))
    # 21 steps that contract: some 20 roundings each of numbers of order one
    np.testing.assert_allclose(ours, plain, rtol=0, atol=21 * 20 * 2.3e-16)


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_one_parameter_is_the_least_squares_of_one_feature(sampling: str) -> None:
    slopes, offsets = np.array([1.0, 2.0, 0.5, 1.4]), np.array([0.3, -1.0, 0.8, 0.1])
    model = LinearModel(np.sqrt(slopes)[:, None], offsets / np.sqrt(slopes))
    given: dict[str, Any] = {"learning_rate": 0.3, "batch_size": 2, "momentum": 0.4, "sampling": sampling, "rng": 3}
    one = simulate_minibatch(slopes, offsets, steps=12, burn_in=4, thin=5, chains=3000, start=0.2, **given)
    two = simulate_sgd(model, [0.2], steps=[9, 14], replicas=3000, **given)
    np.testing.assert_allclose(one, two.values, rtol=0, atol=14 * 10 * 2.3e-16)
    np.testing.assert_array_equal(
        simulate_minibatch(slopes, offsets, steps=12, burn_in=4, thin=5, chains=3000, start=0.2, workers=2, **given),
        one,
    )


def test_how_many_batches_are_drawn_at_once_does_not_matter() -> None:
    for sampling in SAMPLINGS:
        ours = [next(draw) for draw in [descent.batches(np.random.default_rng(5), 7, 3, 4, sampling)] for _ in range(9)]
        for indices in ours:
            assert indices.shape == (3, 4)
            assert indices.min() >= 0
            assert indices.max() < 7
            if sampling != "replacement":
                assert all(len(set(column)) == 3 for column in indices.T)
    rng, numpy = np.random.default_rng(5), np.random.default_rng(5)
    draw = descent.batches(rng, 7, 3, 4, "replacement")
    for _ in range(5):
        np.testing.assert_array_equal(next(draw), numpy.integers(7, size=(3, 4)))


def test_weight_decay_moves_the_minimum() -> None:
    model = LinearModel([[1.0]], [1.0])  # gradient theta - 1 + decay theta
    paths = simulate_sgd(model, [0.0], learning_rate=0.5, batch_size=1, steps=100, weight_decay=1.0, replicas=2, rng=0)
    np.testing.assert_allclose(paths.values, 0.5, rtol=1e-15)
    with pytest.raises(errors.CoefficientError, match="weight decay is negative"):
        simulate_sgd(model, [0.0], learning_rate=0.5, batch_size=1, steps=1, weight_decay=-1.0)
    with pytest.raises(errors.CoefficientError, match="beyond linear stability"):  # 0.5 (1 + 3) = 2
        simulate_sgd(model, [0.0], learning_rate=0.5, batch_size=1, steps=1, weight_decay=3.0)


def test_nothing_kept_is_refused() -> None:
    with pytest.raises(errors.FokkerError, match=r"thin is larger than steps[\s\S]*thin=9, steps=5"):
        simulate_minibatch([1.0], [0.0], learning_rate=0.1, batch_size=1, steps=5, burn_in=0, thin=9)

"""Minibatch recursions: stability of the mean; words and pictures of estimates."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from fokker import errors
from fokker.sgd import NoiseModel, SampleGradients, simulate_minibatch

POINTS = np.array([-1.0, 0.5, 2.0])


@pytest.fixture
def eight() -> SampleGradients:
    draw = np.random.default_rng(8)
    return SampleGradients(2.0 + 0.5 * draw.normal(size=8), draw.normal(size=8))


def minibatch(**changes: object) -> np.ndarray:
    given: dict[str, object] = {"slopes": [1.0, 3.5], "offsets": [0.0, 1.0], "learning_rate": 1.0, "batch_size": 1}
    given |= {"steps": 40, "burn_in": 10, "chains": 3, "rng": 0}
    return simulate_minibatch(**(given | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("sampling", ["replacement", "batches"])
def test_recursion_whose_mean_does_not_settle_is_refused(sampling: str) -> None:
    with pytest.raises(errors.CoefficientError, match=r"= 2.25[\s\S]*a learning rate below 0.889"):
        minibatch(sampling=sampling)
    assert minibatch(sampling=sampling, burn_in=0, steps=5).shape == (5, 3)  # the way there may be looked at
    assert minibatch(sampling=sampling, momentum=0.2).shape == (40, 3)  # 2.25 < 2 (1 + 0.2)


def test_reshuffled_recursion_has_another_limit() -> None:
    # in an epoch theta is multiplied by (1 - 1)(1 - 3.5) = 0, though the mean slope is 2.25
    assert np.abs(minibatch(sampling="reshuffled", steps=400)).max() < 10.0


def test_recursion_without_a_minimum_runs_from_a_start() -> None:
    assert np.all(minibatch(slopes=[-1.0, -1.0], offsets=[0.0, 0.0], start=1.0, learning_rate=0.1)[0] > 2.0)


@pytest.mark.parametrize("word", ["no", "replacement", 1, 0, None])
def test_replacement_is_true_or_false(eight: SampleGradients, word: object) -> None:
    with pytest.raises(errors.FokkerError, match="replacement is neither True nor False"):
        NoiseModel.from_gradients(POINTS, eight.at(POINTS), 0.1, 2, replacement=word)  # type: ignore[arg-type]
    NoiseModel.from_gradients(POINTS, eight.at(POINTS), 0.1, 2, replacement=np.bool_(False))  # type: ignore[arg-type]


def test_pictures_have_a_legend(eight: SampleGradients) -> None:
    ax = NoiseModel.from_gradients(POINTS, eight.at(POINTS), 0.1, 2).plot()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["quadratic", "measured"]
    points = np.random.default_rng(0).normal(size=(12, 2))
    slopes = np.random.default_rng(1).normal(size=(30, 2, 2))
    curvatures = 2.0 * np.eye(2) + 0.1 * (slopes + slopes.transpose(0, 2, 1))
    gradients = np.einsum("nij,mj->mni", curvatures, points) - slopes[:, 0]
    ax = NoiseModel.from_gradients(points, gradients, 0.1, 2).plot()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["measured"]
    plt.close("all")

"""Simulators: records, and the words of the errors."""

from __future__ import annotations

from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.polynomial import Polynomial

import fokker
from fokker import errors
from fokker.sgd import (
    DiagonalNetwork,
    HiddenLayer,
    LinearModel,
    NoiseModel,
    simulate_first_passage,
    simulate_power_law,
    simulate_recursion,
    simulate_sde,
    simulate_sgd,
)


def model(**changes: float) -> NoiseModel:
    values = {"minimum": 0.3, "curvature": 2.0, "sigma_g": 1.5, "rho": 0.6, "sigma_H": 0.8, "learning_rate": 0.5}
    return NoiseModel(**(values | changes))  # type: ignore[arg-type]


LINEAR = LinearModel(np.array([[1.0], [2.0], [0.5]]), np.array([1.0, -1.0, 0.0]))
CIRCLE = (0.0, 2 * np.pi)
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(9, 3)), RNG.normal(size=9)


# Records


def test_records_show_and_draw_themselves() -> None:
    paths = simulate_sde(model().problem(), 0.0, [0.0, 0.5], step=0.01, replicas=300, rng=0)
    assert "300 replicas at 2 times" in repr(paths)
    assert paths.variance()[0] == 0.0
    ax = paths.plot()
    assert ax.get_xlabel() == "time"
    assert ax.get_ylabel() == "theta"
    passages = simulate_first_passage(model().problem(), 0.3, (0.0, 0.6), step=0.01, horizon=0.2, replicas=300, rng=0)
    assert "not known" in repr(passages)
    assert 0 < passages.censored < 300
    with pytest.raises(errors.MomentError, match=r"still inside[\s\S]*a larger horizon"):
        passages.mean()
    rate, error = passages.rate()
    assert 0.0 < error < rate
    passages.plot()
    plane = simulate_recursion(lambda x, y: (x, y), 1.0, {"x": 0.0, "y": 1.0}, learning_rate=0.1, steps=[1, 2], rng=0)
    assert plane.mean().shape == (2, 2)
    assert "x = " in repr(plane)
    plane.plot(coordinate=1)
    plt.close("all")


def test_an_ensemble_of_which_nothing_is_left() -> None:
    problem = fokker.Problem(0.0, diffusion=1.0, domain={"x": (0, 1)}, boundary="absorbing")
    paths = simulate_sde(problem, 0.5, [0.0, 20.0], step=0.05, replicas=20, rng=0)
    np.testing.assert_array_equal(paths.alive, [1.0, 0.0])
    assert np.isnan(paths.mean()[1])
    assert "absorbed  1" in repr(paths)


# Bad input

LINE = {"x": (-np.inf, np.inf)}
BAD: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: simulate_sde(model().problem(), 0.0, step=1.0, steps=5), errors.FokkerError, "step is too large"),
    (lambda: simulate_sde(model().problem(), 0.0, step=0.1), errors.FokkerError, "exactly one of times and steps"),
    (lambda: simulate_sde(model().problem(), 0.0, [1.0], step=0.1, steps=5), errors.FokkerError, "exactly one of"),
    (lambda: simulate_sde(model().problem(), 0.0, [1.0, 0.5], step=0.1), errors.DomainError, "increasing"),
    (lambda: simulate_sde(model().problem(), 0.0, [-1.0], step=0.1), errors.DomainError, "increasing"),
    (lambda: simulate_sde(model().problem(), 0.0, [1.0], step=0.0), errors.CoefficientError, "step must be positive"),
    (lambda: simulate_sde(model().problem(), {"x": 0.0}, [1.0], step=0.1), errors.DimensionError, "each of theta"),
    (lambda: simulate_sde(model().problem(), np.zeros((2, 2)), [1.0], step=0.1), errors.DimensionError, "replicas"),
    (lambda: simulate_sde(model().problem(), [0.0, 1.0], [1.0], step=0.1, replicas=3), errors.DimensionError, "fit"),
    (lambda: simulate_sde(model().problem(), np.nan, [1.0], step=0.1), errors.CoefficientError, "not finite"),
    (
        lambda: simulate_sde(model().problem({"theta": (-1, 1)}), 2.0, [1.0], step=0.1),
        errors.CoefficientError,
        "starts outside",
    ),
    (lambda: simulate_sde(model().problem(), 0.0, [1.0], step=0.1, rng="dice"), errors.FokkerError, "no source"),
    (lambda: simulate_sde(model().problem(), 0.0, [1.0], step=0.1, rng=-1), errors.FokkerError, "no source"),
    (lambda: simulate_sde(model().problem(), 0.0, [1.0], step=0.1, workers=0), errors.FokkerError, "workers must be"),
    (lambda: simulate_sde(model().problem(), 0.0, [1.0], step=0.1, replicas=0), errors.FokkerError, "replicas must be"),
    (
        lambda: simulate_sde(fokker.Problem(lambda x: x**3, noise=1.0, domain=LINE), 1.0, [9.0], step=0.1, rng=0),
        errors.CoefficientError,
        "drift is not finite",
    ),
    (
        lambda: simulate_sde(fokker.Problem(Polynomial([0, 0, 0, 1]), noise=1.0, domain=LINE), 1.0, [9.0], step=0.1),
        errors.FokkerError,
        "diverged",
    ),
    (
        lambda: simulate_sde(
            fokker.Problem(0.0, diffusion=1.0, domain={"x": (0, 1)}, boundary=fokker.Robin(1.0)), 0.5, [1.0], step=0.1
        ),
        errors.BoundaryError,
        "not simulated beside this wall",
    ),
    (
        lambda: simulate_sde(
            fokker.Problem((0.0, 0.0), diffusion=((1.0, 0.5), (0.5, 1.0)), domain={"x": (0, 1), "y": (0, 1)}),
            {"x": 0.5, "y": 0.5},
            [1.0],
            step=0.1,
        ),
        errors.BoundaryError,
        "at an angle",
    ),
    (
        lambda: simulate_first_passage(model().problem(), 0.0, step=0.1, horizon=1.0),
        errors.TargetError,
        "nothing to leave",
    ),
    (
        lambda: simulate_first_passage(model().problem(), 2.0, (-1, 1), step=0.1, horizon=1.0),
        errors.TargetError,
        "theta = 2.0",
    ),
    (
        lambda: simulate_first_passage(model().problem(), 0.0, (1, -1), step=0.1, horizon=1.0),
        errors.TargetError,
        r"\(low, high\)",
    ),
    (
        lambda: simulate_first_passage(model().problem(), 0.0, {"x": (-1, 1)}, step=0.1, horizon=1.0),
        errors.TargetError,
        "axes theta",
    ),
    (
        lambda: simulate_first_passage(
            fokker.Problem(0.0, diffusion=1.0, domain={"x": CIRCLE}, boundary="periodic"),
            1.0,
            (-1.0, 2.0),
            step=0.1,
            horizon=1.0,
        ),
        errors.BoundaryError,
        "no arc",
    ),
    (
        lambda: simulate_first_passage(
            fokker.Problem(0.0, diffusion=1.0, domain={"x": (0, 1)}), 0.5, (0, 1), step=0.1, horizon=1.0
        ),
        errors.TargetError,
        "ends at reflecting walls",
    ),
    (
        lambda: simulate_sde(fokker.Problem(lambda x, t: -x, noise=1.0, domain=LINE, time=True), 0.0, [1.0], step=0.1),
        errors.FokkerError,
        "do not depend on time",
    ),
    (lambda: simulate_power_law(model(learning_rate=1.0), steps=5), errors.CoefficientError, "beyond linear stability"),
    (lambda: simulate_power_law(model(), steps=0), errors.FokkerError, "increasing sequence"),
    (lambda: simulate_power_law(model(), steps=[5, 5]), errors.FokkerError, "increasing sequence"),
    (
        lambda: simulate_recursion(lambda x: 50 * x, 1.0, {"x": 0.0}, learning_rate=0.05, steps=5, minimum={"x": 0.0}),
        errors.CoefficientError,
        r"= 2.5[\s\S]*below 0.04",
    ),
    (
        lambda: simulate_recursion(lambda x: x, lambda x: 0.1 - x**2, {"x": 3.0}, learning_rate=0.05, steps=5),
        errors.CoefficientError,
        "the variance is negative at x = 3.0",
    ),
    (
        lambda: simulate_sgd(LINEAR, [0.0, 1.0], learning_rate=0.1, batch_size=1, steps=5),
        errors.DimensionError,
        "start does not fit the model",
    ),
    (
        lambda: simulate_sgd(LINEAR, [0.0], learning_rate=2.0, batch_size=1, steps=5),
        errors.CoefficientError,
        "beyond linear stability",
    ),
    (
        lambda: simulate_sgd(LINEAR, [0.0], learning_rate=0.1, batch_size=1, steps=5, momentum=1.0),
        errors.CoefficientError,
        "momentum is out of range",
    ),
    (
        lambda: simulate_sgd(LINEAR, [0.0], learning_rate=0.1, batch_size=9, steps=5, sampling="reshuffled"),
        errors.FokkerError,
        "larger than the data set",
    ),
    (
        lambda: simulate_sgd(LINEAR, [0.0], learning_rate=0.1, batch_size=1, steps=5, sampling="random"),
        errors.FokkerError,
        "unknown sampling",
    ),
    (
        lambda: simulate_sgd(
            DiagonalNetwork(X, Y, factors=3), np.full(9, 5.0), learning_rate=0.5, batch_size=1, steps=50, rng=0
        ),
        errors.CoefficientError,
        "diverged",
    ),
    (
        lambda: simulate_recursion(Polynomial([0, 2]), 1.5, {"w": 0.0}, learning_rate=1.1, steps=5000, rng=0),
        errors.FokkerError,
        r"recursion diverged[\s\S]*learning_rate=1.1[\s\S]*a smaller learning rate",
    ),
    (lambda: simulate_sde(model().problem(), [], step=0.1, steps=2), errors.FokkerError, "replicas must be"),
    (lambda: LinearModel(X, Y[:3]), errors.DimensionError, "do not fit together"),
    (lambda: LinearModel(1j * X, Y), errors.DomainError, "inputs must be an array of real numbers"),
    (lambda: LinearModel(X[:, 0], Y), errors.DimensionError, "do not fit together"),
    (lambda: HiddenLayer(X, Y, activation="step"), errors.FokkerError, "unknown activation"),
    (lambda: DiagonalNetwork(X, Y, factors=0), errors.FokkerError, "factors must be"),
]


def test_functions_that_overflow_say_that_a_path_was_simulated() -> None:
    with pytest.raises(errors.CoefficientError) as caught:
        simulate_sde(fokker.Problem(lambda x: x**3, noise=1.0, domain=LINE), 1.0, [9.0], step=0.1, rng=0)
    assert "smaller step" in caught.value.__notes__[0]


@pytest.mark.parametrize(("call", "kind", "words"), BAD)
def test_bad_input(call: Callable[[], object], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words) as caught:
        call()
    assert isinstance(caught.value, errors.FokkerError)


class Custom:
    """A quadratic whose gradient has a chosen shape."""

    samples, parameters, curvature = 4, 2, None

    def __init__(self, shape: tuple[int, ...] | None = None) -> None:
        self.shape = shape

    def gradient(self, theta: np.ndarray, batch: np.ndarray) -> np.ndarray:
        return theta if self.shape is None else np.ones(self.shape)

    def loss(self, theta: object) -> np.ndarray:
        return 0.5 * np.sum(np.asarray(theta) ** 2, axis=0)


def run(model: object, replicas: int = 3) -> fokker.sgd.Ensemble:
    return simulate_sgd(  # type: ignore[arg-type]
        model, [1.0, -1.0], learning_rate=0.5, batch_size=1, steps=[0, 2], replicas=replicas, rng=0
    )


def test_a_custom_model_runs() -> None:
    np.testing.assert_array_equal(run(Custom()).values[:, 1, 0], [0.25, -0.25])


@pytest.mark.parametrize("shape", [(), (3,), (2,), (2, 1), (1, 3), (3, 2)])
def test_a_gradient_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(errors.DimensionError, match=r"not the shape of theta[\s\S]*= \(2, 3\)"):
        run(Custom(shape))


@pytest.mark.parametrize("name", ["samples", "parameters", "curvature", "gradient", "loss"])
def test_a_model_that_lacks_something_is_refused(name: str) -> None:
    members = {key: value for key, value in vars(Custom).items() if key != name}
    with pytest.raises(errors.FokkerError, match=rf"the model has no {name}\."):
        run(type("Custom", (), members)())


def test_records_compare_and_hash() -> None:
    paths = run(Custom())
    passages = simulate_first_passage(model().problem(), 0.3, (0.0, 0.6), step=0.01, horizon=9.0, replicas=3, rng=0)
    for record in (paths, passages):
        assert record == record
        assert len({record, record}) == 1
    assert paths != run(Custom())


def test_a_single_passage_has_no_standard_error() -> None:
    passages = simulate_first_passage(model().problem(), 0.3, (0.0, 0.6), step=0.01, horizon=99.0, replicas=1, rng=0)
    assert passages.censored == 0
    assert np.isnan(passages.standard_error())
    assert "+- nan" in repr(passages)
    with pytest.raises(errors.TargetError, match=r"no such end[\s\S]*'top'[\s\S]*\"theta low\", \"theta high\""):
        passages.share("top")
    assert passages.share("theta low")[0] + passages.share("theta high")[0] == passages.share()[0] == 1.0


def test_one_time_is_drawn_as_a_histogram() -> None:
    paths = simulate_sde(model().problem(), 0.0, [0.5], step=0.01, replicas=300, rng=0)
    ax = paths.plot(bins=20)
    assert ax.get_xlabel() == "theta"
    assert sum(bar.get_height() * bar.get_width() for bar in ax.patches) == pytest.approx(1.0)
    assert len(ax.patches) == 20
    assert ax.get_legend().get_texts()[0].get_text() == "300 at time 0.5"
    problem = fokker.Problem(0.0, diffusion=1.0, domain={"x": (0, 1)}, boundary="absorbing")
    simulate_sde(problem, 0.5, [20.0], step=0.05, replicas=20, rng=0).plot()  # nothing is left
    plt.close("all")


def test_stability_of_rotating_and_incomplete_minima():
    rotation = lambda x, y: (x - 50 * y, 50 * x + y)  # noqa: E731
    start = {"x": 1.0, "y": 0.0}
    for gradient in (rotation, lambda x, y: (x, -y)):
        with pytest.raises(errors.CoefficientError, match="linear stability"):
            simulate_recursion(gradient, 1.0, start, learning_rate=0.1, steps=[20], minimum={"x": 0.0, "y": 0.0})
    with pytest.raises(errors.DimensionError, match="each coordinate once"):
        simulate_recursion(rotation, 1.0, start, learning_rate=0.1, steps=[20], minimum={"x": 0.0})


def test_reshuffling_is_stable_over_whole_epochs():
    """Slopes 1 and 7/2 at rate 1: an epoch multiplies theta by (1 - 1)(1 - 7/2) = 0, although the mean slope is 9/4."""
    model = LinearModel([[1.0], [3.5**0.5]], [0.0, 1.0])
    paths = simulate_sgd(
        model, [0.0], learning_rate=1.0, batch_size=1, steps=[40], sampling="reshuffled", replicas=4, rng=0
    )
    assert np.isfinite(paths.values).all()

"""Estimated noise of one parameter: standard errors, goodness of fit, sections of models, pictures."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import binom

import fokker
from fokker import errors
from fokker.sgd import HiddenLayer, NoiseModel, SampleGradients, TensorNoiseModel

POINTS = np.linspace(-1.0, 2.0, 7)
SEEDS, SAMPLES, BATCH = 200, 1000, 4
# what a count of SEEDS intervals of 95 % leaves with a probability below 1e-5
FEWEST, MOST = (int(binom.ppf(q, SEEDS, 0.95)) for q in (1e-5, 1 - 1e-5))
NAMES = ("minimum", "curvature", "sigma_g", "rho", "sigma_H")


def draw(rng: np.random.Generator, count: int = SAMPLES) -> SampleGradients:
    """Slopes of mean 2 and variance 1/2, offsets 2/3 of mean and correlated with them."""
    common, own, push = rng.normal(size=(3, count))
    slopes = 2.0 + 0.5 * common + 0.5 * own
    return SampleGradients(slopes, 1.0 + 0.8 * common + 0.6 * push)


def truth() -> dict[str, float]:
    """Moments of the law behind `draw`: the gradient at theta is slopes * theta - offsets."""
    at = 0.5
    sigma_g = 0.5 * at**2 - 2 * at * 0.4 + 1.0
    return {
        "minimum": at,
        "curvature": 2.0,
        "sigma_g": sigma_g / BATCH,
        "rho": (0.5 * at - 0.4) / BATCH,
        "sigma_H": 0.5 / BATCH,
    }


@pytest.mark.parametrize("fit", ["gradients", "variance"])
def test_standard_errors_are_calibrated(fit: str) -> None:
    scores = []
    for seed in range(SEEDS):
        samples = draw(np.random.default_rng(seed))
        noise = NoiseModel.from_gradients(POINTS, samples.at(POINTS), 0.1, BATCH, fit=fit)
        scores.append([(getattr(noise, name) - truth()[name]) / noise.standard_errors[name] for name in NAMES])
    inside = np.sum(np.abs(scores) < 1.959964, axis=0)
    assert np.all((inside >= FEWEST) & (inside <= MOST)), dict(zip(NAMES, inside, strict=True))


def test_both_fits_agree_where_the_gradients_are_linear() -> None:
    samples = draw(np.random.default_rng(1), 50)
    lines, squares = (
        NoiseModel.from_gradients(POINTS, samples.at(POINTS), 0.1, 2, fit=fit) for fit in ("gradients", "variance")
    )
    for name in NAMES:  # rounding of a least-squares fit of condition about 10
        assert getattr(squares, name) == pytest.approx(getattr(lines, name), rel=1e-12, abs=1e-13)
        assert squares.standard_errors[name] == pytest.approx(lines.standard_errors[name], rel=1e-11)
    assert lines.r_squared == pytest.approx(1.0, abs=1e-12)
    assert squares.r_squared == pytest.approx(1.0, abs=1e-12)


def test_standard_errors_fall_with_the_root_of_the_samples() -> None:
    few, many = draw(np.random.default_rng(2), 200), draw(np.random.default_rng(2), 200)
    many = SampleGradients(np.tile(many.slopes, 4), np.tile(many.offsets, 4))
    one, four = (NoiseModel.from_gradients(POINTS, each.at(POINTS), 0.1, 1) for each in (few, many))
    for name in NAMES:
        ratio = one.standard_errors[name] / four.standard_errors[name]
        assert ratio == pytest.approx(2.0 * np.sqrt((800 - 1) / (4 * (200 - 1))), rel=1e-9)


def test_variance_of_curved_gradients_is_fitted_by_the_quadratic() -> None:
    """C = 1 + theta^4 over [-1, 1]: the best quadratic there explains what the definition of R^2 says."""
    theta = np.linspace(-1, 1, 21)
    spread = np.sqrt(1 + theta[:, None] ** 4) * np.array([-1.0, 1.0])
    noise = NoiseModel.from_gradients(theta, 2.0 * theta[:, None] + spread, 0.1, 1, fit="variance")
    expected = np.polynomial.Polynomial.fit(theta, 1 + theta**4, 2)
    np.testing.assert_allclose(noise.gradient_variance(theta), expected(theta), rtol=1e-12)
    values = 1 + theta**4
    r_squared = 1 - np.sum((values - expected(theta)) ** 2) / np.sum((values - values.mean()) ** 2)
    assert noise.r_squared == pytest.approx(r_squared, rel=1e-12)
    assert noise.misfit == pytest.approx(np.sqrt(np.mean((values - expected(theta)) ** 2) / np.mean(values**2)))


def test_equal_models_are_equal_whatever_they_were_estimated_from() -> None:
    samples = draw(np.random.default_rng(3), 20)
    noise = NoiseModel.from_gradients(POINTS, samples.at(POINTS), 0.1, 1)
    given = NoiseModel(**{name: getattr(noise, name) for name in NAMES}, learning_rate=0.1, misfit=noise.misfit)
    assert noise == given
    assert noise.estimate is not None
    assert noise.corrected().estimate is None
    assert "20 samples at 7 points" in repr(noise)
    assert "20, at 7 points" in repr(noise.estimate)


# Sections of a model

RNG = np.random.default_rng(5)
INPUTS, TARGETS = RNG.normal(size=(60, 5)), RNG.normal(size=60)
DATA = (INPUTS, TARGETS)
BEST = np.linalg.lstsq(INPUTS, TARGETS, rcond=None)[0]


def least_squares(theta: np.ndarray, data: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    inputs, targets = data
    gradients: np.ndarray = (inputs @ theta - targets)[:, None] * inputs
    return gradients


def test_line_through_the_minimum_of_a_model() -> None:
    along = np.array([3.0, 0.0, 4.0, 0.0, 0.0])
    noise = NoiseModel.from_model(least_squares, DATA, 4, 0.1, minimum=BEST, directions=along)
    u = along / 5.0
    pushed, steep = least_squares(BEST, DATA) @ u, (INPUTS @ u) ** 2
    assert noise.minimum == pytest.approx(0.0, abs=1e-14)
    assert noise.curvature == pytest.approx(steep.mean(), rel=1e-13)
    assert noise.sigma_g == pytest.approx(pushed.var() / 4, rel=1e-12)
    assert noise.rho == pytest.approx(np.cov(pushed, steep, bias=True)[0, 1] / 4, rel=1e-12)
    assert noise.sigma_H == pytest.approx(steep.var() / 4, rel=1e-12)
    assert noise.estimate is not None
    np.testing.assert_allclose(noise.estimate.directions, [u], atol=1e-15)
    assert noise.estimate.points.shape == (21, 1)


def test_plane_through_the_minimum_of_a_model() -> None:
    noise = NoiseModel.from_model(least_squares, DATA, 4, 0.1, minimum=BEST, directions=2, reach=0.5, rng=1)
    assert isinstance(noise, TensorNoiseModel)
    assert noise.estimate is not None
    basis = noise.estimate.directions
    assert basis is not None
    np.testing.assert_allclose(basis @ basis.T, np.eye(2), atol=1e-15)
    np.testing.assert_allclose(noise.curvature, basis @ INPUTS.T @ INPUTS @ basis.T / 60, rtol=1e-12)
    x = np.array([0.3, -0.2])
    projected = least_squares(BEST + x @ basis, DATA) @ basis.T
    np.testing.assert_allclose(noise.gradient_covariance(x), np.cov(projected.T, bias=True) / 4, rtol=1e-11)


def test_directions_keep_their_order_and_side() -> None:
    given = np.array([[2.0, 0, 0, 0, 0], [-1.0, -1.0, 0, 0, 0]])
    noise = NoiseModel.from_model(least_squares, DATA, 4, 0.1, minimum=BEST, directions=given)
    expected = [[1.0, 0, 0, 0, 0], [0, -1.0, 0, 0, 0]]
    np.testing.assert_allclose(noise.estimate.directions, expected, atol=1e-15)


def test_random_directions_are_reproducible_and_differ() -> None:
    first, again, other = (
        NoiseModel.from_model(least_squares, DATA, 4, 0.1, minimum=BEST, rng=seed) for seed in (1, 1, 2)
    )
    assert first == again
    assert first.curvature != other.curvature


def test_curved_model_warns_and_says_where() -> None:
    def logistic(theta: np.ndarray, data: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        inputs, targets = data
        gradients: np.ndarray = (1 / (1 + np.exp(-inputs @ theta)) - (targets > 0))[:, None] * inputs
        return gradients

    with pytest.warns(errors.FokkerWarning, match=r"not linear[\s\S]*lies outside the points") as caught:
        NoiseModel.from_model(logistic, DATA, 4, 0.1, minimum=np.ones(5), directions=np.ones(5), reach=0.1)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        noise = NoiseModel.from_model(logistic, DATA, 4, 0.1, minimum=np.zeros(5), reach=3.0, rng=0, fit="variance")
    assert 0.5 < noise.r_squared < 1.0


def trained() -> tuple[np.ndarray, Callable[[np.ndarray, HiddenLayer], np.ndarray], HiddenLayer]:
    """A network of three hidden units at a minimum of its loss with weight decay, and its gradients by sample."""
    rng, every, decay = np.random.default_rng(0), np.arange(80), 1e-2
    inputs = rng.normal(size=(80, 2))
    net = HiddenLayer(inputs, np.sin(inputs[:, 0]) + 0.3 * rng.normal(size=80), width=3)

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        value = float(net.loss(theta[:, None])[0]) + 0.5 * decay * theta @ theta
        return value, net.gradient(theta[:, None], every[:, None])[:, 0] + decay * theta

    def gradients(theta: np.ndarray, net: HiddenLayer) -> np.ndarray:
        alone: np.ndarray = net.gradient(np.tile(theta[:, None], (1, 80)), every[None]).T + decay * theta
        return alone

    found = minimize(loss, 0.5 * rng.normal(size=net.parameters), jac=True, options={"gtol": 1e-7})
    return found.x, gradients, net


@pytest.mark.parametrize("directions", [1, 2])
def test_network_at_a_minimum(directions: int) -> None:
    """A least-squares quadratic explains the most of the trace; near the minimum gradients become linear."""
    at, gradients, net = trained()

    def fitted(fit: str, reach: float) -> NoiseModel:
        given = {"minimum": at, "directions": directions, "reach": reach, "fit": fit, "rng": 3}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", errors.FokkerWarning)
            model: NoiseModel = NoiseModel.from_model(gradients, net, 4, 0.01, **given)  # type: ignore[arg-type]
        return model

    far, near = fitted("gradients", 0.2), fitted("gradients", 0.02)
    assert near.misfit < 0.1 * far.misfit
    assert 0.99 < far.r_squared < fitted("variance", 0.2).r_squared < 1.0
    assert np.abs(near.minimum).max() < 1e-3


# Pictures


def test_pictures() -> None:
    samples = draw(np.random.default_rng(6), 40)
    noise = NoiseModel.from_gradients(POINTS, samples.at(POINTS), 0.1, 1)
    ax = noise.plot()
    assert ax.get_ylabel() == "gradient variance C"
    (bars,) = ax.containers
    np.testing.assert_allclose(bars[0].get_ydata(), samples.at(POINTS).var(axis=1), rtol=1e-12)
    given = noise.corrected().plot(color="k")
    assert not given.containers
    plane = NoiseModel.from_model(least_squares, DATA, 4, 0.1, minimum=BEST, directions=2, rng=1)
    ax = plane.plot()
    assert len(ax.collections[-1].get_offsets()) == 49
    assert len(plane.corrected().plot().collections) == 1
    space = NoiseModel.from_model(least_squares, DATA, 4, 0.1, minimum=BEST, directions=3, rng=1)
    with pytest.raises(errors.DimensionError, match="no single picture"):
        space.plot()
    plt.close("all")


# The solver, with the correction


def test_solver_finds_the_variance_of_the_recursion_to_second_order() -> None:
    """The solver's variance, corrected or not, against the exact recursion; its own error is below 1e-8."""

    def miss(eta: float, corrected: bool) -> float:
        noise = NoiseModel(0.0, 2.0, sigma_g=1.5, rho=0.0, sigma_H=0.8, learning_rate=eta)
        generator = fokker.discretize(noise.problem(discrete_correction=corrected), cells=400)
        return abs(fokker.stationary(generator).variance() / noise.recursion_variance - 1)

    for corrected, order in ((False, 1.0), (True, 2.0)):
        misses = np.array([miss(eta, corrected) for eta in (0.02, 0.01, 0.005)])
        assert np.polyfit(np.log([4, 2, 1]), np.log(misses), 1)[0] == pytest.approx(order, abs=0.05)

"""Noise models that cannot be: the words of the errors, one parameter and several."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pytest

import fokker
from fokker import errors
from fokker.sgd import NoiseModel, TensorNoiseModel, simulate_power_law

RNG = np.random.default_rng(4)
SLOPES, OFFSETS = np.eye(2) + 0.3 * RNG.normal(size=(30, 2, 2)), RNG.normal(size=(30, 2))
POINTS = RNG.normal(size=(7, 2))
GRADIENTS = np.einsum("nij,mj->mni", SLOPES, POINTS) - OFFSETS


def model(**changes: float) -> NoiseModel:
    values = {"minimum": 0.0, "curvature": 2.0, "sigma_g": 1.5, "rho": 0.0, "sigma_H": 0.8, "learning_rate": 0.1}
    return NoiseModel(**(values | changes))  # type: ignore[arg-type]


def tensor(**changes: object) -> TensorNoiseModel:
    values: dict[str, object] = {
        "minimum": [0.0, 0.0],
        "curvature": np.diag([1.0, 2.0]),
        "sigma_g": np.eye(2),
        "rho": np.zeros((2, 2, 2)),
        "sigma_H": np.zeros((2, 2, 2, 2)),
        "learning_rate": 0.1,
    }
    return TensorNoiseModel(**(values | changes))  # type: ignore[arg-type]


def square(x: float, y: float) -> np.ndarray:
    """C_11 gains x times the first coordinate squared, C_22 gains y times the second squared."""
    growth = np.zeros((2, 2, 2, 2))
    growth[0, 0, 0, 0], growth[1, 1, 1, 1] = x, y
    return growth


# Where the process, or its law, does not exist


@pytest.mark.parametrize("eta", [1.0, 1.7])
def test_learning_rate_beyond_linear_stability(eta: float) -> None:
    with pytest.raises(errors.CoefficientError, match=r"beyond linear stability[\s\S]*a learning rate below 1"):
        model(learning_rate=eta).problem()


BENT = [
    ({"rho": 2.0}, (-9.0, 9.0), r"C < 0 for theta in \(-4.59165, -0.40835\)"),
    ({"rho": 2.0}, (-1.0, 9.0), r"C < 0 for theta in \(-1, -0.40835\)"),
    ({"sigma_H": -0.375}, (-np.inf, np.inf), r"C < 0 for theta in \(-inf, -2\) and \(2, inf\)"),
    ({"sigma_H": -0.375}, (-1.0, 3.0), r"C < 0 for theta in \(2, 3\)"),
    ({"sigma_H": 0.0, "rho": 0.5}, (-3.0, np.inf), r"C < 0 for theta in \(-3, -1.5\)"),
    ({"sigma_H": 0.0, "rho": -0.5, "minimum": 2.0}, (0.0, 5.0), r"C < 0 for theta in \(3.5, 5\)"),
]


@pytest.mark.parametrize(("change", "ends", "region"), BENT)
def test_negative_variance_on_the_domain_names_the_region(
    change: dict[str, float], ends: tuple[float, float], region: str
) -> None:
    bent = model(**change)
    with pytest.raises(errors.CoefficientError, match=region):
        bent.problem(domain={"theta": ends})
    with pytest.raises(errors.CoefficientError, match="negative somewhere"):
        bent.problem()
    for ask in (lambda: bent.kappa, bent.tail_index, lambda: simulate_power_law(bent, steps=1)):
        with pytest.raises(errors.CoefficientError, match="C < 0 for theta"):
            ask()
    assert "C < 0 in" in repr(bent)


@pytest.mark.parametrize(
    ("change", "ends"),
    [
        ({"rho": 2.0}, (-0.4, 9.0)),
        ({"sigma_H": -0.375}, (-2.0, 2.0)),
        ({"sigma_H": 0.0, "rho": 0.5}, (-1.5, np.inf)),
        ({"sigma_H": 0.0, "rho": -0.5, "minimum": 2.0}, (0.0, 3.5)),
    ],
)
def test_variance_that_is_negative_elsewhere_is_no_matter(change: dict[str, float], ends: tuple[float, float]) -> None:
    bent = model(**change)
    problem = bent.problem(domain={"theta": ends})
    inside = np.linspace(ends[0], min(ends[1], 20.0), 101)
    assert (bent.gradient_variance(inside) >= 0.0).all()
    assert problem.domain == {"theta": ends}
    assert np.isfinite(problem.diffusion_at(inside)).all()


def test_negative_variance_at_the_minimum_is_no_model() -> None:
    with pytest.raises(errors.CoefficientError, match=r"C = sigma_g = -1 at the minimum"):
        model(sigma_g=-1.0, sigma_H=0.0)


def test_domain_of_several_axes_for_one_parameter() -> None:
    with pytest.raises(errors.DimensionError, match="2 axes, a model of one parameter"):
        model().problem(domain={"x": (-1, 1), "y": (-1, 1)})


def test_kappa_at_the_limit_of_normalisation() -> None:
    at_limit = model(sigma_H=40.0)  # isothermal: kappa = 1/2
    assert at_limit.kappa == 0.5
    with pytest.raises(errors.NormalisationError, match=r"kappa=0.5[\s\S]*2 kappa \+ 1 - 2 alpha > 0"):
        at_limit.tail_index("isothermal")
    with pytest.warns(errors.FokkerWarning, match=r"infinite domain[\s\S]*would not be integrable"):
        problem = at_limit.problem(convention="isothermal")
    with pytest.raises(errors.NormalisationError, match="escapes into a tail"):
        fokker.stationary(fokker.discretize(problem, cells=100))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        at_limit.problem(domain={"theta": (-9, 9)}, convention="isothermal")
        at_limit.problem(convention="ito")


def test_plane_beyond_linear_stability() -> None:
    steep = tensor(curvature=np.diag([1.0, 30.0]))
    with pytest.raises(errors.CoefficientError, match=r"0.1 \* 30 = 3[\s\S]*a learning rate below 0.0667"):
        steep.problem()
    turning = tensor(curvature=[[1.0, -25.0], [25.0, 1.0]])  # stable in continuous time, not in steps
    with pytest.raises(errors.CoefficientError, match=r"beyond linear stability[\s\S]*below 0.00319"):
        turning.problem()


def test_plane_with_a_negative_variance_names_the_region() -> None:
    bent = tensor(sigma_H=square(-0.25, 0.1))  # C_11 < 0 where abs(x) > 2
    with pytest.raises(errors.CoefficientError, match=r"not positive on [\d.]+ %[\s\S]*nearest") as caught:
        bent.problem(domain={"x": (0, 4.1), "y": (-1, 1)})
    assert "x between 2.05 and 4.05" in str(caught.value)
    assert "nearest to the minimum at x = 2.05, y = 0" in str(caught.value)
    assert bent.problem(domain={"x": (-1.9, 1.9), "y": (-1, 1)}).dimension == 2
    with pytest.raises(errors.CoefficientError, match="not positive"):
        bent.problem()


def test_plane_at_the_limit_of_normalisation() -> None:
    wide = tensor(sigma_H=square(10.0, 0.1))  # isothermal: kappa = 1 / (0.1 * 10)
    assert wide.kappa == pytest.approx(1.0, rel=1e-12)
    at_limit = tensor(sigma_H=square(20.0, 0.1))
    with pytest.raises(errors.NormalisationError, match=r"2 kappa \+ 1 - 2 alpha > 0"):
        at_limit.tail_index("isothermal")
    with pytest.warns(errors.FokkerWarning, match=r"infinite domain[\s\S]*would not be integrable"):
        at_limit.problem(convention="isothermal")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        at_limit.problem(domain={"x": (-9, 9), "y": (-9, 9)}, convention="isothermal")


def test_plane_without_a_closed_law() -> None:
    bare = tensor(sigma_H=np.einsum("ij,kl->ijkl", np.eye(2), np.eye(2)))  # audit A2: H not proportional to sigma_H
    with pytest.raises(errors.CoefficientError, match=r"no closed form[\s\S]*fokker.stationary"):
        _ = bare.kappa


def test_plane_whose_recursion_has_no_variance() -> None:
    with pytest.raises(errors.MomentError, match="no stationary variance"):
        _ = tensor(sigma_H=square(200.0, 0.1)).recursion_covariance


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ({"curvature": np.diag([1.0, -3.0])}, errors.CoefficientError, r"curvature must be positive[\s\S]*is -3"),
        ({"curvature": np.eye(3)}, errors.DimensionError, r"curvature of shape \(3, 3\)"),
        ({"sigma_g": np.diag([1.0, -0.5])}, errors.CoefficientError, "negative somewhere"),
        ({"sigma_g": [[1.0, 0.5], [0.0, 1.0]]}, errors.CoefficientError, "not symmetric"),
        ({"sigma_g": np.zeros((2, 2))}, errors.CoefficientError, "no gradient noise"),
        ({"rho": np.zeros((2, 2))}, errors.DimensionError, "rho has the wrong shape"),
        ({"sigma_H": np.full((2, 2, 2, 2), np.nan)}, errors.CoefficientError, "not finite"),
        ({"learning_rate": -0.1}, errors.CoefficientError, "learning_rate must be positive"),
    ],
)
def test_bad_tensor_model(change: dict[str, object], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        tensor(**change)


def test_domain_of_another_dimension() -> None:
    with pytest.raises(errors.DimensionError, match="1 axes, a model of 2 parameters"):
        tensor().problem(domain={"x": (-1, 1)})


@pytest.mark.parametrize("theta", [0.5, [0.0], [0.0, 1.0, 2.0], np.zeros((2, 3)), [0.0, np.nan]])
def test_points_that_do_not_fit_a_plane(theta: object) -> None:
    for method in (tensor().drift, tensor().gradient_covariance, tensor().diffusion, tensor().total_variance):
        with pytest.raises(errors.FokkerError, match=r"theta (does not fit the model|has 1 value)"):
            method(theta)


@pytest.mark.parametrize("noise", [model(), tensor()])
def test_the_correction_is_one_of_the_ito_process(noise: NoiseModel | TensorNoiseModel) -> None:
    with pytest.raises(errors.ConventionError, match=r"one of the Ito process[\s\S]*isothermal"):
        noise.problem(convention="isothermal", discrete_correction=True)
    with pytest.raises(errors.FokkerError, match=r"neither True nor False[\s\S]*'no'"):
        noise.problem(discrete_correction="no")  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(6))
def test_the_noise_matrix_of_noise_along_one_direction(seed: int) -> None:
    v = np.random.default_rng(seed).normal(size=2)
    sigma = tensor(sigma_g=np.outer(v, v)).noise_at(0.3, 0.1)
    np.testing.assert_allclose(sigma, np.sqrt(0.1) * np.outer(v, v) / np.linalg.norm(v), rtol=0, atol=1e-7)


def test_standard_errors_of_given_coefficients() -> None:
    for given in (model(), tensor()):
        with pytest.raises(errors.FokkerError, match="was not estimated"):
            _ = given.standard_errors
        with pytest.raises(errors.FokkerError, match="was not estimated"):
            _ = given.r_squared


# Gradients that do not serve

BAD = [
    ({"gradients": GRADIENTS.transpose(1, 0, 2)}, errors.DimensionError, r"gradients.transpose\(1, 0, 2\)"),
    ({"gradients": GRADIENTS.transpose(0, 2, 1)}, errors.DimensionError, r"gradients.transpose\(0, 2, 1\)"),
    ({"gradients": GRADIENTS[:, :, 0]}, errors.DimensionError, r"gradients of shape \(7, n, 2\)"),
    ({"theta": POINTS[:, 0]}, errors.DimensionError, r"all 2 parameters[\s\S]*\(7, 2\)"),
    ({"gradients": GRADIENTS[:, :5]}, errors.DimensionError, r"fewer samples than coefficients[\s\S]*at least 6"),
    ({"gradients": GRADIENTS[:, :1]}, errors.DimensionError, "one sample has no gradient noise"),
    ({"theta": POINTS[:2], "gradients": GRADIENTS[:2]}, errors.DomainError, "span 1 of 2 directions"),
    ({"theta": POINTS[:, [0, 0]]}, errors.DomainError, "span 1 of 2 directions"),
    ({"theta": POINTS[:5], "gradients": GRADIENTS[:5], "fit": "variance"}, errors.DomainError, "at least 6 points"),
    ({"gradients": -GRADIENTS}, errors.CoefficientError, "curvature must be positive"),
    ({"gradients": GRADIENTS[:, [0] * 9]}, errors.CoefficientError, "no gradient noise"),
    ({"gradients": np.where(POINTS[:, None] > 9, 0, np.inf) * GRADIENTS}, errors.CoefficientError, "not finite"),
    ({"gradients": GRADIENTS + 1j}, errors.DomainError, "gradients must be an array of real numbers"),
    ({"fit": "spline"}, errors.FokkerError, r'"gradients"[\s\S]*"variance"'),
    ({"batch_size": 31, "replacement": False}, errors.FokkerError, "larger than the data set"),
]


@pytest.mark.parametrize(("change", "kind", "words"), BAD)
def test_bad_gradients_of_a_plane(change: dict[str, object], kind: type[Exception], words: str) -> None:
    good: dict[str, object] = {"theta": POINTS, "gradients": GRADIENTS, "learning_rate": 0.1, "batch_size": 1}
    NoiseModel.from_gradients(**good)  # type: ignore[arg-type]
    with pytest.raises(kind, match=words) as caught:
        NoiseModel.from_gradients(**(good | change))  # type: ignore[arg-type]
    assert isinstance(caught.value, errors.FokkerError)


def test_too_few_points_for_a_variance() -> None:
    theta = np.array([-1.0, 1.0])
    with pytest.raises(errors.DomainError, match="at least 3 different values"):
        NoiseModel.from_gradients(theta, np.outer(theta, [1.0, 2.0]) - 1.0, 0.1, batch_size=1, fit="variance")


def test_fitted_variance_that_is_negative_says_what_to_do() -> None:
    theta = np.linspace(-1, 1, 9)
    offsets = np.array([-1.0, 1.0])
    gradients = theta[:, None] + np.sqrt(1 - 0.5 * theta[:, None] ** 2) * offsets  # C = 1 - x^2 / 2
    words = r"-1.41421\) and \(1.41421[\s\S]*fit=\"gradients\""
    noise = NoiseModel.from_gradients(theta, gradients, 0.1, batch_size=1, fit="variance")
    with pytest.raises(errors.CoefficientError, match=words):
        noise.problem()
    assert noise.problem(domain={"theta": (-1.4, 1.4)}).dimension == 1


# Models

INPUTS = RNG.normal(size=(30, 4))


def least_squares(theta: np.ndarray, data: np.ndarray) -> np.ndarray:
    gradients: np.ndarray = (data @ theta - 1.0)[:, None] * data
    return gradients


Gradient = Callable[[np.ndarray, np.ndarray], np.ndarray]


@pytest.mark.parametrize(
    ("gradient", "change", "words"),
    [
        (lambda t, d: least_squares(t, d).mean(axis=0), {}, "gradients of single samples, not their mean"),
        (lambda t, d: least_squares(t, d).T, {}, "its transpose"),
        (lambda t, d: least_squares(t, d)[: 10 + int(30 * abs(t[0])) % 19], {}, "no random batches"),
        (lambda t, d: least_squares(t, d) * np.nan, {}, r"loss_gradient\(theta, data\) has 120 value"),
        (least_squares, {"directions": [[1, 0, 0, 0], [2, 0, 0, 0]]}, "not independent"),
        (least_squares, {"directions": [0, 0, 0, 0]}, "not independent"),
        (least_squares, {"directions": 5}, "not independent"),
        (least_squares, {"directions": 0}, "directions must be an integer >= 1"),
        (least_squares, {"directions": [1, 0, 0]}, "do not fit the parameters"),
        (least_squares, {"reach": 0.0}, "reach must be positive"),
        (least_squares, {"points": 1}, "points must be an integer >= 2"),
        (least_squares, {"rng": "dice"}, "rng is no source of random numbers"),
        (least_squares, {"minimum": np.zeros((2, 2))}, "minimum must be one point"),
    ],
)
def test_bad_model(gradient: Gradient, change: dict[str, object], words: str) -> None:
    best = np.linalg.lstsq(INPUTS, np.ones(30), rcond=None)[0]
    good: dict[str, object] = {"minimum": best, "rng": 0}
    NoiseModel.from_model(least_squares, INPUTS, 1, 0.1, **good)  # type: ignore[arg-type]
    with pytest.raises(errors.FokkerError, match=words):
        NoiseModel.from_model(gradient, INPUTS, 1, 0.1, **(good | change))  # type: ignore[arg-type]

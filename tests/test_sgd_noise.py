"""Minibatch noise: exact algebra by enumeration, the recursion by Monte Carlo, the words of the errors."""

from __future__ import annotations

import itertools
import sys
import warnings
from dataclasses import replace

import numpy as np
import pytest

from fokker import errors
from fokker.sgd import NoiseModel, SampleGradients, diabetes_gradients, simulate_minibatch

POINTS = np.array([-1.0, 0.5, 2.0])


@pytest.fixture
def eight() -> SampleGradients:
    rng = np.random.default_rng(0)
    g = rng.normal(size=8)
    return SampleGradients(slopes=1 + 0.5 * rng.normal(size=8), offsets=-g)


def model(**changes: float) -> NoiseModel:
    values = {
        "minimum": 0.0,
        "curvature": 2.0,
        "sigma_g": 1.5,
        "rho": 0.0,
        "sigma_H": 0.8,
        "learning_rate": 0.1,
    }
    return NoiseModel(**(values | changes))  # type: ignore[arg-type]


def ito_variance(noise: NoiseModel, alpha: float = 0.0) -> float:
    """Stationary variance of the diffusion process for rho = 0."""
    eta = noise.learning_rate
    return eta * noise.sigma_g / (2 * noise.curvature - (1 + 2 * alpha) * eta * noise.sigma_H)


# Proposition 1: the minibatch variance is a quadratic, exactly


def test_variance_equals_enumeration_without_replacement(eight: SampleGradients) -> None:
    noise = NoiseModel.from_gradients(POINTS, eight.at(POINTS), 0.1, batch_size=3, replacement=False)
    batches = [list(batch) for batch in itertools.combinations(range(8), 3)]
    assert len(batches) == 56
    for theta in (0.7, -3.0, noise.minimum):
        means = [eight.at(theta)[0, batch].mean() for batch in batches]
        assert noise.gradient_variance(theta) == pytest.approx(np.var(means), rel=1e-12)
    assert noise.gradient_variance(0.7) == pytest.approx(0.108807720209493, rel=1e-13)
    assert noise.misfit < 1e-15


def test_variance_equals_enumeration_with_replacement(eight: SampleGradients) -> None:
    noise = NoiseModel.from_gradients(POINTS, eight.at(POINTS), 0.1, batch_size=3)
    batches = np.array(list(itertools.product(range(8), repeat=3)))
    means = eight.at([-2.0, 0.7])[:, batches].mean(axis=2)
    np.testing.assert_allclose(noise.gradient_variance([-2.0, 0.7]), means.var(axis=1), rtol=1e-12)


def test_drift_is_the_mean_gradient(eight: SampleGradients) -> None:
    noise = NoiseModel.from_gradients(POINTS, eight.at(POINTS), 0.1, batch_size=3)
    theta = np.linspace(-5, 5, 11)
    np.testing.assert_allclose(noise.drift(theta), -eight.at(theta).mean(axis=1), atol=1e-13)
    np.testing.assert_allclose(noise.diffusion(theta), 0.05 * noise.gradient_variance(theta))
    assert noise.minimum == pytest.approx(eight.offsets.mean() / eight.slopes.mean())


def test_fit_does_not_depend_on_where_theta_lies(eight: SampleGradients) -> None:
    near = NoiseModel.from_gradients(POINTS, eight.at(POINTS), 0.1, batch_size=2)
    far = NoiseModel.from_gradients(POINTS + 1e4, eight.at(POINTS + 1e4), 0.1, batch_size=2)
    for name in ("minimum", "curvature", "sigma_g", "rho", "sigma_H"):
        assert getattr(far, name) == pytest.approx(getattr(near, name), rel=1e-6, abs=1e-6)


def test_lists_and_single_precision(eight: SampleGradients) -> None:
    table = eight.at(POINTS)
    double = NoiseModel.from_gradients(list(POINTS), table.tolist(), 0.1, batch_size=np.int64(2))  # type: ignore[arg-type]
    single = NoiseModel.from_gradients(POINTS.astype("f4"), table.astype("f4"), 0.1, batch_size=2)
    assert single.sigma_H == pytest.approx(double.sigma_H, rel=1e-5)


def test_curved_gradients_warn_once_with_the_misfit() -> None:
    theta = np.linspace(-1, 1, 5)
    gradients = np.outer(theta, [1.0, 2.0]) + 0.1 * theta[:, None] ** 3 + [1.0, -1.0]
    with pytest.warns(errors.FokkerWarning, match="only a fit") as caught:
        noise = NoiseModel.from_gradients(theta, gradients, 0.1, batch_size=1)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert 0.001 < noise.misfit < 0.1


# Audit A1: the recursion, its processes, the correction

TABLE = [  # learning rate, recursion, Ito, Stratonovich, isothermal; H = 2, sigma_g = 1.5, sigma_H = 0.8
    (0.5, 0.46875, 0.208333333333, 0.234375, 0.267857142857),
    (0.1, 0.0426136363636, 0.0382653061224, 0.0390625, 0.0398936170213),
    (0.02, 0.00768442622951, 0.00753012048193, 0.00756048387097, 0.00759109311741),
]


@pytest.mark.parametrize("row", TABLE)
def test_table_of_variances(row: tuple[float, ...]) -> None:
    eta, exact, *processes = row
    noise = model(learning_rate=eta)
    assert noise.recursion_variance == pytest.approx(exact, rel=1e-11)
    for alpha, value in zip((0.0, 0.5, 1.0), processes, strict=True):
        assert ito_variance(noise, alpha) == pytest.approx(value, rel=1e-11)


def test_correction_needs_drift_and_noise() -> None:
    noise = model()
    exact = noise.recursion_variance
    better = noise.corrected()
    drift_only = replace(noise, curvature=better.curvature)
    without_slope = replace(better, sigma_H=noise.sigma_H)
    assert ito_variance(noise) / exact - 1 == pytest.approx(-0.102, abs=5e-4)
    assert ito_variance(drift_only) / exact - 1 == pytest.approx(-0.185, abs=5e-4)
    assert ito_variance(without_slope) == pytest.approx(0.0416667, abs=5e-8)
    assert ito_variance(better) / exact - 1 == pytest.approx(-0.0149, abs=5e-4)


def test_correction_gains_one_order_in_the_learning_rate() -> None:
    rates = np.array([0.02, 0.01, 0.005, 0.0025])

    def order(corrected: bool) -> float:
        models = [model(learning_rate=eta) for eta in rates]
        exact = [noise.recursion_variance for noise in models]
        used = [noise.corrected() if corrected else noise for noise in models]
        misses = np.abs(np.array([ito_variance(noise) for noise in used]) / exact - 1)
        return float(np.polyfit(np.log(rates), np.log(misses), 1)[0])

    assert order(corrected=False) == pytest.approx(1.0, abs=0.05)
    assert order(corrected=True) == pytest.approx(2.0, abs=0.05)


def test_corrected_process_follows_the_moments_of_one_step() -> None:
    """Over one step the process moves E x, E x^2 as the recursion does, up to the third power of eta."""

    def miss(eta: float) -> float:
        noise = model(learning_rate=eta, rho=0.6)
        h, sg, rho, sh = noise.curvature, noise.sigma_g, noise.rho, noise.sigma_H
        step = np.array(  # (1, E x, E x^2) -> the same after one step
            [
                [1, 0, 0],
                [0, 1 - eta * h, 0],
                [eta**2 * sg, 2 * eta**2 * rho, 1 - 2 * eta * h + eta**2 * (h**2 + sh)],
            ]
        )
        better = noise.corrected()
        rates = np.array(
            [
                [0, 0, 0],
                [0, -better.curvature, 0],
                [eta * better.sigma_g, 2 * eta * better.rho, -2 * better.curvature + eta * better.sigma_H],
            ]
        )
        flow = np.eye(3)
        for k in range(12, 0, -1):  # the exponential, by Horner's rule
            flow = np.eye(3) + eta * rates @ flow / k
        scale = np.array([[1, 1, 1], [1, 1, 1], [eta, eta, 1]])  # noise enters with eta^2
        return float(np.abs((flow - step) / scale).max())

    ratio = miss(0.01) / miss(0.005)
    assert 7.0 < ratio < 9.0


@pytest.mark.parametrize("rho", [np.sqrt(1.2), -np.sqrt(1.2)])
def test_correction_keeps_a_degenerate_variance_non_negative(rho: float) -> None:
    better = model(rho=float(rho), learning_rate=0.4).corrected()
    theta = np.linspace(-10, 10, 20001)
    assert better.gradient_variance(theta).min() > -1e-12


@pytest.mark.parametrize(("eta", "batch"), [(0.5, 1), (0.3, 3)])
def test_recursion_has_the_exact_variance(eight: SampleGradients, eta: float, batch: int) -> None:
    noise = NoiseModel.from_gradients(POINTS, eight.at(POINTS), eta, batch)
    chains = 4000
    samples = simulate_minibatch(
        *eight, learning_rate=eta, batch_size=batch, steps=200, burn_in=200, chains=chains, rng=7
    )
    means, squares = samples.mean(axis=0), ((samples - noise.minimum) ** 2).mean(axis=0)
    assert abs(means.mean() - noise.minimum) < 4 * means.std() / np.sqrt(chains)
    error = squares.std() / np.sqrt(chains)
    assert error < 0.03 * noise.recursion_variance
    assert abs(squares.mean() - noise.recursion_variance) < 4 * error


def test_recursion_is_reproducible_thinned_and_started(eight: SampleGradients) -> None:
    def run(thin: int, start: float | None = None, burn_in: int = 5) -> np.ndarray:
        return simulate_minibatch(
            *eight,
            learning_rate=0.1,
            batch_size=2,
            steps=10,
            burn_in=burn_in,
            chains=3,
            thin=thin,
            start=start,
            rng=np.random.default_rng(3),
        )

    np.testing.assert_array_equal(run(1)[2::3], run(3))
    assert run(3).shape == (3, 3)
    assert np.all(run(1, start=100.0, burn_in=0)[0] > 50)


def test_recursion_that_diverges_says_which_rate_would_not(eight: SampleGradients) -> None:
    with pytest.raises(errors.CoefficientError, match=r"diverged[\s\S]*a learning rate below"):
        simulate_minibatch(*eight, learning_rate=9.0, batch_size=1, steps=2000, burn_in=0, chains=2, rng=0)


# Indices


def test_kappa_and_tail_index() -> None:
    noise = model(learning_rate=0.5)
    assert noise.kappa == 5.0
    assert [noise.tail_index(word) for word in ("ito", "stratonovich", "isothermal")] == [11.0, 10.0, 9.0]
    assert noise.tail_index(0.25) == 10.5
    assert model(sigma_H=0.0).kappa == np.inf
    assert model(sigma_H=0.0).tail_index() == np.inf


def test_tail_index_of_a_law_that_does_not_exist() -> None:
    noise = model(learning_rate=10.0)
    assert noise.tail_index("ito") == pytest.approx(1.5)
    with pytest.raises(errors.NormalisationError, match="does not exist"):
        noise.tail_index("isothermal")


def test_variance_that_does_not_exist() -> None:
    with pytest.raises(errors.MomentError, match=r"no stationary variance[\s\S]*times 1.8 a step"):
        _ = model(learning_rate=1.0).recursion_variance


# The process


def test_problem_has_the_coefficients_of_the_model(eight: SampleGradients) -> None:
    noise = NoiseModel.from_gradients(POINTS, eight.at(POINTS), 0.1, batch_size=2)
    problem = noise.problem(domain={"theta": (-3, 3)}, convention="ito")
    theta = np.linspace(-2, 2, 7)
    np.testing.assert_array_equal(problem.diffusion_at(theta), noise.diffusion(theta))
    words = str(problem.equation())
    assert "theta in (-3.0, 3.0)" in words
    assert "Ito" in words


def test_problem_with_the_correction_is_that_of_the_corrected_model() -> None:
    noise, theta = model(rho=0.6), np.linspace(-2, 2, 7)
    problem = noise.problem(domain={"theta": (-3, 3)}, discrete_correction=True)
    np.testing.assert_array_equal(problem.diffusion_at(theta), noise.corrected().diffusion(theta))
    np.testing.assert_array_equal(problem.drift_at(theta), noise.corrected().drift(theta))


def test_problem_takes_the_whole_line_and_constant_noise() -> None:
    problem = model(sigma_H=0.0).problem()
    assert problem.domain == {"theta": (-np.inf, np.inf)}
    np.testing.assert_allclose(problem.diffusion_at(np.array([-5.0, 5.0])), 0.075)


def test_problem_keeps_the_words_of_its_errors() -> None:
    with pytest.raises(errors.ConventionError):
        model().problem(convention="itoo")
    with pytest.raises(errors.BoundaryError):
        model().problem(domain={"theta": (-1, 1)}, boundary="neumann")


# Real data


def test_diabetes_gradients() -> None:
    samples = diabetes_gradients("bmi")
    assert samples.slopes.shape == samples.offsets.shape == (442,)
    noise = NoiseModel.from_gradients(POINTS, samples.at(POINTS), 0.05, batch_size=1)
    assert noise.curvature == pytest.approx(1.0, rel=1e-12)
    assert noise.minimum == pytest.approx(0.586450134, rel=1e-8)  # the correlation
    assert noise.misfit < 1e-14
    data = samples.slopes
    assert noise.sigma_H == pytest.approx(data.var(), rel=1e-12)


def test_diabetes_rejects_an_unknown_feature() -> None:
    with pytest.raises(errors.FokkerError, match=r"no such feature[\s\S]*'weight'[\s\S]*\"bmi\""):
        diabetes_gradients("weight")


def test_diabetes_without_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(errors.MissingExtra, match=r"pip install .fokker\[validate\]."):
        diabetes_gradients()


# Bad input

GOOD = np.array([[1.0, -3.0], [3.0, 1.0]])
BAD = [
    ({"gradients": GOOD[:, :, None]}, errors.DimensionError, r"gradients\[:, :, 0\]"),
    ({"theta": [[0.0], [1.0]]}, errors.DimensionError, r"theta\[:, 0\]"),
    ({"theta": [0.0, 1.0, 2.0]}, errors.DimensionError, "do not fit together"),
    ({"theta": [0.0, 1.0, 2.0], "gradients": np.zeros((2, 3))}, errors.DimensionError, r"gradients\.T"),
    ({"gradients": [1.0, 2.0]}, errors.DimensionError, "do not fit together"),
    ({"theta": [0.0], "gradients": GOOD[:1]}, errors.DomainError, "a slope cannot be fitted"),
    ({"theta": [1.0, 1.0]}, errors.DomainError, "a slope cannot be fitted"),
    ({"theta": []}, errors.DimensionError, "do not fit together"),
    ({"theta": "ab"}, errors.DomainError, "real numbers"),
    ({"theta": [0.0, np.nan]}, errors.CoefficientError, r"theta\[1\] = nan"),
    ({"gradients": [[1.0, np.inf], [3.0, 1.0]]}, errors.CoefficientError, r"gradients\[0, 1\] = inf"),
    ({"gradients": GOOD[:, :1]}, errors.DimensionError, "at least two samples"),
    ({"gradients": GOOD[:, [0, 0]]}, errors.CoefficientError, "no gradient noise"),
    ({"gradients": -GOOD}, errors.CoefficientError, "curvature must be positive"),
    ({"learning_rate": 0.0}, errors.CoefficientError, "learning_rate must be positive"),
    ({"learning_rate": np.nan}, errors.CoefficientError, "finite"),
    ({"learning_rate": "fast"}, errors.CoefficientError, "finite"),
    ({"batch_size": 0}, errors.FokkerError, "integer >= 1"),
    ({"batch_size": 1.5}, errors.FokkerError, "integer >= 1"),
    ({"batch_size": 3, "replacement": False}, errors.FokkerError, "larger than the data set"),
    ({"batch_size": 2, "replacement": False}, errors.CoefficientError, "no gradient noise"),
]


@pytest.mark.parametrize(("change", "kind", "words"), BAD)
def test_bad_gradients(change: dict[str, object], kind: type[Exception], words: str) -> None:
    good: dict[str, object] = {"theta": [0.0, 1.0], "gradients": GOOD, "learning_rate": 0.1, "batch_size": 1}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        NoiseModel.from_gradients(**good)  # type: ignore[arg-type]
    with pytest.raises(kind, match=words) as caught:
        NoiseModel.from_gradients(**(good | change))  # type: ignore[arg-type]
    assert isinstance(caught.value, ValueError)
    assert "accepted" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sigma_g": -1.0}, "negative somewhere"),
        ({"curvature": 0.0}, "curvature must be positive"),
        ({"sigma_g": np.inf}, "finite"),
        ({"sigma_g": 0.0, "sigma_H": 0.0}, "no gradient noise"),
    ],
)
def test_bad_model(change: dict[str, float], words: str) -> None:
    with pytest.raises(errors.CoefficientError, match=words):
        model(**change)


def test_correction_refuses_a_large_step() -> None:
    with pytest.raises(errors.CoefficientError, match="too large for a correction"):
        model(learning_rate=0.5).corrected()
    with pytest.raises(errors.CoefficientError, match="too large for a correction"):
        model(learning_rate=0.5).problem(discrete_correction=True)


@pytest.mark.parametrize("convention", ["itoo", 2, -0.5, float("nan")])
def test_unknown_convention(convention: str | float) -> None:
    with pytest.raises(errors.FokkerError, match="convention"):
        model().tail_index(convention)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"slopes": [1.0]}, "same length"),
        ({"slopes": [[1.0, 2.0]], "offsets": [[1.0, 2.0]]}, "same length"),
        ({"slopes": [1.0, np.nan]}, r"slopes\[1\] = nan"),
        ({"slopes": [-1.0, -2.0]}, "no minimum"),
        ({"start": [1.0, 2.0]}, "does not fit the chains"),
        ({"steps": 0}, "steps must be an integer >= 1"),
        ({"burn_in": -1}, "burn_in must be an integer >= 0"),
        ({"chains": 0}, "chains must be"),
        ({"thin": 0}, "thin must be"),
        ({"batch_size": 0}, "batch_size must be"),
        ({"learning_rate": -1.0}, "learning_rate must be positive"),
    ],
)
def test_bad_recursion(change: dict[str, object], words: str) -> None:
    good: dict[str, object] = {
        "slopes": [1.0, 2.0],
        "offsets": [0.0, 1.0],
        "learning_rate": 0.1,
        "batch_size": 1,
        "steps": 2,
        "burn_in": 0,
        "chains": 3,
        "rng": 0,
    }
    simulate_minibatch(**good)  # type: ignore[arg-type]
    with pytest.raises(errors.FokkerError, match=words):
        simulate_minibatch(**(good | change))  # type: ignore[arg-type]

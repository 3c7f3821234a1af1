"""Noise of several parameters: exact algebra, calibration, the stationary law against real SGD and closed forms."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import pytest
from scipy.stats import binom

import fokker
from fokker.sgd import NoiseModel, TensorNoiseModel

CONVENTIONS = ("ito", "stratonovich", "isothermal")


class Samples(NamedTuple):
    """The gradient of sample n is ``slopes[n] @ theta - offsets[n]``."""

    slopes: np.ndarray
    offsets: np.ndarray

    def at(self, theta: np.ndarray) -> np.ndarray:
        gradients: np.ndarray = np.einsum("nij,mj->mni", self.slopes, theta) - self.offsets
        return gradients


def draw(rng: np.random.Generator, count: int, size: int = 2) -> Samples:
    """Symmetric slopes with the mean diag(1, 2, ..), offsets of mean 0 correlated with their diagonals."""
    noise = 0.3 * rng.normal(size=(count, size, size))
    slopes = np.diag(np.arange(1.0, size + 1)) + noise + noise.swapaxes(1, 2)
    return Samples(slopes, rng.normal(size=(count, size)) + np.einsum("nii->ni", noise))


def grid(size: int, across: int = 3) -> np.ndarray:
    return np.array(list(itertools.product(np.linspace(-1.0, 1.0, across), repeat=size)))


def estimated(samples: Samples, eta: float = 0.1, batch: int = 1, **options: object) -> TensorNoiseModel:
    points = grid(samples.offsets.shape[1])
    model = NoiseModel.from_gradients(points, samples.at(points), eta, batch, **options)  # type: ignore[arg-type]
    assert isinstance(model, TensorNoiseModel)
    return model


def process_covariance(model: TensorNoiseModel) -> np.ndarray:
    """Stationary covariance of the Ito process: H M + M H^T = eta (sigma_g + sigma_H[M])."""
    size, one = model.dimension, np.eye(model.dimension)
    drift = np.kron(model.curvature, one) + np.kron(one, model.curvature)
    noise = model.learning_rate * model.sigma_H.reshape(size**2, size**2)
    return np.linalg.solve(drift - noise, model.learning_rate * model.sigma_g.ravel()).reshape(size, size)


# Proposition 10: the covariance of the batch gradient is a quadratic, exactly


@pytest.mark.parametrize("fit", ["gradients", "variance"])
@pytest.mark.parametrize("size", [2, 3])
def test_constant_hessians_are_recovered_to_rounding(size: int, fit: str) -> None:
    samples = draw(np.random.default_rng(size), 40, size)
    model = estimated(samples, batch=4, fit=fit)
    mean = samples.slopes.mean(axis=0)
    minimum = np.linalg.solve(mean, samples.offsets.mean(axis=0))
    g, h = samples.at(minimum[None])[0], samples.slopes - mean
    mixed = np.einsum("ni,njk->ijk", g, h) / 160
    square = np.einsum("nik,njl->ijkl", h, h) / 160
    # rounding of a least-squares problem of condition below 10
    np.testing.assert_allclose(model.minimum, minimum, atol=1e-14)
    np.testing.assert_allclose(model.curvature, mean, atol=1e-14)
    np.testing.assert_allclose(model.sigma_g, np.cov(g.T, bias=True) / 4, atol=1e-14)
    np.testing.assert_allclose(model.rho, 0.5 * (mixed + mixed.swapaxes(0, 1)), atol=1e-14)
    np.testing.assert_allclose(model.sigma_H, 0.5 * (square + square.swapaxes(2, 3)), atol=1e-14)
    assert model.misfit < 1e-14
    assert model.r_squared == pytest.approx(1.0, abs=1e-13)


@pytest.mark.parametrize(("size", "count", "batch"), [(2, 6, 3), (2, 8, 2), (3, 12, 2)])
@pytest.mark.parametrize("replacement", [True, False])
def test_covariance_equals_enumeration_of_all_batches(size: int, count: int, batch: int, replacement: bool) -> None:
    samples = draw(np.random.default_rng(7), count, size)
    model = estimated(samples, batch=batch, replacement=replacement)
    every = range(count)
    drawn = itertools.product(every, repeat=batch) if replacement else itertools.combinations(every, batch)
    theta = np.random.default_rng(8).normal(size=(5, size))
    means = samples.at(theta)[:, np.array(list(drawn))].mean(axis=2)
    expected = np.array([np.cov(each.T, bias=True) for each in means])
    np.testing.assert_allclose(model.gradient_covariance(theta), expected, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(model.drift(theta), -means.mean(axis=1), atol=1e-14)
    np.testing.assert_allclose(model.total_variance(theta), np.einsum("mii->m", expected), rtol=1e-12)


def test_structural_assumption_of_the_paper_contradicts_symmetry() -> None:
    """A_12 = 0 in x^T A_12 x would need Var(h_12) = 0: entry (2, 1) of Cov(h_1a, h_2b) is that variance."""
    samples = draw(np.random.default_rng(9), 40)
    spread = samples.slopes[:, 0, 1].var()
    bare = np.einsum("na,nb->ab", samples.slopes[:, 0] - samples.slopes[:, 0].mean(0), samples.slopes[:, 1]) / 40
    assert bare[1, 0] == pytest.approx(spread, rel=1e-12)
    quadratic = estimated(samples).sigma_H[0, 1]
    np.testing.assert_allclose(quadratic, 0.5 * (bare + bare.T), atol=1e-14)


def test_many_parameters() -> None:
    samples = draw(np.random.default_rng(3), 80, 7)
    points = np.vstack([np.zeros(7), np.eye(7), -np.eye(7)])
    model = NoiseModel.from_gradients(points, samples.at(points), 0.01, 1)
    theta = np.random.default_rng(4).normal(size=7)
    expected = np.cov(samples.at(theta[None])[0].T, bias=True)
    np.testing.assert_allclose(model.gradient_covariance(theta), expected, rtol=1e-11, atol=1e-13)


def test_one_parameter_in_either_shape_is_the_same_model() -> None:
    samples = draw(np.random.default_rng(5), 20, 1)
    points = np.array([[-1.0], [0.5], [2.0]])
    table = samples.at(points)
    assert NoiseModel.from_gradients(points, table, 0.1, 2) == NoiseModel.from_gradients(
        points[:, 0], table[:, :, 0], 0.1, 2
    )


@pytest.mark.parametrize("fit", ["gradients", "variance"])
def test_standard_errors_are_calibrated(fit: str) -> None:
    seeds, one, alike = 200, np.eye(2), np.zeros((2, 2, 2))
    alike[[0, 1], [0, 1], [0, 1]] = 1.0
    across = np.einsum("il,jk->ijkl", one, one) + np.einsum("ik,jl->ijkl", one, one)
    known = {  # moments of the law behind `draw`; entries of its noise have the variance 0.09
        "minimum": np.zeros(2),
        "curvature": np.diag([1.0, 2.0]),
        "sigma_g": 1.09 * one,
        "rho": -0.18 * alike,
        "sigma_H": 0.18 * (np.einsum("ij,kl->ijkl", one, one) + 0.5 * across),
    }
    inside = {name: np.zeros(value.shape) for name, value in known.items()}
    for seed in range(seeds):
        model = estimated(draw(np.random.default_rng(1 + seed), 600), fit=fit)
        for name, value in known.items():
            far = np.abs(getattr(model, name) - value) / model.standard_errors[name]
            inside[name] += far < 1.959964
    # 34 counts of 200 intervals of 95 %, all inside what one leaves with a probability below 1e-5
    low, high = binom.ppf([1e-5, 1 - 1e-5], seeds, 0.95)
    assert all(np.all((counts >= low) & (counts <= high)) for counts in inside.values()), inside


def test_standard_errors_are_those_of_the_jackknife() -> None:
    """Leaving out one sample at a time needs no derivative; both agree up to 1 / n, here times less than 5."""
    rng, count = np.random.default_rng(21), 400
    skewed = draw(rng, count)
    skewed = Samples(skewed.slopes, skewed.offsets + rng.exponential(1.0, size=(count, 2)))
    whole = estimated(skewed)
    left = [estimated(Samples(*(np.delete(part, k, axis=0) for part in skewed))) for k in range(count)]
    for name, errors in whole.standard_errors.items():
        values = np.array([getattr(model, name) for model in left])
        jackknife = np.sqrt((count - 1) / count * np.sum((values - values.mean(axis=0)) ** 2, axis=0))
        np.testing.assert_allclose(errors, jackknife, rtol=5 / count)


# The correction of the discrete iteration


@pytest.mark.parametrize("size", [2, 3])
def test_correction_gains_one_order_in_the_learning_rate(size: int) -> None:
    samples = draw(np.random.default_rng(11), 100, size)
    rates = np.array([0.02, 0.01, 0.005, 0.0025])
    misses = []
    for eta in rates:
        model = estimated(samples, eta)
        exact = model.recursion_covariance
        both = (process_covariance(model), process_covariance(model.corrected()))
        misses.append([np.linalg.norm(value - exact) / np.linalg.norm(exact) for value in both])
    plain, better = np.polyfit(np.log(rates), np.log(misses), 1)[0]
    assert plain == pytest.approx(1.0, abs=0.05)
    assert better == pytest.approx(2.0, abs=0.05)


def one_step(model: TensorNoiseModel) -> np.ndarray:
    """The recursion's map of (1, E x, E x x^T) in one step."""
    size, eta = model.dimension, model.learning_rate
    step = np.eye(size) - eta * model.curvature
    whole = np.zeros((1 + size + size**2,) * 2)
    whole[0, 0] = 1.0
    whole[1 : 1 + size, 1 : 1 + size] = step
    whole[1 + size :, 0] = eta**2 * model.sigma_g.ravel()
    whole[1 + size :, 1 : 1 + size] = 2 * eta**2 * model.rho.reshape(size**2, size)
    whole[1 + size :, 1 + size :] = np.kron(step, step) + eta**2 * model.sigma_H.reshape(size**2, size**2)
    return whole


def flow(model: TensorNoiseModel) -> np.ndarray:
    """The Ito process's map of the same, over the time eta."""
    size, eta, one = model.dimension, model.learning_rate, np.eye(model.dimension)
    rates = np.zeros((1 + size + size**2,) * 2)
    rates[1 : 1 + size, 1 : 1 + size] = -model.curvature
    rates[1 + size :, 0] = eta * model.sigma_g.ravel()
    rates[1 + size :, 1 : 1 + size] = 2 * eta * model.rho.reshape(size**2, size)
    drift = np.kron(model.curvature, one) + np.kron(one, model.curvature)
    rates[1 + size :, 1 + size :] = eta * model.sigma_H.reshape(size**2, size**2) - drift
    result = np.eye(len(rates))
    for k in range(14, 0, -1):  # the exponential, by Horner's rule
        result = np.eye(len(rates)) + eta * rates @ result / k
    return result


def test_corrected_process_follows_the_moments_of_one_step() -> None:
    """Up to the third power of eta: each further halving divides what is left by eight, and by four without."""
    samples = draw(np.random.default_rng(12), 100)

    def miss(eta: float, corrected: bool) -> float:
        model = estimated(samples, eta)
        apart = flow(model.corrected() if corrected else model) - one_step(model)
        apart[3:, :3] /= eta  # noise enters with eta^2
        return float(np.abs(apart).max())

    assert miss(0.01, True) / miss(0.005, True) == pytest.approx(8.0, abs=0.5)
    assert miss(0.01, False) / miss(0.005, False) == pytest.approx(4.0, abs=0.3)


def test_correction_is_that_of_one_parameter_and_keeps_the_variance_non_negative() -> None:
    first, second = (
        NoiseModel(0.0, curvature, sigma_g, rho, sigma_H, learning_rate=0.2)
        for curvature, sigma_g, rho, sigma_H in ((1.0, 1.5, np.sqrt(0.6), 0.4), (3.0, 0.5, 0.1, 0.2))
    )
    rho, square = np.zeros((2, 2, 2)), np.zeros((2, 2, 2, 2))
    rho[[0, 1], [0, 1], [0, 1]] = first.rho, second.rho
    square[[0, 1], [0, 1], [0, 1], [0, 1]] = first.sigma_H, second.sigma_H
    model = TensorNoiseModel([0, 0], np.diag([1.0, 3.0]), np.diag([1.5, 0.5]), rho, square, learning_rate=0.2)
    theta = np.random.default_rng(0).normal(size=(2000, 2)) * 5
    values = model.corrected().gradient_covariance(theta)
    np.testing.assert_allclose(values[:, 0, 0], first.corrected().gradient_variance(theta[:, 0]), atol=1e-12)
    np.testing.assert_allclose(values[:, 1, 1], second.corrected().gradient_variance(theta[:, 1]), rtol=1e-13)
    assert np.linalg.eigvalsh(values).min() > -1e-12  # C of the first touches zero


# The stationary law of real SGD


def run(samples: Samples, eta: float, steps: int, replicas: int, seed: int) -> np.ndarray:
    """Minibatch descent with one sample a step, drawn with replacement, from the minimum."""
    rng = np.random.default_rng(seed)
    theta = np.tile(np.linalg.solve(samples.slopes.mean(axis=0), samples.offsets.mean(axis=0)), (replicas, 1))
    for _ in range(steps):
        drawn = rng.integers(len(samples.offsets), size=replicas)
        gradient = np.einsum("rij,rj->ri", samples.slopes[drawn], theta) - samples.offsets[drawn]
        theta = theta - eta * gradient
    return theta


def solved(model: TensorNoiseModel, cells: int, corrected: bool = True) -> fokker.Density:
    spread = 9.0 * np.sqrt(np.diag(model.recursion_covariance))
    ends = np.stack([model.minimum - spread, model.minimum + spread], axis=1)
    domain = {name: (float(low), float(high)) for name, (low, high) in zip("xy", ends, strict=True)}
    problem = model.problem(domain=domain, discrete_correction=corrected)
    return fokker.stationary(fokker.discretize(problem, cells=(cells, cells)))


def test_stationary_law_has_the_second_moments_of_real_descent() -> None:
    """400 steps are 16 times 1 / (2 eta H), so the start is forgotten to 1e-7."""
    samples, eta, replicas = draw(np.random.default_rng(13), 64), 0.02, 20000
    model = estimated(samples, eta)
    x = run(samples, eta, 400, replicas, seed=14) - model.minimum
    products = np.einsum("ri,rj->rij", x, x)
    error = products.std(axis=0) / np.sqrt(replicas)
    law = solved(model, 80)
    covariance = law.covariance() + np.outer(law.mean() - model.minimum, law.mean() - model.minimum)
    assert np.all(np.abs(products.mean(axis=0) - covariance) < 4 * error)
    assert np.all(np.abs(products.mean(axis=0) - model.recursion_covariance) < 4 * error)
    assert np.all(np.diag(error) < 0.015 * np.diag(covariance))


def test_stationary_law_follows_the_recursion_to_second_order() -> None:
    """The solver's covariance against the exact recursion; orders 1 and 2 in the learning rate."""
    samples, rates = draw(np.random.default_rng(15), 64), np.array([0.08, 0.04, 0.02])
    for corrected, order in ((False, 1.0), (True, 2.0)):
        misses = []
        for eta in rates:
            model = estimated(samples, eta)
            exact = model.recursion_covariance
            misses.append(np.linalg.norm(solved(model, 120, corrected).covariance() - exact) / np.linalg.norm(exact))
        assert np.polyfit(np.log(rates), np.log(misses), 1)[0] == pytest.approx(order, abs=0.15)


# Closed forms


def one_factor(kappa: float) -> TensorNoiseModel:
    """Theorem 4 with H and sigma_g commuting: C = sigma_g (1 + x^T H sigma_g^-1 x / (eta kappa))."""
    H, sigma_g, eta = np.array([[2.0, 0.5], [0.5, 1.0]]), 1.5 * np.eye(2), 0.5
    growth = np.einsum("ij,kl->ijkl", sigma_g, H @ np.linalg.inv(sigma_g)) / (eta * kappa)
    return TensorNoiseModel([0, 0], H, sigma_g, np.zeros((2, 2, 2)), growth, learning_rate=eta)


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_law_of_one_factor_in_every_convention(alpha: float) -> None:
    """(1 + q)^-(kappa + 1 - alpha) has the covariance eta kappa sigma_g H^-1 / (2 (kappa + 1 - alpha) - d - 2)."""
    model, convention = one_factor(4.0), CONVENTIONS[int(2 * alpha)]
    assert model.kappa == pytest.approx(4.0, rel=1e-12)
    assert model.tail_index(convention) == pytest.approx(8.0 - 2 * alpha, rel=1e-12)
    law = fokker.stationary(fokker.discretize(model.problem(convention=convention), cells=(80, 80)))
    expected = 0.5 * 4.0 * model.sigma_g @ np.linalg.inv(model.curvature) / (2 * (5.0 - alpha) - 4)
    if alpha == 1.0:  # ND-1
        np.testing.assert_allclose(expected, [[3 / 7, -1.5 / 7], [-1.5 / 7, 6 / 7]], rtol=1e-14)
    # without a current the scheme is exact up to the quadrature along edges: law.info tells loops below 1e-6 kT
    np.testing.assert_allclose(law.covariance(), expected, rtol=1e-6)


def test_components_that_are_independent() -> None:
    """D_i = (eta/2) (Lam_i + Gam_i v_i^2) in turned axes: the heaviest component has the tail."""
    turn = np.array([[0.8, -0.6], [0.6, 0.8]])
    square = np.zeros((2, 2, 2, 2))
    square[[0, 1], [0, 1], [0, 1], [0, 1]] = 0.5, 2.0
    square = np.einsum("abcd,ia,jb,kc,ld->ijkl", square, turn, turn, turn, turn)
    same = {"rho": np.zeros((2, 2, 2)), "sigma_H": square, "learning_rate": 0.1}
    for H, kappa in (([1.0, 3.0], 15.0), ([1.0, 1.0], 5.0), ([0.1, 3.0], 2.0)):
        model = TensorNoiseModel([0, 0], turn @ np.diag(H) @ turn.T, turn @ np.diag([1.0, 0.4]) @ turn.T, **same)
        assert model.kappa == pytest.approx(kappa, rel=1e-12)
        assert model.tail_index("ito") == pytest.approx(2 * kappa + 1, rel=1e-12)
        assert model.tail_index("isothermal") == pytest.approx(2 * kappa - 1, rel=1e-12)


def test_constant_noise_has_no_power_law() -> None:
    model = TensorNoiseModel(
        [0, 0], [[1.0, 0.3], [-0.3, 2.0]], np.eye(2), np.zeros((2, 2, 2)), np.zeros((2,) * 4), learning_rate=0.1
    )
    assert model.kappa == np.inf
    assert model.tail_index() == np.inf


def test_codiagonal_model_without_the_closed_law() -> None:
    """Audit A2, row 4: the isothermal process has E v^2 = (5/31, 4/31), not what proposition 11 claims."""
    growth = np.einsum("ij,kl->ijkl", np.eye(2), np.eye(2))
    model = TensorNoiseModel(
        [0, 0], np.diag([1.0, 1.2]), np.eye(2), np.zeros((2, 2, 2)), growth, learning_rate=0.2
    )  # fmt: skip
    problem, exact = model.problem(convention="isothermal"), np.diag([5 / 31, 4 / 31])
    covariances = [fokker.stationary(fokker.discretize(problem, cells=(n, n))).covariance() for n in (80, 160)]
    coarse, fine = (np.diag(covariance - exact) for covariance in covariances)
    np.testing.assert_allclose(coarse / fine, 4.0, atol=0.4)  # second order
    np.testing.assert_allclose((4 * fine - coarse) / 3, 0.0, atol=0.05 * np.abs(fine).max())  # to this very limit


# The problem


@pytest.mark.parametrize("convention", ["stratonovich", 0.25])
def test_noise_matrix_is_the_root_of_the_diffusion(convention: str | float) -> None:
    model = estimated(draw(np.random.default_rng(16), 40))
    problem = model.problem(domain={"a": (-1, 1), "b": (-1, 1)}, convention=convention)
    theta = np.random.default_rng(0).uniform(-1, 1, size=(2, 9))
    np.testing.assert_allclose(problem.diffusion_at(*theta), model.diffusion_at(*theta), rtol=1e-12, atol=1e-15)
    assert "sigma = <function noise_at>" in problem.equation()


def test_problem_has_the_coefficients_of_the_model() -> None:
    model = estimated(draw(np.random.default_rng(17), 40, 3), eta=0.05)
    box = dict.fromkeys("abc", (-1.0, 1.0))
    theta = np.random.default_rng(0).uniform(-1, 1, size=(3, 9))
    for corrected, source in ((False, model), (True, model.corrected())):
        problem = model.problem(domain=box, discrete_correction=corrected)
        np.testing.assert_array_equal(problem.diffusion_at(*theta), source.diffusion_at(*theta))
        np.testing.assert_array_equal(problem.drift_at(*theta), source.drift_at(*theta))
    words = model.problem(domain=box).equation()
    assert "sum_ij d_i d_j (D_ij p)" in words
    assert "Ito" in words
    assert tuple(model.problem().domain) == ("theta_1", "theta_2", "theta_3")


def test_model_shows_itself() -> None:
    words = repr(estimated(draw(np.random.default_rng(18), 40)))
    assert words.startswith("TensorNoiseModel of 2 parameters")
    assert "40 samples at 9 points" in words

"""Compiled dynamics of several parameters, and variances that touch zero, against NumPy and exact laws."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest

import fokker
from fokker import errors
from fokker.sgd import (
    DenseClassifier,
    NoiseModel,
    TensorNoiseModel,
    descent_problem,
    simulate_first_passage,
    simulate_power_law,
    simulate_recursion,
    simulate_sde,
    tensor_kernels,
)

RNG = np.random.default_rng(4)
H = np.array([[2.0, 0.5], [0.5, 1.0]])
SAMPLES = 0.4 * RNG.normal(size=(30, 2, 2))


def tensor_model(eta: float = 0.1) -> TensorNoiseModel:
    """Noise of 30 samples whose gradients are straight lines."""
    theta = RNG.normal(size=(12, 2))
    hessians = H + SAMPLES + SAMPLES.transpose(0, 2, 1)
    gradients = np.einsum("nij,mj->mni", hessians, theta) - np.random.default_rng(1).normal(size=(30, 2))
    return TensorNoiseModel.from_gradients(theta, gradients, eta, 2)


def test_roots_of_semi_definite_matrices() -> None:
    vectors = np.array([1.0, -2.0, 0.5])
    rank_one, full = np.outer(vectors, vectors), np.diag([1.0, 2.0, 3.0]) + 0.1
    stack = np.ascontiguousarray(np.stack([rank_one, full, np.zeros((3, 3))], axis=-1))
    given = stack.copy()
    assert tensor_kernels.roots(stack) == -1
    np.testing.assert_allclose(np.einsum("ikr,jkr->ijr", stack, stack), given, atol=1e-15)
    np.testing.assert_allclose(stack[..., 1], np.linalg.cholesky(full), rtol=1e-14)
    bad = np.ascontiguousarray(np.stack([full, -full], axis=-1))
    assert tensor_kernels.roots(bad) == 1


@pytest.mark.parametrize("scales", [np.ones(4), np.array([1.0, 1e-4, 1e3, 1e-2])])
def test_roots_of_low_rank_matrices(scales: np.ndarray) -> None:
    """Of rank two: without pivots 8 of 1000 were refused, since rounding grows by the inverse of a small pivot."""
    factors = scales[:, None, None] * np.random.default_rng(0).normal(size=(4, 2, 2000))
    given = np.einsum("ikr,jkr->ijr", factors, factors)
    stack = given.copy()
    assert tensor_kernels.roots(stack) == -1
    size = np.sqrt(np.einsum("iir->ir", given))
    off = np.abs(np.einsum("ikr,jkr->ijr", stack, stack) - given) / (size[:, None] * size)
    assert off.max() < 1e-11  # the pivots that count as zero, and the growth of rounding of those that do not
    beyond = given.copy()
    beyond[3, 3] *= 1.0 - 1e-9  # not semi-definite
    assert all(tensor_kernels.roots(beyond[..., [k]].copy()) == 0 for k in range(100))


def test_noise_of_low_rank_in_four_dimensions_runs() -> None:
    """C(x) of rank two: the second moments are those of the recursion."""
    spread = np.array([[1.0, 0.0], [1.0, 1e-5], [0.3, 1.0], [2.0, -1.0]])  # the second pivot is small
    tilt = np.einsum("ia,ja,ka,la->ijkl", spread, spread, spread, spread)
    noise = TensorNoiseModel(
        np.zeros(4), np.diag([1.0, 2.0, 1.5, 0.5]), spread @ spread.T, np.zeros((4, 4, 4)), tilt, 0.01
    )
    paths = simulate_power_law(noise, steps=1000, replicas=4000, rng=0)
    squares = paths.values[:, 0] ** 2
    exact = np.diag(noise.recursion_covariance)
    assert (np.abs(squares.mean(axis=1) - exact) < 4 * squares.std(axis=1) / np.sqrt(4000)).all()


def test_compiled_steps_are_those_of_numpy() -> None:
    noise = tensor_model()
    x, z = RNG.normal(size=(2, 50)), RNG.normal(size=(7, 2, 50))
    ours, plain, eta = x.copy(), x.copy(), noise.learning_rate
    for h in (eta, 0.02):
        tensor_kernels.tensor_free(
            ours, z, h, eta, noise.minimum, noise.curvature, noise.sigma_g, noise.rho, noise.sigma_H
        )
        for row in z:
            root = np.linalg.cholesky(noise.gradient_covariance(plain.T))
            plain = plain + h * noise.drift(plain.T).T + np.sqrt(h * eta) * np.einsum("rij,jr->ir", root, row)
    # 14 steps, some 20 roundings each; the root of a well-conditioned C
    np.testing.assert_allclose(ours, plain, rtol=0, atol=14 * 20 * 2.3e-16 * np.abs(x).max())


def test_power_law_dynamic_of_two_parameters() -> None:
    """Its second moments are those of the recursion: M = (1 - eta H) M (1 - eta H)^T + eta^2 <C>."""
    noise = tensor_model()
    eta, step = noise.learning_rate, np.eye(2) - noise.learning_rate * noise.curvature
    linear = np.kron(step, step) + eta**2 * noise.sigma_H.reshape(4, 4)
    exact = np.linalg.solve(np.eye(4) - linear, eta**2 * noise.sigma_g.ravel()).reshape(2, 2)
    paths = simulate_power_law(noise, steps=[0, 150], replicas=40_000, rng=2)
    assert paths.names == ("theta_1", "theta_2")
    np.testing.assert_array_equal(paths.values[:, 0, 0], noise.minimum)
    x = paths.values[:, 1] - noise.minimum[:, None]
    for i, j in ((0, 0), (0, 1), (1, 1)):
        product = x[i] * x[j]
        assert abs(product.mean() - exact[i, j]) < 4 * product.std() / 200
    two = simulate_power_law(noise, {"theta_1": 1.0, "theta_2": 0.0}, steps=5, replicas=4200, rng=2)
    other = simulate_power_law(noise, {"theta_2": 0.0, "theta_1": 1.0}, steps=5, replicas=4200, rng=2, workers=3)
    np.testing.assert_array_equal(two.values, other.values)


def test_its_process_runs_compiled() -> None:
    noise = tensor_model()
    start: dict[str, Any] = {"theta_1": 0.5, "theta_2": -0.2}
    ours = simulate_sde(noise.problem(), start, [0.2, 0.5], step=0.05, replicas=300, rng=0)
    assert "compiled" in ours.info.method
    functions = fokker.Problem(
        lambda a, b: noise.drift_at(a, b), diffusion=lambda a, b: noise.diffusion_at(a, b), convention="ito",
        domain=noise.problem().domain,
    )  # fmt: skip
    plain = simulate_sde(functions, start, [0.2, 0.5], step=0.05, replicas=300, rng=0)
    assert "compiled" not in plain.info.method
    np.testing.assert_allclose(ours.values, plain.values, rtol=0, atol=10 * 20 * 2.3e-16 * np.abs(plain.values).max())


DEGENERATE = NoiseModel(0.2, curvature=2.0, sigma_g=0.3, rho=0.3, sigma_H=0.3, learning_rate=0.1)


@pytest.mark.parametrize("factor", [0.1, 1.0 / 3.0, 0.7, 3.3])
def test_a_variance_that_touches_zero_has_a_root_there(factor: float) -> None:
    """rho^2 = sigma_g sigma_H: C = sigma_H (x + rho / sigma_H)^2; rounding made it negative beside its zero."""
    noise = NoiseModel(0.0, 1.0, sigma_g=factor**2 * 0.3, rho=-factor * 0.3, sigma_H=0.3, learning_rate=0.01)
    start = np.nextafter(factor, [factor - 1.0, factor + 1.0])  # beside the zero of C
    start = np.concatenate([np.linspace(factor - 1e-8, factor + 1e-8, 1001), start])
    paths = simulate_power_law(noise, start, steps=1, rng=0)
    assert np.isfinite(paths.values).all()
    z = (paths.values[0] - 0.99 * start) / (0.01 * np.sqrt(0.3))
    assert np.abs(z).max() < 6 * 1e-8 + 1e-13


def test_degenerate_noise_has_its_variance() -> None:
    paths = simulate_power_law(DEGENERATE, steps=300, replicas=40_000, rng=3)
    squares = (paths.values[0] - DEGENERATE.minimum) ** 2
    assert abs(squares.mean() - DEGENERATE.recursion_variance) < 4 * squares.std() / 200
    times = simulate_first_passage(DEGENERATE.problem(), 0.2, (-0.5, 0.9), step=0.01, horizon=1.0, replicas=500, rng=0)
    assert times.horizon == 1.0


def test_noise_along_one_direction() -> None:
    """C of rank one has no root for LAPACK; the paths stay on the line of the noise."""
    way = np.array([1.0, -2.0])
    zeros: Any = (np.zeros((2, 2, 2)), np.zeros((2, 2, 2, 2)))
    noise = TensorNoiseModel([0.0, 0.0], np.eye(2), np.outer(way, way), *zeros, learning_rate=0.1)
    x, y = simulate_power_law(noise, steps=100, replicas=20_000, rng=0).values[:, 0]
    np.testing.assert_allclose(y, -2.0 * x, rtol=1e-13)
    exact = 0.1 / (2 - 0.1)
    assert abs((x**2).mean() - exact) < 4 * (x**2).std() / np.sqrt(20_000)


def test_recursions_of_polynomials_run_compiled() -> None:
    slope, spread = np.polynomial.Polynomial([-0.1, 1.0, 0.0, 0.5]), np.polynomial.Polynomial([0.4, 0.2, 0.3])
    given: dict[str, Any] = {"learning_rate": 0.1, "steps": [3, 20], "replicas": 50, "rng": 4}
    ours = simulate_recursion(slope, spread, {"w": 0.5}, **given)
    plain = simulate_recursion(lambda w: slope(w), lambda w: spread(w), {"w": 0.5}, **given)
    np.testing.assert_allclose(ours.values, plain.values, rtol=0, atol=20 * 10 * 2.3e-16)
    assert (ours.values != plain.values).any()  # they are two paths


def test_words_of_errors() -> None:
    noise, flat = NoiseModel(0.0, 2.0, 1.5, 0.0, 0.8, 0.1), {"learning_rate": 0.1, "steps": 2}
    for start in (0.0, {}, None, {"a": 0.0, "b": 0.0, "c": 0.0, "d": 0.0}):
        with pytest.raises(errors.DimensionError, match="does not name the coordinates"):
            simulate_recursion(lambda x: x, 1.0, start, **flat)  # type: ignore[arg-type]
    for run in (simulate_sde, simulate_first_passage):
        with pytest.raises(errors.FokkerError, match=r"problem is no Problem[\s\S]*noise.problem\(\)"):
            run(noise, 0.0, step=0.1, horizon=1.0) if run is simulate_first_passage else run(
                noise, 0.0, [1.0], step=0.1
            )
    with pytest.raises(errors.FokkerError, match="noise is no noise model"):
        simulate_power_law(noise.problem(), steps=2)  # type: ignore[arg-type]
    with pytest.raises(errors.DimensionError, match="each of theta_1, theta_2"):
        simulate_power_law(tensor_model(), [0.0, 1.0], steps=2)
    with pytest.raises(errors.FokkerError, match=r"hidden is no tuple[\s\S]*hidden=\(16,\)"):
        DenseClassifier([[1.0], [2.0]], [0, 1], hidden=16)  # type: ignore[arg-type]
    paths = simulate_power_law(tensor_model(), steps=2, replicas=3, rng=0)
    for coordinate in (7, -1, "x"):
        with pytest.raises(errors.DimensionError, match=r"no such coordinate[\s\S]*0 \(theta_1\), 1 \(theta_2\)"):
            paths.plot(coordinate=coordinate)  # type: ignore[arg-type]
    plt.close("all")


def test_the_horizon_is_a_whole_number_of_steps() -> None:
    problem = descent_problem(lambda w: w, 1.0, 0.1, domain={"w": (-np.inf, np.inf)})
    runs = {
        h: simulate_first_passage(problem, 0.0, (-9, 9), step=h, horizon=0.7, replicas=3, rng=0) for h in (0.1, 0.3)
    }
    assert runs[0.1].horizon == 0.7
    assert runs[0.3].horizon == 3 * 0.3

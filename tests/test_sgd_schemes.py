"""Steps of the simulators: compiled ones against NumPy, their weak order by transfer operators, exact moments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.linalg
from numpy.polynomial import Polynomial

import fokker
from fokker.sgd import (
    NoiseModel,
    simulate_first_passage,
    simulate_sde,
)
from fokker.sgd.integrator import stepper_of, walls_of

CONVENTIONS = ("ito", "stratonovich", "isothermal")
Array = np.ndarray[Any, np.dtype[np.float64]]


def model(**changes: float) -> NoiseModel:
    values = {"minimum": 0.3, "curvature": 2.0, "sigma_g": 1.5, "rho": 0.6, "sigma_H": 0.8, "learning_rate": 0.5}
    return NoiseModel(**(values | changes))  # type: ignore[arg-type]


def plain(problem: fokker.Problem) -> fokker.Problem:
    """The same problem with its coefficients hidden in functions, which run by NumPy."""
    process = problem.process
    return fokker.Problem(
        lambda x: process.drift.source(x),  # type: ignore[union-attr]
        diffusion=lambda x: process.amplitude.source(x),  # type: ignore[union-attr]
        convention=problem.convention,
        domain=problem.domain,
        boundary={"x": problem.walls["x"]},  # type: ignore[dict-item]
    )


# Compiled steps against NumPy


@pytest.mark.parametrize("convention", [*CONVENTIONS, 0.25])
@pytest.mark.parametrize(
    ("domain", "walls"),
    [
        ((-np.inf, np.inf), "reflecting"),
        ((-1.0, 1.2), "reflecting"),
        ((-1.0, np.inf), "reflecting"),
        ((-np.inf, 1.0), "reflecting"),
        ((-1.0, 1.2), "periodic"),
        ((-1.0, 1.2), ("absorbing", "reflecting")),
        ((-1.0, 1.2), ("reflecting", "absorbing")),
        ((-np.inf, 1.2), ("reflecting", "absorbing")),
    ],
)
def test_compiled_steps_are_those_of_numpy(convention: str | float, domain: Any, walls: Any) -> None:
    problem = fokker.Problem(
        Polynomial([0.3, -1.0, 0.0, -0.2]),
        diffusion=Polynomial([0.5, 0.1, 0.3]),
        convention=convention,
        domain={"x": domain},
        boundary={"x": walls},
    )
    fast = simulate_sde(problem, 0.2, [0.0, 0.5, 1.0], step=0.01, replicas=400, rng=4)
    slow = simulate_sde(plain(problem), 0.2, [0.0, 0.5, 1.0], step=0.01, replicas=400, rng=4)
    assert fast.info.method == slow.info.method + ", compiled"
    np.testing.assert_allclose(fast.values, slow.values, rtol=0.0, atol=100 * 8 * 2.3e-16)  # 100 steps, 8 operations
    ends = (max(domain[0], -0.8), min(domain[1], 0.9))
    one, two = (
        simulate_first_passage(p, 0.0, ends, step=0.02, horizon=2.0, replicas=400, rng=1)
        for p in (problem, plain(problem))
    )
    np.testing.assert_array_equal(one.times, two.times)
    np.testing.assert_array_equal(one.exits, two.exits)


def test_which_problems_run_compiled() -> None:
    def method(drift: Any, **given: Any) -> str:
        problem = fokker.Problem(drift, **({"domain": {"x": (-5, 5)}, "convention": "ito"} | given))
        return simulate_sde(problem, 0.0, step=0.01, steps=1, replicas=2, rng=0).info.method

    assert method(Polynomial([0, -1]), noise=Polynomial([1.0, 0.1])) == "Euler-Maruyama, compiled"
    assert method(0.0, diffusion=1) == "Euler-Maruyama, compiled"
    assert method(Polynomial([0, -1], domain=[0, 2]), diffusion=1.0) == "Euler-Maruyama, compiled"
    assert method(Polynomial([0, -1]), noise=Polynomial([1.0, 0.1]), convention="stratonovich") == "Heun"
    assert method(Polynomial([0, 0, 0, 0, 0, -1]), diffusion=1.0) == "Euler-Maruyama"
    assert method(model().drift, diffusion=lambda x: 1 + x**2) == "Euler-Maruyama"
    mixed = simulate_sde(model().problem(), 0.0, step=0.01, steps=1, replicas=2, rng=0)
    assert mixed.info.method == "Euler-Maruyama, compiled"


def test_shifted_polynomials_are_read_right() -> None:
    shifted = fokker.Problem(Polynomial([0.5, -1.0], domain=[0, 2]), diffusion=1.0, domain={"x": (-9, 9)})
    a = simulate_sde(shifted, 1.0, [1.0], step=0.1, replicas=50, rng=0)
    written = fokker.Problem(lambda x: 0.5 - (x - 1), diffusion=lambda x: 1 + 0 * x, domain={"x": (-9, 9)})
    b = simulate_sde(written, 1.0, [1.0], step=0.1, replicas=50, rng=0)
    np.testing.assert_allclose(a.values, b.values, atol=1e-14)


# Weak order, without random numbers: the transfer operator of one step by Gauss-Hermite and Fourier interpolation

CIRCLE = (0.0, 2 * np.pi)


def fourier(n: int) -> tuple[Array, Array]:
    """Nodes on the circle and the matrix of the derivative at them."""
    x = 2 * np.pi * np.arange(n) / n
    k = np.fft.fftfreq(n, 1 / n)
    k[n // 2] = 0.0
    return x, np.real(np.fft.ifft(1j * k[:, None] * np.fft.fft(np.eye(n), axis=0), axis=0))


def interpolation(n: int, at: Array) -> Array:
    """Values at the points of the trigonometric cardinal functions of n (even) nodes."""
    k = np.arange(-(n // 2), n // 2 + 1)
    weights = np.where(np.abs(k) == n // 2, 0.5, 1.0) / n
    x = 2 * np.pi * np.arange(n) / n
    return np.real((np.exp(1j * np.outer(at, k)) * weights) @ np.exp(-1j * np.outer(k, x)))


def hermite(n: int) -> tuple[Array, Array]:
    z, w = np.polynomial.hermite_e.hermegauss(n)
    return z, w / w.sum()


def order(errors_: list[float]) -> list[float]:
    return list(np.log2(np.array(errors_[:-1]) / errors_[1:]))


@pytest.mark.parametrize("convention", [*CONVENTIONS, 0.25])
def test_weak_order_on_the_line(convention: str | float) -> None:
    def drift(x: Array) -> Array:
        return 0.5 + np.sin(x)

    def diffusion(x: Array) -> Array:
        return 0.5 + 0.3 * np.cos(x - 1)

    problem = fokker.Problem(
        drift, diffusion=diffusion, convention=convention, domain={"x": CIRCLE}, boundary="periodic"
    )
    n, (z, w) = 48, hermite(32)
    x, d = fourier(n)
    ito = drift(x) - problem.alpha * 0.3 * np.sin(x - 1)
    observable = np.cos(x) + np.sin(2 * x)
    exact = scipy.linalg.expm(ito[:, None] * d + diffusion(x)[:, None] * (d @ d)) @ observable
    walls = walls_of(problem, np.array([[-np.inf, np.inf]]))
    stepper, _ = stepper_of(problem, walls)

    def after_one(steps: int) -> Array:
        points = np.repeat(x, len(z))[None].copy()
        stepper.advance(points, np.tile(z, n)[None, None], 1 / steps)
        transfer = (interpolation(n, points[0]).reshape(n, len(z), n) * w[:, None]).sum(axis=1)
        return np.linalg.matrix_power(transfer, steps) @ observable

    misses = [float(np.abs(after_one(steps) - exact).max()) for steps in (16, 32, 64, 128)]
    assert order(misses)[-1] == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_weak_order_between_reflecting_walls(convention: str) -> None:
    """The transfer operator of a folded step by a fine rule for the normal and Chebyshev interpolation."""

    def diffusion(x: Array) -> Array:
        return 0.4 + 0.2 * x + 0.1 * x**2

    problem = fokker.Problem(lambda x: 0.5 - x, diffusion=diffusion, convention=convention, domain={"x": (-1.0, 1.0)})

    def law(x: Array) -> Array:
        return 0.5 + 0.25 * np.sin(np.pi * x / 2)  # of slope zero at both walls

    generators = [fokker.discretize(problem, cells=cells) for cells in (400, 800)]
    paths = [fokker.propagate(g, law, [0.0, 0.5], tol=1e-11) for g in generators]
    means = [float(path.mass[1] @ np.exp(path.nodes[0]) / path.mass[1].sum()) for path in paths]
    exact = (4 * means[1] - means[0]) / 3
    n, z = 36, np.linspace(-8.5, 8.5, 3001)  # the folds are kinks: the trapezoidal rule is good to 1e-6 there
    w = np.exp(-0.5 * z**2) / np.exp(-0.5 * z**2).sum()
    x = np.cos(np.pi * (np.arange(n) + 0.5) / n)
    inverse = np.linalg.inv(np.polynomial.chebyshev.chebvander(x, n - 1))
    stepper, _ = stepper_of(problem, walls_of(problem, np.array([[-np.inf, np.inf]])))

    def at(points: Array) -> Array:
        return np.polynomial.chebyshev.chebvander(points, n - 1) @ inverse

    def after(steps: int) -> float:
        points = np.repeat(x, len(z))[None].copy()
        stepper.advance(points, np.tile(z, n)[None, None], 0.5 / steps)
        transfer = np.array([w @ at(row) for row in points.reshape(n, -1)])
        nodes, weights = np.polynomial.legendre.leggauss(40)
        later = np.linalg.matrix_power(transfer, steps) @ np.exp(x)
        return float((law(nodes) * weights) @ (at(nodes) @ later))

    # the next order is h^(3/2): local orders come nearer by the root of 2 with every halving, which is extrapolated
    first, second = order([abs(after(steps) - exact) for steps in (32, 64, 128)])
    assert (np.sqrt(2) * second - first) / (np.sqrt(2) - 1) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("convention", ["ito", "stratonovich", "isothermal", "anti-ito"])
@pytest.mark.parametrize("form", ["full", "diagonal"])
def test_weak_order_in_the_plane(convention: str, form: str) -> None:
    def sigma(x: Array, y: Array) -> Any:
        if form == "diagonal":
            return 1 + 0.3 * np.sin(x + y), 0.9 + 0.2 * np.cos(x)
        return (1 + 0.2 * np.sin(y), 0.4 * np.cos(x)), (0.3 + 0 * x, 0.8 + 0.2 * np.cos(x - y))

    def drift(x: Array, y: Array) -> Any:
        return 0.3 * np.sin(y), 0.2 - 0.4 * np.cos(x)

    problem = fokker.Problem(
        drift, noise=sigma, convention=convention, domain={"x": CIRCLE, "y": CIRCLE}, boundary="periodic"
    )
    n, (z, w) = 14, hermite(12)
    line, d = fourier(n)
    x, y = (grid.ravel() for grid in np.meshgrid(line, line, indexing="ij"))
    slopes = [np.kron(d, np.eye(n)), np.kron(np.eye(n), d)]
    matrix = np.zeros((2, 2, n * n))
    if form == "diagonal":
        matrix[0, 0], matrix[1, 1] = sigma(x, y)
    else:
        matrix[...] = np.array([[np.broadcast_to(entry, x.shape) for entry in row] for row in sigma(x, y)])
    tensor = 0.5 * np.einsum("ikn,jkn->ijn", matrix, matrix)
    if convention == "isothermal":
        induced = np.array([sum(slopes[j] @ tensor[i, j] for j in range(2)) for i in range(2)])
    else:
        alpha = {"ito": 0.0, "stratonovich": 0.5, "anti-ito": 1.0}[convention]
        terms = [[matrix[k, j] * (slopes[k] @ matrix[i, j]) for j in range(2) for k in range(2)] for i in range(2)]
        induced = alpha * np.array(terms).sum(axis=1)
    velocity = np.array(drift(x, y)) + induced
    backward = sum(velocity[i][:, None] * slopes[i] for i in range(2))
    backward = backward + sum(tensor[i, j][:, None] * (slopes[i] @ slopes[j]) for i in range(2) for j in range(2))
    observable, span = np.cos(x) + np.sin(y), 0.5
    exact = scipy.linalg.expm(span * backward) @ observable
    stepper, scheme = stepper_of(problem, walls_of(problem, np.tile([-np.inf, np.inf], (2, 1))))
    assert ("kinetic" in scheme) == (convention == "isothermal" and form == "full")

    def after(steps: int) -> Array:
        transfer = np.zeros((n * n, n * n))
        for (i, first), (j, second) in [((i, a), (j, b)) for i, a in enumerate(z) for j, b in enumerate(z)]:
            points = np.array([x, y])
            stepper.advance(points, np.array([[first + 0 * x, second + 0 * x]]), span / steps)
            parts = interpolation(n, points[0]), interpolation(n, points[1])
            transfer += w[i] * w[j] * np.einsum("pi,pj->pij", *parts).reshape(n * n, n * n)
        return np.linalg.matrix_power(transfer, steps) @ observable

    misses = [float(np.abs(after(steps) - exact).max()) for steps in (16, 32)]
    assert order(misses)[-1] == pytest.approx(1.0, abs=0.15)


def test_the_moments_of_the_euler_recursion_are_exact() -> None:
    """Linear drift and quadratic variance close: E x and E x^2 of the recursion itself, within 4 standard errors."""
    noise, h, steps, start = model(learning_rate=0.2), 0.05, 60, 1.5
    paths = simulate_sde(noise.problem(), start, step=h, steps=steps, replicas=200_000, rng=2)
    first, second = start - noise.minimum, (start - noise.minimum) ** 2
    for _ in range(steps):
        variance = noise.learning_rate * h * (noise.sigma_g + 2 * noise.rho * first + noise.sigma_H * second)
        second = (1 - h * noise.curvature) ** 2 * second + variance
        first *= 1 - h * noise.curvature
    x = paths.values[0] - noise.minimum
    for measured, exact in ((x, first), (x**2, second)):
        assert abs(measured.mean() - exact) < 4 * measured.std() / np.sqrt(x.size)

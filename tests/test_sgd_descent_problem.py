"""The process of descent on losses that are not quadratic: its correction against the recursion's own law."""

from __future__ import annotations

import numpy as np
import pytest

import fokker
from fokker import errors
from fokker.sgd import NoiseModel, TensorNoiseModel, descent_problem


def slope(x: np.ndarray) -> np.ndarray:
    return x + 0.5 * x**2 + 0.5 * x**3


def variance(x: np.ndarray) -> np.ndarray:
    return 1 + 0.4 * x + 0.5 * x**2


def law_of_recursion(eta: float, reach: float, nodes: int) -> tuple[float, float]:
    """Mean and variance of the stationary law of x' = x - eta g + eta sqrt(C) xi, by its transfer operator."""
    x, h = np.linspace(-reach, reach, nodes, retstep=True)
    width = eta * np.sqrt(variance(x))
    kernel = h * np.exp(-0.5 * ((x[:, None] - x + eta * slope(x)) / width) ** 2) / (width * np.sqrt(2 * np.pi))
    balance = kernel - np.eye(nodes)
    balance[nodes // 2] = 1.0
    p = np.linalg.solve(balance, np.eye(nodes)[nodes // 2])
    mean = float(p @ x)
    return mean, float(p @ (x - mean) ** 2)


def test_correction_gains_one_order_on_a_loss_that_is_not_quadratic() -> None:
    """The plain process is off by eta in mean and variance, the corrected one by eta squared."""
    rates = np.array([0.02, 0.01, 0.005])
    plain, better = [], []
    for eta in rates:
        reach = 8.0 * np.sqrt(eta / 2)
        # a step of noise is 1 / 10 of this length at the least, so the sum over nodes is exact to rounding
        mean, spread = law_of_recursion(eta, reach, int(10 * reach / eta))
        for found, corrected in ((plain, False), (better, True)):
            problem = descent_problem(
                slope, variance, eta, domain={"x": (-reach, reach)}, discrete_correction=corrected
            )
            law = fokker.stationary(fokker.discretize(problem, cells=3200))
            found.append([abs(law.mean() / mean - 1), abs(law.variance() / spread - 1)])
    np.testing.assert_allclose(np.polyfit(np.log(rates), np.log(plain), 1)[0], 1.0, atol=0.05)
    np.testing.assert_allclose(np.polyfit(np.log(rates), np.log(better), 1)[0], 2.0, atol=0.1)


def test_nonlinear_rule() -> None:
    """The derived b1, b2, K1 in one dimension: no term eta^3 C is left between one step and the process.

    Polynomials g, C and f = x^p; the noise is symmetric, so its third moment does not enter.
    """
    x = np.polynomial.Polynomial([0.0, 1.0])
    g, C = x + 0.7 * x**2 - 0.4 * x**3, 1.0 + 0.5 * x + 0.8 * x**2

    def left(power: int, eta: float, size: float, second: float = 1.0, noise: float = 1.0) -> float:
        c, f = size * C, x**power
        shifted, variance = x - eta * g, eta**2 * c
        step = shifted**power
        if power > 1:
            step = step + power * (power - 1) / 2 * shifted ** (power - 2) * variance
        b = -g - eta / 2 * g.deriv() * g + second * eta**2 / 4 * c * g.deriv(2)
        K = c + noise * eta / 2 * (2 * g.deriv() * c + g * c.deriv())
        total, term = f, f
        for k in range(1, 7):
            term = eta / k * (b * term.deriv() + eta / 2 * K * term.deriv(2))
            total = total + term
        return float((total - step)(0.7))

    for power in (1, 2, 3):

        def due_to_noise(eta: float, p: int = power, **parts: float) -> float:
            return left(p, eta, 1.0, **parts) - left(p, eta, 0.0, **parts)

        assert due_to_noise(0.004) / due_to_noise(0.002) == pytest.approx(16.0, rel=0.05)
        without = {"second": 0.0} if power == 1 else {"noise": 0.0}
        assert due_to_noise(0.004, **without) / due_to_noise(0.002, **without) == pytest.approx(8.0, rel=0.05)


@pytest.mark.parametrize("full", [False, True])
def test_quadratic_loss_has_the_correction_of_the_noise_model(full: bool) -> None:
    """Both corrections agree up to eta squared, relative to the coefficients themselves."""
    H, sigma_g = np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([[1.5, 0.3 * full], [0.3 * full, 0.7]])
    growth = np.einsum("ij,kl->ijkl", sigma_g, np.array([[0.4, 0.1], [0.1, 0.3]]))
    x, y = np.random.default_rng(0).uniform(-1, 1, size=(2, 20))

    def spread(x: np.ndarray, y: np.ndarray) -> tuple[object, ...]:
        factor = 1 + 0.4 * x * x + 0.2 * x * y + 0.3 * y * y
        if full:
            return tuple(tuple(entry * factor for entry in row) for row in sigma_g)
        return (1.5 * factor, 0.7 * factor)

    def apart(eta: float) -> tuple[float, float]:
        model = TensorNoiseModel([0, 0], H, sigma_g, np.zeros((2, 2, 2)), growth, eta).corrected()
        problem = descent_problem(
            lambda x, y: (2 * x + 0.5 * y, 0.5 * x + y),
            spread,
            eta,
            domain={"x": (-2, 2), "y": (-2, 2)},
            discrete_correction=True,
        )
        drift = np.abs(problem.drift_at(x, y) - model.drift_at(x, y)).max()
        return float(drift), float(np.abs(problem.diffusion_at(x, y) - model.diffusion_at(x, y)).max() / eta)

    coarse, fine = apart(0.02), apart(0.01)
    assert coarse[0] < 1e-14  # linear: the same drift
    assert coarse[1] / fine[1] == pytest.approx(4.0, abs=0.2)


def test_without_the_correction_it_is_the_process_of_the_noise_model() -> None:
    noise = NoiseModel(0.5, curvature=2.0, sigma_g=1.5, rho=0.3, sigma_H=0.8, learning_rate=0.1)
    box, theta = {"theta": (-2.0, 3.0)}, np.linspace(-1, 2, 7)
    problem = descent_problem(lambda w: 2 * (w - 0.5), noise.gradient_variance, 0.1, domain=box)
    np.testing.assert_allclose(problem.drift_at(theta), noise.drift(theta), rtol=1e-15, atol=1e-15)
    np.testing.assert_allclose(problem.diffusion_at(theta), noise.diffusion(theta), rtol=1e-15)
    assert "Ito" in problem.equation()


def test_separable_noise_stays_separable() -> None:
    """Section 5.2 of the paper: D_j depends on w_j alone, corrected or not."""
    problem = descent_problem(
        lambda x, y: (x**3 - x, 2 * y),
        lambda x, y: (1 + x**2, 1 + y**2),
        0.05,
        domain={"x": (-2, 2), "y": (-2, 2)},
        discrete_correction=True,
    )
    x = np.linspace(-1, 1, 5)
    values = problem.diffusion_at(x, 0.3 + 0 * x)
    assert np.all(values[0, 1] == 0.0)
    single = descent_problem(
        lambda x: x**3 - x, lambda x: 1 + x**2, 0.05, domain={"x": (-2, 2)}, discrete_correction=True
    )
    np.testing.assert_allclose(values[0, 0], single.diffusion_at(x), rtol=1e-14)


@pytest.mark.parametrize("corrected", [False, True])
def test_negative_variance_is_refused(corrected: bool) -> None:
    with pytest.raises(errors.CoefficientError, match=r"is negative at|has a negative eigenvalue at"):
        descent_problem(lambda x: x, lambda x: 1 - x**2, 0.1, domain={"x": (-2, 2)}, discrete_correction=corrected)
    with pytest.raises(errors.CoefficientError, match=r"is negative at|has a negative eigenvalue at"):
        descent_problem(
            lambda x, y: (x, y),
            lambda x, y: ((1 + 0 * x, 2 * x), (2 * x, 1 + 0 * x)),
            0.1,
            domain={"x": (-2, 2), "y": (-1, 1)},
            discrete_correction=corrected,
        )


def test_bad_descent() -> None:
    with pytest.raises(errors.CoefficientError, match="learning_rate must be positive"):
        descent_problem(slope, variance, 0.0, domain={"x": (-1, 1)})
    with pytest.raises(errors.CoefficientError, match="the gradient has the wrong shape"):
        descent_problem(lambda x, y: x, 1.0, 0.1, domain={"x": (-1, 1), "y": (-1, 1)})


def test_differences_reach_over_one_step_of_noise_and_no_further():
    """A quartic loss and a noise so large that differences over its square root in eta would miss the curvature."""
    eta, w = 5e-4, np.array([-0.98, 0.9])
    variance = 1.6e4 * (1.0 + w**2)
    problem = fokker.sgd.descent_problem(
        lambda w: w**3 - w, lambda w: 1.6e4 * (1.0 + w**2), eta, domain={"w": (-2, 2)}, discrete_correction=True
    )
    g, jacobian, bend, slope = w**3 - w, 3 * w**2 - 1, 6 * w, 3.2e4 * w
    drift = -g - 0.5 * eta * jacobian * g + 0.25 * eta**2 * variance * bend
    diffusion = 0.5 * eta * (variance + eta * jacobian * variance + 0.5 * eta * g * slope)
    # the next terms are of relative order eta, and eta**2 C = 8e-3 where the noise of a step is large
    assert np.abs(problem.drift_at(w) / drift - 1.0).max() < 0.02
    assert np.abs(problem.diffusion_at(w) / diffusion - 1.0).max() < 0.02


BOX = {"x": (-2.0, 2.0), "y": (-1.0, 1.0)}
ORIGIN = {"x": 0.0, "y": 0.0}


@pytest.mark.parametrize(
    "gradient",
    [
        lambda x, y: (19 * x, y),
        lambda x, y: (x, 0 * y),
        lambda x, y: (x + y, x + y),  # eigenvalues 2 and 0, the latter rounded
        lambda x, y: (x - 4 * y, 4 * x + y),  # 1 +- 4i: |1 - eta lambda|^2 = 0.97
    ],
)
def test_stable_minimum_is_let_through(gradient) -> None:  # type: ignore[no-untyped-def]
    assert descent_problem(gradient, 1.0, 0.1, domain=BOX, minimum=ORIGIN).names == ("x", "y")


@pytest.mark.parametrize(
    ("gradient", "words"),
    [
        (lambda x, y: (21 * x, y), r"0\.1 \* 21 = 2\.1[\s\S]*below 0\.0952"),
        (lambda x, y: (x - 5 * y, 5 * x + y), "beyond linear stability"),  # |1 - eta lambda|^2 = 1.06
        (lambda x, y: (x, y**3 - y), "where curvatures are positive"),
    ],
)
def test_unstable_minimum_is_refused(gradient, words: str) -> None:  # type: ignore[no-untyped-def]
    descent_problem(gradient, 1.0, 0.1, domain=BOX)
    with pytest.raises(errors.CoefficientError, match=words):
        descent_problem(gradient, 1.0, 0.1, domain=BOX, minimum=ORIGIN)


def test_flat_minimum_at_a_kink() -> None:
    line = {"w": (-1.0, 1.0)}
    descent_problem(lambda w: np.abs(w) * w, 1.0, 0.1, domain=line, breakpoints={"w": [0.0]}, minimum={"w": 0.0})


@pytest.mark.parametrize(
    ("minimum", "words"),
    [
        ({"x": 0.0}, "a number for each of x, y"),
        (0.0, "a number for each of x, y"),
        ({"x": 5.0, "y": 0.0}, "x = 5.0"),
        ({"x": np.nan, "y": 0.0}, "minimum of x must be a finite number"),
    ],
)
def test_bad_minimum(minimum, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(errors.FokkerError, match=words):
        descent_problem(lambda x, y: (x, y), 1.0, 0.1, domain=BOX, minimum=minimum)

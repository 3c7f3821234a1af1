"""Tails in the plane: against detailed balance, against the second moments, and against simulation-free limits."""

import numpy as np
import pytest

from fokker.errors import DimensionError, MomentError
from fokker.theory import multivariate_power_law, planar_tail, shared_noise
from fokker.theory.codiagonal_noise import codiagonal
from fokker.theory.shared_noise import SharedNoise

H = np.array([[2.0, 0.5], [0.5, 1.0]])


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("sigma_g", [1.5 * np.eye(2), 0.3 * H + np.eye(2)])
def test_detailed_balance(sigma_g: np.ndarray, alpha: float) -> None:
    law = SharedNoise.theorem4(H, sigma_g, 0.5, 4.0)
    exact = multivariate_power_law.tail_index(law, alpha)
    assert planar_tail.tail_index(law, alpha) == pytest.approx(exact, rel=1e-11)


@pytest.mark.parametrize("eta", [0.3, 0.5, 0.6, 0.65, 0.7, 0.8])
def test_second_moments_exist_above_two(eta: float) -> None:
    law = codiagonal((1.0, 3.0), (1.0, 1.0), (1.0, 1.0), eta)
    if planar_tail.tail_index(law, alpha=1) > 2:
        assert np.all(np.diag(shared_noise.second_moments(law, 1)) > 0)
    else:
        with pytest.raises(MomentError):
            shared_noise.second_moments(law, 1)


def test_rate_of_second_order_is_that_of_the_moment_equation() -> None:
    """r^2 f(theta) with two harmonics is a quadratic form, on which the generator is a 3 x 3 matrix."""
    law = SharedNoise.theorem4(H, np.diag([1.0, 3.0]), 0.5, 4.0)
    eta, drift = law.learning_rate, law.curvature - law.learning_rate * law.sigma_g @ law.form
    one = np.eye(2)
    operator = eta * np.outer(law.sigma_g.ravel(), law.form.ravel()) - np.kron(drift, one) - np.kron(one, drift)
    top = np.linalg.eigvals(operator).real.max()
    assert planar_tail.moment_rate(2.0, law, alpha=1) == pytest.approx(top, rel=1e-12)


def test_zeroth_moment_is_conserved_and_the_rate_is_convex() -> None:
    law = codiagonal((1.0, 3.0), (1.0, 2.0), (0.5, 1.0), 0.4)
    rates = [planar_tail.moment_rate(nu, law, alpha=1) for nu in np.linspace(0, 8, 17)]
    assert rates[0] == pytest.approx(0.0, abs=1e-12)
    assert np.all(np.diff(rates, 2) > 0)


def test_bad_input() -> None:
    with pytest.raises(DimensionError, match="plane"):
        planar_tail.tail_index(SharedNoise(np.eye(3), np.eye(3), np.eye(3), 0.1), 1)

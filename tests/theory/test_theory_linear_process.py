"""Linear steady states: covariance, current, entropy production and turns, against other formulas."""

import numpy as np
import pytest

from fokker.errors import FokkerError
from fokker.theory import linear_process as linear

PRINTED_A, PRINTED_D = np.array([[1.5, -2.0], [1.0, 1.0]]), np.array([[1.0, 0.3], [0.3, 0.5]])


def random_case(dimension, seed):
    """Return a stable rate matrix and a regular noise matrix."""
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(dimension, dimension))
    a += (0.5 - np.linalg.eigvals(a).real.min()) * np.eye(dimension)
    root = rng.normal(size=(dimension, dimension))
    return a, root @ root.T + 0.1 * np.eye(dimension)


def test_printed_case(agrees) -> None:
    s = linear.covariance(PRINTED_A, PRINTED_D)
    np.testing.assert_allclose(s, [[0.88, 0.16], [0.16, 0.34]], rtol=1e-14)
    u = np.linalg.inv(s)
    assert agrees(u[0, 0], "1.24269005848")
    assert agrees(u[0, 1], "-0.58479532164")
    assert agrees(u[1, 1], "3.21637426901")
    q = linear.irreversible(PRINTED_A, PRINTED_D)
    assert q[0, 1] == pytest.approx(-0.74, rel=1e-14)
    assert agrees(linear.entropy_production(PRINTED_A, PRINTED_D), "3.3390243902439")
    np.testing.assert_allclose((PRINTED_D + q) @ u, PRINTED_A, rtol=1e-13)


@pytest.mark.parametrize("dimension", [1, 2, 3, 5])
@pytest.mark.parametrize("seed", range(4))
def test_against_other_formulas(dimension, seed) -> None:
    a, d = random_case(dimension, seed)
    s = linear.covariance(a, d)
    one = np.eye(dimension)
    by_kronecker = np.linalg.solve(np.kron(a, one) + np.kron(one, a), 2 * d.ravel()).reshape(s.shape)
    np.testing.assert_allclose(s, by_kronecker, atol=1e-12 * np.abs(s).max())
    production = np.trace(a.T @ np.linalg.solve(d, a) @ s) - np.trace(a)
    assert linear.entropy_production(a, d) == pytest.approx(production, abs=1e-11 * np.abs(a).max() ** 2)
    w = linear.current_matrix(a, d)
    np.testing.assert_allclose(w, d @ np.linalg.inv(s) - a, atol=1e-11)  # b - D grad ln p, over x
    assert abs(np.trace(w)) < 1e-11
    if dimension == 1:
        assert linear.entropy_production(a, d) == 0.0


def test_rotating(agrees) -> None:
    a = linear.rotating(0.7, -1.3)
    np.testing.assert_allclose(linear.covariance(a, 0.2 * np.eye(2)), 0.2 / 0.7 * np.eye(2), atol=1e-15)
    assert linear.entropy_production(a, 0.2 * np.eye(2)) == pytest.approx(2 * 1.3**2 / 0.7, rel=1e-13)
    assert linear.entropy_production(a, 20.0 * np.eye(2)) == pytest.approx(2 * 1.3**2 / 0.7, rel=1e-13)
    assert linear.turning(a, 0.2 * np.eye(2)) == pytest.approx(-1.3 / (2 * np.pi), rel=1e-13)


def test_turning_is_the_flux_across_a_ray() -> None:
    w = linear.current_matrix(PRINTED_A, PRINTED_D)
    r, h = np.linspace(0, 15, 6001, retstep=True)
    for angle in (0.0, 0.6, 2.0):
        way = np.array([np.cos(angle), np.sin(angle)])
        normal = np.array([-way[1], way[0]])
        flux = r * (normal @ w @ way) * np.exp(linear.log_density(r[:, None] * way, PRINTED_A, PRINTED_D))
        simpson = h / 3 * (flux[0] + 4 * flux[1::2].sum() + 2 * flux[2:-1:2].sum() + flux[-1])
        assert linear.turning(PRINTED_A, PRINTED_D) == pytest.approx(simpson, rel=1e-10)


@pytest.mark.parametrize(("k", "c", "hot", "cold"), [(1.0, 1.0, 2.0, 1.0), (0.3, 2.0, 0.5, 4.0), (1.0, -0.2, 1.0, 3.0)])
def test_two_temperatures(k, c, hot, cold) -> None:
    a, d = np.array([[k + c, -c], [-c, k + c]]), np.diag([hot, cold])
    state = linear.two_temperatures(k, c, hot, cold)
    np.testing.assert_allclose(state.covariance, linear.covariance(a, d), rtol=1e-13)
    assert state.entropy_production == pytest.approx(linear.entropy_production(a, d), rel=1e-12)
    assert state.turning == pytest.approx(linear.turning(a, d), rel=1e-12)


def test_density_is_normalised() -> None:
    x, h = np.linspace(-8, 8, 401, retstep=True)
    points = np.stack(np.meshgrid(x, x, indexing="ij"), axis=-1)
    p = np.exp(linear.log_density(points, PRINTED_A, PRINTED_D))
    assert p.sum() * h * h == pytest.approx(1.0, rel=1e-12)


def test_noise_in_one_direction_has_a_covariance_and_no_simple_entropy_production() -> None:
    """A particle with a velocity, friction 0.5, temperature 0.2, in a harmonic well of curvature 3."""
    a, d = [[0.0, -1.0], [3.0, 0.5]], [[0.0, 0.0], [0.0, 0.1]]
    np.testing.assert_allclose(linear.covariance(a, d), np.diag([0.2 / 3, 0.2]), atol=1e-15)
    with pytest.raises(FokkerError, match="every direction"):
        linear.entropy_production(a, d)


def test_bad_input() -> None:
    with pytest.raises(FokkerError, match="no stationary state"):
        linear.covariance([[1, 0], [0, -1]], np.eye(2))
    with pytest.raises(FokkerError, match="square"):
        linear.covariance([[1, 0], [0, 1]], np.eye(3))
    with pytest.raises(FokkerError, match="semi-definite"):
        linear.covariance(np.eye(2), [[1, 2], [2, 1]])
    with pytest.raises(FokkerError, match="plane"):
        linear.turning(np.eye(3), np.eye(3))
    with pytest.raises(FokkerError, match="one number a dimension"):
        linear.log_density([1.0, 2.0, 3.0], np.eye(2), np.eye(2))

"""The one-ReLU network: its covariance by quadrature, its force by differences, its moments by the generator."""

import numpy as np
import pytest
from scipy.integrate import quad

from fokker.errors import FokkerError
from fokker.theory import relu_unit as unit


@pytest.mark.parametrize("bias", [-1.3, -0.7, 0.0, 0.6, 1.0, 1.8])
def test_covariance_by_quadrature(bias: float) -> None:
    v = -0.8
    kink = [min(max(-bias, -1.0), 1.0)]

    def mean(function) -> float:
        return quad(lambda x: function(max(x + bias, 0.0), v * (x + bias > 0)) / 2, -1, 1, points=kink)[0]

    exact = [[mean(lambda a, s: a * a), mean(lambda a, s: a * s)], [mean(lambda a, s: a * s), mean(lambda a, s: s * s)]]
    np.testing.assert_allclose(unit.covariance(v, bias), exact, rtol=1e-12, atol=1e-15)


def test_degenerate_where_the_unit_dies_and_at_zero_weight() -> None:
    v, b = 0.7, -0.2
    assert np.linalg.det(unit.covariance(v, b)) == pytest.approx(v**2 * (1 + b) ** 4 / 48, rel=1e-12)
    assert not unit.covariance(v, -1.0).any()
    assert np.linalg.matrix_rank(unit.covariance(0.0, b)) == 1


def test_force_by_differences() -> None:
    assert np.allclose(unit.force(0.7, -0.2), (-0.14, -0.2025), rtol=1e-14)
    v, b, h = -0.4, 0.3, 1e-5
    along = [(unit.covariance(v + s, b + t) - unit.covariance(v - s, b - t)) / (2 * h) for s, t in ((h, 0), (0, h))]
    np.testing.assert_allclose(unit.force(v, b), [-0.5 * (along[0][i, 0] + along[1][i, 1]) for i in (0, 1)], rtol=1e-9)


def test_generator_by_differences() -> None:
    v, b, h = 0.6, 0.2, 1e-4
    polynomial = {(2, 1): 1.5, (1, 3): -0.5, (0, 2): 2.0}

    def at(table, s=0.0, t=0.0):
        return sum(f * (v + s) ** a * (1 + b + t) ** c for (a, c), f in table.items())

    c = unit.covariance(v, b)
    second = (at(polynomial, h) - 2 * at(polynomial) + at(polynomial, -h)) / h**2
    third = (at(polynomial, 0, h) - 2 * at(polynomial) + at(polynomial, 0, -h)) / h**2
    cross = (at(polynomial, h, h) - at(polynomial, h, -h) - at(polynomial, -h, h) + at(polynomial, -h, -h)) / (
        4 * h * h
    )
    expected = 0.5 * (c[0, 0] * second + 2 * c[0, 1] * cross + c[1, 1] * third)
    assert at(unit.apply_generator(polynomial)) == pytest.approx(expected, rel=1e-6)


def test_means_are_conserved_and_v_grows() -> None:
    assert unit.activation_moment(0.5, 0.0, 0.7, power=1) == (1.0, 0.0)
    assert unit.apply_generator({(1, 0): 1.0}) == {}
    start, first = unit.second_moment(0.5, 0.0, 0.0, terms=1), unit.second_moment(0.5, 0.0, 1e-3, terms=1)
    assert start.value == 0.25
    assert (first.value - 0.25) / 1e-3 == pytest.approx(unit.covariance(0.5, 0.0)[0, 0], rel=1e-12)


def test_series_against_a_coarse_simulation() -> None:
    """Weak Euler steps of the Ito equation."""
    rng = np.random.default_rng(5)
    n, steps, tau = 40_000, 100, 0.5
    v, b = np.full(n, 0.5), np.zeros(n)
    for _ in range(steps):
        c = unit.covariance(v, b) * tau / steps
        first = np.sqrt(c[0, 0])
        cross = np.divide(c[0, 1], first, out=np.zeros(n), where=first > 0)
        rest = np.sqrt(np.maximum(c[1, 1] - cross**2, 0))
        z = rng.standard_normal((2, n))
        v, b = v + first * z[0], b + cross * z[0] + rest * z[1]
    for values, series in (
        (v**2, unit.second_moment(0.5, 0.0, tau)),
        ((1 + b) ** 2, unit.activation_moment(0.5, 0.0, tau, 2)),
        (v * (1 + b), unit.cross_moment(0.5, 0.0, tau)),
    ):
        error = float(values.std()) / np.sqrt(n)
        assert values.mean() == pytest.approx(series.value, abs=4 * error + series.last_term)


def test_refusals() -> None:
    with pytest.raises(FokkerError, match="active on a part"):
        unit.force(0.5, 1.2)
    with pytest.raises(FokkerError, match="active on a part"):
        unit.second_moment(0.5, -1.0, 0.5)
    with pytest.raises(FokkerError, match="time"):
        unit.second_moment(0.5, 0.0, -0.5)

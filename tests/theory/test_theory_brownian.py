"""Brownian exit from balls and shells."""

import numpy as np
import pytest
from scipy.special import jv

from fokker.errors import FokkerError
from fokker.theory import brownian


def test_printed_numbers(agrees) -> None:
    second = [brownian.ball_second_moment(0.0, 1.0, d) for d in (1, 2, 3)]
    assert second == pytest.approx([5 / 12, 3 / 32, 7 / 180], rel=1e-15)
    assert agrees(brownian.ball_slowest_rate(1.0, 2), "5.7831859629468")
    assert brownian.ball_slowest_rate(1.0, 1) == pytest.approx(np.pi**2 / 4, rel=1e-15)
    assert brownian.ball_slowest_rate(1.0, 3) == pytest.approx(np.pi**2, rel=1e-15)
    assert agrees(brownian.shell_mean(2.0, 1.0, 3.0, 2), "2.3691623125198")
    assert brownian.shell_mean(2.0, 1.0, 3.0, 3) == pytest.approx(4.0, rel=1e-15)


@pytest.mark.parametrize("d", [1, 2, 3, 5])
def test_their_equations(d) -> None:
    h, r, noise = 1e-3, 0.6, 0.7

    def laplacian(f):
        return (f(r + h) - 2 * f(r) + f(r - h)) / h**2 + (d - 1) / r * (f(r + h) - f(r - h)) / (2 * h)

    assert noise * laplacian(lambda q: brownian.ball_mean(q, 2.0, d, noise)) == pytest.approx(-1, abs=1e-8)
    second = noise * laplacian(lambda q: brownian.ball_second_moment(q, 2.0, d, noise))
    assert second == pytest.approx(-2 * brownian.ball_mean(r, 2.0, d, noise), rel=1e-5)
    assert noise * laplacian(lambda q: brownian.shell_mean(q, 0.3, 2.0, d, noise)) == pytest.approx(-1, abs=1e-3)
    assert brownian.shell_mean(0.3, 0.3, 2.0, d) == 0.0
    slope = brownian.shell_mean(2.0, 0.3, 2.0, d) - brownian.shell_mean(2.0 - 1e-4, 0.3, 2.0, d)
    assert slope == pytest.approx(0.0, abs=1e-7)


def test_slowest_rate_has_an_eigenfunction_that_vanishes_at_the_wall() -> None:
    for d in range(1, 7):
        wave = np.sqrt(brownian.ball_slowest_rate(2.0, d, 0.7) / 0.7)
        assert jv(d / 2 - 1, 2.0 * wave) == pytest.approx(0.0, abs=1e-14)
        assert np.all(jv(d / 2 - 1, np.linspace(0.1, 1.99, 50) * wave) > 0)


def test_shapes_and_bad_input() -> None:
    assert np.shape(brownian.ball_mean([0.0, 0.5], [[1.0], [2.0]], 2)) == (2, 2)
    with pytest.raises(FokkerError, match="outside"):
        brownian.ball_mean(2.0, 1.0, 2)
    with pytest.raises(FokkerError, match="outside"):
        brownian.shell_mean(0.5, 1.0, 3.0, 2)
    with pytest.raises(FokkerError, match="whole number"):
        brownian.ball_mean(0.0, 1.0, 0)

"""First passage of the Ornstein-Uhlenbeck process."""

import numpy as np
import pytest
from scipy.integrate import quad

from fokker.errors import FokkerError
from fokker.theory import ornstein_uhlenbeck as ou
from fokker.theory import passage

TABLE = [
    (0, 1, "2.09340664967832", "10.2243792033", "0.360453109469599"),
    (-1, 2, "11.3303174106488", "234.502379878", "0.0362248933209767"),
    (0, 3, "86.9316198988883", "14981.4874358", "0.00556200641062677"),
]


@pytest.mark.parametrize("row", TABLE)
def test_printed_numbers(row, agrees) -> None:
    x, b, mean, second, transform = row
    assert agrees(ou.mean_time(x, b), mean, slack=3e-15)
    assert agrees(ou.mean_time_mp(x, b), mean)
    assert agrees(ou.second_moment(x, b), second)
    assert agrees(ou.laplace_transform(1.0, x, b), transform)


def test_siegert_and_two_sided(agrees) -> None:
    assert agrees(ou.siegert(-1, 2, mean=0, sigma=np.sqrt(2)), "11.3303174106488", slack=3e-15)
    assert ou.siegert(-1, 2, 0.3, 1.7, tau=0.02) == pytest.approx(
        0.02 * ou.mean_time(-1.3, 1.7, diffusion=1.7**2 / 2), rel=1e-13
    )
    assert agrees(ou.two_sided_mean(1.0), "0.595749318512758")
    assert ou.two_sided_laplace(1.0, 1.0) == pytest.approx(np.exp(-0.5), rel=1e-15)
    small = 1e-5
    assert (1 - ou.two_sided_laplace(small, 1.0)) / small == pytest.approx(ou.two_sided_mean(1.0), rel=1e-4)


@pytest.mark.parametrize(("x", "b"), [(-6.0, -2.0), (-1.0, 0.5), (0.0, 6.0)])
def test_against_double_quadrature(x, b) -> None:
    theta, d = 0.7, 0.2
    exact = passage.mean_time(lambda y: theta * y**2 / (2 * d), x, b, diffusion=d)
    assert ou.mean_time(x, b, rate=theta, diffusion=d) == pytest.approx(exact, rel=1e-12)


def test_second_moment_by_its_own_integral() -> None:
    """E tau^2 = 2 int_x^b dy e^(y^2/2) int_{-inf}^y e^(-z^2/2) E_z tau dz."""

    def inner(y):
        return quad(lambda z: np.exp((y * y - z * z) / 2) * ou.mean_time(z, 1.0), -9, y, epsabs=1e-12, limit=200)[0]

    assert ou.second_moment(0.0, 1.0) == pytest.approx(2 * quad(inner, 0, 1, epsabs=1e-10)[0], rel=1e-9)


def test_scales() -> None:
    assert ou.second_moment(0, 0.5, rate=4, diffusion=1) == pytest.approx(ou.second_moment(0, 1) / 16, rel=1e-12)
    assert ou.laplace_transform(4.0, 0, 0.5, rate=4) == pytest.approx(ou.laplace_transform(1.0, 0, 1), rel=1e-14)
    assert ou.laplace_transform(0.0, 0, 1) == 1.0
    assert ou.mean_time(1.0, 1.0) == 0.0


def test_bad_input() -> None:
    with pytest.raises(FokkerError, match="starts below"):
        ou.mean_time(1.0, 0.0)
    with pytest.raises(FokkerError, match="mean_time_mp"):
        ou.mean_time(0.0, 40.0)
    with pytest.raises(FokkerError, match="s must not be negative"):
        ou.laplace_transform(-1.0, 0.0, 1.0)
    with pytest.raises(FokkerError, match="rate"):
        ou.mean_time(0.0, 1.0, rate=0.0)

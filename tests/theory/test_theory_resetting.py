"""Searchers that start again, against Laplace transforms in many digits."""

import mpmath
import numpy as np
import pytest

from fokker.errors import FokkerError
from fokker.theory import resetting


def transform(s, r, length, d):
    """E exp(-s tau) by renewal: a search of exponential length, then another."""
    alone = mpmath.exp(-length * mpmath.sqrt((s + r) / d))
    return (s + r) * alone / (s + r * alone)


@pytest.mark.parametrize(("r", "length", "d"), [(1.0, 1.0, 1.0), (0.07, 2.5, 0.4), (9.0, 0.8, 3.0)])
def test_moments_of_the_transform(r, length, d):
    with mpmath.workdps(40):
        first, second = (mpmath.diff(lambda s: transform(s, r, length, d), mpmath.mpf(0), n) for n in (1, 2))
        mean, variance = float(-first), float(second - first**2)
    assert resetting.mean_time(r, length, d) == pytest.approx(mean, rel=1e-13)
    assert resetting.variance(r, length, d) == pytest.approx(variance, rel=1e-13)


def test_the_best_rate(agrees):
    z = resetting.best_parameter()
    assert agrees(z, "1.59362")  # Evans and Majumdar 2011
    assert abs(z / 2 - 1 + np.exp(-z)) < 1e-15
    best = resetting.best_rate(2.0, 3.0)
    times = resetting.mean_time(best * np.array([0.99, 1.0, 1.01]), 2.0, 3.0)
    assert times[1] < times[0]
    assert times[1] < times[2]
    # at the best rate the scatter of the time is its mean (Reuveni 2016)
    assert resetting.variance(best, 2.0, 3.0) == pytest.approx(times[1] ** 2, rel=1e-14)


@pytest.mark.parametrize(("r", "length", "radius"), [(4.0, 1.5, 0.5), (0.3, 4.0, 1.0)])
def test_the_disc_solves_its_equation(r, length, radius):
    """T'' + T'/L - r T + r T(start) + 1 = 0 in the start L of one search, zero on the rim."""
    with mpmath.workdps(40):
        home = mpmath.mpf(resetting.mean_time_disc(r, length, radius))
        a = mpmath.sqrt(r)

        def time(x):
            return (1 / mpmath.mpf(r) + home) * (1 - mpmath.besselk(0, a * x) / mpmath.besselk(0, a * radius))

        x = mpmath.mpf(1.7)
        left = mpmath.diff(time, x, 2) + mpmath.diff(time, x) / x - r * time(x) + r * home + 1
        assert abs(left) < 1e-13 * r * home
        assert abs(time(length) / home - 1) < 1e-13


def test_laplace_is_normalised():
    with mpmath.workdps(20):
        total = 2 * mpmath.quad(lambda x: resetting.stationary_density(float(x), 3.0, 0.5), [0, 1, 4, 20])
    assert total == pytest.approx(1, rel=1e-12)


def test_bad_input():
    with pytest.raises(FokkerError, match="without it"):
        resetting.mean_time(0.0)
    with pytest.raises(FokkerError, match="within the target"):
        resetting.mean_time_disc(1.0, 1.0, 2.0)

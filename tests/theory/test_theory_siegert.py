"""Siegert's rate and the law of the potential, against quadrature in many digits and printed numbers."""

import mpmath
import numpy as np
import pytest

from fokker.errors import FokkerError
from fokker.theory import passage, siegert


@pytest.mark.parametrize(("low", "high", "printed"), [(0.0, 1.0, "2.09340664967832"), (-1.0, 2.0, "11.3303174106488")])
def test_ornstein_uhlenbeck_times(agrees, low, high, printed):
    assert agrees(siegert.mean_interval(0.0, 2**0.5, high, low), printed)


@pytest.mark.parametrize("drive", [-60.0, 5.0, 14.0, 20.0, 30.0, 200.0])
def test_against_quadrature(drive):
    with mpmath.workdps(25):
        low, high = (mpmath.mpf(10) - drive) / 5, (mpmath.mpf(20) - drive) / 5
        stops = mpmath.linspace(low, high, 5)
        exact = mpmath.sqrt(mpmath.pi) * mpmath.mpf("0.02") * mpmath.quad(
            lambda u: mpmath.exp(u * u) * mpmath.erfc(-u), stops
        )  # fmt: skip
    found = siegert.mean_interval(drive, 5.0, 20.0, 10.0, 0.02)
    assert found == pytest.approx(float(exact), rel=1e-12)
    assert siegert.rate(drive, 5.0, 20.0, 10.0, 0.02, 0.002) == pytest.approx(1 / (0.002 + float(exact)), rel=1e-12)


def test_the_double_quadrature_agrees():
    found = passage.mean_time(lambda x: (x - 0.4) ** 2 / 1.3, 0.0, 1.0, diffusion=0.65)
    assert siegert.mean_interval(0.4, 1.3**0.5) == pytest.approx(found, rel=1e-12)


@pytest.mark.parametrize("drive", [5.0, 20.0, 40.0])
def test_the_density_is_normalised_and_carries_the_rate(drive):
    arguments = (drive, 5.0, 20.0, 10.0)
    nodes, weights = np.polynomial.legendre.leggauss(60)
    total, low = 0.0, min(drive, 10.0) - 45.0
    for a, b in ((low, (low + 10) / 2), ((low + 10) / 2, 10.0), (10.0, 15.0), (15.0, 20.0)):
        v = (a + b) / 2 + (b - a) / 2 * nodes
        total += (b - a) / 2 * float(weights @ siegert.density(v, *arguments))
    assert total == pytest.approx(1, abs=1e-12)
    # above the reset the flux -(v - mu) p - sigma^2/2 p' (times 1/tau) is the rate
    v, h = 16.0, 1e-3
    p = siegert.density(np.array([v - 2 * h, v - h, v, v + h, v + 2 * h]), *arguments)
    slope = (p[0] - 8 * p[1] + 8 * p[3] - p[4]) / (12 * h)
    flux = (drive - v) * p[2] - 12.5 * slope
    assert flux * siegert.mean_interval(*arguments) == pytest.approx(1, abs=1e-8)


def test_bad_input():
    with pytest.raises(FokkerError, match="beyond its threshold"):
        siegert.rate(0.0, reset=1.0)
    with pytest.raises(FokkerError, match="too large for a double"):
        siegert.mean_interval(-30.0)
    with pytest.raises(FokkerError, match="refractory"):
        siegert.rate(0.0, refractory=-1.0)

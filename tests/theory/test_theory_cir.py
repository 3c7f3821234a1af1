"""Hitting times of the square-root process."""

import mpmath as mp
import pytest

from fokker.errors import FokkerError
from fokker.theory import cir

UNIT = {"rate": 1.0, "volatility": 2**0.5}


@pytest.mark.parametrize(("nu", "y", "b"), [(0.5, 0.2, 3), (2, 0, 10), (1, 0.1, 50), (0.01, 0.3, 0.5), (4, 1, 500)])
def test_up(nu, y, b) -> None:
    # the integral term by term: (z / nu) 2F2(1, 1; 2, nu + 1; z)
    def primitive(z):
        return mp.mpf(z) / nu * mp.hyp2f2(1, 1, 2, nu + 1, z)

    with mp.workdps(30):
        exact = primitive(b) - primitive(y)
    assert cir.time_up(y, b, mean=nu, **UNIT) == pytest.approx(float(exact), rel=1e-12)


@pytest.mark.parametrize(
    ("nu", "y", "b"), [(0.5, 3, 0), (2, 10, 0.01), (1, 0.1, 0.05), (0.9, 1, 0), (0, 1, 0), (0.01, 2, 0), (0.2, 500, 0)]
)
def test_down(nu, y, b) -> None:
    with mp.workdps(30):
        n = mp.mpf(nu)
        # in t = z^(1 - nu) the power at zero is gone
        power = 1 / (1 - n) if nu < 1 else mp.mpf(1)

        def integrand(t):
            z = t**power
            return mp.exp(z) * z**-n * mp.gammainc(n, z) * power * z / t

        low, high = mp.mpf(b) ** (1 / power), mp.mpf(y) ** (1 / power)
        places = [low, *(high * mp.mpf(10) ** -k for k in range(8, -1, -1) if high * mp.mpf(10) ** -k > low)]
        exact = mp.quad(integrand, places)
    assert cir.time_down(y, b, mean=nu, **UNIT) == pytest.approx(float(exact), rel=1e-12)


@pytest.mark.parametrize(("nu", "y", "b"), [(0.5, 0.3, 3), (0, 1, 2), (0.9, 1e-5, 10), (0.2, 19, 20)])
def test_exit(nu, y, b) -> None:
    with mp.workdps(25):
        n, start = mp.mpf(nu), mp.mpf(y)

        def scale(z):
            return z ** (1 - n) * mp.hyp1f1(1 - n, 2 - n, z) / (1 - n)

        def speed(z):
            return mp.exp(-z) * z ** (n - 1)

        below = mp.quad(lambda z: scale(z) * speed(z), [0, start])
        places = [start, *(v for v in (10 * start, 1e3 * start, 1e5 * start) if v < b), mp.mpf(b)]
        above = mp.quad(lambda z: (scale(b) - scale(z)) * speed(z), places)
        exact = ((scale(b) - scale(start)) * below + scale(start) * above) / scale(b)
    assert cir.exit_time(y, b, mean=nu, **UNIT) == pytest.approx(float(exact), rel=1e-12)


def test_units_and_composition() -> None:
    # x -> c x with theta -> c theta, sigma -> sqrt(c) sigma; t -> t / k
    plain = cir.time_down(3.0, 0.2, mean=0.7, **UNIT)
    assert cir.time_down(6.0, 0.4, rate=5.0, mean=1.4, volatility=20**0.5) == pytest.approx(plain / 5, rel=1e-13)
    parts = cir.time_up(0.0, 1.0, mean=0.7, **UNIT) + cir.time_up(1.0, 4.0, mean=0.7, **UNIT)
    assert cir.time_up(0.0, 4.0, mean=0.7, **UNIT) == pytest.approx(parts, rel=1e-13)
    parts = cir.time_down(4.0, 1.0, mean=0.7, **UNIT) + cir.time_down(1.0, 0.0, mean=0.7, **UNIT)
    assert cir.time_down(4.0, 0.0, mean=0.7, **UNIT) == pytest.approx(parts, rel=1e-13)


def test_zero_is_out_of_reach_under_fellers_condition() -> None:
    assert cir.time_down(1.0, 0.0, mean=1.0, **UNIT) == float("inf")
    assert cir.time_down(0.0, 0.0, mean=1.0, **UNIT) == 0.0
    # the time diverges like 1/(1 - nu)
    assert 1e-6 * cir.time_down(1.0, 0.0, mean=1 - 1e-6, **UNIT) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: cir.time_up(2.0, 1.0, mean=1.0, **UNIT), "above the start"),
        (lambda: cir.time_down(1.0, 2.0, mean=1.0, **UNIT), "below the start"),
        (lambda: cir.exit_time(1.0, 2.0, mean=1.0, **UNIT), "never reached"),
        (lambda: cir.exit_time(3.0, 2.0, mean=0.5, **UNIT), "above the start"),
        (lambda: cir.time_up(0.0, 1.0, mean=0.0, **UNIT), "absorbs"),
        (lambda: cir.time_up(0.0, 1e4, mean=1.0, **UNIT), "too far"),
        (lambda: cir.time_up(-1.0, 1.0, mean=1.0, **UNIT), "negative"),
        (lambda: cir.feller_number(1.0, 1.0, 0.0), "positive"),
    ],
)
def test_bad_input(call, words) -> None:
    with pytest.raises(FokkerError, match=words):
        call()

"""Fixation, absorption and loss of an allele."""

import math

import mpmath as mp
import numpy as np
import pytest

from fokker.errors import FokkerError
from fokker.theory import wright_fisher as wf

STARTS = [1e-6, 0.1, 0.5, 0.8, 0.999]


@pytest.mark.parametrize("x", STARTS)
@pytest.mark.parametrize("s", [-20.0, -1.0, 1e-3, 3.0, 40.0])
def test_kimura_and_ohta(s, x) -> None:
    """Without mutation the scale is elementary and the time two integrals."""
    exact = mp.expm1(-2 * s * x) / mp.expm1(-2 * s)
    assert wf.fixation_probability(x, s) == pytest.approx(float(exact), rel=1e-12)
    with mp.workdps(60):
        whole, here = -mp.expm1(-2 * mp.mpf(s)), -mp.expm1(-2 * mp.mpf(s) * x)
        # int S m from 0, and int (S1 - S) m towards 1: in ln z up to a half, then in w = 1 - z
        below = mp.quad(lambda z: mp.expm1(2 * s * z) / (z * (1 - z)) / (2 * s), mp.linspace(0, min(x, 0.5), 5))
        above = mp.quad(lambda w: -mp.expm1(-2 * s * w) / (w * (1 - w)) / (2 * s), mp.linspace(0, min(1 - x, 0.5), 5))
        if x < 0.5:
            above += mp.quad(
                lambda t: -mp.expm1(2 * s * (mp.exp(t) - 1)) / (1 - mp.exp(t)) / (2 * s),
                mp.linspace(mp.log(x), mp.log(0.5), 16),
            )
        if x > 0.5:
            below += mp.quad(
                lambda t: mp.expm1(2 * s * (1 - mp.exp(t))) / (1 - mp.exp(t)) / (2 * s),
                mp.linspace(mp.log(1 - mp.mpf(x)), mp.log(0.5), 16),
            )
        time = 2 * ((whole - here) * below + here * above) / whole
    assert wf.absorption_time(x, s) == pytest.approx(float(time), rel=1e-12)


@pytest.mark.parametrize("x", STARTS)
def test_neutral(x) -> None:
    assert wf.fixation_probability(x) == pytest.approx(x, rel=1e-13)
    time = -2 * (x * math.log(x) + (1 - x) * math.log1p(-x))
    assert wf.absorption_time(x) == pytest.approx(time, rel=1e-12)


@pytest.mark.parametrize(("a", "b"), [(0.0, 0.4), (0.5, 0.2), (0.9, 0.9), (1e-4, 0.0)])
def test_mutation_alone_is_an_incomplete_beta_function(a, b) -> None:
    def scale(x, y):
        return mp.betainc(1 - a, 1 - b, x, y)

    whole = scale(0, 1)
    for x in (0.01, 0.4, 0.95):
        assert wf.fixation_probability(x, 0.0, a, b) == pytest.approx(float(scale(0, x) / whole), rel=1e-12)

    def speed(z):
        return z ** (a - 1) * (1 - z) ** (b - 1)

    below = mp.quad(lambda z: scale(0, z) * speed(z), [0, 0.2])
    above = mp.quad(lambda z: scale(z, 1) * speed(z), [0.2, 0.5, 1])
    exact = 2 * (scale(0.2, 1) * below + scale(0, 0.2) * above) / whole
    assert wf.absorption_time(0.2, 0.0, a, b) == pytest.approx(float(exact), rel=1e-11)


@pytest.mark.parametrize(("a", "b"), [(0.3, 0.4), (0.5, 1.0), (0.2, 3.0)])
def test_loss_by_mutation_alone(a, b) -> None:
    def inner(y):
        return (1 - y) ** -b * mp.betainc(a, b, y, 1)

    for x in (0.05, 0.7):
        # y = t^(1 / (1 - a)) removes the power of the scale
        top = x ** (1 - a)
        exact = 2 * mp.quad(lambda t: inner(t ** (1 / (1 - mp.mpf(a)))), mp.linspace(0, top, 4)) / (1 - a)
        assert wf.loss_time(x, 0.0, a, b) == pytest.approx(float(exact), rel=1e-9)


@pytest.mark.parametrize(("s", "a", "b"), [(3.0, 0.0, 0.0), (-4.0, 0.3, 0.8), (1.5, 0.9, 0.1)])
def test_the_backward_equation(s, a, b) -> None:
    """x (1 - x)/2 T'' + drift T' = -1, and 0 for the probability, across the middle where the two halves meet."""
    h = 2e-3
    functions = {0.0: wf.fixation_probability, -1.0: wf.absorption_time}
    if b > 0.0:
        functions = {**functions, -1.0: lambda *v: wf.loss_time(*v)}
    for right, function in functions.items():
        for x in (0.2, 0.499, 0.5, 0.502, 0.8):
            f = [function(x + k * h, s, a, b) for k in range(-2, 3)]
            first = (f[0] - 8 * f[1] + 8 * f[3] - f[4]) / (12 * h)
            second = (-f[0] + 16 * f[1] - 30 * f[2] + 16 * f[3] - f[4]) / (12 * h * h)
            drift = s * x * (1 - x) + (a * (1 - x) - b * x) / 2
            # fourth-order differences of values with some 1e-14 of rounding, which h^2 magnifies
            assert x * (1 - x) / 2 * second + drift * first == pytest.approx(right, abs=1e-7 + 1e-14 * 5 / h**2 * f[2])


def test_symmetry_and_ends() -> None:
    for x in (0.0, 1e-4, 0.3, 0.5, 1.0):
        assert wf.fixation_probability(x, 2.0, 0.1, 0.6) == pytest.approx(
            1 - wf.fixation_probability(1 - x, -2.0, 0.6, 0.1), abs=1e-15
        )
        assert wf.absorption_time(x, 2.0, 0.1, 0.6) == pytest.approx(
            wf.absorption_time(1 - x, -2.0, 0.6, 0.1), rel=1e-12
        )
    assert wf.absorption_time(0.0) == wf.absorption_time(1.0) == wf.loss_time(0.0) == 0.0
    assert wf.loss_time(1.0, loss=1.0) == pytest.approx(np.pi**2 / 3, rel=1e-14)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: wf.fixation_probability(1.1), "share"),
        (lambda: wf.fixation_probability(0.1, 60.0), "too strong"),
        (lambda: wf.absorption_time(0.1, gain=1.0), "never reaches 0"),
        (lambda: wf.absorption_time(0.1, loss=2.0), "never reaches 1"),
        (lambda: wf.loss_time(0.1, loss=0.0), "brings the frequency back"),
        (lambda: wf.loss_time(0.1, loss=-1.0), "negative"),
    ],
)
def test_bad_input(call, words) -> None:
    with pytest.raises(FokkerError, match=words):
        call()

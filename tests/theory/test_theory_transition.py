"""The transition density with nu = 2: the table TD-1, mass, equation, composition."""

from itertools import pairwise

import mpmath as mp
import numpy as np
import pytest
from scipy.integrate import quad

from fokker.errors import FokkerError
from fokker.theory import moment_dynamics, pearson, transition
from fokker.theory.power_law import PowerLaw

LAW = PowerLaw.from_kappa(1.5, eps=2.0, curvature=3.0)
TD1 = [
    (0, "0.979810706348392", "0.583315470587686", "0.504245351308415", "0.5"),
    (0.5, "0.433812218079531", "0.397368503299133", "0.360225332044432", "0.357770876399966"),
    (1, "0.0677780242786439", "0.173482755121317", "0.177218337590623", "0.176776695296637"),
    (2, "0.000997435766392289", "0.0314429349662453", "0.0442384057685853", "0.0447213595499958"),
    (5, "5.288036858666e-8", "0.000997490795742931", "0.00354857570431576", "0.00377146413727277"),
]


@pytest.mark.parametrize("row", TD1)
def test_table_td1(row, agrees) -> None:
    x, *values, stationary = row
    assert LAW.delta == 1.0
    for t, value in zip((0.1, 0.5, 2.0), values, strict=True):
        assert agrees(transition.density(x, t, LAW, alpha=1), value, slack=2e-14)
    assert agrees(pearson.density(x, LAW, alpha=1), stationary, slack=1e-14)
    assert transition.density(x, 60.0, LAW, alpha=1) == pytest.approx(float(stationary), rel=1e-14)


@pytest.mark.parametrize(("alpha", "kappa"), [(0.0, 0.5), (0.5, 1.0), (1.0, 1.5)])
@pytest.mark.parametrize("t", [0.01, 1.0])
def test_mass_mean_and_second_moment(alpha, kappa, t) -> None:
    law = PowerLaw.from_kappa(kappa, eps=0.4, curvature=0.7)
    s, start = law.core_width, 0.8

    def integral(order: int) -> float:
        def weight(u):
            x = s * np.sinh(u)
            return x**order * transition.density(x, t, law, alpha, start) * s * np.cosh(u)

        u0 = np.arcsinh(start / s)
        marks = u0 + np.array([-2, -0.5, -0.2, 0, 0.2, 0.5, 2])
        return float(quad(weight, u0 - 25, u0 + 25, points=marks, epsabs=1e-13, limit=300)[0])

    assert integral(0) == pytest.approx(1.0, rel=1e-11)
    assert integral(1) == pytest.approx(moment_dynamics.mean_at(t, law, alpha, start), rel=1e-9)
    if t < 1:
        assert integral(2) == pytest.approx(moment_dynamics.second_moment_at(t, law, alpha, start), rel=1e-8)


def test_density_equation_residual() -> None:
    """p_t = (3 x p + (1 + x^2) p')' for LAW, by differences in doubles."""
    h, t = 1e-3, 0.4
    for x in (-1.3, 0.2, 2.0):
        p = [transition.density(x + d, t, LAW, 1, 0.5) for d in (-h, 0, h)]
        rate = (transition.density(x, t + h, LAW, 1, 0.5) - transition.density(x, t - h, LAW, 1, 0.5)) / (2 * h)
        slope, bend = (p[2] - p[0]) / (2 * h), (p[2] - 2 * p[1] + p[0]) / h**2
        assert rate == pytest.approx(3 * p[1] + 3 * x * slope + 2 * x * slope + (1 + x**2) * bend, abs=3e-5)


def test_composition() -> None:
    """Chapman and Kolmogorov: two steps make one."""

    def two_steps(u):
        y = np.sinh(u)
        first = transition.density(y, 0.3, LAW, 1, 0.4)
        return first * transition.density(-0.7, 0.5, LAW, 1, y) * np.cosh(u)

    whole = quad(two_steps, -12, 12, points=[0], epsabs=1e-14, limit=200)[0]
    assert whole == pytest.approx(transition.density(-0.7, 0.8, LAW, 1, 0.4), rel=1e-11)


def test_far_tail_by_high_precision() -> None:
    with mp.workdps(60):
        u, t = mp.asinh(1000), mp.mpf("0.1")
        r = mp.sqrt(t)
        bound = mp.sech(u) ** 2 / 4 * (mp.erf(u / (2 * r) + r) - mp.erf(u / (2 * r) - r))
        free = mp.sech(u) * mp.exp(-t) / mp.sqrt(4 * mp.pi * t) * mp.exp(-u * u / (4 * t))
        exact = float((free + bound) / mp.cosh(u))
    assert transition.density(1000.0, 0.1, LAW, 1) == pytest.approx(exact, rel=1e-11)


def test_bad_input() -> None:
    with pytest.raises(FokkerError, match="nu = 2"):
        transition.density(0.0, 1.0, LAW, alpha=0)
    with pytest.raises(FokkerError, match="time"):
        transition.density(0.0, 0.0, LAW, alpha=1)


def test_distance_from_the_family() -> None:
    """The smallest L1 distance from a q-Gaussian of nu = 2, by another route: where the two densities cross."""
    from scipy.optimize import brentq

    for t, reference in ((0.02, 0.19670807), (0.1, 0.16042852), (0.5, 0.06830464), (2.0, 0.00588372)):
        found, width = transition.distance_from_family(t, LAW, 1)
        assert found == pytest.approx(reference, abs=1e-8)

        def gap(x, t=t, width=width):
            return float(transition.density(x, t, LAW, 1)) - (1 + (x / width) ** 2) ** -1.5 / (2 * width)

        grid = np.concatenate([[0.0], np.geomspace(1e-3, 200.0, 400)])
        signs = np.sign([gap(v) for v in grid])
        turns = [brentq(gap, grid[k], grid[k + 1]) for k in np.flatnonzero(np.diff(signs))]
        pieces = [0.0, *turns, 200.0]
        inside = sum(abs(quad(gap, a, b, limit=200)[0]) for a, b in pairwise(pieces))
        assert 2 * inside == pytest.approx(found, abs=2.6e-5)  # mass of the two tails beyond 200
    with pytest.raises(FokkerError, match="one number"):
        transition.distance_from_family([0.1, 0.2], LAW, 1)

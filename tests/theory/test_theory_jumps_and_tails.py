"""Stable noise, Kesten's exponent, Mori's law."""

import mpmath as mp
import numpy as np
import pytest

from fokker.errors import FokkerError, NormalisationError
from fokker.theory import alpha_stable, escape, kesten, mori, table1
from fokker.theory.power_law import tail_index


def test_jump_constants(agrees) -> None:
    for a, c in ((1.2, "0.333549429912"), (1.5, "0.299206710301"), (1.8, "0.164904938818")):
        assert agrees(alpha_stable.jump_constant(a), c)
    assert alpha_stable.jump_constant(1.0) == pytest.approx(1 / np.pi, rel=1e-15)  # Cauchy


def test_jump_constant_is_the_tail_of_the_standard_law() -> None:
    """The density by Fourier inversion, its contour turned to k = i y, where the integrand decays."""
    a = 1.5
    turned = mp.expjpi(mp.mpf(a) / 2)
    for far, tolerance in ((30.0, 2e-2), (300.0, 1e-3)):
        tail = mp.quad(lambda y, x=far: mp.exp(-x * y) * mp.im(-mp.exp(-turned * y**a)), [0, 0.1, 1, 10]) / mp.pi
        assert float(tail) == pytest.approx(alpha_stable.jump_constant(a) * far ** (-1 - a), rel=tolerance)


def test_exit_time_by_one_jump() -> None:
    symmetric = alpha_stable.exit_time(1.5, 0.01, 2.0, 2.0)
    assert symmetric == pytest.approx(0.75 * (2.0 / 0.01) ** 1.5, rel=1e-14)
    standard = alpha_stable.exit_time(1.5, 0.01, 2.0, 2.0, alpha_stable.jump_constant(1.5))
    assert standard * alpha_stable.jump_constant(1.5) == pytest.approx(symmetric, rel=1e-14)
    one_sided = alpha_stable.exit_time(1.5, 0.01, 1e9, 2.0)
    assert one_sided == pytest.approx(2 * symmetric, rel=1e-10)
    row = table1.stable(1.5, 0.01, 1.3, 2.0)
    assert row == pytest.approx(0.75 * 2.0**1.5 / (0.01**0.5 * 1.3**1.5), rel=1e-14)
    with pytest.raises(FokkerError, match="between 0 and 2"):
        alpha_stable.exit_time(2.0, 0.01, 1.0, 1.0)


def test_kesten_closed_cases() -> None:
    assert kesten.tail_exponent([0.5, 2.0], weights=[0.8, 0.2]) == pytest.approx(2.0, rel=1e-13)
    # two moments known: E m^2 = 1
    assert kesten.tail_exponent([-1.4, 0.2]) == pytest.approx(2.0, rel=1e-13)
    # log-normal: mu = -2 mean/variance, by Gauss-Hermite
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    assert kesten.tail_exponent(np.exp(-0.3 + 0.5 * nodes), weights) == pytest.approx(2.4, rel=1e-10)
    assert kesten.tail_exponent([0.0, 0.5]) == np.inf
    assert kesten.tail_exponent([0.0, 4.0], [0.75, 0.25]) == pytest.approx(1.0, rel=1e-13)
    assert kesten.tail_exponent([0.1, 1.0 + 1e-6]) == pytest.approx(np.log(2) * 1e6, rel=1e-5)


def test_kesten_small_steps_with_gaussian_curvatures() -> None:
    """Here mu -> 2 kappa + 1, the index of the Ito equation, and the difference is of first order."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    curvatures, found = 1 + 3 * nodes, []
    for eta in (0.008, 0.004, 0.002):
        mu = kesten.tail_exponent_sgd(curvatures, eta, weights)
        found.append(mu / tail_index(1 / (9 * eta), alpha=0) - 1)
    assert abs(found[-1]) < 2e-3
    assert abs(found[-1]) < abs(found[0]) / 3
    assert kesten.small_step_limit(curvatures, weights) == pytest.approx(2 / 9, rel=1e-12)


def test_kesten_small_steps_with_other_curvatures() -> None:
    """Two curvatures 1 -+ 3: eta mu tends to the root of e^-t cosh 3t = 1, 9 % above 2 H/sigma_H."""
    limit = kesten.small_step_limit([-2.0, 4.0])
    assert np.exp(-limit) * np.cosh(3 * limit) == pytest.approx(1.0, rel=1e-14)
    assert limit / (2 / 9) == pytest.approx(1.09, abs=0.01)
    error = [eta * kesten.tail_exponent_sgd([-2.0, 4.0], eta) - limit for eta in (1e-3, 1e-4)]
    assert error[0] / error[1] == pytest.approx(10.0, rel=0.02)
    assert kesten.small_step_limit([0.5, 3.0]) == np.inf
    with pytest.raises(NormalisationError, match="mean curvature"):
        kesten.small_step_limit([-2.0, 1.0])


def test_kesten_second_moment_boundary() -> None:
    """mu = 2 exactly where the second moment of the recursion ceases to exist: eta (H^2 + sigma_H) = 2 H."""
    eta, h, sigma_h = 0.4, 2.0, 6.0
    spread = np.sqrt(sigma_h)
    assert kesten.tail_exponent_sgd([h - spread, h + spread], eta) == pytest.approx(2.0, rel=1e-12)


def test_kesten_simulated_tail() -> None:
    rng = np.random.default_rng(1)
    x = np.zeros(20000)
    for _ in range(400):
        x = rng.choice([0.5, 2.0], p=[0.8, 0.2], size=x.size) * x + rng.normal(size=x.size)
    top = np.sort(np.abs(x))[-400:]
    hill = 1 / np.mean(np.log(top[1:] / top[0]))
    assert hill == pytest.approx(2.0, abs=0.4)


def test_kesten_bad_input() -> None:
    with pytest.raises(NormalisationError, match="learning rate"):
        kesten.tail_exponent([0.9, 1.2])
    with pytest.raises(FokkerError, match="one weight for each"):
        kesten.tail_exponent([0.5, 2.0], [1.0])
    with pytest.raises(FokkerError, match="negative"):
        kesten.tail_exponent([0.5, 2.0], [1.5, -0.5])
    with pytest.raises(FokkerError, match="finite"):
        kesten.tail_exponent_sgd([np.nan], 0.1)
    with pytest.raises(FokkerError, match="learning_rate"):
        kesten.tail_exponent_sgd([1.0], 0.0)


def test_mori_is_the_ito_twin_of_lemma_6() -> None:
    kappa, y = 40.0, 4.0
    eps = 2 * 0.25 / (kappa * y)
    mori_time = 1 / mori.rate(kappa, 2.0, 1.0, 1 + y)
    general = escape.escape_time(kappa, eps, 0.25, 2.0, 1.0, alpha=0)
    assert mori_time / general == pytest.approx(1 + 0.5 / kappa, rel=1e-12)
    lemma = escape.lemma6(kappa, eps, 0.25, 2.0, 1.0)
    assert mori_time / lemma == pytest.approx((1 + y) * (1 - 0.5 / kappa), rel=1e-12)
    assert mori.stationary_exponent(10, 0.1, 5.0) == mori.index(10, 0.1, 5.0) + 1


def test_mori_outliers() -> None:
    one = mori.rate_outliers(20.0, [2.0], [-1.0], 3.0)
    assert one == pytest.approx(mori.rate(20.0, 2.0, 1.0, 3.0), rel=1e-14)
    two = mori.rate_outliers(20.0, [2.0, 5.0], [-1.0, 5.0], 3.0)
    assert two / one == pytest.approx(np.sqrt(3.0), rel=1e-13)
    with pytest.raises(NormalisationError, match="outliers"):
        mori.rate_outliers(0.5, [1.0] * 3, [-1.0, 1.0, 1.0], 2.0)
    with pytest.raises(FokkerError, match="exactly one"):
        mori.rate_outliers(20.0, [1.0, 1.0], [-1.0, -1.0], 2.0)
    with pytest.raises(FokkerError, match="L_s"):
        mori.rate(20.0, 1.0, 1.0, 1.0)


def test_audit_a5_sharper_minima_are_left_later() -> None:
    """sigma_g = sigma_H = dL = |H_b| = 1, eta = 0.1: the time rises with the curvature, Langevin's falls."""
    curvature = np.array([0.5, 1.0, 2.0, 4.0, 8.0])
    times = np.asarray(escape.lemma6(curvature / 0.1, 0.1, 1.0, curvature, 1.0))
    printed = ["1.3798e4", "2.2548e5", "3.3787e6", "2.8722e7", "1.1316e8"]
    assert times == pytest.approx([float(v) for v in printed], rel=5e-5)
    langevin = np.asarray(table1.langevin(0.1, 1.0, curvature, 1.0))
    assert langevin[[0, -1]] == pytest.approx([4.3e9, 1.08e9], rel=1e-2)
    assert np.all(np.diff(times) > 0)
    assert np.all(np.diff(langevin) < 0)

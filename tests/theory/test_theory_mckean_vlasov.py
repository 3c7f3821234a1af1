"""McKean-Vlasov processes: printed digits, parabolic cylinder functions, quadrature in mpmath, moment equations."""

import mpmath as mp
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.special import gamma

from fokker.errors import FokkerError
from fokker.theory import mckean_vlasov as mean_field


def test_critical_noises(agrees) -> None:
    for attraction, digits in (
        (0.5, "0.2645048765534835"),
        (1.0, "0.4569465810444636"),
        (2.0, "0.8157865947053232"),
        (4.0, "1.505412744882946"),
    ):
        assert agrees(mean_field.critical_noise(attraction), digits, 2e-15)
    assert mean_field.critical_noise(1.0) == pytest.approx(4 * (gamma(0.75) / gamma(0.25)) ** 2, rel=2e-15)


def test_stable_means(agrees) -> None:
    for noise, digits in (
        (0.2, "0.85147885717651"),
        (0.3, "0.70549527320888"),
        (0.4, "0.44710642666339"),
        (0.45, "0.15975847210724"),
    ):
        assert agrees(mean_field.stable_mean(noise, 1.0), digits, 1e-14)
    assert mean_field.stable_mean(0.46, 1.0) == 0.0


def test_quoted_quotient_is_cut_off_after_four_digits() -> None:
    noise = mean_field.critical_noise(1.0) - 1e-4
    quotient = mean_field.stable_mean(noise, 1.0) / 1e-2
    assert quotient == pytest.approx(1.9225660458, abs=1e-9)  # printed: 1.9225
    assert mean_field.amplitude(1.0) == pytest.approx(1.922649891, abs=1e-9)


def test_convex_energy(agrees) -> None:
    found = mean_field.fixed_point(np.tanh, target=1.0, decay=0.2, noise=0.1)
    assert agrees(found.value, "0.642441867011834")
    assert agrees(found.slope, "-0.7894708334")
    line = mean_field.fixed_point(lambda x: x, target=-0.7, decay=0.3, noise=0.2)
    assert line.value == pytest.approx(-0.7 / 1.3, rel=1e-14)
    assert line.slope == pytest.approx(-1 / 0.3, rel=1e-13)


@pytest.mark.parametrize("attraction", [0.02, 0.5, 1.0, 4.0, 300.0])
def test_symmetric_variance_by_parabolic_cylinder_functions(attraction) -> None:
    """<x^2> = sqrt(sigma/2) D_{-3/2}(z)/D_{-1/2}(z), z = (theta - 1)/sqrt(2 sigma)."""
    noise = mean_field.critical_noise(attraction)
    with mp.workdps(30):
        z = (mp.mpf(attraction) - 1) / mp.sqrt(2 * mp.mpf(noise))
        exact = mp.sqrt(mp.mpf(noise) / 2) * mp.pcfd(mp.mpf(-3) / 2, z) / mp.pcfd(mp.mpf(-1) / 2, z)
    assert mean_field.response(0.0, noise, attraction).variance == pytest.approx(float(exact), rel=1e-13)
    assert attraction * float(exact) / noise == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize(("mean", "noise", "attraction"), [(0.7, 0.3, 1.0), (-1.4, 0.05, 3.0), (0.2, 1.0, 0.4)])
def test_response_by_quadrature(mean, noise, attraction) -> None:
    marks = [-mp.inf, -2, -1, 0, 1, 2, mp.inf]

    def integral(power):
        def weight(x):
            return mp.exp(-(x**4 / 4 - x**2 / 2 + attraction * (x - mean) ** 2 / 2) / noise)

        return mp.quad(lambda x: x**power * weight(x), marks)

    with mp.workdps(25):
        total, first, second = (integral(k) for k in (0, 1, 2))
        middle, variance = first / total, second / total - (first / total) ** 2
    found = mean_field.response(mean, noise, attraction)
    assert found.mean == pytest.approx(float(middle), rel=1e-13)
    assert found.variance == pytest.approx(float(variance), rel=1e-12)
    h = 1e-5
    up, down = (mean_field.response(mean + s, noise, attraction).mean for s in (h, -h))
    assert found.slope == pytest.approx((up - down) / (2 * h), rel=1e-8)


@pytest.mark.parametrize("attraction", [0.3, 1.0, 5.0])
def test_amplitude_is_the_limit(attraction) -> None:
    """m^2/(sigma_c - sigma) is linear near the transition; two distances cancel the slope."""
    top = mean_field.critical_noise(attraction)
    distances = 1e-4 * top * np.array([2.0, 1.0])
    squares = [mean_field.stable_mean(top - d, attraction) ** 2 / d for d in distances]
    assert mean_field.amplitude(attraction) ** 2 == pytest.approx(2 * squares[1] - squares[0], rel=1e-6)


def test_quadratic_well_by_its_moment_equations() -> None:
    a, theta, sigma, m0, v0 = 0.7, 1.9, 0.3, 0.5, 0.8

    def slopes(_, moments):
        return [-a * moments[0], -2 * (a + theta) * moments[1] + 2 * sigma]

    solved = solve_ivp(slopes, (0, 0.9), [m0, v0], rtol=1e-11, atol=1e-13, method="DOP853").y[:, -1]
    found = mean_field.quadratic_moments([0.0, 0.9], a, theta, sigma, m0, v0)
    assert [found.mean[1], found.variance[1]] == pytest.approx(solved, rel=1e-9)
    assert [found.mean[0], found.variance[0]] == [m0, v0]


@pytest.mark.parametrize(("target", "decay", "noise"), [(1.0, 0.2, 0.1), (-3.0, 0.05, 0.02), (0.0, 1.0, 1.0)])
def test_expected_feature_by_quadrature(target, decay, noise) -> None:
    value = 0.3

    def integral(power):
        def weight(x):
            return mp.exp(-((value - target) * mp.tanh(x) + decay * x**2 / 2) / noise)

        return mp.quad(lambda x: mp.tanh(x) ** power * weight(x), [-mp.inf, -8, -4, -2, -1, 0, 1, 2, 4, 8, mp.inf])

    with mp.workdps(20):
        total, first, second = (integral(k) for k in (0, 1, 2))
        exact, variance = first / total, second / total - (first / total) ** 2
    found = mean_field.expected_feature(np.tanh, value, target, decay, noise)
    assert found.value == pytest.approx(float(exact), rel=1e-12)
    assert found.slope == pytest.approx(-float(variance) / noise, rel=1e-10)


def test_bad_input() -> None:
    with pytest.raises(FokkerError, match="noise must be positive"):
        mean_field.response(0.0, 0.0, 1.0)
    with pytest.raises(FokkerError, match="attraction must be positive"):
        mean_field.critical_noise(-1.0)
    with pytest.raises(FokkerError, match="decay must be positive"):
        mean_field.fixed_point(np.tanh, 1.0, 0.0, 0.1)
    with pytest.raises(FokkerError, match="variance"):
        mean_field.quadratic_moments(1.0, 1.0, 1.0, 0.3, 0.5, -0.1)
    with pytest.raises(FokkerError, match="one number"):
        mean_field.stable_mean([0.2, 0.3], 1.0)

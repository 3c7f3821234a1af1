"""Theorem 8 (audit A7): the exact divergence against quadrature and against the printed expression."""

import mpmath as mp
import numpy as np
import pytest

from fokker.errors import FokkerError, MomentError
from fokker.theory import pac_bayes
from fokker.theory.shared_noise import SharedNoise

AXES = {1: (2.0,), 2: (2.0, 1.0), 5: (2.0, 1.0, 0.5, 3.0, 1.0)}
NOISE = {1: 1.5, 2: 1.5, 5: 1.0}
PRINTED = [
    (1, 5, "1.00185748022", "0.954207173"),
    (1, 40, "1.142200357", "1.141707173"),
    (2, 10, "1.79068162896", "1.75715325573"),
    (5, 5, "3.29638564585", "0.108081273"),
    (5, 40, "5.44368214447", "5.43133089215"),
]


def law(d: int, kappa: float) -> SharedNoise:
    return SharedNoise.theorem4(np.diag(AXES[d]), NOISE[d] * np.eye(d), 0.1, kappa)


@pytest.mark.parametrize("row", PRINTED)
def test_printed_numbers(row, agrees) -> None:
    d, kappa, exact, printed = row
    assert agrees(pac_bayes.divergence(law(d, kappa), alpha=1), exact, slack=4e-15)
    assert agrees(pac_bayes.printed_divergence(law(d, kappa)), printed, slack=4e-15)


@pytest.mark.parametrize(("d", "value"), [(1, "1.160457173"), (2, "1.99309075573"), (5, "5.65947016155")])
def test_gaussian_limit(d: int, value: str, agrees) -> None:
    assert agrees(pac_bayes.gaussian_divergence(law(d, 8.0)), value)
    far = pac_bayes.divergence(law(d, 1e9), alpha=1)
    assert far == pytest.approx(pac_bayes.gaussian_divergence(law(d, 8.0)), rel=1e-7)


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_one_dimension_by_quadrature(alpha: float) -> None:
    process = law(1, 5)
    with mp.workdps(25):
        a, m = mp.mpf(process.form[0, 0]), mp.mpf(6 - alpha)
        z = mp.quad(lambda x: (1 + a * x * x) ** (-m), [0, 1, 10, mp.inf]) * 2
        log_p = lambda x: -m * mp.log1p(a * x * x) - mp.log(z)  # noqa: E731
        integrand = lambda x: mp.exp(log_p(x)) * (log_p(x) + mp.log(2 * mp.pi) / 2 + x * x / 2)  # noqa: E731
        value = 2 * mp.quad(integrand, [0, 1, 10, 100, mp.inf])
    assert pac_bayes.divergence(process, alpha) == pytest.approx(float(value), rel=1e-14)


def test_two_dimensions_by_quadrature() -> None:
    """In elliptic coordinates x = A^(-1/2) r (cos t, sin t): equal weights in t, mpmath in r; H and Sigma_g turned."""
    turn = np.array([[0.8, -0.6], [0.6, 0.8]])
    process = SharedNoise.theorem4(turn @ np.diag([2.0, 1.0]) @ turn.T, turn @ np.diag([1.5, 0.7]) @ turn.T, 0.1, 6.0)
    root = np.linalg.inv(np.linalg.cholesky(process.form)).T
    angles = np.arange(16) * np.pi / 8
    directions = np.stack((np.cos(angles), np.sin(angles)), axis=-1) @ root.T
    det = 1 / np.sqrt(np.linalg.det(process.form))

    def integrand(r):
        logs = pac_bayes.log_ratio(float(r) * directions, process, alpha=1)
        density = (1 + r * r) ** -6 * 5 / np.pi / det  # Z = pi/(5 sqrt det A)
        return r * det * 2 * mp.pi * density * float(np.mean(logs))

    value = mp.quad(integrand, [0, 0.5, 1, 2, 4, 10, 40, 200, 1e4])
    assert pac_bayes.divergence(process, alpha=1) == pytest.approx(float(value), rel=1e-11)


@pytest.mark.parametrize("d", [1, 2, 5])
def test_gap_is_second_order_and_positive(d: int) -> None:
    kappas = np.array([40.0, 80.0, 160.0, 320.0])
    gaps = [pac_bayes.divergence(law(d, k), 1) - pac_bayes.printed_divergence(law(d, k)) for k in kappas]
    assert np.all(np.array(gaps) > 0)
    ratio = np.array(gaps) / pac_bayes.leading_gap(kappas, d)
    assert 2 * ratio[-1] - ratio[-2] == pytest.approx(1.0, abs=2e-3)  # the rest is of order 1/kappa^2


@pytest.mark.parametrize("d", [1, 2, 3, 5])
def test_digamma_rise_against_mpmath(d: int) -> None:
    for z in (0.1, 1.0, 7.3, 19.9, 20.1, 1e3, 1e8):
        with mp.workdps(40):
            exact = float(mp.digamma(mp.mpf(z) + mp.mpf(d) / 2) - mp.digamma(mp.mpf(z)))
        assert pac_bayes.digamma_rise(z, d) == pytest.approx(exact, rel=1e-13)


def test_slopes_are_derivatives() -> None:
    process = law(2, 6.0)
    h = 1e-5
    for i in range(2):
        values = []
        for sign in (1, -1):
            axes = np.array(AXES[2])
            axes[i] *= np.exp(sign * h)
            # kappa is held, so Sigma_H moves with H
            values.append(pac_bayes.divergence(SharedNoise.theorem4(np.diag(axes), 1.5 * np.eye(2), 0.1, 6.0), 1))
        numeric = (values[0] - values[1]) / (2 * h)
        slopes = dict(zip(np.linalg.eigvalsh(process.curvature), pac_bayes.curvature_slopes(process), strict=True))
        assert numeric == pytest.approx(slopes[AXES[2][i]], rel=1e-8)


def test_in_small_noise_the_divergence_grows_with_kappa() -> None:
    rising = [pac_bayes.divergence(law(2, k), 1) for k in (5.0, 10.0, 20.0)]
    assert rising == sorted(rising)
    loud = [
        pac_bayes.divergence(SharedNoise.theorem4(np.eye(2), 60.0 * np.eye(2), 0.1, k), 1) for k in (40.0, 80.0, 160.0)
    ]
    assert loud == sorted(loud, reverse=True)  # Tr(eta Sigma_g H^-1) = 12 > 2 d


def test_bad_input() -> None:
    with pytest.raises(MomentError):
        pac_bayes.divergence(law(2, 2.0), 1)
    with pytest.raises(MomentError, match="infinite"):
        pac_bayes.printed_divergence(law(2, 2.0))
    with pytest.raises(FokkerError, match="risk"):
        pac_bayes.mcallester(1.2, 1.0, 10, 0.1)
    with pytest.raises(FokkerError, match="samples"):
        pac_bayes.mcallester(0.2, 1.0, 0, 0.1)
    with pytest.raises(FokkerError, match="divergence"):
        pac_bayes.mcallester(0.2, -1.0, 10, 0.1)

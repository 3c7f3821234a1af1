"""Exact facts on SGD: balance, reshuffling, momentum, gradient covariances, collapse; against other routes."""

from itertools import permutations

import mpmath as mp
import numpy as np
import pytest
from scipy.linalg import expm, solve_continuous_lyapunov, solve_discrete_lyapunov

from fokker.errors import DimensionError, FokkerError, MomentError
from fokker.theory import balance, collapse, momentum, pac_bayes, pac_bayes_slopes, reshuffling
from fokker.theory.diagonal_network import gaussian_samples
from fokker.theory.gradient_covariance import GradientCovariance, batch_share
from fokker.theory.shared_noise import SharedNoise


def test_printed_numbers(agrees) -> None:
    closed = balance.stabilised(1.2, 0.5, 0.8, 0.7)
    for value, text in zip(closed, ("0.939107217392", "0.383342810419", "0.760296573998"), strict=False):
        assert agrees(value, text)
    assert agrees(balance.valley_decay(0.05, 0.5, 1, 2000), "0.53526")
    assert agrees(reshuffling.end_of_epoch(0.05, 1.0, 0.585, 4), "6.5496467703e-5")
    assert agrees(reshuffling.within_epoch(0.05, 1.0, 0.585, 4).mean(), "0.0012190625")
    assert agrees(
        reshuffling.with_replacement(0.05, 1, 0.585) + reshuffling.langevin_excess(0.05, 1, 4), "0.27141025641"
    )
    model = momentum.Momentum(1.5, 0.1, 0.9, noise=0.4, batch=8, decay=0.01)
    assert agrees(model.diffusion, "0.415512465374")
    assert agrees(model.frequency, "3.9519271921249", 1e-14)
    assert agrees(model.displacement(0.5), "0.0600443216916")


@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_a_step_of_descent_multiplies_the_difference(decay) -> None:
    u, w, slope, eta = 1.3, -0.4, 0.7, 0.05
    after = (u - eta * (slope * w + 2 * decay * u)) ** 2 - (w - eta * (slope * u + 2 * decay * w)) ** 2
    assert after == pytest.approx((u * u - w * w) * balance.step_factor(slope, eta, decay), rel=1e-13)


def test_mean_factor_by_quadrature() -> None:
    """E G^2 for y = k x + s e by Gauss and Hermite."""
    k, s, v, eta = 0.6, 0.8, 1.1, 0.1
    z, weights = np.polynomial.hermite_e.hermegauss(20)
    x, e = z[:, None], z[None, :]
    slope = 2 * x * (v * x - k * x - s * e)
    mean = float((weights[:, None] * weights[None, :] * slope**2).sum() / weights.sum() ** 2)
    found = balance.mean_step_factor(v, gaussian_samples(k, s), eta)
    assert found == pytest.approx(1 - eta**2 * mean, rel=1e-13)
    small = balance.decay_rate(v, gaussian_samples(k, s), 0.1)
    pull = 4 * (v - k) ** 2
    assert eta * (small + eta * pull) == pytest.approx(1 - found, rel=1e-12)


def test_stabilised_moments_by_quadrature_over_the_noise() -> None:
    z, weights = np.polynomial.hermite_e.hermegauss(60)
    u, v = balance.stabilised_path(1.2, 0.5, 0.8, 0.7, np.sqrt(0.7) * z)
    closed = balance.stabilised(1.2, 0.5, 0.8, 0.7)

    def mean(values):
        return float(weights @ values / weights.sum())

    assert mean(u) == pytest.approx(1.2, rel=1e-13)
    assert mean(v) == pytest.approx(0.5, rel=1e-13)
    assert mean(u * v) == pytest.approx(closed.mean_product, rel=1e-13)
    assert mean(u * u + v * v) == pytest.approx(closed.mean_energy, rel=1e-13)
    apart = (u * u - v * v - closed.difference) / (u * u + v * v)
    np.testing.assert_allclose(apart, 0.0, atol=1e-14)


@pytest.mark.parametrize(("eta", "h"), [(0.3, 1.0), (0.05, 2.0)])
def test_reshuffling_by_all_orders(eta, h) -> None:
    centres = np.array([-1.0, 0.1, 0.4, 2.0, -0.6])
    n, a = len(centres), 1 - eta * h
    noise, fresh = np.zeros(120), []
    orders = np.array(list(permutations(centres - centres.mean())))
    for j in range(n):
        fresh.append(np.mean(noise**2))
        noise = a * noise + eta * h * orders[:, j]
    start = np.mean(noise**2) / (1 - a ** (2 * n))
    counted = [a ** (2 * j) * start + fresh[j] for j in range(n)]
    np.testing.assert_allclose(reshuffling.within_epoch(eta, h, centres.var(), n), counted, rtol=1e-12)
    assert reshuffling.end_of_epoch(eta, h, centres.var(), n) == pytest.approx(start, rel=1e-12)


def test_reshuffling_leading_orders() -> None:
    exact = reshuffling.end_of_epoch(1e-5, 1.0, 2.0, 7)
    assert exact == pytest.approx(reshuffling.leading_end_of_epoch(1e-5, 1.0, 2.0, 7), rel=1e-4)
    assert reshuffling.within_epoch(1e-5, 1.0, 2.0, 7).mean() == pytest.approx(2e-10 * 8 / 6, rel=1e-4)


@pytest.mark.parametrize(("eta", "beta"), [(0.1, 0.9), (0.01, 0.2), (0.5, 0.0)])
def test_momentum_against_lyapunov_and_exponentials(eta, beta) -> None:
    model = momentum.Momentum(1.5, eta, beta, noise=0.4, batch=8, decay=0.01)
    s = solve_continuous_lyapunov(model.rate(), np.diag([0.0, 2 * model.diffusion]))
    np.testing.assert_allclose(s, model.covariance(), rtol=1e-11, atol=1e-13)
    kick = np.array([eta, 1.0])
    p = solve_discrete_lyapunov(model.step_matrix(), np.outer(kick, kick) * model.kick)
    np.testing.assert_allclose(p, model.iteration_covariance(), rtol=1e-11)
    np.testing.assert_allclose(model.propagator(0.3), expm(-0.3 * model.rate()), rtol=1e-10, atol=1e-12)
    if not model.underdamped:
        with pytest.raises(FokkerError, match="overdamped"):
            _ = model.frequency


def test_spectral_displacement_by_quadrature() -> None:
    for s in (1.25, 1.75):
        exact = mp.quad(lambda y, s=s: mp.exp((1 - s) * y) * -mp.expm1(-50 * mp.exp(y)), [-200, -60, -20, -6, -2, 0])
        assert momentum.spectral_displacement(50.0, s) == pytest.approx(float(exact), rel=1e-12)


def test_gradient_covariance_of_one_sample_batches() -> None:
    rng = np.random.default_rng(3)
    g, h = rng.normal(size=(6, 3)), rng.normal(size=(6, 3, 3))
    x = np.array([[0.3, -1.0, 2.0], [0.0, 0.0, 0.0]])
    form = GradientCovariance.of_samples(g, h, 1)
    for place, found in zip(x, form.at(x), strict=True):
        np.testing.assert_allclose(found, np.cov((g + h @ place).T, ddof=0), rtol=1e-12)
    assert batch_share(5, 5, False) == 0.0
    with pytest.raises(FokkerError, match="no larger"):
        batch_share(3, 4, False)
    with pytest.raises(DimensionError, match="Hessian"):
        GradientCovariance.of_samples(g, h[:, :2], 1)


@pytest.mark.parametrize("c", [0.0, 0.7, 3.0, 39.9, 40.1, 300.0])
def test_mean_log_distance_against_a_poisson_mixture(c) -> None:
    """E ln (c + e)^2 is the mean of psi(1/2 + j) + ln 2 over Poisson numbers j of mean c^2/2."""
    with mp.workdps(25):
        half = mp.mpf(c) ** 2 / 2
        low, high = max(0, int(half - 14 * mp.sqrt(half) - 20)), int(half + 14 * mp.sqrt(half) + 40)
        total, weight = mp.mpf(0), mp.e ** (-half + low * mp.log(half) - mp.loggamma(low + 1)) if c else mp.mpf(1)
        digamma = mp.psi(0, low + mp.mpf(1) / 2)
        for j in range(low, high if c else 1):
            total += weight * digamma
            weight *= half / (j + 1)
            digamma += 1 / (j + mp.mpf(1) / 2)
        exact = float((total + mp.log(2)) / 2)
    assert float(collapse.mean_log_distance(np.array(c))) == pytest.approx(exact, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("sign", [1, -1])
def test_growth_against_random_draws(batch, sign) -> None:
    rng = np.random.default_rng(5)
    x = rng.standard_normal((400_000, batch))
    m = np.mean(x * (0.3 * x + 0.7 * rng.standard_normal(x.shape)), axis=1)
    logs = np.log(np.abs(1 + sign * 2 * 0.4 * m))
    assert collapse.growth(0.4, 0.3, 0.7, batch, sign) == pytest.approx(logs.mean(), abs=4 * logs.std() / 632)


def test_critical_rates() -> None:
    (found,) = collapse.critical_rates(0.005, 1.0)
    assert found == pytest.approx(0.005, rel=1e-3)  # b2/a3 for weak correlation
    assert len(collapse.critical_rates(0.2, 1.0)) == 2
    assert collapse.critical_rates(0.3, 1.0) == []


@pytest.mark.parametrize("kappa", [4.0, 12.0])
@pytest.mark.parametrize("d", [1, 2, 3, 4])
def test_kappa_slope_by_differences(d, kappa) -> None:
    def law(k):
        return SharedNoise.theorem4(np.diag(np.arange(1.0, d + 1)), 1.5 * np.eye(d), 0.1, k)

    h = 1e-4
    slope = (pac_bayes.divergence(law(kappa + h), 1) - pac_bayes.divergence(law(kappa - h), 1)) / (2 * h)
    assert pac_bayes_slopes.kappa_slope(law(kappa)) == pytest.approx(slope, rel=1e-6, abs=1e-9)


def test_trace_threshold_is_where_the_slope_vanishes() -> None:
    trace = pac_bayes_slopes.trace_threshold(6.0, 3)
    law = SharedNoise.theorem4(np.eye(3), trace / 3 / 0.1 * np.eye(3), 0.1, 6.0)
    assert pac_bayes_slopes.kappa_slope(law) == pytest.approx(0.0, abs=1e-14)
    with pytest.raises(MomentError, match="second moment"):
        pac_bayes_slopes.trace_threshold(2.0, 3)


def test_bad_input() -> None:
    with pytest.raises(FokkerError, match="diverge"):
        reshuffling.with_replacement(2.0, 1.0, 1.0)
    with pytest.raises(FokkerError, match="samples"):
        reshuffling.end_of_epoch(0.1, 1.0, 1.0, 1)
    with pytest.raises(FokkerError, match="diverges"):
        momentum.Momentum(40.0, 0.1, 0.9, noise=1.0)
    with pytest.raises(FokkerError, match="exponent"):
        momentum.spectral_displacement(1.0, 2.5)

"""Tail indices: exact laws, coverage of the intervals, the dictionary, the words of the errors."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from fokker import errors
from fokker.sgd import (
    NoiseModel,
    fit_student,
    hill,
    index_from_kappa,
    index_from_q,
    kappa_from_index,
    kappa_from_q,
    q_from_index,
    q_from_kappa,
    simulate_sde,
)
from fokker.theory import student
from fokker.theory.power_law import PowerLaw


def sample(nu: float, size: int = 5000, seed: int = 0) -> np.ndarray:
    return 2.0 + 0.5 * np.random.default_rng(seed).standard_t(nu, size=size)


# Maximum likelihood


@pytest.mark.parametrize("nu", [1.0, 3.0, 9.0])
def test_the_fit_is_a_maximum_of_the_likelihood(nu: float) -> None:
    x = sample(nu)
    fit = fit_student(x)

    def height(dof: float, loc: float, scale: float) -> float:
        return float(stats.t.logpdf(x, dof, loc, scale).sum())

    here = (fit.nu, fit.loc, fit.scale)
    assert fit.log_likelihood == pytest.approx(height(*here), rel=1e-12)
    errors_ = np.array(fit.standard_errors)
    for k in range(3):
        for sign in (-1.0, 1.0):
            away = np.array(here)
            away[k] += sign * 0.1 * errors_[k]
            # the loss at 0.1 standard errors is 0.005 for a quadratic; along one axis it is no less
            assert height(*here) - height(*away) > 0.003
    assert np.all(np.abs(np.array(here) - (nu, 2.0, 0.5)) < 4 * errors_)
    np.testing.assert_allclose(fit.pdf([1.0, 2.5]), stats.t.pdf([1.0, 2.5], *here), rtol=1e-12)


def test_gaussian_beside_it() -> None:
    x = sample(3.0)
    fit = fit_student(x)
    best = float(stats.norm.logpdf(x, x.mean(), x.std()).sum())
    assert fit.gaussian.log_likelihood == pytest.approx(best, rel=1e-12)
    assert fit.gaussian.aic == pytest.approx(4 - 2 * best)
    assert fit.gaussian.bic == pytest.approx(2 * np.log(x.size) - 2 * best)
    assert fit.aic == pytest.approx(6 - 2 * fit.log_likelihood)
    assert fit.bic - fit.aic == pytest.approx(3 * np.log(x.size) - 6)
    assert fit.aic < fit.gaussian.aic


def test_standard_errors_are_those_of_the_scatter() -> None:
    """Over 120 samples the estimates scatter by the standard errors; a standard deviation of 120 is known to 6.5 %."""
    fits = [fit_student(sample(5.0, size=1000, seed=seed)) for seed in range(120)]
    logs = np.log([fit.nu for fit in fits])  # nearly normal, nu itself is skewed
    stated = np.array([(f.standard_errors[0] / f.nu, *f.standard_errors[1:]) for f in fits]).mean(axis=0)
    found = np.array([logs, [f.loc for f in fits], [f.scale for f in fits]]).std(axis=1)
    np.testing.assert_allclose(found / stated, 1.0, atol=4 * 0.065)
    inside = [low < 5.0 < high for low, high in (fit.interval(0.9) for fit in fits[:60])]
    assert abs(np.mean(inside) - 0.9) < 4 * np.sqrt(0.09 / 60)


def test_the_ends_of_the_interval_lie_where_the_profile_says() -> None:
    x = sample(4.0)
    fit = fit_student(x)
    for end in fit.interval(0.95):
        _, loc, scale = stats.t.fit(x, fdf=end)
        lost = fit.log_likelihood - stats.t.logpdf(x, end, loc, scale).sum()
        assert 2 * lost == pytest.approx(stats.chi2.ppf(0.95, 1), rel=1e-3)  # SciPy's own search stops at 1e-4


def test_a_gaussian_sample_leaves_the_upper_end_open() -> None:
    x = np.random.default_rng(5).normal(size=4000)
    fit = fit_student(x)
    assert fit.interval()[1] == np.inf
    assert fit.gaussian.bic < fit.bic


def test_a_flat_sample_is_gaussian_with_infinite_nu() -> None:
    fit = fit_student(np.random.default_rng(0).uniform(-1, 1, size=1000))
    assert fit.nu == np.inf
    assert fit.q == 1.0
    assert fit.kappa("ito") == np.inf
    assert fit.scale == fit.gaussian.scale
    assert fit.log_likelihood == fit.gaussian.log_likelihood
    assert "inf" in repr(fit)


@pytest.mark.parametrize("nu", [0.7, 3.0, 40.0])
@pytest.mark.parametrize("power", [-900, -27, 27, 900])
def test_the_fit_is_the_same_in_other_units(nu: float, power: int) -> None:
    """A change of units by a power of two, about 1e-8 or 1e8, does not round: not a digit may change."""
    x, unit = sample(nu), 2.0**power
    fit, other = fit_student(x), fit_student(unit * x)
    assert (other.nu, other.loc, other.scale) == (fit.nu, unit * fit.loc, unit * fit.scale)
    assert other.log_likelihood == pytest.approx(fit.log_likelihood - x.size * np.log(unit), rel=1e-12)
    assert other.aic - other.gaussian.aic == pytest.approx(fit.aic - fit.gaussian.aic, abs=1e-9 * abs(fit.aic))
    np.testing.assert_allclose(other.interval(), fit.interval(), rtol=1e-6)  # the search stops at 1e-10 in ln nu
    assert other.standard_errors[0] == pytest.approx(fit.standard_errors[0], rel=1e-12)


@pytest.mark.parametrize(("loc", "scale"), [(1e6, 1.0), (0.0, 1e-9), (-3e4, 1e5), (0.0, 1e-8), (5.0, 1e8)])
def test_the_fit_moves_with_the_sample(loc: float, scale: float) -> None:
    fit, moved = fit_student(sample(3.0)), fit_student(loc + scale * sample(3.0))
    assert moved.nu == pytest.approx(fit.nu, rel=1e-5)
    assert moved.loc == pytest.approx(loc + scale * fit.loc, rel=1e-6)
    assert moved.scale == pytest.approx(scale * fit.scale, rel=1e-6)


def test_the_power_law_process_gives_back_its_index() -> None:
    noise = NoiseModel(0.0, curvature=2.0, sigma_g=1.5, rho=0.0, sigma_H=4.0, learning_rate=0.5)
    paths = simulate_sde(noise.problem(), 0.0, [6.0], step=1 / 400, replicas=20_000, rng=2)
    fit = fit_student(paths.values[0])
    low, high = fit.interval(0.9999)
    assert noise.tail_index("ito") == 3.0
    assert low < 3.0 < high
    assert fit.kappa("ito") == pytest.approx(noise.kappa, abs=0.5 * 4 * fit.standard_errors[0])


# Hill


def test_hill_is_the_mean_of_the_logarithms() -> None:
    x = np.array([1.0, -8.0, 4.0, 2.0, -1.0, 0.5])
    estimate = hill(x, tail=2, centre=0.0)
    assert estimate.index == pytest.approx(2 / (np.log(8 / 2) + np.log(4 / 2)), rel=1e-14)
    assert estimate.threshold == 2.0
    assert estimate.standard_error == pytest.approx(estimate.index / np.sqrt(2))


def test_hill_interval_covers_a_pareto_law() -> None:
    """2 k nu / index has a chi^2 law exactly, so the coverage is exact."""
    rng = np.random.default_rng(1)
    inside = []
    for _ in range(1000):
        low, high = hill(rng.pareto(2.5, size=300) + 1.0, tail=50, centre=0.0).interval(0.9)
        inside.append(low < 2.5 < high)
    assert abs(np.mean(inside) - 0.9) < 4 * np.sqrt(0.09 / 1000)


def test_hill_of_a_student_law() -> None:
    estimate = hill(np.random.default_rng(0).standard_t(2.0, size=200_000))
    assert estimate.tail == 447
    low, high = estimate.interval(0.9999)
    assert low < 2.0 < high


# Dictionary


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_dictionary(alpha: float) -> None:
    law = PowerLaw(2.0, 0.5, 1.5, 0.8)
    nu, q = law.tail_index(alpha), student.to_q_gaussian(law, alpha).q
    assert q_from_index(nu) == pytest.approx(q, rel=1e-14)
    assert index_from_q(q) == pytest.approx(nu, rel=1e-13)
    assert kappa_from_q(q, alpha) == pytest.approx(law.kappa, rel=1e-13)
    assert kappa_from_index(nu, alpha) == pytest.approx(law.kappa, rel=1e-14)
    assert index_from_kappa(law.kappa, alpha) == nu
    np.testing.assert_allclose(q_from_index([1.0, 3.0]), [2.0, 1.5])


LIMITS = st.floats(0.0, 1.0)


@given(log_nu=st.floats(-3.0, 8.0), alpha=LIMITS)
@settings(deadline=None)
def test_round_trips_of_the_dictionary(log_nu: float, alpha: float) -> None:
    """Rounding of a number of size s is s * 1.1e-16; q holds nu only to (nu + 1)^2 / 2 times its own rounding."""
    nu = 10.0**log_nu
    lost = 4 * np.finfo(float).eps
    assert index_from_q(q_from_index(nu)) == pytest.approx(nu, rel=0, abs=lost * (nu + 1) ** 2)
    if nu <= 1 - 2 * alpha + lost:
        with pytest.raises(errors.CoefficientError, match="no power-law dynamic"):
            kappa_from_index(nu * (1 - 8 * lost) if alpha < 0.5 else -alpha, alpha)
        return
    kappa = kappa_from_index(nu, alpha)
    assert kappa > 0
    assert index_from_kappa(kappa, alpha) == pytest.approx(nu, rel=0, abs=lost * (nu + 1))
    q = q_from_kappa(kappa, alpha)
    assert q == pytest.approx(q_from_index(nu), rel=0, abs=2 * lost * (nu + 1) / (nu + 1) ** 2 + lost)
    assert kappa_from_q(q, alpha) == pytest.approx(kappa, rel=0, abs=2 * lost * (nu + 1) ** 2)


@pytest.mark.parametrize("convention", ["ito", "stratonovich", "isothermal"])
def test_the_gaussian_in_the_dictionary(convention: str) -> None:
    assert q_from_index(np.inf) == q_from_kappa(np.inf, convention) == 1.0
    assert index_from_q(1.0) == index_from_kappa(np.inf, convention) == np.inf
    assert kappa_from_q(1.0, convention) == kappa_from_index(np.inf, convention) == np.inf


def test_the_dictionary_says_what_a_noise_model_says() -> None:
    noise = NoiseModel(0.0, curvature=2.0, sigma_g=1.5, rho=0.0, sigma_H=0.8, learning_rate=0.5)
    for convention in ("ito", "stratonovich", "isothermal"):
        assert index_from_kappa(noise.kappa, convention) == noise.tail_index(convention)
    np.testing.assert_array_equal(index_from_kappa([5.0, 1.0], 1), [9.0, 1.0])


def test_beta_of_the_fit_is_that_of_the_q_gaussian() -> None:
    fit = fit_student(sample(4.0))
    x = np.array([0.3, 1.7])
    y = (1 + (fit.q - 1) * fit.beta * x**2) ** (-1 / (fit.q - 1))
    shape = fit.pdf(fit.loc + x) / fit.pdf(fit.loc)
    np.testing.assert_allclose(y, shape, rtol=1e-12)


# Pictures and bad input


def test_pictures() -> None:
    x = sample(3.0)
    assert fit_student(x).plot().get_yscale() == "log"
    assert hill(x).plot().get_ylabel() == "tail index"
    assert "Hill" in repr(hill(x))
    assert "AIC" in repr(fit_student(x))
    plt.close("all")


@pytest.mark.parametrize(
    ("nu", "loc", "scale"), [(1.0, 0.0, 1.0), (2.0, 1e3, 1e-3), (0.5, -5.0, 1e8), (60.0, 4.0, 2.0)]
)
def test_the_picture_of_a_fit_shows_both_tails(nu: float, loc: float, scale: float) -> None:
    x = loc + scale * np.random.default_rng(0).standard_t(nu, size=4000)
    fit = fit_student(x)
    ax = fit.plot()
    heavy = np.abs(x - fit.loc).max() > 20 * fit.scale
    assert ax.get_xscale() == ("asinh" if heavy else "linear")
    shift = fit.loc if heavy else 0.0
    low, high = ax.get_xlim()
    assert low <= x.min() - shift
    assert high >= x.max() - shift
    steps = ax.patches[0].get_data()
    seen = np.isfinite(steps.values)
    # the values in the bins are all of them, and the least of them is above the lower end of the axis
    assert np.nansum(steps.values * np.diff(steps.edges)) == pytest.approx(1.0, rel=1e-9)
    assert ax.get_ylim()[0] < steps.values[seen].min()
    assert ax.get_ylim()[1] > max(steps.values[seen].max(), fit.pdf(fit.loc))
    assert seen.mean() > 0.5  # linear bins of a Cauchy sample would leave nearly all empty
    plt.close("all")


def test_the_picture_of_hill_with_equal_values() -> None:
    x = np.append(np.full(8, 9.0), np.random.default_rng(0).pareto(2.0, 60))
    line = hill(x, tail=20, centre=0.0).plot().lines[0]
    assert np.isfinite(line.get_ydata()).all()
    hill([1.0, 2.0, 3.0, 5.0, 9.0], tail=2).plot()
    plt.close("all")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: fit_student([1.0, 2.0]), "too few values"),
        (lambda: fit_student(np.ones(100)), "1 of them different"),
        (lambda: fit_student([]), "too few values"),
        (lambda: fit_student([1.0, np.nan] * 20), "not finite"),
        (lambda: fit_student(np.append(np.zeros(900), sample(3.0, 100))), "more peaked"),
        (lambda: fit_student(sample(0.05)), r"0 of them repeated[\s\S]*hill"),
        (lambda: fit_student(sample(3.0)).interval(1.0), "confidence level"),
        (lambda: hill([]), "too few values in the tail"),
        (lambda: hill(np.ones(50)), r"50 values, 0 of them apart from the centre 1"),
        (lambda: hill([4.0]), "an index needs three that lie apart"),
        (lambda: hill([1.0, 2.0, 4.0]), "an index needs three that lie apart"),
        (lambda: hill([1.0, -1.0] * 30, centre=0.0), r"equally far[\s\S]*9 values at the distance 1"),
        (lambda: hill(sample(3.0), tail=5000), "too few values in the tail"),
        (lambda: hill(sample(3.0), tail=1), "tail must be"),
        (lambda: hill(["a"]), "real numbers"),
        (lambda: hill(sample(3.0)).interval(95), "confidence level"),
        (lambda: q_from_index(0.0), "nu must be positive"),
        (lambda: q_from_index([1.0, -2.0]), "nu must be positive"),
        (lambda: q_from_index("nine"), "nu must be a real number"),
        (lambda: q_from_index(np.nan), "nu must be a real number"),
        (lambda: index_from_q(0.9), "below 1 has no tail"),
        (lambda: index_from_q(3.0), "cannot be normalised"),
        (lambda: kappa_from_q(2.5, "ito"), r"no power-law dynamic[\s\S]*nu > 1 - 2 alpha = 1"),
        (lambda: kappa_from_index(1.0, "ito"), "no power-law dynamic"),
        (lambda: kappa_from_index(-1.0, "isothermal"), "nu must be positive"),
        (lambda: index_from_kappa(0.5, "isothermal"), r"kappa=0.5[\s\S]*2 kappa \+ 1 - 2 alpha > 0"),
        (lambda: index_from_kappa([3.0, 0.1], 0.75), "would not be integrable"),
        (lambda: index_from_kappa(0.0, "ito"), "kappa must be positive"),
        (lambda: q_from_kappa(0.5, 1), "would not be integrable"),
        (lambda: fit_student(sample(0.5)).kappa("ito"), "no power-law dynamic"),
        (lambda: index_from_q(3.5), "q must lie"),
        (lambda: kappa_from_q(1.2, "itoo"), "convention"),
    ],
)
def test_bad_tails(call, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(errors.FokkerError, match=words):
        call()


def test_fits_compare_and_hash() -> None:
    x = np.random.default_rng(0).standard_t(4.0, size=300)
    for make in (lambda: fit_student(x), lambda: hill(x)):
        fit = make()
        assert fit == fit
        assert fit != make()
        assert len({fit, fit}) == 1

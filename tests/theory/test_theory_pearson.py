"""Stationary laws with correlated noise: the table ST-1, quadrature, the paper's Theorem 2."""

import mpmath as mp
import numpy as np
import pytest

from fokker.errors import FokkerError, MomentError, NormalisationError
from fokker.theory import pearson, printed
from fokker.theory.power_law import PowerLaw

LAW = PowerLaw(curvature=2.0, learning_rate=0.5, sigma_g=1.5, sigma_H=0.8, rho=0.6)
ST1 = {
    1.0: (
        "0.112639590341519",
        "0.1875",
        "0.348214285714286",
        "0.313058035714286",
        "0",
        "0.841723329538957",
        "0.180002764557726",
        "9.82297346128725e-6",
    ),
    0.5: (
        "0.144442783746631",
        "0.0833333333333333",
        "0.2578125",
        "0.250868055555556",
        "-0.0681818181818182",
        "0.903073652588148",
        "0.126428384908515",
        "8.51095882820961e-6",
    ),
    0.0: (
        "0.178793000542094",
        "0",
        "0.208333333333333",
        "0.208333333333333",
        "-0.125",
        "0.935248143932174",
        "0.0857156021703458",
        "7.11809671107772e-6",
    ),
}


@pytest.mark.parametrize("alpha", ST1)
def test_table_st1(alpha, agrees) -> None:
    k, mean, second, var, mode, *values = ST1[alpha]
    assert LAW.exponent(alpha) == 6 - alpha
    assert agrees(pearson.normalisation(LAW, alpha), k, slack=1e-14)
    assert agrees(pearson.mean(LAW, alpha), mean)
    assert agrees(pearson.second_moment(LAW, alpha), second)
    assert agrees(pearson.variance(LAW, alpha), var)
    assert agrees(pearson.mode(LAW, alpha), mode)
    for x, value in zip((0, 1, -2), values, strict=True):
        assert agrees(pearson.density(x, LAW, alpha), value, slack=2e-14)


def test_shape_parameters(agrees) -> None:
    a, lam, q = pearson.scale_location_skew(LAW)
    assert agrees(a, "1.14564392374")
    assert lam == pytest.approx(-0.75, rel=1e-15)
    assert agrees(q, "-6.54653670708")


@pytest.mark.parametrize("rho", [0.6, -0.9, 0.0])
@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_normalised_and_moments_by_quadrature(rho, alpha) -> None:
    law = PowerLaw(2.0, 0.5, 1.5, 0.8, rho=rho)

    def integral(order: int) -> float:
        marks = [-mp.inf, -10, -3, -1, 0, 1, 3, 10, mp.inf]
        return float(mp.quad(lambda x: x**order * pearson.density(float(x), law, alpha), marks))

    assert integral(0) == pytest.approx(1.0, rel=1e-13)
    for order in (1, 2, 3, 4):
        assert integral(order) == pytest.approx(pearson.moment(order, law, alpha), rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("kappa", [0.6, 1.0, 30.0, 1000.0])
def test_normalised_at_any_kappa(kappa) -> None:
    law = PowerLaw(1.0, 1.0 / kappa, kappa, 1.0, rho=0.3 * np.sqrt(kappa))
    a, lam, _ = pearson.scale_location_skew(law)
    peak = pearson.mode(law, 1.0)
    with mp.workdps(25):
        width = a / np.sqrt(kappa)

        def weight(t):  # x = peak + width sinh t
            x = float(peak + width * mp.sinh(t))
            return pearson.density(x, law, 1.0) * width * mp.cosh(t)

        total = mp.quad(weight, list(range(-160 if kappa < 1 else -60, 161 if kappa < 1 else 61, 10)))
    assert lam < 0
    assert float(total) == pytest.approx(1.0, rel=3e-12)


def test_zero_flux_in_every_convention() -> None:
    with mp.workdps(30):
        for alpha in (mp.mpf(1), mp.mpf("0.5"), mp.mpf(0)):
            a, lam, q = (mp.mpf(v) for v in pearson.scale_location_skew(LAW))
            m = 6 - alpha

            def p(x, a=a, lam=lam, q=q, m=m):
                return (1 + ((x - lam) / a) ** 2) ** (-m) * mp.exp(-q * mp.atan((x - lam) / a))

            def d(x):
                return mp.mpf("0.25") * (mp.mpf("1.5") + mp.mpf("1.2") * x + mp.mpf("0.8") * x * x)

            for x in map(mp.mpf, (-3, 0.5, 2)):
                flux = 2 * x * p(x) + d(x) ** alpha * mp.diff(lambda y, p=p, alpha=alpha: d(y) ** (1 - alpha) * p(y), x)
                assert abs(flux) < 1e-14 * p(x)


def test_theorem_2_as_printed_is_the_isothermal_law_only() -> None:
    x = np.linspace(-4, 4, 17)
    printed_log = np.asarray(printed.theorem2_log(x, LAW))
    same = printed_log - np.asarray(pearson.log_density(x, LAW, alpha=1))
    assert np.ptp(same) < 1e-13
    assert np.ptp(printed_log - np.asarray(pearson.log_density(x, LAW, alpha=0))) > 1


def test_corollary_3_as_printed() -> None:
    law = PowerLaw(2.0, 0.5, 1.5, 0.8)
    x = np.linspace(-4, 4, 17)
    assert np.ptp(np.asarray(printed.corollary3_log(x, law)) - pearson.log_density(x, law, alpha=1)) < 1e-14
    assert np.allclose(printed.corollary3_log(x, law), printed.theorem2_log(x, law) + 5 * np.log(1.5), atol=1e-13)
    with pytest.raises(FokkerError, match="uncorrelated"):
        printed.corollary3_log(x, LAW)


def test_bad_input() -> None:
    heavy = PowerLaw.from_kappa(1.5, 1.0)
    with pytest.raises(MomentError, match="order 2 does not exist"):
        pearson.variance(heavy, alpha=1)
    assert pearson.mean(heavy, alpha=1) == 0.0
    with pytest.raises(NormalisationError):
        pearson.density(0.0, PowerLaw.from_kappa(0.5, 1.0), alpha=1)
    degenerate = PowerLaw(2.0, 0.5, 0.2, 0.8, rho=-0.4)
    for refused in (
        lambda: pearson.density(0.0, degenerate, 1),
        lambda: printed.theorem2_log(0.0, degenerate),
    ):
        with pytest.raises(FokkerError, match="inverse-gamma"):
            refused()
    with pytest.raises(FokkerError, match="whole number"):
        pearson.moment(-1, LAW, 1)
    with pytest.raises(FokkerError, match="finite"):
        pearson.density(np.nan, LAW, 1)


def test_far_tail_neither_overflows_nor_lies() -> None:
    logs = np.asarray(pearson.log_density([1e10, 1e200, 1e300], LAW, 1))
    assert np.diff(logs) == pytest.approx([-10 * 190 * np.log(10), -10 * 100 * np.log(10)], rel=1e-9)
    assert isinstance(pearson.density(0, LAW, 1), float)

"""The degenerate law, rho^2 = sigma_g sigma_H: normalisation, moments, zero flux, limit of Pearson IV."""

import mpmath as mp
import numpy as np
import pytest

from fokker.errors import FokkerError, MomentError, NormalisationError
from fokker.theory import inverse_gamma, pearson
from fokker.theory.power_law import PowerLaw

LEFT = PowerLaw(2.0, 0.5, 0.2, 0.8, rho=-0.4)  # silent point at 0.5, the law on its left
RIGHT = PowerLaw(2.0, 0.5, 0.2, 0.8, rho=0.4)


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_normalised_with_its_moments(alpha) -> None:
    def integral(order: int) -> float:
        def weight(t):  # the distance e^t on the left of 1/2
            x = 0.5 - mp.exp(t)
            return x**order * inverse_gamma.density(float(x), LEFT, alpha) * mp.exp(t)

        return float(mp.quad(weight, list(range(-8, 9))))

    assert integral(0) == pytest.approx(1.0, rel=1e-12)
    assert integral(1) == pytest.approx(inverse_gamma.mean(LEFT, alpha), abs=1e-12)
    second = inverse_gamma.variance(LEFT, alpha) + inverse_gamma.mean(LEFT, alpha) ** 2
    assert integral(2) == pytest.approx(second, rel=1e-11)


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_zero_flux(alpha) -> None:
    def noise(x):
        return mp.mpf("0.2") * (x + mp.mpf("0.5")) ** 2

    def p(x):
        r, m = x + mp.mpf("0.5"), 6 - mp.mpf(alpha)
        return r ** (-2 * m) * mp.exp(-5 / r)

    with mp.workdps(30):
        for x in map(mp.mpf, ("-0.2", "0.3", "4")):
            flux = 2 * x * p(x) + noise(x) ** alpha * mp.diff(lambda y: noise(y) ** (1 - alpha) * p(y), x)
            assert abs(flux) < mp.mpf(10) ** -15 * p(x)
            ratio = inverse_gamma.density(float(x), RIGHT, alpha) / inverse_gamma.density(1.0, RIGHT, alpha)
            assert ratio == pytest.approx(float(p(x) / p(mp.mpf(1))), rel=1e-12)


def test_it_is_the_limit_of_pearson_iv() -> None:
    x = np.array([-2.0, -0.4, 0.0, 0.3])
    errors = []
    for gap in (1e-3, 1e-4):
        near = PowerLaw(2.0, 0.5, 0.2, 0.8, rho=-0.4 * np.sqrt(1 - gap))
        errors.append(np.max(np.abs(np.asarray(pearson.density(x, near, 1)) - inverse_gamma.density(x, LEFT, 1))))
    assert errors[1] < 1e-2
    assert errors[1] < errors[0] / 5


def test_mode_and_mirror() -> None:
    for alpha in (0.0, 0.5, 1.0):
        mode = inverse_gamma.mode(LEFT, alpha)
        around = np.asarray(inverse_gamma.log_density([mode - 1e-3, mode, mode + 1e-3], LEFT, alpha))
        assert np.argmax(around) == 1
        assert inverse_gamma.density(0.2, LEFT, alpha) == inverse_gamma.density(-0.2, RIGHT, alpha)
        rest = (1 - alpha) * 0.5
        assert mode == pytest.approx(-rest * -0.4 / (2.0 + rest * 0.8), abs=1e-15)
    frozen = inverse_gamma.distribution(LEFT, 1)
    assert frozen.pdf(0.7) == pytest.approx(inverse_gamma.density(-0.2, LEFT, 1), rel=1e-13)
    assert inverse_gamma.density([0.5, 0.6], LEFT, 1).tolist() == [0.0, 0.0]


def test_bad_input() -> None:
    with pytest.raises(FokkerError, match="vanishes nowhere"):
        inverse_gamma.density(0.0, PowerLaw(2.0, 0.5, 0.2, 0.8), 1)
    heavy = PowerLaw(0.3, 0.5, 0.2, 0.8, rho=0.4)  # kappa = 3/4
    assert inverse_gamma.density(0.0, heavy, 1) > 0
    with pytest.raises(MomentError, match="mean does not exist"):
        inverse_gamma.mean(heavy, 1)
    with pytest.raises(NormalisationError, match="nu"):
        inverse_gamma.density(0.0, PowerLaw(0.2, 0.5, 0.2, 0.8, rho=0.4), 1)

"""Exact exit times of the linear dynamic: the table for every nu, EX-1, and quadrature."""

import mpmath as mp
import numpy as np
import pytest

from fokker.errors import FokkerError, NormalisationError
from fokker.theory import passage
from fokker.theory import quadratic_well as well
from fokker.theory.power_law import PowerLaw

EXIT = {
    1: ("0.43882457311748", "2.5958447706977", "12.403716484617"),
    2: ("0.5", "4.5", "50"),
    3: ("0.57474091217164", "8.6105104522239", "268.44106400267"),
    4: ("0.66666666666667", "18", "1716.6666666667"),
    6: ("0.92222222222222", "96.3", "92272.222222222"),
    9: ("1.607622113515", "1617.7953548977", "50230334.276135"),
}
EX1 = {
    1.0: ("4.886872865156", "12.337814064504"),
    1.5: ("11.25", "24.416527840294"),
    2.5: ("45", "91.594270401940"),
    3.5: ("142.117346938776", "285.722015759928"),
}


@pytest.mark.parametrize("nu", EXIT)
def test_exit_table(nu, agrees) -> None:
    for r, value in zip((1, 3, 10), EXIT[nu], strict=True):
        assert agrees(well.exit_function(r, nu), value)
        assert agrees(well.exit_function_mp(r, nu), value)


@pytest.mark.parametrize("kappa", EX1)
def test_ex1(kappa, agrees) -> None:
    law = PowerLaw.from_kappa(kappa, eps=0.2, curvature=2.0)
    both, one = EX1[kappa]
    assert agrees(well.two_sided(law, 1.5, alpha=1), both)
    assert agrees(well.one_sided(law, 1.5, alpha=1), one)


@pytest.mark.parametrize("nu", [0.3, 1.0, 2.0, 4.5, 7.0, 40.0])
def test_against_quadrature_in_the_additive_coordinate(nu) -> None:
    for r in (0.01, 1.0, 30.0, 1e4):
        expected = passage.mean_time(
            lambda u: nu * (np.abs(u) + np.log1p(np.exp(-2 * np.abs(u)))),
            0.0,
            float(np.arcsinh(r)),
            diffusion=1.0,
            left=0.0,
        )
        assert well.exit_function(r, nu) == pytest.approx(expected, rel=2e-12)


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(("start", "target"), [(0.0, 1.5), (-1.2, 0.4), (-3.0, -1.0), (0.5, 2.0)])
def test_one_sided_against_quadrature_in_x(alpha, start, target) -> None:
    law = PowerLaw.from_kappa(1.7, eps=0.2, curvature=2.0)
    expected = passage.mean_time(
        lambda x: law.kappa * np.log1p((x / law.core_width) ** 2),
        start,
        target,
        diffusion=lambda x: law.diffusion(x),
        alpha=alpha,
    )
    assert well.one_sided(law, target, alpha, start=start) == pytest.approx(expected, rel=1e-12)


def test_two_sided_solves_its_equation() -> None:
    law = PowerLaw.from_kappa(1.7, eps=0.2, curvature=2.0)
    x = np.linspace(-1.3, 1.3, 5)
    h = 1e-3
    for alpha in (0.0, 0.5, 1.0):
        below, here, above = (np.asarray(well.two_sided(law, 1.5, alpha, start=x + d)) for d in (-h, 0, h))
        d, slope = law.diffusion(x), 2 * law.delta * x
        backward = (-2.0 * x + alpha * slope) * (above - below) / (2 * h) + d * (above - 2 * here + below) / h**2
        assert backward == pytest.approx(-1.0, abs=1e-3)


def test_large_distance() -> None:
    for nu in (1.5, 3.0, 8.0):
        assert well.exit_function_large(1e4, nu) / well.exit_function(1e4, nu) == pytest.approx(1.0, abs=3e-4)


def test_coefficients() -> None:
    assert well.exit_coefficients(2) == (0.5,)
    assert well.exit_coefficients(4) == pytest.approx((1 / 2, 1 / 6))
    assert well.exit_coefficients(6) == pytest.approx((1 / 2, 1 / 3, 4 / 45))
    for refused in (3, 0, -2):
        with pytest.raises(FokkerError, match="even nu"):
            well.exit_coefficients(refused)


def test_high_precision() -> None:
    with mp.workdps(45):
        closed = mp.atan(1) - mp.log(2) / 2
        assert abs(well.exit_function_mp(1, 1, dps=40) - closed) < mp.mpf(10) ** -39


def test_shapes_and_bad_input() -> None:
    law = PowerLaw.from_kappa(2.0, eps=0.2)
    assert isinstance(well.exit_function(1, 3), float)
    assert np.shape(well.two_sided(law, [1.0, 2.0], 1)) == (2,)
    assert well.two_sided(law, 1.0, 1, start=1.0) == 0.0
    with pytest.raises(FokkerError, match="beyond the exit"):
        well.two_sided(law, 1.0, 1, start=-1.5)
    with pytest.raises(FokkerError, match="beyond the exit"):
        well.one_sided(law, 1.0, 1, start=1.5)
    with pytest.raises(FokkerError, match="negative"):
        well.exit_function(-1.0, 2)
    with pytest.raises(FokkerError, match="tail index"):
        well.exit_function_mp(1, 0)
    with pytest.raises(NormalisationError):
        well.one_sided(PowerLaw.from_kappa(0.5, 0.2), 1.0, alpha=1)
    with pytest.raises(FokkerError, match="uncorrelated"):
        well.two_sided(PowerLaw(2.0, 0.5, 1.5, 0.8, rho=0.1), 1.0, alpha=1)

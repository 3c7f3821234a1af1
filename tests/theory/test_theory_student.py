"""The Student law: the table ST-2, its dictionaries, tails and moments."""

import mpmath as mp
import numpy as np
import pytest

from fokker.errors import FokkerError, MomentError, NormalisationError
from fokker.theory import pearson, student
from fokker.theory.power_law import PowerLaw

LAW = PowerLaw(curvature=2.0, learning_rate=0.5, sigma_g=1.5, sigma_H=0.8)
ST2 = [
    (
        1,
        9,
        "0.456435464587638",
        "1.2",
        "2.66666666666667",
        "0.267857142857143",
        "4.2",
        "0.850141890753898",
        "0.100301754939294",
    ),
    (
        0.5,
        10,
        "0.433012701892219",
        "1.18181818181818",
        "2.93333333333333",
        "0.234375",
        "4",
        "0.898607320906913",
        "0.0856187295243888",
    ),
    (
        0,
        11,
        "0.412861411922385",
        "1.16666666666667",
        "3.2",
        "0.208333333333333",
        "3.85714285714286",
        "0.944602100837664",
        "0.0726824311154305",
    ),
]


@pytest.mark.parametrize("row", ST2)
def test_table_st2(row, agrees) -> None:
    alpha, nu, scale, q, beta, var, kurtosis, p0, p1 = row
    t = student.to_student(LAW, alpha)
    assert (t.dof, t.loc) == (nu, 0)
    assert agrees(t.scale, scale)
    assert agrees(student.to_q_gaussian(LAW, alpha).q, q)
    assert agrees(student.to_q_gaussian(LAW, alpha).beta, beta)
    assert agrees(student.variance(nu, LAW.core_width), var)
    assert agrees(student.kurtosis(nu), kurtosis)
    frozen = student.distribution(LAW, alpha)
    for x, value in ((0, p0), (1, p1)):
        assert agrees(frozen.pdf(x), value, slack=1e-14)
        assert agrees(pearson.density(x, LAW, alpha), value, slack=1e-14)
    assert frozen.var() == pytest.approx(pearson.variance(LAW, alpha), rel=1e-13)
    assert 1 / student.normalisation(nu, LAW.core_width) == pytest.approx(float(p0), rel=3e-15)


def test_q_gaussian_is_the_same_density() -> None:
    x = np.linspace(-5, 5, 11)
    for alpha in (0, 0.5, 1):
        q, beta = student.to_q_gaussian(LAW, alpha)
        shape = (1 + (q - 1) * beta * x**2) ** (-1 / (q - 1))
        expected = np.asarray(pearson.density(x, LAW, alpha)) / pearson.density(0, LAW, alpha)
        assert np.allclose(shape, expected, rtol=1e-13)
        assert student.kappa_from_q(q, alpha) == pytest.approx(5.0, rel=1e-13)


def test_zhou_du_dictionary() -> None:
    k, beta = student.to_zhou_du(LAW)
    x = np.linspace(-5, 5, 11)
    shape = (1 - k * beta * x**2) ** (1 / k)  # V = H x^2/2 = x^2
    assert np.allclose(shape, np.asarray(pearson.density(x, LAW, 1)) / pearson.density(0, LAW, 1), rtol=1e-13)


@pytest.mark.parametrize(
    ("nu", "radius", "value"),
    [(2, 100, "5.0e-5"), (3, 100, "4.244e-7"), (5, 10, "3.395e-6"), (9, 10, "2.587e-10")],
)
def test_leading_tail_mass(nu, radius, value, agrees) -> None:
    assert agrees(student.tail_mass_leading(radius, nu), value)
    ratio = student.tail_mass(radius, nu) / student.tail_mass_leading(radius, nu)
    assert ratio == pytest.approx(1.0, abs=nu**2 / radius**2)
    assert ratio < 1


@pytest.mark.parametrize("nu", [0.5, 1.0, 3.0, 9.0])
def test_exact_tail_mass_by_quadrature(nu) -> None:
    with mp.workdps(20):
        for radius in (0.3, 2.0, 50.0):
            integral = mp.quad(
                lambda t: mp.exp(t) * (1 + mp.exp(2 * t) / 4) ** (-(nu + 1) / mp.mpf(2)),
                [mp.log(radius) + 10 * k for k in range(17 if nu < 1 else 8)],
            )
            expected = float(2 * integral / mp.mpf(student.normalisation(nu, 2.0)))
            assert student.tail_mass(radius, nu, width=2.0) == pytest.approx(expected, rel=1e-12)


def test_tail_mass_ends() -> None:
    assert student.tail_mass(0.0, 3.0) == 1.0
    assert student.tail_mass(1e200, 0.5) == pytest.approx(student.tail_mass_leading(1e200, 0.5), rel=1e-10, abs=1e-70)


def test_absolute_moments(agrees) -> None:
    for nu, r in ((9.0, 1.0), (3.0, 2.5), (0.7, 0.5)):
        with mp.workdps(20):
            integral = mp.quad(
                lambda u, nu=nu, r=r: mp.cosh(u) ** (-nu) * abs(mp.sinh(u)) ** r, [0, 1, 5, 20, 100, 300]
            )
            expected = float(2 * integral) / student.normalisation(nu) * 1.5**r
        assert student.absolute_moment(r, nu, width=1.5) == pytest.approx(expected, rel=1e-11)
    assert student.absolute_moment(2, 9, 1.3) == pytest.approx(student.variance(9, 1.3), rel=1e-14)
    fourth = student.absolute_moment(4, 9) / student.absolute_moment(2, 9) ** 2
    assert agrees(fourth, "4.2", slack=1e-14)


def test_shapes() -> None:
    assert isinstance(student.tail_mass(1.0, 3), float)
    assert np.shape(student.tail_mass(np.ones((2, 1)), [1.0, 2.0, 3.0])) == (2, 3)


def test_bad_input() -> None:
    with pytest.raises(MomentError, match="needs nu > 2"):
        student.variance([3.0, 2.0])
    with pytest.raises(MomentError, match="kurtosis"):
        student.kurtosis(4)
    with pytest.raises(MomentError, match="absolute moment"):
        student.absolute_moment(3, 3)
    with pytest.raises(NormalisationError, match="nu > 0"):
        student.tail_mass(1.0, 0.0)
    with pytest.raises(FokkerError, match="negative"):
        student.tail_mass(-1.0, 1.0)
    with pytest.raises(FokkerError, match="between 1"):
        student.kappa_from_q(1.0, alpha=1)
    with pytest.raises(FokkerError, match="Pearson IV"):
        student.to_student(PowerLaw(2.0, 0.5, 1.5, 0.8, rho=0.1), alpha=1)
    with pytest.raises(NormalisationError):
        student.distribution(PowerLaw.from_kappa(0.4, 1.0), alpha=1)

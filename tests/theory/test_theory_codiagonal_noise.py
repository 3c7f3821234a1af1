"""Proposition 11 (audit A2): residuals, claimed and true second moments, and the product law of separable noise."""

import mpmath as mp
import numpy as np
import pytest

from fokker.errors import DimensionError, MomentError, NormalisationError
from fokker.theory import codiagonal_noise as noise

# Pi, Lam, Gam, eta, kappa, R/p at (1,0), (0,1), (2,0), true and claimed second moments
TABLE = [
    (((1, 3), (1, 1), (1, 1), 0.5), "4", ("4", "-4", "6.4"), ("1.25", "0.25"), ("0.25", "0.25")),
    (((1, 3), (1, 1), (1, 3), 0.25), "4", ("0", "0", "0"), ("0.25", "0.0833333333"), ("0.25", "0.0833333333")),
    (
        ((1, 3), (1, 2), (0.5, 1), 0.4),
        "6.6667",
        ("1.48148148", "-1.48148148", "2.96296296"),
        ("0.31325301", "0.19277108"),
        ("0.21428571", "0.21428571"),
    ),
    (
        ((1, 1.2), (1, 1), (1, 1), 0.2),
        "5.5",
        ("0.55", "-0.55", "0.88"),
        ("0.16129032", "0.12903226"),
        ("0.14285714", "0.14285714"),
    ),
]


@pytest.mark.parametrize("row", TABLE)
def test_table(row, agrees) -> None:
    parameters, kappa, residuals, true, claimed = row
    law = noise.codiagonal(*parameters)
    assert agrees(law.kappa, kappa)
    for point, value in zip(((1, 0), (0, 1), (2, 0)), residuals, strict=True):
        assert agrees(noise.residual(point, law), value, slack=2e-15) or abs(noise.residual(point, law)) < 1e-14
    for i in range(2):
        assert agrees(noise.second_moments(law)[i], true[i])
        assert agrees(noise.printed_second_moments(law)[i], claimed[i])
    assert law.balanced == (residuals[0] == "0")


def test_the_fourth_row_is_rational() -> None:
    law = noise.codiagonal((1.0, 1.2), (1.0, 1.0), (1.0, 1.0), 0.2)
    assert noise.second_moments(law) == pytest.approx([5 / 31, 4 / 31], rel=1e-14)
    assert noise.residual([0.0, 0.0], law) == pytest.approx(0.0, abs=1e-14)


def test_moment_equations_as_written() -> None:
    pi, lam, gam, eta = np.array([1.0, 3.0, 2.0]), np.array([1.0, 2.0, 0.7]), np.array([0.5, 1.0, 0.3]), 0.2
    m = noise.second_moments(noise.codiagonal(pi, lam, gam, eta))
    left = 2 * (pi - eta * gam) * m - eta * lam * np.sum(gam / lam * m)
    assert left == pytest.approx(eta * lam, rel=1e-14)


def test_residual_as_written() -> None:
    pi, lam, gam, eta = np.array([1.0, 3.0, 2.0]), np.array([1.0, 2.0, 0.7]), np.array([0.5, 1.0, 0.3]), 0.2
    law = noise.codiagonal(pi, lam, gam, eta)
    v = np.array([0.4, -1.2, 0.9])
    e, q = pi - eta * law.kappa * gam, np.sum(gam / lam * v**2)
    written = e.sum() - 2 * law.kappa * np.sum(e * gam * v**2 / lam) / (1 + q)
    assert noise.residual(v, law) == pytest.approx(written, rel=1e-13)


@pytest.mark.parametrize("row", TABLE)
def test_curl_by_derivatives(row) -> None:
    (pi, lam, gam, eta), *_ = row
    law = noise.codiagonal(pi, lam, gam, eta)

    def force(i, x, y):
        q = gam[0] * x * x / lam[0] + gam[1] * y * y / lam[1]
        return -2 * pi[i] * (x, y)[i] / (eta * lam[i] * (1 + q))

    x, y = 0.7, -0.4
    q = gam[0] * x * x / lam[0] + gam[1] * y * y / lam[1]
    numeric = mp.diff(lambda t: force(1, t, y), x) - mp.diff(lambda t: force(0, x, t), y)
    assert noise.curl(law) == pytest.approx(float(numeric * (1 + q) ** 2 / (x * y)), rel=1e-8, abs=1e-12)
    assert (abs(noise.curl(law)) < 1e-12) == law.balanced


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_separable_law(alpha: float) -> None:
    """Zero flux along each axis by numerical derivatives, unit mass and second moment by quadrature."""
    pi, lam, gam, eta = (1.0, 3.0), (1.0, 0.8), (1.0, 0.9), 0.4
    args = (pi, lam, gam, eta, alpha)
    with mp.workdps(30):
        for i in range(2):
            m = pi[i] / (mp.mpf(eta) * gam[i]) + 1 - alpha
            p = lambda v, i=i, m=m: (1 + gam[i] / mp.mpf(lam[i]) * v * v) ** (-m)  # noqa: E731
            d = lambda v, i=i: mp.mpf(eta) / 2 * (lam[i] + gam[i] * v * v)  # noqa: E731
            for v in (mp.mpf("0.3"), mp.mpf(-2)):
                flow = pi[i] * v * p(v) + d(v) ** alpha * mp.diff(lambda t, p=p, d=d: d(t) ** (1 - alpha) * p(t), v)
                assert abs(flow) < 1e-15
            mass = 2 * mp.quad(p, [0, 1, 10, mp.inf])
            second = 2 * mp.quad(lambda v, p=p: v * v * p(v), [0, 1, 10, 1000, mp.inf])
            assert noise.separable_second_moments(*args)[i] == pytest.approx(float(second / mass), rel=1e-9)
            at = np.zeros(2)
            at[i] = 1.3
            ratio = noise.separable_log_density(at, *args) - noise.separable_log_density([0.0, 0.0], *args)
            assert ratio == pytest.approx(float(mp.log(p(mp.mpf(1.3)))), rel=1e-13)
    x = np.sinh(np.linspace(-14, 14, 1401))
    weights = np.cosh(np.linspace(-14, 14, 1401)) * 0.02
    grid = np.stack(np.meshgrid(x, x, indexing="ij"), axis=-1)
    total = weights @ np.exp(noise.separable_log_density(grid, *args)) @ weights
    assert total == pytest.approx(1.0, abs=1e-10)  # beyond sinh 14 lies less than 1e-11 of the mass


def test_bad_input() -> None:
    with pytest.raises(DimensionError, match="one length"):
        noise.codiagonal((1, 2), (1,), (1, 1), 0.1)
    with pytest.raises(MomentError):
        noise.second_moments(noise.codiagonal((1, 3), (1, 1), (1, 1), 1.0))
    with pytest.raises(NormalisationError):
        noise.separable_log_density([0, 0], (1, 1), (1, 1), (5, 1), 1.0, 1)
    with pytest.raises(MomentError):
        noise.separable_second_moments((1, 1), (1, 1), (1, 1), 1.0, 1)
    with pytest.raises(DimensionError, match="two dimensions"):
        noise.curl(noise.codiagonal((1, 2, 3), (1, 1, 1), (1, 1, 1), 0.1))


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_fourth_moments(alpha: float) -> None:
    """With detailed balance E v_i^2 v_j^2 is that of a Student law; without, the generator's mean must vanish."""
    law = noise.codiagonal((1.0, 3.0), (1.0, 1.0), (1.0, 3.0), 0.25)
    second, nu = noise.second_moments(law, alpha), 2 * (law.kappa + 1 - alpha) - 2
    gaussian = np.outer(second, second) * (1 + 2 * np.eye(2))  # E of the Gaussian of this covariance
    assert noise.fourth_moments(law, alpha) == pytest.approx(gaussian * (nu - 2) / (nu - 4), rel=1e-12)
    assert noise.quadrupole(law, alpha) == pytest.approx(0.0, abs=1e-15)

    pi, lam, gam, eta = np.array([1.0, 3.0]), np.array([1.0, 2.0]), np.array([0.5, 1.0]), 0.2
    law = noise.codiagonal(pi, lam, gam, eta)
    second, fourth = noise.second_moments(law, alpha), noise.fourth_moments(law, alpha)
    b = pi - alpha * eta * gam
    stretched = second + fourth @ (gam / lam)
    for i in range(2):
        assert -4 * b[i] * fourth[i, i] + 6 * eta * lam[i] * stretched[i] == pytest.approx(0.0, abs=1e-13)
    mixed = -2 * b.sum() * fourth[0, 1] + eta * (lam[0] * stretched[1] + lam[1] * stretched[0])
    assert mixed == pytest.approx(0.0, abs=1e-13)


def test_fourth_moments_may_not_exist() -> None:
    with pytest.raises(MomentError, match="Fourth"):
        noise.fourth_moments(noise.codiagonal((1, 3), (1, 1), (1, 1), 0.5))

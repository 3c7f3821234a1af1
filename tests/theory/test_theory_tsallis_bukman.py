"""The Tsallis-Bukman solution: TB-1, its equation, and that it does not solve the linear one (audit A3)."""

import numpy as np
import pytest
from scipy.integrate import quad

from fokker.errors import FokkerError
from fokker.theory.tsallis_bukman import TsallisBukman

TB1 = TsallisBukman(q=1.2, k1=0.3, k2=2.0, diffusion=0.4, Z0=1.0, X0=1.0)


def test_tb1(agrees) -> None:
    assert agrees(TB1.K, "0.84696238408")
    for t, z, p in (
        (0.1, "1.0299892260776", "0.65096011118478"),
        (1.0, "1.0941187688885", "0.7731516210173"),
    ):
        assert agrees(TB1.Z(t), z, slack=3e-15)
        assert agrees(TB1.density(0.5, t), p, slack=3e-15)


@pytest.mark.parametrize("q", [1.05, 1.2, 1.8])
def test_it_solves_its_nonlinear_equation(q) -> None:
    law = TsallisBukman(q, 0.3, 2.0, 0.4, 1.0, 1.0)
    t, h = 0.2, 1e-3
    for x in (-1.0, 0.2, 1.3):
        p = np.asarray(law.density([x - h, x, x + h], t))
        left = (law.density(x, t + h) - law.density(x, t - h)) / (2 * h)
        flux = [(0.3 - 2.0 * (x + d)) * v for d, v in ((-h, p[0]), (h, p[2]))]
        spread = (p[2] ** law.v - 2 * p[1] ** law.v + p[0] ** law.v) / h**2
        assert left == pytest.approx(-(flux[1] - flux[0]) / (2 * h) + 0.4 * spread, abs=2e-5)


def test_mass_and_stationary_width() -> None:
    for t in (0.0, 0.5, 30.0):
        mass = quad(lambda u, t=t: TB1.density(np.sinh(u), t) * np.cosh(u), -30, 30, points=[0], epsabs=1e-13)[0]
        assert mass == pytest.approx(1.0, rel=1e-11)
    assert TB1.centre(30.0) == pytest.approx(0.15)
    still = TsallisBukman(1.2, 0.3, 2.0, 0.4, TB1.Z(60.0), 0.15)
    assert pytest.approx(1.0, rel=1e-12) == still.K
    assert still.Z(0.3) == pytest.approx(still.Z0, rel=1e-13)


def test_it_does_not_solve_the_linear_equation() -> None:
    """The same stationary law, alpha = 1: relative residuals 0.028, -0.062, 0.123 at x = 0, 1/2, 1 and t = 0.1."""
    law = TsallisBukman(1.2, 0.0, 2.0, 0.4, 1.0, 0.0)
    kappa = 1 / (law.q - 1)
    s2 = law.Z(60.0) ** 2 / ((law.q - 1) * law.shape)
    eps = law.k2 * s2 / kappa

    def noise(x):
        return eps / 2 * (1 + x**2 / s2)

    h, t, found = 1e-4, 0.1, []
    for x in (0.0, 0.5, 1.0):
        p = law.density([x - 2 * h, x - h, x, x + h, x + 2 * h], t)
        flux = [2.0 * (x + d) * p[i] + noise(x + d) * (p[i + 1] - p[i - 1]) / (2 * h) for i, d in ((1, -h), (3, h))]
        rate = (law.density(x, t + h) - law.density(x, t - h)) / (2 * h)
        found.append((rate - (flux[1] - flux[0]) / (2 * h)) / p[2])
    assert found == pytest.approx([0.028, -0.062, 0.123], abs=6e-4)


@pytest.mark.parametrize("change", [{"q": 1.0}, {"q": 2.0}, {"k2": 0.0}, {"diffusion": -1.0}, {"Z0": np.nan}])
def test_bad_input(change) -> None:
    good = {"q": 1.2, "k1": 0.3, "k2": 2.0, "diffusion": 0.4, "Z0": 1.0, "X0": 1.0}
    with pytest.raises(FokkerError, match="accepted"):
        TsallisBukman(**(good | change))


def test_rate_of_change_and_noise() -> None:
    t, h = 0.2, 1e-3
    x = np.array([-1.0, 0.2, 1.3, 4.0])
    numeric = (8 * (TB1.density(x, t + h) - TB1.density(x, t - h)) - TB1.density(x, t + 2 * h)) / (12 * h)
    numeric += TB1.density(x, t - 2 * h) / (12 * h)
    assert TB1.rate_of_change(x, t) == pytest.approx(numeric, abs=1e-9)  # fourth order at h = 1e-3
    parabola = 0.4 * TB1.Z(t) ** 0.2 * (1 + 0.2 * TB1.shape * ((x - TB1.centre(t)) / TB1.Z(t)) ** 2)
    assert TB1.noise_at(x, t) == pytest.approx(parabola, rel=1e-13)

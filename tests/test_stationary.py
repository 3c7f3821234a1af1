"""Stationary laws against closed forms: power laws, Ornstein-Uhlenbeck, rings, half-lines, walls."""

import mpmath
import numpy as np
import pytest
from scipy import stats

import fokker

LINE = {"x": (-np.inf, np.inf)}
ALPHAS = [0.0, 0.5, 1.0]


def solve(problem, cells=400):
    return fokker.stationary(fokker.discretize(problem, cells=cells))


def student(nu, alpha):
    """D = 1 + x^2 with p ~ (1 + x^2)^(-(1 + nu)/2): the drift is -(nu - 1 + 2 alpha) x."""
    return fokker.Problem(
        lambda x: -(nu - 1 + 2 * alpha) * x, diffusion=lambda x: 1 + x**2, convention=alpha, domain=LINE
    )


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("nu", [3.0, 1.0, 0.5])
def test_power_law_on_the_whole_line(nu, alpha):
    density = solve(student(nu, alpha), cells=100)
    law = stats.t(nu, scale=nu**-0.5)
    # declared: tail 1e-6, normalisation 1e-8
    assert abs(density.probability(lambda x: abs(x) > 1000) / (2 * law.sf(1000)) - 1) < 1e-6
    assert abs(density.at(x=0.0) / law.pdf(0.0) - 1) < 1e-8
    assert abs(density.at(x=1e5) / law.pdf(1e5) - 1) < 1e-8
    assert abs(density.mass.sum() - 1) < 1e-14
    assert abs(density.probability(lambda x: x > 0.7) / law.sf(0.7) - 1) < 1e-8


# by alpha: mean, E x^2, variance, mode, p(0), p(1), p(-2)
ST_1 = {
    1.0: (0.1875, 0.348214285714286, 0.313058035714286, 0.0,
          0.841723329538957, 0.180002764557726, 9.82297346128725e-6),
    0.5: (0.0833333333333333, 0.2578125, 0.250868055555556, -0.0681818181818182,
          0.903073652588148, 0.126428384908515, 8.51095882820961e-6),
    0.0: (0.0, 0.208333333333333, 0.208333333333333, -0.125,
          0.935248143932174, 0.0857156021703458, 7.11809671107772e-6),
}  # fmt: skip


@pytest.mark.parametrize("alpha", ALPHAS)
def test_pearson_iv_with_correlated_noise(alpha):
    problem = fokker.Problem(
        lambda x: -2 * x, diffusion=lambda x: 0.25 * (1.5 + 1.2 * x + 0.8 * x**2), convention=alpha, domain=LINE
    )
    density = solve(problem)
    got = density.mean(), density.moment(2), density.variance(), density.mode(), *density.at(x=[0.0, 1.0, -2.0])
    # relative, and absolute where the number is zero: declared 1e-8
    np.testing.assert_allclose(got, ST_1[alpha], rtol=1e-8, atol=1e-12)


ST_2 = {  # nu, variance, kurtosis, p(0), p(1)
    1.0: (9, 0.267857142857143, 4.2, 0.850141890753898, 0.100301754939294),
    0.5: (10, 0.234375, 4.0, 0.898607320906913, 0.0856187295243888),
    0.0: (11, 0.208333333333333, 3.85714285714286, 0.944602100837664, 0.0726824311154305),
}


@pytest.mark.parametrize("alpha", ALPHAS)
def test_student_law(alpha):
    problem = fokker.Problem(
        lambda x: -2 * x, diffusion=lambda x: 0.25 * (1.5 + 0.8 * x**2), convention=alpha, domain=LINE
    )
    density = solve(problem)
    nu, *exact = ST_2[alpha]
    got = density.variance(), density.moment(4) / density.variance() ** 2, *density.at(x=[0.0, 1.0])
    np.testing.assert_allclose(got, exact, rtol=1e-8)
    assert abs(density.mode()) < 1e-8
    scale = np.sqrt(1.5 / 0.8 / nu)
    assert abs(density.probability(lambda x: x > 10) / stats.t(nu, scale=scale).sf(10) - 1) < 1e-8


@pytest.mark.parametrize("cells", [50, 100, 400])
def test_ornstein_uhlenbeck_on_the_whole_line(cells):
    density = solve(fokker.Problem(lambda x: -x, diffusion=1.0, domain=LINE), cells)
    x = np.linspace(-8, 8, 33)
    np.testing.assert_allclose(density.at(x=x), stats.norm.pdf(x), rtol=1e-10)
    np.testing.assert_allclose(density.log_at(x=30.0), stats.norm.logpdf(30.0), rtol=1e-12)
    assert abs(density.mean()) < 1e-12
    assert abs(density.variance() - 1) < 1e-10
    assert abs(density.moment(10) / 945 - 1) < 1e-10
    assert abs(density.expectation(np.cosh) / np.exp(0.5) - 1) < 1e-10
    assert abs(density.probability(lambda x: x > 3) / stats.norm.sf(3) - 1) < 1e-10
    assert abs(density.probability(lambda x: x < -20) / stats.norm.sf(20) - 1) < 1e-10


@pytest.mark.parametrize(("center", "scale"), [(5.0, 1e3), (-30.0, 1.0), (0.0, 1e-6), (1e3, 1e-2)])
def test_the_automatic_axis_finds_place_and_width(center, scale):
    density = solve(fokker.Problem(lambda x: center - x, diffusion=scale**2, domain=LINE), 200)
    rounding = np.finfo(float).eps * (1 + abs(center) / scale) * 100
    assert abs(density.mean() - center) < 1e-10 * scale + rounding * scale
    assert abs(density.variance() / scale**2 - 1) < 1e-10 + rounding


# V = cos x; v = L J to the printed digits
TILTED = [
    (0.5, 0.5, 0.175593406037),
    (1.0, 0.1, 0.368953245762),
    (0.9, 0.05, 0.107602615443),
    (1.0, 0.01, 0.171367631404),
]


@pytest.mark.parametrize(("force", "d", "velocity"), TILTED)
def test_current_on_a_tilted_ring(force, d, velocity):
    ring = {"domain": {"x": (0, 2 * np.pi)}, "boundary": "periodic"}
    by_drift = fokker.Problem(lambda x: force + np.sin(x), diffusion=d, **ring)
    by_potential = fokker.Problem.from_potential(np.cos, force=force, temperature=d, **ring)
    for problem in (by_drift, by_potential):
        current = solve(problem, 200).current()
        assert abs(2 * np.pi * current.values[0] / velocity - 1) < 1e-11  # twelve digits are printed
        assert np.ptp(current.values) == 0
        assert len(current.values) == 201


@pytest.mark.parametrize("barrier", [20, 60, 200, 600])
def test_current_over_high_barriers_against_many_digits(barrier):
    """J = (1 - exp(-2 pi F)) / int int exp(U(y) - U(x)), U = -(B/2) cos x - F x, D = 1, by Fourier modes.

    1/J = 2 pi sum_n (-1)^n I_n(B/2)^2 F / (F^2 + n^2), in many digits since the signs alternate.
    """
    force = 0.5
    ring = {"domain": {"x": (0, 2 * np.pi)}, "boundary": "periodic"}
    problem = fokker.Problem(lambda x: force - barrier / 2 * np.sin(x), diffusion=1.0, **ring)
    current = solve(problem, 400).current().values[0]
    with mpmath.workdps(60 + barrier):
        z, f = mpmath.mpf(barrier) / 2, mpmath.mpf(force)
        # the recurrence runs downwards from the two highest orders: sums of positive numbers
        top = 60 + 3 * barrier
        bessel = [mpmath.besseli(top, z), mpmath.besseli(top - 1, z)]
        for n in range(top - 1, 0, -1):
            bessel.append(bessel[-2] + 2 * n / z * bessel[-1])
        bessel.reverse()
        total = sum((1 if n == 0 else 2) * (-1) ** n * b**2 * f / (f**2 + n**2) for n, b in enumerate(bessel))
        exact = 1 / (2 * mpmath.pi * total)
    # logarithms of rates up to the barrier are known to eps * barrier
    assert abs(float(current / exact) - 1) < 1e-12 * (1 + barrier / 20)


def test_current_of_landauers_ring():
    # J = -(V' p + (T p)'), V = cos x, T = T0 (1 + a sin x): velocity 2 pi J
    for t0, a, velocity in ((0.5, 0.5, -0.04492067575068), (1.0, 0.5, -0.149635957512)):
        problem = fokker.Problem(
            np.sin, diffusion=lambda x, t0=t0, a=a: t0 * (1 + a * np.sin(x)), convention="ito",
            domain={"x": (0, 2 * np.pi)}, boundary="periodic",
        )  # fmt: skip
        assert abs(2 * np.pi * solve(problem, 200).current().values[0] / velocity - 1) < 2e-11


def test_no_current_without_a_force_or_without_a_ring():
    ring = {"domain": {"x": (0, 2 * np.pi)}, "boundary": "periodic"}
    thermal = fokker.Problem.from_potential(np.cos, temperature=0.1, mobility=lambda x: 2 + np.sin(x), **ring)
    density = solve(thermal, 100)
    assert not density.current().values.any()
    np.testing.assert_allclose(
        density.at(x=[0.3, 6.2]), np.exp(-10 * np.cos([0.3, 6.2])) / (2 * np.pi * np.i0(10)), rtol=1e-12
    )
    assert not solve(fokker.Problem(1.0, diffusion=1.0, domain={"x": (0, 1)}), 20).current().values.any()


@pytest.mark.parametrize("shape", [1.0, 2.0, 5.0])
def test_gamma_law_on_a_singular_half_line(shape):
    problem = fokker.Problem(lambda x: shape - x, diffusion=lambda x: x, convention="ito", domain={"x": (0, np.inf)})
    grid = fokker.Grid(x=fokker.Axis.half_line(400, map="log"))
    density = fokker.stationary(fokker.discretize(problem, grid=grid))
    law = stats.gamma(shape)
    x = np.array([1e-3, 0.3, 1.0, 7.0, 40.0])
    np.testing.assert_allclose(density.at(x=x), law.pdf(x), rtol=1e-10)
    np.testing.assert_allclose([density.mean(), density.variance()], shape, rtol=1e-10)
    np.testing.assert_allclose(density.probability(lambda x: x < 0.01), law.cdf(0.01), rtol=1e-10)
    np.testing.assert_allclose(density.probability(lambda x: x > 30), law.sf(30), rtol=1e-10)


@pytest.mark.parametrize("index", [0.5, 1.0, 3.0])
def test_inverse_gamma_law(index):
    problem = fokker.Problem(
        lambda x: 1 - index * x, diffusion=lambda x: x**2, convention="ito", domain={"x": (0, np.inf)}
    )
    grid = fokker.Grid(x=fokker.Axis.half_line(400, map="log"))
    density = fokker.stationary(fokker.discretize(problem, grid=grid))
    law = stats.invgamma(index + 1)
    x = np.array([0.02, 0.3, 1.0, 7.0, 1e4])
    np.testing.assert_allclose(density.at(x=x), law.pdf(x), rtol=1e-10)
    assert abs(density.mean() * index - 1) < 1e-8
    assert abs(density.probability(lambda x: x > 1000) / law.sf(1000) - 1) < 1e-8


@pytest.mark.parametrize(("lo", "hi"), [(0.0, np.inf), (-np.inf, 0.0), (3.0, np.inf)])
def test_exponential_law_at_a_wall(lo, hi):
    down = 1.0 if np.isinf(hi) else -1.0
    wall = lo if np.isfinite(lo) else hi
    density = solve(fokker.Problem(lambda x: 0 * x - 2 * down, diffusion=1.0, domain={"x": (lo, hi)}), 200)
    steps = np.array([0.0, 0.1, 3.0, 20.0])
    np.testing.assert_allclose(density.at(x=wall + down * steps), 2 * np.exp(-2 * steps), rtol=1e-12)
    assert abs(down * (density.mean() - wall) - 0.5) < 1e-12
    assert density.mode() == wall
    assert abs(density.moment(4, center=wall) - 1.5) < 1e-11


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0, 0.3])
def test_a_jump_of_the_diffusion_at_a_breakpoint(alpha):
    problem = fokker.Problem(
        0.0, diffusion=lambda x: np.where(x < 0.3, 1.0, 0.02), convention=alpha, domain={"x": (0, 1)},
        breakpoints={"x": [0.3]},
    )  # fmt: skip
    density = solve(problem, 50)
    # p ~ D^-(1 - alpha), flat on both sides
    high = 0.02 ** -(1 - alpha)
    norm = 0.3 + 0.7 * high
    np.testing.assert_allclose(density.at(x=[0.1, 0.299, 0.301, 0.9]), np.array([1, 1, high, high]) / norm, rtol=1e-13)
    assert abs(density.probability(lambda x: x < 0.3) * norm / 0.3 - 1) < 1e-13


@pytest.mark.parametrize("barrier", [1, 30, 1000])
def test_a_potential_is_boltzmann_for_every_mobility(barrier):
    def u(x):
        return barrier * ((x**2 - 1) ** 2 + 0.1 * np.sin(5 * x))

    problem = fokker.Problem.from_potential(
        u, temperature=2.0, mobility=lambda x: 1 + 0.9 * np.sin(7 * x), domain={"x": (-1.6, 1.5)}
    )
    density = solve(problem, 300)
    x = np.linspace(-1.6, 1.5, 40)
    # an ulp of the largest potential, sums over cells
    slack = 1e-13 + 4e-16 * barrier * 10
    np.testing.assert_allclose(density.log_at(x=x) - density.log_at(x=-1.0), -(u(x) - u(-1.0)) / 2, atol=50 * slack)
    assert density.log_values.min() > -np.inf
    assert (density.mass >= 0).all()

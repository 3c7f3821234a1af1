"""Finite ends where the coefficients are singular: D = 0, or a drift that diverges."""

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad
from scipy.special import exp1

import fokker
from fokker.errors import CoefficientError, GridError, NormalisationError, ReachabilityError

INF = np.inf
ABSORBING_LEFT = {"x": ("absorbing", "reflecting")}


def law(drift, noise, domain, **more):
    problem = fokker.Problem(drift, noise=noise, convention=more.pop("convention", "ito"), domain={"x": domain}, **more)
    return fokker.discretize(problem, cells=400)


def test_square_root_process_on_a_finite_interval():
    d = fokker.stationary(law(lambda x: 1 - x, np.sqrt, (0, 5)))  # p ~ x exp(-2x)
    whole = quad(lambda x: x * np.exp(-2 * x), 0, 5)[0]
    assert abs(d.mean() * whole / quad(lambda x: x**2 * np.exp(-2 * x), 0, 5)[0] - 1) < 1e-11
    assert abs(d.probability(lambda x: x < 1) * whole / quad(lambda x: x * np.exp(-2 * x), 0, 1)[0] - 1) < 1e-11
    x = np.array([0.0, 1e-14, 1e-6, 1e-3, 1.0, 4.9])
    np.testing.assert_allclose(d.at(x=x), x * np.exp(-2 * x) / whole, rtol=1e-9)


@pytest.mark.parametrize(("a", "b", "tolerance"), [(3.0, 2.0, 1e-10), (0.5, 0.5, 1e-9), (0.1, 0.2, 1e-6)])
def test_wright_fisher_with_mutation_is_beta(a, b, tolerance):
    # the tolerance grows with the mass that lies within 1e-8 of x = 1, where doubles are coarse: about 1e-8**b
    g = law(lambda x: 0.5 * (a * (1 - x) - b * x), lambda x: np.sqrt(x * (1 - x)), (0, 1))
    d = fokker.stationary(g)
    exact = stats.beta(a, b)
    x = np.linspace(0.05, 0.95, 7)
    np.testing.assert_allclose(d.at(x=x), exact.pdf(x), rtol=tolerance)
    assert abs(d.mean() / exact.mean() - 1) < tolerance
    assert abs(d.variance() / exact.var() - 1) < 10 * tolerance


def test_wright_fisher_spectrum():
    problem = fokker.Problem(
        lambda x: 0.25 * (1 - 2 * x), diffusion=lambda x: x * (1 - x) / 2, convention="ito", domain={"x": (0, 1)}
    )
    value = fokker.extrapolate(problem, lambda g: fokker.spectrum(g, k=4), cells=(200, 400)).value
    n = np.arange(1, 4)
    np.testing.assert_allclose(-value[1:], n * (n - 1 + 1.0) / 2, rtol=1e-5)  # n (n - 1 + a + b) / 2


def test_neutral_drift_has_no_law_but_fixes():
    neutral = fokker.Problem(0.0, diffusion=lambda x: x * (1 - x) / 2, convention="ito", domain={"x": (0, 1)})
    with pytest.raises(NormalisationError, match=r"distance\*\*-1[\s\S]*above -1"):
        fokker.stationary(fokker.discretize(neutral, cells=100))
    g = law(0.0, lambda x: np.sqrt(x * (1 - x)), (0, 1), boundary="absorbing")
    for x in (0.01, 0.3, 0.5, 0.99):
        time = -2 * (x * np.log(x) + (1 - x) * np.log(1 - x))
        assert abs(fokker.mean_first_passage(g).at(x=x) / time - 1) < 1e-9
        assert abs(fokker.splitting(g)["x right"].at(x=x) - x) < 1e-12


@pytest.mark.parametrize("dimension", [2, 3, 5])
def test_brownian_motion_in_a_ball(dimension):
    g = fokker.discretize(
        fokker.Problem(
            lambda r: (dimension - 1) / r, diffusion=1.0, domain={"r": (0, 1)},
            boundary={"r": ("reflecting", "absorbing")},
        ),
        cells=60,
    )  # fmt: skip
    r = np.array([1e-7, 0.1, 0.5, 0.9])
    np.testing.assert_allclose(fokker.mean_first_passage(g).at(r=r), (1 - r**2) / (2 * dimension), rtol=1e-12)


@pytest.mark.parametrize(
    ("drift", "noise", "time"),
    # scale and speed by quadrature: int_0^1 dy s(y) int_y^inf dz m(z)
    [
        (lambda x: -2 / x, lambda x: 1.0, 1 / 3),
        (lambda x: -x, np.sqrt, quad(lambda y: np.exp(2 * y) * 2 * exp1(2 * y), 0, 1)[0]),
    ],
    ids=["bessel", "feller"],
)
def test_an_absorbing_singular_point_is_reached(drift, noise, time):
    g = law(drift, noise, (0, INF), boundary=ABSORBING_LEFT)
    assert abs(fokker.mean_first_passage(g).at(x=1.0) / time - 1) < 1e-6


@pytest.mark.parametrize(
    ("drift", "noise"), [(0.0, lambda x: x), (lambda x: 1 - x, np.sqrt)], ids=["geometric", "square root"]
)
def test_an_absorbing_point_that_no_path_reaches(drift, noise):
    g = law(drift, noise, (0, 5), boundary=ABSORBING_LEFT)
    with pytest.raises(ReachabilityError, match="no path reaches the absorbing wall at x = 0"):
        fokker.mean_first_passage(g)


@pytest.mark.parametrize("cells", [100, 101])
def test_noise_that_vanishes_inside(cells):
    problem = fokker.Problem(0.0, noise=lambda x: x, convention="ito", domain={"x": (-1, 1)})
    with pytest.raises(CoefficientError, match="vanishes"):
        fokker.discretize(problem, cells=cells)


def test_cells_that_cannot_resolve_a_singular_end():
    problem = fokker.Problem(lambda x: 1 - x, noise=np.sqrt, convention="ito", domain={"x": (0, 5)})
    with pytest.raises(GridError, match=r"singular at the wall x = 0[\s\S]*map=\"log\""):
        fokker.discretize(problem, grid=fokker.Grid(x=fokker.Axis.uniform(100, 0, 5)))
    by_hand = fokker.Grid(x=fokker.Axis.half_line(200, map="log", start=0, end=5))
    assert fokker.stationary(fokker.discretize(problem, grid=by_hand)).at(x=1.0) > 0


def test_a_steep_but_regular_wall_is_no_singular_one():
    problem = fokker.Problem.from_potential(lambda x: 400 * x, temperature=1.0, domain={"x": (0, 3000)})
    assert fokker.discretize(problem, cells=3000).grid.axes["x"].kind == "uniform"


def test_parts_of_a_target_between_the_nodes():
    g = fokker.discretize(fokker.Problem(0.0, diffusion=1.0, domain={"x": (-1, 1)}), cells=100)
    time = fokker.mean_first_passage(g, lambda x: (x > 0.9) | (np.abs(x - 0.005) < 0.002))
    assert abs(time.at(x=-0.5) / ((1.003**2 - 0.5**2) / 2) - 1) < 1e-12
    assert abs(time.at(x=0.4) / ((0.4 - 0.007) * (0.9 - 0.4) / 2) - 1) < 1e-12
    assert fokker.committor(g, lambda x: np.abs(x - 0.005) < 0.002, lambda x: x > 0.9).at(x=-0.5) == 0.0


def test_the_density_at_a_singular_end_itself():
    # x^(k-1) exp(-x) / Gamma(k): zero, finite and infinite at 0 for k = 2, 1, 1/2
    for k, value in ((2.0, 0.0), (1.0, 1.0), (0.5, INF)):
        problem = fokker.Problem(lambda x, k=k: k - x, diffusion=lambda x: x, convention="ito", domain={"x": (0, INF)})
        d = fokker.stationary(fokker.discretize(problem, cells=200))
        assert d.at(x=0.0) == (pytest.approx(value, rel=1e-7) if np.isfinite(value) else value)
        assert abs(d.mode() - max(k - 1, 0.0)) < 1e-9
    uniform = fokker.stationary(law(0.0, lambda x: np.sqrt(x * (1 - x)), (0, 1), convention="isothermal"))
    np.testing.assert_allclose(uniform.at(x=[0.0, 1e-13, 0.5, 1.0]), 1.0, rtol=1e-12)

"""Walls and ends: absorbing, partly absorbing, infinite; what lies beyond the last face."""

import numpy as np
import pytest
from references import Process, integral, one_sided

import fokker
from fokker.errors import ExplosionError, FokkerWarning, GridError, NormalisationError, ReachabilityError, TargetError

LINE = {"x": (-np.inf, np.inf)}
UNIT = {"x": (0.0, 1.0)}


def exit_time(problem, cells=20):
    return fokker.mean_first_passage(fokker.discretize(problem, cells=cells))


@pytest.mark.parametrize("cells", [3, 10, 101])
def test_density_vanishes_at_the_wall_itself(cells):
    times = exit_time(fokker.Problem(0.0, diffusion=2.0, domain=UNIT, boundary="absorbing"), cells)
    x = np.array([0.0, 1e-9, 0.2, 0.5, 0.999, 1.0])
    np.testing.assert_allclose(times.at(x=x), x * (1 - x) / 4, rtol=1e-13, atol=1e-17)


def test_drift_towards_an_absorbing_wall():
    # D = 1, drift v on (0, 1), both absorbing: T = (p - x)/v with p = (1 - e^{-v x})/(1 - e^{-v}) turned round
    for v in (3.0, -3.0, 40.0):
        times = exit_time(fokker.Problem(v, diffusion=1.0, domain=UNIT, boundary="absorbing"), 64)
        x = np.array([0.1, 0.5, 0.93])
        np.testing.assert_allclose(times.at(x=x), (np.expm1(-v * x) / np.expm1(-v) - x) / v, rtol=1e-13)


def test_diffusion_that_vanishes_at_absorbing_walls():
    problem = fokker.Problem(
        0.0, diffusion=lambda x: x * (1 - x) / 2, convention="ito", domain=UNIT, boundary="absorbing"
    )
    x = np.array([0.01, 0.3, 0.5])
    exact = -2 * (x * np.log(x) + (1 - x) * np.log(1 - x))
    np.testing.assert_allclose(exit_time(problem, 400).at(x=x), exact, rtol=1e-10)


@pytest.mark.parametrize("kappa", [1e-300, 1e-8, 1.0, 1e3, 1e8, 1e300])
def test_a_partly_absorbing_wall(kappa):
    walls = {"x": ("reflecting", fokker.Robin(kappa))}
    times = exit_time(fokker.Problem(0.0, diffusion=2.0, domain=UNIT, boundary=walls))
    x = np.array([0.0, 0.3, 0.77, 0.999])
    np.testing.assert_allclose(times.at(x=x), (1 - x**2) / 4 + 1 / kappa, rtol=1e-12)
    assert abs(times.at(x=1.0) * kappa - 1) < 1e-7 if kappa < 1e9 else times.at(x=1.0) < 1e-8


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0, 0.3])
def test_a_partly_absorbing_wall_with_drift_and_variable_noise(alpha, side):
    process = Process(
        lambda x: 2 * np.cos(2 * x), lambda x: -4 * np.sin(2 * x), lambda x: 1 + 0.5 * np.sin(3 * x + 0.5), alpha
    )
    walls = ("reflecting", fokker.Robin(0.7))[:: 1 if side else -1]
    problem = fokker.Problem(
        process.drift, diffusion=process.d, convention=alpha, domain={"x": (-1.0, 1.5)}, boundary={"x": walls}
    )
    wall, other = (1.5, -1.0) if side else (-1.0, 1.5)
    # D T' = -kappa T at the wall, and T' = -s' int m there
    film = integral(process.speed, -1.0, 1.5) * process.scale(wall) * process.d(wall) / 0.7
    exact = one_sided(process, 0.4, other, wall) + film
    assert abs(exit_time(problem, 64).at(x=0.4) / exact - 1) < 1e-13


def test_a_jump_of_the_diffusion_on_the_way_out():
    for alpha in (0.0, 0.5, 1.0):
        problem = fokker.Problem(
            0.0, diffusion=lambda x: np.where(x < 0.3, 1.0, 0.02), convention=alpha, domain=UNIT,
            boundary={"x": ("reflecting", "absorbing")}, breakpoints={"x": [0.3]},
        )  # fmt: skip
        exact = 0.3**2 / 2 + 0.02**-alpha * (0.3 * 0.7 + 0.7**2 / 2 * 0.02 ** (alpha - 1))
        assert abs(exit_time(problem, 50).at(x=0.0) / exact - 1) < 1e-13


def test_an_unannounced_jump_is_a_warning_with_the_remedy():
    problem = fokker.Problem(0.0, diffusion=lambda x: np.where(x < 0.3, 1.0, 0.02), convention="ito", domain=UNIT)
    generator = fokker.discretize(problem, cells=50)
    with pytest.warns(FokkerWarning, match="breakpoints") as record:
        density = fokker.stationary(generator)
    assert len(record) == 1
    assert density.info.warnings == generator.warnings


@pytest.mark.parametrize("sign", [1, -1])
def test_explosion_is_refused_in_words(sign):
    domain = {"x": (0, np.inf) if sign > 0 else (-np.inf, 0)}
    for problem in (
        fokker.Problem(lambda x: x**3, diffusion=1.0, domain=domain),
        fokker.Problem.from_potential(lambda x: -(x**4), temperature=1.0, domain=domain),
    ):
        with pytest.raises(ExplosionError, match=r"in finite time \(Feller's test\)[\s\S]*absorbing") as error:
            fokker.discretize(problem, cells=100)
        assert ("plus" if sign > 0 else "minus") + " infinity" in str(error.value)


def test_an_entrance_boundary_is_no_error():
    problem = fokker.Problem(lambda x: -(x**3), diffusion=1.0, domain=LINE)
    density = fokker.stationary(fokker.discretize(problem, cells=100))
    exact = np.exp(-(0.5**4) / 4) / (2**-0.5 * 3.625609908221908)  # int exp(-x^4/4) = Gamma(1/4)/sqrt 2
    assert abs(density.at(x=0.5) / exact - 1) < 1e-10


@pytest.mark.parametrize(
    "drift",
    [lambda x: x, lambda x: -x / (1 + x**2), lambda x: -0.4 * x / (1 + x**2), lambda x: 0 * x],
    ids=["outward", "exponent 1", "exponent 0.4", "free"],
)
def test_what_cannot_be_normalised_says_so(drift):
    problem = fokker.Problem(drift, diffusion=1.0, domain=LINE)
    axis = fokker.Axis.line(100, scale=1.0, center=0.0, reach=30.0)
    generator = fokker.discretize(problem, grid=fokker.Grid(x=axis))
    with pytest.raises(
        NormalisationError, match=r"cannot be normalised[\s\S]*(goes like|grows faster)[\s\S]*exponent below -1"
    ):
        fokker.stationary(generator)
    # null recurrent or transient: the mean time to a target on one side is infinite
    with pytest.raises(ReachabilityError, match="mean time is infinite"):
        fokker.mean_first_passage(generator, lambda x: x > 1)


def test_an_exponent_just_above_one_is_fine():
    problem = fokker.Problem(lambda x: -1.1 * x / (1 + x**2), diffusion=1.0, domain=LINE)
    axis = fokker.Axis.line(200, scale=0.5, center=0.0, reach=1e6)
    density = fokker.stationary(fokker.discretize(problem, grid=fokker.Grid(x=axis)))
    # int (1 + x^2)^-0.55 = sqrt(pi) Gamma(0.05)/Gamma(0.55)
    exact = 1.25**-0.55 / (np.sqrt(np.pi) * 19.470085315125 / 1.616124268744)
    assert abs(density.at(x=0.5) / exact - 1) < 1e-9


def test_no_scale_no_grid():
    with pytest.raises(GridError, match=r"no length scale[\s\S]*Axis.line"):
        fokker.discretize(fokker.Problem(0.0, diffusion=1.0, domain=LINE), cells=100)


def test_too_steep_says_how_many_cells():
    problem = fokker.Problem.from_potential(lambda x: 1000 * x**2, temperature=1.0, domain={"x": (-1, 1)})
    with pytest.raises(GridError, match=r"kT across one cell[\s\S]*at least \d+ cells"):
        fokker.discretize(problem, cells=3)
    fokker.discretize(problem, cells=20)


def test_absorbing_walls_leave_nothing_stationary():
    g = fokker.discretize(fokker.Problem(0.0, diffusion=1.0, domain=UNIT, boundary="absorbing"), cells=10)
    with pytest.raises(NormalisationError, match=r"probability leaves[\s\S]*x left, x right"):
        fokker.stationary(g)


def test_targets_that_are_none_all_or_missing():
    g = fokker.discretize(fokker.Problem(0.0, diffusion=1.0, domain=UNIT), cells=10)
    for target, words in (
        (lambda x: x > 5, "target is empty"),
        (lambda x: np.False_, "target is empty"),
        (lambda x: x < 5, "target is everything"),
        ("x > 1", "not a predicate"),
        (0.5, "not a predicate"),
    ):
        with pytest.raises(TargetError, match=words):
            fokker.mean_first_passage(g, target)
    with pytest.raises(ReachabilityError, match=r"nothing to reach[\s\S]*boundary=\"absorbing\""):
        fokker.mean_first_passage(g)


def test_a_closed_end_is_a_wall_and_an_absorbing_end_a_sink():
    def grid(closure):
        axis = fokker.Axis.line(100, scale=1.0, center=0.0, reach=5.0, closure=closure)
        return fokker.Grid(x=axis)

    free = fokker.Problem(0.0, diffusion=1.0, domain=LINE)
    density = fokker.stationary(fokker.discretize(free, grid=grid("reflect")))
    np.testing.assert_allclose(density.at(x=[-5.0, 0.3, 4.9]), 0.1, rtol=1e-13)
    times = fokker.mean_first_passage(fokker.discretize(free, grid=grid("absorb")))
    assert abs(times.at(x=1.0) / 12 - 1) < 1e-12

"""Moments and variances of passage times: closed forms, declared orders, both extremes of noise."""

import mpmath
import numpy as np
import pytest
from exact import scaled, solve

import fokker
from fokker.errors import FokkerError, MomentError, ReachabilityError, TargetError
from fokker.theory import brownian, ornstein_uhlenbeck

LINE = {"x": (-np.inf, np.inf)}
COUNTS = np.array([100, 200, 400, 800])


def quartic(d):
    return fokker.Problem(lambda x: x - x**3, diffusion=d, domain=LINE)


def order(errors):
    return -np.polyfit(np.log(COUNTS), np.log(np.abs(errors)), 1)[0]


def brownian_generator(cells, d=1.0):
    return fokker.discretize(fokker.Problem(0.0, diffusion=d, domain={"x": (-1, 1)}, boundary="absorbing"), cells=cells)


def ornstein_uhlenbeck_generator(cells):
    return fokker.discretize(fokker.Problem(lambda x: -x, diffusion=1.0, domain=LINE), cells=cells)


# diffusion, times from the left minimum to the right one and to the top: V = x^4/4 - x^2/2
TIMES = [
    (0.1, 66.26862636492, 30.82130247267),
    (0.05, 729.6706919423, 361.9037595009),
    (0.025, 102108.3654572, 51050.7025086),
]


@pytest.mark.parametrize(("d", "across", "top"), TIMES)
def test_means_in_the_quartic_well(d, across, top):
    g = fokker.discretize(quartic(d), cells=300)
    for target, time in ((lambda x: x > 1, across), (lambda x: x > 0, top)):
        assert abs(fokker.passage_moment(g, target, order=1).at(x=-1.0) / time - 1) < 1e-11
        assert abs(fokker.mean_first_passage(g, target).at(x=-1.0) / time - 1) < 1e-11


@pytest.mark.parametrize(
    ("alpha", "eps", "time"),
    [(0, 0.05, 5408.85979051), (0, 0.025, 4439089.48382), (0.5, 0.05, 4141.49479426), (0.5, 0.025, 3388265.78655),
     (1, 0.05, 3186.22884795), (1, 0.025, 2591687.09489)],
)  # fmt: skip
def test_means_with_noise_that_depends_on_the_state(alpha, eps, time):
    problem = fokker.Problem(
        lambda x: x - x**3, diffusion=lambda x: eps * (1 + np.sin(x) / 2), convention=alpha, domain={"x": (-4, 4)}
    )
    times = fokker.mean_first_passage(fokker.discretize(problem, cells=400), lambda x: x > 1)
    assert abs(times.at(x=-1.0) / time - 1) < 2e-12 * 10  # twelve digits are printed


@pytest.mark.parametrize(
    ("start", "level", "second"), [(0.0, 1.0, 10.2243792033), (-1.0, 2.0, 234.502379878), (0.0, 3.0, 14981.4874358)]
)
def test_second_moments_of_ornstein_uhlenbeck(start, level, second):
    assert abs(ornstein_uhlenbeck.second_moment(start, level) / second - 1) < 1e-10
    exact = second
    # the level is a wall, so that it cuts no cell on one grid and a part of one on the next
    problem = fokker.Problem(
        lambda x: -x, diffusion=1.0, domain={"x": (-9, level)}, boundary={"x": ("reflecting", "absorbing")}
    )
    got = [fokker.passage_moment(fokker.discretize(problem, cells=n)).at(x=start) / exact - 1 for n in COUNTS]
    assert abs(order(np.array(got)) - 2) < 0.2
    assert 1e-9 < abs(got[-1]) < 1e-3
    anywhere = fokker.passage_moment(ornstein_uhlenbeck_generator(800), lambda x: x > level).at(x=start)
    assert abs(anywhere / exact - 1) < 1e-5


def test_mean_out_of_both_sides_of_ornstein_uhlenbeck():
    g = ornstein_uhlenbeck_generator(200)
    assert abs(fokker.mean_first_passage(g, lambda x: abs(x) > 1).at(x=0.0) / 0.595749318512758 - 1) < 1e-13


def test_all_moments_of_brownian_exit():
    """E tau^n from the series of 1/cosh(sqrt(-2 s)...): n! E_n-like numbers 1/2, 5/12, 61/120, 277/336."""
    for n, exact in enumerate((1 / 2, 5 / 12, 61 / 120, 277 / 336), start=1):
        errors = [fokker.passage_moment(brownian_generator(c), order=n).at(x=0.0) / exact - 1 for c in COUNTS]
        if n == 1:
            assert np.abs(errors).max() < 1e-12
        else:
            assert abs(order(np.array(errors)) - 2) < 0.1
            assert abs(errors[-1]) < 1e-4


def test_second_moment_between_the_nodes():
    x = np.linspace(-0.999, 0.999, 41)
    second = fokker.passage_moment(brownian_generator(400), order=2).at(x=x)
    np.testing.assert_allclose(second, brownian.ball_second_moment(np.abs(x), 1.0, dimension=1), rtol=3e-5)


@pytest.mark.parametrize(("dimension", "second"), [(1, 5 / 12), (2, 3 / 32), (3, 7 / 180)])
def test_second_moment_of_the_exit_from_balls(dimension, second):
    assert abs(brownian.ball_second_moment(0.0, 1.0, dimension) / second - 1) < 1e-14
    # the radius of Brownian motion
    problem = fokker.Problem(
        lambda r: (dimension - 1) / r, diffusion=1.0, domain={"r": (0, 1)}, boundary={"r": ("reflecting", "absorbing")}
    )
    axis = fokker.Axis.half_line(400, start=0.0, end=1.0, map="log", reach=(1e-8, 1.0))
    g = fokker.discretize(problem, grid=fokker.Grid(r=axis))
    for start in (0.3, 0.7):
        mean, second = (fokker.passage_moment(g, order=n).at(r=start) for n in (1, 2))
        assert abs(mean / brownian.ball_mean(start, 1.0, dimension) - 1) < 1e-12
        assert abs(second / brownian.ball_second_moment(start, 1.0, dimension) - 1) < 2e-3


@pytest.mark.parametrize(("dimension", "time"), [(2, 2.3691623125198), (3, 4.0)])
def test_mean_to_the_inner_sphere_of_a_shell(dimension, time):
    problem = fokker.Problem(
        lambda r: (dimension - 1) / r, diffusion=1.0, domain={"r": (1, 3)}, boundary={"r": ("absorbing", "reflecting")}
    )
    assert abs(fokker.mean_first_passage(fokker.discretize(problem, cells=50)).at(r=2.0) / time - 1) < 1e-12


def exact_variance(times, digits):
    """Variance at the nodes from T_2 - T_1^2 in many digits, for the generator that stops."""
    g = times.generator
    with mpmath.workdps(digits):
        start = [mpmath.mpf(1) if t > 0 else mpmath.mpf(0) for t in times.times.mantissa]
        first = solve(g, start)
        second = solve(g, [2 * a * b for a, b in zip(first, start, strict=True)])
        return first, second, [b - a**2 for a, b in zip(first, second, strict=True)]


@pytest.mark.parametrize("barrier", [1, 10, 24, 27, 30, 60, 300, 900])
def test_variance_behind_a_barrier(barrier):
    problem = fokker.Problem.from_potential(
        lambda x: barrier * (x**2 - 1) ** 2, temperature=1.0, domain={"x": (-1.5, 1.5)}
    )
    g = fokker.discretize(problem, cells=100)
    variance = fokker.passage_variance(g, lambda x: x > 1)
    mean = fokker.mean_first_passage(g, lambda x: x > 1)
    first, second, exact = exact_variance(mean, 2000)
    moment = fokker.passage_moment(g, lambda x: x > 1, order=2)
    with mpmath.workdps(2000):
        for i in np.flatnonzero(mean.times.mantissa > 0):
            assert abs(scaled(mean.times, i) / first[i] - 1) < 1e-12
            assert abs(scaled(moment.times, i) / second[i] - 1) < 1e-12
            assert abs(scaled(variance.times, i) / exact[i] - 1) < 1e-10, i
    if barrier > 20:  # an exponential law: variance = mean squared
        assert abs(variance.log_at(x=-1.0) - 2 * mean.log_at(x=-1.0)) < 1e-6


# the identity is one of the jump process, however wide its cells are for the diffusion
@pytest.mark.filterwarnings("ignore:.*Peclet number:fokker.FokkerWarning")
@pytest.mark.parametrize(("d", "cells"), [(1e-2, 100), (1e-3, 500), (1e-4, 2000), (1e-5, 1000)])
def test_variance_where_the_time_is_nearly_certain(d, cells):
    """Drift one: the squared mean exceeds the variance by a factor of some thousands."""
    problem = fokker.Problem(1.0, diffusion=d, domain={"x": (-0.5, 1)}, boundary={"x": ("reflecting", "absorbing")})
    g = fokker.discretize(problem, cells=cells)
    variance, mean = fokker.passage_variance(g), fokker.mean_first_passage(g)
    _, _, exact = exact_variance(mean, 200)
    inside = mean.values > 0
    exact = np.array([float(v) for v in exact])
    np.testing.assert_allclose(variance.values[inside], exact[inside], rtol=1e-11)
    assert (variance.values[inside] > 0).all()


def test_variance_of_a_drifting_walk():
    """Inverse Gaussian law: variance 2 D L / v^3, wherever the start lies."""
    exact, start = 2 * 0.05 * 1.2, -0.2
    errors = []
    for n in COUNTS:
        problem = fokker.Problem(
            1.0, diffusion=0.05, domain={"x": (-3, 1)}, boundary={"x": ("reflecting", "absorbing")}
        )
        errors.append(fokker.passage_variance(fokker.discretize(problem, cells=n)).at(x=start) / exact - 1)
    assert abs(order(np.array(errors)) - 2) < 0.1
    assert abs(errors[-1]) < 1e-2


def test_variance_is_second_moment_minus_squared_mean_everywhere():
    g = fokker.discretize(quartic(0.2), cells=400)
    for target in (lambda x: x > 0.77, lambda x: abs(x) > 1.31):
        x = np.linspace(-1.3, 0.76, 37)
        moments = [fokker.passage_moment(g, target, order=n).at(x=x) for n in (1, 2)]
        variance = fokker.passage_variance(g, target).at(x=x)
        np.testing.assert_allclose(variance, moments[1] - moments[0] ** 2, rtol=1e-9)


@pytest.mark.parametrize("n", [2, 3, 5])
def test_moments_on_a_ring(n):
    turn = 2 * np.pi
    problem = fokker.Problem(lambda x: 0.7 + np.sin(x), diffusion=0.6, domain={"x": (0, turn)}, boundary="periodic")
    g = fokker.discretize(problem, cells=40)
    moment = fokker.passage_moment(g, lambda x: (x > 2) & (x < 3), order=n)
    right = [mpmath.mpf(float(v > 0)) for v in moment.values]
    with mpmath.workdps(60):
        times = right
        for k in range(1, n + 1):
            times = solve(moment.generator, [k * a * b for a, b in zip(times, right, strict=True)])
        for i in np.flatnonzero(moment.values):
            assert abs(scaled(moment.times, i) / times[i] - 1) < 1e-12


def test_moments_inside_the_target_vanish():
    g = fokker.discretize(quartic(0.2), cells=50)
    for answer in (fokker.passage_moment(g, lambda x: x > 1, order=3), fokker.passage_variance(g, lambda x: x > 1)):
        assert answer.at(x=1.5) == 0.0
        assert (answer.values[g.nodes[0] > 1.0] == 0).all()


def test_units_are_named():
    g = fokker.discretize(quartic(0.2), cells=50)
    for answer, unit, kind in (
        (fokker.passage_moment(g, lambda x: x > 1, order=1), r"(time)", "Mean first-passage time"),
        (fokker.passage_moment(g, lambda x: x > 1, order=3), r"(time**3)", "Moment 3 of the first-passage time"),
        (fokker.passage_variance(g, lambda x: x > 1), r"(time**2)", "Variance of the first-passage time"),
    ):
        assert unit in repr(answer)
        assert repr(answer).startswith(kind)


@pytest.mark.parametrize("make", [
    lambda g, t: fokker.passage_moment(g, t, order=3), fokker.passage_variance,
], ids=["moment", "variance"])  # fmt: skip
def test_records_save_load_and_draw(make, tmp_path):
    import matplotlib.pyplot as plt

    answer = make(fokker.discretize(quartic(0.2), cells=50), lambda x: x > 1)
    path = str(tmp_path / "record.npz")
    answer.save(path)
    again = fokker.load(path)
    assert repr(again) == repr(answer)
    assert again.kind == answer.kind
    assert np.array_equal(again.log_values, answer.log_values)
    figure, ax = plt.subplots()
    assert answer.plot(ax) is ax
    assert answer.kind in ax.get_ylabel()
    plt.close(figure)
    assert np.array_equal(answer.to_xarray().values, answer.values)


@pytest.mark.parametrize("bad", [0, -1, -7, 1.0, 2.5, True, False, "2", None, np.float64(2)])
def test_orders_that_are_none(bad):
    with pytest.raises(MomentError, match=r"no such moment[\s\S]*order=[\s\S]*1, 2, 3"):
        fokker.passage_moment(brownian_generator(10), order=bad)


def test_an_integer_of_numpy_is_an_order():
    assert fokker.passage_moment(brownian_generator(10), order=np.int64(2)).info.order == 2


def test_questions_without_an_answer():
    closed = fokker.discretize(fokker.Problem(0.0, diffusion=1.0, domain={"x": (0, 1)}), cells=10)
    for verb in (fokker.passage_moment, fokker.passage_variance):
        with pytest.raises(ReachabilityError, match=r"nothing to reach[\s\S]*target="):
            verb(closed)
        with pytest.raises(TargetError, match="is empty"):
            verb(closed, lambda x: x > 2)
        with pytest.raises(TargetError, match="everything"):
            verb(closed, lambda x: x > -2)
        with pytest.raises(FokkerError, match="asks a generator"):
            verb(3)


def test_cells_too_wide_for_the_scatter_are_named():
    """Drift one, cell Peclet number 100: the chain's variance is 50 times too large, and it says so."""
    g = fokker.discretize(fokker.Problem(1.0, diffusion=1e-4, domain={"x": (-0.5, 1.5)}), cells=200)
    for verb in (fokker.passage_variance, fokker.passage_moment):
        with pytest.warns(fokker.FokkerWarning, match="use more cells") as caught:
            assert "Peclet" in verb(g, lambda x: x > 1).info.warnings[0]
        assert len(caught) == 1

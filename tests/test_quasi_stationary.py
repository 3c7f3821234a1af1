"""Quasi-stationary laws: balls, barriers, the exponential clock, declared orders."""

import mpmath
import numpy as np
import pytest
from exact import eigenpair, scaled, solve

import fokker
from fokker.errors import FokkerError, ReachabilityError
from fokker.theory import brownian

COUNTS = np.array([50, 100, 200, 400])


def well(barrier, tilt=0.0, **more):
    return fokker.Problem.from_potential(
        lambda x: barrier * (x**2 - 1) ** 2 + tilt * x, temperature=1.0, mobility=lambda x: 1 + 0.3 * np.sin(x),
        domain={"x": (-1.5, 1.5)}, **more,
    )  # fmt: skip


CASES = {
    "target": ({}, lambda x: x > 0.712),
    "walls": ({"boundary": "absorbing"}, None),
    "robin": ({"boundary": {"x": ("reflecting", fokker.Robin(2.0))}}, None),
    "both": ({"boundary": {"x": ("absorbing", "reflecting")}}, lambda x: x > 0.712),
    "inner": ({}, lambda x: abs(x) > 0.712),
}


# the identity is one of the jump process, however wide its cells are for the diffusion
@pytest.mark.filterwarnings("ignore:.*Peclet number:fokker.FokkerWarning")
@pytest.mark.parametrize("barrier", [1, 10, 60])
@pytest.mark.parametrize("case", CASES)
def test_the_mean_time_started_from_it_is_one_over_the_rate(case, barrier):
    more, target = CASES[case]
    g = fokker.discretize(well(barrier, 2.0, **more), cells=100)
    law = fokker.quasi_stationary(g, target)
    times = fokker.mean_first_passage(g, target)
    assert abs(law.mass @ times.values * law.rate - 1) < 1e-11
    assert abs(law.mass.sum() - 1) < 1e-13
    assert (law.mass[times.values > 0] > 0).all()
    assert (law.mass[times.values == 0] == 0).all()
    assert abs(fokker.occupation(g, law.mass, target).total * law.rate - 1) < 1e-11
    # started from it, the time is exponential: E tau^2 = 2 (E tau)^2
    second = fokker.passage_moment(g, target, order=2)
    assert abs(law.mass @ second.values * law.rate**2 / 2 - 1) < 1e-11


@pytest.mark.parametrize("barrier", [10, 60, 300, 900])
def test_rate_and_law_in_many_digits(barrier):
    g = fokker.discretize(well(barrier, 2.0), cells=100)
    law = fokker.quasi_stationary(g, lambda x: x > 0.712)
    chain = fokker.mean_first_passage(g, lambda x: x > 0.712).generator
    outside = law.cell_mass.mantissa > 0
    with mpmath.workdps(1500):
        vector = [mpmath.mpf(bool(v)) for v in outside]
        for _ in range(20 if barrier < 30 else 3):  # each step gains the ratio of the first two rates
            new = solve(chain, vector, transposed=True)
            new = [v * bool(w) for v, w in zip(new, outside, strict=True)]
            rate = mpmath.fsum(vector) / mpmath.fsum(new)
            total = mpmath.fsum(new)
            vector = [v / total for v in new]
        assert abs(law.log_rate - float(mpmath.log(rate))) < 1e-11
        for i in np.flatnonzero(outside):
            assert abs(scaled(law.cell_mass, i) / vector[i] - 1) < 1e-9, i


@pytest.mark.parametrize(("dimension", "rate"), [(1, np.pi**2 / 4), (2, 5.7831859629468), (3, np.pi**2)])
def test_rate_of_balls(dimension, rate):
    assert abs(brownian.ball_slowest_rate(1.0, dimension) / rate - 1) < 1e-12
    if dimension == 1:
        problem = fokker.Problem(0.0, diffusion=1.0, domain={"r": (-1, 1)}, boundary="absorbing")
        grids = [fokker.Axis.uniform(n, -1, 1) for n in COUNTS]
    else:
        problem = fokker.Problem(
            lambda r: (dimension - 1) / r, diffusion=1.0, domain={"r": (0, 1)},
            boundary={"r": ("reflecting", "absorbing")},
        )  # fmt: skip
        grids = [fokker.Axis.half_line(n, end=1.0, map="log", reach=(1e-8, 1.0)) for n in 8 * COUNTS]
    errors = [fokker.quasi_stationary(fokker.discretize(problem, grid=fokker.Grid(r=a))).rate / rate - 1 for a in grids]
    assert abs(-np.polyfit(np.log(COUNTS), np.log(np.abs(errors)), 1)[0] - 2) < 0.1
    assert abs(errors[-1]) < 1e-4


def test_law_between_absorbing_walls_is_a_cosine():
    problem = fokker.Problem(0.0, diffusion=1.0, domain={"x": (-1, 1)}, boundary="absorbing")
    g = fokker.discretize(problem, cells=400)
    law = fokker.quasi_stationary(g)
    np.testing.assert_allclose(law.values, np.pi / 4 * np.cos(np.pi * g.nodes[0] / 2), rtol=1e-4)


def test_with_drift():
    """Drift v: the rate is D pi^2 / L^2 + v^2 / (4 D)."""
    problem = fokker.Problem(3.0, diffusion=0.7, domain={"x": (0, 2)}, boundary="absorbing")
    exact = 0.7 * np.pi**2 / 4 + 9 / 2.8
    value = fokker.extrapolate(problem, lambda g: fokker.quasi_stationary(g).rate).value
    assert abs(value / exact - 1) < 1e-7


def test_on_a_driven_ring():
    problem = fokker.Problem(
        lambda x: 0.7 + 2 * np.sin(x), diffusion=0.6, domain={"x": (0, 2 * np.pi)}, boundary="periodic"
    )
    g = fokker.discretize(problem, cells=40)

    def target(x):
        return (x > 1) & (x < 1.5)

    law = fokker.quasi_stationary(g, target)
    times = fokker.mean_first_passage(g, target)
    assert abs(law.mass @ times.values * law.rate - 1) < 1e-11
    with mpmath.workdps(60):
        assert abs(eigenpair(times.generator, law.rate)[0] / law.rate - 1) < 1e-11


def test_rate_beyond_doubles():
    g = fokker.discretize(well(900, 2.0), cells=200)
    law = fokker.quasi_stationary(g, lambda x: x > 0.712)
    times = fokker.mean_first_passage(g, lambda x: x > 0.712)
    assert law.rate == 0.0
    assert abs(law.log_rate + times.log_at(x=-1.0)) < 1e-9


def test_two_pieces():
    g = fokker.discretize(well(1), cells=100)
    # the left piece is larger and leaks more slowly: what survives lives there
    law = fokker.quasi_stationary(g, lambda x: (x > 0.3) & (x < 0.5))
    assert law.mass[g.nodes[0] > 0.5].sum() < 1e-9
    free = fokker.Problem(0.0, diffusion=1.0, domain={"x": (-1, 1)})
    with pytest.raises(FokkerError, match=r"does not settle[\s\S]*one part of the domain"):
        fokker.quasi_stationary(fokker.discretize(free, cells=60), lambda x: abs(x - 1e-4) < 0.3)


def test_record(tmp_path):
    import matplotlib.pyplot as plt

    law = fokker.quasi_stationary(fokker.discretize(well(5), cells=64), lambda x: x > 0)
    assert repr(law).startswith("Quasi-stationary density at 64 points")
    assert "<table>" in law._repr_html_()
    assert law.info.steps >= 1
    figure, ax = plt.subplots()
    assert law.plot(ax, color="red") is ax
    assert ax.get_ylabel() == "quasi-stationary density"
    plt.close(figure)
    assert np.array_equal(law.to_xarray().values, law.values)
    path = str(tmp_path / "q.npz")
    law.save(path)
    again = fokker.load(path)
    assert isinstance(again, fokker.QuasiStationary)
    assert again.rate == law.rate
    assert np.array_equal(again.values, law.values)
    assert repr(again) == repr(law)


def test_questions_without_an_answer():
    g = fokker.discretize(well(5), cells=64)
    with pytest.raises(ReachabilityError, match="nothing to reach"):
        fokker.quasi_stationary(g)
    with pytest.raises(FokkerError, match="asks a generator"):
        fokker.quasi_stationary("g")

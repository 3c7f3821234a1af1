"""Time spent in the cells: totals, Green's functions, forward against backward, initial laws."""

import mpmath
import numpy as np
import pytest
from exact import scaled, solve
from references import Process, one_sided

import fokker
from fokker.errors import DomainError, FokkerError, ReachabilityError, TargetError

LOW, HIGH, CELLS = -1.6, 1.7, 64
H = (HIGH - LOW) / CELLS


def d(x):
    return 1 + 0.5 * np.sin(3 * x + 0.5)


def landscape(alpha=0.3, barrier=6.0):
    return Process(
        lambda x: barrier * (x**2 - 1) ** 2 + np.sin(2 * x),
        lambda x: 4 * barrier * x * (x**2 - 1) + 2 * np.cos(2 * x),
        d,
        alpha,
    )


def generator(alpha=0.3, barrier=6.0, cells=CELLS, **more):
    process = landscape(alpha, barrier)
    problem = fokker.Problem(process.drift, diffusion=d, convention=alpha, domain={"x": (LOW, HIGH)}, **more)
    return fokker.discretize(problem, cells=cells)


WALLS = {
    "target": ({}, lambda x: x > 0.912345),
    "two targets": ({}, lambda x: abs(x - 0.1) > 1.2345),
    "island": ({}, lambda x: abs(x - 0.1) < 0.123),
    "walls": ({"boundary": "absorbing"}, None),
    "robin": ({"boundary": {"x": (fokker.Robin(0.3), "absorbing")}}, None),
    "both": ({"boundary": {"x": ("absorbing", "reflecting")}}, lambda x: x > 0.912345),
}
NODE = LOW + 20.5 * H
STARTS = [LOW + 1e-9, LOW + 0.3 * H, LOW + 0.5 * H, NODE, NODE + 1e-12, NODE + 0.2 * H, NODE + 0.5 * H, -0.0301,
          0.2231, 0.9123, HIGH - 0.3 * H, HIGH - 1e-9]  # fmt: skip


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("walls", WALLS)
def test_total_is_the_mean_time_from_anywhere(walls, alpha):
    more, target = WALLS[walls]
    g = generator(alpha, **more)
    times = fokker.mean_first_passage(g, target)
    for x in STARTS:
        if target is not None and target(np.float64(x)):
            with pytest.raises(TargetError, match=r"starts inside the target[\s\S]*initial="):
                fokker.occupation(g, {"x": x}, target)
            continue
        spent = fokker.occupation(g, {"x": x}, target)
        assert abs(spent.total / times.at(x=x) - 1) < 1e-11, x
        assert (spent.mass >= 0).all()
        assert (spent.mass[times.values == 0] == 0).all()


def test_total_is_the_closed_form():
    process = landscape()
    spent = fokker.occupation(generator(), {"x": -1.0123}, lambda x: x > 0.9)
    assert abs(spent.total / one_sided(process, -1.0123, LOW, 0.9) - 1) < 1e-12


@pytest.mark.parametrize("start", [0.0, 0.013, -0.9999, 0.7, 0.99999])
def test_greens_function_of_free_diffusion(start):
    """G(x, y) = (1 - max)(1 + min) / (2 D) on (-1, 1)."""
    problem = fokker.Problem(0.0, diffusion=0.5, domain={"x": (-1, 1)}, boundary="absorbing")
    g = fokker.discretize(problem, cells=40)
    spent = fokker.occupation(g, {"x": start})
    x = g.nodes[0]
    exact = (1 - np.maximum(x, start)) * (1 + np.minimum(x, start))
    near = np.abs(x - start) < 2 / 40  # the cells around the start hold its kink
    np.testing.assert_allclose(spent.values[~near], exact[~near], rtol=1e-11)
    assert abs(spent.total / (1 - start**2) - 1) < 1e-11
    inside = abs(start) < 0.9
    if inside:
        np.testing.assert_allclose(spent.values[near], exact[near], rtol=0.05)


@pytest.mark.parametrize("barrier", [1, 60, 300, 600])
def test_entry_by_entry(barrier):
    g = generator(1.0, barrier)
    law = np.zeros(CELLS)
    law[[3, 10]] = 0.25, 0.75
    spent = fokker.occupation(g, law, lambda x: x > 1)
    chain = fokker.mean_first_passage(g, lambda x: x > 1).generator
    with mpmath.workdps(1500):
        exact = solve(chain, [mpmath.mpf(float(v)) for v in law], transposed=True)
        for i in np.flatnonzero(spent.mass):
            assert abs(scaled(spent.times, i) / exact[i] - 1) < 1e-12, i
            assert abs(spent.log_mass[i] - float(mpmath.log(exact[i]))) < 1e-11


@pytest.mark.parametrize("walls", WALLS)
def test_forward_and_backward_agree_for_any_law(walls):
    more, target = WALLS[walls]
    g = generator(**more)
    times = fokker.mean_first_passage(g, target)
    law = np.random.default_rng(0).dirichlet(np.ones(CELLS))
    spent = fokker.occupation(g, law, target)
    assert abs(spent.total / (law @ times.values) - 1) < 1e-12
    # all that starts outside leaves through some sink
    outside = times.values > 0
    leaving = sum(float((spent.mass * rates)[outside].sum()) for rates in times.generator.exit_rates.values())
    assert abs(leaving - law[outside].sum()) < 1e-12


def test_from_a_stationary_density():
    g = generator()
    density = fokker.stationary(g)
    times = fokker.mean_first_passage(g, lambda x: x > 0.9)
    spent = fokker.occupation(g, density, lambda x: x > 0.9)
    assert abs(spent.total / (density.mass @ times.values) - 1) < 1e-12
    # cells stand for their nodes: second order in their size
    assert abs(spent.total / density.expectation(lambda x: times.at(x=x)) - 1) < 5e-3


@pytest.mark.parametrize("start", [0.01, 0.1, 1.0, 2.4, 3.61, 6.27, 2 * np.pi - 1e-9])
@pytest.mark.parametrize("tilt", [0.0, 0.8, -5.0])
def test_on_a_ring(start, tilt):
    problem = fokker.Problem(
        lambda x: 3 * np.sin(x) + tilt, diffusion=lambda x: 1 + 0.5 * np.sin(x), convention="ito",
        domain={"x": (0, 2 * np.pi)}, boundary="periodic",
    )  # fmt: skip
    g = fokker.discretize(problem, cells=50)

    def target(x):
        return (x > 2.5) & (x < 3.6)

    spent = fokker.occupation(g, {"x": start}, target)
    times = fokker.mean_first_passage(g, target)
    assert abs(spent.total / times.at(x=start) - 1) < 1e-11
    assert (spent.mass[target(g.nodes[0])] == 0).all()


def test_a_start_on_an_absorbing_wall_spends_no_time():
    g = generator(boundary="absorbing")
    assert fokker.occupation(g, {"x": LOW}).total == 0.0
    assert fokker.occupation(g, {"x": HIGH}).total == 0.0


def test_beyond_doubles():
    g = generator(1.0, 900.0, cells=150)
    spent = fokker.occupation(g, {"x": -1.0}, lambda x: x > 1)
    times = fokker.mean_first_passage(g, lambda x: x > 1)
    assert np.isinf(spent.total)
    assert abs(np.logaddexp.reduce(spent.log_mass) - times.log_at(x=-1.0)) < 1e-9


def test_record(tmp_path):
    import matplotlib.pyplot as plt

    spent = fokker.occupation(generator(), {"x": -1.0}, lambda x: x > 1)
    assert repr(spent).startswith("Time per unit of length at 64 points")
    assert "(time/length)" in repr(spent)
    assert "<table>" in spent._repr_html_()
    np.testing.assert_allclose(spent.values * spent.masses, spent.mass, rtol=1e-15)
    figure, ax = plt.subplots()
    assert spent.plot(ax, color="red") is ax
    assert ax.get_xlabel() == "x"
    plt.close(figure)
    assert np.array_equal(spent.to_xarray().values, spent.values)
    path = str(tmp_path / "g.npz")
    spent.save(path)
    again = fokker.load(path)
    assert isinstance(again, fokker.Occupation)
    assert np.array_equal(again.log_mass, spent.log_mass)
    assert again.total == spent.total
    assert repr(again) == repr(spent)


@pytest.mark.parametrize(
    ("initial", "words"),
    [
        (np.ones(CELLS - 1) / (CELLS - 1), r"initial law does not fit[\s\S]*shape \(63,\)[\s\S]*64 probabilities"),
        (np.ones((CELLS, 1)) / CELLS, r"initial law does not fit[\s\S]*shape \(64, 1\)"),
        (np.ones(CELLS), r"initial law does not fit[\s\S]*sum 64"),
        (np.append(-1.0, np.ones(CELLS - 1) * 2 / (CELLS - 1)), "initial law does not fit"),
        (np.full(CELLS, np.nan), "initial law does not fit"),
        (0.5, r"initial law does not fit[\s\S]*shape \(\)"),
        ({"x": -3.0}, "outside"),
        ({"x": np.nan}, "outside|finite|not a number|NaN"),
        ({"y": 0.0}, "x"),
        ({}, "x"),
        ({"x": [0.0, 0.5]}, "one point|single|shape"),
        ("abc", "initial law|initial"),
        (None, "initial law|initial"),
    ],
)
def test_initial_laws_that_are_none(initial, words):
    with pytest.raises(FokkerError, match=words):
        fokker.occupation(generator(), initial, lambda x: x > 1)


def test_a_density_of_another_grid_is_refused():
    other = fokker.discretize(fokker.Problem(0.0, diffusion=1.0, domain={"x": (0, 1)}), cells=CELLS - 3)
    with pytest.raises(DomainError, match="another grid"):
        fokker.occupation(generator(), fokker.stationary(other), lambda x: x > 1)


def test_questions_without_an_answer():
    with pytest.raises(ReachabilityError, match="nothing to reach"):
        fokker.occupation(generator(), {"x": 0.0})
    with pytest.raises(TargetError, match="is empty"):
        fokker.occupation(generator(), {"x": 0.0}, lambda x: x > 9)
    with pytest.raises(FokkerError, match="asks a generator"):
        fokker.occupation(None, {"x": 0.0}, lambda x: x > 9)

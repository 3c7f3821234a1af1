"""The law of exit times against closed forms, and against the other verbs."""

import contextlib
import dataclasses

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import ndtr

import fokker
from fokker.errors import BoundaryError, DomainError, FokkerError, MomentError, TargetError
from fokker.solvers import exit_ladder

INTERVAL = fokker.Problem(drift=0.0, diffusion=0.5, domain={"x": (-1, 1)}, boundary="absorbing")
WELL = fokker.Problem.from_potential(lambda x: 6 * (x**2 - 1) ** 2, temperature=1.0, domain={"x": (-1.8, 1.8)})


def images(t, start):
    """Logarithm of the density of the exit time from (-1, 1), D = 1/2: first passages to the images of both walls."""
    walls = np.array(
        [(side * (1.0 - start * sign) + 4 * n) for n in range(-40, 41) for side, sign in ((1, 1), (-1, -1))]
    )
    near = np.abs(walls).min()
    t = np.asarray(t, dtype=float)[..., None]
    # flux out of the right wall has distances 1 - x + 4n, out of the left one -(1 + x) + 4n, outwards
    signs = np.tile([1.0, -1.0], 81)
    terms = signs * walls * np.exp(-(walls**2 - near**2) / (2.0 * t))
    return np.log(terms.sum(axis=-1)) - near**2 / (2.0 * t[..., 0]) - np.log(np.sqrt(2.0 * np.pi) * t[..., 0] ** 1.5)


def theta(t, start):
    """The same by the eigenfunctions, for later times."""
    k = np.arange(1, 120)
    waves = np.sin(k * np.pi * (start + 1) / 2) * (1 - (-1.0) ** k) * k * np.pi / 4
    return (
        np.log((waves * np.exp(-(k**2 - 1) * np.pi**2 * np.asarray(t)[..., None] / 8)).sum(axis=-1)) - np.pi**2 * t / 8
    )


def brownian(t, start):
    t = np.asarray(t, dtype=float)
    return np.where(t < 0.5, images(np.minimum(t, 0.5), start), theta(np.maximum(t, 0.1), start))


def inverse_gaussian(t):
    """Logarithm of the density at distance 1 with drift 1, D = 1/2."""
    return -0.5 * np.log(2 * np.pi * t**3) - (1 - t) ** 2 / (2 * t)


def drifted(cells):
    problem = fokker.Problem(
        1.0, diffusion=0.5, domain={"x": (-np.inf, 0)}, boundary={"x": ("reflecting", "absorbing")}
    )
    axis = fokker.Axis.half_line(cells, scale=0.5, start=0.0, end=-np.inf, reach=60.0)
    return fokker.discretize(problem, grid=fokker.Grid(x=axis))


def from_centre(cells):
    return fokker.exit_time(fokker.discretize(INTERVAL, cells=cells), None, {"x": 0.0})


def off_centre(cells):
    return fokker.exit_time(fokker.discretize(INTERVAL, cells=cells), None, {"x": 0.3})


def to_one_wall(cells):
    return fokker.exit_time(drifted(cells), None, {"x": -1.0})


CASES = [
    (from_centre, lambda t: brownian(t, 0.0)),
    (off_centre, lambda t: brownian(t, 0.3)),
    (to_one_wall, inverse_gaussian),
]


def over_the_law(law):
    """Times from the 1e-4 quantile to a survival of 1e-12."""
    last = brentq(lambda t: law.log_survival_at(t) - np.log(1e-12), law.quantile(0.5), 1e4)
    return np.geomspace(law.quantile(1e-4), last, 60)


@pytest.fixture(scope="module")
def law():
    return fokker.exit_time(fokker.discretize(INTERVAL, cells=101), None, {"x": 0.0})


def test_the_references_agree():
    t = np.linspace(0.2, 0.6, 9)
    for start in (0.0, 0.3):
        np.testing.assert_allclose(images(t, start), theta(t, start), atol=1e-12)


@pytest.mark.parametrize(("solve", "exact"), CASES)
def test_second_order(solve, exact):
    counts = np.array([100, 200, 400])
    laws = [solve(n) for n in counts]
    t = over_the_law(laws[-1])
    errors = np.array([np.abs(law.log_pdf(t) - exact(t))[t > laws[-1].quantile(0.01)].max() for law in laws])
    assert abs(-np.polyfit(np.log(counts), np.log(errors), 1)[0] - 2.0) < 0.2


@pytest.mark.parametrize(("solve", "exact", "cells"), [(*c, n) for c, n in zip(CASES, (200, 400, 400), strict=True)])
def test_the_whole_law_to_four_digits(solve, exact, cells):
    """Relative error of the density: the asked 1e-4, from 400 cells and half or twice as many."""
    coarse, fine = solve(cells), solve(2 * cells)
    t = over_the_law(fine)
    assert np.abs((4 * fine.log_pdf(t) - coarse.log_pdf(t)) / 3 - exact(t)).max() < 1e-4


def test_the_parts_agree(law):
    t = np.geomspace(0.05, 30, 40)
    # splines of fifth degree between times a factor 1.07 to 1.125 apart
    assert np.abs(law.cdf(t) + law.survival(t) - 1).max() < 1e-7
    t = t[law.survival(t) < 0.95]  # before, its logarithm says nothing
    slope = (law.log_survival_at(t * 1.0001) - law.log_survival_at(t * 0.9999)) / (0.0002 * t)
    assert np.abs(-slope * law.survival(t) / law.pdf(t) - 1).max() < 1e-6
    assert np.abs(law.cdf(law.quantile([1e-4, 0.3, 0.9])) - [1e-4, 0.3, 0.9]).max() < 1e-8
    assert abs(law.survival(law.quantile(1 - 1e-10)) / 1e-10 - 1) < 1e-6


def test_between_the_stored_times(law):
    generator = fokker.discretize(INTERVAL, cells=101)
    t = np.sqrt(law.times[:-1] * law.times[1:])[2::6]
    path = fokker.propagate(generator, {"x": 0.0}, t, method="uniformisation")
    flux = path.laws @ generator.total_exit
    assert np.abs(law.pdf(t) / flux - 1).max() < 1e-7
    assert np.abs(law.survival(t) / path.survival - 1).max() < 1e-7


def test_squares_are_right_in_relative_terms(monkeypatch):
    """The transition matrix squared against jumps alone, over the whole relaxation."""
    generator = fokker.discretize(INTERVAL, cells=100)
    squared = fokker.exit_time(generator, None, {"x": -0.6})
    monkeypatch.setattr(exit_ladder, "_DENSE", 0)
    jumped = fokker.exit_time(generator, None, {"x": -0.6})
    assert jumped.info.jumps > 2 * squared.info.jumps
    # each jump rounds; the errors of 1e5 of them add up to 1e5 * 1e-16 at most
    for name in ("log_density", "log_cdf", "log_survival"):
        assert np.abs(getattr(squared, name) - getattr(jumped, name)).max() < 1e-11


def test_a_well_on_the_way():
    """Two barriers: from one well over another, that keeps the process for 1e9 times its relaxation."""
    problem = fokker.Problem.from_potential(
        lambda x: -14 * np.cos(2 * np.pi * x) - 2 * x, temperature=1.0, domain={"x": (-1.5, 2.5)}
    )
    generator = fokker.discretize(problem, cells=200)
    found = fokker.exit_time(generator, lambda x: x > 2.0, {"x": 0.0})
    slow = fokker.quasi_stationary(generator, lambda x: x > 2.0).rate
    assert abs(found.rate / slow - 1) < 1e-9
    mean = fokker.mean_first_passage(generator, lambda x: x > 2.0).at(x=0.0)
    assert abs(dataclasses.replace(found, raw_moment=None).mean() / mean - 1) < 1e-6


@pytest.mark.parametrize("start", [0.89, 0.8999, -0.973])
def test_starts_near_the_target_and_between_nodes(start):
    generator = fokker.discretize(WELL, cells=100)
    with contextlib.nullcontext() if start < 0 else pytest.warns(fokker.FokkerWarning, match="within a cell of where"):
        found = fokker.exit_time(generator, lambda x: x > 0.9, {"x": start})
    mean = fokker.mean_first_passage(generator, lambda x: x > 0.9).at(x=start)
    assert abs(found.mean() / mean - 1) < 1e-11
    if start > 0:  # what stops before the last node is reached: the scale function
        node = generator.nodes[0][generator.nodes[0] < start][-1]
        way = [quad(lambda x: np.exp(6 * (x**2 - 1) ** 2), node, end)[0] for end in (start, 0.9)]
        assert 1.0 > found.cdf(found.times[0]) > way[0] / way[1]  # and a first few jumps from that node


def test_from_a_file(law, tmp_path):
    law.save(str(tmp_path / "law.npz"))
    found = fokker.load(str(tmp_path / "law.npz"))
    t = np.geomspace(0.05, 50, 30)
    assert np.array_equal(found.log_pdf(t), law.log_pdf(t))
    assert found.split_at(0.5) == law.split_at(0.5)
    assert (found.rate, found.tail_split) == (law.rate, law.tail_split)
    for order in (1, 2, 5):
        assert abs(found.moment(order) / law.moment(order) - 1) < 1e-7
    assert repr(found).splitlines()[-1] == "  warnings  none"
    with pytest.raises(FokkerError, match="Laplace transform needs the generator"):
        found.laplace(1.0)
    with pytest.raises(MomentError, match="no such moment"):
        found.moment(0)


def test_split_over_time():
    generator = fokker.discretize(WELL, cells=100)
    found = fokker.exit_time(generator, {"left": lambda x: x < -1.2, "right": lambda x: x > 0.9}, {"x": -0.1})
    for t in (0.0, 0.05, 1.0, 10 * float(found.times[-1])):
        assert sum(found.split_at(t).values()) == pytest.approx(found.cdf(t), rel=1e-6)
    late = found.split_at(10 / found.rate)
    assert late["right"] == pytest.approx(float(found.transform(0.0)["right"]), abs=1e-4)


def test_shown_in_a_notebook(law):
    html = law._repr_html_()
    assert "Exit law through" in html
    assert "data:image/png" in html


def test_moments_transform_and_tail(law):
    generator = fokker.discretize(INTERVAL, cells=101)
    assert abs(law.mean() / fokker.mean_first_passage(generator).at(x=0.0) - 1) < 1e-12
    assert abs(law.variance() / fokker.passage_variance(generator).at(x=0.0) - 1) < 1e-9
    assert abs(law.rate / fokker.quasi_stationary(generator).rate - 1) < 1e-9
    assert abs(law.laplace(1.0) * np.cosh(np.sqrt(2.0)) - 1) < 2e-4
    assert law.laplace(0.0) == pytest.approx(1.0, abs=1e-12)
    grid = np.linspace(1e-3, 60, 60_001)
    assert abs(np.trapezoid(law.survival(grid), grid) - law.mean()) < 2e-3


def test_high_barriers_cost_no_more_than_relaxation():
    generator = fokker.discretize(WELL, cells=100)
    found = fokker.exit_time(generator, lambda x: x > 0.9, {"x": -1.0})
    slow = fokker.quasi_stationary(generator, lambda x: x > 0.9).rate
    assert abs(found.rate / slow - 1) < 1e-8
    assert found.log_survival_at(30.0 / slow) == pytest.approx(-30.0, abs=0.1)


def test_split_between_targets():
    generator = fokker.discretize(WELL, cells=100)
    sets = {"left": lambda x: x < -1.2, "right": lambda x: x > 0.9}
    found = fokker.exit_time(generator, sets, {"x": -0.1})
    chances = fokker.splitting(generator, sets)
    last = {label: float(found.split[label][-1]) for label in sets}
    left = float(found.survival(found.times[-1]))
    for label in sets:
        assert last[label] + left * found.tail_split[label] == pytest.approx(chances[label].at(x=-0.1), abs=2e-3)
        assert found.transform(0.0)[label] == pytest.approx(chances[label].at(x=-0.1), abs=2e-3)


def test_samples(law):
    drawn = law.sample(20_000, np.random.default_rng(1))
    assert abs(drawn.mean() - law.mean()) < 4 * np.sqrt(law.variance() / 20_000)
    assert np.array_equal(drawn, law.sample(20_000, np.random.default_rng(1)))


def test_in_the_plane():
    problem = fokker.Problem(drift=(0.0, 0.0), diffusion=0.5, domain={"x": (-1, 1), "y": (-1, 1)}, boundary="absorbing")
    generator = fokker.discretize(problem, cells=21)
    plane = fokker.exit_time(generator, None, {"x": 0.0, "y": 0.0})
    t = np.array([0.2, 1.0, 3.0])
    path = fokker.propagate(generator, {"x": 0.0, "y": 0.0}, t, method="uniformisation")
    assert np.abs(plane.survival(t) / path.survival - 1).max() < 1e-5
    exact = np.array([(4 / np.pi * sum((-1) ** k / (2 * k + 1) * np.exp(-((2 * k + 1) ** 2) * np.pi**2 * s / 8)
                                      for k in range(20))) ** 2 for s in t])  # fmt: skip
    assert np.abs(plane.survival(t) / exact - 1).max() < 2e-2


def test_too_many_jumps(monkeypatch):
    monkeypatch.setattr(exit_ladder, "_DENSE", 0)
    monkeypatch.setattr(exit_ladder, "_MOST", 1e5)
    with pytest.raises(FokkerError, match="too many jumps to settle"):
        fokker.exit_time(fokker.discretize(INTERVAL, cells=60), None, {"x": 0.0})


def test_bad_input(law):
    generator = fokker.discretize(WELL, cells=60)
    with pytest.raises(TargetError, match="starts on the target"):
        fokker.exit_time(generator, lambda x: x > 0.9, {"x": 1.2})
    with pytest.raises(DomainError, match="between 0 and 1"):
        law.quantile(1.5)
    with pytest.raises(DomainError, match="from zero on"):
        law.pdf(-1.0)
    with pytest.raises(MomentError, match="no such moment"):
        law.moment(0)
    with pytest.raises(FokkerError, match="s >= 0"):
        law.laplace(-1.0)
    assert law.pdf(0.0) == 0.0
    assert repr(law).startswith("Exit law through x left, x right")


@pytest.mark.parametrize(("cells_away", "doubted"), [(4.4, True), (9.5, True), (10.5, False), (40.0, False)])
def test_a_start_few_cells_away_is_doubted(cells_away, doubted):
    """What the docstring says: the walk by cells stops too early, by about ln(1/q)**3 / (3 n**2)."""
    problem = fokker.Problem(0.0, diffusion=0.5, domain={"x": (0, 1)}, boundary="absorbing")
    generator, start = fokker.discretize(problem, cells=400), cells_away / 400
    with pytest.warns(fokker.FokkerWarning, match="cells from where it stops") if doubted else contextlib.nullcontext():
        found = fokker.exit_time(generator, None, {"x": start})
    assert any("cells from where it stops" in text for text in found.info.warnings) == doubted
    t = found.quantile(1e-4)  # by which the other wall, and images, are exp(-1e3) away
    excess = found.log_pdf(t) - np.log(start / np.sqrt(2 * np.pi * t**3)) + start**2 / (2 * t)
    assert 0.02 * 1600 / cells_away**2 < excess
    if not doubted:
        assert np.expm1(excess) < 2.0 * np.log(1e4) ** 3 / (3 * cells_away**2)


def test_cells_to_a_target_on_a_circle():
    problem = fokker.Problem(0.0, diffusion=0.5, domain={"x": (0, 1)}, boundary="periodic")
    generator = fokker.discretize(problem, cells=100)
    fokker.exit_time(generator, lambda x: (x > 0.9) & (x < 0.95), {"x": 0.5})  # no warning
    for start in (0.02, 0.83):
        with pytest.warns(fokker.FokkerWarning, match="starts 7 cells"):
            fokker.exit_time(generator, lambda x: (x > 0.9) & (x < 0.95), {"x": start})


def test_a_law_that_begins_at_the_wall():
    """The distribution of the law on the cells down to zero: the flux at the start times the time, before any jump."""
    generator = fokker.discretize(INTERVAL, cells=400)
    start = np.full(400, 1 / 400)
    with pytest.warns(fokker.FokkerWarning, match="law begins where the process stops"):
        found = fokker.exit_time(generator, None, start)
    levels = np.array([1e-12, 1e-9, 1e-6, 1e-4, 1e-3, 0.5, 0.999])
    # 1e-8 from the splines
    assert np.abs(found.cdf(found.quantile(levels)) / levels - 1).max() < 1e-8
    assert found.cdf(found.times[0]) < 1e-6
    assert found.cdf(0.0) == 0.0
    assert found.survival(0.0) == 1.0
    flux = float(generator.total_exit @ start)
    # in the first time, a 1e-4 th of that of a jump, the flux falls by as much
    early = np.array([0.0, 0.01, 0.999, 1.001]) * found.times[0]
    assert np.abs(found.pdf(early) / flux - 1).max() < 1e-4
    drawn = found.sample(100_000, np.random.default_rng(0))
    assert len(np.unique(drawn)) > 99_990
    t = np.geomspace(found.times[0], 1e-3, 30)
    path = fokker.propagate(generator, start, t, method="uniformisation")
    assert np.abs(found.pdf(t) / (path.laws @ generator.total_exit) - 1).max() < 1e-7


def test_a_density_that_vanishes_at_the_wall_is_not_doubted():
    generator = fokker.discretize(INTERVAL, cells=100)
    found = fokker.exit_time(generator, None, lambda x: np.pi / 4 * np.cos(np.pi * x / 2))
    assert found.info.warnings == ()
    assert abs(found.mean() * found.rate - 1) < 2e-3  # the quasi-stationary law, to second order


def test_before_the_first_time(law):
    first = float(law.times[0])
    assert law.cdf(law.quantile(1e-30)) == pytest.approx(1e-30, rel=1e-9)
    assert law.quantile(1e-30) < first
    for name in ("cdf", "pdf", "survival"):
        below, above = getattr(law, name)(first * np.array([1 - 1e-9, 1.0]))
        assert below == pytest.approx(above, rel=1e-6)


@pytest.mark.parametrize(
    ("ask", "error", "match"),
    [
        (lambda law: law.quantile("a"), DomainError, "between 0 and 1"),
        (lambda law: law.quantile([0.1, None]), DomainError, "between 0 and 1"),
        (lambda law: law.pdf("a"), DomainError, "from zero on"),
        (lambda law: law.laplace("a"), DomainError, "s >= 0"),
        (lambda law: law.laplace(np.inf), DomainError, "s >= 0"),
        (lambda law: law.moment(200), MomentError, "range of floating-point"),
        (lambda law: law.split_at([0.1, 0.2]), DomainError, "one time"),
    ],
)
def test_what_is_not_a_number_is_refused(law, ask, error, match):
    with pytest.raises(error, match=match):
        ask(law)


@pytest.mark.parametrize("wall", [3, None, ["x left", 4], [["x left"]]])
def test_walls_to_reinject_are_names(wall):
    with pytest.raises(BoundaryError, match=r"no wall(?s:.*)'x left', 'x right'"):
        fokker.reinject(fokker.discretize(INTERVAL, cells=20), wall, {"x": 0.0})


# ---------------------------------------------------------------- laws with hardly any numbers
RARE = fokker.Problem(lambda x: -x, diffusion=0.01, domain={"x": (-2, 1)}, boundary={"x": ("reflecting", "absorbing")})


def test_a_rare_exit_keeps_its_digits_long_after_the_last_time():
    """The distribution is the rate times the time, and not what is left of one minus the survival."""
    generator = fokker.discretize(RARE, cells=100)
    law = fokker.exit_time(generator, initial={"x": 0.0})
    last = float(law.times[-1])
    assert law.rate < 1e-20
    # F' = r (1 - F): from the last time on a straight line, to a part F of it
    t = last * np.array([1.0, 1.001, 1e3, 1e10])
    exact = np.exp(law.log_cdf[-1]) + law.rate * (t - last)
    np.testing.assert_allclose(law.cdf(t), exact, rtol=1e-10)
    np.testing.assert_allclose(law.cdf(1e25), 1.0, rtol=1e-15)
    assert law.log_survival_at(1e25) == pytest.approx(-law.rate * 1e25, rel=1e-12)
    levels = np.array([1e-22, 1e-19, 1e-15, 1e-3, 0.4999, 0.5001, 1 - 1e-9])
    np.testing.assert_allclose(law.cdf(law.quantile(levels)), levels, rtol=1e-8)  # 1e-8 from the splines
    assert sum(law.split_at(5.0).values()) == pytest.approx(law.cdf(5.0), rel=1e-6)
    assert sum(law.split_at(1e6).values()) == pytest.approx(law.cdf(1e6), rel=1e-9)
    early = np.geomspace(1e-3, last, 50)
    assert (law.log_survival_at(early) <= 0.0).all()  # a probability, whatever the sums have rounded
    assert (np.diff(law.cdf(early)) > 0.0).all()


def test_distribution_and_survival_are_complements(law):
    t = np.geomspace(0.01, 30.0, 200)
    np.testing.assert_allclose(law.cdf(t) + law.survival(t), 1.0, rtol=4e-16)


def test_a_first_time_after_many_jumps_is_found():
    """The fastest rates are 1e12 times those of the exit: by jumps alone the first time takes hours."""
    from fokker.validation.theorems._section_5_2_data import Descent

    descent = Descent(2e-3, 0.45)
    found = [descent.predicted("own", 1000, -np.inf, descent.points[2], cells) for cells in (160, 320, 640)]
    changes = np.diff(found)
    assert changes[0] / changes[1] == pytest.approx(4.0, rel=0.2)  # second order
    assert found[-1] == pytest.approx(found[0], rel=1e-4)


def test_searching_by_squares_and_by_jumps_find_the_same(monkeypatch):
    """The first time, sought by squares: rates that differ by 1e3 from the start to the exit."""
    problem = fokker.Problem(
        0.0, diffusion=lambda x: 1e-3 + x**8, convention="ito", domain={"x": (-1, 1)}, boundary="absorbing"
    )
    generator = fokker.discretize(problem, cells=60)
    squared = fokker.exit_time(generator, initial={"x": 0.0})
    monkeypatch.setattr(exit_ladder, "_DENSE", 0)
    jumped = fokker.exit_time(generator, initial={"x": 0.0})
    assert jumped.info.jumps > 3 * squared.info.jumps
    np.testing.assert_allclose(squared.times, jumped.times, rtol=1e-14)
    for name in ("log_density", "log_cdf", "log_survival"):
        # each jump rounds, by 1e-16
        assert np.abs(getattr(squared, name) - getattr(jumped, name)).max() < 1e-16 * jumped.info.jumps


@pytest.mark.parametrize("depth", [700.0, 3000.0])
def test_a_target_beyond_the_range_of_numbers_is_refused_at_once(depth):
    problem = fokker.Problem.from_potential(lambda x: depth * x**2, temperature=1.0, domain={"x": (-1.5, 1.5)})
    generator = fokker.discretize(problem, cells=400)
    with pytest.raises(FokkerError, match=r"so rarely(?s:.*)mean_first_passage\(generator, target\)\.log_at"):
        fokker.exit_time(generator, lambda x: x > 1.0, {"x": 0.0})


def test_a_barrier_of_500_kt_is_followed():
    problem = fokker.Problem.from_potential(lambda x: 500 * x**2, temperature=1.0, domain={"x": (-1.5, 1.5)})
    generator = fokker.discretize(problem, cells=400)
    law = fokker.exit_time(generator, lambda x: x > 1.0, {"x": 0.0})
    mean = fokker.mean_first_passage(generator, lambda x: x > 1.0).at(x=0.0)
    assert law.rate * mean == pytest.approx(1.0, rel=1e-9)
    assert law.cdf(mean) == pytest.approx(1.0 - np.exp(-1.0), rel=1e-8)


def test_squares_beyond_all_patience_are_refused(monkeypatch):
    monkeypatch.setattr(exit_ladder, "_PRODUCTS", 1e7)
    with pytest.raises(FokkerError, match="too long to settle"):
        fokker.exit_time(fokker.discretize(INTERVAL, cells=100), initial={"x": 0.0})


# ---------------------------------------------------------------- what is asked
def test_the_target_may_be_left_out(law):
    generator = fokker.discretize(INTERVAL, cells=101)
    named = fokker.exit_time(generator, initial={"x": 0.0})
    assert np.array_equal(named.log_density, law.log_density)
    both = fokker.exit_time(generator, target=lambda x: x > 0.5, initial={"x": 0.0})
    assert np.array_equal(both.times, fokker.exit_time(generator, lambda x: x > 0.5, {"x": 0.0}).times)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ((), r"exit_time\(generator, initial=\{\"x\": 0.0\}\)"),
        ((lambda x: x > 0.5,), r"exit_time\(generator, target, initial="),
        (({"x": 0.0},), r"exit_time\(generator, initial="),  # a start in the place of the target
    ],
)
def test_a_missing_start_is_asked_for(asked, told):
    with pytest.raises(DomainError, match=f"no start is given(?s:.*){told}"):
        fokker.exit_time(fokker.discretize(INTERVAL, cells=20), *asked)


# ---------------------------------------------------------------- starts that touch the target
@pytest.mark.parametrize(("spread", "doubted"), [(0.05, False), (0.12, False), (0.17, False)])
def test_a_broad_start_with_next_to_nothing_on_the_target_is_not_doubted(spread, doubted):
    """Normal laws around -1 whose tails reach the target at 0.9 with 0 to 1e-28."""
    generator = fokker.discretize(WELL, cells=100)
    beyond = ndtr(-1.9 / spread)
    assert beyond < 1e-27
    start = fokker.exit_time(
        generator, lambda x: x > 0.9, lambda x: np.exp(-((x + 1) ** 2) / (2 * spread**2)) / np.sqrt(2 * np.pi) / spread
    )
    assert start.info.warnings == ()


def test_a_law_that_lies_partly_on_the_target_is_refused_with_its_share():
    generator = fokker.discretize(WELL, cells=100)
    with pytest.raises(TargetError, match=r"a law with 0\.4\d* of its mass inside(?s:.*)cut off"):
        fokker.exit_time(generator, lambda x: x > 0.1, lambda x: np.full(np.shape(x), 1 / 3.6))


def test_a_start_whose_mass_next_to_the_target_matters_is_doubted():
    generator = fokker.discretize(WELL, cells=100)
    with pytest.warns(fokker.FokkerWarning, match="starts within a cell of where it stops: with probability 0.9"):
        fokker.exit_time(generator, lambda x: x > 0.9, {"x": 0.8999})


# ---------------------------------------------------------------- pictures
def drawn(law):
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    ax = law.plot(Figure(layout="constrained").subplots())
    FigureCanvasAgg(ax.figure).draw()
    return ax.get_xscale(), ax.lines[0].get_xdata()


def test_the_picture_reaches_from_quantile_to_quantile(law):
    scale, t = drawn(law)
    assert scale == "linear"  # the quantiles are a factor 68 apart
    np.testing.assert_allclose(law.cdf(t[[0, -1]]), [1e-3, 1 - 1e-3], rtol=1e-6)
    np.testing.assert_allclose(np.diff(t), t[1] - t[0], rtol=1e-9)


def test_the_picture_of_an_escape_spans_decades():
    found = fokker.exit_time(fokker.discretize(WELL, cells=100), lambda x: x > 0.9, {"x": -1.0})
    scale, t = drawn(found)
    assert scale == "log"
    assert t[0] < 0.01 * found.mean() < 5 * found.mean() < t[-1]
    assert t[-1] == pytest.approx(found.quantile(1 - 1e-3), rel=1e-9)


def test_the_picture_of_a_law_that_begins_at_the_wall():
    with pytest.warns(fokker.FokkerWarning, match="starts within a cell"):
        found = fokker.exit_time(fokker.discretize(INTERVAL, cells=20), initial={"x": 0.999})
    _, t = drawn(found)
    assert found.cdf(0.5 * t[0]) > 1e-3  # the 0.001 quantile is no time of this law
    assert t[0] == pytest.approx(found.times[0])

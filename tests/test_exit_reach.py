"""Cells that the process never visits: what is left out changes nothing, and lets the law be found."""

import importlib

import numpy as np
import pytest
from scipy.special import erf

import fokker
from fokker.solvers import exit_ladder

ROUNDED = 1e-11  # each jump rounds; the errors of 1e5 of them add up to 1e5 * 1e-16 at most


def well(power, half, cells, height=1.0):
    problem = fokker.Problem.from_potential(
        lambda x: height * (x**power / power - (x**2 / 2 if power > 2 else 0.0)),
        temperature=1.0,
        domain={"x": (-half, half)},
    )
    return fokker.discretize(problem, cells=cells)


def everything(monkeypatch):
    module = importlib.import_module("fokker.solvers.exit_time")  # the verb has its name
    monkeypatch.setattr(module, "visited", lambda chain, outside, start: np.ones(chain.cells, dtype=bool))


def broad(x):
    return np.where(abs(x + 1) < 0.5, 1 + np.cos(2 * np.pi * (x + 1)), 0.0)


CASES = {
    "from the well": (lambda: well(4, 4.5, 300), lambda x: x > 1.5, {"x": -1.0}),
    "from beside the target, out or into the well": (lambda: well(4, 5, 400, 6.0), lambda x: x > 0.2, {"x": -0.1}),
    "out of a deep well": (lambda: well(2, 14, 300), lambda x: x > 6.0, {"x": 0.0}),
    "from a broad law": (lambda: well(4, 4.5, 300), lambda x: x > 1.5, broad),
    "two targets": (lambda: well(2, 11, 300), {"low": lambda x: x < -1.0, "high": lambda x: x > 1.5}, {"x": 0.3}),
    "behind a target": (lambda: well(2, 11, 300), lambda x: abs(x - 2) < 0.2, {"x": 0.3}),
}


@pytest.mark.parametrize("name", list(CASES))
def test_what_is_left_out_changes_nothing(name, monkeypatch):
    make, target, start = CASES[name]
    generator = make()
    trimmed = fokker.exit_time(generator, target, start)
    everything(monkeypatch)
    whole = fokker.exit_time(generator, target, start)
    assert (trimmed.info.never_visited > 20) == (name != "two targets")
    assert whole.info.never_visited == 0
    np.testing.assert_array_equal([trimmed.mean(), trimmed.variance()], [whole.mean(), whole.variance()])
    assert trimmed.rate == pytest.approx(whole.rate, rel=ROUNDED)
    # at stored times of the one, by the splines of the other, which are worse at their first few times
    t = whole.times[(whole.times >= trimmed.times[4]) & (whole.times <= trimmed.times[-1])]
    for log in ("log_pdf", "log_survival_at"):
        assert np.abs(getattr(trimmed, log)(t) - getattr(whole, log)(t)).max() < 1e-7
    for label in whole.split:
        shares = [
            law.split[label][-1] + law.tail_split[label] * np.exp(law.log_survival[-1]) for law in (trimmed, whole)
        ]
        assert shares[0] == pytest.approx(shares[1], rel=1e-9)


def test_the_same_cells_in_a_wider_domain():
    """Walls of 40 000 kT against walls of 156 kT: the cells between are the same, and so is the law, to rounding."""
    narrow, wide = (
        fokker.exit_time(quartic(half, cells), TARGET, {"x": -1.0}) for half, cells in ((5, 750), (20, 3000))
    )
    assert wide.info.never_visited == narrow.info.never_visited + 1125
    np.testing.assert_allclose(narrow.times, wide.times, rtol=1e-12)  # nodes at 20 and at 5 round otherwise
    for name in ("log_density", "log_cdf", "log_survival"):
        assert np.abs(getattr(narrow, name) - getattr(wide, name)).max() < ROUNDED


def TARGET(x):
    return x > 2.0


def quartic(half, cells):
    problem = fokker.Problem.from_potential(lambda x: x**4 / 4, temperature=1.0, domain={"x": (-half, half)})
    return fokker.discretize(problem, cells=cells)


def test_steep_walls_of_many_cells_against_few_cells_and_the_other_verbs():
    """3000 cells between walls of 40 000 kT are beyond squares of the whole; the law is second order in the cells."""
    coarse, law, fine = (
        fokker.exit_time(quartic(half, cells), TARGET, {"x": -1.0})
        for half, cells in ((20, 1500), (20, 3000), (5, 1500))
    )
    t = np.geomspace(law.quantile(0.01), law.quantile(1 - 1e-9), 40)
    changes = [np.abs(law.log_pdf(t) - other.log_pdf(t)).max() for other in (coarse, fine)]
    assert changes[0] / changes[1] == pytest.approx(4.0, abs=0.4)
    assert law.info.never_visited > 1000
    assert law.mean() == pytest.approx(fokker.mean_first_passage(quartic(20, 3000), TARGET).at(x=-1.0), rel=1e-9)
    assert law.rate == pytest.approx(fokker.quasi_stationary(quartic(20, 3000), TARGET).rate, rel=1e-10)


def test_many_cells_against_the_closed_form():
    """Ornstein-Uhlenbeck from 1 down to 0, mirrored at 0: survival erf(z / sqrt(2)), z = e^-t / sqrt(1 - e^-2t)."""
    problem = fokker.Problem(
        lambda x: -x, diffusion=1.0, domain={"x": (-36, 0)}, boundary={"x": ("reflecting", "absorbing")}
    )
    laws = [fokker.exit_time(fokker.discretize(problem, cells=n), None, {"x": -1.0}) for n in (1200, 2400)]
    assert laws[1].info.never_visited > 1500
    t = np.geomspace(laws[1].quantile(0.01), 20.0, 40)
    exact = np.log(erf(np.exp(-t) / np.sqrt(2 * (1 - np.exp(-2 * t)))))
    coarse, fine = (law.log_survival_at(t) for law in laws)
    assert np.abs(fine - exact).max() == pytest.approx(np.abs(coarse - exact).max() / 4, rel=0.1)  # second order
    assert (
        np.abs((4 * fine - coarse) / 3 - exact).max() < 0.02 * np.abs(fine - exact).max()
    )  # and the next is the fourth


def test_a_ring_and_a_plane_keep_all_their_cells():
    ring = fokker.Problem(1.0, diffusion=0.5, domain={"x": (0, 6)}, boundary="periodic")
    plane = fokker.Problem.from_potential(
        lambda x, y: x**4 + y**4, temperature=1.0, domain={"x": (-3, 3), "y": (-3, 3)}
    )
    for problem, cells, target, start in (
        (ring, 60, lambda x: abs(x - 1) < 0.2, {"x": 4.0}),
        (plane, 20, lambda x, y: x > 1, {"x": 0.0, "y": 0.0}),
    ):
        law = fokker.exit_time(fokker.discretize(problem, cells=cells), target, start)
        assert law.info.never_visited == 0


def test_an_exit_at_a_steep_wall_is_kept():
    """A wall that absorbs is left through with a probability of 1e-60: its share is still right in relative terms."""
    problem = fokker.Problem.from_potential(
        lambda x: x**2, temperature=1.0, domain={"x": (-12, 1)}, boundary="absorbing"
    )
    generator = fokker.discretize(problem, cells=300)
    law = fokker.exit_time(generator, None, {"x": 0.0})
    assert law.info.never_visited == 0
    assert 0 < law.tail_split["x left"] < 1e-50


def test_many_resolved_cells_are_still_refused(monkeypatch):
    monkeypatch.setattr(exit_ladder, "_DENSE", 100)
    monkeypatch.setattr(exit_ladder, "_MOST", 1e7)
    with pytest.raises(fokker.FokkerError, match="too many jumps"):
        fokker.exit_time(well(4, 3, 400), lambda x: x > 1.5, {"x": -1.0})

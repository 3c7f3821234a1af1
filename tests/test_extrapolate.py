"""Extrapolation from two grids: its order, records, refusals."""

import numpy as np
import pytest

import fokker
from fokker.errors import FokkerError, GridError

PROBLEM = fokker.Problem(lambda x: -x, diffusion=1.0, domain={"x": (-9, 9)})
COUNTS = np.array([50, 100, 200])


def order(errors):
    return -np.polyfit(np.log(COUNTS), np.log(np.abs(errors)), 1)[0]


def test_eigenvalues_are_fourth_order():
    problem = fokker.Problem(
        lambda x: 2 * np.cos(x) - 3 * x, diffusion=lambda x: 1 + 0.4 * np.sin(x), convention="stratonovich",
        domain={"x": (-6, 6)},
    )  # fmt: skip
    fine = fokker.extrapolate(problem, lambda g: fokker.spectrum(g, k=3), cells=(3200, 6400)).value[1:]
    errors = [
        np.abs(
            fokker.extrapolate(problem, lambda g: fokker.spectrum(g, k=3), cells=(n, 2 * n)).value[1:] / fine - 1
        ).max()
        for n in 2 * COUNTS
    ]
    assert abs(order(np.array(errors)) - 4) < 0.3


def test_moments_out_of_absorbing_walls():
    # the half cell at the wall leaves a term of third order
    problem = fokker.Problem(0.0, diffusion=1.0, domain={"x": (-1, 1)}, boundary="absorbing")
    errors = [
        fokker.extrapolate(problem, lambda g: fokker.passage_moment(g).at(x=0.0), cells=(n, 2 * n)).value / (5 / 12) - 1
        for n in COUNTS
    ]
    assert abs(order(np.array(errors)) - 3) < 0.3


def test_rates_out_of_absorbing_walls():
    problem = fokker.Problem(0.0, diffusion=1.0, domain={"x": (-1, 1)}, boundary="absorbing")
    errors = [
        fokker.extrapolate(problem, lambda g: fokker.quasi_stationary(g).rate, cells=(n, 2 * n)).value / (np.pi**2 / 4)
        - 1
        for n in COUNTS
    ]
    assert abs(order(np.array(errors)) - 3) < 0.3


@pytest.mark.parametrize("scheme_points", [np.linspace(-2, 2, 5)])
def test_what_is_exact_stays_exact(scheme_points):
    value = fokker.extrapolate(PROBLEM, lambda g: fokker.stationary(g).at(x=scheme_points)).value
    np.testing.assert_allclose(value, np.exp(-(scheme_points**2) / 2) / np.sqrt(2 * np.pi), rtol=1e-12)


def test_record():
    result = fokker.extrapolate(PROBLEM, lambda g: fokker.spectrum(g, k=2).eigenvalues[1], cells=(40, 80))
    assert type(result.value) is type(result.coarse) is type(result.fine) is float
    assert result.value == (4 * result.fine - result.coarse) / 3
    assert result.correction == abs(result.value - result.fine)
    assert abs(result.value + 1) < result.correction
    assert result.cells == (40, 80)
    text = repr(result)
    assert text.startswith("Extrapolated from 40 and 80 cells")
    assert len(text.splitlines()) == 5
    array = fokker.extrapolate(PROBLEM, lambda g: fokker.spectrum(g, k=3), cells=[40, 80])
    assert array.value.shape == (3,)


def test_complex_answers():
    problem = fokker.Problem(0.7, diffusion=0.3, domain={"x": (0, 2 * np.pi)}, boundary="periodic")
    result = fokker.extrapolate(problem, lambda g: fokker.spectrum(g, k=3), cells=(40, 80))
    assert np.iscomplexobj(result.value)
    assert np.isrealobj(result.correction)


@pytest.mark.parametrize(
    "cells",
    [
        (100, 100),
        (100, 150),
        (200, 100),
        (100,),
        (100, 200, 400),
        100,
        None,
        "ab",
        (),
        {100: 200},
        (100, "200"),
        (0, 0),
    ],
)
def test_grids_that_are_none(cells):
    with pytest.raises(GridError, match=r"cells="):
        fokker.extrapolate(PROBLEM, lambda g: 1.0, cells=cells)


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        (lambda g: g, r"cannot be extrapolated[\s\S]*a Generator[\s\S]*a number, an array"),
        (lambda g: "text", r"cannot be extrapolated[\s\S]*a str"),
        (lambda g: None, "cannot be extrapolated"),
        (lambda g: fokker.stationary(g).values, r"different shapes[\s\S]*\(50,\) and \(100,\)[\s\S]*fixed points"),
    ],
)
def test_verbs_that_give_no_numbers(verb, words):
    with pytest.raises(FokkerError, match=words):
        fokker.extrapolate(PROBLEM, verb, cells=(50, 100))


def test_not_a_problem():
    with pytest.raises(FokkerError, match="Problem"):
        fokker.extrapolate(fokker.discretize(PROBLEM, cells=40), lambda g: 1.0, cells=(40, 80))


def test_exit_laws_over_the_whole_law():
    """Brownian motion from the middle of (-1, 1), D = 1/2, by the eigenfunctions and for small times the images."""
    problem = fokker.Problem(0.0, diffusion=0.5, domain={"x": (-1, 1)}, boundary="absorbing")
    result = fokker.extrapolate(problem, lambda g: fokker.exit_time(g, None, {"x": 0.0}), cells=(200, 400))
    law, odd = result.value, 2 * np.arange(60) + 1
    t = np.geomspace(law.quantile(1e-4), 22.0, 50)
    sign = (-1.0) ** np.arange(60)
    early = np.log(2 * (sign * odd * np.exp(-(odd**2 - 1) / (2 * t[:, None]))).sum(axis=1))
    early += -1 / (2 * t) - 0.5 * np.log(2 * np.pi * t**3)
    late = np.log(np.pi / 2 * (sign * odd * np.exp(-(odd**2 - 1) * np.pi**2 * t[:, None] / 8)).sum(axis=1))
    exact = np.where(t < 0.5, early, late - np.pi**2 * t / 8)
    error = np.abs(law.log_pdf(t) - exact)
    assert error.max() < 1e-4
    assert (error <= np.interp(t, result.times, result.correction) + 1e-9).all()
    assert np.abs(law.cdf(t) + law.survival(t) - 1).max() < 1e-8
    assert law.rate == pytest.approx(np.pi**2 / 8, rel=1e-7)
    assert law.mean() == pytest.approx(1.0, rel=1e-6)
    assert law.tail_split["x left"] == pytest.approx(0.5, abs=1e-9)
    assert sum(law.split_at(0.7).values()) == pytest.approx(law.cdf(0.7), rel=1e-6)
    assert law.sample(5, np.random.default_rng(1)).shape == (5,)
    assert repr(result).count("exit law with mean") == 3
    with pytest.raises(FokkerError, match="Laplace"):
        law.laplace(1.0)


def transient(axes, cells):
    """Return the error of an extrapolated Gaussian on its way in 1 or 2 dimensions, relative to the peak."""
    names = "xy"[:axes]
    problem = fokker.Problem(
        drift=(lambda x: -x) if axes == 1 else (lambda x, y: (-x, -y)), diffusion=1.0,
        domain=dict.fromkeys(names, (-6, 6)),
    )  # fmt: skip

    def gaussian(variance, *points):
        return np.exp(-sum((p - m) ** 2 for p, m in zip(points, centre, strict=True)) / (2 * variance)) / (
            2 * np.pi * variance
        ) ** (axes / 2)

    centre = [1.0, -0.5][:axes]
    result = fokker.extrapolate(
        problem,
        lambda g: fokker.propagate(g, lambda *x: gaussian(0.2, *x), [0.25, 0.5], tol=1e-10),
        cells=(cells, 2 * cells) if axes == 1 else ((cells,) * 2, (2 * cells,) * 2),
    )
    variance = 1 + (0.2 - 1) * np.exp(-2 * result.times)
    start, centre = centre, None
    errors = []
    for t, v, value in zip(result.times, variance, result.value, strict=True):
        centre = [m * np.exp(-t) for m in start]
        exact = gaussian(v, *np.meshgrid(*result.nodes, indexing="ij"))
        errors.append(np.abs(value - exact).max() / exact.max())
    assert result.value.shape == (2, *(cells,) * axes)
    assert (result.value >= 0).all()
    return max(errors)


@pytest.mark.parametrize("axes", [1, 2])
def test_trajectories_are_fourth_order(axes):
    counts = np.array([40, 80, 160]) if axes == 1 else np.array([24, 36, 48])
    errors = [transient(axes, int(n)) for n in counts]
    assert abs(-np.polyfit(np.log(counts), np.log(errors), 1)[0] - 4) < 0.4


def test_trajectories_beside_absorbing_walls():
    """The slowest mode of an interval, on its way: the logarithm has no cubic at the walls."""
    problem = fokker.Problem(0.0, diffusion=1.0, domain={"x": (-1, 1)}, boundary="absorbing")
    result = fokker.extrapolate(
        problem, lambda g: fokker.propagate(g, lambda x: np.pi / 4 * np.cos(np.pi * x / 2), [0.3]), cells=(50, 100)
    )
    exact = np.pi / 4 * np.cos(np.pi * result.nodes[0] / 2) * np.exp(-(np.pi**2) * 0.3 / 4)
    assert np.abs(result.value[0] - exact).max() < (2 / 50) ** 3 * exact.max()  # third order: see extrapolate


def test_trajectories_at_other_times():
    with pytest.raises(FokkerError, match="other times"):
        fokker.extrapolate(
            PROBLEM, lambda g: fokker.propagate(g, {"x": 0.0}, [0.5, 1.0][: 1 + (g.cells > 50)]), cells=(50, 100)
        )


DRIVING = fokker.Problem(lambda x, t: np.cos(2 * t) - x, diffusion=0.5, domain={"x": (-6, 6)}, time=True)


def test_driven_trajectories():
    """A driven Gaussian: the extrapolate errs by far less than the fine answer."""
    start, noise, t = 1.0, 0.5, np.array([0.5, 1.0])

    def settled(s):
        return (np.cos(2 * s) + 2 * np.sin(2 * s)) / 5

    def gaussian(x, mean, variance):
        return np.exp(-((x - mean) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)

    result = fokker.extrapolate(
        DRIVING, lambda d: fokker.propagate(d, lambda x: gaussian(x, start, 0.3), t, tol=1e-7), cells=(60, 120)
    )
    mean = settled(t) + (start - settled(0.0)) * np.exp(-t)
    variance = noise + (0.3 - noise) * np.exp(-2 * t)
    exact = gaussian(result.nodes[0], mean[:, None], variance[:, None])
    assert np.abs(result.value - exact).max() < 0.05 * np.abs(result.fine - exact).max()


def test_periodic_states():
    """Amplitude 1 / sqrt(5) of the driven mean as a number, and the laws as a field at each phase."""
    number = fokker.extrapolate(
        DRIVING,
        lambda d: fokker.periodic_state(d, np.pi, tol=1e-6, phases=4).response(lambda x: x).amplitude,
        cells=(40, 80),
    )
    assert abs(number.value - 5**-0.5) < 0.05 * abs(number.fine - 5**-0.5)
    laws = fokker.extrapolate(DRIVING, lambda d: fokker.periodic_state(d, np.pi, tol=1e-6, phases=4), cells=(40, 80))
    assert laws.value.shape == (4, 40)
    mean = np.cos(2 * laws.times - np.arctan(2)) / np.sqrt(5)
    exact = np.exp(-((laws.nodes[0] - mean[:, None]) ** 2)) / np.sqrt(np.pi)
    assert np.abs(laws.value - exact).max() < 0.1 * np.abs(laws.fine - exact).max()


def test_moving_ends():
    """Survival between walls that go apart is a number; fields on nodes that move are refused."""
    problem = fokker.Problem(
        0.0, diffusion=0.5, domain={"x": (-1.0, lambda t: 1.0 + t)}, boundary="absorbing", time=True
    )
    result = fokker.extrapolate(
        problem, lambda d: fokker.propagate(d, lambda x: np.cos(np.pi * x / 2) * np.pi / 4, [0.5], tol=1e-7).survival,
        cells=(20, 40),
    )  # fmt: skip
    assert result.correction[0] < 1e-2
    with pytest.raises(FokkerError, match=r"moving ends(?s:.*)survival"):
        fokker.extrapolate(problem, lambda d: fokker.propagate(d, {"x": 0.0}, [0.1], tol=1e-3), cells=(20, 40))

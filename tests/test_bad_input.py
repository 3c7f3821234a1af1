"""Bad input through `discretize` and the verbs: each error by its words, and never a number."""

import math

import numpy as np
import pytest

import fokker
from fokker.errors import (
    BoundaryError,
    CoefficientError,
    ConventionError,
    DomainError,
    FokkerError,
    FokkerWarning,
    GridError,
    ReachabilityError,
)

UNIT = {"x": (0.0, 1.0)}
LINE = {"x": (-np.inf, np.inf)}
SPOT = 0.3337  # between the points at which a problem is first tried


def spot(bad, good):
    """A value that is bad in a place one thousandth wide."""
    return lambda x: np.where(abs(x - SPOT) < 5e-4, bad, good)


def discretized(cells=500, domain=UNIT, **coefficients):
    return fokker.discretize(fokker.Problem(**({"drift": 0.0} | coefficients), domain=domain), cells=cells)


@pytest.mark.parametrize(
    ("coefficients", "words"),
    [
        ({"drift": spot(np.nan, 1.0), "diffusion": 1.0}, r"drift is not finite at x = 0\.33\d*: nan"),
        ({"drift": spot(np.inf, 1.0), "diffusion": 1.0}, r"drift is not finite at x = 0\.33\d*: inf"),
        ({"diffusion": spot(np.nan, 1.0), "convention": "ito"}, r"diffusion is not finite at x = 0\.33"),
        ({"diffusion": spot(-1.0, 1.0), "convention": "ito"}, r"diffusion is negative at x = 0\.33[\s\S]*D > 0"),
        ({"diffusion": spot(0.0, 1.0), "convention": "ito"}, r"diffusion vanishes at x = 0\.33"),
        ({"noise": spot(0.0, 1.0), "convention": "ito"}, r"vanishes at x = 0\.33"),
        ({"drift": lambda x: x if x.size < 40 else x[:3], "diffusion": 1.0}, r"wrong shape[\s\S]*shape \(3,\)"),
        ({"drift": lambda x: x if x.size < 40 else x.astype(complex) + 1j, "diffusion": 1.0}, "real numbers"),
    ],
)
def test_coefficients_that_fail_between_the_probes(coefficients, words):
    with pytest.raises(CoefficientError, match=words):
        discretized(**coefficients)


def test_a_potential_that_fails_between_the_probes():
    problem = fokker.Problem.from_potential(spot(np.nan, 1.0), temperature=1.0, domain=UNIT)
    with pytest.raises(CoefficientError, match=r"potential is not finite at x = 0\.33"):
        fokker.discretize(problem, cells=500)


def test_noise_found_to_vary_without_a_convention():
    with pytest.raises(
        ConventionError, match=r"noise depends on x[\s\S]*\"ito\"[\s\S]*\"stratonovich\"[\s\S]*\"isothermal\""
    ):
        discretized(diffusion=spot(2.0, 1.0))


@pytest.mark.parametrize(
    ("build", "kind", "words"),
    [
        (lambda: fokker.Problem(0.0, diffusion=1.0, domain={"x": (1.0, 1.0)}), DomainError, "is empty"),
        (lambda: fokker.Problem(0.0, diffusion=1.0, domain={"x": (1.0, 0.0)}), DomainError, "is reversed"),
        (lambda: fokker.Problem(0.0, diffusion=1.0, domain=UNIT, boundary="neumann"), BoundaryError, "reflecting"),
        (lambda: fokker.Problem(0.0, diffusion=lambda x: 1 + x, domain=UNIT), ConventionError, "depends on x"),
        (lambda: fokker.Problem(0.0, domain=UNIT), CoefficientError, "exactly one of noise and diffusion"),
        (lambda: fokker.Problem(0.0, noise=1, diffusion=1, domain=UNIT), CoefficientError, "exactly one of"),
        (lambda: fokker.Problem(math.sin, diffusion=1.0, domain=UNIT), CoefficientError, "np.sin"),
        (
            lambda: fokker.Problem.from_potential(np.sin, temperature=1.0, convention="ito", domain=UNIT),
            ConventionError,
            "no convention to choose",
        ),
    ],
)
def test_problems_that_are_none(build, kind, words):
    with pytest.raises(kind, match=words):
        build()


GOOD = fokker.Problem(lambda x: -x, diffusion=1.0, domain=UNIT)


@pytest.mark.parametrize("cells", [2, 0, -3, 3.5, 100.0, True, "100", "abc", [], [10, 10], np.float64(10)])
def test_cells_that_are_none(cells):
    with pytest.raises(GridError, match=r"cells=[\s\S]*integer of at least 3"):
        fokker.discretize(GOOD, cells=cells)


@pytest.mark.parametrize("cells", [3, np.int32(3), [3], (3,)])
def test_cells_that_are_some(cells):
    assert fokker.discretize(GOOD, cells=cells).shape == (3,)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "exactly one of cells= and grid="),
        ({"cells": 10, "grid": fokker.Grid(x=fokker.Axis.uniform(10, 0, 1))}, "exactly one of cells= and grid="),
        ({"grid": fokker.Grid(y=fokker.Axis.uniform(10, 0, 1))}, r"axes of the problem[\s\S]*Grid\(x="),
        ({"grid": fokker.Grid(x=fokker.Axis.uniform(9, 0, 1), y=fokker.Axis.uniform(9, 0, 1))}, "axes of the problem"),
        ({"grid": fokker.Axis.uniform(10, 0, 1)}, "axes of the problem"),
        (
            {"grid": fokker.Grid(x=fokker.Axis.uniform(10, 0, 2))},
            r"different places[\s\S]*axis \(0, 2\), domain \(0, 1\)",
        ),
        ({"grid": fokker.Grid(x=fokker.Axis.line(10))}, r"different places[\s\S]*Axis.line for \(-inf, inf\)"),
    ],
)
def test_grids_that_do_not_fit(arguments, words):
    with pytest.raises(GridError, match=words):
        fokker.discretize(GOOD, **arguments)


def test_an_infinite_domain_takes_no_uniform_axis():
    problem = fokker.Problem(lambda x: -x, diffusion=1.0, domain=LINE)
    with pytest.raises(GridError, match=r"different places[\s\S]*Axis.line"):
        fokker.discretize(problem, grid=fokker.Grid(x=fokker.Axis.uniform(10, -5, 5)))


def test_schemes_problems_and_dimensions_that_are_none():
    with pytest.raises(FokkerError, match=r"edge rule[\s\S]*'upwind'[\s\S]*\"scharfetter-gummel\""):
        fokker.discretize(GOOD, cells=10, scheme="upwind")
    with pytest.raises(FokkerError, match="needs a Problem"):
        fokker.discretize(3, cells=10)
    square = fokker.Problem(lambda x, y: (-x, -y), diffusion=1.0, domain={"x": (0, 1), "y": (0, 1)})
    with pytest.raises(GridError, match=r"one number an axis[\s\S]*tuple of 2"):
        fokker.discretize(square, cells=(10, 10, 10))
    with pytest.raises(FokkerError, match=r"unknown reference[\s\S]*'potential'"):
        fokker.discretize(square, cells=10, reference="potential")


@pytest.mark.parametrize("wrong", [3, None, GOOD, "generator"])
def test_verbs_ask_generators(wrong):
    for verb in (fokker.stationary, lambda g: fokker.mean_first_passage(g, lambda x: x > 1)):
        with pytest.raises(FokkerError, match=r"asks a generator[\s\S]*discretize"):
            verb(wrong)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (lambda x: x, "one truth value a point"),
        (lambda x: (x > 0.5).astype(int), "one truth value a point"),
        (lambda x: np.ones(3, bool), r"one truth value a point[\s\S]*shape \(3,\)"),
        (lambda x: bool(x > 1), "failed when called on arrays"),
        (lambda x: 1 / 0, "failed when called on arrays"),
        (lambda: True, "failed when called on arrays"),
    ],
)
def test_targets_that_do_not_broadcast(target, words):
    with pytest.raises(FokkerError, match=words):
        fokker.mean_first_passage(fokker.discretize(GOOD, cells=10), target)


def test_a_target_narrower_than_the_grid_can_see_is_no_number():
    g = fokker.discretize(GOOD, cells=10)
    with pytest.raises(FokkerError, match="more cells"):
        fokker.mean_first_passage(g, lambda x: (x > 0.411) & (x < 0.412))


@pytest.mark.parametrize("sign", [1, -1])
def test_a_target_upstream_of_a_lost_process(sign):
    # drift 1 at D = 1 carries the process to infinity; the axis is given, so that only the question is wrong
    problem = fokker.Problem(1.0 * sign, diffusion=1.0, domain=LINE)
    axis = fokker.Axis.line(100, scale=1.0, center=0.0, reach=50.0)
    g = fokker.discretize(problem, grid=fokker.Grid(x=axis))
    with pytest.raises(ReachabilityError, match=r"lost in a tail[\s\S]*covers this end"):
        fokker.mean_first_passage(g, lambda x: sign * x < -1)
    # downstream all is well: T = distance / drift
    assert abs(fokker.mean_first_passage(g, lambda x: sign * x > 1).at(x=0.0) - 1) < 1e-12


@pytest.mark.parametrize("drift", [0, 0.0, np.float32(0), np.int64(0), lambda x: 0, lambda x: np.zeros(1)])
@pytest.mark.parametrize("noise", [1, -1, np.float32(1), lambda x: 1, lambda x: np.ones_like(x, dtype=np.float32)])
def test_scalars_integers_and_float32_are_welcome(drift, noise):
    problem = fokker.Problem(drift, noise=noise, domain={"x": (0, 2)}, boundary={"x": ("reflecting", "absorbing")})
    times = fokker.mean_first_passage(fokker.discretize(problem, cells=3))
    assert abs(times.at(x=np.float32(1)) - 3.0) < 1e-14  # (4 - 1) / (2 D)


def test_one_warning_a_call():
    problem = fokker.Problem(lambda x: np.sin(100 * x), diffusion=1.0, domain=UNIT)
    g = fokker.discretize(problem, cells=5)
    for verb in (fokker.stationary, lambda g: fokker.mean_first_passage(g, lambda x: x > 0.55)):
        with pytest.warns(FokkerWarning, match=r"not resolved[\s\S]*more cells") as record:
            answer = verb(g)
        assert len(record) == 1
        assert answer.info.warnings == g.warnings
        assert "not resolved" in repr(answer)
    assert fokker.discretize(problem, cells=200).warnings == ()


def test_an_axis_with_too_large_a_scale_is_noticed():
    problem = fokker.Problem(lambda x: -50 * np.tanh(50 * x), diffusion=1.0, domain=LINE)
    axis = fokker.Axis.line(30, scale=10.0, center=0.0, reach=20.0)
    g = fokker.discretize(problem, grid=fokker.Grid(x=axis))
    with pytest.warns(FokkerWarning, match="scale="):
        fokker.stationary(g)

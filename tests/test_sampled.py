"""Coefficients given as data."""

import pickle

import numpy as np
import pytest

from fokker.errors import CoefficientError
from fokker.problem import Problem, Sampled

X = np.linspace(-1.0, 1.0, 41)


def test_monotone_keeps_the_data_positive_and_hits_them():
    values = np.array([1.0, 1e-6, 1e-6, 1.0])
    sampled = Sampled([0, 1, 2, 3], values)
    assert sampled(np.linspace(0, 3, 301)).min() > 0
    assert np.allclose(sampled(np.array([0.0, 1.0, 2.0, 3.0])), values, rtol=0, atol=1e-15)


def test_cubic_is_fourth_order():
    fine = np.linspace(-0.5, 0.5, 777)
    errors = []
    for count in (41, 81):
        x = np.linspace(-1, 1, count)
        errors.append(np.abs(Sampled(x, np.sin(3 * x), kind="cubic")(fine) - np.sin(3 * fine)).max())
    assert np.log2(errors[0] / errors[1]) == pytest.approx(4.0, abs=0.3)


def test_data_are_copied():
    values = np.ones(41)
    sampled = Sampled(X, values)
    values[:] = np.nan
    assert np.array_equal(sampled(X), np.ones(41))


def test_a_problem_from_data():
    sampled = Sampled(X, 1 + X**2)
    problem = Problem(Sampled(X, -X), diffusion=sampled, convention="ito", domain={"x": (-1, 1)})
    assert problem.diffusion_at(X).flags.c_contiguous
    assert np.allclose(problem.drift_at(X), -X)
    assert "Sampled(41 points, kind='monotone')" in repr(problem)
    copy = pickle.loads(pickle.dumps(sampled))
    assert np.array_equal(copy(X), sampled(X))


def test_data_on_two_axes_scalar_and_vector():
    x, y = np.linspace(0, 1, 5), np.linspace(0, 2, 7)
    grid = np.meshgrid(x, y, indexing="ij")
    domain = {"x": (0, 1), "y": (0, 2)}
    drift = Sampled((x, y), np.stack([2 * grid[0], grid[0] + grid[1]]))
    diffusion = Sampled((x, y), 1 + grid[0] + grid[1], kind="cubic")
    problem = Problem(drift, diffusion=diffusion, convention="ito", domain=domain)
    a, b = np.array([0.1, 0.9]), np.array([0.3, 1.9])
    assert np.allclose(problem.drift_at(a, b), [2 * a, a + b])
    assert np.allclose(problem.diffusion_at(a, b), 1 + a + b)


@pytest.mark.parametrize(
    ("points", "values", "words"),
    [
        ([0, 1, 1], [1, 2, 3], r"do not increase[\s\S]*1.0 followed by 1.0 \(positions 1, 2\)"),
        ([1, 0], [1, 2], r"do not increase[\s\S]*np.argsort"),
        ([0, 1], [1, 2, 3], r"do not fit its points[\s\S]*shape \(3,\) on points of shape \(2,\)"),
        ([0], [1], "at least two points"),
        ([[0, 1]], [1, 2], "at least two points"),
        ([0, np.nan], [1, 2], "points of Sampled are not all finite"),
        ([0, 1], [1, np.inf], r"values of Sampled are not all finite[\s\S]*inf at position 1"),
        ([0, 1], [1, 1j], r"values of Sampled are not real numbers[\s\S]*complex"),
        ([0, 1], ["a", "b"], "values of Sampled are not real numbers"),
        ([0, 1], [True, False], "values of Sampled are not real numbers"),
    ],
)
def test_bad_data_are_named(points, values, words):
    with pytest.raises(CoefficientError, match=words):
        Sampled(points, values)


def test_kinds_are_listed_and_cubic_needs_four_points():
    with pytest.raises(CoefficientError, match=r"kind of interpolation is unknown[\s\S]*\"monotone\""):
        Sampled(X, X, kind="spline")
    with pytest.raises(CoefficientError, match="four points"):
        Sampled([0, 1, 2], [1, 2, 3], kind="cubic")


def test_data_are_never_extrapolated():
    with pytest.raises(CoefficientError, match=r"data end before the coordinate 1.5[\s\S]*from -1.0 to 1.0"):
        Sampled(X, X)(np.array([0.0, 1.5]))
    with pytest.raises(CoefficientError, match=r"ends inside the domain of x[\s\S]*never extrapolated"):
        Problem(Sampled(X, -X), 1.0, domain={"x": (-1, 1.1)})
    with pytest.raises(CoefficientError, match="does not fit the domain"):
        Problem(Sampled((X, X), np.ones((41, 41))), 1.0, domain={"x": (-1, 1)})
    problem = Problem(Sampled(X, -X), 1.0, domain={"x": (-1, 1)})
    with pytest.raises(CoefficientError, match="data end before") as caught:
        problem.drift_at([2.0])
    assert caught.value.__notes__ == ["(while evaluating the drift)"]
    assert np.isnan(problem.drift_at([2.0], check=False)).all()

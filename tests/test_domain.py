"""Domains and breakpoints."""

import math

import numpy as np
import pytest

from fokker.errors import DimensionError, DomainError
from fokker.problem import Problem
from fokker.problem.points import probe_points


def make(domain, **more):
    return Problem(drift=0.0, noise=1.0, domain=domain, **more)


def test_domain_keeps_order_and_becomes_floats():
    problem = make({"x": [0, np.float32(1)]})
    assert problem.domain == {"x": (0.0, 1.0)}
    assert problem.names == ("x",)
    assert problem.dimension == 1


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ((1, 1), "the domain of x is empty"),
        ((np.inf, np.inf), "the domain of x is empty"),
        ((1, 0), "the domain of x is reversed"),
        ((np.inf, -np.inf), "reversed"),
        ((np.nan, 1), "the domain of x has a NaN end"),
        ((0, 1, 2), "the domain of x is not a pair"),
        (1.0, "the domain of x is not a pair"),
        ("01", "the domain of x is not a pair"),
        (("0", "1"), "not a pair of real numbers"),
        ((False, True), "not a pair of real numbers"),
        ((0, 1j), "not a pair of real numbers"),
    ],
)
def test_bad_intervals_are_named(ends, words):
    with pytest.raises(DomainError, match=words) as caught:
        make({"x": ends})
    assert "low < high" in str(caught.value)


def test_reversed_domain_shows_the_remedy():
    with pytest.raises(DomainError, match=r'try       domain=\{"x": \(0.0, 1.0\)\}'):
        make({"x": (1, 0)})


def test_domain_must_be_a_dictionary_of_usable_names():
    with pytest.raises(DomainError, match="not a dictionary of named axes"):
        make((0, 1))
    with pytest.raises(DomainError, match="usable as a keyword"):
        make({"my x": (0, 1)})


@pytest.mark.parametrize("count", [0, 4])
def test_one_to_three_axes(count):
    with pytest.raises(DimensionError, match=f"one to three axes, not {count}"):
        make({f"x{i}": (0, 1) for i in range(count)})


def test_breakpoints_are_sorted_and_unique():
    problem = make({"x": (-2, 2)}, breakpoints={"x": [1, -1, 1.0]})
    assert problem.breakpoints.get("x", ()) == (-1.0, 1.0)
    assert make({"x": (-2, 2)}, breakpoints={"x": []}).breakpoints.get("x", ()) == ()


@pytest.mark.parametrize(
    ("breakpoints", "words"),
    [
        ({"x": [2.0]}, r"does not lie inside the domain[\s\S]*strictly between -2.0 and 2.0"),
        ({"x": [math.nan]}, "does not lie inside"),
        ({"x": ["1"]}, "does not lie inside"),
        ({"y": [0.0]}, 'unknown axis[\\s\\S]*the axes "x"'),
        ({"x": 1.0}, "are not a list"),
        ({"x": "1"}, "are not a list"),
        ([1.0], "not a dictionary of axes"),
    ],
)
def test_bad_breakpoints_are_named(breakpoints, words):
    with pytest.raises(DomainError, match=words):
        make({"x": (-2, 2)}, breakpoints=breakpoints)


@pytest.mark.parametrize("ends", [(0.0, 1.0), (3.0, np.inf), (-np.inf, -2.0), (-np.inf, np.inf)])
def test_probes_lie_strictly_inside_and_differ(ends):
    (points,) = probe_points({"x": ends})
    assert np.all((points > ends[0]) & (points < ends[1]))
    assert np.unique(points).size == points.size

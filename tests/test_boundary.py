"""Walls in physics words."""

import math

import numpy as np
import pytest

from fokker.errors import BoundaryError
from fokker.problem import Problem, Robin

UNIT = {"x": (0.0, 1.0)}


def walls(boundary, domain=UNIT):
    constant = 0.0 if len(domain) == 1 else (0.0,) * len(domain)
    return Problem(drift=constant, noise=1.0, domain=domain, boundary=boundary).walls


def test_words_pairs_and_defaults():
    assert walls("reflecting") == {"x": ("reflecting", "reflecting")}
    assert walls("periodic") == {"x": ("periodic", "periodic")}
    assert walls(Robin(2)) == {"x": (Robin(2.0), Robin(2.0))}
    assert walls({"x": ("reflecting", "absorbing")}) == {"x": ("reflecting", "absorbing")}
    assert walls({"x": ["absorbing", Robin(1.0)]}) == {"x": ("absorbing", Robin(1.0))}
    assert walls({}) == {"x": ("reflecting", "reflecting")}


def test_axes_that_are_not_named_are_reflecting():
    domain = {"theta": (0, 2 * math.pi), "x": (0, 1)}
    expected = {"theta": ("periodic", "periodic"), "x": ("reflecting", "reflecting")}
    assert walls({"theta": "periodic"}, domain) == expected


def test_a_wall_at_one_finite_end_of_a_half_line():
    assert walls({"x": ("absorbing", "reflecting")}, {"x": (0, np.inf)})["x"][0] == "absorbing"


@pytest.mark.parametrize("word", ["neumann", "Neumann"])
def test_neumann_is_explained(word):
    with pytest.raises(BoundaryError, match="dp/dx to zero, which lets probability leak") as caught:
        walls(word)
    text = str(caught.value)
    assert '"reflecting": the total flux' in text
    assert repr(word) in text
    assert "Robin(kappa)" in text


def test_dirichlet_is_explained():
    with pytest.raises(BoundaryError, match="fix the density at the wall") as caught:
        walls({"x": ("dirichlet", "reflecting")})
    assert '"absorbing": the density is zero at the wall' in str(caught.value)


@pytest.mark.parametrize(
    ("boundary", "words"),
    [
        ("open", "the wall of x is unknown[\\s\\S]*'open'[\\s\\S]*\"absorbing\""),
        ({"x": None}, "the wall of x is unknown[\\s\\S]*None"),
        ({"x": 1.0}, "the wall of x is unknown"),
        ({"y": "absorbing"}, 'unknown axis[\\s\\S]*the axes "x"'),
        ({"x": ("absorbing",)}, "not a pair"),
        (("reflecting", "absorbing"), 'neither a word nor a dictionary[\\s\\S]*boundary=\\{"x": '),
        ({"x": ("periodic", "absorbing")}, "joins both ends of x"),
    ],
)
def test_bad_walls_are_named(boundary, words):
    with pytest.raises(BoundaryError, match=words):
        walls(boundary)


@pytest.mark.parametrize("wall", ["absorbing", Robin(1.0)])
def test_no_wall_at_infinity(wall):
    with pytest.raises(BoundaryError, match="the right end of x is at infinity"):
        walls({"x": ("reflecting", wall)}, {"x": (0, np.inf)})
    with pytest.raises(BoundaryError, match="the left end of x is at infinity"):
        walls(wall, {"x": (-np.inf, np.inf)})


def test_a_periodic_axis_is_finite():
    with pytest.raises(BoundaryError, match="a periodic axis is finite, but x is not"):
        walls("periodic", {"x": (0, np.inf)})


@pytest.mark.parametrize("kappa", [-1.0, 0.0, math.inf, math.nan, "1", True, None, 1j])
def test_robin_needs_a_positive_finite_rate(kappa):
    with pytest.raises(BoundaryError, match=r"not a positive, finite number[\s\S]*kappa > 0"):
        Robin(kappa)


def test_the_limits_of_robin_have_their_own_words():
    with pytest.raises(BoundaryError, match='try       "reflecting"'):
        Robin(0)
    with pytest.raises(BoundaryError, match='try       "absorbing"'):
        Robin(math.inf)

"""Coefficients on a ring that do not join at its ends."""

import numpy as np
import pytest

import fokker
from fokker.errors import FokkerWarning

RING = {"x": (0, 2 * np.pi)}


def ring(drift, diffusion=1.0, domain=RING, **options):
    problem = fokker.Problem(
        drift, diffusion=diffusion, convention="ito", domain=domain, boundary="periodic", **options
    )
    return fokker.discretize(problem, cells=24)


def test_coefficients_that_join_make_no_doubt():
    assert ring(np.sin, lambda x: 2 + np.cos(x)).warnings == ()
    points = np.linspace(0, 2 * np.pi, 9)
    assert ring(fokker.Sampled(points, np.sin(points).round(6))).warnings == ()
    assert (
        ring(lambda x: np.where(x < 2, 1.0, -1.0) + (x >= 2) * 2.0 * (x > 4), breakpoints={"x": [2.0, 4.0]}).warnings
        == ()
    )


@pytest.mark.parametrize(
    ("coefficients", "word"),
    [((lambda x: -x,), "drift"), ((0.0, lambda x: 1 + x), "diffusion"), ((lambda x: np.sin(1.1 * x),), "drift")],
)
def test_a_jump_at_the_join_is_a_doubt(coefficients, word):
    generator = ring(*coefficients)
    assert any(text.startswith(f"the {word} jumps by") for text in generator.warnings)
    with pytest.warns(FokkerWarning, match="is the domain one period"):
        fokker.stationary(generator)


def test_a_rounded_period_is_a_doubt():
    assert "where the ends of x are joined" in ring(np.sin, domain={"x": (0, 6.28)}).warnings[0]


def test_only_periodic_axes_are_looked_at_in_the_plane():
    def build(drift, **force):
        domain = {"x": (0, 2 * np.pi), "y": (-1, 1)}
        problem = fokker.Problem(drift, diffusion=1.0, domain=domain, boundary={"x": "periodic"}, **force)
        return fokker.discretize(problem, cells=12).warnings

    assert build(lambda x, y: (np.sin(x), -3 * y)) == ()
    assert "the drift jumps" in build(lambda x, y: (np.sin(x / 2) * y + x, -y))[0]

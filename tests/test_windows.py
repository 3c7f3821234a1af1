"""Windows in straight and curved walls."""

from typing import Any

import numpy as np
import pytest

import fokker
from fokker.errors import BoundaryError

BOX = {"x": (-1, 1), "y": (0, 2)}


def box(boundary: Any, domain: Any = None) -> fokker.Problem:
    return fokker.Problem(lambda x, y: (0 * x, 0 * y), diffusion=1.0, domain=domain or BOX, boundary=boundary)


def in_slit(x: Any) -> Any:
    return np.abs(x) < 0.15


def test_the_share_of_each_face_is_exact() -> None:
    whole = fokker.discretize(box({"y": ("absorbing", "reflecting")}), cells=20).exit_rates["y left"]
    part = fokker.discretize(box({"y": (fokker.Window(in_slit), "reflecting")}), cells=20).exit_rates["y left window"]
    share = (part / np.where(whole > 0, whole, 1)).reshape(20, 20)[:, 0]
    expected = np.zeros(20)
    expected[8:12] = 0.5, 1.0, 1.0, 0.5
    np.testing.assert_allclose(share, expected, atol=1e-12)
    assert part.sum() / whole.sum() == pytest.approx(0.15, rel=1e-12)


def test_a_window_narrower_than_a_cell_is_seen() -> None:
    generator = fokker.discretize(
        box({"y": (fokker.Window(lambda x: np.abs(x - 0.03) < 0.004), "reflecting")}), cells=10
    )
    whole = fokker.discretize(box({"y": ("absorbing", "reflecting")}), cells=10).exit_rates["y left"]
    assert generator.exit_rates["y left window"].sum() / whole.sum() == pytest.approx(0.004, rel=1e-9)


def test_both_parts_may_leak_under_their_own_labels() -> None:
    window = fokker.Window(in_slit, "absorbing", else_=fokker.Robin(0.1))
    generator = fokker.discretize(box({"y": (window, "reflecting")}), cells=20)
    ways = fokker.splitting(generator)
    assert sorted(ways) == ["y left", "y left window"]
    assert sum(way.at(x=0.3, y=0.7) for way in ways.values()) == pytest.approx(1.0)
    inverse = fokker.Window(lambda x: ~in_slit(x), fokker.Robin(0.1), else_="absorbing")
    turned = fokker.splitting(fokker.discretize(box({"y": (inverse, "reflecting")}), cells=20))
    assert turned["y left"].at(x=0.3, y=0.7) == pytest.approx(ways["y left window"].at(x=0.3, y=0.7), rel=1e-12)


def test_a_window_in_a_face_of_a_cube() -> None:
    problem = fokker.Problem(
        lambda x, y, z: (0 * x, 0 * y, 0 * z),
        diffusion=1.0,
        domain=dict.fromkeys("xyz", (-1, 1)),
        boundary={"z": (fokker.Window(lambda x, y: np.hypot(x, y) < 0.5), "reflecting")},
    )
    generator = fokker.discretize(problem, cells=12)
    flat = fokker.Problem(
        lambda x, y, z: (0 * x, 0 * y, 0 * z),
        diffusion=1.0,
        domain=dict.fromkeys("xyz", (-1, 1)),
        boundary={"z": ("absorbing", "reflecting")},
    )
    whole = fokker.discretize(flat, cells=12).exit_rates["z left"].sum()
    # 8 lines across each face, of which the disc cuts 20
    assert generator.exit_rates["z left window"].sum() / whole == pytest.approx(np.pi / 16, rel=1e-3)
    assert fokker.mean_first_passage(generator).at(x=0.0, y=0.0, z=0.0) > 1.0


def test_a_window_in_a_curved_wall() -> None:
    """The disc with a window of half-angle 1: T(0) = 1/4 - ln sin(1/2)."""
    disc = fokker.Region(level=lambda x, y: np.hypot(x - 0.013, y + 0.007) - 1)
    problem = box("reflecting", {"x": (-1.25, 1.25), "y": (-1.25, 1.25)})
    window = fokker.Window(lambda x, y: np.abs(np.arctan2(y + 0.007, x - 0.013)) < 1)
    generator = fokker.discretize(problem, cells=160, obstacle=~disc, wall=window)
    assert list(generator.exit_rates) == ["obstacle window"]
    exact = 0.25 - np.log(np.sin(0.5))
    # first order: the rim of the window moves by up to a cell of 1/64
    assert fokker.mean_first_passage(generator).at(x=0.013, y=-0.007) == pytest.approx(exact, rel=1 / 64)


def test_a_partly_absorbing_window_in_a_curved_wall() -> None:
    disc = fokker.Region(level=lambda x, y: np.hypot(x - 0.013, y + 0.007) - 1)
    problem = box("reflecting", {"x": (-1.25, 1.25), "y": (-1.25, 1.25)})
    halves = fokker.Window(lambda x, y: x > 0.013, fokker.Robin(1.0), else_=fokker.Robin(1.0 + 1e-9))
    generator = fokker.discretize(problem, cells=80, obstacle=~disc, wall=halves)
    assert sorted(generator.exit_rates) == ["obstacle", "obstacle window"]
    # both halves together: T = (1 - r**2)/4 + 1/(2 kappa)
    assert fokker.mean_first_passage(generator).at(x=0.013, y=-0.007) == pytest.approx(0.75, rel=1e-3)
    # by symmetry each half takes half
    assert fokker.splitting(generator)["obstacle"].at(x=0.013, y=-0.007) == pytest.approx(0.5, abs=5e-3)


def test_the_equation_and_the_copy_in_ito_form_know_the_window() -> None:
    problem = box({"y": (fokker.Window(in_slit), "reflecting")})
    assert "absorbing in a window, else reflecting" in problem.equation()
    assert problem.ito().walls == problem.walls


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: fokker.Window(3.0), "not a predicate"),  # type: ignore[arg-type]
        (lambda: fokker.Window(in_slit, "periodic"), "part of a wall is unknown"),  # type: ignore[arg-type]
        (lambda: fokker.Window(in_slit, "reflecting"), "like the rest"),
        (lambda: box({"x": (fokker.Window(in_slit), "periodic")}), "joins both ends"),
        (lambda: box({"x": fokker.Window(in_slit)}, {"x": (-np.inf, np.inf), "y": (0, 1)}), "at infinity"),
        (
            lambda: fokker.Problem(0.0, 1.0, domain={"x": (0, 1)}, boundary=fokker.Window(lambda: True)),
            "in one dimension a wall is a point",
        ),
        (lambda: fokker.discretize(box({"y": fokker.Window(lambda x: x > 3)}), cells=10), "open nowhere"),
        (lambda: fokker.discretize(box({"y": fokker.Window(lambda x: x < 3)}), cells=10), "open everywhere"),
        (lambda: fokker.discretize(box({"y": fokker.Window(lambda x: x)}), cells=10), "truth value"),
        (
            lambda: fokker.discretize(
                box("reflecting"),
                cells=20,
                obstacle=lambda x, y: np.hypot(x, y - 1) > 0.8,
                wall=fokker.Window(lambda x, y: x > 3),
            ),
            "open nowhere",
        ),
    ],
)
def test_bad_windows_say_what_is_wrong(make: Any, words: str) -> None:
    with pytest.raises(BoundaryError, match=words):
        make()

"""Signed functions as sets: the same walls as predicates, and what is refused."""

from typing import Any

import numpy as np
import pytest

import fokker
from fokker.errors import TargetError

SQUARE = {"x": (-1.25, 1.25), "y": (-1.25, 1.25)}
CENTRE = (0.013, -0.007)  # off the nodes and faces


def free(**options: Any) -> fokker.Problem:
    return fokker.Problem(lambda x, y: (0 * x, 0 * y), diffusion=1.0, domain=SQUARE, **options)


def radius(x: Any, y: Any) -> Any:
    return np.hypot(x - CENTRE[0], y - CENTRE[1])


def test_a_region_and_its_predicate_give_the_same_times() -> None:
    generator = fokker.discretize(free(), cells=40)
    level = fokker.mean_first_passage(generator, fokker.Region(level=lambda x, y: 1 - radius(x, y)))
    predicate = fokker.mean_first_passage(generator, lambda x, y: radius(x, y) > 1)
    # walls are found to the last bits either way
    np.testing.assert_allclose(level.values, predicate.values, rtol=1e-12, atol=1e-15)


def test_sources_and_targets_may_be_regions_also_on_a_line() -> None:
    problem = fokker.Problem(drift=0.0, diffusion=1.0, domain={"x": (0, 1)})
    generator = fokker.discretize(problem, cells=20)
    source, target = fokker.Region(level=lambda x: x - 0.2), fokker.Region(level=lambda x: 0.8 - x)
    committor = fokker.committor(generator, source=source, target=target)
    assert committor.at(x=0.35) == pytest.approx(0.25, rel=1e-12)


def test_the_disc_is_second_order_and_exact_to_2e_5_at_its_centre() -> None:
    disc = fokker.Region(level=lambda x, y: radius(x, y) - 1)
    counts, errors = np.array([20, 40, 80, 160, 320]), []
    for n in counts:
        times = fokker.mean_first_passage(fokker.discretize(free(), cells=int(n)), ~disc)
        errors.append(abs(times.at(x=CENTRE[0], y=CENTRE[1]) / 0.25 - 1))
    order = -np.polyfit(np.log(counts), np.log(errors), 1)[0]
    assert order == pytest.approx(2.0, abs=0.2)
    assert errors[-1] <= 2e-5


def test_the_complement_of_a_region() -> None:
    disc = fokker.Region(level=lambda x, y: np.hypot(x, y) - 1)
    x, y = np.array([0.0, 3.0]), np.array([0.5, 0.0])
    assert disc(x, y).tolist() == [True, False]
    assert (~disc)(x, y).tolist() == [False, True]


@pytest.mark.parametrize(
    ("level", "words"),
    [
        (3.0, "not a function"),
        (lambda x, y: x > 0, "the predicate itself"),
        (lambda x, y: 1j * x, "one real number"),
        (lambda x, y: np.zeros(3), "one real number"),
        (lambda x: x, "failed when called"),
        (lambda x, y: np.where((x > 0.5) & (y > 0.5), np.nan, x), "not finite"),
    ],
)
def test_bad_levels_say_what_is_wrong(level: Any, words: str) -> None:
    with pytest.raises(TargetError, match=words):
        fokker.mean_first_passage(fokker.discretize(free(), cells=8), fokker.Region(level=level))


def test_a_level_that_is_not_finite_names_the_place() -> None:
    region = fokker.Region(level=lambda x, y: np.where(x > 0.5, np.inf, y))
    with pytest.raises(TargetError, match=r"inf at \(2, -1\)"):
        region(np.array([0.0, 2.0]), np.array([0.0, -1.0]))

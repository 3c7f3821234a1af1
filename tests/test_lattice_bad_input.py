"""Bad input in two and three dimensions: each error by its words, and never a number."""

import re
from dataclasses import replace

import numpy as np
import pytest

import fokker
from fokker.errors import (
    BoundaryError,
    CoefficientError,
    ConventionError,
    DimensionError,
    DomainError,
    FokkerError,
    GridError,
    NormalisationError,
    ReachabilityError,
    TargetError,
)

SQUARE = {"x": (0.0, 1.0), "y": (0.0, 2.0)}
CUBE = {"x": (0.0, 1.0), "y": (0.0, 1.0), "z": (0.0, 1.0)}


def flat(cells=12, **changes):
    """Free diffusion on a rectangle, with changes."""
    process = {"drift": (0.0, 0.0), "diffusion": 1.0, "domain": SQUARE} | changes
    return fokker.discretize(fokker.Problem(**process), cells=cells)


def thermal(potential, cells=40, **changes):
    return fokker.discretize(
        fokker.Problem.from_potential(potential, **({"temperature": 1.0, "domain": SQUARE} | changes)), cells=cells
    )


def spot(bad, good):
    """A value that is bad in a place of a twentieth by a thirtieth, between the points that are tried first."""
    return lambda x, y: np.where((abs(x - 0.3337) < 0.02) & (abs(y - 1.21) < 0.03), bad, good + 0 * x * y)


# ---------------------------------------------------------------- coefficients
@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: flat(40, drift=lambda x, y: (spot(np.nan, 1.0)(x, y), 0 * x)), r"drift is not finite.*\[nan, 0"),
        (lambda: flat(40, drift=lambda x, y: (0 * x, spot(np.inf, 1.0)(x, y))), r"drift is not finite.*\[0\.0, inf"),
        (lambda: flat(40, diffusion=spot(np.nan, 1.0), convention="ito"), r"diffusion is not finite.*: nan"),
        (lambda: flat(40, diffusion=spot(-1.0, 1.0), convention="ito"), r"diffusion is negative[\s\S]*D > 0"),
        (lambda: flat(40, diffusion=spot(0.0, 1.0), convention="ito"), "diffusion vanishes"),
        (
            lambda: flat(40, diffusion=lambda x, y: (1 + 0 * x, spot(0.0, 1.0)(x, y)), convention="ito"),
            r"diffusion vanishes.*\[1\.0, 0\.0\]",
        ),
        (lambda: thermal(spot(np.nan, 1.0)), r"potential is not finite.*: nan"),
        (
            lambda: thermal(lambda x, y: x + y, force=lambda x, y: (spot(np.nan, 1.0)(x, y), 0 * x + 0 * y)),
            r"force is not finite.*\[nan, 0\.0\]",
        ),
    ],
)
def test_coefficients_that_fail_in_one_place_name_both_coordinates(build, words):
    with pytest.raises(CoefficientError, match=words) as error:
        build()
    assert "at x = 0.3" in str(error.value)
    assert "y = 1.2" in str(error.value)


def test_three_coordinates_are_named():
    problem = fokker.Problem(
        lambda x, y, z: (np.where((x > 0.8) & (y < 0.2) & (z > 0.8), np.nan, 0.0), 0 * y, 0 * z),
        diffusion=1.0,
        domain=CUBE,
    )
    with pytest.raises(CoefficientError, match=r"not finite at x = 0\.\d+, y = 0\.\d+, z = 0\.\d+"):
        fokker.discretize(problem, cells=10)


def test_noise_found_to_vary_without_a_convention():
    with pytest.raises(ConventionError, match=r"noise depends on x, y[\s\S]*\"ito\"[\s\S]*\"isothermal\""):
        flat(40, diffusion=spot(2.0, 1.0))


@pytest.mark.parametrize(
    "drift",
    [lambda x, y: x, lambda x, y: (x, y, x), lambda x, y: (x[:3], y), 0.0, (0.0, 0.0, 0.0)],
)
def test_drifts_of_the_wrong_shape(drift):
    with pytest.raises(FokkerError, match=r"tuple of 2|2 components|one number|wrong shape|dimension"):
        flat(drift=drift)


def test_full_tensors_are_solved_and_mixed_mobilities_explained():
    assert flat(8, diffusion=((1.0, 0.3), (0.3, 1.0))).offsets is not None
    assert flat(8, diffusion=None, noise=((1.0, 0.5), (0.0, 1.0))).forward.min() >= 0.0
    assert thermal(lambda x, y: x + y, cells=8, mobility=((1.0, 0.3), (0.3, 1.0))).is_reversible
    with pytest.raises(FokkerError, match="antisymmetric"):
        thermal(lambda x, y: x + y, cells=8, force=lambda x, y: (-y, x), antisymmetric=((0.0, 0.3), (-0.3, 0.0)))


def test_diagonal_tensors_are_welcome():
    assert flat(8, diffusion=((1.0, 0.0), (0.0, 2.0))).shape == (8, 8)
    assert flat(8, diffusion=(1.0, 2.0)).shape == (8, 8)


def test_steep_cells():
    with pytest.raises(GridError, match=r"potential changes by 3\.8e\+04 kT.*near x = [\d.]+, y = 1\.85") as error:
        thermal(lambda x, y: 1e5 * y**2 + x, cells=20)
    assert re.search(r"at least 16\d\d cells along y", str(error.value))
    with pytest.raises(GridError, match="kT across one cell near x = "):
        flat(40, drift=(0.0, 1e5))


def test_the_number_of_cells_that_is_asked_for_suffices():
    try:
        thermal(lambda x, y: 1e5 * y**2 + x, cells=(4, 20))
    except GridError as error:
        asked = int(re.search(r"at least (\d+) cells along y", str(error)).group(1))
    assert thermal(lambda x, y: 1e5 * y**2 + x, cells=(4, asked)).shape == (4, asked)


def test_an_open_ring():
    with pytest.raises(BoundaryError, match=r"not periodic in y[\s\S]*differs by 2 kT[\s\S]*force="):
        thermal(lambda x, y: x + y, cells=8, boundary={"y": "periodic"})


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        (lambda x, y: np.nan * x + y, r"no potential[\s\S]*nan at \(0\.06\d+, 0\.1\d+\)"),
        (lambda x, y: np.where(x > 0.5, np.inf, 0.0) + 0 * y, r"inf at \(0\.5\d+, "),
        (lambda x: x, r"no potential[\s\S]*fails when called"),
        (lambda x, y: np.zeros(3), r"no potential"),
        (3, "unknown reference"),
        ("potential", "unknown reference"),
    ],
)
def test_references_that_are_none(reference, words):
    problem = fokker.Problem(lambda x, y: (y, -x), diffusion=1.0, domain=SQUARE)
    with pytest.raises(FokkerError, match=words):
        fokker.discretize(problem, cells=8, reference=reference)


def test_a_singular_wall_that_absorbs():
    with pytest.raises(CoefficientError, match=r"singular at an absorbing wall of x[\s\S]*wall at 0"):
        flat(8, diffusion=lambda x, y: (x + 0 * y, 1 + 0 * x * y), convention="ito",
             boundary={"x": ("absorbing", "reflecting")})  # fmt: skip


# ---------------------------------------------------------------- grids
@pytest.mark.parametrize("cells", [2, 0, -3, 3.5, True, "10", (10, 2), (10, 2.5), (10, "a"), (0, 10)])
def test_cells_that_are_none(cells):
    with pytest.raises(GridError, match=r"cells=[\s\S]*integer of at least 3"):
        flat(cells)


@pytest.mark.parametrize("cells", [[], (10,), (10, 10, 10)])
def test_cells_of_the_wrong_length(cells):
    with pytest.raises(GridError, match=r"one number an axis[\s\S]*x, y[\s\S]*tuple of 2"):
        flat(cells)
    with pytest.raises(GridError, match=r"one number an axis[\s\S]*tuple of 3"):
        fokker.discretize(fokker.Problem((0.0,) * 3, diffusion=1.0, domain=CUBE), cells=cells[:2])


@pytest.mark.parametrize(
    "axes",
    [
        {"x": fokker.Axis.uniform(5, 0, 1)},
        {"y": fokker.Axis.uniform(5, 0, 2), "x": fokker.Axis.uniform(5, 0, 1)},
        {"x": fokker.Axis.uniform(5, 0, 1), "z": fokker.Axis.uniform(5, 0, 2)},
        {"x": fokker.Axis.uniform(5, 0, 1), "y": fokker.Axis.uniform(5, 0, 1)},
    ],
)
def test_grids_that_do_not_fit(axes):
    problem = fokker.Problem((0.0, 0.0), diffusion=1.0, domain=SQUARE)
    with pytest.raises(GridError, match=r"axes of the problem|different places"):
        fokker.discretize(problem, grid=fokker.Grid(**axes))


def test_grids_too_large_for_memory(monkeypatch):
    g = flat((30, 20))
    monkeypatch.setattr("fokker.linalg.multifrontal.available_memory", lambda: 60_000)
    for ask in (fokker.stationary, lambda g: fokker.mean_first_passage(g, lambda x, y: x > 0.9)):
        with pytest.raises(GridError, match=r"30 x 20 cells needs[\s\S]*accepted\s+about \d+ x \d+ cells"):
            ask(g)


@pytest.mark.parametrize(("domain", "cells"), [(CUBE, 10**5), (SQUARE, (3 * 10**7, 3 * 10**7))])
def test_grids_beyond_all_memory_are_refused_before_allocation(domain, cells, monkeypatch):
    problem = fokker.Problem((0.0,) * len(domain), diffusion=1.0, domain=domain)
    with pytest.raises(GridError, match=r"memory[\s\S]*cells"):
        fokker.discretize(problem, cells=cells)


@pytest.mark.parametrize("cells", [((8, 9), (16, 19)), (8, (16, 16)), (8, 9), ((8, 8), (16, 16), (32, 32))])
def test_extrapolation_of_grids_that_do_not_nest(cells):
    problem = fokker.Problem((0.0, 0.0), diffusion=1.0, domain=SQUARE)
    with pytest.raises(GridError, match="one twice as fine"):
        fokker.extrapolate(problem, fokker.stationary, cells=cells)


# ---------------------------------------------------------------- sets
@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        (lambda x, y: x < 0.6, lambda x, y: x > 0.4, r"source and the target overlap[\s\S]*x = 0\.\d+, y = 0\.\d+"),
        (lambda x, y: x < 0.5, lambda x, y: x >= 0.5, "everything"),
        (lambda x, y: (x < 0.5) & (y < 1), lambda x, y: (x >= 0.5) & (y < 1), r"touch[\s\S]*near x = 0\.\d+, y = 0"),
        (lambda x, y: x < 0.2, lambda x, y: x > 5, "target is empty"),
        (lambda x, y: x < -5, lambda x, y: x > 0.9, "source is empty"),
        (lambda x, y: x < 0.2, lambda x, y: np.hypot(x - 0.5, y - 1) < 1e-5, "target is empty"),
        (lambda x, y: x < 0.2, lambda x, y: x < 0.2, "overlap"),
        # they overlap between the nodes only
        (lambda x, y: x < 0.47, lambda x, y: (x > 0.46) & (x < 0.9), r"overlap|touch"),
    ],
)
def test_pairs_of_sets_that_are_none(source, target, words):
    g = flat()
    for verb in (fokker.committor, fokker.rate, fokker.reactive_flux):
        with pytest.raises(TargetError, match=words):
            verb(g, source, target)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (lambda x: x > 0.5, "failed when called on arrays"),
        (lambda x, y, z: x > 0.5, "failed when called on arrays"),
        (lambda x, y: x, "one truth value a point"),
        (lambda x, y: (x > 0.5).astype(int), "one truth value a point"),
        (lambda x, y: np.ones(3, bool), "one truth value a point"),
        (lambda x, y: x > -5, "everything"),
        (lambda x, y: x > 5, "empty"),
        (lambda x, y: 1 / 0, "failed when called on arrays"),
        (0.5, "not a predicate"),
        ("x > 1", "not a predicate"),
    ],
)
def test_targets_that_are_none(target, words):
    g = flat()
    for verb in (fokker.mean_first_passage, fokker.passage_moment, fokker.passage_variance, fokker.quasi_stationary):
        with pytest.raises(TargetError, match=words):
            verb(g, target)


def test_labels_and_starts():
    g = flat(8, boundary={"x": ("absorbing", "reflecting")})
    with pytest.raises(TargetError, match=r"taken by a wall[\s\S]*x left"):
        fokker.splitting(g, {"x left": lambda x, y: x > 0.5})
    with pytest.raises(TargetError, match="starts inside the target"):
        fokker.occupation(g, {"x": 0.9, "y": 1.0}, lambda x, y: x > 0.5)
    with pytest.raises(DomainError, match="outside the grid"):
        fokker.occupation(g, {"x": 0.3, "y": 7.0}, lambda x, y: x > 0.5)
    with pytest.raises(DomainError, match="each coordinate once"):
        fokker.occupation(g, {"x": 0.1}, lambda x, y: x > 0.5)
    for law in (np.ones(5), -np.ones((8, 8)) / 64, np.full((8, 8), np.nan), np.full((4, 16), 1 / 64), "start"):
        with pytest.raises(DomainError, match="initial law"):
            fokker.occupation(g, law, lambda x, y: x > 0.5)
    with pytest.raises(DomainError, match="initial law"):
        fokker.occupation(flat((6, 8)), np.full((8, 6), 1 / 48), lambda x, y: x > 0.5)


def test_nothing_to_reach_and_nothing_that_stays():
    with pytest.raises(ReachabilityError, match="nothing to reach"):
        fokker.mean_first_passage(flat())
    leaking = flat(8, boundary={"y": ("reflecting", fokker.Robin(1.0))})
    for verb in (fokker.stationary, fokker.spectrum):
        with pytest.raises(NormalisationError, match=r"sinks: y right"):
            verb(leaking)
    for k in (0, 145, 2.5, True):
        with pytest.raises(FokkerError, match="not that many eigenvalues"):
            fokker.spectrum(flat(), k=k)


# ---------------------------------------------------------------- reducible chains
def wall(g, one_way=False):
    """Return a generator that nothing crosses at the sixth faces of x (or only towards larger x)."""
    edges = g.lattice.edges(np.arange(len(g.forward)), 0)[5].ravel()
    forward, backward = g.forward.copy(), g.backward.copy()
    backward[edges] = 0.0
    if not one_way:
        forward[edges] = 0.0
    return replace(g, forward=forward, backward=backward)


@pytest.mark.parametrize("verb", [fokker.stationary, fokker.spectrum, lambda g: fokker.rate(g, _left, _right),
                                  lambda g: fokker.reactive_flux(g, _left, _right)])  # fmt: skip
def test_pieces_are_refused(verb):
    with pytest.raises(ReachabilityError, match="falls apart into pieces"):
        verb(wall(flat()))


def _left(x, y):
    return x < 0.1


def _right(x, y):
    return x > 0.9


def test_pieces_are_named():
    with pytest.raises(ReachabilityError) as error:
        fokker.stationary(wall(flat()))
    assert "x 0.0416667 .. 0.458333, y 0.0833333 .. 1.91667" in str(error.value)
    assert "x 0.541667 .. 0.958333, y 0.0833333 .. 1.91667" in str(error.value)


def test_one_closed_class_has_a_law():
    law = fokker.stationary(wall(flat(), one_way=True))
    assert (law.mass[:6] == 0).all()
    np.testing.assert_allclose(law.mass[6:], 1 / 72, rtol=1e-12)


def test_targets_in_another_piece():
    cut = wall(flat())
    where = r"no way out of 72 cells within x = 0\.0416667 \.\. 0\.458333, y = 0\.0833333 \.\. 1\.91667"
    for ask in (
        lambda: fokker.mean_first_passage(cut, _right),
        lambda: fokker.passage_variance(cut, _right),
        lambda: fokker.committor(cut, lambda x, y: (x > 0.9) & (y < 0.4), lambda x, y: (x > 0.9) & (y > 1.6)),
        lambda: fokker.occupation(cut, {"x": 0.1, "y": 1.0}, _right),
        lambda: fokker.quasi_stationary(cut, _right),
    ):
        with pytest.raises(ReachabilityError, match=where):
            ask()
    # upstream of a one-way wall
    with pytest.raises(ReachabilityError, match=r"72 cells within x = 0\.541667 \.\. 0\.958333"):
        fokker.mean_first_passage(wall(flat(), one_way=True), _left)
    assert fokker.mean_first_passage(wall(flat(), one_way=True), _right).values.max() > 0


def test_a_target_that_shuts_a_part_in():
    """A closed ring as the target is reached from both sides: no part is lost."""
    g = flat(24)
    ring = fokker.mean_first_passage(g, lambda x, y: np.abs(np.hypot(x - 0.5, y - 1.0) - 0.3) < 0.06)
    assert np.isfinite(ring.values).all()
    # but a wall that a set of cells has no way through does shut it in
    lattice = g.lattice
    x, y = lattice.scattered()
    shut = np.hypot(x - 0.5, y - 1.0) < 0.2
    edge = shut[g.tail] != shut[g.head]
    island = replace(g, forward=np.where(edge, 0.0, g.forward), backward=np.where(edge, 0.0, g.backward))
    lost = int(shut.sum())
    with pytest.raises(ReachabilityError, match=rf"no way out of {lost} cells within x = 0\.[34]\d* \.\. 0\.[56]"):
        fokker.mean_first_passage(island, _right)


def test_two_pieces_that_leak_alike_have_no_single_survivor():
    cut = wall(flat())
    x, _ = cut.lattice.scattered()
    exits = {"x left": np.where(x < 0.1, 1.0, 0.0), "x right": np.where(x > 0.9, 1.0, 0.0)}
    with pytest.raises(FokkerError, match="same rate"):
        fokker.quasi_stationary(replace(cut, exit_rates=exits))


# ---------------------------------------------------------------- rates that are none
@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
@pytest.mark.parametrize("name", ["forward", "backward"])
def test_rates_that_are_none_reach_no_elimination(bad, name):
    g = flat()
    rates = getattr(g, name).copy()
    rates[3] = bad
    broken = replace(g, **{name: rates})
    with pytest.raises(ValueError, match=rf"{name} rates must be finite and not negative"):
        broken.factor.log_stationary()
    exits = {"x right": np.where(np.arange(g.cells) == 5, bad, 0.0)}
    with pytest.raises(ValueError, match="exit rates must be finite and not negative"):
        replace(g, exit_rates=exits).factor.solve(None)


@pytest.mark.parametrize(
    "verb", [fokker.stationary, lambda g: fokker.mean_first_passage(g, _right)], ids=["stationary", "passage"]
)
def test_negative_rates_are_refused_with_the_reason(verb):
    g = flat()
    with pytest.raises(ValueError, match="negative"):
        verb(replace(g, forward=-g.forward))


def test_entropy_production_of_one_way_edges():
    density = fokker.stationary(flat(12, drift=lambda x, y: (y, -x)))
    one_way = replace(density, generator=wall(density.generator, one_way=True))
    with pytest.raises(FokkerError, match=r"infinite[\s\S]*12 edges without a way back[\s\S]*parity"):
        fokker.entropy_production(one_way)


def test_four_dimensions():
    with pytest.raises(DimensionError, match="one to three axes, not 4"):
        fokker.Problem((0.0,) * 4, diffusion=1.0, domain=dict.fromkeys("abcd", (0, 1)))

"""The nine-point scheme: exact at equilibrium, refused where rates are negative, solved by LU where insisted on."""

import numpy as np
import pytest
from lattice_cases import EPS, order
from scipy.sparse import eye_array
from scipy.sparse.linalg import spsolve
from tensor_cases import BOX, TURN, boltzmann, hills, magnetic, swirl, thermal
from test_tensor import at_nodes, source, spectral

import fokker
from fokker.errors import DimensionError, FokkerError, FokkerWarning, GridError, ReachabilityError
from fokker.linalg import Scaled, SignedFactor

pytestmark = pytest.mark.filterwarnings("ignore:rates are negative", "ignore:edges along the noise")
SIGNED = {"scheme": "nine-point-signed"}


def disc(x, y, radius=0.2):
    return (x - 0.5) ** 2 + (y - 0.5) ** 2 < radius**2


def corner(x, y):
    return (x - 0.15) ** 2 + (y - 0.15) ** 2 < 0.01


def lattice_factor(g, exits=None):
    return SignedFactor(g.tail, g.head, g.forward, g.backward, g.total_exit if exits is None else exits, hint=g.guess)


# ---------------------------------------------------------------- the scheme
@pytest.mark.parametrize("boundary", ["reflecting", "periodic", {"x": "periodic"}])
@pytest.mark.parametrize("condition", [10, 1000])
def test_boltzmann_is_stationary(condition, boundary):
    g = fokker.discretize(thermal(swirl(condition), boundary), cells=48, **SIGNED)
    weight = boltzmann(g).ravel()
    q = g.matrix()
    assert np.abs(q.T @ weight).max() <= 1e-14 * np.abs(q.diagonal() * weight).max()
    there, back = g.forward * weight[g.tail], g.backward * weight[g.head]
    np.testing.assert_allclose(there, back, rtol=1e-13)
    density = fokker.stationary(g)
    np.testing.assert_allclose(density.mass.ravel(), weight / weight.sum(), rtol=1e-12)
    assert density.info.residual <= 1e-14
    assert density.info.smallest_value == density.values.min() > 0.0
    assert g.notes["signed"] == g.signed == np.mean(g.forward < 0) > 0.2


def test_mapped_axes_keep_the_law():
    problem = fokker.Problem.from_potential(
        lambda x, y: 0.5 * (x**2 + y**2), temperature=1.0, mobility=((1.0, 0.4), (0.4, 0.5)),
        domain={"x": (-np.inf, np.inf), "y": (-8, 8)},
    )  # fmt: skip
    with pytest.raises(GridError, match=r"too steep[\s\S]*a smaller domain"):
        fokker.discretize(problem, cells=60, **SIGNED)
    grid = fokker.Grid(x=fokker.Axis.line(80, reach=7.0), y=fokker.Axis.uniform(80, -8, 8))
    g = fokker.discretize(problem, grid=grid, **SIGNED)
    assert fokker.stationary(g).covariance() == pytest.approx(np.eye(2), abs=1e-3)


def test_a_diagonal_tensor_gives_an_ordinary_generator():
    def tensor(x, y):
        return ((1 + 0.5 * np.sin(TURN * x) + 0 * y, 0 * x + 0 * y), (0 * x + 0 * y, 0.3 + 0 * x + 0 * y))

    g = fokker.discretize(thermal(tensor), cells=64, scheme="nine-point")
    assert g.signed == 0.0
    assert g.offsets is None
    assert min(g.forward.min(), g.backward.min()) > 0.0
    default = fokker.discretize(thermal(tensor), cells=64)
    times = [fokker.mean_first_passage(each, disc).at(x=0.1, y=0.1) for each in (g, default)]
    assert times[0] == pytest.approx(times[1], rel=3e-3)
    assert fokker.spectrum(g, k=2).eigenvalues[1] < 0.0


def test_half_the_error_of_the_default_at_condition_ten():
    reference = spectral(10, 97, 0.2)
    counts, errors = (32, 64, 128), {"nine-point-signed": [], "edge-resistance": []}
    for scheme, found in errors.items():
        for n in counts:
            g = fokker.discretize(thermal(swirl(10), "periodic"), cells=n, scheme=scheme)
            right = source(*np.meshgrid(*g.nodes, indexing="ij")).ravel()
            u = spsolve((eye_array(g.cells) - 0.2 * g.matrix()).tocsc(), right).reshape(n, n)
            found.append(np.abs(u - at_nodes(reference, n)).max())
    ratio = np.divide(errors["edge-resistance"], errors["nine-point-signed"])
    assert ((ratio > 1.7) & (ratio < 3.0)).all()
    assert order(errors["nine-point-signed"], counts) >= 1.7


@pytest.mark.parametrize("boundary", ["reflecting", {"x": "absorbing", "y": "periodic"}, "absorbing"])
def test_walls_are_of_second_order(boundary):
    def blocks(n, scheme):
        g = fokker.discretize(thermal(swirl(10), boundary), cells=n, scheme=scheme)
        right = 5 * source(*np.meshgrid(*g.nodes, indexing="ij")).ravel()
        u = lattice_factor(g, g.total_exit + 5.0).solve(Scaled.of(right)).values()
        return u.reshape(16, n // 16, 16, n // 16).mean((1, 3))

    counts = (32, 64, 128, 256)
    found = [blocks(n, "nine-point-signed") for n in counts]
    reference = (4 * found[-1] - found[-2]) / 3
    errors = [np.abs(each - reference).max() for each in found[:-1]]
    assert order(errors, counts[:-1]) >= 1.7
    # the default comes from elsewhere, and ends at the same place
    others = [np.abs(blocks(n, "edge-resistance") - reference).max() for n in counts[1:]]
    assert (np.diff(others) < 0.0).all()
    assert others[-1] < 2e-3 * np.ptp(reference)


# ---------------------------------------------------------------- what is solved with it
def test_verbs_come_close_to_the_default():
    signed, default = (fokker.discretize(thermal(swirl(10)), cells=96, **option) for option in (SIGNED, {}))
    at = {"x": 0.8, "y": 0.15}
    for verb in (fokker.mean_first_passage, fokker.passage_moment, fokker.passage_variance):
        # a staircase of cells misses the disc by a part of a cell: 1/96 of 0.2
        assert verb(signed, disc).at(**at) == pytest.approx(verb(default, disc).at(**at), rel=0.12)
    chance = [fokker.committor(g, corner, disc) for g in (signed, default)]
    assert chance[0].at(**at) == pytest.approx(chance[1].at(**at), abs=0.03)
    np.testing.assert_allclose(chance[0].values + chance[0].complement, 1.0, atol=1e-12)
    assert fokker.rate(signed, corner, disc) == pytest.approx(fokker.rate(default, corner, disc), rel=0.12)
    time = fokker.mean_first_passage(signed, disc)
    assert time.info.smallest_value == time.values.min()
    assert "sparse LU" in time.info.method
    # adjoint equations agree: the time at a node is the total occupation from there
    start = np.zeros(signed.shape)
    start[76, 14] = 1.0
    assert fokker.occupation(signed, start, disc).total == pytest.approx(time.values[76, 14], rel=1e-11)


@pytest.mark.parametrize("height", [5.0, 15.0, 28.0])
def test_refinement_wins_back_the_digits_of_high_barriers(height):
    def well(x, y):
        return height * ((x**2 - 1) ** 2 + y * y)

    for right, cells in (("absorbing", 48), ("reflecting", 48)):
        problem = fokker.Problem.from_potential(
            well, temperature=1.0, domain={"x": (-1.6, 1.4), "y": (-1, 1)}, boundary={"x": ("reflecting", right)}
        )
        g = fokker.discretize(problem, cells=cells, scheme="nine-point")
        factor = lattice_factor(g)
        if right == "absorbing":
            ones = Scaled.of(np.ones(g.cells))
            np.testing.assert_allclose(factor.solve(ones).values(), g.factor.solve(ones).values(), rtol=1e-10)
            there, here = factor.solve_transposed(ones).log(), g.factor.solve_transposed(ones).log()
            np.testing.assert_allclose(there, here, atol=1e-8)
        else:
            # of exponents of some 100 kT sixteen bits are left
            np.testing.assert_allclose(factor.log_stationary().log(), g.factor.log_stationary().log(), atol=1e3 * EPS)


def test_barriers_beyond_rounding_are_refused():
    problem = fokker.Problem.from_potential(
        lambda x, y: 60 * ((x**2 - 1) ** 2 + y * y), temperature=1.0, mobility=((1.0, 0.3), (0.3, 1.0)),
        domain={"x": (-1.2, 1.2), "y": (-0.6, 0.6)},
    )  # fmt: skip
    g = fokker.discretize(problem, cells=(96, 64), **SIGNED)
    with pytest.raises(FokkerError, match=r"rounding leaves no digits[\s\S]*30 kT[\s\S]*the default scheme"):
        fokker.mean_first_passage(g, lambda x, y: x > 0.9)


def test_a_tensor_that_is_diagonal_in_places():
    def spotted(x, y):
        cross = 0.5 * (x > 0.5) + 0 * y
        return ((1 + 0 * cross, cross), (cross, 1 + 0 * cross))

    g = fokker.discretize(thermal(spotted), cells=32, **SIGNED)
    assert (g.forward == 0.0).any()
    assert fokker.mean_first_passage(g, disc).values.max() > 0.0
    assert fokker.rate(g, corner, disc) > 0.0


# ---------------------------------------------------------------- words
def test_negative_rates_are_an_error_unless_asked_for():
    with pytest.raises(
        FokkerError, match=r"negative rates on 2\d[\s\S]*down to -[\s\S]*x = 0\.[\s\S]*nine-point-signed"
    ):
        fokker.discretize(thermal(swirl(10)), cells=16, scheme="nine-point")
    g = fokker.discretize(thermal(swirl(10)), cells=16, **SIGNED)
    for verb in (fokker.stationary, lambda g: fokker.mean_first_passage(g, disc)):
        with pytest.warns(FokkerWarning, match=r"rates are negative on 2\d.* values may be negative"):
            answer = verb(g)
        assert answer.info.warnings == g.warnings


def test_negative_values_have_no_logarithm():
    g = fokker.discretize(thermal(swirl(100)), cells=64, **SIGNED)
    chance = fokker.committor(g, corner, disc)
    assert chance.values.min() < -1e-3  # what the warning is about
    assert np.isfinite(chance.at(x=[0.3, 0.6], y=[0.9, 0.1])).all()
    with pytest.raises(FokkerError, match="negative, and have no logarithm"):
        _ = chance.log_values
    law = fokker.stationary(g)
    mantissa = law.cell_mass.mantissa.copy()
    mantissa[7] *= -1
    broken = fokker.results.Density(law.names, law.nodes, law.masses, Scaled(mantissa, law.cell_mass.exponent), g)
    assert broken.info.smallest_value == broken.values.min() < 0.0
    with pytest.raises(FokkerError, match="negative, and have no logarithm"):
        _ = broken.log_values


def test_verbs_that_need_positive_rates_say_so():
    g = fokker.discretize(thermal(swirl(10)), cells=16, **SIGNED)
    start = {"x": 0.1, "y": 0.1}
    for verb in (
        lambda: fokker.spectrum(g),
        lambda: fokker.quasi_stationary(g, disc),
        lambda: fokker.propagate(g, start, [0.0, 1.0]),
        lambda: fokker.exit_time(g, disc, start),
        lambda: fokker.reactive_flux(g, corner, disc),
    ):
        with pytest.raises(FokkerError, match="needs rates that are not negative"):
            verb()


def test_what_the_scheme_does_not_know():
    for problem in (
        fokker.Problem(lambda x, y: (-x, -y), diffusion=((1, 0.5), (0.5, 1)), **BOX),
        thermal(1.0, antisymmetric=magnetic),
        thermal(1.0, force=lambda x, y: (1 + 0 * x, 0 * x)),
    ):
        with pytest.raises(FokkerError, match="density at equilibrium"):
            fokker.discretize(problem, cells=16, **SIGNED)
    line = fokker.Problem.from_potential(lambda x: x**2, temperature=1.0, domain={"x": (-1, 1)})
    with pytest.raises(DimensionError, match="of the plane"):
        fokker.discretize(line, cells=16, scheme="nine-point")
    for option in ({"reference": hills}, {"obstacle": disc}):
        with pytest.raises(FokkerError, match="knows neither"):
            fokker.discretize(thermal(1.0), cells=16, scheme="nine-point", **option)
    g = fokker.discretize(thermal(swirl(10)), cells=16, **SIGNED)
    with pytest.raises(ReachabilityError, match="reach no exit"):
        g.factor.solve(Scaled.of(np.ones(g.cells)))

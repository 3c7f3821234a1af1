"""Resetting and re-injection: every digit of laws and times in one to three dimensions, on meshes, beside obstacles."""

from dataclasses import replace

import mpmath
import numpy as np
import pytest
from jump_cases import DIGITS, EPS, exact_law, exact_times, plane, well, worst
from mpmath import mpf

import fokker
from fokker.errors import DomainError, ReachabilityError
from fokker.linalg import Scaled
from fokker.linalg.jumps import JumpFactor
from fokker.linalg.tridiagonal import TridiagonalFactor


def in_the_well(x):
    return 1e-3 * (x < 0.4)


SEVERAL = {
    "one": lambda g: fokker.reset(g, 0.7, {"x": -1.0}),
    "far and rare": lambda g: fokker.reset(g, lambda x: 1e-60 * (x > 1.0), {"x": -1.03}),
    "two": lambda g: fokker.reset(fokker.reset(g, in_the_well, {"x": 1.02}), 1e-9, np.full(g.cells, 1 / g.cells)),
}


@pytest.mark.parametrize("barrier", [3.0, 120.0])
@pytest.mark.parametrize("kind", SEVERAL)
def test_the_law_has_every_digit_at_any_barrier(kind, barrier):
    g = SEVERAL[kind](well(barrier, 40))
    # some 30 roundings a cell, as for the chain alone
    assert worst(fokker.stationary(g).cell_mass, exact_law(g)) < 30 * 40 * EPS


@pytest.mark.parametrize("barrier", [3.0, 120.0])
@pytest.mark.parametrize("kind", SEVERAL)
def test_mean_times_have_every_digit_at_any_barrier(kind, barrier):
    g = SEVERAL[kind](well(barrier, 40))
    passage = fokker.mean_first_passage(g, lambda x: x > 1.3)
    assert worst(passage.times, exact_times(passage.generator, ~passage.absorbed.outside)) < 60 * 40 * EPS


def test_several_walls_and_a_reset_together():
    g = well(140.0, 36, boundary="absorbing")
    g = fokker.reinject(g, "x right", {"x": -1.0})
    g = fokker.reset(fokker.reinject(g, "x left", {"x": 0.9}), 1e-30, {"x": 0.1})
    assert g.exit_rates == {}
    density = fokker.stationary(g)
    assert worst(density.cell_mass, exact_law(g)) < 30 * 36 * EPS
    assert density.info.residual < 1e-13
    assert density.info.mass_defect < 1e-13
    assert (density.mass > 0.0).all()
    passage = fokker.mean_first_passage(g, lambda x: x > 0.5)
    assert worst(passage.times, exact_times(passage.generator, g.nodes[0] > 0.5)) < 60 * 36 * EPS


def test_the_plane():
    g = fokker.reset(plane(100.0, (9, 5), ("reflecting", "absorbing")), lambda x, y: 0.2 + x**2, {"x": -0.9, "y": 0.1})
    g = fokker.reinject(g, "x right", lambda x, y: np.exp(-8 * (x + 1) ** 2 - 20 * y**2) * 4.07)
    assert not g.is_reversible
    assert g.exit_rates == {}
    density = fokker.stationary(g)
    assert worst(density.cell_mass, exact_law(g)) < 30 * 45 * EPS
    passage = fokker.mean_first_passage(g, lambda x, y: x > 0.55)
    inside = ~passage.absorbed.outside
    assert worst(passage.times, exact_times(passage.generator, inside)) < 60 * 45 * EPS


def test_three_dimensions_and_the_wall_of_a_re_injected_flux():
    problem = fokker.Problem(
        drift=lambda x, y, z: (1 - x, -y, -z + 0.3 * x),
        diffusion=0.5,
        domain={"x": (-2, 1), "y": (-1, 1), "z": (-1, 1.5)},
        boundary={"x": ("reflecting", "absorbing")},
    )
    g = fokker.reinject(fokker.discretize(problem, cells=(12, 6, 8)), "x right", {"x": -1.0, "y": 0.0, "z": 0.1})
    density = fokker.stationary(g)
    assert density.info.residual < 1e-13
    current = density.current()
    out = float(current.fluxes[0][-1].sum())
    law = g.jumps[0].law
    times = fokker.mean_first_passage(fokker.discretize(problem, cells=(12, 6, 8))).values.ravel()
    assert abs(out * float(law @ times) - 1) < 1e-12  # one arrival a cycle
    assert abs(current.through(lambda x, y, z: x > 0.0) - out) < 1e-12 * out


@mpmath.workdps(DIGITS)
def test_a_factor_with_several_channels_in_both_directions():
    rng = np.random.default_rng(5)
    n, k = 14, 3
    up, down = np.exp(rng.uniform(-60, 5, (2, n - 1)))
    exits, rates = np.where(rng.random(n) < 0.2, 1e-25, 0.0), np.exp(rng.uniform(-90, 3, (k, n)))
    exits[3] = 1e-25
    laws = rng.dirichlet(np.full(n, 0.2), k)
    laws /= laws.sum(axis=1)[:, None]
    factor = JumpFactor(TridiagonalFactor(up, down, exits + rates.sum(axis=0)), rates, laws, exits)
    a = mpmath.matrix(n, n)
    for i in range(n):
        for j in range(n):
            if i != j:
                edge = up[i] if j == i + 1 else down[j] if j == i - 1 else 0.0
                a[i, j] = -mpf(edge) - mpmath.fsum(mpf(rates[c, i]) * mpf(laws[c, j]) for c in range(k))
        a[i, i] = mpf(exits[i]) - mpmath.fsum(a[i, j] for j in range(n) if j != i)
    right = rng.random(n)
    tolerance = 60 * n * EPS
    assert not factor.singular
    assert worst(factor.solve(Scaled.of(right.copy())), list(mpmath.lu_solve(a, mpmath.matrix(right)))) < tolerance
    exact = list(mpmath.lu_solve(a.T, mpmath.matrix(right)))
    assert worst(factor.solve_transposed(Scaled.of(right.copy())), exact) < tolerance


def test_the_spectrum_is_shifted_by_the_rate():
    """A constant rate leaves all left modes of mean zero, and moves their eigenvalues by itself."""
    for g, far in ((well(2.0, 60), {"x": 0.3}), (plane(2.0, (12, 8)), {"x": 0.3, "y": 0.2})):
        free = fokker.spectrum(g, k=4).eigenvalues[1:]
        held = fokker.spectrum(fokker.reset(g, 0.8, far), k=4).eigenvalues
        # rounding of the fastest rate
        assert np.abs(held[1:] - free + 0.8).max() < 100 * EPS * g.forward.max()
        assert held[0] == 0.0


def test_the_law_is_the_one_at_an_exponential_age():
    """P = r (r - Q)^-1 rho, with the factor of the process that does not jump."""
    g = plane(3.0, (14, 9))
    held = fokker.reset(g, 0.35, {"x": 0.4, "y": -0.1})
    expected = g.factor_with(np.full(g.cells, 0.35)).solve_transposed(Scaled.of(0.35 * held.jumps[0].law)).values()
    assert np.abs(fokker.stationary(held).mass.ravel() / expected - 1).max() < 1e-12


def test_pieces_that_only_jumps_join():
    g = well(2.0, 20)
    cut = g.forward.copy()
    cut[9], down = 0.0, g.backward.copy()
    down[9] = 0.0
    apart = replace(g, forward=cut, backward=down)
    both = fokker.reset(fokker.reset(apart, lambda x: 1.0 * (x < 0), {"x": 1.0}), lambda x: 2.0 * (x > 0), {"x": -1.0})
    law = fokker.stationary(both)
    assert abs(law.mass[:10].sum() - 2 / 3) < 1e-12
    assert worst(law.cell_mass, exact_law(both)) < 30 * 20 * EPS
    with pytest.raises(ReachabilityError, match="cannot be reached"):
        fokker.mean_first_passage(fokker.reset(apart, 1.0, {"x": -1.0}), lambda x: x > 1.3).at(x=-1.0)
    one_way = fokker.reset(apart, lambda x: 1.0 * (x < 0), {"x": 1.0})
    with pytest.raises(ReachabilityError, match="no jump can be reached"):
        fokker.stationary(one_way)


def test_a_mesh_of_equal_cells_is_the_grid():
    pytest.importorskip("fipy")
    from mesh_cases import DRIVEN, SHAPE, grid

    place, law = {"x": -0.93, "y": 0.21}, np.full(300, 1 / 300)
    plain = fokker.discretize(DRIVEN, cells=SHAPE)
    meshed = fokker.from_fipy(grid(), DRIVEN)

    def held(generator):
        return fokker.reset(generator, lambda x, y: 0.3 + x**2, law)

    order = np.lexsort(meshed.nodes[::-1])  # the last axis runs fastest on a grid
    density = fokker.stationary(held(meshed))
    assert density.info.residual < 1e-13
    assert np.abs(density.mass[order] / fokker.stationary(held(plain)).mass.ravel() - 1).max() < 1e-6
    back = fokker.reset(meshed, 0.7, place)
    assert abs(float(back.jumps[0].law @ meshed.nodes[0]) - place["x"]) < 1e-12
    times = fokker.mean_first_passage(back, lambda x, y: x > 0.7)
    spent = fokker.occupation(back, place, lambda x, y: x > 0.7).total
    assert abs(spent / float(times.values @ back.jumps[0].law) - 1) < 1e-12


def test_beside_an_obstacle():
    problem = fokker.Problem(lambda x, y: (0 * x, 0 * y), diffusion=1.0, domain={"x": (-2, 2), "y": (-2, 2)})
    g = fokker.discretize(problem, cells=24, obstacle=lambda x, y: x**2 + y**2 < 0.5)
    held = fokker.reset(g, 1.0, {"x": 1.0, "y": 0.3})
    density = fokker.stationary(held)
    assert density.info.residual < 1e-13
    assert (held.jumps[0].rates > 0.0).sum() == g.kept.sum()
    inside = ~g.kept.reshape(g.shape)
    assert (density.mass[inside] == 0.0).all()
    with pytest.raises(DomainError):
        fokker.reset(g, 1.0, {"x": 0.0, "y": 0.0})

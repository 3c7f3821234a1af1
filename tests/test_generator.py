"""The generator as a graph: rates, balance, masses, consistency with the process, and how it shows itself."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.linalg import expm
from scipy.sparse.linalg import expm_multiply

import fokker

EPS = np.finfo(float).eps
SCHEMES = ["edge-resistance", "scharfetter-gummel", "sqra"]
ALPHAS = [0.0, 0.5, 1.0, 0.3]


def d(x):
    return 1 + 0.5 * np.sin(3 * x + 0.5)


def problem(alpha=0.3, boundary="reflecting", **more):
    return fokker.Problem(
        lambda x: 2 * np.sin(x) + 0.4, diffusion=d, convention=alpha, domain={"x": (-np.pi, np.pi)},
        boundary={"x": boundary}, **more,
    )  # fmt: skip


WALLS = ["reflecting", "periodic", ("absorbing", "reflecting"), (fokker.Robin(0.7), "absorbing")]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("boundary", WALLS, ids=str)
@pytest.mark.parametrize("alpha", ALPHAS)
def test_rates_are_positive_and_rows_sum_to_minus_the_exits(alpha, boundary, scheme):
    g = fokker.discretize(problem(alpha, boundary), cells=40, scheme=scheme)
    assert (g.forward > 0).all()
    assert (g.backward > 0).all()
    assert all((r >= 0).all() and r.max() > 0 for r in g.exit_rates.values())
    assert (g.masses > 0).all()
    matrix = g.matrix()
    total = sum(g.exit_rates.values(), np.zeros(40))
    # one rounding of the diagonal, which is summed from the rates
    assert (np.abs(matrix.sum(axis=1) + total) <= 4 * EPS * np.abs(matrix.diagonal())).all()
    off = matrix - np.diag(matrix.diagonal())
    np.testing.assert_array_equal(np.asarray(off), g.rates.toarray())
    assert g.rates.nnz == 2 * len(g.tail) == 2 * (40 if boundary == "periodic" else 39)


def test_labels_of_the_sinks_name_axis_and_side():
    g = fokker.discretize(problem(boundary=(fokker.Robin(0.7), "absorbing")), cells=10)
    assert set(g.exit_rates) == {"x left", "x right"}
    assert np.flatnonzero(g.exit_rates["x left"]).tolist() == [0]
    assert np.flatnonzero(g.exit_rates["x right"]).tolist() == [9]
    assert not fokker.discretize(problem(), cells=10).exit_rates


@pytest.mark.parametrize("barrier", [1, 30, 300, 1400])
def test_detailed_balance_edge_by_edge(barrier):
    def u(x):
        return barrier * (x**2 - 1) ** 2

    p = fokker.Problem.from_potential(u, temperature=1.0, mobility=d, domain={"x": (-1.5, 1.5)})
    g = fokker.discretize(p, cells=64)
    x = g.nodes[0]
    flow = np.log(g.forward * g.masses[g.tail] / (g.backward * g.masses[g.head]))
    # difference of two potentials: an ulp of the larger one, and of the exponentials
    assert np.abs(flow - (u(x[:-1]) - u(x[1:]))).max() <= 8 * EPS * (4 + u(1.5))


@pytest.mark.parametrize("alpha", ALPHAS)
def test_masses_are_the_shares_of_the_stationary_law(alpha):
    g = fokker.discretize(problem(alpha), cells=50)
    density = fokker.stationary(g)
    np.testing.assert_allclose(density.mass, g.masses * density.values, rtol=8 * EPS)
    # the weights differ from the widths only at second order in the cell size
    np.testing.assert_allclose(g.masses, g.volumes, rtol=0.05)
    # with the exact potential of the process: ln p = int f/D - (1 - alpha) ln D
    for k in (0, 20, 49):
        rise = quad(lambda y: (2 * np.sin(y) + 0.4) / d(y), 0.0, g.nodes[0][k], epsabs=1e-13, epsrel=1e-13)[0]
        rise -= (1 - alpha) * np.log(d(g.nodes[0][k]) / d(0.0))
        assert abs(density.log_at(x=g.nodes[0][k]) - density.log_at(x=0.0) - rise) < 2e-12


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_jump_moments_approach_drift_and_diffusion_at_second_order(alpha, scheme):
    errors = []
    for cells in (100, 200, 400):
        g = fokker.discretize(problem(alpha, "periodic"), cells=cells, scheme=scheme)
        x = g.nodes[0]
        step = 2 * np.pi / cells
        # forward leads one cell up from its tail, backward one cell down from its head
        first = np.bincount(g.tail, g.forward, cells) * step - np.bincount(g.head, g.backward, cells) * step
        second = (np.bincount(g.tail, g.forward, cells) + np.bincount(g.head, g.backward, cells)) * step**2
        exact = 2 * np.sin(x) + 0.4 + alpha * 1.5 * np.cos(3 * x + 0.5)  # the Ito drift f + alpha D'
        # two-point schemes treat the edge across the seam apart: look away from it
        seen = slice(None) if scheme == "edge-resistance" else slice(3, -3)
        errors.append((np.abs(first - exact)[seen].max(), np.abs(second - 2 * d(x))[seen].max()))
    orders = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert np.abs(orders - 2).max() < 0.2
    assert max(errors[-1]) < 5e-3


def test_a_ring_forgets_its_seam():
    def tilted(x, shift=0.0):
        return 0.5 + np.sin(x + shift)

    one = fokker.Problem(tilted, diffusion=0.5, domain={"x": (0, 2 * np.pi)}, boundary="periodic")
    # the same ring, cut elsewhere: 7 cells of 40 further on
    shift = 7 * 2 * np.pi / 40
    two = fokker.Problem(lambda x: tilted(x, shift), diffusion=0.5, domain={"x": (0, 2 * np.pi)}, boundary="periodic")
    a, b = fokker.discretize(one, cells=40), fokker.discretize(two, cells=40)
    np.testing.assert_allclose(np.roll(a.forward, -7), b.forward, rtol=1e-12)  # sines at shifted points
    np.testing.assert_allclose(np.roll(a.backward, -7), b.backward, rtol=1e-12)
    assert a.tail.tolist() == list(range(40))
    assert a.head.tolist() == [*range(1, 40), 0]
    # affinity of the loop = work of the drift over D
    affinity = np.log(a.forward / a.backward).sum()
    assert abs(affinity - 2 * np.pi) < 100 * EPS * 40
    assert not a.is_reversible
    assert fokker.discretize(problem(), cells=10).is_reversible


def test_the_matrix_serves_scipy():
    g = fokker.discretize(problem(boundary="reflecting"), cells=30)
    start = np.zeros(30)
    start[3] = 1.0
    later = expm_multiply(g.matrix().T * 0.3, start)
    np.testing.assert_allclose(later, start @ expm(0.3 * g.matrix().toarray()), atol=1e-12)
    assert abs(later.sum() - 1) < 1e-12
    assert later.min() > 0
    law = fokker.stationary(g).mass
    assert np.abs(law @ g.matrix()).max() < 1e-12 * np.abs(g.matrix().diagonal()).max()


def test_a_generator_shows_size_scheme_peclet_and_limits():
    text = repr(fokker.discretize(problem(boundary=("absorbing", "reflecting")), cells=30))
    assert "30 cells" in text
    assert "edge-resistance" in text
    assert "x left" in text
    assert "Peclet" in text
    assert "limited" in text
    assert "periodic" not in text
    g = fokker.discretize(problem(boundary="periodic"), cells=30)
    assert "not reversible" in repr(g)
    assert "none" in repr(g)


def test_shape_nodes_volumes_problem_and_grid():
    p = problem()
    faces = -np.pi + 2 * np.pi * np.array([0, 0.1, 0.15, 0.4, 0.7, 1.0])
    faces[[0, -1]] = -np.pi, np.pi
    g = fokker.discretize(p, grid=fokker.Grid(x=fokker.Axis.stretched(faces)))
    assert g.shape == (5,)
    assert g.cells == 5
    assert g.problem is p
    np.testing.assert_array_equal(g.volumes, np.diff(faces))
    np.testing.assert_allclose(g.nodes[0], (faces[1:] + faces[:-1]) / 2, rtol=4 * EPS)
    assert g.exit_rates == {}
    assert g.factor is g.factor


@pytest.mark.parametrize("boundary", ["reflecting", "absorbing"])
def test_every_wall_is_where_it_was_put(boundary):
    """Flat: rate between nodes D/h^2; to an absorbing wall half a cell away, exactly."""
    p = fokker.Problem(0.0, diffusion=2.0, domain={"x": (0, 1)}, boundary=boundary)
    g = fokker.discretize(p, cells=10)
    inner = 2.0 / 0.1
    weights = np.full(10, 0.1)
    if boundary == "absorbing":
        weights[[0, -1]] = 0.05 + 0.025  # the hat ends at the wall: half of the half cell
    np.testing.assert_allclose(g.masses, weights, rtol=1e-14)
    np.testing.assert_allclose(g.forward, inner / weights[:-1], rtol=1e-13)
    if boundary == "absorbing":
        assert abs(g.exit_rates["x left"][0] / (2.0 / 0.05 / 0.075) - 1) < 1e-14

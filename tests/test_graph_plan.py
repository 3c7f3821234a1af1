"""General nested dissection: elimination on graphs of any shape against a dense elimination."""

from __future__ import annotations

import time

import chains
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial import Delaunay

from fokker.linalg import MultifrontalFactor, Plan, Scaled

Array = NDArray[np.float64]
UNIT = 2.0**-53


def delaunay_edges(points: Array) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the edges of the Delaunay triangulation of points of shape (n, d)."""
    corners = Delaunay(points).simplices
    width = corners.shape[1]
    pairs = np.concatenate([corners[:, [i, j]] for i in range(width) for j in range(i)])
    edges = np.unique(np.sort(pairs, axis=1), axis=0)
    return edges[:, 0], edges[:, 1]


def random_graph(seed: int, cells: int, dimension: int, kept: float = 1.0) -> tuple[chains.Chain, Array]:
    """Draw rates on a triangulation of random points, as `chains.random_chain` does on grids."""
    rng = np.random.default_rng(seed)
    points = rng.random((cells, dimension))
    tail, head = delaunay_edges(points)
    forward, backward = (10 ** rng.uniform(-3, 3, len(tail)) for _ in range(2))
    exits = np.where(rng.random(cells) < 0.2, rng.random(cells), 0.0)
    keep = rng.random(cells) < kept if kept < 1 else None
    return chains.Chain((cells,), (False,), tail, head, forward, backward, exits, keep), points


def factor(chain: chains.Chain, points: Array) -> MultifrontalFactor:
    plan = Plan.of_graph(list(points.T), chain.tail, chain.head, keep=chain.keep)
    return MultifrontalFactor(plan, chain.forward, chain.backward, chain.exits)


def bound(cells: int) -> float:
    """Relative error of n eliminations that only add, multiply and divide (O'Cinneide 1993: of order n u)."""
    return 20 * cells * UNIT


@pytest.mark.parametrize(("cells", "dimension"), [(5, 2), (40, 2), (300, 2), (200, 3)])
def test_solutions_agree_with_a_dense_elimination(cells: int, dimension: int) -> None:
    chain, points = random_graph(cells, cells, dimension)
    right = np.random.default_rng(1).random(cells)
    mine = factor(chain, points)
    for solve, reference in ((mine.solve, chains.dense_solve), (mine.solve_transposed, chains.dense_solve_transposed)):
        expected = reference(chain.dense(), chain.exits.astype(np.longdouble), right.astype(np.longdouble))
        assert np.abs(solve(Scaled.of(right)).values() / expected - 1).max() < bound(cells)


@pytest.mark.parametrize(("cells", "dimension"), [(40, 2), (300, 2), (200, 3)])
def test_the_stationary_law_agrees_with_a_dense_elimination(cells: int, dimension: int) -> None:
    chain, points = random_graph(cells + 1, cells, dimension)
    law = factor(chain, points).log_stationary().values()
    assert np.abs(law / chains.dense_stationary(chain.dense()) - 1).max() < bound(cells)


def test_cells_can_be_left_out() -> None:
    chain, points = random_graph(3, 200, 2, kept=0.8)
    assert chain.keep is not None
    chain.exits = np.where(chain.keep, 0.1 + chain.exits, 0.0)
    right = np.where(chain.keep, 1.0, 0.0)
    kept = np.flatnonzero(chain.keep)
    expected = chains.dense_solve(chain.dense()[np.ix_(kept, kept)], chain.exits[kept].astype(np.longdouble),
                                  right[kept].astype(np.longdouble))  # fmt: skip
    found = factor(chain, points).solve(Scaled.of(right)).values()
    assert np.abs(found[kept] / expected - 1).max() < bound(200)
    assert not found[~chain.keep].any()


def test_positions_guide_the_order_only() -> None:
    chain, points = random_graph(4, 60, 2)
    right = np.ones(60)
    expected = factor(chain, points).solve(Scaled.of(right)).values()
    for places in (np.zeros_like(points), np.random.default_rng(0).random((60, 3))):
        assert np.abs(factor(chain, places).solve(Scaled.of(right)).values() / expected - 1).max() < bound(60)


def test_a_lattice_given_as_a_graph_has_the_same_law() -> None:
    chain, _ = chains.double_well((24, 18), 8.0, swirl=0.3)
    places = np.stack(np.meshgrid(np.arange(24.0), np.arange(18.0), indexing="ij")).reshape(2, -1)
    plan = Plan.of_graph(list(places), chain.tail, chain.head)
    law = MultifrontalFactor(plan, chain.forward, chain.backward, chain.exits).log_stationary().log()
    assert np.abs(law - chain.factor().log_stationary().log()).max() < bound(chain.forward.size)


def test_loops_parallel_edges_and_pieces() -> None:
    tail, head = np.array([0, 0, 1, 2, 2, 3]), np.array([1, 1, 0, 2, 3, 2])
    plan = Plan.of_graph([np.arange(4.0)], tail, head)
    rates = np.ones(6)
    found = MultifrontalFactor(plan, rates, rates, np.array([1.0, 0, 1, 0])).solve(Scaled.of(np.ones(4))).values()
    assert found == pytest.approx([2.0, 2 + 1 / 3, 2.0, 2.5], rel=1e-14)


def test_fronts_grow_like_those_of_a_lattice() -> None:
    # a plane of n cells has a factor of order n log n: four times the cells, some five times the numbers
    sizes = []
    for side in (60, 120):
        rng = np.random.default_rng(0)
        points = rng.random((side * side, 2))
        sizes.append(Plan.of_graph(list(points.T), *delaunay_edges(points)).entries)
    assert 4.0 < sizes[1] / sizes[0] < 4.0 * 1.5
    lattice = Plan.of_lattice((120, 120), (False, False), *chains.edges((120, 120), (False, False)))
    assert sizes[1] < 4 * lattice.entries


@pytest.mark.slow
def test_planning_takes_nearly_linear_time() -> None:
    def seconds(cells: int) -> float:
        points = np.random.default_rng(0).random((cells, 2))
        tail, head = delaunay_edges(points)
        start = time.perf_counter()
        Plan.of_graph(list(points.T), tail, head)
        return time.perf_counter() - start

    seconds(1000)
    assert seconds(160_000) < 8 * seconds(40_000)


@pytest.mark.parametrize(
    ("positions", "tail", "keep", "message"),
    [
        (np.zeros((4, 3)), [0], None, "1 to 3 arrays"),
        ([[0.0, np.nan]], [0], None, "finite"),
        ([[0.0, 1.0]], [2], None, "lie in"),
        ([[0.0, 1.0]], [0, 1], None, "alike"),
        ([[0.0, 1.0]], [0], np.ones(3, dtype=bool), "keep must have 2"),
    ],
)
def test_bad_graphs_are_refused(positions: object, tail: list[int], keep: NDArray[np.bool_], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Plan.of_graph(positions, tail, [0], keep=keep)  # type: ignore[arg-type]

"""Plans, their memory, and the classes of reducible chains."""

from __future__ import annotations

import threading
import time

import numba
import numpy as np
import pytest
from chains import edges, random_chain
from hypothesis import given, settings
from hypothesis import strategies as st

from fokker.errors import GridError
from fokker.linalg import MultifrontalFactor, Plan, Scaled, closed_classes, reaches_exit
from fokker.linalg.compiling import announced
from fokker.linalg.memory import available_memory, check_memory


def plan_of(shape, periodic=None, keep=None) -> Plan:
    periodic = periodic or (False,) * len(shape)
    return Plan.of_lattice(shape, periodic, *edges(shape, periodic), keep=keep)


@pytest.mark.parametrize("shape", [(1,), (50,), (1, 30), (20, 20), (9, 8, 7)])
def test_every_cell_is_eliminated_once(shape):
    plan = plan_of(shape)
    assert np.array_equal(np.sort(plan.cells), np.arange(plan.size))
    assert plan.starts[-1] == plan.size
    assert len(plan.edges) == len(edges(shape, (False,) * len(shape))[0])
    assert (plan.early < plan.late).all()


def test_masks_and_loops():
    keep = np.ones(36, dtype=bool)
    keep[10:20] = False
    plan = plan_of((6, 6), keep=keep)
    assert np.array_equal(np.sort(plan.cells), np.flatnonzero(keep))
    ring = plan_of((1,), (True,))  # its only edge is a loop
    assert len(ring.edges) == 0
    empty = plan_of((6, 6), keep=np.zeros(36, dtype=bool))
    assert empty.entries == 0


def test_storage_grows_as_nested_dissection_does():
    """George (SIAM J. Numer. Anal. 10, 345, 1973): 31/4 n log2 n entries in each triangle, order n**1.5 operations."""
    small, large = plan_of((64, 64)), plan_of((128, 128))
    assert large.entries < 2 * 31 / 4 * large.size * np.log2(large.size)
    assert 8 < large.flops / small.flops < 10
    assert large.memory > 8 * large.room


def test_long_edges_need_wide_separators():
    tail, head = np.arange(38), np.arange(38) + 2
    near = np.arange(39)
    with pytest.raises(ValueError, match="reach"):
        Plan.of_lattice((40,), (False,), np.append(tail, near), np.append(head, near + 1))
    plan = Plan.of_lattice((40,), (False,), np.append(tail, near), np.append(head, near + 1), reach=2)
    rates = np.ones(77)
    exits = np.zeros(40)
    exits[0] = 1.0
    x = MultifrontalFactor(plan, rates, rates, exits).solve(Scaled.of(np.ones(40))).values()
    matrix = np.zeros((40, 40))
    for i, j in zip(np.append(tail, near), np.append(head, near + 1), strict=True):
        matrix[[i, j], [j, i]] = -1
    matrix -= np.diag(matrix.sum(axis=1) - exits)
    np.testing.assert_allclose(x, np.linalg.solve(matrix, np.ones(40)), rtol=1e-11)


@pytest.mark.parametrize(
    ("shape", "periodic", "tail", "head"),
    [
        ((0,), (False,), [], []),
        ((2, 2, 2, 2), (False,) * 4, [], []),
        ((4,), (False, False), [0], [1]),
        ((4,), (False,), [0], [4]),
        ((4,), (False,), [-1], [1]),
        ((4,), (False,), [0, 1], [1]),
    ],
)
def test_bad_grids(shape, periodic, tail, head):
    with pytest.raises(ValueError):
        Plan.of_lattice(shape, periodic, np.array(tail, dtype=int), np.array(head, dtype=int))


@pytest.mark.parametrize("shape", [(400,), (60, 60), (12, 12, 12), (60, 1, 60)])
def test_memory_error_names_a_size_that_fits(shape):
    plan = plan_of(shape)
    check_memory(plan, plan.memory)
    with pytest.raises(GridError, match="GB of memory") as error:
        check_memory(plan, plan.memory // 3)
    line = next(line for line in str(error.value).splitlines() if "accepted" in line)
    fits = tuple(int(word) for word in line.split() if word.isdigit())
    assert len(fits) == len(shape)
    # the law of growth is asymptotic: a tenth either way on grids as small as these
    assert plan_of(fits).memory < 1.1 * plan.memory / 3
    larger = tuple(side if side == 1 else int(1.25 * side) + 1 for side in fits)
    assert plan_of(larger).memory > plan.memory / 3


def test_memory_is_checked_before_it_is_taken(monkeypatch):
    chain = random_chain(0, (9, 9), (False, False))
    chain.exits[0] = 1.0
    factor = chain.factor()
    monkeypatch.setattr("fokker.linalg.multifrontal.available_memory", lambda: 1000)
    with pytest.raises(GridError, match="9 x 9"):
        factor.solve(Scaled.of(np.ones(81)))


def test_available_memory_is_plausible():
    assert 2**20 < available_memory() <= 2**62


@settings(max_examples=60, deadline=None)
@given(n=st.integers(1, 12), seed=st.integers(0, 10**6))
def test_classes_by_powers_of_the_adjacency(n, seed):
    """A closed class is a set of cells that reach one another and nothing else."""
    rng = np.random.default_rng(seed)
    m = int(rng.integers(0, 2 * n))
    tail, head = rng.integers(0, n, m), rng.integers(0, n, m)
    forward, backward = (np.where(rng.random(m) < 0.6, rng.random(m), 0.0) for _ in range(2))
    exits = np.where(rng.random(n) < 0.2, 1.0, 0.0)
    steps = np.eye(n, dtype=int)
    np.add.at(steps, (tail[forward > 0], head[forward > 0]), 1)
    np.add.at(steps, (head[backward > 0], tail[backward > 0]), 1)
    reach = np.linalg.matrix_power(np.minimum(steps, 1), n) > 0
    owner, count = closed_classes(n, tail, head, forward, backward)
    recurrent = np.array([reach[reach[i], i].all() for i in range(n)])
    assert np.array_equal(owner >= 0, recurrent)
    for i in np.flatnonzero(recurrent):
        assert np.array_equal(owner == owner[i], reach[i])
    assert count == len(set(owner[recurrent]))
    assert np.array_equal(reaches_exit(n, tail, head, forward, backward, exits), (reach & (exits > 0)).any(axis=1))


def test_dropped_cells_belong_to_no_class():
    tail, head = edges((5,), (False,))
    owner, count = closed_classes(5, tail, head, np.ones(4), np.ones(4), np.array([1, 1, 0, 1, 1], dtype=bool))
    assert owner.tolist() == [0, 0, -1, 1, 1]
    assert count == 2


def test_a_winding_way_out():
    """Ways that run against the numbering, many times over, are found in time linear in the edges."""
    rng = np.random.default_rng(0)
    order = rng.permutation(100_000)
    one, none = np.ones(99_999), np.zeros(99_999)
    exits = np.zeros(100_000)
    exits[order[-1]] = 1.0
    assert reaches_exit(100_000, order[:-1], order[1:], one, none, exits).all()
    assert reaches_exit(100_000, order[:-1], order[1:], none, one, exits).sum() == 1


def test_compiling_is_announced_once_and_loading_is_not(capsys, monkeypatch):
    monkeypatch.setattr("fokker.linalg.compiling._said", threading.Event())
    for _ in range(2):
        with announced(patience=0.2):
            numba.njit(lambda x: x + 1)(1.0)
            time.sleep(0.5)
    with announced(patience=0.2):
        time.sleep(0.5)
    assert capsys.readouterr().err.count("compiling once") == 1
    with announced(patience=60.0):
        numba.njit(lambda x: x + 2)(1.0)
    assert capsys.readouterr().err == ""

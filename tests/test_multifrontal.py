"""The multifrontal elimination against dense elimination in extended precision and closed sums."""

from __future__ import annotations

import numpy as np
import pytest
from chains import (
    Chain,
    dense_solve,
    dense_solve_transposed,
    dense_stationary,
    double_well,
    edges,
    landscape,
    random_chain,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fokker.errors import ReachabilityError
from fokker.linalg import MultifrontalFactor, Plan, Scaled, closed_classes

EPS = np.finfo(float).eps
CASES = [
    ((1,), (False,)),
    ((7,), (False,)),
    ((40,), (True,)),
    ((2,), (True,)),
    ((1, 9), (False, False)),
    ((9, 1), (True, False)),
    ((11, 13), (False, False)),
    ((12, 9), (True, False)),
    ((10, 12), (True, True)),
    ((5, 6, 7), (False, False, False)),
    ((6, 5, 5), (True, False, True)),
    ((1, 1, 4), (False, False, True)),
]


def bound(chain: Chain) -> float:
    """The rounding bound of the method: each entry is a sum of products of at most some n factors."""
    return 8 * len(chain.exits) * EPS


def ratio(x: Scaled, expected: np.ndarray) -> float:
    """Largest relative error; zeros must be zeros."""
    values = x.values()
    there = expected > 0
    assert np.array_equal(there, values > 0)
    return float(np.abs(values[there] / expected[there] - 1).max(initial=0))


def compare(chain: Chain, hint: np.ndarray | None = None) -> None:
    """Compare both solves with dense elimination."""
    rng = np.random.default_rng(1)
    kept = np.ones(len(chain.exits), dtype=bool) if chain.keep is None else chain.keep
    right = rng.random(len(kept)) * kept
    rates = chain.dense()[np.ix_(kept, kept)]
    factor = chain.factor(hint)
    x, y = factor.solve(Scaled.of(right)), factor.solve_transposed(Scaled.of(right))
    for got, how in ((x, dense_solve), (y, dense_solve_transposed)):
        expected = np.zeros(len(kept), dtype=np.longdouble)
        expected[kept] = how(rates, chain.exits[kept], right[kept])
        assert ratio(got, expected) < bound(chain)
        assert got.exponent.dtype == np.int32
        assert ((got.mantissa == 0) | ((got.mantissa >= 0.5) & (got.mantissa < 1))).all()


@pytest.mark.parametrize(("shape", "periodic"), CASES)
def test_solves_random_chains(shape, periodic):
    chain = random_chain(3, shape, periodic)
    chain.exits[0] = 0.3
    compare(chain)


@pytest.mark.parametrize("hint", [0.0, 5.0])
def test_any_hint_gives_the_same(hint):
    chain = random_chain(4, (12, 12), (False, True))
    compare(chain, hint * np.random.default_rng(0).normal(size=144))


@pytest.mark.parametrize(("shape", "periodic"), CASES)
def test_stationary_law_of_random_chains(shape, periodic):
    chain = random_chain(5, shape, periodic)
    assert ratio(chain.factor().log_stationary(), dense_stationary(chain.dense())) < bound(chain)


def test_large_fronts():
    # a grid of 64 x 64 has separators of more states than one block
    chain = random_chain(6, (64, 50), (True, False), decades=1)
    factor = chain.factor()
    x = factor.solve(Scaled.of(np.ones(3200))).values()
    out = chain.exits.copy()
    np.add.at(out, chain.tail, chain.forward)
    np.add.at(out, chain.head, chain.backward)
    inflow = np.ones(3200)
    np.add.at(inflow, chain.tail, chain.forward * x[chain.head])
    np.add.at(inflow, chain.head, chain.backward * x[chain.tail])
    assert np.abs(inflow / (out * x) - 1).max() < bound(chain)
    law = factor.log_stationary().values()
    gain = np.zeros(3200)
    np.add.at(gain, chain.tail, chain.backward * law[chain.head])
    np.add.at(gain, chain.head, chain.forward * law[chain.tail])
    assert np.abs(gain / ((out - chain.exits) * law) - 1).max() < bound(chain)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    shape=st.lists(st.integers(1, 6), min_size=1, max_size=3).map(tuple),
    wraps=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    kept=st.sampled_from([1.0, 0.8, 0.5]),
    seed=st.integers(0, 10**6),
)
def test_any_shape_and_mask(shape, wraps, kept, seed):
    chain = random_chain(seed, shape, wraps[: len(shape)], kept)
    kept_cells = np.ones(len(chain.exits), dtype=bool) if chain.keep is None else chain.keep
    owner, count = closed_classes(len(kept_cells), chain.tail, chain.head, chain.forward, chain.backward, chain.keep)
    # all rates are positive: every connected piece is one closed class
    closed = [owner == k for k in range(count)]
    assert (owner[kept_cells] >= 0).all()
    assert (owner[~kept_cells] == -1).all()
    singular = any(chain.exits[piece].max() == 0 for piece in closed)
    assert chain.factor().singular == singular
    if not singular:
        compare(chain)
    if count == 1:
        law = np.zeros(len(kept_cells), dtype=np.longdouble)
        law[kept_cells] = dense_stationary(chain.dense()[np.ix_(kept_cells, kept_cells)])
        assert ratio(chain.factor().log_stationary(), law) < bound(chain)
    elif count > 1:
        with pytest.raises(ReachabilityError, match=f"{count} closed classes"):
            chain.factor().log_stationary()


def quartic(barrier: float, cells: int = 200) -> tuple[Chain, np.ndarray]:
    """A tilted double well in one dimension, up to the bottom of the right well."""
    x = np.linspace(-1.6, 1.0, cells)
    potential = barrier * ((x**2 - 1) ** 2 + 0.1 * x)
    return landscape((cells,), potential, x[1] - x[0]), potential


@pytest.mark.parametrize("barrier", [5, 20, 40, 100, 300, 700, 1000])
def test_tilted_quartic(barrier):
    """Product formula of the law, double sum of the passage time to the right end, both in logarithms."""
    chain, potential = quartic(barrier)
    up, down = np.log(chain.forward.astype(np.longdouble)), np.log(chain.backward.astype(np.longdouble))
    law = np.concatenate([[0], np.cumsum(up - down)])
    law -= np.logaddexp.reduce(law)
    got = chain.factor().log_stationary().log()
    deep = law > -1899
    assert np.abs(got[deep] - law[deep]).max() < 16 * EPS * np.abs(law).max()
    assert (got[law < -1901] == -np.inf).all()
    chain.exits[-1] = leave = 3.0
    for hint in (None, -potential):
        if hint is None and barrier > 900:
            continue  # the plain mode holds couplings down to exp(-1041)
        factor = chain.factor(hint)
        time = factor.solve(Scaled.of(np.ones(200))).log()
        inside = np.logaddexp.accumulate(law)  # weight to the left of an edge
        climb = np.concatenate([inside[:-1] - law[:-1] - up, [inside[-1] - law[-1] - np.log(leave)]])
        expected = np.logaddexp.accumulate(climb[::-1])[::-1]
        assert np.abs(time - expected).max() < 16 * EPS * np.abs(expected).max()


def test_plain_and_hinted_agree():
    chain, potential = double_well((24, 24), 30, swirl=0.5)
    chain.exits[5] = 1.0
    right = Scaled.of(np.ones(576))
    plain, hinted = chain.factor().solve(right), chain.factor(-potential).solve(right)
    assert np.abs(plain.log() - hinted.log()).max() < 1e-13


def test_range_of_thousands():
    """A corner 5600 kT above the wells: only the hinted mode keeps its rates, the law ends at the floor."""
    chain, potential = double_well((56, 56), 820)
    assert np.ptp(potential) > 5600
    law = -(potential - potential.min()).ravel()
    law -= np.log(np.exp(law).sum())
    got = chain.factor().log_stationary().log()
    assert np.array_equal(got > -np.inf, law > -1900)
    assert (
        np.abs(got[law > -1900] - law[law > -1900]).max() < 1e-11
    )  # differences of the potential carry |V| eps a step
    hinted = chain.factor(-potential).log_stationary().log()
    assert np.array_equal(hinted > -np.inf, got > -np.inf)
    there = got > -np.inf
    assert np.abs(hinted[there] - got[there]).max() < 16 * EPS * 1900


@pytest.mark.parametrize(("barrier", "swirl"), [(20, 0.0), (100, 0.5), (300, 0.0), (700, 0.5), (1000, 3.0)])
def test_occupation_adds_up_to_the_passage_time(barrier, swirl):
    """The times spent in all cells are the columns of the inverse, the passage times their sums along rows."""
    chain, potential = double_well((20, 20), barrier, swirl)
    chain.exits[np.argmin(potential + 1e4 * (np.arange(400).reshape(20, 20) < 200))] = 1e3
    start = np.zeros(400)
    start[23] = 1.0
    law = chain.factor().log_stationary().log()
    factor = chain.factor(np.where(np.isfinite(law), law, -2000.0))
    spent = factor.solve_transposed(Scaled.of(start))
    time = factor.solve(Scaled.of(np.ones(400)))
    total = np.logaddexp.reduce(spent.log())
    assert total == pytest.approx(time.log()[23], rel=1e-14, abs=1e-13)


def test_wrong_hint_is_repaired():
    chain, potential = double_well((20, 20), 300, swirl=3)
    chain.exits[0] = 1.0
    wrong = 8 * potential.ravel()
    right = Scaled.of(np.ones(400))
    plain = chain.factor()
    repaired = chain.factor(wrong)
    assert np.array_equal(repaired.solve(right).log(), plain.solve(right).log())
    assert np.abs(repaired.log_stationary().log() - plain.log_stationary().log()).max() < 1e-12


def test_moments_beyond_doubles():
    chain, potential = double_well((20, 20), 1000)
    chain.exits[np.argmin(np.abs(potential))] = 1e3
    factor = chain.factor(-potential)
    first = factor.solve(Scaled.of(np.ones(400)))
    assert first.log().max() > 710
    second = factor.solve(first)
    assert second.exponent.max() > 2000
    # from the well, the time is exponential: its second moment is twice the square of the first
    well = int(np.argmax(first.log()))
    assert second.log()[well] == pytest.approx(2 * first.log()[well], rel=1e-6)
    # linear: scaling the right side by a power of two changes nothing else
    huge = Scaled(np.full(400, 0.5), np.full(400, 100_000, dtype=np.int32))
    assert np.array_equal(factor.solve(huge).mantissa, first.mantissa)


def test_implicit_step_stays_positive():
    """(I + dt A) is A with exits 1 / dt: a step of any length keeps positive, and keeps the mass."""
    chain, _ = double_well((24, 24), 30, swirl=1)
    start = np.zeros(576)
    start[100] = 1.0
    for step in (1e-8, 1.0, 1e12):
        chain.exits[:] = 1 / step
        after = chain.factor().solve_transposed(Scaled.of(start / step))
        assert (after.mantissa > 0).all()
        assert after.values().sum() == pytest.approx(1.0, rel=576 * EPS)


def test_reducible_chains():
    tail, head = edges((6,), (False,))
    forward, backward = np.ones(5), np.ones(5)
    cut = forward * (np.arange(5) != 2)
    chain = Chain((6,), (False,), tail, head, cut, cut, np.zeros(6))
    with pytest.raises(ReachabilityError, match="2 closed classes"):
        chain.factor().log_stationary()
    chain.exits[0] = 1.0
    factor = chain.factor()
    assert factor.singular
    with pytest.raises(ReachabilityError, match="no exit"):
        factor.solve(Scaled.of(np.ones(6)))
    # one way only: the left half is transient, whatever the order of elimination
    for one_way in ((forward, cut), (cut, backward)):
        law = Chain((6,), (False,), tail, head, *one_way, np.zeros(6)).factor().log_stationary().values()
        expected = np.array([0, 0, 0, 1, 1, 1]) / 3
        np.testing.assert_allclose(law, expected if one_way[0] is forward else expected[::-1], rtol=8 * EPS)


@pytest.mark.parametrize("power", [-1000, -300, 300, 1000])
@pytest.mark.parametrize("hinted", [False, True])
def test_the_unit_of_time_does_not_matter(power, hinted):
    chain, potential = double_well((9, 9), 5)
    chain.exits[10] = 1.0
    hint = -30 * potential if hinted else None  # a bad one, but harmless
    right = Scaled.of(np.ones(81))
    before = chain.factor(hint)
    for name in ("forward", "backward", "exits"):
        setattr(chain, name, np.ldexp(getattr(chain, name), power))
    after = chain.factor(hint)
    assert np.array_equal(after.solve(right).mantissa, before.solve(right).mantissa)
    assert np.array_equal(after.solve(right).exponent, before.solve(right).exponent - power)
    assert np.array_equal(after.log_stationary().log(), before.log_stationary().log())


def test_rates_too_slow_for_doubles_are_refused():
    tail, head = edges((3,), (False,))
    chain = Chain((3,), (False,), tail, head, np.array([1e-300, 1e200]), np.array([1e200, 1e-300]), np.zeros(3))
    chain.exits[0] = 1e-300
    with pytest.raises(ReachabilityError, match="too small"):
        chain.factor().solve(Scaled.of(np.ones(3)))


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
@pytest.mark.parametrize("where", ["forward", "backward", "exits"])
def test_bad_rates(bad, where):
    chain = random_chain(0, (4, 4), (False, False))
    getattr(chain, where)[2] = bad
    with pytest.raises(ValueError, match="finite and not negative"):
        chain.factor()


def test_bad_arrays():
    chain = random_chain(0, (4, 4), (False, False))
    plan = Plan.of_lattice((4, 4), (False, False), chain.tail, chain.head)
    with pytest.raises(ValueError, match="shape"):
        MultifrontalFactor(plan, chain.forward[:-1], chain.backward, chain.exits)
    with pytest.raises(ValueError, match="hint"):
        MultifrontalFactor(plan, chain.forward, chain.backward, chain.exits, np.full(16, np.nan))


def test_read_only_arrays_and_overwriting():
    chain = random_chain(2, (5, 5), (False, False))
    chain.exits[3] = 1.0
    for array in (chain.forward, chain.backward, chain.exits):
        array.flags.writeable = False
    right = np.ones(25)
    right.flags.writeable = False
    x = chain.factor().solve(Scaled.of(right))
    y = chain.factor().solve(Scaled.of(np.ones(25)), overwrite=True)
    assert np.array_equal(x.log(), y.log())


@pytest.mark.parametrize(("shape", "periodic"), [*CASES, ((40, 37), (False, True)), ((9, 8, 10), (False, False, True))])
@pytest.mark.parametrize("kept", [1.0, 0.9])
def test_numbers_of_either_sign(shape, periodic, kept):
    """Plain substitution leaves residuals of rounding size: the matrix is diagonally dominant."""
    chain = random_chain(3, shape, periodic, kept)
    chain.exits[:] = 0.3
    there = np.ones(len(chain.exits), dtype=bool) if chain.keep is None else chain.keep
    rates = chain.dense()[np.ix_(there, there)].astype(float)
    matrix = np.diag(rates.sum(axis=1) + 0.3) - rates
    right = np.random.default_rng(4).normal(size=len(there))
    factor = chain.factor()
    for transposed, dense in ((False, matrix), (True, matrix.T)):
        x = factor.solve_signed(right, transposed)
        assert not x[~there].any()
        residual = np.abs(dense @ x[there] - right[there])
        size = np.abs(dense) @ np.abs(x[there]) + np.abs(right[there])
        assert (residual / size).max(initial=0.0) < 8 * len(there) * EPS

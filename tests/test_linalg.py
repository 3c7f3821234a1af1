"""Elimination of chains and rings, entry by entry against dense elimination in many digits."""

import mpmath
import numpy as np
import pytest

from fokker.linalg import Scaled, factorise
from fokker.linalg.exponentials import bernoulli

EPS = np.finfo(float).eps
N = 9
DIGITS = 3000  # three times the largest spread in decimals, squared by the elimination of singular blocks
SPREADS = [3, 60, 300, 1000]


def rates(ring, spread, seed, n=N):
    """Rates of a random landscape: potential differences up to spread/2 kT an edge, spread in all."""
    rng = np.random.default_rng(seed)
    m = n if ring else n - 1
    half = rng.uniform(-0.25, 0.25, m) * spread
    return np.exp(half) * rng.uniform(0.5, 2, m), np.exp(-half) * rng.uniform(0.5, 2, m)


def pairs(ring, n):
    return [(k, (k + 1) % n) for k in range(n if ring else n - 1)]


def dense(ring, forward, backward, exits):
    """A = diag(exits + row sums of K) - K, exact."""
    n = len(exits)
    a = mpmath.zeros(n, n)
    for (i, j), up, down in zip(pairs(ring, n), forward, backward, strict=True):
        for p, q, rate in ((i, j, float(up)), (j, i, float(down))):
            a[p, q] -= rate
            a[p, p] += rate
    for i, rate in enumerate(exits):
        a[i, i] += float(rate)
    return a


def number(scaled, i):
    return mpmath.ldexp(mpmath.mpf(float(scaled.mantissa[i])), int(scaled.exponent[i]))


def assert_entries(scaled, exact):
    # every entry is a sum of products of positive numbers: a few roundings an eliminated cell
    for i in range(len(scaled)):
        assert abs(number(scaled, i) / exact[i] - 1) < 10 * len(scaled) * EPS, i


def solved(ring, forward, backward, exits, right, transposed=False):
    factor = factorise(ring, forward, backward, exits)
    assert not factor.singular
    return (factor.solve_transposed if transposed else factor.solve)(right)


def exact_solution(ring, forward, backward, exits, right, transposed=False):
    a = dense(ring, forward, backward, exits)
    return mpmath.lu_solve(a.T if transposed else a, mpmath.matrix([number(right, i) for i in range(len(right))]))


def exit_patterns(rng):
    one = np.zeros(N)
    one[N // 2] = 0.3
    ends = np.zeros(N)
    ends[[0, -1]] = rng.uniform(0.1, 2, 2)
    return {
        "first": np.eye(N)[0],
        "last": np.eye(N)[-1],
        "inside": one,
        "ends": ends,
        "everywhere": rng.uniform(0.1, 2, N),
        "faint": 1e-200 * np.eye(N)[2],
        "strong": 1e30 * np.eye(N)[4] + 1e-30 * np.eye(N)[7],
    }


@pytest.mark.parametrize("where", ["first", "last", "inside", "ends", "everywhere", "faint", "strong"])
@pytest.mark.parametrize("spread", SPREADS)
@pytest.mark.parametrize("ring", [False, True])
def test_solve_and_its_transpose(ring, spread, where):
    rng = np.random.default_rng(spread)
    forward, backward = rates(ring, spread, spread + ring)
    exits = exit_patterns(rng)[where]
    right = Scaled.of(rng.uniform(0.1, 3, N))
    with mpmath.workdps(DIGITS):
        for transposed in (False, True):
            case = (ring, forward, backward, exits, right, transposed)
            assert_entries(solved(*case), exact_solution(*case))


@pytest.mark.parametrize("spread", SPREADS)
@pytest.mark.parametrize("ring", [False, True])
def test_stationary_law(ring, spread):
    forward, backward = rates(ring, spread, 7 * spread + ring)
    law = factorise(ring, forward, backward, np.zeros(N)).log_stationary()
    with mpmath.workdps(DIGITS):
        a = dense(ring, forward, backward, np.zeros(N)).T
        for j in range(N):
            a[N - 1, j] = 1
        exact = mpmath.lu_solve(a, mpmath.matrix([0] * (N - 1) + [1]))
        assert_entries(law, exact)
        logs = [mpmath.log(v) for v in exact]
        # the logarithm of a number beyond doubles carries one rounding of its own size
        assert max(abs(float(law.log()[i] - logs[i])) for i in range(N)) < 20 * N * EPS + 4 * EPS * spread


@pytest.mark.parametrize("ring", [False, True])
def test_right_sides_and_answers_beyond_doubles(ring):
    forward, backward = rates(ring, 300, 5)
    exits = 0.7 * np.eye(N)[3]
    right = Scaled(np.linspace(0.5, 1.0, N), np.arange(-4000, 4001, 8000 // (N - 1), dtype=np.int32))
    with mpmath.workdps(DIGITS):
        for transposed in (False, True):
            case = (ring, forward, backward, exits, right, transposed)
            answer = solved(*case)
            assert_entries(answer, exact_solution(*case))
            assert np.isinf(answer.values()).any()  # so a plain double would not have done
            assert np.isfinite(answer.log()).all()


@pytest.mark.parametrize("spread", SPREADS)
def test_several_pieces(spread):
    forward, backward = rates(False, spread, 11)
    for k in (2, 5):
        forward[k] = backward[k] = 0.0
    exits = np.zeros(N)
    exits[[1, 5, 8]] = 0.4, 2.0, 1e-3
    right = Scaled.of(np.arange(1.0, N + 1))
    with mpmath.workdps(DIGITS):
        for transposed in (False, True):
            case = (False, forward, backward, exits, right, transposed)
            assert_entries(solved(*case), exact_solution(*case))


@pytest.mark.parametrize("cut", range(N))
def test_a_ring_cut_anywhere(cut):
    forward, backward = rates(True, 60, 3)
    forward[cut] = backward[cut] = 0.0
    exits = 0.5 * np.eye(N)[4]
    right = Scaled.of(np.ones(N))
    with mpmath.workdps(DIGITS):
        for transposed in (False, True):
            case = (True, forward, backward, exits, right, transposed)
            assert_entries(solved(*case), exact_solution(*case))


@pytest.mark.parametrize("ring", [False, True])
def test_a_piece_without_an_exit_is_singular(ring):
    forward, backward = rates(ring, 60, 1)
    assert factorise(ring, forward, backward, np.zeros(N)).singular
    for k in (2, 6):
        forward[k] = backward[k] = 0.0
    assert factorise(ring, forward, backward, np.eye(N)[4]).singular
    assert not factorise(ring, forward, backward, np.eye(N)[4] + np.eye(N)[0] + np.eye(N)[8]).singular


@pytest.mark.parametrize("ring", [False, True])
def test_agrees_with_dense_numpy_at_mild_spread(ring):
    n = 200
    rng = np.random.default_rng(0)
    forward, backward = rng.uniform(0.5, 2, (2, n if ring else n - 1))
    exits = rng.uniform(0, 1, n)
    matrix = np.zeros((n, n))
    for (i, j), up, down in zip(pairs(ring, n), forward, backward, strict=True):
        matrix[i, j], matrix[j, i] = -up, -down
    matrix -= np.diag(matrix.sum(axis=1) - exits)
    right = rng.uniform(0, 1, n)
    factor = factorise(ring, forward, backward, exits)
    # the condition number is below 100
    np.testing.assert_allclose(factor.solve(Scaled.of(right)).values(), np.linalg.solve(matrix, right), rtol=1e-13)
    np.testing.assert_allclose(
        factor.solve_transposed(Scaled.of(right)).values(), np.linalg.solve(matrix.T, right), rtol=1e-13
    )


@pytest.mark.parametrize("ring", [False, True])
@pytest.mark.parametrize("bad", [-1.0, -1e-300, np.nan, np.inf])
@pytest.mark.parametrize("which", ["forward", "backward", "exit"])
def test_refuses_rates_that_are_no_rates(ring, bad, which):
    forward, backward = rates(ring, 3, 0)
    arrays = {"forward": forward, "backward": backward, "exit": np.ones(N)}
    arrays[which][3] = bad
    with pytest.raises(ValueError, match=rf"{which} rates must be finite and not negative"):
        factorise(ring, *arrays.values())


def test_scaled_numbers_keep_their_logarithms():
    numbers = Scaled(np.array([0.5, 0.75, 0.0]), np.array([5000, -5000, 0], dtype=np.int32))
    assert numbers.values().tolist() == [np.inf, 0.0, 0.0]
    exact = np.array([4999 * np.log(2), np.log(0.75) - 5000 * np.log(2)])
    np.testing.assert_allclose(numbers.log()[:2], exact, rtol=4 * EPS)
    assert numbers.log()[2] == -np.inf
    np.testing.assert_allclose(
        numbers.times(np.array([2.0, 4.0, 1.0])).log()[:2], exact + np.log([2.0, 4.0]), rtol=4 * EPS
    )


@pytest.mark.parametrize("z", [0.0, 1e-300, 1e-9, 1e-3, 0.7, 5.0, 40.0, 700.0])
def test_bernoulli_function(z):
    for sign in (1, -1):
        exact = float(mpmath.mpf(sign * z) / mpmath.expm1(sign * z)) if z else 1.0
        assert abs(bernoulli(np.array([sign * z]))[0] / exact - 1) < 8 * EPS


def test_aligned_numbers_that_are_all_tiny():
    tiny = Scaled(np.array([1.0, 2.0, 0.0]), np.array([-2000, -2002, 0], dtype=np.int32))
    values, top = tiny.aligned()
    np.testing.assert_array_equal(values, [1.0, 0.5, 0.0])
    assert top == -2000

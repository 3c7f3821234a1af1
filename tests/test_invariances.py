"""What must not change, and what must hold for any smooth problem."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fokker

FEW = settings(max_examples=25, deadline=None, derandomize=True)
LOW, HIGH, CELLS = -1.3, 1.8, 60
X = np.linspace(LOW, HIGH, 23)

amplitudes = st.lists(st.floats(-8, 8), min_size=3, max_size=3)
wiggles = st.floats(-0.9, 0.9)
alphas = st.sampled_from([0.0, 0.3, 0.5, 1.0])
walls = st.sampled_from(["reflecting", "absorbing", fokker.Robin(0.5), fokker.Robin(50.0)])


def force(a):
    return lambda x: a[0] * np.cos(x + 1) - a[1] * x + a[2] * np.sin(2 * x)


def noise(w):
    return lambda x: 1 + w * np.sin(2 * x + 0.3)


def problem(a, w, alpha, boundary="reflecting", drift=None, diffusion=None, ends=(LOW, HIGH)):
    return fokker.Problem(
        drift or force(a), diffusion=diffusion or noise(w), convention=alpha, domain={"x": ends},
        boundary={"x": boundary},
    )  # fmt: skip


@FEW
@given(amplitudes, wiggles, alphas, walls, walls)
def test_rates_stationary_laws_and_times_are_positive(a, w, alpha, left, right):
    g = fokker.discretize(problem(a, w, alpha, (left, right)), cells=CELLS)
    assert (g.forward > 0).all()
    assert (g.backward > 0).all()
    assert (g.masses > 0).all()
    assert all((r >= 0).all() for r in g.exit_rates.values())
    times = fokker.mean_first_passage(g, lambda x: x > 1)
    assert (times.values[g.nodes[0] < 1] > 0).all()
    assert (times.at(x=X) >= 0).all()
    if left == right == "reflecting":
        law = fokker.stationary(g)
        assert (law.mass > 0).all()
        assert abs(law.mass.sum() - 1) < 1e-14 * CELLS
        assert abs(law.probability(lambda x: x < 0.2) + law.probability(lambda x: x >= 0.2) - 1) < 1e-13
        # a minimum of the density at a node or between nodes is no less than its neighbours allow
        assert (law.at(x=X) > 0).all()


@FEW
@given(amplitudes, wiggles, alphas, st.floats(-0.5, 1.2))
def test_forward_and_backward_agree(a, w, alpha, wall):
    """The mean time from one cell is the mass of all occupation times started there."""
    from fokker.linalg import Scaled

    g = fokker.discretize(problem(a, w, alpha, ("absorbing", fokker.Robin(2.0))), cells=CELLS)
    times = fokker.mean_first_passage(g)
    start = np.zeros(CELLS)
    start[int(CELLS * (wall + 0.6) / 2)] = 1.0
    occupation = g.factor.solve_transposed(Scaled.of(start)).values()
    assert abs(occupation.sum() / (start @ times.values) - 1) < 1e-13
    # all that enters leaves through a sink
    assert abs(sum((occupation * r).sum() for r in g.exit_rates.values()) - 1) < 1e-13


@FEW
@given(amplitudes, wiggles, alphas)
def test_reflection(a, w, alpha):
    one = fokker.discretize(problem(a, w, alpha, ("reflecting", "absorbing")), cells=CELLS)
    two = fokker.discretize(
        problem(
            a, w, alpha, ("absorbing", "reflecting"), lambda x: -force(a)(-x), lambda x: noise(w)(-x), (-HIGH, -LOW)
        ),
        cells=CELLS,
    )
    # nodes are mirrored up to an ulp, which the steepest slope magnifies
    np.testing.assert_allclose(one.forward, two.backward[::-1], rtol=1e-12)
    np.testing.assert_allclose(
        fokker.mean_first_passage(one).at(x=X[:-1]), fokker.mean_first_passage(two).at(x=-X[:-1]), rtol=1e-11
    )


@FEW
@given(amplitudes, wiggles, alphas, st.sampled_from([1e-6, 1e-2, 7.3, 1e5]), st.sampled_from([1e-8, 0.3, 1e6]))
def test_units_of_length_and_time(a, w, alpha, length, time):
    """x' = length x, t' = time t: a' = a length/time, D' = D length^2/time."""
    one = fokker.discretize(problem(a, w, alpha), cells=CELLS)
    two = fokker.discretize(
        problem(
            a, w, alpha, "reflecting", lambda x: force(a)(x / length) * length / time,
            lambda x: noise(w)(x / length) * length**2 / time, (LOW * length, HIGH * length),
        ),
        cells=CELLS,
    )  # fmt: skip
    np.testing.assert_allclose(two.forward * time, one.forward, rtol=1e-12)
    times = [fokker.mean_first_passage(one, lambda x: x > 1), fokker.mean_first_passage(two, lambda x: x > length)]
    np.testing.assert_allclose(times[1].at(x=-length) / time, times[0].at(x=-1.0), rtol=1e-11)
    densities = [fokker.stationary(g) for g in (one, two)]
    np.testing.assert_allclose(densities[1].at(x=0.1 * length) * length, densities[0].at(x=0.1), rtol=1e-11)
    assert abs(densities[1].mean() / length - densities[0].mean()) < 1e-12


@pytest.mark.parametrize("shift", [1.0, -300.0, 1e6])
def test_shift_of_the_potential(shift):
    def u(x):
        return 20 * (x**2 - 1) ** 2 + np.sin(5 * x)

    def solve(potential):
        p = fokker.Problem.from_potential(potential, temperature=1.0, mobility=noise(0.5), domain={"x": (LOW, HIGH)})
        g = fokker.discretize(p, cells=CELLS)
        return fokker.stationary(g).log_at(x=X), fokker.mean_first_passage(g, lambda x: x > 1).log_at(x=X[X < 0.9])

    for before, after in zip(solve(u), solve(lambda x: u(x) + shift), strict=True):
        # an ulp of the shifted potential, over the cells of the way
        np.testing.assert_allclose(after, before, atol=1e-13 + 4e-16 * abs(shift) * CELLS)


@FEW
@given(amplitudes, wiggles, st.floats(0.01, 0.99))
def test_a_change_of_convention_with_its_drift_is_no_change(a, w, alpha):
    """J = f p - D^alpha (D^(1-alpha) p)' is the Ito current with drift f + alpha D'."""

    def slope(x):
        return 2 * w * np.cos(2 * x + 0.3)

    one = fokker.discretize(problem(a, w, alpha), cells=CELLS)
    two = fokker.discretize(problem(a, w, 0.0, drift=lambda x: force(a)(x) + alpha * slope(x)), cells=CELLS)
    # w = 0.9 leaves a narrow minimum of D: quadrature to 1e-9 at 60 cells
    np.testing.assert_allclose(fokker.stationary(two).at(x=X), fokker.stationary(one).at(x=X), rtol=1e-8)
    np.testing.assert_allclose(two.forward, one.forward, rtol=1e-8)


@FEW
@given(amplitudes, wiggles, alphas)
def test_a_finer_grid_does_not_change_the_answer(a, w, alpha):
    """Different code paths through one problem: nodes, profiles inside cells, and cut targets."""
    coarse, fine = (fokker.discretize(problem(a, w, alpha), cells=n) for n in (CELLS, 3 * CELLS + 1))
    for target in (lambda x: x > 0.7777, lambda x: abs(x - 0.4) > 0.8):
        one, two = (fokker.mean_first_passage(g, target).at(x=[-0.35, 0.0, 0.1234]) for g in (coarse, fine))
        np.testing.assert_allclose(one, two, rtol=1e-8)
    one, two = (fokker.stationary(g) for g in (coarse, fine))
    np.testing.assert_allclose(one.at(x=X), two.at(x=X), rtol=1e-8)
    assert abs(one.mean() - two.mean()) < 1e-8

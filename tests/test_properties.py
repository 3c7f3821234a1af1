"""Invariants of every generator in one dimension, over random processes, conventions, walls and grids."""

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import fokker
from fokker.linalg import Scaled

FEW = settings(max_examples=20, deadline=None, derandomize=True)
EPS = np.finfo(float).eps
LOW, HIGH = -1.3, 1.8
TURN = HIGH - LOW

amplitudes = st.lists(st.floats(-6, 6), min_size=3, max_size=3)
wiggles = st.floats(-0.8, 0.8)
alphas = st.sampled_from([0.0, 0.3, 0.5, 1.0])
sides = st.sampled_from(["reflecting", "absorbing", fokker.Robin(0.4), fokker.Robin(30.0)])
sinks = st.sampled_from(["absorbing", fokker.Robin(0.4), fokker.Robin(30.0)])
walls = st.one_of(st.just("periodic"), st.tuples(sides, sides))
grids = st.sampled_from(["uniform", "stretched", "random"])
cells = st.integers(20, 70)


def axis(kind, n):
    t = np.linspace(0, 1, n + 1)
    if kind == "stretched":
        t = t + 0.12 * np.sin(2 * np.pi * t)
    if kind == "random":
        t = np.append(0, np.cumsum(np.random.default_rng(n).uniform(0.5, 1.5, n)))
        t /= t[-1]
    faces = LOW + (HIGH - LOW) * t
    faces[[0, -1]] = LOW, HIGH
    return fokker.Axis.stretched(faces)


def turn(x):
    return 2 * np.pi * (x - LOW) / TURN


def force(a):
    """Smooth, and of period TURN."""
    return lambda x: a[0] + a[1] * np.cos(turn(x)) + a[2] * np.sin(2 * turn(x))


def noise(w):
    return lambda x: 1 + w * np.sin(turn(x) + 0.3)


def build(a, w, alpha, boundary, grid, n):
    problem = fokker.Problem(
        force(a), diffusion=noise(w), convention=alpha, domain={"x": (LOW, HIGH)}, boundary={"x": boundary}
    )
    return fokker.discretize(problem, grid=fokker.Grid(x=axis(grid, n)))


def conservative(g):
    """Return the total exit rate and Q as a dense matrix, its diagonal summed from the rates."""
    q = g.rates.toarray()
    out = sum(g.exit_rates.values(), np.zeros(g.cells))
    return out, q - np.diag(q.sum(axis=1) + out)


@FEW
@given(amplitudes, wiggles, alphas, walls, grids, cells)
def test_rates_are_positive_and_rows_balance(a, w, alpha, boundary, grid, n):
    g = build(a, w, alpha, boundary, grid, n)
    assert (g.forward > 0).all()
    assert (g.backward > 0).all()
    assert all((rates >= 0).all() for rates in g.exit_rates.values())
    out, q = conservative(g)
    assert (np.abs(q.sum(axis=1) + out) <= 1e-14 * np.abs(np.diag(q))).all()
    np.testing.assert_allclose(g.matrix().toarray(), q, rtol=1e-14)


@FEW
@given(amplitudes, wiggles, alphas, walls, grids, cells, st.integers(0, 10**6))
def test_mass_is_lost_only_through_the_sinks(a, w, alpha, boundary, grid, n, seed):
    g = build(a, w, alpha, boundary, grid, n)
    out, q = conservative(g)
    law = np.random.default_rng(seed).dirichlet(np.ones(n))
    # against the size of the terms that cancel
    assert abs((law @ q).sum() + law @ out) <= 1e-13 * float(law @ np.abs(q).sum(axis=1))
    if g.exit_rates:
        spent = fokker.occupation(g, law)
        assert abs(spent.mass @ out - 1) < 1e-12


@FEW
@given(amplitudes, wiggles, st.sampled_from([1.0, 30.0, 200.0]), grids, cells)
def test_detailed_balance_of_potentials(a, w, barrier, grid, n):
    def u(x):
        return barrier * (np.cos(turn(x)) + 0.1 * a[0] * np.sin(2 * turn(x)))

    for boundary in ("reflecting", "periodic"):
        problem = fokker.Problem.from_potential(
            u, temperature=1.0, mobility=noise(w), domain={"x": (LOW, HIGH)}, boundary=boundary
        )
        g = fokker.discretize(problem, grid=fokker.Grid(x=axis(grid, n)))
        law = fokker.stationary(g)
        size = 1 + np.abs(u(g.nodes[0])).max()
        flows = np.log(g.forward / g.backward) + law.log_mass[g.tail] - law.log_mass[g.head]
        assert np.abs(flows).max() < 40 * n * EPS + 8 * EPS * size
        rises = law.log_values + u(g.nodes[0])
        assert np.ptp(rises) < 40 * n * EPS + 16 * EPS * size
        if boundary == "periodic":
            assert abs(np.log(g.forward / g.backward).sum()) < 8 * n * EPS * size


@FEW
@given(amplitudes, wiggles, alphas, grids, cells)
def test_the_affinity_of_a_ring_is_the_work_of_its_drift(a, w, alpha, grid, n):
    g = build(a, w, alpha, "periodic", grid, n)
    x = LOW + TURN * (np.arange(4000) + 0.5) / 4000  # the midpoint rule is spectral on a ring
    work = TURN * float((force(a)(x) / noise(w)(x)).mean())
    assert abs(np.log(g.forward / g.backward).sum() - work) < 1e-6 * (1 + abs(work))  # quadrature at 20 cells


@FEW
@given(amplitudes, wiggles, alphas, sinks, sides, grids, cells, st.integers(0, 10**6))
def test_backward_and_forward_are_adjoint(a, w, alpha, left, right, grid, n, seed):
    g = build(a, w, alpha, (left, right), grid, n)
    rng = np.random.default_rng(seed)
    u, law = rng.normal(size=n), rng.dirichlet(np.ones(n))
    _, q = conservative(g)
    terms = float(law @ np.abs(q) @ np.abs(u))
    assert abs(u @ (q.T @ law) - (q @ u) @ law) < 1e-13 * terms
    times = fokker.mean_first_passage(g)
    assert abs(fokker.occupation(g, law).total / (law @ times.values) - 1) < 1e-12
    # and through the factors themselves
    there = g.factor.solve(Scaled.of(np.abs(u))).values()
    back = g.factor.solve_transposed(Scaled.of(law)).values()
    assert abs((law @ there) / (back @ np.abs(u)) - 1) < 1e-12


@FEW
@given(amplitudes, wiggles, alphas, walls, grids, cells, st.floats(-1.1, -0.1), st.floats(0.5, 1.6))
def test_probabilities_obey_the_maximum_principle(a, w, alpha, boundary, grid, n, left, right):
    g = build(a, w, alpha, boundary, grid, n)
    assume(right - left > 0.3)
    inner = 0.2
    sets = {"a": lambda x: abs(x - left) < inner, "b": lambda x: abs(x - right) < inner}
    ways = fokker.splitting(g, sets)
    np.testing.assert_allclose(sum(way.values for way in ways.values()), 1, rtol=1e-12)
    for way in ways.values():
        assert ((way.values >= 0) & (way.values <= 1 + 1e-13)).all()
        np.testing.assert_allclose(way.values + way.complement, 1, rtol=1e-12)
    times = fokker.mean_first_passage(g, sets["a"])
    assert (times.values >= 0).all()
    # a larger target is reached sooner
    sooner = fokker.mean_first_passage(g, lambda x: sets["a"](x) | sets["b"](x))
    assert (sooner.values <= times.values * (1 + 1e-12)).all()
    assert (times.at(x=np.linspace(LOW, HIGH, 31)) >= 0).all()


@FEW
@given(amplitudes, wiggles, alphas, sinks, sides, grids, cells)
def test_variances_and_moments_are_consistent(a, w, alpha, left, right, grid, n):
    g = build(a, w, alpha, (left, right), grid, n)
    first, second, third = (fokker.passage_moment(g, order=k).values for k in (1, 2, 3))
    variance = fokker.passage_variance(g).values
    assert (variance > 0).all()
    np.testing.assert_allclose(second, variance + first**2, rtol=1e-11)
    # Lyapunov: E T^2 lies between, and log-convexity of the moments
    assert (second**2 <= first * third * (1 + 1e-12)).all()
    survivor = fokker.quasi_stationary(g)
    assert abs(survivor.mass @ first * survivor.rate - 1) < 1e-10
    assert 1 / survivor.rate <= first.max() * (1 + 1e-12)


@FEW
@given(amplitudes, wiggles, alphas, st.sampled_from(["reflecting", "periodic"]), grids, st.integers(0, 10**6),
       st.floats(-4, 4))  # fmt: skip
def test_entropy_falls_along_implicit_steps(a, w, alpha, boundary, grid, seed, decade):
    n = 40
    g = build(a, w, alpha, boundary, grid, n)
    density = fokker.stationary(g)
    law = np.random.default_rng(seed).dirichlet(np.full(n, 0.3)) + 1e-12
    law /= law.sum()
    _, q = conservative(g)
    step = np.eye(n) - 10.0**decade / np.abs(q).max() * q.T
    before = np.inf
    for _ in range(4):
        entropy = float(law @ np.log(law / density.mass))
        assert -1e-9 < entropy <= before + 1e-9
        before, law = entropy, np.linalg.solve(step, law)
        assert abs(law.sum() - 1) < 1e-9
    produced = fokker.entropy_production(density)
    assert produced >= -1e-12
    if boundary == "reflecting":
        assert produced == 0.0
    else:
        affinity = np.log(g.forward / g.backward).sum()
        assert produced > 0 or abs(affinity) < 1e-9


@FEW
@given(amplitudes, wiggles, alphas, grids, cells)
def test_stationary_currents(a, w, alpha, grid, n):
    g = build(a, w, alpha, "periodic", grid, n)
    density = fokker.stationary(g)
    flows = g.forward * density.mass[g.tail] - g.backward * density.mass[g.head]
    size = g.forward * density.mass[g.tail]
    current = density.current().values
    np.testing.assert_allclose(flows, current[0], atol=1e-12 * size.max())
    np.testing.assert_allclose(current, current[0], rtol=1e-9, atol=1e-14)
    assert abs(fokker.drift_velocity(g) - TURN * current[0]) < 1e-12 * (1 + abs(TURN * current[0]))
    assert fokker.effective_diffusion(g) > 0
    closed = fokker.stationary(build(a, w, alpha, "reflecting", grid, n))
    assert (closed.current().values == 0).all()


@FEW
@given(amplitudes, wiggles, st.floats(0.0, 1.0), grids)
def test_a_change_of_convention_with_its_drift_is_no_change(a, w, alpha, grid):
    n = 60

    def compensated(x):
        return force(a)(x) + alpha * w * 2 * np.pi / TURN * np.cos(turn(x) + 0.3)

    for boundary in ("reflecting", "periodic"):
        one = build(a, w, alpha, boundary, grid, n)
        problem = fokker.Problem(
            compensated, diffusion=noise(w), convention="ito", domain={"x": (LOW, HIGH)}, boundary=boundary
        )
        two = fokker.discretize(problem, grid=fokker.Grid(x=axis(grid, n)))
        np.testing.assert_allclose(two.forward, one.forward, rtol=1e-7)  # quadrature at 60 cells
        np.testing.assert_allclose(two.backward, one.backward, rtol=1e-7)


@FEW
@given(amplitudes, wiggles, alphas, sides, sinks, grids, cells)
def test_reflection_of_the_axis(a, w, alpha, left, right, grid, n):
    one = build(a, w, alpha, (left, right), grid, n)
    problem = fokker.Problem(
        lambda x: -force(a)(-x), diffusion=lambda x: noise(w)(-x), convention=alpha, domain={"x": (-HIGH, -LOW)},
        boundary={"x": (right, left)},
    )  # fmt: skip
    mirrored = fokker.Axis.stretched(-axis(grid, n).faces[::-1])
    two = fokker.discretize(problem, grid=fokker.Grid(x=mirrored))
    np.testing.assert_allclose(two.forward, one.backward[::-1], rtol=1e-11)
    for verb in (fokker.mean_first_passage, fokker.passage_variance):
        np.testing.assert_allclose(verb(two).values, verb(one).values[::-1], rtol=1e-11)
    assert abs(fokker.quasi_stationary(one).log_rate - fokker.quasi_stationary(two).log_rate) < 1e-11


@FEW
@given(amplitudes, wiggles, alphas, st.integers(1, 39))
def test_a_ring_shifted_by_cells(a, w, alpha, shift):
    n = 40
    by = shift * TURN / n
    one = build(a, w, alpha, "periodic", "uniform", n)
    problem = fokker.Problem(
        lambda x: force(a)(x + by), diffusion=lambda x: noise(w)(x + by), convention=alpha,
        domain={"x": (LOW, HIGH)}, boundary="periodic",
    )  # fmt: skip
    two = fokker.discretize(problem, cells=n)
    np.testing.assert_allclose(np.roll(one.forward, -shift), two.forward, rtol=1e-11)
    assert abs(fokker.drift_velocity(one) - fokker.drift_velocity(two)) < 1e-11 * (1 + abs(fokker.drift_velocity(one)))
    assert abs(fokker.effective_diffusion(one) / fokker.effective_diffusion(two) - 1) < 1e-10


@FEW
@given(amplitudes, wiggles, alphas, st.sampled_from([1e-5, 0.3, 1e4]), st.sampled_from([1e-6, 7.0, 1e5]))
def test_units_of_length_and_time(a, w, alpha, length, time):
    n = 40
    one = build(a, w, alpha, "periodic", "uniform", n)
    problem = fokker.Problem(
        lambda x: force(a)(x / length) * length / time, diffusion=lambda x: noise(w)(x / length) * length**2 / time,
        convention=alpha, domain={"x": (LOW * length, HIGH * length)}, boundary="periodic",
    )  # fmt: skip
    two = fokker.discretize(problem, cells=n)
    speeds = [fokker.drift_velocity(one), fokker.drift_velocity(two) * time / length]
    assert abs(speeds[1] - speeds[0]) < 1e-11 * (1 + abs(speeds[0]))
    assert abs(fokker.effective_diffusion(two) * time / length**2 / fokker.effective_diffusion(one) - 1) < 1e-9
    values = [fokker.spectrum(one, k=3).eigenvalues, fokker.spectrum(two, k=3).eigenvalues * time]
    np.testing.assert_allclose(np.sort(values[1].real), np.sort(values[0].real), rtol=1e-9, atol=1e-10)


@FEW
@given(amplitudes, wiggles, alphas, st.floats(0.5, 4.0), st.integers(200, 300))
def test_on_the_whole_line(a, w, alpha, stiffness, n):
    """The same invariants on a mapped axis: positive rates, detailed balance, two grids agree."""
    problem = fokker.Problem(
        lambda x: 0.3 * a[1] / (1 + x**2) - stiffness * x,
        diffusion=lambda x: 1 + w * np.sin(x) / (1 + x**2), convention=alpha,
        domain={"x": (-np.inf, np.inf)},
    )  # fmt: skip
    one, two = (fokker.discretize(problem, cells=k) for k in (n, 2 * n + 1))
    assert (one.forward > 0).all()
    assert (one.backward > 0).all()
    law = fokker.stationary(one)
    flows = np.log(one.forward / one.backward) + np.diff(-law.log_mass)
    assert np.abs(flows).max() < 1e-12 * np.abs(law.log_mass).max()
    assert abs(law.mean() - fokker.stationary(two).mean()) < 1e-7
    times = [fokker.mean_first_passage(g, lambda x: x > 1.0).at(x=-0.5) for g in (one, two)]
    assert abs(times[1] / times[0] - 1) < 1e-7
    chances = [fokker.committor(g, lambda x: x < -1.0, lambda x: x > 1.0).at(x=0.2) for g in (one, two)]
    assert abs(chances[1] / chances[0] - 1) < 1e-7

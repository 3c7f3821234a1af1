"""Invariants of every generator in two and three dimensions, over random processes, walls and grids."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lattice_cases import (
    EPS,
    HIGH,
    LOW,
    NAMES,
    Case,
    Side,
    axis,
    balls,
    cases,
    conservative,
    flows,
    loops,
    open_cases,
    works,
)

import fokker
from fokker.linalg import Scaled

# cells as coarse as these are doubted as an answer; what is tested here is algebra
pytestmark = pytest.mark.filterwarnings("ignore::fokker.FokkerWarning")
FEW = settings(max_examples=15, deadline=None, derandomize=True)
seeds = st.integers(0, 10**6)


# ---------------------------------------------------------------- 1, 2: rates, rows, mass
@FEW
@given(cases())
def test_rates_are_positive_and_rows_balance(case):
    g = case.generator()
    assert g.forward.min() > 0
    assert g.backward.min() > 0
    assert g.masses.min() > 0
    leaking = {
        f"{n} {word}"
        for n, s in zip(case.names, case.sides, strict=True)
        for word, wall in zip(("left", "right"), s.walls, strict=True)
        if not s.periodic and wall != "reflecting"
    }
    assert set(g.exit_rates) == leaking
    for label, rates in g.exit_rates.items():
        k, side = case.names.index(label[0]), -1 if label.endswith("right") else 0
        shaped = rates.reshape(g.shape)
        assert np.take(shaped, side, axis=k).min() > 0
        assert np.count_nonzero(shaped) == np.take(shaped, side, axis=k).size  # the cells at the wall, no others
    out, q = conservative(g)
    assert (np.abs(q.sum(axis=1) + out) <= 1e-14 * np.abs(np.diag(q))).all()
    np.testing.assert_allclose(g.matrix().toarray(), q, rtol=1e-14)


@FEW
@given(open_cases(), seeds)
def test_mass_is_lost_only_through_the_sinks(case, seed):
    g = case.generator()
    out, q = conservative(g)
    law = np.random.default_rng(seed).dirichlet(np.ones(g.cells))
    assert abs((law @ q).sum() + law @ out) <= 1e-13 * float(law @ np.abs(q).sum(axis=1))
    spent = fokker.occupation(g, law)
    assert abs(spent.mass.ravel() @ out - 1) < 1e-12
    closed = case.closed().generator()
    if not closed.exit_rates:
        out, q = conservative(closed)
        assert abs((law @ q).sum()) <= 1e-13 * float(law @ np.abs(q).sum(axis=1))


# ---------------------------------------------------------------- 3, 4: detailed balance, cycles
def _finer(case):
    """Return twice the cells on finite axes."""
    return tuple(replace(s, kind="stretched" if "line" in s.kind else s.kind, cells=2 * s.cells) for s in case.sides)


@FEW
@given(cases(kinds=("potential",)), st.sampled_from([1.0, 30.0, 120.0]))
def test_detailed_balance_of_every_edge(case, barrier):
    # hundreds of kT between the deepest and the highest cells, at most 500 along an edge
    finite = case.sides if barrier == 1 else _finer(case)
    case = replace(case, barrier=barrier, sides=finite)
    g = case.generator()
    assert g.is_reversible
    u = np.broadcast_to(case.potential(*g.lattice.node_positions()), g.shape).ravel()
    rise = u[g.head] - u[g.tail]
    gap = np.log(g.forward) - np.log(g.backward) + np.log(g.masses[g.tail] / g.masses[g.head]) + rise
    # the logarithms of the two rates and of the masses, and the rounding of the potential itself
    size = np.abs(np.log(g.forward)) + np.abs(np.log(g.backward)) + 4 * np.abs(u).max()
    assert (np.abs(gap) <= 1e-14 + 4 * EPS * size).all()
    if barrier > 1:
        assert np.ptp(u) > barrier


@FEW
@given(cases(kinds=("potential",), closed=True), st.sampled_from([1.0, 30.0, 120.0]))
def test_the_law_of_a_potential_is_that_of_boltzmann(case, barrier):
    case = replace(case, barrier=barrier, sides=case.sides if barrier == 1 else _finer(case))
    g = case.generator()
    law = fokker.stationary(g)
    u = np.broadcast_to(case.potential(*g.lattice.node_positions()), g.shape)
    # entrywise: one rounding a step of the elimination, and those of the potential
    assert np.ptp(law.log_values + u) < 1e-13 + 32 * EPS * np.abs(u).max()
    assert abs(law.mass.sum() - 1) < 1e-13
    assert all((flux == 0).all() for flux in law.current().fluxes)
    assert fokker.entropy_production(law) == 0.0


@FEW
@given(cases(kinds=("potential",)), st.sampled_from([1.0, 120.0]))
def test_nothing_is_gained_around_loops_of_a_potential(case, barrier):
    case = replace(case, barrier=barrier, sides=case.sides if barrier == 1 else _finer(case))
    g = case.generator()
    gain = np.log(g.forward) - np.log(g.backward)
    longest = max(4, *g.shape)
    assert np.abs(loops(g, gain)).max() <= 4 * longest * EPS * (
        1 + np.abs(gain).max() + np.abs(np.log(g.forward)).max()
    )


@FEW
@given(cases(kinds=("drift",), references=(None,), axes=("uniform", "stretched", "random", "periodic")))
def test_what_is_gained_around_loops_is_the_work(case):
    case = case.refined(2 if case.dimension == 3 else 1)
    g = case.generator()
    gain = np.log(g.backward) - np.log(g.forward)
    exact = loops(g, works(case, g))
    # the edges use three-point quadrature, and two points measure its error
    doubt = np.abs(loops(g, works(case, g, 2)) - loops(g, works(case, g, 3))).max()
    assert np.abs(loops(g, gain) - exact).max() <= 4 * doubt + 1e-12 * (1 + np.abs(gain).max())
    if np.abs(case.amplitudes).max() > 1:
        assert np.abs(exact).max() > 1e-3


# ---------------------------------------------------------------- 5: adjoints
@FEW
@given(open_cases(), seeds)
def test_backward_and_forward_are_adjoint(case, seed):
    g = case.generator()
    rng = np.random.default_rng(seed)
    u, law = rng.normal(size=g.cells), rng.dirichlet(np.ones(g.cells))
    _, q = conservative(g)
    terms = float(law @ np.abs(q) @ np.abs(u))
    assert abs(u @ (q.T @ law) - (q @ u) @ law) < 1e-13 * terms
    times = fokker.mean_first_passage(g)
    assert abs(fokker.occupation(g, law).total / (law @ times.values.ravel()) - 1) < 1e-12
    assert abs(fokker.occupation(g, law.reshape(g.shape)).total / (law @ times.values.ravel()) - 1) < 1e-12
    there = g.factor.solve(Scaled.of(np.abs(u))).values()
    back = g.factor.solve_transposed(Scaled.of(law)).values()
    assert abs((law @ there) / (back @ np.abs(u)) - 1) < 1e-12
    # and the survival, integrated over time by long division of its transform at zero
    dense = np.linalg.solve(-q, np.ones(g.cells))
    np.testing.assert_allclose(times.values.ravel(), dense, rtol=1e-8)


@FEW
@given(cases(), seeds)
def test_backward_and_forward_agree_on_targets(case, seed):
    g = case.generator()
    target, _ = balls(case)
    law = np.random.default_rng(seed).dirichlet(np.ones(g.cells))
    times = fokker.mean_first_passage(g, target)
    assert abs(fokker.occupation(g, law, target).total / (law @ times.values.ravel()) - 1) < 1e-12
    spent = fokker.occupation(g, law, target)
    inside = times.values.ravel() == 0
    assert inside.any()
    assert (spent.mass.ravel()[inside] == 0).all()


# ---------------------------------------------------------------- 6: maximum principle
@FEW
@given(cases(), seeds)
def test_probabilities_obey_the_maximum_principle(case, seed):
    g = case.generator()
    near, far = balls(case)
    ways = fokker.splitting(g, {"a": near, "b": far})
    assert list(ways) == [*g.exit_rates, "a", "b"]
    np.testing.assert_allclose(sum(way.values for way in ways.values()), 1, rtol=1e-12)
    for way in ways.values():
        assert ((way.values >= 0) & (way.values <= 1 + 1e-13)).all()
        np.testing.assert_allclose(way.values + way.complement, 1, rtol=1e-12)
    forth, back = fokker.committor(g, near, far), fokker.committor(g, far, near)
    if not g.exit_rates:
        np.testing.assert_allclose(forth.values + back.values, 1, rtol=1e-12)
    np.testing.assert_allclose(forth.values, ways["b"].values, rtol=1e-12)
    times = fokker.mean_first_passage(g, near)
    assert (times.values >= 0).all()
    both = fokker.mean_first_passage(g, lambda *x: near(*x) | far(*x))
    assert (both.values <= times.values * (1 + 1e-12)).all()
    rng = np.random.default_rng(seed)
    spans = [axis(s, k).faces[[0, -1]] for k, s in enumerate(case.sides)]
    points = [rng.uniform(lo, hi, 40) for lo, hi in spans]
    assert (times.at(*points) >= 0).all()
    assert (forth.at(*points) >= 0).all()
    inside = near(*points)
    assert (times.at(*points)[inside] == 0).all()
    assert (forth.at(*points)[inside] == 0).all()


@FEW
@given(open_cases())
def test_moments_and_the_survivors(case):
    g = case.generator()
    first, second, third = (fokker.passage_moment(g, order=k) for k in (1, 2, 3))
    variance = fokker.passage_variance(g)
    assert (variance.values > 0).all()
    np.testing.assert_allclose(second.values, variance.values + first.values**2, rtol=1e-11)
    assert (second.values**2 <= first.values * third.values * (1 + 1e-12)).all()
    survivor = fokker.quasi_stationary(g)
    assert abs((survivor.mass * first.values).sum() * survivor.rate - 1) < 1e-10
    assert 1 / survivor.rate <= first.values.max() * (1 + 1e-12)
    assert abs(survivor.mass.sum() - 1) < 1e-13
    out, q = conservative(g)
    assert abs(survivor.mass.ravel() @ out / survivor.rate - 1) < 1e-10
    scale = survivor.mass.ravel() @ np.abs(q)
    assert (np.abs(survivor.mass.ravel() @ q + survivor.rate * survivor.mass.ravel()) <= 1e-10 * scale).all()


# ---------------------------------------------------------------- 7, 8: entropy, currents
@FEW
@given(cases(closed=True), seeds, st.floats(-4, 4))
def test_entropy_falls_along_implicit_steps(case, seed, decade):
    g = case.generator()
    density = fokker.stationary(g)
    law = np.random.default_rng(seed).dirichlet(np.full(g.cells, 0.3)) + 1e-12
    law /= law.sum()
    _, q = conservative(g)
    step = np.eye(g.cells) - 10.0**decade / np.abs(q).max() * q.T
    before = np.inf
    for _ in range(4):
        entropy = float(law @ (np.log(law) - density.log_mass.ravel()))
        assert -1e-9 < entropy <= before + 1e-9
        before, law = entropy, np.linalg.solve(step, law)
        assert abs(law.sum() - 1) < 1e-9


@FEW
@given(cases(closed=True))
def test_entropy_is_produced_where_loops_gain(case):
    g = case.generator()
    density = fokker.stationary(g)
    whole, local = fokker.entropy_production(density), fokker.entropy_production(density, local=True)
    assert whole >= 0
    assert local.shape == g.shape
    assert (local >= 0).all()
    assert abs((local.ravel() * g.masses).sum() - whole) <= 1e-13 * whole
    there, back = flows(g, density)
    gain = np.log(g.forward) - np.log(g.backward)
    strongest = np.abs(loops(g, gain)).max()
    if case.kind == "potential":
        assert whole == 0
    elif g.notes["reference"] in ("none", "not needed"):
        # on all edges together it is current times gain; edges beside a reference have a formula of their own
        slope = np.abs(np.diff(density.log_mass.ravel()[np.stack([g.tail, g.head])], axis=0)[0])
        size = float((np.abs(there - back) * np.abs(gain)).sum())
        rounding = 8 * EPS * float(((there + back) * (np.abs(gain) + slope + EPS)).sum())  # of currents that cancel
        assert abs(whole - ((there - back) * gain).sum()) <= 1e-12 * size + rounding
    if case.kind != "potential" and strongest > 1e-6:
        assert whole > 0
    if case.kind != "potential" and strongest < 1e-13:
        assert whole <= 64 * (EPS * strongest + EPS**2) * g.cells * there.max()


@FEW
@given(cases(closed=True, kinds=("force", "drift")))
def test_stationary_currents_have_no_divergence(case):
    g = case.generator()
    density = fokker.stationary(g)
    there, back = flows(g, density)
    flow = there - back
    net = np.bincount(g.tail, flow, g.cells) - np.bincount(g.head, flow, g.cells)
    through = np.bincount(g.tail, there + back, g.cells) + np.bincount(g.head, there + back, g.cells)
    assert (np.abs(net) <= 1e-13 * through).all()
    current = density.current()
    divergence = 0.0
    for k, flux in enumerate(current.fluxes):
        assert flux.shape == tuple(n + (a == k) for a, n in enumerate(g.shape))
        first, last = np.take(flux, 0, axis=k), np.take(flux, -1, axis=k)
        assert np.array_equal(first, last)
        if not g.lattice.periodic[k]:
            assert (first == 0).all()
        inner = np.take(flux, range(1, g.lattice.edge_shapes[k][k] + 1), axis=k)
        np.testing.assert_array_equal(inner.ravel(), flow[g.lattice.spans[k]])
        divergence = divergence + np.diff(flux, axis=k)
    assert (np.abs(divergence.ravel()) <= 1e-13 * through).all()


# ---------------------------------------------------------------- 9: conventions
@FEW
@given(st.floats(-3, 3), st.floats(-0.6, 0.6), st.floats(0.0, 1.0), st.booleans(), st.booleans())
def test_a_change_of_convention_with_its_drift_is_no_change(a, w, alpha, diagonal, wraps):
    """dX = a + sigma o dW and its Ito form have the same rates, up to the quadrature of one edge."""
    gaps = []
    for n in (12, 24):
        kind = "periodic" if wraps else "uniform"
        sides = (Side(kind, n, ("reflecting", "absorbing")), Side("uniform", n, ("reflecting", "reflecting")))
        case = Case("drift", sides, (a, 1.0, -2.0), w, diagonal, alpha, reference=None)
        one = case.generator()

        def compensated(*x, case=case):
            slopes = [
                alpha * (1 + 0.3 * k * diagonal) * w / 2 * np.cos(case.phase(k, v) + 0.4 * k) * case.turn(k)
                for k, v in enumerate(x)
            ]
            return tuple(f + s for f, s in zip(case.drift(*x), slopes, strict=True))

        problem = fokker.Problem(
            compensated, diffusion=case.diffusion, convention="ito", domain=case.domain, boundary=case.walls
        )
        two = fokker.discretize(problem, grid=case.grid(), reference=None)
        logs = [np.log(np.concatenate([g.forward, g.backward, g.total_exit[g.total_exit > 0]])) for g in (one, two)]
        gaps.append(np.abs(logs[1] - logs[0]).max())
    assert gaps[1] < 1e-3
    assert gaps[1] <= gaps[0] / 3.5 + 1e-12  # second order at least


# ---------------------------------------------------------------- 10: invariances
def _permuted(case, order):
    """Return the same process with its axes in another order, and its generator."""
    names = [NAMES[k] for k in order]

    def back(x):
        result = [None] * len(x)
        for v, k in zip(x, order, strict=True):
            result[k] = v
        return result

    def vector(function):
        def permuted(*x):
            parts = function(*back(x))
            return tuple(parts[k] for k in order) if isinstance(parts, tuple) else parts

        return permuted

    shared = {"domain": {n: case.domain[n] for n in names}, "boundary": {n: case.walls[n] for n in names}}
    if case.kind == "drift":
        problem = fokker.Problem(
            vector(case.drift), diffusion=vector(case.diffusion), convention=case.alpha, **shared
        )  # fmt: skip
    else:
        force = {} if case.kind == "potential" else {"force": vector(case.force)}
        problem = fokker.Problem.from_potential(
            lambda *x: case.potential(*back(x)), temperature=1.0, mobility=vector(case.diffusion), **force, **shared
        )  # fmt: skip
    axes = case.grid().axes
    return fokker.discretize(problem, grid=fokker.Grid(**{n: axes[n] for n in names}), reference=case.reference)


@FEW
@given(cases(), st.permutations(range(3)))
def test_the_order_of_the_axes_does_not_matter(case, order):
    order = [k for k in order if k < case.dimension]
    one, two = case.generator(), _permuted(case, order)
    near, far = balls(case)

    def turned(inside):
        def predicate(*x):
            result = [None] * len(x)
            for v, k in zip(x, order, strict=True):
                result[k] = v
            return inside(*result)

        return predicate

    for place, k in enumerate(order):
        old = np.transpose(one.lattice.edges(one.forward, k), order)
        np.testing.assert_allclose(two.lattice.edges(two.forward, place), old, rtol=1e-9)
    times = [fokker.mean_first_passage(g, t).values for g, t in ((one, near), (two, turned(near)))]
    np.testing.assert_allclose(times[1], np.transpose(times[0], order), rtol=1e-9)
    chances = [
        fokker.splitting(g, {"a": t[0], "b": t[1]})["b"].values
        for g, t in ((one, (near, far)), (two, (turned(near), turned(far))))
    ]
    np.testing.assert_allclose(chances[1], np.transpose(chances[0], order), rtol=1e-9)


@FEW
@given(cases(axes=("uniform", "stretched", "random", "periodic")), st.integers(0, 2))
def test_reflection_of_an_axis(case, k):
    k = k % case.dimension

    def sign(x):
        return [-v if j == k else v for j, v in enumerate(x)]

    def flipped(function):
        return lambda *x: tuple(-v if j == k else v for j, v in enumerate(function(*sign(x))))

    lo, hi = case.domain[NAMES[k]]
    wall = case.walls[NAMES[k]]
    shared = {
        "domain": case.domain | {NAMES[k]: (-hi, -lo)},
        "boundary": case.walls | {NAMES[k]: wall if wall == "periodic" else wall[::-1]},
    }
    if case.kind == "drift":
        problem = fokker.Problem(
            flipped(case.drift), diffusion=lambda *x: case.diffusion(*sign(x)), convention=case.alpha, **shared
        )
    else:
        force = {} if case.kind == "potential" else {"force": flipped(case.force)}
        problem = fokker.Problem.from_potential(
            lambda *x: case.potential(*sign(x)), temperature=1.0, mobility=lambda *x: case.diffusion(*sign(x)),
            **force, **shared,
        )  # fmt: skip
    axes = case.grid().axes
    axes[NAMES[k]] = fokker.Axis.stretched(-axes[NAMES[k]].faces[::-1])
    one, two = case.generator(), fokker.discretize(problem, grid=fokker.Grid(**axes), reference=case.reference)
    if not one.lattice.periodic[k]:
        old = np.flip(one.lattice.edges(one.backward, k), axis=k)
        np.testing.assert_allclose(two.lattice.edges(two.forward, k), old, rtol=1e-9)
    near, _ = balls(case)
    times = [
        fokker.mean_first_passage(one, near).values,
        np.flip(fokker.mean_first_passage(two, lambda *x: near(*sign(x))).values, axis=k),
    ]
    np.testing.assert_allclose(times[1], times[0], rtol=1e-8)


@FEW
@given(cases(axes=("uniform", "stretched", "random", "periodic")), st.sampled_from([1e-5, 0.3, 1e4]),
       st.sampled_from([1e-6, 7.0, 1e5]))  # fmt: skip
def test_units_of_length_and_time(case, length, time):
    robin = {fokker.Robin(v): fokker.Robin(v * length / time) for v in (0.4, 30.0)}

    def unit(x):
        return [v / length for v in x]

    def both(parts, factor):
        return tuple(factor * v for v in parts) if isinstance(parts, tuple) else factor * parts

    shared = {
        "domain": {n: (lo * length, hi * length) for n, (lo, hi) in case.domain.items()},
        "boundary": {
            n: w if w == "periodic" else tuple(robin.get(v, v) for v in w) for n, w in case.walls.items()
        },
    }  # fmt: skip
    if case.kind == "drift":
        problem = fokker.Problem(
            lambda *x: both(case.drift(*unit(x)), length / time),
            diffusion=lambda *x: both(case.diffusion(*unit(x)), length**2 / time), convention=case.alpha, **shared,
        )  # fmt: skip
    else:
        force = {} if case.kind == "potential" else {"force": lambda *x: both(case.force(*unit(x)), 1 / length)}
        problem = fokker.Problem.from_potential(
            lambda *x: case.potential(*unit(x)), temperature=1.0,
            mobility=lambda *x: both(case.diffusion(*unit(x)), length**2 / time), **force, **shared,
        )  # fmt: skip
    grid = fokker.Grid(**{n: fokker.Axis.stretched(ax.faces * length) for n, ax in case.grid().axes.items()})
    one, two = case.generator(), fokker.discretize(problem, grid=grid, reference=case.reference)
    np.testing.assert_allclose(two.forward * time, one.forward, rtol=1e-9)
    np.testing.assert_allclose(two.backward * time, one.backward, rtol=1e-9)
    for label, rates in one.exit_rates.items():
        np.testing.assert_allclose(two.exit_rates[label] * time, rates, rtol=1e-9)
    near, _ = balls(case)
    times = [fokker.mean_first_passage(one, near), fokker.mean_first_passage(two, lambda *x: near(*unit(x)))]
    np.testing.assert_allclose(times[1].values / time, times[0].values, rtol=1e-8)


@FEW
@given(cases(axes=("uniform", "stretched", "periodic"), dimensions=(2,)), st.integers(1, 11))
def test_a_ring_shifted_by_cells(case, shift):
    n = 12
    case = replace(case, sides=(Side("periodic", n, ("reflecting", "reflecting")), *case.sides[1:]))
    by = shift * (HIGH[0] - LOW[0]) / n

    class Shifted(Case):
        def phase(self, k, x):
            return Case.phase(self, k, x + by if k == 0 else x)

    moved = Shifted(**{f: getattr(case, f) for f in case.__dataclass_fields__})
    one, two = case.generator(), moved.generator()
    np.testing.assert_allclose(
        two.lattice.edges(two.forward, 0), np.roll(one.lattice.edges(one.forward, 0), -shift, axis=0), rtol=1e-8
    )
    np.testing.assert_allclose(
        two.lattice.edges(two.backward, 1), np.roll(one.lattice.edges(one.backward, 1), -shift, axis=0), rtol=1e-8
    )
    if not one.exit_rates:
        laws = [fokker.stationary(g).values for g in (one, two)]
        np.testing.assert_allclose(laws[1], np.roll(laws[0], -shift, axis=0), rtol=1e-8)
        assert (
            abs(fokker.entropy_production(fokker.stationary(one)) - fokker.entropy_production(fokker.stationary(two)))
            < 1e-8
        )
    else:
        times = [fokker.mean_first_passage(g).values for g in (one, two)]
        np.testing.assert_allclose(times[1], np.roll(times[0], -shift, axis=0), rtol=1e-8)


@FEW
@given(cases(kinds=("potential", "force")), st.sampled_from([-1e4, 3.0, 1e6]))
def test_a_constant_in_the_potential(case, constant):
    class Raised(Case):
        def potential(self, *x):
            return Case.potential(self, *x) + constant

    raised = Raised(**{f: getattr(case, f) for f in case.__dataclass_fields__})
    one, two = case.generator(), raised.generator()
    rounding = 64 * EPS * abs(constant)  # of the potential itself
    np.testing.assert_allclose(two.forward, one.forward, rtol=1e-12 + rounding)
    np.testing.assert_allclose(two.backward, one.backward, rtol=1e-12 + rounding)


def driven_rings(dimension):
    """Return generators of a ring with a constant force, from a potential and from a drift."""
    names, force = NAMES[:dimension], (1.5, *[0.0] * (dimension - 1))
    walls = {"x": "periodic"} | dict.fromkeys(names[1:], "reflecting")
    shared = {"domain": dict.fromkeys(names, (0.0, 2.0)), "boundary": walls}
    flat = fokker.Problem.from_potential(lambda *x: 0.3 * x[1] ** 2 + 0 * x[0], temperature=1.0, force=force, **shared)
    drift = fokker.Problem(lambda *x: (1.5 + 0 * x[0], *[-0.6 * v for v in x[1:]]), diffusion=1.0, **shared)
    return [fokker.discretize(problem, cells=6) for problem in (flat, drift)]


@pytest.mark.parametrize("dimension", [2, 3])
def test_a_ring_with_a_constant_force_produces_entropy(dimension):
    for g in driven_rings(dimension):
        assert not g.is_reversible
        density = fokker.stationary(g)
        assert abs(fokker.entropy_production(density) / 1.5**2 - 1) < 1e-2  # f**2 / D, second order in wide cells


@pytest.mark.parametrize("dimension", [2, 3])
def test_a_ring_with_a_constant_force_is_not_called_balanced(dimension):
    for g in driven_rings(dimension):
        assert g.notes["detailed_balance"].startswith("broken")

"""What holds for the law at later times of any process, whatever the method: mass, sign, entropy, composition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fokker

FEW = settings(max_examples=6, deadline=None, derandomize=True)
TIMES = np.array([0.01, 0.05, 0.2, 0.6])
TOL = 1e-9
METHODS = ("uniformisation", "krylov", "radau", "backward-euler")
POSITIVE = ("uniformisation", "backward-euler")
SMALL = {"uniformisation": 1e-12, "krylov": TOL, "radau": TOL}  # error in time of a law, in its sum over the cells

amplitudes = st.lists(st.floats(-5, 5), min_size=3, max_size=3)
wiggles = st.floats(-0.8, 0.8)
alphas = st.sampled_from([0.0, 0.5, 1.0])
seeds = st.integers(0, 2**20)
kinds = st.sampled_from(["walls", "ring", "plane"])


def build(kind, a, w, alpha, boundary="reflecting"):
    """Return a small generator: between walls, around a ring, or in the plane with rotation."""
    if kind == "plane":
        problem = fokker.Problem(
            drift=lambda x, y: (-x + a[0] * y / 20, -a[0] * x / 20 - y + a[1] * np.sin(x) / 20),
            diffusion=lambda x, y: 0.7 * (1 + w * np.sin(x + y) / 2),
            convention=alpha,
            domain={"x": (-2, 2), "y": (-2, 2)},
            boundary=boundary,
        )
        return fokker.discretize(problem, cells=9)
    problem = fokker.Problem(
        drift=lambda x: a[0] + a[1] * np.cos(np.pi * x) + a[2] * np.sin(2 * np.pi * x),
        diffusion=lambda x: 0.3 * (1 + w * np.sin(np.pi * x)),
        convention=alpha,
        domain={"x": (-1, 1)},
        boundary="periodic" if kind == "ring" else boundary,
    )
    return fokker.discretize(problem, cells=30)


def some_law(generator, seed):
    """Return a law that is positive everywhere, and rough."""
    law = np.random.default_rng(seed).uniform(0.05, 1.0, generator.cells) * generator.masses
    return law / law.sum()


def evolve(generator, law, times, method):
    """Propagate, backward Euler to the 0.03 it can afford, the others to TOL."""
    tol = 0.03 if method == "backward-euler" else TOL
    return fokker.propagate(generator, law, times, method=method, tol=tol)


@pytest.mark.parametrize("method", METHODS)
@FEW
@given(kinds, amplitudes, wiggles, alphas, seeds)
def test_mass_sign_and_entropy(method, kind, a, w, alpha, seed):
    """A Markov kernel keeps the mass, and brings any law nearer to the one at rest: entropy, chi square, range."""
    generator = build(kind, a, w, alpha)
    rest = fokker.stationary(generator).mass.ravel()
    start = some_law(generator, seed)
    laws = np.vstack([start, evolve(generator, start, TIMES, method).laws])
    assert np.abs(laws.sum(axis=1) - 1).max() <= 1e-13
    ratio = laws / rest
    if method in POSITIVE:
        assert laws.min() >= 0.0
        assert ratio.min() >= ratio[0].min() * (1 - 1e-11)
        assert ratio.max() <= ratio[0].max() * (1 + 1e-11)
    slack = SMALL.get(method, 1e-12) * len(TIMES)
    spread = np.abs(np.log(ratio[0])).max()
    assert laws.min() >= -slack
    floor = np.maximum(ratio, 1e-300)
    entropy = (laws * np.log(floor)).sum(axis=1)
    assert (np.diff(entropy) <= 4 * slack * (1 + spread)).all()
    chi = (laws**2 / rest).sum(axis=1)
    assert (np.diff(chi) <= 4 * slack * (1 + ratio[0].max())).all()


@pytest.mark.parametrize("method", ["uniformisation", "krylov", "radau"])
@FEW
@given(kinds, amplitudes, wiggles, alphas, seeds)
def test_composition(method, kind, a, w, alpha, seed):
    """P(s + t) = P(t) P(s), and stops on the way change nothing."""
    generator = build(kind, a, w, alpha)
    start = some_law(generator, seed)
    first = evolve(generator, start, [0.13], method).laws[0]
    second = evolve(generator, np.maximum(first, 0.0) / np.maximum(first, 0.0).sum(), [0.31], method).laws[0]
    stops = evolve(generator, start, [0.13, 0.44], method).laws
    whole = evolve(generator, start, [0.44], method).laws[0]
    for other in (second, stops[1]):
        assert np.abs(whole - other).sum() <= 4 * SMALL[method]
    assert np.abs(first - stops[0]).sum() <= 2 * SMALL[method]


@pytest.mark.parametrize("method", ["uniformisation", "krylov", "radau"])
@FEW
@given(kinds, amplitudes, wiggles, alphas, seeds)
def test_linear_and_contracting(method, kind, a, w, alpha, seed):
    generator = build(kind, a, w, alpha)
    one, two = some_law(generator, seed), some_law(generator, seed + 1)
    found = [evolve(generator, law, TIMES, method).laws for law in (one, two, 0.3 * one + 0.7 * two)]
    slack = 2 * SMALL[method]
    assert np.abs(0.3 * found[0] + 0.7 * found[1] - found[2]).sum(axis=1).max() <= slack
    apart = np.abs(np.vstack([one - two, found[0] - found[1]])).sum(axis=1)
    assert (np.diff(apart) <= 2 * slack).all()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", ["walls", "ring", "plane"])
def test_the_law_at_rest_stays(method, kind):
    generator = build(kind, [1.0, -2.0, 0.7], 0.4, 0.5)
    rest = fokker.stationary(generator).mass.ravel()
    laws = evolve(generator, rest, TIMES, method).laws
    assert np.abs(laws - rest).sum(axis=1).max() <= 1e-12


@pytest.mark.parametrize("method", ["uniformisation", "krylov", "radau"])
@FEW
@given(kinds, amplitudes, wiggles, alphas, seeds, st.sampled_from(["reflecting", "absorbing", fokker.Robin(2.0)]))
def test_forward_and_backward_are_adjoint(method, kind, a, w, alpha, seed, boundary):
    """The mean of an observable over the later law is the mean over the first law of what it will be."""
    generator = build(kind, a, w, alpha, boundary)
    start = some_law(generator, seed)

    def observable(*x):
        return np.cos(2 * x[0]) + 0.3 * x[-1]

    later = evolve(generator, start, TIMES, method).expectation(observable)
    before = fokker.expectation(generator, observable, TIMES, method=method, tol=TOL).values
    assert np.abs(before.reshape(len(TIMES), -1) @ start - later).max() <= 1.7 * 2 * SMALL[method]


@pytest.mark.parametrize("method", METHODS)
@FEW
@given(st.sampled_from(["walls", "plane"]), amplitudes, wiggles, alphas, seeds)
def test_absorption_only_takes(method, kind, a, w, alpha, seed):
    generator = build(kind, a, w, alpha, "absorbing")
    path = evolve(generator, some_law(generator, seed), TIMES, method)
    left = np.append(1.0, path.survival)
    assert (np.diff(left) <= 0.0).all()
    assert path.laws.min() >= (0.0 if method in POSITIVE else -TOL)

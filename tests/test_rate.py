"""Rates between sets: Hill's relation, fluxes, rings, and the limit of Kramers."""

import numpy as np
import pytest

import fokker
from fokker.errors import FokkerError, NormalisationError, TargetError
from fokker.theory import kramers

LINE = {"x": (-np.inf, np.inf)}
TURN = 2 * np.pi


def quartic(d, domain=LINE):
    return fokker.Problem(lambda x: x - x**3, diffusion=d, domain=domain)


def left(x):
    return x < -0.812


def right(x):
    return x > 0.943


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("barrier", [1, 8, 60])
def test_one_over_the_mean_time_from_the_edge_of_the_source(barrier, alpha):
    """Whoever comes from the target enters the source at its wall: the rate is 1 / T(wall to target)."""
    problem = fokker.Problem(
        lambda x: -4 * barrier * x * (x**2 - 1) * (1 + 0.5 * np.sin(x)), diffusion=lambda x: 1 + 0.5 * np.sin(x),
        convention=alpha, domain={"x": (-1.6, 1.7)},
    )  # fmt: skip
    g = fokker.discretize(problem, cells=150)
    edge = np.array([-0.812, 0.943])
    there = fokker.mean_first_passage(g, right).at(x=edge[0])
    back = fokker.mean_first_passage(g, left).at(x=edge[1])
    assert abs(fokker.rate(g, left, right) * there - 1) < 1e-9
    assert abs(fokker.rate(g, right, left) * back - 1) < 1e-9


@pytest.mark.parametrize("tilt", [0.0, 0.8, -4.0])
def test_on_a_ring_by_the_chain_of_entries(tilt):
    """1 / rate is the mean time to the target from the stationary law of the points of entry into the source."""
    problem = fokker.Problem(
        lambda x: 2 * np.sin(2 * x) + tilt, diffusion=1.0, domain={"x": (0, TURN)}, boundary="periodic"
    )
    g = fokker.discretize(problem, cells=80)
    a, b, rim = (1.2, 2.1), (4.2, 5.5), 0.3

    def source(x):
        return (x >= a[0]) & (x <= a[1])

    def target(x):
        return (x >= b[0]) & (x <= b[1])

    def entry(to, start):
        """Probability to enter the arc `to` at its lower end."""
        ways = fokker.splitting(
            g, {"low": lambda x: (x >= to[0]) & (x <= to[0] + rim), "high": lambda x: (x >= to[1] - rim) & (x <= to[1])}
        )
        return ways["low"].at(x=np.asarray(start))

    into_b, into_a = entry(b, a), entry(a, b)
    # entry into A at its low end, given the last entry at the low (high) end: through B
    step = into_b * into_a[0] + (1 - into_b) * into_a[1]
    low = step[1] / (1 - step[0] + step[1])
    times = fokker.mean_first_passage(g, target).at(x=np.asarray(a))
    assert abs(fokker.rate(g, source, target) * (low * times[0] + (1 - low) * times[1]) - 1) < 1e-9


@pytest.mark.parametrize(("d", "product"), [(0.1, 1.2244), (0.05, 1.1066), (0.025, 1.0434)])
def test_kramers(d, product):
    """Printed: k tau of the well-to-well time; the correction is 1 + 1.5 D."""
    k = kramers.rate(d, 0.25, 2.0, 1.0)
    g = fokker.discretize(quartic(d), cells=300)
    tau = fokker.mean_first_passage(g, lambda x: x > 1).at(x=-1.0)
    assert abs(k * tau - product) < 5e-5
    there = fokker.rate(g, lambda x: x < -1, lambda x: x > 1)
    assert abs(there * tau - 1) < 1e-9
    assert abs(k / there - (1 + 1.5 * d)) < 15 * d**2
    # relaxation is twice as fast as escape
    slow = -fokker.spectrum(fokker.discretize(quartic(d, {"x": (-3, 3)}), cells=800), k=2).eigenvalues[1]
    assert abs(slow / (2 * k) - (1 - 1.5 * d)) < 15 * d**2


@pytest.mark.parametrize("barrier", [10, 20, 40])
def test_half_of_the_slowest_eigenvalue(barrier):
    """Two equal wells: lambda_1 = 2 k up to terms exp(-barrier)."""
    problem = fokker.Problem.from_potential(
        lambda x: barrier * (x**2 - 1) ** 2, temperature=1.0, domain={"x": (-1.7, 1.7)}
    )
    g = fokker.discretize(problem, cells=1000)
    k = fokker.rate(g, lambda x: x < -0.8, lambda x: x > 0.8)
    slow = -fokker.spectrum(g, k=2).eigenvalues[1]
    assert abs(slow / (2 * k) - 1) < max(1e-6, 3 * np.exp(-0.8 * barrier))


@pytest.mark.parametrize(("alpha", "low", "high"), [(0.0, 1.02, 1.11), (0.5, 1.02, 1.11), (1.0, 1.02, 1.11)])
def test_kramers_with_noise_that_depends_on_the_state(alpha, low, high):
    previous = np.inf
    for eps in (0.05, 0.025, 0.0125):
        problem = fokker.Problem(
            lambda x: x - x**3,
            diffusion=lambda x, eps=eps: eps * (1 + np.sin(x) / 2),
            convention=alpha,
            domain={"x": (-3, 3)},
        )
        g = fokker.discretize(problem, cells=400)
        k = kramers.rate_state_dependent(eps, 0.3377124324867, 2, 1, 1 + np.sin(-1) / 2, 1.0, alpha=alpha)
        ratio = k / fokker.rate(g, lambda x: x < -0.9, lambda x: x > 1)
        assert 1 < ratio < high
        assert ratio - 1 < 0.6 * previous  # of first order in eps
        previous = ratio - 1


def test_mobility_at_the_barrier():
    """dx = -d U' dt, isothermal: only d at the top counts, here three times that of the wells."""
    for eps in (0.04, 0.02, 0.01):
        problem = fokker.Problem.from_potential(
            lambda x: x**4 / 4 - x**2 / 2, temperature=eps, mobility=lambda x: 1 + 0.5 * np.cos(np.pi * x),
            domain={"x": (-2, 2)},
        )  # fmt: skip
        k = fokker.rate(fokker.discretize(problem, cells=400), lambda x: x < -0.9, lambda x: x > 0.9)
        assert abs(kramers.rate_mobility(eps, 0.25, 2, 1, mobility_barrier=1.5) / k - 1) < 6 * eps


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        (lambda x: x < 0.1, lambda x: x > 0, "overlap"),
        (lambda x: x < -90, right, "source is empty"),
        (left, lambda x: x > 90, "target is empty"),
    ],
)
def test_sets_that_are_none(source, target, words):
    with pytest.raises(TargetError, match=words):
        fokker.rate(fokker.discretize(quartic(0.1), cells=100), source, target)


def test_a_wall_that_absorbs_leaves_no_stationary_law():
    problem = fokker.Problem(0.0, diffusion=1.0, domain={"x": (-2, 2)}, boundary="absorbing")
    with pytest.raises(NormalisationError, match="nothing is stationary"):
        fokker.rate(fokker.discretize(problem, cells=100), left, right)
    with pytest.raises(FokkerError, match="asks a generator"):
        fokker.rate(problem, left, right)

"""Work on a trap that is moved and stiffened: the equalities, the second law, samples, and bad input."""

import numpy as np
import pytest
from scipy.linalg import expm

from fokker.errors import FokkerError
from fokker.theory.driven_work import Trap, free_energy_difference

TRAP = Trap(np.linspace(1.0, 3.0, 6), np.linspace(0.0, 1.0, 6), dwell=0.2, mobility=1.3, temperature=0.7)


def test_equalities() -> None:
    back, difference = TRAP.reversed(), TRAP.free_energy_difference() / 0.7
    assert TRAP.log_generating(1.0) == pytest.approx(-difference, rel=1e-13)
    assert TRAP.log_generating(0.0) == pytest.approx(0.0, abs=1e-15)
    for share in (-0.3, 0.2, 0.5, 0.8, 1.2):
        assert TRAP.log_generating(share) == pytest.approx(back.log_generating(1 - share) - difference, abs=1e-13)


def test_mean_work_is_the_slope_at_zero_and_obeys_the_second_law() -> None:
    d = 1e-4
    slope = (TRAP.log_generating(d) - TRAP.log_generating(-d)) / (2 * d)
    assert TRAP.mean_work() == pytest.approx(-0.7 * slope, rel=1e-6)  # second differences at d = 1e-4
    assert TRAP.mean_work() > TRAP.free_energy_difference() > -TRAP.reversed().mean_work()


def test_a_trap_that_moves_has_gaussian_work() -> None:
    """Mean and variance from the covariance of the places at the steps: ln G is a parabola."""
    centres, c, dwell, mobility, t = np.array([0.0, 0.4, 0.9, 1.0]), 2.0, 0.3, 1.5, 0.5
    trap = Trap(np.full(4, c), centres, dwell, mobility, t)
    steps, left = np.diff(centres), np.exp(-mobility * c * dwell)
    apart = np.abs(np.subtract.outer(np.arange(3), np.arange(3)))
    variance = c**2 * steps @ (t / c * left**apart) @ steps
    for share in (0.3, 1.0, -2.0):
        closed = -share * variance / (2 * t**2) + share**2 * variance / (2 * t**2)
        assert trap.log_generating(share) == pytest.approx(closed, abs=1e-14)
    assert trap.mean_work() == pytest.approx(variance / (2 * t), rel=1e-13)


def test_a_slow_protocol_wastes_nothing() -> None:
    wasted = []
    for count in (100, 200):
        trap = Trap(np.linspace(1.0, 3.0, count + 1), np.linspace(0.0, 1.0, count + 1), 50.0, 1.0, 0.5)
        wasted.append(trap.mean_work() - trap.free_energy_difference())
    assert wasted[0] / wasted[1] == pytest.approx(2.0, rel=0.02)  # one over the number of steps


def test_against_a_chain_in_small() -> None:
    """A dense random walk in the same traps: the generating function to its second order in the cell."""
    x, t = np.linspace(-6.0, 7.0, 521), 0.7
    h = x[1] - x[0]
    law, before, total = None, 0.0, 0.0
    for c, a in zip(TRAP.stiffness, TRAP.centres, strict=True):
        energy = c * (x - a) ** 2 / 2
        if law is None:
            law = np.exp(-energy / t) / np.exp(-energy / t).sum()
        else:
            law = law * np.exp(-0.5 * (energy - before) / t)
            total += np.log(law.sum())
            up = 1.3 * t / h**2 * np.exp(-np.diff(energy) / (2 * t))
            down = 1.3 * t / h**2 * np.exp(np.diff(energy) / (2 * t))
            q = np.diag(up, 1) + np.diag(down, -1)
            q -= np.diag(q.sum(axis=1))
            law = (law / law.sum()) @ expm(0.2 * q)
        before = energy
    assert total == pytest.approx(TRAP.log_generating(0.5), abs=2e-4)


def test_free_energy_of_a_trap_by_quadrature() -> None:
    found = free_energy_difference(lambda x: x**2 / 2, lambda x: 3 * (x - 1) ** 2 / 2, 0.7, (-12.0, 12.0))
    assert found == pytest.approx(TRAP.free_energy_difference(), rel=1e-10)


@pytest.mark.parametrize(
    "call",
    [
        lambda: Trap([1.0], [0.0], 1.0, 1.0, 1.0),
        lambda: Trap([1.0, -1.0], [0.0, 0.0], 1.0, 1.0, 1.0),
        lambda: Trap([1.0, 1.0], [0.0, 0.0, 1.0], 1.0, 1.0, 1.0),
        lambda: Trap([1.0, 1.0], [0.0, 1.0], 0.0, 1.0, 1.0),
        lambda: TRAP.log_generating(-20.0),
    ],
)
def test_bad_input(call) -> None:
    with pytest.raises(FokkerError, match="accepted"):
        call()

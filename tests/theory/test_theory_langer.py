"""Langer's rate: its special cases, and ratios to eigenvalues computed elsewhere."""

import numpy as np
import pytest

from fokker.errors import FokkerError
from fokker.theory import kramers, langer

WELL, SADDLE = np.array([[3.0, -1.0], [-1.0, 1.0]]), np.array([[0.0, -1.0], [-1.0, 1.0]])
UNSTABLE = {1.0: "0.6180339887", 0.2: "0.3582575695"}
# slowest eigenvalues of V = (x^2 - 1)^2/4 + (y - x)^2/2, mobility diag(1, m), and their ratios to 2 k
EIGENVALUES = {
    1.0: [(0.1, 0.01904166, "0.834"), (0.05, 0.00164535, "0.878"), (0.025, 1.18942e-5, "0.942")],
    0.2: [(0.1, 0.00791886, "0.598"), (0.05, 0.000787438, "0.725"), (0.025, 6.30533e-6, "0.861")],
}


@pytest.mark.parametrize("m", UNSTABLE)
def test_unstable_rate(m, agrees) -> None:
    assert agrees(langer.unstable_rate(SADDLE, np.diag([1.0, m])), UNSTABLE[m])


@pytest.mark.parametrize("m", EIGENVALUES)
def test_ratios_to_eigenvalues(m, agrees) -> None:
    for d, eigenvalue, ratio in EIGENVALUES[m]:
        assert agrees(eigenvalue / (2 * langer.rate(d, 0.25, WELL, SADDLE, np.diag([1.0, m]))), ratio)


def test_one_dimension_is_kramers() -> None:
    found = langer.rate(0.03, 0.25, [[2.0]], [[-1.0]])
    assert found == pytest.approx(kramers.rate(0.03, 0.25, 2.0, 1.0), rel=1e-14)
    assert found * langer.time(0.03, 0.25, [[2.0]], [[-1.0]]) == pytest.approx(1.0, rel=1e-14)


def test_inertia_is_kramers_with_friction() -> None:
    """Energy v^2/2 + V(x), M = [[0, -1], [1, g]]: l = sqrt(g^2/4 + w_b^2) - g/2, and k = (l/w_b)(w_a/2 pi) ..."""
    w_a, w_b, g, d, barrier = 1.4, 0.8, 0.6, 0.05, 0.25
    mobility = np.array([[0.0, -1.0], [1.0, g]])
    saddle = np.diag([-(w_b**2), 1.0])
    growth = np.sqrt(g * g / 4 + w_b**2) - g / 2
    assert langer.unstable_rate(saddle, mobility) == pytest.approx(growth, rel=1e-14)
    expected = growth / w_b * w_a / (2 * np.pi) * np.exp(-barrier / d)
    assert langer.rate(d, barrier, np.diag([w_a**2, 1.0]), saddle, mobility) == pytest.approx(expected, rel=1e-13)


def test_rotating_coordinates_changes_nothing() -> None:
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    well, saddle, m = np.diag([2.0, 1.0, 3.0]), np.diag([-1.0, 2.0, 0.5]), np.diag([1.0, 0.3, 2.0])
    turned = [turn @ a @ turn.T for a in (well, saddle, m)]
    turned = [(a + a.T) / 2 for a in turned]
    assert langer.rate(0.1, 1.0, *turned) == pytest.approx(langer.rate(0.1, 1.0, well, saddle, m), rel=1e-12)


def test_bad_input() -> None:
    with pytest.raises(FokkerError, match="saddle of index one"):
        langer.unstable_rate(np.eye(2))
    with pytest.raises(FokkerError, match="minimum"):
        langer.log_rate(0.1, 1.0, SADDLE, SADDLE)
    with pytest.raises(FokkerError, match="symmetric"):
        langer.unstable_rate([[0, 1], [-1, 1]])
    with pytest.raises(FokkerError, match="one size"):
        langer.log_rate(0.1, 1.0, np.eye(3), SADDLE)
    with pytest.raises(FokkerError, match="too large"):
        langer.time(1e-4, 1.0, WELL, SADDLE)

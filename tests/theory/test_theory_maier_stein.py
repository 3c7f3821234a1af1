"""Maier and Stein's process: the closed prefactor against the equation it solves, and its special cases."""

import numpy as np
import pytest

from fokker.errors import FokkerError
from fokker.theory import kramers, langer, maier_stein

PRINTED = {
    (1.0, 1.0): "1",
    (2.0, 1.0): "1.5181017352969",
    (3.0, 1.0): "2.7010580616972",
    (3.8, 1.0): "7.3565640833812",
    (1.0, 0.5): "1.6465424783654",
}


@pytest.mark.parametrize("case", PRINTED)
def test_prefactor(case, agrees) -> None:
    assert agrees(maier_stein.prefactor(*case), PRINTED[case], slack=1e-14)


@pytest.mark.parametrize("case", [(2.0, 1.0), (3.0, 1.0), (1.0, 0.5), (0.3, 2.0)])
def test_prefactor_solves_the_transport_equations(case) -> None:
    """Integrate curvature and amplitude along the axis, from the sink (two terms of its series) to the saddle."""
    from scipy.integrate import solve_ivp

    alpha, mu = case

    def slope(x, state):
        u, r = x - x**3, mu * (1 + x * x)
        z = state[0]
        return [(z * z - 2 * r * z + 4 * alpha * x * u) / u, (z / 2 - r) / u]

    step = 1e-6
    first = -(8 * mu**2 + 4 * alpha) / (1 + 2 * mu)
    path = solve_ivp(slope, (-1 + step, -1e-6), [4 * mu + first * step, 0.0], method="LSODA", rtol=1e-11, atol=1e-13)
    z, log_ratio = path.y[:, -1]
    found = np.exp(log_ratio) * np.sqrt(2 * mu / z)  # the determinants at the sink and at the saddle
    assert maier_stein.prefactor(alpha, mu) == pytest.approx(found, rel=1e-5)


def test_gradient_case_is_langer() -> None:
    for mu in (0.4, 1.0, 2.5):
        assert maier_stein.prefactor(mu, mu) == pytest.approx(1.0, rel=1e-14)
        expected = langer.rate(0.05, 0.25, np.diag([2.0, 2 * mu]), np.diag([-1.0, mu]))
        assert maier_stein.rate(0.1, mu, mu) == pytest.approx(expected, rel=1e-13)


def test_no_push_is_one_dimension() -> None:
    for mu in (0.4, 1.0, 2.5):
        assert maier_stein.rate(0.1, 0.0, mu) == pytest.approx(kramers.rate(0.05, 0.25, 2.0, 1.0), rel=1e-13)


def test_prefactor_diverges_where_the_way_out_forks() -> None:
    for mu in (0.5, 1.0):
        critical = maier_stein.critical_alpha(mu)
        gaps = np.array([1e-3, 1e-5])
        sizes = maier_stein.prefactor(critical - gaps, mu)
        assert sizes[1] / sizes[0] == pytest.approx(10.0, rel=2e-3)  # a simple pole under the root


def test_logarithms_and_times() -> None:
    assert maier_stein.log_rate(1e-4, 2.0, 1.0) == pytest.approx(-5000 + np.log(1.5181017352969 / np.pi), rel=1e-13)
    assert maier_stein.exit_time(0.1, 2.0, 1.0) * maier_stein.rate(0.1, 2.0, 1.0) == pytest.approx(0.5, rel=1e-14)


def test_bad_input() -> None:
    with pytest.raises(FokkerError, match="leaves the axis"):
        maier_stein.prefactor(4.0, 1.0)
    with pytest.raises(FokkerError, match="positive"):
        maier_stein.prefactor(1.0, 0.0)
    with pytest.raises(FokkerError, match="too large"):
        maier_stein.exit_time(1e-4, 1.0, 1.0)

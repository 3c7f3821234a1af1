"""The double well with a circulating force: every number of its steady state and of its drift."""

import mpmath as mp
import numpy as np
import pytest

from fokker.errors import FokkerError
from fokker.theory import chaudhari_soatto as closed

POINTS = np.random.default_rng(5).uniform(-1.5, 1.5, (2, 40))
H = 1e-3


def slope(f, x, y, axis):
    """Return a derivative to fourth order in H."""
    step = (H, 0) if axis == 0 else (0, H)
    f1, f2 = ((f(x + k * step[0], y + k * step[1]) - f(x - k * step[0], y - k * step[1])) / k for k in (1, 2))
    return (4 * f1 - f2) / (6 * H)


def weight(x):
    return mp.exp(-((x * x - 1) ** 2) / 4)


def test_printed_numbers(agrees) -> None:
    assert agrees(closed.normalisation(), "7.623468444672765")
    assert agrees(closed.normalisation() / np.sqrt(2 * np.pi), "3.041323885886116")
    assert agrees(closed.second_moments()[0], "1.0417972964872")
    assert agrees(closed.flux_across_ray(1.0), "0.1162498319347079")
    assert agrees(closed.entropy_production(1.0), "0.68138161154619")
    assert closed.entropy_production(3.0) == pytest.approx(9 * closed.entropy_production(1.0), rel=1e-15)


def test_integrals_of_the_density_by_quadrature() -> None:
    norm = mp.quad(weight, [-mp.inf, -1, 0, 1, mp.inf])
    moments = [mp.quad(lambda x, k=k: x**k * weight(x), [-mp.inf, -1, 0, 1, mp.inf]) / norm for k in (2, 4)]
    assert closed.normalisation() == pytest.approx(float(norm * mp.sqrt(2 * mp.pi)), rel=1e-15)
    assert closed.second_moments()[0] == pytest.approx(float(moments[0]), rel=1e-15)
    assert float(moments[1]) == pytest.approx(1 + closed.second_moments()[0], rel=1e-15)


def test_entropy_production_is_that_of_its_definition() -> None:
    """int |J|^2/p over the plane, D = 1, by the trapezoid on a square that holds it."""
    x, h = np.linspace(-4, 4, 401, retstep=True)
    x, y = x[:, None], x[None, :]
    jx, jy = closed.current(x, y, 0.7)
    total = np.sum((jx**2 + jy**2) * np.exp(-closed.log_density(x, y))) * h * h
    assert closed.entropy_production(0.7) == pytest.approx(total, rel=1e-13)


def test_flux_across_ray_is_that_of_its_definition() -> None:
    r, h = np.linspace(0, 5, 2001, retstep=True)
    for angle in (0.0, 0.8):
        jx, jy = closed.current(r * np.cos(angle), r * np.sin(angle), 1.3)
        across = jy * np.cos(angle) - jx * np.sin(angle)
        simpson = h / 3 * (across[0] + 4 * across[1::2].sum() + 2 * across[2:-1:2].sum() + across[-1])
        assert closed.flux_across_ray(1.3) == pytest.approx(simpson, rel=1e-11)


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.5])
def test_current_is_that_of_the_equation_and_has_no_divergence(strength) -> None:
    """J = b p - grad p, whatever lambda is."""
    x, y = POINTS

    def density(x, y):
        return np.exp(closed.log_density(x, y))

    found = closed.current(x, y, strength)
    for axis in (0, 1):
        expected = closed.drift(x, y, strength)[axis] * density(x, y) - slope(density, x, y, axis)
        np.testing.assert_allclose(found[axis], expected, atol=1e-11)
    divergence = sum(slope(lambda x, y, k=k: closed.current(x, y, strength)[k], x, y, k) for k in (0, 1))
    np.testing.assert_allclose(divergence, 0, atol=1e-11)


def test_force_itself_has_a_divergence() -> None:
    """-lambda x y (x^2 - 2) exp(Phi - r^4/4): the printed claim that it has none is false."""
    x, y = POINTS
    found = sum(slope(lambda x, y, k=k: closed.force(x, y, 1.0)[k], x, y, k) for k in (0, 1))
    expected = -x * y * (x * x - 2) * np.exp(closed.potential(x, y) - (x * x + y * y) ** 2 / 4)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    assert np.abs(found).max() > 0.1


def test_sinks_and_their_rates(agrees) -> None:
    first, second = closed.sinks(0.5)
    assert agrees(first[0], "0.902428321")
    assert agrees(first[1], "0.388802238")
    assert second == (-first[0], -first[1])
    np.testing.assert_allclose(closed.drift(*first, 0.5), 0, atol=1e-15)
    rates = np.sort(np.linalg.eigvals(closed.linearisation(*first, 0.5)))
    assert agrees(rates[0], "-1.216498")
    assert agrees(rates[1], "-1.047405")
    assert closed.sinks(0.0)[0] == (1.0, 0.0)
    np.testing.assert_allclose(closed.linearisation(1.0, 0.0, 0.0), np.diag([-2.0, -1.0]), atol=1e-15)
    np.testing.assert_allclose(closed.linearisation(0.0, 0.0, 0.0), np.diag([1.0, -1.0]), atol=1e-15)


def test_linearisation_is_the_derivative_of_the_drift() -> None:
    for x, y in POINTS.T[:8]:
        numeric = [[slope(lambda x, y, k=k: closed.drift(x, y, 0.9)[k], x, y, j) for j in (0, 1)] for k in (0, 1)]
        np.testing.assert_allclose(closed.linearisation(x, y, 0.9), numeric, atol=1e-9)


def test_merger_and_focus(agrees) -> None:
    assert agrees(closed.CRITICAL_STRENGTH, "0.778800783")
    saddle = np.linalg.eigvals(closed.linearisation(0.0, 0.0, 0.5))
    assert agrees(np.abs(saddle).max(), "0.766694")
    frequency = closed.focus_frequency(1.5)
    assert agrees(frequency, "1.6460932109")
    assert agrees(2 * np.pi / frequency, "3.8170288690")
    rates = np.linalg.eigvals(closed.linearisation(0.0, 0.0, 1.5))
    np.testing.assert_allclose(np.abs(rates.imag), frequency, rtol=1e-13)
    np.testing.assert_allclose(rates.real, 0, atol=1e-13)
    near = np.array(closed.sinks(closed.CRITICAL_STRENGTH * (1 - 1e-6))[0])
    assert np.hypot(*near) < 0.01


def test_orbits_spiral_into_the_origin_like_one_over_time() -> None:
    """H = g r^2/2 - x y is a constant of the linear motion; 1/(H t) tends to a constant: no limit cycle."""
    from scipy.integrate import solve_ivp

    strength = 1.5
    g = strength * np.exp(0.25)
    orbit = solve_ivp(
        lambda t, z: closed.drift(*z, strength),
        (0, 1000),
        [2.0, 0.0],
        method="DOP853",
        rtol=1e-10,
        atol=1e-12,
        t_eval=[100, 300, 1000],
    )
    x, y = orbit.y
    energy = g * (x * x + y * y) / 2 - x * y
    np.testing.assert_allclose(1 / (energy * orbit.t), [0.420, 0.383, 0.366], atol=6e-4)


def test_bad_input() -> None:
    with pytest.raises(FokkerError, match="merge"):
        closed.sinks(0.8)
    with pytest.raises(FokkerError, match="saddle"):
        closed.focus_frequency(0.5)

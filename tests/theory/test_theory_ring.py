"""Transport on a ring: printed velocities and diffusions, a spectral route, limits, conventions."""

import numpy as np
import pytest
from scipy.special import iv

from fokker.errors import FokkerError
from fokker.theory import ring

TILTED = [
    (0.5, 0.5, "0.175593406037", "0.423588797443"),
    (1.0, 0.1, "0.368953245762", "0.41112993532"),
    (0.9, 0.05, "0.107602615443", "0.231405040551"),
    (1.0, 0.01, "0.171367631404", "0.18181318500"),
]


@pytest.mark.parametrize("row", TILTED)
def test_tilted_cosine(row, agrees) -> None:
    f, d, v, deff = row
    assert agrees(ring.velocity(np.cos, f, d), v, slack=1e-12)
    assert agrees(ring.effective_diffusion(np.cos, f, d), deff, slack=1e-11)
    assert ring.velocity(np.cos, -f, d) == pytest.approx(-ring.velocity(np.cos, f, d), rel=1e-11)
    assert ring.effective_diffusion(np.cos, -f, d) == pytest.approx(float(deff), rel=1e-9)


def test_without_tilt(agrees) -> None:
    for value in (ring.lifson_jackson(np.cos, 0.5), ring.effective_diffusion(np.cos, 0.0, 0.5)):
        assert agrees(value, "0.096218439245836", slack=1e-13)
    assert ring.velocity(np.cos, 0.0, 0.5) == 0.0
    assert ring.lifson_jackson(np.cos, 0.05) == pytest.approx(0.05 / iv(0, 20.0) ** 2, rel=1e-12)


def spectral(force, temperature, tilt):
    """Velocity and effective diffusion for J = b p - (T p)' by Fourier modes; b = force + tilt (callables of x)."""
    n = 128
    x = 2 * np.pi * np.arange(n) / n
    k = np.fft.fftfreq(n, 1 / n)
    derivative = np.real(np.fft.ifft(1j * k[:, None] * np.fft.fft(np.eye(n), axis=0), axis=0))
    b, t = force(x) + tilt, temperature(x)
    operator = derivative @ (derivative @ np.diag(t) - np.diag(b))
    system = np.vstack([operator, np.full(n, 2 * np.pi / n)])
    rho = np.linalg.lstsq(system, np.r_[np.zeros(n), 1.0], rcond=None)[0]
    v = 2 * np.pi * np.mean(b * rho)
    rhs = -((b - v) * rho - 2 * derivative @ (t * rho))
    m1 = np.linalg.lstsq(system, np.r_[rhs, 0.0], rcond=None)[0]
    return v, 2 * np.pi * np.mean(t * rho + b * m1)


@pytest.mark.parametrize(("f", "d"), [(0.5, 0.5), (1.0, 0.1), (-0.3, 0.3)])
def test_spectral_route(f, d) -> None:
    def potential(x):
        return np.cos(x) + 0.3 * np.sin(2 * x)

    v, deff = spectral(lambda x: np.sin(x) - 0.6 * np.cos(2 * x), lambda x: d + 0 * x, f)
    assert ring.velocity(potential, f, d) == pytest.approx(v, rel=1e-9)
    assert ring.effective_diffusion(potential, f, d) == pytest.approx(deff, rel=1e-9)


def test_free_motion_and_periods() -> None:
    assert ring.velocity(lambda x: 0 * x, 0.7, 0.3, period=1.3) == pytest.approx(0.7, rel=1e-13)
    assert ring.effective_diffusion(lambda x: 0 * x, 0.7, 0.3, period=1.3) == pytest.approx(0.3, rel=1e-13)
    doubled = ring.velocity(np.cos, 0.5, 0.5, period=4 * np.pi)
    assert doubled == pytest.approx(ring.velocity(np.cos, 0.5, 0.5), rel=1e-12)
    strong = ring.velocity(np.cos, 1.5, 1e-3)  # deterministic: sqrt(F^2 - 1)
    assert strong == pytest.approx(np.sqrt(1.25), rel=1e-4)


def test_sawtooth_with_a_kink() -> None:
    """A piecewise linear potential on period 1, slopes of size 2: no tilt, D_eff = D (p/sinh p)^2, p = 1/(2 D)."""
    d = 0.2
    p = 1 / (2 * d)
    value = ring.lifson_jackson(lambda x: np.abs(2 * x - 1), d, period=1.0, breakpoints=[0.5])
    assert value == pytest.approx(d * (p / np.sinh(p)) ** 2, rel=1e-13)


@pytest.mark.parametrize(("t0", "value"), [(0.5, "-0.04492067575068"), (1.0, "-0.149635957512")])
def test_landauer_buettiker(t0, value, agrees) -> None:
    v = ring.thermal_velocity(lambda x: ring.psi_cosine(x, t0, 0.5), lambda x: t0 * (1 + 0.5 * np.sin(x)), alpha=0)
    assert agrees(v, value, slack=1e-11)


def test_psi_cosine(agrees) -> None:
    assert agrees(ring.psi_cosine(2 * np.pi, 0.5, 0.5), "3.8880485990291")
    closed = -(2 * np.pi / 0.25) * (1 - 1 / np.sqrt(0.75))
    assert ring.psi_cosine(2 * np.pi, 0.5, 0.5) == pytest.approx(closed, rel=1e-14)
    x = np.linspace(0, 2 * np.pi, 2001)
    for a in (0.5, -0.8):
        psi = ring.psi_cosine(x, 0.7, a)
        middle = (x[1:] + x[:-1]) / 2
        slope = -np.sin(middle) / (0.7 * (1 + a * np.sin(middle)))
        assert np.max(np.abs(np.diff(psi) / np.diff(x) - slope)) < 1e-4
        assert psi[0] == 0.0


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_thermal_velocity_in_every_convention(alpha) -> None:
    """Ito drift -V' + alpha T' against the spectral route."""

    def temperature(x):
        return 0.5 * (1 + 0.5 * np.sin(x))

    v, _ = spectral(lambda x: np.sin(x) + alpha * 0.25 * np.cos(x), temperature, 0.0)
    ours = ring.thermal_velocity(lambda x: ring.psi_cosine(x, 0.5, 0.5), temperature, alpha)
    assert ours == pytest.approx(v, rel=1e-10)


def test_thermal_velocity_at_one_temperature_is_stratonovich() -> None:
    f, d = 0.5, 0.5
    ours = ring.thermal_velocity(lambda x: (np.cos(x) - 1 - f * x) / d, lambda x: d + 0 * x, alpha=0)
    assert ours == pytest.approx(ring.velocity(np.cos, f, d), rel=1e-12)
    still = ring.thermal_velocity(lambda x: (np.cos(x) - 1) / d, lambda x: d + 0 * x, alpha=0)
    assert still == pytest.approx(0.0, abs=1e-14)


def test_bad_input() -> None:
    with pytest.raises(FokkerError, match="diffusion"):
        ring.velocity(np.cos, 0.5, 0.0)
    with pytest.raises(FokkerError, match="period"):
        ring.velocity(np.cos, 0.5, 0.5, period=-1.0)
    with pytest.raises(FokkerError, match="modulation"):
        ring.psi_cosine(1.0, 0.5, 1.0)
    with pytest.raises(FokkerError, match="temperature"):
        ring.thermal_velocity(lambda x: 0 * x, lambda x: -1 + 0 * x, alpha=0)
    with pytest.raises(FokkerError, match="finite"):
        ring.velocity(lambda x: np.nan * x, 0.5, 0.5)

"""Turning noise: what each reading adds by derivatives of sigma, and laws and currents by their equation."""

import mpmath as mp
import numpy as np
import pytest

import fokker
from fokker.errors import ConventionError, FokkerError
from fokker.theory import turning_noise as turning

MODEL = turning.TurningNoise(growth=0.5, stiffness=2.0, rotation=0.3, twist=0.7)
PLACE = (0.8, -0.5)


def mp_noise(x, y):
    beta, angle = MODEL.growth, MODEL.twist * (x * x + y * y) / 2
    base = mp.matrix([[1 + beta * x * x, beta * x * y], [beta * x * y, 1 + beta * y * y]])
    return base * mp.matrix([[mp.cos(angle), -mp.sin(angle)], [mp.sin(angle), mp.cos(angle)]])


def mp_diffusion(x, y):
    sigma = mp_noise(x, y)
    return sigma * sigma.T / 2


def slope(function, k, x, y):
    return mp.diff(function, (x, y), n=(1 - k, k))


def induced(reading, x, y):
    if reading == "isothermal":
        return [sum(slope(lambda *at, i=i, j=j: mp_diffusion(*at)[i, j], j, x, y) for j in range(2)) for i in range(2)]
    alpha, sigma, out = turning.ALPHAS[reading], mp_noise(x, y), []
    for i in range(2):
        parts = [
            sigma[k, j] * slope(lambda *at, i=i, j=j: mp_noise(*at)[i, j], k, x, y) for k in range(2) for j in range(2)
        ]
        out.append(alpha * sum(parts))
    return out


def test_noise_and_diffusion() -> None:
    sigma = np.array(MODEL.noise(*PLACE))
    np.testing.assert_allclose(sigma, np.array(mp_noise(*PLACE).tolist(), dtype=float), rtol=1e-14)
    np.testing.assert_allclose(np.array(MODEL.diffusion(*PLACE)), sigma @ sigma.T / 2, rtol=1e-14)


@pytest.mark.parametrize("reading", turning.READINGS)
def test_induced_drift(reading) -> None:
    exact = [float(part) for part in induced(reading, *map(mp.mpf, PLACE))]
    np.testing.assert_allclose(MODEL.induced_drift(*PLACE, reading), exact, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("reading", turning.READINGS)
def test_stationary_and_its_current(reading) -> None:
    """J by derivatives is the stated circulation, so that its divergence vanishes."""

    def law(x, y):
        power, swing = turning._exponents(reading)
        u = MODEL.growth * (x * x + y * y)
        return mp.exp(-MODEL.stiffness * (x * x + y * y) / 2 - swing / (1 + u)) * (1 + u) ** power

    x, y = map(mp.mpf, PLACE)
    drift, extra = MODEL.drift(*PLACE), induced(reading, x, y)
    around = 0.0 if reading == "isothermal" else turning.ALPHAS[reading] * MODEL.twist
    around = (MODEL.rotation + around * (1 + MODEL.growth * (x * x + y * y))) * law(x, y)
    for i, expected in enumerate((-around * y, around * x)):
        gradient = [slope(lambda *at, i=i, j=j: mp_diffusion(*at)[i, j] * law(*at), j, x, y) for j in range(2)]
        current = (float(drift[i]) + extra[i]) * law(x, y) - sum(gradient)
        assert float(current) == pytest.approx(float(expected), abs=1e-13)
    ratio = turning.log_profile(np.hypot(*PLACE), MODEL, reading)
    assert ratio == pytest.approx(float(mp.log(law(x, y))), abs=1e-14)


@pytest.mark.parametrize("reading", turning.READINGS)
def test_moments_by_sums(reading) -> None:
    x = np.linspace(-6.5, 6.5, 261)
    a, b = np.meshgrid(x, x, indexing="ij")
    law = np.exp(turning.log_density(a, b, MODEL, reading)) * 0.05**2
    square = a * a + b * b
    assert law.sum() == pytest.approx(1, rel=1e-12)
    assert (law * square).sum() == pytest.approx(turning.mean_square(MODEL, reading), rel=1e-12)
    alpha = 0.0 if reading == "isothermal" else turning.ALPHAS[reading]
    around = MODEL.rotation + alpha * MODEL.twist * (1 + MODEL.growth * square)
    assert (law * square * around).sum() == pytest.approx(turning.torque(MODEL, reading), rel=1e-12)


@pytest.mark.parametrize("reading", turning.READINGS)
def test_library_adds_the_same_drift(reading) -> None:
    problem = fokker.Problem(
        drift=MODEL.drift,
        noise=MODEL.noise,
        convention=1.0 if reading == "anti-ito" else reading,
        domain={"x": (-4.0, 4.0), "y": (-4.0, 4.0)},
    )
    rng = np.random.default_rng(2)
    x, y = rng.uniform(-2.5, 2.5, (2, 200))
    exact = np.array(MODEL.drift(x, y)) + np.array(MODEL.induced_drift(x, y, reading))
    found = problem.ito().drift_at(x, y)
    assert np.abs(found - exact).max() <= 1e-8 * np.abs(exact).max()


def test_divergence_rule_is_right_at_its_ends_only() -> None:
    assert turning.divergence_mean_square(MODEL, 0.0) == pytest.approx(turning.mean_square(MODEL, "ito"), rel=1e-13)
    ends = turning.mean_square(MODEL, "isothermal"), turning.mean_square(MODEL, "stratonovich")
    assert turning.divergence_mean_square(MODEL, 1.0) == pytest.approx(ends[0], rel=1e-13)
    assert abs(turning.divergence_mean_square(MODEL, 0.5) / ends[1] - 1) > 0.005
    x = np.linspace(-6.5, 6.5, 261)
    a, b = np.meshgrid(x, x, indexing="ij")
    u, square = MODEL.growth * (a * a + b * b), a * a + b * b
    law = np.exp(-MODEL.stiffness * square / 2 + 0.25 / (1 + u)) * (1 + u) ** -1.25  # alpha = 1/2
    expected = (law * square).sum() / law.sum()
    assert turning.divergence_mean_square(MODEL, 0.5) == pytest.approx(expected, rel=1e-12)


def test_no_two_readings_agree() -> None:
    squares = [turning.mean_square(MODEL, reading) for reading in turning.READINGS]
    assert min(np.diff(sorted(squares))) > 0.05


def test_refusals() -> None:
    with pytest.raises(ConventionError, match="isothermal"):
        turning.mean_square(MODEL, "stratonovitch")  # type: ignore[arg-type]
    with pytest.raises(FokkerError, match="growth"):
        turning.TurningNoise(growth=0.0, stiffness=1.0)

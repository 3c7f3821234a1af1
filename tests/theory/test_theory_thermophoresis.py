"""Thermophoresis: the flux against derivatives and against the walk itself, the three laws against their equations."""

import mpmath as mp
import numpy as np
import pytest

from fokker.errors import DimensionError, FokkerError
from fokker.theory import thermophoresis as walk

CASES = {
    "bent": (
        lambda q: np.array([1 + 0.3 * np.sin(q[1]), 0.5 * np.cos(q[0])]),
        lambda q: np.array([[0.0, 0.3 * np.cos(q[1])], [-0.5 * np.sin(q[0]), 0.0]]),
    ),
    "spreading": (
        lambda q: np.asarray(q) * (1 + 0.2 * q[0]),
        lambda q: np.array([[1 + 0.4 * q[0], 0.0], [0.2 * q[1], 1 + 0.2 * q[0]]]),
    ),
}
PLACE = np.array([0.7, -0.4])


def density(q):
    return 1 + 0.5 * q[0] - 0.2 * q[1] ** 2


SLOPE = np.array([0.5, 0.16])


def test_printed_numbers(agrees) -> None:
    assert agrees(walk.ring_norm(0.5), "9.67359660924916")
    uniform = walk.walk_flux(
        0.02,
        lambda q: 1 + 0.5 * np.sin(q),
        lambda q: 0.5 * np.cos(q)[:, None],
        lambda q: 1.0,
        [0.3],
    )
    assert agrees(uniform[0], "-2.19278e-4")
    g, slope = 1 + 0.5 * np.sin(0.3), 0.5 * np.cos(0.3)
    assert agrees(walk.flux(0.02, *walk.rank_one([g], [[slope]]), 1.0, [0.0])[0], "-2.19299e-4")
    assert agrees(walk.flux(0.02, [[1.69]], [0.0], 1.0, [1.0])[0], "-3.38e-4")
    assert agrees(walk.printed_flux(0.02, [1.3], [[0.0]], 1.0, [1.0])[0], "-6.76e-4")


@pytest.mark.parametrize("name", list(CASES))
def test_flux_by_differences(name: str) -> None:
    """d_j (C_ij rho) by central differences."""
    noise, jacobian = CASES[name]
    h = 1e-5

    def product(q):
        return np.outer(noise(q), noise(q)) * density(q)

    slopes = [(product(PLACE + e) - product(PLACE - e)) / (2 * h) for e in h * np.eye(2)]
    expected = -0.5 * sum(slope[:, j] for j, slope in enumerate(slopes))
    found = walk.flux(1.0, *walk.rank_one(noise(PLACE), jacobian(PLACE)), density(PLACE), SLOPE)
    np.testing.assert_allclose(found, expected, rtol=1e-8)


@pytest.mark.parametrize("name", list(CASES))
def test_flux_of_the_walk_tends_to_it(name: str) -> None:
    noise, jacobian = CASES[name]
    exact = walk.flux(1.0, *walk.rank_one(noise(PLACE), jacobian(PLACE)), density(PLACE), SLOPE)
    errors = [
        np.abs(walk.walk_flux(eta, noise, jacobian, density, PLACE) / eta**2 - exact).max()
        for eta in (0.08, 0.04, 0.02)
    ]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.1)
    assert np.log2(errors[1] / errors[2]) == pytest.approx(2, abs=0.1)


def test_walk_flux_is_its_continuity_equation() -> None:
    """The change of density in one step is minus the divergence of the flux, at a finite step."""
    eta = 0.15

    def noise(q):
        return 1 + 0.5 * np.sin(q)

    def jacobian(q):
        return 0.5 * np.cos(q)[:, None]

    def start(q):
        return 1 + 0.3 * q[0]

    h = 1e-4
    flow = [walk.walk_flux(eta, noise, jacobian, start, [0.4 + s])[0] for s in (h, -h)]
    after = 0.0
    for sign in (-1, 1):
        q = float(mp.findroot(lambda q, sign=sign: q + sign * eta * (1 + 0.5 * mp.sin(q)) - 0.4, 0.4))
        after += 0.5 * start([q]) / (1 + sign * eta * 0.5 * np.cos(q))
    assert after - start([0.4]) == pytest.approx(-(flow[0] - flow[1]) / (2 * h), rel=1e-6)


def test_ring_laws() -> None:
    q = 2 * np.pi * np.arange(256) / 256
    for law in (walk.ring_density, walk.ring_printed_density):
        assert np.mean(law(q, 0.5)) * 2 * np.pi == pytest.approx(1, rel=1e-14)
    assert np.mean(np.sin(q) * walk.ring_density(q, 0.5)) * 2 * np.pi == pytest.approx(walk.ring_sine(0.5), rel=1e-13)
    assert np.mean(np.sin(q) * walk.ring_printed_density(q, 0.5)) * 2 * np.pi == pytest.approx(
        np.sqrt(3) - 2, rel=1e-13
    )


def covariance_flux(diffusion, law, x):
    """Minus d_j (D_ij rho) by mpmath."""
    out = []
    for i in range(2):
        parts = [mp.diff(lambda *at, i=i, j=j: diffusion(*at)[i][j] * law(*at), x, n=(1 - j, j)) for j in range(2)]
        out.append(-sum(parts))
    return out


@pytest.mark.parametrize("ratio", [0.0, 0.4, 1.0])
def test_radial_law_has_no_current(ratio: float) -> None:
    def size(r):
        return 1 + mp.sin(r) / 2

    def diffusion(x, y):
        r = mp.hypot(x, y)
        e = (x / r, y / r)
        across = (-e[1], e[0])
        return [
            [size(r) ** 2 / 2 * (e[i] * e[j] + ratio**2 * across[i] * across[j]) for j in range(2)] for i in range(2)
        ]

    def law(x, y):
        r = mp.hypot(x, y)
        return r ** (ratio**2 - 1) / size(r) ** 2

    found = walk.radial_log_density(1.7, float(size(1.7)), ratio)
    assert found == pytest.approx(float(mp.log(law(mp.mpf(1.7), mp.mpf(0)))), rel=1e-14)
    with mp.workdps(30):
        current = covariance_flux(diffusion, law, (mp.mpf("1.3"), mp.mpf("-0.6")))
        assert max(abs(j) for j in current) < 1e-12  # the ratio is a double


@pytest.mark.parametrize("floor", [0.0, 0.3])
def test_torus_law_and_current(floor: float) -> None:
    a, x, y = 0.5, 1.1, 2.3

    def diffusion(u, v):
        m = 1 + a * mp.sin(u + v)
        g = (1, mp.sin(u))
        return [[m * m / 2 * (g[i] * g[j] + (i == j) * floor**2) for j in range(2)] for i in range(2)]

    def law(u, v):
        return (1 + a * mp.sin(u + v)) ** -2 / (2 * mp.pi * walk.ring_norm(a))

    np.testing.assert_allclose(walk.torus_diffusion(x, y, a, floor), np.array(diffusion(x, y), dtype=float), rtol=1e-14)
    assert walk.torus_density(x, y, a) == pytest.approx(float(law(x, y)), rel=1e-14)
    with mp.workdps(30):
        current = covariance_flux(diffusion, law, (mp.mpf(x), mp.mpf(y)))
    assert float(current[0]) == pytest.approx(0, abs=1e-12)
    assert float(current[1]) == pytest.approx(walk.torus_current(x, a), rel=1e-12)


def test_refusals() -> None:
    with pytest.raises(FokkerError, match="must not vanish"):
        walk.ring_norm(1.0)
    with pytest.raises(DimensionError, match="derivatives"):
        walk.rank_one([1.0, 2.0], [[1.0]])
    with pytest.raises(FokkerError, match="eta"):
        walk.flux(0.0, [[1.0]], [0.0], 1.0, [0.0])
    with pytest.raises(FokkerError, match="a smaller step"):
        walk.walk_flux(3.0, lambda q: 3 * np.sin(3 * q), lambda q: 9 * np.cos(3 * q)[:, None], lambda q: 1.0, [0.3])

"""Velocity and effective diffusion along periodic axes: Stratonovich, Reimann, Lifson and Jackson, Buettiker."""

import numpy as np
import pytest
from references import integral

import fokker
from fokker.errors import BoundaryError, FokkerError
from fokker.theory import ring

TURN = 2 * np.pi


def tilted(force, d, cells=200):
    problem = fokker.Problem(lambda x: force + np.sin(x), diffusion=d, domain={"x": (0, TURN)}, boundary="periodic")
    return fokker.discretize(problem, cells=cells)


# V = cos x: force, D, velocity, effective diffusion
TILTED = [
    (0.5, 0.5, 0.175593406037, 0.423588797443),
    (1.0, 0.1, 0.368953245762, 0.41112993532),
    (0.9, 0.05, 0.107602615443, 0.231405040551),
    (1.0, 0.01, 0.171367631404, 0.18181318500),  # eighteen times D: giant diffusion
]


@pytest.mark.parametrize(("force", "d", "velocity", "spread"), TILTED)
def test_tilted_cosine(force, d, velocity, spread):
    g = tilted(force, d)
    assert abs(fokker.drift_velocity(g) / velocity - 1) < 1e-11
    assert abs(fokker.effective_diffusion(g) / spread - 1) < 2e-11
    assert abs(ring.velocity(np.cos, force, d) / velocity - 1) < 1e-11
    # pushed the other way, all is mirrored
    back = tilted(-force, d)
    assert abs(fokker.drift_velocity(back) / -velocity - 1) < 1e-11
    assert abs(fokker.effective_diffusion(back) / spread - 1) < 2e-11


@pytest.mark.parametrize("force", [0.01, 0.3, 2.0, 20.0])
@pytest.mark.parametrize("d", [0.03, 0.4, 5.0])
def test_against_the_closed_forms(force, d):
    def v(x):
        return np.cos(x) + 0.3 * np.sin(2 * x)

    problem = fokker.Problem.from_potential(v, temperature=d, force=force, domain={"x": (0, TURN)}, boundary="periodic")
    g = fokker.discretize(problem, cells=120)
    assert abs(fokker.drift_velocity(g) / ring.velocity(v, force, d) - 1) < 1e-9
    assert abs(fokker.effective_diffusion(g) / ring.effective_diffusion(v, force, d) - 1) < 1e-9


@pytest.mark.parametrize("d", [0.5, 0.1, 0.02])
def test_without_tilt(d):
    g = tilted(0.0, d)
    assert abs(fokker.effective_diffusion(g) / ring.lifson_jackson(np.cos, d) - 1) < 1e-11
    if d == 0.5:
        assert abs(fokker.effective_diffusion(g) - 0.096218439245836) < 1e-13
    # nothing moves: rounding of an affinity against the rates over the barrier
    assert abs(fokker.drift_velocity(g)) < 1e-13


@pytest.mark.parametrize("barrier", [30, 60])
def test_behind_high_barriers(barrier):
    problem = fokker.Problem.from_potential(
        lambda x: barrier / 2 * np.cos(x), temperature=1.0, domain={"x": (0, TURN)}, boundary="periodic"
    )
    g = fokker.discretize(problem, cells=100)
    assert abs(fokker.effective_diffusion(g) / ring.lifson_jackson(lambda x: barrier / 2 * np.cos(x), 1.0) - 1) < 1e-10


@pytest.mark.parametrize("barrier", [30, 60])
def test_driven_over_high_barriers(barrier):
    def v(x):
        return barrier / 2 * np.cos(x)

    problem = fokker.Problem.from_potential(v, temperature=1.0, force=0.5, domain={"x": (0, TURN)}, boundary="periodic")
    g = fokker.discretize(problem, cells=100)
    assert abs(fokker.drift_velocity(g) / ring.velocity(v, 0.5, 1.0) - 1) < 1e-10
    assert abs(fokker.effective_diffusion(g) / ring.effective_diffusion(v, 0.5, 1.0) - 1) < 1e-9


@pytest.mark.parametrize("start", [0.0, 1.0, 3.0, -17.3])
def test_the_seam_does_not_matter(start):
    problem = fokker.Problem(
        lambda x: 0.4 + np.sin(x), diffusion=lambda x: 0.3 + 0.2 * np.cos(x), convention="stratonovich",
        domain={"x": (start, start + TURN)}, boundary="periodic",
    )  # fmt: skip
    g = fokker.discretize(problem, cells=111)
    base = fokker.Problem(
        lambda x: 0.4 + np.sin(x), diffusion=lambda x: 0.3 + 0.2 * np.cos(x), convention="stratonovich",
        domain={"x": (0, TURN)}, boundary="periodic",
    )  # fmt: skip
    h = fokker.discretize(base, cells=160)
    assert abs(fokker.drift_velocity(g) / fokker.drift_velocity(h) - 1) < 1e-10
    assert abs(fokker.effective_diffusion(g) / fokker.effective_diffusion(h) - 1) < 1e-10


def test_two_periods_are_as_good_as_one():
    problem = fokker.Problem(lambda x: 0.4 + np.sin(x), diffusion=0.3, domain={"x": (0, 2 * TURN)}, boundary="periodic")
    g, h = fokker.discretize(problem, cells=200), tilted(0.4, 0.3, 100)
    assert abs(fokker.drift_velocity(g) / fokker.drift_velocity(h) - 1) < 1e-11
    assert abs(fokker.effective_diffusion(g) / fokker.effective_diffusion(h) - 1) < 1e-11


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_noise_that_depends_on_the_place(alpha):
    """Without force: D_eff = L^2 / (int m int s), scale and speed densities D^-alpha and D^(alpha - 1)."""

    def d(x):
        return 1 + 0.8 * np.sin(x)

    problem = fokker.Problem(0.0, diffusion=d, convention=alpha, domain={"x": (0, TURN)}, boundary="periodic")
    g = fokker.discretize(problem, cells=100)
    s, m = (integral(lambda x, p=p: d(x) ** p, 0, TURN) for p in (-alpha, alpha - 1))
    assert abs(fokker.effective_diffusion(g) / (TURN**2 / (s * m)) - 1) < 1e-10
    assert abs(fokker.drift_velocity(g)) < 1e-12


@pytest.mark.parametrize(("t0", "a", "velocity"), [(0.5, 0.5, -0.04492067575068), (1.0, 0.5, -0.149635957512)])
def test_landauer_and_buettiker(t0, a, velocity):
    def temperature(x):
        return t0 * (1 + a * np.sin(x))

    problem = fokker.Problem(
        np.sin, diffusion=temperature, convention="ito", domain={"x": (0, TURN)}, boundary="periodic"
    )
    assert abs(fokker.drift_velocity(fokker.discretize(problem, cells=100)) / velocity - 1) < 1e-10
    for alpha in (0.0, 0.5, 1.0):
        problem = fokker.Problem(
            np.sin, diffusion=temperature, convention=alpha, domain={"x": (0, TURN)}, boundary="periodic"
        )
        exact = ring.thermal_velocity(lambda x: ring.psi_cosine(x, t0, a), temperature, alpha)
        assert abs(fokker.drift_velocity(fokker.discretize(problem, cells=100)) / exact - 1) < 1e-10
    assert abs(ring.psi_cosine(TURN, 0.5, 0.5) - 3.8880485990291) < 1e-13


def test_uniform_temperature_drives_nothing():
    problem = fokker.Problem(np.sin, diffusion=0.5, domain={"x": (0, TURN)}, boundary="periodic")
    assert abs(fokker.drift_velocity(fokker.discretize(problem, cells=100))) < 1e-13


@pytest.mark.parametrize("cells", [3, 20, 1000])
@pytest.mark.parametrize("v", [0.0, 0.5, -30.0])
def test_free_motion(v, cells):
    problem = fokker.Problem(v, diffusion=2.0, domain={"x": (0, 1)}, boundary="periodic")
    g = fokker.discretize(problem, cells=cells)
    assert abs(fokker.drift_velocity(g) - v) < 1e-11 * max(1, abs(v))
    assert abs(fokker.effective_diffusion(g) / 2.0 - 1) < 1e-9


@pytest.mark.parametrize("verb", [fokker.drift_velocity, fokker.effective_diffusion])
@pytest.mark.parametrize("boundary", ["reflecting", "absorbing", fokker.Robin(1.0)], ids=str)
def test_axes_that_are_not_periodic(verb, boundary):
    problem = fokker.Problem(0.0, diffusion=1.0, domain={"x": (0, 1)}, boundary=boundary)
    with pytest.raises(BoundaryError, match=r"needs a periodic axis[\s\S]*walls[\s\S]*boundary=\"periodic\""):
        verb(fokker.discretize(problem, cells=10))
    line = fokker.Problem(lambda x: -x, diffusion=1.0, domain={"x": (-np.inf, np.inf)})
    with pytest.raises(BoundaryError, match="needs a periodic axis"):
        verb(fokker.discretize(line, cells=10))
    with pytest.raises(FokkerError, match="asks a generator"):
        verb(problem)


@pytest.mark.parametrize("verb", [fokker.drift_velocity, fokker.effective_diffusion])
def test_answers_are_floats(verb):
    assert type(verb(tilted(0.5, 0.5, 50))) is float

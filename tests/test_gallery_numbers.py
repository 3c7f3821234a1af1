"""The named problems one by one: printed numbers, limits, critical points."""

import math

import mpmath
import numpy as np
import pytest
from gallery_cases import CASES, OTHERS, derivative, divergence, flux, quadrature
from scipy.integrate import solve_ivp
from scipy.optimize import approx_fprime, root

from fokker import gallery
from fokker.gallery import _quartic
from fokker.gallery.mueller_brown import potential as mueller_brown_potential
from fokker.gallery.noisy_hopf import squared_radius_moments
from fokker.theory import langer, passage


def gradient(function, x, step=1e-3):
    return np.array(
        [derivative(lambda *y: function(*y), tuple(np.array(c) for c in x), i, step) for i in range(len(x))]
    )


@pytest.mark.parametrize("tilt", [-1.2, -0.01, 0.0, 0.3, 1.5])
def test_critical_points_and_barriers_of_the_wells(tilt):
    straight = gallery.double_well(coupling=0.5, tilt=tilt)
    turned = gallery.rotated_double_well(tilt=tilt, angle=2.0)
    potentials = (lambda x, y: 0.1 * straight.problem.potential_at(x, y), turned.known["potential"])
    for example, potential in zip((straight, turned), potentials, strict=True):
        spots = (*example.known["minima"], example.known["saddle"])
        for spot in spots:
            assert np.abs(gradient(potential, spot)).max() < 1e-11
        low, high, top = (float(potential(*map(np.array, spot))) for spot in spots)
        assert example.known["barriers"] == pytest.approx((top - low, top - high), abs=1e-13)
    roots = np.sort(np.roots([1, 0, -1, tilt / 4]).real)
    assert _quartic.critical_points(1.0, tilt) == pytest.approx(roots, abs=1e-14)


def test_langer():
    # V = (x^2 - 1)^2/4 + (y - x)^2/2
    saddle = [[0.0, -1.0], [-1.0, 1.0]]
    assert langer.unstable_rate(saddle) == pytest.approx((math.sqrt(5) - 1) / 2, rel=1e-14)
    assert langer.unstable_rate(saddle, np.diag([1, 0.2])) == pytest.approx(0.3582575695, abs=5e-11)
    # slowest rates lambda_1 by finite volumes: lambda_1/2k tends to one as the noise vanishes
    for slow, ratios in (
        (1.0, ((0.1, 0.01904166, 0.834), (0.025, 1.18942e-5, 0.942))),
        (0.2, ((0.025, 6.30533e-6, 0.861),)),
    ):
        for temperature, slowest, ratio in ratios:
            known = gallery.double_well(barrier=0.25, coupling=1.0, temperature=temperature, mobility=(1.0, slow)).known
            assert known["log_rates"][0] == known["log_rates"][1]
            assert slowest / (2 * math.exp(known["log_rates"][0])) == pytest.approx(ratio, abs=6e-4)


@pytest.mark.parametrize("barrier", [0.25, 2.0])
def test_kramers_rate_of_the_quartic_is_the_limit(barrier):
    excess = []
    for temperature in (barrier / 20, barrier / 40, barrier / 80):
        known = gallery.double_well_1d(barrier=barrier, temperature=temperature).known
        exact = passage.log_mean_time(
            lambda x, t=temperature: barrier * (x**2 - 1) ** 2 / t, -1.0, 1.0, diffusion=temperature
        )
        excess.append(math.expm1(exact + known["log_rate"]))
    # 1 + c T + O(T^2): the excess halves, and c = 1.5 at barrier 1/4
    assert excess[2] == pytest.approx(3 / 8 / 80, rel=0.05)
    assert excess[0] / excess[1] == pytest.approx(2, rel=0.1)
    assert abs(excess[1] / excess[2] - 2) < abs(excess[0] / excess[1] - 2)


def mueller_brown_gradient(x):
    total = np.zeros(2)
    for height, a, b, c, x0, y0 in (
        (-200, -1, 0, -10, 1, 0),
        (-100, -1, 0, -10, 0, 0.5),
        (-170, -6.5, 11, -6.5, -0.5, 1.5),
        (15, 0.7, 0.6, 0.7, -1, 1),
    ):
        dx, dy = x[0] - x0, x[1] - y0
        term = height * math.exp(a * dx**2 + b * dx * dy + c * dy**2)
        total += term * np.array([2 * a * dx + b * dy, b * dx + 2 * c * dy])
    return total


def test_mueller_brown():
    known = gallery.mueller_brown().known
    for points, energies, negative in (
        (known["minima"], known["minimum_energies"], 0),
        (known["saddles"], known["saddle_energies"], 1),
    ):
        for point, energy in zip(points, energies, strict=True):
            found = root(mueller_brown_gradient, np.round(point, 2), tol=1e-15)
            assert found.x == pytest.approx(point, abs=1e-13)
            assert float(mueller_brown_potential(*point)) == pytest.approx(energy, abs=1e-12)
            hessian = approx_fprime(np.array(point), mueller_brown_gradient)
            assert np.sum(np.linalg.eigvalsh((hessian + hessian.T) / 2) < 0) == negative


MAIER_STEIN = [
    (1, 1, 1.0),
    (1, 2, 1.5181017352969),
    (1, 3, 2.7010580616972),
    (1, 3.8, 7.3565640833812),
    (0.5, 1, 1.6465424783654),
]


@pytest.mark.parametrize(("mu", "alpha", "prefactor"), MAIER_STEIN)
def test_the_prefactor_of_maier_and_stein(mu, alpha, prefactor):
    start = 1e-4
    known = gallery.maier_stein(mu=mu, alpha=alpha, eps=0.05).known
    assert known["prefactor"] == pytest.approx(prefactor, abs=1e-13)
    assert known["log_rate"] == pytest.approx(math.log(prefactor / math.pi) - 10, abs=1e-12)

    # the transverse curvature z of the quasi-potential along the axis, and the amplitude K
    def along(x, state):
        z, p, r, q = state[0], x - x**3, mu * (1 + x**2), -2 * alpha * x
        return [(z**2 - 2 * r * z - 2 * q * p) / p, (z / 2 - r) / p]

    slope = -(16 * mu**2 + 8 * alpha) / (2 + 4 * mu)
    path = solve_ivp(along, (start - 1, -start), [4 * mu + slope * start, 0.0], method="LSODA", rtol=1e-11, atol=1e-12)
    # the two ends left out are of the order of the start
    assert math.exp(path.y[1, -1]) == pytest.approx(prefactor, rel=20 * start)


@pytest.mark.parametrize("mu", [0.3, 1.0, 2.5])
def test_the_limits_of_maier_and_stein(mu):
    assert gallery.maier_stein(mu=mu, alpha=mu).known["prefactor"] == pytest.approx(1, rel=1e-13)
    one = gallery.maier_stein(mu=mu, alpha=0.0).known["prefactor"]  # x is on its own: Kramers
    assert one == pytest.approx(math.sqrt(0.5), rel=1e-13)
    critical = gallery.maier_stein(mu=mu).known["critical_alpha"]
    assert critical == 2 * mu * (1 + mu)
    assert gallery.maier_stein(mu=mu, alpha=critical * (1 - 1e-8)).known["prefactor"] > 1e3
    beyond = gallery.maier_stein(mu=mu, alpha=critical).known
    assert {"prefactor", "action", "quasi_potential", "log_weight"}.isdisjoint(beyond)
    assert "log_weight" in gallery.maier_stein(mu=mu, alpha=mu).known


def test_the_quasi_potential_on_the_axis_runs_against_the_drift():
    example = gallery.maier_stein(alpha=2.0)
    x = np.linspace(-0.9, 0.9, 7)
    slope = derivative(example.known["quasi_potential"], (x,), 0, 1e-2)
    assert slope == pytest.approx(-2 * example.problem.drift_at(x, 0 * x)[0], abs=1e-12)
    assert example.known["quasi_potential"](0.0) == example.known["action"]


def test_the_linear_process_of_chaudhari_and_soatto():
    example = CASES["ornstein_uhlenbeck"]
    assert example.known["covariance"] == pytest.approx(np.array([[0.88, 0.16], [0.16, 0.34]]), abs=1e-14)
    assert example.known["entropy_production"] == pytest.approx(3.3390243902439, abs=5e-14)


def test_the_gyrator_turns():
    example = CASES["brownian_gyrator"]
    (x, y), weights = quadrature(example)
    current_x, current_y = example.known["current"](x, y)
    torque = np.sum(weights * (x * current_y - y * current_x))
    assert torque == pytest.approx(example.known["torque"], rel=1e-12)
    bill = example.known["heat_flux"] * (1 / 0.5 - 1 / 3.0)
    assert bill == pytest.approx(example.known["entropy_production"], rel=1e-14)
    assert gallery.brownian_gyrator(temperatures=(2.0, 2.0)).known["torque"] == 0


@pytest.mark.parametrize("mu", [-30.0, -1.0, -1e-3, 0.0, 0.4, 30.0])
@pytest.mark.parametrize("diffusion", [0.01, 2.0])
def test_the_moments_of_the_squared_radius(mu, diffusion):
    with mpmath.workdps(30):
        m, d = mpmath.mpf(mu), mpmath.mpf(diffusion)
        scale = 1 / (abs(m) / d + 1 / mpmath.sqrt(d))
        centre = max(m, mpmath.mpf(0))
        cuts = [0, *(centre + k * scale for k in (1, 3, 10, 30, 100))]
        if m > 0:
            width = mpmath.sqrt(2 * d)
            cuts = sorted({mpmath.mpf(0), *(c for k in range(-12, 13, 3) if (c := m + k * width) > 0)})
        peak = -((m - centre) ** 2) / (4 * d)
        total, *exact = (
            mpmath.quad(lambda s, n=n: s**n * mpmath.exp(-((s - m) ** 2) / (4 * d) - peak), cuts) for n in range(4)
        )
        exact = [float(value / total) for value in exact]
    assert squared_radius_moments(mu, diffusion) == pytest.approx(exact, rel=1e-12)


def test_chaudhari_and_soatto():
    known = gallery.chaudhari_soatto(rotation=1.0).known
    assert known["partition_function"] == pytest.approx(7.623468444672765, rel=1e-15)
    assert known["covariance"] == pytest.approx(np.diag([1.0417972964872, 1.0]), abs=1e-13)
    assert known["ray_flux"] == pytest.approx(0.1162498319347079, rel=1e-14)
    assert known["entropy_production"] == pytest.approx(0.68138161154619, abs=5e-15)
    x, y = np.array([0.3]), np.array([-0.8])
    plain, half = gallery.chaudhari_soatto(rotation=0.0), gallery.chaudhari_soatto(rotation=0.5)
    assert plain.known["log_density"](x, y) == half.known["log_density"](x, y)
    assert half.known["current"](x, y)[0] == 0.5 * known["current"](x, y)[0]
    # the saddle at the origin turns into a focus at exp(-1/4); at 1.5 it circles at 1.6460932109
    for rotation, squared in ((known["critical_rotation"], 0.0), (0.5, 0.766694**2), (1.5, -(1.6460932109**2))):
        drift = gallery.chaudhari_soatto(rotation=rotation).problem.ito().drift_at
        h = 1e-4
        right, up = drift(h, 0.0) / h, drift(0.0, h) / h
        assert -np.linalg.det(np.stack([right, up], axis=1)) == pytest.approx(squared, abs=2e-6)


def test_the_active_particle_in_a_trap():
    v, d, turn, k = 1.3, 0.2, 0.7, 0.9
    example = gallery.active_brownian_particle(speed=v, diffusion=d, rotational_diffusion=turn, stiffness=k)
    rng = np.random.default_rng(1)
    x, y, theta = rng.uniform(-1, 1, (3, 20))
    a = example.problem.drift_at(x, y, theta)
    dx, _, dtheta = example.problem.diffusion_at(x, y, theta)
    r2, rn, rt = x**2 + y**2, x * np.cos(theta) + y * np.sin(theta), y * np.cos(theta) - x * np.sin(theta)
    # the generator on r^2 and on r.n closes: its averages are zero
    on_r2 = 2 * x * a[0] + 2 * y * a[1] + 4 * dx
    on_rn = np.cos(theta) * a[0] + np.sin(theta) * a[1] + rt * a[2] - dtheta * rn
    known = example.known
    assert on_r2 == pytest.approx(2 * v * (rn - known["polarisation"]) - 2 * k * (r2 - known["mean_square_position"]))
    assert on_rn == pytest.approx(-(k + turn) * (rn - known["polarisation"]))
    # <v n . v_active>/D, v_active = v n - k r
    assert known["entropy_production"] == pytest.approx(v * (v - k * known["polarisation"]) / d, rel=1e-14)


def test_the_free_active_particle():
    known = gallery.active_brownian_particle(stiffness=0.0, speed=2.0, diffusion=0.1, rotational_diffusion=0.5).known
    displacement = known["mean_square_displacement"]
    assert known["effective_diffusion"] == pytest.approx(4.1, rel=1e-15)
    assert displacement(1e6) / 4e6 == pytest.approx(4.1, rel=1e-5)
    for time in (1e-9, 0.0199999, 0.0200001, 3.0):
        with mpmath.workdps(40):
            phase = mpmath.mpf(time) / 2
            exact = mpmath.mpf(0.4) * time + 32 * (phase - 1 + mpmath.exp(-phase))
        assert float(displacement(time)) == pytest.approx(float(exact), rel=1e-12)


def test_the_printed_numbers_of_the_power_law():
    known = gallery.multivariate_power_law().known
    assert math.exp(-known["log_density"](0.0, 0.0)) == pytest.approx(2.3748208234474520, rel=1e-14)
    assert known["covariance"] == pytest.approx(np.array([[3, -1.5], [-1.5, 6]]) / 7, rel=1e-13)
    assert gallery.multivariate_power_law(convention="ito").known["exponent"] == 5


def test_the_printed_law_fails_where_the_matrices_do_not_commute():
    example = gallery.multivariate_power_law(sigma_g=np.diag([1.0, 3.0]))
    assert "log_density" not in example.known
    residual, rounding = divergence(example, example.known["printed_log_density"])
    assert np.abs(residual).max() > 0.1
    assert rounding.max() < 1e-6


PROPOSITION_11 = [
    ((1, 3), (1, 1), (1, 1), 0.5, (4, -4, 6.4), (1.25, 0.25), (0.25, 0.25)),
    ((1, 3), (1, 1), (1, 3), 0.25, (0, 0, 0), (0.25, 1 / 12), (0.25, 1 / 12)),
    (
        (1, 3),
        (1, 2),
        (0.5, 1),
        0.4,
        (1.48148148, -1.48148148, 2.96296296),
        (0.31325301, 0.19277108),
        (0.21428571, 0.21428571),
    ),
    ((1, 1.2), (1, 1), (1, 1), 0.2, (0.55, -0.55, 0.88), (5 / 31, 4 / 31), (1 / 7, 1 / 7)),
]


@pytest.mark.parametrize(("p", "lam", "gam", "eta", "residuals", "exact", "claimed"), PROPOSITION_11)
def test_proposition_11(p, lam, gam, eta, residuals, exact, claimed):
    example = gallery.codiagonal_power_law(curvatures=p, noise=lam, growth=gam, learning_rate=eta)
    known = example.known
    assert np.diag(known["covariance"]) == pytest.approx(exact, abs=5e-9)
    assert np.diag(known["printed_covariance"]) == pytest.approx(claimed, abs=5e-9)
    assert ("log_density" in known) == known["proportional"] == (residuals[0] == 0)
    x = (np.array([1.0, 0.0, 2.0]), np.array([0.0, 1.0, 0.0]))
    start = known["printed_log_density"](*x)

    def component(i):
        return lambda *y: flux(example.problem, lambda *z: np.exp(known["printed_log_density"](*z) - start), y, 0.01)[i]

    growth = -sum(derivative(component(i), x, i, 0.01) for i in range(2))
    assert growth == pytest.approx(residuals, abs=1e-8)


def test_the_valley():
    example = gallery.valley()
    (x, y), weights = quadrature(example)
    mass = weights * np.exp(example.known["log_density"](x, y))
    step = y[0, 1] - y[0, 0]
    marginal = mass.sum(axis=0)[1:-1] / step
    assert example.known["marginal"](y[0, 1:-1]) == pytest.approx(marginal, rel=1e-12)
    force = -(x**2) / 2 * 4 * np.sin(2 * y)
    mean = (mass * force).sum(axis=0)[1:-1] / mass.sum(axis=0)[1:-1]
    assert example.known["mean_drift"](y[0, 1:-1]) == pytest.approx(mean, abs=1e-12)
    assert 4 * float(mpmath.ellipk(-4)) == pytest.approx(4.0378116399568, abs=5e-14)


def test_integrate_and_fire():
    known = OTHERS["integrate_and_fire"].known
    psi = lambda v: (v - 20.0) ** 2 / 25.0  # noqa: E731 - psi' = -drift/D
    interval = passage.mean_time(psi, 10.0, 20.0, diffusion=5.0**2 / 0.04)
    assert known["mean_interval"] == pytest.approx(interval, rel=1e-12)
    assert known["firing_rate"] == pytest.approx(1 / (0.002 + interval), rel=1e-12)
    v = np.linspace(-35.0, 20.0, 20_001)
    assert known["potential_density"](v).sum() * (v[1] - v[0]) == pytest.approx(1, rel=1e-6)  # the kink is at a point

"""Periodic states against closed forms: driven Ornstein-Uhlenbeck, ratchets, stochastic resonance, switching."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.linalg import expm
from scipy.stats import norm

import fokker
from fokker.errors import BoundaryError, CoefficientError, DomainError, FokkerError, GridError

A, W, D = 0.7, 2.0, 0.3
PERIOD = 2 * np.pi / W
DRIVEN = fokker.Problem(lambda x, t: -x + A * np.cos(W * t), diffusion=D, domain={"x": (-6, 6)}, time=True)


def order(cells, errors):
    return -np.polyfit(np.log(cells), np.log(np.abs(errors)), 1)[0]


@pytest.fixture(scope="module")
def settled():
    return fokker.periodic_state(fokker.discretize(DRIVEN, cells=100), PERIOD, tol=1e-7, phases=16)


def test_driven_ornstein_uhlenbeck_is_second_order_in_space():
    """The law is Gaussian with variance D; its mean has the amplitude A / sqrt(1 + w^2) and lags by atan(w)."""
    cells, errors = (50, 100, 200), []
    for n in cells:
        state = fokker.periodic_state(fokker.discretize(DRIVEN, cells=n), PERIOD, tol=1e-6, phases=4)
        found = state.response(lambda x: x)
        mean = A / np.hypot(1, W) * np.cos(W * state.times - np.arctan(W))
        exact = np.exp(-((state.nodes[0] - mean[:, None]) ** 2) / (2 * D)) / np.sqrt(2 * np.pi * D)
        errors.append(
            [found.amplitude - A / np.hypot(1, W), found.phase - np.arctan(W), np.abs(state.values - exact).max()]
        )
    for column in np.array(errors).T:
        assert abs(order(cells, column) - 2.0) < 0.1
    assert np.abs(errors[-1]).max() < 1e-3


def test_error_in_time_keeps_to_the_tolerance(settled):
    """Against the same cells with a tolerance a thousand times smaller."""
    sharp = fokker.periodic_state(settled.driven, PERIOD, tol=1e-9, phases=16)
    assert np.abs(settled.laws - sharp.laws).sum(axis=1).max() <= 1e-7
    assert settled.info.error_estimate <= 1e-7
    assert settled.info.mass_defect <= 1e-13


def test_the_state_repeats_itself(settled):
    path = fokker.propagate(settled.driven, settled[0], [PERIOD], tol=1e-8)
    assert np.abs(path.laws[0] - settled.laws[0]).sum() <= 2e-7


def test_no_current_between_walls(settled):
    """Through a closed end nothing passes on average: the cycle average is zero at every face, to rounding."""
    flux = settled.current().values
    assert np.abs(flux).max() <= 1e-13 * np.abs(settled.laws).sum() * 1e2
    with pytest.raises(BoundaryError, match="periodic axis"):
        _ = settled.displacement


def test_variance_under_pulsing_noise():
    """dX = -X dt + sqrt(2 D(t)) dW with D = D0 (1 + b cos w t): v' = -2 v + 2 D(t)."""
    level, depth = 0.3, 0.6
    problem = fokker.Problem(
        lambda x, t: -x, diffusion=lambda x, t: level * (1 + depth * np.cos(W * t)), domain={"x": (-6, 6)}, time=True
    )
    cells, errors = (50, 100, 200), []
    for n in cells:
        state = fokker.periodic_state(fokker.discretize(problem, cells=n), PERIOD, tol=1e-6, phases=4)
        found = state.response(lambda x: x**2)
        amplitude = 2 * level * depth / np.hypot(2, W)
        errors.append([found.amplitude - amplitude, found.phase - np.arctan(W / 2)])
        variance = level + amplitude * np.cos(W * state.times - np.arctan(W / 2))
        assert np.abs(state.covariance() - variance).max() < 4.0 * (12 / n) ** 2
    assert abs(order(cells, np.array(errors)[:, 0]) - 2.0) < 0.1
    assert abs(order(cells, np.array(errors)[:, 1]) - 2.0) < 0.1


def test_travelling_potential():
    """In its own frame it is a tilted ring, whose mean velocity is Stratonovich's: L (1 - e^-s) / double integral."""
    height, heat, speed = 0.5, 0.3, 1.2

    def tilted(y):
        return height * np.cos(2 * np.pi * y) + speed * y

    def inner(y):
        return quad(lambda z: np.exp((tilted(y) - tilted(z)) / heat), y - 1, y, epsabs=1e-12)[0]

    bound = quad(inner, 0, 1, epsabs=1e-11)[0] / heat
    exact = (1 - np.exp(speed / heat)) / bound
    moved = exact / speed + 1.0  # in one period of the lab, 1 / speed
    problem = fokker.Problem(
        lambda x, t: 2 * np.pi * height * np.sin(2 * np.pi * (x - speed * t)),
        diffusion=heat,
        domain={"x": (0, 1)},
        boundary="periodic",
        time=True,
    )
    cells, errors = (16, 32, 64), []
    for n in cells:
        state = fokker.periodic_state(fokker.discretize(problem, cells=n), 1 / speed, tol=1e-5, phases=4)
        errors.append(state.displacement - moved)
        flux = state.current().values
        assert np.ptp(flux) <= 1e-11 * np.abs(flux).max()  # the same at all places
    assert abs(order(cells, errors) - 2.0) < 0.1


# ---------------------------------------------------------------- flashing ratchet
HEAT, SHORT, OFF = 0.05, 0.2, 0.5


def ratchet(depth, on, short=SHORT, cells=200, phases=4):
    """A sawtooth of so many kT for a while, then free diffusion."""

    def saw(x):
        return depth * HEAT * np.where(x < short, x / short, (1 - x) / (1 - short))

    def problem(potential, **more):
        return fokker.Problem.from_potential(
            potential, temperature=HEAT, domain={"x": (0, 1)}, boundary="periodic", **more
        )

    first = fokker.discretize(problem(saw, breakpoints={"x": [short]}), cells=cells)
    second = fokker.discretize(problem(0.0), grid=first.grid)
    return fokker.periodic_state(fokker.switch((first, on), (second, OFF)), phases=phases)


def test_flashing_ratchet_tends_to_the_adiabatic_formula():
    """A deep sawtooth holds the particle at its minimum; then it spreads as a Gaussian and slides into a well.

    The displacement is ``sum n P_n`` with the Gaussian probability between the maxima at n - 0.8 and n + 0.2 (Astumian
    1997); the places near kinks within kT make the error of first order in kT over the height.
    """
    spread, turns = np.sqrt(2 * HEAT * OFF), np.arange(-20, 21)
    exact = (turns * (norm.cdf((turns + SHORT) / spread) - norm.cdf((turns - 1 + SHORT) / spread))).sum()
    depths = np.array([20.0, 40.0, 80.0, 160.0])
    errors = [ratchet(depth, 60.0 / depth).displacement - exact for depth in depths]
    assert errors[0] < 0.0 < exact
    rates = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert abs(rates[-1] - 1.0) < 0.15


def test_symmetric_ratchet_goes_nowhere():
    assert abs(ratchet(20.0, 3.0, short=0.5, cells=100).displacement) <= 1e-13


def test_ratchet_current_is_the_same_everywhere():
    flux = ratchet(20.0, 3.0, cells=100).current().values
    assert np.ptp(flux) <= 1e-10 * np.abs(flux).max()


@pytest.mark.slow
def test_ratchet_against_a_simulation():
    """Euler-Maruyama for the on-phase with two steps sizes extrapolated; the off-phase is an exact Gaussian."""
    depth, on = 10.0, 1.0
    exact = ratchet(depth, on, cells=200).displacement
    rng = np.random.default_rng(7)
    means, errors = [], []
    for step in (2e-3, 1e-3):
        x, walkers = np.zeros(40_000), 40_000
        for cycle in range(7):
            if cycle == 2:  # after two cycles the memory of the start is gone
                before = x.copy()
            for _ in range(round(on / step)):
                slope = np.where(x % 1.0 < SHORT, -1 / SHORT, 1 / (1 - SHORT)) * depth * HEAT
                x += slope * step + np.sqrt(2 * HEAT * step) * rng.standard_normal(walkers)
            x += np.sqrt(2 * HEAT * OFF) * rng.standard_normal(walkers)
        moved = (x - before) / 5
        means.append(moved.mean())
        errors.append(moved.std() / np.sqrt(walkers))
    found = 2 * means[1] - means[0]
    error = np.hypot(2 * errors[1], errors[0])
    assert abs(found - exact) <= 4 * error
    assert exact > 20 * error  # to the right, beyond doubt


# ---------------------------------------------------------------- stochastic resonance
SLOW = 0.05


def well(amplitude, noise, cells=100):
    problem = fokker.Problem(
        lambda x, t: x - x**3 + amplitude * np.cos(SLOW * t), diffusion=noise, domain={"x": (-2.5, 2.5)}, time=True
    )
    state = fokker.periodic_state(fokker.discretize(problem, cells=cells), 2 * np.pi / SLOW, tol=1e-5, phases=4)
    return state.response(lambda x: x)


def susceptibility(noise, cells=800):
    """Fluctuation and dissipation: sum_k g_k lambda_k / (D (lambda_k + i w)), by dense algebra of the static well."""
    problem = fokker.Problem(lambda x: x - x**3, diffusion=noise, domain={"x": (-2.5, 2.5)})
    generator = fokker.discretize(problem, cells=cells)
    law = fokker.stationary(generator).mass
    root = np.sqrt(law)
    symmetric = root[:, None] * generator.matrix().toarray() / root
    rates, modes = np.linalg.eigh(-0.5 * (symmetric + symmetric.T))
    weights = (modes.T @ (root * generator.nodes[0])) ** 2
    terms = weights[1:] * rates[1:] / (rates[1:] + 1j * SLOW)
    return terms.sum() / noise, rates[1], law @ generator.nodes[0] ** 2


def test_linear_response_of_the_double_well():
    """Amplitude over A tends to the susceptibility, from which it differs by A^2 (second order) and by the cells."""
    exact, _, _ = susceptibility(0.1)
    responses = [well(amplitude, 0.1) for amplitude in (0.08, 0.04, 0.02)]
    ratios = np.array([r.amplitude for r in responses]) / [0.08, 0.04, 0.02]
    gaps = np.diff(ratios)
    assert abs(np.log2(gaps[0] / gaps[1]) - 2.0) < 0.2
    limit = ratios[2] + gaps[1] / 3
    assert abs(limit / abs(exact) - 1) < 1e-3  # second order in the cells: 100 against 800
    assert abs(responses[2].phase + np.angle(exact)) < 5e-3


def test_two_states_in_weak_noise():
    """McNamara and Wiesenfeld 1989: (A <x^2> / D) 2k / sqrt(4 k^2 + w^2), but for what happens within the wells."""
    gaps = []
    for noise in (0.16, 0.12):
        exact, relaxation, square = susceptibility(noise, 400)
        two = square / noise * relaxation / np.hypot(relaxation, SLOW)
        assert abs(well(0.01, noise).amplitude / 0.01 / abs(exact) - 1) < 2e-3
        gaps.append(abs(two / abs(exact) - 1))
    assert max(gaps) < 0.01


def test_resonance_peaks_at_some_noise():
    amplitudes = [well(0.02, noise, 60).amplitude for noise in (0.06, 0.12, 0.3)]
    assert amplitudes[1] > 1.5 * max(amplitudes[0], amplitudes[2])


# ---------------------------------------------------------------- switching
def centre(c, cells=100):
    return fokker.discretize(fokker.Problem(lambda x: c - x, diffusion=0.2, domain={"x": (-5, 5)}), cells=cells)


def test_switching_centres():
    """Mean and variance of an Ornstein-Uhlenbeck process that is drawn to -1 and 1 in turn: piecewise exponentials."""
    durations = (0.7, 0.4)
    # the mean before the first piece, m = f(m) with f the map of both pieces
    gain, turn = np.exp(-0.7), np.exp(-0.4)
    first = (1 - turn - turn * (1 - gain)) / (1 - turn * gain)
    cells, errors = (50, 100, 200), []
    for n in cells:
        state = fokker.periodic_state(fokker.switch((centre(-1.0, n), 0.7), (centre(1.0, n), 0.4)), phases=22)
        t = state.times
        end = -1 + (first + 1) * gain
        mean = np.where(t < durations[0], -1 + (first + 1) * np.exp(-t), 1 + (end - 1) * np.exp(-(t - durations[0])))
        errors.append([np.abs(state.mean() - mean).max(), np.abs(state.covariance() - 0.2).max()])
        assert state.info.mass_defect <= 1e-13
        assert state.laws.min() >= 0.0
    assert abs(order(cells, np.array(errors)[:, 0]) - 2.0) < 0.1
    assert abs(order(cells, np.array(errors)[:, 1]) - 2.0) < 0.1


def test_switching_is_exact_in_time():
    """Against dense exponentials of the same rates, their integral and their harmonic, to rounding."""
    low, high = centre(-1.0), centre(1.0)
    state = fokker.periodic_state(fokker.switch((low, 0.7), (high, 0.4)), phases=11)
    matrices = [g.matrix().toarray().T for g in (low, high)]
    both = expm(0.4 * matrices[1]) @ expm(0.7 * matrices[0])
    values, vectors = np.linalg.eig(both)
    fixed = np.real(vectors[:, np.argmin(np.abs(values - 1))])
    fixed /= fixed.sum()
    assert np.abs(state.laws[0] - fixed).sum() <= 1e-12
    assert np.abs(state.laws[7] - expm(0.7 * matrices[0]) @ fixed).sum() <= 1e-12
    nodes, weights = np.polynomial.legendre.leggauss(24)
    total, turned = 0.0, 0.0
    for since, span, matrix, law, masses in (
        (0.0, 0.7, matrices[0], fixed, low.masses),
        (0.7, 0.4, matrices[1], expm(0.7 * matrices[0]) @ fixed, high.masses),
    ):
        for node, weight in zip(0.5 * (nodes + 1), 0.5 * weights, strict=True):
            part = weight * span * (expm(node * span * matrix) @ law)
            total = total + part / masses
            turned = turned + part * np.exp(-2j * np.pi * (since + node * span) / 1.1)
    assert np.abs(state.averaged - total / 1.1).max() <= 1e-12
    assert np.abs(state.fundamental - 2 * turned / 1.1).max() <= 1e-12


def test_smooth_and_switched_agree():
    """The same switching, once by exact pieces and once as declared jumps of the coefficients."""
    problem = fokker.Problem(
        lambda x, t: np.where(t % 1.1 < 0.7, -1.0, 1.0) - x,
        diffusion=0.2,
        domain={"x": (-5, 5)},
        time=True,
        breakpoints={"t": [0.7]},
    )
    smooth = fokker.periodic_state(fokker.discretize(problem, cells=100), 1.1, tol=1e-8, phases=11)
    exact = fokker.periodic_state(fokker.switch((centre(-1.0), 0.7), (centre(1.0), 0.4)), phases=11)
    assert np.abs(smooth.laws - exact.laws).sum(axis=1).max() <= 1e-8
    assert np.abs(smooth.averaged - exact.averaged).max() <= 1e-8


# ---------------------------------------------------------------- two dimensions, records, bad input
def test_two_dimensions():
    """A driven pair: the mean goes around as the linear equations say."""
    problem = fokker.Problem(
        lambda x, y, t: (-x - y + 0.5 * np.cos(W * t), x - y),
        diffusion=0.3,
        domain={"x": (-4, 4), "y": (-4, 4)},
        time=True,
    )
    state = fokker.periodic_state(fokker.discretize(problem, cells=24), PERIOD, tol=1e-4, phases=4)
    turned = np.linalg.solve(np.array([[1j * W + 1, 1], [-1, 1j * W + 1]]), [0.5, 0.0])
    for k, exact in enumerate(turned):
        found = state.response(lambda *x, k=k: x[k])
        assert abs(found.amplitude * np.exp(-1j * found.phase) - exact) < (8 / 24) ** 2
    assert state.average().shape == (24, 24)
    assert len(state.current().values) == 2


def test_the_record(settled, tmp_path):
    assert len(settled) == 16
    assert settled[3].mean() == pytest.approx(settled.mean()[3], abs=1e-2)
    assert settled.values.shape == (16, 100)
    assert abs(settled.average() @ settled.masses[0] - 1.0) < 1e-3
    assert repr(settled).startswith("Periodic state at 16 phases")
    assert len(repr(settled).splitlines()) == 5
    settled.save(str(tmp_path / "state.npz"))
    again = fokker.load(str(tmp_path / "state.npz"))
    assert np.array_equal(again.laws, settled.laws)
    assert again.response(lambda x: x) == settled.response(lambda x: x)
    assert np.array_equal(again.current().values, settled.current().values)


def test_the_picture(settled):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    settled.plot()
    plt.close("all")


def test_what_is_no_driven_process():
    with pytest.raises(FokkerError, match="discretize"):
        fokker.periodic_state(DRIVEN, PERIOD)
    with pytest.raises(FokkerError, match="stationary"):
        fokker.periodic_state(centre(0.0), 1.0)


@pytest.mark.parametrize(
    ("period", "words"), [(None, "missing"), (-1.0, "positive"), (np.inf, "positive"), (3.0, "repeat")]
)
def test_periods_that_are_none(period, words):
    with pytest.raises(DomainError, match=words):
        fokker.periodic_state(fokker.discretize(DRIVEN, cells=20), period)


def test_periods_of_switching():
    driven = fokker.switch((centre(-1.0, 20), 0.5), (centre(1.0, 20), 0.5))
    assert fokker.periodic_state(driven, 2.0, phases=4).period == 2.0
    with pytest.raises(DomainError, match="fit into"):
        fokker.periodic_state(driven, 1.5)


def test_other_bad_input():
    leaky = fokker.Problem(
        lambda x, t: np.cos(t) - x, diffusion=1.0, domain={"x": (-1, 1)}, boundary="absorbing", time=True
    )
    with pytest.raises(BoundaryError, match="leaves"):
        fokker.periodic_state(fokker.discretize(leaky, cells=20), 2 * np.pi)
    with pytest.raises(FokkerError, match="phases"):
        fokker.periodic_state(fokker.discretize(DRIVEN, cells=20), PERIOD, phases=2)
    with pytest.raises(FokkerError, match="tolerance"):
        fokker.periodic_state(fokker.discretize(DRIVEN, cells=20), PERIOD, tol=0.0)
    square = fokker.Problem(lambda x, t: np.sign(np.sin(W * t)) - x, diffusion=1.0, domain={"x": (-5, 5)}, time=True)
    with pytest.raises(CoefficientError, match=r"jump at t = 1\.57"):
        fokker.periodic_state(fokker.discretize(square, cells=20), PERIOD)


@pytest.mark.parametrize("phases", [4, 64])
def test_a_state_at_the_end_of_an_infinite_axis_is_refused(phases):
    """The mean goes to 4 / sqrt(2) and the cells to 2.5; the average over the period sees what few phases do not."""
    problem = fokker.Problem(lambda x, t: 4 * np.cos(t) - x, diffusion=0.1, domain={"x": (-np.inf, np.inf)}, time=True)
    grid = fokker.Grid(x=fokker.Axis.line(30, center=0.0, scale=2.5, reach=2.5))
    with pytest.raises(GridError, match=r"infinite axis x(?s:.*)Axis\.line\(30, center="):
        fokker.periodic_state(fokker.discretize(problem, grid=grid), 2 * np.pi, tol=1e-2, phases=phases)


def test_a_state_takes_its_driven_process_back(settled, tmp_path):
    settled.save(str(tmp_path / "state.npz"))
    again = fokker.load(str(tmp_path / "state.npz"), generator=settled.driven)
    assert again.driven is settled.driven
    assert again[3].at(x=0.5) == settled[3].at(x=0.5)
    assert np.array_equal(again.path.currents(), settled.path.currents())

"""Problems in time, driven processes, and their laws at later times."""

import numpy as np
import pytest
from scipy.linalg import expm

import fokker
from fokker.errors import CoefficientError, DomainError, FokkerError, GridError

A, W, D = 0.7, 2.0, 0.3
DRIVEN = fokker.Problem(lambda x, t: -x + A * np.cos(W * t), diffusion=D, domain={"x": (-6, 6)}, time=True)
START, SPREAD = 1.0, 0.5


def density(x):
    return np.exp(-((x - START) ** 2) / (2 * SPREAD)) / np.sqrt(2 * np.pi * SPREAD)


def exact(x, t):
    """The Gaussian of dX = (-X + A cos w t) dt + sqrt(2 D) dW."""

    def settled(s):
        return A * (np.cos(W * s) + W * np.sin(W * s)) / (1 + W * W)

    mean = settled(t) + (START - settled(0)) * np.exp(-t)
    spread = D + (SPREAD - D) * np.exp(-2 * t)
    return np.exp(-((x - mean) ** 2) / (2 * spread)) / np.sqrt(2 * np.pi * spread)


def centre(c, cells=100):
    return fokker.discretize(fokker.Problem(lambda x: c - x, diffusion=0.2, domain={"x": (-5, 5)}), cells=cells)


# ---------------------------------------------------------------- problems
def test_problem_in_time():
    problem = fokker.Problem(
        lambda x, t: np.cos(t) - x, noise=lambda x, t: 1 + 0.5 * np.sin(t) + 0 * x, domain={"x": (-5, 5)}, time=True
    )
    assert problem.time
    held = problem.at_time(0.5)
    assert not held.time
    assert held.drift_at(1.0) == np.cos(0.5) - 1.0
    assert held.diffusion_at(1.0) == pytest.approx(0.5 * (1 + 0.5 * np.sin(0.5)) ** 2, rel=1e-15)
    assert "a(X, t)" in problem.equation()
    assert "the drift and the noise depend on t" in problem.equation()
    assert "depend on t" in repr(problem)
    assert len(repr(problem).splitlines()) == 5


def test_potential_in_time():
    problem = fokker.Problem.from_potential(
        lambda x, t: (1 + 0.1 * t) * x**2, temperature=0.5, mobility=2.0, domain={"x": (-5, 5)}, time=True
    )
    assert problem.at_time(10.0).potential_at(1.0) == 4.0
    assert "if t were held" in problem.equation()


def test_numbers_and_data_do_not_depend_on_time():
    x = np.linspace(-5, 5, 50)
    data = fokker.Sampled(x, 1 + 0.1 * x**2)
    problem = fokker.Problem(
        lambda x, t: np.cos(t) - x, diffusion=data, convention="ito", domain={"x": (-5, 5)}, time=True
    )
    assert problem.at_time(0.3).diffusion_at(1.0) == problem.at_time(5.0).diffusion_at(1.0)
    assert "the drift depends on t" in problem.equation()


def test_a_static_problem_is_itself_at_all_times():
    problem = fokker.Problem(lambda x: -x, diffusion=1.0, domain={"x": (-5, 5)})
    assert problem.at_time(3.0) is problem


def test_noise_that_comes_to_depend_on_the_state_needs_a_convention():
    problem = fokker.Problem(lambda x, t: -x, noise=lambda x, t: 1 + t * x**2, domain={"x": (-5, 5)}, time=True)
    with pytest.raises(fokker.errors.ConventionError):
        fokker.propagate(fokker.discretize(problem, cells=20), {"x": 0.0}, [1.0])


def test_signatures_that_forget_the_time():
    with pytest.raises(CoefficientError, match=r"the drift does not take the time(?s:.*)lambda x, t"):
        fokker.Problem(lambda x: -x, diffusion=1.0, domain={"x": (-5, 5)}, time=True)
    with pytest.raises(CoefficientError, match=r"potential does not take the time(?s:.*)lambda x, y, t"):
        fokker.Problem.from_potential(
            lambda x, y: x**2 + y**2, temperature=1.0, domain={"x": (-1, 1), "y": (-1, 1)}, time=True
        )
    with pytest.raises(CoefficientError, match="time=True"):
        fokker.Problem(lambda x, t: -x, diffusion=1.0, domain={"x": (-5, 5)})


@pytest.mark.parametrize("ask", ["drift_at", "diffusion_at"])
def test_values_need_a_time(ask):
    with pytest.raises(CoefficientError, match="at_time"):
        getattr(DRIVEN, ask)(0.0)
    with pytest.raises(CoefficientError, match="at_time"):
        DRIVEN.ito()
    with pytest.raises(CoefficientError, match="at_time"):
        DRIVEN.boundaries()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"time": "yes"}, "True or False"),
        ({"time": True, "breakpoints": {"t": [np.nan]}}, "no finite numbers"),
        ({"time": True, "breakpoints": {"t": "noon"}}, "no finite numbers"),
        ({"breakpoints": {"t": [1.0]}}, "unknown axis"),
        ({"time": True, "domain": {"t": (0, 1)}}, "is the time"),
        ({"domain": {"x": (0.0, lambda t: 1 + t)}}, "time=True"),
    ],
)
def test_arguments_that_are_none(arguments, words):
    given = {"domain": {"x": (-5, 5)}} | arguments
    drift = (lambda x, t: -x) if arguments.get("time") is True else (lambda x: -x)
    with pytest.raises(FokkerError, match=words):
        fokker.Problem(drift, diffusion=1.0, **given)


def test_times_that_are_none():
    with pytest.raises(DomainError, match="no finite number"):
        DRIVEN.at_time(np.nan)
    with pytest.raises(DomainError, match="no finite number"):
        fokker.discretize(DRIVEN, cells=20).at("noon")


# ---------------------------------------------------------------- driven processes
def test_the_driven_process():
    driven = fokker.discretize(DRIVEN, cells=40)
    assert isinstance(driven, fokker.Driven)
    assert driven.shape == (40,)
    assert isinstance(driven.at(0.7), fokker.Generator)
    assert driven.at(0.7) is driven.at(0.7)
    still = fokker.discretize(DRIVEN.at_time(0.7), cells=40)
    assert np.array_equal(driven.at(0.7).forward, still.forward)
    assert len(repr(driven).splitlines()) == 5


def test_an_unbounded_axis_covers_all_times():
    problem = fokker.Problem(lambda x, t: 3 * np.cos(t) - x, diffusion=0.5, domain={"x": (-np.inf, np.inf)}, time=True)
    driven = fokker.discretize(problem, cells=120)
    assert np.array_equal(driven.at(0.0).nodes[0], driven.at(2.0).nodes[0])
    state = fokker.periodic_state(driven, 2 * np.pi, tol=1e-4, phases=4)
    assert state.response(lambda x: x).amplitude == pytest.approx(3 / np.sqrt(2), rel=1e-2)


VERBS = {
    "stationary": lambda d: fokker.stationary(d),
    "mean_first_passage": lambda d: fokker.mean_first_passage(d, lambda x: x > 1),
    "committor": lambda d: fokker.committor(d, source=lambda x: x < -1, target=lambda x: x > 1),
    "spectrum": lambda d: fokker.spectrum(d, k=3),
    "quasi_stationary": lambda d: fokker.quasi_stationary(d, lambda x: x > 1),
    "exit_time": lambda d: fokker.exit_time(d, lambda x: x > 1, {"x": 0.0}),
    "rate": lambda d: fokker.rate(d, lambda x: x < -1, lambda x: x > 1),
    "drift_velocity": lambda d: fokker.drift_velocity(d),
    "expectation": lambda d: fokker.expectation(d, lambda x: x, [1.0]),
}


@pytest.mark.parametrize("verb", VERBS)
def test_verbs_that_need_a_generator_teach(verb):
    with pytest.raises(FokkerError, match=r"driven.at\(t\)(?s:.*)periodic_state"):
        VERBS[verb](fokker.discretize(DRIVEN, cells=20))


# ---------------------------------------------------------------- laws at later times
def test_driven_ornstein_uhlenbeck_is_second_order_in_space():
    cells, errors = (50, 100, 200), []
    for n in cells:
        path = fokker.propagate(fokker.discretize(DRIVEN, cells=n), density, [0.5, 2.0], tol=1e-8)
        laws = np.stack([exact(path.nodes[0], t) for t in path.times])
        errors.append(np.abs(path.values - laws).max(axis=1))
    orders = -np.polyfit(np.log(cells), np.log(errors), 1)[0]
    assert np.abs(orders - 2.0).max() < 0.15


@pytest.mark.parametrize("tol", [1e-4, 1e-7, 1e-10])
def test_error_in_time_keeps_to_the_tolerance(tol):
    """Against SciPy's implicit method of variable order on the same rates."""
    from scipy.integrate import solve_ivp

    driven = fokker.discretize(DRIVEN, cells=40)
    path = fokker.propagate(driven, density, [0.7, 2.0], tol=tol)
    start = fokker.propagate(driven, density, [0.0]).laws[0]
    sharp = solve_ivp(
        lambda t, p: driven.at(t).matrix().T @ p, (0, 2), start, "DOP853", [0.7, 2.0], rtol=1e-13, atol=1e-15
    )
    assert np.abs(path.laws - sharp.y.T).sum(axis=1).max() <= tol
    assert path.info.error_estimate <= tol
    assert path.info.mass_defect <= 1e-13


def test_constant_driving_is_no_driving():
    problem = fokker.Problem(lambda x, t: -x, diffusion=D, domain={"x": (-6, 6)}, time=True)
    driven = fokker.discretize(problem, cells=80)
    path = fokker.propagate(driven, density, [0.5, 3.0], tol=1e-9)
    still = fokker.propagate(driven.at(0.0), density, [0.5, 3.0], method="uniformisation")
    assert np.abs(path.laws - still.laws).sum(axis=1).max() <= 1e-9


def test_strict_is_never_negative():
    driven = fokker.discretize(DRIVEN, cells=60)
    path = fokker.propagate(driven, {"x": 1.0}, [0.1, 0.5], tol=1e-2, positivity="strict")
    sharp = fokker.propagate(driven, {"x": 1.0}, [0.1, 0.5], tol=1e-8)
    assert path.laws.min() >= 0.0
    assert np.abs(path.laws - sharp.laws).sum(axis=1).max() <= 1e-2
    assert path.info.method.startswith("backward-euler")


def test_sinks_are_carried_along():
    problem = fokker.Problem(
        lambda x, t: np.cos(t) + 0 * x, diffusion=0.5, domain={"x": (-1, 1)}, boundary="absorbing", time=True
    )
    path = fokker.propagate(fokker.discretize(problem, cells=50), {"x": 0.0}, [0.2, 1.0], tol=1e-8)
    total = path.survival + path.exited["x left"] + path.exited["x right"]
    assert np.abs(total - 1.0).max() <= 1e-13
    assert path.exited["x right"][0] > path.exited["x left"][0]


def test_switching_is_exact_in_time():
    low, high = centre(-1.0), centre(1.0)
    driven = fokker.switch((low, 0.7), (high, 0.4))
    path = fokker.propagate(driven, {"x": 2.0}, [0.0, 0.3, 0.7, 0.9, 1.1, 1.5])
    a, b = (g.matrix().toarray().T for g in (low, high))
    law = path.laws[0]
    first = expm(0.7 * a) @ law
    whole = expm(0.4 * b) @ first
    exact_laws = [law, expm(0.3 * a) @ law, first, expm(0.2 * b) @ first, whole, expm(0.4 * a) @ whole]
    for k, exactly in enumerate(exact_laws):
        assert np.abs(path.laws[k] - exactly).sum() <= 1e-12
    krylov = fokker.propagate(driven, {"x": 2.0}, path.times, method="krylov", tol=1e-9)
    assert np.abs(krylov.laws - path.laws).sum(axis=1).max() <= 1e-9
    assert path.laws.min() >= 0.0
    assert path.info.mass_defect <= 1e-13


def test_declared_jumps():
    """A square wave with its jumps declared is the switching process."""
    problem = fokker.Problem(
        lambda x, t: np.where(t % 1.1 < 0.7, -1.0, 1.0) - x,
        diffusion=0.2,
        domain={"x": (-5, 5)},
        time=True,
        breakpoints={"t": [0.7, 1.1]},
    )
    path = fokker.propagate(fokker.discretize(problem, cells=100), {"x": 2.0}, [1.1, 1.5], tol=1e-8)
    pieces = fokker.switch((centre(-1.0), 0.7), (centre(1.0), 0.4))
    sharp = fokker.propagate(pieces, {"x": 2.0}, [1.1, 1.5])
    assert np.abs(path.laws - sharp.laws).sum(axis=1).max() <= 1e-8


@pytest.mark.parametrize("size", [1.0, 1e-2])
def test_jumps_that_nobody_declared_are_found(size):
    problem = fokker.Problem(
        lambda x, t: size * np.sign(np.sin(t)) + np.cos(t) - x, diffusion=1.0, domain={"x": (-5, 5)}, time=True
    )
    driven = fokker.discretize(problem, cells=40)
    with pytest.raises(CoefficientError, match=r"jump at t = 3.14159(?s:.*)breakpoints(?s:.*)switch"):
        fokker.propagate(driven, {"x": 0.0}, [5.0])
    fokker.propagate(driven, {"x": 0.0}, [3.0], tol=1e-3)  # before the first jump all is well


def test_steep_but_continuous_driving_is_none_of_them():
    problem = fokker.Problem(
        lambda x, t: np.tanh((t - 0.3) / 1e-3) - x, diffusion=1.0, domain={"x": (-5, 5)}, time=True
    )
    path = fokker.propagate(fokker.discretize(problem, cells=40), {"x": 0.0}, [1.0], tol=1e-6)
    assert path.info.error_estimate <= 1e-6


def test_a_short_pulse_between_breakpoints_is_seen():
    """Against many output times around the pulse, on all of which steps end."""
    width, at = 0.02, 20.3

    def pulsed(**more):
        problem = fokker.Problem(
            lambda x, t: -x + 0.5 / width * np.exp(-(((t - at) / width) ** 2)),
            diffusion=0.3,
            domain={"x": (-5, 5)},
            time=True,
            **more,
        )
        return fokker.discretize(problem, cells=40)

    driven = pulsed(breakpoints={"t": [at - 8 * width, at + 8 * width]})
    path = fokker.propagate(driven, {"x": 0.0}, [21.0], tol=1e-4)
    around = np.append(at + width * np.arange(-8.0, 9.0), 21.0)
    sharp = fokker.propagate(pulsed(), {"x": 0.0}, around, tol=1e-6)
    assert np.abs(path.laws[-1] - sharp.laws[-1]).sum() <= 1.01e-4
    assert path.mean()[0] > 0.2


def test_the_record_of_a_driven_process(tmp_path):
    problem = fokker.Problem(
        lambda x, t: -x, diffusion=lambda x, t: 0.3 + 0.1 * np.sin(t), domain={"x": (-5, 5)}, time=True
    )
    path = fokker.propagate(fokker.discretize(problem, cells=60), {"x": 1.0}, [0.5, 1.0], tol=1e-6)
    assert path.masses.shape == (2, 60)
    assert path.values.shape == (2, 60)
    assert path[1].mean() == pytest.approx(np.exp(-1), abs=1e-2)
    assert path.currents().shape == (2, 61)
    path.save(str(tmp_path / "path.npz"))
    assert np.array_equal(fokker.load(str(tmp_path / "path.npz")).values, path.values)
    assert path.to_xarray().dims == ("time", "x")


def test_two_dimensions():
    """The mean of a driven linear pair obeys its own linear equation."""
    problem = fokker.Problem(
        lambda x, y, t: (-x - y + np.cos(W * t), x - y), diffusion=0.3, domain={"x": (-4, 4), "y": (-4, 4)}, time=True
    )
    path = fokker.propagate(fokker.discretize(problem, cells=24), {"x": 1.0, "y": 0.0}, [1.0], tol=1e-4)
    matrix = np.array([[-1.0, -1.0], [1.0, -1.0]])
    particular = np.linalg.solve(1j * W * np.eye(2) - matrix, [1.0, 0.0])
    mean = np.real(particular * np.exp(1j * W)) + expm(matrix) @ (np.array([1.0, 0.0]) - np.real(particular))
    assert np.abs(path.mean()[0] - mean).max() < (8 / 24) ** 2


# ---------------------------------------------------------------- bad input
def test_methods_that_do_not_fit():
    with pytest.raises(FokkerError, match="does not go with"):
        fokker.propagate(fokker.discretize(DRIVEN, cells=20), {"x": 0.0}, [1.0], method="krylov")
    with pytest.raises(FokkerError, match="does not go with"):
        fokker.propagate(fokker.switch((centre(0.0, 20), 1.0)), {"x": 0.0}, [1.0], method="radau")


def test_pieces_that_are_none():
    with pytest.raises(FokkerError, match="nothing to switch"):
        fokker.switch()
    for piece in ((centre(0.0, 20), 0.0), (centre(0.0, 20), np.inf), (DRIVEN, 1.0), centre(0.0, 20)):
        with pytest.raises(FokkerError, match="duration"):
            fokker.switch(piece)
    with pytest.raises(GridError, match="different grids"):
        fokker.switch((centre(0.0, 20), 1.0), (centre(0.0, 30), 1.0))


def test_signed_schemes_are_refused():
    with pytest.raises(FokkerError, match="not negative"):
        fokker.discretize(DRIVEN, cells=20, scheme="nine-point-signed")


@pytest.mark.parametrize("time", [15.0, 20.0])
def test_a_law_at_the_end_of_an_infinite_axis_is_refused(time):
    """The mean is 5 (t - 1) + 6 exp(-t), and leaves the cells that were fitted up to t = 11.3."""
    problem = fokker.Problem(lambda x, t: 5 * t - x, diffusion=0.5, domain={"x": (-np.inf, np.inf)}, time=True)
    with pytest.raises(GridError, match=r"axis x at t = (?s:.*)of the law in the last cell(?s:.*)center=..., scale="):
        fokker.propagate(fokker.discretize(problem, cells=60), {"x": 1.0}, [1.0, time], tol=1e-2)


def test_a_law_that_comes_near_the_end_of_an_infinite_axis_is_doubted():
    problem = fokker.Problem(lambda x, t: -x, diffusion=0.5, domain={"x": (-np.inf, np.inf)}, time=True)
    grid = fokker.Grid(x=fokker.Axis.line(60, center=0.0, scale=2.0, reach=3.5))
    with pytest.warns(fokker.FokkerWarning, match=r"last cell of the infinite axis x(?s:.*)at t = 3"):
        path = fokker.propagate(fokker.discretize(problem, grid=grid), {"x": 0.0}, [3.0], tol=1e-4)
    assert 1e-8 < path.laws[0, [0, -1]].max() < 1e-3
    wide = fokker.Grid(x=fokker.Axis.line(60, center=0.0, scale=2.0, reach=10.0))
    assert not fokker.propagate(fokker.discretize(problem, grid=wide), {"x": 0.0}, [3.0], tol=1e-4).info.warnings


def test_the_start_of_a_switching_process():
    path = fokker.propagate(fokker.switch((centre(-1.0, 20), 0.7), (centre(1.0, 20), 0.4)), {"x": 2.0}, [0.0])
    assert path.laws.shape == (1, 20)
    assert path.laws.sum() == pytest.approx(1.0, rel=1e-15)


@pytest.mark.parametrize("durations", [(0.7, 0.4), (0.1, 0.2), (1e-3, 1 / 3)])
def test_multiples_of_a_period_begin_with_the_first_piece(durations):
    """k T and k T + a are known to rounding only: the piece is the one that follows."""
    low, high = centre(-1.0, 20), centre(1.0, 20)
    driven = fokker.switch((low, durations[0]), (high, durations[1]))
    for k in range(1000):
        assert driven.at(k * driven.period) is low
        assert driven.at(k * driven.period + durations[0]) is high


def test_all_jumps_are_named_declared_or_not():
    problem = fokker.Problem(
        lambda x, t: np.sign(np.sin(t)) - x, diffusion=1.0, domain={"x": (-5, 5)}, time=True,
        breakpoints={"t": [np.pi, 7.0]},
    )  # fmt: skip
    with pytest.raises(CoefficientError, match=r"jump at t = 6\.28(?s:.*)\[3\.14\d+, 6\.28\d+, 7\]\} at least"):
        fokker.propagate(fokker.discretize(problem, cells=20), {"x": 0.0}, [8.0])


def test_errors_of_coefficients_name_the_time():
    def drift(x, t):
        return -x * (1.0 if t < 0.3 else np.nan)

    driven = fokker.discretize(fokker.Problem(drift, diffusion=1.0, domain={"x": (-5, 5)}, time=True), cells=20)
    with pytest.raises(CoefficientError, match=r"at t = 0\.5") as caught:
        driven.at(0.5)
    assert "finite" in str(caught.value)
    with pytest.raises(CoefficientError, match=r"finite(?s:.*)at t = 0\.[3-9]") as caught:
        fokker.propagate(driven, {"x": 0.0}, [1.0])
    assert "jump" not in str(caught.value)
    fokker.propagate(driven, {"x": 0.0}, [0.29], tol=1e-2)


def test_a_trajectory_takes_its_driven_process_back(tmp_path):
    driven = fokker.discretize(DRIVEN, cells=20)
    path = fokker.propagate(driven, {"x": 1.0}, [0.5, 1.0], tol=1e-3)
    path.save(str(tmp_path / "path.npz"))
    again = fokker.load(str(tmp_path / "path.npz"), generator=driven)
    assert np.array_equal(again.currents(), path.currents())
    path[1].save(str(tmp_path / "law.npz"))
    with pytest.raises(FokkerError, match=r"driven\.at\(t\)"):
        fokker.load(str(tmp_path / "law.npz"), generator=driven)
    with pytest.raises(FokkerError, match="other nodes"):
        fokker.load(str(tmp_path / "path.npz"), generator=fokker.discretize(DRIVEN, cells=30))

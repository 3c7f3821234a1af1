"""The law at later times: three methods against each other and against exact transition densities."""

from dataclasses import replace

import numpy as np
import pytest

import fokker
from fokker.errors import DomainError, FokkerError
from fokker.linalg.evolution import poisson_window

OU = fokker.Problem(drift=lambda x: -x, diffusion=1.0, domain={"x": (-8, 8)})
PLANE = fokker.Problem(drift=lambda x, y: (-x - 2 * y, 2 * x - y), diffusion=0.5, domain={"x": (-5, 5), "y": (-5, 5)})


def gaussian(x, start, t):
    spread = 1 - np.exp(-2 * t)
    return np.exp(-((x - start * np.exp(-t)) ** 2) / (2 * spread)) / np.sqrt(2 * np.pi * spread)


@pytest.mark.parametrize("method", ["uniformisation", "krylov"])
def test_ornstein_uhlenbeck_is_second_order_in_space(method):
    errors = []
    for cells in (100, 200, 400):
        generator = fokker.discretize(OU, cells=cells)
        start = {"x": float(generator.nodes[0][int(0.625 * cells)])}
        path = fokker.propagate(generator, start, [0.5, 2.0], method=method, tol=1e-10)
        exact = [gaussian(generator.nodes[0], start["x"], t) for t in path.times]
        errors.append(np.abs(path.values - exact).max(axis=1))
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert np.abs(orders - 2.0).max() < 0.2


def test_a_rotating_plane_is_second_order_in_space():
    width, time = 0.2, 1.0
    center = np.exp(-time) * np.array([np.cos(2 * time), np.sin(2 * time)])
    spread = 0.5 + (width - 0.5) * np.exp(-2 * time)

    def normal(x, y, at, variance):
        return np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / (2 * variance)) / (2 * np.pi * variance)

    errors = []
    for cells in (32, 64, 128):
        generator = fokker.discretize(PLANE, cells=cells)
        path = fokker.propagate(generator, lambda x, y: normal(x, y, (1.0, 0.0), width), [time], tol=1e-10)
        exact = normal(*np.meshgrid(*generator.nodes, indexing="ij"), center, spread)
        errors.append(np.abs(path.values[0] - exact).max() / exact.max())
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert np.abs(orders - 2.0).max() < 0.1


@pytest.mark.parametrize("tol", [1e-4, 1e-8, 1e-11])
@pytest.mark.parametrize("problem", [OU, PLANE], ids=["chain", "plane"])
def test_methods_agree_to_the_tolerance(problem, tol):
    generator = fokker.discretize(problem, cells=200 if problem is OU else 24)
    start = {"x": 1.3} if problem is OU else {"x": 1.3, "y": 0.4}
    times = np.geomspace(0.01, 3.0, 7)
    exact = fokker.propagate(generator, start, times, method="uniformisation")
    for method in ("krylov", "radau"):
        found = fokker.propagate(generator, start, times, method=method, tol=tol)
        assert np.abs(found.laws - exact.laws).sum(axis=1).max() <= tol
        assert found.info.error_estimate <= tol


def test_dense_exponential():
    from scipy.linalg import expm

    generator = fokker.discretize(PLANE, cells=12)
    path = fokker.propagate(generator, {"x": 1.0, "y": 1.0}, [0.0, 0.3, 1.0])
    matrix = generator.matrix().toarray().T
    for t, law in zip(path.times, path.laws, strict=True):
        assert np.abs(expm(t * matrix) @ path.laws[0] - law).sum() < 1e-12


def test_backward_euler_converges_at_first_order_and_stays_positive():
    generator = fokker.discretize(OU, cells=100)
    exact = fokker.propagate(generator, {"x": 2.0}, [0.5]).laws
    path = fokker.propagate(generator, {"x": 2.0}, [0.5], method="backward-euler", tol=1e-3)
    assert path.laws.min() > 0.0
    assert np.abs(path.laws - exact).sum() < 2e-3
    with pytest.warns(fokker.FokkerWarning, match="above the tolerance"):
        fokker.propagate(generator, {"x": 2.0}, [0.5], method="backward-euler", tol=1e-9)


@pytest.mark.parametrize("method", ["uniformisation", "krylov"])
def test_mass_is_kept_and_relative_entropy_falls(method):
    generator = fokker.discretize(PLANE, cells=30)
    rest = fokker.stationary(generator).mass.ravel()
    path = fokker.propagate(generator, {"x": 1.0, "y": -1.0}, np.linspace(0, 4, 21), method=method, tol=1e-11)
    # the sum is set right at the end; before, each solve or product may add the rounding of a sum over the cells
    assert path.info.mass_drift <= path.info.work * generator.cells * np.finfo(float).eps
    assert path.info.mass_defect <= 1e-13
    law = np.maximum(path.laws, 1e-300)
    entropy = (path.laws * np.log(law / rest)).sum(axis=1)
    assert (np.diff(entropy) <= 1e-12).all()
    if method == "uniformisation":
        assert path.info.smallest_value >= 0.0


def test_long_times_reach_the_stationary_law():
    generator = fokker.discretize(OU, cells=80)
    path = fokker.propagate(generator, {"x": 3.0}, [40.0])
    assert np.abs(path.laws[-1] - fokker.stationary(generator).mass).sum() < 1e-12


def test_absorbing_walls_take_probability_away():
    problem = fokker.Problem(drift=0.0, diffusion=0.5, domain={"x": (-1, 1)}, boundary="absorbing")
    generator = fokker.discretize(problem, cells=200)
    path = fokker.propagate(generator, {"x": 0.0}, [0.5, 1.0])
    odd = 2 * np.arange(30) + 1
    exact = [
        (4 / np.pi * (-1.0) ** np.arange(30) / odd * np.exp(-(odd**2) * np.pi**2 * t / 8)).sum() for t in path.times
    ]
    assert np.abs(path.survival - exact).max() < 1e-4


def test_strict_is_never_negative():
    generator = fokker.discretize(OU, cells=200)
    path = fokker.propagate(generator, {"x": 2.0}, np.linspace(0, 1, 5), positivity="strict")
    assert path.laws.min() >= 0.0
    with pytest.raises(FokkerError, match="cannot promise"):
        fokker.propagate(generator, {"x": 2.0}, [1.0], positivity="strict", method="krylov")


def test_initial_laws_agree():
    generator = fokker.discretize(OU, cells=120)
    density = fokker.stationary(generator)
    for initial in (density, density.mass, lambda x: np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)):
        path = fokker.propagate(generator, initial, [0.0, 1.0])
        assert np.abs(path.laws - density.mass).sum(axis=1).max() < 1e-3


@pytest.mark.parametrize(
    ("initial", "words"),
    [
        ({"x": 9.0}, "outside"),
        (lambda x: np.exp(-(x**2)), "integrate to one"),
        (lambda x: x, "integrate to one"),
        (np.ones(3), "does not fit"),
        ("here", "no initial law"),
    ],
)
def test_initial_laws_that_are_none(initial, words):
    with pytest.raises(DomainError, match=words):
        fokker.propagate(fokker.discretize(OU, cells=40), initial, [1.0])


def test_a_point_is_as_wide_as_its_cell_and_says_so():
    path = fokker.propagate(fokker.discretize(OU, cells=40), {"x": 0.3}, [0.1])
    assert path.info.initial == "a point, as wide as its cell: 0.4"
    assert "initial" not in fokker.propagate(path.generator, path[0], [0.1]).info.values


def test_starts_where_nothing_can_be():
    problem = fokker.Problem(drift=0.0, diffusion=0.5, domain={"x": (-1, 1)}, boundary="absorbing")
    with pytest.raises(DomainError, match="gone at once"):
        fokker.propagate(fokker.discretize(problem, cells=20), {"x": 1.0}, [1.0])
    generator = fokker.discretize(PLANE, cells=20, obstacle=lambda x, y: x**2 + y**2 < 1.0)
    law = np.full(400, 1 / 400)
    with pytest.raises(DomainError, match="cannot be"):
        fokker.propagate(generator, law, [1.0])
    with pytest.raises(DomainError, match="obstacle"):
        fokker.propagate(generator, {"x": 0.0, "y": 0.0}, [1.0])
    path = fokker.propagate(generator, {"x": 2.0, "y": 0.0}, [1.0])
    assert path.info.mass_defect < 1e-13
    assert path.laws[0][~generator.kept].max() == 0.0


@pytest.mark.parametrize("times", [[], [1.0, 1.0], [2.0, 1.0], [-1.0], [np.nan], "soon", [[1.0]]])
def test_times_that_are_none(times):
    with pytest.raises(DomainError, match="times"):
        fokker.propagate(fokker.discretize(OU, cells=40), {"x": 0.0}, times)


def test_words_and_tolerances_that_are_none():
    generator = fokker.discretize(OU, cells=40)
    with pytest.raises(FokkerError, match="unknown method"):
        fokker.propagate(generator, {"x": 0.0}, [1.0], method="euler")
    with pytest.raises(FokkerError, match="unknown word"):
        fokker.propagate(generator, {"x": 0.0}, [1.0], positivity="clip")
    with pytest.raises(FokkerError, match="tolerance"):
        fokker.propagate(generator, {"x": 0.0}, [1.0], tol=1e-16)


def test_the_record(tmp_path):
    generator = fokker.discretize(PLANE, cells=20)
    path = fokker.propagate(generator, {"x": 1.0, "y": 0.0}, [0.0, 0.5, 1.0])
    assert path.values.shape == (3, 20, 20)
    assert path.mean().shape == (3, 2)
    assert path.covariance().shape == (3, 2, 2)
    assert len(path) == 3
    assert path[1].mass.shape == (20, 20)
    assert repr(path).startswith("Trajectory at 3 times")
    path.save(str(tmp_path / "path.npz"))
    again = fokker.load(str(tmp_path / "path.npz"))
    assert np.array_equal(again.laws, path.laws)
    assert path.to_xarray().dims == ("time", "x", "y")


@pytest.mark.parametrize("mean", [1e-6, 0.3, 7.0, 400.0, 3e5])
def test_poisson_windows(mean):
    first, weights = poisson_window(mean)
    counts = first + np.arange(len(weights))
    assert abs(weights.sum() - 1) < 1e-12
    assert abs(weights @ counts / mean - 1) < 1e-9


@pytest.mark.parametrize("problem", [OU, PLANE], ids=["chain", "plane"])
def test_three_methods_agree_to_ten_digits(problem):
    generator = fokker.discretize(problem, cells=100 if problem is OU else 16)
    start = {"x": 1.3} if problem is OU else {"x": 1.3, "y": 0.4}
    laws = [
        fokker.propagate(generator, start, [0.05, 0.5, 2.0], method=method, tol=1e-11).laws
        for method in ("uniformisation", "krylov", "radau")
    ]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert np.abs(laws[one] - laws[other]).sum(axis=1).max() <= 1e-10


@pytest.mark.parametrize("method", ["uniformisation", "krylov", "radau", "backward-euler"])
def test_what_the_walls_take_is_counted(method):
    problem = fokker.Problem(drift=1.0, diffusion=0.5, domain={"x": (-1, 1)}, boundary="absorbing")
    generator = fokker.discretize(problem, cells=80)
    tol = 1e-3 if method == "backward-euler" else 1e-10
    path = fokker.propagate(generator, {"x": 0.0}, [0.5, 30.0], method=method, tol=tol)
    assert path.info.mass_drift <= 1e-10  # rounding, by far: 30 units of time at 1e3 jumps each
    assert path.info.mass_defect <= 1e-13
    chances = fokker.splitting(generator, None)
    for label, taken in path.exited.items():
        assert taken[-1] == pytest.approx(chances[label].at(x=0.0), abs=2 * tol + 1e-3)


def test_currents_over_time_obey_the_continuity_equation():
    for problem, cells in ((OU, 60), (PLANE, 12)):
        generator = fokker.discretize(problem, cells=cells)
        start = dict.fromkeys(problem.names, 1.0)
        path = fokker.propagate(generator, start, [0.5, 0.5 + 1e-4], tol=1e-13, method="uniformisation")
        flows = path.currents()
        flows = flows if isinstance(flows, tuple) else (flows,)
        gain = -sum(np.diff(flow, axis=k + 1) for k, flow in enumerate(flows))
        change = (path.mass[1] - path.mass[0]) / 1e-4
        assert np.abs(change - gain.mean(axis=0)).max() < 1e-6  # the trapezoidal rule, and rounding over the step
        current = path[0].current()
        for one, flow in zip(current.fluxes, flows, strict=True):
            assert np.abs(one - flow[0]).max() < 1e-12


def test_free_energy_is_dissipated_at_the_rate_of_entropy_production():
    """Without driving, the relative entropy to the stationary law falls by the entropy production, edge by edge."""
    problem = fokker.Problem.from_potential(lambda x: (x**2 - 1) ** 2, temperature=0.5, domain={"x": (-2, 2)})
    generator = fokker.discretize(problem, cells=60)
    rest = fokker.stationary(generator).mass
    step = 1e-3
    path = fokker.propagate(generator, {"x": -1.0}, [0.3 - step, 0.3, 0.3 + step], tol=1e-13, method="uniformisation")
    entropy = (path.laws * np.log(path.laws / rest)).sum(axis=1)
    assert (entropy[0] - entropy[2]) / (2 * step) == pytest.approx(fokker.entropy_production(path[1]), rel=1e-4)


def test_films(tmp_path):
    for problem, cells in ((OU, 40), (PLANE, 12)):
        generator = fokker.discretize(problem, cells=cells)
        path = fokker.propagate(generator, dict.fromkeys(problem.names, 1.0), np.linspace(0, 1, 4))
        film = path.animate(str(tmp_path / "film.gif"), dpi=40)
        with open(film, "rb") as file:
            assert file.read(3) == b"GIF"
        with pytest.raises(FokkerError, match="no writer"):
            path.animate(str(tmp_path / "film.avi"))


def test_an_interrupt_keeps_what_is_done(monkeypatch):
    from fokker.solvers import evolve

    def interrupted(task):
        yield task.start
        raise KeyboardInterrupt

    monkeypatch.setitem(evolve.ENGINES, "krylov", interrupted)
    with pytest.warns(fokker.FokkerWarning, match="interrupted after 1 of 3"):
        path = fokker.propagate(fokker.discretize(OU, cells=20), {"x": 0.0}, [0.0, 1.0, 2.0], method="krylov")
    assert len(path) == 1
    assert path.times.tolist() == [0.0]


def test_negative_values_of_rounding_size_are_told():
    path = fokker.propagate(fokker.discretize(OU, cells=40), {"x": 2.0}, [0.1], method="krylov")
    laws = path.laws.copy()
    laws[0, 0] = -1e-12
    density = replace(path, laws=laws)[0]
    assert density.info.negative_mass == -1e-12
    assert density.values.min() >= 0.0
    assert density.at(x=1.8) == pytest.approx(path[0].at(x=1.8))
    laws[0, 0] = -1e-3
    with pytest.raises(FokkerError, match="beyond the tolerance"):
        replace(path, laws=laws)[0]


LEAKING = fokker.Problem(drift=0.0, diffusion=0.5, domain={"x": (0, 1)}, boundary="absorbing")


def test_a_density_of_another_grid_is_refused():
    other = fokker.Problem(drift=lambda x: -x, diffusion=1.0, domain={"x": (0, 16)})
    density = fokker.stationary(fokker.discretize(other, cells=40))
    with pytest.raises(DomainError, match="another grid"):
        fokker.propagate(fokker.discretize(OU, cells=40), density, [1.0])


def test_a_start_beside_an_absorbing_wall_is_partly_gone():
    generator = fokker.discretize(LEAKING, cells=40)
    with pytest.warns(fokker.FokkerWarning, match="within a cell of where it stops"):
        path = fokker.propagate(generator, {"x": 1e-6}, [0.1])
    # a series of sines; the share of the wall is linear, which is of second order
    k = 2 * np.arange(20) + 1
    exact = (4 / np.pi * np.sin(k * np.pi * 1e-6) / k * np.exp(-(k**2) * np.pi**2 * 0.05)).sum()
    assert path.survival[0] == pytest.approx(exact, rel=0.01)
    assert path.info.mass_defect < 1e-13


def test_means_are_those_of_what_has_not_been_absorbed():
    path = fokker.propagate(fokker.discretize(LEAKING, cells=41), {"x": 0.5}, [0.0, 0.3, 1.0])
    assert path.mean() == pytest.approx([0.5, 0.5, 0.5], rel=1e-12)
    # sums over cells against profiles inside them: of second order, by a few times the variance h^2/12 of a cell
    assert path.covariance()[1] == pytest.approx(path[1].variance(), abs=3 / 41**2 / 12)
    assert path.expectation(lambda x: 1.0 + 0 * x) == pytest.approx(path.survival, rel=1e-12)
    gone = replace(path, laws=np.zeros_like(path.laws))
    with pytest.raises(FokkerError, match="nothing is left"):
        gone[0]


@pytest.mark.parametrize(
    ("time", "method"), [(1e50, "auto"), (1e25, "krylov"), (1e14, "uniformisation"), (1e13, "radau")]
)
def test_times_too_long_to_follow(time, method):
    with pytest.raises(FokkerError, match="too long for"):
        fokker.propagate(fokker.discretize(OU, cells=100), {"x": 1.0}, [1.0, time], method=method)


def test_times_in_which_nothing_happens():
    generator = fokker.discretize(OU, cells=40)
    for method in ("uniformisation", "krylov", "backward-euler"):
        path = fokker.propagate(generator, {"x": 1.0}, [0.0, 1e-300], method=method)
        assert np.abs(path.laws[1] - path.laws[0]).max() < 1e-15


def test_a_sum_that_changed_by_more_than_rounding_is_told(monkeypatch):
    from fokker.solvers import evolve

    monkeypatch.setitem(evolve.ENGINES, "krylov", lambda task: iter([task.start * 1.001]))
    with pytest.warns(fokker.FokkerWarning, match="had changed by 0.001"):
        path = fokker.propagate(fokker.discretize(OU, cells=20), {"x": 0.0}, [1.0], method="krylov")
    assert path.info.mass_drift == pytest.approx(1e-3)

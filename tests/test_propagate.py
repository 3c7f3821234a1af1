"""The law at later times: three methods against each other and against exact transition densities."""

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


@pytest.mark.parametrize("tol", [1e-4, 1e-8, 1e-11])
@pytest.mark.parametrize("problem", [OU, PLANE], ids=["chain", "plane"])
def test_methods_agree_to_the_tolerance(problem, tol):
    generator = fokker.discretize(problem, cells=200 if problem is OU else 24)
    start = {"x": 1.3} if problem is OU else {"x": 1.3, "y": 0.4}
    times = np.geomspace(0.01, 3.0, 7)
    exact = fokker.propagate(generator, start, times, method="uniformisation")
    krylov = fokker.propagate(generator, start, times, method="krylov", tol=tol)
    assert np.abs(krylov.laws - exact.laws).sum(axis=1).max() <= tol
    assert krylov.info.error_estimate <= tol


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

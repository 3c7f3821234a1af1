"""Observables carried backward: expectations, autocorrelations and power spectra against closed forms."""

import numpy as np
import pytest

import fokker
from fokker.errors import DomainError, FokkerError, NormalisationError

OU = fokker.Problem(drift=lambda x: -2 * x, diffusion=1.0, domain={"x": (-6, 6)})
PLANE = fokker.Problem(drift=lambda x, y: (-x - 2 * y, 2 * x - y), diffusion=0.5, domain={"x": (-6, 6), "y": (-6, 6)})
WELL = fokker.Problem.from_potential(lambda x: 6 * (x**2 - 1) ** 2, temperature=1.0, domain={"x": (-2, 2)})


def test_means_of_the_ornstein_uhlenbeck_process_are_second_order():
    errors = []
    start, times = 1.3, np.array([0.2, 1.0])
    spread = 0.5 * (1 - np.exp(-4 * times))
    exact = np.exp(-0.5 * spread) * np.cos(start * np.exp(-2 * times))
    for cells in (50, 100, 200):
        mean = fokker.expectation(fokker.discretize(OU, cells=cells), np.cos, times, tol=1e-11)
        errors.append(np.abs(mean.at(x=start) - exact).max())
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert np.abs(orders - 2.0).max() < 0.25


@pytest.mark.parametrize("method", ["uniformisation", "krylov", "radau"])
@pytest.mark.parametrize("problem", [OU, PLANE, WELL], ids=["chain", "plane", "well"])
def test_forward_and_backward_agree(problem, method):
    generator = fokker.discretize(problem, cells=60 if problem is not PLANE else 20)
    start = fokker.stationary(fokker.discretize(problem, cells=generator.shape)).mass.ravel()[::-1].copy()

    def function(*x):
        return np.cos(x[0]) + sum(x) ** 2

    times = [0.1, 1.0]
    forward = fokker.propagate(generator, start / start.sum(), times, tol=1e-12, method="uniformisation")
    back = fokker.expectation(generator, function, times, tol=1e-11, method=method)
    means = back.values.reshape(2, -1) @ (start / start.sum())
    size = np.abs(back.values).max()
    assert np.abs(forward.expectation(function) - means).max() < 1e-10 * max(size, 1.0) * 10


def test_uniformisation_never_leaves_the_range_of_the_observable():
    generator = fokker.discretize(WELL, cells=80)
    mean = fokker.expectation(generator, lambda x: np.where(x > 0.0, 1.0, 0.0), np.geomspace(1e-3, 1, 9))
    assert mean.info.method.startswith("uniformisation")
    assert mean.values.min() >= 0.0
    assert mean.values.max() <= 1.0 + 1e-13


def test_survival_is_the_mean_of_one():
    problem = fokker.Problem(drift=0.0, diffusion=0.5, domain={"x": (-1, 1)}, boundary="absorbing")
    generator = fokker.discretize(problem, cells=200)
    mean = fokker.expectation(generator, lambda x: 1.0 + 0 * x, [0.5, 1.0])
    odd, sign = 2 * np.arange(30) + 1, (-1.0) ** np.arange(30)
    exact = [(4 / np.pi * sign / odd * np.exp(-(odd**2) * np.pi**2 * t / 8)).sum() for t in mean.times]
    assert np.abs(mean.at(x=0.0) - exact).max() < 1e-4
    assert np.array_equal(mean.at(x=1.0), [0.0, 0.0])
    assert mean.at(x=np.zeros((3, 2))).shape == (2, 3, 2)


def test_ornstein_uhlenbeck_correlation_and_spectrum():
    generator = fokker.discretize(OU, cells=600)
    lags = np.linspace(0.0, 2.0, 9)
    found = fokker.autocorrelation(generator, lambda x: x, lags)
    # second order in the cell size: (12 / 600)**2
    assert np.abs(found.values / (0.5 * np.exp(-2 * lags)) - 1.0).max() < 4e-4
    assert found.time == pytest.approx(0.5, abs=2e-4)
    power = fokker.power_spectrum(generator, lambda x: x, [-3.0, 0.0, 0.5, 3.0, 20.0])
    assert np.abs(power.values * (4 + power.frequencies**2) / 2 - 1.0).max() < 2e-3
    assert power.values[0] == pytest.approx(power.values[3], rel=1e-12)


def test_rotation_shows_as_a_peak():
    generator = fokker.discretize(PLANE, cells=64)
    lags = np.linspace(0.0, 3.0, 7)
    found = fokker.autocorrelation(generator, lambda x, y: x, lags, tol=1e-10)
    # order two in the cell size, here 0.19
    assert np.abs(found.values - 0.5 * np.exp(-lags) * np.cos(2 * lags)).max() < 0.01
    power = fokker.power_spectrum(generator, lambda x, y: x, [0.0, 2.0])
    exact = [0.5 * (1 / (1 + (w - 2) ** 2) + 1 / (1 + (w + 2) ** 2)) for w in power.frequencies]
    assert np.abs(power.values / exact - 1.0).max() < 0.03


def test_the_integral_of_the_power_is_the_variance():
    generator = fokker.discretize(WELL, cells=60)
    # w = tan(a / 2) turns the integral over all frequencies into one over a circle
    angles = (np.arange(256) + 0.5) * np.pi / 256
    omega = np.tan(angles / 2) * 10
    power = fokker.power_spectrum(generator, lambda x: x**2, omega)
    integral = 2 * (power.values * 5 / np.cos(angles / 2) ** 2).sum() * np.pi / 256
    variance = float(fokker.autocorrelation(generator, lambda x: x**2, [0.0]).values[0])
    assert integral / (2 * np.pi) == pytest.approx(variance, rel=1e-4)


def test_slow_switching_is_integrated_without_loss():
    """Half the time spent to the right, at 60 kT: the correlation time is that of the slowest mode."""
    problem = fokker.Problem.from_potential(lambda x: 60 * (x**2 - 1) ** 2, temperature=1.0, domain={"x": (-2, 2)})
    generator = fokker.discretize(problem, cells=400)
    found = fokker.autocorrelation(generator, np.sign, [0.0])
    slow = fokker.spectrum(generator, k=2).timescales[1]
    assert slow > 1e20
    assert found.time == pytest.approx(slow, rel=1e-2)


def test_the_records(tmp_path):
    generator = fokker.discretize(PLANE, cells=16)
    mean = fokker.expectation(generator, lambda x, y: x, [0.0, 1.0])
    assert mean.values.shape == (2, 16, 16)
    assert len(mean) == 2
    mean.save(str(tmp_path / "mean.npz"))
    again = fokker.load(str(tmp_path / "mean.npz"), generator=generator)
    assert np.array_equal(again.at(x=0.3, y=0.2), mean.at(x=0.3, y=0.2))
    with pytest.raises(FokkerError, match="a file does not hold"):
        fokker.load(str(tmp_path / "mean.npz")).at(x=0.3, y=0.2)
    assert mean.to_xarray().dims == ("time", "x", "y")
    for record in (
        fokker.autocorrelation(generator, lambda x, y: x, [0.0, 1.0]),
        fokker.power_spectrum(generator, lambda x, y: x, [0.0, 1.0]),
    ):
        record.save(str(tmp_path / "curve.npz"))
        assert repr(fokker.load(str(tmp_path / "curve.npz"))) == repr(record)
        assert record.plot().get_ylabel()
        assert record.to_xarray().shape == (2,)


def test_bad_input():
    generator = fokker.discretize(OU, cells=40)
    with pytest.raises(FokkerError, match="failed when called"):
        fokker.expectation(generator, lambda x, y: x, [1.0])
    with pytest.raises(FokkerError, match="not finite at x"), np.errstate(all="ignore"):
        fokker.expectation(generator, np.log, [1.0])
    with pytest.raises(FokkerError, match="unknown method"):
        fokker.expectation(generator, np.cos, [1.0], method="backward-euler")
    with pytest.raises(DomainError, match="times"):
        fokker.expectation(generator, np.cos, [1.0, 0.5])
    with pytest.raises(DomainError, match="outside"):
        fokker.expectation(generator, np.cos, [1.0]).at(x=7.0)
    with pytest.raises(FokkerError, match="does not vary"):
        fokker.autocorrelation(generator, lambda x: 3.0 + 0 * x, [1.0])
    with pytest.raises(DomainError, match="frequency"):
        fokker.power_spectrum(generator, np.cos, [np.inf])
    leaking = fokker.Problem(drift=0.0, diffusion=0.5, domain={"x": (-1, 1)}, boundary="absorbing")
    with pytest.raises(NormalisationError):
        fokker.autocorrelation(fokker.discretize(leaking, cells=20), np.cos, [1.0])

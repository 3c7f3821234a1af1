"""The law of exit times against closed forms, and against the other verbs."""

import numpy as np
import pytest

import fokker
from fokker.errors import DomainError, FokkerError, MomentError, TargetError

INTERVAL = fokker.Problem(drift=0.0, diffusion=0.5, domain={"x": (-1, 1)}, boundary="absorbing")
WELL = fokker.Problem.from_potential(lambda x: 6 * (x**2 - 1) ** 2, temperature=1.0, domain={"x": (-1.8, 1.8)})


def theta(t):
    """Density of the exit time of Brownian motion from (-1, 1), started in the middle."""
    odd = 2 * np.arange(400) + 1
    return (np.pi / 2 * (-1.0) ** np.arange(400) * odd * np.exp(-(odd**2) * np.pi**2 * t / 8)).sum()


@pytest.fixture(scope="module")
def law():
    return fokker.exit_time(fokker.discretize(INTERVAL, cells=101), None, {"x": 0.0})


def test_brownian_exit_is_second_order():
    times = np.array([0.06, 0.1, 0.2, 0.3])
    errors = []
    for cells in (51, 101, 201):
        found = fokker.exit_time(fokker.discretize(INTERVAL, cells=cells), None, {"x": 0.0})
        errors.append([abs(found.log_pdf(t) - np.log(theta(t))) for t in times])
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert np.abs(orders - 2.0).max() < 0.3


def test_the_parts_agree(law):
    t = np.geomspace(0.05, 30, 40)
    # interpolation between times a factor 2**(1/8) apart, fourth order
    assert np.abs(law.cdf(t) + law.survival(t) - 1).max() < 1e-5
    t = t[law.survival(t) < 0.95]  # before, its logarithm says nothing
    slope = (law.log_survival_at(t * 1.0001) - law.log_survival_at(t * 0.9999)) / (0.0002 * t)
    assert np.abs(-slope * law.survival(t) / law.pdf(t) - 1).max() < 1e-4
    assert np.abs(law.cdf(law.quantile([1e-4, 0.3, 0.9])) - [1e-4, 0.3, 0.9]).max() < 1e-8
    assert abs(law.survival(law.quantile(1 - 1e-10)) / 1e-10 - 1) < 1e-5


def test_moments_transform_and_tail(law):
    generator = fokker.discretize(INTERVAL, cells=101)
    assert abs(law.mean() / fokker.mean_first_passage(generator).at(x=0.0) - 1) < 1e-12
    assert abs(law.variance() / fokker.passage_variance(generator).at(x=0.0) - 1) < 1e-9
    assert abs(law.rate / fokker.quasi_stationary(generator).rate - 1) < 1e-9
    assert abs(law.laplace(1.0) * np.cosh(np.sqrt(2.0)) - 1) < 2e-4
    assert law.laplace(0.0) == pytest.approx(1.0, abs=1e-12)
    grid = np.linspace(1e-3, 60, 60_001)
    assert abs(np.trapezoid(law.survival(grid), grid) - law.mean()) < 2e-3


def test_high_barriers_cost_no_more_than_relaxation():
    generator = fokker.discretize(WELL, cells=100)
    found = fokker.exit_time(generator, lambda x: x > 0.9, {"x": -1.0})
    slow = fokker.quasi_stationary(generator, lambda x: x > 0.9).rate
    assert abs(found.rate / slow - 1) < 1e-8
    assert found.log_survival_at(30.0 / slow) == pytest.approx(-30.0, abs=0.1)


def test_split_between_targets():
    generator = fokker.discretize(WELL, cells=100)
    sets = {"left": lambda x: x < -1.2, "right": lambda x: x > 0.9}
    found = fokker.exit_time(generator, sets, {"x": -0.1})
    chances = fokker.splitting(generator, sets)
    last = {label: float(found.split[label][-1]) for label in sets}
    left = float(found.survival(found.times[-1]))
    for label in sets:
        assert last[label] + left * found.tail_split[label] == pytest.approx(chances[label].at(x=-0.1), abs=2e-3)
        assert found.transform(0.0)[label] == pytest.approx(chances[label].at(x=-0.1), abs=2e-3)


def test_samples(law):
    drawn = law.sample(20_000, np.random.default_rng(1))
    assert abs(drawn.mean() - law.mean()) < 4 * np.sqrt(law.variance() / 20_000)
    assert np.array_equal(drawn, law.sample(20_000, np.random.default_rng(1)))


def test_in_the_plane():
    problem = fokker.Problem(drift=(0.0, 0.0), diffusion=0.5, domain={"x": (-1, 1), "y": (-1, 1)}, boundary="absorbing")
    generator = fokker.discretize(problem, cells=21)
    plane = fokker.exit_time(generator, None, {"x": 0.0, "y": 0.0})
    t = np.array([0.2, 1.0, 3.0])
    path = fokker.propagate(generator, {"x": 0.0, "y": 0.0}, t, method="uniformisation")
    assert np.abs(plane.survival(t) / path.survival - 1).max() < 1e-5
    exact = np.array([(4 / np.pi * sum((-1) ** k / (2 * k + 1) * np.exp(-((2 * k + 1) ** 2) * np.pi**2 * s / 8)
                                      for k in range(20))) ** 2 for s in t])  # fmt: skip
    assert np.abs(plane.survival(t) / exact - 1).max() < 2e-2


def test_bad_input(law):
    generator = fokker.discretize(WELL, cells=60)
    with pytest.raises(TargetError, match="starts on the target"):
        fokker.exit_time(generator, lambda x: x > 0.9, {"x": 1.2})
    with pytest.raises(DomainError, match="between 0 and 1"):
        law.quantile(1.5)
    with pytest.raises(DomainError, match="from zero on"):
        law.pdf(-1.0)
    with pytest.raises(MomentError, match="no such moment"):
        law.moment(0)
    with pytest.raises(FokkerError, match="s >= 0"):
        law.laplace(-1.0)
    assert law.pdf(0.0) == 0.0
    assert repr(law).startswith("Exit law through x left, x right")
    assert law.plot().get_xscale() == "log"

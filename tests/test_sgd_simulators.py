"""Simulators: no dependence on threads; laws and times against the solvers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.polynomial import Polynomial

import fokker
from fokker.sgd import (
    LinearModel,
    NoiseModel,
    kernels,
    simulate_first_passage,
    simulate_power_law,
    simulate_recursion,
    simulate_sde,
    simulate_sgd,
    streams,
)

CONVENTIONS = ("ito", "stratonovich", "isothermal")
Array = np.ndarray[Any, np.dtype[np.float64]]


def model(**changes: float) -> NoiseModel:
    values = {"minimum": 0.3, "curvature": 2.0, "sigma_g": 1.5, "rho": 0.6, "sigma_H": 0.8, "learning_rate": 0.5}
    return NoiseModel(**(values | changes))  # type: ignore[arg-type]


CIRCLE = (0.0, 2 * np.pi)

# Random numbers


def test_kernels_draw_the_numbers_of_numpy() -> None:
    ours, numpy = np.random.default_rng(3), np.random.default_rng(3)
    z, u = np.empty((7, 500)), np.empty((3, 5))
    kernels.fill_normals(ours, z)
    kernels.fill_uniforms(ours, u)
    np.testing.assert_array_equal(z, numpy.standard_normal(z.shape))
    np.testing.assert_array_equal(u, numpy.random(u.shape))
    assert ours.bit_generator.state == numpy.bit_generator.state


LINEAR = LinearModel(np.array([[1.0], [2.0], [0.5]]), np.array([1.0, -1.0, 0.0]))
RUNS: dict[str, Callable[..., Array]] = {
    "sde": lambda **k: simulate_sde(model().problem(), 0.0, [0.1], step=0.01, **k).values,
    "walls": lambda **k: (
        simulate_sde(
            model().problem({"theta": (-1, 1)}, boundary={"theta": ("absorbing", "reflecting")}),
            0.0,
            [0.1],
            step=0.01,
            **k,
        ).values
    ),
    "numpy": lambda **k: (
        simulate_sde(fokker.Problem(lambda x: -x, noise=1.0, domain={"x": (-9, 9)}), 0.0, [0.1], step=0.05, **k).values
    ),
    "passages": lambda **k: simulate_first_passage(model().problem(), 0.3, (-1, 1), step=0.02, horizon=9, **k).times,
    "power law": lambda **k: simulate_power_law(model(), steps=20, **k).values,
    "recursion": lambda **k: (
        simulate_recursion(lambda x, y: (x, y), 1.0, {"x": 0.0, "y": 1.0}, learning_rate=0.1, steps=3, **k).values
    ),
    "sgd": lambda **k: (
        simulate_sgd(LINEAR, [0.0], learning_rate=0.1, batch_size=2, steps=5, sampling="reshuffled", **k).values
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_the_answer_does_not_depend_on_the_number_of_workers(name: str) -> None:
    replicas = 2 * streams.BLOCK + 100
    one = RUNS[name](replicas=replicas, rng=5, workers=1)
    for workers in (2, 7):
        np.testing.assert_array_equal(RUNS[name](replicas=replicas, rng=5, workers=workers), one)
    np.testing.assert_array_equal(RUNS[name](replicas=replicas, rng=np.random.default_rng(5)), one)
    more = RUNS[name](replicas=replicas + streams.BLOCK, rng=5)
    np.testing.assert_array_equal(more[..., : 2 * streams.BLOCK], one[..., : 2 * streams.BLOCK])
    generator = np.random.default_rng(5)
    first, second = (RUNS[name](replicas=50, rng=generator) for _ in range(2))
    assert (first != second).any()


# Laws and times against the solvers


def bins(problem: fokker.Problem, values: Array, edges: list[float]) -> Array:
    """Misses of the shares of the bins, in standard errors."""
    density = fokker.stationary(fokker.discretize(problem, cells=800))
    misses = []
    for low, high in zip([-np.inf, *edges], [*edges, np.inf], strict=True):
        exact = density.probability(lambda x, low=low, high=high: (x > low) & (x <= high))
        share = np.mean((values > low) & (values <= high))
        misses.append((share - exact) / np.sqrt(exact * (1 - exact) / values.size))
    return np.array(misses)


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_stationary_laws(convention: str) -> None:
    problem = model().problem(convention=convention)
    # e^-8 of the start is left after 4 time units; the bias of the step, h H / 2, is a fifth of a standard error
    paths = simulate_sde(problem, 0.3, [4.0], step=1 / 500, replicas=10_000, rng=11)
    misses = bins(problem, paths.values[0], [-0.9, -0.4, -0.1, 0.1, 0.3, 0.5, 0.8, 1.3])
    assert np.abs(misses).max() < 4.0
    other = model().problem(convention="isothermal" if convention == "ito" else "ito")
    assert np.abs(bins(other, paths.values[0], [-0.9, -0.4, -0.1, 0.1, 0.3, 0.5, 0.8, 1.3])).max() > 10.0


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_stationary_law_between_reflecting_walls(convention: str) -> None:
    problem = fokker.Problem(
        Polynomial([0.2, -1.0]),
        diffusion=Polynomial([0.3, 0.1, 0.2]),
        convention=convention,
        domain={"x": (-0.5, 0.8)},
    )
    paths = simulate_sde(problem, 0.0, [3.0], step=1 / 500, replicas=4000, rng=3)
    assert np.abs(bins(problem, paths.values[0], [-0.3, -0.1, 0.1, 0.3, 0.5, 0.7])).max() < 4.0


def test_a_problem_from_a_potential_has_boltzmann_s_law() -> None:
    problem = fokker.Problem.from_potential(
        lambda x: x**2, temperature=0.5, mobility=lambda x: 1 + 0.5 * np.sin(x), domain={"x": (-np.inf, np.inf)}
    )
    paths = simulate_sde(problem, 0.0, [1.6], step=0.02, replicas=1500, rng=1)
    assert "Ito form" in paths.info.method
    assert np.abs(bins(problem, paths.values[0], [-0.5, 0.0, 0.5])).max() < 4.0


def test_survival_beside_an_absorbing_wall() -> None:
    problem = model().problem({"theta": (-1.0, 1.0)}, boundary="absorbing")
    times = [0.2, 0.5, 1.0]
    paths = simulate_sde(problem, 0.3, times, step=1 / 500, replicas=10_000, rng=8)
    path = fokker.propagate(fokker.discretize(problem, cells=800), {"theta": 0.3}, times)
    exact = path.mass.sum(axis=1)
    assert np.all(np.abs(paths.alive - exact) < 4 * np.sqrt(exact * (1 - exact) / paths.replicas))
    assert np.all(np.diff(paths.alive) < 0)
    assert np.isfinite(paths.mean()).all()


def test_first_passage_has_order_one_with_the_bridge_and_one_half_without() -> None:
    problem = model(minimum=0.0).problem()
    exact = fokker.mean_first_passage(fokker.discretize(problem, cells=4000), lambda x: abs(x) > 0.8).at(theta=0.0)
    steps, window = (0.08, 0.02), 0.15  # the next orders are still seen at these steps
    orders, spread = {}, 0.0
    for bridge in (True, False):
        given: dict[str, Any] = {"horizon": 200, "replicas": 60_000, "rng": 3, "bridge": bridge}
        runs = [simulate_first_passage(problem, 0.0, (-0.8, 0.8), step=h, **given) for h in steps]
        bias = np.array([run.mean() - exact for run in runs])
        orders[bridge] = np.log(bias[0] / bias[1]) / np.log(4)
        relative = np.array([run.standard_error() for run in runs]) / bias
        spread = float(4 * np.hypot(*relative) / np.log(4))
        assert abs(orders[bridge] - (1.0 if bridge else 0.5)) < window + spread
        assert (bias[1] > 0) == (not bridge)  # without the bridge times are too long
    assert orders[True] > orders[False] + spread


def test_first_passage_splits_between_the_ends() -> None:
    problem = fokker.Problem(Polynomial([0.5]), diffusion=1.0, domain={"x": (-np.inf, np.inf)})
    passages = simulate_first_passage(problem, 0.2, (-1.0, 1.0), step=0.002, horizon=50, replicas=20_000, rng=0)
    exact = (np.exp(-0.5 * -1.0) - np.exp(-0.5 * 0.2)) / (np.exp(0.5) - np.exp(-0.5))  # scale function exp(-x/2)
    share, error = passages.share("x high")
    assert abs(share - exact) < 4 * error
    assert passages.share()[0] == 1.0


@pytest.mark.parametrize("ends", [(1.0, 5.0), CIRCLE])
def test_first_passage_on_a_circle(ends: tuple[float, float]) -> None:
    problem = fokker.Problem(0.0, diffusion=1.0, domain={"x": CIRCLE}, boundary="periodic")
    found = simulate_first_passage(problem, 2.0, ends, step=0.01, horizon=200, replicas=10_000, rng=1)
    exact = (2.0 - ends[0]) * (ends[1] - 2.0) / 2
    assert abs(found.mean() - exact) < 4 * found.standard_error() + 0.01  # of order h


def test_an_end_on_a_reflecting_wall_is_none() -> None:
    problem = fokker.Problem(0.0, diffusion=1.0, domain={"x": (0.0, 5.0)})
    found = simulate_first_passage(problem, 0.5, (0.0, 1.0), step=0.002, horizon=50, replicas=10_000, rng=1)
    assert found.share("x low")[0] == 0.0
    assert abs(found.mean() - (1 - 0.5**2) / 2) < 4 * found.standard_error() + 0.002


@pytest.mark.parametrize("diffusion", [0.7, (0.7, 0.2), ((0.7, -0.3), (-0.3, 0.2))])
def test_constant_tensors_in_every_form(diffusion: Any) -> None:
    plane = {"x": (-np.inf, np.inf), "y": (-np.inf, np.inf)}
    problem = fokker.Problem((0.5, 0.0), diffusion=diffusion, domain=plane)
    x, y = simulate_sde(problem, {"x": 1.0, "y": 0.0}, [2.0], step=0.5, replicas=10_000, rng=1).values[:, 0]
    tensor = np.array(diffusion) if np.ndim(diffusion) == 2 else np.diag(np.broadcast_to(diffusion, 2))
    for product, exact in (((x - 2) ** 2, tensor[0, 0]), (y**2, tensor[1, 1]), ((x - 2) * y, tensor[0, 1])):
        assert abs(product.mean() - 4 * exact) < 4 * product.std() / 100


def test_first_passage_of_a_box_in_the_plane() -> None:
    """Two independent Brownian motions leave a square: the eigenfunction series of the Poisson equation."""
    problem = fokker.Problem(
        (0.0, 0.0), noise=(np.sqrt(2.0), np.sqrt(2.0)), domain={"x": (-np.inf, np.inf), "y": (-np.inf, np.inf)}
    )
    box = {"x": (-1.0, 1.0), "y": (-1.0, 1.0)}
    found = simulate_first_passage(problem, {"x": 0.0, "y": 0.0}, box, step=0.004, horizon=9, replicas=8000, rng=0)
    k = np.arange(1, 400, 2)
    signs = (-1.0) ** ((k - 1) // 2)
    exact = 0.5 - 16 / np.pi**3 * np.sum(signs / (k**3 * np.cosh(k * np.pi / 2)))
    assert abs(found.mean() - exact) < 4 * found.standard_error() + 0.004  # of order h
    shares = [found.share(label)[0] for label in found.labels]
    assert np.all(np.abs(np.array(shares) - 0.25) < 4 * np.sqrt(0.25 * 0.75 / 8000))


def test_standard_errors_are_not_zero_where_nothing_arrives():
    well = fokker.Problem(lambda x: -x, diffusion=1e-3, domain={"x": (-2, 2)}, boundary="absorbing")
    passages = fokker.sgd.simulate_first_passage(well, {"x": 0.0}, step=0.1, horizon=1.0, replicas=50, rng=1)
    assert passages.share() == (0.0, pytest.approx(np.sqrt(0.5 / 51 * (1 - 0.5 / 51) / 50)))
    assert passages.rate() == (0.0, pytest.approx(1 / 50))

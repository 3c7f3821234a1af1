"""Declared orders, measured by log-log fits over halved cells."""

import numpy as np
import pytest
from references import Process, one_sided, two_sided

import fokker

LOW, HIGH = -1.6, 1.7
COUNTS = np.array([100, 200, 400, 800])


def landscape(alpha):
    return Process(
        lambda x: 4 * (x**2 - 1) ** 2 + np.sin(2 * x),
        lambda x: 16 * x * (x**2 - 1) + 2 * np.cos(2 * x),
        lambda x: 1 + 0.5 * np.sin(3 * x + 0.5),
        alpha,
    )


def faces(kind, cells):
    uniform = np.linspace(0, 1, cells + 1)
    if kind == "smooth":
        uniform = uniform + 0.1 * np.sin(2 * np.pi * uniform)
    result = LOW + (HIGH - LOW) * uniform
    result[[0, -1]] = LOW, HIGH
    return result


def order(errors, counts=COUNTS):
    return -np.polyfit(np.log(counts), np.log(np.abs(errors)), 1)[0]


def times(process, scheme, grids, target, start):
    problem = fokker.Problem(process.drift, diffusion=process.d, convention=process.alpha, domain={"x": (LOW, HIGH)})
    return np.array([
        fokker.mean_first_passage(
            fokker.discretize(problem, grid=fokker.Grid(x=fokker.Axis.stretched(f)), scheme=scheme), target
        ).at(x=start)
        for f in grids
    ])  # fmt: skip


@pytest.mark.parametrize("scheme", ["scharfetter-gummel", "sqra"])
@pytest.mark.parametrize("kind", ["uniform", "smooth"])
@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_passage_time_is_second_order(alpha, kind, scheme):
    process = landscape(alpha)
    exact = one_sided(process, -1.0, LOW, 0.95)
    got = times(process, scheme, [faces(kind, n) for n in COUNTS], lambda x: x > 0.95, -1.0)
    errors = got / exact - 1
    assert abs(order(errors) - 2) < 0.1  # declared 2.0 +- 0.1
    assert 1e-7 < abs(errors[-1]) < 1e-2  # neither exact nor far off: the order was measured on something


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_second_order_on_random_cells(alpha):
    """Widths random by +-50 %: single grids scatter, so the mean over twelve of each size is fitted."""
    process = landscape(alpha)
    exact = one_sided(process, -1.0, LOW, 0.95)
    errors = []
    for n in COUNTS:
        rng = np.random.default_rng(n)
        grids = []
        for _ in range(12):
            f = np.append(0, np.cumsum(rng.uniform(0.5, 1.5, n)))
            f = LOW + (HIGH - LOW) * f / f[-1]
            f[[0, -1]] = LOW, HIGH
            grids.append(f)
        got = times(process, "scharfetter-gummel", grids, lambda x: x > 0.95, -1.0)
        errors.append(np.abs(got / exact - 1).mean())
    assert abs(order(np.array(errors)) - 2) < 0.1


def test_scharfetter_gummel_has_the_error_that_is_quoted():
    problem = fokker.Problem.from_potential(lambda x: 10 * (x**2 - 1) ** 2, temperature=1.0, domain={"x": (-1.5, 1.5)})
    process = Process(lambda x: 10 * (x**2 - 1) ** 2, None, np.ones_like, 1.0)
    exact = one_sided(process, -1.0, -1.5, 1.0)
    got = fokker.mean_first_passage(
        fokker.discretize(problem, cells=64, scheme="scharfetter-gummel"), lambda x: x > 1
    ).at(x=-1.0)
    assert 1e-3 < abs(got / exact - 1) < 2e-2  # about 5e-3 at 10 kT
    best = fokker.mean_first_passage(fokker.discretize(problem, cells=64), lambda x: x > 1).at(x=-1.0)
    assert abs(best / exact - 1) < 1e-13


@pytest.mark.parametrize("scheme", ["scharfetter-gummel", "sqra"])
def test_absorbing_walls_are_second_order(scheme):
    process = landscape(0.5)
    exact = two_sided(process, 0.0, LOW, HIGH)
    problem = fokker.Problem(
        process.drift, diffusion=process.d, convention=0.5, domain={"x": (LOW, HIGH)}, boundary="absorbing"
    )
    counts = 16 * COUNTS  # the walls stand on steep slopes: the asymptotic range begins later
    errors = [
        fokker.mean_first_passage(fokker.discretize(problem, cells=int(n), scheme=scheme)).at(x=0.0) / exact - 1
        for n in counts
    ]
    assert abs(order(np.array(errors), counts) - 2) < 0.1


def test_edge_resistances_converge_faster_than_any_fit():
    process = landscape(0.3)
    exact = one_sided(process, -1.0, LOW, 0.95)
    got = times(process, "edge-resistance", [faces("smooth", n) for n in (12, 24, 48)], lambda x: x > 0.95, -1.0)
    errors = np.abs(got / exact - 1)
    assert errors[0] < 1e-4
    assert errors[1] < errors[0] / 2**7 or errors[1] < 1e-12
    assert errors[2] < 1e-12

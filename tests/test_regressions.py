"""Defects once found, kept as tests so that they do not come back."""

import numpy as np
import pytest

import fokker
from fokker.errors import (
    ExplosionError,
    FokkerError,
    FokkerWarning,
    GridError,
    MomentError,
    NormalisationError,
    TargetError,
)

inf = np.inf
UNIT = {"x": (0.0, 1.0)}


def flat(**k):
    return fokker.Problem(0.0, diffusion=1.0, domain=UNIT, **k)


@pytest.mark.parametrize("w", [0.55, 0.55 + 1e-15])
def test_target_wall_at_a_node(w):  # cells=10: node 5 at .55
    t = fokker.mean_first_passage(fokker.discretize(flat(), cells=10), lambda x: x > w)
    assert abs(t.at(x=0.0) / (w * w / 2) - 1) < 1e-12


@pytest.mark.parametrize("wall", ["absorbing", fokker.Robin(1.0)])
def test_target_between_last_node_and_absorbing_wall(wall):
    g = fokker.discretize(flat(boundary={"x": ("reflecting", wall)}), cells=10)
    assert abs(fokker.mean_first_passage(g, lambda x: x > 0.99).at(x=0.3) / ((0.99**2 - 0.3**2) / 2) - 1) < 1e-12


def test_steps_of_int16_wrap():
    g = fokker.discretize(
        fokker.Problem.from_potential(lambda x: 400.0 * x, temperature=1.0, domain={"x": (0, 30000)}), cells=30000
    )
    assert abs(fokker.stationary(g).log_at(x=29999.0) - fokker.stationary(g).log_at(x=1.0) + 400 * 29998) < 1e-3


@pytest.mark.parametrize("scheme", ["scharfetter-gummel", "sqra"])
def test_two_point_ring_is_uniform(scheme):
    g = fokker.discretize(fokker.Problem(1.0, diffusion=0.3, domain=UNIT, boundary="periodic"), cells=10, scheme=scheme)
    assert np.ptp(g.forward) / g.forward[0] < 1e-12


@pytest.mark.parametrize("shape", [1.0, 2.0, 5.0])
def test_gamma_law_with_cells_only(shape):
    p = fokker.Problem(lambda x: shape - x, diffusion=lambda x: x, convention="ito", domain={"x": (0, inf)})
    d = fokker.stationary(fokker.discretize(p, cells=400))
    assert abs(d.mean() / shape - 1) < 1e-6


def test_inverse_gamma_with_cells_only():
    p = fokker.Problem(lambda x: 1 - x, diffusion=lambda x: x * x, convention="ito", domain={"x": (0, inf)})
    assert abs(fokker.stationary(fokker.discretize(p, cells=400)).mean() - 1) < 1e-6


def test_constant_drift_half_line():
    p = fokker.Problem(1.0, diffusion=1.0, domain={"x": (0, inf)})
    with pytest.raises(NormalisationError):
        fokker.stationary(fokker.discretize(p, cells=100))


def test_constant_drift_passage():
    p = fokker.Problem(1.0, diffusion=1.0, domain={"x": (-inf, inf)})
    assert abs(fokker.mean_first_passage(fokker.discretize(p, cells=100), lambda x: x > 1).at(x=0.0) - 1) < 1e-9


def test_minus_x_squared_explodes():
    with pytest.raises(ExplosionError):
        fokker.discretize(fokker.Problem(lambda x: -(x**2), diffusion=1.0, domain={"x": (-inf, inf)}), cells=100)


def test_steep_cell_is_a_grid_error():
    p = fokker.Problem(lambda x: -1e6 * x, diffusion=1.0, domain={"x": (-1, 1)})
    with pytest.raises(GridError, match="across one cell"):
        fokker.discretize(p, cells=10)


def test_outward_drift_with_a_long_reach():
    p = fokker.Problem(lambda x: x, diffusion=1.0, domain={"x": (-inf, inf)})
    with pytest.raises((NormalisationError, GridError)):
        fokker.stationary(
            fokker.discretize(p, grid=fokker.Grid(x=fokker.Axis.line(100, scale=1.0, center=0.0, reach=100.0)))
        )


def test_probability_of_a_narrow_region():
    d = fokker.stationary(fokker.discretize(flat(), cells=10))
    assert (
        abs(d.probability(lambda x: (x > 0.41) & (x < 0.44)) - 0.03) < 1e-12
    )  # 0.0: or an error, never a wrong number


def test_tiny_rates():
    g = fokker.discretize(fokker.Problem(0.0, diffusion=1e-200, domain=UNIT, boundary="absorbing"), cells=30)
    assert abs(fokker.mean_first_passage(g).at(x=0.5) * 8e-200 - 1) < 1e-12


def test_expectation_of_a_kink():
    p = fokker.Problem(lambda x: -x, diffusion=1.0, domain={"x": (-inf, inf)})
    assert abs(fokker.stationary(fokker.discretize(p, cells=100)).expectation(abs) / np.sqrt(2 / np.pi) - 1) < 1e-8


def test_oscillating_expectation_of_a_heavy_tail():
    p = fokker.Problem(lambda x: -x, diffusion=lambda x: 1 + x * x, convention=0.5, domain={"x": (-inf, inf)})
    density = fokker.stationary(fokker.discretize(p, cells=200))
    with pytest.warns(FokkerWarning, match="varies too fast"):
        value = density.expectation(np.cos)
    assert abs(value - np.exp(-1)) < 4e-6  # the doubt that the warning names


def test_log_moment_that_does_not_exist():
    p = fokker.Problem(lambda x: -x, diffusion=lambda x: 1 + x * x, convention=0.5, domain={"x": (-inf, inf)})
    with pytest.raises(MomentError):
        fokker.stationary(fokker.discretize(p, cells=200)).expectation(lambda x: abs(x) / np.log(2 + x * x))


def test_log_axis_without_width():
    with pytest.raises(GridError):
        fokker.Axis.half_line(10, map="log", reach=5.0)


@pytest.mark.parametrize(
    "build",
    [
        lambda: fokker.Axis.uniform(10, "a", 1),
        lambda: fokker.Axis.stretched("abc"),
        lambda: fokker.Axis.line(10, scale="a"),
        lambda: fokker.Axis.line(10, scale=1.0, reach=(1, 2, 3)),
    ],
)
def test_raw_numpy_errors_of_axes(build):
    with pytest.raises(FokkerError):
        build()


def test_domain_of_a_few_ulps():
    with pytest.raises(FokkerError):
        fokker.discretize(fokker.Problem(0.0, diffusion=1.0, domain={"x": (1.0, 1 + 1e-14)}), cells=100)


def test_misshapen_target_is_a_target_error():
    with pytest.raises(TargetError):
        fokker.mean_first_passage(fokker.discretize(flat(), cells=10), lambda x: x)


def test_counts_cells_not_segments():
    w = fokker.discretize(fokker.Problem(lambda x: np.sin(100 * x), diffusion=1.0, domain=UNIT), cells=5).warnings[0]
    assert "6 of 5" not in w


def test_overflow_in_a_users_function():
    p = fokker.Problem(lambda x: -2 * x, diffusion=lambda x: 1 + x * x, convention=1, domain={"x": (-inf, inf)})
    with pytest.raises(MomentError):
        fokker.stationary(fokker.discretize(p, cells=100)).expectation(np.exp)


def test_a_gap_without_a_node_is_not_everything():
    g = fokker.discretize(flat(), cells=10)  # nodes .35 .45
    with pytest.raises(TargetError, match="more cells"):
        fokker.mean_first_passage(g, lambda x: (x < 0.36) | (x > 0.44))


def test_barriers_beyond_the_range_of_the_elimination_are_refused():
    """At 1500 kT in the plane the mean time came out e^870 times too long; at 1000 kT it is right."""

    def problem(height, plane):
        if plane:
            return fokker.Problem.from_potential(
                lambda x, y: height * (x**2 - 1) ** 2 + 0.6 * height * y**2,
                temperature=1.0,
                domain={"x": (-1.6, 1.6), "y": (-1, 1)},
            )
        return fokker.Problem.from_potential(
            lambda x: height * (x**2 - 1) ** 2, temperature=1.0, domain={"x": (-1.6, 1.6)}
        )

    time = fokker.mean_first_passage(fokker.discretize(problem(1000.0, True), cells=(128, 30)), lambda x, y: x > 0.9)
    line = fokker.mean_first_passage(fokker.discretize(problem(1000.0, False), cells=128), lambda x: x > 0.9)
    assert abs(time.log_at(x=-1.0, y=0.0) - line.log_at(x=-1.0)) < 0.1  # second order in the cell size
    with pytest.raises(fokker.errors.ReachabilityError, match="too small for doubles"):
        fokker.mean_first_passage(fokker.discretize(problem(1500.0, True), cells=(128, 30)), lambda x, y: x > 0.9)


def test_a_tensor_of_rank_one_vanishes_and_is_not_negative():
    with pytest.raises(fokker.errors.CoefficientError, match="vanishes in some direction"):
        fokker.Problem(
            drift=(0.0, 0.0),
            noise=lambda u, v: ((0.8 * v, 0 * u), (0.8 * u, 0 * u)),
            convention="ito",
            domain={"u": (-1.5, 4.5), "v": (-2.5, 3.5)},
        )


def test_a_law_cut_off_at_infinite_ends_is_doubted():
    """Power-law tails in the plane that no longer sum: kappa = 0.9 where 1 is the limit."""
    problem = fokker.Problem(
        drift=lambda x, y: (-x, -y),
        diffusion=lambda x, y: 0.5 * (1.0 + (x**2 + y**2) / 0.9),
        convention="isothermal",
        domain={"x": (-inf, inf), "y": (-inf, inf)},
    )
    with pytest.warns(fokker.FokkerWarning, match="cannot be normalised"):
        density = fokker.stationary(fokker.discretize(problem, cells=(60, 60)))
    assert "cannot be normalised" in density.info.warnings[-1]

"""Every verb on processes that jump: closed forms, agreement between the verbs, orders, refusals, bad input."""

import numpy as np
import pytest
from jump_cases import EPS, exact_law, plane, well, worst

import fokker
from fokker.errors import (
    BoundaryError,
    CoefficientError,
    DomainError,
    FokkerError,
    GridError,
    NormalisationError,
    TargetError,
)
from fokker.jump import Jump


def test_second_order_between_the_nodes():
    """Laplace's law and Evans and Majumdar's time, off the nodes; the start lies on a face of every grid."""
    problem = fokker.Problem(drift=0.0, diffusion=1.0, domain={"x": (-30, 30)})
    errors = []
    for cells in (240, 480, 960):
        g = fokker.reset(fokker.discretize(problem, cells=cells), 1.0, {"x": 0.5})
        x = np.array([-3.0, -1.0, 2.0])
        density = fokker.stationary(g).at(x=x) / (0.5 * np.exp(-np.abs(x - 0.5))) - 1
        time = fokker.mean_first_passage(g, lambda x: x > 1.5).at(x=[0.5, -1.0, 1.0])
        exact = (1 - np.exp(-np.array([1.0, 2.5, 0.5]))) * np.e
        errors.append(np.concatenate([density, time / exact - 1]))
    orders = np.log2(np.abs(np.array(errors[:-1]) / np.array(errors[1:])))
    assert np.abs(orders - 2).max() < 0.25  # the last terms of fourth order are in it
    assert np.abs(errors[-1]).max() < 1e-2 * 1.0 / 8  # h**2 / 8 at most a few times


WALLS = {
    "target": ("reflecting", lambda x: x > 1.234),
    "two targets": ("reflecting", lambda x: abs(x + 0.1) > 1.111),
    "island": ("reflecting", lambda x: abs(x - 0.1) < 0.123),
    "walls": ("absorbing", None),
    "one wall": (("reflecting", "absorbing"), None),
    "both": (("absorbing", "reflecting"), lambda x: x > 1.1),
}


def jumping(kind, cells=60, barrier=2.0):
    walls, target = WALLS[kind]
    g = well(barrier, cells, {"x": walls} if isinstance(walls, tuple) else walls)
    g = fokker.reset(g, lambda x: 0.3 + 0.2 * x**2, {"x": -0.52})
    g = fokker.reset(g, lambda x: 0.4 * (x > 0), lambda x: 1 / 3.4 + 0 * x)
    if kind == "both":
        g = fokker.reinject(g, "x left", {"x": 0.7})
    return g, target


@pytest.mark.parametrize("kind", WALLS)
def test_verbs_that_stop_agree_between_the_nodes(kind):
    g, target = jumping(kind)
    x = np.array([-1.65, -1.21, -0.93, -0.5321, -0.071, 0.25, 0.61, 1.0])
    passage = fokker.mean_first_passage(g, target)
    inside = np.zeros(len(x), dtype=bool) if target is None else target(x)
    x = x[~inside]
    times = passage.at(x=x)
    assert (times > 0.0).all()
    second, variance = fokker.passage_moment(g, target), fokker.passage_variance(g, target)
    assert np.abs(second.at(x=x) / (variance.at(x=x) + times**2) - 1).max() < 1e-11
    assert np.abs(second.values - variance.values - passage.values**2).max() < 1e-11 * second.values.max()
    for start, time in zip(x, times, strict=True):
        assert abs(fokker.occupation(g, {"x": float(start)}, target).total / time - 1) < 1e-12
    ways = fokker.splitting(g, None if target is None else {"target": target})
    assert np.abs(sum(way.at(x=x) for way in ways.values()) - 1).max() < 1e-12
    for way in ways.values():
        assert np.abs(way.at(x=x) + way.complement_at(x=x) - 1).max() < 1e-12


@pytest.mark.parametrize("kind", WALLS)
def test_profiles_inside_the_cells_are_second_order(kind):
    x = np.array([-0.93, -0.5321, 0.45, 0.61])
    values = []
    for cells in (150, 600, 4800):
        g, target = jumping(kind, cells)
        ways = fokker.splitting(g, None if target is None else {"target": target})
        values.append(np.concatenate([verb(g, target).at(x=x) for verb in
                                      (fokker.mean_first_passage, fokker.passage_variance)]
                                     + [way.at(x=x) for way in ways.values()]))  # fmt: skip
    coarse, fine = (np.abs(v / values[2] - 1).max() for v in values[:2])
    # where the places lie between the nodes scatters the constant of the second order
    assert np.log(coarse / fine) / np.log(4) > 1.6
    assert fine < 1e-3


def test_a_jump_into_the_target_arrives():
    """Jumps at rate r to a law with half of its weight on the target: T = 1/(r/2) if nothing else moves."""
    problem = fokker.Problem(drift=0.0, diffusion=1e-12, domain={"x": (0, 1)})
    g = fokker.discretize(problem, cells=50)
    g = fokker.reset(g, 3.0, np.full(50, 0.02))
    passage = fokker.mean_first_passage(g, lambda x: x > 0.5)
    assert abs(passage.at(x=0.2) * 1.5 - 1) < 1e-6  # the rest diffuses at a rate of order D / h**2 ~ 1e-8
    point = fokker.reset(fokker.discretize(problem, cells=50), 3.0, {"x": 0.7})
    chances = fokker.splitting(point, {"up": lambda x: x > 0.5, "down": lambda x: x < 0.1})
    assert abs(fokker.mean_first_passage(point, lambda x: x > 0.5).at(x=0.2) * 3.0 - 1) < 1e-6
    assert abs(chances["up"].at(x=0.31) - 1) < 1e-6


def test_a_place_next_to_a_wall_is_shared_by_conductance():
    """However the nodes lie, a start within one cell of the wall is as close to it as it is."""
    problem = fokker.Problem(drift=0.0, diffusion=1.0, domain={"x": (0, 1)})
    for cells in (30, 31, 37, 40):
        for wall in (0.51, 0.52, 0.53):
            g = fokker.reset(fokker.discretize(problem, cells=cells), 5.0, {"x": 0.5})
            time = fokker.mean_first_passage(g, lambda x, wall=wall: x > wall).at(x=0.5)
            a = np.sqrt(5.0)
            stay = np.cosh(a * 0.5) / np.cosh(a * wall)  # E exp(-r tau)
            exact = (1 - stay) / (5.0 * stay)
            assert abs(time / exact - 1) < 5 * a**2 / cells**2 / 8 + 0.5 * (1 / cells) ** 2 / (wall - 0.5)


def test_re_injection_in_one_dimension():
    problem = fokker.Problem(
        drift=lambda v: 0.5 - v, diffusion=0.5, domain={"v": (-5, 1)}, boundary={"v": ("reflecting", "absorbing")}
    )
    plain = fokker.discretize(problem, cells=301)
    node = float(plain.nodes[0][250])
    g = fokker.reinject(plain, "v right", {"v": node})
    density = fokker.stationary(g)
    rate = fokker.firing_rate(plain, {"v": node})
    current = density.current()
    assert abs(current.values[-1] / rate - 1) < 1e-12
    assert abs(density.expectation(lambda v: 1 + 0 * v) - 1) < 1e-12
    assert current.values[0] == 0.0
    # nothing flows below the place of re-injection, all of it above
    assert np.abs(current.values[:250]).max() < 1e-12 * rate
    assert np.abs(current.values[252:] / rate - 1).max() < 1e-10
    assert abs(current.through(lambda v: v > 0.9) / rate - 1) < 1e-10
    assert density.at(v=1.0) == 0.0
    assert abs(fokker.firing_rate(plain, {"v": node}, refractory=2.0) / (1 / (2 + 1 / rate)) - 1) < 1e-14
    assert abs(fokker.firing_rate(plain, {"v": node}, threshold=lambda v: v > 0.4) * fokker.mean_first_passage(
        plain, lambda v: v > 0.4).at(v=node) - 1) < 1e-14  # fmt: skip


def test_two_walls_of_a_ratchet():
    """Drift out of an interval, put back in the middle: the split of the fluxes is the splitting probability."""
    problem = fokker.Problem(drift=0.7, diffusion=1.0, domain={"x": (0, 1)}, boundary="absorbing")
    plain = fokker.discretize(problem, cells=81)
    g = fokker.reinject(plain, ["x left", "x right"], {"x": 0.5})
    flux = fokker.stationary(g).current().values
    total = flux[-1] - flux[0]
    assert abs(total * fokker.mean_first_passage(plain).at(x=0.5) - 1) < 1e-12
    assert abs(flux[-1] / total - fokker.splitting(plain)["x right"].at(x=0.5)) < 1e-12


def test_time_and_relaxation_with_jumps():
    g, target = jumping("target", 40)
    law = fokker.quasi_stationary(g, target)
    absorbed = fokker.mean_first_passage(g, target)
    inner = absorbed.generator.matrix().toarray()[:, absorbed.absorbed.outside][absorbed.absorbed.outside]
    assert abs(law.rate / -np.linalg.eigvals(inner).real.max() - 1) < 1e-9
    exit_law = fokker.exit_time(g, target, {"x": float(g.nodes[0][20])})
    assert abs(exit_law.mean() / float(absorbed.values[20]) - 1) < 1e-9
    free = fokker.reset(well(2.0, 40), 0.5, {"x": -0.5})
    later = fokker.propagate(free, {"x": 1.0}, [60.0]).laws[-1]
    assert np.abs(later - fokker.stationary(free).mass).max() < 1e-7  # exp(-30) and the tolerance of 1e-8


@pytest.mark.parametrize(
    ("verb", "error"),
    [
        (lambda g: fokker.rate(g, lambda x: x < -1, lambda x: x > 1), FokkerError),
        (lambda g: fokker.reactive_flux(g, lambda x: x < -1, lambda x: x > 1), FokkerError),
        (lambda g: fokker.entropy_production(fokker.stationary(g)), FokkerError),
    ],
)
def test_verbs_that_refuse(verb, error):
    with pytest.raises(error, match="jumps"):
        verb(fokker.reset(well(2.0, 40), 1.0, {"x": 0.0}))


def test_what_needs_a_current_without_sources_refuses():
    held = fokker.stationary(fokker.reset(plane(2.0, (12, 10)), 1.0, {"x": 0.0, "y": 0.0}))
    with pytest.raises(FokkerError, match="jumps"):
        fokker.circulation(held, {"x": 0.0, "y": 0.0})
    with pytest.raises(FokkerError, match="stream function"):
        held.current().stream_function()
    ring = fokker.discretize(
        fokker.Problem(drift=1.0, diffusion=1.0, domain={"x": (0, 1)}, boundary="periodic"), cells=20
    )
    jumps = fokker.reset(ring, 1.0, {"x": 0.3})
    for verb in (fokker.drift_velocity, fokker.effective_diffusion):
        with pytest.raises(FokkerError, match="circle"):
            verb(jumps)
    law = fokker.stationary(jumps)
    assert worst(law.cell_mass, exact_law(jumps)) < 30 * 20 * EPS
    assert law.current().values[0] == law.current().values[-1]


def test_rates_of_either_sign_are_refused():
    tensor = fokker.Problem.from_potential(
        lambda x, y: x**2 + y**2,
        temperature=1.0,
        mobility=((1.0, 0.6), (0.6, 0.5)),
        domain={"x": (-2, 2), "y": (-2, 2)},
    )
    signed = fokker.discretize(tensor, cells=12, scheme="nine-point-signed")
    assert signed.signed > 0.0
    with pytest.raises(FokkerError, match="reset needs rates"):
        fokker.reset(signed, 1.0, {"x": 0.0, "y": 0.0})


def test_a_target_that_covers_the_wall_ends_its_re_injection():
    plain = well(2.0, 60, "absorbing")
    held = fokker.reinject(plain, "x left", {"x": 0.4})
    for verb in (fokker.mean_first_passage, fokker.passage_moment):
        found, free = (verb(g, lambda x: x < -1.2).at(x=[0.3, -0.8]) for g in (held, plain))
        assert np.abs(found / free - 1).max() < 1e-12


def test_tails_fall_faster_under_resetting():
    """Geometric Brownian motion put back to 1/2: p ~ x**-(1 + m), m (m - 0.9) = r, and the mean that did not exist."""
    problem = fokker.Problem(lambda x: 0.1 * x, diffusion=lambda x: x * x, convention="ito", domain={"x": (0, np.inf)})
    plain = fokker.discretize(problem, cells=800)
    once = fokker.reset(plain, 1.0, {"x": 0.5})
    twice = fokker.reset(fokker.reset(plain, 0.3, {"x": 0.5}), 0.7, {"x": 0.5})
    index = (0.9 + np.sqrt(0.81 + 4)) / 2
    for held in (once, twice):
        assert abs(held.chain.tails[1].index - index) < 1e-6
        assert abs(held.chain.tails[0].index - (-0.9 + np.sqrt(0.81 + 4)) / 2) < 1e-6
        density = fokker.stationary(held)
        assert abs(density.mean() / (0.5 / 0.9) - 1) < 1e-3  # 0.1 m + 1/2 - m = 0
    far = np.log(fokker.stationary(once).at(x=np.array([1e5, 1e6, 1e10, 1e12])))
    assert abs((far[1] - far[0]) / np.log(10.0) + 1 + index) < 1e-3
    assert abs((far[3] - far[2]) / np.log(100.0) + 1 + index) < 1e-6  # beyond the last face, at 1e9


def test_infinite_lines_are_held_by_a_reset():
    free = fokker.discretize(
        fokker.Problem(drift=0.0, diffusion=1.0, domain={"x": (-np.inf, np.inf)}),
        grid=fokker.Grid(x=fokker.Axis.line(2000, scale=1.0, center=0.0, reach=60.0)),
    )
    with pytest.raises(NormalisationError):
        fokker.stationary(free)
    held = fokker.stationary(fokker.reset(free, 1.0, {"x": 0.0}))
    assert abs(held.variance() / 2 - 1) < 1e-3


def test_bad_input():
    g = well(2.0, 40, {"x": ("reflecting", "absorbing")})
    for rate in (-1.0, np.nan, np.inf, lambda x: x, lambda x: [1.0, 2.0], "fast"):
        with pytest.raises(CoefficientError, match="rate of the jumps"):
            fokker.reset(g, rate, {"x": 0.0})
    for to in ({"x": 5.0}, {"y": 0.0}, np.ones(40), np.ones(3) / 3, "there", lambda x: 1 + 0 * x):
        with pytest.raises(DomainError):
            fokker.reset(g, 1.0, to)
        with pytest.raises(DomainError):
            fokker.reinject(g, "x right", to)
    with pytest.raises(BoundaryError, match="'x right'"):
        fokker.reinject(g, "right", {"x": 0.0})
    with pytest.raises(BoundaryError, match="nothing is absorbed"):
        fokker.reinject(g, "x left", {"x": 0.0})
    with pytest.raises(BoundaryError, match="already"):
        fokker.reinject(fokker.reinject(g, "x right", {"x": 0.0}), "x right", {"x": 0.0})
    with pytest.raises(BoundaryError, match="twice"):
        fokker.reinject(g, ["x right", "x right"], {"x": 0.0})
    with pytest.raises(FokkerError, match="asks a generator"):
        fokker.reset(g.problem, 1.0, {"x": 0.0})
    assert fokker.reset(g, 0.0, {"x": 0.0}) is g
    for refractory in (-1.0, np.inf, np.nan, True, "long"):
        with pytest.raises(FokkerError, match="refractory"):
            fokker.firing_rate(g, {"x": 0.0}, refractory=refractory)
    with pytest.raises(TargetError, match="beyond the threshold"):
        fokker.firing_rate(g, {"x": 1.2}, threshold=lambda x: x > 1)
    with pytest.raises(DomainError):
        fokker.firing_rate(g, {"x": 9.0})


def test_a_matrix_that_would_not_fit_is_refused(monkeypatch):
    import fokker.generator

    g = fokker.reset(well(2.0, 40), 1.0, lambda x: 1 / 3.4 + 0 * x)
    assert abs(g.matrix().sum(axis=1)).max() < 1e-10 * g.forward.max()
    assert np.allclose(g.total_jump, 1.0)
    monkeypatch.setattr(fokker.generator, "available_memory", lambda: 1000)
    with pytest.raises(GridError, match="matrix with its jumps"):
        g.matrix()
    assert "from the bulk" in repr(g)
    assert isinstance(g.jumps[0], Jump)


def test_a_start_beside_a_wall_that_puts_in_elsewhere():
    """Between the last node and the wall, a share goes to the place of re-injection at once."""
    problem = fokker.Problem(drift=0.0, diffusion=0.5, domain={"x": (0, 1)}, boundary="absorbing")
    generator = fokker.reinject(fokker.discretize(problem, cells=60), "x right", {"x": 0.4})
    start = {"x": 1 - 0.2 / 60}
    law = fokker.exit_time(generator, None, start)
    assert law.mean() == pytest.approx(fokker.mean_first_passage(generator).at(**start), rel=1e-12)

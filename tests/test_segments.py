"""Integrals over segments against quadrature, and how segments join."""

import mpmath
import numpy as np
import pytest
from references import Process, double_integral, integral

import fokker
from fokker.discretize.line import Line
from fokker.discretize.segments import Segments, concatenate, integrate, join
from fokker.grid import Axis

ALPHAS = [0.0, 0.5, 1.0, 0.3]
EPS = np.finfo(float).eps


def landscape(barrier, alpha):
    """Neither the potential (in kT) nor D is a polynomial."""
    return Process(
        lambda x: barrier * (x**2 - 1) ** 2 + np.sin(2 * x),
        lambda x: 4 * barrier * x * (x**2 - 1) + 2 * np.cos(2 * x),
        lambda x: 1 + 0.5 * np.sin(3 * x + 0.5),
        alpha,
    )


def drift_problem(process, **more):
    return fokker.Problem(
        process.drift, diffusion=process.d, convention=process.alpha, domain={"x": (-1.5, 1.5)}, **more
    )


def reference(process, a, b):
    """Rise, resistance, both hats and the mass of a segment by quadrature."""
    at_a, at_b = process.phi(a), process.phi(b)

    def scale(y):
        return np.exp(process.phi(y) - at_a) * process.d(y) ** -process.alpha

    def speed(y):
        return np.exp(at_a - process.phi(y)) * process.d(y) ** (process.alpha - 1)

    resistance = integral(scale, a, b)
    hat_a = double_integral(scale, speed, a, a, b) / resistance
    hat_b = double_integral(scale, speed, b, a, b) / resistance * np.exp(at_b - at_a)
    return at_a - at_b, resistance, hat_a, hat_b, integral(speed, a, b)


def test_the_reference_agrees_with_many_digits():
    process = landscape(10.0, 0.3)
    a, b = mpmath.mpf("-1.25"), mpmath.mpf("-1.0")

    def phi(x):
        return 10 * (x**2 - 1) ** 2 + mpmath.sin(2 * x)

    def d(x):
        return 1 + mpmath.sin(3 * x + mpmath.mpf("0.5")) / 2

    def scale(x):
        return mpmath.exp(phi(x) - phi(a)) * d(x) ** -0.3

    def speed(x):
        return mpmath.exp(phi(a) - phi(x)) * d(x) ** -0.7

    resistance = mpmath.quad(scale, [a, b])
    hat_a = mpmath.quad(lambda y: speed(y) * mpmath.quad(scale, [y, b]), [a, b]) / resistance
    hat_b = mpmath.quad(lambda y: speed(y) * mpmath.quad(scale, [a, y]), [a, b]) / resistance
    exact = resistance, hat_a, hat_b * mpmath.exp(phi(b) - phi(a)), mpmath.quad(speed, [a, b])
    for value, digits in zip(reference(process, -1.25, -1.0)[1:], exact, strict=True):
        assert abs(value / float(digits) - 1) < 1e-14


# per cell: 64 cells resolve the coefficients to rounding; above 50 kT a cell the panels carry up to 3 kT each,
# where eight Gauss points leave 1e-11
@pytest.mark.parametrize(("barrier", "tolerance"), [(1, 2e-15), (10, 1e-14), (100, 1e-12), (300, 1e-10)])
@pytest.mark.parametrize("alpha", ALPHAS)
def test_integrals_of_each_convention(alpha, barrier, tolerance):
    process = landscape(barrier, alpha)
    axis = Axis.uniform(64, -1.5, 1.5)
    segments = Line(drift_problem(process), axis, "edge-resistance").segments(axis.faces[:-1], axis.faces[1:])
    assert np.abs(segments.rise).max() > 0.3 * barrier  # the first and last cells are the steep ones
    for k in (0, 1, 5, 20, 31, 32, 50, 63):
        exact = reference(process, axis.faces[k], axis.faces[k + 1])
        got = [getattr(segments, name)[k] for name in ("rise", "resistance", "hat_a", "hat_b", "mass")]
        assert abs(got[0] - exact[0]) < 4 * EPS * (1 + barrier)
        assert np.abs(np.array(got[1:]) / np.array(exact[1:]) - 1).max() < tolerance


@pytest.mark.parametrize("scheme", ["edge-resistance", "scharfetter-gummel", "sqra"])
@pytest.mark.parametrize("barrier", [1, 100, 900])
@pytest.mark.parametrize("alpha", ALPHAS)
def test_hats_are_shares_of_the_mass(alpha, barrier, scheme):
    axis = Axis.uniform(32, -1.5, 1.5)
    problem = drift_problem(landscape(barrier, alpha))
    s = Line(problem, axis, scheme).segments(axis.faces[:-1], axis.faces[1:])
    assert (s.hat_a > 0).all()
    assert (s.hat_b > 0).all()
    assert (s.resistance > 0).all()
    if scheme != "edge-resistance":
        return  # two-point schemes put half the length at each end
    assert (s.hat_a <= s.mass * (1 + 4 * EPS)).all()
    # the exponential amplifies one rounding of the rise
    slack = 8 * EPS * (8 + np.abs(s.rise).max())
    np.testing.assert_allclose(s.hat_a + s.hat_b * np.exp(s.rise), s.mass, rtol=slack)
    np.testing.assert_allclose(s.resistance_b, s.resistance * np.exp(s.rise), rtol=slack)


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("barrier", [1, 30, 100])
def test_join_is_associative_and_equals_the_whole(barrier, alpha):
    axis = Axis.uniform(64, -1.5, 1.5)
    line = Line(drift_problem(landscape(barrier, alpha)), axis, "edge-resistance")
    cuts = np.array([-1.25, -1.24, -1.22, -1.19])
    left, middle, right = (line.segments(cuts[k : k + 1], cuts[k + 1 : k + 2]) for k in range(3))
    whole = line.segments(cuts[:1], cuts[3:])
    once, other = join(join(left, middle), right), join(left, join(middle, right))
    for name in ("rise", "resistance", "hat_a", "hat_b", "mass"):
        # sums of positive terms; the exponentials carry eps times the rise
        np.testing.assert_allclose(getattr(once, name), getattr(other, name), rtol=8 * EPS * (4 + barrier))
        np.testing.assert_allclose(getattr(once, name), getattr(whole, name), rtol=1e-13 * (1 + barrier / 10))


def test_take_and_concatenate_are_inverse():
    axis = Axis.uniform(8, -1.5, 1.5)
    s = integrate(drift_problem(landscape(1, 0.0)), axis, axis.faces[:-1], axis.faces[1:])
    again = concatenate([s.take(slice(0, 3)), s.take(np.arange(3, 8))])
    assert isinstance(again, Segments)
    assert len(again) == 8
    assert np.array_equal(again.hat_b, s.hat_b)


@pytest.mark.parametrize("barrier", [1, 10, 100])
def test_a_potential_and_its_drift_give_the_same_segments(barrier):
    process = landscape(barrier, 1.0)
    axis = Axis.uniform(64, -1.5, 1.5)
    thermal = fokker.Problem.from_potential(
        lambda x: 0.4 * process.phi(x), temperature=0.4, mobility=lambda x: process.d(x) / 0.4,
        domain={"x": (-1.5, 1.5)},
    )  # fmt: skip
    half = fokker.Problem.from_potential(
        lambda x: 0.2 * process.phi(x), temperature=0.4, mobility=lambda x: process.d(x) / 0.4,
        force=lambda x: -0.2 * process.slope(x), domain={"x": (-1.5, 1.5)},
    )  # fmt: skip
    base, *others = (
        Line(p, axis, "edge-resistance").segments(axis.faces[:-1], axis.faces[1:])
        for p in (drift_problem(process), thermal, half)
    )
    for other in others:
        # differences of the potential cancel: eps times its largest value on the domain, 2.5 barriers
        slack = 20 * EPS * (10 + 2.5 * barrier) + (0.0 if barrier < 50 else 1e-12)
        np.testing.assert_allclose(other.rise, base.rise, atol=slack)
        for name in ("resistance", "hat_a", "hat_b", "mass"):
            np.testing.assert_allclose(getattr(other, name), getattr(base, name), rtol=slack)


def test_a_breakpoint_inside_a_segment_is_a_node_of_the_integration():
    def d(x):
        return np.where(x < 0.1, 1.0, 0.02)

    problem = fokker.Problem(0.0, diffusion=d, convention="isothermal", domain={"x": (0, 1)}, breakpoints={"x": [0.1]})
    axis = Axis.uniform(4, 0, 1)
    s = Line(problem, axis, "edge-resistance").segments(np.array([0.0]), np.array([0.25]))
    # resistance 0.1/1 + 0.15/0.02; the hat of a is linear in the resistance that remains
    assert abs(s.resistance[0] / 7.6 - 1) < 1e-14
    exact = (0.1 * (7.6 + 7.5) / 2 + 0.15 * 7.5 / 2) / 7.6
    assert abs(s.hat_a[0] / exact - 1) < 1e-14


class Counted:
    """A coefficient that counts the points at which it is asked."""

    def __init__(self, function):
        self.function, self.points = function, 0

    def __call__(self, x):
        self.points += np.size(x)
        return self.function(x)


def counted_problem(kind):
    drift, d = Counted(lambda x: np.sin(x) - x), Counted(lambda x: 1 + 0.5 * np.cos(x))
    more = {"domain": {"x": (-np.pi, np.pi)}}
    if kind == "ring":
        drift.function = np.sin
        more["boundary"] = "periodic"
    if kind == "line":
        more["domain"] = {"x": (-np.inf, np.inf)}
    if kind == "breakpoints":
        more["breakpoints"] = {"x": list(np.linspace(-3, 3, 7))}
    if kind == "absorbing":
        more["boundary"] = ("absorbing",) * 2
        more["boundary"] = {"x": ("absorbing", fokker.Robin(1.0))}
    problem = fokker.Problem(drift, diffusion=d, convention="stratonovich", **more)
    drift.points = d.points = 0
    return problem, drift, d


@pytest.mark.parametrize("kind", ["uniform", "ring", "absorbing", "breakpoints", "line"])
def test_at_most_sixteen_evaluations_a_cell(kind):
    problem, drift, d = counted_problem(kind)
    grid = None
    if kind == "line":
        grid = fokker.Grid(x=fokker.Axis.line(4000, scale=1.0, center=0.0, reach=30.0))
    fokker.discretize(problem, cells=None if grid else 4000, grid=grid)
    # the ends of an infinite line are looked at a few hundred times more
    assert drift.points <= 16 * 4000
    assert d.points <= 16 * 4000


def test_a_potential_is_evaluated_at_most_sixteen_times_a_cell():
    potential, mobility = Counted(np.cos), Counted(lambda x: 1 + 0.5 * np.cos(x))
    problem = fokker.Problem.from_potential(potential, temperature=0.3, mobility=mobility, domain={"x": (-3, 3)})
    potential.points = mobility.points = 0
    fokker.discretize(problem, cells=4000)
    assert 0 < potential.points <= 16 * 4000
    assert 0 < mobility.points <= 16 * 4000

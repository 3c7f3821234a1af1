"""Local entropy: printed values, quadrature against closed forms, the equation it solves, and homogenisation."""

import numpy as np
import pytest
from scipy.integrate import quad

from fokker.errors import FokkerError
from fokker.theory import local_entropy as le


def well(y):
    return y**4 / 4 - y**2 / 2


def test_printed_values(agrees) -> None:
    assert agrees(le.quadratic(0.7, 0.5, 3.0, 2.0), "0.360524530093324", slack=4e-16)
    assert agrees(le.absolute(0.6, 0.8, 1.0), "0.699836577475299", slack=4e-16)
    mixed = le.mixture([0.2, -0.3], 0.7, [0.4, 0.6], [[-1, 0], [1, 0.5]], [0.3, 0.5])
    assert agrees(mixed, "2.5729787947844")
    assert agrees(le.ripple(0.3, 0.4, 1.0, 0.9, 2.0), "-0.288003878571717", slack=4e-16)
    for scope, top, bottom in (
        (0.25, "-.0817693693645", "-.0572731179542"),
        (0.5, "-.0878704469311", ".044724728284"),
        (1.0, "-.0225104012134", ".153523540633"),
    ):
        assert agrees(le.smoothed(well, 0.0, scope, 1.0), top, slack=1e-13)
        assert agrees(le.smoothed(well, 1.0, scope, 1.0), bottom, slack=1e-13)
    for scope, bend in ((0.1, "-.73503937734"), (0.3, "-.17408374394"), (0.5, ".128320332105")):
        assert agrees(le.curvature(well, 0.0, scope, 1.0), bend, slack=1e-12)


def test_merging_scopes(agrees) -> None:
    for beta, bracket, printed in (
        (1.0, (0.1, 1.0), "0.39554544040943"),
        (4.0, (1.0, 4.0), "2.1528225573314"),
        (10.0, (4.0, 12.0), "7.3118306882231"),
    ):
        assert agrees(le.merging_scope(well, beta, bracket), printed, slack=1e-14)
    with pytest.raises(FokkerError, match="do not merge"):
        le.merging_scope(well, 1.0, (0.5, 1.0))


@pytest.mark.parametrize("beta", [0.5, 1.0, 3.0])
def test_closed_forms_are_means_over_the_kernel(beta) -> None:
    g, x = 0.7, 0.3
    spread = np.sqrt(g / beta)
    landscapes = (
        (lambda y: y**2, le.quadratic(x, g, beta, 2.0)),
        (abs, le.absolute(x, g, beta)),
        (lambda y: -np.log(1 + 0.6 * np.cos(3 * y)) / beta, le.ripple(x, g, beta, 0.6, 3.0)),
        (lambda y: -np.log(np.cosh(beta * y)) / beta, le.shock(x, g, beta)),
    )
    for f, closed in landscapes:
        ends = (x - 12 * spread, x + 12 * spread)
        mean = quad(lambda y, f=f: np.exp(-beta * (f(y) + (x - y) ** 2 / (2 * g))), *ends, points=[0.0, x], limit=200)
        mean = mean[0] / np.sqrt(2 * np.pi) / spread
        assert closed == pytest.approx(-np.log(mean) / beta, abs=1e-10)


def test_quadrature_of_a_smooth_landscape() -> None:
    for x in (-1.0, 0.0, 0.6):
        assert le.smoothed(lambda y: y**2, x, 0.5, 3.0) == pytest.approx(le.quadratic(x, 0.5, 3.0, 2.0), abs=1e-13)
        assert le.slope(lambda y: y**2, x, 0.5, 3.0) == pytest.approx(x, abs=1e-13)  # h x/(1 + g h)
        assert le.curvature(lambda y: y**2, x, 0.5, 3.0) == pytest.approx(1.0, rel=1e-12)


def test_it_solves_the_viscous_equation() -> None:
    x, g, d = 0.4, 0.5, 1e-3

    def u(x, g):
        return le.smoothed(well, x, g, 2.0)

    in_scope = (u(x, g + d) - u(x, g - d)) / (2 * d)
    slope, bend = (u(x + d, g) - u(x - d, g)) / (2 * d), (u(x + d, g) - 2 * u(x, g) + u(x - d, g)) / d**2
    assert in_scope == pytest.approx(-(slope**2) / 2 + bend / 4, abs=2e-6)  # second differences at d = 1e-3
    assert slope == pytest.approx(le.slope(well, x, g, 2.0), abs=2e-6)
    assert bend == pytest.approx(le.curvature(well, x, g, 2.0), abs=2e-6)


def test_slow_rate_is_an_eigenvalue() -> None:
    for h, g, eps in ((2.0, 0.5, 0.1), (0.7, 2.0, 0.03), (5.0, 0.1, 1.0)):
        matrix = np.array([[1 / g, -1 / g], [-1 / (eps * g), (h + 1 / g) / eps]])
        assert le.slow_rate(h, g, eps) == pytest.approx(np.linalg.eigvals(matrix).real.min(), rel=1e-12)
        small = 1e-4
        assert le.slow_rate(h, g, small) == pytest.approx(le.slow_rate_expansion(h, g, small), rel=20 * small**2)


@pytest.mark.parametrize(
    "call",
    [
        lambda: le.quadratic(0.0, -1.0, 1.0, 1.0),
        lambda: le.absolute(0.0, 0.0, 1.0),
        lambda: le.mixture([0.0], 0.1, [1.0], [[0.0, 0.0]], [1.0]),
        lambda: le.ripple(0.0, 0.1, 1.0, 1.0, 1.0),
        lambda: le.shock(0.0, 0.1, 0.0),
        lambda: le.smoothed(well, 0.0, 0.0, 1.0),
        lambda: le.slow_rate(1.0, 1.0, 0.0),
    ],
)
def test_bad_input(call) -> None:
    with pytest.raises(FokkerError, match="accepted"):
        call()

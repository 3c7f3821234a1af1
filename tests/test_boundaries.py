"""Feller's classification of the ends of a one-dimensional domain, and what it does to walls."""

import numpy as np
import pytest

import fokker
from fokker.errors import BoundaryError, CoefficientError, DimensionError, ExplosionError, FokkerWarning

INF = np.inf
KIND = {(True, True): "regular", (True, False): "exit", (False, True): "entrance", (False, False): "natural"}


def kinds(drift, diffusion, domain, convention="ito"):
    problem = fokker.Problem(drift, diffusion=diffusion, convention=convention, domain={"x": domain})
    return tuple(end.kind for end in problem.boundaries())


@pytest.mark.parametrize(
    ("dimension", "kind"),
    [(-1.0, "exit"), (0.0, "exit"), (1e-3, "regular"), (0.5, "regular"), (1.0, "regular"), (1.999, "regular"),
     (2.0, "entrance"), (2.001, "entrance"), (3.0, "entrance"), (40.0, "entrance")],
)  # fmt: skip
def test_bessel_processes(dimension, kind):
    # s' = r^(1 - d), m = r^(d - 1)
    assert kinds(lambda r: (dimension - 1) / r, 1.0, (0, INF)) == (kind, "natural")
    assert kinds(lambda r: (dimension - 1) / r, 1.0, (0, 1)) == (kind, "regular")


@pytest.mark.parametrize(
    ("number", "kind"),
    [(-0.5, "exit"), (0.0, "exit"), (0.01, "regular"), (0.999, "regular"), (1.0, "entrance"), (1.001, "entrance")],
)
def test_square_root_process_by_its_feller_number(number, kind):
    kappa, sigma = 1.3, 0.4
    drift = lambda x: kappa * (number * sigma**2 / (2 * kappa) - x)  # noqa: E731
    assert kinds(drift, lambda x: sigma**2 * x / 2, (0, INF)) == (kind, "natural")


@pytest.mark.parametrize(("a", "left"), [(0.0, "exit"), (0.5, "regular"), (1.0, "entrance"), (3.0, "entrance")])
@pytest.mark.parametrize(("b", "right"), [(0.0, "exit"), (0.999, "regular"), (1.001, "entrance")])
def test_wright_fisher_and_jacobi(a, b, left, right):
    assert kinds(lambda x: (a * (1 - x) - b * x) / 2, lambda x: x * (1 - x) / 2, (0, 1)) == (left, right)
    # the same on (-1, 1), where both ends suffer from rounding
    jacobi = kinds(lambda x: (a * (1 - x) - b * (1 + x)) / 2, lambda x: (1 - x) * (1 + x) / 2, (-1, 1))
    assert jacobi == (left, right)


@pytest.mark.parametrize("growth", [-2.0, 0.0, 1.0, 3.0])
def test_geometric_brownian_motion_reaches_neither_end(growth):
    problem = fokker.Problem(lambda x: growth * x, noise=lambda x: x, convention="ito", domain={"x": (0, INF)})
    assert [end.kind for end in problem.boundaries()] == ["natural", "natural"]


@pytest.mark.parametrize(
    ("drift", "kind"),
    [
        (lambda x: -x, "natural"),
        (lambda x: 0 * x, "natural"),
        (lambda x: -(x**3), "entrance"),
        (lambda x: x**3, "exit"),
        (lambda x: x / (1 + x**2), "natural"),
        (lambda x: np.sinh(x), "exit"),
        (lambda x: -np.sinh(x), "entrance"),
        # 1/(x ln x) has no finite integral, 1/(x ln^2 x) has
        (lambda x: x * np.log1p(x**2), "natural"),
        (lambda x: x * np.log1p(x**2) ** 2, "exit"),
        (lambda x: -x * np.log1p(x**2) ** 2, "entrance"),
    ],
    ids=["ou", "free", "quartic", "cubic", "bessel", "sinh", "-sinh", "x ln x", "x ln^2 x", "-x ln^2 x"],
)
def test_infinity_with_constant_noise(drift, kind):
    assert kinds(drift, 1.0, (-INF, INF)) == (kind, kind)


@pytest.mark.parametrize(("power", "kind"), [(1.0, "natural"), (2.0, "natural"), (2.2, "entrance"), (4.0, "entrance")])
def test_infinity_without_drift(power, kind):
    # s' = 1, m = |x|^-power: a finite first moment of m makes an entrance
    assert kinds(0.0, lambda x: (1 + x**2) ** (power / 2), (-INF, INF)) == (kind, kind)


def test_infinity_can_be_regular():
    # under isothermal noise x^4 the scale 1/D and the speed 1 with a drift that makes both integrable
    problem = fokker.Problem(
        lambda x: -2 * x * (1 + x**2), diffusion=lambda x: (1 + x**2) ** 2, convention="isothermal",
        domain={"x": (-INF, INF)},
    )  # fmt: skip
    # s' = (1 + x^2)^-1, m = (1 + x^2)^-1
    assert [end.kind for end in problem.boundaries()] == ["regular", "regular"]
    with pytest.raises(ExplosionError, match="a regular boundary"):
        fokker.discretize(problem, cells=50)


@pytest.mark.parametrize(
    ("power", "kind"),
    # D = r^2 |ln r|^k: the time int m S dr = int dr/(r |ln r|^k) is finite for k > 1
    [(0.0, "natural"), (0.9, "natural"), (1.0, "natural"), (1.2, "exit"), (2.0, "exit"), (-3.0, "natural")],
)
def test_logarithms_decide_where_powers_do_not(power, kind):
    assert kinds(0.0, lambda x: x**2 * np.abs(np.log(x / 2)) ** power, (0, 1)) == (kind, "regular")


@pytest.mark.parametrize(("power", "kind"), [(0.5, "entrance"), (1.0, "entrance"), (1.3, "regular"), (2.0, "regular")])
def test_bessel_of_dimension_two_with_a_logarithm(power, kind):
    # s' = 1/(r |ln r|^k)
    assert kinds(lambda x: 1 / x + power / (x * np.log(x / 2)), 1.0, (0, 1)) == (kind, "regular")


@pytest.mark.parametrize("convention", ["ito", "stratonovich", "isothermal"])
@pytest.mark.parametrize("power", [0.5, 1.0, 1.5, 2.5])
def test_conventions(convention, power):
    # without drift s' = D^-alpha, m = D^(alpha - 1)
    alpha = {"ito": 0.0, "stratonovich": 0.5, "isothermal": 1.0}[convention]
    scale, speed = -power * alpha, power * (alpha - 1)
    reached = scale > -1 and scale + speed > -2
    entered = speed > -1 and scale + speed > -2
    expected = KIND[reached, entered]
    assert kinds(0.0, lambda x: x**power, (0, 1), convention) == (expected, "regular")


@pytest.mark.parametrize("factor", [1e-9, 1.0, 1e7])
@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("number", [0.0, 0.9, 1.0, 2.0])
def test_scaling_and_reflection(number, mirrored, factor):
    sign = -1.0 if mirrored else 1.0
    problem = fokker.Problem(
        lambda x: sign * factor * (number / 2 - sign * x / factor),
        diffusion=lambda x: factor * sign * x / 2,
        convention="ito",
        domain={"x": (-INF, 0.0) if mirrored else (0.0, INF)},
    )
    ends = problem.boundaries()[::-1] if mirrored else problem.boundaries()
    expected = "exit" if number == 0 else "regular" if number < 1 else "entrance"
    assert [end.kind for end in ends] == [expected, "natural"]
    assert [end.position for end in ends] == [0.0, sign * INF]


@pytest.mark.parametrize("shift", [3.0, -1e4])
def test_translation(shift):
    for dimension, kind in ((0.0, "exit"), (1.9, "regular"), (2.0, "entrance"), (3.0, "entrance")):
        drift = lambda x, d=dimension: (d - 1) / (x - shift)  # noqa: E731
        assert kinds(drift, 1.0, (shift, shift + 2)) == (kind, "regular")


def test_rounding_at_an_end_does_not_hide_what_is_there():
    # sin(pi) is 1.2e-16 in doubles, and 1 - cos x is noise below 1e-8
    assert kinds(0.0, lambda x: np.sin(np.pi * x), (0, 1)) == ("exit", "exit")
    assert kinds(0.0, lambda x: np.sin(np.pi * x) ** 2, (0, 1)) == ("natural", "natural")
    assert kinds(0.0, lambda x: 1 - np.cos(x), (0, 1)) == ("natural", "regular")
    assert kinds(lambda x: 2 * np.pi / np.tan(np.pi * x), 1.0, (0, 1)) == ("entrance", "entrance")
    problem = fokker.Problem(
        0.0, diffusion=lambda x: np.sin(np.pi * x), convention="ito", domain={"x": (0, 1)}, boundary="absorbing"
    )
    time = fokker.mean_first_passage(fokker.discretize(problem, cells=200)).at(x=0.5)
    # T = int_0^(1/2) z/sin(pi z) dz = 2 G/pi^2, Catalan's constant
    assert abs(time / (2 * 0.915965594177219 / np.pi**2) - 1) < 1e-8


def test_steep_or_small_is_not_singular():
    assert kinds(lambda x: -300 * x, lambda x: np.exp(-40 * x), (1, 2)) == ("regular", "regular")
    assert kinds(lambda x: x - 5, 1e-30, (5, 6)) == ("regular", "regular")
    steep = fokker.Problem.from_potential(lambda x: 400 * x, temperature=1.0, domain={"x": (0, 3000)})
    assert [end.kind for end in steep.boundaries()] == ["regular", "regular"]


def test_potentials():
    for depth, kind in ((-2.0, "exit"), (0.5, "regular"), (1.0, "entrance"), (5.0, "entrance")):
        # exp(-U) = r^depth
        well = fokker.Problem.from_potential(
            lambda r, d=depth: -d * np.log(r) + r, temperature=1.0, domain={"r": (0, INF)}
        )
        assert [end.kind for end in well.boundaries()] == [kind, "natural"]
    pushed = fokker.Problem.from_potential(
        lambda x: x**2, temperature=2.0, force=lambda x: x**3, domain={"x": (-INF, INF)}
    )
    assert [end.kind for end in pushed.boundaries()] == ["exit", "exit"]


def test_the_record():
    problem = fokker.Problem(
        lambda x: 2 - x, diffusion=lambda x: x, convention="ito", domain={"x": (0, 5)},
        boundary={"x": ("absorbing", fokker.Robin(2.0))},
    )  # fmt: skip
    left, right = problem.boundaries()
    assert (left.name, left.side, left.position, left.kind, left.wall) == ("x", "left", 0.0, "entrance", "absorbing")
    assert (right.side, right.position, right.kind, right.wall) == ("right", 5.0, "regular", fokker.Robin(2.0))
    assert right.attainable
    assert not left.attainable
    assert "s' ~ r^-2, m ~ r" in left.why
    assert "an entrance boundary" in left.idle
    assert not right.idle
    table = str(problem.boundaries()).splitlines()
    assert len(table) == 3
    assert table[0].split() == ["end", "kind", "wall", "reached", "why"]
    assert len({line.index(word) for line, word in zip(table, ("kind", "entrance", "regular"), strict=True)}) == 1
    line = fokker.Problem(lambda x: -x, diffusion=1.0, domain={"x": (-INF, INF)})
    assert [end.wall for end in line.boundaries()] == [None, None]
    ring = fokker.Problem(1.0, diffusion=1.0, domain={"x": (0, 1)}, boundary="periodic")
    assert len(ring.boundaries()) == 0
    assert "periodic" in repr(ring.boundaries())


def test_two_dimensions_and_hopeless_coefficients():
    plane = fokker.Problem(lambda x, y: (-x, -y), diffusion=1.0, domain={"x": (-1, 1), "y": (-1, 1)})
    with pytest.raises(DimensionError, match="one dimension only"):
        plane.boundaries()
    noisy = fokker.Problem(0.0, diffusion=lambda x: x * (1.5 + np.sin(1e9 / x)), convention="ito", domain={"x": (0, 1)})
    with pytest.raises(CoefficientError, match="cannot be evaluated near x = 0"):
        noisy.boundaries()


@pytest.mark.parametrize("wall", ["absorbing", fokker.Robin(1.0)], ids=str)
def test_a_wall_that_no_path_reaches_is_explained(wall):
    def generator(left, number):
        problem = fokker.Problem(
            lambda x: number - x, diffusion=lambda x: x, convention="ito", domain={"x": (0, 5)},
            boundary={"x": (left, "absorbing")},
        )  # fmt: skip
        return fokker.discretize(problem, cells=100)

    with pytest.warns(
        FokkerWarning, match=r"no path reaches the [\s\S]*absorbing wall at x = 0[\s\S]*entrance"
    ) as seen:
        time = fokker.mean_first_passage(generator(wall, 2.0))
    assert len(seen) == 1
    assert time.at(x=1.0) == fokker.mean_first_passage(generator("reflecting", 2.0)).at(x=1.0)
    if wall != "absorbing":  # the density at a point that is reached is zero or infinite
        with pytest.raises(BoundaryError, match=r"partly absorbing[\s\S]*a regular boundary"):
            generator(wall, 0.5)


@pytest.mark.parametrize("power", [0.02, 0.3, 1.0])
def test_masses_next_to_an_end_integrate_the_singularity(power):
    # Beta(power, 2): x^(power - 1) (1 - x) power (power + 1)
    problem = fokker.Problem(
        lambda x: (power * (1 - x) - 2 * x) / 2, diffusion=lambda x: x * (1 - x) / 2, convention="ito",
        domain={"x": (0, 1)},
    )  # fmt: skip

    def worst(generator, places):
        density = fokker.stationary(generator)
        exact = np.array([h**power * (1 + power * (1 - h)) for h in places])
        return np.abs(np.array([density.probability(lambda x, h=h: x < h) for h in places]) / exact - 1).max()

    # next to x = 1 positions are rounded by 1e-16 in 1e-8; the exponent is good to 1e-9 or so, over 30 e-foldings
    assert worst(fokker.discretize(problem, cells=400), [1e-14, 1e-12, 1e-9, 1e-3, 0.5]) < 1e-9
    # with few decades on the grid the rest is a pure power, from its limiting exponent: of the order of the reach
    coarse = fokker.Grid(x=fokker.Axis.logit(100, 0.0, 1.0, reach=1e-3))
    assert worst(fokker.discretize(problem, grid=coarse), [1e-14, 1e-9, 1e-4, 0.5]) < 2e-3

"""Mean first-passage times: targets anywhere in a cell, starts anywhere, walls, rings, high barriers."""

import numpy as np
import pytest
from references import Process, double_integral, one_sided, two_sided

import fokker
from fokker.errors import FokkerError

LOW, HIGH, CELLS = -1.6, 1.7, 64
H = (HIGH - LOW) / CELLS
FACES = LOW + H * np.arange(CELLS + 1)
NODES = (FACES[1:] + FACES[:-1]) / 2


def d(x):
    return 1 + 0.5 * np.sin(3 * x + 0.5)


def landscape(alpha, barrier=6.0):
    return Process(
        lambda x: barrier * (x**2 - 1) ** 2 + np.sin(2 * x),
        lambda x: 4 * barrier * x * (x**2 - 1) + 2 * np.cos(2 * x),
        d,
        alpha,
    )


def generator(process, **more):
    problem = fokker.Problem(process.drift, diffusion=d, convention=process.alpha, domain={"x": (LOW, HIGH)}, **more)
    return fokker.discretize(problem, cells=CELLS)


# one ulp of the wall's place, relative to a start 1e-3 away from it
NEAR = 1e-12


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0, 0.3])
@pytest.mark.parametrize(
    "target",
    [0.912345, NODES[50] - 1e-15, FACES[50], np.nextafter(FACES[50], 9),
     NODES[50] + 0.25 * H, NODES[50] - 0.25 * H, NODES[-1] + 0.1 * H, HIGH - 1e-6],
)  # fmt: skip
def test_a_target_anywhere_in_a_cell(target, alpha):
    process = landscape(alpha)
    starts = np.array([LOW, -1.3, NODES[10], NODES[10] + 1e-9, 0.0, 0.5, target - 1e-3])
    exact = [one_sided(process, x, LOW, target) for x in starts]
    for wall in (lambda x: x > target, lambda x: x >= target):
        times = fokker.mean_first_passage(generator(process), wall)
        np.testing.assert_allclose(times.at(x=starts), exact, rtol=NEAR)
        np.testing.assert_allclose(times.log_at(x=starts), np.log(exact), atol=NEAR)
        assert times.at(x=HIGH) == 0.0
        assert (times.values >= 0).all()


@pytest.mark.parametrize("target", [-0.912345, FACES[10]])
def test_a_target_on_the_left(target):
    process = landscape(0.3)
    times = fokker.mean_first_passage(generator(process), lambda x: x < target)
    starts = np.array([target + 1e-3, -0.5, 0.3, 1.0, HIGH])
    np.testing.assert_allclose(times.at(x=starts), [one_sided(process, x, HIGH, target) for x in starts], rtol=NEAR)


@pytest.mark.parametrize(
    ("left", "right"),
    [(-1.2, 0.9), (NODES[30] - 0.2 * H, NODES[30] + 0.3 * H), (FACES[30], FACES[31]),
     (NODES[30] - 0.9 * H, NODES[30] + 0.1 * H)],
)  # fmt: skip
def test_two_sided_targets_down_to_a_part_of_one_cell(left, right):
    process = landscape(0.3)
    times = fokker.mean_first_passage(generator(process), lambda x: (x < left) | (x > right))
    starts = left + (right - left) * np.array([0.01, 0.2, 0.5, 0.77, 0.99])
    np.testing.assert_allclose(times.at(x=starts), [two_sided(process, x, left, right) for x in starts], rtol=1e-11)


@pytest.mark.parametrize(
    ("left", "right"),
    [(-0.33, 0.41), (NODES[30] - 0.1 * H, NODES[30] + 0.1 * H),
     (FACES[30] - 0.1 * H, FACES[30] + 0.1 * H)],
)  # fmt: skip
def test_islands(left, right):
    process = landscape(0.3)
    times = fokker.mean_first_passage(generator(process), lambda x: (x > left) & (x < right))
    before, after = np.array([LOW, -1.0, left - 1e-3]), np.array([right + 1e-3, 1.0, HIGH])
    np.testing.assert_allclose(times.at(x=before), [one_sided(process, x, LOW, left) for x in before], rtol=NEAR)
    np.testing.assert_allclose(times.at(x=after), [one_sided(process, x, HIGH, right) for x in after], rtol=NEAR)
    assert times.at(x=(left + right) / 2) == 0.0


def test_walls_and_targets_together():
    process = landscape(0.3)
    g = generator(process, boundary={"x": ("absorbing", "reflecting")})
    starts = np.array([-1.59, -1.0, 0.0, 0.8])
    both = fokker.mean_first_passage(g, lambda x: x > 0.9)
    np.testing.assert_allclose(both.at(x=starts), [two_sided(process, x, LOW, 0.9) for x in starts], rtol=NEAR)
    walls = fokker.mean_first_passage(g)
    np.testing.assert_allclose(walls.at(x=starts), [one_sided(process, x, HIGH, LOW) for x in starts], rtol=NEAR)
    assert walls.at(x=LOW) == 0.0
    covered = fokker.mean_first_passage(g, lambda x: x < -1.5)
    np.testing.assert_allclose(
        covered.at(x=starts[1:]), [one_sided(process, x, HIGH, -1.5) for x in starts[1:]], rtol=NEAR
    )


@pytest.mark.parametrize("wall", ["absorbing", fokker.Robin(1.0)], ids=str)
@pytest.mark.parametrize("depth", [0.01, 0.02, 0.049, 0.06])
def test_a_target_in_front_of_a_wall_hides_it(depth, wall):
    """Also where the target is thinner than the half cell between the last node and the wall."""
    problem = fokker.Problem(0.0, diffusion=1.0, domain={"x": (0, 1)}, boundary={"x": ("reflecting", wall)})
    g = fokker.discretize(problem, cells=10)
    times = fokker.mean_first_passage(g, lambda x: x > 1 - depth)
    assert abs(times.at(x=0.3) / (((1 - depth) ** 2 - 0.3**2) / 2) - 1) < 1e-12
    mirrored = fokker.Problem(0.0, diffusion=1.0, domain={"x": (0, 1)}, boundary={"x": (wall, "reflecting")})
    times = fokker.mean_first_passage(fokker.discretize(mirrored, cells=10), lambda x: x < depth)
    assert abs(times.at(x=0.7) / (((1 - depth) ** 2 - 0.3**2) / 2) - 1) < 1e-12


TURN = 2 * np.pi
STEP = TURN / CELLS


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(
    ("left", "right"),
    [(2.0, 3.0), (5.5, 0.3 + TURN), (TURN - 0.1 * STEP, TURN + 0.1 * STEP), (TURN - 0.6 * STEP, TURN + 0.6 * STEP),
     (TURN - 0.3 * STEP, TURN), (TURN, TURN + 0.3 * STEP), (20.4 * STEP, 20.6 * STEP), (19.9 * STEP, 20.1 * STEP)],
)  # fmt: skip
def test_targets_on_a_ring(left, right, alpha):
    process = Process(
        lambda x: 3 * np.cos(x) - 0.8 * x, lambda x: -3 * np.sin(x) - 0.8, lambda x: 1 + 0.5 * np.sin(x + 0.3), alpha
    )
    problem = fokker.Problem(
        process.drift, diffusion=process.d, convention=alpha, domain={"x": (0, TURN)}, boundary="periodic"
    )

    def target(x):
        y = np.where(x < left, x + TURN, x)
        return (y >= left) & (y <= right)

    times = fokker.mean_first_passage(fokker.discretize(problem, cells=CELLS), target)
    starts = right + np.array([0.02, 0.3, 0.5, 0.7, 0.98]) * (left + TURN - right)
    exact = [two_sided(process, x, right, left + TURN) for x in starts]
    np.testing.assert_allclose(times.at(x=np.mod(starts, TURN)), exact, rtol=NEAR)


@pytest.mark.parametrize("faces", ["smooth", "random", "alternating"])
def test_exact_on_any_grid(faces):
    rng = np.random.default_rng(1)
    uniform = np.linspace(-1, 1, 65)
    shapes = {
        "smooth": uniform + 0.15 * np.sin(np.pi * uniform),
        "random": np.append(0, np.cumsum(rng.uniform(0.5, 1.5, 64))),
        "alternating": np.append(0, np.cumsum(np.tile([1.0, 3.0], 32))),
    }
    f = shapes[faces]
    f = LOW + (HIGH - LOW) * (f - f[0]) / (f[-1] - f[0])
    f[[0, -1]] = LOW, HIGH
    process = landscape(0.5, barrier=10.0)
    problem = fokker.Problem(process.drift, diffusion=d, convention=0.5, domain={"x": (LOW, HIGH)})
    g = fokker.discretize(problem, grid=fokker.Grid(x=fokker.Axis.stretched(f)))
    times = fokker.mean_first_passage(g, lambda x: x > 0.95)
    assert abs(times.at(x=-1.0) / one_sided(process, -1.0, LOW, 0.95) - 1) < 1e-12


@pytest.mark.parametrize(("barrier", "cells", "tolerance"), [(10, 64, 1e-13), (30, 64, 1e-12), (1000, 1000, 1e-10)])
@pytest.mark.parametrize("kind", ["quartic", "sines"])
def test_escape_over_a_barrier(kind, barrier, cells, tolerance):
    def u(x):
        return barrier * (x**2 - 1) ** 2 if kind == "quartic" else -barrier / 2 * (np.cos(np.pi * (x + 1)) - 1)

    def slope(x):
        return 4 * barrier * x * (x**2 - 1) if kind == "quartic" else np.pi * barrier / 2 * np.sin(np.pi * (x + 1))

    diffusion = d if kind == "sines" else np.ones_like
    problem = fokker.Problem(
        lambda x: -diffusion(x) * slope(x), diffusion=diffusion, convention=1, domain={"x": (-1.5, 1.5)}
    )
    times = fokker.mean_first_passage(fokker.discretize(problem, cells=cells), lambda x: x > 1)
    exact = barrier + np.log(
        double_integral(lambda y: np.exp(u(y) - barrier) / diffusion(y), lambda y: np.exp(-u(y)), -1.5, -1.0, 1.0, 2000)
    )
    assert abs(times.log_at(x=-1.0) - exact) < tolerance
    if barrier == 1000:
        with pytest.raises(FokkerError, match=r"exceeds the range of doubles[\s\S]*log_at"):
            times.at(x=-1.0)


# kappa, eps, tau(a -> b), tau(a -> c) of the double well with state-dependent noise; twelve digits are printed
DW_1 = [
    (0.75, 1e-5, 1.795970938478e02, 3.784542918826e02),
    (1.0, 1e-4, 4.376274291536e02, 8.885099541048e02),
    (5.0, 1e-2, 1.263548978789e05, 2.527174523116e05),
    (20.0, 1e-2, 9.434943940476e10, 1.886988788179e11),
]


@pytest.mark.parametrize(("kappa", "eps", "to_b", "to_c"), DW_1)
def test_double_well_with_power_law_noise(kappa, eps, to_b, to_c):
    problem = fokker.Problem(
        lambda x: x - x**3, diffusion=lambda x: eps / 2 + (x**2 - 1) ** 2 / (4 * kappa), convention="zwanzig",
        domain={"x": (-np.inf, np.inf)},
    )  # fmt: skip
    g = fokker.discretize(problem, cells=1000)
    assert abs(fokker.mean_first_passage(g, lambda x: x > 0).at(x=-1.0) / to_b - 1) < 1e-9
    assert abs(fokker.mean_first_passage(g, lambda x: x > 1).at(x=-1.0) / to_c - 1) < 1e-9


@pytest.mark.parametrize(
    ("start", "target", "time"), [(0, 1, 2.09340664967832), (-1, 2, 11.3303174106488), (0, 3, 86.9316198988883)]
)
def test_ornstein_uhlenbeck_to_a_threshold(start, target, time):
    g = fokker.discretize(fokker.Problem(lambda x: -x, noise=2**0.5, domain={"x": (-np.inf, np.inf)}), cells=200)
    assert abs(fokker.mean_first_passage(g, lambda x: x > target).at(x=start) / time - 1) < 1e-13


# kappa: two-sided and one-sided time out of the quadratic well (H = 2, eps = 0.2, R = 1.5)
@pytest.mark.parametrize(
    ("kappa", "both", "one"),
    [(1, 4.886872865156, 12.337814064504), (1.5, 11.25, 24.416527840294), (3.5, 142.117346938776, 285.722015759928)],
)  # fmt: skip
def test_quadratic_well_with_power_law_noise(kappa, both, one):
    problem = fokker.Problem(
        lambda x: -2 * x, diffusion=lambda x: 0.1 + x**2 / kappa, convention="isothermal",
        domain={"x": (-np.inf, np.inf)},
    )  # fmt: skip
    g = fokker.discretize(problem, cells=300)
    assert abs(fokker.mean_first_passage(g, lambda x: abs(x) > 1.5).at(x=0.0) / both - 1) < 1e-12
    assert abs(fokker.mean_first_passage(g, lambda x: x > 1.5).at(x=0.0) / one - 1) < 1e-12

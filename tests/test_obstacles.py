"""Obstacles and curved domains: orders against exact solutions, every verb, and bad input."""

import warnings
from typing import Any

import numpy as np
import pytest

import fokker
from fokker.discretize.absorb import absorb
from fokker.errors import BoundaryError, DimensionError, DomainError, TargetError
from fokker.linalg import Scaled

SQUARE = {"x": (-1.25, 1.25), "y": (-1.25, 1.25)}
CENTRE = (0.013, -0.007)  # off the nodes and faces
HOLE, RIM = 0.4, 1.0
COUNTS = (20, 40, 80, 160)
FREE = fokker.Problem(lambda x, y: (0 * x, 0 * y), diffusion=1.0, domain=SQUARE)
SPIRAL = fokker.Problem(lambda x, y: (-x - 2 * y, 2 * x - y), diffusion=0.5, domain={"x": (-2, 2), "y": (-2, 2)})
DISC = fokker.Region(level=lambda x, y: np.hypot(x - 0.1, y + 0.2) - 0.4)


def radius(x: Any, y: Any) -> Any:
    return np.hypot(x - CENTRE[0], y - CENTRE[1])


def in_hole(x: Any, y: Any) -> Any:
    return radius(x, y) < HOLE


def beyond(x: Any, y: Any) -> Any:
    return radius(x, y) > RIM


def order(errors: Any, counts: Any = COUNTS) -> float:
    return float(-np.polyfit(np.log(counts), np.log(np.abs(errors)), 1)[0])


def annulus(slope: float) -> Any:
    """Return the mean time to the rim: (1 - r**2)/4 + slope ln r."""
    return lambda r: (RIM**2 - r**2) / 4 + slope * np.log(r / RIM)


def total_time(n: int, **options: Any) -> float:
    """Return the mean time to the rim, integrated over the room."""
    generator = fokker.discretize(FREE, cells=n, obstacle=in_hole, **options)
    times = fokker.mean_first_passage(generator, beyond)
    assert generator.kept is not None
    return float(np.nansum(times.values.ravel() * generator.masses * generator.kept))


def exact_total(slope: float) -> float:
    r, w = np.polynomial.legendre.leggauss(40)
    r, w = HOLE + (RIM - HOLE) * (r + 1) / 2, w * (RIM - HOLE) / 2
    return float(2 * np.pi * (w * r) @ annulus(slope)(r))


def test_a_reflecting_hole_is_second_order() -> None:
    exact = exact_total(HOLE**2 / 2)
    assert order([total_time(n) / exact - 1 for n in COUNTS]) == pytest.approx(2.0, abs=0.2)


def test_a_partly_absorbing_hole_is_second_order() -> None:
    kappa = 2.0  # T'(a) = kappa T(a)
    slope = (kappa * (RIM**2 - HOLE**2) / 4 + HOLE / 2) / (1 / HOLE - kappa * np.log(HOLE / RIM))
    errors = [total_time(n, wall=fokker.Robin(kappa)) / exact_total(slope) - 1 for n in COUNTS]
    assert order(errors) == pytest.approx(2.0, abs=0.2)


def test_an_absorbing_hole_is_second_order() -> None:
    slope = -(RIM**2 - HOLE**2) / 4 / np.log(HOLE / RIM)
    errors = []
    for n in COUNTS:
        generator = fokker.discretize(FREE, cells=n, obstacle=in_hole, wall="absorbing")
        times = fokker.mean_first_passage(generator, beyond)
        ring = np.linspace(0, 2 * np.pi, 32, endpoint=False)
        there = times.at(x=CENTRE[0] + 0.7 * np.cos(ring), y=CENTRE[1] + 0.7 * np.sin(ring))
        errors.append(there.mean() / annulus(slope)(0.7) - 1)
    assert order(errors) == pytest.approx(2.0, abs=0.2)


def test_an_absorbing_wall_is_the_same_as_a_target() -> None:
    walled = fokker.mean_first_passage(fokker.discretize(FREE, cells=40, obstacle=beyond, wall="absorbing"))
    aimed = fokker.mean_first_passage(fokker.discretize(FREE, cells=40), beyond)
    room = np.isfinite(walled.values)
    np.testing.assert_allclose(walled.values[room], aimed.values[room], rtol=1e-12)


def test_a_flow_around_a_cylinder_is_second_order() -> None:
    """The harmonic function (r + a**2/r) cos(t) slides along the wall: apertures must carry what is tangential."""

    def exact(x: Any, y: Any) -> Any:
        r = radius(x, y)
        return 2.5 + (r + HOLE**2 / r) * (x - CENTRE[0]) / r

    errors = []
    for n in COUNTS:
        generator = fokker.discretize(FREE, cells=n, obstacle=in_hole)
        absorbed = absorb(generator, {"rim": beyond})
        cuts, lattice = absorbed.cuts, generator.lattice
        assert cuts is not None
        assert lattice is not None
        at = [p[cuts.cells] + cuts.fraction * (p[cuts.beyond] - p[cuts.cells]) for p in lattice.scattered()]
        right: Any = np.bincount(cuts.cells, cuts.leak * exact(*at), generator.cells)
        found = absorbed.generator.factor.solve(Scaled.of(right)).values()
        points = lattice.scattered()
        room = absorbed.generator.kept & (radius(*points) > HOLE)
        errors.append(np.abs(found - exact(*points))[room].mean())
    assert order(errors) == pytest.approx(2.0, abs=0.25)


def test_a_ball_in_space_is_second_order() -> None:
    problem = fokker.Problem(
        lambda x, y, z: (0 * x, 0 * y, 0 * z), diffusion=1.0, domain=dict.fromkeys("xyz", (-1.15, 1.15))
    )

    def distance(x: Any, y: Any, z: Any) -> Any:
        return np.sqrt((x - 0.013) ** 2 + (y + 0.007) ** 2 + (z - 0.021) ** 2)

    def exact(r: Any) -> Any:
        return (1 - r**2) / 6 + HOLE**3 / 3 * (1 - 1 / r)

    errors, counts = [], (12, 24, 36)
    for n in counts:
        generator = fokker.discretize(problem, cells=n, obstacle=lambda *x: distance(*x) < HOLE)
        times = fokker.mean_first_passage(generator, lambda *x: distance(*x) > 1)
        assert generator.kept is not None
        r, w = np.polynomial.legendre.leggauss(40)
        r, w = HOLE + (1 - HOLE) * (r + 1) / 2, w * (1 - HOLE) / 2
        total = np.nansum(times.values.ravel() * generator.masses * generator.kept)
        errors.append(total / (4 * np.pi * (w * r**2) @ exact(r)) - 1)
    assert order(errors, counts) == pytest.approx(2.0, abs=0.35)


def test_boltzmann_stays_the_law_to_rounding_and_its_volume_is_the_open_one() -> None:
    problem = fokker.Problem.from_potential(lambda x, y: x**2 + 2 * y**2, temperature=0.3, domain=SQUARE)
    generator = fokker.discretize(problem, cells=60, obstacle=in_hole)
    density = fokker.stationary(generator)
    x, y = np.meshgrid(*generator.nodes, indexing="ij")
    assert generator.lattice is not None
    assert generator.lattice.obstacle is not None
    kept = generator.lattice.obstacle.kept.reshape(generator.shape)
    ratio = density.values[kept] / np.exp(-(x**2 + 2 * y**2) / 0.3)[kept]
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-12)
    assert density.values[~kept].max() == 0.0
    assert float(density.info.values["residual"]) <= 1e-13
    assert generator.volumes.sum() == pytest.approx(2.5**2 - np.pi * HOLE**2, rel=1e-4)
    assert np.abs(density.current().fluxes[0]).max() == 0.0


def test_a_partly_absorbing_wall_under_a_potential() -> None:
    """Under exp(-U) with U = r**2/2 the flux through the wall is kappa p there; T from the radial equation."""
    from scipy.integrate import quad

    problem = fokker.Problem.from_potential(lambda x, y: radius(x, y) ** 2 / 2, temperature=1.0, domain=SQUARE)
    kappa = 1.5
    # T' = -exp(r^2/2)/r * int_0^r s exp(-s^2/2) ds inside the disc r < 1; at the wall -T' = kappa T

    def slope(r: float) -> float:
        return -np.expm1(r**2 / 2) / r if r > 0 else 0.0

    exact = quad(lambda r: -slope(r), 0, RIM)[0] - slope(RIM) / kappa
    errors = []
    for n in COUNTS:
        generator = fokker.discretize(problem, cells=n, obstacle=beyond, wall=fokker.Robin(kappa))
        errors.append(fokker.mean_first_passage(generator).at(x=CENTRE[0], y=CENTRE[1]) / exact - 1)
    assert order(errors) == pytest.approx(2.0, abs=0.3)
    assert abs(errors[-1]) < 5e-4


def box(high: float, wall: Any) -> fokker.Problem:
    return fokker.Problem(
        lambda x, y: (0.7 + 0 * x, y),
        diffusion=lambda x, y: 1 + 0.5 * y**2,
        convention="ito",
        domain={"x": (-1, high), "y": (0, 1)},
        boundary={"x": ("reflecting", wall), "y": ("absorbing", "reflecting")},
    )


@pytest.mark.parametrize("wall", ["reflecting", fokker.Robin(1.5)])
def test_an_obstacle_along_faces_is_a_shorter_domain(wall: Any) -> None:
    """Exits of straight walls, apertures, areas and distances of films all meet those of a tensor grid."""
    short = fokker.mean_first_passage(fokker.discretize(box(0.5, wall), cells=(12, 10)))
    walled = fokker.discretize(box(1.0, "reflecting"), cells=(16, 10), obstacle=lambda x, y: x > 0.5 + 1e-12, wall=wall)
    np.testing.assert_allclose(
        fokker.mean_first_passage(walled).values[:12], short.values, rtol=1e-12 if wall == "reflecting" else 1e-3
    )


def test_every_verb_works_around_an_obstacle() -> None:
    generator = fokker.discretize(SPIRAL, cells=40, obstacle=DISC)
    density = fokker.stationary(generator)
    assert density.mass.sum() == pytest.approx(1.0, abs=1e-13)
    assert density.probability(lambda x, y: x > 0) + density.probability(lambda x, y: x <= 0) == pytest.approx(1.0)

    def target(x: Any, y: Any) -> Any:
        return x > 1.5

    def source(x: Any, y: Any) -> Any:
        return x < -1.5

    times = fokker.mean_first_passage(generator, target)
    stay = fokker.occupation(generator, {"x": -1.0, "y": 0.0}, target)
    assert stay.total == pytest.approx(times.at(x=-1.0, y=0.0), rel=2e-3)  # the start is shared by four cells
    ahead = fokker.committor(generator, source=source, target=target)
    back = fokker.committor(generator, source=target, target=source)
    room = np.isfinite(ahead.values)
    np.testing.assert_allclose((ahead.values + back.values)[room], 1.0, rtol=1e-12)
    assert fokker.rate(generator, source=source, target=target) > 0
    assert fokker.reactive_flux(generator, source=source, target=target).info
    assert fokker.passage_variance(generator, target).at(x=-1.0, y=0.0) > 0
    assert fokker.quasi_stationary(generator, target).mass.sum() == pytest.approx(1.0)
    assert fokker.entropy_production(density) > 0
    values = fokker.spectrum(generator, k=3).eigenvalues
    assert values[0] == 0.0
    assert values[1].real < -0.1
    assert times.log_at(x=-1.0, y=0.0) == pytest.approx(np.log(times.at(x=-1.0, y=0.0)))


def test_the_spectrum_of_a_disc_has_the_zeros_of_bessel_functions() -> None:
    generator = fokker.discretize(FREE, cells=80, obstacle=beyond)
    values = fokker.spectrum(generator, k=4).eigenvalues
    # Neumann modes of the unit disc: j'_{1,1} (twice), j'_{2,1}
    np.testing.assert_allclose(values[1:], -(np.array([1.8411838, 1.8411838, 3.0542369]) ** 2), rtol=2e-3)


def test_left_out_cells_are_blank_and_positions_inside_are_refused() -> None:
    generator = fokker.discretize(SPIRAL, cells=40, obstacle=DISC)
    times = fokker.mean_first_passage(generator, lambda x, y: x > 1.5)
    density = fokker.stationary(generator)
    assert np.isnan(times.values).sum() == (~np.asarray(generator.kept)).sum() > 0
    assert "nan" not in repr(times)
    for record in (times, density):
        with pytest.raises(DomainError, match=r"x = 0\.1, y = -0\.2 lies inside the obstacle"):
            record.at(x=0.1, y=-0.2)
    # next to the wall values are continued, to second order
    here = times.at(x=0.1 + 0.401, y=-0.2)
    fine = fokker.mean_first_passage(fokker.discretize(SPIRAL, cells=80, obstacle=DISC), lambda x, y: x > 1.5)
    assert here == pytest.approx(fine.at(x=0.1 + 0.401, y=-0.2), rel=1e-2)


def test_pictures_leave_obstacles_blank() -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    generator = fokker.discretize(SPIRAL, cells=30, obstacle=DISC)
    density = fokker.stationary(generator)
    axes = density.plot()
    density.current().plot(axes)
    fokker.mean_first_passage(generator, lambda x, y: x > 1.5).plot()
    plt.close("all")


@pytest.mark.parametrize("make", [lambda inside: inside, fokker.Region])
def test_pictures_show_the_wall_where_it_is(make: Any) -> None:
    """The outline of a disc, from 20 cells of 0.2: on a raster 60 times as fine."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.collections import QuadMesh
    from matplotlib.figure import Figure

    def level(x: Any, y: Any) -> Any:
        return np.hypot(x - 0.1, y + 0.2) - 0.5

    obstacle = make(level) if make is fokker.Region else lambda x, y: level(x, y) < 0
    generator = fokker.discretize(SPIRAL, cells=20, obstacle=obstacle)
    for record in (fokker.stationary(generator), fokker.mean_first_passage(generator, lambda x, y: x > 1.5)):
        ax = record.plot(Figure(layout="constrained").subplots())
        FigureCanvasAgg(ax.figure).draw()
        covers = [c for c in ax.collections if c.get_zorder() == 1.5]
        (path,) = (path for cover in covers for path in cover.get_paths())
        # pixels of the raster, and twice that at the corners of its steps
        assert np.abs(level(*path.vertices[path.codes != path.CLOSEPOLY].T)).max() < 2 * 4.0 / 800
        (picture,) = (c for c in ax.collections if isinstance(c, QuadMesh))
        blank = np.ma.getmaskarray(picture.get_array()).reshape(20, 20)
        corners = picture.get_coordinates()
        middle = 0.25 * (corners[1:, 1:] + corners[:-1, 1:] + corners[1:, :-1] + corners[:-1, :-1])
        # what is blank has no colour, and lies beneath the obstacle: half a diagonal of a cell away from its wall
        half = 0.5 * np.hypot(*(corners[1, 1] - corners[0, 0]))
        assert (level(*np.moveaxis(middle, -1, 0))[blank] < -half).all()


def test_a_wall_thinner_than_a_cell_holds_and_its_slit_is_open() -> None:
    domain = {"x": (-1, 1), "y": (-1, 1)}
    problem = fokker.Problem(lambda x, y: (0 * x, 0 * y), diffusion=1.0, domain=domain)

    def screen(x: Any, y: Any) -> Any:
        return (np.abs(x - 0.02) < 0.01) & (np.abs(y) > 0.2)

    # 20 cells of 0.1: the screen lies between nodes and faces
    generator = fokker.discretize(problem, cells=20, obstacle=screen)
    with pytest.warns(fokker.FokkerWarning, match="thinner than a cell"):
        behind = fokker.mean_first_passage(generator, lambda x, y: x > 0.9).at(x=-0.5, y=0.0)
    fine = fokker.discretize(problem, cells=200, obstacle=screen)
    assert behind == pytest.approx(fokker.mean_first_passage(fine, lambda x, y: x > 0.9).at(x=-0.5, y=0.0), rel=0.1)
    with pytest.raises(TargetError, match="2 pieces"):
        fokker.discretize(problem, cells=20, obstacle=lambda x, y: np.abs(x - 0.02) < 0.01)


@pytest.mark.parametrize("cells", [30, 31, 60, 61])
@pytest.mark.parametrize("half", [0.02, 0.09])
def test_thin_walls_hold_wherever_the_nodes_lie(cells: int, half: float) -> None:
    problem = fokker.Problem((0.0, 0.0), diffusion=1.0, domain={"x": (-3, 3), "y": (-3, 3)})
    generator = fokker.discretize(problem, cells=cells, obstacle=lambda x, y: (np.abs(x) < half) & (y < 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fokker.FokkerWarning)  # thin walls are warned of
        time = fokker.mean_first_passage(generator, lambda x, y: np.hypot(x - 2, y + 2) < 0.5).at(x=-2.0, y=-2.0)
    assert 73 < time < 78  # 19.9 without the wall


def test_an_obstacle_across_a_periodic_seam() -> None:
    def problem(shift: float) -> fokker.Problem:
        domain = {"x": (shift, shift + 2), "y": (0, 2)}
        walls: Any = {"x": "periodic", "y": ("absorbing", "reflecting")}
        return fokker.Problem(lambda x, y: (0 * x, 0 * y), diffusion=1.0, domain=domain, boundary=walls)

    def column(x: Any, y: Any) -> Any:
        return (np.mod(x - 0.5 + 1, 2) - 1) ** 2 + (y - 1) ** 2 < 0.3

    whole, split = (
        fokker.mean_first_passage(fokker.discretize(problem(s), cells=40, obstacle=column)) for s in (-0.5, 0.5)
    )
    assert whole.at(x=0.6, y=1.9) == pytest.approx(split.at(x=0.6, y=1.9), rel=1e-9)


@pytest.mark.parametrize("wall", ["reflecting", fokker.Robin(1.0)])
def test_obstacles_nowhere_or_everywhere_are_refused(wall: Any) -> None:
    with pytest.raises(TargetError, match="nowhere"):
        fokker.discretize(FREE, cells=20, obstacle=lambda x, y: x > 9, wall=wall)
    with pytest.raises(TargetError, match="everywhere"):
        fokker.discretize(FREE, cells=20, obstacle=lambda x, y: x > -9, wall=wall)


def test_bad_obstacles_say_what_is_wrong() -> None:
    with pytest.raises(TargetError, match="is empty"):
        fokker.discretize(FREE, cells=20, obstacle=lambda x, y: x > 9, wall="absorbing")
    with pytest.raises(TargetError, match="everything"):
        fokker.discretize(FREE, cells=20, obstacle=lambda x, y: x > -9, wall="absorbing")
    with pytest.raises(TargetError, match="not a predicate"):
        fokker.discretize(FREE, cells=20, obstacle=3.0)  # type: ignore[arg-type]
    with pytest.raises(TargetError, match="not finite"):
        fokker.discretize(FREE, cells=20, obstacle=fokker.Region(level=lambda x, y: np.where(x > 0, np.nan, 1.0)))
    with pytest.raises(BoundaryError, match="wall of the obstacle is unknown"):
        fokker.discretize(FREE, cells=20, obstacle=in_hole, wall="sticky")  # type: ignore[arg-type]
    with pytest.raises(BoundaryError, match="that of an obstacle"):
        fokker.discretize(FREE, cells=20, wall="absorbing")
    with pytest.raises(DimensionError, match="in one dimension is a wall"):
        fokker.discretize(
            fokker.Problem(drift=0.0, diffusion=1.0, domain={"x": (0, 1)}), cells=20, obstacle=lambda x: x > 0.5
        )
    generator = fokker.discretize(FREE, cells=40, obstacle=in_hole)
    with pytest.raises(TargetError, match="no node of the grid"):
        fokker.mean_first_passage(generator, lambda x, y: radius(x, y) < 0.2)


def test_pieces_are_named() -> None:
    with pytest.raises(TargetError, match=r"2 pieces(.|\n)*cells within x = -1\.2"):
        fokker.discretize(FREE, cells=50, obstacle=lambda x, y: np.abs(x - 0.1) < 0.2)


def test_a_walled_extrapolate_of_a_field() -> None:
    result = fokker.extrapolate(
        FREE,
        lambda g: fokker.mean_first_passage(g, beyond),
        cells=(20, 40),
        obstacle=in_hole,
    )
    x, y = np.meshgrid(*result.nodes, indexing="ij")
    room = (radius(x, y) > 0.6) & (radius(x, y) < 0.8)
    exact = annulus(HOLE**2 / 2)(radius(x, y))
    assert np.abs(result.value / exact - 1)[room].max() < np.abs(result.fine / exact - 1)[room].max()

"""Generators on meshes made by FiPy: rates against those of tensor grids, orders on a disc, and every verb."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import mesh_cases as cases
import numpy as np
import pytest
from matplotlib.figure import Figure
from mesh_cases import BOX, DISC, DRIVEN, FREE, ORDER, SHAPE, TURNING, WELL, Array, made, source, target

import fokker
from fokker.errors import DimensionError, DomainError, FokkerError
from fokker.grid import Mesh
from fokker.validation.theorems import _meshes as meshes
from fokker.validation.theorems.independence import load_fipy

UNIT = 2.0**-53


@pytest.fixture(scope="module")
def fipy() -> Any:
    return load_fipy()


@pytest.fixture(scope="module")
def grid() -> Any:
    return cases.grid()


@pytest.fixture(scope="module")
def voronoi() -> tuple[Any, Array]:
    return cases.voronoi()


# ------------------------------------------------------------------------------------------------ against tensor grids


@pytest.mark.parametrize("scheme", ["edge-resistance", "scharfetter-gummel"])
@pytest.mark.parametrize("problem", [WELL, TURNING, DRIVEN], ids=["well", "turning", "driven"])
def test_equal_rectangles_have_the_rates_of_the_lattice(grid: Any, problem: fokker.Problem, scheme: Any) -> None:
    lattice = fokker.discretize(problem, cells=SHAPE, scheme=scheme, reference=None)
    mesh = fokker.from_fipy(grid, problem, scheme=scheme)
    ours, theirs = mesh.rates.toarray()[np.ix_(ORDER, ORDER)], lattice.rates.toarray()
    assert np.array_equal(ours > 0, theirs > 0)
    # coordinates differ by rounding, and so do potentials of some 20 kT
    assert np.abs(ours - theirs)[theirs > 0] == pytest.approx(0.0, abs=200 * UNIT * theirs.max())


def test_walls_of_the_problem_and_named_walls_are_those_of_the_lattice(grid: Any) -> None:
    walls = {"x": ("absorbing", fokker.Robin(2.0)), "y": ("reflecting", "absorbing")}
    problem = fokker.Problem.from_potential(
        lambda x, y: (x * x - 1) ** 2 + y * y, temperature=0.5, domain=BOX, boundary=walls
    )  # fmt: skip
    closed = fokker.Problem.from_potential(lambda x, y: (x * x - 1) ** 2 + y * y, temperature=0.5, domain=BOX)
    lattice = fokker.discretize(problem, cells=SHAPE)
    own = fokker.from_fipy(grid, problem)
    named = fokker.from_fipy(
        grid, closed, boundary={"left": "absorbing", "right": fokker.Robin(2.0), "lid": (grid.facesTop, "absorbing")}
    )  # fmt: skip
    assert list(own.exit_rates) == list(lattice.exit_rates) == ["x left", "x right", "y right"]
    assert list(named.exit_rates) == ["left", "right", "lid"]
    for ours, other, theirs in zip(
        own.exit_rates.values(), named.exit_rates.values(), lattice.exit_rates.values(), strict=True
    ):  # fmt: skip
        assert ours[ORDER] == pytest.approx(theirs, rel=1e-12)
        assert other == pytest.approx(ours, rel=1e-15)
    rates = fokker.quasi_stationary(own).rate, fokker.quasi_stationary(lattice).rate
    assert rates[0] == pytest.approx(rates[1], rel=1e-12)


@pytest.mark.parametrize("problem", [WELL, TURNING], ids=["well", "turning"])
def test_all_verbs_agree_with_the_lattice(grid: Any, problem: fokker.Problem) -> None:
    lattice = fokker.discretize(problem, cells=SHAPE, reference=None)
    mesh = fokker.from_fipy(grid, problem)
    near = {"rel": 1e-11}  # rounding of some 300 eliminations and of the coordinates of the walls
    ours, theirs = fokker.stationary(mesh), fokker.stationary(lattice)
    assert ours.log_values[ORDER] == pytest.approx(theirs.log_values.ravel(), abs=1e-12)
    assert ours.mean() == pytest.approx(theirs.mean(), abs=1e-13)
    assert ours.covariance() == pytest.approx(theirs.covariance(), rel=1e-12)
    for mine, other in zip(ours.current().vectors(), theirs.current().vectors(), strict=True):
        assert mine[ORDER] == pytest.approx(other.ravel(), abs=1e-13)
    across = [r.current().through(lambda x, y: y > 0.05, where=lambda x, y: x > 0) for r in (ours, theirs)]
    assert across[0] == pytest.approx(across[1], abs=1e-13)
    assert fokker.entropy_production(ours) == pytest.approx(fokker.entropy_production(theirs), rel=1e-11, abs=1e-20)
    local = [fokker.entropy_production(r, local=True) for r in (ours, theirs)]
    assert local[0][ORDER] == pytest.approx(local[1].ravel(), rel=1e-8, abs=1e-12)
    assert fokker.rate(mesh, source, target) == pytest.approx(fokker.rate(lattice, source, target), **near)
    flows = [fokker.reactive_flux(g, source, target) for g in (mesh, lattice)]
    assert flows[0].rate == pytest.approx(flows[1].rate, **near)
    assert flows[0].values[ORDER] == pytest.approx(flows[1].values.ravel(), rel=1e-10)
    middle = [f.current.through(lambda x, y: x > 0.05) for f in flows]
    assert middle[0] == pytest.approx(flows[0].flux, rel=1e-9)
    assert middle[0] == pytest.approx(middle[1], rel=1e-9)
    for verb in (fokker.mean_first_passage, fokker.passage_variance):
        times = [verb(g, target).values.ravel() for g in (mesh, lattice)]
        assert times[0][ORDER] == pytest.approx(times[1], rel=1e-9)
    chances = [fokker.committor(g, source, target) for g in (mesh, lattice)]
    assert chances[0].values[ORDER] == pytest.approx(chances[1].values.ravel(), rel=1e-10)
    assert chances[0].complement[ORDER] == pytest.approx(chances[1].complement.ravel(), rel=1e-10)
    lost = [fokker.quasi_stationary(g, target).rate for g in (mesh, lattice)]
    assert lost[0] == pytest.approx(lost[1], **near)
    values = [fokker.spectrum(g, 4).eigenvalues for g in (mesh, lattice)]
    assert values[0] == pytest.approx(values[1], abs=1e-10)


def test_boxes_in_space_have_the_rates_of_the_lattice(fipy: Any) -> None:
    domain = {"x": (0.0, 1.0), "y": (0.0, 1.5), "z": (0.0, 2.0)}
    problem = fokker.Problem.from_potential(
        lambda x, y, z: x * x + y * y * z, temperature=0.3, domain=domain, boundary={"z": ("reflecting", "absorbing")}
    )  # fmt: skip
    mesh = made(lambda: fipy.Grid3D(nx=4, ny=5, nz=6, dx=0.25, dy=0.3, dz=2 / 6))
    ours, theirs = fokker.from_fipy(mesh, problem), fokker.discretize(problem, cells=(4, 5, 6))
    order = np.arange(120).reshape(6, 5, 4).T.ravel()
    assert ours.rates.toarray()[np.ix_(order, order)] == pytest.approx(theirs.rates.toarray(), rel=1e-12)
    assert ours.exit_rates["z right"][order] == pytest.approx(theirs.exit_rates["z right"], rel=1e-12)
    times = fokker.mean_first_passage(ours), fokker.mean_first_passage(theirs)
    assert times[0].values[order] == pytest.approx(times[1].values.ravel(), rel=1e-12)
    assert times[0].at(x=0.5, y=0.7, z=1.0) == pytest.approx(times[1].at(x=0.5, y=0.7, z=1.0), rel=0.02)


# ------------------------------------------------------------------------------------------------------ unstructured


def test_detailed_balance_is_exact_on_every_face(voronoi: tuple[Any, Array]) -> None:
    mesh, points = voronoi
    problem = fokker.Problem.from_potential(
        lambda x, y: 8 * ((x * x - 0.3) ** 2 + y * y), temperature=0.2, mobility=lambda x, y: 1 + x * x, domain=DISC
    )  # fmt: skip
    generator = fokker.from_fipy(mesh, problem, centres=points)
    level = generator.problem.potential_at(*generator.nodes)
    rise = level[generator.head] - level[generator.tail]
    volumes = generator.volumes
    ratio = np.log(generator.forward * volumes[generator.tail]) - np.log(generator.backward * volumes[generator.head])
    assert ratio == pytest.approx(-rise, abs=1e-13 * (1 + np.abs(level).max()))
    density = fokker.stationary(generator)
    boltzmann = np.log(volumes) - level
    assert np.ptp(density.log_mass - boltzmann) < 1e-11
    assert density.info.values["detailed_balance"] == "holds: a potential without force"
    assert not density.current().values.any()
    assert fokker.entropy_production(density) == 0.0


@pytest.mark.parametrize(("kind", "spread"), [("voronoi", 0.1), ("delaunay", 0.2)])
def test_the_exit_time_of_a_disc_is_of_second_order(fipy: Any, kind: str, spread: float) -> None:
    widths, errors = (0.2, 0.1, 0.05), []
    for width in widths:
        if kind == "voronoi":
            mesh, points = made(lambda width=width: meshes.voronoi_disc(fipy, width))
        else:
            mesh, points = made(lambda width=width: meshes.delaunay_disc(fipy, width)), None
        generator = fokker.from_fipy(mesh, FREE, "absorbing", centres=points)
        time = fokker.mean_first_passage(generator)
        assert generator.notes["largest_angle"] < 1e-6
        x, y = generator.nodes
        wrong = time.values - (1 - x * x - y * y) / 2
        errors.append(float(np.sqrt(generator.masses @ wrong**2)))
        # linear interpolation adds the curvature over an eighth of the square of a cell
        assert time.at(x=0.2, y=0.1) == pytest.approx((1 - 0.05) / 2, abs=2 * width**2)
    order = np.polyfit(np.log(widths), np.log(errors), 1)[0]
    assert order == pytest.approx(2.0, abs=spread)


def test_a_target_is_located_between_the_centres(fipy: Any) -> None:
    # time from r to the circle 0.3 inside a reflecting unit circle
    def exact(r: Array) -> Array:
        return np.asarray((2 * np.log(r / 0.3) - (r * r - 0.09)) / 2)

    errors = []
    for width in (0.1, 0.05, 0.025):
        mesh, points = made(lambda width=width: meshes.voronoi_disc(fipy, width))
        generator = fokker.from_fipy(mesh, FREE, centres=points)
        time = fokker.mean_first_passage(generator, lambda x, y: np.hypot(x, y) < 0.3)
        x, y = generator.nodes
        r = np.hypot(x, y)
        out = r > 0.3
        assert not time.values[~out].any()
        assert time.at(x=[0.1, 0.0], y=[0.1, 0.25]) == pytest.approx([0.0, 0.0])
        errors.append(float(np.sqrt(generator.masses[out] @ (time.values - exact(np.maximum(r, 0.3)))[out] ** 2)))
    order = np.polyfit(np.log([4.0, 2.0, 1.0]), np.log(errors), 1)[0]
    assert order > 1.7


def test_committor_of_a_disc(voronoi: tuple[Any, Array]) -> None:
    mesh, points = voronoi
    generator = fokker.from_fipy(mesh, FREE, {"edge": (mesh.exteriorFaces, "absorbing")}, centres=points)
    ways = fokker.splitting(generator, {"core": lambda x, y: np.hypot(x, y) < 0.3})
    r = np.array([0.2, 0.4, 0.6, 0.8, 0.99])
    expected = np.clip(np.log(r) / np.log(0.3), 0.0, 1.0)
    assert ways["core"].at(x=r, y=0 * r) == pytest.approx(expected, abs=0.02)
    assert ways["core"].at(x=r, y=0 * r) + ways["edge"].at(x=r, y=0 * r) == pytest.approx(np.ones(5), abs=1e-12)
    assert ways["core"].complement_at(x=r, y=0 * r) == pytest.approx(1 - expected, abs=0.02)


def test_occupation_adds_up_to_the_exit_time(voronoi: tuple[Any, Array]) -> None:
    mesh, points = voronoi
    generator = fokker.from_fipy(mesh, FREE, "absorbing", centres=points)
    time = fokker.mean_first_passage(generator)
    spent = fokker.occupation(generator, {"x": 0.21, "y": -0.13})
    assert spent.total == pytest.approx(time.at(x=0.21, y=-0.13), rel=1e-12)
    assert spent.values.shape == (generator.cells,)


def test_means_and_probabilities_are_sums(fipy: Any) -> None:
    problem = fokker.Problem.from_potential(lambda x, y: x + 0 * y, temperature=1.0, domain=DISC)
    mesh, points = made(lambda: meshes.voronoi_disc(fipy, 0.05))
    density = fokker.stationary(fokker.from_fipy(mesh, problem, centres=points))
    from scipy.special import iv

    norm = 2 * np.pi * iv(1, 1.0)
    assert density.at(x=0.3, y=-0.2) == pytest.approx(np.exp(-0.3) / norm, rel=2e-3)
    assert density.mean() == pytest.approx([-iv(2, 1.0) / iv(1, 1.0), 0.0], abs=2e-3)
    half = 2 * np.pi * 0.5 * iv(1, 0.5)  # the disc of half the radius
    assert density.probability(lambda x, y: np.hypot(x, y) < 0.5) == pytest.approx(half / norm, rel=2e-3)
    assert density.expectation(lambda x, y: 1.0 + 0 * x) == pytest.approx(1.0, rel=1e-13)
    assert density.mode()[0] < -0.9
    assert density.marginal("x", "y") is density
    with pytest.raises(DimensionError, match="rows"):
        density.marginal("x")


def test_points_outside_are_refused_and_points_at_the_rim_are_not(voronoi: tuple[Any, Array]) -> None:
    mesh, points = voronoi
    density = fokker.stationary(fokker.from_fipy(mesh, FREE, centres=points))
    assert density.at(x=0.999, y=0.0) == pytest.approx(1 / np.pi, rel=0.01)
    for place in ((1.05, 0.0), (0.8, 0.8), (np.nan, 0.0)):
        with pytest.raises(DomainError, match="outside the mesh"):
            density.at(*place)


def test_rotation_drives_a_current(voronoi: tuple[Any, Array]) -> None:
    problem = fokker.Problem(drift=lambda x, y: (-4 * x - 3 * y, 3 * x - 4 * y), diffusion=0.2, domain=DISC)
    mesh, points = voronoi
    generator = fokker.from_fipy(mesh, problem, centres=points)
    density = fokker.stationary(generator)
    assert "broken" in str(generator.notes["detailed_balance"])
    around = density.current().through(lambda x, y: y > 0, where=lambda x, y: x > 0)
    assert around == pytest.approx(3 / (2 * np.pi), rel=0.05)
    across, up = density.current().vectors()
    x, y = density.nodes
    inner = np.hypot(x, y) < 0.6
    law = density.values
    assert across[inner] == pytest.approx((-3 * y * law)[inner], abs=0.1 * np.abs(3 * y * law).max())
    assert up[inner] == pytest.approx((3 * x * law)[inner], abs=0.1 * np.abs(3 * y * law).max())


def test_high_barriers(voronoi: tuple[Any, Array]) -> None:
    mesh, points = voronoi
    problem = fokker.Problem.from_potential(
        lambda x, y: 600 * ((2 * x * x - 1) ** 2 + y * y), temperature=1.0, domain=DISC
    )  # fmt: skip
    generator = fokker.from_fipy(mesh, problem, centres=points)
    time = fokker.mean_first_passage(generator, lambda x, y: x > 0.6)
    assert 550 < time.log_at(x=-0.7, y=0.0) < 620
    assert generator.guess is not None


# ------------------------------------------------------------------------------------------------- pictures and files


def test_laws_at_later_times(voronoi: tuple[Any, Array]) -> None:
    mesh, points = voronoi
    generator = fokker.from_fipy(mesh, FREE, "absorbing", centres=points)
    path = fokker.propagate(generator, initial={"x": 0.0, "y": 0.0}, times=[0.0, 0.02, 1.0, 2.0])
    assert path.survival[0] == pytest.approx(1.0, rel=1e-12)
    slowest = fokker.quasi_stationary(generator).rate
    assert np.log(path.survival[2] / path.survival[3]) == pytest.approx(slowest, rel=1e-3)
    assert path.covariance()[1] == pytest.approx(0.02 * np.eye(2), abs=1e-3)
    assert path.values.shape == (4, generator.cells)
    assert path[2].at(x=0.3, y=0.1) > 0.0


def test_pictures(voronoi: tuple[Any, Array]) -> None:
    mesh, points = voronoi
    generator = fokker.from_fipy(mesh, FREE, {"edge": (mesh.exteriorFaces, "absorbing")}, centres=points)
    records = (
        fokker.mean_first_passage(generator),
        fokker.quasi_stationary(generator),
        fokker.occupation(generator, {"x": 0.0, "y": 0.0}),
    )
    turning = fokker.Problem(drift=lambda x, y: (-y, x), diffusion=0.2, domain=DISC)
    density = fokker.stationary(fokker.from_fipy(mesh, turning, centres=points))
    for record in (*records, density, density.current()):
        ax = Figure().subplots()
        assert record.plot(ax) is ax
        assert len(ax.collections) == 1
        assert str(generator.cells) in repr(record) or "points" in repr(record)
    density.plot(Figure().subplots(), log=True)
    assert "<img" in density._repr_html_() or "<table" in density._repr_html_()


def test_files_and_labelled_arrays(voronoi: tuple[Any, Array], tmp_path: Path) -> None:
    pytest.importorskip("xarray")
    mesh, points = voronoi
    generator = fokker.from_fipy(
        mesh, fokker.Problem(drift=lambda x, y: (-y, x), diffusion=0.2, domain=DISC), centres=points
    )  # fmt: skip
    density = fokker.stationary(generator)
    density.save(str(tmp_path / "p.npz"))
    again = fokker.load(str(tmp_path / "p.npz"), generator=generator)
    assert isinstance(again, fokker.Density)
    assert np.array_equal(again.values, density.values)
    assert again.at(x=0.1, y=0.2) == density.at(x=0.1, y=0.2)
    alone = fokker.load(str(tmp_path / "p.npz"))
    alone.plot(Figure().subplots())
    density.current().save(str(tmp_path / "j.npz"))
    current = fokker.load(str(tmp_path / "j.npz"))
    assert isinstance(current, fokker.Current)
    assert np.array_equal(current.values, density.current().values)
    with pytest.raises(FokkerError, match="mesh"):
        current.vectors()
    labelled = density.to_xarray()
    assert labelled.dims == ("cell",)
    assert set(labelled.coords) == {"x", "y"}
    assert set(density.current().to_xarray()) == {"J_x", "J_y"}
    modes = fokker.spectrum(generator, 3).to_xarray()
    assert modes.dims == ("mode", "cell")
    assert modes.shape == (3, generator.cells)


def test_what_needs_rows_is_refused(voronoi: tuple[Any, Array]) -> None:
    mesh, points = voronoi
    density = fokker.stationary(fokker.from_fipy(mesh, FREE, centres=points))
    with pytest.raises(DimensionError):
        fokker.circulation(density, {"x": 0.0, "y": 0.0})
    with pytest.raises(DimensionError):
        density.current().stream_function()
    with pytest.raises(FokkerError, match="tensor grids"):
        density.current().parts()
    with pytest.raises(DimensionError):
        fokker.drift_velocity(density.generator)  # type: ignore[arg-type]


def test_triangles_of_a_lattice_of_squares(fipy: Any) -> None:
    # right-angled triangles: their centroids make an orthogonal mesh, their circumcentres coincide
    mesh = made(lambda: fipy.Tri2D(nx=6, ny=6, dx=1 / 3, dy=1 / 3))
    problem = fokker.Problem(drift=(0.0, 0.0), diffusion=0.5, domain={"x": (0, 2), "y": (0, 2)})
    generator = fokker.from_fipy(mesh, problem, {"left": "absorbing"})
    assert isinstance(generator.mesh, Mesh)
    time = fokker.mean_first_passage(generator)
    x, _ = generator.nodes
    assert time.values == pytest.approx(2 * x * (4 - x) / 2, abs=2 * (1 / 3) ** 2)
    assert "Mesh of 144 cells" in repr(generator)


def test_physical_faces_of_a_file_are_walls_by_name(fipy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # what FiPy's Gmsh meshes carry
    mesh = made(lambda: fipy.Grid2D(nx=5, ny=4, dx=0.2, dy=0.25))
    monkeypatch.setattr(mesh, "physicalFaces", {"inlet": mesh.facesLeft, "inner": ~mesh.exteriorFaces}, raising=False)
    problem = fokker.Problem(drift=(0.0, 0.0), diffusion=0.5, domain={"x": (0, 1), "y": (0, 1)})
    named = fokker.from_fipy(mesh, problem, {"inlet": "absorbing"})
    assert np.array_equal(
        named.exit_rates["inlet"], fokker.from_fipy(mesh, problem, {"left": "absorbing"}).exit_rates["left"]
    )
    assert "inner" not in named.mesh.rim.names  # type: ignore[union-attr]


def test_a_steep_drift_without_a_potential_finds_its_own_hint(voronoi: tuple[Any, Array]) -> None:
    mesh, points = voronoi
    steep = 300.0
    plain = fokker.Problem(
        drift=lambda x, y: (-steep * 8 * x * (2 * x * x - 1), -steep * 2 * y), diffusion=1.0, domain=DISC
    )
    thermal = fokker.Problem.from_potential(
        lambda x, y: steep * ((2 * x * x - 1) ** 2 + y * y), temperature=1.0, domain=DISC
    )
    times = [
        fokker.mean_first_passage(fokker.from_fipy(mesh, p, centres=points), lambda x, y: x > 0.6)
        for p in (plain, thermal)
    ]
    assert times[0].generator is not None
    assert times[0].generator.guess is not None
    # quadrature of the drift along some ten edges, each with a rise of up to 100 kT
    assert times[0].log_at(x=-0.7, y=0.0) == pytest.approx(times[1].log_at(x=-0.7, y=0.0), rel=0.01)


CIRCLE = """
Point(1) = {{0, 0, 0, {0}}}; Point(2) = {{1, 0, 0, {0}}}; Point(3) = {{0, 1, 0, {0}}};
Point(4) = {{-1, 0, 0, {0}}}; Point(5) = {{0, -1, 0, {0}}};
Circle(6) = {{2, 1, 3}}; Circle(7) = {{3, 1, 4}}; Circle(8) = {{4, 1, 5}}; Circle(9) = {{5, 1, 2}};
Line Loop(10) = {{6, 7, 8, 9}}; Plane Surface(11) = {{10}};
Physical Surface("disc") = {{11}}; Physical Line("quarter") = {{6}}; Physical Line("rest") = {{7, 8, 9}};
"""


@pytest.mark.skipif(shutil.which("gmsh") is None, reason="needs Gmsh")
def test_triangles_of_gmsh(fipy: Any) -> None:
    errors = []
    for width in (0.2, 0.1, 0.05):
        mesh = made(lambda width=width: fipy.Gmsh2D(CIRCLE.format(width)))
        generator = fokker.from_fipy(mesh, FREE, {"quarter": "absorbing", "rest": "absorbing"})
        x, y = generator.nodes
        wrong = fokker.mean_first_passage(generator).values - (1 - x * x - y * y) / 2
        errors.append(float(np.sqrt(generator.masses @ wrong**2)))
    assert np.polyfit(np.log([4.0, 2.0, 1.0]), np.log(errors), 1)[0] == pytest.approx(2.0, abs=0.2)

"""What `fokker.from_fipy` and the verbs on its generators refuse."""

from __future__ import annotations

import importlib.util
from typing import Any

import mesh_cases as cases
import numpy as np
import pytest
from mesh_cases import BOX, DISC, FREE, WELL, Array, made

import fokker
from fokker.discretize import fipy_mesh
from fokker.errors import (
    BoundaryError,
    DimensionError,
    DomainError,
    FokkerError,
    FokkerWarning,
    GridError,
    MissingExtra,
    NormalisationError,
    TargetError,
)
from fokker.validation.theorems.independence import load_fipy


@pytest.fixture(scope="module")
def fipy() -> Any:
    return load_fipy()


@pytest.fixture(scope="module")
def grid() -> Any:
    return cases.grid()


@pytest.fixture(scope="module")
def voronoi() -> tuple[Any, Array]:
    return cases.voronoi()


def test_a_skewed_mesh_is_warned_about_and_then_refused(fipy: Any) -> None:
    from fipy.meshes.skewedGrid2D import SkewedGrid2D

    def skewed(amount: float) -> Any:
        np.random.seed(0)  # noqa: NPY002 - FiPy draws from the old generator
        return made(lambda: SkewedGrid2D(nx=10, ny=10, dx=0.1, dy=0.1, rand=amount))

    domain = {"x": (-0.1, 1.1), "y": (-0.1, 1.1)}
    problem = fokker.Problem(drift=(0.0, 0.0), diffusion=1.0, domain=domain)
    slight = fokker.from_fipy(skewed(0.005), problem)
    assert fipy_mesh.WARNED < slight.notes["largest_angle"] < fipy_mesh.REFUSED
    with pytest.warns(FokkerWarning, match="degrees off"):
        fokker.stationary(slight)
    with pytest.raises(GridError, match=r"face between cells \d+ and \d+ at .* degrees off"):
        fokker.from_fipy(skewed(0.05), problem)


def test_other_geometries_are_refused(fipy: Any) -> None:
    problem = fokker.Problem(drift=(0.0, 0.0), diffusion=1.0, domain={"x": (0, 3), "y": (0, 3)})
    for kind in ("PeriodicGrid2D", "CylindricalGrid2D"):
        mesh = made(lambda kind=kind: getattr(fipy, kind)(**{"nr" if kind[0] == "C" else "nx": 3,
                                                             "nz" if kind[0] == "C" else "ny": 3}))  # fmt: skip
        with pytest.raises(GridError, match="volumes"):
            fokker.from_fipy(mesh, problem)
    with pytest.raises(DimensionError, match="two or three"):
        fokker.from_fipy(made(lambda: fipy.Grid1D(nx=3)), problem)
    with pytest.raises(GridError, match="no mesh of FiPy"):
        fokker.from_fipy("disc.msh", problem)
    with pytest.raises(DimensionError, match="different dimensions"):
        fokker.from_fipy(made(lambda: fipy.Grid3D(nx=2, ny=2, nz=2)), problem)
    with pytest.raises(DomainError, match="beyond the domain of x"):
        fokker.from_fipy(made(lambda: fipy.Grid2D(nx=4, ny=3)), problem)
    with pytest.raises(GridError, match="centres do not fit"):
        fokker.from_fipy(made(lambda: fipy.Grid2D(nx=3, ny=3)), problem, centres=np.zeros((2, 5)))


def test_without_fipy_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"fokker\[meshes\]"):
        fokker.from_fipy(object(), FREE)


@pytest.mark.parametrize(
    ("boundary", "message"),
    [
        ({"west": "absorbing"}, 'accepted  "left", "right", "bottom", "top"'),
        ({"left": "periodic"}, "cannot be of this kind"),
        ("dirichlet", "cannot be of this kind"),
        ({"new": (np.zeros(7, dtype=bool), "absorbing")}, "none of the boundary"),
        ({"new": (np.zeros(10_000), "absorbing")}, "none of the boundary"),
    ],
)
def test_bad_walls_are_explained(grid: Any, boundary: Any, message: str) -> None:
    with pytest.raises(BoundaryError, match=message):
        fokker.from_fipy(grid, WELL, boundary)


def test_walls_given_twice_and_walls_without_faces(grid: Any, voronoi: tuple[Any, Array]) -> None:
    left = {"left": "absorbing", "same": (grid.facesLeft, "absorbing")}
    with pytest.raises(BoundaryError, match="two walls"):
        fokker.from_fipy(grid, WELL, left)  # type: ignore[arg-type]
    absorbing = fokker.Problem(drift=(0.0, 0.0), diffusion=1.0, domain=DISC, boundary="absorbing")
    with pytest.raises(BoundaryError, match="no face of the mesh lies on the wall"):
        fokker.from_fipy(voronoi[0], absorbing, centres=voronoi[1])
    boxed = fokker.Problem(drift=(0.0, 0.0), diffusion=1.0, domain=BOX, boundary="absorbing")
    with pytest.raises(BoundaryError, match="given twice"):
        fokker.from_fipy(grid, boxed, "absorbing")
    ring = fokker.Problem(drift=(0.0, 0.0), diffusion=1.0, domain=BOX, boundary={"x": "periodic"})
    with pytest.raises(BoundaryError, match="cannot be of this kind"):
        fokker.from_fipy(grid, ring)


@pytest.mark.parametrize("diffusion", [(1.0, 2.0), ((1.0, 0.2), (0.2, 1.0))])
def test_tensors_are_refused(grid: Any, diffusion: Any) -> None:
    problem = fokker.Problem(drift=(0.0, 0.0), diffusion=diffusion, domain=BOX)
    with pytest.raises(DimensionError, match="same in all directions"):
        fokker.from_fipy(grid, problem)


def test_isotropic_tensors_are_scalars(grid: Any) -> None:
    rates = [
        fokker.from_fipy(grid, fokker.Problem(drift=(0.0, 0.0), diffusion=d, domain=BOX)).forward
        for d in (2.0, (2.0, 2.0), ((2.0, 0.0), (0.0, 2.0)))
    ]
    assert np.array_equal(rates[0], rates[1])
    assert np.array_equal(rates[0], rates[2])


def test_bad_sets_and_schemes(voronoi: tuple[Any, Array]) -> None:
    mesh, points = voronoi
    generator = fokker.from_fipy(mesh, FREE, centres=points)
    with pytest.raises(TargetError, match="is empty"):
        fokker.mean_first_passage(generator, lambda x, y: x > 3)
    with pytest.raises(TargetError, match="everything"):
        fokker.mean_first_passage(generator, lambda x, y: x < 3)
    with pytest.raises(TargetError, match="touch"):
        fokker.committor(generator, lambda x, y: (x < 0) & (y < 0.5), lambda x, y: (x >= 0) & (y < 0.5))
    with pytest.raises(NormalisationError):
        fokker.stationary(fokker.from_fipy(mesh, FREE, "absorbing", centres=points))
    with pytest.raises(FokkerError, match="unknown edge rule"):
        fokker.from_fipy(mesh, FREE, centres=points, scheme="sqra")  # type: ignore[arg-type]
    with pytest.raises(FokkerError, match="needs a problem"):
        fokker.from_fipy(mesh, None, centres=points)  # type: ignore[arg-type]

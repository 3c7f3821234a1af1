"""Meshes by FiPy and problems on them, for the tests of `fokker.from_fipy`."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import fokker
from fokker.validation.theorems import _meshes as meshes
from fokker.validation.theorems.independence import load_fipy

if importlib.util.find_spec("fipy") is None:
    pytest.skip("needs FiPy", allow_module_level=True)

Array = NDArray[np.float64]
DISC = {"x": (-1.1, 1.1), "y": (-1.1, 1.1)}
BOX = {"x": (-2.0, 2.0), "y": (-1.5, 1.5)}
SHAPE = (20, 15)


def made(build: Callable[[], Any]) -> Any:
    """Build a FiPy mesh without its warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return build()


@cache
def grid() -> Any:
    """Return the mesh of 20 x 15 equal cells of BOX."""
    return made(lambda: load_fipy().Grid2D(nx=20, ny=15, dx=0.2, dy=0.2) + [[-2.0], [-1.5]])  # noqa: RUF005


@cache
def voronoi(spacing: float = 0.1) -> tuple[Any, Array]:
    """Return Voronoi cells of the unit disc, and the points they belong to."""
    mesh, points = made(lambda: meshes.voronoi_disc(load_fipy(), spacing))
    return mesh, points


WELL = fokker.Problem.from_potential(
    lambda x, y: (x * x - 1) ** 2 + y * y + 0.3 * x * y, temperature=0.5, mobility=lambda x, y: 1 + 0.2 * x * x,
    domain=BOX,
)  # fmt: skip
TURNING = fokker.Problem(
    drift=lambda x, y: (-x + y * (1 + x), -y - 2 * x * x),
    diffusion=lambda x, y: 0.5 * (1 + 0.3 * np.sin(x + y)),
    convention="stratonovich",
    domain=BOX,
)
DRIVEN = fokker.Problem.from_potential(
    lambda x, y: (x * x - 1) ** 2 + y * y, temperature=0.5, force=lambda x, y: (-y, x), domain=BOX,
    breakpoints={"x": [0.3]},
)  # fmt: skip
FREE = fokker.Problem(drift=(0.0, 0.0), diffusion=0.5, domain=DISC)
# FiPy runs along x first, the library along the last axis
ORDER = np.arange(300).reshape(SHAPE[::-1]).T.ravel()


def source(x: Array, y: Array) -> Any:
    return (x + 1) ** 2 + y * y < 0.2


def target(x: Array, y: Array) -> Any:
    return (x - 1) ** 2 + y * y < 0.2

"""Means and probabilities of a density on a tensor grid: sums over the cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.calling import numbers, shown
from fokker.errors import FokkerError, MomentError, TargetError, explain
from fokker.grid import Lattice, Mesh
from fokker.grid.grid import truth
from fokker.results.field import log_at

if TYPE_CHECKING:
    from fokker.results.density import Density

Array = NDArray[np.float64]

_CUT = 1e-3  # probability in the outermost cells of infinite axes that is worth a word
_FEW = 16  # cells along an axis whose outermost ones are too wide to tell

_PARTS = 8  # sub-cells along each axis of a cell that the edge of a region cuts


def cell_mean(density: Density, lattice: Lattice | Mesh, function: Callable[..., Any]) -> float:
    """Return the mean of a function of the coordinates over the cells.

    Raises
    ------
    FokkerError, MomentError
        If the function fails, has the wrong shape, or is not finite where there is probability.
    """
    points = lattice.scattered()
    accepted = f"a function of ({', '.join(density.names)}) that broadcasts"
    values = numbers(function, points, "the function", accepted, FokkerError)
    mass = density.cell_mass.values()
    bad = ~np.isfinite(values) & (mass > 0.0)
    if bad.any():
        where = ", ".join(f"{n} = {float(x[bad][0]):.6g}" for n, x in zip(density.names, points, strict=True))
        raise MomentError(
            explain(
                "the expectation is not a finite number.",
                given=f"{shown(function)} is {values[bad][0]} at {where}",
                accepted="a function that is finite wherever the density reaches",
            )
        )
    return float(mass @ np.where(mass > 0.0, values, 0.0))


def region_probability(density: Density, lattice: Lattice, region: Callable[..., Any]) -> float:
    """Return the probability of a region: whole cells, and sub-cells where its edge passes.

    Raises
    ------
    TargetError
        If the region holds no point that was looked at, or is not a predicate.
    """
    inside = truth(region, "region", *lattice.scattered())
    mass = density.cell_mass.values()
    cut = _cut_cells(lattice, region, inside)
    total = float(mass[inside & ~cut].sum())
    total += _split_cells(density, lattice, region, np.flatnonzero(cut), mass)
    if not (inside.any() or total > 0.0):
        raise TargetError(
            explain(
                "the region holds no point of the grid.",
                given=f"{shown(region)} on {' x '.join(map(str, lattice.shape))} cells",
                try_="a predicate that is True somewhere in the domain, or more cells for a narrow region",
            )
        )
    return total


def _cut_cells(lattice: Lattice, region: Callable[..., Any], inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the cells whose corners, or whose neighbours' nodes, do not all agree with their node."""
    corners = [axis.faces for axis in lattice.axes]
    shape = tuple(len(x) for x in corners)
    points = [np.broadcast_to(lattice.along(x, k), shape).ravel() for k, x in enumerate(corners)]
    at_corners = truth(region, "region", *points).reshape(shape)
    cut = np.zeros(lattice.shape, dtype=bool)
    here = inside.reshape(lattice.shape)
    for offset in np.ndindex((2,) * lattice.dimension):
        cut |= at_corners[tuple(slice(o, o + n) for o, n in zip(offset, lattice.shape, strict=True))] != here
    flat = cut.ravel()
    change = inside[lattice.tail] != inside[lattice.head]
    flat[lattice.tail[change]] = True
    flat[lattice.head[change]] = True
    return flat


def _split_cells(
    density: Density, lattice: Lattice, region: Callable[..., Any], cells: NDArray[np.intp], mass: Array
) -> float:
    """Return the probability of the region in some cells, each cut in equal parts in the axis coordinates."""
    if len(cells) == 0:
        return 0.0
    fractions = (np.arange(_PARTS) + 0.5) / _PARTS
    places = np.unravel_index(cells, lattice.shape)
    count = _PARTS**lattice.dimension
    grid = np.meshgrid(*([fractions] * lattice.dimension), indexing="ij")
    points, stretch = [], np.zeros(len(cells) * count)
    for axis, place, part in zip(lattice.axes, places, grid, strict=True):
        low, high = axis.face_coordinates[place], axis.face_coordinates[place + 1]
        x = axis.position((low[:, None] + (high - low)[:, None] * part.ravel()).ravel())
        points.append(x)
        stretch += np.log(axis.mapping.stretch(x) * np.ones_like(x))
    logs = log_at(lattice, density.names, density.log_values.ravel(), tuple(points), blank=True) + stretch
    logs = logs.reshape(len(cells), count)
    top = logs.max(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        shares = np.where(np.isfinite(top), np.exp(logs - top), 1.0)
    within = truth(region, "region", *points).reshape(len(cells), count)
    return float(mass[cells] @ ((shares * within).sum(axis=1) / shares.sum(axis=1)))


def log_peak(density: Density, lattice: Lattice) -> tuple[float, ...]:
    """Return where the density is largest, from the interpolant of ln p around the largest node."""
    logs = density.log_values
    top = np.unravel_index(int(np.argmax(logs)), lattice.shape)
    low = [axis.face_coordinates[i] for axis, i in zip(lattice.axes, top, strict=True)]
    high = [axis.face_coordinates[i + 1] for axis, i in zip(lattice.axes, top, strict=True)]
    for _ in range(12):
        lines = [np.linspace(a, b, 7) for a, b in zip(low, high, strict=True)]
        mesh = np.meshgrid(*lines, indexing="ij")
        points = tuple(axis.position(x.ravel()) for axis, x in zip(lattice.axes, mesh, strict=True))
        best = int(np.argmax(log_at(lattice, density.names, logs.ravel(), points, blank=True)))
        at = np.unravel_index(best, mesh[0].shape)
        low = [float(line[max(int(i) - 1, 0)]) for line, i in zip(lines, at, strict=True)]
        high = [float(line[min(int(i) + 1, 6)]) for line, i in zip(lines, at, strict=True)]
    middle = [np.array([0.5 * (a + b)]) for a, b in zip(low, high, strict=True)]
    return tuple(float(axis.position(x)[0]) for axis, x in zip(lattice.axes, middle, strict=True))


def cut_off(lattice: Lattice | None, mass: Array) -> tuple[str, ...]:
    """Return a doubt about a law of which much lies at the ends of a grid without a wall."""
    open_axes = [] if lattice is None else [a for a in lattice.axes if np.isinf([a.lo, a.hi]).any()]
    if lattice is None or not open_axes or min(axis.cells for axis in open_axes) < _FEW:
        return ()
    share = boundary_mass(lattice, mass.reshape(lattice.shape))
    if share <= _CUT:
        return ()
    return (
        f"{100 * share:.2g} % of the probability lie in the outermost cells of an infinite axis: the law is cut off "
        "there, or cannot be normalised",
    )


def boundary_mass(lattice: Lattice, mass: Array) -> float:
    """Return the probability of the outermost cells at ends without a wall: what lies beyond is left out."""
    total = 0.0
    for k, axis in enumerate(lattice.axes):
        for side, end in enumerate((axis.lo, axis.hi)):
            if np.isinf(end):
                total += float(np.take(mass, -side, axis=k).sum())
    return total

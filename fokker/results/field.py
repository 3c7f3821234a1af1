"""Values between the nodes of a tensor grid: cubic interpolation in the axis coordinates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fokker.errors import DomainError, explain
from fokker.generator import Generator
from fokker.grid import Lattice
from fokker.linalg import Scaled

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]

_FOUR = 4  # nodes of a cubic along each axis
_UNEVEN = 100.0  # ratio of neighbouring values beyond which a cubic is not trusted
_CHUNK = 20_000  # points handled at once


@dataclass(frozen=True)
class Stencil:
    """Four nodes along one axis around each point, and two sets of weights.

    Attributes
    ----------
    node : array of int, shape (4, m)
        Numbers of the nodes; -1 is a wall at which the value is zero.
    cubic, linear : array, shape (4, m)
    """

    node: Index
    cubic: Array
    linear: Array


def stencil(lattice: Lattice, names: tuple[str, ...], k: int, x: Array, zero: tuple[bool, bool]) -> Stencil:
    """Return the nodes and weights along axis k for positions x; `zero` says which walls hold the value zero.

    Raises
    ------
    DomainError
        If a position lies outside the grid, or is not a number.
    """
    axis, period = lattice.axes[k], lattice.periods[k]
    bad = ~((x >= axis.faces[0]) & (x <= axis.faces[-1]))
    if bad.any():
        raise DomainError(
            explain(
                f"{names[k]} = {float(x[bad][0]):.6g} lies outside the grid.",
                accepted=f"{float(axis.faces[0]):.6g} to {float(axis.faces[-1]):.6g}",
                try_="a larger domain, or a larger reach= of the axis",
            )
        )
    nodes, faces = axis.node_coordinates, axis.face_coordinates
    codes: Index = np.arange(len(nodes), dtype=np.intp)
    if period:
        width = min(2, len(nodes))
        places = np.concatenate([nodes[-width:] - period, nodes, nodes[:width] + period])
        codes = np.concatenate([codes[-width:], codes, codes[:width]])
    else:
        ends = [np.array([-1], dtype=np.intp) if z else codes[:0] for z in zero]
        places = np.concatenate([faces[: len(ends[0])], nodes, faces[len(faces) - len(ends[1]) :]])
        codes = np.concatenate([ends[0], codes, ends[1]])
    xi = axis.coordinate(x)
    count = min(_FOUR, len(places))
    first = np.clip(np.searchsorted(places, xi, side="right") - 2, 0, len(places) - count)
    rows = first + np.arange(count)[:, None]
    at = places[rows]
    cubic = np.ones_like(at)
    for i in range(count):
        for j in range(count):
            if i != j:
                cubic[i] *= (xi - at[j]) / (at[i] - at[j])
    low = np.clip(np.searchsorted(places, xi, side="right") - 1, 0, len(places) - 2)
    share = np.clip((xi - places[low]) / (places[low + 1] - places[low]), 0.0, 1.0)
    linear = np.where(rows == low, 1.0 - share, 0.0) + np.where(rows == low + 1, share, 0.0)
    return Stencil(codes[rows], cubic, linear)


def log_at(lattice: Lattice, names: tuple[str, ...], logs: Array, points: tuple[Array, ...]) -> Array:
    """Return a positive field at points from its logarithms at the nodes (flat), as a logarithm."""

    def chunk(part: tuple[Array, ...]) -> Array:
        number, cubic, linear = _joined(lattice, names, part, ((False, False),) * lattice.dimension)
        near = logs[number]
        finite = np.isfinite(near).all(axis=0)
        result = np.einsum("sm,sm->m", cubic, np.where(finite, near, 0.0))
        # next to cells below the range of the logarithm the nearest node speaks
        nearest = near[np.argmax(linear, axis=0), np.arange(near.shape[1])]
        found: Array = np.where(finite, result, nearest)
        return found

    return _in_chunks(chunk, points)


def scaled_at(
    lattice: Lattice,
    names: tuple[str, ...],
    nodal: Scaled,
    points: tuple[Array, ...],
    zero: tuple[tuple[bool, bool], ...],
    kinked: Mask | None,
) -> Scaled:
    """Return a non-negative field at points from its nodal values.

    Cubic, except where the values around differ by more than a factor of a hundred or a node is `kinked` (inside
    a set): there it is linear along each axis, and never negative.
    """
    pieces: list[NDArray[np.int32]] = []

    def chunk(part: tuple[Array, ...]) -> Array:
        number, cubic, linear = _joined(lattice, names, part, zero)
        wall = number < 0
        exponent = np.where(wall | (nodal.mantissa[number] == 0.0), np.iinfo(np.int32).min // 4, nodal.exponent[number])
        top = exponent.max(axis=0)
        top = np.where(top < -(2**28), 0, top)
        near = np.where(wall, 0.0, np.ldexp(nodal.mantissa[number], np.maximum(exponent - top, -4000)))
        smooth = np.einsum("sm,sm->m", cubic, near)
        low = np.where(wall, np.inf, near).min(axis=0)
        good = (smooth > 0.0) & (near.max(axis=0) <= _UNEVEN * low)
        if kinked is not None:
            good &= ~(kinked[number] & ~wall).any(axis=0)
        pieces.append(top.astype(np.int32))
        found: Array = np.where(good, smooth, np.einsum("sm,sm->m", linear, near))
        return found

    values = _in_chunks(chunk, points)
    return Scaled(values, np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.int32))


def absorbing_walls(generator: Generator, labels: tuple[str, ...] | None = None) -> tuple[tuple[bool, bool], ...]:
    """Return for each axis whether its left and right wall absorb for good (among `labels`, if given)."""

    def absorbs(name: str, side: int) -> bool:
        label = f"{name} {('left', 'right')[side]}"
        there = label in generator.exit_rates and generator.problem.walls[name][side] == "absorbing"
        return there and (labels is None or label in labels)

    return tuple((absorbs(name, 0), absorbs(name, 1)) for name in generator.problem.names)


def corner_weights(lattice: Lattice, names: tuple[str, ...], points: tuple[Array, ...]) -> tuple[Index, Array]:
    """Return the cells around each point and multilinear weights with sum one, shapes (4**d, m)."""
    number, _, linear = _joined(lattice, names, points, ((False, False),) * lattice.dimension)
    return number, linear


def _joined(
    lattice: Lattice, names: tuple[str, ...], points: tuple[Array, ...], zero: tuple[tuple[bool, bool], ...]
) -> tuple[Index, Array, Array]:
    """Return cell numbers (-1 at walls) and weights of the tensor stencil, shapes (4**d, m)."""
    count = len(points[0])
    number, outside = np.zeros((1, count), dtype=np.intp), np.zeros((1, count), dtype=bool)
    cubic, linear = np.ones((1, count)), np.ones((1, count))
    for k, x in enumerate(points):
        one = stencil(lattice, names, k, x, zero[k])
        number = (number[:, None] * lattice.shape[k] + np.maximum(one.node, 0)[None]).reshape(-1, count)
        outside = (outside[:, None] | (one.node < 0)[None]).reshape(-1, count)
        cubic = (cubic[:, None] * one.cubic[None]).reshape(-1, count)
        linear = (linear[:, None] * one.linear[None]).reshape(-1, count)
    return np.where(outside, -1, number), cubic, linear


def _in_chunks(function: Callable[[tuple[Array, ...]], Array], points: tuple[Array, ...]) -> Array:
    size = len(points[0])
    parts = [function(tuple(x[i : i + _CHUNK] for x in points)) for i in range(0, size, _CHUNK)]
    return np.concatenate(parts) if parts else np.zeros(0)

"""Values between the nodes of a tensor grid: cubic interpolation in the axis coordinates."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.absorb import Absorbed
from fokker.errors import DomainError, explain
from fokker.generator import Generator
from fokker.grid import Lattice
from fokker.linalg import Scaled
from fokker.results.behind import continued, continued_scaled, refuse_within, within_obstacle

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]
Pair = tuple[int | None, int | None]  # values at the left and the right wall

_FOUR = 4  # nodes of a cubic along each axis
_UNEVEN = 100.0  # ratio of neighbouring values beyond which a cubic is not trusted
_NEAREST = 0.2  # a wall is not taken closer to a node when a field is continued behind it, in edge lengths
_CHUNK = 20_000  # points handled at once


@dataclass(frozen=True)
class Stencil:
    """Four nodes along one axis around each point, and two sets of weights.

    Attributes
    ----------
    node : array of int, shape (4, m)
        Numbers of the nodes; -1 is a wall at which the value is zero, -2 one at which it is one.
    cubic, linear : array, shape (4, m)
    """

    node: Index
    cubic: Array
    linear: Array


def stencil(lattice: Lattice, names: tuple[str, ...], k: int, x: Array, walls: Pair) -> Stencil:
    """Return the nodes and weights along axis k for positions x; `walls` are the values there, 0, 1 or unknown.

    Raises
    ------
    DomainError
        If a position lies outside the grid, or is not a number.
    """
    axis, period = lattice.axes[k], lattice.periods[k]
    if period:  # a periodic coordinate is known up to whole turns
        turn = float(axis.faces[-1] - axis.faces[0])
        with np.errstate(invalid="ignore"):
            x = np.where(np.isfinite(x), axis.faces[0] + np.mod(x - axis.faces[0], turn), x)
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
        ends = [codes[:0] if value is None else np.array([-1 - value], dtype=np.intp) for value in walls]
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


def log_at(
    lattice: Lattice, names: tuple[str, ...], logs: Array, points: tuple[Array, ...], *, blank: bool = False
) -> Array:
    """Return a positive field at points from its logarithms at the nodes (flat), as a logarithm.

    Points inside an obstacle are an error, or with `blank` minus infinity.
    """
    if not blank:
        refuse_within(lattice, names, points)
    logs = continued(lattice, logs)

    def chunk(part: tuple[Array, ...]) -> Array:
        number, cubic, linear = _joined(lattice, names, part, ((None, None),) * lattice.dimension)
        near = logs[number]
        finite = np.isfinite(near).all(axis=0)
        result = np.einsum("sm,sm->m", cubic, np.where(finite, near, 0.0))
        # next to cells below the range of the logarithm the nearest node speaks
        nearest = near[np.argmax(linear, axis=0), np.arange(near.shape[1])]
        found: Array = np.where(finite, result, nearest)
        return found

    result = _in_chunks(chunk, points)
    return np.where(within_obstacle(lattice, points), -np.inf, result) if lattice.obstacle is not None else result


def scaled_at(
    lattice: Lattice,
    names: tuple[str, ...],
    nodal: Scaled,
    points: tuple[Array, ...],
    walls: tuple[Pair, ...],
    kinked: Mask | None,
    behind: Scaled | None = None,
    most: float = np.inf,
) -> Scaled:
    """Return a non-negative field at points from its nodal values.

    Cubic, except where the values around differ by more than a factor of a hundred or a node is `kinked` (inside
    a set): there it is linear along each axis, and never negative. `behind` continues the field into the sets, so
    that it has its value at their walls (see `continued_into`), where that gives values between zero and `most`.
    """
    pieces: list[NDArray[np.int32]] = []
    refuse_within(lattice, names, points)
    nodal = continued_scaled(lattice, nodal)
    if lattice.obstacle is not None:
        sink = ~(lattice.obstacle.kept | lattice.obstacle.extended)
        kinked = sink if kinked is None else kinked | sink

    def within(values: Array, power: NDArray[np.int32]) -> Mask:
        """Whether values times a power of two stay below `most`."""
        bounded: Mask = np.ldexp(values, power) <= most if np.isfinite(most) else np.ones(len(values), dtype=bool)
        return bounded

    def chunk(part: tuple[Array, ...]) -> Array:
        number, cubic, linear = _joined(lattice, names, part, walls)
        wall = number < 0
        mantissa = np.where(wall, number == -2, nodal.mantissa[number])
        exponent = np.where(mantissa == 0.0, np.iinfo(np.int32).min // 4, np.where(wall, 0, nodal.exponent[number]))
        top = exponent.max(axis=0)
        top = np.where(top < -(2**28), 0, top)
        near = np.ldexp(mantissa, np.maximum(exponent - top, -4000))
        smooth = np.einsum("sm,sm->m", cubic, near)
        low = np.where(wall, np.inf, near).min(axis=0)
        good = (smooth > 0.0) & within(smooth, top) & (near.max(axis=0) <= _UNEVEN * low)
        if kinked is not None:
            good &= ~(kinked[number] & ~wall).any(axis=0)
        pieces.append(top.astype(np.int32))
        straight = np.einsum("sm,sm->m", linear, near)
        if behind is not None:
            beyond = np.ldexp(behind.mantissa[number], np.clip(behind.exponent[number] - top, -4000, 4000))
            into = np.einsum("sm,sm->m", linear, np.where(wall, near, beyond))
            straight = np.where((into > 0.0) & within(into, top), into, straight)
        found: Array = np.where(good, smooth, straight)
        return found

    values = _in_chunks(chunk, points)
    return Scaled(values, np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.int32))


def values_at(
    lattice: Lattice, names: tuple[str, ...], rows: Array, points: tuple[Array, ...], walls: tuple[Pair, ...]
) -> Array:
    """Return fields of either sign, one a row, at points: cubic, but linear next to nodes without a value.

    Raises
    ------
    DomainError
        If a point lies outside the grid, or in an obstacle.
    """
    refuse_within(lattice, names, points)
    number, cubic, linear = _joined(lattice, names, points, walls)
    near = np.where(number < 0, number == -2, rows[:, np.maximum(number, 0)])
    known = np.isfinite(near)
    smooth = np.einsum("sm,tsm->tm", cubic, np.where(known, near, 0.0))
    share = np.where(known, linear, 0.0)
    with np.errstate(invalid="ignore"):
        straight = (share * np.where(known, near, 0.0)).sum(axis=1) / share.sum(axis=1)
    found: Array = np.where(known.all(axis=1), smooth, straight)
    return found


def wall_values(generator: Generator, ones: Container[str] = ()) -> tuple[Pair, ...]:
    """Return for each axis the values at its walls: where they absorb 1 if labelled in `ones`, else 0."""

    def value(name: str, side: int) -> int | None:
        label = f"{name} {('left', 'right')[side]}"
        if label not in generator.exit_rates or generator.problem.walls[name][side] != "absorbing":
            return None
        return int(label in ones)

    return tuple((value(name, 0), value(name, 1)) for name in generator.problem.names)


def continued_into(absorbed: Absorbed, nodal: Scaled, ones: Container[str] = ()) -> Scaled | None:
    """Continue a field along cut edges to the nodes inside the sets, where its value at their walls is 0 or 1.

    The values behind a wall may be negative; close to a node the wall is taken at a fifth of the edge.
    """
    cuts = absorbed.cuts
    if cuts is None:
        return None
    real = absorbed.inside[cuts.beyond] >= 0
    cells, beyond, owner = cuts.cells[real], cuts.beyond[real], cuts.sets[real]
    theta = np.maximum(cuts.fraction[real], _NEAREST)
    value = np.array([float(label in ones) for label in absorbed.labels])
    at_wall, stretch = value[owner], (1.0 - theta) / theta
    high = at_wall > 0.0
    exponent = np.where(high, 0, nodal.exponent[cells])
    mantissa = np.where(
        high, np.ldexp(nodal.mantissa[cells], np.minimum(nodal.exponent[cells], 2)), nodal.mantissa[cells]
    )
    mantissa = at_wall + (at_wall - mantissa) * stretch
    top = np.full(len(absorbed.inside), np.iinfo(np.int32).min // 4)
    np.maximum.at(top, beyond, exponent)
    total, count = np.zeros(len(top)), np.zeros(len(top))
    np.add.at(total, beyond, np.ldexp(mantissa, np.maximum(exponent - top[beyond], -4000)))
    np.add.at(count, beyond, 1.0)
    inside, met = absorbed.inside >= 0, count > 0.0
    result = np.where(inside, value[np.maximum(absorbed.inside, 0)], nodal.mantissa)
    result[met] = total[met] / count[met]
    power = np.where(met, top, np.where(inside, 0, nodal.exponent)).astype(np.int32)
    return Scaled(result, power)


def corner_weights(lattice: Lattice, names: tuple[str, ...], points: tuple[Array, ...]) -> tuple[Index, Array]:
    """Return the cells around each point and multilinear weights with sum one, shapes (4**d, m)."""
    number, _, linear = _joined(lattice, names, points, ((None, None),) * lattice.dimension)
    return number, linear


def _joined(
    lattice: Lattice, names: tuple[str, ...], points: tuple[Array, ...], walls: tuple[Pair, ...]
) -> tuple[Index, Array, Array]:
    """Return cell numbers (negative at walls) and weights of the tensor stencil, shapes (4**d, m)."""
    count = len(points[0])
    number, outside = np.zeros((1, count), dtype=np.intp), np.zeros((1, count), dtype=np.intp)
    cubic, linear = np.ones((1, count)), np.ones((1, count))
    for k, x in enumerate(points):
        one = stencil(lattice, names, k, x, walls[k])
        number = (number[:, None] * lattice.shape[k] + np.maximum(one.node, 0)[None]).reshape(-1, count)
        outside = np.minimum(outside[:, None], np.minimum(one.node, 0)[None]).reshape(-1, count)
        cubic = (cubic[:, None] * one.cubic[None]).reshape(-1, count)
        linear = (linear[:, None] * one.linear[None]).reshape(-1, count)
    return np.where(outside < 0, outside, number), cubic, linear


def _in_chunks(function: Callable[[tuple[Array, ...]], Array], points: tuple[Array, ...]) -> Array:
    size = len(points[0])
    parts = [function(tuple(x[i : i + _CHUNK] for x in points)) for i in range(0, size, _CHUNK)]
    return np.concatenate(parts) if parts else np.zeros(0)

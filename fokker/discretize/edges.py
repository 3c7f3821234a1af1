"""Two-point edges of a tensor grid: the rise of the potential along each edge, and its conductance.

Along axis k, in the axis coordinate xi, the density is ``p dx/dxi`` (all axes multiplied) and the current

    J_k = -D_k exp(-Phi) d/dxi (exp(Phi) p),   dPhi = -f_k / D_k dx + (1 - alpha) d ln D_k - d ln(dx/dxi),

so that no derivative of D is needed. With a potential U, Phi is U/T and its differences are exact. An edge of
length h with rise z has the resistance ``int exp(Phi - Phi_tail) / D dxi = h <1/D> / B(z)``, B the Bernoulli
function. Scharfetter and Gummel take the plain mean of 1/D; the edge resistance takes the mean of
``exp(delta) / D`` under the weight ``exp(z t)``, delta being what Phi has beyond its linear interpolant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.faces import face_drive
from fokker.discretize.tensor import diagonal_diffusion, refuse_tensor
from fokker.errors import CoefficientError, explain
from fokker.grid.lattice import Lattice
from fokker.problem import Problem

Array = NDArray[np.float64]
Scheme = Literal["edge-resistance", "scharfetter-gummel", "sqra"]

_CHUNK = 1 << 15  # points handled at once: their temporaries stay in the cache
_TWO = 0.5 + np.array([-0.5, 0.5]) / np.sqrt(3.0)  # Gauss points on (0, 1)
_SPAN = np.sqrt(0.15)
_THREE = 0.5 + np.array([-_SPAN, 0.0, _SPAN])
_TRUSTED = 4.0  # a weighted mean this far outside its values comes from cells that resolve nothing


Potential = Callable[..., Array]  # of the coordinates, in kT


@dataclass(frozen=True)
class Edges:
    """What the coefficients say about edges; one array entry an edge.

    Attributes
    ----------
    rise : array
        Phi at the head minus Phi at the tail, in kT, of the whole drift.
    reference : array or None
        The same for a known potential alone, where there is one.
    conductance : array
        1 / (h <1/D>): the rate tail to head is ``conductance * B(rise) / cell length``. The mean is weighted
        by the known potential, or where there is none by the whole drift.
    plain : array
        The same with the plain mean.
    drive : array or None
        Half the flow of the known density through each face, over conductance and density, where a force
        beside a potential drives it.
    unresolved : int
        Edges on which the potential bends too much for a weighted mean, so that the plain one was taken.
    """

    rise: Array
    reference: Array | None
    conductance: Array
    plain: Array
    drive: Array | None = None
    unresolved: int = 0


def lattice_edges(problem: Problem, lattice: Lattice, scheme: Scheme, known: Potential | None, own: bool) -> Edges:
    """Integrate the coefficients along all edges of the grid.

    `known` is a potential that the drift is split about: that of the problem (`own`) or one given beside it.
    """
    refuse_tensor(problem)
    count = len(lattice.tail)
    rise, conductance = np.empty(count), np.empty(count)
    plain = np.empty(count) if scheme == "edge-resistance" else conductance
    reference = None if known is None else np.empty(count)
    base = None if known is None else _over_nodes(lattice, lambda points: known(*points))
    unresolved = 0
    drive = np.empty(count) if own and problem.has_force else None
    for k, shape in enumerate(lattice.edge_shapes):
        level = _nodal_level(problem, lattice, k) if base is None or not problem.has_potential else base
        slope = lattice.along(np.log(lattice.stretches[k]), k)
        here = (slice(None),) * k + (slice(0, shape[k]),)
        levels = [v - slope for v in (level, base if base is not None else level)]
        steps = [(np.roll(v, -1, axis=k) - v)[here] for v in levels]
        starts = lattice.along(lattice.axes[k].node_coordinates[: shape[k]], k)
        lengths = lattice.along(lattice.edge_lengths[k], k)
        for rows in _blocks(shape):
            ours = rows if k == 0 else slice(None)
            others = [x[rows] if a == 0 else x for a, x in enumerate(lattice.node_positions())]
            segment = Segment(k, starts[ours], lengths[ours], others)
            nodal = Nodal(levels[0][here][rows], steps[0][rows], levels[1][here][rows], steps[1][rows])
            *found, bent = _segments(problem, lattice, segment, nodal, known, scheme)
            unresolved += bent
            for whole, piece in zip((rise, conductance, plain), found, strict=True):
                lattice.edges(whole, k)[rows] = piece
            if drive is not None and base is not None:
                middle = 0.5 * (base + np.roll(base, -1, axis=k))[here][rows]
                lattice.edges(drive, k)[rows] = face_drive(problem, lattice, k, rows, middle, found[1])
        if reference is not None:
            lattice.edges(reference, k)[...] = steps[1]
        _respect_breaks(problem, lattice, k, steps[0], (rise, conductance, plain))
    return Edges(rise, reference, conductance, plain, drive, unresolved)


def _respect_breaks(
    problem: Problem, lattice: Lattice, k: int, step: Array, fields: tuple[Array, Array, Array]
) -> None:
    """Integrate edges of axis k that cross a breakpoint in two pieces, by the plain mean of 1/D."""
    axis, period = lattice.axes[k], lattice.periods[k]
    breaks = axis.coordinate(np.asarray(problem.breakpoints.get(problem.names[k], ()), dtype=float))
    starts = axis.node_coordinates[: lattice.edge_shapes[k][k]]
    ends = starts + lattice.edge_lengths[k]
    for place in breaks:
        if period and place < starts[0]:
            place = place + period
        for edge in np.flatnonzero((starts < place) & (place < ends)):
            drop, resistance = np.zeros(1), np.zeros(1)
            for a, b in ((starts[edge], place), (place, ends[edge])):
                zero = np.zeros(1)
                piece = Segment(k, np.array([a]), np.array([b - a]), list(lattice.node_positions()))
                shaped = piece._replace(starts=lattice.along(piece.starts, k), lengths=lattice.along(piece.lengths, k))
                fall, _, plain, _ = _segments(problem, lattice, shaped, Nodal(zero, zero, zero, zero), None, "sqra")
                drop, resistance = drop + fall, resistance + 1.0 / plain
            at = (slice(None),) * k + (slice(edge, edge + 1),)
            values: tuple[Array, ...] = (step[at] + drop, 1.0 / resistance, 1.0 / resistance)
            for field, value in zip(fields, values, strict=True):
                lattice.edges(field, k)[at] = value


def half_edges(problem: Problem, lattice: Lattice, k: int, side: int, scheme: Scheme) -> Edges:
    """Integrate the coefficients from the nodes next to a wall to the wall (0 left, 1 right), over the wall's grid.

    Raises
    ------
    CoefficientError
        If a coefficient is singular at the wall.
    """
    axis, others = lattice.axes[k], list(lattice.node_positions())
    node, face = axis.node_coordinates[[-side]], axis.face_coordinates[[-side]]
    ends = []
    for xi in (node, face):
        points, x = list(others), axis.position(xi)
        points[k] = lattice.along(x, k)
        slope = lattice.along(np.log(axis.mapping.stretch(x) * np.ones(1)), k)
        ends.append(
            (problem.potential_at(*points) if problem.has_potential else _log_power(problem, points, k)) - slope
        )
    if not np.isfinite(ends[1]).all():
        raise CoefficientError(
            explain(
                f"the coefficients are singular at an absorbing wall of {problem.names[k]}.",
                given=f"the wall at {float(axis.faces[-side]):g}, where D vanishes or the potential diverges",
                accepted="coefficients that are finite at a wall that absorbs",
            )
        )
    nodal = Nodal(ends[0], ends[1] - ends[0], ends[0], ends[1] - ends[0])
    segment = Segment(k, lattice.along(node, k), lattice.along(face - node, k), others)
    known = problem.potential_at if problem.has_potential else None
    rise, conductance, plain, _ = _segments(problem, lattice, segment, nodal, known, scheme)
    return Edges(rise, None, conductance, plain)


def _blocks(shape: tuple[int, ...]) -> Iterator[slice]:
    rows = max(1, _CHUNK // max(1, int(np.prod(shape[1:]))))
    for first in range(0, shape[0], rows):
        yield slice(first, min(first + rows, shape[0]))


def _over_nodes(lattice: Lattice, function: Callable[[list[Array]], Array]) -> Array:
    """Evaluate a function of a list of coordinates at all nodes, piece by piece."""
    result = np.empty(lattice.shape)
    for rows in _blocks(lattice.shape):
        result[rows] = function([x[rows] if a == 0 else x for a, x in enumerate(lattice.node_positions())])
    return result


def _nodal_level(problem: Problem, lattice: Lattice, k: int) -> Array:
    """Return the part of Phi along axis k that is a function of the nodes."""
    if problem.has_potential:
        return _over_nodes(lattice, lambda points: problem.potential_at(*points))
    return _over_nodes(lattice, lambda points: _log_power(problem, points, k))


def _log_power(problem: Problem, points: list[Array], k: int) -> Array:
    """Return (1 - alpha) ln D_k at points."""
    if problem.alpha == 1.0:
        return np.zeros(np.broadcast_shapes(*(x.shape for x in points)))
    with np.errstate(divide="ignore"):
        return (1.0 - problem.alpha) * np.log(diagonal_diffusion(problem, points, k))


class Segment(NamedTuple):
    """Pieces of lines along axis k: start and length in the axis coordinate, and positions along all axes."""

    k: int
    starts: Array
    lengths: Array
    others: list[Array]


class Nodal(NamedTuple):
    """The nodal part of Phi at the starts and its steps, for the whole drift and for the known potential."""

    base: Array
    step: Array
    known_base: Array
    known_step: Array


def _segments(
    problem: Problem, lattice: Lattice, segment: Segment, nodal: Nodal, known: Potential | None, scheme: Scheme
) -> tuple[Array, Array, Array, int]:
    """Return rise, conductance and plain conductance of segments, and how many of them bend too much."""
    k, starts, lengths, others = segment
    three = scheme == "edge-resistance"
    weights = np.array([5.0, 8.0, 5.0]) / 18.0 if three else np.array([0.5, 0.5])
    t = (_THREE if three else _TWO).reshape([-1] + [1] * lattice.dimension)
    x, stretch = _along_axis(lattice, k, starts + t * lengths)
    points = [x if a == k else y[None] for a, y in enumerate(others)]
    diffusion = diagonal_diffusion(problem, points, k)
    slope = drift_over_diffusion(problem, points, k, diffusion) * stretch
    rise = nodal.step - np.tensordot(weights, slope, axes=1) * lengths
    resistivity = stretch**2 / diffusion
    plain = 1.0 / (np.abs(lengths) * np.tensordot(weights, resistivity, axes=1))
    if not three:
        return rise, plain, plain, 0
    if known is not None:
        inner, base, along = known(*points), nodal.known_base, nodal.known_step
    else:
        power = (1.0 - problem.alpha) * np.log(diffusion) if problem.alpha != 1.0 else 0.0
        inner, base, along = power - np.tensordot(running_integrals(), slope, axes=1) * lengths, nodal.base, rise
    bend = inner - np.log(stretch) - base - t * along
    mean, bent = weighted_mean(bend, along, resistivity, weights)
    return rise, 1.0 / (np.abs(lengths) * mean), plain, bent


def _along_axis(lattice: Lattice, k: int, xi: Array) -> tuple[Array, Array]:
    """Return positions and their derivative; a periodic coordinate past the end wraps around."""
    axis, period = lattice.axes[k], lattice.periods[k]
    if period:
        low = float(axis.face_coordinates[0])
        xi = low + np.mod(xi - low, period)
    x = axis.position(xi)
    return x, axis.mapping.stretch(x) * np.ones_like(x)


def drift_over_diffusion(problem: Problem, points: list[Array], k: int, diffusion: Array) -> Array:
    """Return minus the derivative by position of the part of Phi that is no function of the nodes."""
    if not problem.has_potential:
        slope: Array = problem.drift_at(*points)[k] / diffusion
        return slope
    if problem.has_force:
        force: Array = problem.force_at(*points)[k]
        return force
    return np.zeros_like(diffusion)


def running_integrals() -> Array:
    """Return the matrix of integrals from 0 to each of three Gauss points of the interpolating quadratic."""
    powers = np.vander(_THREE, 3, increasing=True)
    integrals = np.stack([_THREE, _THREE**2 / 2.0, _THREE**3 / 3.0], axis=1)
    return integrals @ np.linalg.inv(powers)


def weighted_mean(bend: Array, rise: Array, resistivity: Array, plain: Array) -> tuple[Array, int]:
    """Return the mean of ``exp(bend) * resistivity`` under the weight ``exp(rise * t)``, by its quadratic.

    Where that is far outside of the values it is the plain mean of the resistivity; the second number counts these.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        values = np.exp(bend) * resistivity
        first, second = exponential_moments(rise)
        odd, even = first / _SPAN, second / _SPAN**2
        mean = 0.5 * ((even - odd) * values[0] + (even + odd) * values[2]) + (1.0 - even) * values[1]
        good = (mean * _TRUSTED > values.min(axis=0)) & (mean < _TRUSTED * values.max(axis=0))
    if good.all():
        return mean, 0
    return np.where(good, mean, np.tensordot(plain, resistivity, axes=1)), int((~good).sum())


def exponential_moments(z: Array) -> tuple[Array, Array]:
    """Return the means of s and s**2 on (-1/2, 1/2) under the weight ``exp(z s)``.

    Examples
    --------
    >>> import numpy as np
    >>> [float(m.round(6)) for m in exponential_moments(np.array(1e-9))]
    [0.0, 0.083333]
    """
    small = np.abs(z) < 0.1
    safe = np.where(small, 1.0, z)
    half = 0.5 * safe
    square = z * z
    series = 1.0 - square / 42.0 * (1.0 - square / 40.0)
    first = np.where(
        small,
        z / 12.0 * (1.0 - square / 60.0 * series),
        0.5 / np.tanh(half) - 1.0 / safe,
    )
    second = np.where(
        small,
        1.0 / 12.0 + square / 360.0 * series,
        0.25 - 2.0 * first / safe,
    )
    return first, second

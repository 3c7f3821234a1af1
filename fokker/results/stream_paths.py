"""Lines along a vector field, spaced by its strength, on the unit square of a picture.

All candidates are traced together, then taken strongest first where there is room: the room a line needs is
inverse to the strength of the field, so that about as much flows between any two neighbours (spacing after
Jobard and Lefer 1997, with a distance that varies).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FAINT = 0.02  # share of the largest strength below which there is no line
_SEEDS = 48  # candidates along each side
_RASTER = 256  # cells along each side on which distances are kept
_STEP = 1 / 256  # length of a step, in widths of the picture
_LONGEST = 768  # steps either way
_LENGTH = 9.0  # of all lines together, about, in widths of the picture: sets the distance between them
_TIGHTEST, _TIGHT, _WIDE = 0.017, 0.036, 0.11  # bounds of the distance: where the field is strongest, and anywhere
_CLOSER = 0.4  # a line ends where it comes closer to another than this share of its room
_SHORT = 24  # steps of the shortest line kept
_MEET = 3 * _STEP  # a line that comes back as close to its start is closed


@dataclass(frozen=True)
class Flow:
    """A vector field at even points of the unit square, ends included.

    Attributes
    ----------
    vectors : array, shape (m, m, 2)
        First index along x; dimensionless, the largest of length 1.
    """

    vectors: Array

    @cached_property
    def _last(self) -> int:
        return len(self.vectors) - 1

    def at(self, points: Array) -> Array:
        """Return the field at `points`, shape (k, 2), by linear interpolation; outside, that of the nearest edge."""
        place = np.clip(points, 0.0, 1.0) * self._last
        cell = np.minimum(place.astype(np.intp), self._last - 1)
        (u, v), (i, j) = (place - cell).T[..., None], cell.T
        low = (1 - v) * self.vectors[i, j] + v * self.vectors[i, j + 1]
        high = (1 - v) * self.vectors[i + 1, j] + v * self.vectors[i + 1, j + 1]
        return np.asarray((1 - u) * low + u * high)

    def strength(self, points: Array) -> Array:
        """Return the length of the field at `points`, shape (k,)."""
        return np.asarray(np.hypot(*self.at(points).T))

    def direction(self, points: Array) -> Array:
        """Return unit vectors along the field, zero where there is none."""
        vectors = self.at(points)
        length = np.hypot(*vectors.T)[:, None]
        return np.asarray(vectors / np.where(length > 0, length, 1.0))

    def room(self, points: Array) -> Array:
        """Return the distance to keep between lines at `points`."""
        return np.minimum(self._least_room / np.maximum(self.strength(points), FAINT), _WIDE)

    @cached_property
    def _least_room(self) -> float:
        # lines `room / strength` apart have the length strength / room to each unit of area
        mean = float(np.hypot(self.vectors[..., 0], self.vectors[..., 1]).mean())
        return min(max(mean / _LENGTH, _TIGHTEST), _TIGHT)


def paths(flow: Flow) -> list[Array]:
    """Return lines along `flow`, strongest first, each of shape (k, 2)."""
    seeds = _seeds(flow)
    there, back = _trace(flow, seeds, 1.0), _trace(flow, seeds, -1.0)
    taken = _Taken(_RASTER)
    lines = []
    for k, seed in enumerate(seeds):
        if taken.distance(seed[None])[0] < flow.room(seed[None])[0]:
            continue
        line = _line(flow, there[:, k], back[:, k], taken)
        if len(line) > _SHORT:
            taken.add(line)
            lines.append(line)
    return lines


def _seeds(flow: Flow) -> Array:
    """Return places where the field is not faint, strongest first."""
    even = (np.arange(_SEEDS) + 0.5) / _SEEDS
    points = np.stack(np.meshgrid(even, even, indexing="ij"), axis=-1).reshape(-1, 2)
    strength = flow.strength(points)
    # equals by symmetry stay in order: rounding must not choose between them
    order = np.argsort(-np.round(strength, 6), kind="stable")
    return points[order[strength[order] > FAINT]]


def _trace(flow: Flow, seeds: Array, sign: float) -> Array:
    """Follow the field from all seeds; shape (steps + 1, k, 2), NaN once outside or where it is faint."""
    track = np.full((_LONGEST + 1, len(seeds), 2), np.nan)
    track[0] = place = seeds
    alive = np.arange(len(seeds))
    step = sign * _STEP
    for n in range(1, _LONGEST + 1):
        # the midpoint rule: the interpolation, not the rule, limits how well a line closes
        place = place + step * flow.direction(place + 0.5 * step * flow.direction(place))
        keep = ((place >= 0) & (place <= 1)).all(axis=1) & (flow.strength(place) > FAINT)
        alive, place = alive[keep], place[keep]
        if not len(alive):
            break
        track[n, alive] = place
    return track


def _line(flow: Flow, there: Array, back: Array, taken: _Taken) -> Array:
    """Return the stretch around a seed that keeps clear of other lines and of itself."""
    there, back = (_clear(flow, half[np.isfinite(half[:, 0])], taken) for half in (there, back))
    meeting = _meeting(there)
    if meeting:
        loop = there[: meeting + 1]
        # what the interpolation missed by is spread over the turn
        return np.asarray(loop - np.linspace(0, 1, meeting + 1)[:, None] * (loop[-1] - loop[0]))
    there = there[: _overlap(flow, there, there)]
    back = back[: _overlap(flow, back, back)]
    back = back[: _overlap(flow, back, there)]
    return np.concatenate([back[:0:-1], there])


def _clear(flow: Flow, half: Array, taken: _Taken) -> Array:
    near = taken.distance(half) < _CLOSER * flow.room(half)
    return half[: int(np.argmax(near))] if near.any() else half


def _meeting(half: Array) -> int:
    """Return the first step at which a line is back at its start, 0 if never."""
    away = np.hypot(*(half - half[0]).T)
    gone = int(np.argmax(away > 2 * _MEET))
    again = np.flatnonzero(away[gone:] < _MEET) + gone if gone else np.empty(0, dtype=int)
    if not len(again):
        return 0
    window = slice(int(again[0]), int(again[0]) + 2 * round(_MEET / _STEP))
    return window.start + int(np.argmin(away[window]))


def _overlap(flow: Flow, half: Array, other: Array) -> int:
    """Return how many steps `half` takes before it comes too close to steps long before, or to `other`."""
    gap = np.hypot(half[:, None, 0] - other[None, :, 0], half[:, None, 1] - other[None, :, 1])
    steps, earlier = np.arange(len(half))[:, None], np.arange(len(other))[None]
    room = flow.room(half)[:, None]
    apart = steps - earlier if half is other else steps + earlier
    # neighbours along the line are near by nature: compare across a good turn only
    near = ((gap < _CLOSER * room) & (apart * _STEP > 2 * room)).any(axis=1)
    return int(np.argmax(near)) if near.any() else len(half)


class _Taken:
    """Distances to the lines drawn so far, on a raster."""

    def __init__(self, size: int) -> None:
        self._free = np.ones((size, size), dtype=bool)
        self._far: Any = np.full((size, size), np.inf)

    def _cells(self, points: Array) -> tuple[Any, Any]:
        i, j = np.minimum((np.clip(points, 0, 1) * len(self._free)).astype(np.intp), len(self._free) - 1).T
        return i, j

    def distance(self, points: Array) -> Array:
        """Return the distances from `points` to the nearest line."""
        return np.asarray(self._far[self._cells(points)])

    def add(self, line: Array) -> None:
        """Mark a line."""
        from scipy.ndimage import distance_transform_edt

        self._free[self._cells(line)] = False
        self._far = distance_transform_edt(self._free) / len(self._free)

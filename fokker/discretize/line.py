"""The edge rule of one dimension on a given problem and axis, with breakpoints respected."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fokker.discretize import scharfetter_gummel, segments
from fokker.discretize.segments import Segments, integrate, join
from fokker.grid.axis import Axis
from fokker.problem import Problem

Array = NDArray[np.float64]
Scheme = Literal["edge-resistance", "scharfetter-gummel", "sqra"]


@dataclass(frozen=True)
class Line:
    """A one-dimensional problem on an axis, and the scheme that turns segments into rates."""

    problem: Problem
    axis: Axis
    scheme: Scheme

    @property
    def name(self) -> str:
        """Name of the coordinate."""
        return self.problem.names[0]

    @cached_property
    def breaks(self) -> Array:
        """Breakpoints in the axis coordinate."""
        return self.axis.coordinate(np.asarray(self.problem.breakpoints.get(self.name, ()), dtype=float))

    @property
    def period(self) -> float:
        """Length of a periodic axis in its coordinate, zero for any other."""
        faces = self.axis.face_coordinates
        return float(faces[-1] - faces[0]) if self.problem.walls[self.name][0] == "periodic" else 0.0

    def position(self, xi: Array) -> Array:
        """Return positions; on a periodic axis coordinates past the end wrap around."""
        if self.period:
            lo = float(self.axis.face_coordinates[0])
            xi = lo + np.mod(xi - lo, self.period)
        return self.axis.position(xi)

    def segments(self, starts: Array, ends: Array) -> Segments:
        """Return the segments from `starts` to `ends` (axis coordinates) under the scheme.

        On a periodic axis `ends` may lie past the last face: an exact segment is cut at the seam and
        joined.
        """
        # an edge too steep for doubles shows in its rise, which `build` refuses in words
        with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
            if self.scheme != "edge-resistance":
                return scharfetter_gummel.segments(self, starts, ends)
            return self._wrapped(starts, ends) if self.period else self.watched(starts, ends)

    def _wrapped(self, starts: Array, ends: Array) -> Segments:
        seam = float(self.axis.face_coordinates[-1])
        shift = np.where(starts >= seam, self.period, 0.0)
        starts, ends = starts - shift, ends - shift
        across = np.flatnonzero(ends > seam)
        stops = ends.copy()
        stops[across] = seam
        result = self.watched(starts, stops)
        if len(across) == 0:
            return result
        lo = np.full(len(across), self.axis.face_coordinates[0])
        rest = join(result.take(across), self.watched(lo, ends[across] - self.period))
        return segments.replaced(result, across, rest)

    def watched(self, starts: Array, ends: Array) -> Segments:
        """Return the exact segments, integrated piece by piece between breakpoints."""
        first = np.searchsorted(self.breaks, starts, side="right")
        broken = np.flatnonzero(first < np.searchsorted(self.breaks, ends, side="left"))
        if len(broken) == 0:
            return integrate(self.problem, self.axis, starts, ends)
        stops = ends.copy()
        stops[broken] = self.breaks[first[broken]]
        result = integrate(self.problem, self.axis, starts, stops)
        rest = join(result.take(broken), self.watched(stops[broken], ends[broken]))
        return segments.replaced(result, broken, rest)

    def gauge(self, xi: Array) -> Array:
        """Return (weight q) / (density p) at axis coordinates: D**(1-alpha), or dx/dxi for two-point schemes."""
        x = self.axis.position(xi)
        if self.scheme != "edge-resistance":
            return self.axis.mapping.stretch(x)
        return self.diffusion_power(x)

    def diffusion_power(self, x: Array) -> Array:
        """Return D**(1 - alpha) at positions x."""
        if self.problem.has_potential or self.problem.alpha == 1.0:
            return np.ones_like(x)
        diffusion = self.problem.diffusion_at(x)
        return diffusion if self.problem.alpha == 0.0 else diffusion ** (1.0 - self.problem.alpha)

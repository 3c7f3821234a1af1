"""Ends without a wall: the mass of a tail beyond the last face, and Feller's test for explosion."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.line import Line
from fokker.discretize.probe import log_weight_rise, probe_diffusion
from fokker.errors import BoundaryError, ExplosionError, explain
from fokker.problem import Robin
from fokker.problem.exponents import limit, measure
from fokker.problem.feller import boundaries, classify

Array = NDArray[np.float64]

_RATIO = 1.02  # distance ratio over which a local exponent is measured
_CLOSE = 0.1  # how far a local exponent may be from the limiting one that takes its place


@dataclass(frozen=True)
class Tail:
    """Beyond the last face the density goes like ``distance ** -(1 + index)`` (outward).

    Attributes
    ----------
    index : float
        Tail index: positive where the tail can be summed.
    mass : float
        Mass beyond the face relative to the weight q there (zero when `index` is not positive).
    film, hat : float
        Resistance beyond a face that ends at a finite singular point, and mass under the hat that falls to zero
        there, relative to the weight at the face; the resistance is infinite where the point cannot be reached.
    origin : float
        Where distances are counted from.
    inward : bool
        Whether the end is a finite point, approached as the distance goes to zero.
    """

    index: float
    mass: float
    film: float
    hat: float
    origin: float
    inward: bool


@dataclass(frozen=True)
class _Outward:
    """One end seen from inside: distances from an origin, growing or shrinking outward."""

    line: Line
    origin: float
    face: float
    inward: bool  # True where the end is a finite point, approached as the distance goes to zero

    @property
    def distance(self) -> float:
        return abs(self.face - self.origin)

    def at(self, distance: Array) -> Array:
        return self.origin + math.copysign(1.0, self.face - self.origin) * distance

    def exponents(self, distance: Array) -> tuple[Array, Array]:
        """Return d ln(p)/d ln(distance) and d ln(s')/d ln(distance), s' = exp(-G) D**-alpha."""
        alpha = self.line.problem.alpha
        near, far = self.at(distance / _RATIO), self.at(distance * (_RATIO if self.inward else 1.0))
        rise = log_weight_rise(self.line.problem, near, far)
        low, high = (probe_diffusion(self.line.problem, x) for x in (near, far))
        span = np.log(_RATIO) * (2.0 if self.inward else 1.0)
        with np.errstate(all="ignore"):
            growth = np.log(high / low)
            return (rise - (1.0 - alpha) * growth) / span, (-rise - alpha * growth) / span


def _outward(line: Line, side: int) -> _Outward | None:
    """Return the end on `side` (0 left, 1 right) if it has no wall, else None."""
    axis = line.axis
    end, face = (axis.lo, axis.hi)[side], float(axis.faces[-side])
    if axis.singular(side):
        return _Outward(line, end, face, inward=True)
    if math.isfinite(end):
        return None
    start = axis.lo if math.isfinite(axis.lo) else axis.hi
    centers = getattr(axis.mapping, "centers", (start,))
    return _Outward(line, (min(centers), max(centers))[side], face, inward=False)


def tail(line: Line, side: int) -> Tail | None:
    """Measure the tail beyond the last face on `side`; None where there is a wall or the user closed it.

    Raises
    ------
    ExplosionError
        If paths reach infinity in finite time (Feller's test).
    """
    end = _outward(line, side)
    if end is None or line.axis.closure != "power":
        return None
    reached = classify(line.problem, side) in ("regular", "exit")
    if reached and not end.inward:
        raise _explosion(line, side)
    if reached:
        _refuse_partly_absorbing(line, side)
    density, scale = (float(v[0]) for v in end.exponents(np.array([end.distance])))
    if end.inward:
        density, scale = _limiting(line, side, density, scale)
    index = density + 1.0 if end.inward else -(density + 1.0)
    at_face = np.array([end.face])
    gauge = float(line.gauge(line.axis.coordinate(at_face))[0])
    film, hat = math.inf, 0.0
    if reached and scale > -1.0 and scale + density > -2.0:
        film = gauge * end.distance / ((1.0 + scale) * float(line.problem.diffusion_at(at_face)[0]))
        hat = end.distance / (gauge * (scale + density + 2.0))
    summable = index > 1e-9
    mass = end.distance / (index * gauge) if summable else 0.0
    return Tail(index if math.isfinite(index) else -math.inf, mass, film, hat, end.origin, end.inward)


def _limiting(line: Line, side: int, density: float, scale: float) -> tuple[float, float]:
    """Return the exponents that p and s' tend to at a finite end, or the local ones where there are no such powers.

    A density near ``1 / distance`` has a mass that hangs on the last digits of its exponent.
    """
    found = measure(line.problem, side)
    if found is None:
        return density, scale
    powers = []
    for local, slope in ((density, found.speed), (scale, found.scale)):
        far = limit(found.u, slope)
        power = -far.value - 1.0
        powers.append(power if far.log == 0.0 and abs(power - local) < _CLOSE else local)
    return powers[0], powers[1]


def idle_walls(line: Line, tails: tuple[Tail | None, Tail | None]) -> tuple[str, ...]:
    """Return a warning for each absorbing wall that no path reaches."""
    walls = line.problem.walls[line.name]
    if not any(t is not None and t.inward and w != "reflecting" for t, w in zip(tails, walls, strict=True)):
        return ()
    found = boundaries(line.problem)
    return tuple(f"{e.idle}: it makes no difference" for e, t in zip(found, tails, strict=True) if t and e.idle)


def _refuse_partly_absorbing(line: Line, side: int) -> None:
    """Raise where a wall should absorb in proportion to a density that is zero, infinite, or not on the grid."""
    wall = line.problem.walls[line.name][side]
    if isinstance(wall, Robin):
        end = boundaries(line.problem)[side]
        raise BoundaryError(
            explain(
                f"a partly absorbing wall needs a finite density, and cells that reach it: not so at {end.place}.",
                given=f"{wall!r} at {'an' if end.kind == 'exit' else 'a'} {end.kind} boundary: {end.why}",
                accepted=('"reflecting"', '"absorbing"'),
                try_="uniform cells where the coefficients are finite, else a wall a little inside the domain",
            )
        )


def _explosion(line: Line, side: int) -> ExplosionError:
    end = boundaries(line.problem)[side]
    return ExplosionError(
        explain(
            f"paths reach {'plus' if side else 'minus'} infinity in finite time (Feller's test): the process is not "
            "defined there.",
            given=f"{end.place}, {'an' if end.kind == 'exit' else 'a'} {end.kind} boundary: {end.why}",
            try_='a finite domain with boundary="absorbing" or "reflecting", or Axis.line(..., closure="absorb")',
        )
    )

"""Ends without a wall: the mass of a tail beyond the last face, and Feller's test for explosion."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.line import Line
from fokker.discretize.probe import log_weight_rise, probe_diffusion
from fokker.errors import ExplosionError, explain

Array = NDArray[np.float64]

_RATIO = 1.02  # distance ratio over which a local exponent is measured


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
    if not end.inward:
        _refuse_explosion(line, end)
    density, scale = (float(v[0]) for v in end.exponents(np.array([end.distance])))
    index = density + 1.0 if end.inward else -(density + 1.0)
    at_face = np.array([end.face])
    gauge = float(line.gauge(line.axis.coordinate(at_face))[0])
    film, hat = math.inf, 0.0
    # Feller: a singular point is reached if the scale is finite there and so is the time, int (S - S_0) dm
    if end.inward and scale > -1.0 and scale + density > -2.0 + 1e-6:
        film = gauge * end.distance / ((1.0 + scale) * float(line.problem.diffusion_at(at_face)[0]))
        hat = end.distance / (gauge * (scale + density + 2.0))
    summable = index > 1e-9
    mass = end.distance / (index * gauge) if summable else 0.0
    return Tail(index if math.isfinite(index) else -math.inf, mass, film, hat, end.origin, end.inward)


def _refuse_explosion(line: Line, end: _Outward) -> None:
    """Raise if infinity is a regular or exit boundary: ``int (S(inf) - S) dm`` is finite.

    With ``lam = -d ln s'/dy`` the integrand is ``1 / (D lam)`` to leading order; the local exponents are
    measured as far out as the coefficients can be evaluated.
    """
    far = end.distance * 10.0 ** np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0])
    pair = np.concatenate([far, far * 1.5])
    with np.errstate(all="ignore"):
        steep = -end.exponents(pair)[1]
        log_integrand = np.log(pair) - np.log(probe_diffusion(line.problem, end.at(pair))) - np.log(steep)
        exponent = (log_integrand[len(far) :] - log_integrand[: len(far)]) / np.log(1.5)
    usable = np.flatnonzero(np.isfinite(exponent))
    if len(usable) == 0:
        return
    last = usable[-1]
    if steep[last] > 1.0 + 1e-3 and exponent[last] < -1.0 - 1e-2:
        side = "minus infinity" if end.face < end.origin else "plus infinity"
        raise ExplosionError(
            explain(
                f"paths reach {side} in finite time (Feller's test): the process is not defined there.",
                given=f"near {line.name} = {float(end.at(far)[last]):.3g} the drift points outward, and the time "
                f"spent per unit of ln|{line.name}| falls like |{line.name}|**{exponent[last]:.3g}",
                try_='a finite domain with boundary="absorbing" or "reflecting", or Axis.line(..., closure="absorb")',
            )
        )

"""Local exponents of scale and speed towards an end of the domain, measured on a geometric ladder of distances."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from fokker.problem.problem import Problem

Array = NDArray[np.float64]

ZERO = 1e-5  # exponents below this count as zero; they are measured to about 1e-6
_STEP = 5e-3  # ratio of neighbouring distances of one difference, less one
_NOISE = 1e-5  # largest fourth difference, in units of step and slope, of a coefficient that is not rounding noise
_EXACT = 1e-9  # how well a distance must survive the rounding of its position
_NEAREST, _FARTHEST = 1e-150, 1e150
_PER_DECADE = 4
_SUDDEN = 30.0  # a slope that settles so much faster than 1/u does so like a power of r


@dataclass(frozen=True)
class Limit:
    """A slope that tends to ``value + log / u`` as u goes to infinity."""

    value: float
    log: float = 0.0

    @property
    def is_integrable(self) -> bool:
        """Whether a function of u with this logarithmic slope has a finite integral up to infinity."""
        return self.value < -ZERO or (self.value <= ZERO and self.log < -1.02)


@dataclass(frozen=True)
class Exponents:
    """Slopes d ln/du of the measures towards one end, u = -ln r at a finite end, ln r at infinity.

    Attributes
    ----------
    u : array, shape (n,)
        Increasing towards the end.
    scale, speed : array, shape (n,)
        Slopes of ``r s'`` and ``r m``, the measures per unit of u.
    both : array, shape (n,)
        Slope of ``r^2 / D``, the sum of the two without cancellation.
    is_inward : bool
        Whether the end is a finite point.
    """

    u: Array
    scale: Array
    speed: Array
    both: Array
    is_inward: bool

    def double(self, inner: Array, outer: Array) -> Limit:
        """Return the slope of ``outer * integral of inner`` per unit of u: the integrand of Feller's tests."""
        growth = limit(self.u, inner)
        if growth.value > ZERO:
            # the integral is the integrand over its slope
            rising = inner > 0.0
            rising[: np.flatnonzero(~rising).max(initial=-1) + 1] = False
            u, slope = self.u[rising], inner[rising]
            if len(u) < 3:
                return limit(self.u, self.both)
            return limit(u, self.both[rising] - np.gradient(np.log(slope), u))
        rest = limit(self.u, outer)
        return rest if growth.value < -ZERO else Limit(rest.value, rest.log + max(growth.log + 1.0, 0.0))


def limit(u: Array, slope: Array) -> Limit:
    """Return what a slope tends to, by a fit of ``value + log / (u + shift)`` to three points of the ladder."""
    n = len(u)
    if n < 3:
        return Limit(float(slope[-1]))
    at = [n // 3, (2 * n) // 3, n - 1]
    (u0, u1, u2), (f0, f1, f2) = u[at], slope[at]
    near, far = f0 - f1, f1 - f2
    if abs(near) + abs(far) <= 1e-4 * (1.0 + abs(f2)) or np.sign(near) != np.sign(far):
        return Limit(float(f2))
    ratio = near / far * (u2 - u1) / (u1 - u0)
    if ratio <= 1.0 + 1e-6:  # it does not settle
        return Limit(float(f2))
    if ratio > _SUDDEN:
        return Limit(float(f2 - far * far / (near - far)))
    shift = (u2 - ratio * u0) / (ratio - 1.0)
    log = far * (u1 + shift) * (u2 + shift) / (u2 - u1)
    value = f2 - log / (u2 + shift)
    return Limit(0.0 if abs(value) <= ZERO + 0.05 * abs(f0 - f2) else float(value), float(log))


def measure(problem: Problem, side: int) -> Exponents | None:
    """Return the exponents towards the end on `side` (0 left, 1 right); None if the coefficients cannot be evaluated.

    With the weight ``G' = a / D`` the scale is ``s' = exp(-G) D**-alpha``, the speed ``m = exp(G) D**(alpha - 1)``.
    """
    ends = problem.domain[problem.names[0]]
    end, other = ends[side], ends[1 - side]
    inward = math.isfinite(end)
    base = end if inward else other if math.isfinite(other) else 0.0
    out = 1.0 if side == 1 else -1.0
    direction = -out if inward else out  # in which positions move away from the base
    distance = _ladder(base, abs(end - other) if inward else None)
    stencil = distance[:, None] * np.exp(_STEP * np.arange(-2, 3))
    x = base + direction * stencil
    with np.errstate(all="ignore"):
        exact = (np.abs(np.abs(x - base) / stencil - 1.0) <= _EXACT).all(axis=1)
        weight, noise, spread = _slopes(problem, x, direction * distance)
        sign = -1.0 if inward else 1.0
        speed = sign * (weight - (1.0 - problem.alpha) * spread + 1.0)
        scale = sign * (1.0 - weight - problem.alpha * spread)
        both = sign * (2.0 - spread)
    usable = exact & (noise <= _NOISE) & np.isfinite(speed) & np.isfinite(scale)
    kept = _outermost(usable)
    if len(kept) == 0:
        return None
    u = sign * np.log(distance)
    return Exponents(u[kept], scale[kept], speed[kept], both[kept], inward)


def _ladder(base: float, width: float | None) -> Array:
    """Return distances from the base, in the order in which they approach the end."""
    if width is None:
        first, last = max(1.0, abs(base)), _FARTHEST
    else:
        first = 0.25 * width if math.isfinite(width) else 1e3 * max(1.0, abs(base))
        last = max(_NEAREST, 1e-13 * abs(base))
    count = max(4, int(_PER_DECADE * abs(math.log10(last / first))))
    return np.geomspace(first, last, count)


def _slopes(problem: Problem, x: Array, step: Array) -> tuple[Array, Array, Array]:
    """Return dG/dt and d ln D/dt, t = ln r, with their noise; NaN where D is not a positive number."""
    flat, middle = np.ascontiguousarray(x.reshape(-1)), np.ascontiguousarray(x[:, 2])
    diffusion = problem.diffusion_at(flat, check=False)
    logs = np.log(np.where(np.isfinite(diffusion) & (diffusion > 0.0), diffusion, np.nan)).reshape(x.shape)
    spread, noise = _derivative(logs)
    if not problem.has_potential:
        return step * problem.drift_at(middle, check=False) / np.exp(logs[:, 2]), noise, spread
    slope, more = _derivative(-problem.potential_at(flat, check=False).reshape(x.shape))
    if problem.has_force:
        slope = slope + step * problem.force_at(middle, check=False)
    return slope, np.fmax(noise, more), spread


def _derivative(values: Array) -> tuple[Array, Array]:
    """Return five-point derivatives, and how large the fourth differences are beside them."""
    a, b, c, d, e = values.T
    slope = (a - e + 8.0 * (d - b)) / (12.0 * _STEP)
    return slope, np.abs(a - 4.0 * b + 6.0 * c - 4.0 * d + e) / (_STEP * (1.0 + np.abs(slope)))


def _outermost(usable: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the last stretch of usable points of a decade or more, or else the longest one."""
    stops = np.flatnonzero(np.diff(np.concatenate([[False], usable, [False]]).astype(np.int8)))
    starts, ends = stops[::2], stops[1::2]
    if len(starts) == 0:
        return starts
    long = np.flatnonzero(ends - starts > _PER_DECADE)
    best = int(long[-1]) if len(long) else int(np.argmax(ends - starts))
    return np.arange(starts[best], ends[best])

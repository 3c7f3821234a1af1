"""Compiled steps of one-dimensional processes whose drift and diffusion are polynomials.

    drift  f(v) = a0 + a1 v + a2 v^2 + a3 v^3,   D(v) = c0 + c1 v + c2 (v + c3)^2,   v = x - centre,

where a D that touches zero is the square alone, c0 = c1 = 0: it cannot be negative by rounding.

One step of length h with a standard normal z and sigma = sqrt(2 D)::

    y  = x + f(x) h + sigma(x) sqrt(h) z
    x' = x + f h + ((1 - alpha) sigma(x) + alpha sigma(y)) sqrt(h) z

where alpha is the convention: 0 is Euler-Maruyama, 1 takes the noise at the end of the step, and for 1/2 with the mean
of f(x) and f(y) it is Heun's method. All are of weak order one.

References
----------
Kloeden and Platen, *Numerical Solution of Stochastic Differential Equations*, Springer 1992, chapters 14, 15;
Baldi, *Ann. Probab.* 23 (1995) 1644 (the bridge); Gobet, *Stoch. Process. Appl.* 87 (2000) 167.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

F = TypeVar("F", bound=Callable[..., Any])
Array = NDArray[np.float64]
Cubic = tuple[float, float, float, float]
Quadratic = tuple[float, float, float, float]

FREE, REFLECTING, PERIODIC = 0, 1, 3
NEGLIGIBLE = 18.0  # exp(-2 * 18) is below the resolution of a uniform number


def _inlined(function: F) -> F:
    return cast(F, numba.njit(cache=True, inline="always", error_model="numpy")(function))


def _compiled(function: F) -> F:
    return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


@_compiled
def fill_normals(rng: np.random.Generator, out: Array) -> None:
    """Fill with standard normals: the numbers of ``rng.standard_normal``, drawn faster."""
    flat = out.reshape(-1)
    for k in range(flat.size):
        flat[k] = rng.standard_normal()


@_compiled
def fill_uniforms(rng: np.random.Generator, out: Array) -> None:
    """Fill with uniforms in [0, 1): the numbers of ``rng.random``."""
    flat = out.reshape(-1)
    for k in range(flat.size):
        flat[k] = rng.random()


@_inlined
def _drift(v: float, a: Cubic) -> float:
    return a[0] + v * (a[1] + v * (a[2] + v * a[3]))


@_inlined
def _sigma(v: float, c: Quadratic) -> float:
    return math.sqrt(2.0 * (c[0] + v * c[1] + c[2] * (v + c[3]) * (v + c[3])))


@_compiled
def fold(y: float, low: float, high: float, left: int, right: int) -> tuple[float, float]:
    """Bring a point back into the domain; the sign is -1 after an odd number of reflections."""
    if low <= y <= high:
        return y, 1.0
    if left == PERIODIC:
        return low + (y - low) % (high - low), 1.0
    if left == REFLECTING and right == REFLECTING:
        width = high - low
        t = (y - low) % (2.0 * width)
        return (low + t, 1.0) if t <= width else (high - (t - width), -1.0)
    if left == REFLECTING and y < low:
        return 2.0 * low - y, -1.0
    if right == REFLECTING and y > high:
        return 2.0 * high - y, -1.0
    return y, 1.0


@_compiled
def free(x: Array, z: Array, h: float, alpha: float, centre: float, a: Cubic, c: Quadratic) -> None:
    """Advance all replicas x, shape (r,), by the normals z, shape (steps, r), where there are no walls."""
    root = math.sqrt(h)
    mean = 0.5 if alpha == 0.5 else 0.0
    for s in range(z.shape[0]):
        if alpha == 0.0:
            for i in range(x.size):
                v = x[i] - centre
                x[i] = x[i] + h * _drift(v, a) + root * _sigma(v, c) * z[s, i]
        else:
            for i in range(x.size):
                v = x[i] - centre
                f, g = _drift(v, a), _sigma(v, c)
                w = v + h * f + root * g * z[s, i]
                f = f + mean * (_drift(w, a) - f)
                x[i] = x[i] + h * f + root * (g + alpha * (_sigma(w, c) - g)) * z[s, i]


@_compiled
def crossed(x: float, y: float, u: float, low: float, high: float, spread: float) -> int:
    """Tell whether a step from x to y left (low, high), in between by the Brownian bridge: -1, 0 or 1.

    The path of variance `spread` between both points passes b with probability exp(-2 (b - x)(b - y) / spread).
    """
    if y <= low:
        return -1
    if y >= high:
        return 1
    below, above = (x - low) * (y - low), (high - x) * (high - y)
    chance = math.exp(-2.0 * below / spread) if below < NEGLIGIBLE * spread else 0.0
    if u < chance:
        return -1
    if above < NEGLIGIBLE * spread:
        chance += math.exp(-2.0 * above / spread)
    return 1 if u < chance else 0


@_compiled
def walled(
    x: Array,
    z: Array,
    u: Array,
    h: float,
    alpha: float,
    centre: float,
    a: Cubic,
    c: Quadratic,
    ends: tuple[float, float],
    walls: tuple[int, int],
    stops: tuple[float, float],
    when: NDArray[np.int64],
    side: NDArray[np.int64],
) -> None:
    """Advance replicas between walls until they leave the interval `stops`.

    `when` takes the number of the step in which a replica stopped (-1 for none), `side` the end (-1 or 1). The
    uniforms u have the shape of z, or no entries: then only the ends of the steps are looked at.
    """
    root = math.sqrt(h)
    mean = 0.5 if alpha == 0.5 else 0.0
    when[:], side[:] = -1, 0
    for s in range(z.shape[0]):
        for i in range(x.size):
            if side[i] != 0:
                continue
            v = x[i] - centre
            f, g = _drift(v, a), _sigma(v, c)
            y = x[i] + h * f + root * g * z[s, i]
            if alpha > 0.0:
                w, sign = fold(y, ends[0], ends[1], walls[0], walls[1])
                w = min(max(w, stops[0]), stops[1]) - centre
                push = f + mean * (sign * _drift(w, a) - f)
                y = x[i] + h * push + root * (g + alpha * (_sigma(w, c) - g)) * z[s, i]
            y = fold(y, ends[0], ends[1], walls[0], walls[1])[0]
            chance = u[s, i] if u.size else 2.0
            side[i] = crossed(x[i], y, chance, stops[0], stops[1], g * g * h)
            x[i] = y
            if side[i] != 0:
                when[i] = s

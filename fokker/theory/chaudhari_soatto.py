"""Double well with a circulating force, a two-dimensional steady state known exactly (Chaudhari and Soatto).

With Phi = (x^2 - 1)^2/4 + y^2/2, D = 1 and temperature one, the equation dX = b dt + sqrt(2) dW, b = -grad Phi + j,

    j = lambda exp(Phi - r^4/4) (-y, x),    r^2 = x^2 + y^2,

has the density e^(-Phi)/Z whatever lambda is, and the current (lambda/Z) e^(-r^4/4) (-y, x): circles around
the origin. The force j itself has a divergence; only j e^(-Phi) has none.

Without noise the two sinks move towards the origin as lambda grows and merge there at lambda = e^(-1/4). Above
it the origin is a weak focus: the orbits spiral into it, and there is no limit cycle.

References
----------
Chaudhari and Soatto, Stochastic gradient descent performs variational inference, converges to limit cycles for
deep networks (ITA 2018, ICLR 2018), example 19.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import iv, ivp

from fokker.theory._check import Array, Floats, positive, real, refuse, scalar, tidy

CRITICAL_STRENGTH = float(np.exp(-0.25))


def potential(x: ArrayLike, y: ArrayLike) -> Floats:
    """Return Phi = (x^2 - 1)^2/4 + y^2/2 [1].

    >>> potential(0.0, 1.0)
    0.75
    """
    a, b = real("x", x), real("y", y)
    return tidy((a * a - 1) ** 2 / 4 + b * b / 2)


def force(x: ArrayLike, y: ArrayLike, strength: ArrayLike) -> tuple[Floats, Floats]:
    """Return the circulating force j = lambda exp(Phi - r^4/4) (-y, x) [x/time].

    >>> [round(v, 12) for v in force(0.0, 1.0, 1.0)]  # -e^(1/2)
    [-1.6487212707, 0.0]
    """
    a, b = real("x", x), real("y", y)
    size = real("strength", strength) * np.exp(_exponent(a, b))
    return tidy(-size * b), tidy(size * a)


def drift(x: ArrayLike, y: ArrayLike, strength: ArrayLike) -> tuple[Floats, Floats]:
    """Return the whole drift b = -grad Phi + j [x/time].

    >>> drift(1.0, 0.0, 0.0)
    (0.0, 0.0)
    """
    a, b = real("x", x), real("y", y)
    jx, jy = force(a, b, strength)
    return tidy(a - a**3 + jx), tidy(jy - b)


def normalisation() -> float:
    """Return Z, the integral of e^(-Phi), by modified Bessel functions.

    >>> round(normalisation(), 12)
    7.623468444673
    """
    well = np.pi / 2 * np.exp(-1 / 8) * (iv(-0.25, 1 / 8) + iv(0.25, 1 / 8))
    return float(well * np.sqrt(2 * np.pi))


def log_density(x: ArrayLike, y: ArrayLike) -> Floats:
    """Return ln of the stationary density, -Phi - ln Z; it does not depend on lambda.

    >>> round(log_density(1.0, 0.0), 12)
    -2.031231442603
    """
    return tidy(-np.asarray(potential(x, y)) - np.log(normalisation()))


def second_moments() -> tuple[float, float]:
    """Return <x^2> and <y^2>; the mean is zero, and <x^4> = 1 + <x^2>.

    >>> [round(m, 13) for m in second_moments()]
    [1.0417972964872, 1.0]
    """
    slope = (ivp(-0.25, 1 / 8) + ivp(0.25, 1 / 8)) / (iv(-0.25, 1 / 8) + iv(0.25, 1 / 8))
    return float(1.5 + slope / 2), 1.0


def current(x: ArrayLike, y: ArrayLike, strength: ArrayLike) -> tuple[Floats, Floats]:
    """Return the stationary current J = (lambda/Z) e^(-r^4/4) (-y, x) [1/(x time)].

    >>> [round(v, 12) for v in current(0.0, 1.0, 1.0)]
    [-0.102158327108, 0.0]
    """
    a, b = real("x", x), real("y", y)
    size = real("strength", strength) / normalisation() * np.exp(-((a * a + b * b) ** 2) / 4)
    return tidy(-size * b), tidy(size * a)


def flux_across_ray(strength: ArrayLike) -> Floats:
    """Return the flux lambda sqrt(pi)/(2 Z) [1/time] across any ray from the origin, counter-clockwise.

    It is the mean number of turns around the origin in a unit of time.

    >>> round(flux_across_ray(1.0), 13)
    0.1162498319347
    """
    return tidy(real("strength", strength) * np.sqrt(np.pi) / (2 * normalisation()))


def entropy_production(strength: ArrayLike) -> Floats:
    """Return the entropy production (lambda^2/Z) int r^2 exp(Phi - r^4/2) dx dy [1/time], in units of k_B.

    By quadrature in polar coordinates, to rounding.

    >>> round(entropy_production(1.0), 13)
    0.6813816115462
    """
    nodes, weights = np.polynomial.legendre.leggauss(80)
    r = 2.0 * (nodes[:, None] + 1)  # the integrand is below 1e-40 from r = 4 on
    angle = 2 * np.pi * np.arange(128) / 128  # the trapezoid of an analytic periodic function
    x, y = r * np.cos(angle), r * np.sin(angle)
    ring = np.mean(np.exp((x * x - 1) ** 2 / 4 + y * y / 2 - r**4 / 2), axis=1) * 2 * np.pi
    whole = float(np.sum(2.0 * weights * r[:, 0] ** 3 * ring))
    return tidy(real("strength", strength) ** 2 * whole / normalisation())


def sinks(strength: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the two stable points of the drift, (x, y) and (-x, -y), for 0 <= lambda < e^(-1/4).

    With g = lambda exp(Phi - r^4/4) they are x^2 = 1 - g^2, y = g x: one equation for g in (0, 1).

    Raises
    ------
    FokkerError
        lambda is negative, or so large that the two have merged with the origin.

    Examples
    --------
    >>> [round(v, 9) for v in sinks(0.5)[0]]
    [0.902428321, 0.388802238]
    """
    from scipy.optimize import brentq

    size = _below_merger(strength)

    def excess(g: float) -> float:
        x = np.asarray(np.sqrt(1 - g * g))
        return size * float(np.exp(_exponent(x, g * x))) - g

    g = float(brentq(excess, 0.0, 1.0, xtol=1e-16)) if size > 0 else 0.0
    x = float(np.sqrt(1 - g * g))
    return (x, g * x), (-x, -g * x)


def linearisation(x: float, y: float, strength: float) -> Array:
    """Return the matrix [1/time] of first derivatives of the drift, d b_i/d x_j.

    >>> np.linalg.eigvals(linearisation(0.0, 0.0, 0.5)).round(6).tolist()
    [0.766694, -0.766694]
    """
    a, b = scalar(real("x", x), "x"), scalar(real("y", y), "y")
    jx, jy = force(a, b, strength)
    size = scalar(real("strength", strength), "strength") * float(np.exp(_exponent(np.asarray(a), np.asarray(b))))
    left, up = -a * (1 + b * b), b * (1 - a * a - b * b)  # the gradient of Phi - r^4/4
    return np.array([[1 - 3 * a * a + jx * left, jx * up - size], [size + jy * left, jy * up - 1]])


def focus_frequency(strength: float) -> float:
    """Return the angular frequency sqrt(lambda^2 e^(1/2) - 1) [1/time] near the origin, lambda > e^(-1/4).

    >>> round(focus_frequency(1.5), 10)
    1.6460932109
    """
    size = scalar(positive("strength", strength, "the strength of the circulating force"), "strength")
    if not size > CRITICAL_STRENGTH:
        refuse(
            "The origin is a saddle, nothing turns around it.",
            given=f"strength={size:.6g}",
            accepted=f"strength > {CRITICAL_STRENGTH:.6g}",
            hint="linearisation(0, 0, strength) for the two real rates",
        )
    return float(np.sqrt(size**2 * np.exp(0.5) - 1))


def _exponent(x: Array, y: Array) -> Array:
    """Return Phi - r^4/4, the fourth powers of x cancelled by hand."""
    return 0.25 - x * x / 2 + y * y / 2 - x * x * y * y / 2 - y**4 / 4


def _below_merger(strength: float) -> float:
    size = scalar(real("strength", strength), "strength")
    if 0 <= size < CRITICAL_STRENGTH:
        return size
    refuse(
        "The two sinks of the drift exist only below the strength at which they merge.",
        given=f"strength={size:.6g}",
        accepted=f"0 <= strength < {CRITICAL_STRENGTH:.6g}",
        hint="above it the origin attracts everything, see focus_frequency",
    )

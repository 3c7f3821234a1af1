"""A Brownian searcher that starts again: mean search time, the best rate, and the law it settles to.

The searcher has the diffusion coefficient D and is put back to its start, a distance L from the target, at the rate r.
With z = L sqrt(r/D) the mean time is (exp(z) - 1)/r; it is least where z/2 = 1 - exp(-z).

References
----------
Evans and Majumdar, Phys. Rev. Lett. 106 (2011) 160601; Evans and Majumdar, J. Phys. A 47 (2014) 285001 (disc);
Reuveni, Phys. Rev. Lett. 116 (2016) 170601 (scatter at the best rate).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from fokker.theory._check import Floats, positive, real, refuse, tidy


def mean_time(rate: ArrayLike, distance: ArrayLike = 1.0, diffusion: ArrayLike = 1.0) -> Floats:
    """Return the mean time (exp(z) - 1)/r, z = L sqrt(r/D), to a point on the line [time].

    Parameters
    ----------
    rate
        r > 0 [1/time].
    distance
        L > 0, from the start to the target [x].
    diffusion
        D > 0 [x^2/time].

    Examples
    --------
    >>> round(mean_time(1.0), 12)  # e - 1
    1.718281828459
    """
    r, _, _, z = _scaled(rate, distance, diffusion)
    return tidy(np.expm1(z) / r)


def variance(rate: ArrayLike, distance: ArrayLike = 1.0, diffusion: ArrayLike = 1.0) -> Floats:
    """Return the variance (exp(2 z) - 1 - z exp(z))/r^2 of the search time [time^2].

    Examples
    --------
    >>> round(variance(1.0), 12)
    3.670774270472
    """
    r, _, _, z = _scaled(rate, distance, diffusion)
    return tidy((np.expm1(2 * z) - z * np.exp(z)) / r**2)


def best_parameter() -> float:
    """Return the root z = 1.5936... of z/2 = 1 - exp(-z), by Lambert's function.

    Examples
    --------
    >>> round(best_parameter(), 12)
    1.59362426004
    """
    return float(2.0 + special.lambertw(-2.0 * np.exp(-2.0)).real)


def best_rate(distance: ArrayLike = 1.0, diffusion: ArrayLike = 1.0) -> Floats:
    """Return the rate z^2 D/L^2 at which the mean time is least [1/time].

    Examples
    --------
    >>> round(best_rate(), 12)
    2.539638282188
    """
    length = positive("distance", distance, "the way from the start to the target")
    return tidy(best_parameter() ** 2 * positive("diffusion", diffusion, "a diffusion coefficient") / length**2)


def mean_time_disc(rate: ArrayLike, distance: ArrayLike, radius: ArrayLike, diffusion: ArrayLike = 1.0) -> Floats:
    """Return the mean time (K_0(a R)/K_0(a L) - 1)/r, a = sqrt(r/D), to a disc in the plane [time].

    Parameters
    ----------
    rate
        r > 0 [1/time].
    distance
        L > R, from the start to the centre of the disc [x].
    radius
        R > 0 [x].
    diffusion
        D > 0 [x^2/time].

    Examples
    --------
    >>> round(mean_time_disc(4.0, 1.5, 0.5), 10)
    2.7798679103
    """
    r, length, _, z = _scaled(rate, distance, diffusion)
    size = positive("radius", radius, "the radius of the target")
    if not np.all(size < length):
        refuse(
            "The searcher starts within the target.",
            given=f"radius={radius!r}, distance={distance!r}",
            accepted="radius < distance",
            hint="the time is zero there",
        )
    return tidy((special.k0(z * size / length) / special.k0(z) - 1) / r)


def stationary_density(x: ArrayLike, rate: ArrayLike, diffusion: ArrayLike = 1.0, centre: ArrayLike = 0.0) -> Floats:
    """Return Laplace's density (a/2) exp(-a |x - centre|), a = sqrt(r/D), of the searcher without a target [1/x].

    Examples
    --------
    >>> stationary_density(0.0, 4.0)
    1.0
    """
    r = positive("rate", rate, "a rate of resetting")
    a = np.sqrt(r / positive("diffusion", diffusion, "a diffusion coefficient"))
    return tidy(a / 2 * np.exp(-a * np.abs(real("x", x) - real("centre", centre))))


def _scaled(rate: ArrayLike, distance: ArrayLike, diffusion: ArrayLike) -> tuple[Floats, Floats, Floats, Floats]:
    r = positive("rate", rate, "a rate of resetting; without it the mean time is infinite")
    length = positive("distance", distance, "the way from the start to the target")
    d = positive("diffusion", diffusion, "a diffusion coefficient")
    return r, length, d, length * np.sqrt(r / d)

"""Brownian motion with diffusion coefficient D in balls and shells of any dimension.

The mean time to leave a ball solves D Lap T = -1; its second moment D Lap T2 = -2 T.

References
----------
Redner, A Guide to First-Passage Processes (2001), chapter 6.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fokker.theory import _multiprecision
from fokker.theory._check import Array, Floats, not_negative, positive, refuse, show, tidy, whole


def ball_mean(distance: ArrayLike, radius: ArrayLike, dimension: int, diffusion: ArrayLike = 1.0) -> Floats:
    """Return the mean time (R^2 - r^2)/(2 d D) [time] to leave a ball from the distance r to its centre.

    Examples
    --------
    >>> ball_mean(0.0, 1.0, dimension=2)
    0.25
    """
    r, big, d, noise = _ball(distance, radius, dimension, diffusion)
    return tidy((big**2 - r**2) / (2 * d * noise))


def ball_second_moment(distance: ArrayLike, radius: ArrayLike, dimension: int, diffusion: ArrayLike = 1.0) -> Floats:
    """Return the second moment (R^2 - r^2)((d + 4) R^2 - d r^2)/(4 d^2 (d + 2) D^2) [time^2] of that time.

    Examples
    --------
    >>> ball_second_moment(0.0, 1.0, dimension=2)
    0.09375
    """
    r, big, d, noise = _ball(distance, radius, dimension, diffusion)
    return tidy((big**2 - r**2) * ((d + 4) * big**2 - d * r**2) / (4 * d**2 * (d + 2) * noise**2))


def ball_slowest_rate(radius: ArrayLike, dimension: int, diffusion: ArrayLike = 1.0) -> Floats:
    """Return the slowest decay rate D (j/R)^2 [1/time], j the first zero of the Bessel function J_{d/2-1}.

    Examples
    --------
    >>> [round(ball_slowest_rate(1.0, d), 12) for d in (1, 2, 3)]  # pi^2/4, j_01^2, pi^2
    [2.467401100272, 5.783185962947, 9.869604401089]
    """
    d = whole("dimension", dimension, least=1)
    big, noise = positive("radius", radius, "a radius"), positive("diffusion", diffusion, "a diffusion")
    if d == 1:  # the first zero of a cosine
        zero = np.pi / 2
    else:
        mp = _multiprecision.load()
        zero = float(mp.besseljzero(mp.mpf(d) / 2 - 1, 1))
    return tidy(noise * (zero / big) ** 2)


def shell_mean(
    distance: ArrayLike, inner: ArrayLike, outer: ArrayLike, dimension: int, diffusion: ArrayLike = 1.0
) -> Floats:
    """Return the mean time [time] to reach the inner sphere of a shell whose outer sphere reflects.

    [(R1^2 - r^2)/(2 d) + (R2^d/d) int_{R1}^r q^(1-d) dq]/D.

    Examples
    --------
    >>> round(shell_mean(2.0, 1.0, 3.0, dimension=2), 12), round(shell_mean(2.0, 1.0, 3.0, dimension=3), 12)
    (2.36916231252, 4.0)
    """
    small, noise = positive("inner", inner, "a radius"), positive("diffusion", diffusion, "a diffusion")
    r, big, d = positive("distance", distance, "a distance"), positive("outer", outer, "a radius"), dimension
    d = whole("dimension", dimension, least=1)
    if not np.all((small <= r) & (r <= big)):
        _outside(distance, f"{show(inner)} <= distance <= {show(outer)}")
    reach = np.log(r / small) if d == 2 else (small ** (2.0 - d) - r ** (2.0 - d)) / (d - 2)
    return tidy(((small**2 - r**2) / (2 * d) + big**d / d * reach) / noise)


def _ball(
    distance: ArrayLike, radius: ArrayLike, dimension: int, diffusion: ArrayLike
) -> tuple[Array, Array, int, Array]:
    r, big = not_negative("distance", distance, "a distance"), positive("radius", radius, "a radius")
    if not np.all(r <= big):
        _outside(distance, f"distance <= {show(radius)}")
    return r, big, whole("dimension", dimension, least=1), positive("diffusion", diffusion, "a diffusion")


def _outside(distance: ArrayLike, accepted: str) -> None:
    refuse(
        "The start lies outside.",
        given=f"distance={show(distance)}",
        accepted=accepted,
        hint="distances are measured from the centre",
    )

"""Moments of the linear power-law dynamic as functions of time: a closed, lower-triangular linear system.

    dM_k/dt = -r_k M_k + k (k - 1 + alpha) eta rho M_{k-1} + k (k - 1) (eps/2) M_{k-2},    r_k = delta k (nu -
    k).

A point start has every moment at every finite time; those with k >= nu grow without bound.

References
----------
Wong, Proc. Symp. Appl. Math. 16 (1964) 264; Forman and Sorensen, Scand. J. Statist. 35 (2008) 438 (Pearson
diffusions).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from fokker.theory._check import Array, Floats, convention, not_negative, real, refuse, scalar, tidy, whole
from fokker.theory.power_law import PowerLaw


class Shape(NamedTuple):
    """Mean [x], variance [x^2], skewness [1] and kurtosis [1] (3 for a Gaussian) of a law."""

    mean: float
    variance: float
    skewness: float
    kurtosis: float


def decay_rate(k: int, law: PowerLaw, alpha: float) -> float:
    """Return r_k = delta k (nu - k) [1/time]; negative (growth) for k > nu.

    Examples
    --------
    >>> law = PowerLaw.from_kappa(5.0, eps=0.2, curvature=2.0)
    >>> [round(decay_rate(1, law, alpha), 12) for alpha in (0, 0.5, 1)]  # H (1 - alpha/kappa)
    [2.0, 1.8, 1.6]
    """
    order = whole("k", k)
    return law.delta * order * (law.tail_index(alpha) - order)


def mean_at(time: ArrayLike, law: PowerLaw, alpha: float, start: ArrayLike) -> Floats:
    """Return the mean at a time, x0 exp(-r_1 t) + alpha eta rho (1 - exp(-r_1 t))/r_1 [x].

    Examples
    --------
    >>> round(mean_at(1.0, PowerLaw.from_kappa(5.0, eps=0.2, curvature=2.0), alpha=1, start=0.8), 12)
    0.161517214396
    """
    t, x0 = not_negative("time", time, "a time after the start"), real("start", start)
    rate = decay_rate(1, law, alpha)
    push = scalar(convention(alpha), "alpha") * law.learning_rate * law.rho
    return tidy(x0 * np.exp(-rate * t) + push * _filled(rate, t))


def second_moment_at(time: ArrayLike, law: PowerLaw, alpha: float, start: ArrayLike) -> Floats:
    """Return E x^2 at a time for rho = 0: eps/r_2 + (x0^2 - eps/r_2) exp(-r_2 t).

    Where nu = 2 it is x0^2 + eps t.

    Examples
    --------
    >>> second_moment_at(2.0, PowerLaw.from_kappa(1.5, eps=0.2), alpha=1, start=1.0)
    1.4
    """
    if law.rho != 0:
        refuse(
            "The short form of the second moment is that of uncorrelated noise.",
            given=f"rho={law.rho!r}",
            accepted="rho = 0",
            hint="moments_at, for every rho",
        )
    t, x0 = not_negative("time", time, "a time after the start"), real("start", start)
    rate = decay_rate(2, law, alpha)
    return tidy(x0**2 * np.exp(-rate * t) + law.eps * _filled(rate, t))


def moments_at(time: float, law: PowerLaw, alpha: float, initial: Sequence[float]) -> Array:
    """Return (M_0, ..., M_K) at one time from those at time 0, by the exponential of the moment matrix.

    Parameters
    ----------
    time
        t >= 0 [time].
    law, alpha
        Parameters and convention.
    initial
        Moments of the initial law, M_0 = 1 first; `point(x0, K)` for a point.

    Examples
    --------
    >>> law = PowerLaw.from_kappa(5.0, eps=0.2, curvature=2.0)
    >>> moments_at(1.0, law, 1, point(0.8, 4)).round(9).tolist()
    [1.0, 0.161517214, 0.106003436, 0.055887217, 0.052699294]
    """
    from scipy.linalg import expm

    t = scalar(not_negative("time", time, "a time after the start"), "time")
    start = real("initial", np.asarray(initial))
    if start.ndim != 1 or start.size == 0 or start[0] != 1:
        refuse(
            "The moments of the initial law start with M_0 = 1.",
            given=f"initial={np.array2string(start, threshold=5)}",
            accepted="(1, M_1, M_2, ...)",
            hint="moment_dynamics.point(x0, 4) for a start at a point",
        )
    matrix = moment_matrix(start.size - 1, law, alpha)
    return np.asarray(expm(matrix * t) @ start, dtype=float)


def moment_matrix(order: int, law: PowerLaw, alpha: float) -> Array:
    """Return the matrix A [1/time] of dM/dt = A M for (M_0, ..., M_order).

    Examples
    --------
    >>> moment_matrix(2, PowerLaw.from_kappa(1.0, eps=0.2), alpha=0).tolist()
    [[0.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.2, 0.0, -1.0]]
    """
    size = whole("order", order) + 1
    al = scalar(convention(alpha), "alpha")
    matrix = np.zeros((size, size))
    for k in range(1, size):
        matrix[k, k] = -decay_rate(k, law, al)
        matrix[k, k - 1] = k * (k - 1 + al) * law.learning_rate * law.rho
        if k >= 2:
            matrix[k, k - 2] = k * (k - 1) / 2 * law.eps
    return matrix


def point(start: float, order: int) -> Array:
    """Return the moments (1, x0, x0^2, ...) of a start at a point.

    >>> point(2.0, 3).tolist()
    [1.0, 2.0, 4.0, 8.0]
    """
    return np.asarray(scalar(real("start", start), "start") ** np.arange(whole("order", order) + 1.0))


def shape_at(time: float, law: PowerLaw, alpha: float, initial: Sequence[float]) -> Shape:
    """Return mean, variance, skewness and kurtosis at one time, from four initial moments.

    Examples
    --------
    >>> law = PowerLaw.from_kappa(5.0, eps=0.2, curvature=2.0)
    >>> round(shape_at(1.0, law, 1, point(0.8, 4)).kurtosis, 9)
    4.876369366
    """
    if len(initial) < 5:
        refuse(
            "The kurtosis needs the initial moments up to the fourth.",
            given=f"{len(initial)} moments",
            accepted="(1, M_1, M_2, M_3, M_4)",
            hint="moment_dynamics.point(x0, 4)",
        )
    _, m1, m2, m3, m4 = moments_at(time, law, alpha, initial[:5])
    variance = m2 - m1**2
    third = m3 - 3 * m1 * m2 + 2 * m1**3
    fourth = m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4
    if variance <= 0:
        return Shape(float(m1), 0.0, 0.0, 3.0)
    return Shape(float(m1), float(variance), float(third / variance**1.5), float(fourth / variance**2))


def _filled(rate: float, t: Array) -> Array:
    """Return (1 - exp(-rate t))/rate, and t where the rate is zero."""
    return t if rate == 0 else np.asarray(-np.expm1(-rate * t) / rate)

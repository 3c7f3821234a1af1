"""Escape over a barrier in the overdamped limit: dx = -V'(x) dt + sqrt(2 D) dW, from a well a over a barrier
b.

The rate is k = (1/2 pi) sqrt(V''_a |V''_b|) exp(-dV/D), asymptotic for D << dV. The mean time from well to
well is 1/k; the mean time from the well to the top itself is half of it, because from the top half of the
paths return.

References
----------
Kramers, Physica 7 (1940) 284; Haenggi, Talkner, Borkovec, Rev. Mod. Phys. 62 (1990) 251, section VII;
Gardiner, Handbook of Stochastic Methods, section 5.2.7.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fokker.theory._check import Array, Floats, convention, exponential, positive, real, refuse, tidy

LOG_TWO_PI = float(np.log(2 * np.pi))


def log_time(
    diffusion: ArrayLike, barrier: ArrayLike, curvature_well: ArrayLike, curvature_barrier: ArrayLike
) -> Floats:
    """Return ln of the Kramers time, see :func:`time`; it serves barriers beyond 700 D.

    >>> round(log_time(1.0, 1000.0, 1.0, 1.0), 6)
    1001.837877
    """
    d = positive("diffusion", diffusion, "the noise strength D")
    return tidy(LOG_TWO_PI + _height(barrier) / d - np.log(_curvatures(curvature_well, curvature_barrier)) / 2)


def time(diffusion: ArrayLike, barrier: ArrayLike, curvature_well: ArrayLike, curvature_barrier: ArrayLike) -> Floats:
    """Return the Kramers time 2 pi exp(dV/D)/sqrt(V''_a |V''_b|) from well to well.

    Parameters
    ----------
    diffusion
        D > 0 [x^2/time] (unit mobility: D is the temperature in units of V).
    barrier
        dV = V(b) - V(a) > 0, in the units of D.
    curvature_well, curvature_barrier
        V''(a) and |V''(b)|, both positive [1/time].

    Returns
    -------
    float or array
        Mean time to leave for the next minimum [time], to leading order in D/dV.

    Raises
    ------
    FokkerError
        A parameter is not positive, or the time is too large for a double (use `log_time`).

    Examples
    --------
    >>> round(time(0.1, 0.25, 2.0, 1.0), 6)  # exact: 66.268626
    54.125395
    """
    return exponential(log_time(diffusion, barrier, curvature_well, curvature_barrier), "kramers.log_time")


def rate(diffusion: ArrayLike, barrier: ArrayLike, curvature_well: ArrayLike, curvature_barrier: ArrayLike) -> Floats:
    """Return the Kramers rate k [1/time], the reciprocal of :func:`time`.

    Examples
    --------
    >>> round(rate(0.1, 0.25, 2.0, 1.0), 9)
    0.018475616
    """
    return tidy(np.exp(-np.asarray(log_time(diffusion, barrier, curvature_well, curvature_barrier))))


def correction(
    well: tuple[ArrayLike, ArrayLike, ArrayLike], barrier_top: tuple[ArrayLike, ArrayLike, ArrayLike]
) -> Floats:
    """Return c in: exact mean time from well to well = Kramers time (1 + c D + O(D^2)).

    c = [5 V3^2/(24 V2^3) - V4/(8 V2^2)] at the well + [5 V3^2/(24 |V2|^3) + V4/(8 V2^2)] at the top, the next
    term of Laplace's method for the two integrals of the exact time.

    Parameters
    ----------
    well, barrier_top
        (V'', V''', V'''') at the minimum and at the maximum; V'' > 0 at the one, V'' < 0 at the other.

    Examples
    --------
    >>> correction(well=(2, -6, 6), barrier_top=(-1, 0, 6))  # V = x^4/4 - x^2/2
    1.5
    """
    return tidy(laplace_well(well) + laplace_top(barrier_top))


def laplace_well(derivatives: tuple[ArrayLike, ArrayLike, ArrayLike]) -> Array:
    """Return 5 V3^2/(24 V2^3) - V4/(8 V2^2) at a minimum [1/energy].

    >>> float(laplace_well((2, -6, 6)))
    0.75
    """
    v2, v3, v4 = (real("well", v) for v in derivatives)
    positive("well[0]", v2, "the second derivative at a minimum")
    return np.asarray(5 * v3**2 / (24 * v2**3) - v4 / (8 * v2**2))


def laplace_top(derivatives: tuple[ArrayLike, ArrayLike, ArrayLike]) -> Array:
    """Return 5 V3^2/(24 |V2|^3) + V4/(8 V2^2) at a maximum [1/energy].

    >>> float(laplace_top((-1, 0, 6)))
    0.75
    """
    v2, v3, v4 = (real("barrier_top", v) for v in derivatives)
    if not np.all(v2 < 0):
        refuse(
            "The second derivative at the top of a barrier is negative.",
            given=f"barrier_top[0]={v2.tolist()!r}",
            accepted="barrier_top = (V'', V''', V'''') with V'' < 0",
            hint="check that the point is a maximum",
        )
    return np.asarray(5 * v3**2 / (24 * np.abs(v2) ** 3) + v4 / (8 * v2**2))


def rate_state_dependent(
    eps: ArrayLike,
    barrier: ArrayLike,
    curvature_well: ArrayLike,
    curvature_barrier: ArrayLike,
    diffusion_well: ArrayLike,
    diffusion_barrier: ArrayLike,
    alpha: ArrayLike,
) -> Floats:
    """Return the Kramers rate where the noise depends on the state, D(x) = eps d(x).

    k = (1/2 pi) sqrt(V''_a |V''_b|) (d_a/d_b)^(1/2 - alpha) exp(-(Phi_b - Phi_a)/eps), Phi' = V'/d, for the
    drift -V' read in the convention alpha (Ito drift -V' + alpha eps d').

    Parameters
    ----------
    eps
        Strength of the noise.
    barrier
        Phi_b - Phi_a, the barrier of the *generalised* potential.
    curvature_well, curvature_barrier
        V''(a), |V''(b)| (of V, not of Phi).
    diffusion_well, diffusion_barrier
        d(a), d(b).
    alpha
        Convention.

    Examples
    --------
    >>> k = rate_state_dependent(0.05, 0.3377124324867, 2, 1, 1 + np.sin(-1) / 2, 1.0, alpha=1)
    >>> round(k * 3186.22884795, 3)
    1.099
    """
    d_a = positive("diffusion_well", diffusion_well, "the noise d at the minimum")
    d_b = positive("diffusion_barrier", diffusion_barrier, "the noise d at the top")
    plain = np.asarray(rate(eps, barrier, curvature_well, curvature_barrier))
    return tidy(plain * (d_a / d_b) ** (0.5 - convention(alpha)))


def rate_mobility(
    eps: ArrayLike,
    barrier: ArrayLike,
    curvature_well: ArrayLike,
    curvature_barrier: ArrayLike,
    mobility_barrier: ArrayLike,
) -> Floats:
    """Return k = d_b sqrt(U''_a |U''_b|)/(2 pi) exp(-dU/eps) for the flux J = -d (U' p + eps p').

    Only the mobility d_b at the top of the barrier counts.

    Examples
    --------
    >>> rate_mobility(0.1, 0.25, 2, 1, mobility_barrier=3.0) / rate(0.1, 0.25, 2, 1)
    3.0
    """
    d_b = positive("mobility_barrier", mobility_barrier, "the mobility at the top")
    return tidy(d_b * np.asarray(rate(eps, barrier, curvature_well, curvature_barrier)))


def _height(barrier: ArrayLike) -> Array:
    return positive("barrier", barrier, "the height of the barrier, V(b) - V(a)")


def _curvatures(well: ArrayLike, top: ArrayLike) -> Array:
    a = positive("curvature_well", well, "the second derivative at the minimum")
    return a * positive("curvature_barrier", top, "the magnitude of the second derivative at the top")

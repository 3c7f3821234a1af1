"""Escape without a potential: the process of Maier and Stein,

    dx = (x - x^3 - a x y^2) dt + sqrt(eps) dW1,    dy = -m (1 + x^2) y dt + sqrt(eps) dW2.

It has sinks at (-1, 0) and (1, 0), a saddle at the origin and the line x = 0 between them. Only for a = m is the
drift a gradient. For a below a_c = 2 m (1 + m) the most probable way out runs along the axis, whose
quasi-potential is that of one dimension, and the rate from sink to sink is, for eps << 1,

    k = (K/pi) e^(-1/(2 eps)),    K^2 = Gamma(1 + m - p) Gamma(1 + m - q)/[Gamma(1 + 2 m) Gamma(m)],

p, q = [1 - m +- sqrt((1 - m)^2 + 4 a)]/2. At a_c the prefactor diverges: there the way out forks.

The prefactor K is the amplitude of the wave function along the axis: with u = x - x^3 the curvature z of the
quasi-potential across the axis obeys u z' = z^2 - 2 m (1 + x^2) z + 4 a x u, z = 4 m at the sink, and ln K' =
(z/2 - m (1 + x^2))/u. The substitution z = -u f'/f makes it a hypergeometric equation in x^2.

References
----------
Maier and Stein, Phys. Rev. Lett. 71 (1993) 1783; J. Stat. Phys. 83 (1996) 291; SIAM J. Appl. Math. 57 (1997) 752.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, loggamma

from fokker.theory._check import Array, Floats, exponential, not_negative, positive, refuse, tidy

BARRIER = 0.5  # of the quasi-potential W in e^(-W/eps)


def drift(x: ArrayLike, y: ArrayLike, alpha: float, mu: float) -> tuple[Floats, Floats]:
    """Return the drift [x/time].

    >>> drift(1.0, 1.0, alpha=2.0, mu=1.0)
    (-2.0, -2.0)
    """
    a, b = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    return tidy(a - a**3 - alpha * a * b * b), tidy(-mu * b * (1 + a * a))


def critical_alpha(mu: ArrayLike) -> Floats:
    """Return a_c = 2 m (1 + m), beyond which the most probable way out leaves the axis.

    >>> critical_alpha(1.0)
    4.0
    """
    m = positive("mu", mu, "the restoring rate across the axis")
    return tidy(2 * m * (1 + m))


def prefactor(alpha: ArrayLike, mu: ArrayLike) -> Floats:
    """Return K, one for the gradient case a = m.

    Parameters
    ----------
    alpha, mu
        0 <= a < a_c and m > 0.

    Raises
    ------
    FokkerError
        A parameter is out of range, or a >= a_c.

    Examples
    --------
    >>> [round(prefactor(a, 1.0), 12) for a in (1.0, 2.0, 3.0)]
    [1.0, 1.518101735297, 2.701058061697]
    """
    a, m = _parameters(alpha, mu)
    root = np.sqrt((1 - m) ** 2 + 4 * a)
    sides = [loggamma(1 + m - (1 - m + sign * root) / 2) for sign in (1, -1)]
    return tidy(np.exp((sides[0] + sides[1] - gammaln(1 + 2 * m) - gammaln(m)) / 2))


def log_rate(eps: ArrayLike, alpha: ArrayLike, mu: ArrayLike) -> Floats:
    """Return ln of the rate, see :func:`rate`; it serves every small eps.

    >>> round(log_rate(5e-4, 1.0, 1.0) + 1000, 12)  # -ln(pi)
    -1.144729885849
    """
    noise = positive("eps", eps, "the noise strength, D = eps/2")
    return tidy(np.log(np.asarray(prefactor(alpha, mu)) / np.pi) - BARRIER / noise)


def rate(eps: ArrayLike, alpha: ArrayLike, mu: ArrayLike) -> Floats:
    """Return the rate k [1/time] from sink to sink, to leading order in eps.

    The mean time from a sink to the line x = 0 is 1/(2 k), and 2 k is the slowest eigenvalue.

    >>> round(rate(0.1, 2.0, 1.0), 12)
    0.003255956503
    """
    return tidy(np.exp(np.asarray(log_rate(eps, alpha, mu))))


def exit_time(eps: ArrayLike, alpha: ArrayLike, mu: ArrayLike) -> Floats:
    """Return 1/(2 k) [time], the mean time from a sink to the line x = 0, to leading order in eps.

    >>> round(exit_time(0.1, 1.0, 1.0), 6)  # pi e^5/2
    233.126845
    """
    return exponential(-np.asarray(log_rate(eps, alpha, mu)) - np.log(2), "-maier_stein.log_rate")


def _parameters(alpha: ArrayLike, mu: ArrayLike) -> tuple[Array, Array]:
    m = positive("mu", mu, "the restoring rate across the axis")
    a = not_negative("alpha", alpha, "the push towards the line x = 0 off the axis")
    critical = np.asarray(critical_alpha(m))
    if np.all(a < critical):
        return a, m
    refuse(
        "From a_c = 2 m (1 + m) on the most probable way out leaves the axis; the formula ends there.",
        given=f"alpha={a.tolist()!r}, mu={m.tolist()!r}",
        accepted=f"alpha < {critical.tolist()!r}",
        hint="a numerical minimum-action path beyond it",
    )

"""First passage of the Ornstein-Uhlenbeck process dX = -theta X dt + sqrt(2 D) dW to a level b, from x < b.

In z = x sqrt(theta/D) and in units of 1/theta (D_p the parabolic cylinder function, Phi the normal
distribution):

    E e^(-s tau) = e^((x^2 - b^2)/4) D_{-s}(-x)/D_{-s}(-b),    E tau = sqrt(2 pi) int_x^b e^(y^2/2) Phi(y) dy.

References
----------
Siegert, Phys. Rev. 81 (1951) 617; Darling and Siegert, Ann. Math. Statist. 24 (1953) 624;
Ricciardi and Sato, J. Appl. Probab. 25 (1988) 43.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import erfcx

from fokker.theory import _multiprecision
from fokker.theory._check import not_negative, positive, real, refuse, scalar

DPS = 30
LARGEST_LEVEL = 36.0  # sqrt(2) times the largest argument of erfcx


def mean_time(start: float, level: float, *, rate: float = 1.0, diffusion: float = 1.0) -> float:
    """Return the mean time [time] to reach the level from below.

    Parameters
    ----------
    start, level
        x <= b [x].
    rate, diffusion
        theta > 0 [1/time], D > 0 [x^2/time].

    Examples
    --------
    >>> round(mean_time(0.0, 1.0), 12)
    2.093406649678
    """
    x, b, theta = _scaled(start, level, rate, diffusion)
    if b > LARGEST_LEVEL:
        refuse(
            "The mean time is too large for a double.",
            given=f"a level of {b:.6g} standard deviations",
            accepted=f"levels below {LARGEST_LEVEL:g} standard deviations",
            hint="mean_time_mp",
        )
    return _siegert_integral(x / np.sqrt(2), b / np.sqrt(2)) / theta


def mean_time_mp(start: Any, level: Any, dps: int = 30) -> Any:
    """Return the mean time as an mpmath number, theta = D = 1.

    Examples
    --------
    >>> import mpmath
    >>> mpmath.nstr(mean_time_mp(-1, 2), 20)
    '11.330317410648755505'
    """
    mp = _multiprecision.load()
    with mp.workdps(_multiprecision.digits(dps) + 10):
        x, b = mp.mpf(start), mp.mpf(level)
        _ordered(float(x), float(b))
        return mp.sqrt(2 * mp.pi) * mp.quad(lambda y: mp.exp(y * y / 2) * mp.ncdf(y), mp.linspace(x, b, 5))


def laplace_transform(s: float, start: float, level: float, *, rate: float = 1.0, diffusion: float = 1.0) -> float:
    """Return E e^(-s tau) [1] for s >= 0 [1/time], by the parabolic cylinder function (mpmath).

    Examples
    --------
    >>> round(laplace_transform(1.0, 0.0, 1.0), 12)
    0.36045310947
    """
    x, b, theta = _scaled(start, level, rate, diffusion)
    mp = _multiprecision.load()
    power = scalar(not_negative("s", s, "the variable of the transform"), "s") / theta
    with mp.workdps(DPS):
        return float(_transform(mp, mp.mpf(power), mp.mpf(x), mp.mpf(b)))


def second_moment(start: float, level: float, *, rate: float = 1.0, diffusion: float = 1.0) -> float:
    """Return E tau^2 [time^2], the second derivative of the transform at zero.

    Examples
    --------
    >>> round(second_moment(0.0, 1.0), 10)
    10.2243792033
    """
    x, b, theta = _scaled(start, level, rate, diffusion)
    mp = _multiprecision.load()
    with mp.workdps(2 * DPS):
        moment = mp.diff(lambda s: _transform(mp, s, mp.mpf(x), mp.mpf(b)), 0, 2)
    return float(moment) / theta**2


def siegert(reset: float, threshold: float, mean: float, sigma: float, tau: float = 1.0) -> float:
    """Return the mean time between spikes of the leaky integrate-and-fire neuron [time], without dead time.

    tau sqrt(pi) int e^(u^2) (1 + erf u) du from (V_r - mean)/sigma to (V_th - mean)/sigma; the free
    stationary variance is sigma^2/2, the time constant tau.

    Examples
    --------
    >>> round(siegert(-1.0, 2.0, mean=0.0, sigma=2**0.5), 12)  # the process above, from -1 to 2
    11.330317410649
    """
    wide = scalar(positive("sigma", sigma, "the strength of the noise"), "sigma")
    middle = scalar(real("mean", mean), "mean")
    low, high = ((scalar(real(n, v), n) - middle) / wide for n, v in (("reset", reset), ("threshold", threshold)))
    _ordered(low, high)
    return scalar(positive("tau", tau, "a time constant"), "tau") * _siegert_integral(low, high)


def two_sided_mean(half_width: float, *, rate: float = 1.0, diffusion: float = 1.0) -> float:
    """Return the mean time [time] to leave (-a, a) from 0: (a^2/2) 2F2(1, 1; 3/2, 2; a^2/2), a in z.

    Examples
    --------
    >>> round(two_sided_mean(1.0), 12)
    0.595749318513
    """
    _, a, theta = _scaled(0.0, half_width, rate, diffusion)
    mp = _multiprecision.load()
    with mp.workdps(DPS):
        half = mp.mpf(a) ** 2 / 2
        return float(half * mp.hyp2f2(1, 1, mp.mpf(3) / 2, 2, half) / theta)


def two_sided_laplace(s: float, half_width: float, *, rate: float = 1.0, diffusion: float = 1.0) -> float:
    """Return E e^(-s tau) of the exit from (-a, a), started at 0: 1/M(s/2, 1/2, a^2/2).

    Examples
    --------
    >>> round(two_sided_laplace(1.0, 1.0), 12)  # e^(-1/2)
    0.606530659713
    """
    _, a, theta = _scaled(0.0, half_width, rate, diffusion)
    power = scalar(not_negative("s", s, "the variable of the transform"), "s") / theta
    mp = _multiprecision.load()
    with mp.workdps(DPS):
        return float(1 / mp.hyp1f1(mp.mpf(power) / 2, mp.mpf(1) / 2, mp.mpf(a) ** 2 / 2))


def _siegert_integral(low: float, high: float) -> float:
    """Return sqrt(pi) times the integral of e^(u^2)(1 + erf u) = erfcx(-u), in pieces of at most one half."""
    nodes, weights = np.polynomial.legendre.leggauss(30)
    edges = np.linspace(low, high, max(2, int(np.ceil(2 * (high - low))) + 1))
    half = np.diff(edges)[:, None] / 2
    points = edges[:-1, None] + half * (1 + nodes)
    return float(np.sqrt(np.pi) * np.sum(half * weights * erfcx(-points)))


def _transform(mp: Any, s: Any, x: Any, b: Any) -> Any:
    return mp.exp((x * x - b * b) / 4) * mp.pcfd(-s, -x) / mp.pcfd(-s, -b)


def _scaled(start: float, level: float, rate: float, diffusion: float) -> tuple[float, float, float]:
    theta = scalar(positive("rate", rate, "the restoring rate theta"), "rate")
    unit = np.sqrt(theta / scalar(positive("diffusion", diffusion, "the noise strength D"), "diffusion"))
    x, b = scalar(real("start", start), "start"), scalar(real("level", level), "level")
    _ordered(x, b)
    return float(x * unit), float(b * unit), theta


def _ordered(low: float, high: float) -> None:
    if not low <= high:
        refuse(
            "The process starts below the level.",
            given=f"start={low:.6g}, level={high:.6g}",
            accepted="start <= level",
            hint="mirror the problem, x -> -x, for a level below the start",
        )

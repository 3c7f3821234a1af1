"""Hitting times of the square-root process dX = kappa (theta - X) dt + sigma sqrt(X) dW (Feller; Cox, Ingersoll, Ross).

In y = 2 kappa x/sigma^2 and time 1/kappa the drift is nu - y and D = y, with nu = 2 kappa theta/sigma^2, Feller's
number; scale s' = e^y y^(-nu), speed m = e^(-y) y^(nu - 1). Zero is reached if and only if nu < 1. Mean times are

    up to b     (1/kappa) int_y^b z^(-nu) e^z gamma(nu, z) dz,    zero reflecting or never reached,
    down to b   (1/kappa) int_b^y z^(-nu) e^z Gamma(nu, z) dz,    also to b = 0 if nu < 1,

and the mean time to leave (0, b), nu < 1, follows from S(y) = y^(1 - nu) M(1 - nu, 2 - nu, y)/(1 - nu).

References
----------
Feller, Ann. Math. 54 (1951) 173; Cox, Ingersoll and Ross, Econometrica 53 (1985) 385; Karlin and Taylor, A Second
Course in Stochastic Processes (1981), section 15.3.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import exp1, gamma, gammaincc, hyp1f1

from fokker.theory._check import Array, not_negative, positive, refuse, scalar

LARGEST = 600.0  # of y: beyond, e^y leaves the doubles
NEAREST = 1e-18  # of y, below which the integral to zero is closed by parts
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(40)


def feller_number(rate: float, mean: float, volatility: float) -> float:
    """Return nu = 2 kappa theta/sigma^2 [1]: zero is reached if it is below 1 (Feller's condition is nu >= 1).

    Examples
    --------
    >>> feller_number(2.0, 0.25, 0.5)
    4.0
    """
    kappa, sigma = (scalar(positive(n, v, "a rate"), n) for n, v in (("rate", rate), ("volatility", volatility)))
    return 2.0 * kappa * scalar(not_negative("mean", mean, "the level of reversion"), "mean") / sigma**2


def time_up(start: float, level: float, *, rate: float, mean: float, volatility: float) -> float:
    """Return the mean time [time] to rise from x to a level b >= x; at zero the process is reflected.

    Parameters
    ----------
    start, level
        0 <= x <= b [x].
    rate, mean, volatility
        kappa > 0 [1/time], theta > 0 [x], sigma > 0 [sqrt(x/time)].

    Examples
    --------
    >>> round(time_up(0.0, 1.0, rate=1.0, mean=1.0, volatility=2**0.5), 12)  # int_0^1 (e^z - 1)/z dz
    1.317902151454
    """
    y, b, nu = _scaled(start, level, rate, mean, volatility)
    _require(y <= b, "The level lies above the start.", f"start={start:g}, level={level:g}", "start <= level")
    _require(nu > 0.0, "Zero absorbs when the mean is zero.", "mean=0", "mean > 0")
    return _panels(lambda z: hyp1f1(1.0, nu + 1.0, z) / nu, y, b) / rate


def time_down(start: float, level: float, *, rate: float, mean: float, volatility: float) -> float:
    """Return the mean time [time] to fall from x to a level b <= x; infinite for b = 0 unless nu < 1.

    Parameters as in `time_up`, and mean = 0 is allowed.

    Examples
    --------
    >>> round(time_down(1.0, 0.0, rate=1.0, mean=0.0, volatility=2**0.5), 12)  # gamma + e E1(1), by parts
    1.173563027225
    >>> time_down(1.0, 0.0, rate=1.0, mean=1.0, volatility=2**0.5)
    inf
    """
    y, b, nu = _scaled(start, level, rate, mean, volatility)
    _require(b <= y, "The level lies below the start.", f"start={start:g}, level={level:g}", "level <= start")
    if y == b:
        return 0.0
    if b == 0.0 and nu >= 1.0:
        return float(np.inf)
    near = max(b, NEAREST * min(1.0, y))
    # int_0^z of u^-nu Gamma(nu, u), by parts; e^u is one to rounding there
    closed = 0.0 if b > 0.0 else float(near ** (1.0 - nu) * _upper(nu, np.array(near)) + near) / (1.0 - nu)
    powers = _panels(lambda t: np.exp(t * (1.0 - nu) + np.exp(t)) * _upper(nu, np.exp(t)), np.log(near), np.log(y))
    return (closed + powers) / rate


def exit_time(start: float, level: float, *, rate: float, mean: float, volatility: float) -> float:
    """Return the mean time [time] to leave (0, b) from x, zero absorbing; nu < 1.

    Parameters as in `time_up`, and mean = 0 is allowed.

    Examples
    --------
    >>> exit_time(0.0, 1.0, rate=1.0, mean=0.0, volatility=1.0)
    0.0
    """
    y, b, nu = _scaled(start, level, rate, mean, volatility)
    _require(y <= b, "The level lies above the start.", f"start={start:g}, level={level:g}", "start <= level")
    _require(nu < 1.0, "Zero is never reached.", f"2 mean rate/volatility^2 = {nu:g}", "less than 1")
    if y in (0.0, b):
        return 0.0

    def factor(z: Array) -> Array:
        """S(z) z^(nu - 1)."""
        return np.asarray(hyp1f1(1.0 - nu, 2.0 - nu, z) / (1.0 - nu))

    here, whole = (float(v ** (1.0 - nu) * factor(np.array(v))) for v in (y, b))

    def over(t: Array) -> Array:
        """(S(b) - S(z)) m(z) z, at t = ln z."""
        z = np.exp(t)
        return np.asarray((whole - z ** (1.0 - nu) * factor(z)) * np.exp(nu * t - z))

    below = _panels(lambda z: factor(z) * np.exp(-z), 0.0, y)
    return ((whole - here) * below + here * _panels(over, np.log(y), np.log(b))) / whole / rate


def _upper(nu: float, z: Array) -> Array:
    """Return Gamma(nu, z)."""
    return np.asarray(exp1(z) if nu == 0.0 else gamma(nu) * gammaincc(nu, z))


def _panels(function: Callable[[Array], Array], low: float, high: float) -> float:
    """Integrate by Gauss's rule on panels of length one or less."""
    if low == high:
        return 0.0
    ends = np.linspace(low, high, 2 + int(high - low))
    half = np.diff(ends) / 2.0
    values = function((ends[:-1] + half)[:, None] + half[:, None] * _NODES)
    return float(half @ (values @ _WEIGHTS))


def _scaled(start: float, level: float, rate: float, mean: float, volatility: float) -> tuple[float, float, float]:
    nu = feller_number(rate, mean, volatility)
    nu = 1.0 if abs(nu - 1.0) < 1e-15 else nu  # a sigma that is a root must not turn the condition over
    y, b = (
        scalar(not_negative(n, v, "a value of the process"), n) * 2.0 * rate / volatility**2
        for n, v in (("start", start), ("level", level))
    )
    _require(max(y, b) <= LARGEST, "The level is too far up for doubles.", f"2 rate level/volatility^2 = {max(y, b):g}",
             f"at most {LARGEST:g}")  # fmt: skip
    return y, b, nu


def _require(good: bool, what: str, given: str, accepted: str) -> None:
    if not good:
        refuse(what, given=given, accepted=accepted, hint="time_up, time_down or exit_time, whichever fits")

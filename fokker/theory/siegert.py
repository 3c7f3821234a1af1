"""The leaky integrate-and-fire neuron with white noise: Siegert's firing rate and the law of its potential.

Below the threshold tau dV = (mu - V) dt + sigma sqrt(tau) dW, a linear process with stationary variance sigma^2/2.
At the threshold the neuron fires, stays silent for the refractory time, and starts again from the reset potential.

References
----------
Siegert, Phys. Rev. 81 (1951) 617; Ricciardi, Diffusion Processes and Related Topics in Biology (Springer 1977);
Brunel and Hakim, Neural Computation 11 (1999) 1621; Brunel, J. Comput. Neurosci. 8 (2000) 183.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import ArrayLike
from scipy import integrate, special

from fokker.errors import FokkerError
from fokker.theory._check import Array, positive, real, refuse, scalar

_HIGHEST = 26.0  # exp(u^2) leaves the range of doubles


def mean_interval(
    drive: float, noise: float = 1.0, threshold: float = 1.0, reset: float = 0.0, time_constant: float = 1.0
) -> float:
    """Return the mean time from the reset to the threshold, sqrt(pi) tau int exp(u^2) (1 + erf u) du [time].

    The integral runs from (reset - drive)/noise to (threshold - drive)/noise.

    Parameters
    ----------
    drive
        mu, the potential to which the neuron relaxes without noise [V].
    noise
        sigma > 0 [V]; the stationary variance is sigma^2/2, the diffusion coefficient sigma^2/(2 tau).
    threshold, reset
        reset < threshold [V].
    time_constant
        tau > 0 of the membrane [time].

    Examples
    --------
    With sigma = sqrt(2): the Ornstein-Uhlenbeck process dX = -X dt + sqrt(2) dW from 0 to 1.

    >>> round(mean_interval(0.0, 2**0.5), 12)
    2.093406649678
    """
    low, high, _ = _limits(drive, noise, threshold, reset)
    tau = scalar(positive("time_constant", time_constant, "a time"), "time_constant")
    parts = max(1, int(np.ceil(2 * (high - low))))
    stops = np.linspace(low, high, parts + 1)
    pieces = [
        integrate.quad(lambda u: special.erfcx(-u), a, b, epsabs=0.0, epsrel=1e-13)[0]
        for a, b in itertools.pairwise(stops)
    ]
    return float(np.sqrt(np.pi) * tau * np.sum(pieces))


def rate(
    drive: float,
    noise: float = 1.0,
    threshold: float = 1.0,
    reset: float = 0.0,
    time_constant: float = 1.0,
    refractory: float = 0.0,
) -> float:
    """Return Siegert's firing rate 1/(refractory + mean_interval) [1/time].

    Parameters as in :func:`mean_interval`; `refractory` is a time >= 0.

    Examples
    --------
    Per second, in millivolts: mu = 20, sigma = 5, threshold 20, reset 10, tau = 20 ms, silent for 2 ms.

    >>> round(rate(20.0, 5.0, 20.0, 10.0, 0.02, 0.002), 6)
    27.340567
    """
    silent = scalar(real("refractory", refractory), "refractory")
    if silent < 0.0:
        refuse("The refractory time is negative.", given=f"{silent}", accepted="a time >= 0", hint="0 for none")
    return 1.0 / (silent + mean_interval(drive, noise, threshold, reset, time_constant))


def density(v: ArrayLike, drive: float, noise: float = 1.0, threshold: float = 1.0, reset: float = 0.0) -> Array:
    """Return the density of the potential of a neuron that is not silent, at potentials v [1/V].

    ``2 tau nu / sigma exp(-y^2) int exp(u^2) du`` with y = (v - mu)/sigma, from max(y, y_reset) to y_threshold, and nu
    the rate without a refractory time; it does not depend on tau.

    Examples
    --------
    >>> density([0.0, 1.0], 0.0, 2**0.5).round(6).tolist()
    [0.57082, 0.0]
    """
    low, high, sigma = _limits(drive, noise, threshold, reset)
    y = (np.atleast_1d(real("v", v)) - drive) / sigma
    start = np.minimum(np.maximum(y, low), high)
    # Dawson's function F: the integral of exp(u^2) from 0 to x is exp(x^2) F(x)
    inner = np.exp(high**2 - y**2) * special.dawsn(high) - np.exp(start**2 - y**2) * special.dawsn(start)
    result: Array = 2.0 / (sigma * mean_interval(drive, noise, threshold, reset)) * np.where(y < high, inner, 0.0)
    return result


def _limits(drive: float, noise: float, threshold: float, reset: float) -> tuple[float, float, float]:
    mu, top, bottom = (scalar(real(n, v), n) for n, v in (("drive", drive), ("threshold", threshold), ("reset", reset)))
    sigma = scalar(positive("noise", noise, "the strength of the noise"), "noise")
    if not bottom < top:
        refuse(
            "The neuron is reset beyond its threshold.",
            given=f"reset={bottom:.6g}, threshold={top:.6g}",
            accepted="reset < threshold",
            hint="check the order of the arguments",
        )
    low, high = (bottom - mu) / sigma, (top - mu) / sigma
    if high > _HIGHEST:
        refuse(
            "The mean interval is too large for a double.",
            given=f"a threshold {high:.4g} noise strengths above the drive",
            accepted=f"at most {_HIGHEST:g}",
            hint="a stronger drive or noise",
            error=FokkerError,
        )
    return low, high, sigma

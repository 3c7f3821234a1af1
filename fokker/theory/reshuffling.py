"""Minibatches with and without replacement: the stationary variance of SGD on quadratic losses, exactly.

N samples with losses h (theta - c_k)^2/2, batch 1, learning rate eta, a = 1 - eta h, s2 the population variance of c.
Drawn with replacement, the variance is eta h s2/(2 - eta h), of order eta. Reshuffled every epoch, it is of order
eta^3 at the end of an epoch and of order eta^2 within it, because every sample is seen once and their pulls cancel.

References
----------
Adhikari et al., arXiv 2306.03521, on SGD with and without replacement; the variances derived here. The order
eta^3 at the end of an epoch: HaoChen and Sra, Random shuffling beats SGD after finite epochs, ICML 2019.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.theory._check import Array, Floats, positive, real, refuse, scalar, tidy, whole


def with_replacement(learning_rate: ArrayLike, curvature: ArrayLike, spread: ArrayLike) -> Floats:
    """Return the stationary variance eta h s2/(2 - eta h) [theta^2], samples drawn with replacement.

    Parameters
    ----------
    learning_rate, curvature
        eta and h, both positive, eta h < 2.
    spread
        s2, the population variance of the minima of the samples.

    Examples
    --------
    >>> round(with_replacement(0.05, 1.0, 0.585), 12)
    0.015
    """
    step = _step(learning_rate, curvature)
    return tidy(step * positive("spread", spread, "a variance") / (2 - step))


def end_of_epoch(learning_rate: ArrayLike, curvature: ArrayLike, spread: ArrayLike, samples: int) -> Floats:
    """Return the stationary variance [theta^2] at the end of an epoch, samples reshuffled every epoch.

    (eta h)^2 s2 (N/(N-1)) [sum a^(2j) - (sum a^j)^2/N]/(1 - a^(2N)), j = 0 .. N-1.

    Examples
    --------
    >>> f"{end_of_epoch(0.05, 1.0, 0.585, 4):.10e}"
    '6.5496467703e-05'
    """
    n = _several(samples)
    step = _step(learning_rate, curvature)
    return tidy(_fresh(step, spread, n, n) / -_power_less_one(step, 2 * n))


def leading_end_of_epoch(learning_rate: ArrayLike, curvature: ArrayLike, spread: ArrayLike, samples: int) -> Floats:
    """Return s2 (eta h)^3 N (N+1)/24, the variance at the end of an epoch for small steps.

    >>> f"{leading_end_of_epoch(0.05, 1.0, 0.585, 4):.3e}"
    '6.094e-05'
    """
    n, step = _several(samples), _step(learning_rate, curvature)
    return tidy(positive("spread", spread, "a variance") * step**3 * n * (n + 1) / 24)


def within_epoch(learning_rate: float, curvature: float, spread: float, samples: int) -> Array:
    """Return the stationary variance [theta^2] after 0, 1, .., N-1 steps of an epoch, reshuffled every epoch.

    Its mean is s2 (eta h)^2 (N+1)/6 for small steps.

    >>> round(float(within_epoch(0.05, 1.0, 0.585, 4).mean()), 10)
    0.0012190625
    """
    n, step = _several(samples), scalar(_step(learning_rate, curvature), "learning_rate")
    start = float(end_of_epoch(learning_rate, curvature, spread, n))
    rows = [(1 - step) ** (2 * j) * start + _fresh(np.asarray(step), spread, n, j) for j in range(n)]
    return np.array(rows, dtype=float)


def langevin_excess(learning_rate: ArrayLike, curvature: ArrayLike, beta: ArrayLike) -> Floats:
    """Return (2 eta/beta)/(1 - a^2), what normal noise of variance 2 eta/beta a step adds to any of the variances.

    Without minibatch noise this is the whole variance; the target 1/(beta h) is its limit for small steps.

    >>> round(langevin_excess(0.05, 1.0, 4.0), 11)
    0.25641025641
    """
    step = _step(learning_rate, curvature)
    noise = 2 * real("learning_rate", learning_rate) / positive("beta", beta, "an inverse temperature")
    return tidy(noise / (step * (2 - step)))


def _fresh(step: Array, spread: ArrayLike, n: int, steps: int) -> Array:
    """Return the variance that so many steps of an epoch add: powers about their mean, so that no digit cancels."""
    less = _power_less_one(step[..., None], np.arange(steps))
    apart = np.sum((less - less.mean(axis=-1, keepdims=True)) ** 2, axis=-1) if steps else np.zeros_like(step)
    whole_sum = steps + np.sum(less, axis=-1)
    shares = (n - steps) / (n * steps) if steps else 0.0
    return np.asarray(
        step**2 * positive("spread", spread, "a variance") * n / (n - 1) * (apart + shares * whole_sum**2)
    )


def _power_less_one(step: Array, power: int | NDArray[np.int_]) -> Array:
    """Return (1 - step)^power - 1, to all digits where the step is small."""
    small = np.minimum(step, 0.5)
    return np.asarray(np.where(step < 0.5, np.expm1(power * np.log1p(-small)), (1 - step) ** power - 1))


def _step(learning_rate: ArrayLike, curvature: ArrayLike) -> Array:
    eta = positive("learning_rate", learning_rate, "the size of a step")
    step = eta * positive("curvature", curvature, "the second derivative of the losses")
    if np.all(step < 2):
        return np.asarray(step)
    refuse(
        "The iterates diverge: the learning rate times the curvature must be below 2.",
        given=f"eta h = {float(np.max(step)):.6g}",
        accepted="eta h < 2",
        hint="a smaller learning rate",
    )


def _several(samples: int) -> int:
    return whole("samples", samples, least=2)

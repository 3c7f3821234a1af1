"""Tail of the real recursion x' = (1 - eta h) x + noise with random h: Kesten's exponent.

P(|x| > R) ~ R^(-mu) where E|1 - eta h|^mu = 1, mu > 0. When |1 - eta h| < 1 for
every sample there is no power tail at all (mu is infinite). For small learning rates eta mu tends to the root t of
E e^(-t h) = 1 (`small_step_limit`); the Ito equation's index nu = 2 kappa + 1 has 2 H/sigma_H in its place, which is
the same only where h is Gaussian, or its mean far below its spread.

References
----------
Kesten, Acta Math. 131 (1973) 207; Goldie, Ann. Appl. Probab. 1 (1991) 126.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fokker.errors import NormalisationError
from fokker.theory._check import Array, not_negative, positive, real, refuse, scalar

LARGEST_EXPONENT = 1e8


def tail_exponent(factors: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Return mu > 0 with E|m|^mu = 1 for the random factor m of x' = m x + noise.

    Parameters
    ----------
    factors
        The values of m, each as likely as the other, or as `weights` say.
    weights
        Probabilities, >= 0; they are divided by their sum.

    Returns
    -------
    float
        mu; infinity when no |m| exceeds 1.

    Raises
    ------
    NormalisationError
        E ln|m| >= 0: the recursion has no stationary law.

    Examples
    --------
    >>> round(tail_exponent([0.5, 2.0], weights=[0.8, 0.2]), 12)  # 2^mu = 4
    2.0
    """
    from scipy.optimize import brentq

    logs, shares = _logarithms(factors, weights)
    drift = float(np.dot(shares, logs)) if np.all(np.isfinite(logs)) else -np.inf
    if drift >= 0:
        refuse(
            "The recursion has no stationary law: E ln|m| must be negative.",
            given=f"E ln|m| = {drift:.6g}",
            accepted="factors that contract on the average of their logarithm",
            hint="a smaller learning rate",
            error=NormalisationError,
        )
    if np.max(logs) <= 0:
        return np.inf

    def excess(mu: float) -> float:
        top = mu * np.max(logs)
        return float(top + np.log(np.dot(shares, np.exp(mu * logs - top))))

    high = 1.0
    while excess(high) <= 0:
        high *= 2
        if high > LARGEST_EXPONENT:
            return np.inf
    low = high / 2
    while excess(low) >= 0:
        low /= 2
    return float(brentq(excess, low, high, xtol=1e-300, rtol=4e-15))


def tail_exponent_sgd(curvatures: ArrayLike, learning_rate: float, weights: ArrayLike | None = None) -> float:
    """Return mu of the recursion with m = 1 - eta h, from the minibatch curvatures h.

    For batches of one, drawn with replacement, the curvatures are those of the samples.

    Examples
    --------
    >>> round(tail_exponent_sgd([0.5, 3.0], learning_rate=0.8), 9)  # the factors 0.6 and -1.4
    1.0
    """
    eta = scalar(positive("learning_rate", learning_rate, "the size of a step"), "learning_rate")
    return tail_exponent(1 - eta * real("curvatures", curvatures), weights)


def small_step_limit(curvatures: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Return the limit t [1/curvature] of eta mu for eta -> 0, the positive root of E e^(-t h) = 1.

    Infinite where no curvature is negative: then small steps contract always, and there is no power tail. The
    Ito equation knows the first two moments of h only and has 2 H/sigma_H in its place.

    Raises
    ------
    NormalisationError
        The mean curvature is not positive.

    Examples
    --------
    >>> round(small_step_limit([-1.0, 1.0], weights=[0.25, 0.75]), 12)  # ln 3
    1.098612288668
    """
    h = real("curvatures", curvatures)
    logs, shares = _logarithms(np.exp(-h), weights)
    if np.dot(shares, logs) >= 0:
        refuse(
            "The recursion has no stationary law: the mean curvature must be positive.",
            given="a mean curvature <= 0",
            accepted="samples whose mean loss has a minimum",
            hint="measure the curvatures at a minimum",
            error=NormalisationError,
        )
    return tail_exponent(np.exp(-h), weights)


def _logarithms(factors: ArrayLike, weights: ArrayLike | None) -> tuple[Array, Array]:
    m = np.abs(np.atleast_1d(real("factors", factors))).ravel()
    w = np.ones(m.size) if weights is None else np.ravel(not_negative("weights", weights, "a probability"))
    if w.size != m.size or m.size == 0 or np.sum(w) <= 0:
        refuse(
            "There must be one weight for each factor, and some of them positive.",
            given=f"{m.size} factors, {w.size} weights",
            accepted="equal numbers",
            hint="leave the weights out for equal ones",
        )
    kept = w > 0
    with np.errstate(divide="ignore"):
        return np.log(m[kept]), np.asarray(w[kept] / np.sum(w))

"""Does SGD itself collapse? Growth of a network of depth 1 near the origin, beyond the stochastic equation.

For the loss (u w x - y)^2 near u = w = 0 a step multiplies u + w by 1 + 2 eta m and u - w by 1 - 2 eta m, m the batch
mean of x y. The network collapses to 0 where both of E ln|1 +- 2 eta m| are negative. To second order in m this is T >
T_c = b2/(a3 + batch b2^2); the stochastic equation has T_c = b2/a3. Both need 2 eta |m| << 1: at large learning rates
the origin repels again.

Samples are y = k x + s e with independent standard normal x and e. Given q, the mean of x^2 over the batch, m is normal
with mean k q and variance s^2 q/batch, and the mean of ln|c + e| over e is an integral of Dawson's function.

References
----------
Ziyin, Li, Ueda, arXiv 2308.06671 (the transition of the stochastic equation); the condition for SGD derived here,
by Furstenberg and Kesten, Ann. Math. Statist. 31 (1960) 457.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.special import dawsn, gammaln

from fokker.theory._check import Array, positive, real, scalar, whole

_FAR = 40.0


def mean_log_distance(c: Array) -> Array:
    """Return E ln|c + e| over a standard normal e: -(euler gamma + ln 2)/2 + sqrt2 int_0^|c| F(t/sqrt2) dt.

    F is Dawson's function. Beyond 40 by the asymptotic series.

    >>> float(mean_log_distance(np.array(0.0)).round(12))
    -0.635181422731
    """
    size = np.abs(np.asarray(c, dtype=float))
    near = np.minimum(size, _FAR)
    edges, table = _dawson_table()
    panel = np.minimum((near / edges[1]).astype(int), len(edges) - 2)
    nodes, weights = np.polynomial.legendre.leggauss(12)
    half = (near - edges[panel]) / 2
    points = (edges[panel] + half)[..., None] + half[..., None] * nodes
    inside = table[panel] + np.sqrt(2) * half * (dawsn(points / np.sqrt(2)) @ weights)
    far = 1 / np.maximum(size, _FAR) ** 2
    outside = np.log(np.maximum(size, _FAR)) - far / 2 - 3 * far**2 / 4 - 5 * far**3 / 2
    return np.asarray(np.where(size < _FAR, inside, outside))


def growth(learning_rate: float, slope: float, noise: float, batch: int = 1, sign: int = 1) -> float:
    """Return E ln|1 +- 2 eta m| [1/step], the growth of u +- w near the origin.

    Parameters
    ----------
    learning_rate
        eta > 0.
    slope, noise
        k and s > 0 in y = k x + s e.
    batch
        Samples a step.
    sign
        1 for u + w, -1 for u - w.

    Examples
    --------
    >>> growth(0.05, 0.1, 1.0) > 0 > growth(0.2, 0.1, 1.0)
    True
    """
    eta = scalar(positive("learning_rate", learning_rate, "the size of a step"), "learning_rate")
    k, s = float(real("slope", slope)), float(positive("noise", noise, "the spread of the labels"))
    b = whole("batch", batch, least=1)
    # q = 2 z/b, z of Gamma law with shape b/2; substituting z = t^2 removes the root at 0
    root, weights = _chi_rule(b)
    width = 2 * eta * s * root * np.sqrt(2.0) / b  # 2 eta s sqrt(q/b)
    middle = 1 + sign * 2 * eta * k * 2 * root**2 / b
    return float(weights @ (np.log(width) + mean_log_distance(middle / width)))


def critical_rates(slope: float, noise: float, batch: int = 1, most: float = 2.5) -> list[float]:
    """Return the learning rates up to `most` times b2 batch/a3 at which `growth` of u + w changes sign.

    The network collapses between the first and the second (which may lie beyond); where the list is empty, nowhere.

    >>> [round(rate, 4) for rate in critical_rates(0.1, 1.0)]
    [0.0917]
    """
    from scipy.optimize import brentq

    k, s, b = float(real("slope", slope)), float(real("noise", noise)), whole("batch", batch, least=1)
    tried = np.geomspace(0.2, most, 60) * b * k / (2 * k * k + s * s)
    values = [growth(float(eta), k, s, b) for eta in tried]
    turns = np.flatnonzero(np.diff(np.sign(values)))
    return [
        float(brentq(lambda eta: growth(eta, k, s, b), tried[at], tried[at + 1], xtol=1e-12)) for at in turns.tolist()
    ]


@lru_cache(maxsize=1)
def _dawson_table() -> tuple[Array, Array]:
    """Return panel edges and the function at them."""
    edges = np.linspace(0.0, _FAR, 161)
    nodes, weights = np.polynomial.legendre.leggauss(16)
    half = edges[1] / 2
    pieces = np.sqrt(2) * half * (dawsn((edges[:-1, None] + half * (1 + nodes)) / np.sqrt(2)) @ weights)
    start = -(np.euler_gamma + np.log(2)) / 2
    return edges, start + np.concatenate([[0.0], np.cumsum(pieces)])


@lru_cache(maxsize=8)
def _chi_rule(batch: int) -> tuple[Array, Array]:
    """Return t and weights for the mean over z = t^2 of Gamma law with shape batch/2."""
    edges = np.linspace(0.0, 9.0 + np.sqrt(batch), 200)
    nodes, weights = np.polynomial.legendre.leggauss(16)
    half = edges[1] / 2
    t = (edges[:-1, None] + half * (1 + nodes)).ravel()
    density = np.log(2.0) + (batch - 1) * np.log(t) - t * t - gammaln(batch / 2)
    return t, np.tile(half * weights, len(edges) - 1) * np.exp(density)

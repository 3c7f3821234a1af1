"""Local entropy: a landscape smoothed by the heat kernel in exp(-beta f), and the slow coordinate that descends it.

    f_g(x) = -(1/beta) ln E exp(-beta f(x + sqrt(g/beta) Z)),    Z normal,

solves the viscous Hamilton-Jacobi equation u_g = -|grad u|^2/2 + Lap u/(2 beta) with u = f at g = 0 (Cole and Hopf).
The scope g is a variance times beta; Entropy-SGD's gamma is its inverse. With averages under exp(-beta [f(y) +
|x - y|^2/(2 g)]),

    grad f_g = (x - <y>)/g,    f_g'' = (1 - beta var(y)/g)/g.

References
----------
Hopf, Comm. Pure Appl. Math. 3 (1950) 201; Chaudhari, Oberman, Osher, Soatto, Carlier, Res. Math. Sci. 5 (2018) 30.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_ndtr, logsumexp

from fokker.theory._check import Array, Floats, not_negative, positive, real, refuse, scalar, tidy

_SPREAD = 9.0  # standard deviations over which averages are taken
_PIECES = 24


def quadratic(x: ArrayLike, scope: ArrayLike, beta: float, h: float) -> Floats:
    """Return f_g for f = h x^2/2: h x^2/(2 (1 + g h)) + ln(1 + g h)/(2 beta).

    Examples
    --------
    >>> round(quadratic(0.7, 0.5, beta=3.0, h=2.0), 15)
    0.360524530093324
    """
    g, b, curvature = _scope(scope), _beta(beta), scalar(positive("h", h, "a curvature"), "h")
    grown = 1 + g * curvature
    return tidy(curvature * real("x", x) ** 2 / (2 * grown) + np.log(grown) / (2 * b))


def absolute(x: ArrayLike, scope: ArrayLike, beta: float) -> Floats:
    """Return f_g for f = |x|, at scopes g > 0.

    Examples
    --------
    >>> round(absolute(0.6, 0.8, beta=1.0), 15)
    0.699836577475299
    """
    g, b, place = positive("scope", scope, "a variance times beta"), _beta(beta), real("x", x)
    root = np.sqrt(g / b)
    right = -b * place + log_ndtr((place - g) / root)
    left = b * place + log_ndtr(-(place + g) / root)
    return tidy(-g / 2 - np.logaddexp(right, left) / b)


def mixture(x: ArrayLike, scope: float, weights: ArrayLike, centres: ArrayLike, variances: ArrayLike) -> Floats:
    """Return f_g at beta = 1 for exp(-f) a mixture of isotropic normal laws in d dimensions.

    Parameters
    ----------
    x
        Points, shape (..., d).
    scope
        g >= 0.
    weights, centres, variances
        Shapes (n,), (n, d) and (n,).

    Examples
    --------
    >>> round(mixture([0.2, -0.3], 0.7, [0.4, 0.6], [[-1, 0], [1, 0.5]], [0.3, 0.5]), 13)
    2.5729787947844
    """
    place, middle = real("x", x), real("centres", centres)
    share, spread = positive("weights", weights, "a share"), positive("variances", variances, "a variance")
    if middle.ndim != 2 or place.shape[-1:] != middle.shape[1:]:
        refuse(
            "The points and the centres lie in the same space.",
            given=f"x of shape {place.shape}, centres of shape {middle.shape}",
            accepted="x of shape (..., d), centres of shape (n, d)",
            hint="x[..., None] for points on a line",
        )
    wide = spread + _scope(scope)
    square = ((place[..., None, :] - middle) ** 2).sum(axis=-1)
    logs = np.log(share) - square / (2 * wide) - middle.shape[1] / 2 * np.log(2 * np.pi * wide)
    return tidy(-logsumexp(logs, axis=-1))


def ripple(x: ArrayLike, scope: ArrayLike, beta: float, a: float, k: float) -> Floats:
    """Return f_g for exp(-beta f) = 1 + a cos(k x), |a| < 1: a turns into a exp(-k^2 g/(2 beta)).

    Examples
    --------
    >>> round(ripple(0.3, 0.4, beta=1.0, a=0.9, k=2.0), 15)
    -0.288003878571717
    """
    g, b, depth, wave = _scope(scope), _beta(beta), scalar(real("a", a), "a"), scalar(real("k", k), "k")
    if abs(depth) >= 1:
        refuse("The weight 1 + a cos(k x) must stay positive.", given=f"a={a!r}", accepted="-1 < a < 1", hint="a=0.9")
    return tidy(-np.log1p(depth * np.exp(-(wave**2) * g / (2 * b)) * np.cos(wave * real("x", x))) / b)


def shock(x: ArrayLike, scope: ArrayLike, beta: float) -> Floats:
    """Return f_g for f = -ln cosh(beta x)/beta: f - g/2. Its slope -tanh(beta x) is a standing viscous shock.

    Examples
    --------
    >>> round(shock(0.0, 1.0, beta=1.0), 15)
    -0.5
    """
    g, b, place = _scope(scope), _beta(beta), np.abs(real("x", x))
    log_cosh = b * place + np.log1p(np.exp(-2 * b * place)) - np.log(2.0)
    return tidy(-log_cosh / b - g / 2)


def smoothed(f: Callable[[Array], Array], x: float, scope: float, beta: float) -> float:
    """Return f_g(x) on the line by quadrature, for a smooth f that nowhere falls with a slope above one.

    Examples
    --------
    >>> round(smoothed(lambda y: y**4 / 4 - y**2 / 2, 0.0, 0.25, beta=1.0), 11)
    -0.08176936936
    """
    b, g = _beta(beta), _positive_scope(scope)
    _, logs = _weighted(f, x, g, b)
    return float(-(logsumexp(logs) - 0.5 * np.log(2 * np.pi * g / b)) / b)


def slope(f: Callable[[Array], Array], x: float, scope: float, beta: float) -> float:
    """Return f_g'(x) = (x - <y>)/g by quadrature.

    Examples
    --------
    >>> round(slope(lambda y: y**4 / 4 - y**2 / 2, 0.4, 0.5, beta=1.0), 12)
    0.071535166976
    """
    g = _positive_scope(scope)
    y, logs = _weighted(f, x, g, _beta(beta))
    weight = np.exp(logs - logsumexp(logs))
    return float((x - weight @ y) / g)


def curvature(f: Callable[[Array], Array], x: float, scope: float, beta: float) -> float:
    """Return f_g''(x) = (1 - beta var(y)/g)/g by quadrature.

    Examples
    --------
    >>> round(curvature(lambda y: y**4 / 4 - y**2 / 2, 0.0, 0.1, beta=1.0), 11)
    -0.73503937734
    """
    b, g = _beta(beta), _positive_scope(scope)
    y, logs = _weighted(f, x, g, b)
    weight = np.exp(logs - logsumexp(logs))
    return float((1 - b * (weight @ (y - weight @ y) ** 2) / g) / g)


def merging_scope(f: Callable[[Array], Array], beta: float, bracket: Sequence[float]) -> float:
    """Return the scope g_c at which two wells mirrored about 0 become one: beta <y^2> = g at x = 0.

    Raises
    ------
    FokkerError
        If the curvature at 0 has the same sign at both ends of the bracket.

    Examples
    --------
    >>> round(merging_scope(lambda y: y**4 / 4 - y**2 / 2, 1.0, (0.1, 1.0)), 12)
    0.395545440409
    """
    from scipy.optimize import brentq

    ends = [curvature(f, 0.0, g, beta) for g in bracket]
    if len(ends) != 2 or ends[0] * ends[1] > 0:
        refuse(
            "The wells do not merge between the two scopes.",
            given=f"bracket={tuple(bracket)!r}, curvature at 0 of {[float(f'{v:.3g}') for v in ends]}",
            accepted="(small, large) scopes, with a curvature below and above zero",
            hint="a wider bracket",
        )
    low, high = bracket
    return float(brentq(lambda g: curvature(f, 0.0, g, beta), low, high, xtol=1e-15, rtol=1e-14))


def slow_rate(h: float, scope: float, eps: float) -> float:
    """Return the slower decay rate of dx = -(x - y)/g ds, dy = -[h y + (y - x)/g]/eps ds + noise.

    Examples
    --------
    >>> [round(slow_rate(2.0, 0.5, eps), 12) for eps in (0.1, 0.01, 0.001)]
    [0.975015605499, 0.997500015625, 0.999750000016]
    """
    stiff, g = scalar(positive("h", h, "a curvature"), "h"), _positive_scope(scope)
    e = scalar(positive("eps", eps, "a ratio of times"), "eps")
    trace, determinant = 1 / g + (stiff + 1 / g) / e, stiff / (g * e)
    return float(2 * determinant / (trace + np.sqrt(trace**2 - 4 * determinant)))


def slow_rate_expansion(h: float, scope: float, eps: float) -> float:
    """Return h/(1 + g h) - eps h/(1 + g h)^3, the slow rate to first order in eps.

    >>> slow_rate_expansion(2.0, 0.5, 0.1)
    0.975
    """
    stiff, g = scalar(positive("h", h, "a curvature"), "h"), _positive_scope(scope)
    grown = 1 + g * stiff
    return float(stiff / grown - scalar(not_negative("eps", eps, "a ratio of times"), "eps") * stiff / grown**3)


def _weighted(f: Callable[[Array], Array], x: float, g: float, beta: float) -> tuple[Array, Array]:
    """Return Gauss-Legendre nodes around x and the logarithms of weight times exp(-beta [f + (x - y)^2/(2 g)])."""
    place = scalar(real("x", x), "x")
    reach = _SPREAD * np.sqrt(g / beta) + g  # a slope of one moves the weight by g
    knots, shares = np.polynomial.legendre.leggauss(20)
    edges = np.linspace(place - reach, place + reach, 2 * _PIECES + 1)
    half = np.diff(edges)[:, None] / 2
    y = (edges[:-1, None] + half * (1 + knots)).ravel()
    weight = (half * shares).ravel()
    return y, np.log(weight) - beta * (np.asarray(f(y), dtype=float) + (place - y) ** 2 / (2 * g))


def _scope(scope: ArrayLike) -> Array:
    return not_negative("scope", scope, "a variance times beta")


def _positive_scope(scope: float) -> float:
    return scalar(positive("scope", scope, "a variance times beta"), "scope")


def _beta(beta: float) -> float:
    return scalar(positive("beta", beta, "an inverse temperature"), "beta")

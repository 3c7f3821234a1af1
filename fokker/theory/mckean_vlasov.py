r"""McKean-Vlasov processes: the drift depends on the law of the process itself.

Attraction to the mean in the double well V = x^4/4 - x^2/2 (Desai and Zwanzig),

    dX = -V'(X) dt - theta (X - <X>) dt + sqrt(2 sigma) dW.

A stationary law is p_m ~ exp(-[V + theta (x - m)^2/2]/sigma) with m = R(m) = <x>_m. Since R'(m) = theta var_m/sigma,
the law with m = 0 loses its stability where theta <x^2>_0 = sigma. There the moments are <x^2> = <x^4> = sigma/theta,
by parts.

Mean-field Langevin dynamics of the energy F = (int h dmu - y)^2/2 + (l/2) int x^2 dmu, convex in mu,

    dX = -[(c - y) h'(X) + l X] dt + sqrt(2 lambda) dW,   c = int h dmu,

has the one stationary law p ~ exp(-[(c - y) h + l x^2/2]/lambda): c -> <h>_c has the slope -var(h)/lambda < 0.

References
----------
Desai and Zwanzig, J. Stat. Phys. 19 (1978) 1; Dawson, J. Stat. Phys. 31 (1983) 29; Hu, Ren, Siska, Szpruch,
Ann. Inst. Henri Poincare 57 (2021) 2043.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from fokker.theory._check import Array, Floats, not_negative, positive, real, scalar, tidy

_KNOTS, _SHARES = np.polynomial.legendre.leggauss(20)
_DEEP = 45.0  # averages stop where the density is exp(-45) of its top


class Response(NamedTuple):
    """Mean and variance under p_m, and the slope R'(m) = theta variance/sigma."""

    mean: float
    variance: float
    slope: float


class FixedPoint(NamedTuple):
    """c = int h dmu, and the slope of the map c -> <h>_c there."""

    value: float
    slope: float


class Moments(NamedTuple):
    """Mean and variance at the times asked."""

    mean: Floats
    variance: Floats


def response(mean: float, noise: float, attraction: float) -> Response:
    """Return the moments under p_m ~ exp(-[x^4/4 - x^2/2 + theta (x - m)^2/2]/sigma), by quadrature.

    Examples
    --------
    >>> round(response(0.70549527320888, 0.3, 1.0).mean, 13)
    0.7054952732089
    """
    m, s, theta = scalar(real("mean", mean), "mean"), _noise(noise), _attraction(attraction)
    slack = 0.5 * theta * (abs(m) + 1) ** 2 / s
    reach = np.sqrt(1 + 2 * np.sqrt(s * (_DEEP + slack)))

    def energy(x: Array) -> Array:
        return np.asarray((0.25 * x**4 - 0.5 * x**2 + 0.5 * theta * (x - m) ** 2) / s)

    x, share = _law(energy, -reach, reach, np.sqrt(s / (1 + theta)))
    middle = float(share @ x)
    variance = float(share @ (x - middle) ** 2)
    return Response(middle, variance, theta * variance / s)


def critical_noise(attraction: float) -> float:
    """Return sigma_c, below which the law with m = 0 is unstable: theta <x^2>_0 = sigma.

    Examples
    --------
    >>> [round(critical_noise(theta), 13) for theta in (0.5, 1.0, 2.0, 4.0)]
    [0.2645048765535, 0.4569465810445, 0.8157865947053, 1.5054127448829]
    """
    theta = _attraction(attraction)
    # sigma_c/theta falls from 1 to 1/3 as theta grows
    return float(
        brentq(lambda s: response(0.0, s, theta).slope - 1, 0.3 * theta, 1.1 * theta, xtol=1e-15 * theta, rtol=1e-15)
    )


def stable_mean(noise: float, attraction: float) -> float:
    """Return the largest root of m = R(m): 0 from sigma_c on, the mean of one of two stable laws below.

    Examples
    --------
    >>> [round(stable_mean(sigma, 1.0), 13) for sigma in (0.2, 0.3, 0.4, 0.45, 0.5)]
    [0.8514788571765, 0.7054952732089, 0.4471064266634, 0.1597584721072, 0.0]
    """
    s, theta = _noise(noise), _attraction(attraction)
    excess = response(0.0, s, theta).slope - 1
    if excess <= 0:
        return 0.0
    # R is concave on m > 0: one root, above a third of the leading m^2 ~ excess, below the bottom of the well
    low = min(0.3, 0.1 * np.sqrt(excess))
    while response(low, s, theta).mean <= low:
        low *= 0.5
    return float(brentq(lambda m: response(m, s, theta).mean - m, low, 1.5, xtol=1e-15, rtol=1e-15))


def amplitude(attraction: float) -> float:
    """Return the limit of m/sqrt(sigma_c - sigma) at the transition.

    From R(m) = G m + k4 (theta/sigma)^3 m^3/6, G = theta <x^2>/sigma: m^2 = -6 (G - 1)/[k4 (theta/sigma)^3]. With
    <x^2> = <x^4> = sigma/theta the cumulant k4 and the slope of G need no further integral.

    Examples
    --------
    >>> round(amplitude(1.0), 10)
    1.922649891
    """
    theta = _attraction(attraction)
    s = critical_noise(theta)
    square = s / theta  # and the fourth moment
    sixth = square * (3 * s - theta + 1)
    covariance = (sixth - square**2) / 4 + (theta - 1) * (square - square**2) / 2  # of x^2 and the energy
    fall = 1 / s - theta * covariance / s**3
    cumulant = square - 3 * square**2
    return float(np.sqrt(-6 * fall * square**3 / cumulant))


def quadratic_moments(
    time: ArrayLike, curvature: float, attraction: float, noise: float, mean: float, variance: float
) -> Moments:
    """Return mean and variance at a time in the well V = a x^2/2, where every normal law stays normal.

    mean = m0 exp(-a t): the attraction acts on the spread alone, which relaxes to sigma/(a + theta) at the rate
    2 (a + theta).

    Examples
    --------
    >>> quadratic_moments(0.0, 1.0, 2.0, 0.3, mean=0.5, variance=0.2)
    Moments(mean=0.5, variance=0.2)
    >>> round(quadratic_moments(50.0, 1.0, 2.0, 0.3, mean=0.5, variance=0.2).variance, 12)
    0.1
    """
    t, a = not_negative("time", time, "a time since the start"), scalar(positive("curvature", curvature, "of V"), "a")
    theta, s = _attraction(attraction), _noise(noise)
    m0, v0 = scalar(real("mean", mean), "mean"), scalar(not_negative("variance", variance, "a variance"), "variance")
    rest = s / (a + theta)
    return Moments(tidy(m0 * np.exp(-a * t)), tidy(rest + (v0 - rest) * np.exp(-2 * (a + theta) * t)))


def expected_feature(
    h: Callable[[Array], Array], value: float, target: float, decay: float, noise: float
) -> FixedPoint:
    """Return <h> under p ~ exp(-[(c - y) h + l x^2/2]/lambda) and its slope in c, -var(h)/lambda; h' within [-1, 1].

    Examples
    --------
    >>> round(expected_feature(np.tanh, 0.642441867011834, 1.0, 0.2, 0.1).value, 13)
    0.6424418670118
    """
    pull = scalar(real("value", value), "value") - scalar(real("target", target), "target")
    weight, s = scalar(positive("decay", decay, "the weight of x^2"), "decay"), _noise(noise)
    reach = np.sqrt(2 * _DEEP * s / weight) + 2 * abs(pull) / weight

    def energy(x: Array) -> Array:
        return np.asarray((pull * np.asarray(h(x), dtype=float) + 0.5 * weight * x**2) / s)

    x, share = _law(energy, -reach, reach, min(np.sqrt(s / weight), s / max(abs(pull), s), 1.0))
    feature = np.asarray(h(x), dtype=float)
    middle = float(share @ feature)
    return FixedPoint(middle, -float(share @ (feature - middle) ** 2) / s)


def fixed_point(h: Callable[[Array], Array], target: float, decay: float, noise: float) -> FixedPoint:
    """Return the one root of c = <h>_c, and the slope of the map there; h' within [-1, 1].

    The map falls, so that the root lies between y and <h>_y. For h = x it is y/(1 + l), and the variance lambda/l.

    Examples
    --------
    >>> found = fixed_point(np.tanh, target=1.0, decay=0.2, noise=0.1)
    >>> round(found.value, 13), round(found.slope, 10)
    (0.6424418670118, -0.7894708334)
    """

    def gap(c: float) -> float:
        return expected_feature(h, c, target, decay, noise).value - c

    ends = sorted((float(target), float(target) + gap(target)))
    root = ends[0] if ends[0] == ends[1] else float(brentq(gap, *ends, xtol=1e-15, rtol=1e-15))
    return FixedPoint(root, expected_feature(h, root, target, decay, noise).slope)


def _law(energy: Callable[[Array], Array], low: float, high: float, width: float) -> tuple[Array, Array]:
    """Return places and the probabilities of exp(-energy) there, by Gauss-Legendre pieces of about one width."""
    edges = np.linspace(low, high, 1 + int(np.ceil((high - low) / min(width, 0.5))))
    half = np.diff(edges)[:, None] / 2
    x = (edges[:-1, None] + half * (1 + _KNOTS)).ravel()
    depth = energy(x)
    share = np.exp(depth.min() - depth) * (half * _SHARES).ravel()
    return x, share / share.sum()


def _noise(noise: float) -> float:
    return scalar(positive("noise", noise, "half the square of what multiplies dW"), "noise")


def _attraction(attraction: float) -> float:
    return scalar(positive("attraction", attraction, "the pull towards the mean"), "attraction")

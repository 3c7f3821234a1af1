"""References for the tests, independent of the library: quadrature of the closed formulas on fine panels.

The one-dimensional process has the scale density ``s' = exp(Phi) D**-alpha`` and the speed density
``m = exp(-Phi) D**(alpha - 1)``, with ``Phi' = -f/D``; nothing else enters.
"""

import numpy as np
from numpy.polynomial.legendre import leggauss


class Process:
    """A process with a closed potential `phi` (in kT) and diffusion `d`; the drift is -D phi'."""

    def __init__(self, phi, slope, d, alpha):
        self.phi, self.slope, self.d, self.alpha = phi, slope, d, alpha

    def drift(self, x):
        return -self.d(x) * self.slope(x)

    def scale(self, x):
        return np.exp(self.phi(x)) * self.d(x) ** -self.alpha

    def speed(self, x):
        return np.exp(-self.phi(x)) * self.d(x) ** (self.alpha - 1)


def integral(function, low, high, panels=200):
    """Return an integral by 20-point Gauss rules; all terms of one sign keep full relative accuracy."""
    nodes, weights = leggauss(20)
    edges = np.linspace(low, high, panels + 1)
    half = 0.5 * np.diff(edges)
    x = (0.5 * (edges[1:] + edges[:-1]))[:, None] + half[:, None] * nodes
    return float((function(x) @ weights * half).sum())


def double_integral(outer, inner, origin, low, high, panels=200):
    """Return ``int_low^high outer(y) |int_origin^y inner|`` for an origin outside (low, high)."""
    nodes, weights = leggauss(20)
    edges = np.linspace(low, high, panels + 1)
    half = 0.5 * np.diff(edges)
    y = (0.5 * (edges[1:] + edges[:-1]))[:, None] + half[:, None] * nodes
    whole = (inner(y) @ weights) * half
    if origin <= low:
        before = (integral(inner, origin, low) if origin < low else 0.0) + np.append(0, np.cumsum(whole))[:-1]
        reach = 0.5 * (y - edges[:-1, None])
        points = edges[:-1, None, None] + reach[..., None] * (nodes + 1)
    else:
        after = integral(inner, high, origin) if origin > high else 0.0
        before = after + np.append(np.cumsum(whole[::-1])[::-1], 0)[1:]
        reach = 0.5 * (edges[1:, None] - y)
        points = y[..., None] + reach[..., None] * (nodes + 1)
    inside = before[:, None] + (inner(points) @ weights) * reach
    return float(((outer(y) * inside) @ weights * half).sum())


def one_sided(process, start, wall, target):
    """Return the mean time from `start` to `target` with a reflecting `wall` on the other side."""
    low, high = sorted((start, target))
    return double_integral(process.scale, process.speed, wall, low, high)


def two_sided(process, start, left, right):
    """Return the mean time from `start` to leave (left, right), both absorbing; sums of positive terms."""
    total = integral(process.scale, left, right)
    # the probabilities of leaving on either side, neither obtained by subtraction
    up, down = integral(process.scale, left, start) / total, integral(process.scale, start, right) / total
    # Green's function: T = down int_left^start (s(y) - s(left)) m + up int_start^right (s(right) - s(y)) m
    below = double_integral(process.speed, process.scale, left, left, start)
    above = double_integral(process.speed, process.scale, right, start, right)
    return down * below + up * above

"""Stationary laws of diagonal linear networks of two hidden layers and more, and their limit of many layers.

The equation is that of `fokker.theory.diagonal_network`, for d products of D + 1 weights. With v = d u,

    p ~ v^(-3D/(D+1)) g^(-1) exp(-(1/T) int d^(1 - 2/(D+1)) (b1 v - b2)/[(D+1) v^(2D/(D+1)) g] dv),

the integral being an antiderivative: from 0, as printed, it diverges for D >= 1. For v -> 0 the exponential vanishes
faster than any power, so there is a law at every temperature.

References
----------
Ziyin, Li, Ueda, Law of balance and stationary distribution of stochastic gradient descent, arXiv 2308.06671.
"""

from __future__ import annotations

import numpy as np
from scipy.special import hyp2f1

from fokker.theory._check import Array, positive, whole
from fokker.theory.diagonal_network import SampleMoments, angle, require_samples
from fokker.theory.half_line import HalfLineLaw


def deep(samples: SampleMoments, temperature: float, depth: int = 2, width: int = 1) -> HalfLineLaw:
    """Return the law of d products of D + 1 >= 3 weights, v > 0: there is one at every temperature.

    For large v it falls with the power 5 - 3/(D + 1).

    Parameters
    ----------
    samples, temperature
        As in `fokker.theory.diagonal_network.DepthZero`.
    depth
        D >= 2; one or two weights are in `fokker.theory.diagonal_network`.
    width
        d >= 1.

    Examples
    --------
    >>> from fokker.theory.diagonal_network import gaussian_samples
    >>> round(deep(gaussian_samples(1.0, 1.0), 0.1, depth=2).moment(1), 12)
    0.71617453062
    """
    require_samples(samples, temperature, 0.0)
    n, d = whole("depth", depth, least=2) + 1, whole("width", width, least=1)
    power = 2 * (n - 1) / n

    def drift(v: Array) -> Array:
        """That of one product times the width."""
        one = v / d
        pull = -2 * n * one**power * (samples.b1 * v - samples.b2)
        push = 2 * (n - 1) * n * temperature * np.asarray(samples.noise(v)) * one ** (3 - 4 / n)
        return d * (pull + push)

    def diffusion(v: Array) -> Array:
        """2 (D+1)^2 T g (v/d)^(4 D/(D+1)) d^2."""
        return 2 * n * n * temperature * np.asarray(samples.noise(v)) * (v / d) ** (2 * power) * d**2

    def weigh(y: Array) -> Array:
        """The exponent is taken from infinity: from 0, as printed, it diverges."""
        at, size = np.exp(y), d ** (1 - 2 / n) / (n * temperature)
        shape = -1.5 * power * y - np.log(samples.noise(at))
        return np.asarray(shape - size * _pull_integral(at, samples, power))

    return HalfLineLaw(drift, diffusion, weigh, tail=5 - 3 / n)


def deepest(samples: SampleMoments, temperature: float, ratio: float = 1.0) -> HalfLineLaw:
    """Return the limit of many layers, D -> infinity with d/D held; time counts (d/D)^2. It falls like v^-5.

    Parameters
    ----------
    samples, temperature
        As in `fokker.theory.diagonal_network.DepthZero`.
    ratio
        d/D > 0.

    Examples
    --------
    >>> from fokker.theory.diagonal_network import gaussian_samples
    >>> round(deepest(gaussian_samples(1.0, 1.0), 0.1, ratio=1.0).moment(1), 9)
    0.887461042
    """
    require_samples(samples, temperature, 0.0)
    positive("ratio", ratio, "width over depth")

    def drift(v: Array) -> Array:
        """-2 (d/D) v^2 (b1 v - b2) + 2 T g v^3."""
        pull = -2 * ratio * v * v * (samples.b1 * v - samples.b2)
        return pull + 2 * temperature * np.asarray(samples.noise(v)) * v**3

    def diffusion(v: Array) -> Array:
        """2 T g v^4."""
        return 2 * temperature * np.asarray(samples.noise(v)) * v**4

    def weigh(y: Array) -> Array:
        at, size = np.exp(y), ratio / temperature
        a1, a2, a3, b1, b2 = samples
        k1 = size * (a3 * b1 - 2 * a2 * b2) / a3**2
        skew = (a2 * a3 * b1 - 2 * a2**2 * b2 + a1 * a3 * b2) / (a3**2 * np.sqrt(samples.determinant))
        fall = b2 / (a3 * at) + skew * np.asarray(angle(samples, at))
        return np.asarray((-3 - k1) * y + (k1 / 2 - 1) * np.log(samples.noise(at)) - size * fall)

    return HalfLineLaw(drift, diffusion, weigh, tail=5.0)


def _pull_integral(v: Array, samples: SampleMoments, power: float) -> Array:
    """Return the integral of (b1 u - b2)/(u^power g) from infinity to v, by the complex roots of g."""
    root = complex(samples.a2, np.sqrt(samples.determinant)) / samples.a1
    residue = (samples.b1 * root - samples.b2) / (samples.a1 * 2j * root.imag)
    tail = v**-power / power * hyp2f1(1.0, power, power + 1, root / v)
    return np.asarray(-2 * (residue * tail).real)

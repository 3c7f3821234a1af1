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

from dataclasses import dataclass

import numpy as np
from scipy.special import hyp2f1

from fokker.theory._check import Array, positive, whole
from fokker.theory.diagonal_network import HalfLineLaw, SampleMoments, angle, require_samples


@dataclass(frozen=True)
class Deep(HalfLineLaw):
    """d products of D + 1 >= 3 weights, v > 0: a law at every temperature.

    Parameters
    ----------
    samples, temperature
        As in `DepthZero`.
    depth
        D >= 2; one or two weights have modules of their own.
    width
        d >= 1.

    Examples
    --------
    >>> from fokker.theory.diagonal_network import gaussian_samples
    >>> round(Deep(gaussian_samples(1.0, 1.0), 0.1, depth=2).moment(1), 12)
    0.71617453062
    """

    depth: int = 2
    width: int = 1

    def __post_init__(self) -> None:
        require_samples(self.samples, self.temperature, 0.0)
        whole("depth", self.depth, least=2)
        whole("width", self.width, least=1)

    def drift(self, v: Array) -> Array:
        """Return the Ito drift [v/time], that of one product times the width."""
        n, one = self.depth + 1, v / self.width
        pull = -2 * n * one ** (2 * self.depth / n) * (self.samples.b1 * v - self.samples.b2)
        push = 2 * self.depth * n * self.temperature * np.asarray(self.samples.noise(v)) * one ** (3 - 4 / n)
        return self.width * (pull + push)

    def diffusion(self, v: Array) -> Array:
        """Return 2 (D+1)^2 T g (v/d)^(4 D/(D+1)) d^2 [v^2/time]."""
        n, one = self.depth + 1, v / self.width
        size = 2 * n * n * self.temperature * np.asarray(self.samples.noise(v))
        return size * one ** (4 * self.depth / n) * self.width**2

    def tail(self) -> float:
        """Return 5 - 3/(D + 1)."""
        return 5 - 3 / (self.depth + 1)

    def _weigh(self, y: Array) -> Array:
        """The exponent is taken from infinity: from 0, as printed, it diverges."""
        at = np.exp(y)
        n = self.depth + 1
        power = 2 * self.depth / n
        size = self.width ** (1 - 2 / n) / (n * self.temperature)
        shape = -1.5 * power * y - np.log(self.samples.noise(at))
        return np.asarray(shape - size * _pull_integral(at, self.samples, power))


@dataclass(frozen=True)
class Deepest(HalfLineLaw):
    """The limit of many layers, D -> infinity with d/D held.

    Parameters
    ----------
    samples, temperature
        As in `DepthZero`.
    ratio
        d/D > 0.

    Examples
    --------
    >>> from fokker.theory.diagonal_network import gaussian_samples
    >>> round(Deepest(gaussian_samples(1.0, 1.0), 0.1, ratio=1.0).moment(1), 9)
    0.887461042
    """

    ratio: float = 1.0

    def __post_init__(self) -> None:
        require_samples(self.samples, self.temperature, 0.0)
        positive("ratio", self.ratio, "width over depth")

    def drift(self, v: Array) -> Array:
        """Return -2 (d/D) v^2 (b1 v - b2) + 2 T g v^3, in units of time (d/D)^2."""
        pull = -2 * self.ratio * v * v * (self.samples.b1 * v - self.samples.b2)
        return pull + 2 * self.temperature * np.asarray(self.samples.noise(v)) * v**3

    def diffusion(self, v: Array) -> Array:
        """Return 2 T g v^4, in the same units."""
        return 2 * self.temperature * np.asarray(self.samples.noise(v)) * v**4

    def tail(self) -> float:
        """Return 5."""
        return 5.0

    def _weigh(self, y: Array) -> Array:
        at = np.exp(y)
        a1, a2, a3, b1, b2 = self.samples
        size = self.ratio / self.temperature
        k1 = size * (a3 * b1 - 2 * a2 * b2) / a3**2
        skew = (a2 * a3 * b1 - 2 * a2**2 * b2 + a1 * a3 * b2) / (a3**2 * np.sqrt(self.samples.determinant))
        fall = b2 / (a3 * at) + skew * np.asarray(angle(self.samples, at))
        return np.asarray((-3 - k1) * y + (k1 / 2 - 1) * np.log(self.samples.noise(at)) - size * fall)


def _pull_integral(v: Array, samples: SampleMoments, power: float) -> Array:
    """Return the integral of (b1 u - b2)/(u^power g) from infinity to v, by the complex roots of g."""
    root = complex(samples.a2, np.sqrt(samples.determinant)) / samples.a1
    residue = (samples.b1 * root - samples.b2) / (samples.a1 * 2j * root.imag)
    tail = v**-power / power * hyp2f1(1.0, power, power + 1, root / v)
    return np.asarray(-2 * (residue * tail).real)

"""Stationary laws of a diagonal linear network under minibatch noise, by depth.

The network v = sum of d products of D + 1 weights is fitted to samples (x, y) by SGD with the loss (v x - y)^2;
T = learning rate/batch size. With g = a1 v^2 - 2 a2 v + a3, a quarter of the variance of the slope over samples,
the balanced network (all weights of a product alike) follows the Ito equation

    du = -2 (D+1) u^(2D/(D+1)) (b1 v - b2) dt + 2 D (D+1) T g u^(3 - 4/(D+1)) dt - 2 (D+1) u^(2D/(D+1)) sqrt(T g) dW

for each product u = v/d. At depth D = 0 (one weight) v takes both signs and its law is Pearson's type IV. At D = 1
the law has a power at the origin and cannot be normalised above T_c = b2/a3: the network collapses. At D >= 2, in
`fokker.theory.deep_network`, there is no such temperature.

References
----------
Ziyin, Li, Ueda, Law of balance and stationary distribution of stochastic gradient descent, arXiv 2308.06671.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import loggamma

from fokker.errors import MomentError, NormalisationError
from fokker.theory._check import Array, Floats, not_negative, positive, real, refuse, tidy
from fokker.theory.half_line import HalfLineLaw, Process, no_moment


class SampleMoments(NamedTuple):
    """What the law needs to know of the samples (x, y)."""

    a1: float  # variance of x^2
    a2: float  # covariance of x^2 and x y
    a3: float  # variance of x y
    b1: float  # mean of x^2
    b2: float  # mean of x y

    @property
    def determinant(self) -> float:
        """a1 a3 - a2^2, a1 times the smallest value of g."""
        return self.a1 * self.a3 - self.a2**2

    def noise(self, v: ArrayLike) -> Floats:
        """Return g(v) = a1 v^2 - 2 a2 v + a3."""
        at = real("v", v)
        return tidy(self.a1 * at * at - 2 * self.a2 * at + self.a3)


def gaussian_samples(slope: float, noise: float) -> SampleMoments:
    """Return the moments for y = k x + s e with independent standard normal x and e.

    >>> gaussian_samples(1.0, 1.0)
    SampleMoments(a1=2.0, a2=2.0, a3=3.0, b1=1.0, b2=1.0)
    """
    k, s = float(real("slope", slope)), float(positive("noise", noise, "the spread of the labels"))
    return SampleMoments(2.0, 2 * k, 2 * k * k + s * s, 1.0, k)


@dataclass(frozen=True)
class DepthZero:
    """One weight v, with weight decay: Pearson's type IV on the whole line.

    Parameters
    ----------
    samples
        Moments of the samples, of positive determinant.
    temperature
        T = learning rate/batch size > 0.
    decay
        gamma >= 0 of the penalty gamma v^2.

    Examples
    --------
    >>> law = DepthZero(gaussian_samples(1.0, 1.0), 0.3)
    >>> law.mean(), round(law.second_moment(), 12), round(law.norm(), 11)
    (1.0, 1.75, 1.18979097016)
    """

    samples: SampleMoments
    temperature: float
    decay: float = 0.0

    def __post_init__(self) -> None:
        require_samples(self.samples, self.temperature, self.decay)

    def drift(self, v: Array) -> Array:
        """Return -2 (B1 v - b2) [v/time], B1 = b1 + gamma."""
        return np.asarray(-2 * ((self.samples.b1 + self.decay) * v - self.samples.b2))

    def diffusion(self, v: Array) -> Array:
        """Return 2 T g [v^2/time]."""
        return 2 * self.temperature * np.asarray(self.samples.noise(v))

    def _shape(self) -> tuple[float, float]:
        """Return (m, q) in p ~ g^-m exp(-q atan u), u = (a1 v - a2)/sqrt(determinant)."""
        a1, a2, _, b1, b2 = self.samples
        slope, t = b1 + self.decay, self.temperature
        return 1 + slope / (2 * t * a1), (a2 * slope - a1 * b2) / (t * a1 * np.sqrt(self.samples.determinant))

    def log_weight(self, v: ArrayLike) -> Floats:
        """Return ln of the law before it is normalised, as printed."""
        m, q = self._shape()
        return tidy(-m * np.log(self.samples.noise(v)) - q * angle(self.samples, v))

    def norm(self) -> float:
        """Return the integral of exp(log_weight) over the line, by Gamma functions."""
        m, q = self._shape()
        a1, root = self.samples.a1, np.sqrt(self.samples.determinant)
        size = loggamma(2 * m - 1) - 2 * loggamma(complex(m, q / 2)).real
        return float(np.pi * root / a1 * (root**2 / a1) ** -m * np.exp(size.real - (2 * m - 2) * np.log(2)))

    def log_density(self, v: ArrayLike) -> Floats:
        """Return ln p(v)."""
        return tidy(np.asarray(self.log_weight(v)) - np.log(self.norm()))

    def mean(self) -> float:
        """Return <v> = b2/B1."""
        return self.samples.b2 / (self.samples.b1 + self.decay)

    def second_moment(self) -> float:
        """Return <v^2> = (b2 <v> - 2 T a2 <v> + T a3)/(B1 - T a1).

        Raises
        ------
        MomentError
            T >= B1/a1: it is infinite.
        """
        a1, a2, a3, b1, b2 = self.samples
        rate = b1 + self.decay - self.temperature * a1
        if rate > 0:
            return (b2 * self.mean() + self.temperature * (a3 - 2 * a2 * self.mean())) / rate
        no_moment(2.0, f"T < B1/a1 = {(b1 + self.decay) / a1:.6g}")


def depth_one(samples: SampleMoments, temperature: float, decay: float = 0.0) -> HalfLineLaw:
    """Return the law of products of two weights, v > 0 (take the sign of b2 into x): a transition at T_c = B2/a3.

    Near the origin it is the power of `origin_exponent`, far away v^(-7/2) at every temperature.

    Parameters
    ----------
    samples, temperature, decay
        As in `DepthZero`, the penalty now being gamma |weights|^2; B2 = b2 - gamma > 0.

    Raises
    ------
    NormalisationError
        T >= T_c: the law is a point mass at 0.

    Examples
    --------
    >>> law = depth_one(gaussian_samples(1.0, 1.0), 0.2)
    >>> round(law.norm(), 11), round(law.moment(1), 12)
    (2.1426890898, 0.580905119904)
    """
    require_samples(samples, temperature, decay)
    critical = critical_temperature(samples, decay)
    if not temperature < critical:
        refuse(
            "The law cannot be normalised: all of its mass sits at v = 0.",
            given=f"temperature={temperature:.6g}",
            accepted=f"temperature < T_c = {critical:.6g}",
            hint="a smaller learning rate or a larger batch",
            error=NormalisationError,
        )

    def weigh(y: Array) -> Array:
        at = np.exp(y)
        _, a2, a3, b1, _ = samples
        half = (samples.b2 - decay) / (2 * temperature * a3)
        skew = (a3 * b1 - 2 * a2 * a3 * temperature * half) / (2 * temperature * a3) / np.sqrt(samples.determinant)
        power = (1 + half / 2) * np.log(samples.noise(at))
        return np.asarray((half - 1.5) * y - power - skew * angle(samples, at))

    return HalfLineLaw(*depth_one_process(samples, temperature, decay), weigh, tail=3.5)


def depth_one_process(samples: SampleMoments, temperature: float, decay: float = 0.0) -> Process:
    """Return the equation of depth 1 in v, at any temperature: above T_c it has no law.

    The drift is -4 v (b1 v - B2) + 4 T v g and the diffusion 8 T v^2 g.
    """
    require_samples(samples, temperature, decay)

    def drift(v: Array) -> Array:
        return np.asarray(-4 * v * (samples.b1 * v - samples.b2 + decay) + 4 * temperature * v * samples.noise(v))

    def diffusion(v: Array) -> Array:
        return np.asarray(8 * temperature * v * v * samples.noise(v))

    return Process(drift, diffusion)


def origin_exponent(samples: SampleMoments, temperature: float, decay: float = 0.0) -> float:
    """Return c in p ~ v^c near the origin for depth 1, c = B2/(2 a3 T) - 3/2; above T_c/3 it is negative."""
    return (samples.b2 - decay) / (2 * samples.a3 * temperature) - 1.5


def mode(samples: SampleMoments, temperature: float, decay: float = 0.0) -> float:
    """Return the mode for depth 1, the larger root of 7 a1 T v^2 + (b1 - 10 a2 T) v + 3 a3 T - B2 = 0.

    Raises
    ------
    MomentError
        The density falls for all v > 0.

    Examples
    --------
    >>> round(mode(gaussian_samples(1.0, 1.0), 0.2), 12)
    0.571428571429
    """
    a1, a2, a3, b1, b2 = samples
    lead, half, c = 7 * a1 * temperature, (b1 - 10 * a2 * temperature) / 2, 3 * a3 * temperature - b2 + decay
    size = half * half - lead * c
    root = -half + np.sqrt(size) if size >= 0 else -1.0
    if root > 0:
        return float(root / lead)
    refuse(
        "The density has no mode away from the origin.",
        given=f"temperature={temperature:.6g}",
        accepted=f"temperature < {mode_temperature(samples, decay):.6g}",
        hint="mode_temperature(samples) for where it is lost",
        error=MomentError,
    )


def critical_temperature(samples: SampleMoments, decay: float = 0.0) -> float:
    """Return T_c = (b2 - gamma)/a3, above which a network of depth 1 collapses; 0 where it always does.

    >>> round(critical_temperature(gaussian_samples(1.0, 1.0)), 12)
    0.333333333333
    """
    return max(0.0, (samples.b2 - decay) / samples.a3)


def mode_temperature(samples: SampleMoments, decay: float = 0.0) -> float:
    """Return the temperature above which the law of depth 1 has no mode at v > 0; infinity if it keeps one.

    >>> round(mode_temperature(gaussian_samples(1.0, 1.0)), 12)
    0.201552705739
    """
    a1, a2, a3, b1, b2 = samples
    b2 = b2 - decay
    third = b2 / (3 * a3)
    if 10 * a2 * third <= b1:  # the larger root leaves through the origin
        return third
    lead, half = 84 * a1 * a3 - 100 * a2 * a2, 14 * a1 * b2 - 10 * a2 * b1
    if lead <= 0:
        return np.inf
    return float((half + np.sqrt(half * half + lead * b1 * b1)) / lead)


def angle(samples: SampleMoments, v: ArrayLike) -> Array:
    """Return atan((a1 v - a2)/sqrt(determinant))."""
    shifted = samples.a1 * np.asarray(v, dtype=float) - samples.a2
    return np.asarray(np.arctan(shifted / np.sqrt(samples.determinant)))


def require_samples(samples: SampleMoments, temperature: float, decay: float) -> None:
    positive("temperature", temperature, "the learning rate over the batch size")
    not_negative("decay", decay, "the strength of a penalty")
    positive("determinant", samples.determinant, "a1 a3 - a2^2, the least noise times a1")
    positive("b1", samples.b1, "the mean of x^2")

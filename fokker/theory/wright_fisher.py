"""Genetic drift: the frequency X of an allele under selection and mutation (Wright and Fisher).

    dX = [s X (1 - X) + (a (1 - X) - b X)/2] dt + sqrt(X (1 - X)) dW   (Ito),

time in units of the size of the population (haploid), s, a, b scaled likewise. Scale and speed, with
s' m x (1 - x) = 1,

    s' = e^(-2 s x) x^(-a) (1 - x)^(-b),    m = e^(2 s x) x^(a - 1) (1 - x)^(b - 1),

give, S being the integral of s' from 0 and S1 = S(1),

    P(1 before 0) = S(x)/S1,    E T = 2 int_0^1 S(x ^ z) (S1 - S(x v z))/S1 m(z) dz,

and where 1 does not absorb, E T(0) = 2 int_0^x s'(y) int_y^1 m(z) dz dy. The products S m and s' int m are smooth
up to the ends and are integrated by Gauss's rules, Jacobi's where a power remains.

References
----------
Kimura, Genetics 47 (1962) 713; Kimura and Ohta, Genetics 61 (1969) 763; Ewens, Mathematical Population
Genetics I, 2nd ed. (2004), chapters 4 and 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import roots_jacobi

from fokker.theory._check import Array, not_negative, real, refuse, scalar, show

STRONGEST = 50.0  # of |s|: 60 nodes resolve exp(2 s x) on half of the interval
NODES = 60
PANEL = 2.0  # of ln x


def fixation_probability(frequency: float, selection: float = 0.0, gain: float = 0.0, loss: float = 0.0) -> float:
    """Return the probability that the frequency reaches 1 before 0.

    Parameters
    ----------
    frequency
        x from 0 to 1.
    selection
        s, of either sign, at most 50 in size [1].
    gain, loss
        Scaled mutation rates a and b towards and away from the allele, below 1, so that 0 and 1 are reached [1].

    Examples
    --------
    >>> round(fixation_probability(0.1, 2.0), 12)  # (1 - e^(-0.4))/(1 - e^(-4))
    0.33583091167
    """
    x, left, right = _both(frequency, selection, gain, loss)
    near, far = left.scale(min(x, 0.5)), right.scale(min(1.0 - x, 0.5)) * left.turn
    whole = left.scale(0.5) + right.scale(0.5) * left.turn
    return float(near / whole if x <= 0.5 else 1.0 - far / whole)


def absorption_time(frequency: float, selection: float = 0.0, gain: float = 0.0, loss: float = 0.0) -> float:
    """Return the mean time until the frequency reaches 0 or 1, parameters as in :func:`fixation_probability`.

    Examples
    --------
    >>> import math
    >>> round(absorption_time(0.5) / (2 * math.log(2)), 12)  # -2 (x ln x + (1 - x) ln(1 - x))
    1.0
    """
    x, left, right = _both(frequency, selection, gain, loss)
    if x > 0.5:
        return absorption_time(1.0 - x, -selection, loss, gain)
    if x == 0.0:
        return 0.0
    here = left.scale(x)
    ahead, outside = left.onward(x, right.scale(0.5) * left.turn)
    outside += right.hit_mass(0.5)
    return float(2.0 * (ahead * left.hit_mass(x) + here * outside) / (here + ahead))


def loss_time(frequency: float, selection: float = 0.0, gain: float = 0.0, loss: float = 1.0) -> float:
    """Return the mean time until the frequency reaches 0 when 1 does not absorb: gain < 1, loss > 0.

    Examples
    --------
    >>> round(loss_time(1.0, loss=1.0), 12)  # -2 int ln y/(1 - y) dy = pi^2/3
    3.289868133696
    """
    x = _frequency(frequency)
    s, a, b = _parameters(selection, gain, loss)
    _require_hit("gain", a)
    if b == 0.0:
        refuse("Nothing brings the frequency back from 1.", given="loss=0", accepted="loss > 0",
               hint="absorption_time, where 1 absorbs")  # fmt: skip
    left, right = _Half(s, a, b), _Half(-s, b, a)
    start = min(x, 0.5)
    if start == 0.0:
        return 0.0
    beyond = left.speed(start) + right.mass(0.5) / left.turn
    total = left.hit_mass(start) + left.scale(start) * beyond
    if x > 0.5:
        total += right.flow_time(0.5) - right.flow_time(1.0 - x)
    return float(2.0 * total)


@dataclass(frozen=True)
class _Half:
    """Scale and speed on 0 < x <= 1/2; the other half is this one with -s and a, b exchanged."""

    s: float
    a: float
    b: float

    @property
    def turn(self) -> float:
        """s' here over s' as the mirrored half has it."""
        return float(np.exp(-2.0 * self.s))

    def _smooth_scale(self, z: Array) -> Array:
        return np.asarray(np.exp(-2.0 * self.s * z - self.b * np.log1p(-z)))

    def _smooth_speed(self, z: Array) -> Array:
        return np.asarray(np.exp(2.0 * self.s * z + (self.b - 1.0) * np.log1p(-z)))

    def _scale_factor(self, z: Array) -> Array:
        """Return S(z) z^(a - 1)."""
        t, weights = _jacobi(-self.a)
        return self._smooth_scale(z[..., None] * t) @ weights

    def _mass_factor(self, z: Array) -> Array:
        """Return z^(-a) times the integral of m from 0, for a > 0."""
        t, weights = _jacobi(self.a - 1.0)
        return self._smooth_speed(z[..., None] * t) @ weights

    def scale(self, x: float) -> float:
        """Return S(x)."""
        return float(x ** (1.0 - self.a) * self._scale_factor(np.array(x)))

    def mass(self, x: float) -> float:
        """Return the integral of m from 0 to x."""
        return float(x**self.a * self._mass_factor(np.array(x)))

    def hit_mass(self, x: float) -> float:
        """Return the integral of S m from 0 to x."""
        t, weights = _jacobi(0.0)
        return float(x * weights @ (self._scale_factor(x * t) * self._smooth_speed(x * t)))

    def flow_time(self, x: float) -> float:
        """Return the integral from 0 to x of s'(y) times that of m from 0 to y."""
        t, weights = _jacobi(0.0)
        return float(x * weights @ (self._mass_factor(x * t) * self._smooth_scale(x * t)))

    def speed(self, x: float) -> float:
        """Return the integral of m from x to 1/2, in ln z."""
        ends, z, weights = _logarithmic(x)
        return float(np.diff(ends) @ ((z**self.a * self._smooth_speed(z)) @ weights))

    def onward(self, x: float, rest: float) -> tuple[float, float]:
        """Return R(x), the integral of s' from x to 1/2 plus a rest, and the integral of R m from x to 1/2."""
        ends, z, weights = _logarithmic(x)
        t, _ = _jacobi(0.0)
        # from each point to the end of its panel, and the panels after it: nothing is subtracted
        width = np.append(ends[:-1, None], np.log(z), axis=1) - ends[1:, None]
        y = np.exp(ends[1:, None, None] + width[..., None] * t)
        parts = -width * ((y ** (1.0 - self.a) * self._smooth_scale(y)) @ weights)
        later = rest + np.append(np.cumsum(parts[::-1, 0])[::-1], 0.0)
        ahead = later[1:, None] + parts[:, 1:]
        return float(later[0]), float(np.diff(ends) @ ((ahead * z**self.a * self._smooth_speed(z)) @ weights))


def _logarithmic(x: float) -> tuple[Array, Array, Array]:
    """Return the ends of panels in ln z from x to 1/2, the points z on each, and the weights of the rule."""
    ends = np.linspace(np.log(x), np.log(0.5), 2 + int(np.log(0.5 / x) / PANEL))
    t, weights = _jacobi(0.0)
    return ends, np.exp(ends[:-1, None] + np.diff(ends)[:, None] * t), weights


@lru_cache(maxsize=32)
def _jacobi(power: float) -> tuple[Array, Array]:
    """Return nodes and weights on (0, 1) for the weight t^power."""
    nodes, weights = roots_jacobi(NODES, 0.0, power)
    return (1.0 + nodes) / 2.0, weights / 2.0 ** (power + 1.0)


def _both(frequency: float, selection: float, gain: float, loss: float) -> tuple[float, _Half, _Half]:
    x = _frequency(frequency)
    s, a, b = _parameters(selection, gain, loss)
    _require_hit("gain", a)
    _require_hit("loss", b)
    return x, _Half(s, a, b), _Half(-s, b, a)


def _frequency(frequency: float) -> float:
    x = scalar(real("frequency", frequency), "frequency")
    if not 0.0 <= x <= 1.0:
        refuse("A frequency is a share.", given=f"frequency={show(frequency)}", accepted="0 <= frequency <= 1",
               hint="divide by the size of the population")  # fmt: skip
    return x


def _parameters(selection: float, gain: float, loss: float) -> tuple[float, float, float]:
    s = scalar(real("selection", selection), "selection")
    if abs(s) > STRONGEST:
        refuse("Selection is too strong for this quadrature.", given=f"selection={s:g}",
               accepted=f"|selection| <= {STRONGEST:g}", hint="a solver on a grid")  # fmt: skip
    return s, *(scalar(not_negative(n, v, "a mutation rate"), n) for n, v in (("gain", gain), ("loss", loss)))  # type: ignore[return-value]


def _require_hit(name: str, rate: float) -> None:
    if rate >= 1.0:
        end = 0 if name == "gain" else 1
        refuse(f"With this mutation rate the frequency never reaches {end}.", given=f"{name}={rate:g}",
               accepted=f"{name} < 1", hint=f"Feller's test: {end} is an entrance")  # fmt: skip

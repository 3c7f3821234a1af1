"""What the double wells share: the quartic B (x^2 - 1)^2 + t x, its normalisation and its critical points."""

from __future__ import annotations

import math

import numpy as np

from fokker.errors import CoefficientError, explain

DEEP = 40.0  # kT: exp(-40) is below the rounding of the total
STEEPEST = 8 / (3 * math.sqrt(3))  # of t/B: beyond it one well is gone


def log_partition(ratio: float) -> float:
    """Return ln of the integral of exp(-b (x^2 - 1)^2) over the line, b = B/T.

    It is (pi/2) e^(-b/2) [I_{-1/4}(b/2) + I_{1/4}(b/2)], I the modified Bessel functions.

    >>> round(math.exp(log_partition(2.7)), 14)
    1.19138030373761
    """
    from scipy.special import ive

    return math.log(math.pi / 2) + math.log(ive(-0.25, ratio / 2) + ive(0.25, ratio / 2))


def mean_square(ratio: float) -> float:
    """Return the mean of x^2 under exp(-b (x^2 - 1)^2), b = B/T.

    It is [1 + (I_{3/4} + I_{-3/4})/(I_{1/4} + I_{-1/4})]/2 at b/2: the derivative of the partition function.

    >>> round(mean_square(0.25), 13)
    1.0417972964872
    """
    from scipy.special import ive

    z = ratio / 2
    return float(1 + (ive(0.75, z) + ive(-0.75, z)) / (ive(0.25, z) + ive(-0.25, z))) / 2


def critical_points(barrier: float, tilt: float) -> tuple[float, float, float]:
    """Return the left minimum, the maximum and the right minimum of B (x^2 - 1)^2 + t x.

    The three roots of x^3 - x + t/(4 B) = 0, by Viete's cosines.

    Raises
    ------
    CoefficientError
        The tilt leaves one well only.

    >>> [round(x, 9) for x in critical_points(1.0, 0.1)]
    [-1.012273131, 0.025015654, 0.987257477]
    """
    slope = tilt / barrier
    if abs(slope) >= STEEPEST:
        headline = "the tilt is so steep that only one well is left."
        accepted = f"|tilt| < {STEEPEST:.6g} barrier = {STEEPEST * barrier:.6g}"
        raise CoefficientError(explain(headline, given=f"tilt={tilt!r}, barrier={barrier!r}", accepted=accepted))
    if slope == 0.0:
        return -1.0, 0.0, 1.0
    angle = math.acos(-slope / STEEPEST) / 3
    left, top, right = (2 / math.sqrt(3) * math.cos(angle - 2 * math.pi * k / 3) for k in (2, 1, 0))
    return _sharpened(left, slope), _sharpened(top, slope), _sharpened(right, slope)


def _sharpened(x: float, slope: float) -> float:
    """One Newton step: the cosines leave an absolute error, also where the root is small."""
    return x - (x**3 - x + slope / 4) / (3 * x**2 - 1)


def height(barrier: float, tilt: float, x: float) -> float:
    """Return B (x^2 - 1)^2 + t x."""
    return barrier * (x**2 - 1) ** 2 + tilt * x


def curvature(barrier: float, x: float) -> float:
    """Return the second derivative B (12 x^2 - 4)."""
    return barrier * (12 * x**2 - 4)


def reach(barrier: float, tilt: float, temperature: float) -> float:
    """Return how far out the density falls below exp(-40) of its maximum, at least 1.5."""
    first = math.sqrt(1 + math.sqrt(DEEP * temperature / barrier))
    lost = abs(tilt) * (first + 2.5)  # the tilt over the width, and the depth of the lower well
    return max(1.5, math.sqrt(1 + math.sqrt((DEEP * temperature + lost) / barrier)))


def broad(stiffness: float, temperature: float) -> float:
    """Return how far a spring k y^2/2 lets y go before the density falls below exp(-40)."""
    return float(np.sqrt(2 * DEEP * temperature / stiffness))

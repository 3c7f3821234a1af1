"""The normal form of a Hopf bifurcation, with noise."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fokker.gallery._parameters import positive, real
from fokker.gallery._quartic import DEEP
from fokker.gallery.example import Example
from fokker.problem import Problem

TERMS = 300  # of a continued fraction that converges as exp(-2 sqrt(2 n))


def noisy_hopf(*, growth: float = 1.0, frequency: float = 1.0, shear: float = 0.0, diffusion: float = 0.1) -> Example:
    """Return the noisy normal form of a Hopf bifurcation, in x and y.

    The process is ``z' = (mu + i w) z - (1 - i b) |z|^2 z + sqrt(2 D) noise`` with z = x + i y.
    The law is exp(-U(r)/D) with U = r^4/4 - mu r^2/2 at every rotation: s = r^2 is a Gaussian of mean mu and
    variance 2 D cut off at zero.

    Known: ``log_density`` (normalised over the plane), ``covariance`` <s>/2 I, ``current`` (w + b r^2) (-y, x) p,
    ``angular_velocity`` w + b <s>, the mean over the density, ``ray_flux``, the probability per unit of time
    that crosses a ray from the origin, angular_velocity/(2 pi), and ``entropy_production`` <(w + b s)^2 s>/D.

    Parameters
    ----------
    growth : float
        mu; a limit cycle of radius sqrt(mu) for mu > 0.
    frequency : float
        w, the angular velocity at the origin, counter-clockwise for w > 0.
    shear : float
        b, the change of the angular velocity with r^2.
    diffusion : float
        D > 0.

    Returns
    -------
    Example

    Raises
    ------
    CoefficientError
        A parameter is not what it must be.

    References
    ----------
    H. Risken, *The Fokker-Planck Equation*, Springer 1989, chapter 12 (the laser).

    Examples
    --------
    >>> known = noisy_hopf(growth=0.0, frequency=2.0, diffusion=0.25).known
    >>> round(known["angular_velocity"], 12), round(known["ray_flux"], 12)
    (2.0, 0.318309886184)
    """
    from scipy.special import log_ndtr

    mu, w = real("growth", growth, "the linear growth rate"), real("frequency", frequency, "the angular velocity")
    b = real("shear", shear, "the change of the angular velocity with the squared radius")
    d = positive("diffusion", diffusion, "the diffusion coefficient")
    norm = math.log(math.pi) + math.log(4 * math.pi * d) / 2 + float(log_ndtr(mu / math.sqrt(2 * d)))
    first, second, third = squared_radius_moments(mu, d)

    def drift(x: Any, y: Any) -> tuple[Any, Any]:
        s = x**2 + y**2
        return (mu - s) * x - (w + b * s) * y, (mu - s) * y + (w + b * s) * x

    def log_density(x: Any, y: Any) -> Any:
        return -((x**2 + y**2 - mu) ** 2) / (4 * d) - norm

    def current(x: Any, y: Any) -> tuple[Any, Any]:
        rate = (w + b * (x**2 + y**2)) * np.exp(log_density(x, y))
        return -rate * y, rate * x

    end = math.sqrt(mu + math.sqrt(min(mu, 0.0) ** 2 + 4 * DEEP * d))
    return Example(
        name="noisy_hopf",
        problem=Problem(drift, diffusion=d, domain={"x": (-end, end), "y": (-end, end)}),
        description="A limit cycle, or a focus below the bifurcation, with noise. "
        "The density depends on the radius alone and not on the rotation.",
        source="H. Risken, The Fokker-Planck Equation, Springer 1989, chapter 12",
        known={
            "log_density": log_density,
            "covariance": first / 2 * np.eye(2),
            "current": current,
            "angular_velocity": w + b * first,
            "ray_flux": (w + b * first) / (2 * math.pi),
            "entropy_production": (w**2 * first + 2 * w * b * second + b**2 * third) / d,
        },
        sets={"core": lambda x, y: x**2 + y**2 <= d},
        cells=(160, 160),
    )


def squared_radius_moments(mu: float, diffusion: float) -> tuple[float, float, float]:
    """Return <s>, <s^2>, <s^3> of the density ~ exp(-(s - mu)^2/(4 D)) on s > 0.

    E s^(n+1) = mu E s^n + 2 D n E s^(n-1). Where its terms do not cancel the recursion runs upwards; well below
    the bifurcation it is turned into a continued fraction for the ratio of two moments, of positive terms.

    >>> first, second, third = squared_radius_moments(0.0, 1.0)  # half a Gaussian of variance 2
    >>> round(first**2, 12), second, round(third / first, 12)
    (1.273239544735, 2.0, 4.0)
    """
    z = mu / (2 * math.sqrt(diffusion))
    if z < -1:
        ratio = math.sqrt(2 * diffusion * TERMS)
        ratios = []
        for n in range(TERMS, 0, -1):
            ratio = 2 * diffusion * n / (ratio - mu)
            ratios.append(ratio)
        third, second, first = np.cumprod(ratios[:-4:-1])[::-1]
        return float(first), float(second), float(third)
    edge = math.exp(-(z**2)) / (math.sqrt(math.pi * diffusion) * math.erfc(-z))
    first = mu + 2 * diffusion * edge
    second = mu * first + 2 * diffusion
    return first, second, mu * second + 4 * diffusion * first

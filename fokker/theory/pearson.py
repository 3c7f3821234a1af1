"""Stationary law of the linear power-law dynamic, correlated noise included: Pearson's type IV.

With a = sqrt(sigma_g sigma_H - rho^2)/sigma_H, lam = -rho/sigma_H, q = 2 kappa lam/a and m = kappa + 1 -
alpha,

    p(x) = k [1 + ((x - lam)/a)^2]^(-m) exp(-q arctan((x - lam)/a)),
    k    = 2^(2m-2) |Gamma(m + i q/2)|^2 / (pi a Gamma(2m - 1)).

References
----------
Meng et al., arXiv 2006.13719, Theorem 2 (the case alpha = 1); Wong 1964 (diffusions of the Pearson class);
Forman and Sorensen, Scand. J. Statist. 35 (2008) 438; Nagahara, Stat. Probab. Lett. 43 (1999) 251 (the
constant k).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, loggamma

from fokker.errors import MomentError
from fokker.theory._check import Array, Floats, convention, real, refuse, scalar, tidy, whole
from fokker.theory._gamma import log_half_step
from fokker.theory.power_law import PowerLaw, normalisable_index

__all__ = [
    "density",
    "log_density",
    "log_normalisation",
    "mean",
    "mode",
    "moment",
    "normalisation",
    "scale_location_skew",
    "second_moment",
    "variance",
]


def scale_location_skew(law: PowerLaw) -> tuple[float, float, float]:
    """Return (a, lam, q): scale [x], location [x] and skewness parameter [1] of the Pearson IV law.

    They do not depend on the convention.

    Examples
    --------
    >>> a, lam, q = scale_location_skew(PowerLaw(2.0, 0.5, 1.5, 0.8, rho=0.6))
    >>> round(a, 11), round(lam, 11), round(q, 11)
    (1.14564392374, -0.75, -6.54653670708)
    """
    a = float(np.sqrt(law.discriminant)) / law.sigma_H
    lam = -law.rho / law.sigma_H
    return a, lam, (2 * law.kappa * lam / a if a > 0 else -np.sign(law.rho) * np.inf)


def log_normalisation(law: PowerLaw, alpha: float) -> float:
    """Return ln k, see :func:`normalisation`."""
    m = (normalisable_index(law, alpha) + 1) / 2
    a, _, q = scale_location_skew(law)
    symmetric = float(log_half_step(m - 0.5)) - 0.5 * np.log(np.pi) - np.log(a)
    return float(symmetric + 2 * (loggamma(complex(m, q / 2)).real - gammaln(m)))


def normalisation(law: PowerLaw, alpha: float) -> float:
    """Return k [1/x], the constant in front of the density (see the head of this module).

    Raises
    ------
    NormalisationError, FokkerError
        As :func:`fokker.theory.power_law.normalisable_index`.

    Examples
    --------
    >>> round(normalisation(PowerLaw(2.0, 0.5, 1.5, 0.8, rho=0.6), alpha=1), 12)
    0.112639590342
    """
    return float(np.exp(log_normalisation(law, alpha)))


def log_density(x: ArrayLike, law: PowerLaw, alpha: float) -> Floats:
    """Return ln p(x) of the stationary law; it stays finite where the density underflows.

    Parameters
    ----------
    x
        Points, distance from the minimum; they broadcast.
    law, alpha
        Parameters and convention.

    Raises
    ------
    NormalisationError, FokkerError
        As :func:`fokker.theory.power_law.normalisable_index`.

    Examples
    --------
    >>> law = PowerLaw(2.0, 0.5, 1.5, 0.8)
    >>> round(log_density(1e100, law, alpha=1), 6)
    -2299.604402
    """
    m = (normalisable_index(law, alpha) + 1) / 2
    a, lam, q = scale_location_skew(law)
    y = (real("x", x) - lam) / a
    return tidy(log_normalisation(law, alpha) - m * _log_square(y) - q * np.arctan(y))


def density(x: ArrayLike, law: PowerLaw, alpha: float) -> Floats:
    """Return the stationary density p(x) [1/x], see :func:`log_density`.

    Examples
    --------
    >>> law = PowerLaw(curvature=2.0, learning_rate=0.5, sigma_g=1.5, sigma_H=0.8, rho=0.6)
    >>> round(density(1.0, law, alpha=0), 12)
    0.08571560217
    """
    return tidy(np.exp(log_density(x, law, alpha)))


def moment(k: int, law: PowerLaw, alpha: float) -> float:
    """Return E x^k [x^k] of the stationary law.

    The stationary moment equations give the recursion
    delta (nu - k) M_k = eta rho (k - 1 + alpha) M_{k-1} + (k - 1) (eps/2) M_{k-2}.

    Raises
    ------
    MomentError
        k >= nu: the moment does not exist.

    Examples
    --------
    >>> round(moment(4, PowerLaw(2.0, 0.5, 1.5, 0.8), alpha=1), 12)
    0.301339285714
    """
    order, nu = whole("k", k), normalisable_index(law, alpha)
    al = scalar(convention(alpha), "alpha")
    if order >= nu and order > 0:
        refuse(
            f"The moment of order {order} does not exist: the tail index is nu = {nu:.6g}.",
            given=f"k={order}, kappa={law.kappa!r}, alpha={al!r}",
            accepted=f"k < {nu:.6g}",
            hint="a median, a probability, or the logarithm's moments, which exist for every nu > 0",
            error=MomentError,
        )
    previous, current = 0.0, 1.0
    for j in range(1, order + 1):
        source = law.learning_rate * law.rho * (j - 1 + al) * current + (j - 1) * law.eps / 2 * previous
        previous, current = current, source / (law.delta * (nu - j))
    return current


def mean(law: PowerLaw, alpha: float) -> float:
    """Return the mean alpha eta rho/(H - alpha eta sigma_H) [x]; it needs nu > 1.

    Examples
    --------
    >>> round(mean(PowerLaw(2.0, 0.5, 1.5, 0.8, rho=0.6), alpha=1), 12)
    0.1875
    """
    return moment(1, law, alpha)


def second_moment(law: PowerLaw, alpha: float) -> float:
    """Return E x^2 [x^2]; it needs nu > 2.

    eta (sigma_g + (2 + 2 alpha) rho mean)/(2H - (1 + 2 alpha) eta sigma_H).

    Examples
    --------
    >>> round(second_moment(PowerLaw(2.0, 0.5, 1.5, 0.8, rho=0.6), alpha=0.5), 12)
    0.2578125
    """
    return moment(2, law, alpha)


def variance(law: PowerLaw, alpha: float) -> float:
    """Return the variance [x^2]; it needs nu > 2.

    Examples
    --------
    >>> round(variance(PowerLaw(2.0, 0.5, 1.5, 0.8), alpha=1), 12)
    0.267857142857
    """
    return second_moment(law, alpha) - mean(law, alpha) ** 2


def mode(law: PowerLaw, alpha: float) -> float:
    """Return the mode -(1 - alpha) eta rho/(H + (1 - alpha) eta sigma_H) [x]; 0 for alpha = 1.

    Examples
    --------
    >>> mode(PowerLaw(2.0, 0.5, 1.5, 0.8, rho=0.6), alpha=0)
    -0.125
    """
    normalisable_index(law, alpha)
    rest = 1 - scalar(convention(alpha), "alpha")
    eta = law.learning_rate
    return 0.0 - rest * eta * law.rho / (law.curvature + rest * eta * law.sigma_H)


def _log_square(y: Array) -> Array:
    """Return ln(1 + y^2) without overflow."""
    size = np.abs(y)
    return np.where(size < 1e8, np.log1p(np.minimum(size, 1e8) ** 2), 2 * np.log(np.maximum(size, 1e8)))

"""Stationary law of the power-law dynamic when gradient and curvature fluctuate in lockstep, rho^2 = sigma_g
sigma_H.

Then C(x) = sigma_H (x - x0)^2 with x0 = -rho/sigma_H: the noise vanishes at x0, which cannot be reached from
the side of the minimum. On that side, with r = |x - x0|,

    p = b^nu/Gamma(nu) r^(-nu-1) exp(-b/r),    b = 2 kappa |x0|,    nu = 2 kappa + 1 - 2 alpha,

the inverse-gamma law; beyond x0 the density is zero.

References
----------
Wong, Proc. Symp. Appl. Math. 16 (1964) 264 (Pearson type V); Forman and Sorensen, Scand. J. Statist. 35
(2008) 438. The case is not covered by Meng et al., arXiv 2006.13719, Theorem 2.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln

from fokker.errors import FokkerError, MomentError, NormalisationError
from fokker.theory._check import Floats, real, refuse, tidy
from fokker.theory.power_law import PowerLaw


def silent_point(law: PowerLaw) -> float:
    """Return x0 = -rho/sigma_H [x], where the noise vanishes.

    Examples
    --------
    >>> silent_point(PowerLaw(2.0, 0.5, 0.2, 0.8, rho=-0.4))
    0.5
    """
    if law.discriminant == 0:
        return -law.rho / law.sigma_H
    refuse(
        "The noise vanishes nowhere: rho^2 < sigma_g sigma_H.",
        given=f"rho={law.rho!r}, sigma_g={law.sigma_g!r}, sigma_H={law.sigma_H!r}",
        accepted="rho^2 = sigma_g sigma_H",
        hint="fokker.theory.pearson",
        error=FokkerError,
    )


def shape_scale(law: PowerLaw, alpha: float) -> tuple[float, float]:
    """Return (nu, b): shape [1] and scale [x] of the law of the distance to the silent point.

    Raises
    ------
    NormalisationError
        nu <= 0.

    Examples
    --------
    >>> shape_scale(PowerLaw(2.0, 0.5, 0.2, 0.8, rho=-0.4), alpha=1)
    (9.0, 5.0)
    """
    scale = 2 * law.kappa * abs(silent_point(law))
    nu = law.tail_index(alpha)
    if nu > 0:
        return nu, scale
    refuse(
        "The stationary density cannot be normalised: its tail index nu is not positive.",
        given=f"kappa={law.kappa!r}, alpha={alpha!r}: nu = {nu:.6g}",
        accepted=f"kappa > {alpha - 0.5:.6g}",
        hint="a smaller learning rate or a larger batch",
        error=NormalisationError,
    )


def log_density(x: ArrayLike, law: PowerLaw, alpha: float) -> Floats:
    """Return ln p(x); minus infinity at and beyond the silent point.

    Examples
    --------
    >>> log_density(0.7, PowerLaw(2.0, 0.5, 0.2, 0.8, rho=-0.4), alpha=1)
    -inf
    """
    nu, b = shape_scale(law, alpha)
    x0 = silent_point(law)
    r = -np.sign(x0) * (real("x", x) - x0)
    inside = r > 0
    safe = np.where(inside, r, 1.0)
    with np.errstate(over="ignore"):
        logs = nu * np.log(b) - gammaln(nu) - (nu + 1) * np.log(safe) - b / safe
    return tidy(np.where(inside, logs, -np.inf))


def density(x: ArrayLike, law: PowerLaw, alpha: float) -> Floats:
    """Return the stationary density p(x) [1/x]; zero beyond the silent point.

    Examples
    --------
    >>> law = PowerLaw(2.0, 0.5, 0.2, 0.8, rho=-0.4)
    >>> round(density(0.0, law, alpha=1), 9)
    2.251980643
    """
    return tidy(np.exp(log_density(x, law, alpha)))


def distribution(law: PowerLaw, alpha: float) -> Any:
    """Return the law of the distance |x - x0| as a frozen `scipy.stats.invgamma` distribution.

    Examples
    --------
    >>> frozen = distribution(PowerLaw(2.0, 0.5, 0.2, 0.8, rho=-0.4), alpha=1)
    >>> round(float(frozen.mean()), 12)
    0.625
    """
    from scipy import stats

    nu, scale = shape_scale(law, alpha)
    return stats.invgamma(nu, scale=scale)


def mode(law: PowerLaw, alpha: float) -> float:
    """Return the mode of x: at the distance b/(nu + 1) from the silent point (0 where alpha = 1).

    Examples
    --------
    >>> mode(PowerLaw(2.0, 0.5, 0.2, 0.8, rho=-0.4), alpha=1)
    0.0
    """
    nu, scale = shape_scale(law, alpha)
    x0 = silent_point(law)
    return float(x0 - np.sign(x0) * scale / (nu + 1))


def mean(law: PowerLaw, alpha: float) -> float:
    """Return the mean of x, x0 -+ b/(nu - 1); it needs nu > 1.

    Examples
    --------
    >>> mean(PowerLaw(2.0, 0.5, 0.2, 0.8, rho=-0.4), alpha=0)
    0.0
    """
    nu, scale = shape_scale(law, alpha)
    _exists("mean", nu, 1.0)
    x0 = silent_point(law)
    return float(x0 - np.sign(x0) * scale / (nu - 1))


def variance(law: PowerLaw, alpha: float) -> float:
    """Return the variance b^2/((nu - 1)^2 (nu - 2)) [x^2]; it needs nu > 2.

    Examples
    --------
    >>> round(variance(PowerLaw(2.0, 0.5, 0.2, 0.8, rho=-0.4), alpha=1), 12)
    0.055803571429
    """
    nu, scale = shape_scale(law, alpha)
    _exists("variance", nu, 2.0)
    return scale**2 / ((nu - 1) ** 2 * (nu - 2))


def _exists(what: str, nu: float, order: float) -> None:
    if nu <= order:
        refuse(
            f"The {what} does not exist: it needs nu > {order:g}.",
            given=f"nu={nu:.6g}",
            accepted=f"nu > {order:g}",
            hint="quantiles of distribution(law, alpha)",
            error=MomentError,
        )

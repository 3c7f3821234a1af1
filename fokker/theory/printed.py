"""Stationary densities exactly as the power-law paper prints them, so that they can be put to the test.

Nothing here is corrected. The right statements are in `fokker.theory.pearson` and `fokker.theory.student`.

References
----------
Meng et al., arXiv 2006.13719, Theorem 2 (Eq. 6) and Corollary 3 (Eq. 7).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fokker.theory._check import Floats, real, refuse, tidy
from fokker.theory.power_law import PowerLaw


def theorem2_log(x: ArrayLike, law: PowerLaw) -> Floats:
    """Return ln of Theorem 2's density without its constant 1/Z.

    C(x)^(-H/(eta sigma_H)) exp( H [4 rho/(eta sigma_H)] arctan(C'(x)/S)/S ), S = sqrt(4 sigma_H sigma_g - 4
    rho^2).

    Parameters
    ----------
    x
        Points, distance from the minimum [x].
    law
        Parameters; the formula has no convention of its own (its exponent belongs to alpha = 1).

    Raises
    ------
    FokkerError
        S = 0, which the formula does not cover.

    Examples
    --------
    >>> law = PowerLaw(2.0, 0.5, 1.5, 0.8, rho=0.6)
    >>> from fokker.theory import pearson
    >>> a = theorem2_log(1.0, law) - theorem2_log(-2.0, law)
    >>> b = pearson.log_density(1.0, law, alpha=1) - pearson.log_density(-2.0, law, alpha=1)
    >>> abs(a - b) < 1e-13
    True
    """
    if law.discriminant == 0:
        refuse(
            "Theorem 2 divides by S = sqrt(4 sigma_H sigma_g - 4 rho^2), which is zero here.",
            given=f"rho={law.rho!r}, sigma_g={law.sigma_g!r}, sigma_H={law.sigma_H!r}",
            accepted="rho^2 < sigma_g sigma_H",
            hint="the inverse-gamma law of the degenerate case",
        )
    points = real("x", x)
    root = np.sqrt(4 * law.sigma_H * law.sigma_g - 4 * law.rho**2)
    slope = 2 * law.rho + 2 * law.sigma_H * points
    power = -law.curvature / (law.learning_rate * law.sigma_H) * np.log(law.gradient_variance(points))
    factor = law.curvature * (4 * law.rho / (law.learning_rate * law.sigma_H))
    return tidy(power + factor * np.arctan(slope / root) / root)


def corollary3_log(x: ArrayLike, law: PowerLaw) -> Floats:
    """Return ln of Corollary 3's density without its constant: -kappa ln(1 + H x^2/(kappa eta sigma_g)).

    Raises
    ------
    FokkerError
        rho != 0, which the corollary excludes.

    Examples
    --------
    >>> round(corollary3_log(1.0, PowerLaw(2.0, 0.5, 1.5, 0.8)), 12)
    -2.137220074135
    """
    if law.rho != 0:
        refuse(
            "Corollary 3 is the uncorrelated case.",
            given=f"rho={law.rho!r}",
            accepted="rho = 0",
            hint="theorem2_log",
        )
    scaled = law.curvature * real("x", x) ** 2 / (law.kappa * law.learning_rate * law.sigma_g)
    return tidy(-law.kappa * np.log1p(scaled))

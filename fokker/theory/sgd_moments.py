"""Second moments of the recursion itself and of its three continuous readings (uncorrelated noise, rho = 0).

The recursion x' = x - eta H x + eta xi, Var xi = sigma_g + sigma_H x^2, evaluates its noise at the start of
the step: its small-step limit is the Ito equation. All functions broadcast over their arguments.

References
----------
Meng et al., arXiv 2006.13719, Eqs. 3 to 5 (recursion, equation, density equation);
Mori, Ziyin, Liu, Ueda, arXiv 2105.09557 (the same remark on the Ito reading).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from fokker.errors import MomentError
from fokker.theory._check import Array, Floats, convention, not_negative, positive, refuse, tidy


class Modified(NamedTuple):
    """Curvature [1/time] and sigma_g [x^2/time^2] with their first-order corrections in the learning rate."""

    curvature: Floats
    sigma_g: Floats


def recursion_second_moment(
    curvature: ArrayLike, learning_rate: ArrayLike, sigma_g: ArrayLike, sigma_H: ArrayLike
) -> Floats:
    """Return E x^2 = eta sigma_g/(2H - eta H^2 - eta sigma_H) [x^2] of the stationary recursion, exactly.

    Raises
    ------
    MomentError
        The denominator is not positive: the second moment grows without bound.

    Examples
    --------
    >>> recursion_second_moment(2.0, 0.5, 1.5, 0.8)
    0.46875
    """
    h, eta, sg, sh = _parameters(curvature, learning_rate, sigma_g, sigma_H)
    return tidy(eta * sg / _bounded(2 * h - eta * h**2 - eta * sh, "2H - eta H^2 - eta sigma_H"))


def sde_second_moment(
    curvature: ArrayLike, learning_rate: ArrayLike, sigma_g: ArrayLike, sigma_H: ArrayLike, alpha: ArrayLike
) -> Floats:
    """Return E x^2 = eta sigma_g/(2H - (1 + 2 alpha) eta sigma_H) [x^2] of the stochastic equation.

    Raises
    ------
    MomentError
        The denominator is not positive (nu <= 2): the second moment does not exist.

    Examples
    --------
    >>> sde_second_moment(2.0, 0.5, 1.5, 0.8, alpha=[0, 0.5, 1]).round(9).tolist()
    [0.208333333, 0.234375, 0.267857143]
    """
    h, eta, sg, sh = _parameters(curvature, learning_rate, sigma_g, sigma_H)
    rate = 2 * h - (1 + 2 * convention(alpha)) * eta * sh
    return tidy(eta * sg / _bounded(rate, "2H - (1 + 2 alpha) eta sigma_H"))


def modified_parameters(curvature: ArrayLike, learning_rate: ArrayLike, sigma_g: ArrayLike) -> Modified:
    """Return (H + eta H^2/2, sigma_g (1 + eta H)): the Ito equation that follows the recursion to first
    order.

    Both corrections are needed: with that of the drift alone the variance gets worse, not better.

    Examples
    --------
    >>> h, sg = modified_parameters(2.0, 0.1, 1.5)
    >>> round(sde_second_moment(h, 0.1, sg, 0.8, alpha=0), 9)  # the recursion: 0.042613636
    0.041666667
    """
    h, eta, sg, _ = _parameters(curvature, learning_rate, sigma_g, 0.0)
    return Modified(tidy(h + eta * h**2 / 2), tidy(sg * (1 + eta * h)))


def _parameters(h: ArrayLike, eta: ArrayLike, sg: ArrayLike, sh: ArrayLike) -> tuple[Array, Array, Array, Array]:
    return (
        positive("curvature", h, "the second derivative at a minimum"),
        positive("learning_rate", eta, "the size of a step"),
        positive("sigma_g", sg, "the variance of the gradient at the minimum"),
        not_negative("sigma_H", sh, "the variance of the second derivative"),
    )


def _bounded(rate: Array, formula: str) -> Array:
    if np.all(rate > 0):
        return rate
    refuse(
        f"The second moment does not exist: {formula} must be positive.",
        given=f"{formula} = {float(np.min(rate)):.6g}",
        accepted="a positive denominator",
        hint="a smaller learning rate",
        error=MomentError,
    )

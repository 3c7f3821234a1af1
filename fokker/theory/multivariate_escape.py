"""Escape time of the power-law dynamic in d dimensions: Theorem 7 as recalled, and the corrected law (audit A6).

The noise is isotropic and follows the loss, D = (eps/2) C, C = 1 + 2 (L - L_a)/(kappa eps), y = 2 dL/(kappa eps) at
the saddle. In the quadratic approximation the mass of the well is

    (pi kappa eps)^(d/2) Gamma(m - d/2)/(Gamma(m) sqrt(det H_a)),    m = kappa + 1 - alpha,

and the resistance of the saddle is the integral along the path of (2/eps) over the section's integral of C^(1-m). The
section widens as sqrt(C) in each of its d - 1 directions, which takes (d-1)/2 from the exponent:

    tau = (2 pi/|H_be|) sqrt(|det H_b|/det H_a) kappa (m - (d+1)/2)/((m - 1)(m - d/2)) (1 + y)^(m - d/2).

It is the time to leave the basin, asymptotic for kappa -> infinity with y fixed; to the separatrix it takes half.

References
----------
Meng, Gong, Chen, Ma, Liu, arXiv 2006.13719, Theorem 7 (Eq. 11, 21), as recalled; Mori, Ziyin, Liu, Ueda, arXiv
2105.09557, for the exponent with alpha = 0.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from fokker.errors import NormalisationError
from fokker.theory._check import Array, Floats, convention, exponential, positive, real, refuse, show, tidy
from fokker.theory.escape import barrier_ratio


class Passage(NamedTuple):
    """Curvatures [1/time] that the formulas need: those of the minimum and those of the saddle."""

    well: Array
    saddle: Array

    @property
    def dimension(self) -> int:
        """Number of dimensions d."""
        return len(self.well)

    @property
    def downhill(self) -> float:
        """|H_be|, the magnitude of the one negative curvature of the saddle."""
        return float(-np.min(self.saddle))

    @property
    def log_prefactor(self) -> float:
        """ln of (2 pi/|H_be|) sqrt(|det H_b|/det H_a) [ln time]."""
        volumes = np.sum(np.log(np.abs(self.saddle))) - np.sum(np.log(self.well))
        return float(np.log(2 * np.pi / self.downhill) + volumes / 2)


def passage(well: ArrayLike, saddle: ArrayLike) -> Passage:
    """Return the checked eigenvalues of the Hessian at the minimum and at the saddle.

    Raises
    ------
    FokkerError
        The minimum has a curvature that is not positive, or the saddle has not exactly one negative one.

    Examples
    --------
    >>> passage((2.0, 1.0), (-1.0, 1.0)).dimension
    2
    """
    bottom = np.atleast_1d(positive("well", well, "the curvatures of a minimum"))
    top = np.atleast_1d(real("saddle", saddle))
    if bottom.ndim == 1 and top.shape == bottom.shape and np.sum(top < 0) == 1 and np.all(top != 0):
        return Passage(bottom, top)
    refuse(
        "A saddle has as many directions as the minimum, exactly one of them downhill.",
        given=f"well={show(bottom.tolist())}, saddle={show(top.tolist())}",
        accepted="equal numbers of eigenvalues, one of them negative at the saddle",
        hint="the eigenvalues of both Hessians; drop flat directions at both points",
    )


def escape_time(
    kappa: ArrayLike, eps: ArrayLike, barrier: ArrayLike, well: ArrayLike, saddle: ArrayLike, alpha: ArrayLike
) -> Floats:
    """Return the corrected time to leave the basin.

    Parameters
    ----------
    kappa
        The one index of isotropic noise [1], above (d - 1)/2 + alpha and above alpha.
    eps
        Noise floor eta sigma_g [x^2/time].
    barrier
        dL = L(b) - L(a) > 0 [x^2/time].
    well, saddle
        Eigenvalues of the Hessian at the minimum (positive) and at the saddle (one negative) [1/time].
    alpha
        Convention; the exponent is kappa + 1 - alpha - d/2.

    Returns
    -------
    float or array
        Time [time], in the shape of kappa, eps, barrier and alpha broadcast.

    Raises
    ------
    NormalisationError
        kappa is too small for the mass of the well or for the section of the saddle.
    FokkerError
        Other bad parameters, or a time too large for a double.

    Examples
    --------
    >>> tau = escape_time(80.0, 0.5 / 240, 0.25, (2.0, 1.0), (-1.0, 1.0), alpha=1)
    >>> f"{tau / (2 * 8.200083e47):.5f}"  # over twice the measured time to the separatrix
    '0.99600'
    """
    logs = log_escape_time(kappa, eps, barrier, well, saddle, alpha)
    return exponential(logs, "multivariate_escape.log_escape_time")


def log_escape_time(
    kappa: ArrayLike, eps: ArrayLike, barrier: ArrayLike, well: ArrayLike, saddle: ArrayLike, alpha: ArrayLike
) -> Floats:
    """Return ln of :func:`escape_time`, for times that a double cannot hold.

    In one dimension it is `escape.log_escape_time`:

    >>> from fokker.theory import escape
    >>> one = escape.log_escape_time(5.0, 0.01, 0.25, 2.0, 1.0, alpha=0)
    >>> abs(log_escape_time(5.0, 0.01, 0.25, [2.0], [-1.0], alpha=0) - one) < 1e-13
    True
    """
    way = passage(well, saddle)
    k = positive("kappa", kappa, "the ratio H/(eta sigma_H)")
    m, d = k + 1 - convention(alpha), way.dimension
    least = max((d + 1) / 2, 1.0)
    if d > 1 and np.any(m <= least):
        refuse(
            "The quadratic saddle has no finite section: kappa + 1 - alpha must exceed (d + 1)/2.",
            given=f"kappa={show(kappa)}, alpha={show(alpha)}, d={d}",
            accepted=f"kappa + 1 - alpha > {least:g}",
            hint="a smaller learning rate or a larger batch; both raise kappa",
            error=NormalisationError,
        )
    if np.any(m <= d / 2):
        refuse(
            "The well holds no finite mass: kappa + 1 - alpha must exceed d/2.",
            given=f"kappa={show(kappa)}, alpha={show(alpha)}, d={d}",
            accepted=f"kappa + 1 - alpha > {d / 2:g}",
            hint="a smaller learning rate or a larger batch; both raise kappa",
            error=NormalisationError,
        )
    # in one dimension the section is a point, and (m - 1)/(m - 1) is one
    section = np.log(m - (d + 1) / 2) - np.log(m - 1) if d > 1 else 0.0
    power = m - d / 2
    return tidy(
        way.log_prefactor + np.log(k) + section - np.log(power) + power * np.log1p(barrier_ratio(k, eps, barrier))
    )


def theorem7(
    kappa: ArrayLike,
    learning_rate: ArrayLike,
    sigma_e: ArrayLike,
    barrier: ArrayLike,
    well: ArrayLike,
    saddle: ArrayLike,
    bracket: float = 1.0,
) -> Floats:
    """Return Theorem 7 as recalled.

    2 pi sqrt(-det H_b)/[(1 - d/(2 kappa)) sqrt(det H_a) |H_be|] (1 + dL/(eta kappa sigma_e))^(kappa - 1/2).

    Parameters
    ----------
    kappa
        Index [1], above d/2.
    learning_rate
        eta [time per step].
    sigma_e
        Eigenvalue of Sigma_g at the minimum along the direction of escape [x^2/time^2].
    barrier, well, saddle
        As :func:`escape_time`.
    bracket
        Factor of dL: 1 as recalled; 2 agrees with Lemma 6 in one dimension.

    Examples
    --------
    >>> ratio = theorem7(80.0, 1.0, 0.5 / 240, 0.25, (2.0, 1.0), (-1.0, 1.0), bracket=2) / (2 * 8.200083e47)
    >>> f"{ratio:.5f}"  # tends to sqrt(1 + y) = 2
    '2.00470'
    """
    way = passage(well, saddle)
    k = positive("kappa", kappa, "the ratio H/(eta sigma_H)")
    if np.any(k <= way.dimension / 2):
        refuse(
            "The well holds no finite mass: kappa must exceed d/2.",
            given=f"kappa={show(kappa)}, d={way.dimension}",
            accepted=f"kappa > {way.dimension / 2:g}",
            hint="a smaller learning rate or a larger batch; both raise kappa",
            error=NormalisationError,
        )
    eta = positive("learning_rate", learning_rate, "the size of a step")
    eps = eta * positive("sigma_e", sigma_e, "a variance of the gradient")
    factor = positive("bracket", bracket, "the factor of dL in the bracket")
    height = positive("barrier", barrier, "the height L(b) - L(a)")
    logs = way.log_prefactor - np.log1p(-way.dimension / (2 * k)) + (k - 0.5) * np.log1p(factor * height / (k * eps))
    return exponential(logs, "the logarithms of the factors by hand")


def first_order_coefficient(y: ArrayLike) -> Floats:
    """Return c in: escape_time/exact = 1 + c/kappa + ..., for L = (x^2 - 1)^2/4 + h y^2/2 in any dimension.

    c = -(3/16) (1 + 2/y), that of one dimension: the transverse integrals are exact, and the committor's dependence
    on the transverse coordinates changes the capacity only at second order in 1/kappa.

    >>> first_order_coefficient([1.0, 3.0]).tolist()
    [-0.5625, -0.3125]
    """
    from fokker.theory.escape import quartic_first_order_coefficient

    return quartic_first_order_coefficient(y)

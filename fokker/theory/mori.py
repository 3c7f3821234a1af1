"""The logarithmic-barrier law: noise proportional to the loss itself, read as Ito.

With the noise covariance (2 L(x)/B) h* near a minimum of curvature h* and loss L*, the stationary law is
L^(-phi) with phi = 1 + B/(eta h*), and the escape rate is a power of the *ratio* of losses at the saddle and
the minimum. It is the Ito twin of Lemma 6: kappa = B/(eta h*), 1 + y = L_s/L*; the two differ by one power of
that ratio.

References
----------
Mori, Ziyin, Liu, Ueda, "Power-Law Escape Rate of SGD", arXiv 2105.09557 (ICML 2022), Eq. 16.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from fokker.errors import NormalisationError
from fokker.theory._check import Array, Floats, positive, real, refuse, show, tidy


def index(batch: ArrayLike, learning_rate: ArrayLike, curvature: ArrayLike) -> Floats:
    """Return B/(eta h*) [1], which is kappa of the power-law dynamic.

    Examples
    --------
    >>> index(10, 0.1, 5.0)
    20.0
    """
    b = positive("batch", batch, "a number of samples")
    eta = positive("learning_rate", learning_rate, "the size of a step")
    return tidy(b / (eta * positive("curvature", curvature, "the second derivative at the minimum")))


def stationary_exponent(batch: ArrayLike, learning_rate: ArrayLike, curvature: ArrayLike) -> Floats:
    """Return phi = 1 + B/(eta h*) of the stationary law p ~ L^(-phi).

    >>> stationary_exponent(10, 0.1, 5.0)
    21.0
    """
    return tidy(1 + np.asarray(index(batch, learning_rate, curvature)))


def rate(kappa: ArrayLike, curvature: ArrayLike, curvature_saddle: ArrayLike, loss_ratio: ArrayLike) -> Floats:
    """Return the escape rate in one dimension, (1/2 pi) sqrt(h* |h_s|) (L_s/L*)^-(1/2 + kappa) [1/time].

    Parameters
    ----------
    kappa
        B/(eta h*), see :func:`index`. The law is asymptotic for kappa -> infinity.
    curvature, curvature_saddle
        h* and |h_s|, both positive.
    loss_ratio
        L_s/L* > 1.

    Examples
    --------
    >>> f"{rate(20.0, 2.0, 1.0, 3.0):.6e}"
    '3.726914e-11'
    """
    k, ratio = positive("kappa", kappa, "the ratio B/(eta h*)"), _ratio(loss_ratio)
    h = positive("curvature", curvature, "the second derivative at the minimum")
    h_s = positive("curvature_saddle", curvature_saddle, "the magnitude of the second derivative at the saddle")
    return tidy(np.sqrt(h * h_s) / (2 * np.pi) * np.exp(-(0.5 + k) * np.log(ratio)))


def rate_outliers(
    kappa: float,
    eigenvalues: Sequence[float],
    eigenvalues_saddle: Sequence[float],
    loss_ratio: float,
) -> float:
    """Return the escape rate [1/time] with n outlier directions.

    (|h_e|/2 pi) sqrt(det H*/|det H_s|) (L_s/L*)^-(kappa + 1 - n/2).

    Parameters
    ----------
    kappa
        B/(eta h*); the minimum is stable for n < 2 (kappa + 1).
    eigenvalues
        Positive outlier eigenvalues at the minimum, n of them.
    eigenvalues_saddle
        Those at the saddle, one of them (h_e) negative.
    loss_ratio
        L_s/L* > 1.

    Raises
    ------
    NormalisationError
        n >= 2 (kappa + 1): the minimum holds no finite mass.

    Examples
    --------
    >>> round(rate_outliers(20.0, [2.0], [-1.0], 3.0) / rate(20.0, 2.0, 1.0, 3.0), 12)
    1.0
    """
    k = float(positive("kappa", kappa, "the ratio B/(eta h*)"))
    bottom = np.atleast_1d(positive("eigenvalues", eigenvalues, "a curvature of a minimum"))
    saddle = np.atleast_1d(real("eigenvalues_saddle", np.asarray(eigenvalues_saddle)))
    if saddle.shape != bottom.shape or np.sum(saddle < 0) != 1 or np.any(saddle == 0):
        refuse(
            "A saddle has as many directions as the minimum, exactly one of them downhill.",
            given=f"eigenvalues={show(bottom.tolist())}, eigenvalues_saddle={show(saddle.tolist())}",
            accepted="equal numbers, one negative at the saddle",
            hint="drop the flat directions at both points",
        )
    n = bottom.size
    if n >= 2 * (k + 1):
        refuse(
            "The minimum is not stable: the number of outliers must be below 2 (kappa + 1).",
            given=f"n={n}, kappa={k:.6g}",
            accepted=f"n < {2 * (k + 1):.6g}",
            hint="a smaller learning rate or a larger batch",
            error=NormalisationError,
        )
    downhill = -np.min(saddle) / (2 * np.pi)
    volumes = np.exp(0.5 * (np.sum(np.log(bottom)) - np.sum(np.log(np.abs(saddle)))))
    return float(downhill * volumes * np.exp(-(k + 1 - n / 2) * np.log(_ratio(loss_ratio))))


def _ratio(loss_ratio: ArrayLike) -> Array:
    ratio = real("loss_ratio", loss_ratio)
    if np.all(ratio > 1):
        return ratio
    refuse(
        "The loss at the saddle is higher than at the minimum, and that at the minimum positive.",
        given=f"loss_ratio={show(loss_ratio)}",
        accepted="loss_ratio = L_s/L* > 1",
        hint="escape.escape_time if the noise does not vanish with the loss",
    )

"""Drift along a valley floor: the loss L(x, y) = h(y) x^2/2, all of whose minima x = 0 are alike.

Isotropic noise of constant D makes the process Boltzmann, so that p(x, y) ~ exp(-h(y) x^2/(2 D)) exactly. The
marginal along the valley is p(y) ~ h(y)^(-1/2): narrow stretches hold less volume. Where h changes slowly, y
drifts by itself towards the flat ones, dy/dt = -(D/2) (ln h)'.

The ring h = 1 + a sin^2 y, y of period 2 pi, has the norm int h^(-1/2) dy = 4 K(-a), K the complete elliptic
integral of the first kind in its parameter m.

References
----------
Wei and Schwab, How noise affects the Hessian spectrum in overparameterized neural networks, arXiv 1910.00195.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ellipk

from fokker.theory._check import Floats, not_negative, positive, real, tidy


def averaged_drift(width: ArrayLike, slope: ArrayLike, diffusion: ArrayLike) -> Floats:
    """Return the drift -(D/2) h'/h [y/time] along the valley, averaged over x.

    Parameters
    ----------
    width, slope
        h > 0 and h'.
    diffusion
        D > 0 of the isotropic noise.

    Examples
    --------
    >>> averaged_drift(2.0, 1.0, 0.1)
    -0.025
    """
    h = positive("width", width, "the curvature across the valley")
    return tidy(-positive("diffusion", diffusion, "the noise strength D") * real("slope", slope) / (2 * h))


def ring_curvature(y: ArrayLike, depth: ArrayLike) -> Floats:
    """Return h = 1 + a sin^2 y.

    >>> ring_curvature(0.0, 4.0)
    1.0
    """
    return tidy(1 + not_negative("depth", depth, "the modulation a of the curvature") * np.sin(real("y", y)) ** 2)


def ring_norm(depth: ArrayLike) -> Floats:
    """Return the integral 4 K(-a) of h^(-1/2) over the ring.

    >>> round(ring_norm(4.0), 13)
    4.0378116399568
    """
    return tidy(4 * ellipk(-not_negative("depth", depth, "the modulation a of the curvature")))


def ring_marginal(y: ArrayLike, depth: ArrayLike) -> Floats:
    """Return the stationary marginal h^(-1/2)/(4 K(-a)) along the ring, the same for every D.

    >>> [round(ring_marginal(y, 4.0), 12) for y in (0.0, np.pi / 2)]
    [0.247658902685, 0.110756428327]
    """
    return tidy(np.asarray(ring_curvature(y, depth)) ** -0.5 / ring_norm(depth))


def ring_log_density(x: ArrayLike, y: ArrayLike, depth: ArrayLike, diffusion: ArrayLike) -> Floats:
    """Return ln of the stationary density -h x^2/(2 D) - ln(sqrt(2 pi D) 4 K(-a)), x on the whole line.

    >>> round(ring_log_density(0.0, 0.0, 4.0, 1 / (2 * np.pi)), 12)  # -ln(4 K(-4))
    -1.395702871937
    """
    d = positive("diffusion", diffusion, "the noise strength D")
    valley = np.asarray(ring_curvature(y, depth)) * real("x", x) ** 2 / (2 * d)
    return tidy(-valley - np.log(2 * np.pi * d) / 2 - np.log(ring_norm(depth)))

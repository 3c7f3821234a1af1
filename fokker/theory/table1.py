"""The rows of the power-law paper's Table 1: how long three kinds of noise take to leave a minimum.

References
----------
Meng et al., arXiv 2006.13719, Table 1; Kramers, Physica 7 (1940) 284.
"""

from __future__ import annotations

from numpy.typing import ArrayLike

from fokker.theory import alpha_stable, escape, kramers
from fokker.theory._check import Floats, positive, real


def langevin(eps: ArrayLike, barrier: ArrayLike, curvature_well: ArrayLike, curvature_barrier: ArrayLike) -> Floats:
    """Return the row of constant noise, 2 pi exp(2 dL/eps)/sqrt(H_a |H_b|) [time].

    The dynamic is dx = -L' dt + sqrt(eps) dB, eps = eta sigma_g; other parameters as `escape.lemma6`.
    Printed without its constant 2 pi, in the order sense. Exponential in the barrier.

    >>> round(langevin(0.1, 0.25, 2.0, 1.0) / 7.296706919423e2, 8)
    0.90367107
    """
    noise = positive("eps", eps, "the noise floor eta sigma_g")
    return kramers.time(noise / 2, barrier, curvature_well, curvature_barrier)


def power_law(
    kappa: ArrayLike,
    eps: ArrayLike,
    barrier: ArrayLike,
    curvature_well: ArrayLike,
    curvature_barrier: ArrayLike,
) -> Floats:
    """Return the row of the power-law dynamic with its constant 2 pi, that is Lemma 6 [time].

    A power of the barrier, (1 + 2 dL/(kappa eps))^(kappa - 1/2).

    >>> round(power_law(5.0, 0.01, 0.25, 2.0, 1.0), 2)
    239711.82
    """
    return escape.lemma6(kappa, eps, barrier, curvature_well, curvature_barrier)


def stable(index: ArrayLike, learning_rate: ArrayLike, sigma: ArrayLike, width: ArrayLike) -> Floats:
    """Return the row of stable noise as printed, (a/2) width^a/(eta^(a-1) sigma^a) [time].

    The dynamic is dw = -g dt + eta^((a-1)/a) sigma dL, a the `index`, `width` the distance to the barrier.
    It is the leading order for weak noise in the normalisation c = 1 of the jump measure; for the standard
    stable law it must be divided by `alpha_stable.jump_constant`. The height of the barrier does not enter.

    >>> round(stable(1.5, 0.01, 1.0, 2.0), 9)
    21.213203436
    """
    eta = positive("learning_rate", learning_rate, "the size of a step")
    a = real("index", index)
    strength = eta ** ((a - 1) / a) * positive("sigma", sigma, "the strength of the noise")
    return alpha_stable.exit_time(a, strength, width, width)

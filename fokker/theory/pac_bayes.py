"""Theorem 8 put to the test: the Kullback-Leibler divergence in its PAC-Bayes bound (audit A7).

The prior is P = N(w*, I), the posterior Q the stationary law of Theorem 4, p = (1 + q)^(-m)/Z. With n = d/2,

    KL(Q||P) = -m [psi(m) - psi(m - n)] - ln Z + n ln(2 pi) + Tr Cov/2.

The paper's expression leaves out the ratio of Gamma functions and uses ln(1 + u) <= u in the wrong direction: it lies
*below* the divergence, by d (d+2)(d+3)/(16 kappa^2) to leading order, so it gives no upper bound. It is a good
approximation all the same, of second order in 1/kappa.

References
----------
Meng, Gong, Chen, Ma, Liu, arXiv 2006.13719, Theorem 8 (Eq. 25, 26), as recalled; McAllester, COLT 1999 and Machine
Learning 51 (2003) 5.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import digamma

from fokker.errors import MomentError
from fokker.theory._check import Array, Floats, not_negative, positive, real, refuse, show, tidy, whole
from fokker.theory.multivariate_power_law import (
    covariance,
    exponent,
    log_normalisation,
    printed_log_density,
)
from fokker.theory.shared_noise import SharedNoise

_BERNOULLI = (1 / 8, -1 / 64, 1 / 128, -17 / 2048, 31 / 2048, -691 / 16384)


def divergence(law: SharedNoise, alpha: float) -> float:
    """Return KL(Q||P) exactly [nat]: Q the density (1 + q)^(-m)/Z of the law, P the unit Gaussian at the minimum.

    Raises
    ------
    MomentError
        m <= d/2 + 1: Q has no second moment and the divergence is infinite.
    NormalisationError
        m <= d/2.

    Examples
    --------
    >>> law = SharedNoise.theorem4(np.diag([2.0, 1.0]), 1.5 * np.eye(2), learning_rate=0.1, kappa=10.0)
    >>> round(divergence(law, alpha=1), 10)  # printed_divergence: 1.7571532557
    1.790681629
    """
    d, m = law.dimension, exponent(law, alpha)
    spread = np.trace(covariance(law, alpha)) / 2
    entropy = m * float(digamma_rise(m - d / 2, d)) + log_normalisation(law, alpha)
    return float(d / 2 * np.log(2 * np.pi) + spread - entropy)


def printed_divergence(law: SharedNoise) -> float:
    """Return Theorem 8's expression [nat].

    ln(det H/det Sigma_g)/2 + [Tr(eta Sigma_g H^(-1)) - 2 d]/(4 (1 - (d/2+1)/kappa)) + (d/2) ln(2/eta).

    Raises
    ------
    MomentError
        kappa <= d/2 + 1, where the expression changes sign.

    Examples
    --------
    >>> law = SharedNoise.theorem4([[2.0]], [[1.5]], learning_rate=0.1, kappa=5.0)
    >>> round(printed_divergence(law), 9)
    0.954207173
    """
    d, eta, share = law.dimension, law.learning_rate, _share(law)
    volumes = np.linalg.slogdet(law.curvature)[1] - np.linalg.slogdet(law.sigma_g)[1]
    return float(volumes / 2 + (eta * _trace(law) - 2 * d) / (4 * share) + d / 2 * np.log(2 / eta))


def gaussian_divergence(law: SharedNoise) -> float:
    """Return the limit kappa -> infinity [nat]: Q is the Gaussian of covariance eta Sigma_g H^(-1)/2.

    Examples
    --------
    >>> law = SharedNoise.theorem4([[2.0]], [[1.5]], learning_rate=0.1, kappa=5.0)
    >>> round(gaussian_divergence(law), 9)
    1.160457173
    """
    d, eta = law.dimension, law.learning_rate
    volumes = np.linalg.slogdet(law.curvature)[1] - np.linalg.slogdet(law.sigma_g)[1]
    return float((eta / 2 * _trace(law) - d + volumes + d * np.log(2 / eta)) / 2)


def leading_gap(kappa: ArrayLike, dimension: int) -> Floats:
    """Return d (d+2)(d+3)/(16 kappa^2), the leading order of divergence - printed_divergence (alpha = 1) [nat].

    >>> leading_gap(10.0, 2)
    0.025
    """
    d = whole("dimension", dimension, least=1)
    return tidy(d * (d + 2) * (d + 3) / (16 * positive("kappa", kappa, "the ratio H/(eta sigma_H)") ** 2))


def curvature_slopes(law: SharedNoise) -> Array:
    """Return d KL/d ln H_i for alpha = 1, along the eigenvectors of H: 1/2 - eta Sigma_i/(4 c H_i) [nat].

    Flatter is better (the divergence grows with H_i) exactly where 2 c H_i > eta Sigma_i, c = 1 - (d/2+1)/kappa.
    kappa is held; H and Sigma_g commute.

    >>> law = SharedNoise.theorem4([[2.0]], [[1.5]], learning_rate=0.1, kappa=5.0)
    >>> curvature_slopes(law).round(6).tolist()
    [0.473214]
    """
    h, frame = np.linalg.eigh(law.curvature)
    s = np.einsum("ji,jk,ki->i", frame, law.sigma_g, frame)
    return np.asarray(0.5 - law.learning_rate * s / (4 * _share(law) * h))


def mcallester(risk: ArrayLike, divergence: ArrayLike, samples: int, delta: float) -> Floats:
    """Return the bound risk + sqrt((KL + ln(1/delta) + ln N + 2)/(2 N - 1)) [1], true with probability 1 - delta.

    Parameters
    ----------
    risk
        Mean risk of Q on the sample, within [0, 1].
    divergence
        KL(Q||P) >= 0; the prior must not depend on the sample (one centred at the trained minimum does).
    samples
        N >= 1.
    delta
        In (0, 1).

    Examples
    --------
    >>> round(mcallester(0.1, 1.79068162896, 1000, 0.05), 6)
    0.182768
    """
    n = whole("samples", samples, least=1)
    level = positive("delta", delta, "the probability that the bound fails")
    observed = real("risk", risk)
    if np.any(level >= 1) or np.any((observed < 0) | (observed > 1)):
        refuse(
            "A risk lies in [0, 1] and the probability of failure in (0, 1).",
            given=f"risk={show(risk)}, delta={show(delta)}",
            accepted="0 <= risk <= 1, 0 < delta < 1",
            hint="scale the loss to [0, 1]",
        )
    kl = not_negative("divergence", divergence, "a Kullback-Leibler divergence")
    return tidy(observed + np.sqrt((kl - np.log(level) + np.log(n) + 2) / (2 * n - 1)))


def digamma_rise(z: ArrayLike, d: int) -> Floats:
    """Return psi(z + d/2) - psi(z), z > 0, without cancellation.

    Whole steps are sums of 1/(z + j); the half step is a difference below z = 20 and its asymptotic series beyond
    (the derivative of DLMF 5.11.13).

    >>> round(digamma_rise(1.0, 2), 12), round(digamma_rise(50.0, 1), 12)
    (1.0, 0.0100499975)
    """
    z = positive("z", z, "the argument of a digamma function")
    rise = sum((1 / (z + j) for j in range(d // 2)), np.zeros_like(z))
    if d % 2:
        z = z + d // 2
        large, small = np.maximum(z, 20.0), np.minimum(z, 20.0)
        series = 0.5 / large + sum(c / large ** (2 * k + 2) for k, c in enumerate(_BERNOULLI))
        rise = rise + np.where(z > 20.0, series, digamma(small + 0.5) - digamma(small))
    return tidy(rise)


def log_ratio(x: ArrayLike, law: SharedNoise, alpha: float) -> Floats:
    """Return ln(Q/P) at points of shape (..., d); its mean under Q is the divergence.

    >>> law = SharedNoise.theorem4([[2.0]], [[1.5]], learning_rate=0.1, kappa=5.0)
    >>> round(log_ratio([0.0], law, alpha=1), 6)
    1.561305
    """
    points = real("x", x)
    gaussian = -0.5 * np.sum(points**2, axis=-1) - law.dimension / 2 * np.log(2 * np.pi)
    return tidy(np.asarray(printed_log_density(points, law, alpha)) - gaussian)


def _share(law: SharedNoise) -> float:
    """Return c = 1 - (d/2 + 1)/kappa, which must be positive."""
    share = 1 - (law.dimension / 2 + 1) / law.kappa
    if share > 0:
        return share
    refuse(
        "The second moment of the posterior does not exist, and the divergence is infinite.",
        given=f"kappa={law.kappa:.6g}, d={law.dimension}",
        accepted=f"kappa > d/2 + 1 = {law.dimension / 2 + 1:g}",
        hint="a smaller learning rate or a larger batch; both raise kappa",
        error=MomentError,
    )


def _trace(law: SharedNoise) -> float:
    """Return Tr(Sigma_g H^(-1))."""
    return float(np.trace(np.linalg.solve(law.curvature, law.sigma_g)))

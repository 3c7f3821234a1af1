"""Proposition 11 put to the test: Hessian and noise that are diagonal in one frame (audit A2).

In the common frame H = diag(Pi), Sigma_g = diag(Lam), Sigma_H = diag(Gam), and the diffusion along axis i is

    D_i = (eta/2) Lam_i (1 + q),    q = sum_j Gam_j v_j^2/Lam_j.

The proposition claims p ~ (1 + q)^(-kappa) with kappa = Tr H/(eta Tr Sigma_H). It holds only if H is proportional to
Sigma_H; otherwise a current circulates. What always holds are the second moments, by linear equations. Another noise,
which grows along each axis with that coordinate alone, D_i = (eta/2) (Lam_i + Gam_i v_i^2), does have a product law.

References
----------
Meng, Gong, Chen, Ma, Liu, arXiv 2006.13719, Proposition 11 (Eq. 14-17).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaln

from fokker.errors import DimensionError, MomentError, NormalisationError
from fokker.theory import multivariate_power_law, shared_noise
from fokker.theory._check import Array, Floats, convention, positive, real, refuse, scalar, show, tidy
from fokker.theory.shared_noise import SharedNoise


def codiagonal(curvatures: ArrayLike, sigma_g: ArrayLike, sigma_H: ArrayLike, learning_rate: float) -> SharedNoise:
    """Return Proposition 11's dynamic in the common frame.

    Parameters
    ----------
    curvatures, sigma_g, sigma_H
        Eigenvalues Pi, Lam and Gam in the same order, all positive.
    learning_rate
        eta > 0.

    Raises
    ------
    DimensionError
        The three have different lengths.

    Examples
    --------
    >>> law = codiagonal((1.0, 1.2), (1.0, 1.0), (1.0, 1.0), 0.2)
    >>> round(law.kappa, 12), law.balanced
    (5.5, False)
    """
    pi, lam, gam = _axes(curvatures, sigma_g, sigma_H)
    return SharedNoise(np.diag(pi), np.diag(lam), np.diag(gam / lam), learning_rate)


def printed_second_moments(law: SharedNoise) -> Array:
    """Return E v_i^2 = Lam_i/Gam_i/(2 kappa - d - 2) of the claimed density [v^2].

    >>> printed_second_moments(codiagonal((1.0, 1.2), (1.0, 1.0), (1.0, 1.0), 0.2)).round(8).tolist()
    [0.14285714, 0.14285714]
    """
    return np.diag(multivariate_power_law.covariance(law, alpha=1.0)).copy()


def second_moments(law: SharedNoise, alpha: float = 1.0) -> Array:
    """Return the true E v_i^2 [v^2].

    2 (Pi_i - alpha eta Gam_i) m_i - eta Lam_i sum_j (Gam_j/Lam_j) m_j = eta Lam_i.

    Raises
    ------
    MomentError
        They grow without bound.

    Examples
    --------
    >>> second_moments(codiagonal((1.0, 1.2), (1.0, 1.0), (1.0, 1.0), 0.2)).round(8).tolist()
    [0.16129032, 0.12903226]
    """
    return np.diag(shared_noise.second_moments(law, alpha)).copy()


def fourth_moments(law: SharedNoise, alpha: float = 1.0) -> Array:
    """Return E v_i^2 v_j^2 [v^4], a symmetric matrix, by the closed equations of the fourth moments.

    With B_i = Pi_i - alpha eta Gam_i and s = 1 + q, the generator gives on v_i^4 and on v_i^2 v_j^2:
    -4 B_i v_i^4 + 6 eta Lam_i s v_i^2 and -2 (B_i + B_j) v_i^2 v_j^2 + eta s (Lam_i v_j^2 + Lam_j v_i^2).

    Raises
    ------
    MomentError
        They grow without bound.

    Examples
    --------
    >>> balanced = codiagonal((1.0, 3.0), (1.0, 1.0), (1.0, 3.0), 0.25)  # (1 + q)^(-4), q = v_1^2 + 3 v_2^2
    >>> (balanced.kappa, fourth_moments(balanced).round(12).tolist())
    (4.0, [[0.375, 0.041666666667], [0.041666666667, 0.041666666667]])
    """
    second = second_moments(law, alpha)
    d, eta = law.dimension, law.learning_rate
    lam, form = np.diag(law.sigma_g), np.diag(law.form)
    drift = np.diag(law.curvature) - alpha * eta * lam * form
    pairs = [(i, j) for i in range(d) for j in range(i, d)]
    place = {pair: at for at, pair in enumerate(pairs)} | {(j, i): at for at, (i, j) in enumerate(pairs)}
    operator, source = np.zeros((len(pairs), len(pairs))), np.zeros(len(pairs))
    for at, (i, j) in enumerate(pairs):
        # eta (1 + q) times lam_i v_j^2 + lam_j v_i^2, thrice on the diagonal
        times = 3 * eta if i == j else eta
        operator[at, at] += 2 * (drift[i] + drift[j])
        for a, b in ((i, j), (j, i)):
            source[at] += times * lam[a] * second[b]
            for k in range(d):
                operator[at, place[b, k]] -= times * lam[a] * form[k]
    solved = np.linalg.solve(operator, source)
    answer = np.array([[solved[place[i, j]] for j in range(d)] for i in range(d)])
    # as for the second moments: the flow of fourth moments is positive
    if np.isfinite(answer).all() and np.all(answer > 0):
        return answer
    refuse(
        "Fourth moments grow without bound.",
        given=f"kappa={law.kappa:.6g}, alpha={alpha:g}",
        accepted="tails lighter than the fourth power",
        hint="a smaller learning rate or a larger batch",
        error=MomentError,
    )


def quadrupole(law: SharedNoise, alpha: float = 1.0) -> float:
    """Return the integral of v_1 v_2 (v_1 J_2 - v_2 J_1) over the plane [v^4/time].

    It measures the current, which turns in four cells, one a quadrant, and is zero with detailed balance. By parts:
    (B_1 - B_2) E v_1^2 v_2^2 + (eta/2) E (1 + q) (Lam_2 v_1^2 - Lam_1 v_2^2).

    Examples
    --------
    >>> round(quadrupole(codiagonal((1.0, 1.2), (1.0, 1.0), (1.0, 1.0), 0.2)), 9)
    0.001969958
    """
    second, fourth = second_moments(law, alpha), fourth_moments(law, alpha)
    eta, lam, form = law.learning_rate, np.diag(law.sigma_g), np.diag(law.form)
    drift = np.diag(law.curvature) - alpha * eta * lam * form
    weighted = second + fourth @ form  # E (1 + q) v_i^2
    return float((drift[0] - drift[1]) * fourth[0, 1] + eta / 2 * (lam[1] * weighted[0] - lam[0] * weighted[1]))


def residual(v: ArrayLike, law: SharedNoise) -> Floats:
    """Return R/p of the claimed density [1/time], see `shared_noise.residual`.

    It is sum_i e_i - 2 kappa sum_i e_i Gam_i v_i^2/Lam_i/(1 + q), e_i = Pi_i - eta kappa Gam_i.

    >>> round(residual([2.0, 0.0], codiagonal((1.0, 1.2), (1.0, 1.0), (1.0, 1.0), 0.2)), 12)
    0.88
    """
    return shared_noise.residual(v, law)


def curl(law: SharedNoise) -> float:
    """Return the curl of D^(-1) f for d = 2, times (1 + q)^2/(v_1 v_2) [1/v^4]; zero exactly for a gradient.

    D^(-1) f = -(2/eta) Pi_i v_i/(Lam_i (1 + q)), so its curl is (4/eta) v_1 v_2 (Pi_2 Gam_1 - Pi_1 Gam_2)/
    (Lam_1 Lam_2 (1 + q)^2).

    >>> round(curl(codiagonal((1.0, 1.2), (1.0, 1.0), (1.0, 1.0), 0.2)), 12)
    4.0
    """
    if law.dimension != 2:
        refuse(
            "The curl is one number in two dimensions only.",
            given=f"d={law.dimension}",
            accepted="d = 2",
            hint="SharedNoise.excess, which vanishes with every curl",
            error=DimensionError,
        )
    pi, lam = np.diag(law.curvature), np.diag(law.sigma_g)
    gam = lam * np.diag(law.form)
    return float(4 / law.learning_rate * (pi[1] * gam[0] - pi[0] * gam[1]) / (lam[0] * lam[1]))


def separable_log_density(
    v: ArrayLike, curvatures: ArrayLike, sigma_g: ArrayLike, sigma_H: ArrayLike, learning_rate: float, alpha: float
) -> Floats:
    """Return ln of the product law of separable noise, D_i = (eta/2) (Lam_i + Gam_i v_i^2), at points (..., d).

    Each factor is (1 + Gam_i v_i^2/Lam_i)^(-m_i), m_i = Pi_i/(eta Gam_i) + 1 - alpha: exact for any eigenvalues.

    Raises
    ------
    NormalisationError
        Some m_i <= 1/2.

    Examples
    --------
    >>> args = ((1.0, 3.0), (1.0, 1.0), (1.0, 1.0), 0.5)
    >>> round(float(np.exp(separable_log_density([0.0, 0.0], *args, alpha=1))), 12)
    0.823435651189
    """
    pi, lam, gam = _axes(curvatures, sigma_g, sigma_H)
    points = shared_noise.points_of(v, len(pi))
    m = _separable_exponents(pi, gam, learning_rate, alpha)
    norms = 0.5 * np.log(lam / gam) + betaln(0.5, m - 0.5)
    return tidy(-np.sum(m * np.log1p(gam / lam * points**2) + norms, axis=-1))


def separable_second_moments(
    curvatures: ArrayLike, sigma_g: ArrayLike, sigma_H: ArrayLike, learning_rate: float, alpha: float
) -> Array:
    """Return E v_i^2 = Lam_i/Gam_i/(2 m_i - 3) of the product law [v^2].

    >>> separable_second_moments((1.0, 3.0), (1.0, 1.0), (1.0, 1.0), 0.5, alpha=1).round(6).tolist()
    [1.0, 0.111111]
    """
    pi, lam, gam = _axes(curvatures, sigma_g, sigma_H)
    m = _separable_exponents(pi, gam, learning_rate, alpha)
    if np.any(m <= 1.5):
        refuse(
            "A second moment does not exist.",
            given=f"Pi/(eta Gam) + 1 - alpha = {m.tolist()}",
            accepted="above 3/2 along every axis",
            hint="a smaller learning rate or a larger batch",
            error=MomentError,
        )
    return np.asarray(lam / gam / (2 * m - 3))


def _separable_exponents(pi: Array, gam: Array, learning_rate: float, alpha: float) -> Array:
    eta = scalar(positive("learning_rate", learning_rate, "the size of a step"), "learning_rate")
    m = np.asarray(pi / (eta * gam) + 1 - scalar(convention(alpha), "alpha"))
    if np.all(m > 0.5):
        return m
    refuse(
        "The product law cannot be normalised.",
        given=f"Pi/(eta Gam) + 1 - alpha = {m.tolist()}",
        accepted="above 1/2 along every axis",
        hint="a smaller learning rate or a larger batch",
        error=NormalisationError,
    )


def _axes(curvatures: ArrayLike, sigma_g: ArrayLike, sigma_H: ArrayLike) -> tuple[Array, Array, Array]:
    """Return the three rows of eigenvalues, of one length."""
    pi = positive("curvatures", curvatures, "the eigenvalues of the Hessian at a minimum")
    lam = positive("sigma_g", sigma_g, "the eigenvalues of the covariance of the gradient")
    gam = positive("sigma_H", sigma_H, "the eigenvalues of the noise of the curvature")
    if pi.ndim == 1 and pi.shape == lam.shape == gam.shape and pi.size:
        return pi, lam, gam
    refuse(
        "Three rows of eigenvalues of one length are needed, in the same order.",
        given=f"curvatures={show(real('curvatures', curvatures).tolist())}, "
        f"sigma_g={show(lam.tolist())}, sigma_H={show(gam.tolist())}",
        accepted="d positive numbers each",
        hint="diagonalise the matrices in their common frame first",
        error=DimensionError,
    )

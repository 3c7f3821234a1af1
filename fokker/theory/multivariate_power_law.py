"""The power-law dynamic in several dimensions: Theorem 4 and its exact stationary law.

Theorem 4 takes the noise (eta/2) Sigma_g (1 + q), q = x^T H Sigma_g^(-1) x/(eta kappa), which is eta Sigma_H =
H/kappa. When H and Sigma_g commute the flux vanishes and

    p = (1 + q)^(-m)/Z,    m = kappa + 1 - alpha,

a Student law with nu = 2 m - d degrees of freedom. When they do not, this is not the stationary law; what remains
true then is in `fokker.theory.shared_noise`.

References
----------
Meng, Gong, Chen, Ma, Liu, arXiv 2006.13719, Theorem 4 (Eq. 9, 18); Kotz and Nadarajah, Multivariate t Distributions
and Their Applications (2004), for the moments.
"""

from __future__ import annotations

from typing import NamedTuple, NoReturn

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaln

from fokker.errors import MomentError, NormalisationError
from fokker.theory._check import Array, Floats, convention, not_negative, positive, refuse, scalar, tidy
from fokker.theory._gamma import log_half_step
from fokker.theory.shared_noise import SharedNoise


class StudentT(NamedTuple):
    """Degrees of freedom [1] and shape matrix [x^2] as `scipy.stats.multivariate_t` takes them."""

    dof: float
    shape: Array


def exponent(law: SharedNoise, alpha: float) -> float:
    """Return m = kappa + 1 - alpha of p ~ (1 + q)^(-m).

    Raises
    ------
    NormalisationError
        m <= d/2: the tail is too heavy (Theorem 4, alpha = 1: kappa > d/2).
    """
    m = law.kappa + 1 - scalar(convention(alpha), "alpha")
    if m <= law.dimension / 2:
        refuse(
            "The stationary density cannot be normalised: kappa + 1 - alpha must exceed d/2.",
            given=f"kappa={law.kappa:.6g}, alpha={float(alpha):g}, d={law.dimension}",
            accepted=f"kappa > d/2 + alpha - 1 = {law.dimension / 2 + float(alpha) - 1:.6g}",
            hint="a smaller learning rate or a larger batch; both raise kappa",
            error=NormalisationError,
        )
    return m


def tail_index(law: SharedNoise, alpha: float) -> float:
    """Return nu = 2 m - d, the degrees of freedom; moments of |x| exist below the order nu.

    >>> law = SharedNoise.theorem4([[2.0, 0.5], [0.5, 1.0]], 1.5 * np.eye(2), 0.5, 4.0)
    >>> round(tail_index(law, alpha=1), 12), round(tail_index(law, alpha=0), 12)
    (6.0, 8.0)
    """
    return 2 * exponent(law, alpha) - law.dimension


def log_normalisation(law: SharedNoise, alpha: float) -> float:
    """Return ln Z of p = (1 + q)^(-m)/Z, Z = pi^(d/2) Gamma(m - d/2)/(Gamma(m) sqrt(det A)) [x^d].

    With A = H Sigma_g^(-1)/(eta kappa) it is Theorem 4's (pi eta kappa)^(d/2) sqrt(det Sigma_g/det H) times the
    ratio of Gamma functions.

    Examples
    --------
    >>> law = SharedNoise.theorem4([[2.0, 0.5], [0.5, 1.0]], 1.5 * np.eye(2), 0.5, 4.0)
    >>> round(float(np.exp(log_normalisation(law, alpha=1))), 12)
    2.374820823447
    """
    d, m = law.dimension, exponent(law, alpha)
    gammas = log_rising(m - d / 2, d)
    return float(d / 2 * np.log(np.pi) - gammas - np.linalg.slogdet(law.form)[1] / 2)


def log_density(x: ArrayLike, law: SharedNoise, alpha: float) -> Floats:
    """Return ln p at points of shape (..., d), p in [1/x^d].

    Raises
    ------
    FokkerError
        Detailed balance fails (for Theorem 4: H and Sigma_g do not commute), so this is not the stationary law.
    NormalisationError
        m <= d/2.

    Examples
    --------
    >>> law = SharedNoise.theorem4([[2.0, 0.5], [0.5, 1.0]], 1.5 * np.eye(2), 0.5, 4.0)
    >>> round(float(np.exp(log_density([0.0, 0.0], law, alpha=1))), 12)
    0.421084399348
    """
    return printed_log_density(x, _require_balance(law), alpha)


def printed_log_density(x: ArrayLike, law: SharedNoise, alpha: float = 1.0) -> Floats:
    """Return ln of the normalised (1 + q)^(-m), as Theorem 4 prints it, whether it is stationary or not."""
    m = exponent(law, alpha)
    return tidy(-m * np.log1p(law.quadratic(x)) - log_normalisation(law, alpha))


def to_student(law: SharedNoise, alpha: float) -> StudentT:
    """Return the Student law: nu degrees of freedom and the shape matrix A^(-1)/nu.

    Raises
    ------
    FokkerError, NormalisationError
        As :func:`log_density`.
    """
    nu = tail_index(_require_balance(law), alpha)
    return StudentT(nu, np.asarray(np.linalg.inv(law.form) / nu, dtype=float))


def form_moment(order: ArrayLike, law: SharedNoise, alpha: float) -> Floats:
    """Return E q^order = B(d/2 + order, nu/2 - order)/B(d/2, nu/2) [1], order >= 0.

    Raises
    ------
    MomentError
        order >= nu/2.
    FokkerError, NormalisationError
        As :func:`log_density`.

    Examples
    --------
    >>> law = SharedNoise.theorem4([[2.0, 0.5], [0.5, 1.0]], 1.5 * np.eye(2), 0.5, 4.0)
    >>> round(form_moment(1.0, law, alpha=1), 12)  # d/(nu - 2)
    0.5
    """
    half = tail_index(_require_balance(law), alpha) / 2
    r = not_negative("order", order, "the power of q")
    if np.any(r >= half):
        _no_moment(f"order={float(np.max(r)):g}, nu/2={half:.6g}", "order < nu/2 = m - d/2")
    d = law.dimension
    return tidy(np.exp(betaln(d / 2 + r, half - r) - betaln(d / 2, half)))


def covariance(law: SharedNoise, alpha: float) -> Array:
    """Return the covariance A^(-1)/(2 m - d - 2) [x^2] of the density (1 + q)^(-m)/Z.

    For Theorem 4 it is eta kappa Sigma_g H^(-1)/(2 kappa - d - 2). Without detailed balance it is what the printed
    density would have; the true one is `shared_noise.second_moments`.

    Raises
    ------
    MomentError
        m <= d/2 + 1 (nu <= 2).

    Examples
    --------
    >>> law = SharedNoise.theorem4([[2.0, 0.5], [0.5, 1.0]], 1.5 * np.eye(2), 0.5, 4.0)
    >>> covariance(law, alpha=1).round(11).tolist()
    [[0.42857142857, -0.21428571429], [-0.21428571429, 0.85714285714]]
    """
    nu = tail_index(law, alpha)
    if nu <= 2:
        _no_moment(f"nu = 2 m - d = {nu:.6g}", "nu > 2, that is kappa + 1 - alpha > d/2 + 1")
    return np.asarray(np.linalg.inv(law.form) / (nu - 2))


def log_rising(z: ArrayLike, d: int) -> Floats:
    """Return ln Gamma(z + d/2) - ln Gamma(z), z > 0, without cancellation.

    >>> round(log_rising(3.0, 4), 12) == round(float(np.log(12.0)), 12)
    True
    """
    z = positive("z", z, "the argument of a Gamma function")
    logs = sum((np.log(z + j) for j in range(d // 2)), np.zeros_like(z))
    return tidy(logs + log_half_step(z + d // 2) if d % 2 else logs)


def _require_balance(law: SharedNoise) -> SharedNoise:
    if law.balanced:
        return law
    refuse(
        "This noise has no detailed balance: (1 + q)^(-m) is not its stationary law, and a current circulates.",
        given=f"H - eta kappa Sigma_g A of size {np.linalg.norm(law.excess):.3g}",
        accepted="H = eta kappa Sigma_g A; for Theorem 4, H and Sigma_g that commute",
        hint="shared_noise.second_moments, which holds without detailed balance; a solver for the density",
    )


def _no_moment(given: str, accepted: str) -> NoReturn:
    hint = "a smaller learning rate or a larger batch; both make the tails lighter"
    refuse("The moment does not exist.", given=given, accepted=accepted, hint=hint, error=MomentError)

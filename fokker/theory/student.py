"""The uncorrelated stationary law (rho = 0): a Student law, also written as a q-Gaussian.

    p(x) = (1/Z) (1 + x^2/s^2)^(-m),    Z = s sqrt(pi) Gamma(m - 1/2)/Gamma(m),    m = kappa + 1 - alpha = (nu
    + 1)/2.

Functions of the shape alone take the tail index ``nu`` and the core width ``width`` = s and broadcast; the
dictionaries take the parameters of the dynamic and its convention.

References
----------
Meng et al., arXiv 2006.13719, Corollary 3; Tsallis, J. Stat. Phys. 52 (1988) 479 (q-Gaussian);
Zhou and Du, J. Stat. Mech. (2014) (the kappa notation).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc, betaln, gammaln

from fokker.errors import MomentError, NormalisationError
from fokker.theory._check import Array, Floats, convention, not_negative, positive, real, refuse, show, tidy
from fokker.theory._gamma import log_half_step
from fokker.theory.power_law import PowerLaw, normalisable_index


class StudentT(NamedTuple):
    """Degrees of freedom [1], location [x] and scale [x] as `scipy.stats.t` takes them."""

    dof: float
    loc: float
    scale: float


class QGaussian(NamedTuple):
    """q [1] and beta [1/x^2] of p ~ [1 + (q - 1) beta x^2]^(-1/(q-1))."""

    q: float
    beta: float


class ZhouDu(NamedTuple):
    """k [1] and beta [1/energy] of p ~ [1 - k beta V]^(1/k), V = H x^2/2."""

    k: float
    beta: float


def to_student(law: PowerLaw, alpha: float) -> StudentT:
    """Return the Student law: nu degrees of freedom, location 0 (the minimum), scale s/sqrt(nu).

    Raises
    ------
    FokkerError
        The noise is correlated (rho != 0): the law is Pearson IV.
    NormalisationError
        nu <= 0.

    Examples
    --------
    >>> to_student(PowerLaw(2.0, 0.5, 1.5, 0.8), alpha=1)
    StudentT(dof=9.0, loc=0.0, scale=0.45643546458763845)
    """
    nu = normalisable_index(_uncorrelated(law), alpha)
    return StudentT(nu, 0.0, law.core_width / float(np.sqrt(nu)))


def distribution(law: PowerLaw, alpha: float) -> Any:
    """Return the stationary law as a frozen `scipy.stats.t` distribution (SciPy's statistics load here).

    Examples
    --------
    >>> frozen = distribution(PowerLaw(2.0, 0.5, 1.5, 0.8), alpha=0)
    >>> round(float(frozen.pdf(1.0)), 12)
    0.072682431115
    """
    from scipy import stats

    return stats.t(*to_student(law, alpha))


def to_q_gaussian(law: PowerLaw, alpha: float) -> QGaussian:
    """Return q = 1 + 1/m and beta = m/s^2 of the same law written as a q-Gaussian.

    Examples
    --------
    >>> q, beta = to_q_gaussian(PowerLaw(2.0, 0.5, 1.5, 0.8), alpha=1)
    >>> round(q, 12), round(beta, 12)
    (1.2, 2.666666666667)
    """
    m = (normalisable_index(_uncorrelated(law), alpha) + 1) / 2
    return QGaussian(1 + 1 / m, m * law.sigma_H / law.sigma_g)


def kappa_from_q(q: ArrayLike, alpha: ArrayLike) -> Floats:
    """Return kappa = 1/(q - 1) - 1 + alpha from a fitted q: one less in the Ito reading than in the
    isothermal one.

    Raises
    ------
    FokkerError
        q is not in (1, 3), or kappa would not be positive.

    Examples
    --------
    >>> round(kappa_from_q(1.2, alpha=1), 12), round(kappa_from_q(1.2, alpha=0), 12)
    (5.0, 4.0)
    """
    values = real("q", q)
    if not np.all((values > 1) & (values < 3)):
        refuse(
            "q must lie between 1 (the Gaussian) and 3 (no longer normalisable).",
            given=f"q={show(q)}",
            accepted="1 < q < 3",
            hint="q = 1 + 1/m for a density falling like |x|^(-2m)",
        )
    kappa = 1 / (values - 1) - 1 + convention(alpha)
    if not np.all(kappa > 0):
        refuse(
            "no power-law dynamic has this tail in this reading: its kappa would not be positive.",
            given=f"q={show(q)}, alpha={show(alpha)}",
            accepted="q < 1 + 1/(1 - alpha)",
            hint="alpha=1, which has every q < 3",
        )
    return tidy(kappa)


def to_zhou_du(law: PowerLaw) -> ZhouDu:
    """Return the dictionary to p ~ [1 - k beta V]^(1/k): k = -1/kappa, beta = 2/(eta sigma_g), for alpha = 1.

    Examples
    --------
    >>> k, beta = to_zhou_du(PowerLaw(2.0, 0.5, 1.5, 0.8))
    >>> round(k, 12), round(beta, 12)
    (-0.2, 2.666666666667)
    """
    normalisable_index(_uncorrelated(law), 1.0)
    return ZhouDu(-1 / law.kappa, 2 / law.eps)


def normalisation(nu: ArrayLike, width: ArrayLike = 1.0) -> Floats:
    """Return Z = s sqrt(pi) Gamma(nu/2)/Gamma((nu+1)/2) [x], the integral of (1 + x^2/s^2)^(-(nu+1)/2).

    Examples
    --------
    >>> round(normalisation(1.0), 12)  # the Cauchy law: pi
    3.14159265359
    """
    n, s = _index(nu), positive("width", width, "the core width s")
    return tidy(s * np.sqrt(np.pi) * np.exp(-log_half_step(n / 2)))


def variance(nu: ArrayLike, width: ArrayLike = 1.0) -> Floats:
    """Return the variance s^2/(nu - 2) [x^2], which needs nu > 2 (MomentError otherwise).

    Examples
    --------
    >>> round(variance(10.0, width=np.sqrt(1.875)), 12)
    0.234375
    """
    n = _exists(_index(nu), 2.0, "variance")
    return tidy(positive("width", width, "the core width s") ** 2 / (n - 2))


def kurtosis(nu: ArrayLike) -> Floats:
    """Return E x^4/(E x^2)^2 = 3 (nu - 2)/(nu - 4) [1] (3 for a Gaussian); it needs nu > 4.

    Examples
    --------
    >>> kurtosis(9.0), kurtosis(10.0)
    (4.2, 4.0)
    """
    n = _exists(_index(nu), 4.0, "kurtosis")
    return tidy(3 * (n - 2) / (n - 4))


def absolute_moment(r: ArrayLike, nu: ArrayLike, width: ArrayLike = 1.0) -> Floats:
    """Return E|x|^r = s^r Gamma((r+1)/2) Gamma((nu-r)/2)/(sqrt(pi) Gamma(nu/2)) [x^r], 0 <= r < nu.

    Examples
    --------
    >>> round(absolute_moment(2.0, 10.0, width=2.0), 12), round(variance(10.0, width=2.0), 12)
    (0.5, 0.5)
    """
    order = not_negative("r", r, "the order of the moment")
    n = _exists(_index(nu), order, "absolute moment")
    s = positive("width", width, "the core width s")
    gammas = gammaln((order + 1) / 2) + gammaln((n - order) / 2) - gammaln(n / 2)
    return tidy(np.exp(order * np.log(s) + gammas) / np.sqrt(np.pi))


def tail_mass(radius: ArrayLike, nu: ArrayLike, width: ArrayLike = 1.0) -> Floats:
    """Return P(|x| > R) = I_w(nu/2, 1/2), w = s^2/(s^2 + R^2), by the regularised incomplete beta function.

    Examples
    --------
    >>> round(tail_mass(1.0, 1.0), 12)
    0.5
    """
    ratio = _ratio(radius, width)
    small = 1 / (1 + np.minimum(ratio, 1e150) ** 2)
    return tidy(betainc(_index(nu) / 2, 0.5, small))


def tail_mass_leading(radius: ArrayLike, nu: ArrayLike, width: ArrayLike = 1.0) -> Floats:
    """Return the leading order of the tail mass, 2 (s/R)^nu/(nu B(1/2, nu/2)), for R >> s.

    Examples
    --------
    >>> f"{tail_mass_leading(10.0, 9.0):.3e}"
    '2.587e-10'
    """
    n, ratio = _index(nu), positive("radius", _ratio(radius, width), "the distance R, in units of s")
    return tidy(np.exp(np.log(2 / n) - betaln(0.5, n / 2) - n * np.log(ratio)))


def _ratio(radius: ArrayLike, width: ArrayLike) -> Array:
    r = not_negative("radius", radius, "a distance from the minimum")
    return np.asarray(r / positive("width", width, "the core width s"))


def _uncorrelated(law: PowerLaw) -> PowerLaw:
    if law.rho == 0:
        return law
    refuse(
        "With correlated noise (rho != 0) the stationary law is Pearson IV, not Student's.",
        given=f"rho={law.rho!r}",
        accepted="rho = 0",
        hint="fokker.theory.pearson",
    )


def _index(nu: ArrayLike) -> Array:
    values = real("nu", nu)
    if np.all(values > 0):
        return values
    refuse(
        "The law cannot be normalised: its tail index nu must be positive.",
        given=f"nu={show(nu)}",
        accepted="nu > 0",
        hint="nu = 2 kappa + 1 - 2 alpha; a smaller learning rate raises kappa",
        error=NormalisationError,
    )


def _exists(nu: Array, order: Any, what: str) -> Array:
    if np.all(nu > order):
        return nu
    refuse(
        f"The {what} does not exist: it needs nu > {show(np.asarray(order).tolist())}.",
        given=f"nu={show(nu.tolist())}",
        accepted="orders below the tail index nu",
        hint="tail_mass, or an absolute moment of lower order",
        error=MomentError,
    )

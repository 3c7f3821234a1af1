"""The power-law dynamic of stochastic gradient descent: its parameters and its indices.

Near a minimum of curvature H the minibatch gradient has the variance C(x) = sigma_g + 2 rho x + sigma_H x^2,
and

    dx = -H x dt + sqrt(eta C(x)) dB,    D(x) = eta C(x) / 2.

The density equation is p_t = d/dx [ H x p + D^alpha d/dx ( D^(1-alpha) p ) ]: alpha = 0 Ito, 1/2
Stratonovich, 1 isothermal. Its stationary law has the exponent m = kappa + 1 - alpha, p ~ |x|^(-2 m), where
kappa = H/(eta sigma_H).

References
----------
Meng, Gong, Chen, Ma, Liu, "Dynamic of Stochastic Gradient Descent with State-Dependent Noise", arXiv
2006.13719.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike

from fokker.errors import FokkerError, NormalisationError
from fokker.theory._check import Floats, convention, positive, real, refuse, scalar, show, tidy


@dataclass(frozen=True)
class PowerLaw:
    """The five parameters of the linear power-law dynamic in one dimension.

    Parameters
    ----------
    curvature
        H > 0, second derivative of the loss at the minimum [1/time for a unit mobility].
    learning_rate
        eta > 0 [time per step].
    sigma_g
        Variance of the minibatch gradient at the minimum, > 0 [x^2/time^2].
    sigma_H
        Variance of the minibatch second derivative, > 0 [1/time^2].
    rho
        Covariance of the two, rho^2 <= sigma_g sigma_H [x/time^2].

    Raises
    ------
    FokkerError
        A parameter is not a positive number, or rho breaks the Cauchy-Schwarz inequality.

    Examples
    --------
    >>> law = PowerLaw(curvature=2.0, learning_rate=0.5, sigma_g=1.5, sigma_H=0.8)
    >>> law.kappa, law.eps, law.delta
    (5.0, 0.75, 0.2)
    >>> law.tail_index(alpha=1), law.exponent(alpha=1)
    (9.0, 5.0)
    """

    curvature: float
    learning_rate: float
    sigma_g: float
    sigma_H: float
    rho: float = 0.0

    def __post_init__(self) -> None:
        meanings = {
            "curvature": "the second derivative at a minimum",
            "learning_rate": "the size of a step",
            "sigma_g": "the variance of the gradient at the minimum",
            "sigma_H": "the variance of the second derivative (with constant noise the law is a Gaussian)",
        }
        for field in fields(self):
            value = getattr(self, field.name)
            checked = positive(field.name, value, meanings[field.name]) if field.name in meanings else None
            number = scalar(real(field.name, value) if checked is None else checked, field.name)
            object.__setattr__(self, field.name, number)
        if self.discriminant < 0:
            refuse(
                "rho is a covariance, so rho^2 cannot exceed sigma_g sigma_H (Cauchy-Schwarz).",
                given=f"rho={self.rho!r}, sigma_g={self.sigma_g!r}, sigma_H={self.sigma_H!r}",
                accepted=f"|rho| <= {np.sqrt(self.sigma_g * self.sigma_H):.6g}",
                hint="estimate the three numbers from the same minibatches",
            )

    @classmethod
    def from_kappa(cls, kappa: float, eps: float, curvature: float = 1.0, learning_rate: float = 1.0) -> PowerLaw:
        """Return the uncorrelated dynamic with the given kappa and noise floor eps = eta sigma_g.

        >>> PowerLaw.from_kappa(5.0, eps=0.2, curvature=2.0).core_width
        0.7071067811865476
        """
        k = scalar(positive("kappa", kappa, "the ratio H/(eta sigma_H)"), "kappa")
        noise = scalar(positive("eps", eps, "the noise floor eta sigma_g"), "eps")
        eta = scalar(positive("learning_rate", learning_rate, "the size of a step"), "learning_rate")
        h = scalar(positive("curvature", curvature, "the second derivative at a minimum"), "curvature")
        return cls(h, eta, noise / eta, h / (eta * k))

    @property
    def kappa(self) -> float:
        """The paper's index kappa = H/(eta sigma_H) [1]; not the tail exponent, see :meth:`tail_index`."""
        return self.curvature / (self.learning_rate * self.sigma_H)

    @property
    def eps(self) -> float:
        """Noise floor eps = eta sigma_g [x^2/time]; the diffusion coefficient at the minimum is eps/2."""
        return self.learning_rate * self.sigma_g

    @property
    def delta(self) -> float:
        """Unit of rate delta = eta sigma_H/2 = H/(2 kappa) [1/time]."""
        return self.learning_rate * self.sigma_H / 2

    @property
    def core_width(self) -> float:
        """Width of the core s = sqrt(sigma_g/sigma_H) [x]; meaningful as such where rho = 0."""
        return float(np.sqrt(self.sigma_g / self.sigma_H))

    @property
    def discriminant(self) -> float:
        """sigma_g sigma_H - rho^2 >= 0 [x^2/time^4]; zero (to rounding) where the noise vanishes at a
        point."""
        product = self.sigma_g * self.sigma_H
        value = product - self.rho**2
        return 0.0 if abs(value) <= 8 * np.finfo(float).eps * product else value

    def tail_index(self, alpha: float) -> float:
        """Return nu of this law, see :func:`tail_index`."""
        return scalar(np.asarray(tail_index(self.kappa, alpha)), "alpha")

    def exponent(self, alpha: float) -> float:
        """Return m of this law, see :func:`exponent`."""
        return scalar(np.asarray(exponent(self.kappa, alpha)), "alpha")

    def gradient_variance(self, x: ArrayLike) -> Floats:
        """Return C(x) = sigma_g + 2 rho x + sigma_H x^2 [x^2/time^2] (Proposition 1).

        >>> PowerLaw(2.0, 0.5, 1.5, 0.8, rho=0.6).gradient_variance(1.0)
        3.5
        """
        x = real("x", x)
        return tidy(self.sigma_g + x * (2 * self.rho + self.sigma_H * x))

    def diffusion(self, x: ArrayLike) -> Floats:
        """Return the diffusion coefficient D(x) = eta C(x)/2 [x^2/time]."""
        return tidy(self.learning_rate / 2 * np.asarray(self.gradient_variance(x)))


def tail_index(kappa: ArrayLike, alpha: ArrayLike) -> Floats:
    """Return nu = 2 kappa + 1 - 2 alpha, the exponent of the survival function P(|x| > R) ~ R^(-nu).

    It is the number of degrees of freedom of the Student law, and what a Hill estimator measures; moments
    exist below order nu. The law can be normalised when nu > 0 (arXiv 2006.13719, Corollary 3, for alpha = 1:
    kappa > 1/2).

    Examples
    --------
    >>> tail_index(5.0, alpha=1), tail_index(5.0, alpha=0.5), tail_index(5.0, alpha=0)
    (9.0, 10.0, 11.0)
    """
    return tidy(2 * positive("kappa", kappa, "the ratio H/(eta sigma_H)") + 1 - 2 * convention(alpha))


def exponent(kappa: ArrayLike, alpha: ArrayLike) -> Floats:
    """Return m = kappa + 1 - alpha = (nu + 1)/2, the exponent of the density p ~ C(x)^(-m).

    Examples
    --------
    >>> exponent(5.0, alpha=[0, 0.5, 1]).tolist()
    [6.0, 5.5, 5.0]
    """
    return tidy(positive("kappa", kappa, "the ratio H/(eta sigma_H)") + 1 - convention(alpha))


def normalisable_index(law: PowerLaw, alpha: float) -> float:
    """Return nu of a non-degenerate law that can be normalised; refuse the others.

    Raises
    ------
    NormalisationError
        nu <= 0 (for alpha = 1: kappa <= 1/2): the tail is too heavy.
    FokkerError
        rho^2 = sigma_g sigma_H: the noise vanishes at a point and the law is an inverse-gamma law.

    Examples
    --------
    >>> normalisable_index(PowerLaw(2.0, 0.5, 1.5, 0.8), alpha=1)
    9.0
    """
    if law.discriminant == 0:
        refuse(
            "rho^2 = sigma_g sigma_H: the noise vanishes at x = -rho/sigma_H and the law is not Pearson IV.",
            given=show(law),
            accepted="rho^2 < sigma_g sigma_H",
            hint="the inverse-gamma law on the side of that point which holds the minimum",
            error=FokkerError,
        )
    nu = law.tail_index(alpha)
    if nu <= 0:
        refuse(
            "The stationary density cannot be normalised: its tail |x|^-(nu+1) has nu <= 0.",
            given=f"kappa={law.kappa!r}, alpha={float(alpha)!r}: nu = 2 kappa + 1 - 2 alpha = {nu:.6g}",
            accepted=f"kappa > alpha - 1/2 = {float(alpha) - 0.5:.6g}",
            hint="a smaller learning rate or a larger batch (both raise kappa), or walls at finite distance",
            error=NormalisationError,
        )
    return nu

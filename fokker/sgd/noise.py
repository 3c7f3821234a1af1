"""Minibatch gradient noise around a minimum of a one-parameter loss."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.errors import (
    CoefficientError,
    DimensionError,
    DomainError,
    FokkerError,
    FokkerWarning,
    NormalisationError,
    explain,
)
from fokker.info import warn_once
from fokker.problem import Convention, Problem
from fokker.problem.boundary import BoundaryLike
from fokker.sgd import _checks

FloatArray = NDArray[np.float64]

MISFIT = 1e-6  # relative; a fit in single precision stays below it


@dataclass(frozen=True)
class NoiseModel:
    r"""Stochastic gradient descent near a minimum: linear drift, quadratic gradient variance.

    With ``x = theta - minimum`` the mean gradient is ``H x`` and the variance of the minibatch gradient is
    ``C = sigma_g + 2 rho x + sigma_H x**2``; this form is exact when the Hessian of every sample is constant.
    The diffusion process of the recursion ``theta <- theta - eta * gradient`` has the drift ``-H x`` and the
    diffusion ``D = eta C / 2``.

    Parameters
    ----------
    minimum
        Where the mean gradient vanishes.
    curvature
        H, the slope of the mean gradient; positive.
    sigma_g, sigma_H, rho
        Variance of the minibatch gradient at the minimum, variance of its slope, and their covariance.
    learning_rate
        eta, the step of the recursion.
    batch_size
        Samples in a minibatch; ``sigma_g``, ``sigma_H`` and ``rho`` already include it.
    misfit
        Root-mean-square deviation of the gradients from linearity, relative to their root-mean-square.

    Examples
    --------
    >>> noise = NoiseModel(minimum=0.0, curvature=2.0, sigma_g=1.5, rho=0.6, sigma_H=0.8, learning_rate=0.5)
    >>> noise.gradient_variance([0.0, 1.0])
    array([1.5, 3.5])
    >>> noise.kappa, noise.tail_index("ito"), noise.tail_index("isothermal")
    (5.0, 11.0, 9.0)
    """

    minimum: float
    curvature: float
    sigma_g: float
    rho: float
    sigma_H: float
    learning_rate: float
    batch_size: int = 1
    misfit: float = 0.0

    def __post_init__(self) -> None:
        for name in ("minimum", "sigma_g", "rho", "sigma_H", "misfit"):
            _set(self, name, _checks.real(name, getattr(self, name)))
        hint = "expand around a minimum, not a saddle or a maximum"
        _set(self, "curvature", _checks.positive("curvature", self.curvature, hint))
        _set(self, "learning_rate", _checks.positive("learning_rate", self.learning_rate))
        _set(self, "batch_size", _checks.count("batch_size", self.batch_size))
        _check_variances(self.sigma_g, self.rho, self.sigma_H)

    @classmethod
    def from_gradients(
        cls,
        theta: ArrayLike,
        gradients: ArrayLike,
        learning_rate: float,
        batch_size: int,
        replacement: bool = True,
    ) -> NoiseModel:
        """Fit every sample's gradient by a straight line in theta.

        Parameters
        ----------
        theta
            m >= 2 values of the parameter, at least two of them different.
        gradients
            Gradient of each of n samples at each value: shape (m, n).
        learning_rate
            Step of the recursion.
        batch_size
            Samples averaged in a step.
        replacement
            Whether the samples of a batch are drawn with replacement.

        Examples
        --------
        >>> theta = np.array([-1.0, 1.0])
        >>> slopes, offsets = np.array([1.0, 2.0, 3.0]), np.array([0.0, 3.0, 0.0])
        >>> noise = NoiseModel.from_gradients(theta, np.outer(theta, slopes) - offsets, 0.1, batch_size=1)
        >>> noise.minimum, noise.curvature, noise.sigma_g
        (0.5, 2.0, 2.1666666666666665)
        """
        points, table = _table(theta, gradients)
        factor = _batch_factor(table.shape[1], batch_size, replacement)
        centre = points.mean()
        level, slope, misfit = _fit(points - centre, table)
        curvature = _checks.positive(
            "curvature",
            float(slope.mean()),
            "take gradients near a minimum of the mean loss, not a saddle or a maximum; check their sign",
        )
        step = -float(level.mean()) / curvature
        at_minimum = level + slope * step
        spread = slope - slope.mean()
        at_minimum = at_minimum - at_minimum.mean()
        if misfit > MISFIT:
            warnings.warn(_misfit_words(misfit), FokkerWarning, stacklevel=2)
        return cls(
            minimum=float(centre) + step,
            curvature=curvature,
            sigma_g=factor * float(np.mean(at_minimum**2)),
            rho=factor * float(np.mean(at_minimum * spread)),
            sigma_H=factor * float(np.mean(spread**2)),
            learning_rate=learning_rate,
            batch_size=batch_size,
            misfit=misfit,
        )

    def drift(self, theta: ArrayLike) -> FloatArray:
        """Return minus the mean gradient."""
        return -self.curvature * self._offset(theta)

    def gradient_variance(self, theta: ArrayLike) -> FloatArray:
        """Return the variance C of the minibatch gradient."""
        x = self._offset(theta)
        return self.sigma_g + x * (2.0 * self.rho + self.sigma_H * x)

    def diffusion(self, theta: ArrayLike) -> FloatArray:
        """Return D = learning_rate * C / 2."""
        return 0.5 * self.learning_rate * self.gradient_variance(theta)

    def problem(
        self,
        domain: Mapping[str, tuple[float, float]] | None = None,
        convention: str | float | Convention = "ito",
        boundary: BoundaryLike = "reflecting",
    ) -> Problem:
        """Return the diffusion process with this drift and noise; the whole line without ``domain``.

        The recursion takes its noise at the start of a step, so its own convention is Ito.

        Examples
        --------
        >>> noise = NoiseModel(0.0, curvature=2.0, sigma_g=1.5, rho=0.0, sigma_H=0.8, learning_rate=0.1)
        >>> problem = noise.problem(domain={"theta": (-3, 3)})
        >>> problem.diffusion_at(np.array([0.0, 1.0]))
        array([0.075, 0.115])
        """
        step = self.learning_rate * self.curvature
        if step >= 2.0:
            text = f"the recursion itself diverges: learning rate times curvature is {step:.3g}, and 2 is too much"
            warn_once((text,))
        return Problem(
            drift=self.drift,
            diffusion=self.diffusion,
            convention=convention,
            domain={"theta": (-math.inf, math.inf)} if domain is None else domain,
            boundary=boundary,
        )

    def corrected(self) -> NoiseModel:
        r"""Return the model whose Ito process follows the recursion to one order more in the learning rate.

        Drift: H -> H + eta H^2 / 2. Noise: sigma_g -> sigma_g (1 + eta H), sigma_H -> sigma_H (1 + 2 eta H),
        rho with the root of both factors, so that C stays non-negative.

        Why these: one step maps E x^2 to (1 - 2 eta H + eta^2 H^2 + eta^2 sigma_H) E x^2 + eta^2 sigma_g, and
        the process run for a time eta must do the same. The stationary variance alone fixes only the ratio of
        sigma_g and H; the factor of sigma_H changes it in the next order.

        Examples
        --------
        >>> noise = NoiseModel(0.0, curvature=2.0, sigma_g=1.5, rho=0.0, sigma_H=0.8, learning_rate=0.1)
        >>> better = noise.corrected()
        >>> round(better.curvature, 12), round(better.sigma_g, 12), round(better.sigma_H, 12)
        (2.2, 1.8, 1.12)
        """
        step = self.learning_rate * self.curvature
        if step >= 1.0:
            raise CoefficientError(
                explain(
                    "the learning rate is too large for a correction in powers of it.",
                    given=f"learning_rate * curvature = {step:.3g}",
                    accepted="learning_rate * curvature < 1",
                    try_=f"a learning rate well below {1.0 / self.curvature:.3g}, or the recursion itself",
                )
            )
        constant, linear = 1.0 + step, 1.0 + 2.0 * step
        return replace(
            self,
            curvature=self.curvature * (1.0 + 0.5 * step),
            sigma_g=self.sigma_g * constant,
            rho=self.rho * math.sqrt(constant * linear),
            sigma_H=self.sigma_H * linear,
        )

    @property
    def kappa(self) -> float:
        """H / (eta sigma_H); infinite where the noise does not grow with the parameter."""
        return self.curvature / (self.learning_rate * self.sigma_H) if self.sigma_H > 0.0 else math.inf

    def tail_index(self, convention: str | float | Convention = "ito") -> float:
        """Return nu = 2 kappa + 1 - 2 alpha: the stationary law has P(abs(x) > R) ~ R**-nu, moments below nu.

        This is the index of the diffusion process. The recursion has its own, the root mu of
        E abs(1 - eta h)**mu = 1 over the slopes h of the batches, and none if abs(1 - eta h) < 1 always.

        Parameters
        ----------
        convention
            "ito" (alpha = 0), "stratonovich" (1/2), "isothermal" (1), or alpha itself.
        """
        index = 2.0 * self.kappa + 1.0 - 2.0 * Convention.parse(convention).alpha
        if index <= 0.0:
            raise NormalisationError(
                explain(
                    "the stationary law does not exist: its tail would not be integrable.",
                    given=f"kappa={self.kappa:.6g}, convention={convention!r}",
                    accepted="2 kappa + 1 - 2 alpha > 0",
                    try_='a smaller learning rate, a larger batch, or convention="ito"',
                )
            )
        return index

    @property
    def recursion_variance(self) -> float:
        """Exact stationary variance of the minibatch recursion; infinite where it has none.

        Examples
        --------
        >>> noise = NoiseModel(0.0, curvature=2.0, sigma_g=1.5, rho=0.0, sigma_H=0.8, learning_rate=0.5)
        >>> noise.recursion_variance
        0.46875
        """
        eta = self.learning_rate
        rate = 2.0 * self.curvature - eta * (self.curvature**2 + self.sigma_H)
        return eta * self.sigma_g / rate if rate > 0.0 else math.inf

    def _offset(self, theta: ArrayLike) -> FloatArray:
        return np.asarray(theta, dtype=np.float64) - self.minimum


def _set(model: NoiseModel, name: str, value: float) -> None:
    object.__setattr__(model, name, value)


def _check_variances(sigma_g: float, rho: float, sigma_H: float) -> None:
    given = f"sigma_g={sigma_g:.6g}, rho={rho:.6g}, sigma_H={sigma_H:.6g}"
    if sigma_g < 0.0 or sigma_H < 0.0 or rho**2 > sigma_g * sigma_H * (1.0 + 1e-9):
        raise CoefficientError(
            explain(
                "the gradient variance would be negative somewhere.",
                given=given,
                accepted="sigma_g >= 0, sigma_H >= 0, rho**2 <= sigma_g * sigma_H",
            )
        )
    if sigma_g == 0.0 and sigma_H == 0.0:
        raise CoefficientError(
            explain(
                "there is no gradient noise: every batch has the same gradient.",
                given=given,
                accepted="sigma_g > 0 or sigma_H > 0",
                try_="samples that differ, and batches smaller than the data set",
            )
        )


def _table(theta: ArrayLike, gradients: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return theta, shape (m,), and gradients, shape (m, n), checked."""
    points, table = _checks.array("theta", theta), _checks.array("gradients", gradients)
    given = f"theta of shape {points.shape}, gradients of shape {table.shape}"
    accepted = "theta (m,) and gradients (m, n): n samples at m values of one parameter"
    if table.ndim == 3 or points.ndim == 2:
        hint = "one parameter at a time, the others fixed: theta[:, k] and gradients[:, :, k]"
        raise DimensionError(
            explain("the noise model takes one parameter for now.", given=given, accepted=accepted, try_=hint)
        )
    if points.ndim != 1 or table.ndim != 2 or table.shape[0] != points.size:
        swapped = points.ndim == 1 and table.ndim == 2 and table.shape[1] == points.size
        hint = "gradients.T" if swapped else ""
        raise DimensionError(
            explain("theta and gradients do not fit together.", given=given, accepted=accepted, try_=hint)
        )
    if np.unique(points).size < 2:
        hint = "two values of theta on either side of the minimum"
        given = f"{np.unique(points).size} different value(s) of theta"
        raise DomainError(
            explain("a slope cannot be fitted.", given=given, accepted="at least two different values", try_=hint)
        )
    return points, table


def _fit(x: FloatArray, table: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Fit level + slope * x to every column by least squares; x has mean zero."""
    level = table.mean(axis=0)
    slope = x @ (table - level) / (x @ x)
    residual = table - level - np.multiply.outer(x, slope)
    size = math.sqrt(float(np.mean(table**2)))
    misfit = math.sqrt(float(np.mean(residual**2))) / size if size > 0.0 else 0.0
    return level, slope, misfit


def _batch_factor(samples: int, batch_size: int, replacement: bool) -> float:
    """Return the variance of a batch mean over the variance of a sample."""
    batch = _checks.count("batch_size", batch_size)
    if samples < 2:
        message = explain(
            "one sample has no gradient noise.", given=f"{samples} sample(s)", accepted="at least two samples"
        )
        raise DimensionError(message)
    if replacement:
        return 1.0 / batch
    if batch > samples:
        raise FokkerError(
            explain(
                "a batch without replacement cannot be larger than the data set.",
                given=f"batch_size={batch}, {samples} samples",
                accepted=f"1 <= batch_size <= {samples}",
                try_="replacement=True",
            )
        )
    return (samples - batch) / (batch * (samples - 1))


def _misfit_words(misfit: float) -> str:
    return explain(
        "the gradients are not linear in theta, so the quadratic variance is only a fit.",
        given=f"relative misfit {misfit:.2e}",
        accepted=f"a misfit below {MISFIT:.0e} counts as exact",
        try_="values of theta closer to the minimum",
    )

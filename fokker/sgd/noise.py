"""Minibatch gradient noise around a minimum of a one-parameter loss."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.errors import DimensionError, explain
from fokker.info import warn_once
from fokker.problem import Convention, Problem
from fokker.problem.boundary import BoundaryLike
from fokker.problem.domain import parse_domain
from fokker.results.kept import KeptRecord
from fokker.sgd import _checks
from fokker.sgd.noise_checks import HINT, check_interval, check_quadratic, check_spread, corrects
from fokker.sgd.noise_correction import corrected_coefficients
from fokker.sgd.noise_fit import Coefficients, NoiseEstimate, estimate_noise, required_estimate
from fokker.sgd.noise_laws import escape_words, line_law, require_moment, stationary_index
from fokker.sgd.noise_plot import draw_variance
from fokker.sgd.noise_section import outside_words, section
from fokker.sgd.noise_table import at_batch, batch_factor, read_table
from fokker.sgd.noise_tensor import TensorNoiseModel
from fokker.sgd.noise_words import line_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class NoiseModel(KeptRecord):
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
        Variance of the minibatch gradient at the minimum, variance of its slope, and their covariance. A fitted C may
        be negative far from the minimum: `problem` says so for the domain it is asked for.
    learning_rate
        eta, the step of the recursion.
    batch_size
        Samples in a minibatch; ``sigma_g``, ``sigma_H`` and ``rho`` already include it.
    misfit
        Relative misfit of the estimate: see `NoiseEstimate`.
    estimate
        What the model was estimated from; None if the coefficients were given.

    See Also
    --------
    TensorNoiseModel : several parameters.

    References
    ----------
    Meng, Gong, Chen, Ma, Liu, arXiv 2006.13719: proposition 1, and kappa after theorem 2.

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
    estimate: NoiseEstimate | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("minimum", "sigma_g", "rho", "sigma_H", "misfit"):
            _set(self, name, _checks.real(name, getattr(self, name)))
        hint = "expand around a minimum, not a saddle or a maximum"
        _set(self, "curvature", _checks.positive("curvature", self.curvature, hint))
        _set(self, "learning_rate", _checks.positive("learning_rate", self.learning_rate))
        _set(self, "batch_size", _checks.count("batch_size", self.batch_size))
        check_quadratic(self.sigma_g, self.rho, self.sigma_H, self.estimate is not None)

    @classmethod
    def from_gradients(
        cls,
        theta: ArrayLike,
        gradients: ArrayLike,
        learning_rate: float,
        batch_size: int,
        replacement: bool = True,
        fit: str = "gradients",
    ) -> NoiseModel | Any:
        """Estimate the model from the gradients of every sample at several points.

        Parameters
        ----------
        theta
            m values of the parameter, shape (m,), or m points of d parameters, shape (m, d).
        gradients
            Gradient of each of n samples at each point: shape (m, n) or (m, n, d).
        learning_rate
            Step of the recursion.
        batch_size
            Samples averaged in a step.
        replacement
            Whether the samples of a batch are drawn with replacement.
        fit
            "gradients" fits a straight line to the gradients of every sample, which is exact where the Hessian of
            every sample is constant; "variance" fits the quadratic to the measured variances, for other gradients.

        Returns
        -------
        NoiseModel, or TensorNoiseModel for d > 1
            Its ``estimate`` has the standard errors and the goodness of fit.

        Raises
        ------
        DimensionError, DomainError
            For shapes that do not fit, and for fewer samples or points than coefficients.
        CoefficientError
            If there is no minimum or no noise, or the fitted variance is negative at the minimum.

        Examples
        --------
        >>> theta = np.array([-1.0, 1.0])
        >>> slopes, offsets = np.array([1.0, 2.0, 3.0]), np.array([0.0, 3.0, 0.0])
        >>> noise = NoiseModel.from_gradients(theta, np.outer(theta, slopes) - offsets, 0.1, batch_size=1)
        >>> noise.minimum, noise.curvature, noise.sigma_g
        (0.5, 2.0, 2.1666666666666665)
        """
        points, table = read_table(theta, gradients)
        model = cls._fitted(points, table, learning_rate, batch_size, replacement, fit)
        warn_once(required_estimate(model.estimate).warnings)
        return model

    @classmethod
    def from_model(
        cls,
        loss_gradient: Callable[[FloatArray, Any], ArrayLike],
        data: Any,
        batch_size: int,
        learning_rate: float,
        *,
        minimum: ArrayLike,
        directions: int | ArrayLike = 1,
        reach: float = 1.0,
        points: int | None = None,
        replacement: bool = True,
        fit: str = "gradients",
        rng: np.random.Generator | int | None = None,
    ) -> NoiseModel | Any:
        """Estimate the noise of a model along a line, or in a plane, through a minimum of its loss.

        The parameters are ``minimum + x @ directions``, and the gradient of a sample is projected on the directions.
        The result describes SGD that moves within this line or plane: its coordinates are x.

        Parameters
        ----------
        loss_gradient
            Function of the parameters, shape (p,), and the data; returns the gradient of every sample, shape (n, p).
        data
            Handed on to it.
        batch_size, learning_rate, replacement, fit
            As in `from_gradients`.
        minimum
            The parameters at the minimum, shape (p,).
        directions
            1 or 2 random directions, or the vectors themselves, shape (p,) or (d, p); vectors are made orthonormal
            in their order, so x counts in units of the parameters.
        reach
            Points lie within this distance from the minimum along each direction.
        points
            Number along each direction; without it 21 on a line, 7 in a plane.
        rng
            A NumPy generator or a seed, for random directions.

        Returns
        -------
        NoiseModel, or TensorNoiseModel for several directions
            Its ``estimate`` also has the origin and the orthonormal directions.

        Raises
        ------
        FokkerError
            For gradients of the wrong shape, directions that are not independent, and as `from_gradients`.

        Examples
        --------
        >>> data = np.array([[1.0, 0.0], [2.0, 3.0], [3.0, 0.0]])  # slope and offset of a sample
        >>> def gradient(theta, data):
        ...     return data[:, :1] * theta - data[:, 1:]
        >>> noise = NoiseModel.from_model(gradient, data, 1, 0.1, minimum=[0.5], directions=[[1.0]])
        >>> round(noise.sigma_g, 12), round(noise.estimate.r_squared, 12)
        (2.166666666667, 1.0)
        """
        at = section(loss_gradient, data, minimum, directions, reach, points, rng)
        model: Any = cls._fitted(at.coordinates, at.gradients, learning_rate, batch_size, replacement, fit)
        found = replace(model.estimate, origin=at.origin, directions=at.directions)
        warn_once([*found.warnings, *outside_words(found, model.minimum, reach)])
        return replace(model, estimate=found)

    @classmethod
    def _fitted(
        cls, points: FloatArray, table: FloatArray, learning_rate: float, batch_size: int, replacement: bool, fit: str
    ) -> NoiseModel | Any:
        factor = batch_factor(table.shape[1], batch_size, replacement)
        found, record = estimate_noise(points, table, factor, fit)
        record = replace(record, replacement=bool(replacement))
        check_spread(table)
        if points.shape[1] > 1:
            return TensorNoiseModel(*found, learning_rate, batch_size, record.misfit, record)
        _checks.positive("curvature", float(found.curvature[0, 0]), HINT)
        values: dict[str, Any] = {name: float(value.item()) for name, value in found._asdict().items()}
        values |= {"learning_rate": learning_rate, "batch_size": batch_size}
        return cls(**values, misfit=record.misfit, estimate=record)

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
        discrete_correction: bool = False,
    ) -> Problem:
        """Return the diffusion process with this drift and noise; arguments as in `TensorNoiseModel.problem`.

        Without ``domain`` it is the whole line. The recursion takes its noise at the start of a step: it is Ito. With
        ``discrete_correction`` the Ito process is that of `corrected`, whose variance follows it to one order more.

        Raises
        ------
        CoefficientError
            If C is negative somewhere on the domain (with the region), the learning rate is beyond linear
            stability, or too large for the correction.
        ConventionError, DimensionError
            If a reading other than Ito is to be corrected; if the domain has several axes.

        Warns
        -----
        FokkerWarning
            On an infinite domain, if kappa is at or below the limit at which the law can be normalised.

        Examples
        --------
        >>> noise = NoiseModel(0.0, curvature=2.0, sigma_g=1.5, rho=0.0, sigma_H=0.8, learning_rate=0.1)
        >>> problem = noise.problem(domain={"theta": (-3, 3)})
        >>> problem.diffusion_at(np.array([0.0, 1.0]))
        array([0.075, 0.115])
        """
        _checks.stable(self.learning_rate, self.curvature)
        line = {"theta": (-math.inf, math.inf)} if domain is None else parse_domain(domain)
        if len(line) != 1:
            given, accepted = f"a domain of {len(line)} axes, a model of one parameter", "one axis"
            raise DimensionError(explain("the domain does not fit the model.", given=given, accepted=accepted))
        model = self.corrected() if corrects(discrete_correction, convention) else self
        ((name, ends),) = line.items()
        check_interval(model, name, ends, self.estimate is not None)
        if math.inf in map(abs, ends):
            warn_once(escape_words(line_law(model.curvature, self.learning_rate, model.sigma_H), convention))
        return Problem(model.drift, diffusion=model.diffusion, convention=convention, domain=line, boundary=boundary)

    def corrected(self) -> NoiseModel:
        r"""Return the model whose Ito process follows the recursion to one order more in the learning rate.

        What gains an order are the first two moments: the stationary variance, off by the part eta H or so without
        the correction and by its square with it (5.1 % and 0.14 % at eta H = 0.1), and the way of the mean from
        where it starts (5.5 % and 0.4 % after a time 1/H). The stationary mean is the minimum with and without it.
        The third moment does not gain: a diffusion cannot follow that of the gradient noise.

        Drift: H -> H + eta H^2 / 2. Noise: sigma_g -> sigma_g (1 + eta H), sigma_H -> sigma_H (1 + 2 eta H),
        rho with the root of both factors, so that C stays non-negative. `fokker.sgd.noise_correction` derives the
        rule, also for losses that are not quadratic.

        Examples
        --------
        >>> noise = NoiseModel(0.0, curvature=2.0, sigma_g=1.5, rho=0.0, sigma_H=0.8, learning_rate=0.1)
        >>> better = noise.corrected()
        >>> round(better.curvature, 12), round(better.sigma_g, 12), round(better.sigma_H, 12)
        (2.2, 1.8, 1.12)
        """
        shapes = {"minimum": 1, "curvature": 2, "sigma_g": 2, "rho": 3, "sigma_H": 4}
        given = Coefficients(*(np.full((1,) * rank, getattr(self, name)) for name, rank in shapes.items()))
        better = corrected_coefficients(given, self.learning_rate)
        values: dict[str, Any] = {name: float(getattr(better, name).item()) for name in shapes}
        return replace(self, **values, estimate=None)

    def at_batch(self, batch_size: int | None = None, learning_rate: float | None = None) -> NoiseModel:
        """Return the model of the same samples at another batch size or learning rate.

        The covariance of the gradient noise goes with 1/b; for an estimate whose batches are drawn without
        replacement, with (N - b) / (b (N - 1)).

        Examples
        --------
        >>> noise = NoiseModel(0.0, curvature=2.0, sigma_g=1.5, rho=0.6, sigma_H=0.8, learning_rate=0.5)
        >>> larger = noise.at_batch(4)
        >>> larger.sigma_g, larger.rho, larger.sigma_H, larger.kappa
        (0.375, 0.15, 0.2, 20.0)
        """
        return replace(self, **at_batch(self, batch_size, learning_rate))

    @property
    def kappa(self) -> float:
        """H / (eta sigma_H); infinite where the noise does not grow with the parameter.

        Raises
        ------
        CoefficientError
            If C is negative somewhere: there is no process on the whole line.
        """
        check_interval(self, fitted=self.estimate is not None)
        return line_law(self.curvature, self.learning_rate, self.sigma_H).kappa

    def tail_index(self, convention: str | float | Convention = "ito") -> float:
        """Return nu = 2 kappa + 1 - 2 alpha: the stationary law has P(abs(x) > R) ~ R**-nu, moments below nu.

        This is the index of the diffusion process. The recursion has its own, the root mu of
        E abs(1 - eta h)**mu = 1 over the slopes h of the batches, and none if abs(1 - eta h) < 1 always.

        The convention is "ito" (alpha = 0), "stratonovich" (1/2), "isothermal" (1), or alpha itself.

        Raises
        ------
        NormalisationError
            If kappa is at or below the limit at which the law can be normalised.
        """
        return stationary_index(self.kappa, convention, 1)

    @property
    def standard_errors(self) -> dict[str, float]:
        """Standard errors of minimum, curvature, sigma_g, rho and sigma_H: see `NoiseEstimate`."""
        errors = required_estimate(self.estimate).standard_errors
        return {name: float(value.item()) for name, value in errors.items()}

    @property
    def r_squared(self) -> float:
        """Share of the variation of the measured variance that the quadratic explains."""
        return required_estimate(self.estimate).r_squared

    @property
    def recursion_variance(self) -> float:
        """Exact stationary variance of the minibatch recursion.

        Raises
        ------
        MomentError
            If the second moment grows without bound.

        Examples
        --------
        >>> noise = NoiseModel(0.0, curvature=2.0, sigma_g=1.5, rho=0.0, sigma_H=0.8, learning_rate=0.5)
        >>> noise.recursion_variance
        0.46875
        """
        eta = self.learning_rate
        rate = 2.0 * self.curvature - eta * (self.curvature**2 + self.sigma_H)
        require_moment(1.0 - eta * rate, eta)
        return eta * self.sigma_g / rate

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draw the variance C over theta, with the measured values and their standard errors if it was estimated."""
        return draw_variance(self, ax, **style)

    def __repr__(self) -> str:
        return line_words(self)

    def _offset(self, theta: ArrayLike) -> FloatArray:
        return np.asarray(theta, dtype=np.float64) - self.minimum


def _set(model: NoiseModel, name: str, value: float) -> None:
    object.__setattr__(model, name, value)

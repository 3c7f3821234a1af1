"""Minibatch gradient noise around a minimum of a loss of several parameters."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.errors import CoefficientError, DimensionError, explain
from fokker.info import warn_once
from fokker.problem import Convention, Problem
from fokker.problem.boundary import BoundaryLike
from fokker.results.kept import KeptRecord
from fokker.sgd import _checks
from fokker.sgd.noise_checks import check_domain, check_model, check_spread, corrects, shaped
from fokker.sgd.noise_correction import corrected_coefficients
from fokker.sgd.noise_fit import Coefficients, NoiseEstimate, estimate_noise, required_estimate
from fokker.sgd.noise_laws import closed_law, escape_words, require_moment, stationary_index
from fokker.sgd.noise_plot import draw_trace
from fokker.sgd.noise_table import at_batch, batch_factor, read_table
from fokker.sgd.noise_words import tensor_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class TensorNoiseModel(KeptRecord):
    r"""Stochastic gradient descent near a minimum of d parameters: linear drift, quadratic gradient covariance.

    With ``x = theta - minimum`` the mean gradient is ``H x``, and the covariance of the minibatch gradient is::

        C_ij = sigma_g_ij + 2 sum_k rho_ijk x_k + sum_kl sigma_H_ijkl x_k x_l

    which is exact when the Hessian h of every sample is constant. Then, with g the gradient of a batch at the
    minimum and h its Hessian, ``sigma_g_ij = Cov(g_i, g_j)``, ``rho_ijk`` is ``Cov(g_i, h_jk)`` made symmetric in
    i, j, and ``sigma_H_ijkl`` is ``Cov(h_ik, h_jl)`` made symmetric in k, l. The diffusion process of the recursion
    ``theta <- theta - eta * gradient`` has the drift ``-H x`` and the diffusion ``D = eta C / 2``.

    Parameters
    ----------
    minimum
        Where the mean gradient vanishes, shape (d,).
    curvature
        H, shape (d, d); its eigenvalues have positive real parts.
    sigma_g, rho, sigma_H
        Of the minibatch gradient, shapes (d, d), (d, d, d) and (d, d, d, d).
    learning_rate
        eta, the step of the recursion.
    batch_size
        Samples in a minibatch; ``sigma_g``, ``rho`` and ``sigma_H`` already include it.
    misfit
        Relative misfit of the estimate: see `NoiseEstimate`.
    estimate
        What the model was estimated from; None if the coefficients were given.

    References
    ----------
    Meng, Gong, Chen, Ma, Liu, arXiv 2006.13719, proposition 10 (there with rho = 0).

    Examples
    --------
    >>> theta = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]])
    >>> rng = np.random.default_rng(0)
    >>> inputs, targets = rng.normal(size=(50, 2)), rng.normal(size=50)
    >>> residuals = theta @ inputs.T - targets  # least squares
    >>> gradients = residuals[:, :, None] * inputs
    >>> noise = TensorNoiseModel.from_gradients(theta, gradients, learning_rate=0.05, batch_size=4)
    >>> bool(np.allclose(noise.minimum, np.linalg.lstsq(inputs, targets)[0]))
    True
    >>> noise.gradient_covariance([0.0, 0.0]).shape
    (2, 2)
    """

    minimum: FloatArray
    curvature: FloatArray
    sigma_g: FloatArray
    rho: FloatArray
    sigma_H: FloatArray
    learning_rate: float
    batch_size: int = 1
    misfit: float = 0.0
    estimate: NoiseEstimate | None = None

    def __post_init__(self) -> None:
        size = np.size(self.minimum)
        for name, rank in {"minimum": 1, "curvature": 2, "sigma_g": 2, "rho": 3, "sigma_H": 4}.items():
            object.__setattr__(self, name, shaped(name, getattr(self, name), (size,) * rank))
        object.__setattr__(self, "learning_rate", _checks.positive("learning_rate", self.learning_rate))
        object.__setattr__(self, "batch_size", _checks.count("batch_size", self.batch_size))
        object.__setattr__(self, "misfit", _checks.real("misfit", self.misfit))
        check_model(self._coefficients, self.estimate is not None)

    @classmethod
    def from_gradients(
        cls,
        theta: ArrayLike,
        gradients: ArrayLike,
        learning_rate: float,
        batch_size: int,
        replacement: bool = True,
        fit: str = "gradients",
    ) -> TensorNoiseModel:
        """Estimate the model from gradients: see `NoiseModel.from_gradients`."""
        points, table = read_table(theta, gradients)
        factor = batch_factor(table.shape[1], batch_size, replacement)
        found, record = estimate_noise(points, table, factor, fit)
        record = replace(record, replacement=bool(replacement))
        check_spread(table)
        model = cls(*found, learning_rate, batch_size, record.misfit, record)
        warn_once(record.warnings)
        return model

    @property
    def dimension(self) -> int:
        """d, the number of parameters."""
        return len(self.minimum)

    def drift(self, theta: ArrayLike) -> FloatArray:
        """Return minus the mean gradient: shape (..., d) to (..., d)."""
        return np.asarray(-self._offset(theta) @ self.curvature.T)

    def gradient_covariance(self, theta: ArrayLike) -> FloatArray:
        """Return the covariance C of the minibatch gradient: shape (..., d) to (..., d, d)."""
        return self._coefficients.covariance(self._offset(theta))

    def total_variance(self, theta: ArrayLike) -> FloatArray:
        """Return the trace of C: shape (..., d) to (...)."""
        trace: FloatArray = np.einsum("...ii->...", self.gradient_covariance(theta))
        return trace

    def diffusion(self, theta: ArrayLike) -> FloatArray:
        """Return D = learning_rate * C / 2: shape (..., d) to (..., d, d)."""
        return 0.5 * self.learning_rate * self.gradient_covariance(theta)

    def drift_at(self, *theta: ArrayLike) -> FloatArray:
        """Return the drift at separate coordinates, component first, as a `Problem` takes it."""
        return np.moveaxis(self.drift(_joined(theta)), -1, 0)

    def diffusion_at(self, *theta: ArrayLike) -> FloatArray:
        """Return D at separate coordinates, components first."""
        return np.moveaxis(self.diffusion(_joined(theta)), (-2, -1), (0, 1))

    def noise_at(self, *theta: ArrayLike) -> FloatArray:
        """Return sigma, the symmetric root of 2 D, at separate coordinates, components first."""
        values, vectors = np.linalg.eigh(2.0 * self.diffusion(_joined(theta)))
        values = _checks.without_rounding(values)
        root = np.einsum("...ik,...k,...jk->ij...", vectors, np.sqrt(values), vectors)
        return np.asarray(0.5 * (root + np.swapaxes(root, 0, 1)))

    def problem(
        self,
        domain: Mapping[str, tuple[float, float]] | None = None,
        convention: str | float | Convention = "ito",
        boundary: BoundaryLike = "reflecting",
        discrete_correction: bool = False,
    ) -> Problem:
        """Return the diffusion process with this drift and noise, in two or three dimensions.

        Conventions that a tensor D leaves open ("stratonovich" and numbers) read the symmetric square root of 2 D as
        the noise. Without ``domain`` it is the whole space, with the axes theta_1, theta_2 and so on.

        Parameters
        ----------
        domain, convention, boundary
            As in `fokker.Problem`; the recursion itself is Ito.
        discrete_correction
            Take the process of `corrected`, which follows the recursion to one order more in the learning rate; for
            the Ito reading only.

        Raises
        ------
        CoefficientError
            If C is negative somewhere on the domain (with the region) or vanishes in some direction (then
            `simulate_power_law` runs the recursion), the learning rate is beyond linear stability, or too large for
            the correction.
        ConventionError, DimensionError
            If a reading other than Ito is to be corrected; if the domain has another dimension, or more than three.

        Warns
        -----
        FokkerWarning
            On an infinite domain, if a closed form says that the law cannot be normalised.

        Examples
        --------
        >>> flat = np.zeros((2, 2, 2))
        >>> H, sigma_H = np.diag([1.0, 2.0]), np.zeros((2, 2, 2, 2))
        >>> noise = TensorNoiseModel([0, 0], H, np.eye(2), flat, sigma_H, learning_rate=0.1)
        >>> problem = noise.problem(domain={"x": (-3, 3), "y": (-3, 3)})
        >>> problem.diffusion_at(np.array([0.5]), np.array([0.0]))[:, :, 0]
        array([[0.05, 0.  ],
               [0.  , 0.05]])
        """
        _checks.stable(self.learning_rate, np.linalg.eigvals(self.curvature))
        ends = self._whole_space if domain is None else domain
        self._check_axes(len(ends))
        model = self.corrected() if corrects(discrete_correction, convention) else self
        check_domain(model.gradient_covariance, model.minimum, model.width, ends, self.estimate is not None)
        read = Convention.parse(convention)
        if any(math.isinf(end) for pair in ends.values() for end in pair):
            warn_once(model._escape_words(read))
        name = "noise" if read.needs_noise_matrix else "diffusion"
        tensor: Any = {name: model.noise_at if read.needs_noise_matrix else model.diffusion_at}
        return Problem(model.drift_at, convention=convention, domain=ends, boundary=boundary, **tensor)

    def corrected(self) -> TensorNoiseModel:
        """Return the model whose Ito process follows the recursion to one order more in the learning rate.

        It is the first two moments that gain an order, as in `NoiseModel.corrected`; the third does not.
        Drift: H -> H + eta H^2 / 2. Noise: C(x) -> R C(P x) R^T with R = (1 + eta H)^(1/2) and
        P = (1 + eta H)^(-1/2) (1 + 2 eta H)^(1/2); `fokker.sgd.noise_correction` derives it.
        """
        better = corrected_coefficients(self._coefficients, self.learning_rate)
        return replace(self, **better._asdict(), estimate=None)

    def at_batch(self, batch_size: int | None = None, learning_rate: float | None = None) -> TensorNoiseModel:
        """Return the model of the same samples at another batch size or learning rate: see `NoiseModel.at_batch`."""
        return replace(self, **at_batch(self, batch_size, learning_rate))

    @property
    def kappa(self) -> float:
        """Exponent of the law (1 + q)^-(kappa + 1 - alpha), for models that have one; infinite for constant noise.

        For independent components, the smallest.

        Raises
        ------
        CoefficientError
            If the law of this model has no closed form; the text names the kinds that have.
        """
        return closed_law(self._coefficients, self.learning_rate).kappa

    def tail_index(self, convention: str | float | Convention = "ito") -> float:
        """Return nu in P(abs(x) > R) ~ R**-nu: 2 kappa + 2 - 2 alpha - d, or for the heaviest component d = 1.

        Raises
        ------
        CoefficientError
            If the law has no closed form.
        NormalisationError
            If kappa is at or below the limit at which the law can be normalised.
        """
        law = closed_law(self._coefficients, self.learning_rate)
        return stationary_index(law.kappa, convention, law.dimension)

    @property
    def recursion_covariance(self) -> FloatArray:
        """Exact stationary covariance of the minibatch recursion, shape (d, d).

        It solves M = A M A^T + eta^2 (sigma_g + sigma_H[M]), A = 1 - eta H, (sigma_H[M])_ij = sum_kl sigma_H_ijkl M_kl.

        Raises
        ------
        MomentError
            If the second moment grows without bound.
        """
        size, eta = self.dimension, self.learning_rate
        step = np.eye(size) - eta * self.curvature
        growth = np.kron(step, step) + eta**2 * self.sigma_H.reshape(size**2, size**2)
        require_moment(float(np.abs(np.linalg.eigvals(growth)).max()), eta)
        moment = np.linalg.solve(np.eye(size**2) - growth, eta**2 * self.sigma_g.ravel())
        return np.asarray(moment.reshape(size, size))

    @property
    def standard_errors(self) -> dict[str, FloatArray]:
        """Standard errors of minimum, curvature, sigma_g, rho and sigma_H: see `NoiseEstimate`."""
        return dict(required_estimate(self.estimate).standard_errors)

    @property
    def r_squared(self) -> float:
        """Share of the variation of the measured trace of C that the model explains."""
        return required_estimate(self.estimate).r_squared

    @property
    def width(self) -> float:
        """A length over which the stationary law or the covariance changes."""
        spread = 0.5 * self.learning_rate * np.trace(self.sigma_g) / np.trace(self.curvature)
        grows = np.einsum("iikk->", self.sigma_H)
        ratio = np.trace(self.sigma_g) / grows if grows > 0.0 else 0.0
        return math.sqrt(max(spread, ratio)) or 1.0

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draw the trace of C over two parameters, with the measured values if it was estimated."""
        return draw_trace(self, ax, **style)

    def __repr__(self) -> str:
        return tensor_words(self)

    def _picture(self) -> Callable[..., Any] | None:
        return self.plot if self.dimension == 2 else None

    def _escape_words(self, convention: Convention) -> list[str]:
        try:
            law = closed_law(self._coefficients, self.learning_rate)
        except CoefficientError:  # no closed form tells
            return []
        return escape_words(law, convention)

    @property
    def _coefficients(self) -> Coefficients:
        return Coefficients(self.minimum, self.curvature, self.sigma_g, self.rho, self.sigma_H)

    @property
    def _whole_space(self) -> dict[str, tuple[float, float]]:
        return {f"theta_{k + 1}": (-math.inf, math.inf) for k in range(self.dimension)}

    def _offset(self, theta: ArrayLike) -> FloatArray:
        points = _checks.array("theta", theta)
        if points.ndim and points.shape[-1] == self.dimension:
            return points - self.minimum
        given, accepted = f"theta of shape {points.shape}", f"shape (..., {self.dimension}): one entry a parameter"
        hint = f"drift_at({', '.join(self._whole_space)}) for separate coordinates" if self.dimension <= 3 else ""
        raise DimensionError(explain("theta does not fit the model.", given=given, accepted=accepted, try_=hint))

    def _check_axes(self, axes: int) -> None:
        if axes == self.dimension <= 3:
            return
        given = f"a domain of {axes} axes, a model of {self.dimension} parameters"
        accepted = "one axis for each parameter, and at most three"
        hint = "gradients along a line or in a plane: NoiseModel.from_model(..., directions=2)"
        raise DimensionError(explain("the domain does not fit the model.", given=given, accepted=accepted, try_=hint))


def _joined(theta: tuple[ArrayLike, ...]) -> FloatArray:
    return np.stack(np.broadcast_arrays(*theta), axis=-1).astype(np.float64)

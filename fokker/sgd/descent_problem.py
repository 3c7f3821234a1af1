"""The diffusion process of gradient descent with noise, for any loss: without and with the correction for its steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.errors import CoefficientError, DimensionError, explain
from fokker.problem import Problem
from fokker.problem.boundary import BoundaryLike
from fokker.problem.coefficients import Coefficient, CoefficientLike
from fokker.problem.derivative import partial
from fokker.problem.domain import parse_domain
from fokker.problem.points import Points
from fokker.sgd import _checks

FloatArray = NDArray[np.float64]


def descent_problem(
    gradient: CoefficientLike,
    variance: CoefficientLike,
    learning_rate: float,
    *,
    domain: Mapping[str, tuple[float, float]],
    boundary: BoundaryLike = "reflecting",
    breakpoints: Mapping[str, Sequence[float]] | None = None,
    discrete_correction: bool = False,
    minimum: Mapping[str, float] | None = None,
) -> Problem:
    r"""Return the Ito process of w <- w - eta (gradient(w) + noise), noise of the given variance, drawn in every step.

    Without the correction it is dw = -g dt + sqrt(eta C) dW. With it the drift is, with the Jacobian J of g::

        -g - (eta/2) J g + (eta^2/4) C : grad grad g

    and eta times C + (eta/2) (J C + C J^T + (g . grad) C) takes the place of eta C, which `fokker.sgd.noise_correction`
    derives. No derivative is asked for: with the columns s_k of a root of C, ``y = w + (eta/2) g(w)`` and differences
    over the length of one step of noise, all up to terms of the next order::

        drift  -g(y) + 1/4 sum_k [g(w + eta s_k) + g(w - eta s_k) - 2 g(w)]
        noise  s_k(y) + 1/4 [g(y + eta s_k) - g(y - eta s_k)], never negative in C

    So g and C are evaluated a little outside the domain, too. For Gaussian noise the stationary mean and variance gain
    an order in eta. Where the noise has a third moment and g is curved, as with minibatches of real losses, the
    variance is better by a factor, the mean hardly (`fokker.sgd.noise_correction` has the measured errors).

    Parameters
    ----------
    gradient : callable or number
        g, as the drift of a `Problem`: a scalar in one dimension, a tuple of d in more.
    variance : callable or number
        C: a scalar, a tuple of d (diagonal), or nested d x d.
    learning_rate : float
        eta.
    domain, boundary, breakpoints
        As in `Problem`.
    discrete_correction : bool
        Whether to correct for the steps.
    minimum : mapping of str to float, optional
        A point at which descent without noise must be stable, by the eigenvalues of the Jacobian of g there.

    Returns
    -------
    Problem
        Time counts eta a step.

    See Also
    --------
    moved_target : where paths must be stopped, because iterates are looked at after each step only.

    Raises
    ------
    CoefficientError, DomainError, DimensionError, BoundaryError
        As in `Problem`; CoefficientError also if descent is unstable at `minimum`.

    Examples
    --------
    >>> problem = descent_problem(lambda w: 2 * w, 1.5, 0.1, domain={"w": (-3, 3)}, discrete_correction=True)
    >>> problem.drift_at(np.array([1.0])), problem.diffusion_at(np.array([0.0])).round(12)
    (array([-2.2]), array([0.09075]))
    """
    ends = parse_domain(domain)
    rank = (1,) if len(ends) > 1 else (0,)
    g = Coefficient.build("gradient", gradient, ends, ranks=rank)
    c = Coefficient.build("variance", variance, ends, ranks=(0, 1, 2))
    descent = Descent(g, c, _checks.positive("learning_rate", learning_rate))
    corrected = _checks.flag("discrete_correction", discrete_correction)
    drift: Any = descent.corrected_drift if corrected else descent.drift
    diffusion: Any = descent.corrected_diffusion if corrected else descent.diffusion
    problem = Problem(drift, None, diffusion, "ito", domain=domain, boundary=boundary, breakpoints=breakpoints)
    if minimum is not None:
        _checks.stable(descent.learning_rate, _curvatures(g, problem, minimum, descent.learning_rate))
    return problem


def _curvatures(
    gradient: Coefficient, problem: Problem, minimum: Mapping[str, float], learning_rate: float
) -> NDArray[Any]:
    """Return the eigenvalues of the Jacobian of the gradient, exactly zero where they cannot be told from it.

    `partial` is good to ten digits, so an eigenvalue is in units of the norm of the Jacobian; and 1 - eta lambda is
    rounded.
    """
    at = tuple(_inside(problem, minimum))
    pieces = [(low, *problem.breakpoints.get(name, ()), high) for name, (low, high) in problem.domain.items()]
    slopes = [partial(lambda w: gradient(w, False), at, k, ends) for k, ends in enumerate(pieces)]
    jacobian = np.array(slopes).reshape(len(at), len(at)).T
    if not np.isfinite(jacobian).all():
        headline = "the gradient has no derivative at the minimum."
        raise CoefficientError(explain(headline, given=f"minimum={minimum!r}", accepted="a point where g is smooth"))
    values = np.linalg.eigvals(jacobian)
    unseen = max(1e-10 * float(np.linalg.norm(jacobian)), np.finfo(np.float64).eps / learning_rate)
    return np.where(np.abs(values) > unseen, values, 0.0)


def _inside(problem: Problem, minimum: Mapping[str, float]) -> list[FloatArray]:
    """Read a point of the domain: an array of one entry for each coordinate."""
    if not isinstance(minimum, Mapping) or set(minimum) != set(problem.names):
        accepted = f"a number for each of {', '.join(problem.names)}"
        raise DimensionError(
            explain("minimum is no point of the problem.", given=f"minimum={minimum!r}", accepted=accepted)
        )
    point = [np.array([_checks.real(f"minimum of {name}", minimum[name])]) for name in problem.names]
    for name, x in zip(problem.names, point, strict=True):
        low, high = problem.domain[name]
        if not low <= x[0] <= high:
            given, accepted = f"{name} = {float(x[0])!r}", f"{name} in ({low}, {high})"
            raise CoefficientError(explain("the minimum is outside the domain.", given=given, accepted=accepted))
    return point


@dataclass(frozen=True, eq=False)
class Descent:
    """Gradient, variance and learning rate, as functions of separate coordinates that a `Problem` takes."""

    gradient: Coefficient
    variance: Coefficient
    learning_rate: float

    def drift(self, *w: FloatArray) -> FloatArray:
        """Return -g."""
        return -self.gradient(w)

    def diffusion(self, *w: FloatArray) -> FloatArray:
        """Return eta C / 2 in the form in which C was given."""
        return 0.5 * self.learning_rate * self.variance(w)

    def corrected_drift(self, *w: FloatArray) -> FloatArray:
        """Return the drift that follows the iteration to one order more."""
        eta, g = self.learning_rate, self.gradient(w)
        drift = -self.gradient(_moved(w, 0.5 * eta * g))
        for column in root_columns(self.variance, w):
            step = eta * column
            bend = self.gradient(_moved(w, step)) + self.gradient(_moved(w, -step)) - 2.0 * g
            drift = drift + 0.25 * bend
        return drift

    def corrected_diffusion(self, *w: FloatArray) -> FloatArray:
        """Return the D that follows the iteration to one order more: a full tensor in two and three dimensions."""
        y = _moved(w, 0.5 * self.learning_rate * self.gradient(w))
        total = np.zeros(())
        for column in root_columns(self.variance, y):
            step = self.learning_rate * column
            slope = self.gradient(_moved(y, step)) - self.gradient(_moved(y, -step))
            noise = column + 0.25 * slope
            total = total + (noise * noise if len(w) == 1 else noise[:, None] * noise)
        return np.asarray(0.5 * self.learning_rate * total)


def root_columns(variance: Coefficient, w: Points) -> list[FloatArray]:
    """Return the columns of a root of C, each of the shape of the gradient: scalar in one dimension, a row in more."""
    values, size = variance(w), len(w)
    tensor = variance.rank == 2
    scales, vectors = np.linalg.eigh(np.moveaxis(values, (0, 1), (-2, -1))) if tensor else (values, values)
    scales = _checks.without_rounding(scales) if tensor else scales
    negative = np.broadcast_to(scales[..., 0] < 0.0, values.shape) if tensor else values < 0.0
    if negative.any():
        accepted = "a variance >= 0 in the domain, and just outside it for the correction"
        variance.reject(negative, values, w, "is negative", accepted)
    if size == 1:
        return [np.sqrt(values)]
    if not tensor:
        roots = np.sqrt(np.broadcast_to(values, (size, *w[0].shape)))
        return [np.where(np.arange(size).reshape(-1, *[1] * w[0].ndim) == k, roots, 0.0) for k in range(size)]
    columns = np.moveaxis(vectors * np.sqrt(scales)[..., None, :], (-2, -1), (0, 1))
    return [columns[:, k] for k in range(size)]


def _moved(w: Points, step: FloatArray) -> Points:
    return (w[0] + step,) if len(w) == 1 else tuple(x + part for x, part in zip(w, step, strict=True))

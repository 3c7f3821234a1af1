"""The discrete dynamics of the papers: gradient descent with Gaussian noise of a given variance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.errors import CoefficientError, DimensionError, FokkerError, explain
from fokker.info import Info
from fokker.linalg.compiling import announced
from fokker.problem.coefficients import Coefficient, CoefficientLike
from fokker.problem.derivative import partial
from fokker.sgd import _checks
from fokker.sgd.ensemble import Ensemble
from fokker.sgd.families import polynomials_of, recognise_recursion
from fokker.sgd.noise import NoiseModel
from fokker.sgd.noise_checks import check_interval
from fokker.sgd.noise_tensor import TensorNoiseModel
from fokker.sgd.simulate_sde import ensemble_values
from fokker.sgd.starts import Start, named_start, place
from fokker.sgd.stepping import ArrayStepper, CompiledStepper, Stepper, Walls
from fokker.sgd.streams import Seed
from fokker.sgd.tensor_stepping import TensorStepper

Array = NDArray[np.float64]


def simulate_power_law(
    noise: NoiseModel | TensorNoiseModel,
    start: Start | None = None,
    *,
    steps: int | Sequence[int],
    replicas: int | None = None,
    rng: Seed = None,
    workers: int = 1,
) -> Ensemble:
    """Run the power-law dynamic w <- w - eta H (w - w*) + eta sqrt(C(w)) xi, xi standard normal.

    Its variance C(w) = sigma_g + 2 rho x + sigma_H x^2 is taken at the start of the step; with ``sigma_H = 0`` it is
    the Langevin dynamic. It differs from minibatch descent in that the noise is Gaussian.

    Parameters
    ----------
    noise : NoiseModel or TensorNoiseModel
        Minimum, curvature, learning rate and variance; of several parameters the covariance C, xi being independent.
    start : number or array of shape (replicas,), or mapping of str to such, optional
        Where the replicas start; without it the minimum. Several parameters are named theta_1, theta_2, ...
    steps : int or increasing sequence of int
        Positions are kept after so many steps.
    replicas, rng, workers
        As in `simulate_sde`.

    Returns
    -------
    Ensemble
        Its times are numbers of steps.

    Raises
    ------
    CoefficientError
        If eta H >= 2, where the mean itself diverges, or C is negative somewhere (with the region).

    References
    ----------
    Meng, Gong, Chen, Ma, Liu, arXiv 2006.13719, equation 3.

    Examples
    --------
    >>> noise = NoiseModel(0.0, curvature=2.0, sigma_g=1.5, rho=0.0, sigma_H=0.8, learning_rate=0.5)
    >>> paths = simulate_power_law(noise, steps=[0, 100], replicas=20000, rng=0)
    >>> bool(abs(paths.variance()[1] - noise.recursion_variance) < 0.05)
    True
    """
    _require_model(noise)
    eta, stepper = noise.learning_rate, _power_law_stepper(noise)
    minimum = np.atleast_1d(noise.minimum)
    names = ("theta",) if isinstance(noise, NoiseModel) else tuple(f"theta_{k + 1}" for k in range(minimum.size))
    at = dict(zip(names, minimum, strict=True)) if start is None else named_start(names, start)
    points = place(names, at, [(-math.inf, math.inf)] * len(names), replicas)
    return _ensemble(stepper, names, points, eta, steps, rng, workers)


def _require_model(noise: object) -> None:
    if isinstance(noise, NoiseModel | TensorNoiseModel):
        return
    accepted = "a NoiseModel, or a TensorNoiseModel for several parameters"
    hint = "simulate_recursion for a gradient and a variance as functions"
    given = f"noise of type {type(noise).__name__}"
    raise FokkerError(explain("noise is no noise model.", given=given, accepted=accepted, try_=hint))


def _power_law_stepper(noise: NoiseModel | TensorNoiseModel) -> Stepper:
    if isinstance(noise, TensorNoiseModel):
        _checks.stable(noise.learning_rate, np.linalg.eigvals(noise.curvature))
        return TensorStepper.of(noise, _no_walls(noise.dimension))
    _checks.stable(noise.learning_rate, noise.curvature)
    check_interval(noise, fitted=noise.estimate is not None)
    return CompiledStepper(polynomials_of(noise), 0.0, _no_walls(1))


def simulate_recursion(
    gradient: CoefficientLike,
    variance: CoefficientLike,
    start: Mapping[str, ArrayLike],
    *,
    learning_rate: float,
    steps: int | Sequence[int],
    minimum: Mapping[str, float] | None = None,
    replicas: int | None = None,
    rng: Seed = None,
    workers: int = 1,
) -> Ensemble:
    """Run w <- w - eta gradient(w) + eta sqrt(variance(w)) * xi in one to three dimensions.

    The components of xi are independent standard normals. A constant variance is the Langevin dynamic, and
    ``l2**2 * (1 + l1 * (w - minimum)**2)`` for each component the power-law dynamic of section 5.2 of the paper.

    Parameters
    ----------
    gradient, variance : callable or number
        Of the coordinates, as the drift of a `Problem`; the variance is a scalar, or a tuple of d. On a line numbers
        and `numpy.polynomial.Polynomial` (gradient to degree 3, variance to degree 2) run compiled.
    start : mapping of str to number or to array of shape (replicas,)
        The names of the coordinates in the order of the arguments, and where the replicas start.
    learning_rate : float
        eta.
    steps : int or increasing sequence of int
        Positions are kept after so many steps.
    minimum : mapping of str to float, optional
        A point at which descent without noise must be stable.
    replicas, rng, workers
        As in `simulate_sde`.

    Returns
    -------
    Ensemble
        Its times are numbers of steps.

    Raises
    ------
    CoefficientError
        If the variance is negative somewhere, or eta times the largest curvature at `minimum` is 2 or more.
    FokkerError
        If paths diverge.

    References
    ----------
    Meng, Gong, Chen, Ma, Liu, arXiv 2006.13719, section 5.2.

    Examples
    --------
    >>> paths = simulate_recursion(lambda x, y: (x, 2 * y), 0.5, {"x": 1.0, "y": 0.0}, learning_rate=0.1,
    ...                            steps=range(0, 101, 50), minimum={"x": 0.0, "y": 0.0}, replicas=500, rng=0)
    >>> paths.values.shape
    (2, 3, 500)
    """
    eta = _checks.positive("learning_rate", learning_rate)
    if not isinstance(start, Mapping) or not 1 <= len(start) <= 3:
        given, accepted = f"start={start!r}"[:80], "a mapping with one to three coordinates"
        headline = "start does not name the coordinates."
        raise DimensionError(explain(headline, given=given, accepted=accepted, try_='{"w": 0.0}, {"x": 0.0, "y": 0.0}'))
    names = tuple(start)
    domain = dict.fromkeys(names, (-math.inf, math.inf))
    slope = Coefficient.build("gradient", gradient, domain, ranks=(1,) if len(names) > 1 else (0,))
    spread = Coefficient.build("variance", variance, domain, ranks=(0, 1))
    if minimum is not None:
        _checks.stable(eta, _curvatures(slope, minimum))
    points = place(names, start, list(domain.values()), replicas)

    def noise(x: Array) -> Array:
        values = spread(tuple(x))
        if values.min() < 0.0:
            spread.reject(values < 0.0, values, tuple(x), "is negative", "a variance >= 0 wherever paths go")
        return np.broadcast_to(np.sqrt(eta * values), x.shape)

    known = recognise_recursion(gradient, variance, eta) if len(names) == 1 else None
    if known is not None:
        return _ensemble(CompiledStepper(known, 0.0, _no_walls(1)), names, points, eta, steps, rng, workers)
    stepper = ArrayStepper(lambda x: -slope(tuple(x)).reshape(x.shape), noise, 0.0, _no_walls(len(names)))
    return _ensemble(stepper, names, points, eta, steps, rng, workers)


def kept_steps(steps: int | Sequence[int]) -> list[int]:
    """Read the numbers of steps after which positions are kept."""
    given = list(steps) if isinstance(steps, Sequence | np.ndarray) else [steps]
    numbers = [_checks.count("steps", number, least=0) for number in given]
    if not numbers or numbers[-1] < 1 or any(later <= before for before, later in pairwise(numbers)):
        raise CoefficientError(
            explain(
                "steps is neither a number of steps nor an increasing sequence of them.",
                given=f"steps={steps!r}"[:80],
                accepted="an integer >= 1, or such as range(0, 501, 10)",
            )
        )
    return numbers


def _curvatures(gradient: Coefficient, minimum: Mapping[str, float]) -> NDArray[np.complex128]:
    """Eigenvalues of the derivative of the gradient at a point; those that are rounding are zero."""
    names = tuple(gradient.domain)
    if not isinstance(minimum, Mapping) or set(minimum) != set(names):
        accepted = "{" + ", ".join(f'"{name}": 0.0' for name in names) + "}"
        raise DimensionError(
            explain("the minimum needs each coordinate once.", given=f"minimum={minimum!r}", accepted=accepted)
        )
    at = place(names, minimum, list(gradient.domain.values()), 1)
    line = (-math.inf, math.inf)
    rows = [partial(lambda w: gradient(w, False), tuple(at), k, line).reshape(len(names)) for k in range(len(names))]
    values = np.linalg.eigvals(np.array(rows)).astype(complex)
    values[np.abs(values) < 1e-8 * np.abs(rows).max()] = 0.0  # derivatives are known to about 1e-10
    return values


def _no_walls(dimension: int) -> Walls:
    line = np.tile([-np.inf, np.inf], (dimension, 1))
    return Walls(line, ((0, 0),) * dimension, line)


def _ensemble(
    stepper: Stepper,
    names: tuple[str, ...],
    points: Array,
    eta: float,
    steps: int | Sequence[int],
    rng: Seed,
    workers: int,
) -> Ensemble:
    numbers = kept_steps(steps)
    parts = [(int(number), eta) for number in np.diff(numbers, prepend=0)]
    with announced():
        values = ensemble_values(stepper, points, parts, rng, workers, recursion=True)
    info = Info(
        "recursion with Gaussian noise", {"replicas": points.shape[1], "learning_rate": eta}, ("arXiv 2006.13719",)
    )
    shaped = values[0] if len(names) == 1 else values
    return Ensemble(names, np.array(numbers, dtype=float), shaped, info, clock="steps")

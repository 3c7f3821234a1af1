"""Gradients of a model along a line, or in a plane, through a minimum of its loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.errors import DimensionError, FokkerError, explain
from fokker.sgd import _checks
from fokker.sgd.noise_fit import MISFIT, NoiseEstimate

FloatArray = NDArray[np.float64]

ALONG = {1: 21, 2: 7}  # points along each direction
SHAPES = "shape (n, p): the gradient of the loss of every sample with respect to every parameter"


class Section(NamedTuple):
    """Coordinates (m, d), projected gradients (m, n, d), origin (p,) and orthonormal directions (d, p)."""

    coordinates: FloatArray
    gradients: FloatArray
    origin: FloatArray
    directions: FloatArray


def section(
    loss_gradient: Callable[[FloatArray, Any], ArrayLike],
    data: Any,
    minimum: ArrayLike,
    directions: int | ArrayLike,
    reach: float,
    points: int | None,
    rng: np.random.Generator | int | None,
) -> Section:
    """Evaluate and project the gradients; arguments as in `NoiseModel.from_model`.

    Raises
    ------
    DimensionError, FokkerError
        If arguments or results have the wrong shape, or directions are not independent.
    """
    origin = _checks.array("minimum", minimum)
    if origin.ndim != 1 or not origin.size:
        given, accepted = f"minimum of shape {origin.shape}", "all p parameters of the model: shape (p,)"
        raise DimensionError(explain("minimum must be one point.", given=given, accepted=accepted))
    basis = _orthonormal(_vectors(directions, origin.size, rng))
    size = len(basis)
    count = _checks.count("points", ALONG.get(size, 3) if points is None else points, least=2)
    line = _checks.positive("reach", reach) * np.linspace(-1.0, 1.0, count)
    coordinates = np.stack(np.meshgrid(*[line] * size, indexing="ij"), axis=-1).reshape(-1, size)
    rows: list[FloatArray] = []
    for x in coordinates:
        full = _gradients(loss_gradient, origin + x @ basis, data, len(rows[0]) if rows else None)
        rows.append(full @ basis.T)
    return Section(coordinates, np.array(rows), origin, basis)


def outside_words(found: NoiseEstimate, minimum: ArrayLike, reach: float) -> list[str]:
    """Return the text of the warning about a fitted minimum beyond the points, if gradients are not linear."""
    farthest = float(np.abs(np.atleast_1d(np.asarray(minimum))).max())
    if farthest <= reach or found.misfit <= MISFIT:
        return []
    text = explain(
        "the minimum of the fit lies outside the points, and the gradients are not linear.",
        given=f"fitted minimum at a distance {farthest:.4g} from minimum=, reach={reach:.4g}",
        accepted="gradients around the minimum",
        try_="parameters nearer to the minimum of the mean loss, or a larger reach",
    )
    return [text]


def _vectors(directions: int | ArrayLike, size: int, rng: np.random.Generator | int | None) -> FloatArray:
    """Return the vectors asked for, shape (d, p)."""
    if isinstance(directions, int | np.integer) and not isinstance(directions, bool):
        count = _checks.count("directions", int(directions))
        return _checks.generator(rng).normal(size=(count, size))
    vectors = np.atleast_2d(_checks.array("directions", directions))
    if vectors.ndim != 2 or vectors.shape[1] != size:
        raise DimensionError(
            explain(
                "the directions do not fit the parameters.",
                given=f"directions of shape {vectors.shape}, {size} parameter(s)",
                accepted=f"1, 2, or vectors of shape ({size},) or (d, {size})",
            )
        )
    return vectors


def _orthonormal(vectors: FloatArray) -> FloatArray:
    """Make rows orthonormal in their order, keeping the side to which each points."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    fits = len(vectors) <= vectors.shape[1] and bool(np.all(lengths > 0.0))
    if fits:
        basis, triangle = np.linalg.qr((vectors / lengths).T)
        diagonal = np.diag(triangle)
        if np.abs(diagonal).min() > 1e-8:
            return np.asarray((basis * np.sign(diagonal)).T)
    raise FokkerError(
        explain(
            "the directions are not independent.",
            given=f"{len(vectors)} direction(s) of {vectors.shape[1]} parameter(s)",
            accepted="vectors of which none is a combination of the others",
        )
    )


def _gradients(
    loss_gradient: Callable[[FloatArray, Any], ArrayLike], theta: FloatArray, data: Any, samples: int | None
) -> FloatArray:
    result = _checks.array("loss_gradient(theta, data)", loss_gradient(theta.copy(), data))
    if result.ndim == 2 and result.shape[1] == theta.size and samples in {None, len(result)}:
        return result
    headline = "loss_gradient(theta, data) has the wrong shape."
    given, hint = f"shape {result.shape} for {theta.size} parameter(s)", ""
    if result.shape == theta.shape:
        hint = "the gradients of single samples, not their mean"
    elif result.ndim == 2 and result.shape[0] == theta.size:
        hint = "its transpose"
    elif result.ndim == 2 and result.shape[1] == theta.size:
        given = f"{len(result)} samples now, {samples} at another point"
        hint = "the same samples at every point: no random batches"
    raise DimensionError(explain(headline, given=given, accepted=SHAPES, try_=hint))

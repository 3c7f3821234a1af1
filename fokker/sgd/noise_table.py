"""Read points and gradients of samples, and the effect of a batch, for the estimate of a noise model."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.errors import DimensionError, FokkerError, explain
from fokker.sgd import _checks
from fokker.sgd.noise_fit import NoiseEstimate

FloatArray = NDArray[np.float64]


class Noise(Protocol):
    """What the noise models have in common."""

    @property
    def learning_rate(self) -> float: ...
    @property
    def batch_size(self) -> int: ...
    @property
    def estimate(self) -> NoiseEstimate | None: ...


ACCEPTED = [
    "theta (m,)    gradients (m, n)      n samples at m values of one parameter",
    "theta (m, d)  gradients (m, n, d)   n samples at m points of d parameters",
]


def read_table(theta: ArrayLike, gradients: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return theta, shape (m, d), and gradients, shape (m, n, d), checked; one parameter may leave d out.

    Raises
    ------
    DimensionError
        If the shapes do not fit, with the transpose that would.
    CoefficientError, DomainError
        For entries that are not finite, or no numbers.
    """
    points, table = _checks.array("theta", theta), _checks.array("gradients", gradients)
    one = points.ndim == 1 and table.ndim == 2 and table.shape[0] == points.size
    several = points.ndim == 2 and table.ndim == 3 and points.shape == (table.shape[0], table.shape[2])
    if not (one or several) or not points.size or not table.size:
        given = f"theta of shape {points.shape}, gradients of shape {table.shape}"
        hint = _remedy(points.shape, table.shape)
        headline = "theta and gradients do not fit together."
        raise DimensionError(explain(headline, given=given, accepted=ACCEPTED, try_=hint))
    return (points[:, None], table[:, :, None]) if one else (points, table)


def batch_factor(samples: int, batch_size: int, replacement: bool) -> float:
    """Return the variance of a batch mean over the variance of a sample.

    Raises
    ------
    FokkerError
        If `replacement` is neither True nor False, or a batch without replacement is larger than the data set.

    Examples
    --------
    >>> batch_factor(8, 3, replacement=False)  # (N - b) / (b (N - 1))
    0.23809523809523808
    """
    batch = _checks.count("batch_size", batch_size)
    if _checks.flag("replacement", replacement) or samples < 2:
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


def at_batch(model: Noise, batch_size: int | None, learning_rate: float | None) -> dict[str, Any]:
    """Return what changes in a noise model at another batch size or learning rate."""
    found, batch = model.estimate, model.batch_size if batch_size is None else batch_size
    samples, replacement = (1, True) if found is None else (found.samples, found.replacement)
    ratio = batch_factor(samples, batch, replacement) / batch_factor(samples, model.batch_size, replacement)
    scaled: dict[str, Any] = {name: ratio * getattr(model, name) for name in ("sigma_g", "rho", "sigma_H")}
    rate = model.learning_rate if learning_rate is None else learning_rate
    return scaled | {
        "batch_size": batch,
        "learning_rate": rate,
        "estimate": None if found is None else found.scaled(ratio),
    }


def _remedy(theta: tuple[int, ...], table: tuple[int, ...]) -> str:
    """Find the transpose or the missing axis that makes the shapes fit."""
    if len(theta) == 1 and len(table) == 2 and table[1] == theta[0]:
        return "gradients.T"
    if len(theta) == 1 and len(table) == 3:
        several = f"all {table[2]} parameters of every point in theta: shape ({table[0]}, {table[2]})"
        return "gradients[:, :, 0]" if table[2] == 1 else several
    if len(theta) == 2 and len(table) == 2:
        one = theta[1] == 1 and table[0] == theta[0]
        return "theta[:, 0]" if one else f"gradients of shape ({theta[0]}, n, {theta[1]}), every component of each"
    if len(theta) != 2 or len(table) != 3:
        return ""
    wanted = (theta[0], theta[1])
    orders = [(1, 0, 2), (0, 2, 1), (2, 0, 1), (1, 2, 0), (2, 1, 0)]
    fitting = [order for order in orders if (table[order[0]], table[order[2]]) == wanted]
    return f"gradients.transpose{fitting[0]}" if fitting else ""

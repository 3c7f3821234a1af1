"""Per-sample gradients that are linear in one parameter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.errors import DimensionError, explain
from fokker.results.kept import KeptRecord
from fokker.sgd import _checks


@dataclass(frozen=True, eq=False, repr=False)
class SampleGradients(KeptRecord):
    """The gradient of sample i at theta is ``slopes[i] * theta - offsets[i]``.

    Examples
    --------
    >>> samples = SampleGradients(np.array([1.0, 2.0]), np.array([0.0, 1.0]))
    >>> samples.at([0.0, 3.0])
    array([[ 0., -1.],
           [ 3.,  5.]])
    """

    slopes: NDArray[np.float64]
    offsets: NDArray[np.float64]

    def __post_init__(self) -> None:
        for name, values in zip(("slopes", "offsets"), paired(self.slopes, self.offsets), strict=True):
            object.__setattr__(self, name, values)

    def __iter__(self) -> Iterator[NDArray[np.float64]]:
        """Give slopes, then offsets: a function of both takes ``*samples``."""
        return iter((self.slopes, self.offsets))

    def __repr__(self) -> str:
        return (
            f"Gradients of {len(self.slopes)} samples, linear in one parameter\n"
            f"  slopes    {self.slopes.min():.6g} .. {self.slopes.max():.6g}, mean {self.slopes.mean():.6g}\n"
            f"  offsets   {self.offsets.min():.6g} .. {self.offsets.max():.6g}, mean {self.offsets.mean():.6g}"
        )

    def at(self, theta: ArrayLike) -> NDArray[np.float64]:
        """Return the gradients at m values of theta, one row a value: shape (m, n)."""
        values = np.atleast_1d(np.asarray(theta, dtype=np.float64))
        return np.outer(values, self.slopes) - self.offsets


def paired(slopes: ArrayLike, offsets: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return slopes and offsets as arrays, checked: one entry a sample in each."""
    h, g = _checks.array("slopes", slopes), _checks.array("offsets", offsets)
    if h.ndim != 1 or h.shape != g.shape or h.size == 0:
        given = f"slopes of shape {h.shape}, offsets of shape {g.shape}"
        accepted = "two arrays of the same length, one entry a sample"
        raise DimensionError(explain("slopes and offsets do not fit together.", given=given, accepted=accepted))
    return h, g

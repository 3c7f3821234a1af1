"""Vectors of positive numbers beyond the range of doubles: mantissa times a power of two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

from fokker.errors import FokkerError, explain

Array = NDArray[np.float64]
Exponents = NDArray[np.int32]

STEP = 256  # exponents of the chain recursions are multiples of this
_BIG, _SMALL = 2.0**128, 2.0**-128
_UP, _DOWN = 2.0**256, 2.0**-256
LN2 = float(np.log(2.0))


F = TypeVar("F", bound=Callable[..., Any])


def inlined(function: F) -> F:
    """Compile a small helper of the kernels."""
    return cast(F, numba.njit(cache=True, inline="always", error_model="numpy")(function))


def kernel(function: F) -> F:
    """Compile a kernel: nopython, cached on disk, compiled at first use; divisions as in NumPy."""
    return cast(F, numba.njit(cache=True, error_model="numpy")(function))


@inlined
def settle(m: float, e: int) -> tuple[float, int]:
    """Bring the mantissa of a non-negative pair back into [2**-128, 2**128)."""
    while m >= _BIG:
        m *= _DOWN
        e += 1
    while 0.0 < m < _SMALL:
        m *= _UP
        e -= 1
    if m == 0.0:
        e = 0
    return m, e


@inlined
def plus(m: float, e: int, n: float, f: int) -> tuple[float, int]:
    """Add two non-negative settled pairs; the result is settled."""
    if e == f:
        return settle(m + n, e)
    if n == 0.0 or (m != 0.0 and e > f + 1):
        return m, e
    if m == 0.0 or f > e + 1:
        return n, f
    if e > f:
        return settle(m + n * _DOWN, e)
    return settle(n + m * _DOWN, f)


@dataclass(frozen=True)
class Scaled:
    """Non-negative numbers ``mantissa * 2**exponent``, entry by entry.

    Attributes
    ----------
    mantissa : array of float64
    exponent : array of int32
        Same shape.
    """

    mantissa: Array
    exponent: Exponents

    @classmethod
    def of(cls, values: Array) -> Scaled:
        """Wrap ordinary doubles."""
        values = np.ascontiguousarray(values, dtype=np.float64)
        # one zero, seen everywhere: no memory
        return cls(values, np.broadcast_to(np.int32(0), values.shape))

    def __len__(self) -> int:
        return len(self.mantissa)

    def __getitem__(self, index: Any) -> Scaled:
        return Scaled(self.mantissa[index], self.exponent[index])

    @cached_property
    def plain(self) -> bool:
        """Whether every entry is stored as an ordinary double."""
        return self.exponent.strides == (0,) or not self.exponent.any()

    def values(self) -> Array:
        """Return doubles: zero or infinity where an entry lies outside their range."""
        if self.plain:
            return self.mantissa
        with np.errstate(over="ignore", under="ignore"):
            return np.ldexp(self.mantissa, self.exponent)

    def log(self) -> Array:
        """Return natural logarithms (minus infinity for zero).

        Raises
        ------
        FokkerError
            If an entry is negative.
        """
        if (self.mantissa < 0.0).any():
            raise FokkerError(_no_logarithm(self))
        with np.errstate(divide="ignore"):
            result = np.log(self.mantissa)
        return result if self.plain else result + LN2 * self.exponent

    def times(self, factors: Array) -> Scaled:
        """Return the entries multiplied by ordinary positive doubles."""
        mantissa, exponent = np.frexp(self.mantissa * factors)
        return Scaled(mantissa, (self.exponent + exponent).astype(np.int32))

    def aligned(self) -> tuple[Array, int]:
        """Return doubles with one common exponent, that of the largest entry (tiny entries become zero)."""
        if self.plain:
            return self.mantissa, 0
        there = self.exponent[self.mantissa > 0]
        top = int(there.max()) if len(there) else 0
        return np.ldexp(self.mantissa, self.exponent - top), top


def _no_logarithm(numbers: Scaled) -> str:
    share = float((numbers.mantissa < 0.0).mean())
    return explain(
        "some values are negative, and have no logarithm.",
        given=f"{100 * share:.3g} % negative values, down to {float(numbers.values().min()):.6g}",
        accepted="values and at(...), which return them as they are",
        try_="a scheme without negative rates, or more cells",
    )


def normalised(weights: Scaled) -> Scaled:
    """Return `weights` divided by their sum."""
    aligned, top = weights.aligned()
    total = float(aligned.sum())
    mantissa = weights.mantissa / total
    if weights.plain:
        return Scaled.of(mantissa)
    return Scaled(mantissa, (weights.exponent - np.int32(top)).astype(np.int32))

"""What the theorems of the classics share: extrapolation, and Sturm's count of eigenvalues in mpmath."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import fokker

Array = NDArray[np.floating[Any]]


def extrapolated(values: Array, ratio: float, orders: Sequence[float]) -> tuple[float, float]:
    """Return the limit of values on grids refined by a ratio, error terms of these orders; and the last correction."""
    table = np.asarray(values, dtype=float)
    previous = table[-1]
    for order in orders:
        previous = table[-1]
        factor = ratio**order
        table = (factor * table[1:] - table[:-1]) / (factor - 1)
    return float(table[-1]), float(abs(table[-1] - previous))


def at_node(generator: fokker.Generator, place: float) -> float:
    """Return the node nearest to a place, to put a wall exactly there."""
    nodes = generator.nodes[0]
    return float(nodes[np.argmin(np.abs(nodes - place))])


def sturm(up: Array, down: Array, index: int, near: float, digits: int) -> Any:
    """Return an eigenvalue of the chain's own -Q in mpmath: the `index`-th from below, the zero counted as 0.

    Bisection of Sturm's count within a thousandth of `near`, at so many digits; ValueError where the eigenvalue
    is not found there.
    """
    from fokker.theory import _multiprecision

    mp = _multiprecision.load()
    with mp.workdps(digits):
        f, b = [mp.mpf(float(v)) for v in up], [mp.mpf(float(v)) for v in down]
        diagonal = [left + right for left, right in zip([*f, mp.mpf(0)], [mp.mpf(0), *b], strict=True)]
        products = [x * y for x, y in zip(f, b, strict=True)]

        def below(shift: Any) -> int:
            pivot = diagonal[0] - shift
            count = int(pivot < 0)
            for entry, product in zip(diagonal[1:], products, strict=True):
                pivot = entry - shift - product / pivot
                count += int(pivot < 0)
            return count

        low, high = mp.mpf(near) * (1 - mp.mpf("1e-3")), mp.mpf(near) * (1 + mp.mpf("1e-3"))
        if not below(low) <= index < below(high):
            raise ValueError(f"eigenvalue {index} is not within a thousandth of {near}.")
        for _ in range(52):
            middle = (low + high) / 2
            low, high = (low, middle) if below(middle) > index else (middle, high)
        return (low + high) / 2

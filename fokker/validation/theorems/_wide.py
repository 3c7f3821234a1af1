"""What the theorems with correlated noise share: their declared order, and a flow on a torus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Rate

if TYPE_CHECKING:
    import fokker

Array = NDArray[np.floating[Any]]

TENSOR_ORDER = "declared order 2; edges that turn with the noise reach it within 0.3 on grids like these"


def edge_flux(density: fokker.Density) -> Array:
    """Return the net flux from the tail to the head of every edge."""
    generator = density.generator
    assert generator is not None
    mass = density.mass.ravel()
    flux: Array = mass[generator.tail] * generator.forward - mass[generator.head] * generator.backward
    return flux


def distance_order(quantity: str, counts: Sequence[int], distances: Sequence[float]) -> Rate:
    """Return the rate of an L1 distance in the cell size."""
    return Rate(quantity, tuple(1 / n for n in counts), tuple(distances), 2.0, 0.3, TENSOR_ORDER)


def along(density: fokker.Density, axis: int, wave: int) -> float:
    """Return the integral of J_axis cos(wave x), on a torus of equal cells.

    An edge that wraps around is as long as its offset says.
    """
    generator = density.generator
    assert generator is not None
    assert generator.offsets is not None
    steps = [float(x[1] - x[0]) for x in density.nodes]
    x = np.meshgrid(*density.nodes, indexing="ij")[0].ravel()[generator.tail] + generator.offsets[:, 0] * steps[0] / 2
    return float(edge_flux(density) @ (generator.offsets[:, axis] * steps[axis] * np.cos(wave * x)))

"""What the theorems on the power-law dynamic in time share: a start at a node, moments, extrapolation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    import fokker

Array = NDArray[np.float64]

CELLS = (121, 241, 481, 961)  # odd: the middle node is the centre of the axis
BECAUSE = (
    "extrapolation from 481 and 961 cells, order 4: at most its change from 241 and 481 cells, or a 16th of the change "
    "before; rounding"
)
ROUNDING = 1e-11  # of a mean of up to 2e4 powers of a stochastic matrix, relative


def generator(
    kappa: float, alpha: float, cells: int, *, curvature: float, eps: float, start: float = 0.0, reach: float
) -> fokker.Generator:
    """Return the generator of dx = -H x dt + noise of D = (eps/2)(1 + x^2/s^2), with a node at the start.

    The axis is refined around the start, by the core width s, and reaches so many core widths.
    """
    import fokker

    s = float(np.sqrt(kappa * eps / curvature))
    problem = fokker.Problem(
        drift=lambda x: -curvature * x,
        diffusion=lambda x: eps / 2 + curvature * x**2 / (2 * kappa),
        convention=alpha,
        domain={"x": (-np.inf, np.inf)},
    )
    axis = fokker.Axis.line(cells, scale=s, center=start, reach=reach * s)
    return fokker.discretize(problem, grid=fokker.Grid(x=axis))


def at_middle(chain: fokker.Generator) -> Array:
    """Return the law that is all in the middle cell, where the start is."""
    law = np.zeros(chain.cells)
    law[chain.cells // 2] = 1.0
    return law


def evolved(chain: fokker.Generator, initial: Array, times: Sequence[float]) -> fokker.Trajectory:
    """Propagate by uniformisation, whose error is relative in every cell: high moments live in the far ones."""
    import fokker

    return fokker.propagate(chain, initial, times, method="uniformisation")


def moments(path: fokker.Trajectory) -> Array:
    """Return M_0 ... M_4 at each time, shape (t, 5): sums over the cells of probability times a power of the node."""
    return np.stack([path.expectation(lambda x, k=k: x**k) for k in range(5)], axis=1)


def shape(m: Array) -> Array:
    """Return mean, variance, skewness and kurtosis from M_0 ... M_4."""
    _, m1, m2, m3, m4 = m
    variance = m2 - m1**2
    third = m3 - 3 * m1 * m2 + 2 * m1**3
    fourth = m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4
    return np.array([m1, variance, third / variance**1.5, fourth / variance**2])


def limit(values: Array) -> tuple[float, float]:
    """Return the extrapolate of fourth order from the two finest grids, and a bound on its error from the others.

    The changes from pair to pair shrink by 16; the larger of the last and of a 16th of the one before is taken, for
    either may be small by chance where an error changes its sign.
    """
    pairs = (4 * values[1:] - values[:-1]) / 3
    changes = np.abs(np.diff(pairs))
    return float(pairs[-1]), float(max(changes[-1], changes[-2] / 16))

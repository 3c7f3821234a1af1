"""What leaves a set in the stationary state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.absorb import Absorbed
from fokker.linalg import Scaled
from fokker.linalg.exponentials import bernoulli
from fokker.linalg.scaled import LN2
from fokker.results import Density
from fokker.results.reconstruct import density_weights

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Crossing:
    """The flow from "source" to "target" in the stationary state.

    Attributes
    ----------
    entering : array, shape (n,)
        Flow out of the source into the nodes outside, 1/time.
    coming : Scaled
        Probability to be in a cell and to have been in the source last.
    log_flux : float
        Natural logarithm of the transitions per time.
    population : float
        Probability to have been in the source last, the source included.
    """

    entering: Array
    coming: Scaled
    log_flux: float
    population: float


def crossing(density: Density, absorbed: Absorbed) -> Crossing:
    """Carry what leaves the source forward until it stops."""
    entering, within = from_source(density, absorbed)
    coming = absorbed.generator.factor.solve_transposed(Scaled.of(entering))
    log_flux = log_sum(coming, absorbed.leak("target"))
    return Crossing(entering, coming, log_flux, within + float(coming.values()[absorbed.outside].sum()))


def log_sum(numbers: Scaled, weights: Array) -> float:
    """Return the logarithm of a weighted sum of numbers beyond the range of doubles."""
    aligned, top = numbers.times(weights).aligned()
    with np.errstate(divide="ignore"):
        return float(np.log(aligned.sum())) + LN2 * top


def from_source(density: Density, absorbed: Absorbed) -> tuple[Array, float]:
    """Return the stationary flow out of the set "source" into the nodes outside, and the probability of the set.

    The latter counts what lies within, and in one dimension the stubs between its walls and the next nodes.
    """
    if absorbed.cuts is not None:
        inside = absorbed.inside == absorbed.labels.index("source")
        entering = np.zeros(absorbed.generator.cells)
        np.add.at(entering, absorbed.cuts.cells, flows_through_cuts(density, absorbed))
        return entering, float(density.mass.ravel()[inside].sum())
    return _from_walls(density, absorbed)


def _from_walls(density: Density, absorbed: Absorbed) -> tuple[Array, float]:
    chain = absorbed.generator.chain
    assert chain is not None
    assert absorbed.walls is not None
    entering = np.zeros(absorbed.generator.cells)
    population = density.probability(absorbed.sets["source"])
    number = absorbed.labels.index("source")
    for walls in absorbed.walls:
        mine = walls.sets == number
        cells, at = walls.cells[mine], walls.at[mine]
        wrapped = chain.line.axis.coordinate(chain.line.position(at)) if chain.line.period else at
        weights = density_weights(chain, wrapped, density.node_weights).values()
        population += float((weights * walls.hat[mine]).sum())
        entering[cells] += weights * walls.conductance[mine]
    return entering, population


def flows_through_cuts(density: Density, absorbed: Absorbed) -> Array:
    """Return the flow out of "source" through each cut edge: it is watched at the wall as at one more node.

    At the fraction theta of an edge with rise z the wall sees conductances 1/theta and 1/(1 - theta) to both
    ends, and its weight w follows from theirs so that the current along the edge is constant.
    """
    cuts, generator = absorbed.cuts, density.generator
    assert cuts is not None
    assert generator is not None
    mine = np.flatnonzero(cuts.sets == absorbed.labels.index("source"))
    theta, z, cells = cuts.fraction[mine], cuts.ahead[mine], cuts.cells[mine]
    mass = density.mass.ravel()
    out, back = generator.forward[cuts.edges[mine]], generator.backward[cuts.edges[mine]]
    swapped = generator.tail[cuts.edges[mine]] != cells
    out, back = np.where(swapped, back, out), np.where(swapped, out, back)
    # flows to the wall from both ends, and rates from the wall, all over the conductance of the edge
    near, far = mass[cells] * out / bernoulli(z), mass[cuts.beyond[mine]] * back / bernoulli(-z)
    with np.errstate(divide="ignore", invalid="ignore"):
        inflow = near * bernoulli(theta * z) / theta + far * bernoulli(-(1.0 - theta) * z) / (1.0 - theta)
        outflow = bernoulli(-theta * z) / theta + bernoulli((1.0 - theta) * z) / (1.0 - theta)
        weight = np.where(theta < 1.0, inflow / outflow, far)
    flows = np.zeros(len(cuts.cells))
    flows[mine] = weight * bernoulli(-theta * z) / theta
    return flows

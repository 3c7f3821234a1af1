"""`drift_velocity` and `effective_diffusion`: transport along a periodic axis."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.collocation import collocation
from fokker.discretize.segments import hats, sample
from fokker.errors import BoundaryError, explain
from fokker.generator import Generator
from fokker.linalg import Scaled
from fokker.results import Density
from fokker.results.quadrature import fine_stops
from fokker.results.reconstruct import Side, density_weights, insert_ladder
from fokker.results.record import require_chain
from fokker.solvers.sets import refuse_jumps, require_generator
from fokker.solvers.stationary import stationary

Array = NDArray[np.float64]


def drift_velocity(generator: Generator) -> float:
    """Return the mean velocity along a periodic axis: period times stationary current.

    Parameters
    ----------
    generator : Generator
        Of a problem with a periodic axis.

    Returns
    -------
    float
        Length per time.

    Raises
    ------
    BoundaryError
        If the axis is not periodic.

    Examples
    --------
    >>> import fokker, numpy as np
    >>> problem = fokker.Problem(drift=0.5, diffusion=1.0, domain={"x": (0, 1)}, boundary="periodic")
    >>> round(fokker.drift_velocity(fokker.discretize(problem, cells=20)), 12)
    0.5
    """
    period = _period(generator)
    return period * float(stationary(generator).current().values[0])


def effective_diffusion(generator: Generator) -> float:
    """Return the diffusion coefficient of the unwrapped coordinate at long times.

    With y(x) solving ``L y = v``, ``y(x + period) = y(x) + period`` (v the mean velocity), it is the
    stationary mean of ``D (y')**2``; for a periodic process this is the result of Reimann et al. (2001).

    Parameters
    ----------
    generator : Generator
        Of a problem with a periodic axis.

    Returns
    -------
    float
        Length squared per time.

    Raises
    ------
    BoundaryError
        If the axis is not periodic.

    Examples
    --------
    >>> import fokker, numpy as np
    >>> problem = fokker.Problem.from_potential(
    ...     np.cos, temperature=0.5, domain={"x": (0, 2 * np.pi)}, boundary="periodic"
    ... )
    >>> round(fokker.effective_diffusion(fokker.discretize(problem, cells=60)), 12)
    0.096218439246
    """
    period = _period(generator)
    density = stationary(generator)
    velocity = period * float(density.current().values[0])
    return _mean_square_slope(density, velocity, _harmonic(generator, density, period, velocity), period)


def _period(generator: Generator) -> float:
    require_generator(generator)
    refuse_jumps(
        generator,
        "transport along a periodic axis",
        "a jump on a circle does not say which way around it goes",
        "fokker.stationary(generator).current(), the flux through each face",
    )
    chain = require_chain(generator)
    if not chain.line.period:
        raise BoundaryError(
            explain(
                "a mean velocity needs a periodic axis.",
                given=f"walls {generator.problem.walls[generator.problem.names[0]]!r}",
                try_='boundary="periodic" on a domain of one period',
            )
        )
    return chain.line.period


def _harmonic(generator: Generator, density: Density, period: float, velocity: float) -> Array:
    """Return y at the nodes: ``sum_j k_ij (y_j - y_i) = v``, with a step of one period across the seam."""
    cells = generator.cells
    pin = int(np.argmax(density.log_mass))
    exits = np.zeros(cells)
    exits[pin] = float(max(generator.forward.max(), generator.backward.max()))
    factor = generator.factor_with(exits)
    gain = np.zeros(cells)
    gain[-1] = generator.forward[-1] * period  # the last edge leads across the seam
    loss = np.full(cells, velocity)
    loss[0] += generator.backward[-1] * period
    if velocity < 0.0:
        gain, loss = gain - velocity, loss - velocity
    return factor.solve(Scaled.of(gain)).values() - factor.solve(Scaled.of(loss)).values()


def _mean_square_slope(density: Density, velocity: float, harmonic: Array, period: float) -> float:
    """Return the mean of ``D (y')**2``, from the flux ``exp(G) D**alpha y'`` inside each cell."""
    chain = density.chain
    line, rule = chain.line, collocation()
    stops = fine_stops(density)
    weights = density_weights(chain, stops, density.node_weights, ladder=True).values()
    left, right = insert_ladder(chain, stops)
    at_stops = _heights(left, right, harmonic, velocity, period, stops, line.axis.node_coordinates)
    _, log_weight, resistance, mass, _ = sample(line.problem, line.axis, stops[:-1], stops[1:])
    gain = np.exp(log_weight[1:-1])
    hat, total = hats(gain, resistance)
    below = rule.running @ (mass * gain)
    flow = resistance / gain
    base = (np.diff(at_stops) - velocity * (rule.weights @ (flow * below))) / total
    flux = base + velocity * below
    law = gain * ((1.0 - hat) * weights[:-1] + hat * (weights[1:] * np.exp(-log_weight[-1])))
    return float((rule.weights @ (flow / gain * flux**2 * law)).sum())


def _heights(
    left: Side,
    right: Side,
    harmonic: Array,
    velocity: float,
    period: float,
    stops: Array,
    nodes: Array,
) -> Array:
    """Return y at stops between nodes, unwrapped across the seam."""
    low = harmonic[left.node] - np.where(stops < nodes[0], period, 0.0)
    high = harmonic[right.node] + np.where(stops >= nodes[-1], period, 0.0)
    with np.errstate(invalid="ignore"):
        inner = left.conductance * low + right.conductance * high - velocity * (left.mass + right.mass)
        inner /= left.conductance + right.conductance
    inner = np.where(np.isinf(left.conductance), low, inner)
    return np.where(np.isinf(right.conductance), high, inner)

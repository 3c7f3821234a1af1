"""`reset`: the process starts again, at a given rate, from a given place or law."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.calling import numbers
from fokker.discretize.chain import Chain, wall
from fokker.errors import CoefficientError, explain
from fokker.generator import Generator
from fokker.jump import Jump
from fokker.results import Density
from fokker.solvers.initial import initial_law
from fokker.solvers.sets import refuse_signed, require_generator

Array = NDArray[np.float64]
Place = Mapping[str, float] | Density | Callable[..., Any] | NDArray[np.float64]


def reset(generator: Generator, rate: float | Callable[..., Any], to: Place) -> Generator:
    """Return the generator of the process that also jumps at `rate` to a place or law: a generator again.

    ``dp/dt = L p - r p + rho (integral of r p)`` with the rate r(x) and the law rho (Evans and Majumdar 2011).
    Verbs that stop at a target count a jump into it as an arrival. The jumps of several calls add up.

    Parameters
    ----------
    generator : Generator
        From `fokker.discretize`.
    rate : float or callable
        r >= 0, a number or a function of the coordinates that broadcasts, 1/time.
    to : mapping, Density, callable or array of shape (n,)
        A point such as ``{"x": 0.0}`` (shared out between the nodes around it), a density, or probabilities
        of the cells.

    Returns
    -------
    Generator
        Second order in the cell size, never reversible, with its `jumps`. The density has a kink at a point; between
        two nodes it is cut off, by half a cell of its slope, and a node at the point shows it.

    Raises
    ------
    CoefficientError
        If the rate is negative, not finite or not one number a point.
    DomainError
        If the point lies outside the grid, or the law does not fit it.

    References
    ----------
    M. R. Evans and S. N. Majumdar, *Phys. Rev. Lett.* 106 (2011) 160601.

    Examples
    --------
    >>> import fokker
    >>> problem = fokker.Problem(drift=0.0, diffusion=1.0, domain={"x": (-20, 20)})
    >>> generator = fokker.reset(fokker.discretize(problem, cells=801), 1.0, {"x": 0.0})
    >>> round(fokker.stationary(generator).variance(), 2)  # Laplace's law: 2 D / r
    2.0
    """
    require_generator(generator)
    refuse_signed(generator, "reset")
    rates = _rates(generator, rate)
    law = landing_law(generator, to)
    if not rates.any():
        return generator
    place = to if isinstance(to, Mapping) else None
    chain = generator.chain if place is None else _held(generator, rates)
    ends = tuple(end for end in generator.open_ends if not rates[end.cell] > 0.0)
    jumps = (*generator.jumps, Jump(rates, law, place=place))
    return replace(generator, jumps=jumps, is_reversible=False, open_ends=ends, chain=chain)


def landing_law(generator: Generator, to: Place) -> Array:
    """Return the probabilities of the cells in which jumps land, shape (n,), sum one.

    The mass of the last node before an absorbing wall stops short of the wall. Where a density does not vanish there,
    what it puts beside the wall goes to that node, a distance of one cell away.

    Raises
    ------
    DomainError
        As `initial_law`.
    """
    law = initial_law(generator, to)
    chain = generator.chain
    if chain is None or chain.walls is None or isinstance(to, Density) or not callable(to):
        return law
    values = np.broadcast_to(np.asarray(to(*generator.nodes), dtype=float), (generator.cells,))
    line, mass = chain.line, values * generator.masses
    nodes, faces = line.axis.node_coordinates, line.axis.face_coordinates
    for side, ward in enumerate(chain.walls):
        if ward.leak[0] > 0.0:
            stops = (faces[:1], nodes[:1]) if side == 0 else (nodes[-1:], faces[-1:])
            whole = wall(line, line.segments(*stops), side, "reflecting", chain.tails[side]).mass
            mass[-side] += values[-side] * float((whole - ward.mass)[0] * line.gauge(nodes[[-side]])[0])
    result: Array = mass / mass.sum()
    return result


def _held(generator: Generator, rates: Array) -> Chain | None:
    """Return the chain with the tails that the density has once nothing stays in them for long.

    Beyond the last face, with D like delta x**2, a power -(1 + m0) without jumps becomes -(1 + m), where
    ``m (m - m0) = r / delta``; the mass there stays as it is, below what the grid resolves.
    """
    chain = generator.chain
    if chain is None or not any(chain.tails):
        return chain
    faces, before, tails = chain.line.axis.faces, _bulk(generator), list(chain.tails)
    for side, law in enumerate(chain.tails):
        if law is None or not np.isfinite(law.index):
            continue
        face = faces[[-side]]
        unit = float(chain.line.problem.diffusion_at(face)[0]) / float(face[0] - law.origin) ** 2
        free = law.index - before[-side] / (unit * law.index) if before[-side] > 0.0 else law.index
        rate = (before[-side] + rates[-side]) / unit
        # the larger root, without cancellation where the index alone is negative
        root = float(np.hypot(free, 2.0 * np.sqrt(rate)))
        tails[side] = replace(law, index=0.5 * (free + root) if free > 0.0 else 2.0 * rate / (root - free))
    return replace(chain, tails=(tails[0], tails[1]))


def _bulk(generator: Generator) -> Array:
    """Return the rates of the jumps to points so far: the tails are those with them."""
    found = [jump.rates for jump in generator.jumps if jump.place is not None and not jump.wall]
    return np.sum(found, axis=0) if found else np.zeros(generator.cells)


def _rates(generator: Generator, rate: float | Callable[..., Any]) -> Array:
    """Return the rates at the nodes, zero in cells left out."""
    places = generator.nodes if generator.lattice is None else generator.lattice.scattered()
    accepted = f"a number, or a function of ({', '.join(generator.problem.names)}) that broadcasts"
    function = rate if callable(rate) else lambda *_: rate
    values = numbers(function, places, "the rate of the jumps", accepted, CoefficientError)
    bad = ~((values >= 0.0) & (values < np.inf))
    if generator.kept is not None:
        bad &= generator.kept
    if bad.any():
        first = int(np.argmax(bad))
        where = ", ".join(f"{name} = {x[first]:.6g}" for name, x in zip(generator.problem.names, places, strict=True))
        raise CoefficientError(
            explain(
                f"the rate of the jumps is {values[first]:.6g} at {where}.",
                given=repr(rate),
                accepted="rates that are finite and not negative, 1/time",
            )
        )
    return np.where(True if generator.kept is None else generator.kept, values, 0.0)

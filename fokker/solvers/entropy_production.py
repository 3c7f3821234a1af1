"""`entropy_production`: how far from equilibrium a stationary state is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.stream import is_magnetic
from fokker.discretize.wide_rises import is_isothermal
from fokker.errors import FokkerError, explain
from fokker.generator import Generator
from fokker.results import Density
from fokker.solvers.sets import refuse_jumps

Array = NDArray[np.float64]


def entropy_production(density: Density, *, local: bool = False) -> Any:
    """Return the entropy production rate of a density: current times affinity, summed over the edges.

    ``sum (k_ij P_i - k_ji P_j) ln(k_ij P_i / k_ji P_j)`` over the edges (Schnakenberg 1976). On a ring all
    edges carry the same current, times the integral of f/D around it; on a chain nothing circulates. Edges that
    carry their drift beside a reference count with their square current over conductance times density, since the
    ratio of their rates is not that of the flows they stand for.

    Parameters
    ----------
    density : Density
        From `fokker.stationary`, or the law at some time from a `Trajectory`.
    local : bool
        Return the rate per length (area, volume) at the nodes instead of the total.

    Returns
    -------
    float, or array with the shape of the grid
        In units of Boltzmann's constant per time (and per length, area, volume).

    Raises
    ------
    FokkerError
        If it is not given a density with its generator, or motion along some edge, or a jump, goes one way
        only.

    Examples
    --------
    >>> import fokker
    >>> problem = fokker.Problem(drift=0.5, diffusion=2.0, domain={"x": (0, 1)}, boundary="periodic")
    >>> density = fokker.stationary(fokker.discretize(problem, cells=20))
    >>> round(fokker.entropy_production(density), 12)  # v**2 / D
    0.125
    """
    if not isinstance(density, Density) or density.generator is None:
        raise FokkerError(
            explain(
                "entropy production is a property of a density with its generator.",
                given=f"a {type(density).__name__}"
                + (" without its generator" if isinstance(density, Density) else ""),
                try_="fokker.entropy_production(fokker.stationary(generator))",
            )
        )
    generator = density.generator
    refuse_jumps(
        generator,
        "entropy production",
        "no jump goes back the way it came, so that the rate is infinite",
        "the current: density.current()",
    )
    terms = _chain_terms(density) if generator.chain is not None else _lattice_terms(density, generator)
    if not local:
        return float(terms.sum())
    if len(terms) != len(generator.tail) and generator.lattice is not None:
        return (terms / generator.masses).reshape(generator.shape)
    share = np.bincount(generator.tail, 0.5 * terms, generator.cells)
    share += np.bincount(generator.head, 0.5 * terms, generator.cells)
    return (share / generator.masses).reshape(generator.shape)


def _flows(density: Density, generator: Generator) -> tuple[Array, Array]:
    """Return the flows there and back along the edges."""
    mass = density.mass.ravel()
    return generator.forward * mass[generator.tail], generator.backward * mass[generator.head]


def _edge_terms(there: Array, back: Array) -> Array:
    """Return current times affinity; edges whose flows lie below the range of doubles count as still."""
    seen = np.minimum(there, back) > np.finfo(float).tiny
    terms = np.zeros(len(there))
    terms[seen] = (there - back)[seen] * np.log(there[seen] / back[seen])
    return terms


def _chain_terms(density: Density) -> Array:
    chain = density.chain
    if density.transient:
        assert density.generator is not None
        return _edge_terms(*_flows(density, density.generator))
    if chain.reversible:
        return np.zeros(len(chain.edges))
    terms: Array = density.current().fluxes[0][0] * chain.edges.rise
    return terms


def _along_noise(density: Density, generator: Generator) -> Array:
    """Return ``J . D^-1 J / p`` of each cell: single edges of the Ito form do not flow along the force on them."""
    points = np.meshgrid(*density.nodes, indexing="ij")
    flow = np.stack(density.current().vectors())
    tensor = generator.problem.diffusion_at(*points)
    tensor = np.moveaxis(tensor, (0, 1), (-2, -1))
    force = np.linalg.solve(tensor, np.moveaxis(flow, 0, -1)[..., None])[..., 0]
    power = (np.moveaxis(flow, 0, -1) * force).sum(axis=-1)
    values = density.values
    rate = np.divide(power, values, out=np.zeros_like(power), where=values > 0.0)
    result: Array = rate.ravel() * generator.masses
    return result


def _lattice_terms(density: Density, generator: Generator) -> Array:
    there, back = _flows(density, generator)
    if density.transient and generator.is_reversible:
        return _edge_terms(there, back)
    if generator.is_reversible or (is_magnetic(generator.problem) and not density.transient):
        return np.zeros(len(generator.tail))
    if generator.offsets is not None and not is_isothermal(generator.problem):
        return _along_noise(density, generator)
    one_way = ((generator.forward > 0.0) != (generator.backward > 0.0)) & (there + back > 0.0)
    if one_way.any():
        raise FokkerError(
            explain(
                "the entropy production is infinite: along some edge motion goes one way only.",
                given=f"{int(one_way.sum())} edges without a way back: D vanishes there",
                accepted="a positive D; a singular one needs coordinates with a parity under time reversal",
            )
        )
    terms = _edge_terms(there, back)
    lattice, mass = generator.lattice, density.mass.ravel()
    if generator.split is not None and lattice is not None:
        edges = generator.split.edges
        dense = mass * np.exp(lattice.log_stretch) / generator.masses
        at_face = np.sqrt(dense[generator.tail[edges]] * dense[generator.head[edges]])
        flow = (there - back)[edges]
        weight = generator.split.conductance * at_face
        terms[edges] = np.divide(flow**2, weight, out=np.zeros_like(flow), where=weight > 0.0)
    return terms

"""`reactive_flux`: how transitions from one set to another go, by transition path theory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.absorb import Absorbed
from fokker.generator import Generator
from fokker.info import Info, warn_once
from fokker.linalg import Scaled
from fokker.results import Current, Density, ReactiveFlux
from fokker.results.current import lattice_flows, on_faces
from fokker.results.mesh_current import MeshCurrent
from fokker.solvers.committor import hitting
from fokker.solvers.sets import refuse_jumps, refuse_signed, stopped
from fokker.solvers.sources import crossing, flows_through_cuts, log_sum
from fokker.solvers.stationary import stationary

Array = NDArray[np.float64]


def reactive_flux(generator: Generator, source: Callable[..., Any], target: Callable[..., Any]) -> ReactiveFlux:
    """Return the statistics of transitions from `source` to `target` in the stationary state.

    With the committor q forward in time and q' backward (the probability to have come from the source last), the
    density of reactive trajectories is ``p q' q`` and their current along an edge
    ``P_i q'_i k_ij q_j - P_j q'_j k_ji q_i``. The process need not be reversible: ``P q'`` is the forward solution of
    what leaves the source.

    Parameters
    ----------
    generator : Generator
        From `fokker.discretize`.
    source, target : callable
        Predicates of the coordinates that broadcast.

    Returns
    -------
    ReactiveFlux
        With ``.rate``, ``.flux``, ``.current`` and the density of reactive trajectories as its values.

    Raises
    ------
    TargetError
        If the sets overlap, touch, are empty, or leave nothing outside.
    NormalisationError
        If there is no stationary law.
    FokkerError
        If the process jumps.

    References
    ----------
    W. E and E. Vanden-Eijnden, *J. Stat. Phys.* 123 (2006) 503; T. L. Hill, *Free Energy Transduction in
    Biology*, Academic Press 1977.

    Examples
    --------
    >>> import fokker
    >>> problem = fokker.Problem.from_potential(
    ...     lambda x, y: 4 * (x**2 - 1) ** 2 + 4 * y**2, temperature=1.0, domain={"x": (-2, 2), "y": (-2, 2)}
    ... )
    >>> generator = fokker.discretize(problem, cells=40)
    >>> flow = fokker.reactive_flux(generator, lambda x, y: x < -0.9, lambda x, y: x > 0.9)
    >>> bool(abs(flow.rate / fokker.rate(generator, lambda x, y: x < -0.9, lambda x, y: x > 0.9) - 1) < 1e-12)
    True
    """
    refuse_signed(generator, "reactive_flux")
    refuse_jumps(
        generator,
        "reactive_flux",
        "transitions by jumps follow no edge",
        "fokker.committor and fokker.mean_first_passage, which know them",
    )
    density = stationary(generator)
    chain, absorbed = stopped(generator, {"source": source, "target": target})
    assert absorbed is not None
    found = crossing(density, absorbed)
    committor = hitting(chain, absorbed, ["target"])
    came = found.coming.values()
    ahead = committor.values()
    arriving = log_sum(hitting_outside(committor, absorbed), found.entering)
    info = Info(
        f"transition path theory, {generator.scheme} edges",
        {"cells": chain.cells, "flux_balance": float(np.expm1(arriving - found.log_flux))},
        ("E and Vanden-Eijnden 2006", "Hill 1977"),
        generator.warnings,
    )
    warn_once(generator.warnings)
    flow = _edge_flow(density, chain, absorbed, came, ahead, found.entering)
    return ReactiveFlux(
        generator.problem.names,
        generator.nodes,
        generator.masses,
        np.where(absorbed.outside, came * ahead, 0.0),
        _current(generator, flow, info),
        found.log_flux,
        found.population,
        info,
    )


def hitting_outside(committor: Scaled, absorbed: Absorbed) -> Scaled:
    """Return the committor with zeros inside the sets."""
    return Scaled(np.where(absorbed.outside, committor.mantissa, 0.0), np.asarray(committor.exponent))


def _edge_flow(
    density: Density, chain: Generator, absorbed: Absorbed, came: Array, ahead: Array, entering: Array
) -> Array:
    """Return the net flow of reactive trajectories along each edge, tail to head."""
    there = came[chain.tail] * chain.forward * ahead[chain.head]
    flow: Array = there - came[chain.head] * chain.backward * ahead[chain.tail]
    if absorbed.cuts is not None:
        cuts = absorbed.cuts
        gain = cuts.sets == absorbed.labels.index("target")
        lost = flows_through_cuts(density, absorbed) * ahead[cuts.cells]
        away = np.where(chain.tail[cuts.edges] == cuts.cells, 1.0, -1.0)
        np.add.at(flow, cuts.edges, away * np.where(gain, came[cuts.cells] * cuts.leak, -lost))
        return flow
    assert absorbed.walls is not None
    out = came * absorbed.leak("target") - entering * ahead  # through the walls, away from the node
    for side, walls in enumerate(absorbed.walls):
        edges = (walls.cells - 1 + side) % len(flow) if len(flow) == chain.cells else walls.cells - 1 + side
        real = (edges >= 0) & (edges < len(flow))
        flow[edges[real]] += (2 * side - 1) * out[walls.cells[real]]
    return flow


def _current(generator: Generator, flow: Array, info: Info) -> Current:
    lattice, mesh, names = generator.lattice, generator.mesh, generator.problem.names
    if mesh is not None:
        return MeshCurrent(names, tuple(mesh.middles), generator.nodes, flow, info, None, mesh)
    if lattice is not None:
        faces = tuple(axis.faces for axis in lattice.axes)
        return Current(names, faces, generator.nodes, on_faces(lattice, lattice_flows(generator, flow)), info)
    (axis,) = generator.grid.axes.values()
    inner = np.zeros(axis.cells + 1)
    inner[1 : axis.cells] = flow[: axis.cells - 1]
    if len(flow) == axis.cells:
        inner[[0, -1]] = flow[-1]
    return Current(names, (axis.faces,), generator.nodes, inner, info)

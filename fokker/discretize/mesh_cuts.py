"""Targets on a mesh: edges between centres that enter a set are cut at its wall; see `fokker.discretize.cuts`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.cuts import NEAREST, Cuts, members
from fokker.errors import TargetError, explain
from fokker.generator import Generator
from fokker.grid import Mesh
from fokker.grid.grid import crossings
from fokker.linalg.exponentials import bernoulli

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Member = NDArray[np.int8]
Sets = Mapping[str, Callable[..., Any]]

_SEARCHED = 20_000  # cells up to which sets are looked for between the centres as well
_PLACES = 8
_BEYOND = 1e-12  # of an edge: the set behind a wall is asked for this far beyond it


def cut_mesh_edges(generator: Generator, mesh: Mesh, sets: Sets, inside: Member) -> Cuts:
    """Find the edges that enter the sets, the places of the walls on them, and the rates through the walls.

    Raises
    ------
    TargetError
        If two sets touch.
    """
    _refuse_touching(generator, mesh, sets, inside)
    parts = [_cut(generator, mesh, sets, inside, sign) for sign in (1, -1)]
    return Cuts(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _cut(generator: Generator, mesh: Mesh, sets: Sets, inside: Member, sign: int) -> tuple[Any, ...]:
    """Return the columns of `Cuts` for edges that are entered from their tails (1) or heads (-1)."""
    start, end = (mesh.tail, mesh.head)[::sign]
    there, back = (generator.forward, generator.backward)[::sign]
    names = generator.problem.names
    edge = np.flatnonzero((inside[start] < 0) & (there > 0.0))
    if mesh.cells > _SEARCHED:
        edge = edge[inside[end[edge]] >= 0]
        low, high = np.zeros(len(edge)), np.ones(len(edge))
    else:
        fractions = np.linspace(0.0, 1.0, _PLACES + 1)
        places = _on_edges(mesh, start[edge], end[edge], np.tile(fractions, len(edge)))
        found = members(sets, places, names).reshape(len(edge), -1) >= 0
        found[:, 0], found[:, -1] = False, inside[end[edge]] >= 0
        hit, first = found.any(axis=1), np.argmax(found, axis=1)
        edge, first = edge[hit], first[hit]
        low, high = fractions[first - 1], fractions[first]
    begin, stop = start[edge], end[edge]

    def within(t: Array) -> NDArray[np.bool_]:
        return members(sets, _on_edges(mesh, begin, stop, t), names) >= 0

    at = crossings(within, low, high) if len(edge) else low
    owner = members(sets, _on_edges(mesh, begin, stop, np.minimum(at + _BEYOND, 1.0)), names)
    owner = np.where(owner >= 0, owner, inside[stop]).astype(np.int8)
    theta = np.clip(at, NEAREST, 1.0)
    # an edge of exponential fitting is known from its two rates
    ahead = np.log(back[edge] * mesh.volumes[stop]) - np.log(there[edge] * mesh.volumes[begin])
    leak = there[edge] * bernoulli(theta * ahead) / (theta * bernoulli(ahead))
    return edge, begin, stop, owner, theta, leak, ahead


def _on_edges(mesh: Mesh, start: Index, end: Index, t: Array) -> tuple[Array, ...]:
    """Return points at fractions t of edges, row by row: as many fractions for each edge."""
    count = len(t) // max(len(start), 1)
    begin, stop = np.repeat(start, count), np.repeat(end, count)
    return tuple(x[begin] + t * (x[stop] - x[begin]) for x in mesh.centres)


def _refuse_touching(generator: Generator, mesh: Mesh, sets: Sets, inside: Member) -> None:
    a, b = inside[mesh.tail], inside[mesh.head]
    touching = (a >= 0) & (b >= 0) & (a != b)
    if touching.any():
        edge, labels = int(np.argmax(touching)), list(sets)
        where = ", ".join(f"{n} = {x[edge]:.6g}" for n, x in zip(generator.problem.names, mesh.middles, strict=True))
        raise TargetError(
            explain(
                f"the {labels[a[edge]]} and the {labels[b[edge]]} touch, or lie within one cell of each other.",
                given=f"near {where}",
                try_="sets with room between them, or more cells",
            )
        )

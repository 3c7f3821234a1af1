"""Rates of edges: exponential fitting of the whole drift, or of a reference with the rest carried beside it.

Relative to a reference density rho (coordinate density ``exp(-Phi)``) the rates are split into a reversible and an
irreversible part, ``k_ij m_i = s + a`` and ``k_ji m_j = s - a`` with ``m = rho V``. The drift that the reference
does not explain goes into a, as a central flux of the ratio p / rho, which is flat where the reference is good. Where
``|a|`` exceeds the conductance of the reference, s is raised above it: then the rates stay positive and the
numerical diffusion acts on p / rho only. Both are sums of parts, so that no rate is a difference.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.edges import Edges, Scheme
from fokker.grid.lattice import Lattice
from fokker.linalg.exponentials import bernoulli

Array = NDArray[np.float64]

_MARGIN = 1e-3  # by how much the reversible part is kept above the irreversible one


@dataclass(frozen=True)
class Rates:
    """Rates of all edges, tail to head and back, which of them are split, and how many of these were limited."""

    forward: Array
    backward: Array
    split: NDArray[np.bool_] | None = None
    limited: int = 0


def fitted(edges: Edges, lattice: Lattice, scheme: Scheme) -> Rates:
    """Return the rates of Scharfetter and Gummel (or SQRA) for the whole drift."""
    weight = (lambda z: np.exp(-0.5 * z)) if scheme == "sqra" else bernoulli
    there, back = edges.conductance * weight(edges.rise), edges.conductance * weight(-edges.rise)
    return Rates(*over_cells(lattice, there, back))


def split(edges: Edges, lattice: Lattice, reference: Array, trusted: NDArray[np.bool_] | None = None) -> Rates:
    """Return the rates relative to a reference, given by its rises along the edges (Phi at head minus at tail).

    Where `trusted` is false the whole drift is fitted. A reference that is not that of the edges knows nothing of
    the inside of an edge, whose conductance is then the plain one.
    """
    own = reference is edges.reference
    conductance = edges.conductance if own else edges.plain
    half = 0.5 * reference
    with np.errstate(over="ignore", invalid="ignore"):
        plain = np.where(half == 0.0, 1.0, half / np.sinh(np.where(half == 0.0, 1.0, half)))
        drive = edges.drive if own and edges.drive is not None else 0.5 * (reference - edges.rise)
        floor = (1.0 + _MARGIN) * np.abs(drive)
        limited = floor > plain
        even = np.where(limited, floor, plain)
        there = conductance * np.exp(-half) * (even + drive)
        back = conductance * np.exp(half) * (even - drive)
    if trusted is not None:
        there = np.where(trusted, there, edges.conductance * bernoulli(edges.rise))
        back = np.where(trusted, back, edges.conductance * bernoulli(-edges.rise))
        limited &= trusted
    trust = np.ones(len(half), dtype=bool) if trusted is None else trusted
    return Rates(*over_cells(lattice, there, back), trust, int(limited.sum()))


def over_cells(lattice: Lattice, there: Array, back: Array) -> tuple[Array, Array]:
    """Divide the flows along each axis by the lengths of the cells they leave, in place."""
    for k in range(lattice.dimension):
        lengths = lattice.along(lattice.cell_lengths[k], k)
        count = lattice.edge_shapes[k][k]
        first = (slice(None),) * k + (slice(0, count),)
        lattice.edges(there, k)[...] /= lengths[first]
        lattice.edges(back, k)[...] /= np.roll(lengths, -1, axis=k)[first]
    return there, back

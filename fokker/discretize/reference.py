"""The reference density of rotational drift: given, or refitted to the stationary law until both agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.edges import Edges, Potential, Scheme
from fokker.discretize.split import Rates, fitted, split
from fokker.errors import CoefficientError, FokkerError, explain
from fokker.grid.lattice import Lattice
from fokker.linalg import MultifrontalFactor, Plan

Array = NDArray[np.float64]

STEEP = 6.0  # kT an edge beyond which a refitted reference is not followed
_PASSES = 20
_FREE = 4.0  # kT: size against which a first correction counts as small
_SETTLED = 1.0  # expected next change of ln p in the bulk, times the square of the cells an axis, at which to stop
_BULK = 10.0  # the bulk lies within this many kT of the peak
_CANCELS = 0.2  # share of the divergence that may be left of a flow said to have none
_DRIVEN = 0.5  # rotational over gradient drift above which a reference is worth its solves


@dataclass(frozen=True)
class Fitted:
    """Rates with the reference they were built on.

    Attributes
    ----------
    rates : Rates
    guess : array or None
        Estimate of ln P of the cells in the closed domain, up to a constant.
    refits : int
    change : float
        Change of ln p in the bulk that one refit more would bring, about.
    """

    rates: Rates
    guess: Array | None
    refits: int = 0
    change: float = 0.0
    factor: MultifrontalFactor | None = None


def checked(reference: Callable[..., Any]) -> Potential:
    """Return a potential given by the user (kT), checked wherever it is evaluated.

    Raises
    ------
    CoefficientError
        If it fails, has the wrong shape or is not finite.
    """

    def potential(*points: Array) -> Array:
        shape = np.broadcast_shapes(*(x.shape for x in points))
        try:
            values = np.broadcast_to(np.asarray(reference(*points), dtype=float), shape)
        except Exception as error:
            raise _unusable(reference, f"it fails when called on arrays: {error}") from error
        if not np.isfinite(values).all():
            at = tuple(np.argwhere(~np.isfinite(values))[0])
            where = ", ".join(f"{float(np.broadcast_to(x, shape)[at]):.6g}" for x in points)
            raise _unusable(reference, f"it is {values[at]} at ({where})")
        return values

    return potential


def _unusable(reference: object, given: str) -> FokkerError:
    return CoefficientError(
        explain(
            "the reference is no potential.",
            given=f"reference={reference!r}: {given}",
            accepted='"auto", None, or a function of the coordinates that broadcasts: minus ln of a density, in kT',
        )
    )


def refit(edges: Edges, lattice: Lattice, plan: Plan, scheme: Scheme, always: bool = False) -> Fitted:
    """Return the rates of a rotational drift, split about their own stationary law where that is needed.

    The closed domain is solved with plain edges first. Unless the drift that its law does not explain is weak, the
    law becomes the reference of split edges, and again until it repeats itself.
    """
    rates = fitted(edges, lattice, scheme)
    factor, law = _solved(lattice, plan, rates, None)
    level = -(law - _log_lengths(lattice))
    if not always and not is_driven(edges, lattice, level):
        return Fitted(rates, law, factor=factor)
    change = np.inf
    step = 0
    expected = np.inf
    while step < _PASSES and expected > _SETTLED / max(lattice.shape) ** 2:
        with np.errstate(invalid="ignore"):
            rise = level[lattice.head] - level[lattice.tail]
        trusted = np.abs(rise) <= STEEP  # false for the NaN of cells beyond the range of the law
        rates = split(edges, lattice, np.where(trusted, rise, 0.0), trusted)
        factor, new = _solved(lattice, plan, rates, law)
        bulk = new > new.max() - _BULK
        before, change = min(change, _FREE), float(np.abs(new - law)[bulk].max())
        expected = change * min(change / before, 1.0)  # corrections shrink ever faster
        law, step = new, step + 1
        level = -(law - _log_lengths(lattice))
    return Fitted(rates, law, step, expected, factor)


def _solved(lattice: Lattice, plan: Plan, rates: Rates, hint: Array | None) -> tuple[MultifrontalFactor, Array]:
    factor = MultifrontalFactor(plan, rates.forward, rates.backward, np.zeros(lattice.cells), hint=hint)
    return factor, factor.log_stationary().log()


def _log_lengths(lattice: Lattice) -> Array:
    total = np.zeros(lattice.shape)
    for k, lengths in enumerate(lattice.cell_lengths):
        total += lattice.along(np.log(lengths), k)
    return total.ravel()


def is_invariant(edges: Edges, lattice: Lattice, level: Array) -> bool:
    """Return whether the flow beside a reference is free of divergence, so that the reference is stationary.

    The parts of the divergence along the axes then cancel, up to the error of the grid.
    """
    with np.errstate(over="ignore", under="ignore"):
        dense = np.exp(level.min() - level)
    at_face = np.sqrt(dense[lattice.tail] * dense[lattice.head])
    assert edges.drive is not None
    flow = edges.conductance * edges.drive * at_face * lattice.edge_areas
    whole, parts = np.zeros(lattice.cells), np.zeros(lattice.cells)
    for span in lattice.spans:
        net = np.bincount(lattice.tail[span], flow[span], lattice.cells)
        net -= np.bincount(lattice.head[span], flow[span], lattice.cells)
        whole += net
        parts += np.abs(net)
    # a flow that is even along each axis has no parts to speak of
    return bool(np.abs(whole).sum() <= _CANCELS * parts.sum() + 1e-9 * np.abs(flow).sum())


def is_driven(edges: Edges, lattice: Lattice, level: Array) -> bool:
    """Return whether in the bulk the drift beside the reference is of the size of the reference's own.

    Both shrink with the cells, so that the answer does not: grids of an extrapolation are treated alike.
    """
    inside = level < level.min() + _BULK
    both = inside[lattice.tail] & inside[lattice.head]
    own = level[lattice.head[both]] - level[lattice.tail[both]]
    return bool(np.abs(own - edges.rise[both]).max(initial=0.0) > _DRIVEN * np.abs(own).max(initial=0.0))

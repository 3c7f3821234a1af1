"""`stationary`: the law that the process forgets its start for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fokker.errors import NormalisationError, ReachabilityError, explain
from fokker.generator import Generator
from fokker.info import warn_once
from fokker.linalg import Scaled, closed_classes
from fokker.results import Density
from fokker.results.sums import boundary_mass, cut_off
from fokker.solvers.sets import require_generator

_FEW = 8  # cells along an axis that cannot tell an end from the middle
_ESCAPED = 0.5  # probability in the outermost cells of infinite axes above which a law is none


def stationary(generator: Generator) -> Density:
    """Return the stationary density: ``Q^T P = 0`` with ``sum P = 1``.

    Solved by subtraction-free elimination (Grassmann, Taksar and Heyman 1985), so that every cell has full
    relative accuracy however small its probability.

    Parameters
    ----------
    generator : Generator
        From `fokker.discretize`.

    Returns
    -------
    Density

    Raises
    ------
    NormalisationError
        If a wall absorbs, or the density cannot be normalised because a tail is too heavy.
    ReachabilityError
        If the domain falls apart into pieces.

    Examples
    --------
    >>> import fokker
    >>> problem = fokker.Problem.from_potential(lambda x: x**2 / 2, temperature=1.0, domain={"x": (-9, 9)})
    >>> density = fokker.stationary(fokker.discretize(problem, cells=100))
    >>> round(density.at(x=0.0), 12), round(density.variance(), 12)
    (0.398942280401, 1.0)
    """
    require_stationary(generator)
    law = generator.factor.log_stationary()
    _refuse_escaped(generator, law)
    warn_once(generator.warnings + cut_off(generator.lattice, law.values()))
    return Density(generator.problem.names, generator.nodes, generator.masses, law, generator)


def _refuse_escaped(generator: Generator, law: Scaled) -> None:
    """Raise where a law on infinite axes of a grid lies at their ends: it cannot be normalised, or is cut off."""
    lattice = generator.lattice
    open_axes = [axis for axis in lattice.axes if not np.isfinite([axis.lo, axis.hi]).all()] if lattice else []
    if lattice is None or not open_axes or min(axis.cells for axis in open_axes) < _FEW:
        return
    share = boundary_mass(lattice, law.values().reshape(lattice.shape))
    if share > _ESCAPED:
        raise NormalisationError(
            explain(
                "the density cannot be normalised: mass escapes to an infinite end.",
                given=f"{share:.2g} of the probability in the outermost cells of {lattice.shape} cells",
                accepted="a density that falls faster than any cut-off shows",
                try_="a stronger drift inward, a finite domain, or Axis.line(..., reach=) if the tail is only long",
            )
        )


def require_stationary(generator: Generator) -> None:
    """Raise unless the generator has a stationary law."""
    require_generator(generator)
    if generator.exit_rates:
        raise NormalisationError(
            explain(
                "probability leaves the domain, so that nothing is stationary.",
                given=f"sinks: {', '.join(generator.exit_rates)}",
                try_='boundary="reflecting", or the mean time to leave: fokker.mean_first_passage(generator)',
            )
        )
    if not _joined(generator):
        raise ReachabilityError(
            explain(
                "the domain falls apart into pieces, each with a stationary law of its own.",
                given=", ".join(_pieces(generator)),
                try_="one piece at a time",
            )
        )
    if generator.open_ends:
        ends = "; ".join(map(str, generator.open_ends))
        raise NormalisationError(
            explain(
                "the density cannot be normalised: mass escapes into a tail.",
                given=ends,
                accepted="an exponent below -1 at an infinite end, above -1 at a finite one",
                try_="a stronger drift away from this end, or a domain that stops before it",
            )
        )


def _joined(generator: Generator) -> bool:
    """Return whether there is one closed class of cells, and so one law."""
    if generator.jumps:
        return True  # the factor tells: jumps may join pieces
    if generator.forward.min() > 0.0 and generator.backward.min() > 0.0:
        return True
    if generator.lattice is None and generator.mesh is None:
        return False
    count = closed_classes(
        generator.cells, generator.tail, generator.head, generator.forward, generator.backward, generator.kept
    )[1]
    return bool(count == 1)


def _owners(generator: Generator) -> NDArray[np.intp]:
    """Return the class of each cell among those that reach each other; -1 for cells left out."""
    from scipy.sparse.csgraph import connected_components

    owner = np.full(generator.cells, -1, dtype=np.intp)
    kept = np.ones(generator.cells, dtype=bool) if generator.kept is None else generator.kept
    rates = generator.rates[kept][:, kept]
    rates.eliminate_zeros()
    owner[kept] = connected_components(rates, directed=True, connection="strong")[1]
    return owner


def _pieces(generator: Generator) -> list[str]:
    """Return the classes of cells that reach each other, as ranges of the coordinates."""
    owner = _owners(generator)
    places = generator.nodes if generator.lattice is None else generator.lattice.scattered()
    return [
        ", ".join(
            f"{name} {x[owner == k].min():.6g} .. {x[owner == k].max():.6g}"
            for name, x in zip(generator.problem.names, places, strict=True)
        )
        for k in range(min(int(owner.max()) + 1, 8))
    ]

"""`switch`: generators that take turns."""

from __future__ import annotations

import numpy as np

from fokker.discretize.driven import Driven
from fokker.errors import FokkerError, GridError, explain
from fokker.generator import Generator
from fokker.problem.real import as_real

_NEAR = 1e-12  # times that differ by so many periods are the same
_ROUNDING = 4.0 * float(np.finfo(float).eps)


def switch(*pieces: tuple[Generator, float]) -> Driven:
    """Return the process that follows each generator for a while, one after the other, over and over.

    Within a piece the rates are constant, so that `fokker.propagate` and `fokker.periodic_state` use the exact
    engines of constant generators.

    Parameters
    ----------
    *pieces : (Generator, float)
        Generators on the same grid, and how long each holds.

    Returns
    -------
    Driven
        Its period is the sum of the durations.

    Raises
    ------
    GridError
        If the generators have different grids.
    FokkerError
        If a piece is no pair of a generator and a positive, finite duration.

    Examples
    --------
    >>> import fokker
    >>> def well(center):
    ...     problem = fokker.Problem(lambda x: center - x, diffusion=0.1, domain={"x": (-3, 3)})
    ...     return fokker.discretize(problem, cells=60)
    >>> fokker.switch((well(-1.0), 0.5), (well(1.0), 0.25)).period
    0.75
    """
    checked = [_piece(piece) for piece in pieces]
    if not checked:
        headline = "there is nothing to switch between."
        raise FokkerError(explain(headline, given="no pieces", try_="fokker.switch((generator, 0.5), (other, 0.25))"))
    first = checked[0][0]
    for generator, _ in checked[1:]:
        _require_same(first, generator)
    ends = np.cumsum([duration for _, duration in checked])
    period = float(ends[-1])

    def build(time: float) -> Generator:
        # multiples of the period are known to rounding only
        near = _NEAR * period + _ROUNDING * abs(time)
        place = (time % period) + near
        return checked[0 if place >= period else int(np.searchsorted(ends, place, side="right"))][0]

    return Driven(first.problem, first.grid, tuple(float(e) for e in ends[:-1]), period, build, tuple(checked))


def _piece(piece: object) -> tuple[Generator, float]:
    if isinstance(piece, tuple) and len(piece) == 2 and isinstance(piece[0], Generator):
        duration = as_real(piece[1])
        if duration is not None and 0.0 < duration < np.inf and not piece[0].signed:
            return piece[0], duration
    raise FokkerError(
        explain(
            "a piece of a switching process is a generator and its duration.",
            given=repr(piece),
            accepted="(generator, 0.5): from fokker.discretize, with rates that are not negative; a positive time",
        )
    )


def _require_same(first: Generator, other: Generator) -> None:
    same = first.mesh is other.mesh and first.shape == other.shape and first.problem.names == other.problem.names
    if same and all(np.array_equal(a, b) for a, b in zip(first.nodes, other.nodes, strict=True)):
        return
    raise GridError(
        explain(
            "the generators that take turns live on different grids.",
            given=f"{first.grid!r} and {other.grid!r}",
            accepted="the same axes, so that a cell is a cell in every piece",
            try_="fokker.discretize(other, grid=first.grid)",
        )
    )

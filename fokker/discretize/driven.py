"""The driven system: one grid, and a generator at each time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from fokker.errors import DomainError, FokkerError, explain
from fokker.generator import Generator
from fokker.grid import Axis, Grid, Mesh
from fokker.problem import Problem
from fokker.problem.real import as_real

Array = NDArray[np.float64]

_KEPT = 8  # generators at hand
PROBED = (0.0, 0.137, 0.53, 1.19, 2.71, 5.43, 11.3)  # times at which the axes of an unbounded domain are fitted


@dataclass(frozen=True, repr=False, eq=False)
class Driven:
    """A process whose coefficients depend on time, on one grid: ``dP/dt = Q(t)^T P``.

    `fokker.discretize` makes one of a problem with ``time=True``, `fokker.switch` of generators. Ask it with
    `fokker.propagate` and `fokker.periodic_state`; every other verb takes ``driven.at(t)``.

    Infinite axes whose scale, centre and reach are left open are fitted to the coefficients held at t = 0, 0.137,
    0.53, 1.19, 2.71, 5.43 and 11.3, and at the breakpoints in t. A process that goes further at other times needs
    ``grid=``; the verbs raise where it comes to the last cell.

    Attributes
    ----------
    problem : Problem
        With ``time=True``, or that of the first piece.
    grid : Grid or Mesh
        At time zero; where ends of the domain move, the cells move with them.
    breaks : tuple of float
        Times at which the rates jump (in one period, if there is one).
    period : float or None
        After which everything repeats itself; None if it is not known.
    build : callable
        Time to generator; `at` keeps the last few.
    pieces : tuple of (Generator, float)
        Of a switching process: the generators, and how long each holds.
    """

    problem: Problem
    grid: Grid | Mesh
    breaks: tuple[float, ...]
    period: float | None
    build: Callable[[float], Generator]
    pieces: tuple[tuple[Generator, float], ...] = ()
    _known: dict[float, Generator] = field(default_factory=dict)

    def at(self, time: float) -> Generator:
        """Return the generator at a time, as if that were held; at a jump the one that follows.

        In a domain whose ends move it is the one of the moving cells: its drift is that relative to them.

        Raises
        ------
        DomainError
            If the time is no finite number.
        FokkerError
            As `fokker.discretize` does at that time, which is named.
        """
        moment = as_real(time)
        if moment is None or not np.isfinite(moment):
            raise DomainError(explain("the time is no finite number.", given=repr(time)))
        known = self._known.get(moment)
        if known is None:
            while len(self._known) >= _KEPT:
                self._known.pop(next(iter(self._known)))
            with named_time(moment):
                known = self._known[moment] = self.build(moment)
        return known

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of cells along each axis."""
        return self.grid.shape

    @property
    def cells(self) -> int:
        """Number of cells in all."""
        return self.at(0.0).cells

    @property
    def moves(self) -> bool:
        """Whether ends of the domain, and with them the cells, move."""
        return self.problem.clock is not None and self.problem.clock.moves

    def stops(self, since: float, until: float) -> list[float]:
        """Return the times of jumps strictly between two times."""
        if not self.pieces:
            return [b for b in self.breaks if since < b < until]
        assert self.period is not None
        first, last = int(since // self.period), int(until // self.period) + 1
        every = [k * self.period + b for k in range(first, last + 1) for b in (0.0, *self.breaks)]
        near = 1e-12 * self.period
        return [b for b in every if since + near < b < until - near]

    def __repr__(self) -> str:
        breaks = ", ".join(f"{b:.6g}" for b in self.breaks) or "none"
        kind = f"{len(self.pieces)} pieces in turn" if self.pieces else "coefficients that depend on t"
        known = "not known" if self.period is None else f"{self.period:.6g}"
        moving = ", moving with the ends" if self.moves else ""
        return (
            f"Driven process on {' x '.join(map(str, self.shape))} cells{moving}\n"
            f"  driving     {kind}\n"
            f"  jumps at    {breaks}\n"
            f"  period      {known}\n"
            f"  axes        {', '.join(map(repr, self.grid.axes.values())) or repr(self.grid)}"
        )


@contextmanager
def named_time(time: float) -> Iterator[None]:
    """Name the time in errors about coefficients held there."""
    try:
        yield
    except FokkerError as error:
        if " t = " in str(error):
            raise
        raise type(error)(f"{error}\n  {'time':<9} at t = {time:.9g}") from error


def closed(axis: Axis) -> Axis:
    """Return an axis with nothing beyond its reach: tails would have to be measured anew at each time."""
    open_ = axis.kind in ("line", "half-line") and axis.closure == "power"
    return replace(axis, closure="reflect") if open_ else axis


def joined(name: str, axes: list[Axis]) -> Axis:
    """Return one axis for the fits at several times: it is fine over all their centres, and has the widest reach."""
    first = axes[0]
    if all(axis == first for axis in axes):
        return first
    low, high = min(float(a.faces[0]) for a in axes), max(float(a.faces[-1]) for a in axes)
    mapping = [a.mapping for a in axes]
    centers = sorted({round(float(c), 12) for m in mapping for c in getattr(m, "centers", ())})
    scales = [float(s) for m in mapping for s in getattr(m, "scales", ())]
    if not centers or not scales:
        raise _unfitted(name, first)
    # one wide centre: the process goes to and fro between those of single times
    center, scale = 0.5 * (centers[0] + centers[-1]), max(min(scales), 0.5 * (centers[-1] - centers[0]))
    return first.fitted((scale,), (center,), (center - low, high - center))


def _unfitted(name: str, axis: Axis) -> DomainError:
    return DomainError(
        explain(
            f"no single axis along {name} fits the coefficients at all times.",
            given=repr(axis),
            try_=f"grid=fokker.Grid({name}=fokker.Axis...) with scale, centre and reach for the whole time",
        )
    )

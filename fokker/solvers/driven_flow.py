"""The linear flow of a driven process: a sparse matrix at each time, for the cells and what the sinks took."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.driven import Driven
from fokker.errors import FokkerError, explain
from fokker.generator import Generator
from fokker.solvers.flow import Flow

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DrivenFlow:
    """The equation ``dx/dt = A(t) x`` for the probabilities of the cells, followed by those of the sinks."""

    driven: Driven
    _flows: dict[int, Flow] = field(default_factory=dict)

    @cached_property
    def sinks(self) -> tuple[str, ...]:
        """Labels of the sinks."""
        times = (0.0, *self.driven.breaks)
        found = [label for time in times for label in self.driven.at(time).exit_rates]
        return tuple(dict.fromkeys(found))

    @property
    def cells(self) -> int:
        """Number of cells."""
        return self.driven.cells

    @cached_property
    def fastest(self) -> float:
        """Largest rate of leaving a cell, of all pieces."""
        return max((self.of(generator).fastest for generator, _ in self.driven.pieces), default=np.inf)

    def of(self, generator: Generator) -> Flow:
        """Return the flow of one piece, made once."""
        return self._flows.setdefault(id(generator), Flow(generator))

    def padded(self, flow: Flow, taken: Array) -> Array:
        """Return what the sinks of one generator took as entries for all sinks."""
        everything = np.zeros(len(self.sinks))
        for label, share in zip(flow.sinks, taken, strict=True):
            if label not in self.sinks:
                headline = f'the sink "{label}" opens at some time; walls must absorb at all times or never.'
                raise FokkerError(explain(headline, given=f"sinks at the start: {', '.join(self.sinks) or 'none'}"))
            everything[self.sinks.index(label)] = share
        return everything

    def matrix(self, time: float) -> Any:
        """Return A at a time, CSC, of the cells and the sinks."""
        generator = self.driven.at(time)
        if self.driven.pieces or generator.jumps:
            return Flow(generator).matrix.tocsc()
        return self._pattern.filled(generator, self.leaks(generator))

    def leaks(self, generator: Generator) -> Array:
        """Return the rates into the sinks, one row each."""
        known = [label for label in generator.exit_rates if label not in self.sinks]
        if known:
            self.padded(Flow(generator), np.zeros(len(generator.exit_rates)))
        none = np.zeros(generator.cells)
        rows = [generator.exit_rates.get(label, none) for label in self.sinks]
        return np.stack(rows) if rows else np.zeros((0, generator.cells))

    @cached_property
    def _pattern(self) -> _Pattern:
        generator = self.driven.at(0.0)
        return _Pattern(generator.tail, generator.head, generator.cells, self.leaks(generator) > 0.0)


class _Pattern:
    """Where the entries of A lie: they stay there while the rates change."""

    def __init__(self, tail: NDArray[np.intp], head: NDArray[np.intp], cells: int, open_: NDArray[np.bool_]) -> None:
        from scipy.sparse import coo_array

        self.tail, self.head, self.cells, self.open = tail, head, cells, open_
        every = np.arange(cells)
        sink, cell = np.nonzero(open_)
        rows = np.concatenate([head, tail, every, cells + sink])
        columns = np.concatenate([tail, head, every, cell])
        size = cells + len(open_)
        places = coo_array((np.arange(1.0, len(rows) + 1.0), (rows, columns)), shape=(size, size)).tocsc()
        self.doubled = places.nnz != len(rows)
        self.order = places.data.astype(np.intp) - 1
        self.indices, self.indptr, self.size = places.indices, places.indptr, size

    def filled(self, generator: Generator, leaks: Array) -> Any:
        """Return the matrix of a generator with the same edges."""
        from scipy.sparse import csc_array

        same = len(generator.tail) == len(self.tail) and np.array_equal(generator.tail, self.tail)
        if self.doubled or not same or not np.array_equal(generator.head, self.head) or (leaks[~self.open] > 0.0).any():
            return Flow(generator).matrix.tocsc()
        there = np.bincount(self.tail, generator.forward, self.cells)
        out = there + np.bincount(self.head, generator.backward, self.cells) + generator.total_exit
        entries = np.concatenate([generator.forward, generator.backward, -out, leaks[self.open]])
        return csc_array((entries[self.order], self.indices, self.indptr), shape=(self.size, self.size))

"""One period of a driven process as a linear map, with the integrals over it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fokker.linalg.radau import Record, Replay, radau
from fokker.linalg.sojourn import harmonic, sojourn
from fokker.results.transient import face_flows
from fokker.solvers.driven import switched
from fokker.solvers.driven_flow import DrivenFlow
from fokker.solvers.evolve import REFERENCES, Tally

Array = NDArray[np.float64]

_CHEAP = 2e5  # jumps in a piece up to which uniformisation is chosen
_SHARP = 1e-13  # tolerance of the engines within pieces


@dataclass
class Sums:
    """Integrals over one period.

    Attributes
    ----------
    density : array, shape (n,)
        Of the density at the nodes.
    harmonic : array, shape (n,), complex
        Of ``exp(-2 pi i t / T)`` times the probabilities of the cells.
    flows : tuple of array
        Of the flows through the faces, one array an axis.
    """

    density: Array
    harmonic: NDArray[np.complex128]
    flows: tuple[Array, ...]


class Cycle(Protocol):
    """What a periodic state asks of either kind of driving."""

    tol: float
    periods: int
    name: str
    reference: str

    def sweep(self, law: Array) -> Array:
        """Settle the steps on the way of a law; return the sum of their errors."""

    def map(self, law: Array) -> Array:
        """Return the law (or a difference of laws) after one period."""

    def laws(self, law: Array, times: Array) -> Iterator[Array]:
        """Yield the laws at times within the period, from that at time zero."""

    def sums(self, law: Array) -> Sums:
        """Return the integrals over the period from the law at time zero."""


class SmoothCycle:
    """A period in recorded Radau steps."""

    name = "radau"
    reference = REFERENCES["radau"]

    def __init__(self, flow: DrivenFlow, span: float, tol: float) -> None:
        self.flow, self.span, self.tol, self.periods = flow, span, tol, 0
        self._breaks = flow.driven.stops(0.0, span)
        self._replay = Replay(flow.matrix, [])

    def sweep(self, law: Array) -> Array:
        record = Record()
        for _ in radau(self.flow.matrix, law, [self.span], self.tol, self._breaks, record=record):
            self.periods += 3
        self._replay = Replay(self.flow.matrix, record)
        apart = np.asarray(record.apart)
        return np.asarray(apart - apart.sum() / apart.size)

    def map(self, law: Array) -> Array:
        self.periods += 1
        return self._replay(law)

    def laws(self, law: Array, times: Array) -> Iterator[Array]:
        for found, _ in radau(self.flow.matrix, law, times, self.tol, self._breaks):
            yield found

    def sums(self, law: Array) -> Sums:
        """Integrate by the quadrature of the steps: flows then add up to the change of the law, which is none."""
        driven, frequency = self.flow.driven, 2.0 * np.pi / self.span
        found = Sums(np.zeros_like(law), np.zeros(law.shape, dtype=complex), ())

        def watch(time: float, weight: float, stage: Array) -> None:
            generator = driven.at(time)
            found.density += weight * stage / generator.masses
            found.harmonic += weight * np.exp(-1j * frequency * time) * stage
            found.flows = _added(found.flows, face_flows(generator, weight * stage))

        self._replay(law, watch)
        return found


class SwitchedCycle:
    """A period of pieces with constant rates, by the engines for those."""

    def __init__(self, flow: DrivenFlow, span: float, tol: float) -> None:
        self.flow, self.span, self.tol, self.periods = flow, span, tol, 0
        longest = max(flow.of(generator).fastest * duration for generator, duration in flow.driven.pieces)
        self.name = "uniformisation" if longest <= _CHEAP else "krylov"
        self.reference = REFERENCES[self.name]

    def sweep(self, law: Array) -> Array:
        return np.zeros_like(law)

    def map(self, law: Array) -> Array:
        self.periods += 1
        (found,) = self._through(law, np.array([self.span]))
        return found

    def laws(self, law: Array, times: Array) -> Iterator[Array]:
        return self._through(law, times)

    def _through(self, law: Array, times: Array) -> Iterator[Array]:
        return switched(self.flow, law, times, _SHARP, self.name, Tally())

    def sums(self, law: Array) -> Sums:
        driven, frequency = self.flow.driven, 2.0 * np.pi / self.span
        stops = np.array([0.0, *driven.stops(0.0, self.span), self.span])
        laws = [law, *self._through(law, stops[1:])]
        found = Sums(np.zeros_like(law), np.zeros(law.shape, dtype=complex), ())
        for low, high, before, after in zip(stops, stops[1:], laws, laws[1:], strict=False):
            generator = driven.at(0.5 * (low + high))
            inner, span = self.flow.of(generator), float(high - low)
            spent = self._spent(low, span, before)
            found.density += spent / generator.masses
            found.harmonic += harmonic(inner.matrix, frequency, before, after, float(low), span)
            found.flows = _added(found.flows, face_flows(generator, spent))
        return found

    def _spent(self, since: float, span: float, law: Array) -> Array:
        """Return the time spent in each cell during a piece."""
        inner = self.flow.of(self.flow.driven.at(since + 0.5 * span))
        if self.name == "uniformisation":
            return sojourn(inner.matrix, inner.fastest, law, span)
        matrix, record, total = inner.matrix.tocsc(), Record(), np.zeros_like(law)
        for _ in radau(lambda _: matrix, law, [span], 1e-2 * self.tol, record=record):
            pass

        def watch(_: float, weight: float, stage: Array) -> None:
            total[:] += weight * stage

        Replay(lambda _: matrix, record)(law, watch)
        return total


def _added(total: tuple[Array, ...], part: tuple[Array, ...]) -> tuple[Array, ...]:
    return tuple(a + b for a, b in zip(total, part, strict=True)) if total else part

"""Probabilities by starting point: committors and splitting probabilities, each with its complement."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.completion import hides
from fokker.discretize.absorb import Absorbed
from fokker.generator import Generator
from fokker.info import Info
from fokker.linalg import Scaled
from fokker.results import export
from fokker.results.field import continued_into, scaled_at, wall_values
from fokker.results.mesh_field import MeshField, aligned_field, scaled_on_mesh
from fokker.results.points import positions
from fokker.results.reconstruct import LEFT_WALL, RIGHT_WALL, TARGET, evaluate
from fokker.results.record import NodalRecord, require_chain
from fokker.results.returns import returns

Array = NDArray[np.float64]


@hides("absorbed chance failure sink")
@dataclass(frozen=True, eq=False, repr=False)
class HittingProbability(NodalRecord):
    """Probability to stop at one sink before all others, by starting point.

    The probability and its complement are solved for separately, so that both keep all their digits.

    Attributes
    ----------
    names : tuple of str
        Names of the coordinates.
    nodes : tuple of array
        Positions of the nodes, one array an axis.
    sink : str
        The sink in question.
    chance, failure : Scaled
        Probability and complement at the nodes.
    info : Info
    generator : Generator or None
        The generator with the sets as exits; None for a record loaded from a file.
    absorbed : Absorbed or None
    """

    names: tuple[str, ...]
    nodes: tuple[Array, ...]
    sink: str
    chance: Scaled
    failure: Scaled
    info: Info
    generator: Generator | None = None
    absorbed: Absorbed | None = None

    @property
    def label(self) -> str:
        """Name of the quantity."""
        return f"probability of {self.sink}"

    @property
    def unit(self) -> str:
        """Dimension of the values."""
        return "dimensionless"

    @cached_property
    def values(self) -> Array:
        """Probabilities at the nodes, with the shape of the grid."""
        return self._open(self.chance.values())

    @cached_property
    def complement(self) -> Array:
        """One minus the probabilities at the nodes, to full relative accuracy."""
        return self._open(self.failure.values())

    @cached_property
    def log_values(self) -> Array:
        """Natural logarithms of the probabilities at the nodes."""
        return self._open(self.chance.log())

    @cached_property
    def log_complement(self) -> Array:
        """Natural logarithms of the complements at the nodes."""
        return self._open(self.failure.log())

    def at(self, *points: ArrayLike, **named: ArrayLike) -> Any:
        """Return the probability from given starting points, such as ``q.at(x=0.0)``."""
        x = positions(self.names, points, named)
        return export.like(x[0], self._from(x, self.chance, True).values())

    def complement_at(self, *points: ArrayLike, **named: ArrayLike) -> Any:
        """Return one minus the probability from given starting points, to full relative accuracy."""
        x = positions(self.names, points, named)
        return export.like(x[0], self._from(x, self.failure, False).values())

    def log_at(self, *points: ArrayLike, **named: ArrayLike) -> Any:
        """Return the natural logarithm of the probability from given starting points."""
        x = positions(self.names, points, named)
        return export.like(x[0], self._from(x, self.chance, True).log())

    @cached_property
    def _chance_field(self) -> tuple[MeshField, int]:
        return self._on_mesh(self.chance, True)

    @cached_property
    def _failure_field(self) -> tuple[MeshField, int]:
        return self._on_mesh(self.failure, False)

    def _on_mesh(self, nodal: Scaled, success: bool) -> tuple[MeshField, int]:
        assert self.generator is not None
        assert self.generator.mesh is not None
        ones = {label: float((label == self.sink) == success) for label in self.generator.exit_rates}
        return aligned_field(self.generator.mesh, nodal, self.absorbed, ones)

    def _from(self, x: tuple[Array, ...], nodal: Scaled, success: bool) -> Scaled:
        flat = tuple(np.atleast_1d(part).ravel() for part in x)
        walls = self._walls(success)
        if self.generator is not None and self.generator.mesh is not None:
            result = scaled_on_mesh(self._chance_field if success else self._failure_field, self.names, flat)
        elif self.generator is not None and self.generator.lattice is not None:
            ours, rest = (self._between(flat, wish) for wish in (success, not success))
            # the smaller of the two is interpolated, the other is what it leaves of one
            small, left = ours.values() <= rest.values(), 1.0 - rest.values()
            result = Scaled(np.where(small, ours.mantissa, left), np.where(small, ours.exponent, 0).astype(np.int32))
        else:
            chain = require_chain(self.generator)
            assert self.generator is not None
            ends = {label: float((label == self.sink) == success) for label in self.generator.exit_rates}
            jumps = returns(self.generator, nodal, flat[0], ends)
            result = evaluate(chain, flat[0], nodal, self.absorbed, at_walls=walls, returns=jumps)
        if self.absorbed is not None:
            member = self.absorbed.member(*flat)
            within = member >= 0
            result.mantissa[within] = [walls[TARGET - int(k)] for k in member[within]]
            result.exponent[within] = 0
        return result

    def _between(self, points: tuple[Array, ...], success: bool) -> Scaled:
        """Interpolate the probability, or its complement, between the nodes of a tensor grid."""
        assert self.generator is not None
        assert self.generator.lattice is not None
        nodal = self.chance if success else self.failure
        ones = [label for label in self.generator.exit_rates if (label == self.sink) == success]
        kinked = None if self.absorbed is None else ~self.absorbed.outside
        behind = None if self.absorbed is None else continued_into(self.absorbed, nodal, ones)
        at_walls = wall_values(self.generator, ones)
        return scaled_at(self.generator.lattice, self.names, nodal, points, at_walls, kinked, behind, 1.0)

    def _walls(self, success: bool) -> dict[int, float]:
        """Return the value on each sink: one on ours (or on all others)."""
        labels = () if self.absorbed is None else self.absorbed.labels
        named = {TARGET - k: label for k, label in enumerate(labels)}
        named |= {LEFT_WALL: f"{self.names[0]} left", RIGHT_WALL: f"{self.names[0]} right"}
        return {code: float((label == self.sink) == success) for code, label in named.items()}

    def save(self, path: str) -> None:
        """Write the record to an npz file; read it with `fokker.load`."""
        arrays = {
            **export.pairs(self.chance),
            "failure": self.failure.mantissa,
            "failure_exponent": self.failure.exponent,
            "sink": np.array(self.sink),
        }
        export.save(path, "HittingProbability", self.names, self.nodes, arrays, self.info)

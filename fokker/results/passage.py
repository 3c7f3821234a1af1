"""Mean first-passage times: values, logarithms, and times from any starting point."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.completion import hides
from fokker.errors import FokkerError, explain
from fokker.info import Info
from fokker.linalg import Scaled
from fokker.results import export
from fokker.results.field import continued_into, scaled_at, wall_values
from fokker.results.mesh_field import MeshField, aligned_field, scaled_on_mesh
from fokker.results.points import positions
from fokker.results.reconstruct import Side, Source, at_neighbour, evaluate, unit_source
from fokker.results.record import NodalRecord, require_chain
from fokker.results.returns import rates_at, returns, spread, wall_code

if TYPE_CHECKING:
    from fokker.discretize.absorb import Absorbed
    from fokker.generator import Generator

Array = NDArray[np.float64]


@hides("absorbed inner kind times")
@dataclass(frozen=True, eq=False, repr=False)
class PassageTime(NodalRecord):
    """Mean, higher moments or variance of the time to reach a target, by starting point.

    Attributes
    ----------
    names : tuple of str
        Names of the coordinates.
    nodes : tuple of array
        Positions of the nodes, one array an axis.
    times : Scaled
        Times (for a moment of order n, times to the n-th power) from the nodes as mantissas and exponents;
        zero inside the target.
    info : Info
        Method, references, warnings.
    generator : Generator or None
        The generator with the exits of the target; None for a record loaded from a file.
    absorbed : Absorbed or None
        Where the target cuts the edges; None if the target is the walls.
    kind : str
        Which quantity this is.
    """

    names: tuple[str, ...]
    nodes: tuple[Array, ...]
    times: Scaled
    info: Info
    generator: Generator | None = None
    absorbed: Absorbed | None = None
    kind: str = "mean first-passage time"
    inner: Callable[[Array], Source] | None = None  # what drives the profile inside the cells, at given points

    @property
    def label(self) -> str:
        """Name of the quantity."""
        return self.kind

    @property
    def unit(self) -> str:
        """Dimension of the values."""
        power = {"mean first-passage time": 1, "variance of the first-passage time": 2}.get(self.kind)
        return "time" if power == 1 else f"time**{power or self.info.order}"

    @cached_property
    def values(self) -> Array:
        """Times from the nodes, with the shape of the grid; infinity beyond the range of doubles (see `log_values`)."""
        return self._open(self.times.values())

    @cached_property
    def log_values(self) -> Array:
        """Natural logarithms of the times from the nodes, minus infinity inside the target."""
        return self._open(self.times.log())

    def at(self, *points: ArrayLike, **named: ArrayLike) -> Any:
        """Return the mean time from given starting points, such as ``escape.at(x=-1.0)``.

        Returns
        -------
        float, or array with the shape of the points.

        Raises
        ------
        DomainError
            If a point lies outside the grid.
        FokkerError
            If a time exceeds the range of doubles: ask `log_at`.
        """
        x = positions(self.names, points, named)
        times = self._from(*x)
        values = times.values()
        if not np.isfinite(values).all():
            raise FokkerError(
                explain(
                    "the time exceeds the range of doubles.",
                    given=f"a mean time of exp({float(times.log().max()):.6g})",
                    try_="log_at, which returns its logarithm",
                )
            )
        return export.like(x[0], values)

    def log_at(self, *points: ArrayLike, **named: ArrayLike) -> Any:
        """Return the natural logarithm of the mean time from given starting points."""
        x = positions(self.names, points, named)
        return export.like(x[0], self._from(*x).log())

    @cached_property
    def _field(self) -> tuple[MeshField, int]:
        assert self.generator is not None
        assert self.generator.mesh is not None
        return aligned_field(self.generator.mesh, self.times, self.absorbed, {})

    def _from(self, *x: Array) -> Scaled:
        flat = tuple(np.atleast_1d(part).ravel() for part in x)
        if self.generator is not None and self.generator.mesh is not None:
            result = scaled_on_mesh(self._field, self.names, flat)
        elif self.generator is not None and self.generator.lattice is not None:
            lattice, kinked = self.generator.lattice, None if self.absorbed is None else ~self.absorbed.outside
            behind = None if self.absorbed is None else continued_into(self.absorbed, self.times)
            result = scaled_at(lattice, self.names, self.times, flat, wall_values(self.generator), kinked, behind)
        else:
            source = unit_source if self.inner is None else self.inner(flat[0])
            chain = require_chain(self.generator)
            assert self.generator is not None
            jumps = returns(self.generator, self.times, flat[0])
            result = evaluate(chain, flat[0], self.times, self.absorbed, source, returns=jumps)
        if self.absorbed is not None:
            within = self.absorbed.member(*flat) >= 0
            result.mantissa[within], result.exponent[within] = 0.0, 0
        return result

    def save(self, path: str) -> None:
        """Write the record to an npz file; read it with `fokker.load`."""
        arrays = {"moment": np.array(self.kind), **export.pairs(self.times)}
        export.save(path, "PassageTime", self.names, self.nodes, arrays, self.info)


def moment_source(lower: PassageTime, order: int) -> Callable[[Array], Source]:
    """Return what drives a moment inside the cells: ``n T_(n-1)``."""

    def at(x: Array) -> Source:
        times = lower._from(x)
        return lambda left, right: times.times(order * (left.mass + right.mass))

    return at


def variance_source(mean: PassageTime) -> Callable[[Array], Source]:
    """Return what drives the variance inside the cells: the squared steps of the mean to the neighbours."""

    generator = mean.generator
    assert generator is not None
    times, low = mean.times.aligned()
    spreads = [spread(jump, times) for jump in generator.jumps]
    walls = {wall_code(generator, j): s for j, s in zip(generator.jumps, spreads, strict=True) if j.wall}
    known = {code: (centre, low) for code, (centre, _) in walls.items()}

    def at(x: Array) -> Source:
        here = mean._from(x)
        rates = [rates_at(generator, jump, x) for jump in generator.jumps]

        def source(left: Side, right: Side) -> Scaled:
            near = [at_neighbour(mean.times, side.node, known) for side in (left, right)]
            top = np.maximum(here.exponent, np.maximum(near[0].exponent, near[1].exponent))
            value = np.zeros(len(x))
            for side, there in zip((left, right), near, strict=True):
                step = np.ldexp(there.mantissa, there.exponent - top) - np.ldexp(here.mantissa, here.exponent - top)
                value += side.conductance * step**2
                for code, (_, scatter) in walls.items():
                    value += np.where(side.node == code, side.conductance * np.ldexp(scatter, 2 * (low - top)), 0.0)
            for rate, (centre, scatter) in zip(rates, spreads, strict=True):
                step = np.ldexp(centre, low - top) - np.ldexp(here.mantissa, here.exponent - top)
                value += (left.mass + right.mass) * rate * (np.ldexp(scatter, 2 * (low - top)) + step**2)
            return Scaled(value, (2 * top).astype(np.int32))

        return source

    return at

"""Means of an observable at later times, by starting point."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.errors import FokkerError, explain
from fokker.generator import Generator
from fokker.grid import Lattice
from fokker.info import Info
from fokker.results import export
from fokker.results.field import values_at, wall_values
from fokker.results.mesh_field import cell_weights
from fokker.results.points import positions

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import DataArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Expectation:
    """The mean of an observable after some time, by starting point; zero once the process has been absorbed.

    Attributes
    ----------
    names : tuple of str
    nodes : tuple of array
    times : array, shape (t,)
    values : array, shape (t, ...) with the shape of the grid
        From the nodes, in the units of the observable.
    info : Info
    generator : Generator or None
        None for a record loaded from a file.
    """

    names: tuple[str, ...]
    nodes: tuple[Array, ...]
    times: Array
    values: Array
    info: Info
    generator: Generator | None = None

    def __len__(self) -> int:
        return len(self.times)

    def at(self, *points: ArrayLike, **named: ArrayLike) -> Array:
        """Return the means from given starting points, such as ``mean.at(x=1.0)``.

        Between the nodes they are cubic, which overshoots where the observable jumps: until it has spread over some
        cells, also at absorbing walls.

        Returns
        -------
        array, shape (t,) for one point, or (t, ...) with the shape of the points

        Raises
        ------
        DomainError
            If a point lies outside the domain.
        FokkerError
            For a record loaded from a file, which holds no grid.
        """
        if self.generator is None:
            raise FokkerError(
                explain(
                    "values between the nodes need the grid, which a file does not hold.",
                    given="a record without its generator",
                    try_="values, or fokker.load(path, generator=...)",
                )
            )
        x = positions(self.names, points, named)
        flat = tuple(np.atleast_1d(part).ravel() for part in x)
        rows = self.values.reshape(len(self.times), -1)
        if self.generator.mesh is not None:
            cells, weights = cell_weights(self.generator.mesh, self.names, np.stack(flat, axis=-1))
            found = np.einsum("sm,tsm->tm", weights, rows[:, cells])
        else:
            found = values_at(self._lattice, self.names, rows, flat, wall_values(self.generator))
        means: Array = found.reshape(len(self.times), *x[0].shape)
        return means

    @cached_property
    def _lattice(self) -> Lattice:
        generator = self.generator
        assert generator is not None
        if generator.lattice is not None:
            return generator.lattice
        (axis,) = generator.grid.axes.values()
        return Lattice((axis,), (generator.problem.walls[self.names[0]][0] == "periodic",))

    def plot(self, ax: Axes | None = None, **style: Any) -> Any:
        """Draw the means over place and time in one dimension, the last ones in more; take and return axes."""
        from fokker.results.plot_field import field

        label = "mean of the observable"
        if len(self.names) == 1:
            return field(ax, (self.times, self.nodes[0]), self.values, ("time", self.names[0]), label, **style)
        if self.values.ndim == 3 and len(self.names) == 2:
            nodes, names = (self.nodes[0], self.nodes[1]), (self.names[0], self.names[1])
            return field(ax, nodes, self.values[-1], names, label, **style)
        raise FokkerError(
            explain("no picture of means in three dimensions, or on a mesh.", given=repr(self.names), try_="values")
        )

    def to_xarray(self) -> DataArray:
        """Return the means as a labelled array over time and starting point."""
        attributes = {"method": self.info.method}
        return export.to_xarray(
            "expectation", ("time", *self.names), (self.times, *self.nodes), self.values, attributes
        )

    def save(self, path: str) -> None:
        """Write the record to an npz file; read it with `fokker.load`."""
        arrays = {"times": self.times, "values": self.values}
        export.save(path, "Expectation", self.names, self.nodes, arrays, self.info)

    def __repr__(self) -> str:
        where = ", ".join(f"{n} {p.min():.6g} .. {p.max():.6g}" for n, p in zip(self.names, self.nodes, strict=True))
        return (
            f"Expectation at {len(self.times)} times\n"
            f"  times     {self.times[0]:.6g} .. {self.times[-1]:.6g}\n"
            f"  from      {where}\n"
            f"  values    {float(np.nanmin(self.values)):.6g} .. {float(np.nanmax(self.values)):.6g}\n"
            f"  method    {self.info.method}\n"
            f"  warnings  {'; '.join(self.info.warnings) or 'none'}"
        )

    def _repr_html_(self) -> str:
        from fokker.notebook import record_html

        return record_html(repr(self), self.plot if len(self.names) <= 2 else None)

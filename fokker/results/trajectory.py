"""Laws of a process at a sequence of times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.errors import FokkerError, explain
from fokker.generator import Generator
from fokker.info import Info
from fokker.linalg import Scaled
from fokker.results import export
from fokker.results.density import Density
from fokker.results.record import MEASURES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import DataArray

Array = NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class Trajectory:
    """The law of a process at several times.

    Attributes
    ----------
    names : tuple of str
    nodes : tuple of array
    masses : array, shape (n,)
        Weights of the cells.
    times : array, shape (t,)
    laws : array, shape (t, n)
        Probabilities of the cells.
    info : Info
        Method, error estimate, smallest value, mass defect.
    generator : Generator or None
        None for a record loaded from a file.
    """

    names: tuple[str, ...]
    nodes: tuple[Array, ...]
    masses: Array
    times: Array
    laws: Array
    info: Info
    generator: Generator | None = None

    def __len__(self) -> int:
        return len(self.times)

    def __getitem__(self, index: int) -> Density:
        """Return the density at one of the times."""
        info = Info(f"law at time {float(self.times[index]):.6g}: {self.info.method}", self.info.values)
        return Density(self.names, self.nodes, self.masses, Scaled.of(self.laws[index]), self.generator, info)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of nodes along each axis."""
        return export.grid_shape(self.nodes, self.laws.shape[1])

    @cached_property
    def mass(self) -> Array:
        """Probabilities of the cells, shape (t, ...) with the shape of the grid."""
        return self.laws.reshape(len(self.times), *self.shape)

    @cached_property
    def values(self) -> Array:
        """Densities at the nodes, shape (t, ...) with the shape of the grid, 1/length (area, volume)."""
        return (self.laws / self.masses).reshape(len(self.times), *self.shape)

    @cached_property
    def survival(self) -> Array:
        """Probability that is still in the domain, shape (t,)."""
        total: Array = self.laws.sum(axis=1)
        return total

    def expectation(self, function: Callable[..., Any]) -> Array:
        """Return the mean of a function of the coordinates over the cells at each time, shape (t,).

        Raises
        ------
        FokkerError
            If the function fails or has the wrong shape.
        """
        listed = len(self.shape) < len(self.nodes)  # the cells of a mesh
        points = list(self.nodes) if listed else [x.ravel() for x in np.meshgrid(*self.nodes, indexing="ij")]
        try:
            values = np.broadcast_to(np.asarray(function(*points), dtype=float), points[0].shape)
        except Exception as error:
            raise FokkerError(
                explain(
                    f"the function failed when called on arrays: {error}",
                    given=repr(function),
                    accepted=f"a function of ({', '.join(self.names)}) that broadcasts",
                )
            ) from error
        mean: Array = self.laws @ values
        return mean

    def mean(self) -> Array:
        """Return the mean position at each time, shape (t,), or (t, d) in more dimensions."""
        parts = [self.expectation(lambda *x, k=k: x[k]) for k in range(len(self.names))]
        return parts[0] if len(parts) == 1 else np.stack(parts, axis=1)

    def covariance(self) -> Array:
        """Return the covariance at each time, shape (t,) in one dimension, (t, d, d) in more."""
        d = len(self.names)
        mean = self.mean().reshape(len(self.times), d)
        second = np.array([[self.expectation(lambda *x, i=i, j=j: x[i] * x[j]) for j in range(d)] for i in range(d)])
        spread: Array = np.moveaxis(second, 2, 0) - mean[:, :, None] * mean[:, None, :]
        return spread[:, 0, 0] if d == 1 else spread

    @property
    def unit(self) -> str:
        """Dimension of the values."""
        return f"1/{MEASURES[len(self.names) - 1]}"

    def plot(self, ax: Axes | None = None, **style: Any) -> Any:
        """Draw the density over place and time in one dimension, the last density in more; take and return axes."""
        if len(self.names) > 1:
            return self[-1].plot(ax, **style)
        from fokker.results.plot_field import field

        label = f"density ({self.unit})"
        return field(ax, (self.times, self.nodes[0]), self.values, ("time", self.names[0]), label, **style)

    def to_xarray(self) -> DataArray:
        """Return the densities as a labelled array over time and place."""
        attributes = {"method": self.info.method, "unit": self.unit}
        return export.to_xarray("density", ("time", *self.names), (self.times, *self.nodes), self.values, attributes)

    def save(self, path: str) -> None:
        """Write the record to an npz file; read it with `fokker.load`."""
        arrays = {"masses": self.masses, "times": self.times, "laws": self.laws}
        export.save(path, "Trajectory", self.names, self.nodes, arrays, self.info)

    def __repr__(self) -> str:
        where = ", ".join(f"{n} {p.min():.6g} .. {p.max():.6g}" for n, p in zip(self.names, self.nodes, strict=True))
        return (
            f"Trajectory at {len(self.times)} times\n"
            f"  times     {self.times[0]:.6g} .. {self.times[-1]:.6g}\n"
            f"  places    {where}\n"
            f"  values    {float(self.values.min()):.6g} .. {float(self.values.max()):.6g} ({self.unit})\n"
            f"  method    {self.info.method}\n"
            f"  warnings  {'; '.join(self.info.warnings) or 'none'}"
        )

    def _repr_html_(self) -> str:
        from fokker.results.notebook import record_html

        return record_html(repr(self))

"""What records of values at the nodes have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.chain import Chain
from fokker.errors import DimensionError, FokkerError, explain
from fokker.generator import Generator
from fokker.grid import Lattice, Mesh, Obstacle
from fokker.info import Info
from fokker.results import export

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import DataArray

Array = NDArray[np.float64]

MEASURES = ("length", "area", "volume")


class NodalRecord:
    """Values at the nodes of a grid: they draw, label and print themselves in the same way.

    A record names its quantity in `label` and its dimension in `unit`.
    """

    names: tuple[str, ...]
    nodes: tuple[Array, ...]

    if TYPE_CHECKING:  # given by the records, as fields or properties

        @property
        def values(self) -> Array: ...
        @property
        def info(self) -> Info: ...
        @property
        def label(self) -> str: ...
        @property
        def unit(self) -> str: ...

    def _shaped(self, flat: Array) -> Array:
        """Return one number a cell over the grid."""
        return flat.reshape(export.grid_shape(self.nodes, flat.size))

    def _open(self, flat: Array) -> Array:
        """Return one number a cell over the grid, not a number in cells that an obstacle leaves out."""
        obstacle = obstacle_of(self)
        return self._shaped(flat if obstacle is None else np.where(obstacle.kept, flat, np.nan))

    def plot(self, ax: Axes | None = None, **style: Any) -> Any:
        """Draw the values over the nodes; take and return Matplotlib axes."""
        from fokker.results.plot_record import draw_record

        return draw_record(self, ax, **style)

    def to_xarray(self) -> DataArray:
        """Return the values at the nodes as a labelled array."""
        attributes = {"method": self.info.method, "unit": self.unit}
        return export.to_xarray(self.label.replace(" ", "_"), self.names, self.nodes, self.values, attributes)

    def __repr__(self) -> str:
        title = self.label[0].upper() + self.label[1:]
        return export.summary(title, self.names, self.nodes, self.values, self.unit, self.info)

    def _repr_html_(self) -> str:
        from fokker.notebook import record_html

        return record_html(repr(self), self.plot if len(self.names) <= 2 else None)


def obstacle_of(record: object) -> Obstacle | None:
    """Return the obstacle of the grid behind a record, if there is one."""
    lattice = getattr(getattr(record, "generator", None), "lattice", None)
    return None if lattice is None else lattice.obstacle


def mesh_of(record: object) -> Mesh | None:
    """Return the mesh behind a record, if there is one."""
    mesh: Mesh | None = getattr(record, "mesh", None)
    return mesh if mesh is not None else getattr(getattr(record, "generator", None), "mesh", None)


def require_lattice(generator: Generator) -> Lattice:
    """Return the tensor grid of a generator in two or three dimensions."""
    assert generator.lattice is not None
    return generator.lattice


def require_chain(generator: Generator | None) -> Chain:
    """Return the one-dimensional structure behind a record.

    Raises
    ------
    FokkerError
        For a record loaded without its generator: coefficients cannot be stored in a file.
    """
    if generator is None or (generator.chain is None and generator.lattice is None and generator.mesh is None):
        raise FokkerError(
            explain(
                "this needs the coefficients, which a file cannot hold.",
                given="a record without its generator, such as one loaded from a file",
                try_="for a density fokker.load(path, generator=...), else the values at the nodes",
            )
        )
    if generator.chain is None:
        raise DimensionError(
            explain(
                "this is known in one dimension only.",
                given=f"a problem with the axes {', '.join(generator.problem.names)}",
                accepted="a problem with one axis",
            )
        )
    return generator.chain

"""What records of values at the nodes have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.chain import Chain
from fokker.errors import FokkerError, explain
from fokker.generator import Generator
from fokker.info import Info
from fokker.results import export

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import DataArray

Array = NDArray[np.float64]


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

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draw the values over the nodes; take and return Matplotlib axes."""
        from fokker.results.plot_line import draw

        return draw(ax, self.nodes[0], self.values, self.names[0], self.label, **style)

    def to_xarray(self) -> DataArray:
        """Return the values at the nodes as a labelled array."""
        attributes = {"method": self.info.method, "unit": self.unit}
        return export.to_xarray(self.label.replace(" ", "_"), self.names, self.nodes, self.values, attributes)

    def __repr__(self) -> str:
        title = self.label[0].upper() + self.label[1:]
        return export.summary(title, self.names, self.nodes, self.values, self.unit, self.info)

    def _repr_html_(self) -> str:
        return export.html(repr(self))


def require_chain(generator: Generator | None) -> Chain:
    """Return the one-dimensional structure behind a record.

    Raises
    ------
    FokkerError
        For a record loaded without its generator: coefficients cannot be stored in a file.
    """
    if generator is None or generator.chain is None:
        raise FokkerError(
            explain(
                "this needs the coefficients, which a file cannot hold.",
                given="a record loaded from a file",
                try_="for a density fokker.load(path, generator=...), else the values at the nodes",
            )
        )
    return generator.chain

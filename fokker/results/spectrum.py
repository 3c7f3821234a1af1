"""Relaxation spectra."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.info import Info
from fokker.results import export

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import DataArray

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]


@dataclass(frozen=True, eq=False, repr=False)
class Spectrum:
    """Slowest eigenvalues of the generator and their modes.

    Attributes
    ----------
    names : tuple of str
    nodes : tuple of array
    eigenvalues : array, shape (k,)
        Eigenvalues of Q, 1/time, sorted by real part, largest first; the first is 0. Real for reversible
        processes, complex otherwise.
    right : array, shape (k, n)
        Modes of observables, ``Q r = lambda r``, at the nodes; the first is one everywhere. Normalised to a
        stationary mean square of one.
    left : array, shape (k, n)
        Modes of densities, ``Q^T l = lambda l``, as cell masses; the first is the stationary law, and
        ``left[i] @ right[j]`` is one for i = j and zero otherwise.
    info : Info
    """

    names: tuple[str, ...]
    nodes: tuple[Array, ...]
    eigenvalues: Array | Complex
    right: Array | Complex
    left: Array | Complex
    info: Info

    @cached_property
    def timescales(self) -> Array:
        """Relaxation times ``-1 / Re(lambda)``, infinity first."""
        with np.errstate(divide="ignore"):
            times: Array = 1.0 / np.abs(np.real(self.eigenvalues))
        return times

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draw the eigenvalues, complex ones in their plane; take and return Matplotlib axes."""
        from matplotlib.ticker import MaxNLocator

        from fokker.results.plot_line import name_axes, new_axes

        ax = ax or new_axes()
        style = {"marker": "o", "linestyle": "none"} | style
        if np.isrealobj(self.eigenvalues):
            ax.plot(np.arange(len(self.eigenvalues)), self.eigenvalues, **style)
            ax.xaxis.set_major_locator(MaxNLocator(integer=True))
            name_axes(ax, "mode", "eigenvalue (1/time)")
        else:
            ax.plot(np.real(self.eigenvalues), np.imag(self.eigenvalues), **style)
            name_axes(ax, "real part of the eigenvalue (1/time)", "imaginary part (1/time)")
        return ax

    def to_xarray(self) -> DataArray:
        """Return the right modes as a labelled array over mode and node."""
        modes = np.arange(len(self.eigenvalues), dtype=float)
        return export.to_xarray(
            "modes", ("mode", *self.names), (modes, *self.nodes), self.right, {"method": self.info.method}
        )

    def save(self, path: str) -> None:
        """Write the record to an npz file; read it with `fokker.load`."""
        arrays: dict[str, Any] = {"eigenvalues": self.eigenvalues, "right": self.right, "left": self.left}
        export.save(path, "Spectrum", self.names, self.nodes, arrays, self.info)

    def __repr__(self) -> str:
        listed = ", ".join(f"{value:.6g}" for value in self.eigenvalues[:6])
        more = ", ..." if len(self.eigenvalues) > 6 else ""
        return (
            f"Spectrum of {len(self.eigenvalues)} eigenvalues\n"
            f"  eigenvalues {listed}{more} (1/time)\n"
            f"  timescales  {', '.join(f'{t:.6g}' for t in self.timescales[:6])}{more} (time)\n"
            f"  method      {self.info.method}\n"
            f"  warnings    {'; '.join(self.info.warnings) or 'none'}"
        )

    def _repr_html_(self) -> str:
        from fokker.notebook import record_html

        return record_html(repr(self), self.plot)

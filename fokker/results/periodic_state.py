"""The state to which a periodically driven process settles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.driven import Driven
from fokker.errors import BoundaryError, explain
from fokker.info import Info
from fokker.results import export
from fokker.results.current import Current
from fokker.results.density import Density
from fokker.results.observable import observed, scattered
from fokker.results.record import MEASURES
from fokker.results.trajectory import Trajectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import DataArray

Array = NDArray[np.float64]


class Response(NamedTuple):
    """The fundamental harmonic ``amplitude * cos(2 pi t / T - phase)`` of a mean value.

    Attributes
    ----------
    amplitude : float
        In the units of the observable.
    phase : float
        By how much the mean value lags behind ``cos(2 pi t / T)``, in radians, between -pi and pi.
    """

    amplitude: float
    phase: float


@dataclass(frozen=True, eq=False, repr=False)
class PeriodicState:
    """Laws over one period of the driving, after which they repeat themselves.

    Attributes
    ----------
    names : tuple of str
    nodes, faces : tuple of array
        Positions, one array an axis.
    lengths : tuple of float
        Lengths of periodic axes, zero for all others.
    period : float
    masses : array, shape (t, n)
        Weights of the cells at each phase.
    times : array, shape (t,)
        Phases as times from zero on, the period not included.
    laws : array, shape (t, n)
        Probabilities of the cells.
    averaged : array, shape (n,)
        Density averaged over the period.
    fundamental : array, shape (n,), complex
        Twice the mean over the period of ``exp(-2 pi i t / T)`` times the probabilities of the cells.
    fluxes : tuple of array
        Current through the faces averaged over the period, one array an axis, 1/time.
    info : Info
        Method, error estimate, residual of the period map, and how many periods were gone through.
    driven : Driven or None
        None for a record loaded from a file.
    """

    names: tuple[str, ...]
    nodes: tuple[Array, ...]
    faces: tuple[Array, ...]
    lengths: tuple[float, ...]
    period: float
    masses: Array
    times: Array
    laws: Array
    averaged: Array
    fundamental: NDArray[np.complex128]
    fluxes: tuple[Array, ...]
    info: Info
    driven: Driven | None = None

    def __len__(self) -> int:
        return len(self.times)

    def __getitem__(self, index: int) -> Density:
        """Return the density at one of the phases."""
        return self.path[index]

    @cached_property
    def path(self) -> Trajectory:
        """The laws over one period as a `Trajectory`."""
        return Trajectory(self.names, self.nodes, self.masses, self.times, self.laws, {}, self.info, None, self.driven)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of nodes along each axis."""
        return self.path.shape

    @property
    def values(self) -> Array:
        """Densities at the nodes, shape (t, ...) with the shape of the grid, 1/length (area, volume)."""
        return self.path.values

    @property
    def mass(self) -> Array:
        """Probabilities of the cells, shape (t, ...) with the shape of the grid."""
        return self.path.mass

    @property
    def unit(self) -> str:
        """Dimension of the values."""
        return f"1/{MEASURES[len(self.names) - 1]}"

    def mean(self) -> Array:
        """Return the mean position at each phase, shape (t,), or (t, d) in more dimensions."""
        return self.path.mean()

    def covariance(self) -> Array:
        """Return the covariance at each phase, shape (t,) in one dimension, (t, d, d) in more."""
        return self.path.covariance()

    def expectation(self, function: Callable[..., Any]) -> Array:
        """Return the mean of a function of the coordinates at each phase, shape (t,)."""
        return self.path.expectation(function)

    def average(self) -> Array:
        """Return the density at the nodes averaged over the period, with the shape of the grid."""
        return self.averaged.reshape(self.shape)

    def current(self) -> Current:
        """Return the probability current averaged over the period; in one dimension it is the same at all faces.

        The average is taken by the quadrature of the time steps themselves, so that it is free of divergence.
        """
        values = self.fluxes if len(self.fluxes) > 1 else self.fluxes[0]
        info = Info("flows averaged over one period", {"period": self.period}, self.info.references, self.info.warnings)
        return Current(self.names, self.faces, self.nodes, values, info)

    @cached_property
    def displacement(self) -> Any:
        """Mean displacement of the unwrapped coordinate in one period: a float, or in more dimensions one an axis.

        Along axes that are not periodic it is zero.

        Raises
        ------
        BoundaryError
            If no axis is periodic.
        """
        if not any(self.lengths):
            raise BoundaryError(
                explain(
                    "a mean displacement needs a periodic axis.",
                    given=f"the axes {', '.join(self.names)} between walls",
                    try_='boundary="periodic" on a domain of one period',
                )
            )
        moved = np.zeros(len(self.names))
        for k, (length, flux) in enumerate(zip(self.lengths, self.fluxes, strict=True)):
            if length:
                steps = np.diff(np.append(self.nodes[k], self.nodes[k][0] + length))
                through = np.moveaxis(flux, k, 0)[1:]
                moved[k] = self.period * float((through.reshape(len(steps), -1).sum(axis=1) * steps).sum())
        return float(moved[0]) if len(moved) == 1 else moved

    def response(self, observable: Callable[..., Any]) -> Response:
        """Return amplitude and phase of the fundamental harmonic of the mean of a function of the coordinates.

        Raises
        ------
        FokkerError
            If the function fails, has the wrong shape, or is not finite at a node.
        """
        values = observed(observable, scattered(self.nodes, self.laws.shape[1]), self.names)
        turned = complex(self.fundamental @ values)
        return Response(abs(turned), float(-np.angle(turned)))

    def plot(self, ax: Axes | None = None, **style: Any) -> Any:
        """Draw the density over phase and place in one dimension, the first density in more."""
        return self.path.plot(ax, **style)

    def to_xarray(self) -> DataArray:
        """Return the densities as a labelled array over phase and place."""
        return self.path.to_xarray()

    def save(self, path: str) -> None:
        """Write the record to an npz file; read it with `fokker.load`."""
        arrays: dict[str, Any] = {
            "lengths": np.array(self.lengths),
            "period": np.array(self.period),
            "masses": self.masses,
            "times": self.times,
            "laws": self.laws,
            "averaged": self.averaged,
            "fundamental": self.fundamental,
        }
        arrays |= {f"faces_{k}": faces for k, faces in enumerate(self.faces)}
        arrays |= {f"fluxes_{k}": flux for k, flux in enumerate(self.fluxes)}
        export.save(path, "PeriodicState", self.names, self.nodes, arrays, self.info)

    @classmethod
    def of_file(
        cls, names: tuple[str, ...], nodes: tuple[Array, ...], arrays: dict[str, NDArray[Any]], info: Info
    ) -> PeriodicState:
        """Return the record that `save` wrote."""
        axes = range(len(names))
        return cls(
            names=names,
            nodes=nodes,
            faces=tuple(arrays[f"faces_{k}"] for k in axes),
            lengths=tuple(map(float, arrays["lengths"])),
            period=float(arrays["period"]),
            masses=arrays["masses"],
            times=arrays["times"],
            laws=arrays["laws"],
            averaged=arrays["averaged"],
            fundamental=arrays["fundamental"],
            fluxes=tuple(arrays[f"fluxes_{k}"] for k in axes),
            info=info,
        )

    def __repr__(self) -> str:
        where = ", ".join(f"{n} {p.min():.6g} .. {p.max():.6g}" for n, p in zip(self.names, self.nodes, strict=True))
        return (
            f"Periodic state at {len(self.times)} phases of a period of {self.period:.6g}\n"
            f"  places    {where}\n"
            f"  values    {float(self.values.min()):.6g} .. {float(self.values.max()):.6g} ({self.unit})\n"
            f"  method    {self.info.method}\n"
            f"  warnings  {'; '.join(self.info.warnings) or 'none'}"
        )

    def _repr_html_(self) -> str:
        from fokker.notebook import record_html

        return record_html(repr(self), self.plot if len(self.names) <= 2 else None)

"""Laws of a process at a sequence of times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.completion import hides
from fokker.discretize.driven import Driven
from fokker.errors import FokkerError, explain
from fokker.generator import Generator
from fokker.info import Info
from fokker.linalg import Scaled
from fokker.results import export
from fokker.results.density import Density
from fokker.results.observable import observed, scattered
from fokker.results.record import MEASURES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import DataArray

Array = NDArray[np.float64]

_ROUNDING = 1e-13  # negative mass that is rounding
_CROWDED = 3.0  # a start this much higher than the densities after it leaves the picture


def shown_top(values: Array) -> float:
    """Return the largest density to be shown; a start far above the rest is cut off."""
    peaks = np.nanmax(values.reshape(len(values), -1), axis=1)
    later = float(peaks[1:].max()) if len(peaks) > 1 else float(peaks[0])
    return float(peaks[0]) if peaks[0] > later and peaks[0] <= _CROWDED * later else later


@hides("driven laws")
@dataclass(frozen=True, eq=False, repr=False)
class Trajectory:
    """The law of a process at several times.

    Attributes
    ----------
    names : tuple of str
    nodes : tuple of array
    masses : array, shape (n,), or (t, n)
        Weights of the cells; of a driven process those at each time.
    times : array, shape (t,)
    laws : array, shape (t, n)
        Probabilities of the cells.
    exited : mapping of str to array of shape (t,)
        Probability that each sink has taken.
    info : Info
        Method, error estimate, smallest value, mass defect.
    generator : Generator or None
        None for a record loaded from a file, and where `driven` holds one for each time.
    driven : Driven or None
        The driven process, if it is one.
    places : array, shape (t, n), or None
        Nodes at each time, where the cells move with the ends of the domain; `nodes` are those at time zero.
    """

    names: tuple[str, ...]
    nodes: tuple[Array, ...]
    masses: Array
    times: Array
    laws: Array
    exited: Mapping[str, Array]
    info: Info
    generator: Generator | None = None
    driven: Driven | None = None
    places: Array | None = None

    def __len__(self) -> int:
        return len(self.times)

    def __getitem__(self, index: int) -> Density:
        """Return the density at one of the times; its means are those of what is still in the domain.

        Negative values within the tolerance of the method, which a density cannot hold, are zero there; the
        smallest one is in its info, and `laws` keeps them.

        Raises
        ------
        FokkerError
            If values are more negative than that, or nothing is left in the domain.
        """
        law = self.laws[index]
        if not law.sum() > 0.0:
            raise FokkerError(
                explain(
                    f"nothing is left in the domain at time {float(self.times[index]):.6g}.",
                    given=", ".join(f"{label}: {float(p[index]):.3g}" for label, p in self.exited.items()),
                    try_="exited and survival, or earlier times",
                )
            )
        figures = dict(self.info.values)
        if (law < 0.0).any():
            self._refuse_negative(law)
            figures |= {"negative_mass": float(law[law < 0.0].sum())}
        info = Info(f"law at time {float(self.times[index]):.6g}: {self.info.method}", figures, self.info.references)
        law = np.maximum(law, 0.0)
        nodes = self.nodes if self.places is None else (self.places[index],)
        masses = self.masses if self.masses.ndim == 1 else self.masses[index]
        return Density(self.names, nodes, masses, Scaled.of(law), self._generator(index), info, None, transient=True)

    def _generator(self, index: int) -> Generator | None:
        return self.generator if self.driven is None else self.driven.at(float(self.times[index]))

    def _refuse_negative(self, law: Array) -> None:
        allowed = float(self.info.values.get("tol", 0.0)) + _ROUNDING
        if -float(law[law < 0.0].sum()) > allowed:
            raise FokkerError(
                explain(
                    "the law has negative values beyond the tolerance.",
                    given=f"{float(law[law < 0.0].sum()):.3g} in all, tolerance {allowed:.3g}",
                    accepted="laws, which keeps them",
                    try_='positivity="strict", or a smaller tol=',
                )
            )

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

    def currents(self) -> Any:
        """Return the probability current through the faces at each time, 1/time.

        Where ends of the domain move it is the current relative to the moving faces, J - v p with the velocity v of
        the face: at an end, what passes the wall. In the frame at rest it is larger by v p.

        Returns
        -------
        array, shape (t, n + 1), or tuple of d arrays
            As `Current.values`, with the times first; what passes absorbing walls included. On a mesh the flows
            along its edges, shape (t, edges).

        Raises
        ------
        FokkerError
            For a record loaded from a file, which holds no rates.
        """
        generators = [self._generator(index) for index in range(len(self.times))]
        known = [generator for generator in generators if generator is not None]
        if len(known) < len(generators):
            raise FokkerError(
                explain(
                    "currents need the rates, which a file does not hold.",
                    given="a trajectory without its generator",
                    try_="fokker.load(path, generator=...)",
                )
            )
        from fokker.results.transient import face_flows

        flows = [face_flows(generator, law) for generator, law in zip(known, self.laws, strict=True)]
        stacked = tuple(np.stack(parts) for parts in zip(*flows, strict=True))
        return stacked if len(stacked) > 1 else stacked[0]

    def expectation(self, function: Callable[..., Any]) -> Array:
        """Return the integral of a function of the coordinates times the density at each time, shape (t,).

        What has been absorbed counts as zero, as in `fokker.expectation`; divide by `survival` for the mean of what
        has not.

        Raises
        ------
        FokkerError
            If the function fails, has the wrong shape, or is not finite at a node.
        """
        if self.places is not None:
            rows = zip(self.laws, self.places, strict=True)
            return np.array([law @ observed(function, [x], self.names) for law, x in rows])
        values = observed(function, scattered(self.nodes, self.laws.shape[1]), self.names)
        mean: Array = self.laws @ values
        return mean

    def mean(self) -> Array:
        """Return the mean position of what is in the domain at each time, shape (t,), or (t, d) in more dimensions."""
        parts = [self._mean_of(lambda *x, k=k: x[k]) for k in range(len(self.names))]
        return parts[0] if len(parts) == 1 else np.stack(parts, axis=1)

    def covariance(self) -> Array:
        """Return the covariance of what is in the domain, shape (t,) in one dimension, (t, d, d) in more."""
        d = len(self.names)
        mean = self.mean().reshape(len(self.times), d)
        second = np.array([[self._mean_of(lambda *x, i=i, j=j: x[i] * x[j]) for j in range(d)] for i in range(d)])
        spread: Array = np.moveaxis(second, 2, 0) - mean[:, :, None] * mean[:, None, :]
        return spread[:, 0, 0] if d == 1 else spread

    def _mean_of(self, function: Callable[..., Any]) -> Array:
        """Return the mean over what is in the domain; not a number once that is nothing."""
        with np.errstate(invalid="ignore"):
            mean: Array = self.expectation(function) / self.survival
        return mean

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
        if self.places is not None:
            x = np.linspace(float(self.places.min()), float(self.places.max()), self.places.shape[1])
            rows = zip(self.places, self.values, strict=True)
            values = np.stack([np.interp(x, at, row, np.nan, np.nan) for at, row in rows])
            return field(ax, (self.times, x), values, ("time", self.names[0]), label, **style)
        top = {"vmax": shown_top(self.values)} if shown_top(self.values) > 0.0 else {}
        style = top | style
        return field(ax, (self.times, self.nodes[0]), self.values, ("time", self.names[0]), label, **style)

    def animate(self, path: str, *, frames_per_second: int = 12, dpi: float = 100.0) -> str:
        """Write a film of the density: a GIF, or an MP4 where ffmpeg is installed.

        Parameters
        ----------
        path : str
            Ends in ".gif" or ".mp4".
        frames_per_second : int
        dpi : float

        Returns
        -------
        str
            The path.

        Raises
        ------
        DimensionError
            In three dimensions, and on a mesh.
        FokkerError
            If there is no writer for such a file.
        """
        from fokker.results.animate import animate

        return animate(self, path, frames_per_second, dpi)

    def to_xarray(self) -> DataArray:
        """Return the densities as a labelled array over time and place."""
        attributes = {"method": self.info.method, "unit": self.unit}
        if self.places is not None:  # cells that move are numbered by their share of the way between the ends
            shares = (np.arange(self.places.shape[1]) + 0.5) / self.places.shape[1]
            return export.to_xarray("density", ("time", "share"), (self.times, shares), self.values, attributes)
        return export.to_xarray("density", ("time", *self.names), (self.times, *self.nodes), self.values, attributes)

    def save(self, path: str) -> None:
        """Write the record to an npz file; read it with `fokker.load`."""
        arrays = {"masses": self.masses, "times": self.times, "laws": self.laws}
        arrays |= {f"exited {label}": taken for label, taken in self.exited.items()}
        arrays |= {} if self.places is None else {"places": self.places}
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
        from fokker.notebook import record_html

        return record_html(repr(self), self.plot if len(self.names) <= 2 else None)

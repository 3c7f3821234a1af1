"""The record of many simulated paths."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.errors import DimensionError, explain
from fokker.info import Info
from fokker.results import export
from fokker.results.kept import KeptRecord

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import DataArray

Array = NDArray[np.float64]

DRAWN = 20  # paths in a picture


@dataclass(frozen=True, eq=False, repr=False)
class Ensemble(KeptRecord):
    """Positions of independent replicas at some times.

    Attributes
    ----------
    names : tuple of str
        The coordinates.
    times : array, shape (t,)
        In units of the problem, or numbers of steps of a recursion.
    values : array, shape (t, replicas), with a leading axis of d coordinates in d > 1
        NaN from when a replica is absorbed.
    info : Info
        Scheme, step, number of steps.
    clock : str
        "time" or "steps".

    Examples
    --------
    >>> import fokker
    >>> problem = fokker.Problem(drift=lambda x: -x, diffusion=1.0, domain={"x": (-np.inf, np.inf)})
    >>> paths = fokker.sgd.simulate_sde(problem, 2.0, [0.0, 1.0], step=0.01, replicas=4000, rng=1)
    >>> paths.values.shape
    (2, 4000)
    >>> bool(abs(paths.mean()[1] - 2 * np.exp(-1)) < 4 * paths.standard_error()[1] + 0.01)
    True
    """

    names: tuple[str, ...]
    times: Array
    values: Array
    info: Info
    clock: str = "time"

    @property
    def replicas(self) -> int:
        """Number of replicas."""
        return int(self.values.shape[-1])

    @property
    def alive(self) -> Array:
        """Share of the replicas that are not absorbed, at each time."""
        there = np.isfinite(self.values if self.values.ndim == 2 else self.values[0])
        share: Array = there.mean(axis=-1)
        return share

    def mean(self) -> Array:
        """Return the mean over the replicas that are not absorbed: shape (t,), or (d, t)."""
        return self._moments()[0]

    def variance(self) -> Array:
        """Return the variance over the replicas that are not absorbed, with n - 1 in the denominator."""
        return self._moments()[1]

    def standard_error(self) -> Array:
        """Return the standard error of the mean."""
        _, variance, number = self._moments()
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.sqrt(variance / number)

    def _moments(self) -> tuple[Array, Array, Array]:
        there = np.isfinite(self.values)
        number = there.sum(axis=-1).astype(float)
        known = np.where(there, self.values, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):  # none left: NaN
            mean = known.sum(axis=-1) / number
            apart = np.where(there, known - mean[..., None], 0.0)
            variance = (apart**2).sum(axis=-1) / (number - 1.0)
        return mean, variance, number

    def plot(self, ax: Axes | None = None, coordinate: int = 0, **style: Any) -> Axes:
        """Draw one coordinate of some paths over the time, and the mean of all; a histogram if there is one time."""
        from fokker.results.plot_line import draw

        self._require_coordinate(coordinate)
        values = self.values if self.values.ndim == 2 else self.values[coordinate]
        if len(self.times) == 1:
            return self._histogram(ax, values[0], self.names[coordinate], **style)
        mean = self.mean() if self.values.ndim == 2 else self.mean()[coordinate]
        thin = {"color": "0.6", "linewidth": 0.6} | style
        ax = draw(ax, self.times, values[:, :DRAWN], self.clock, self.names[coordinate], **thin)
        ax.plot(self.times, mean, color="C0", label=f"mean of {self.replicas}")
        ax.legend()
        return ax

    def _require_coordinate(self, coordinate: int) -> None:
        try:
            known = 0 <= operator.index(coordinate) < len(self.names)
        except TypeError:
            known = False
        if known:
            return
        shown = [f"{k} ({name})" for k, name in enumerate(self.names)]
        accepted = ", ".join(shown if len(shown) < 9 else [*shown[:4], "...", shown[-1]])
        raise DimensionError(
            explain("there is no such coordinate.", given=f"coordinate={coordinate!r}", accepted=accepted)
        )

    def _histogram(self, ax: Axes | None, values: Array, name: str, **style: Any) -> Axes:
        from fokker.results.plot_line import new_axes

        ax, there = ax or new_axes(), values[np.isfinite(values)]
        label = f"{there.size} at {self.clock} {self.times[0]:.6g}"
        given: dict[str, Any] = {"bins": 60, "density": there.size > 0, "label": label}  # none left: no density
        ax.hist(there, **(given | style))
        ax.set(xlabel=name, ylabel="density")
        ax.legend()
        return ax

    def to_xarray(self) -> DataArray:
        """Return the positions over time and replica as a labelled array, the coordinate first in d > 1."""
        names: tuple[str, ...] = (self.clock, "replica")
        places: tuple[NDArray[Any], ...] = (self.times, np.arange(self.replicas))
        if self.values.ndim == 3:
            names, places = ("coordinate", *names), (np.array(self.names), *places)
        label = self.names[0] if self.values.ndim == 2 else "position"
        return export.to_xarray(label, names, places, self.values, {"method": self.info.method})

    def __repr__(self) -> str:
        mean, error = np.atleast_2d(self.mean())[:, -1], np.atleast_2d(self.standard_error())[:, -1]
        shown = list(zip(self.names, mean, error, strict=True))[:3]
        last = ", ".join(f"{name} = {m:.6g} +- {e:.2g}" for name, m, e in shown)
        return (
            f"Ensemble of {self.replicas} replicas at {len(self.times)} times\n"
            f"  {self.clock:<10}{self.times[0]:.6g} .. {self.times[-1]:.6g}\n"
            f"  last mean {last}{', ...' if len(self.names) > 3 else ''}\n"
            f"  absorbed  {1.0 - self.alive[-1]:.4g} of them\n"
            f"  method    {self.info.method}"
        )

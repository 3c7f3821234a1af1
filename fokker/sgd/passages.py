"""The record of simulated first-passage times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.errors import MomentError, TargetError, explain
from fokker.info import Info
from fokker.results import export
from fokker.results.kept import KeptRecord

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import DataArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class FirstPassages(KeptRecord):
    """When and where independent replicas first left an interval.

    Attributes
    ----------
    times : array, shape (replicas,)
        NaN for those that were still inside at the horizon.
    exits : array of int, shape (replicas,)
        Index into `labels`, -1 for those still inside.
    labels : tuple of str
        The ends, such as "x high".
    horizon : float
        How long each replica was followed at most.
    info : Info
    """

    times: Array
    exits: NDArray[np.int64]
    labels: tuple[str, ...]
    horizon: float
    info: Info

    @property
    def censored(self) -> int:
        """How many replicas were still inside at the horizon."""
        return int(np.isnan(self.times).sum())

    def mean(self) -> float:
        """Return the mean time.

        Raises
        ------
        MomentError
            If some replicas were still inside: the mean of the others is too small.
        """
        return float(self._complete().mean())

    def standard_error(self) -> float:
        """Return the standard error of the mean time, NaN for a single replica."""
        times = self._complete()
        if times.size < 2:
            return float("nan")
        return float(times.std(ddof=1) / np.sqrt(times.size))

    def _complete(self) -> Array:
        if not self.censored:
            return self.times
        raise MomentError(
            explain(
                "the mean time is not known: not every replica has arrived.",
                given=f"{self.censored} of {self.times.size} still inside at time {self.horizon:.6g}",
                accepted="all replicas arrived",
                try_="a larger horizon, or rate(), which counts the time of all",
            )
        )

    def rate(self) -> tuple[float, float]:
        """Return arrivals over the time spent inside by all, and its standard error: for exponential laws only.

        It is the maximum-likelihood rate of an exponential law that is cut off at the horizon. Where nothing has
        arrived the standard error is that of one arrival.
        """
        arrived = self.times.size - self.censored
        spent = float(np.nansum(self.times)) + self.censored * self.horizon
        return arrived / spent, float(np.sqrt(max(arrived, 1))) / spent

    def share(self, label: str | None = None) -> tuple[float, float]:
        """Return the share of replicas that left (through one end) and its standard error.

        Where none or all did, the standard error is that of half a replica more or less: it is never zero.

        Raises
        ------
        TargetError
            If there is no such end.
        """
        if label is not None and label not in self.labels:
            accepted = ", ".join(f'"{known}"' for known in self.labels) + "; None counts all of them"
            raise TargetError(explain("there is no such end.", given=f"label={label!r}", accepted=accepted))
        left = self.exits >= 0 if label is None else self.exits == self.labels.index(label)
        share = float(left.mean())
        p = share if 0.0 < share < 1.0 else (left.sum() + 0.5) / (left.size + 1)
        return share, float(np.sqrt(p * (1.0 - p) / left.size))

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draw the share of the replicas still inside over the time, on a logarithmic scale."""
        from fokker.results.plot_line import draw

        times = np.sort(self.times[np.isfinite(self.times)])
        inside = 1.0 - np.arange(times.size + 1) / self.times.size
        ax = draw(
            ax, np.append(0.0, times), inside, "time", "share still inside", **({"drawstyle": "steps-post"} | style)
        )
        ax.set_yscale("log", nonpositive="mask")
        return ax

    def to_xarray(self) -> DataArray:
        """Return the times over the replicas as a labelled array, with the end that each left through beside them."""
        replicas = np.arange(float(self.times.size))
        attributes = {"method": self.info.method, "horizon": f"{self.horizon:.6g}"}
        labelled = export.to_xarray("first_passage_time", ("replica",), (replicas,), self.times, attributes)
        return labelled.assign_coords(end=("replica", np.array([*self.labels, ""])[self.exits]))

    def __repr__(self) -> str:
        known = f"{self.mean():.6g} +- {self.standard_error():.2g}" if not self.censored else "not known"
        shares = ", ".join(f"{label} {float((self.exits == k).mean()):.4g}" for k, label in enumerate(self.labels))
        return (
            f"First passages of {self.times.size} replicas\n"
            f"  mean      {known} (time)\n"
            f"  censored  {self.censored} at {self.horizon:.6g}\n"
            f"  shares    {shares}\n"
            f"  method    {self.info.method}"
        )

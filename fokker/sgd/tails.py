"""Tail indices of samples by Hill's estimate."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.errors import FokkerError, explain
from fokker.results import export
from fokker.results.kept import KeptRecord
from fokker.sgd import _checks
from fokker.sgd.student_fit import check_level, chi2_quantile

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import DataArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class HillEstimate(KeptRecord):
    """Hill's estimate of a tail index; see `hill`.

    Attributes
    ----------
    index : float
        nu, where ``P(|x| > R) ~ R^-nu``.
    tail : int
        k, the number of values that were used.
    threshold : float
        The value beyond which they lie.
    distances : array
        All distances from the centre, largest first.
    """

    index: float
    tail: int
    threshold: float
    distances: Array = field(repr=False)

    @property
    def standard_error(self) -> float:
        """nu / sqrt(k), for independent values beyond where the power law holds."""
        return self.index / math.sqrt(self.tail)

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the confidence interval, exact for a Pareto tail: 2 k nu / index has a chi^2 law of order 2 k."""
        half = 0.5 * (1.0 - check_level(level))
        unit, order = self.index / (2.0 * self.tail), 2 * self.tail
        return unit * chi2_quantile(half, order), unit * chi2_quantile(1.0 - half, order)

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draw the estimate against the number of values used, with one standard error: look for a plateau."""
        from fokker.results.plot_line import draw

        most = min(10 * self.tail, int((self.distances > 0.0).sum()) - 1)
        numbers = np.unique(np.geomspace(5 if most > 20 else 2, most, 200).astype(int))
        logs = np.log(self.distances[: most + 1])
        sums = np.cumsum(logs)[numbers - 1] - numbers * logs[numbers]
        numbers, sums = numbers[sums > 0.0], sums[sums > 0.0]  # the largest values may be equal
        index = numbers / sums
        ax = draw(ax, numbers.astype(float), index, "values in the tail", "tail index", **style)
        ax.fill_between(numbers, index * (1 - numbers**-0.5), index * (1 + numbers**-0.5), alpha=0.25)
        ax.axvline(self.tail, color="0.6", linewidth=0.8)
        ax.set_xscale("log")
        return ax

    def to_xarray(self) -> DataArray:
        """Return the distances over their rank, the largest first, as a labelled array."""
        ranks, attributes = np.arange(1.0, self.distances.size + 1.0), {"method": "Hill's estimate"}
        return export.to_xarray("distance", ("rank",), (ranks,), self.distances, attributes)

    def __repr__(self) -> str:
        low, high = self.interval()
        return (
            f"Tail index {self.index:.6g} +- {self.standard_error:.2g} by Hill's estimate\n"
            f"  95 %      {low:.6g} .. {high:.6g}\n"
            f"  values    {self.tail} of {self.distances.size}, beyond {self.threshold:.6g}\n"
            f"  method    mean of the logarithms of the largest distances, Hill 1975"
        )


def hill(sample: ArrayLike, tail: int | None = None, centre: float | None = None) -> HillEstimate:
    """Estimate the tail index nu from the largest distances: k over the sum of log(d_i / d_(k+1)), i = 1 .. k.

    Parameters
    ----------
    sample : array_like
        Independent values, of any shape.
    tail : int, optional
        k. Too many bias the estimate, too few make it noisy; without it the root of the number of values. See
        `HillEstimate.plot`.
    centre : float, optional
        Distances are taken from here; the median without it.

    Returns
    -------
    HillEstimate

    Raises
    ------
    FokkerError
        If `tail` is not between 2 and the number of values that lie apart from the centre, less one.

    References
    ----------
    B. M. Hill, *Ann. Statist.* 3 (1975) 1163.

    Examples
    --------
    >>> sample = np.random.default_rng(0).pareto(3.0, size=4000) + 1.0
    >>> estimate = hill(sample, tail=2000, centre=0.0)
    >>> bool(abs(estimate.index - 3.0) < 3 * estimate.standard_error)
    True
    """
    x = _checks.array("sample", sample).ravel()
    middle = _checks.real("centre", centre) if centre is not None else float(np.median(x)) if x.size else 0.0
    distances = np.sort(np.abs(x - middle))[::-1]
    most = int((distances > 0.0).sum()) - 1
    number = _checks.count("tail", tail, least=2) if tail is not None else max(2, round(math.sqrt(x.size)))
    if most < 2:
        given = f"{x.size} values, {most + 1} of them apart from the centre {middle:.6g}"
        headline = "there are too few values in the tail: an index needs three that lie apart from the centre."
        raise FokkerError(explain(headline, given=given, accepted="a sample of a continuous law, and many of it"))
    if number > most:
        headline = "there are too few values in the tail: tail counts values, and one more is the threshold."
        given = f"tail={number} of {x.size} values, {most + 1} of them apart from the centre"
        raise FokkerError(explain(headline, given=given, accepted=f"2 <= tail <= {most}"))
    if distances[0] == distances[number]:
        headline = "there are too few values in the tail: those that are farthest away are equally far."
        given = f"{number + 1} values at the distance {distances[0]:.6g}"
        hint = "a larger tail, or a sample that is not rounded or cut off"
        raise FokkerError(explain(headline, given=given, accepted="distances that differ", try_=hint))
    logs = np.log(distances[: number + 1])
    index = number / float((logs[:-1] - logs[-1]).sum())
    return HillEstimate(index, number, float(distances[number]), distances)

"""Tail indices of samples, and the names of one law: Student's nu, the q of q-Gaussians, kappa.

For p ~ (1 + x^2/s^2)^(-m) all say the same: nu = 2 m - 1 (Student; P(|x| > R) ~ R^-nu), q = 1 + 1/m, and for the
power-law dynamic in the convention alpha kappa = m - 1 + alpha.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.errors import FokkerError, explain
from fokker.problem import Convention
from fokker.sgd import _checks
from fokker.sgd.student_fit import GaussianFit, StudentFit, check_level, chi2_quantile, fit_student
from fokker.theory import power_law, student

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "GaussianFit",
    "HillEstimate",
    "StudentFit",
    "fit_student",
    "hill",
    "index_from_kappa",
    "index_from_q",
    "kappa_from_index",
    "kappa_from_q",
    "q_from_index",
]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class HillEstimate:
    """Hill's estimate of a tail index; see `hill`.

    Attributes
    ----------
    index : float
        nu, where P(|x| > R) ~ R^-nu.
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
        numbers = np.unique(np.geomspace(min(5, most), most, 200).astype(int))
        logs = np.log(self.distances[: most + 1])
        index = numbers / (np.cumsum(logs)[numbers - 1] - numbers * logs[numbers])
        ax = draw(ax, numbers.astype(float), index, "values in the tail", "tail index", **style)
        ax.fill_between(numbers, index * (1 - numbers**-0.5), index * (1 + numbers**-0.5), alpha=0.25)
        ax.axvline(self.tail, color="0.6", linewidth=0.8)
        ax.set_xscale("log")
        return ax

    def __repr__(self) -> str:
        low, high = self.interval()
        return (
            f"Tail index {self.index:.6g} +- {self.standard_error:.2g} by Hill's estimate\n"
            f"  95 %      {low:.6g} .. {high:.6g}\n"
            f"  values    {self.tail} of {self.distances.size}, beyond {self.threshold:.6g}"
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
    if number > most or distances[0] == distances[number]:
        raise FokkerError(
            explain(
                "there are too few values in the tail.",
                given=f"tail={number} of {x.size} values, {most + 1} of them apart from the centre",
                accepted=f"2 <= tail <= {most}, and values that differ",
            )
        )
    logs = np.log(distances[: number + 1])
    index = number / float((logs[:-1] - logs[-1]).sum())
    return HillEstimate(index, number, float(distances[number]), distances)


def q_from_index(nu: ArrayLike) -> float | Array:
    """Return q = (nu + 3)/(nu + 1) of the q-Gaussian that is Student's law with nu degrees of freedom.

    Examples
    --------
    >>> round(q_from_index(9.0), 12)
    1.2
    """
    values = _checks.array("nu", np.atleast_1d(nu)).reshape(np.shape(nu))
    if not (values > 0.0).all():
        raise FokkerError(explain("nu must be positive.", given=f"nu={nu!r}", accepted="nu > 0"))
    q = 1.0 + 2.0 / (values + 1.0)
    return float(q) if q.ndim == 0 else np.asarray(q)


def index_from_q(q: ArrayLike) -> float | Array:
    """Return nu = (3 - q)/(q - 1), 1 < q < 3.

    Examples
    --------
    >>> round(index_from_q(1.2), 12)
    9.0
    """
    return 2.0 * student.kappa_from_q(q, alpha=0.5)  # in the reading 1/2, nu = 2 kappa


def kappa_from_q(q: ArrayLike, convention: str | float | Convention) -> float | Array:
    """Return kappa = 1/(q - 1) - 1 + alpha; see `fokker.theory.student.kappa_from_q`.

    Examples
    --------
    >>> round(kappa_from_q(1.2, "isothermal"), 12), round(kappa_from_q(1.2, "ito"), 12)
    (5.0, 4.0)
    """
    return student.kappa_from_q(q, alpha=Convention.parse(convention).alpha)


def index_from_kappa(kappa: ArrayLike, convention: str | float | Convention) -> float | Array:
    """Return nu = 2 kappa + 1 - 2 alpha; see `fokker.theory.power_law.tail_index`.

    Examples
    --------
    >>> index_from_kappa(5.0, "isothermal"), index_from_kappa(5.0, "ito")
    (9.0, 11.0)
    """
    return power_law.tail_index(kappa, alpha=Convention.parse(convention).alpha)


def kappa_from_index(nu: ArrayLike, convention: str | float | Convention) -> float | Array:
    """Return kappa = (nu - 1)/2 + alpha.

    Examples
    --------
    >>> kappa_from_index(9.0, "isothermal"), kappa_from_index(11.0, "ito")
    (5.0, 5.0)
    """
    kappa = (
        0.5 * (_checks.array("nu", np.atleast_1d(nu)).reshape(np.shape(nu)) - 1.0) + Convention.parse(convention).alpha
    )
    return float(kappa) if kappa.ndim == 0 else np.asarray(kappa)

"""The law of the time at which a process stops."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.errors import DomainError, explain
from fokker.info import Info

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from scipy.interpolate import CubicSpline

Array = NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class ExitLaw:
    """Density, distribution and samples of an exit time.

    Between the stored times the logarithms of density, distribution and survival are cubic in the logarithm of
    the time. After the last one the process is quasi-stationary, and the law falls exponentially.

    Attributes
    ----------
    times : array, shape (t,)
        Increasing, positive.
    log_density, log_cdf, log_survival : array, shape (t,)
        Natural logarithms at these times.
    split : mapping of str to array of shape (t,)
        Probability to have stopped at each sink by these times.
    rate : float
        Rate of the exponential tail: that of the quasi-stationary law, 1/time.
    tail_split : mapping of str to float
        Share of each sink in the exits after the last time.
    transform : callable
        Laplace transform of the density at s >= 0, by sink.
    raw_moment : callable
        Moment of a given order.
    info : Info
    """

    times: Array
    log_density: Array
    log_cdf: Array
    log_survival: Array
    split: Mapping[str, Array]
    rate: float
    tail_split: Mapping[str, float]
    transform: Callable[[float], Mapping[str, float]]
    raw_moment: Callable[[int], float]
    info: Info

    @cached_property
    def _splines(self) -> tuple[CubicSpline, CubicSpline, CubicSpline]:
        from scipy.interpolate import CubicSpline

        x = np.log(self.times)
        return CubicSpline(x, self.log_density), CubicSpline(x, self.log_cdf), CubicSpline(x, self.log_survival)

    def _log(self, t: ArrayLike, which: int) -> Array:
        moments = np.asarray(t, dtype=float)
        if not (np.isfinite(moments).all() and (moments >= 0.0).all()):
            raise DomainError(explain("a time is not a number from zero on.", given=f"t={t!r}"))
        last = float(self.times[-1])
        with np.errstate(divide="ignore"):
            inside = self._splines[which](np.log(np.clip(moments, self.times[0], last)))
        late = np.maximum(moments - last, 0.0)
        if which == 1:
            with np.errstate(divide="ignore"):
                beyond = np.log1p(-np.exp(self.log_survival[-1] - self.rate * late))
            result = np.where(late > 0.0, beyond, inside)
        else:
            result = inside - self.rate * late
        before = 0.0 if which == 2 else -np.inf
        log: Array = np.where(moments < self.times[0], before, result)
        return log

    def log_pdf(self, t: ArrayLike) -> Any:
        """Return the natural logarithm of the density at times t, minus infinity before the first stored time."""
        return _like(t, self._log(t, 0))

    def pdf(self, t: ArrayLike) -> Any:
        """Return the density at times t, 1/time."""
        return _like(t, np.exp(self._log(t, 0)))

    def cdf(self, t: ArrayLike) -> Any:
        """Return the probability to have stopped by the times t."""
        return _like(t, np.exp(self._log(t, 1)))

    def survival(self, t: ArrayLike) -> Any:
        """Return the probability not to have stopped by the times t."""
        return _like(t, np.exp(self._log(t, 2)))

    def log_survival_at(self, t: ArrayLike) -> Any:
        """Return the natural logarithm of the survival probability, right in relative terms far into the tail."""
        return _like(t, self._log(t, 2))

    def quantile(self, q: ArrayLike) -> Any:
        """Return the time by which the process has stopped with probability q.

        Raises
        ------
        DomainError
            If q is not between 0 and 1.
        """
        level = np.asarray(q, dtype=float)
        if not ((level > 0.0) & (level < 1.0)).all():
            raise DomainError(explain("a probability lies between 0 and 1.", given=f"q={q!r}"))
        low, high = np.full(level.shape, self.times[0]), np.full(level.shape, self.times[-1])
        # the tail is exponential: solved at once
        with np.errstate(divide="ignore"):
            excess = self.log_survival[-1] - np.log1p(-level)
        late = excess > 0.0
        for _ in range(200):
            middle = np.sqrt(low * high)
            # the smaller of the two probabilities has more digits
            below = np.where(level < 0.5, self._log(middle, 1) < np.log(level), self._log(middle, 2) > np.log1p(-level))
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return _like(q, np.where(late, self.times[-1] + excess / self.rate, np.sqrt(low * high)))

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        """Return n independent exit times, by inversion of the distribution.

        Raises
        ------
        DomainError
            If n is no positive integer, or `rng` no generator of NumPy.
        """
        if (
            isinstance(n, bool)
            or not isinstance(n, (int, np.integer))
            or n < 1
            or not isinstance(rng, np.random.Generator)
        ):
            raise DomainError(
                explain(
                    "nothing to draw.", given=f"n={n!r}, rng={rng!r}", try_="sample(1000, np.random.default_rng(0))"
                )
            )
        times: Array = np.asarray(self.quantile(rng.uniform(np.finfo(float).tiny, 1.0, size=n)))
        return times

    def moment(self, order: int) -> float:
        """Return the mean of ``t**order``, from the generator itself."""
        return self.raw_moment(order)

    def mean(self) -> float:
        """Return the mean exit time."""
        return self.raw_moment(1)

    def variance(self) -> float:
        """Return the variance of the exit time."""
        return self.raw_moment(2) - self.raw_moment(1) ** 2

    def laplace(self, s: float) -> float:
        """Return the mean of ``exp(-s t)`` for s >= 0."""
        return float(sum(self.transform(s).values()))

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draw the density over the logarithm of the time."""
        from fokker.results.plot_line import draw

        t = np.geomspace(self.times[0], self.times[-1], 400)
        ax = draw(ax, t, self.pdf(t), "time", "density of the exit time (1/time)", **style)
        ax.set_xscale("log")
        return ax

    def __repr__(self) -> str:
        return (
            f"Exit law through {', '.join(self.split)}\n"
            f"  mean      {self.mean():.6g} (time)\n"
            f"  quantiles {self.quantile(0.05):.6g} .. {self.quantile(0.95):.6g} (5 % to 95 %)\n"
            f"  tail      exponential with rate {self.rate:.6g} (1/time)\n"
            f"  method    {self.info.method}"
        )


def _like(given: ArrayLike, values: Array) -> Any:
    return float(values) if np.ndim(given) == 0 else values

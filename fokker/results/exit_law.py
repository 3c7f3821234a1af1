"""The law of the time at which a process stops."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import comb, factorial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.completion import hides
from fokker.errors import DomainError, FokkerError, MomentError, explain
from fokker.info import Info
from fokker.results import export

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from scipy.interpolate import BSpline

Array = NDArray[np.float64]

_DEGREE = 5
_DRAWN = 1e-3, 1.0 - 1e-3  # quantiles between which the law is drawn
_DECADES = 100.0  # their ratio from which the time is drawn on a logarithmic scale
_HALVINGS = 48  # of the time between two stored ones
_HALF = float(np.log(0.5))


@hides("raw_moment tail_split transform")
@dataclass(frozen=True, eq=False, repr=False)
class ExitLaw:
    """Density, distribution and samples of an exit time.

    Between the stored times the logarithms of density, distribution and survival are splines of fifth degree in the
    logarithm of the time, right to about 1e-8. After the last one the process is quasi-stationary, and the law falls
    exponentially. Before the first one the distribution goes to zero as the power of the time, one or higher, that it
    follows there.

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
    info : Info
    transform : callable or None
        Laplace transform of the density at s >= 0, by sink. None for a record from a file, or of `extrapolate`.
    raw_moment : callable or None
        Moment of a given order, from the generator. Where it is None the law is integrated.
    """

    times: Array
    log_density: Array
    log_cdf: Array
    log_survival: Array
    split: Mapping[str, Array]
    rate: float
    tail_split: Mapping[str, float]
    info: Info
    transform: Callable[[float], Mapping[str, float]] | None = None
    raw_moment: Callable[[int], float] | None = None

    @cached_property
    def _splines(self) -> tuple[BSpline, BSpline, BSpline]:
        from scipy.interpolate import make_interp_spline

        x, degree = np.log(self.times), min(_DEGREE, len(self.times) - 1)
        logs = self.log_density, self.log_cdf, self.log_survival
        density, cdf, survival = (make_interp_spline(x, y, k=degree) for y in logs)
        return density, cdf, survival

    def _log(self, t: ArrayLike, which: int) -> Array:
        moments = _numbers(t)
        if moments is None or not (np.isfinite(moments).all() and (moments >= 0.0).all()):
            raise DomainError(explain("a time is not a number from zero on.", given=f"t={t!r}"))
        last = float(self.times[-1])
        x = np.log(np.clip(moments, self.times[0], last))
        late = np.maximum(moments - last, 0.0)
        result = self._parts(x, late)[which - 1] if which else self._splines[0](x) - self.rate * late
        log: Array = np.where(moments < self.times[0], self._log_before(moments, which), result)
        return log

    def _parts(self, x: Array, late: Array) -> tuple[Array, Array]:
        """Return the logarithms of distribution and survival: the smaller one first, the other is what it leaves."""
        with np.errstate(divide="ignore"):
            # what stops after the last time is added: a difference from one has no digits where both are small
            gone = np.logaddexp(self._splines[1](x), self.log_survival[-1] + np.log(-np.expm1(-self.rate * late)))
        left = self._splines[2](x) - self.rate * late
        few = gone < _HALF
        return (
            np.where(few, gone, np.log1p(-np.exp(np.where(few, _HALF, left)))),
            np.where(few, np.log1p(-np.exp(np.where(few, gone, _HALF))), left),
        )

    @cached_property
    def _power(self) -> float:
        return max(1.0, float(np.exp(self.log_density[0] + np.log(self.times[0]) - self.log_cdf[0])))

    def _log_before(self, t: Array, which: int) -> Array:
        """Return the logarithms of ``F = F_1 (t / t_1)**p`` before the first time, where ``p = t_1 f_1 / F_1 >= 1``."""
        from scipy.special import xlogy

        ratio = np.minimum(t / self.times[0], 1.0)
        cdf: Array = self.log_cdf[0] + xlogy(self._power, ratio)
        if which == 0:
            slope = np.log(self._power / self.times[0]) + self.log_cdf[0]
            return np.asarray(slope + xlogy(self._power - 1.0, ratio))
        return cdf if which == 1 else np.log1p(-np.exp(cdf))

    def log_pdf(self, t: ArrayLike) -> Any:
        """Return the natural logarithm of the density at times t."""
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
        level = _numbers(q)
        if level is None or not ((level > 0.0) & (level < 1.0)).all():
            raise DomainError(explain("a probability lies between 0 and 1.", given=f"q={q!r}"))
        # the smaller of the two probabilities has more digits
        early, late = (
            np.searchsorted(self.log_cdf, np.log(level)),
            np.searchsorted(-self.log_survival, -np.log1p(-level)),
        )
        place = np.clip(np.where(level < 0.5, early, late), 1, len(self.times) - 1)
        low, high = self.times[place - 1], self.times[place]
        excess = self._excess(level)
        for _ in range(_HALVINGS):
            middle = np.sqrt(low * high)
            gone, left = (spline(np.log(middle)) for spline in self._splines[1:])
            below = np.where(level < 0.5, gone < np.log(level), left > np.log1p(-level))
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        found = np.where(excess > 0.0, self.times[-1] + excess / self.rate, np.sqrt(low * high))
        first = self.times[0] * np.exp(np.minimum(np.log(level) - self.log_cdf[0], 0.0) / self._power)
        return _like(q, np.where(np.log(level) < self.log_cdf[0], first, found))

    def _excess(self, level: Array) -> Array:
        """Return how long after the last time a probability is reached, in mean times; negative if before.

        The tail is exponential, ``F = F_1 + S_1 (1 - exp(-x))``.
        """
        few = level < 0.5
        more = np.where(few, (level - np.exp(self.log_cdf[-1])) / np.exp(self.log_survival[-1]), 0.0)
        return np.where(few, -np.log1p(-more), self.log_survival[-1] - np.log1p(-level))

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

    def split_at(self, t: float) -> dict[str, float]:
        """Return the probability to have stopped at each sink by the time t, by label.

        Raises
        ------
        DomainError
            If t is not one number from zero on.
        """
        if np.ndim(t):
            raise DomainError(
                explain(
                    "the split is given for one time.",
                    given=f"t={t!r}",
                    try_="[law.split_at(t) for t in times]",
                )
            )
        cdf, last = float(np.exp(self._log(t, 1))), float(self.times[-1])
        if cdf == 0.0:
            return dict.fromkeys(self.split, 0.0)
        if t > last:
            more = float(np.exp(self.log_survival[-1])) * -float(np.expm1(-self.rate * (t - last)))
            return {label: float(gone[-1]) + more * self.tail_split[label] for label, gone in self.split.items()}
        shares = {
            label: float(np.interp(np.log(t), np.log(self.times), gone / np.exp(self.log_cdf)))
            for label, gone in self.split.items()
        }
        return {label: cdf * share for label, share in shares.items()}

    def moment(self, order: int) -> float:
        """Return the mean of ``t**order``, from the generator itself where there is one.

        Raises
        ------
        MomentError
            If the order is no positive integer, or the moment too large or small for a floating-point number.
        """
        if isinstance(order, bool) or not isinstance(order, (int, np.integer)) or order < 1:
            raise MomentError(explain("there is no such moment.", given=f"order={order!r}", accepted="1, 2, 3, ..."))
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                value = (self.raw_moment or self._integrated)(int(order))
        except OverflowError:
            value = np.inf
        if not 0.0 < value < np.inf:
            raise MomentError(
                explain(
                    "the moment is out of the range of floating-point numbers.",
                    given=f"order={order!r}",
                    accepted="a lower order (of 170 at most, beyond which n! alone is too large)",
                )
            )
        return value

    def _integrated(self, order: int) -> float:
        """Return ``n int t**(n-1) S dt``: one before the first time, Gauss's rule in ln t, the exponential tail."""
        points, weights = np.polynomial.legendre.leggauss(_DEGREE)
        u = np.log(self.times)
        x = u[:-1, None] + np.diff(u)[:, None] * (points + 1.0) / 2.0
        inner = (np.diff(u)[:, None] * weights / 2.0 * np.exp(order * x + self._splines[2](x))).sum()
        last, left = float(self.times[-1]), float(np.exp(self.log_survival[-1]))
        tail = sum(
            comb(order - 1, k) * last ** (order - 1 - k) * factorial(k) / self.rate ** (k + 1) for k in range(order)
        )
        return float(self.times[0] ** order + order * (inner + left * tail))

    def mean(self) -> float:
        """Return the mean exit time."""
        return self.moment(1)

    def variance(self) -> float:
        """Return the variance of the exit time."""
        return self.moment(2) - self.moment(1) ** 2

    def laplace(self, s: float) -> float:
        """Return the mean of ``exp(-s t)`` for s >= 0.

        Raises
        ------
        DomainError
            If s is not a finite number from zero on.
        FokkerError
            For a record without its generator, such as one from a file.
        """
        if self.transform is None:
            raise FokkerError(
                explain(
                    "the Laplace transform needs the generator, which this record does not have.",
                    given="a record loaded from a file, or extrapolated",
                    try_="lambda g: fokker.exit_time(g, target, initial).laplace(s), itself or in fokker.extrapolate",
                )
            )
        return float(sum(self.transform(s).values()))

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draw the density between two far quantiles, and the survival probability on a second scale.

        The time has a logarithmic scale where the quantiles 0.001 and 0.999 are more than a factor 100 apart.
        """
        from fokker.results.plot_line import draw

        low, high = (float(q) for q in self.quantile(_DRAWN))
        low = max(low, float(self.times[0]))  # what has stopped at the first time may be more
        log = high > _DECADES * low
        t = (np.geomspace if log else np.linspace)(low, high, 400)
        ax = draw(ax, t, self.pdf(t), "time", "density of the exit time (1/time)", **style)
        if log:
            ax.set_xscale("log")
        right = ax.twinx()
        right.plot(t, self.survival(t), color="0.5", linestyle="--")
        right.set(ylabel="survival probability (dashed)", ylim=(0.0, 1.02))
        return ax

    def save(self, path: str) -> None:
        """Write the record to an npz file; read it with `fokker.load`, without the Laplace transform."""
        arrays = {
            "times": self.times,
            "log_density": self.log_density,
            "log_cdf": self.log_cdf,
            "log_survival": self.log_survival,
            "rate": np.array([self.rate]),
            "labels": np.array(list(self.split)),
            "split": np.stack(list(self.split.values())),
            "tail_split": np.array([self.tail_split[label] for label in self.split]),
        }
        export.save(path, "ExitLaw", (), (), arrays, self.info)

    def __repr__(self) -> str:
        return (
            f"Exit law through {', '.join(self.split)}\n"
            f"  mean      {self.mean():.6g} (time)\n"
            f"  quantiles {self.quantile(0.05):.6g} .. {self.quantile(0.95):.6g} (5 % to 95 %)\n"
            f"  tail      exponential with rate {self.rate:.6g} (1/time)\n"
            f"  method    {self.info.method}\n"
            f"  warnings  {'; '.join(self.info.warnings) or 'none'}"
        )

    def _repr_html_(self) -> str:
        from fokker.notebook import record_html

        return record_html(repr(self), self.plot)


def exit_law_from(arrays: Mapping[str, NDArray[Any]], info: Info) -> ExitLaw:
    """Return the law that `ExitLaw.save` wrote as these arrays."""
    labels = [str(label) for label in arrays["labels"]]
    return ExitLaw(
        arrays["times"],
        arrays["log_density"],
        arrays["log_cdf"],
        arrays["log_survival"],
        dict(zip(labels, arrays["split"], strict=True)),
        float(arrays["rate"][0]),
        dict(zip(labels, arrays["tail_split"].tolist(), strict=True)),
        info,
    )


def _numbers(given: ArrayLike) -> Array | None:
    try:
        return np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        return None


def _like(given: ArrayLike, values: Array) -> Any:
    return float(values) if np.ndim(given) == 0 else values

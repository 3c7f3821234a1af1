"""Laws on v > 0 that are given by the logarithm of a weight: integrals in ln v."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

import numpy as np
from numpy.typing import ArrayLike

from fokker.errors import MomentError
from fokker.theory._check import Array, Floats, positive, refuse, tidy

_FAR = 46.0  # decay at the ends of an integral: e^-46 is 1e-20


class Process(NamedTuple):
    """An Ito process on v > 0: functions of v [v/time], [v^2/time]."""

    drift: Callable[[Array], Array]
    diffusion: Callable[[Array], Array]


@dataclass(frozen=True)
class HalfLineLaw:
    """A stationary law on v > 0 and the Ito process it belongs to.

    Parameters
    ----------
    drift, diffusion
        Functions of v [v/time], [v^2/time].
    weigh
        ln of the law before it is normalised, at v = e^y, as a function of y down to where v underflows.
    tail
        c in p ~ v^-c for large v.

    Examples
    --------
    >>> law = HalfLineLaw(lambda v: 2 - v, lambda v: v, lambda y: y - np.exp(y), np.inf)  # v e^-v
    >>> round(law.norm(), 12), round(law.moment(1), 12), round(law.log_density(1.0), 12)
    (1.0, 2.0, -1.0)
    """

    drift: Callable[[Array], Array]
    diffusion: Callable[[Array], Array]
    weigh: Callable[[Array], Array]
    tail: float

    def log_weight(self, v: ArrayLike) -> Floats:
        """Return ln of the law before it is normalised, v > 0."""
        return tidy(self.weigh(np.log(positive("v", v, "the output of the network"))))

    def log_integral(self, power: float = 0.0) -> float:
        """Return ln of the integral of v^power exp(log_weight), by the trapezium rule in ln v.

        The rule converges like e^(-c/h) here; h is halved until nothing changes.

        Raises
        ------
        MomentError
            The integral is infinite at the upper end.
        """
        if power >= self.tail - 1:
            no_moment(power, f"an order below {self.tail - 1:.6g}")

        def logs(y: Array) -> Array:
            return np.asarray(self.weigh(y) + (power + 1) * y)

        lo, hi = _window(logs)
        h, before = 0.05, np.inf
        while h > 5e-4:
            values = logs(np.asarray(lo + h * np.arange(int((hi - lo) / h) + 2), dtype=float))
            top = float(values.max())
            now = top + float(np.log(h * np.exp(values - top).sum()))
            if abs(now - before) < 1e-13 * (1 + abs(now)):  # then the finer one is at rounding
                break
            h, before = h / 2, now
        return now

    def norm(self) -> float:
        """Return the integral of exp(log_weight)."""
        return float(np.exp(self.log_integral()))

    def moment(self, power: float) -> float:
        """Return <v^power>."""
        return float(np.exp(self.log_integral(power) - self.log_integral()))

    def log_density(self, v: ArrayLike) -> Floats:
        """Return ln p(v), v > 0."""
        return tidy(np.asarray(self.log_weight(v)) - self.log_integral())


def _window(logs: Callable[[Array], Array]) -> tuple[float, float]:
    """Return the stretch of ln v outside which an integrand is below 1e-20 of its maximum."""
    coarse = np.arange(-20.0, 20.0, 0.25)
    values = logs(coarse)
    top = float(values.max())
    ends = [float(coarse[values.argmax()])] * 2
    for side, sign in enumerate((-1.0, 1.0)):
        step = 0.5
        while step < 1e6 and logs(np.array([ends[side]]))[0] > top - _FAR:
            ends[side] += sign * step
            step *= 1.25
    return ends[0], ends[1]


def no_moment(power: float, accepted: str) -> NoReturn:
    refuse(
        "The moment is infinite: the law falls too slowly.",
        given=f"order {power:g}",
        accepted=accepted,
        hint="a lower order, or quantiles",
        error=MomentError,
    )

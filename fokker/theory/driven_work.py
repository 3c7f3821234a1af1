"""Work done on a Brownian particle in a harmonic trap that is moved and stiffened in steps, at one temperature.

The trap U_k = c_k (x - a_k)^2/2 jumps to the next one at once, which costs the work U_{k+1}(x) - U_k(x), and then rests
for a dwell time. From equilibrium in the first trap, G(l) = <exp(-l W/T)> follows the weighted law, which stays
Gaussian. Jarzynski: G(1) = exp(-dF/T). Crooks: G(l) = exp(-dF/T) G_reversed(1 - l).

References
----------
Jarzynski, Phys. Rev. Lett. 78 (1997) 2690; Crooks, Phys. Rev. E 60 (1999) 2721; Mazonka and Jarzynski,
arXiv cond-mat/9912121 (a trap that moves).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fokker.theory._check import Array, positive, real, refuse, scalar


@dataclass(frozen=True)
class Trap:
    """A harmonic trap that is moved and stiffened in steps.

    Parameters
    ----------
    stiffness, centres
        c_k > 0 [energy/x^2] and a_k [x], as many of the one as of the other, two or more.
    dwell
        Time at each trap after a step [time].
    mobility, temperature
        Speed by force, and T [energy].

    Examples
    --------
    >>> trap = Trap([1.0, 1.0, 1.0], [0.0, 0.5, 1.0], dwell=0.3, mobility=1.0, temperature=0.5)
    >>> round(trap.mean_work(), 12), round(trap.log_generating(1.0), 12) + 0.0
    (0.43520455517, 0.0)
    """

    stiffness: ArrayLike
    centres: ArrayLike
    dwell: float
    mobility: float
    temperature: float

    def __post_init__(self) -> None:
        c, a = positive("stiffness", self.stiffness, "a curvature"), real("centres", self.centres)
        if c.ndim != 1 or c.shape != a.shape or len(c) < 2:
            refuse(
                "A protocol is a list of traps.",
                given=f"stiffness of shape {c.shape}, centres of shape {a.shape}",
                accepted="two lists of one length, 2 or more",
                hint="[1.0, 1.0], [0.0, 1.0] for one step to the right",
            )
        for name, meaning in (("dwell", "a time"), ("mobility", "a mobility"), ("temperature", "a temperature")):
            scalar(positive(name, getattr(self, name), meaning), name)

    def reversed(self) -> Trap:
        """Return the protocol run backward."""
        c, a = self._lists()
        return Trap(c[::-1], a[::-1], self.dwell, self.mobility, self.temperature)

    def free_energy_difference(self) -> float:
        """Return dF = (T/2) ln(c_last/c_first) [energy]: the place of a trap costs nothing."""
        c, _ = self._lists()
        return float(self.temperature / 2 * np.log(c[-1] / c[0]))

    def log_generating(self, share: float) -> float:
        """Return ln <exp(-share W/T)>.

        Raises
        ------
        FokkerError
            Where the mean is infinite: a weight that grows faster than the law falls.
        """
        part = scalar(real("share", share), "share")
        c, a = self._lists()
        mean, precision, log = float(a[0]), float(c[0] / self.temperature), 0.0
        for k in range(len(c) - 1):
            # exp of -quadratic + linear x - constant, over the Gaussian
            quadratic = part * (c[k + 1] - c[k]) / self.temperature
            linear = part * (c[k + 1] * a[k + 1] - c[k] * a[k]) / self.temperature
            constant = part * (c[k + 1] * a[k + 1] ** 2 - c[k] * a[k] ** 2) / (2 * self.temperature)
            grown, push = precision + quadratic, precision * mean + linear
            if grown <= 0:
                refuse(
                    "The mean of exp(-share W/T) is infinite.",
                    given=f"share={part:g}, at step {k + 1}",
                    accepted="0 <= share <= 1, and a neighbourhood",
                    hint="a share nearer to 0 or 1",
                )
            log += 0.5 * np.log(precision / grown) + push**2 / (2 * grown) - precision * mean**2 / 2 - constant
            mean, precision = self._rested(k + 1, push / grown, grown)
        return float(log)

    def mean_work(self) -> float:
        """Return <W> [energy]."""
        c, a = self._lists()
        mean, precision, work = float(a[0]), float(c[0] / self.temperature), 0.0
        for k in range(len(c) - 1):
            after, before = ((c[j] * ((mean - a[j]) ** 2 + 1 / precision) / 2) for j in (k + 1, k))
            work += after - before
            mean, precision = self._rested(k + 1, mean, precision)
        return float(work)

    def _rested(self, k: int, mean: float, precision: float) -> tuple[float, float]:
        """Return mean and precision of the law after the dwell time in trap k."""
        c, a = self._lists()
        left = np.exp(-self.mobility * c[k] * self.dwell)
        final = self.temperature / c[k]
        return float(a[k] + (mean - a[k]) * left), float(1 / (final + (1 / precision - final) * left**2))

    def _lists(self) -> tuple[Array, Array]:
        return np.asarray(self.stiffness, dtype=float), np.asarray(self.centres, dtype=float)


def free_energy_difference(
    before: Callable[..., Any],
    after: Callable[..., Any],
    temperature: float,
    interval: tuple[float, float],
) -> float:
    """Return dF = -T ln(Z_after/Z_before) [energy] on a finite interval, by quadrature.

    Examples
    --------
    >>> round(free_energy_difference(lambda x: 0.0, lambda x: 2.0, 0.5, (0.0, 1.0)), 12)
    2.0
    """
    from scipy.integrate import quad

    t = scalar(positive("temperature", temperature, "a temperature"), "temperature")
    sums = [quad(lambda x, u=u: np.exp(-u(x) / t), *interval, epsabs=0.0, epsrel=1e-13)[0] for u in (before, after)]
    return float(-t * np.log(sums[1] / sums[0]))

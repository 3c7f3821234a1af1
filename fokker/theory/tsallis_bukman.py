"""The Tsallis-Bukman solution: a q-Gaussian at all times, of its own *nonlinear* equation.

    p_t = -d/dx [(k1 - k2 x) p] + D d^2/dx^2 p^v,    v = 2 - q.

It is not a solution of the linear equation with state-dependent noise, whose stationary law has the same
form.

References
----------
Tsallis and Bukman, Phys. Rev. E 54 (1996) R2197 (the case mu = 1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from fokker.theory._check import Floats, not_negative, positive, real, refuse, scalar, tidy
from fokker.theory._gamma import log_half_step


@dataclass(frozen=True)
class TsallisBukman:
    """A q-Gaussian p = (1/Z) [1 + (q - 1) b (x - X)^2]^(-1/(q-1)) that moves and breathes.

    X = k1/k2 + (X0 - k1/k2) e^(-k2 t), b Z^2 constant and Z^(1+v) = Z0^(1+v) [(1 - 1/K) e^(-(1+v) k2 t) +
    1/K].

    Parameters
    ----------
    q
        1 < q < 2 [1].
    k1, k2
        Drift k1 - k2 x, k2 > 0 [1/time].
    diffusion
        D > 0.
    Z0, X0
        Z [x] and X [x] at time 0; the density at its maximum is 1/Z.

    Examples
    --------
    >>> law = TsallisBukman(q=1.2, k1=0.3, k2=2.0, diffusion=0.4, Z0=1.0, X0=1.0)
    >>> round(law.K, 11), round(law.Z(0.1), 12), round(law.density(0.5, 0.1), 12)
    (0.84696238408, 1.029989226078, 0.650960111185)
    """

    q: float
    k1: float
    k2: float
    diffusion: float
    Z0: float
    X0: float

    def __post_init__(self) -> None:
        for name in ("q", "k1", "X0"):
            scalar(real(name, getattr(self, name)), name)
        for name, meaning in (("k2", "a restoring rate"), ("diffusion", "a diffusion"), ("Z0", "a width")):
            scalar(positive(name, getattr(self, name), meaning), name)
        if not 1 < self.q < 2:
            refuse(
                "This form of the solution has heavy tails, and its equation must spread: 1 < q < 2.",
                given=f"q={self.q!r}",
                accepted="1 < q < 2",
                hint="q -> 1 is the Ornstein-Uhlenbeck process",
            )

    @property
    def v(self) -> float:
        """Exponent of the nonlinear diffusion, 2 - q."""
        return 2 - self.q

    @property
    def shape(self) -> float:
        """Constant b Z^2 = (pi/(q-1)) [Gamma(1/(q-1) - 1/2)/Gamma(1/(q-1))]^2."""
        m = 1 / (self.q - 1)
        return float(np.pi * m * np.exp(-2 * log_half_step(m - 0.5)))

    @property
    def K(self) -> float:
        """K = k2 Z0^(1+v)/(2 v D b Z^2): one where the initial width is the stationary one."""
        return float(self.k2 * self.Z0 ** (1 + self.v) / (2 * self.v * self.diffusion * self.shape))

    def Z(self, time: ArrayLike) -> Floats:
        """Return Z(t) [x]."""
        t = not_negative("time", time, "a time after the start")
        power = 1 + self.v
        return tidy(self.Z0 * ((1 - 1 / self.K) * np.exp(-power * self.k2 * t) + 1 / self.K) ** (1 / power))

    def centre(self, time: ArrayLike) -> Floats:
        """Return X(t) [x]."""
        t = not_negative("time", time, "a time after the start")
        return tidy(self.k1 / self.k2 + (self.X0 - self.k1 / self.k2) * np.exp(-self.k2 * t))

    def density(self, x: ArrayLike, time: ArrayLike) -> Floats:
        """Return p(x, t) [1/x]."""
        z = np.asarray(self.Z(time))
        y = (real("x", x) - np.asarray(self.centre(time))) / z
        return tidy(np.exp(-np.log1p((self.q - 1) * self.shape * y**2) / (self.q - 1)) / z)

    def rate_of_change(self, x: ArrayLike, time: ArrayLike) -> Floats:
        """Return dp/dt [1/(x time)].

        Examples
        --------
        >>> law = TsallisBukman(q=1.2, k1=0.3, k2=2.0, diffusion=0.4, Z0=1.0, X0=1.0)
        >>> numeric = (law.density(0.5, 0.1001) - law.density(0.5, 0.0999)) / 2e-4
        >>> round(law.rate_of_change(0.5, 0.1) - numeric, 6)
        0.0
        """
        t = not_negative("time", time, "a time after the start")
        z, power = np.asarray(self.Z(t)), 1 + self.v
        growth = -self.k2 * (1 - (self.Z0 / z) ** power / self.K)  # Z'/Z
        velocity = -(self.X0 - self.k1 / self.k2) * self.k2 * np.exp(-self.k2 * t)  # X'
        y = (real("x", x) - np.asarray(self.centre(t))) / z
        slope = 2 * self.shape * y / (1 + (self.q - 1) * self.shape * y**2)  # -d ln p / dy
        return tidy(np.asarray(self.density(x, t)) * (slope * (velocity / z + y * growth) - growth))

    def noise_at(self, x: ArrayLike, time: ArrayLike) -> Floats:
        """Return D p^(v-1) [x^2/time], by which the equation reads dp/dt = -d/dx [(k1 - k2 x) p] + d^2/dx^2 [D p^v].

        Read as the diffusion of a linear equation in Ito's convention it is a parabola in x that moves and breathes
        with the law.

        Examples
        --------
        >>> law = TsallisBukman(q=1.2, k1=0.3, k2=2.0, diffusion=0.4, Z0=1.0, X0=1.0)
        >>> [round(law.noise_at(x, 0.0), 6) for x in (1.0, 2.0)]
        [0.4, 0.695172]
        """
        return tidy(self.diffusion * np.asarray(self.density(x, time)) ** (1 - self.q))

"""Exact transition density of the linear power-law dynamic with tail index 2 (rho = 0).

nu = 2 is kappa = 3/2 (isothermal), 1 (Stratonovich) or 1/2 (Ito). With x = s sinh u, T = delta t, z = u - u0,

    p_u = (cosh u0/cosh u) e^-T (4 pi T)^(-1/2) e^(-z^2/4T)
          + (1/4) sech^2 u [erf(z/(2 sqrt T) + sqrt T) - erf(z/(2 sqrt T) - sqrt T)],    p_x = p_u/(s cosh u).

References
----------
Wong, Proc. Symp. Appl. Math. 16 (1964) 264 (spectral form); the reflectionless Poeschl-Teller kernel.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import erfc

from fokker.theory._check import Floats, positive, real, refuse, scalar, tidy
from fokker.theory.power_law import PowerLaw


def density(x: ArrayLike, time: ArrayLike, law: PowerLaw, alpha: float, start: ArrayLike = 0.0) -> Floats:
    """Return the density [1/x] at x after a time, started at a point.

    Parameters
    ----------
    x, time, start
        Points [x], times > 0 [time] and starting points [x]; they broadcast.
    law, alpha
        Parameters and convention, with nu = 2 and rho = 0.

    Raises
    ------
    FokkerError
        nu is not 2, the noise is correlated, or a time is not positive.

    Examples
    --------
    >>> law = PowerLaw.from_kappa(1.5, eps=2.0, curvature=3.0)  # s = 1, delta = 1
    >>> round(density(0.0, 0.1, law, alpha=1), 12)
    0.979810706348
    """
    nu = law.tail_index(alpha)
    if abs(nu - 2) > 1e-12 or law.rho != 0:
        refuse(
            "The closed transition density is that of nu = 2 and uncorrelated noise.",
            given=f"nu={nu:.6g}, rho={law.rho!r}",
            accepted="kappa = 1/2 + alpha, rho = 0",
            hint="fokker.propagate for other laws",
        )
    t = law.delta * positive("time", time, "the time since the start")
    r, r0 = real("x", x) / law.core_width, real("start", start) / law.core_width
    root = np.sqrt(t)
    shift = np.abs(np.arcsinh(r) - np.arcsinh(r0)) / (2 * root)
    stretch = np.sqrt((1 + r0**2) / (1 + r**2))
    free = stretch * np.exp(-t - shift**2) / np.sqrt(4 * np.pi * t)
    bound = (erfc(shift - root) - erfc(shift + root)) / (4 * (1 + r**2))
    return tidy((free + bound) / (law.core_width * np.sqrt(1 + r**2)))


def distance_from_family(time: float, law: PowerLaw, alpha: float) -> tuple[float, float]:
    """Return the smallest L1 distance between the law started at 0 and a q-Gaussian of its exponent, and its width [x].

    The minimum over the width of the q-Gaussians about 0, by quadrature in u = asinh(x/s).

    Raises
    ------
    FokkerError
        As for `density`, or where more than one time is given.

    Examples
    --------
    >>> law = PowerLaw.from_kappa(1.5, eps=2.0, curvature=3.0)
    >>> [round(distance_from_family(t, law, alpha=1)[0], 4) for t in (0.02, 0.1, 0.5, 2.0)]
    [0.1967, 0.1604, 0.0683, 0.0059]
    """
    from scipy.optimize import minimize_scalar

    t = scalar(positive("time", time, "the time since the start"), "time")
    u = np.linspace(-20.0, 20.0, 80001)
    x, weight = law.core_width * np.sinh(u), law.core_width * np.cosh(u) * (u[1] - u[0])
    exact = np.asarray(density(x, t, law, alpha))

    def gap(log_width: float) -> float:
        width = law.core_width * np.exp(log_width)
        return float(weight @ np.abs(exact - (1 + (x / width) ** 2) ** -1.5 / (2 * width)))

    best = minimize_scalar(gap, bounds=(-6.0, 1.0), method="bounded", options={"xatol": 1e-10})
    return float(best.fun), float(law.core_width * np.exp(best.x))

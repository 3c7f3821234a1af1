"""Exact exit times of the linear power-law dynamic (rho = 0) from an interval about the minimum, for every
nu.

With r = x/s, in units of 1/delta, the mean time to leave |x| < R from x0 is F(R/s) - F(x0/s), where

    F(r) = (r^2/2) 3F2(1, 1, 1 - nu/2; 2, 3/2; -r^2),

a polynomial when nu is even. The convention enters through nu = 2 kappa + 1 - 2 alpha alone, because x = s
sinh u turns the dynamic into du = -delta nu tanh(u) dt + sqrt(2 delta) dB.

References
----------
Wong, Proc. Symp. Appl. Math. 16 (1964) 264; Forman and Sorensen, Scand. J. Statist. 35 (2008) 438 (Student
diffusion).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fokker.theory import _multiprecision
from fokker.theory._check import Floats, not_negative, positive, real, refuse, scalar, show, tidy
from fokker.theory._gamma import log_half_step
from fokker.theory.power_law import PowerLaw, normalisable_index

FLOAT_DPS = 25
LARGEST_POLYNOMIAL = 40


def exit_function(r: ArrayLike, nu: ArrayLike) -> Floats:
    """Return F(r) [1], the mean time (in units of 1/delta) to reach |x| = r s from the minimum.

    Even nu up to 40 by its polynomial, nu = 1 by r arctan r - ln(1 + r^2)/2, others by the 3F2 in mpmath.

    Parameters
    ----------
    r
        Distance in units of the core width, >= 0.
    nu
        Tail index, > 0. Both broadcast.

    Raises
    ------
    FokkerError
        A negative distance or index.

    Examples
    --------
    >>> exit_function(3.0, 4.0)  # r^2/2 + r^4/6
    18.0
    >>> round(exit_function(1.0, 9.0), 12)
    1.607622113515
    """
    radii = not_negative("r", r, "a distance in units of the core width")
    indices = positive("nu", nu, "the tail index")
    return tidy(np.vectorize(_one, otypes=[float])(radii, indices))


def exit_function_mp(r: Any, nu: Any, dps: int = 30) -> Any:
    """Return F(r) as an mpmath number with ``dps`` digits, by the 3F2.

    Examples
    --------
    >>> import mpmath
    >>> mpmath.nstr(exit_function_mp(1, 3, dps=25), 20)
    '0.57474091217164132151'
    """
    mp = _multiprecision.load()
    with mp.workdps(_multiprecision.digits(dps) + 5):
        r, nu = mp.mpf(r), mp.mpf(nu)
        if not (r >= 0 and nu > 0):
            refuse(
                "The exit function needs a distance r >= 0 and a tail index nu > 0.",
                given=f"r={show(r)}, nu={show(nu)}",
                accepted="r >= 0, nu > 0",
                hint="r = R/s, nu = 2 kappa + 1 - 2 alpha",
            )
        return r**2 / 2 * mp.hyp3f2(1, 1, 1 - nu / 2, 2, mp.mpf(3) / 2, -(r**2))


def exit_coefficients(nu: int) -> tuple[float, ...]:
    """Return (c_1, ..., c_{nu/2}) of F(r) = sum c_k r^(2k) for even nu.

    c_1 = 1/2, c_{k+1} = c_k 2k (nu - 2k)/((2k + 2)(2k + 1)).

    Examples
    --------
    >>> exit_coefficients(4)
    (0.5, 0.16666666666666666)
    """
    if nu < 2 or nu % 2:
        refuse(
            "F is a polynomial only for even nu.",
            given=f"nu={show(nu)}",
            accepted="2, 4, 6, ...",
            hint="exit_function, for every nu > 0",
        )
    terms = [0.5]
    for k in range(1, int(nu) // 2):
        terms.append(terms[-1] * 2 * k * (nu - 2 * k) / ((2 * k + 2) * (2 * k + 1)))
    return tuple(terms)


def exit_function_large(r: ArrayLike, nu: ArrayLike) -> Floats:
    """Return the leading order of F for r -> infinity: r^nu sqrt(pi) Gamma(nu/2)/(2 nu Gamma((nu+1)/2)).

    The exit time grows like the width to the power nu.

    Examples
    --------
    >>> round(exit_function_large(1e3, 4.0) / exit_function(1e3, 4.0), 5)
    1.0
    """
    radii, n = positive("r", r, "a distance in units of the core width"), positive("nu", nu, "the tail index")
    return tidy(np.exp(n * np.log(radii) - log_half_step(n / 2)) * np.sqrt(np.pi) / (2 * n))


def two_sided(law: PowerLaw, radius: ArrayLike, alpha: float, start: ArrayLike = 0.0) -> Floats:
    """Return the mean time [time] to leave |x| < R from x0: [F(R/s) - F(x0/s)]/delta.

    Parameters
    ----------
    law, alpha
        Parameters (rho = 0) and convention.
    radius
        R > 0 [x].
    start
        x0 with |x0| <= R [x].

    Raises
    ------
    FokkerError
        Correlated noise, or a start outside the interval.
    NormalisationError
        nu <= 0.

    Examples
    --------
    >>> law = PowerLaw.from_kappa(1.5, eps=0.2, curvature=2.0)
    >>> round(two_sided(law, 1.5, alpha=1), 12)
    11.25
    """
    nu = _student(law, alpha)
    far, x0 = positive("radius", radius, "half the width of the interval"), np.abs(real("start", start))
    _inside(far, x0, "|start| <= radius")
    gain = np.asarray(exit_function(far / law.core_width, nu)) - exit_function(x0 / law.core_width, nu)
    return tidy(gain / law.delta)


def one_sided(law: PowerLaw, target: ArrayLike, alpha: float, start: ArrayLike = 0.0) -> Floats:
    """Return the mean time [time] to reach x = R from x0 < R with nothing on the left but the well itself.

    [F(R/s) - F(x0/s)]/delta + (Z/2) int_{x0}^R dy/(D p), where the last integral of 1/(D p) = (2/eps)(1 +
    y^2/s^2)^(m-1) is y 2F1(1/2, 1 - m; 3/2; -y^2/s^2)(2/eps).

    Parameters
    ----------
    law, alpha
        Parameters (rho = 0) and convention.
    target, start
        R and x0 <= R [x].

    Examples
    --------
    >>> law = PowerLaw.from_kappa(1.0, eps=0.2, curvature=2.0)
    >>> round(one_sided(law, 1.5, alpha=1), 12)
    12.337814064504
    """
    _student(law, alpha)
    far, x0 = real("target", target), real("start", start)
    _inside(far, x0, "start <= target")

    def single(a: float, b: float) -> float:
        return _one_sided(law, a, b, alpha)

    return tidy(np.vectorize(single, otypes=[float])(x0, far))


def _one_sided(law: PowerLaw, start: float, target: float, alpha: float) -> float:
    mp, nu = _multiprecision.load(), law.tail_index(alpha)
    with mp.workdps(FLOAT_DPS):
        half = mp.mpf(1) / 2
        near, far = mp.mpf(start) / law.core_width, mp.mpf(target) / law.core_width
        # in units of s and 1/delta: D = 1 + r^2, so 1/(D p) = (1 + r^2)^((nu-1)/2)
        mass = mp.sqrt(mp.pi) * mp.gamma(mp.mpf(nu) / 2) / mp.gamma(mp.mpf(nu + 1) / 2)
        front = far * mp.hyp2f1(half, (1 - mp.mpf(nu)) / 2, 3 * half, -(far**2))
        back = near * mp.hyp2f1(half, (1 - mp.mpf(nu)) / 2, 3 * half, -(near**2))
        inner = exit_function_mp(abs(far), nu, FLOAT_DPS) - exit_function_mp(abs(near), nu, FLOAT_DPS)
        return float((inner + mass / 2 * (front - back)) / law.delta)


def _one(r: float, nu: float) -> float:
    if nu % 2 == 0 and nu <= LARGEST_POLYNOMIAL:
        return float(np.polynomial.polynomial.polyval(r * r, (0.0, *exit_coefficients(int(nu)))))
    if nu == 1 and r > 0.1:
        return float(r * np.arctan(r) - np.log1p(r * r) / 2)
    return float(exit_function_mp(r, nu, FLOAT_DPS))


def _student(law: PowerLaw, alpha: float) -> float:
    if law.rho != 0:
        refuse(
            "The closed exit time is that of uncorrelated noise.",
            given=f"rho={law.rho!r}",
            accepted="rho = 0",
            hint="fokker.theory.passage.mean_time, by quadrature",
        )
    return normalisable_index(law, scalar(np.asarray(alpha, dtype=float), "alpha"))


def _inside(far: Any, near: Any, accepted: str) -> None:
    if not np.all(near <= far):
        refuse(
            "The start lies beyond the exit.",
            given=f"start={show(near)}, exit={show(far)}",
            accepted=accepted,
            hint="exchange the two",
        )

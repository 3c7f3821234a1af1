"""The smallest network that shows thermophoresis: one ReLU unit f(x) = v max(x + b, 0) with random labels.

Inputs are uniform on (-1, 1), labels y = +-1 are random, and the loss -y f is that of poor predictions. The gradient
has no mean, and with a batch of B its covariance is C/B. For -1 < b < 1, with p = 1 + b (twice the activation rate),

    C_vv = p^3/6,   C_vb = v p^2/4,   C_bb = v^2 p/2,   det C = v^2 p^4/48;

C = 0 for b <= -1, a dead unit; beyond b = 1 it is C_vv = 1/3 + b^2, C_vb = v b, C_bb = v^2. In the time tau =
eta^2 steps/B the density obeys rho_tau = (1/2) d_i d_j (C_ij rho), for every batch size.

References
----------
Implicit regularization of SGD via thermophoresis, OpenReview W1uVrPNO8Bw (2020).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from fokker.theory._check import Array, Floats, not_negative, real, refuse, scalar, tidy, whole


class Series(NamedTuple):
    """A Taylor polynomial in tau and the size of its last term."""

    value: float
    last_term: float


Polynomial = dict[tuple[int, int], float]
"""Coefficients of v^a p^c by (a, c)."""

SECOND_MOMENT: Polynomial = {(2, 0): 1.0}


def covariance(v: ArrayLike, b: ArrayLike) -> Array:
    """Return C of one sample's gradient [gradient^2], shape (2, 2, ...), at weights v and biases b.

    Examples
    --------
    >>> covariance(0.7, -0.2).round(12).tolist()
    [[0.085333333333, 0.112], [0.112, 0.196]]
    """
    weight, bias = np.broadcast_arrays(real("v", v), real("b", b))
    p = np.clip(1 + bias, 0, 2)
    whole_line = bias > 1
    first = np.where(whole_line, 1 / 3 + bias**2, p**3 / 6)
    cross = weight * np.where(whole_line, bias, p**2 / 4)
    return np.array([[first, cross], [cross, weight**2 * p / 2]])


def force(v: ArrayLike, b: ArrayLike) -> tuple[Floats, Floats]:
    """Return the flux at uniform unit density, -(1/2) div C, along v and b, for -1 < b < 1 [1/tau].

    It points to smaller |v| and to more negative b. A flux, not a velocity: the means do not move.

    Examples
    --------
    >>> [round(part, 12) for part in force(0.7, -0.2)]
    [-0.14, -0.2025]
    """
    weight, bias = real("v", v), real("b", b)
    if not (np.all(bias > -1) and np.all(bias < 1)):
        _refuse_bias("b", bias)
    return tidy(-weight * (1 + bias) / 4), tidy(-((1 + bias) ** 2 / 4 + weight**2 / 2) / 2)


def second_moment(v: float, b: float, time: float, terms: int = 6) -> Series:
    """Return E v^2 at the time tau after a start at a point, by its Taylor polynomial.

    The generator L = (1/2) C_ij d_i d_j turns polynomials of v and p into others, so that the terms tau^k L^k v^2/k!
    are exact numbers: v^2 + tau p^3/6 + tau^2 v^2 p^2/8 + ... . The formulas of -1 < b < 1 are used, which is right
    while hardly any weight leaves this interval.

    Parameters
    ----------
    v, b
        The start; -1 < b < 1.
    time
        tau >= 0.
    terms
        The highest power of tau.

    Returns
    -------
    Series
        The value and the size of its last term.

    Examples
    --------
    >>> value, last = second_moment(0.5, 0.0, 0.5)
    >>> round(value, 4), last < 1e-4
    (0.3444, True)
    """
    return _series(SECOND_MOMENT, v, b, time, terms)


def activation_moment(v: float, b: float, time: float, power: int, terms: int = 6) -> Series:
    """Return E p^n, p = 1 + b, at the time tau after a start at a point, as `second_moment` does; n = 1 is conserved.

    >>> activation_moment(0.5, 0.0, 0.5, power=1)
    Series(value=1.0, last_term=0.0)
    """
    return _series({(0, whole("power", power, least=1)): 1.0}, v, b, time, terms)


def cross_moment(v: float, b: float, time: float, terms: int = 6) -> Series:
    """Return E v p at the time tau after a start at a point, as `second_moment` does: it grows, C_vb > 0 for v > 0.

    >>> round(cross_moment(0.5, 0.0, 0.5).value, 4)
    0.5757
    """
    return _series({(1, 1): 1.0}, v, b, time, terms)


def apply_generator(polynomial: Polynomial) -> Polynomial:
    """Return L applied to a polynomial of v and p.

    L v^a p^c = a (a-1)/12 v^(a-2) p^(c+3) + a c/4 v^a p^(c+1) + c (c-1)/4 v^(a+2) p^(c-1).

    Examples
    --------
    >>> apply_generator({(2, 0): 1.0})
    {(0, 3): 0.16666666666666666}
    """
    out: Polynomial = {}
    for (a, c), factor in polynomial.items():
        parts = {
            (a - 2, c + 3): a * (a - 1) / 12,
            (a, c + 1): a * c / 4,
            (a + 2, c - 1): c * (c - 1) / 4,
        }
        for power, part in parts.items():
            if part:
                out[power] = out.get(power, 0.0) + factor * part
    return out


def _series(polynomial: Polynomial, v: float, b: float, time: float, terms: int) -> Series:
    weight, bias = scalar(real("v", v), "v"), scalar(real("b", b), "b")
    tau = scalar(not_negative("time", time, "a time after the start"), "time")
    if not -1 < bias < 1:
        _refuse_bias("b", bias)
    total, factor, term = 0.0, 1.0, 0.0
    for k in range(whole("terms", terms) + 1):
        term = factor * sum(value * weight**a * (1 + bias) ** c for (a, c), value in polynomial.items())
        total += term
        polynomial, factor = apply_generator(polynomial), factor * tau / (k + 1)
    return Series(float(total), float(abs(term)))


def _refuse_bias(name: str, bias: ArrayLike) -> None:
    refuse(
        "This formula holds where the unit is active on a part of the inputs.",
        given=f"{name} from {float(np.min(bias)):g} to {float(np.max(bias)):g}",
        accepted="-1 < b < 1",
        hint="covariance(v, b), which knows all three regimes",
    )

"""What the escape-time theorems share: the double well, its noise, and the bounds on rounding."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

import fokker

Array = NDArray[np.floating[Any]]

UNIT = float(np.finfo(float).eps) / 2  # largest relative error of one rounding
LINE = (-np.inf, np.inf)
CELLS = 500

# L = (x^2 - 1)^2/4 = x^4/4 - x^2/2 + 1/4: minima at -1 and 1, top at 0.
BARRIER, CURVATURE_WELL, CURVATURE_TOP = 0.25, 2.0, 1.0


def loss(x: Array) -> Array:
    """Return L = (x^2 - 1)^2/4."""
    return 0.25 * (x * x - 1.0) ** 2


def double_well(kappa: float, eps: float, alpha: float = 1.0) -> fokker.Problem:
    """Return the double well whose noise follows the loss, D = eps/2 + L/kappa, from callables only."""
    return fokker.Problem(
        drift=lambda x: x - x**3,
        diffusion=lambda x: 0.5 * eps + loss(x) / kappa,
        convention=alpha,
        domain={"x": LINE},
    )


def constant_noise(diffusion: float) -> fokker.Problem:
    """Return the double well with constant noise."""
    return fokker.Problem(drift=lambda x: x - x**3, diffusion=diffusion, domain={"x": LINE})


def log_times(problem: fokker.Problem, cells: int = CELLS) -> tuple[float, float]:
    """Return ln of the mean times from the left minimum to the top and to the right minimum, as solved."""
    generator = fokker.discretize(problem, cells=cells)
    to_top = fokker.mean_first_passage(generator, lambda x: x >= 0.0).log_at(x=-1.0)
    across = fokker.mean_first_passage(generator, lambda x: x >= 1.0).log_at(x=-1.0)
    return float(to_top), float(across)


def log_time_across(problem: fokker.Problem, cells: int = CELLS) -> float:
    """Return ln of the mean time from the left minimum to the right one, as solved."""
    generator = fokker.discretize(problem, cells=cells)
    return float(fokker.mean_first_passage(generator, lambda x: x >= 1.0).log_at(x=-1.0))


def rounding(cells: int, barrier: float) -> float:
    """Return the bound on the relative rounding error of a mean time: (10 cells + 4 barrier) u.

    The elimination is free of subtractions, so errors add at worst: about ten roundings a cell; and a barrier
    of so many kT turns the four roundings of an exponent into a relative error of the time.
    """
    return (10 * cells + 4 * barrier) * UNIT


ROUNDING = "rounding bound $(10 N + 4 B) u$ of an elimination free of subtractions ($N$ cells, barrier $B$ in kT)"


def two_digits(bound: float) -> float:
    """Return a bound rounded up to two digits, as a reader wants it."""
    unit = 10.0 ** (math.floor(math.log10(bound)) - 1)
    return float(f"{math.ceil(bound / unit) * unit:.2g}")


def half_unit(digits: str) -> float:
    """Return half a unit in the last printed digit, relative to the number."""
    number = Decimal(digits)
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    return float(Decimal((0, (5,), exponent - 1)) / abs(number))


def richardson(steps: Array, values: Array) -> tuple[float, float]:
    """Return the limit at step 0 of a series in powers of the step, and the last correction (Neville)."""
    table = np.array(values, dtype=float)
    previous = table[-1]
    for k in range(1, len(steps)):
        previous = table[-1]
        table = (steps[:-k] * table[1:] - steps[k:] * table[:-1]) / (steps[:-k] - steps[k:])
    return float(table[-1]), float(abs(table[-1] - previous))


def ratio_series(y: float) -> tuple[float, float]:
    """Return (c1, c2) in: Lemma 6 / exact time across = 1 + c1/kappa + c2/kappa^2 + ..., y fixed.

    Laplace's method to second order for the two integrals of the double well. With C = 1 + L/d, d = 1/(4 y),
    and Q = 1 + 1/y: the well integral of C^-kappa is W = 1 + (3/8 + 3 d/4)/kappa + (3/4)(25/96 + 15 d/8 + 35
    d^2/8)/kappa^2 times its parabola, the barrier integral of C^(kappa-1) is B = 1 + a/(2 k) + 3 b/(4 k^2) in
    k = kappa - 1, and Lemma 6/exact = sqrt(1 - 1/kappa)/[(1 - 1/(2 kappa)) W B].
    """
    d, q = 1 / (4 * y), 1 + 1 / y
    first, second = -0.5 + q / 4, 1 / 6 - q / 4 + q * q / 8
    a, b = 1.5 * first, 5 * (second / 2 - first**2 / 8)
    series = [
        (3 / 8 + 3 * d / 4, 0.75 * (25 / 96 + 15 * d / 8 + 35 * d * d / 8)),
        (a / 2, a / 2 + 0.75 * b),  # 1/(kappa - 1) = 1/kappa + 1/kappa^2 + ...
        (-0.5, 0.0),  # the prefactor 1 - 1/(2 kappa)
    ]
    c1, c2 = -0.5, -0.125  # sqrt(1 - 1/kappa)
    for s1, s2 in series:  # divide by 1 + s1/kappa + s2/kappa^2
        c1, c2 = c1 - s1, c2 - s2 - s1 * (c1 - s1)
    return c1, c2


def noise_coefficient(kappa: float) -> float:
    """Return c in: fixed-kappa asymptote / exact time across = 1 + c eps + ..., for kappa = 1 or above 3/2.

    With d = kappa eps/2 the exact time is (2/eps) times int (1 + L/d)^-kappa over a well times int (1 +
    L/d)^(kappa-1) over the barrier. Relative to their leading orders these are 1 + 3 d/(4 kappa - 6) and 1 +
    (kappa - 1) d I(kappa-1)/I(kappa), I(kappa) = int (L - L_a)^(kappa-1) dx.
    """
    from fokker.theory.escape import quartic_path_integral

    barrier = 0.0
    if kappa > 1:
        barrier = float((kappa - 1) * quartic_path_integral(kappa - 1, 1.0) / quartic_path_integral(kappa, 1.0))
    return -(barrier + 3 / (4 * kappa - 6)) * kappa / 2

"""Escape over a saddle in several dimensions: dX = -M grad V dt + noise, the noise sqrt(2 D (M + M^T)/2) dW.

Langer's rate from a minimum a over a saddle s is, for D << V(s) - V(a),

    k = (l/2 pi) sqrt(det H_a/|det H_s|) exp(-(V(s) - V(a))/D),

H the Hessian of V and l the one positive eigenvalue of -M H_s, the rate at which the drift leaves the saddle.
M may have an antisymmetric part (rotation, inertia): it only enters through l.

References
----------
Kramers, Physica 7 (1940) 284; Landauer and Swanson, Phys. Rev. 121 (1961) 1668; Langer, Ann. Phys. 54 (1969)
258; Haenggi, Talkner, Borkovec, Rev. Mod. Phys. 62 (1990) 251, section IV; Bouchet and Reygner, Ann. Henri
Poincare 17 (2016) 3499.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fokker.theory._check import Array, exponential, positive, real, refuse, scalar


def unstable_rate(hessian_saddle: ArrayLike, mobility: ArrayLike | None = None) -> float:
    """Return l [1/time], the positive eigenvalue of -M H at the saddle.

    Parameters
    ----------
    hessian_saddle
        H, symmetric, shape (d, d), with one negative eigenvalue.
    mobility
        M, shape (d, d); its symmetric part carries the noise and is positive semi-definite. One by default.

    Raises
    ------
    FokkerError
        The shapes do not fit, H is not symmetric, or the point is not a saddle of index one.

    Examples
    --------
    >>> round(unstable_rate([[0, -1], [-1, 1]]), 12)  # (sqrt(5) - 1)/2
    0.61803398875
    """
    h = _hessian("hessian_saddle", hessian_saddle, negative=1)
    m = _mobility(mobility, len(h))
    rates = np.linalg.eigvals(-m @ h)
    growing = rates[rates.real > 0]
    if len(growing) == 1 and growing[0].imag == 0:
        return float(growing[0].real)
    refuse(
        "The drift leaves a saddle of index one at one real rate.",
        given=f"{len(growing)} growing modes of -M H",
        accepted="a mobility whose symmetric part is positive semi-definite and does not miss the way out",
        hint="check the sign of the mobility",
    )


def log_rate(
    diffusion: float,
    barrier: float,
    hessian_well: ArrayLike,
    hessian_saddle: ArrayLike,
    mobility: ArrayLike | None = None,
) -> float:
    """Return ln of Langer's rate, see :func:`rate`; it serves barriers beyond 700 D.

    >>> round(log_rate(1e-3, 1.0, np.eye(2), np.diag([-1, 1])) + 1000, 12)  # -ln(2 pi)
    -1.837877066409
    """
    d = scalar(positive("diffusion", diffusion, "the noise strength D"), "diffusion")
    height = scalar(positive("barrier", barrier, "the height of the saddle, V(s) - V(a)"), "barrier")
    well = _hessian("hessian_well", hessian_well, negative=0)
    saddle = _hessian("hessian_saddle", hessian_saddle, negative=1)
    _same_size(well, saddle)
    entropy = (np.linalg.slogdet(well)[1] - np.linalg.slogdet(saddle)[1]) / 2
    return float(np.log(unstable_rate(saddle, mobility) / (2 * np.pi)) + entropy - height / d)


def rate(
    diffusion: float,
    barrier: float,
    hessian_well: ArrayLike,
    hessian_saddle: ArrayLike,
    mobility: ArrayLike | None = None,
) -> float:
    """Return Langer's rate k [1/time] from a minimum over one saddle.

    Between two wells alike the mean time from well to well is 1/k, half of it to the dividing surface, and the
    slowest eigenvalue of the generator is 2 k.

    Parameters
    ----------
    diffusion
        D > 0, the temperature in units of V.
    barrier
        V(s) - V(a) > 0.
    hessian_well, hessian_saddle
        Second derivatives of V at the minimum and at the saddle, shape (d, d).
    mobility
        M as in :func:`unstable_rate`.

    Examples
    --------
    >>> round(rate(0.1, 0.25, [[3, -1], [-1, 1]], [[0, -1], [-1, 1]]), 9)
    0.011418559
    """
    return float(np.exp(log_rate(diffusion, barrier, hessian_well, hessian_saddle, mobility)))


def time(
    diffusion: float,
    barrier: float,
    hessian_well: ArrayLike,
    hessian_saddle: ArrayLike,
    mobility: ArrayLike | None = None,
) -> float:
    """Return 1/k [time], the mean time to leave for the next minimum; parameters as :func:`rate`.

    >>> round(time(0.1, 0.25, [[2]], [[-1]]), 6)  # one dimension: Kramers
    54.125395
    """
    log = log_rate(diffusion, barrier, hessian_well, hessian_saddle, mobility)
    return float(exponential(-log, "-langer.log_rate"))


def _hessian(name: str, matrix: ArrayLike, negative: int) -> Array:
    h = real(name, matrix)
    if h.ndim != 2 or h.shape[0] != h.shape[1] or not np.allclose(h, h.T, rtol=1e-12, atol=0.0):
        refuse(
            "A Hessian is a symmetric matrix.",
            given=f"{name} of shape {h.shape}",
            accepted="second derivatives, shape (d, d)",
            hint="[[value]] in one dimension",
        )
    values = np.linalg.eigvalsh(h)
    if np.count_nonzero(values < 0) == negative and np.all(values != 0):
        return h
    refuse(
        f"{name} is the Hessian at a {'saddle of index one' if negative else 'minimum'}.",
        given=f"eigenvalues {values.tolist()!r}",
        accepted=f"{negative} negative eigenvalues, none zero",
        hint="check that the point is stationary; flat directions need another formula",
    )


def _mobility(matrix: ArrayLike | None, size: int) -> Array:
    if matrix is None:
        return np.eye(size)
    m = real("mobility", matrix)
    _same_size(m, np.eye(size))
    return m


def _same_size(one: Array, other: Array) -> None:
    if one.shape != other.shape:
        refuse(
            "The Hessians and the mobility are of one size.",
            given=f"shapes {one.shape} and {other.shape}",
            accepted="matrices of shape (d, d)",
            hint="np.diag(values) for a diagonal mobility",
        )

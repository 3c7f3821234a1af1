"""Relaxation spectrum of the linear power-law dynamic (rho = 0), the Student diffusion.

In the space weighted with the stationary law the (negated) generator has the discrete eigenvalues
lambda_n = delta n (nu - n), n < nu/2, and the continuous spectrum from delta nu^2/4 upward: in x = s sinh u
it is a Poeschl-Teller problem of depth nu/2. The eigenfunctions are Romanovski polynomials.

References
----------
Wong, "The construction of a class of stationary Markoff processes", Proc. Symp. Appl. Math. 16 (1964) 264;
Forman and Sorensen, Scand. J. Statist. 35 (2008) 438.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fokker.theory._check import Array, Floats, positive, refuse, scalar, tidy, whole


def eigenvalues(nu: float, delta: float = 1.0) -> Array:
    """Return the discrete decay rates delta n (nu - n), 0 <= n < nu/2 [1/time], the first 0.

    Parameters
    ----------
    nu
        Tail index, > 0; nu = 2 kappa + 1 - 2 alpha.
    delta
        Unit of rate, > 0; delta = H/(2 kappa).

    Examples
    --------
    >>> eigenvalues(9.0).tolist(), eigenvalues(2.0).tolist()
    ([0.0, 8.0, 14.0, 18.0, 20.0], [0.0])
    """
    index = scalar(positive("nu", nu, "the tail index"), "nu")
    n = np.arange(np.ceil(index / 2))
    return np.asarray(scalar(positive("delta", delta, "a rate"), "delta") * n * (index - n))


def continuum_edge(nu: ArrayLike, delta: ArrayLike = 1.0) -> Floats:
    """Return the lower end delta nu^2/4 of the continuous spectrum [1/time].

    Examples
    --------
    >>> continuum_edge(9.0), continuum_edge(1.0)
    (20.25, 0.25)
    """
    return tidy(positive("delta", delta, "a rate") * positive("nu", nu, "the tail index") ** 2 / 4)


def gap(nu: ArrayLike, delta: ArrayLike = 1.0) -> Floats:
    """Return the smallest positive rate: delta (nu - 1) if nu > 2, else the edge delta nu^2/4 [1/time].

    Examples
    --------
    >>> gap([1.0, 2.0, 5.0]).tolist()
    [0.25, 1.0, 4.0]
    """
    index, unit = positive("nu", nu, "the tail index"), positive("delta", delta, "a rate")
    return tidy(unit * np.where(index > 2, index - 1, index**2 / 4))


def eigenfunction(n: int, nu: float) -> Array:
    """Return the coefficients, rising powers of r = x/s, of the n-th Romanovski polynomial (leading one 1).

    It solves (1 + r^2) f'' - (nu - 1) r f' + n (nu - n) f = 0, so that
    c_j (j (j - nu) + n (nu - n)) = -(j + 2) (j + 1) c_{j+2}.

    Examples
    --------
    >>> eigenfunction(2, 9.0).tolist()  # r^2 - 1/(nu - 2)
    [-0.14285714285714285, 0.0, 1.0]
    """
    order, index = whole("n", n), scalar(positive("nu", nu, "the tail index"), "nu")
    if 2 * order >= index and order > 0:
        refuse(
            f"The eigenvalue number {order} lies in the continuum: its polynomial is not square integrable.",
            given=f"n={order}, nu={index:.6g}",
            accepted=f"n < nu/2 = {index / 2:.6g}",
            hint="continuum_edge(nu)",
        )
    c = np.zeros(order + 1)
    c[order] = 1.0
    for j in range(order - 2, -1, -2):
        c[j] = -(j + 2) * (j + 1) * c[j + 2] / ((order - j) * (index - order - j))
    return c

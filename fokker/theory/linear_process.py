"""Linear processes dX = -A X dt + sqrt(2 D) dW in any dimension: Gaussian steady states, often with a current.

The covariance S solves A S + S A^T = 2 D. The antisymmetric Q = A S - D carries the current: with U = S^-1 the
drift splits as A = (D + Q) U, and the stationary current is J = -Q U x p(x). Without Q there is detailed balance.

References
----------
Gardiner, Handbook of Stochastic Methods, sections 4.4.6 and 5.3; Kwon, Ao, Thouless, PNAS 102 (2005) 13029;
two temperatures: Filliger and Reimann, Phys. Rev. Lett. 99 (2007) 230602.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from fokker.theory._check import Array, Floats, positive, real, refuse, scalar, tidy


class TwoTemperatures(NamedTuple):
    """Steady state of two coupled coordinates in contact with two baths."""

    covariance: Array
    entropy_production: float
    turning: float


def covariance(rate: ArrayLike, diffusion: ArrayLike) -> Array:
    """Return the stationary covariance S [x^2], the solution of A S + S A^T = 2 D.

    Parameters
    ----------
    rate
        The matrix A [1/time], shape (d, d), all eigenvalues with positive real part.
    diffusion
        The symmetric matrix D [x^2/time], shape (d, d), positive semi-definite.

    Raises
    ------
    FokkerError
        The shapes do not fit, D is not symmetric and positive semi-definite, or A has a growing mode.

    Examples
    --------
    >>> covariance([[1.5, -2], [1, 1]], [[1, 0.3], [0.3, 0.5]]).round(12).tolist()
    [[0.88, 0.16], [0.16, 0.34]]
    """
    from scipy.linalg import solve_continuous_lyapunov

    a, d = _matrices(rate, diffusion)
    s: Array = np.asarray(solve_continuous_lyapunov(a, 2 * d), dtype=float)
    return np.asarray((s + s.T) / 2)


def irreversible(rate: ArrayLike, diffusion: ArrayLike) -> Array:
    """Return the antisymmetric matrix Q = A S - D [x^2/time]; zero is detailed balance.

    >>> irreversible([[1.5, -2], [1, 1]], [[1, 0.3], [0.3, 0.5]]).round(12).tolist()
    [[0.0, -0.74], [0.74, 0.0]]
    """
    a, _ = _matrices(rate, diffusion)
    g = a @ covariance(rate, diffusion)
    return (g - g.T) / 2


def current_matrix(rate: ArrayLike, diffusion: ArrayLike) -> Array:
    """Return W = -Q S^-1 [1/time] in the stationary current J(x) = W x p(x).

    >>> (current_matrix([[1, -2], [2, 1]], np.eye(2)).round(12) + 0.0).tolist()
    [[0.0, 2.0], [-2.0, 0.0]]
    """
    s = covariance(rate, diffusion)
    return np.asarray(-np.linalg.solve(s, irreversible(rate, diffusion).T).T)


def entropy_production(rate: ArrayLike, diffusion: ArrayLike) -> float:
    """Return the entropy production tr(Q^T D^-1 Q S^-1) [1/time], in units of k_B; D must be regular.

    >>> round(entropy_production([[1.5, -2], [1, 1]], [[1, 0.3], [0.3, 0.5]]), 12)
    3.339024390244
    """
    _, d = _matrices(rate, diffusion)
    if np.linalg.matrix_rank(d) < len(d):
        refuse(
            "The entropy production needs noise in every direction.",
            given=f"a diffusion matrix of rank {np.linalg.matrix_rank(d)} in {len(d)} dimensions",
            accepted="a positive definite matrix",
            hint="a process with velocities has parity: its entropy production is a different formula",
        )
    q, w = irreversible(rate, diffusion), current_matrix(rate, diffusion)
    return float(np.trace(w.T @ np.linalg.solve(d, -q)))


def turning(rate: ArrayLike, diffusion: ArrayLike) -> float:
    """Return the mean number of turns around the origin in a unit of time, two dimensions, counter-clockwise.

    Q_12/(2 pi sqrt(det S)): the flux of probability across any ray from the origin.

    >>> round(turning([[1, -2], [2, 1]], np.eye(2)) * 2 * np.pi, 12)  # clockwise: here dx/dt = +2 y
    -2.0
    """
    s = covariance(rate, diffusion)
    if s.shape != (2, 2):
        refuse(
            "A ray from the origin divides nothing but a plane.",
            given=f"{len(s)} dimensions",
            accepted="two dimensions",
            hint="current_matrix for the current in any dimension",
        )
    return float(irreversible(rate, diffusion)[0, 1] / (2 * np.pi * np.sqrt(np.linalg.det(s))))


def log_density(x: ArrayLike, rate: ArrayLike, diffusion: ArrayLike) -> Floats:
    """Return ln of the stationary density at points x, shape (..., d).

    >>> round(log_density([0.0, 0.0], [[1, -2], [2, 1]], np.eye(2)), 12)  # -ln(2 pi)
    -1.837877066409
    """
    s, at = covariance(rate, diffusion), real("x", x)
    if at.shape[-1:] != (len(s),):
        refuse(
            "A point has one number a dimension.",
            given=f"x of shape {at.shape} in {len(s)} dimensions",
            accepted=f"x of shape (..., {len(s)})",
            hint="np.stack((x, y), axis=-1)",
        )
    distance = np.einsum("...i,ij,...j->...", at, np.linalg.inv(s), at)
    return tidy(-distance / 2 - (len(s) * np.log(2 * np.pi) + np.linalg.slogdet(s)[1]) / 2)


def rotating(restoring: float, rotation: float) -> Array:
    """Return A = [[k, w], [-w, k]] [1/time]: drift -k x with a rotation at the angular frequency w.

    With D = D0 1 it has S = (D0/k) 1, the entropy production 2 w^2/k and w/(2 pi) turns in a unit of time.
    Counter-clockwise for w > 0.

    >>> round(entropy_production(rotating(2.0, 3.0), 0.1 * np.eye(2)), 12)
    9.0
    """
    k = scalar(positive("restoring", restoring, "a restoring rate"), "restoring")
    w = scalar(real("rotation", rotation), "rotation")
    return np.array([[k, w], [-w, k]])


def two_temperatures(restoring: float, coupling: float, hot: float, cold: float) -> TwoTemperatures:
    """Return the steady state of A = [[k + c, -c], [-c, k + c]], D = diag(T1, T2), written out.

    Two coupled coordinates at two temperatures (a Brownian gyrator): the current has the sign of c (T1 - T2),
    and the entropy production is c^2 (T1 - T2)^2/(2 T1 T2 (k + c)).

    Parameters
    ----------
    restoring, coupling
        k > 0 and c >= 0 [1/time].
    hot, cold
        T1, T2 > 0 [x^2/time]; either may be the hotter.

    Examples
    --------
    >>> state = two_temperatures(1.0, 1.0, 2.0, 1.0)
    >>> state.covariance.round(12).tolist(), state.entropy_production
    ([[1.25, 0.5], [0.5, 0.75]], 0.125)
    """
    k = scalar(positive("restoring", restoring, "a restoring rate"), "restoring")
    c = scalar(real("coupling", coupling), "coupling")
    t = [scalar(positive(n, v, "a temperature"), n) for n, v in (("hot", hot), ("cold", cold))]
    positive("restoring + 2 coupling", k + 2 * c, "the rate of the difference of the two coordinates")
    shared = c * c * (t[0] + t[1])
    own = [(2 * k * k * v + 4 * c * k * v + shared) / (2 * k * (k + c) * (k + 2 * c)) for v in t]
    cross = c * (t[0] + t[1]) / (2 * k * (k + 2 * c))
    s = np.array([[own[0], cross], [cross, own[1]]])
    q = c * (t[0] - t[1]) / (2 * (k + c))
    production = c * c * (t[0] - t[1]) ** 2 / (2 * t[0] * t[1] * (k + c))
    return TwoTemperatures(s, production, float(q / (2 * np.pi * np.sqrt(np.linalg.det(s)))))


def _matrices(rate: ArrayLike, diffusion: ArrayLike) -> tuple[Array, Array]:
    """Return A and D, or refuse matrices without a Gaussian steady state."""
    a, d = real("rate", rate), real("diffusion", diffusion)
    if a.ndim != 2 or a.shape[0] != a.shape[1] or d.shape != a.shape:
        refuse(
            "The matrices of the drift and of the noise are square and of one size.",
            given=f"rate of shape {a.shape}, diffusion of shape {d.shape}",
            accepted="two matrices of shape (d, d)",
            hint="np.diag(values) where the noises are independent",
        )
    least = np.linalg.eigvalsh((d + d.T) / 2)[0]
    if not np.allclose(d, d.T, rtol=1e-12, atol=0.0) or least < -1e-12 * np.abs(d).max():
        refuse(
            "The matrix of the noise is symmetric and positive semi-definite.",
            given=f"diffusion={d.tolist()!r}",
            accepted="D = sigma sigma^T/2",
            hint="check the order of the entries",
        )
    slowest = float(np.linalg.eigvals(a).real.min())
    if not slowest > 0:
        refuse(
            "The process has no stationary state: one of its modes does not decay.",
            given=f"a rate matrix with an eigenvalue of real part {slowest:.6g}",
            accepted="eigenvalues with positive real part; the drift is -A x",
            hint="check the sign of the matrix",
        )
    return a, d

"""Thermophoresis of a random walk whose steps depend on the place, q' = q - eta gamma f(q, xi).

With E[gamma f] = 0, C_ij = E[gamma^2 f_i f_j] and one step as the unit of time, Kramers and Moyal's expansion gives

    J_i = -(eta^2/2) d_j (C_ij rho) = -(eta^2/2) C_ij d_j rho - (eta^2/2) (d_j C_ij) rho,

up to eta^4 where gamma is symmetric. The last term, a flux at uniform density, is the thermophoretic one. For noise of
rank one, C = g g^T, along lines of direction e = g/|g|, it is

    -(eta^2/2) (g div g + (g . grad) g) rho,

with a part along the lines, -(eta^2/2) (|g| div g + g . grad |g|) rho, and one across them, towards the outside of
their bends, -(eta^2/2) |g|^2 (e . grad) e rho.

Three stationary laws without drift are known in closed form: on a ring rho ~ 1/g^2; in the plane, steps g(r) outwards
and c g(r) sideways, rho ~ r^(c^2 - 1)/g^2; on a torus, steps m(x, y) (1, sin x), rho ~ 1/m^2 with a current.

References
----------
Implicit regularization of SGD via thermophoresis, OpenReview W1uVrPNO8Bw (2020); Gardiner, Handbook of Stochastic
Methods, 3rd ed. (2004), chapter 7, for the expansion.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from fokker.errors import DimensionError, FokkerError
from fokker.theory._check import Array, Floats, positive, real, refuse, scalar, tidy

Field = Callable[[Array], ArrayLike]
"""A function of a point of shape (d,)."""

GAUSS = 12
ITERATIONS = 60


def flux(step: float, covariance: ArrayLike, divergence: ArrayLike, density: float, gradient: ArrayLike) -> Array:
    """Return the flux -(eta^2/2) (C grad rho + rho div C) of a step [x rho].

    Parameters
    ----------
    step
        eta > 0.
    covariance, divergence
        C, shape (d, d), and its row divergence d_j C_ij, shape (d,).
    density, gradient
        rho and its gradient, shape (d,).

    Examples
    --------
    >>> flux(0.1, [[1.69]], [0.0], 1.0, [1.0]).round(12).tolist()  # g = 1.3
    [-0.00845]
    """
    eta, matrix = _step(step), real("covariance", covariance)
    return np.asarray(-(eta**2) / 2 * (matrix @ real("gradient", gradient) + density * real("divergence", divergence)))


def rank_one(noise: ArrayLike, jacobian: ArrayLike) -> tuple[Array, Array]:
    """Return C = g g^T and its divergence g div g + (g . grad) g.

    Parameters
    ----------
    noise, jacobian
        g, shape (d,), and d_j g_i, shape (d, d).

    Examples
    --------
    >>> covariance, divergence = rank_one([0.0, 2.0], [[0.0, -1.0], [1.0, 0.0]])  # g = (-y, x) at (2, 0)
    >>> divergence.tolist()
    [-2.0, 0.0]
    """
    g, slopes = _noise(noise, jacobian)
    return np.outer(g, g), np.asarray(g * np.trace(slopes) + slopes @ g)


def printed_flux(
    step: float, noise: ArrayLike, jacobian: ArrayLike, density: float, gradient: ArrayLike
) -> tuple[float, float]:
    """Return the printed terms of the flux along the lines: diffusion, and thermophoresis.

    -eta^2 |g| g . grad rho and -eta^2 (g_i g_j d_j g_i)/|g| rho, uncorrected.

    Examples
    --------
    >>> [round(part, 12) for part in printed_flux(0.1, [1.3], [[0.5]], 1.0, [1.0])]
    [-0.0169, -0.0065]
    """
    (g, slopes), eta = _noise(noise, jacobian), _step(step)
    size = float(np.linalg.norm(g))
    thermophoretic = -(eta**2) * float(g @ slopes @ g) / size * density
    return -(eta**2) * size * float(g @ real("gradient", gradient)), thermophoretic


def walk_flux(step: float, noise: Field, jacobian: Field, density: Field, place: ArrayLike) -> Array:
    """Return the exact flux of one step q' = q +- eta g(q), each sign with probability 1/2 [x rho].

    A jump from q by d(q) passes the place q + s d(q) at the share s of its way:

        J(x) = E int_0^1 rho(q) d(q) / |det(1 + s grad d)| ds,   q + s d(q) = x.

    Nothing is expanded in eta: the integral is by Gauss and Legendre's rule of 12 points.

    Parameters
    ----------
    noise, jacobian, density
        g, d_j g_i and rho as functions of one point.
    place
        x, shape (d,).

    Raises
    ------
    FokkerError
        A step so long that places are passed more than once.

    Examples
    --------
    >>> one = walk_flux(0.1, lambda q: np.array([1.3]), lambda q: np.zeros((1, 1)), lambda q: q[0], [5.0])
    >>> one.round(12).tolist()  # -eta^2 g^2/2, at any step
    [-0.00845]
    """
    x, eta = real("place", place), _step(step)
    nodes, weights = np.polynomial.legendre.leggauss(GAUSS)
    total = np.zeros(len(x))
    for sign in (-1.0, 1.0):
        for s, weight in zip((nodes + 1) / 2, weights / 4, strict=True):  # 1/2 for the interval, 1/2 for the sign
            q = _origin(noise, x, s * sign * eta)
            volume = np.linalg.det(np.eye(len(x)) + s * sign * eta * np.asarray(jacobian(q)))
            total += weight * sign * eta * np.asarray(noise(q)) * np.asarray(density(q)) / abs(volume)
    return total


def ring_norm(modulation: float) -> float:
    """Return the integral 2 pi/(1 - a^2)^(3/2) of 1/g^2 over the ring, g = 1 + a sin q.

    >>> round(ring_norm(0.5), 13)
    9.6735966092492
    """
    return float(2 * np.pi / (1 - _modulation(modulation) ** 2) ** 1.5)


def ring_density(q: ArrayLike, modulation: float) -> Floats:
    """Return the stationary law 1/(Z g^2), g = 1 + a sin q: where steps are small, walkers stay.

    >>> round(ring_density(1.5 * np.pi, 0.5) / ring_density(0.5 * np.pi, 0.5), 12)
    9.0
    """
    return tidy((1 + modulation * np.sin(real("q", q))) ** -2 / ring_norm(modulation))


def ring_printed_density(q: ArrayLike, modulation: float) -> Floats:
    """Return sqrt(1 - a^2)/(2 pi g), the law for which the two printed terms cancel.

    >>> round(ring_printed_density(1.5 * np.pi, 0.5) / ring_printed_density(0.5 * np.pi, 0.5), 12)
    3.0
    """
    a = _modulation(modulation)
    return tidy(np.sqrt(1 - a * a) / (2 * np.pi * (1 + a * np.sin(real("q", q)))))


def ring_sine(modulation: float) -> float:
    """Return E sin q = -a of the law 1/(Z g^2); the printed one would have (sqrt(1 - a^2) - 1)/a.

    >>> ring_sine(0.5)
    -0.5
    """
    return -_modulation(modulation)


def radial_log_density(r: ArrayLike, size: ArrayLike, ratio: float) -> Floats:
    """Return ln rho, up to a constant, for steps of g(r) outwards and c g(r) sideways: -2 ln g - (1 - c^2) ln r.

    No current flows, so that this holds in any region with reflecting walls which leaves out the centre. For c = 0
    (rank one) it is rho ~ 1/(r g^2): the factor 1/r is the term div e that the printed flux lacks.

    Examples
    --------
    >>> radial_log_density([1.0, 2.0], 1.0, 0.0).round(12).tolist()
    [-0.0, -0.69314718056]
    """
    c = real("ratio", ratio)
    radius = positive("r", r, "a distance from the centre")
    return tidy(-2 * np.log(positive("size", size, "the size of a step")) - (1 - c * c) * np.log(radius))


def torus_noise(x: ArrayLike, y: ArrayLike, modulation: float) -> tuple[Array, Array]:
    """Return g = m (1, sin x), m = 1 + a sin(x + y), on the torus of period 2 pi.

    >>> [float(part) for part in torus_noise(0.0, 0.0, 0.5)]
    [1.0, 0.0]
    """
    m = 1 + _modulation(modulation) * np.sin(np.add(real("x", x), real("y", y)))
    return m, m * np.sin(real("x", x))


def torus_diffusion(x: ArrayLike, y: ArrayLike, modulation: float, floor: float = 0.0) -> Array:
    """Return D = (m^2/2) (g0 g0^T + c^2), g0 = (1, sin x), shape (2, 2, ...); for every c the law is the same.

    >>> torus_diffusion(0.0, 0.0, 0.5, floor=1.0).tolist()
    [[1.0, 0.0], [0.0, 0.5]]
    """
    g = np.array(torus_noise(x, y, modulation))
    strength = g[0] ** 2 * floor**2 / 2
    product = g[:, None] * g[None, :] / 2
    product[0, 0] += strength
    product[1, 1] += strength
    return product


def torus_density(x: ArrayLike, y: ArrayLike, modulation: float) -> Floats:
    """Return the stationary law 1/(2 pi Z m^2) on the torus, Z = 2 pi/(1 - a^2)^(3/2).

    d_i d_j (g_i g_j rho) vanishes since d_i d_j of (1, sin x) (1, sin x)^T does.

    >>> round(torus_density(0.0, 0.0, 0.5) * 2 * np.pi * ring_norm(0.5), 12)
    1.0
    """
    return tidy(np.asarray(ring_density(np.add(real("x", x), real("y", y)), modulation)) / (2 * np.pi))


def torus_current(x: ArrayLike, modulation: float) -> Floats:
    """Return J_y = -cos x/(4 pi Z), Z = 2 pi/(1 - a^2)^(3/2), of the stationary state; J_x = 0.

    In units of eta^2 per step. Though no step has a mean, strips of the torus flow past each other.

    >>> round(torus_current(0.0, 0.5) * 4 * np.pi * ring_norm(0.5), 12)
    -1.0
    """
    return tidy(-np.cos(real("x", x)) / (4 * np.pi * ring_norm(modulation)))


def _origin(noise: Field, x: Array, share: float) -> Array:
    """Return the q with q + share g(q) = x."""
    q = x
    for _ in range(ITERATIONS):
        before, q = q, x - share * np.asarray(noise(q))
        if np.abs(q - before).max() <= 4 * np.finfo(float).eps * (1 + np.abs(q).max()):
            return np.asarray(q)
    refuse(
        "No one origin of a step through this place was found.",
        given=f"place={x.tolist()}, a step of {abs(share):.3g} g",
        accepted="steps shorter than the distance over which g changes",
        hint="a smaller step",
    )


def _step(step: float) -> float:
    return scalar(positive("step", step, "the learning rate eta"), "step")


def _modulation(modulation: float) -> float:
    a = scalar(real("modulation", modulation), "modulation")
    if abs(a) < 1:
        return a
    refuse(
        "The noise must not vanish.",
        given=f"modulation={a!r}",
        accepted="-1 < a < 1 in 1 + a sin q",
        hint="a weaker modulation",
        error=FokkerError,
    )


def _noise(noise: ArrayLike, jacobian: ArrayLike) -> tuple[Array, Array]:
    g, slopes = real("noise", noise), real("jacobian", jacobian)
    if g.ndim == 1 and slopes.shape == (len(g), len(g)):
        return g, slopes
    refuse(
        "A vector and the matrix of its derivatives are needed.",
        given=f"noise of shape {g.shape}, jacobian of shape {slopes.shape}",
        accepted="(d,) and (d, d), d_j g_i in row i and column j",
        hint="one point at a time",
        error=DimensionError,
    )

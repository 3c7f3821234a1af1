"""Escape time of the power-law dynamic: Lemma 6 as printed, for every convention, and what is true of it.

The noise follows the loss, C/sigma_g = 1 + 2 (L - L_a)/(kappa eps) with eps = eta sigma_g, H_a = L''(a),
kappa = H_a/(eta sigma_H); y = 2 dL/(kappa eps) measures the barrier dL = L_b - L_a. Then p ~
C^-(kappa+1-alpha), and the exact mean time is a double integral (`fokker.theory.passage`) of which Lemma 6 is
an approximation:

* it is the time to *leave the basin* (to reach the next minimum); to the top of the barrier it takes half of
  it;
* it is asymptotic for kappa -> infinity with y fixed: Lemma 6/exact = 1 + c/kappa, see
  `first_order_coefficient`;
* with kappa fixed and eps -> 0 its power of dL/eps is right and its constant is not, see `fixed_kappa_time`.

References
----------
Meng et al., arXiv 2006.13719, Lemma 6 (Eq. 10); Kramers, Physica 7 (1940) 284.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from fokker.errors import NormalisationError
from fokker.theory._check import Array, Floats, convention, exponential, positive, refuse, scalar, show, tidy
from fokker.theory._gamma import log_half_step
from fokker.theory.kramers import laplace_top, laplace_well


def lemma6(
    kappa: ArrayLike,
    eps: ArrayLike,
    barrier: ArrayLike,
    curvature_well: ArrayLike,
    curvature_barrier: ArrayLike,
) -> Floats:
    """Return Lemma 6 as printed: 2 pi (1 + y)^(kappa-1/2)/[(1 - 1/(2 kappa)) sqrt(H_a |H_b|)].

    Parameters
    ----------
    kappa
        Index H_a/(eta sigma_H) [1], above 1/2.
    eps
        Noise floor eta sigma_g [x^2/time].
    barrier
        dL = L(b) - L(a) > 0 [x^2/time].
    curvature_well, curvature_barrier
        L''(a) and |L''(b)|, both positive [1/time].

    Returns
    -------
    float or array
        Time [time]. By its derivation the time to leave the basin.

    Raises
    ------
    NormalisationError
        kappa <= 1/2.
    FokkerError
        Another parameter is not positive, or the time is too large for a double.

    Examples
    --------
    >>> f"{lemma6(5.0, 0.01, 0.25, 2.0, 1.0):.10e}"  # exact, well to well: 2.527174523116e+05
    '2.3971181725e+05'
    """
    return escape_time(kappa, eps, barrier, curvature_well, curvature_barrier, alpha=1.0)


def escape_time(
    kappa: ArrayLike,
    eps: ArrayLike,
    barrier: ArrayLike,
    curvature_well: ArrayLike,
    curvature_barrier: ArrayLike,
    alpha: ArrayLike,
) -> Floats:
    """Return the time to leave the basin in every convention, of which Lemma 6 is the case alpha = 1.

    2 pi (1 + y)^(kappa+1/2-alpha)/[(1 + (1/2 - alpha)/kappa) sqrt(H_a |H_b|)]; parameters as :func:`lemma6`.

    Examples
    --------
    >>> ito = escape_time(5.0, 0.01, 0.25, 2.0, 1.0, alpha=0)
    >>> round(ito / lemma6(5.0, 0.01, 0.25, 2.0, 1.0), 9)  # nearly 1 + y = 11
    9.0
    """
    logs = log_escape_time(kappa, eps, barrier, curvature_well, curvature_barrier, alpha)
    return exponential(logs, "escape.log_escape_time")


def log_escape_time(
    kappa: ArrayLike,
    eps: ArrayLike,
    barrier: ArrayLike,
    curvature_well: ArrayLike,
    curvature_barrier: ArrayLike,
    alpha: ArrayLike,
) -> Floats:
    """Return ln of :func:`escape_time`, for times that a double cannot hold.

    >>> round(log_escape_time(1000.0, 1e-4, 1.0, 1.0, 1.0, alpha=1), 6)
    3044.838554
    """
    k, power = _index(kappa, alpha)
    h_a = positive("curvature_well", curvature_well, "the second derivative at the minimum")
    h_b = positive("curvature_barrier", curvature_barrier, "the magnitude of the second derivative at the top")
    prefactor = np.log(2 * np.pi) - np.log(power / k) - np.log(h_a * h_b) / 2
    return tidy(prefactor + power * np.log1p(barrier_ratio(k, eps, barrier)))


def barrier_ratio(kappa: ArrayLike, eps: ArrayLike, barrier: ArrayLike) -> Floats:
    """Return y = 2 dL/(kappa eps) [1]: the noise at the top is 1 + y times that at the minimum.

    >>> barrier_ratio(5.0, 0.01, 0.25)
    10.0
    """
    k = positive("kappa", kappa, "the ratio H/(eta sigma_H)")
    noise = positive("eps", eps, "the noise floor eta sigma_g")
    return tidy(2 * positive("barrier", barrier, "the height L(b) - L(a)") / (k * noise))


def well_mass(kappa: ArrayLike, eps: ArrayLike, curvature_well: ArrayLike, alpha: ArrayLike) -> Floats:
    """Return V = sqrt(pi kappa eps/H_a) Gamma(kappa+1/2-alpha)/Gamma(kappa+1-alpha) [x].

    It is the integral of C^-m over the well: exact for a quadratic well, leading order in eps for any other.

    >>> round(well_mass(1.0, 0.01, 2.0, alpha=1), 12)  # pi s
    0.222144146908
    """
    k, power = _index(kappa, alpha)
    noise = positive("eps", eps, "the noise floor eta sigma_g")
    h_a = positive("curvature_well", curvature_well, "the second derivative at the minimum")
    return tidy(np.sqrt(np.pi * k * noise / h_a) * np.exp(-log_half_step(power)))


def fixed_kappa_time(
    kappa: ArrayLike, eps: ArrayLike, curvature_well: ArrayLike, path_integral: ArrayLike, alpha: ArrayLike
) -> Floats:
    """Return the exact asymptote for eps -> 0 at fixed kappa, which replaces Lemma 6 there.

    tau ~ V (2/eps) (2/(kappa eps))^(kappa-alpha) I, V = :func:`well_mass`, I the integral of (L -
    L_a)^(kappa-alpha) along the path: from a to the next minimum c for the time to leave the basin, from a to
    b for the time to the top.

    Parameters
    ----------
    kappa, eps, curvature_well
        As :func:`lemma6`.
    path_integral
        I > 0, from :func:`path_integral` or a closed form such as :func:`quartic_path_integral`.
    alpha
        Convention.

    Examples
    --------
    >>> round(fixed_kappa_time(2.0, 1e-5, 2.0, quartic_path_integral(2.0, alpha=1), alpha=1), 1)
    26492235.4
    """
    k, _ = _index(kappa, alpha)
    noise = positive("eps", eps, "the noise floor eta sigma_g")
    integral = positive("path_integral", path_integral, "an integral of a positive function")
    mass = np.log(np.asarray(well_mass(k, noise, curvature_well, alpha)))
    logs = mass + np.log(2 / noise) + (k - convention(alpha)) * np.log(2 / (k * noise)) + np.log(integral)
    return exponential(logs, "the logarithms of the factors by hand")


def path_integral(excess: Callable[[float], float], kappa: float, path: tuple[float, ...], alpha: float) -> float:
    """Return the integral of (L - L_a)^(kappa-alpha) along a path, by quadrature.

    Parameters
    ----------
    excess
        L(x) - L(a), a function of one number, not negative on the path.
    kappa, alpha
        Index and convention.
    path
        Increasing points: its ends, and every minimum and kink between them (the integrand may be infinite
        there).

    Examples
    --------
    >>> loss = lambda x: (x**2 - 1) ** 2 / 4
    >>> value = path_integral(loss, 0.75, (-1.0, 0.0, 1.0), alpha=1)
    >>> abs(value / quartic_path_integral(0.75, alpha=1) - 1) < 1e-12
    True
    """
    from scipy.integrate import quad

    k, _ = _index(kappa, alpha)
    power = scalar(k, "kappa") - scalar(convention(alpha), "alpha")
    if len(path) < 2 or not all(a < b for a, b in itertools.pairwise(path)):
        refuse(
            "A path is a rising sequence of at least two points.",
            given=f"path={show(path)}",
            accepted="(a, ..., c) with a < ... < c",
            hint="(a, b) for the time to the top, (a, b, c) to the next minimum",
        )
    segments = itertools.pairwise(path)
    if power < 0:
        return sum(_singular_segment(excess, power, a, b) for a, b in segments)
    return sum(
        float(quad(lambda x: float(excess(x)) ** power, a, b, epsabs=0.0, epsrel=1e-12, limit=400)[0])
        for a, b in segments
    )


def _singular_segment(excess: Callable[[float], float], power: float, left: float, right: float) -> float:
    """Return the integral of excess^power, -1/2 < power < 0, with quadratic zeros at the ends."""
    from scipy.special import roots_jacobi

    middle = float(excess((left + right) / 2))
    zero = [2.0 * (abs(float(excess(end))) < 1e-13 * middle) for end in (left, right)]
    nodes, weights = roots_jacobi(64, power * zero[1], power * zero[0])
    half = (right - left) / 2
    values = np.array([float(excess(left + half * (1 + t))) for t in nodes])
    smooth = values / ((1 + nodes) ** zero[0] * (1 - nodes) ** zero[1])
    return float(half * np.dot(weights, smooth**power))


def quartic_path_integral(kappa: ArrayLike, alpha: ArrayLike) -> Floats:
    """Return the path integral from -1 to 1 for L = (x^2 - 1)^2/4.

    4^-p sqrt(pi) Gamma(2p+1)/Gamma(2p+3/2) with p = kappa - alpha.

    >>> round(quartic_path_integral(2.0, alpha=1) * 15, 12)
    4.0
    """
    k, _ = _index(kappa, alpha)
    p = k - convention(alpha)
    return tidy(np.sqrt(np.pi) * np.exp(-p * np.log(4) - log_half_step(2 * p + 1)))


def limit_ratio(
    kappa: ArrayLike,
    barrier: ArrayLike,
    curvature_barrier: ArrayLike,
    path_integral: ArrayLike,
    alpha: ArrayLike,
) -> Floats:
    """Return lim (Lemma 6/exact) for eps -> 0 at fixed kappa: the parabola's integral over the true one.

    dL^(p+1/2) sqrt(2 pi/|H_b|) Gamma(p+1)/Gamma(p+3/2)/I with p = kappa - alpha and I =
    :func:`path_integral`.

    >>> round(limit_ratio(2.0, 0.25, 1.0, quartic_path_integral(2.0, alpha=1), alpha=1), 8)
    0.88388348
    """
    _, power = _index(kappa, alpha)
    height = positive("barrier", barrier, "the height L(b) - L(a)")
    h_b = positive("curvature_barrier", curvature_barrier, "the magnitude of the second derivative at the top")
    integral = positive("path_integral", path_integral, "an integral of a positive function")
    parabola = power * np.log(height) + 0.5 * np.log(2 * np.pi / h_b) - log_half_step(power + 0.5)
    return tidy(np.exp(parabola) / integral)


def quartic_limit_ratio(kappa: ArrayLike, alpha: ArrayLike = 1.0) -> Floats:
    """Return lim (Lemma 6/exact) for eps -> 0 at fixed kappa, L = (x^2 - 1)^2/4, well to well.

    Gamma(p+1) Gamma(2p+3/2)/(sqrt 2 Gamma(p+3/2) Gamma(2p+1)), p = kappa - alpha; it tends to 1 - 3/(16
    kappa).

    >>> round(quartic_limit_ratio(0.75), 8), round(quartic_limit_ratio(5.0), 8)
    (0.5393526, 0.95925033)
    """
    k, _ = _index(kappa, alpha)
    p = k - convention(alpha)
    return tidy(np.exp(log_half_step(2 * p + 1) - log_half_step(p + 1)) / np.sqrt(2))


def first_order_coefficient(
    y: ArrayLike,
    barrier: ArrayLike,
    well: tuple[ArrayLike, ArrayLike, ArrayLike],
    barrier_top: tuple[ArrayLike, ArrayLike, ArrayLike],
) -> Floats:
    """Return c in: escape_time/exact = 1 + c/kappa + O(kappa^-2), kappa -> infinity at fixed y, well to well.

    c = -(dL/y) [A + (1 + y) B], A = 5 L3^2/(24 L2^3) - L4/(8 L2^2) at the minimum, B = 5 L3^2/(24 |L2|^3) +
    L4/(8 L2^2) at the top: the next term of Laplace's method for the integrals of C^-m and C^(m-1), whose
    parts from the logarithm (+3/8 and -3/8) cancel. It is the same in every convention.

    Parameters
    ----------
    y
        Barrier ratio, held fixed.
    barrier
        dL.
    well, barrier_top
        (L'', L''', L'''') at the minimum and at the top.

    Examples
    --------
    >>> first_order_coefficient(1.0, 0.25, well=(2, -6, 6), barrier_top=(-1, 0, 6))
    -0.5625
    """
    ratio = positive("y", y, "the barrier ratio 2 dL/(kappa eps)")
    height = positive("barrier", barrier, "the height L(b) - L(a)")
    return tidy(-height / ratio * (laplace_well(well) + (1 + ratio) * laplace_top(barrier_top)))


def quartic_first_order_coefficient(y: ArrayLike) -> Floats:
    """Return c = -(3/16)(1 + 2/y) for L = (x^2 - 1)^2/4, see :func:`first_order_coefficient`.

    First identified from exact numbers (kappa up to 320), then derived by Laplace's method.

    >>> quartic_first_order_coefficient([1.0, 4.0]).tolist()
    [-0.5625, -0.28125]
    """
    return tidy(-3 / 16 * (1 + 2 / positive("y", y, "the barrier ratio 2 dL/(kappa eps)")))


def _index(kappa: ArrayLike, alpha: ArrayLike) -> tuple[Array, Array]:
    """Return kappa and kappa + 1/2 - alpha, which must be positive."""
    k = positive("kappa", kappa, "the ratio H/(eta sigma_H)")
    power = np.asarray(k + 0.5 - convention(alpha))
    if np.all(power > 0):
        return k, power
    refuse(
        "The well holds no finite mass: kappa + 1/2 - alpha must be positive.",
        given=f"kappa={show(kappa)}, alpha={show(alpha)}",
        accepted="kappa > alpha - 1/2 (for alpha = 1: kappa > 1/2)",
        hint="a smaller learning rate or a larger batch; both raise kappa",
        error=NormalisationError,
    )

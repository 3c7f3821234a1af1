"""The tail of linear drift with quadratic noise in the plane, with detailed balance or without.

Far out the noise (eta/2) Sigma_g (1 + x^T A x) is homogeneous, and |x|^nu has a finite mean exactly while the top
eigenvalue Lambda(nu) of the generator acting on r^nu f(theta) is negative: E r_t^nu f ~ exp(Lambda t). The survival
function falls like R^(-nu) at the zero of Lambda. In coordinates u = A^(1/2) x, where S = A^(1/2) Sigma_g A^(1/2) and
the drift is -B u, B = A^(1/2) H A^(-1/2) - alpha eta S,

    L = (eta/2) [nu (nu-1) S_rr f + 2 (nu-1) S_rt f' + S_tt (f'' + nu f)] - nu B_rr f - B_tr f'.

References
----------
Kesten, Acta Math. 131 (1973) 207; Arnold, SIAM J. Appl. Math. 44 (1984) 793 (the moment function).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from fokker.errors import DimensionError, NormalisationError
from fokker.theory._check import Array, convention, refuse, scalar
from fokker.theory.shared_noise import SharedNoise

POINTS = 96  # angles; the eigenfunction is analytic, so that its Fourier series falls geometrically
LARGEST = 1e4


def moment_rate(nu: float, law: SharedNoise, alpha: float) -> float:
    """Return Lambda(nu) [1/time], the rate at which far-out moments of order nu grow.

    Examples
    --------
    >>> law = SharedNoise.theorem4(np.diag([2.0, 1.0]), np.diag([1.6, 1.3]), learning_rate=0.5, kappa=4.0)
    >>> abs(moment_rate(6.0, law, alpha=1)) < 1e-12  # nu = 2 kappa - d, by detailed balance
    True
    """
    if law.dimension != 2:
        refuse(
            "The angle is one number in the plane only.",
            given=f"d={law.dimension}",
            accepted="d = 2",
            hint="multivariate_power_law.tail_index, which holds with detailed balance in every dimension",
            error=DimensionError,
        )
    eta, strength = law.learning_rate, scalar(convention(alpha), "alpha")
    values, frame = np.linalg.eigh(law.form)
    root, inverse = (frame * np.sqrt(values)) @ frame.T, (frame / np.sqrt(values)) @ frame.T
    noise = root @ law.sigma_g @ root
    drift = root @ law.curvature @ inverse - strength * eta * noise
    angle, first, second = _circle()
    out = np.stack((np.cos(angle), np.sin(angle)))
    turn = np.stack((-np.sin(angle), np.cos(angle)))

    def between(a: Array, matrix: Array, b: Array) -> Array:
        return np.asarray(np.einsum("in,ij,jn->n", a, matrix, b))

    rr, rt, tt = between(out, noise, out), between(out, noise, turn), between(turn, noise, turn)
    level = eta / 2 * (nu * (nu - 1) * rr + nu * tt) - nu * between(out, drift, out)
    slope = eta * (nu - 1) * rt - between(turn, drift, out)
    operator = np.diag(level) + slope[:, None] * first + (eta / 2 * tt)[:, None] * second
    return float(np.linalg.eigvals(operator).real.max())


def tail_index(law: SharedNoise, alpha: float) -> float:
    """Return nu > 0 with Lambda(nu) = 0: P(|x| > R) ~ R^(-nu), moments below the order nu exist.

    Raises
    ------
    NormalisationError
        There is none: the process runs away, or the tails are lighter than any power in doubles.

    Examples
    --------
    >>> law = SharedNoise(np.diag([1.0, 3.0]), np.eye(2), np.eye(2), learning_rate=0.5)
    >>> round(tail_index(law, alpha=1), 6)  # the exponent claimed by Proposition 11: 6
    2.816741
    """
    from scipy.optimize import brentq

    def rate(nu: float) -> float:
        return moment_rate(nu, law, alpha)

    high = 1.0
    while rate(high) < 0 and high < LARGEST:
        high *= 2
    low = high / 2
    while rate(low) >= 0 and low > 1e-6:  # Lambda is convex and zero at 0: negative in between, if anywhere
        low /= 2
    if rate(low) < 0 <= rate(high):
        return float(brentq(rate, low, high, xtol=1e-13))
    refuse(
        "There is no power of the tail.",
        given=f"kappa={law.kappa:.6g}, alpha={float(alpha):g}",
        accepted="drift that brings the process back, and noise that grows",
        hint="a smaller learning rate; second_moments for light tails",
        error=NormalisationError,
    )


@lru_cache(maxsize=1)
def _circle() -> tuple[Array, Array, Array]:
    """Return equal angles and the matrices of the first and second Fourier derivative."""
    n = POINTS
    angle = 2 * np.pi * np.arange(n) / n
    step = np.subtract.outer(np.arange(n), np.arange(n))
    sign = np.where(step % 2 == 0, 1.0, -1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        first = 0.5 * sign / np.tan(np.pi * step / n)
        second = -0.5 * sign / np.sin(np.pi * step / n) ** 2
    np.fill_diagonal(first, 0.0)
    np.fill_diagonal(second, -(n**2) / 12 - 1 / 6)
    return angle, first, second

"""Linear drift and noise of one shape and a quadratic strength, in several dimensions.

    dx = -H x dt + noise of D(x) = (eta/2) Sigma_g (1 + q),    q = x^T A x,

    p_t = div( H x p + (1 - alpha) div(D p) + alpha D grad p ).

With one kappa such that H = eta kappa Sigma_g A the flux vanishes and p ~ (1 + q)^(-m), m = kappa + 1 - alpha, see
`fokker.theory.multivariate_power_law`. In every other case a current circulates and no density is known, but the
moment equations close, and the second moments follow from linear equations.

References
----------
Meng, Gong, Chen, Ma, Liu, arXiv 2006.13719, Theorem 4 (Eq. 9, 18) and Proposition 11 (Eq. 14-17).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from fokker.errors import DimensionError, FokkerError, MomentError
from fokker.theory._check import Array, Floats, convention, positive, real, refuse, scalar, tidy


@dataclass(frozen=True, eq=False)
class SharedNoise:
    """Linear drift -H x and the diffusion matrix (eta/2) Sigma_g (1 + x^T A x).

    Parameters
    ----------
    curvature
        H, d x d, symmetric, positive definite [1/time for a unit mobility].
    sigma_g
        Covariance of the minibatch gradient at the minimum, d x d, symmetric, positive definite [x^2/time^2].
    form
        A, d x d, symmetric, positive definite [1/x^2].
    learning_rate
        eta > 0 [time per step].

    Raises
    ------
    FokkerError
        A matrix is not symmetric and positive definite, or the learning rate is not positive.
    DimensionError
        The matrices are not square or of different sizes.

    Examples
    --------
    >>> law = SharedNoise.theorem4([[2.0, 0.5], [0.5, 1.0]], 1.5 * np.eye(2), learning_rate=0.5, kappa=4.0)
    >>> round(law.kappa, 12), law.dimension
    (4.0, 2)
    """

    curvature: Array
    sigma_g: Array
    form: Array
    learning_rate: float

    def __post_init__(self) -> None:
        meanings = {
            "curvature": "the Hessian at a minimum",
            "sigma_g": "the covariance of the gradient at the minimum",
            "form": "the growth of the noise with the distance",
        }
        for name, meaning in meanings.items():
            object.__setattr__(self, name, _matrix(name, getattr(self, name), meaning))
        sizes = {name: len(getattr(self, name)) for name in meanings}
        if len(set(sizes.values())) != 1:
            refuse(
                "The matrices have different sizes.",
                given=", ".join(f"{name}: {n} x {n}" for name, n in sizes.items()),
                accepted="one number of dimensions",
                hint="a number times the identity for isotropic noise",
                error=DimensionError,
            )
        eta = scalar(positive("learning_rate", self.learning_rate, "the size of a step"), "learning_rate")
        object.__setattr__(self, "learning_rate", eta)

    @classmethod
    def theorem4(cls, curvature: ArrayLike, sigma_g: ArrayLike, learning_rate: float, kappa: float) -> SharedNoise:
        """Return the dynamic of Theorem 4, A = the symmetric part of H Sigma_g^(-1)/(eta kappa).

        Only the symmetric part enters the density; H and Sigma_g that commute have no other.
        """
        h = _matrix("curvature", curvature, "the Hessian at a minimum")
        s = _matrix("sigma_g", sigma_g, "the covariance of the gradient at the minimum")
        if len(h) != len(s):
            return cls(h, s, h, learning_rate)  # refused there
        eta = scalar(positive("learning_rate", learning_rate, "the size of a step"), "learning_rate")
        k = scalar(positive("kappa", kappa, "the ratio of H to eta Sigma_H"), "kappa")
        product = np.linalg.solve(s, h) / (eta * k)
        return cls(h, s, (product + product.T) / 2, eta)

    @property
    def dimension(self) -> int:
        """Number of dimensions d."""
        return len(self.curvature)

    @property
    def kappa(self) -> float:
        """The one kappa which makes Tr H = eta kappa Tr(Sigma_g A) [1]; the paper's, wherever it has one."""
        return float(np.trace(self.curvature) / (self.learning_rate * np.sum(self.sigma_g * self.form)))

    @property
    def excess(self) -> Array:
        """E = H - eta kappa Sigma_g A [1/time]; the current of (1 + q)^(-m) is -E x p, so E = 0 is detailed
        balance."""
        return np.asarray(self.curvature - self.learning_rate * self.kappa * self.sigma_g @ self.form)

    @property
    def balanced(self) -> bool:
        """Whether E = 0 to rounding: for Theorem 4, whether H and Sigma_g commute."""
        size = np.linalg.norm(self.sigma_g) * np.linalg.norm(self.form) * self.learning_rate * self.kappa
        # the form comes from a solve, whose error grows with the condition of sigma_g
        rounding = 16 * self.dimension * np.finfo(float).eps * float(np.linalg.cond(self.sigma_g))
        return bool(np.linalg.norm(self.excess) <= rounding * size)

    def quadratic(self, x: ArrayLike) -> Floats:
        """Return q = x^T A x [1] at points of shape (..., d)."""
        points = points_of(x, self.dimension)
        return tidy(np.einsum("...i,ij,...j->...", points, self.form, points))

    def diffusion(self, x: ArrayLike) -> Array:
        """Return D(x) = (eta/2) Sigma_g (1 + q) [x^2/time], shape (..., d, d)."""
        strength = 1 + np.asarray(self.quadratic(x))
        return np.asarray(self.learning_rate / 2 * strength[..., None, None] * self.sigma_g)


def second_moments(law: SharedNoise, alpha: float) -> Array:
    """Return E x x^T [x^2] of the stationary law, with detailed balance or without.

    The moment equation closes: B M + M B^T = eta Sigma_g (1 + Tr A M), B = H - alpha eta Sigma_g A.

    Raises
    ------
    MomentError
        No positive definite solution: second moments grow without bound.

    Examples
    --------
    >>> law = SharedNoise(np.diag([1.0, 1.2]), np.eye(2), np.eye(2), learning_rate=0.2)
    >>> (31 * np.diag(second_moments(law, alpha=1))).round(12).tolist()
    [5.0, 4.0]
    """
    d, eta = law.dimension, law.learning_rate
    drift = law.curvature - scalar(convention(alpha), "alpha") * eta * law.sigma_g @ law.form
    one = np.eye(d)
    operator = np.kron(drift, one) + np.kron(one, drift) - eta * np.outer(law.sigma_g.ravel(), law.form.ravel())
    try:
        moments = np.linalg.solve(operator, eta * law.sigma_g.ravel()).reshape(d, d)
    except np.linalg.LinAlgError:
        moments = np.full((d, d), np.nan)
    moments = (moments + moments.T) / 2
    # the operator generates a positive flow: it is stable exactly when this solution is positive definite
    if not (np.isfinite(moments).all() and np.linalg.eigvalsh(moments)[0] > 0):
        refuse(
            "Second moments grow without bound.",
            given=f"kappa={law.kappa:.6g}, d={d}, alpha={float(alpha):g}",
            accepted="noise that leaves a positive definite solution; with detailed balance, kappa > d/2 + alpha",
            hint="a smaller learning rate or a larger batch; both make the tails lighter",
            error=MomentError,
        )
    return np.asarray(moments)


def residual(x: ArrayLike, law: SharedNoise, alpha: float = 1.0) -> Floats:
    """Return R/p [1/time] of (1 + q)^(-m) in the stationary equation, R = div of minus its current.

    R/p = Tr E - 2 m (A x).(E x)/(1 + q), E = H - eta kappa Sigma_g A; zero everywhere exactly when the printed
    density is stationary.

    Examples
    --------
    >>> law = SharedNoise.theorem4([[2.0, 0.5], [0.5, 1.0]], np.diag([1.0, 3.0]), 0.5, 4.0)
    >>> round(residual([1.0, -1.0], law), 12)  # 20/33
    0.606060606061
    """
    points, m = points_of(x, law.dimension), law.kappa + 1 - scalar(convention(alpha), "alpha")
    flow = np.einsum("...i,ij,jk,...k->...", points, law.form, law.excess, points)
    return tidy(np.trace(law.excess) - 2 * m * flow / (1 + np.asarray(law.quadratic(points))))


def _matrix(name: str, value: ArrayLike, meaning: str) -> Array:
    """Return a symmetric positive definite matrix, or refuse it by name."""
    matrix = np.array(real(name, value))
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not len(matrix):
        refuse(
            f"{name} must be a square matrix: it is {meaning}.",
            given=f"{name} of shape {matrix.shape}",
            accepted="d x d",
            hint="numpy.diag(...) of the eigenvalues in their own frame",
            error=DimensionError,
        )
    if np.allclose(matrix, matrix.T, rtol=0, atol=1e-12 * np.abs(matrix).max()):
        matrix = (matrix + matrix.T) / 2
        if np.linalg.eigvalsh(matrix)[0] > 0:
            matrix.setflags(write=False)
            return matrix
    refuse(
        f"{name} must be symmetric and positive definite: it is {meaning}.",
        given=f"{name}={matrix.tolist()}",
        accepted="symmetric, all eigenvalues > 0",
        hint="check the order and the signs of its entries",
        error=FokkerError,
    )


def points_of(x: ArrayLike, d: int) -> Array:
    """Return points as an array of shape (..., d), or refuse them."""
    points = real("x", x)
    if points.ndim and points.shape[-1] == d:
        return points
    refuse(
        f"Points in {d} dimensions are needed.",
        given=f"x of shape {points.shape}",
        accepted=f"shape (..., {d})",
        hint="numpy.stack((x, y), axis=-1) for coordinates in separate arrays",
        error=DimensionError,
    )

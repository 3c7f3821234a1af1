"""The power-law dynamic of stochastic gradient descent in several dimensions."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from fokker.errors import DimensionError, MomentError, explain
from fokker.gallery._gaussian import linear_drift
from fokker.gallery.example import Example
from fokker.problem import Problem
from fokker.problem.convention import Convention

if TYPE_CHECKING:
    from fokker.theory.shared_noise import SharedNoise


def multivariate_power_law(
    *,
    hessian: ArrayLike = ((2.0, 0.5), (0.5, 1.0)),
    sigma_g: ArrayLike = ((1.5, 0.0), (0.0, 1.5)),
    learning_rate: float = 0.5,
    kappa: float = 4.0,
    convention: str | float = "isothermal",
) -> Example:
    """Return dx = -H x dt with D = (eta/2) Sigma_g (1 + q), q = x^T H Sigma_g^-1 x / (eta kappa).

    The law (1 + q)^-m / Z, m = kappa + 1 - alpha, is exact if and only if H and Sigma_g commute.

    Known: ``printed_log_density``, the logarithm of that law, normalised, whether it holds or not;
    ``exponent`` m; ``commuting``; ``covariance`` where it exists, exact in either case. If they commute also
    ``log_density``. D is handed over as a scalar or a diagonal where Sigma_g is one.

    Parameters
    ----------
    hessian : array_like, shape (d, d)
        H, symmetric and positive, d = 2 or 3 (in one dimension see `fokker.theory.power_law`).
    sigma_g : array_like, shape (d, d)
        Sigma_g, symmetric and positive: the covariance of the minibatch gradient at the minimum.
    learning_rate : float
        eta > 0.
    kappa : float
        Ratio of H to eta Sigma_H; m > d/2 for a law that can be normalised.
    convention : str or float
        As in `Problem`; "isothermal" in the paper, "ito" for the small-step limit of the recursion.

    Returns
    -------
    Example

    Raises
    ------
    FokkerError
        A parameter is not what it must be; NormalisationError where m <= d/2.

    References
    ----------
    Meng et al., arXiv 2006.13719, theorems 4 and 12.

    Examples
    --------
    >>> multivariate_power_law().known["covariance"].round(11).tolist()
    [[0.42857142857, -0.21428571429], [-0.21428571429, 0.85714285714]]
    >>> multivariate_power_law(sigma_g=[[1, 0], [0, 3]]).known["commuting"]
    False
    """
    from fokker.theory import multivariate_power_law as theory
    from fokker.theory import shared_noise

    law = shared_noise.SharedNoise.theorem4(hessian, sigma_g, learning_rate, kappa)
    alpha, d = Convention.parse(convention).alpha, _size(law.dimension)
    known: dict[str, Any] = {
        "printed_log_density": lambda *x: theory.printed_log_density(_points(x), law, alpha),
        "exponent": theory.exponent(law, alpha),
        "commuting": law.balanced,
    }
    if law.balanced:
        known["log_density"] = lambda *x: theory.log_density(_points(x), law, alpha)
    with contextlib.suppress(MomentError):
        known["covariance"] = shared_noise.second_moments(law, alpha)
    return Example(
        name="multivariate_power_law",
        problem=Problem(
            drift=linear_drift(law.curvature),
            diffusion=_diffusion(law),
            convention=convention,
            domain=dict.fromkeys(("x", "y", "z")[:d], (-np.inf, np.inf)),
        ),
        description="Gradient descent near a minimum with noise that grows with the loss. "
        "Its law has power-law tails, and the printed formula holds where the Hessian and the noise commute.",
        source="Meng et al., arXiv 2006.13719, theorem 4",
        known=known,
        sets={"core": lambda *x: law.quadratic(_points(x)) <= 1},
        cells=(128, 128) if d == 2 else (40, 40, 40),
    )


def _size(d: int) -> int:
    if d in (2, 3):
        return d
    headline = "this problem has two or three dimensions."
    raise DimensionError(
        explain(headline, given=f"matrices {d} x {d}", try_="fokker.theory.power_law in one dimension")
    )


def _points(x: tuple[Any, ...]) -> Any:
    """The coordinates along a last axis, as the closed forms take them."""
    return np.stack(np.broadcast_arrays(*x), axis=-1)


def _diffusion(law: SharedNoise) -> Any:
    """D = (eta/2) Sigma_g (1 + q), in the simplest form that holds it."""
    floor, d = law.learning_rate / 2 * law.sigma_g, law.dimension
    diagonal = np.diag(floor)

    def growth(*x: Any) -> Any:
        return 1 + law.quadratic(_points(x))

    if np.any(floor != np.diag(diagonal)):
        return lambda *x: [[floor[i, j] * growth(*x) for j in range(d)] for i in range(d)]
    if np.all(diagonal == diagonal[0]):
        return lambda *x: diagonal[0] * growth(*x)
    return lambda *x: tuple(diagonal[i] * growth(*x) for i in range(d))

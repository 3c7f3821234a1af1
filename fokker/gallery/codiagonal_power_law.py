"""The power-law dynamic with codiagonal matrices that are not proportional: a circulating current."""

from __future__ import annotations

from typing import Any

import numpy as np

from fokker.gallery._parameters import pair, positive
from fokker.gallery.example import Example
from fokker.problem import Problem


def codiagonal_power_law(
    *,
    curvatures: tuple[float, float] = (1.0, 1.2),
    noise: tuple[float, float] = (1.0, 1.0),
    growth: tuple[float, float] = (1.0, 1.0),
    learning_rate: float = 0.2,
) -> Example:
    """Return dx_i = -Pi_i x_i dt, isothermal, with D_i = (eta/2) Lambda_i (1 + q), q = sum_j Gamma_j x_j^2/Lambda_j.

    The printed law (1 + q)^-kappa / Z with kappa = tr Pi/(eta tr Gamma) is exact only if Pi = eta kappa Gamma;
    otherwise the process carries a circulating current.

    Known: ``covariance``, exact: 2 (Pi_i - eta Gamma_i) m_i - eta Lambda_i sum_j (Gamma_j/Lambda_j) m_j =
    eta Lambda_i; ``proportional``; and, normalised but wrong unless proportional, ``printed_log_density`` with
    ``printed_covariance`` and ``printed_kappa``. If proportional also ``log_density``.

    Parameters
    ----------
    curvatures : (float, float)
        Pi, the eigenvalues of the Hessian.
    noise : (float, float)
        Lambda, those of the covariance of the gradient at the minimum.
    growth : (float, float)
        Gamma, those of the covariance of the Hessian.
    learning_rate : float
        eta > 0.

    Returns
    -------
    Example

    Raises
    ------
    CoefficientError
        A parameter is not positive.
    MomentError, NormalisationError
        The noise grows so fast that the second moments or the printed law do not exist.

    References
    ----------
    Meng et al., arXiv 2006.13719, proposition 11.

    Examples
    --------
    >>> known = codiagonal_power_law().known
    >>> (31 * known["covariance"]).round(12).tolist(), (7 * known["printed_covariance"]).round(12).tolist()
    ([[5.0, 0.0], [0.0, 4.0]], [[1.0, 0.0], [0.0, 1.0]])
    """
    from fokker.theory import codiagonal_noise
    from fokker.theory import multivariate_power_law as printed

    p = pair("curvatures", curvatures, "the eigenvalues of the Hessian")
    lam = pair("noise", noise, "the eigenvalues of the covariance of the gradient")
    gam = pair("growth", growth, "the eigenvalues of the covariance of the Hessian")
    eta = positive("learning_rate", learning_rate, "the size of a step")
    law = codiagonal_noise.codiagonal(p, lam, gam, eta)

    def strength(x: Any, y: Any) -> Any:
        return 1 + gam[0] / lam[0] * x**2 + gam[1] / lam[1] * y**2

    def log_density(x: Any, y: Any) -> Any:
        return printed.printed_log_density(np.stack(np.broadcast_arrays(x, y), axis=-1), law)

    known: dict[str, Any] = {
        "covariance": np.diag(codiagonal_noise.second_moments(law)),
        "proportional": law.balanced,
        "printed_log_density": log_density,
        "printed_covariance": np.diag(codiagonal_noise.printed_second_moments(law)),
        "printed_kappa": law.kappa,
    }
    return Example(
        name="codiagonal_power_law",
        problem=Problem(
            drift=lambda x, y: (-p[0] * x, -p[1] * y),
            diffusion=lambda x, y: (eta / 2 * lam[0] * strength(x, y), eta / 2 * lam[1] * strength(x, y)),
            convention="isothermal",
            domain={"x": (-np.inf, np.inf), "y": (-np.inf, np.inf)},
        ),
        description="Gradient descent near a minimum with noise and curvature along the same axes. "
        "Unless they are proportional a current circulates, and the printed law does not hold.",
        source="Meng et al., arXiv 2006.13719, proposition 11",
        known=known | ({"log_density": log_density} if law.balanced else {}),
        sets={"core": lambda x, y: strength(x, y) <= 2},
        cells=(128, 128),
    )

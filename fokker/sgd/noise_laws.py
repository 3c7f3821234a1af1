"""Stationary laws of the noise models that have a closed form, and what must be non-negative for any."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fokker.errors import CoefficientError, MomentError, NormalisationError, explain
from fokker.problem import Convention
from fokker.sgd.noise_fit import Coefficients

FloatArray = NDArray[np.float64]

ROUNDING = 1e-9  # relative to the largest coefficient: a fit of exact gradients stays below it


class ClosedLaw(NamedTuple):
    """kappa of the law (1 + q)^-(kappa + 1 - alpha), and the number of coordinates that share one q."""

    kappa: float
    dimension: int


def stationary_index(kappa: float, convention: str | float | Convention, dimension: int) -> float:
    """Return nu = 2 kappa + 2 - 2 alpha - d, the index of the tail P(abs(x) > R) ~ R**-nu.

    Raises
    ------
    NormalisationError
        If it is not positive.
    """
    index = 2.0 * kappa + 2.0 - dimension - 2.0 * Convention.parse(convention).alpha
    if index > 0.0:
        return index
    limit = {1: "2 kappa + 1 - 2 alpha", 2: "2 kappa - 2 alpha"}
    raise NormalisationError(
        explain(
            "the stationary law does not exist: its tail would not be integrable.",
            given=f"kappa={kappa:.6g}, convention={convention!r}",
            accepted=limit.get(dimension, f"2 kappa + 2 - 2 alpha - {dimension}") + " > 0",
            try_='a smaller learning rate, a larger batch, or convention="ito"',
        )
    )


def escape_words(law: ClosedLaw, convention: str | float | Convention) -> list[str]:
    """Return the text of the warning about a process that has no stationary law on an infinite domain."""
    try:
        stationary_index(law.kappa, convention, law.dimension)
    except NormalisationError as error:
        return [f"on this infinite domain {error}"]
    return []


def line_law(curvature: float, learning_rate: float, sigma_H: float) -> ClosedLaw:
    """Return the closed stationary law of one parameter; where sigma_H is not positive it has no power-law tail."""
    return ClosedLaw(curvature / (learning_rate * sigma_H) if sigma_H > 0.0 else math.inf, 1)


def require_moment(growth: float, learning_rate: float) -> None:
    """Refuse a recursion whose second moments grow: it has no stationary variance.

    Raises
    ------
    MomentError
    """
    if growth >= 1.0:
        given = f"learning_rate={learning_rate:.6g}, second moments times {growth:.4g} a step"
        hint = "a smaller learning rate or a larger batch"
        raise MomentError(explain("the recursion has no stationary variance.", given=given, try_=hint))


def closed_law(model: Coefficients, learning_rate: float) -> ClosedLaw:
    """Return the closed stationary law of a model of d > 1 parameters.

    Three kinds have one. Constant noise: a normal law, kappa infinite. One factor:
    ``C = sigma_g (1 + x^T G x)`` with ``learning_rate * kappa * sigma_g G = H`` and H, sigma_g commuting. Separable:
    in the common eigenbasis of H and sigma_g the components are independent; the smallest kappa governs the tail.

    Raises
    ------
    CoefficientError
        If the model is none of these.

    References
    ----------
    Meng, Gong, Chen, Ma, Liu, arXiv 2006.13719, theorem 4; codiagonal matrices alone (proposition 11 there) do not do.
    """
    if learning_rate * np.abs(model.sigma_H).max() <= 1e-12 * np.abs(model.curvature).max():  # kappa beyond 1e12
        return ClosedLaw(math.inf, len(model.curvature))
    law = _one_factor(model, learning_rate) or _separable(model, learning_rate)
    if law is None:
        raise CoefficientError(
            explain(
                "the stationary law of this model has no closed form, so there is no kappa.",
                given=f"full C_ij(x) of {len(model.curvature)} parameters",
                accepted=[
                    "sigma_H_ijkl = sigma_g_ij (H sigma_g^-1)_kl / (learning_rate kappa) with H and sigma_g commuting",
                    "or independent components in the common eigenbasis of curvature and sigma_g",
                ],
                try_="fokker.stationary(fokker.discretize(model.problem(domain=...), cells=...))",
            )
        )
    return law


def _beyond(part: FloatArray, scale: FloatArray) -> bool:
    """Whether an array is more than rounding next to another."""
    return float(np.abs(part).max()) > ROUNDING * float(np.abs(scale).max())


def _one_factor(model: Coefficients, learning_rate: float) -> ClosedLaw | None:
    H, sigma_g, sigma_H = model.curvature, model.sigma_g, model.sigma_H
    factor = np.einsum("iikl->kl", sigma_H) / np.trace(sigma_g)
    if not factor.any() or np.linalg.matrix_rank(sigma_g) < len(H):
        return None
    ratio = np.linalg.solve(sigma_g, H.T).T  # H sigma_g^-1
    kappa = float(np.sum(ratio * factor) / (learning_rate * np.sum(factor**2)))
    off = (
        (model.rho, np.sqrt(np.abs(sigma_g).max() * np.abs(sigma_H).max())),
        (sigma_H - np.einsum("ij,kl->ijkl", sigma_g, factor), sigma_H),
        (ratio - learning_rate * kappa * factor, ratio),
        (H @ sigma_g - sigma_g @ H, H @ sigma_g),
    )
    if any(_beyond(part, np.asarray(scale)) for part, scale in off):
        return None
    return ClosedLaw(kappa, len(H))


def _separable(model: Coefficients, learning_rate: float) -> ClosedLaw | None:
    H, sigma_g, sigma_H = model.curvature, model.sigma_g, model.sigma_H
    if _beyond(H - H.T, H):
        return None
    # a combination with no special weights has simple eigenvalues wherever one of the matrices tells axes apart
    weighted = ((1.0, H), (0.618, sigma_g), (0.414, np.einsum("kkij->ij", sigma_H)))
    mixed = sum(weight * part / np.abs(part).max() for weight, part in weighted)
    basis = np.linalg.eigh(mixed)[1]
    turned = (
        basis.T @ H @ basis,
        basis.T @ sigma_g @ basis,
        np.einsum("abc,ai,bj,ck->ijk", model.rho, basis, basis, basis),
        np.einsum("abcd,ai,bj,ck,dl->ijkl", sigma_H, basis, basis, basis, basis, optimize=True),
    )
    own = [np.einsum("i" * part.ndim + "->i", part) for part in turned]
    scales = (turned[0], turned[1], np.sqrt(np.abs(sigma_g).max() * np.abs(sigma_H).max()), turned[3])
    for part, diagonal, scale in zip(turned, own, scales, strict=True):
        rest = part.copy()
        rest[(np.arange(len(H)),) * part.ndim] -= diagonal
        if _beyond(rest, np.asarray(scale)):
            return None
    if float(own[3].min()) < -ROUNDING * float(np.abs(own[3]).max()):
        return None
    growing = own[3] > ROUNDING * float(np.abs(own[3]).max())
    return ClosedLaw(float(np.min(own[0][growing] / (learning_rate * own[3][growing]))), 1)

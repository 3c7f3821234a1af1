"""Diffusion coefficients as tensors: D from the noise, and what every D must satisfy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fokker.problem.coefficients import Coefficient
from fokker.problem.points import FloatArray, Points

_ROUNDING = 8.0 * float(np.finfo(float).eps)  # relative size of an eigenvalue that is zero


def from_noise(noise: FloatArray, rank: int) -> FloatArray:
    """D = sigma sigma^T / 2, in the form (scalar, diagonal, full) of sigma."""
    with np.errstate(all="ignore"):
        if rank == 2:
            product: FloatArray = np.einsum("ik...,jk...->ij...", noise, noise)
        else:
            product = noise * noise
        product *= 0.5
    return product


def check_positive(coefficient: Coefficient, tensor: FloatArray, points: Points) -> None:
    """Refuse a D that is negative or vanishes inside the domain.

    Raises
    ------
    CoefficientError
        With the first offending coordinates. A zero exactly on a wall is allowed.
    """
    _refuse_idle_axes(coefficient, tensor, points)
    if coefficient.rank == 2:
        _check_symmetric(coefficient, tensor, points)
        eigenvalues = np.linalg.eigvalsh(np.moveaxis(tensor, (0, 1), (-2, -1)))
        least, most = eigenvalues[..., 0], eigenvalues[..., -1]
        # the zero of a tensor of lower rank comes out as rounding of either sign
        tensor = np.where(np.abs(least) <= _ROUNDING * most, 0.0, least)
    if not tensor.size or tensor.min() > 0:
        return
    bad = ~(tensor > 0)
    bad &= ~((tensor == 0) & _on_wall(coefficient, points))
    if bad.any():
        negative = tensor < 0
        zero = "vanishes in some direction" if coefficient.rank == 2 else "vanishes"
        below = "has a negative eigenvalue" if coefficient.rank == 2 else "is negative"
        what = below if negative.any() else zero
        bad = negative if negative.any() else bad
        accepted = "D > 0 at every point inside the domain (D = sigma^2 / 2 for noise=)"
        coefficient.reject(bad, tensor, points, what, accepted)


def _refuse_idle_axes(coefficient: Coefficient, tensor: FloatArray, points: Points) -> None:
    """Refuse noise without any part along an axis, as that of a position in underdamped motion."""
    inside = ~_on_wall(coefficient, points)
    if coefficient.rank == 0 or not inside.any():
        return
    own = (tensor if coefficient.rank == 1 else np.einsum("ii...->i...", tensor))[:, inside]
    idle = [name for name, part in zip(coefficient.domain, own, strict=True) if not part.any()]
    if idle:
        raise coefficient.error(
            f"has no part along {', '.join(idle)}.",
            coefficient.given,
            "noise in every direction: underdamped motion, where only velocities are shaken, is not solved",
            f"the overdamped limit, or a small diffusion along {', '.join(idle)}",
        )


def _check_symmetric(coefficient: Coefficient, tensor: FloatArray, points: Points) -> None:
    if not np.isfinite(tensor).all():
        bad = ~np.isfinite(tensor)
        coefficient.reject(bad, tensor, points, "is not finite", "finite real numbers inside the domain")
    bad = np.abs(tensor - np.swapaxes(tensor, 0, 1)) > 1e-12 * np.abs(tensor).max(axis=(0, 1))
    if bad.any():
        accepted = "D_ij = D_ji; an antisymmetric mobility has its own argument antisymmetric="
        coefficient.reject(bad, tensor, points, "is not symmetric", accepted)


def _on_wall(coefficient: Coefficient, points: Points) -> NDArray[np.bool_]:
    sides = [
        (point == low) | (point == high) for point, (low, high) in zip(points, coefficient.domain.values(), strict=True)
    ]
    return np.any(sides, axis=0)  # type: ignore[no-any-return]


def is_diagonal(tensor: FloatArray, dimension: int) -> bool:
    """Whether a full tensor has nothing off its diagonal."""
    off = ~np.eye(dimension, dtype=bool)
    return not tensor[off].any()


def probe_positive(coefficient: Coefficient, tensor: FloatArray, points: Points, bounded: bool) -> Points:
    """Judge D at probes, and return the probes at which it can be judged.

    Far out on an unbounded domain a rightful D may overflow or underflow, so there only finite, non-zero
    values count.
    """
    lead = tuple(range(tensor.ndim - points[0].ndim))
    usable: NDArray[np.bool_] = np.isfinite(tensor).all(axis=lead) & (tensor != 0).any(axis=lead)
    if bounded or not usable.any():
        usable = np.ones(points[0].shape, dtype=bool)
    kept = tuple(point[usable] for point in points)
    check_positive(coefficient, tensor[..., usable], kept)
    return kept

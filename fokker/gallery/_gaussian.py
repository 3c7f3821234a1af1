"""What the linear problems share: the Gaussian law of `fokker.theory.linear_process` as functions of coordinates."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def linear_drift(matrix: Array) -> Any:
    """Return the drift -A x as a function of the coordinates."""
    d = len(matrix)
    return lambda *x: tuple(-sum(matrix[i, j] * x[j] for j in range(d)) for i in range(d))


def known_answers(matrix: Array, diffusion: Array, covariance: Array) -> dict[str, Any]:
    """Return what is known of dx = -A x dt + sqrt(2 D) dW, under the names of `Example`."""
    from fokker.theory import linear_process

    inverse, turn = np.linalg.inv(covariance), linear_process.current_matrix(matrix, diffusion)
    d = len(matrix)
    norm = (d * math.log(2 * math.pi) + float(np.linalg.slogdet(covariance)[1])) / 2

    def log_density(*x: Any) -> Any:
        return -sum(inverse[i, j] * x[i] * x[j] for i in range(d) for j in range(d)) / 2 - norm

    def current(*x: Any) -> tuple[Any, ...]:
        density = np.exp(log_density(*x))
        return tuple(sum(turn[i, j] * x[j] for j in range(d)) * density for i in range(d))

    known = {
        "log_density": log_density,
        "current": current,
        "covariance": covariance,
        "entropy_production": linear_process.entropy_production(matrix, diffusion),
    }
    return known | ({"ray_flux": linear_process.turning(matrix, diffusion)} if d == 2 else {})


def box(covariance: Array) -> dict[str, tuple[float, float]]:
    """Return a domain of nine standard deviations each way: the density at the walls is below exp(-40)."""
    ends = 9 * np.sqrt(np.diag(covariance))
    return {name: (-float(end), float(end)) for name, end in zip("xyz", ends, strict=False)}

"""Gauss collocation on the unit interval: nodes, weights, running integrals, interpolation."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import NDArray

Array = NDArray[np.float64]

ORDER = 8  # measured: eight points an edge reach rounding where the coefficients are resolved


class Collocation(NamedTuple):
    """Constants of the Gauss rule with ``ORDER`` points on (0, 1).

    Attributes
    ----------
    points, weights : array, shape (n,)
        Nodes and weights of the rule.
    running : array, shape (n, n)
        ``running[k, j]`` is the integral of the j-th Lagrange polynomial from 0 to ``points[k]``.
    high : array, shape (2, n)
        Rows that return the two highest Legendre coefficients of the interpolating polynomial.
    """

    points: Array
    weights: Array
    running: Array
    high: Array


@lru_cache(maxsize=1)
def collocation() -> Collocation:
    """Return the collocation constants, computed at first use."""
    nodes, gauss = legendre.leggauss(ORDER)
    degrees = np.arange(ORDER)
    project = (legendre.legvander(nodes, ORDER - 1) * gauss[:, None]).T * ((2 * degrees + 1) / 2)[:, None]
    upper = legendre.legvander(nodes, ORDER)
    # the integral of P_k from -1 is (P_{k+1} - P_{k-1}) / (2k + 1), and x + 1 for k = 0
    integrals = np.empty((ORDER, ORDER))
    integrals[:, 0] = nodes + 1
    for k in range(1, ORDER):
        integrals[:, k] = (upper[:, k + 1] - upper[:, k - 1]) / (2 * k + 1)
    return Collocation((nodes + 1) / 2, gauss / 2, integrals @ project / 2, project[-2:])


def barycentric_weights(nodes: Array) -> Array:
    """Return the barycentric weights of polynomial interpolation at `nodes`."""
    differences = nodes[:, None] - nodes[None, :]
    np.fill_diagonal(differences, 1.0)
    weights: Array = 1.0 / differences.prod(axis=1)
    weights /= np.abs(weights).max()
    return weights


def interpolation_matrix(nodes: Array, targets: Array) -> Array:
    """Return the matrix that maps values at `nodes` to values of their polynomial at `targets`."""
    weights = barycentric_weights(nodes)
    gaps = targets[:, None] - nodes[None, :]
    hit = gaps == 0.0
    terms = weights / np.where(hit, 1.0, gaps)
    matrix: Array = terms / terms.sum(axis=1, keepdims=True)
    rows = hit.any(axis=1)
    matrix[rows] = hit[rows]
    return matrix


@lru_cache(maxsize=256)
def panel_matrices(count: int, panel: int) -> tuple[Array, Array]:
    """Return what evaluates polynomials in one of `count` equal panels of the unit interval.

    The first matrix takes values at both ends and the Gauss points of the interval to the Gauss points and
    the end of the panel, the second takes values at the Gauss points to the Gauss points of the panel.
    """
    points = collocation().points
    targets = (panel + np.append(points, 1.0)) / count
    nodes = np.concatenate([[0.0], points, [1.0]])
    return interpolation_matrix(nodes, targets), interpolation_matrix(points, targets[:-1])

"""Compiled steps with linear drift and quadratic covariance, in any dimension.

    x' = x - h H x + sqrt(h eta) L(x) z,   L L^T = C(x) = sigma_g + 2 rho x + x sigma_H x,   x = theta - minimum,

L lower triangular, or pivoted where C has a low rank. With h = eta it is the power-law dynamic; in general Euler and
Maruyama's step of its process.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fokker.sgd.kernels import _compiled

Array = NDArray[np.float64]

ROUNDING = 1e-13  # of the diagonal: a pivot that is smaller is zero, and one below minus it an error


@_compiled
def covariance(x: Array, sigma_g: Array, rho: Array, sigma_h: Array, out: Array) -> None:
    """Write the lower triangle of C at the offset x."""
    d = x.size
    for i in range(d):
        for j in range(i + 1):
            total = sigma_g[i, j]
            for k in range(d):
                inner = 2.0 * rho[i, j, k]
                for m in range(d):
                    inner += sigma_h[i, j, k, m] * x[m]
                total += inner * x[k]
            out[i, j] = total


@_compiled
def cholesky(c: Array) -> bool:
    """Replace the lower triangle of a semi-definite matrix by its root; False if it is not semi-definite.

    A pivot is the difference of its diagonal entry and a sum that is not larger, so its rounding is some units of the
    diagonal entry: a pivot within it is zero, and so is its column.
    """
    d = c.shape[0]
    for j in range(d):
        diagonal = c[j, j]
        pivot = diagonal
        for k in range(j):
            pivot -= c[j, k] * c[j, k]
        if not pivot >= -ROUNDING * abs(diagonal):
            return False
        root = math.sqrt(pivot) if pivot > ROUNDING * diagonal else 0.0
        c[j, j] = root
        for i in range(j + 1, d):
            below = c[i, j]
            for k in range(j):
                below -= c[i, k] * c[j, k]
            c[i, j] = below / root if root > 0.0 else 0.0
    return True


@_compiled
def pivoted(c: Array) -> bool:
    """As `cholesky`, for matrices of low rank that it refuses: the root is not triangular, and fills all of c.

    Where an early pivot is small, rounding of the later ones grows by its inverse. Here the one that is largest beside
    its diagonal entry comes first.
    """
    d = c.shape[0]
    a, own, left = c.copy(), np.empty(d), np.ones(d, dtype=np.bool_)
    for i in range(d):
        own[i] = a[i, i]
        for j in range(i):
            a[j, i] = a[i, j]
    c[:] = 0.0
    for step in range(d):
        best = -1
        for i in range(d):
            if not left[i] or a[i, i] <= ROUNDING * own[i]:
                continue
            if best < 0 or a[i, i] * own[best] > a[best, best] * own[i]:
                best = i
        if best < 0:
            break
        left[best] = False
        root = math.sqrt(a[best, best])
        c[best, step] = root
        for i in range(d):
            if left[i]:
                c[i, step] = a[i, best] / root
        for i in range(d):
            for j in range(d):
                if left[i] and left[j]:
                    a[i, j] -= c[i, step] * c[j, step]
    negative = 0
    for i in range(d):
        if left[i] and not a[i, i] >= -ROUNDING * abs(own[i]):
            negative += 1
    return negative == 0


@_compiled
def tensor_free(
    x: Array,
    z: Array,
    h: float,
    eta: float,
    minimum: Array,
    curvature: Array,
    sigma_g: Array,
    rho: Array,
    sigma_h: Array,
) -> None:
    """Advance replicas x, shape (d, r), by normals z, shape (steps, d, r); NaN where C is not semi-definite."""
    d = x.shape[0]
    at, force, root = np.empty(d), np.empty(d), np.empty((d, d))
    size = math.sqrt(h * eta)
    for i in range(x.shape[1]):
        for k in range(d):
            at[k] = x[k, i] - minimum[k]
        for s in range(z.shape[0]):
            covariance(at, sigma_g, rho, sigma_h, root)
            definite = triangular = cholesky(root)
            if not triangular:
                covariance(at, sigma_g, rho, sigma_h, root)
                definite = pivoted(root)
            for k in range(d):
                force[k] = 0.0
                for m in range(d):
                    force[k] += curvature[k, m] * at[m]
            for k in range(d):
                kick = 0.0
                for m in range(k + 1 if triangular else d):
                    kick += root[k, m] * z[s, m, i]
                at[k] += size * kick - h * force[k] if definite else math.nan
        for k in range(d):
            x[k, i] = minimum[k] + at[k]


@_compiled
def roots(tensors: Array) -> int:
    """Replace each matrix of shape (d, d, r) by its root; return the place of the first that has none, or -1."""
    d = tensors.shape[0]
    one = np.empty((d, d))
    for i in range(tensors.shape[2]):
        for j in range(d):
            for k in range(d):
                one[j, k] = tensors[j, k, i] if k <= j else 0.0
        if not cholesky(one):
            one[:] = tensors[:, :, i]
            if not pivoted(one):
                return i
        for j in range(d):
            for k in range(d):
                tensors[j, k, i] = one[j, k]
    return -1

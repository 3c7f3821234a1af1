"""Diffusion tensors as sums of jumps along lattice edges (Selling's reduction).

A positive definite D, in units of the cells, is ``sum_e w_e e e^T`` with weights ``w_e >= 0`` and integer offsets e:
three of them in the plane, six in space. A superbase of d + 1 vectors that add up to zero is reduced until no two of
them have a positive product under D; minus the products are the weights, and the offset of a pair is orthogonal to
all the others.

References
----------
E. Selling, *J. reine angew. Math.* 77 (1874) 143; J. H. Conway and N. J. A. Sloane, *Proc. R. Soc. A* 436 (1992)
55; J. Fehrenbach and J.-M. Mirebeau, *J. Math. Imaging Vis.* 49 (2014) 123.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fokker.linalg.compiling import announced
from fokker.linalg.scaled import kernel

Array = NDArray[np.float64]
Short = NDArray[np.int16]

CONDITION = 1e4  # largest ratio of eigenvalues: the reach of the edges grows like its square root
_STEPS = 400  # no reduction of a tensor within that ratio takes as many
_ROUNDING = 8.9e-16  # four units in the last place


class Capped(NamedTuple):
    """Tensors within the largest condition number, and how many had to be changed."""

    tensors: Array
    changed: int
    worst: float


def extremes(tensors: Array) -> tuple[Array, Array]:
    """Return the smallest and the largest eigenvalue of symmetric tensors of shape (d, d, n)."""
    if len(tensors) == 2:
        mean, half = 0.5 * (tensors[0, 0] + tensors[1, 1]), 0.5 * (tensors[0, 0] - tensors[1, 1])
        high = mean + np.sqrt(half * half + tensors[0, 1] * tensors[0, 1])
        return (tensors[0, 0] * tensors[1, 1] - tensors[0, 1] * tensors[0, 1]) / high, high
    eigenvalues: Array = np.asarray(np.linalg.eigvalsh(np.moveaxis(tensors, -1, 0)), dtype=float)
    return eigenvalues[:, 0], eigenvalues[:, -1]


def capped(tensors: Array, condition: float = CONDITION) -> Capped:
    """Add a multiple of the identity to tensors whose eigenvalues are too far apart.

    Parameters
    ----------
    tensors : array, shape (d, d, n)
        Symmetric, positive semi-definite; in units of the cells.
    condition : float
        Largest ratio of the eigenvalues.

    Returns
    -------
    Capped
        With the number of tensors changed, and the largest ratio met (infinite for a degenerate one).

    Examples
    --------
    >>> import numpy as np
    >>> found = capped(np.diag([1.0, 1e-6])[..., None])
    >>> found.changed, float((found.tensors[0, 0] / found.tensors[1, 1]).round(6)[0])
    (1, 10000.0)
    """
    low, high = extremes(tensors)
    low = np.maximum(low, 0.0)
    with np.errstate(divide="ignore"):
        worst = float((high / low).max())
    if worst <= condition * (1.0 + 1e-9):
        return Capped(tensors, 0, worst)
    lift = np.maximum(0.0, (high - condition * low) / (condition - 1.0))
    identity = np.eye(len(tensors))[..., None]
    return Capped(tensors + lift * identity, int((lift > 0.0).sum()), worst)


def selling(tensors: Array) -> tuple[Array, Short]:
    """Decompose tensors into weights and offsets.

    Parameters
    ----------
    tensors : array, shape (d, d, n)
        Symmetric and positive definite, d = 2 or 3, in units of the cells.

    Returns
    -------
    weights : array, shape (n, m)
        Not negative; m is 3 in the plane and 6 in space.
    offsets : array of int16, shape (n, m, d)
        Of the two directions of an edge the one whose first component that is not zero is positive.

    Examples
    --------
    >>> import numpy as np
    >>> weights, offsets = selling(np.array([[3.0, 1.0], [1.0, 2.0]])[..., None])
    >>> weights[0].tolist(), offsets[0].tolist()
    ([1.0, 1.0, 2.0], [[1, 1], [0, 1], [1, 0]])
    """
    count, d = tensors.shape[-1], len(tensors)
    edges = 3 if d == 2 else 6
    weights, offsets = np.empty((count, edges)), np.empty((count, edges, d), dtype=np.int16)
    with announced():
        (_plane if d == 2 else _space)(np.require(tensors, float, ["C", "W"]), weights, offsets)
    return weights, offsets


@kernel
def _plane(tensors: Array, weights: Array, offsets: Short) -> None:
    v = np.empty((3, 2), dtype=np.int64)
    for n in range(tensors.shape[2]):
        xx, xy, yy = tensors[0, 0, n], tensors[0, 1, n], tensors[1, 1, n]
        v[0, 0], v[0, 1], v[1, 0], v[1, 1], v[2, 0], v[2, 1] = 1, 0, 0, 1, -1, -1
        quiet, a = 0, 0
        for _ in range(_STEPS):
            b, c = (a + 1) % 3, (a + 2) % 3
            p, q, r = xx * v[a, 0] * v[b, 0], xy * (v[a, 0] * v[b, 1] + v[a, 1] * v[b, 0]), yy * v[a, 1] * v[b, 1]
            if p + q + r > _ROUNDING * (abs(p) + abs(q) + abs(r)):
                for i in range(2):
                    v[c, i] = v[a, i] - v[b, i]
                    v[a, i] = -v[a, i]
                quiet = 0
            else:
                quiet += 1
            if quiet == 3:
                break
            a = b
        # the second pass decomposes what rounding left over in the first
        for sweep in range(2):
            dx, dm, dy = xx, xy, yy
            if sweep == 1:
                for k in range(3):
                    e, f = offsets[n, k, 0], offsets[n, k, 1]
                    dx -= weights[n, k] * e * e
                    dm -= weights[n, k] * e * f
                    dy -= weights[n, k] * f * f
            for a in range(3):
                b, c = (a + 1) % 3, (a + 2) % 3
                w = -(dx * v[a, 0] * v[b, 0] + dm * (v[a, 0] * v[b, 1] + v[a, 1] * v[b, 0]) + dy * v[a, 1] * v[b, 1])
                k = (c + 1) % 3
                if sweep == 0:
                    e, f = -v[c, 1], v[c, 0]
                    sign = 1 if e > 0 or (e == 0 and f > 0) else -1
                    offsets[n, k, 0], offsets[n, k, 1] = sign * e, sign * f
                    weights[n, k] = w
                else:
                    weights[n, k] = max(0.0, weights[n, k] + w)


@kernel
def _product(tensor: Array, u: NDArray[np.int64], w: NDArray[np.int64]) -> tuple[float, float]:
    """Return the product of two vectors, and the sum of its terms' sizes."""
    total, size = 0.0, 0.0
    for i in range(3):
        for j in range(3):
            term = tensor[i, j] * u[i] * w[j]
            total += term
            size += abs(term)
    return total, size


@kernel
def _space(tensors: Array, weights: Array, offsets: Short) -> None:
    v = np.empty((4, 3), dtype=np.int64)
    d, rest = np.empty((3, 3)), np.empty((3, 3))
    for n in range(tensors.shape[2]):
        d[:, :] = tensors[:, :, n]
        v[:, :] = 0
        for i in range(3):
            v[i, i] = 1
            v[3, i] = -1
        for _ in range(_STEPS):
            done = True
            for a in range(4):
                for b in range(a + 1, 4):
                    total, size = _product(d, v[a], v[b])
                    if total > _ROUNDING * size:
                        for k in range(4):
                            if k not in (a, b):
                                for i in range(3):
                                    v[k, i] += v[a, i]
                        for i in range(3):
                            v[a, i] = -v[a, i]
                        done = False
            if done:
                break
        for sweep in range(2):
            rest[:, :] = d
            if sweep == 1:
                for k in range(6):
                    for i in range(3):
                        for j in range(3):
                            rest[i, j] -= weights[n, k] * offsets[n, k, i] * offsets[n, k, j]
            edge = 0
            for a in range(4):
                for b in range(a + 1, 4):
                    total, _ = _product(rest, v[a], v[b])
                    if sweep == 1:
                        weights[n, edge] = max(0.0, weights[n, edge] - total)
                    else:
                        weights[n, edge] = -total
                        _orthogonal(v, a, b, offsets[n, edge])
                    edge += 1


@kernel
def _orthogonal(v: NDArray[np.int64], a: int, b: int, offset: Short) -> None:
    """Write the offset of a pair: the cross product of the other two vectors, with a fixed sign."""
    k = 0
    while k in (a, b):
        k += 1
    j = k + 1
    while j in (a, b):
        j += 1
    sign = 0
    for i in range(3):
        p, q = (i + 1) % 3, (i + 2) % 3
        value = v[k, p] * v[j, q] - v[k, q] * v[j, p]
        if sign == 0 and value != 0:
            sign = 1 if value > 0 else -1
        offset[i] = sign * value

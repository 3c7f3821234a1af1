"""Eigenvalues and eigenvectors of reversible chains, each to full relative accuracy.

A symmetrised rate matrix of a chain is ``B^T B`` with a bidiagonal B whose entries are square roots of the
rates. Its singular values are the non-negative eigenvalues of the Golub-Kahan tridiagonal matrix, which has
a zero diagonal: there, bisection and twisted factorisations keep relative accuracy however small the
eigenvalue (Demmel and Kahan 1990; Fernando 1998), where the symmetrised matrix itself loses all digits.
"""

from __future__ import annotations

import numpy as np

from fokker.linalg.scaled import Array, kernel


def chain_eigenvalues(up: Array, down: Array, count: int) -> Array:
    """Return the `count` smallest eigenvalues of ``-Q`` for a chain without exits, the first zero.

    Parameters
    ----------
    up, down : array, shape (n - 1,)
        Rates of edge k, from cell k to cell k + 1 and back.
    count : int
        At most n.
    """
    from scipy.linalg import eigh_tridiagonal

    links = golub_kahan(up, down)
    cells = len(up) + 1
    # eigenvalues come in pairs of both signs around one zero
    singular: Array = eigh_tridiagonal(
        np.zeros(len(links) + 1),
        links,
        eigvals_only=True,
        select="i",
        select_range=(cells - 1, cells - 2 + count),
        lapack_driver="stebz",
        tol=np.finfo(float).tiny,  # an absolute tolerance: none, so that the relative one rules
    )
    singular[0] = 0.0
    return singular**2


def golub_kahan(up: Array, down: Array) -> Array:
    """Return the off-diagonal of the Golub-Kahan matrix, shape (2n - 2,): cells and edges take turns."""
    links = np.empty(2 * len(up))
    links[0::2], links[1::2] = np.sqrt(up), np.sqrt(down)
    return links


def chain_mode(links: Array, eigenvalue: float) -> Array:
    """Return the eigenvector of ``B^T B`` (cells only, shape (n,), norm one) for a positive `eigenvalue`."""
    vector = np.empty(len(links) + 1)
    _twisted(links, float(np.sqrt(eigenvalue)), vector)
    cells = vector[0::2]
    cells[1::2] *= -1.0  # B has entries of both signs, the matrix of links only positive ones
    return cells / np.linalg.norm(cells)


@kernel
def _twisted(links: Array, shift: float, vector: Array) -> None:
    """Solve (T - shift) z = gamma e_k where the twist k makes gamma smallest; T has a zero diagonal."""
    n = len(vector)
    tiny = 1e-290
    ahead, behind = np.empty(n), np.empty(n)
    ahead[0] = -shift
    for i in range(1, n):
        before = ahead[i - 1]
        if abs(before) < tiny:
            before = tiny
        ahead[i] = -shift - links[i - 1] / before * links[i - 1]
    behind[n - 1] = -shift
    for i in range(n - 2, -1, -1):
        after = behind[i + 1]
        if abs(after) < tiny:
            after = tiny
        behind[i] = -shift - links[i] / after * links[i]
    twist, least = 0, np.inf
    for i in range(0, n, 2):
        gamma = abs(ahead[i] + behind[i] + shift)
        if gamma < least:
            twist, least = i, gamma
    vector[twist] = 1.0
    for i in range(twist - 1, -1, -1):
        below = ahead[i] if abs(ahead[i]) > tiny else tiny
        vector[i] = -links[i] / below * vector[i + 1]
    for i in range(twist + 1, n):
        above = behind[i] if abs(behind[i]) > tiny else tiny
        vector[i] = -links[i - 1] / above * vector[i - 1]

"""The covariance of minibatch gradients for quadratic sample losses, in any dimension, exactly.

Sample k has the gradient g_k + H_k x at distance x from the minimum. The covariance of the mean over a batch is

    C_ij(x) = S_ij + (B_ij + B_ji) . x + x^T A^(ij) x,
    S_ij = Cov(g_i, g_j),   (B_ij)_a = Cov(g_i, H_ja),   A^(ij)_ab = Cov(H_ia, H_jb),

the covariances taken over the samples and multiplied by 1/b (batches with replacement) or (N-b)/(b (N-1)) (without).
Where gradient and Hessian are uncorrelated the middle term vanishes. A^(ij) = 0 for i != j is a further assumption, and
one that symmetric Hessians contradict: A^(ij)_ji = Var H_ij.

References
----------
Meng, Gong, Chen, Ma, Liu, arXiv 2006.13719, Proposition 10 (Eq. 13) and the remark after it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from fokker.errors import DimensionError
from fokker.theory._check import Array, real, refuse, whole


def batch_share(samples: int, batch: int, replacement: bool) -> float:
    """Return the variance of a batch mean over that of a sample.

    >>> batch_share(8, 2, True), round(batch_share(8, 3, False), 12)
    (0.5, 0.238095238095)
    """
    n, b = whole("samples", samples, least=2), whole("batch", batch, least=1)
    if replacement:
        return 1 / b
    if b <= n:
        return (n - b) / (b * (n - 1))
    refuse(
        "A batch without replacement is no larger than the sample.",
        given=f"batch={b}, samples={n}",
        accepted=f"1 <= batch <= {n}",
        hint="replacement=True",
    )


@dataclass(frozen=True, eq=False)
class GradientCovariance:
    """The three coefficients of C(x) = constant + linear . x + x^T quadratic x.

    Parameters
    ----------
    constant
        Shape (d, d).
    linear
        Shape (d, d, d), symmetric in the first two; the last is that of x.
    quadratic
        Shape (d, d, d, d), the last two those of x.

    Examples
    --------
    >>> form = GradientCovariance.of_samples([[1.0], [-1.0]], [[[2.0]], [[4.0]]], batch=1)
    >>> form.at([2.0]).tolist()  # gradients 5 and 7
    [[1.0]]
    """

    constant: Array
    linear: Array
    quadratic: Array

    @classmethod
    def of_samples(
        cls, gradients: ArrayLike, hessians: ArrayLike, batch: int, replacement: bool = True
    ) -> GradientCovariance:
        """Return the coefficients for samples with gradients (N, d) at the minimum and Hessians (N, d, d)."""
        g, h = real("gradients", gradients), real("hessians", hessians)
        if g.ndim != 2 or h.shape != (*g.shape, g.shape[-1]):
            refuse(
                "A sample has a gradient of d numbers and a Hessian of d x d.",
                given=f"gradients of shape {g.shape}, hessians of shape {h.shape}",
                accepted="shapes (N, d) and (N, d, d)",
                hint="np.stack over the samples",
                error=DimensionError,
            )
        share = batch_share(len(g), batch, replacement) / len(g)
        g, h = g - g.mean(axis=0), h - h.mean(axis=0)
        half = share * np.einsum("ni,nja->ija", g, h)
        return cls(
            share * np.einsum("ni,nj->ij", g, g),
            half + half.swapaxes(0, 1),
            share * np.einsum("nia,njb->ijab", h, h),
        )

    def at(self, x: ArrayLike) -> Array:
        """Return C at points of shape (..., d), shape (..., d, d)."""
        at = real("x", x)
        square = np.einsum("ijab,...a,...b->...ij", self.quadratic, at, at)
        return np.asarray(self.constant + np.einsum("ija,...a->...ij", self.linear, at) + square)

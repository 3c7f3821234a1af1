r"""The correction of first order in the learning rate: the process that follows the discrete iteration.

The recursion ``theta' = theta - eta (g(theta) + xi)`` has the mean gradient g, and noise xi of mean 0 and covariance
C(theta) that is drawn anew in every step. One step maps a function f to ``P f(theta) = E f(theta')``. The Ito process
``d theta = b dt + sqrt(eta K) dW`` run for a time eta maps it to ``exp(eta A) f``, with the generator
``A = b . grad + (eta/2) K : grad grad``. Backward error analysis chooses ``b = -g + eta b1 + eta^2 b2`` and
``K = C + eta K1`` such that both agree, order by order in eta.

Second order. ``P f`` has ``(eta^2/2) (g g^T + C) : grad grad f``; ``exp(eta A) f`` has
``eta^2 (b1 . grad f + (1/2) C : grad grad f) + (eta^2/2) (g . grad)^2 f``. As
``(g . grad)^2 f = g g^T : grad grad f + (J g) . grad f``, with the Jacobian J of g (the Hessian of the loss)::

    b1 = -(1/2) J g = -grad |g|^2 / 4        the drift is -grad (L + (eta/4) |grad L|^2)

Third order, terms with C (those without it, eta^2 J^2 g / 3 and the like, are of second order relative to the drift).
``P f`` has ``-(eta^3/2) g_k C_ij d_ijk f``; ``exp(eta A) f`` has
``eta^3 (b2 . grad + (1/2) K1 : grad grad) f - (eta^3/4) [(g . grad)(C : grad grad f) + C : grad grad (g . grad f)]``.
The third derivatives of f agree; the second and the first ask for::

    K1 = (1/2) (J C + C J^T + (g . grad) C)
    b2 = (1/4) C : grad grad g               a drift of size eta^2, zero where g is linear

What a diffusion cannot follow at this order is the third moment of xi, which enters as
``-(eta^3/6) E[xi xi xi] : grad grad grad f``: it leaves the first two moments of a linear recursion alone. The rule
holds for any smooth g and C; `fokker.sgd.descent_problem` applies it without derivatives. With ``g = H x`` and C
quadratic it changes the coefficients only::

    H       -> H + eta H^2 / 2
    C(x)    -> C + (eta/2) (H C + C H^T + H x . grad C)
            =  R C(P x) R^T + O(eta^2),   R = (1 + eta H)^(1/2),  P = (1 + eta H)^(-1/2) (1 + 2 eta H)^(1/2)

and the second form, which is the one used, is non-negative wherever C is. For one parameter: sigma_g (1 + eta H),
sigma_H (1 + 2 eta H), and rho with the root of the product of both factors.

What gains an order, measured against the stationary law of the recursion (`tests/test_sgd_correction_orders.py`):

- Gaussian noise, any smooth g and C: mean and variance, relative errors of order eta without the correction and
  eta^2 with it (g = w + 0.4 w^2 + 0.3 w^3, C = 1, eta = 0.1: 4.9 % of both, then
  0.54 % of the mean and 0.25 % of the variance).
- Linear g, noise of any law: the variance alike, whatever C; the mean is the minimum with and without it.
- Curved g and noise with a third moment, as minibatches have: neither. The errors of mean and variance stay of
  order eta, with smaller factors (the same g, C and eta, skewness 0.66: variance 6.2 % and 1.6 %, mean 2.9 % and
  2.7 %). So for real losses count on a better variance, not on a better mean.
- Third moments gain nothing.

References
----------
Q. Li, C. Tai, W. E, "Stochastic modified equations and adaptive stochastic gradient algorithms", ICML 2017 (the
drift); E. Hairer, C. Lubich, G. Wanner, *Geometric Numerical Integration*, Springer 2006, chapter IX.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fokker.errors import CoefficientError, explain
from fokker.sgd.noise_fit import Coefficients

FloatArray = NDArray[np.float64]


def corrected_coefficients(given: Coefficients, learning_rate: float) -> Coefficients:
    """Return the coefficients of the process that follows the recursion to one order more.

    Raises
    ------
    CoefficientError
        If learning rate times curvature is 1 or more, where powers of it do not converge.
    """
    from scipy.linalg import sqrtm

    H = given.curvature
    one, step = np.eye(len(H)), learning_rate * H
    largest = float(np.abs(np.linalg.eigvals(step)).max())
    if largest >= 1.0:
        raise CoefficientError(
            explain(
                "the learning rate is too large for a correction in powers of it.",
                given=f"learning_rate * curvature = {largest:.3g}",
                accepted="learning_rate * curvature < 1",
                try_=f"a learning rate well below {learning_rate / largest:.3g}, or the recursion itself",
            )
        )
    root = np.real(sqrtm(one + step))
    inner = np.linalg.solve(root, np.real(sqrtm(one + 2.0 * step)))
    return Coefficients(
        given.minimum,
        H + 0.5 * step @ H,
        root @ given.sigma_g @ root.T,
        np.einsum("ia,jb,abc,ck->ijk", root, root, given.rho, inner),
        np.einsum("ia,jb,abcd,ck,dl->ijkl", root, root, given.sigma_H, inner, inner, optimize=True),
    )

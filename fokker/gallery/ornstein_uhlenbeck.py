"""The linear process with any matrices."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fokker.errors import DimensionError, explain
from fokker.gallery._gaussian import box, known_answers, linear_drift
from fokker.gallery._parameters import square, symmetric_positive
from fokker.gallery.example import Example
from fokker.problem import Problem


def ornstein_uhlenbeck(
    *,
    matrix: ArrayLike = ((1.5, -2.0), (1.0, 1.0)),
    diffusion: ArrayLike = ((1.0, 0.3), (0.3, 0.5)),
) -> Example:
    """Return dx = -A x dt + sqrt(2 D) dW in one, two or three dimensions.

    Known: ``log_density`` (normalised over the whole space), ``covariance`` S with A S + S A^T = 2 D,
    ``current``, ``entropy_production`` and, in two dimensions, ``ray_flux``, the probability per unit of time that
    crosses a ray from the origin, counter-clockwise. A diagonal D is handed over as a diagonal.

    Parameters
    ----------
    matrix : array_like, shape (d, d)
        A, with eigenvalues of positive real part.
    diffusion : array_like, shape (d, d)
        D, symmetric and positive.

    Returns
    -------
    Example

    Raises
    ------
    FokkerError
        A matrix is not what it must be, the two differ in size, or the process runs away.

    References
    ----------
    C. W. Gardiner, *Handbook of Stochastic Methods*, section 4.4.6; P. Chaudhari and S. Soatto, ICLR 2018.

    Examples
    --------
    >>> known = ornstein_uhlenbeck().known
    >>> known["covariance"].round(12).tolist()
    [[0.88, 0.16], [0.16, 0.34]]
    >>> round(known["entropy_production"], 12)
    3.339024390244
    """
    from fokker.theory import linear_process

    a = square("matrix", matrix, "A in the drift -A x")
    d = symmetric_positive("diffusion", diffusion, "D, half the covariance of the noise per unit of time")
    if a.shape != d.shape:
        headline = "the drift matrix and the diffusion matrix differ in size."
        raise DimensionError(explain(headline, given=f"matrix {a.shape}, diffusion {d.shape}"))
    covariance = linear_process.covariance(a, d)
    domain = box(covariance)
    diagonal = bool(np.all(d == np.diag(np.diag(d))))
    if len(a) == 1:
        rate, strength = float(a[0, 0]), float(d[0, 0])
        problem = Problem(lambda x: -rate * x, diffusion=strength, domain=domain)
    else:
        problem = Problem(linear_drift(a), diffusion=tuple(np.diag(d)) if diagonal else d, domain=domain)
    return Example(
        name="ornstein_uhlenbeck",
        problem=problem,
        description="A linear drift towards the centre with constant noise, in any directions. "
        "Its law is a Gaussian, and its current circulates unless A D is symmetric.",
        source="C. W. Gardiner, Handbook of Stochastic Methods, section 4.4.6",
        known=known_answers(a, d, covariance),
        cells=({1: 400, 2: 128, 3: 40}[len(a)],) * len(a),
    )

"""A particle in a harmonic trap that stirs it."""

from __future__ import annotations

import numpy as np

from fokker.gallery._gaussian import box, known_answers, linear_drift
from fokker.gallery._parameters import positive, real
from fokker.gallery.example import Example
from fokker.problem import Problem


def rotating_ornstein_uhlenbeck(*, rate: float = 1.0, rotation: float = 1.0, diffusion: float = 1.0) -> Example:
    """Return dx = -A x dt + sqrt(2 D) dW with A = [[k, w], [-w, k]].

    Known: ``log_density`` (normalised over the plane), ``covariance`` (D/k) I, ``current`` w (-y, x) p,
    ``ray_flux`` w/(2 pi), the probability per unit of time that crosses a ray from the origin, and
    ``entropy_production`` 2 w^2/k, whatever D.

    Parameters
    ----------
    rate : float
        k > 0, the rate of return to the centre.
    rotation : float
        w, the angular velocity, counter-clockwise for w > 0.
    diffusion : float
        D > 0.

    Returns
    -------
    Example

    Raises
    ------
    CoefficientError
        A parameter is not what it must be.

    References
    ----------
    H. Qian, Proc. R. Soc. A 457 (2001) 1645.

    Examples
    --------
    >>> known = rotating_ornstein_uhlenbeck(rate=2.0, rotation=3.0, diffusion=0.5).known
    >>> known["entropy_production"], known["covariance"].tolist()
    (9.0, [[0.25, 0.0], [0.0, 0.25]])
    """
    from fokker.theory import linear_process

    k = positive("rate", rate, "the rate of return to the centre")
    w = real("rotation", rotation, "the angular velocity")
    d = positive("diffusion", diffusion, "the diffusion coefficient")
    matrix, one = linear_process.rotating(k, w), np.eye(2)
    known = known_answers(matrix, d * one, d / k * one)
    return Example(
        name="rotating_ornstein_uhlenbeck",
        problem=Problem(linear_drift(matrix), diffusion=d, domain=box(known["covariance"])),
        description="A particle in a harmonic trap with a flow that turns around its centre. "
        "The law is the Gaussian of the trap at every rotation, with a circular current.",
        source="H. Qian, Proc. R. Soc. A 457 (2001) 1645",
        known=known | {"entropy_production": 2 * w**2 / k},
        sets={"core": lambda x, y: k * (x**2 + y**2) <= d},
        cells=(128, 128),
    )

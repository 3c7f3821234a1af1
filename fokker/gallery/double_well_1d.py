"""The quartic double well on the line."""

from __future__ import annotations

import numpy as np

from fokker.gallery import _quartic
from fokker.gallery._parameters import positive
from fokker.gallery.example import Example
from fokker.problem import Problem
from fokker.theory import kramers


def double_well_1d(*, barrier: float = 1.0, temperature: float = 0.1) -> Example:
    """Return dx = -U'(x) dt + sqrt(2 T) dW with U = B (x^2 - 1)^2.

    Known: ``log_density`` (normalised over the line), ``covariance``, ``minima``, ``saddle``, ``barrier``, and
    ``log_rate``, the logarithm of Kramers' rate from one well to the other, to leading order in T/B.

    Parameters
    ----------
    barrier : float
        B > 0, the height of the barrier.
    temperature : float
        T > 0, in the units of B.

    Returns
    -------
    Example

    Raises
    ------
    CoefficientError
        A parameter is not a positive number.

    References
    ----------
    H. A. Kramers, Physica 7 (1940) 284.

    Examples
    --------
    >>> double_well_1d(barrier=0.25, temperature=0.025).known["barrier"]
    0.25
    """
    b = positive("barrier", barrier, "the height of the barrier between the wells")
    t = positive("temperature", temperature, "the strength of the noise, in the units of the potential")
    end = _quartic.reach(b, 0.0, t)
    norm = _quartic.log_partition(b / t)
    return Example(
        name="double_well_1d",
        problem=Problem.from_potential(lambda x: b * (x**2 - 1) ** 2, temperature=t, domain={"x": (-end, end)}),
        description="A particle in two equal wells at -1 and 1. Escape takes a time exp(barrier/temperature).",
        source="H. A. Kramers, Physica 7 (1940) 284",
        known={
            "log_density": lambda x: -b * (x**2 - 1) ** 2 / t - norm,
            "covariance": np.array([[_quartic.mean_square(b / t)]]),
            "minima": ((-1.0,), (1.0,)),
            "saddle": (0.0,),
            "barrier": b,
            "log_rate": -float(np.asarray(kramers.log_time(t, b, 8 * b, 4 * b))),
        },
        sets={"left": lambda x: x <= -1, "right": lambda x: x >= 1},
        cells=(400,),
    )

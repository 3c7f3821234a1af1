"""A valley of varying width: constant noise drifts towards the wide parts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fokker.gallery._parameters import not_negative, positive
from fokker.gallery._quartic import broad
from fokker.gallery.example import Example
from fokker.problem import Problem


def valley(*, modulation: float = 4.0, temperature: float = 0.1) -> Example:
    """Return dx = -grad L dt + sqrt(2 T) dW with L = h(y) x^2/2, h = 1 + s sin(y)^2, y on a ring.

    The floor of the valley is flat, and yet y drifts to where the valley is wide.

    Known: ``log_density`` (normalised over the strip), ``marginal(y)`` = h^(-1/2)/(4 K(-s)), K the complete
    elliptic integral of the parameter -s, and ``mean_drift(y)`` = -(T/2) h'/h, the drift of y averaged over x
    at fixed y, all exact at every T.

    Parameters
    ----------
    modulation : float
        s >= 0.
    temperature : float
        T > 0, in the units of L.

    Returns
    -------
    Example

    Raises
    ------
    CoefficientError
        A parameter is not what it must be.

    References
    ----------
    M. Wei and D. J. Schwab, "How noise affects the Hessian spectrum in overparameterized neural networks", 2019.

    Examples
    --------
    >>> marginal = valley().known["marginal"]
    >>> round(float(marginal(0.0)), 14), round(float(marginal(np.pi / 2)), 14)
    (0.24765890268489, 0.11075642832729)
    """
    from fokker.theory import valley as theory

    s = not_negative("modulation", modulation, "how much the curvature of the valley varies")
    t = positive("temperature", temperature, "the strength of the noise, in the units of the potential")

    def curvature(y: Any) -> Any:
        return 1 + s * np.sin(y) ** 2

    return Example(
        name="valley",
        problem=Problem.from_potential(
            lambda x, y: curvature(y) * x**2 / 2,
            temperature=t,
            domain={"x": (-broad(1.0, t), broad(1.0, t)), "y": (-math.pi, math.pi)},
            boundary={"x": "reflecting", "y": "periodic"},
        ),
        description="A valley with a flat floor whose width varies along it, with constant noise. "
        "Probability gathers where the valley is wide: a drift towards flat minima without any force.",
        source="M. Wei and D. J. Schwab (2019)",
        known={
            "log_density": lambda x, y: theory.ring_log_density(x, y, s, t),
            "marginal": lambda y: theory.ring_marginal(y, s),
            "mean_drift": lambda y: theory.averaged_drift(curvature(y), s * np.sin(2 * y), t),
        },
        sets={"wide": lambda x, y: np.abs(np.sin(y)) <= 0.1, "narrow": lambda x, y: np.abs(np.cos(y)) <= 0.1},
        cells=(96, 96),
    )

"""The potential of Mueller and Brown."""

from __future__ import annotations

from typing import Any

import numpy as np

from fokker.gallery._parameters import positive
from fokker.gallery.example import Example
from fokker.problem import Problem

HEIGHTS = (-200.0, -100.0, -170.0, 15.0)
XX = (-1.0, -1.0, -6.5, 0.7)
XY = (0.0, 0.0, 11.0, 0.6)
YY = (-10.0, -10.0, -6.5, 0.7)
CENTRES = ((1.0, 0.0), (0.0, 0.5), (-0.5, 1.5), (-1.0, 1.0))

# Newton's method in 40 digits; from the deepest minimum along the path to the second deepest
MINIMA = (
    (-0.55822363463302427747, 1.4417258418046686551),
    (0.62349940493087650977, 0.028037758528685665749),
    (-0.050010822998206057751, 0.46669410487197208777),
)
MINIMUM_ENERGIES = (-146.6995172099540137, -108.16672411685235499, -80.767818129659028156)
SADDLES = ((-0.82200155873273209741, 0.62431280281487136129), (0.21248658200066200686, 0.29298832510736776515))
SADDLE_ENERGIES = (-40.664843508657404291, -72.24894011232521151)
RADIUS = 0.15


def mueller_brown(*, temperature: float = 15.0) -> Example:
    """Return dx = -grad U dt + sqrt(2 T) dW in the potential of Mueller and Brown, with its usual constants.

    U = sum_i A_i exp(a_i (x - x_i)^2 + b_i (x - x_i)(y - y_i) + c_i (y - y_i)^2), four terms.

    Known: ``log_weight`` = -U/T; ``minima``, the deepest, the second and the shallow one between them, and
    ``minimum_energies``; ``saddles``, from the deepest to the shallow minimum and from there to the second, and
    ``saddle_energies``.

    Parameters
    ----------
    temperature : float
        T > 0, in the units of U: the higher barrier is 106 above the deepest minimum.

    Returns
    -------
    Example

    Raises
    ------
    CoefficientError
        The temperature is not a positive number.

    References
    ----------
    K. Mueller and L. D. Brown, Theor. Chim. Acta 53 (1979) 75.

    Examples
    --------
    >>> example = mueller_brown()
    >>> x, y = example.known["minima"][0]
    >>> round(float(example.problem.potential_at(x, y)), 6)  # in units of T
    -9.779968
    """
    t = positive("temperature", temperature, "the strength of the noise, in the units of the potential")
    (deep, second, _), near = MINIMA, RADIUS**2
    return Example(
        name="mueller_brown",
        problem=Problem.from_potential(potential, temperature=t, domain={"x": (-1.5, 1.2), "y": (-0.5, 2.0)}),
        description="A reaction between two wells over a curved path with a shallow well on the way. "
        "It is the customary test of methods that look for paths and rates.",
        source="K. Mueller and L. D. Brown, Theor. Chim. Acta 53 (1979) 75",
        known={
            "log_weight": lambda x, y: -potential(x, y) / t,
            "minima": MINIMA,
            "minimum_energies": MINIMUM_ENERGIES,
            "saddles": SADDLES,
            "saddle_energies": SADDLE_ENERGIES,
        },
        sets={
            "reactant": lambda x, y: (x - deep[0]) ** 2 + (y - deep[1]) ** 2 <= near,
            "product": lambda x, y: (x - second[0]) ** 2 + (y - second[1]) ** 2 <= near,
        },
        cells=(162, 150),
    )


def potential(x: Any, y: Any) -> Any:
    """Return U, in its own units.

    >>> round(float(potential(0.0, 0.5)), 9)
    -79.382724458
    """
    total: Any = 0.0
    for height, xx, xy, yy, (x0, y0) in zip(HEIGHTS, XX, XY, YY, CENTRES, strict=True):
        dx, dy = x - x0, y - y0
        total = total + height * np.exp(xx * dx**2 + xy * dx * dy + yy * dy**2)
    return total

"""Exit by one long jump: dX = -L'(X) dt + e dL, L symmetric alpha-stable noise of index a in (0, 2).

For e -> 0 the process leaves (-A, B) by a single jump, at the rate e^a nu(outside) of the jump measure
nu(dy) = c |y|^(-1-a) dy: the mean time is a/(c e^a (A^-a + B^-a)), whatever the height of the barriers. It
depends on the normalisation c of the noise.

References
----------
Imkeller and Pavlyukevich, Stoch. Proc. Appl. 116 (2006) 611 (there c = 1); Meng et al., arXiv 2006.13719,
Table 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gamma

from fokker.theory._check import Array, Floats, positive, real, refuse, show, tidy


def jump_constant(index: ArrayLike) -> Floats:
    """Return c = Gamma(1 + a) sin(pi a/2)/pi of the standard law, E e^(ikX) = exp(-|k|^a).

    Examples
    --------
    >>> [round(jump_constant(a), 12) for a in (1.2, 1.5, 1.8)]
    [0.333549429912, 0.299206710301, 0.164904938818]
    """
    a = _index(index)
    return tidy(gamma(1 + a) * np.sin(np.pi * a / 2) / np.pi)


def exit_time(
    index: ArrayLike, strength: ArrayLike, left: ArrayLike, right: ArrayLike, constant: ArrayLike = 1.0
) -> Floats:
    """Return the mean time to leave (-A, B), leading order for weak noise.

    Parameters
    ----------
    index
        a, 0 < a < 2.
    strength
        e > 0, the factor of the noise [x/time^(1/a)].
    left, right
        Distances A, B > 0 from the minimum to the two ends [x].
    constant
        c of the jump measure; 1 in the literature of the asymptotics, `jump_constant(a)` for the standard
        law.

    Examples
    --------
    >>> round(exit_time(1.5, 0.01, 1.0, 1.0), 6)  # (a/2) R^a/e^a
    750.0
    """
    a = _index(index)
    e = positive("strength", strength, "the strength of the noise")
    near = positive("left", left, "a distance") ** -a + positive("right", right, "a distance") ** -a
    return tidy(a / (positive("constant", constant, "the constant of the jump measure") * e**a * near))


def _index(index: ArrayLike) -> Array:
    a = real("index", index)
    if np.all((a > 0) & (a < 2)):
        return a
    refuse(
        "The index of a stable law with jumps lies between 0 and 2.",
        given=f"index={show(index)}",
        accepted="0 < index < 2",
        hint="fokker.theory.kramers for Gaussian noise, index 2",
    )

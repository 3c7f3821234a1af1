"""The names of one law: Student's nu, the q of q-Gaussians, kappa of the power-law dynamic.

For ``p ~ (1 + x^2/s^2)^(-m)`` all say the same: nu = 2 m - 1 (Student; ``P(|x| > R) ~ R^-nu``), q = 1 + 1/m, and for
the power-law dynamic in the convention alpha kappa = m - 1 + alpha. The Gaussian is nu = kappa = infinity, q = 1.

A law that cannot be normalised (nu <= 0, q >= 3) has none of these names: it is an error wherever it is met.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.errors import CoefficientError, NormalisationError, explain
from fokker.problem import Convention
from fokker.sgd.noise_laws import stationary_index

Array = NDArray[np.float64]


def q_from_index(nu: ArrayLike) -> float | Array:
    """Return q = (nu + 3)/(nu + 1) of the q-Gaussian that is Student's law with nu degrees of freedom.

    Raises
    ------
    NormalisationError
        If nu is not positive.

    Examples
    --------
    >>> round(q_from_index(9.0), 12)
    1.2
    """
    return _tidy(1.0 + 2.0 / (_index(nu) + 1.0))


def index_from_q(q: ArrayLike) -> float | Array:
    """Return nu = (3 - q)/(q - 1), 1 <= q < 3.

    Raises
    ------
    NormalisationError
        If q is 3 or more.
    CoefficientError
        If q is below 1, where the law ends at a finite distance.

    Examples
    --------
    >>> round(index_from_q(1.2), 12)
    9.0
    """
    values = _real("q", q)
    if (values < 1.0).any():
        headline = "q must lie between 1 (the Gaussian) and 3: a q-Gaussian below 1 has no tail."
        raise CoefficientError(explain(headline, given=f"q={_shown(q)}", accepted="1 <= q < 3"))
    if (values >= 3.0).any():
        headline = "q must lie between 1 (the Gaussian) and 3, from which on the law cannot be normalised."
        hint = "q = 1 + 1/m for a density that falls like abs(x)**(-2 m)"
        raise NormalisationError(explain(headline, given=f"q={_shown(q)}", accepted="1 <= q < 3", try_=hint))
    with np.errstate(divide="ignore"):  # the Gaussian
        return _tidy((3.0 - values) / (values - 1.0))


def index_from_kappa(kappa: ArrayLike, convention: str | float | Convention) -> float | Array:
    """Return nu = 2 kappa + 1 - 2 alpha.

    Raises
    ------
    NormalisationError
        If nu is not positive.
    CoefficientError
        If kappa is not positive.

    Examples
    --------
    >>> index_from_kappa(5.0, "isothermal"), index_from_kappa(5.0, "ito")
    (9.0, 11.0)
    """
    values = _real("kappa", kappa)
    if (values <= 0.0).any():
        accepted = "kappa = curvature / (learning_rate sigma_H) > 0"
        raise CoefficientError(explain("kappa must be positive.", given=f"kappa={_shown(kappa)}", accepted=accepted))
    return _tidy(np.vectorize(lambda k: stationary_index(k, convention, 1), otypes=[float])(values))


def kappa_from_index(nu: ArrayLike, convention: str | float | Convention) -> float | Array:
    """Return kappa = (nu - 1)/2 + alpha.

    Raises
    ------
    NormalisationError
        If nu is not positive.
    CoefficientError
        If nu is 1 - 2 alpha or less: in this convention every law of the dynamic falls faster.

    Examples
    --------
    >>> kappa_from_index(9.0, "isothermal"), kappa_from_index(11.0, "ito")
    (5.0, 5.0)
    """
    alpha = Convention.parse(convention).alpha
    kappa = 0.5 * (_index(nu) - 1.0) + alpha
    if (kappa <= 0.0).any():
        raise CoefficientError(
            explain(
                "no power-law dynamic has this tail in this convention: its kappa would not be positive.",
                given=f"nu={_shown(nu)}, convention={convention!r}",
                accepted=f"nu > 1 - 2 alpha = {1.0 - 2.0 * alpha:g}",
                try_='the law without a kappa, or convention="isothermal", which has every nu > 0',
            )
        )
    return _tidy(kappa)


def kappa_from_q(q: ArrayLike, convention: str | float | Convention) -> float | Array:
    """Return kappa = 1/(q - 1) - 1 + alpha; errors as in `index_from_q` and `kappa_from_index`.

    Examples
    --------
    >>> round(kappa_from_q(1.2, "isothermal"), 12), round(kappa_from_q(1.2, "ito"), 12)
    (5.0, 4.0)
    """
    return kappa_from_index(index_from_q(q), convention)


def q_from_kappa(kappa: ArrayLike, convention: str | float | Convention) -> float | Array:
    """Return q = 1 + 1/(kappa + 1 - alpha); errors as in `index_from_kappa`.

    Examples
    --------
    >>> round(q_from_kappa(5.0, "isothermal"), 12), round(q_from_kappa(4.0, "ito"), 12)
    (1.2, 1.2)
    """
    return q_from_index(index_from_kappa(kappa, convention))


def _index(nu: ArrayLike) -> Array:
    """Return tail indices, which are positive."""
    values = _real("nu", nu)
    if (values <= 0.0).any():
        headline = "nu must be positive: with another tail index the law cannot be normalised."
        raise NormalisationError(
            explain(headline, given=f"nu={_shown(nu)}", accepted="nu > 0, infinite for a Gaussian")
        )
    return values


def _real(name: str, values: ArrayLike) -> Array:
    """Return numbers, infinity among them."""
    try:
        result = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        result = np.array(np.nan)
    if np.isnan(result).any():
        headline = f"{name} must be a real number, or an array of them."
        raise CoefficientError(explain(headline, given=f"{name}={_shown(values)}", accepted="numbers, or infinity"))
    return result


def _shown(values: ArrayLike) -> str:
    text = repr(values)
    return text if len(text) <= 60 else text[:57] + "..."


def _tidy(values: Array) -> float | Array:
    return float(values) if np.ndim(values) == 0 else np.asarray(values)

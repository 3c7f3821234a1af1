"""`power_spectrum`: which frequencies an observable fluctuates at in the stationary state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.errors import DomainError, explain
from fokker.generator import Generator
from fokker.info import Info, warn_once
from fokker.results import PowerSpectrum
from fokker.solvers.autocorrelation import deviation, integrated

Array = NDArray[np.float64]


def power_spectrum(
    generator: Generator, observable: Callable[..., Any], frequencies: Sequence[float] | Array
) -> PowerSpectrum:
    """Return the power spectral density ``S(w)``, the Fourier transform of the autocorrelation.

    ``S(w) = 2 Re sum_i P_i f_i ((i w - Q)^-1 (f - <f>))_i``: one complex sparse LU a frequency, none for w = 0.

    Parameters
    ----------
    generator : Generator
        From `fokker.discretize`, with a stationary law.
    observable : callable
        f, a function of the coordinates that broadcasts.
    frequencies : sequence of float
        Angular frequencies w, 1/time.

    Returns
    -------
    PowerSpectrum

    Raises
    ------
    NormalisationError
        If there is no stationary law.
    DomainError
        If a frequency is not a finite number.
    FokkerError
        As in `autocorrelation`.

    Notes
    -----
    Risken, *The Fokker-Planck Equation*, Springer 1989, section 7.2.

    Examples
    --------
    >>> import fokker
    >>> problem = fokker.Problem(drift=lambda x: -2 * x, diffusion=1.0, domain={"x": (-6, 6)})
    >>> found = fokker.power_spectrum(fokker.discretize(problem, cells=400), lambda x: x, [0.0, 2.0])
    >>> found.values.round(3)  # 2 D / (4 + w**2)
    array([0.5 , 0.25])
    """
    law, change, _ = deviation(generator, observable, "power_spectrum")
    omegas = _checked(frequencies)
    weight = law * change
    values = np.array([2.0 * float(weight @ _response(generator, law, change, w)) for w in omegas])
    info = Info(
        f"resolvent by sparse LU, {generator.scheme} edges",
        {"cells": generator.cells, "frequencies": len(omegas)},
        ("Risken 1989",),
        generator.warnings,
    )
    warn_once(info.warnings)
    return PowerSpectrum(omegas, values, info)


def _checked(frequencies: ArrayLike) -> Array:
    try:
        omegas = np.atleast_1d(np.asarray(frequencies, dtype=float))
    except (TypeError, ValueError) as error:
        raise DomainError(explain("the frequencies are not numbers.", given=repr(frequencies))) from error
    if omegas.ndim != 1 or not len(omegas) or not np.isfinite(omegas).all():
        raise DomainError(
            explain(
                "a frequency is no finite number.",
                given=f"frequencies={frequencies!r}",
                accepted="angular frequencies, 1/time",
                try_="np.geomspace(0.01, 100, 60)",
            )
        )
    return omegas


def _response(generator: Generator, law: Array, change: Array, omega: float) -> Array:
    """Return the real part of ``(i w - Q)^-1 change``."""
    if omega == 0.0:
        return integrated(generator, law, change)
    from scipy.sparse import eye_array
    from scipy.sparse.linalg import splu

    matrix = (1j * omega * eye_array(generator.cells, format="csc") - generator.matrix()).tocsc()
    factor = splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    return np.real(factor.solve(change.astype(complex)))

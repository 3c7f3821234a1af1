"""Noise models in five lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.sgd.noise_checks import negative_parts

if TYPE_CHECKING:
    from fokker.sgd.noise import NoiseModel
    from fokker.sgd.noise_fit import NoiseEstimate
    from fokker.sgd.noise_tensor import TensorNoiseModel


def line_words(model: NoiseModel) -> str:
    """Return a model of one parameter in words."""
    variance = f"{model.sigma_g:.6g} {_term(2.0 * model.rho)} x {_term(model.sigma_H)} x^2, x = theta - minimum"
    holes = " and ".join(f"({low:.6g}, {high:.6g})" for low, high in negative_parts(model))
    tail = f"none: C < 0 in {holes}" if holes else f"{model.kappa:.6g}, tail index {model.tail_index():.6g} (Ito)"
    return (
        f"NoiseModel of one parameter, learning_rate={model.learning_rate:g}, batch_size={model.batch_size}\n"
        f"  minimum   {model.minimum:.6g}, curvature {model.curvature:.6g}\n"
        f"  variance  C = {variance}\n"
        f"  kappa     {tail}\n"
        f"  estimate  {_estimate(model.estimate)}"
    )


def tensor_words(model: TensorNoiseModel) -> str:
    """Return a model of several parameters in words."""
    size, eta = model.dimension, model.learning_rate
    slopes = np.linalg.eigvals(model.curvature)
    slopes = slopes[np.argsort(slopes.real)]
    return (
        f"TensorNoiseModel of {size} parameters, learning_rate={eta:g}, batch_size={model.batch_size}\n"
        f"  minimum   {_listed(model.minimum)}\n"
        f"  curvature {_listed(slopes.real if np.isreal(slopes).all() else slopes)} (eigenvalues)\n"
        f"  variance  {np.trace(model.sigma_g):.6g} at the minimum (trace of C)\n"
        f"  estimate  {_estimate(model.estimate)}"
    )


def _estimate(found: NoiseEstimate | None) -> str:
    return found.summary if found is not None else "none, coefficients were given"


def _term(value: float) -> str:
    return f"{'-' if value < 0.0 else '+'} {abs(value):.6g}"


def _listed(values: NDArray[Any]) -> str:
    """Return the first entries of an array in one line."""
    shown = ", ".join(f"{value:.6g}" for value in values[:6])
    return f"{shown}, ... ({len(values)} in all)" if len(values) > 6 else shown

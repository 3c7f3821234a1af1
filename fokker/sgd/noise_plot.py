"""Pictures of noise models: the variance of the minibatch gradient over the parameters."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.errors import DimensionError, explain
from fokker.results.plot_line import draw

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from fokker.sgd.noise import NoiseModel
    from fokker.sgd.noise_tensor import TensorNoiseModel

FloatArray = NDArray[np.float64]


def draw_variance(model: NoiseModel, ax: Axes | None, **style: Any) -> Axes:
    """Draw C over theta, and the measured values with one standard error."""
    found = model.estimate
    if found is not None:
        low, high = float(found.points.min()), float(found.points.max())
    else:
        width = 3.0 * _width(model)
        low, high = model.minimum - width, model.minimum + width
    margin = 0.03 * (high - low)
    x = np.linspace(low - margin, high + margin, 201)
    ax = draw(ax, x, model.gradient_variance(x), "theta", "gradient variance C", **({"label": "quadratic"} | style))
    if found is not None:
        errors = found.measured_errors[:, 0, 0]
        ax.errorbar(found.points[:, 0], found.measured[:, 0, 0], errors, fmt="o", ms=4, capsize=2, label="measured")
    ax.legend()
    return ax


def draw_trace(model: TensorNoiseModel, ax: Axes | None, **style: Any) -> Axes:
    """Draw the trace of C over two parameters, and the measured values as dots in the same colours."""
    if model.dimension != 2:
        raise DimensionError(
            explain(
                "the noise of this model has no single picture.",
                given=f"{model.dimension} parameters",
                accepted="two parameters",
                try_="gradients along a line or in a plane: NoiseModel.from_model(..., directions=2)",
            )
        )
    from fokker.results.plot_field import field

    found = model.estimate
    if found is not None:
        low, high = found.points.min(axis=0), found.points.max(axis=0)
        low, high = low - 0.05 * (high - low), high + 0.05 * (high - low)
    else:
        width = 3.0 * model.width
        low, high = model.minimum - width, model.minimum + width
    axes = np.linspace(low, high, 101).T
    theta = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    ax = field(ax, (axes[0], axes[1]), model.total_variance(theta), ("theta_1", "theta_2"), "trace of C", **style)
    if found is not None:
        shown: Any = ax.collections[0]
        trace = np.einsum("mii->m", found.measured)
        x, y = found.points.T
        ax.scatter(x, y, c=trace, cmap=shown.get_cmap(), norm=shown.norm, edgecolors="white", label="measured")
        ax.legend()
    return ax


def _width(model: NoiseModel) -> float:
    """Return a length over which the variance or the stationary law changes."""
    if model.sigma_H > 0.0 and model.sigma_g > 0.0:
        return math.sqrt(model.sigma_g / model.sigma_H)
    spread = math.sqrt(0.5 * model.learning_rate * model.sigma_g / model.curvature)
    return spread or 1.0

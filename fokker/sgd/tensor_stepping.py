"""Steps of a noise model of several parameters, compiled where there are no walls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fokker.sgd import tensor_kernels
from fokker.sgd.stepping import ArrayStepper, Walls

if TYPE_CHECKING:
    from fokker.sgd.noise_tensor import TensorNoiseModel

Array = NDArray[np.float64]


@dataclass(frozen=True)
class TensorStepper(ArrayStepper):
    """Euler and Maruyama's steps; those of length learning_rate are the power-law dynamic itself."""

    model: TensorNoiseModel | None = None

    @classmethod
    def of(cls, model: TensorNoiseModel, walls: Walls) -> TensorStepper:
        """Return the stepper; only `advance` is compiled, which there must be no walls for."""

        def noise(x: Array) -> Array:
            tensors = np.ascontiguousarray(2.0 * np.moveaxis(model.diffusion(x.T), 0, -1))
            if tensor_kernels.roots(tensors) >= 0:
                tensors[:] = np.nan  # reported by the caller
            return tensors

        return cls(lambda x: np.asarray(model.drift(x.T).T), noise, 0.0, walls, model=model)

    def advance(self, x: Array, z: Array, h: float) -> None:
        """Take the steps of length h."""
        m = self.model
        assert m is not None
        tensor_kernels.tensor_free(x, z, h, m.learning_rate, m.minimum, m.curvature, m.sigma_g, m.rho, m.sigma_H)

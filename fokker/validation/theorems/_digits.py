"""A small network on scikit-learn's digits, and a minimum of its loss."""

import numpy as np
from numpy.typing import NDArray

from fokker.errors import FokkerError, missing_extra
from fokker.sgd import DenseClassifier

Array = NDArray[np.float64]


def digits(samples: int = 1797) -> tuple[Array, NDArray[np.int64]]:
    """Return the first images as 64 numbers, divided by 16 and centred, and their labels."""
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise missing_extra("sklearn", "validate", "the digits data set") from error
    data = load_digits()
    images = np.asarray(data.data[:samples], dtype=np.float64) / 16.0
    return np.asarray(images - images.mean(axis=0)), np.asarray(data.target[:samples], dtype=np.int64)


def minimum(network: DenseClassifier, start: Array, gradient: float = 1e-9) -> Array:
    """Descend by L-BFGS to a point where no entry of the gradient is larger than asked.

    Raises
    ------
    FokkerError
        If that is not reached.
    """
    from scipy.optimize import minimize

    everything = np.arange(network.samples)[:, None]

    def both(theta: Array) -> tuple[float, Array]:
        return float(network.loss(theta)[0]), network.gradient(theta[:, None], everything)[:, 0]

    options = {"maxiter": 10_000, "maxfun": 20_000, "gtol": gradient, "ftol": 0.0, "maxcor": 30}
    found = minimize(both, start, jac=True, method="L-BFGS-B", options=options)
    largest = float(np.abs(found.jac).max())
    if largest > gradient:
        raise FokkerError(f"no minimum was found: an entry of the gradient is {largest:.2g}.")
    return np.asarray(found.x, dtype=np.float64)

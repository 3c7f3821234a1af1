"""Small models with the gradients of their losses on minibatches, for many replicas at once.

Parameters have the shape (p, replicas), batches are indices of shape (batch, replicas): every replica has its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.errors import DimensionError, FokkerError, explain
from fokker.sgd import _checks

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


class Model(Protocol):
    """What `simulate_sgd` asks of a model."""

    @property
    def samples(self) -> int:
        """Number of samples."""

    @property
    def parameters(self) -> int:
        """Number of parameters."""

    @property
    def curvature(self) -> float | None:
        """Largest curvature of the mean loss, where it is the same everywhere."""

    def gradient(self, theta: Array, batch: Indices) -> Array:
        """Return the mean gradient of the losses of a batch, shape (p, replicas)."""

    def loss(self, theta: ArrayLike) -> Array:
        """Return the mean loss over all samples, shape (replicas,)."""


@dataclass(frozen=True, eq=False, repr=False)
class _Regression:
    """Inputs of shape (n, d), targets of shape (n,), and the loss factor * (output - target)^2."""

    inputs: Array
    targets: Array

    def __post_init__(self) -> None:
        x, y = _checks.array("inputs", self.inputs), _checks.array("targets", self.targets)
        if x.ndim != 2 or y.shape != x.shape[:1] or not x.size:
            given = f"inputs of shape {x.shape}, targets of shape {y.shape}"
            accepted = "inputs (n, d) and targets (n,): n samples of d features"
            raise DimensionError(explain("inputs and targets do not fit together.", given=given, accepted=accepted))
        object.__setattr__(self, "inputs", x)
        object.__setattr__(self, "targets", y)

    @property
    def samples(self) -> int:
        """Number of samples."""
        return len(self.targets)

    @property
    def features(self) -> int:
        """Number of features."""
        return int(self.inputs.shape[1])

    @property
    def curvature(self) -> float | None:
        """None: the curvature depends on the parameters."""
        return None

    def __repr__(self) -> str:
        settings = "".join(f", {field.name} {getattr(self, field.name)}" for field in fields(self)[2:])
        return f"{type(self).__name__}: {self.samples} samples of {self.features} features{settings}"


@dataclass(frozen=True, eq=False, repr=False)
class LinearModel(_Regression):
    """Least squares: the loss of a sample is ``(x @ theta - y)**2 / 2``, a quadratic.

    Examples
    --------
    >>> model = LinearModel([[1.0], [2.0]], [1.0, 0.0])
    >>> model.parameters, model.curvature
    (1, 2.5)
    >>> model.loss([[0.0]])
    array([0.25])
    """

    @property
    def parameters(self) -> int:
        """Number of parameters: one a feature."""
        return self.features

    @property
    def curvature(self) -> float | None:
        """Largest eigenvalue of the Hessian."""
        return float(np.linalg.eigvalsh(self.inputs.T @ self.inputs / self.samples)[-1])

    def gradient(self, theta: Array, batch: Indices) -> Array:
        """Return the mean gradient of a batch."""
        x = self.inputs[batch]
        residual = np.einsum("brd,dr->br", x, _columns(theta, self.parameters)) - self.targets[batch]
        slope: Array = np.einsum("br,brd->dr", residual, x) / len(batch)
        return slope

    def loss(self, theta: ArrayLike) -> Array:
        """Return the mean loss."""
        return _mean_square(self.inputs @ _columns(theta, self.parameters), self.targets, 0.5)


@dataclass(frozen=True, eq=False, repr=False)
class DiagonalNetwork(_Regression):
    """Diagonal linear network: output sum_i x_i prod_k u_ki, loss ``factor * (output - y)**2``.

    The parameters are u_11 .. u_1d, u_21 .. u_Kd. With the same input repeated for every i it is the network of
    Ziyin, Li and Ueda (there ``factor=1``, depth D = K - 1); ``factors=1`` is linear regression.

    Parameters
    ----------
    inputs, targets
        Shapes (n, d) and (n,).
    factors
        K >= 1.
    factor
        Of the square in the loss.

    Examples
    --------
    >>> model = DiagonalNetwork([[1.0, 2.0]], [1.0], factors=2)
    >>> model.gradient(np.array([[1.0], [1.0], [2.0], [0.0]]), np.array([[0]])).ravel()
    array([2., 0., 1., 2.])
    """

    factors: int = 2
    factor: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        _checks.count("factors", self.factors)
        _checks.positive("factor", self.factor)

    @property
    def parameters(self) -> int:
        """Number of parameters, K d."""
        return self.factors * self.features

    def weights(self, theta: ArrayLike) -> Array:
        """Return prod_k u_ki, shape (d, replicas)."""
        product: Array = np.prod(self._layers(theta), axis=0)
        return product

    def gradient(self, theta: Array, batch: Indices) -> Array:
        """Return the mean gradient of a batch."""
        x, layers = self.inputs[batch], self._layers(theta)
        residual = np.einsum("brd,dr->br", x, np.prod(layers, axis=0)) - self.targets[batch]
        slope = 2.0 * self.factor * np.einsum("br,brd->dr", residual, x) / len(batch)
        others = [np.prod(np.delete(layers, k, axis=0), axis=0) for k in range(self.factors)]
        return np.concatenate([slope * other for other in others])

    def loss(self, theta: ArrayLike) -> Array:
        """Return the mean loss."""
        return _mean_square(self.inputs @ self.weights(theta), self.targets, self.factor)

    def _layers(self, theta: ArrayLike) -> Array:
        return _columns(theta, self.parameters).reshape(self.factors, self.features, -1)


@dataclass(frozen=True, eq=False, repr=False)
class HiddenLayer(_Regression):
    """One hidden layer: output sum_j a_j phi(w_j @ x + b_j), loss ``(output - y)**2 / 2``.

    The parameters are w_11 .. w_1d, w_21 .. w_md, b_1 .. b_m, a_1 .. a_m.

    Parameters
    ----------
    inputs, targets
        Shapes (n, d) and (n,).
    width
        m, the number of hidden units.
    activation
        "tanh" or "relu".

    Examples
    --------
    >>> model = HiddenLayer([[1.0]], [0.0], width=1, activation="relu")
    >>> model.gradient(np.array([[2.0], [1.0], [1.0]]), np.array([[0]])).ravel()  # output 3
    array([3., 3., 9.])
    """

    width: int = 8
    activation: str = "tanh"

    def __post_init__(self) -> None:
        super().__post_init__()
        _checks.count("width", self.width)
        if self.activation not in ACTIVATIONS:
            accepted = ", ".join(f'"{word}"' for word in ACTIVATIONS)
            raise FokkerError(explain("unknown activation.", given=f"{self.activation!r}", accepted=accepted))

    @property
    def parameters(self) -> int:
        """Number of parameters, m (d + 2)."""
        return self.width * (self.features + 2)

    def output(self, theta: ArrayLike) -> Array:
        """Return the outputs for all inputs, shape (n, replicas)."""
        inner, bias, outer = self._parts(theta)
        active = ACTIVATIONS[self.activation][0](np.einsum("nd,mdr->nmr", self.inputs, inner) + bias)
        output: Array = np.einsum("nmr,mr->nr", active, outer)
        return output

    def gradient(self, theta: Array, batch: Indices) -> Array:
        """Return the mean gradient of a batch."""
        function, derivative = ACTIVATIONS[self.activation]
        inner, bias, outer = self._parts(theta)
        x = self.inputs[batch]
        before = np.einsum("brd,mdr->bmr", x, inner) + bias
        active = function(before)
        residual = (np.einsum("bmr,mr->br", active, outer) - self.targets[batch]) / len(batch)
        back = residual[:, None, :] * outer * derivative(before)
        slopes = (
            np.einsum("bmr,brd->mdr", back, x).reshape(inner.shape[0] * inner.shape[1], -1),
            back.sum(axis=0),
            np.einsum("br,bmr->mr", residual, active),
        )
        return np.concatenate(slopes)

    def loss(self, theta: ArrayLike) -> Array:
        """Return the mean loss."""
        return _mean_square(self.output(theta), self.targets, 0.5)

    def _parts(self, theta: ArrayLike) -> tuple[Array, Array, Array]:
        m, d = self.width, self.features
        columns = _columns(theta, self.parameters)
        return columns[: m * d].reshape(m, d, -1), columns[m * d : m * (d + 1)], columns[m * (d + 1) :]


Function = Callable[[Array], Array]
ACTIVATIONS: dict[str, tuple[Function, Function]] = {
    "tanh": (np.tanh, lambda s: 1.0 / np.cosh(np.clip(s, -300.0, 300.0)) ** 2),
    "relu": (lambda s: np.maximum(s, 0.0), lambda s: (s > 0.0).astype(float)),
}


def _columns(theta: ArrayLike, parameters: int) -> Array:
    """Parameters of each replica in a column, shape (p, replicas)."""
    values = np.asarray(theta, dtype=np.float64)
    if values.ndim not in {1, 2} or values.shape[0] != parameters:
        accepted = f"shape ({parameters},), or ({parameters}, replicas)"
        raise DimensionError(explain("theta does not fit the model.", given=f"{values.shape}", accepted=accepted))
    return values[:, None] if values.ndim == 1 else values


def _mean_square(output: Array, targets: Array, factor: float) -> Array:
    mean: Array = factor * np.mean((output - targets[:, None]) ** 2, axis=0)
    return mean

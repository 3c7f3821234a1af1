"""A dense network that classifies, with the gradient of the loss of every sample."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.errors import CoefficientError, DimensionError, FokkerError, explain
from fokker.sgd import _checks
from fokker.sgd.models import ACTIVATIONS

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class DenseClassifier:
    """Layers ``a -> phi(W a + b)``, the last one without phi; the loss of a sample is ``-ln softmax(output)[label]``.

    To every loss ``decay * |theta|**2 / 2`` is added: without it the loss of a network that separates its classes
    has no minimum. The parameters are W_1 (row by row), b_1, W_2, b_2, ... in one vector. It is a model for
    `simulate_sgd`, and `sample_gradients` is what `NoiseModel.from_model` asks for.

    Parameters
    ----------
    inputs : array, shape (n, d)
    labels : array of int, shape (n,)
        0, 1, ..., the largest of them the last class.
    hidden : tuple of int
        Units of each hidden layer; ``()`` is multinomial regression.
    activation : {"tanh", "relu"}
        phi.
    decay : float
        At least 0.

    Raises
    ------
    DimensionError
        If inputs and labels do not fit together.
    FokkerError
        For labels that are no classes, an unknown activation, or a negative decay.

    Examples
    --------
    >>> network = DenseClassifier([[1.0, 2.0], [0.0, -1.0]], [0, 1], hidden=(3,))
    >>> network.parameters, network.shapes  # 3 * 2 + 3 and 2 * 3 + 2
    (17, ((3, 2), (2, 3)))
    >>> theta = network.start(rng=0)
    >>> network.sample_gradients(theta).shape
    (2, 17)
    >>> network.layer(1), network.layer(1, weights=True)
    (slice(9, 17, None), slice(9, 15, None))
    """

    inputs: Array
    labels: Indices
    hidden: tuple[int, ...] = (16,)
    activation: str = "tanh"
    decay: float = 0.0

    def __post_init__(self) -> None:
        x, y = _checks.array("inputs", self.inputs), _labels(self.labels)
        if x.ndim != 2 or y.shape != x.shape[:1] or not x.size:
            given = f"inputs of shape {x.shape}, labels of shape {y.shape}"
            accepted = "inputs (n, d) and labels (n,): n samples of d features"
            raise DimensionError(explain("inputs and labels do not fit together.", given=given, accepted=accepted))
        if self.activation not in ACTIVATIONS:
            accepted = ", ".join(f'"{word}"' for word in ACTIVATIONS)
            raise FokkerError(explain("unknown activation.", given=f"{self.activation!r}", accepted=accepted))
        if _checks.real("decay", self.decay) < 0.0:
            headline = "the decay is negative: the loss would have no minimum."
            raise CoefficientError(explain(headline, given=f"decay={self.decay!r}", accepted="decay >= 0"))
        object.__setattr__(self, "inputs", x)
        object.__setattr__(self, "labels", y)
        object.__setattr__(self, "hidden", _units(self.hidden))

    @property
    def samples(self) -> int:
        """Number of samples, n."""
        return len(self.labels)

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(self.labels.max()) + 1

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """Shapes of W_1, W_2, ..., (units after, units before)."""
        units = (int(self.inputs.shape[1]), *self.hidden, self.classes)
        return tuple((after, before) for before, after in pairwise(units))

    @property
    def parameters(self) -> int:
        """Number of parameters, p."""
        return sum(after * (before + 1) for after, before in self.shapes)

    @property
    def curvature(self) -> float | None:
        """None: the curvature depends on the parameters."""
        return None

    def layer(self, number: int, weights: bool = False) -> slice:
        """Return where the parameters of a layer stand (0 is the first), or only its weights without the biases."""
        if not 0 <= number < len(self.shapes):
            accepted = f"0 .. {len(self.shapes) - 1}"
            raise FokkerError(explain("there is no such layer.", given=f"number={number!r}", accepted=accepted))
        sizes = [after * (before + 1) for after, before in self.shapes]
        first, (after, before) = sum(sizes[:number]), self.shapes[number]
        return slice(first, first + (after * before if weights else sizes[number]))

    def start(self, rng: np.random.Generator | int | None = None) -> Array:
        """Return normal weights of variance 1 / (units before), and biases of zero: shape (p,)."""
        draw = _checks.generator(rng)
        parts = [(draw.normal(size=shape) / np.sqrt(shape[1]), np.zeros(shape[0])) for shape in self.shapes]
        return np.concatenate([part.ravel() for pair in parts for part in pair])

    def loss(self, theta: ArrayLike) -> Array:
        """Return the mean loss of all samples, decay included: shape (replicas,) for theta of shape (p, replicas)."""
        rows = self._rows(theta)
        output = self._forward(rows, np.broadcast_to(self.inputs, (len(rows), *self.inputs.shape)))[-1]
        chosen = np.take_along_axis(output, self.labels[None, :, None], axis=2)[:, :, 0]
        mean: Array = (_log_sum_exp(output) - chosen).mean(axis=1) + 0.5 * self.decay * (rows**2).sum(axis=1)
        return mean

    def accuracy(self, theta: ArrayLike) -> Array:
        """Return the share of samples that are classified rightly, shape (replicas,)."""
        rows = self._rows(theta)
        output = self._forward(rows, np.broadcast_to(self.inputs, (len(rows), *self.inputs.shape)))[-1]
        share: Array = (output.argmax(axis=2) == self.labels).mean(axis=1)
        return share

    def gradient(self, theta: Array, batch: Indices) -> Array:
        """Return the mean gradient of a batch: shapes (p, replicas) and (batch, replicas) to (p, replicas)."""
        rows, chosen = self._rows(theta), batch.T
        parts = []
        for before, slope in self._backward(rows, self.inputs[chosen], self.labels[chosen]):
            parts += [(slope.transpose(0, 2, 1) @ before).reshape(len(rows), -1), slope.sum(axis=1)]
        gradient: Array = np.concatenate(parts, axis=1).T / batch.shape[0]
        return gradient + self.decay * rows.T

    def sample_gradients(self, theta: ArrayLike, data: object = None) -> Array:
        """Return the gradient of the loss of every sample, shape (n, p), for theta of shape (p,).

        `data` is not used: `NoiseModel.from_model` hands its own on.
        """
        rows = self._single(theta)
        result, first = np.empty((self.samples, self.parameters)), 0
        for before, slope in self._backward(rows, self.inputs[None], self.labels[None]):
            size = slope.shape[2] * before.shape[2]
            outer = slope[0][:, :, None] * before[0][:, None, :]
            result[:, first : first + size] = outer.reshape(self.samples, size)
            result[:, first + size : first + size + slope.shape[2]] = slope[0]
            first += size + slope.shape[2]
        result += self.decay * rows
        return result

    def sample_spreads(self, theta: ArrayLike) -> Array:
        """Return the squared distance of every sample's gradient from their mean, shape (n,), for theta of shape (p,).

        Its mean is the trace of the covariance of the gradients. They are products of what goes into a layer and of
        the slopes behind it, so they are not formed one by one: much faster than `sample_gradients`.
        """
        rows, total = self._single(theta), np.zeros(self.samples)
        for before, slope in self._backward(rows, self.inputs[None], self.labels[None]):
            a, s = before[0], slope[0]
            mean, offset = s.T @ a / self.samples, s.mean(axis=0)
            total += (s**2).sum(axis=1) * ((a**2).sum(axis=1) + 1.0) + (mean**2).sum() + (offset**2).sum()
            total -= 2.0 * (((s @ mean) * a).sum(axis=1) + s @ offset)
        return total

    def _single(self, theta: ArrayLike) -> Array:
        rows = self._rows(theta)
        if len(rows) > 1:
            given, accepted = f"theta of shape {np.shape(theta)}", f"shape ({self.parameters},)"
            raise DimensionError(explain("one point at a time.", given=given, accepted=accepted))
        return rows

    def _rows(self, theta: ArrayLike) -> Array:
        """Parameters of each replica in a row, shape (replicas, p)."""
        values = np.asarray(theta, dtype=np.float64)
        if values.ndim not in {1, 2} or values.shape[0] != self.parameters:
            accepted = f"shape ({self.parameters},), or ({self.parameters}, replicas)"
            raise DimensionError(explain("theta does not fit the network.", given=f"{values.shape}", accepted=accepted))
        return np.ascontiguousarray(values.reshape(self.parameters, -1).T)

    def _weights(self, rows: Array) -> list[tuple[Array, Array]]:
        """W of shape (replicas, after, before) and b of shape (replicas, 1, after), for every layer."""
        pairs, first = [], 0
        for after, before in self.shapes:
            last = first + after * before
            pairs.append((rows[:, first:last].reshape(-1, after, before), rows[:, None, last : last + after]))
            first = last + after
        return pairs

    def _forward(self, rows: Array, x: Array) -> list[Array]:
        """Return x, the sums before phi of every hidden layer, and the output: (replicas, samples, units) each."""
        function = ACTIVATIONS[self.activation][0]
        sums = [x]
        for k, (weight, bias) in enumerate(self._weights(rows)):
            active = x if k == 0 else function(sums[-1])
            sums.append(active @ weight.transpose(0, 2, 1) + bias)
        return sums

    def _backward(self, rows: Array, x: Array, labels: Indices) -> list[tuple[Array, Array]]:
        """Return for every layer what goes in, and the derivatives of each sample's loss by its sums."""
        function, derivative = ACTIVATIONS[self.activation]
        sums, weights = self._forward(rows, x), self._weights(rows)
        slope = np.exp(sums[-1] - _log_sum_exp(sums[-1])[..., None])
        np.put_along_axis(slope, labels[..., None], np.take_along_axis(slope, labels[..., None], 2) - 1.0, 2)
        pairs: list[tuple[Array, Array]] = []
        for k in range(len(weights) - 1, -1, -1):
            pairs.append((function(sums[k]) if k else sums[0], slope))
            if k:
                slope = (slope @ weights[k][0]) * derivative(sums[k])
        return pairs[::-1]

    def __repr__(self) -> str:
        units = " - ".join(str(size) for size in (self.inputs.shape[1], *self.hidden, self.classes))
        return (
            f"Dense network {units}, {self.activation}, {self.parameters} parameters, decay {self.decay:g}\n"
            f"  samples   {self.samples} of {self.classes} classes"
        )


def _units(hidden: object) -> tuple[int, ...]:
    if isinstance(hidden, str) or not isinstance(hidden, Iterable):
        try_ = f"hidden=({hidden},)" if isinstance(hidden, int) else "hidden=(16,)"
        accepted = "units of each hidden layer, such as (16,) or (32, 16); () for none"
        raise FokkerError(explain("hidden is no tuple.", given=f"hidden={hidden!r}", accepted=accepted, try_=try_))
    return tuple(_checks.count("hidden", units) for units in hidden)


def _labels(labels: ArrayLike) -> Indices:
    given = np.asarray(labels)
    if given.dtype.kind not in "iu" or not given.size or given.min() < 0:
        accepted = "integers 0, 1, ..., one a sample"
        raise FokkerError(explain("labels are no classes.", given=f"labels={labels!r}"[:80], accepted=accepted))
    return given.astype(np.int64)


def _log_sum_exp(output: Array) -> Array:
    top = output.max(axis=-1)
    total: Array = top + np.log(np.exp(output - top[..., None]).sum(axis=-1))
    return total

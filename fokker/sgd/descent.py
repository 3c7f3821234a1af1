"""Minibatches, and descent along their gradients: v <- momentum v - slope, theta <- theta + learning_rate v."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fokker.errors import CoefficientError, FokkerError, explain
from fokker.sgd import _checks, model_kernels
from fokker.sgd.models import DiagonalNetwork, HiddenLayer, LinearModel
from fokker.sgd.streams import NUMBERS, chunk

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Rule = tuple[float, float, float]  # learning rate, momentum, weight decay
Steps = Callable[[Array, Array, Indices], None]  # theta and velocity, (p, chains), and batches (steps, batch, chains)

CODES = {"tanh": model_kernels.TANH, "relu": model_kernels.RELU}

SAMPLINGS = {
    "replacement": "every sample of a batch drawn from all samples",
    "batches": "no sample twice in a batch, each batch drawn anew",
    "reshuffled": "the samples in a random order, a new one each epoch",
}


def check_sampling(samples: int, batch_size: int, sampling: str) -> int:
    """Return the batch size, checked against the number of samples.

    Raises
    ------
    FokkerError
        For an unknown word, or a batch without replacement that is larger than the data set.
    """
    batch = _checks.count("batch_size", batch_size)
    if sampling not in SAMPLINGS:
        accepted = [f'"{word}"  {meaning}' for word, meaning in SAMPLINGS.items()]
        raise FokkerError(explain("unknown sampling.", given=f"sampling={sampling!r}", accepted=accepted))
    if sampling != "replacement" and batch > samples:
        raise FokkerError(
            explain(
                "a batch without replacement cannot be larger than the data set.",
                given=f"batch_size={batch}, {samples} samples",
                accepted=f"1 <= batch_size <= {samples}",
                try_='sampling="replacement"',
            )
        )
    return batch


def check_momentum(momentum: float) -> float:
    """Return the momentum, refused outside [0, 1)."""
    beta = _checks.real("momentum", momentum)
    if not 0.0 <= beta < 1.0:
        given = f"momentum={momentum!r}"
        raise CoefficientError(explain("the momentum is out of range.", given=given, accepted="0 <= momentum < 1"))
    return beta


def check_decay(weight_decay: float) -> float:
    """Return the weight decay, refused if negative."""
    decay = _checks.real("weight_decay", weight_decay)
    if decay < 0.0:
        headline = "the weight decay is negative: it would drive parameters away."
        raise CoefficientError(explain(headline, given=f"weight_decay={weight_decay!r}", accepted="weight_decay >= 0"))
    return decay


def batches(rng: np.random.Generator, samples: int, batch: int, chains: int, sampling: str) -> Iterator[Indices]:
    """Draw minibatches for ever: indices of shape (batch, chains).

    In "reshuffled" samples that are left over at the end of an epoch are not used in it.

    Examples
    --------
    >>> draw = batches(np.random.default_rng(0), 4, 2, 1, "reshuffled")
    >>> sorted(np.concatenate([next(draw), next(draw)]).ravel().tolist())
    [0, 1, 2, 3]
    """
    for several in drawn(rng, samples, batch, chains, sampling):
        yield from several


def drawn(rng: np.random.Generator, samples: int, batch: int, chains: int, sampling: str) -> Iterator[Indices]:
    """Draw minibatches for ever, several at once, which does not change the numbers: shape (steps, batch, chains)."""
    several = chunk(NUMBERS, batch * chains)
    if sampling == "replacement":
        while True:
            yield rng.integers(samples, size=(several, batch, chains))
    order = np.tile(np.arange(samples), (chains, 1))
    if sampling == "reshuffled":
        number = samples // batch
        while True:
            order = rng.permuted(order, axis=1)
            yield np.ascontiguousarray(order[:, : number * batch].T).reshape(number, batch, chains)
    others = np.empty((several, batch, chains), dtype=np.int64)
    while True:
        for row in others:
            for k in range(batch):
                row[k] = rng.integers(k, samples, size=chains)
        out = np.empty_like(others)
        model_kernels.shuffle(order, others, out)
        yield out


@dataclass
class Descending:
    """Descent of many chains that is under way: it remembers velocities, and batches that were drawn but not used."""

    steps: Steps
    source: Iterator[Indices]
    theta: Array  # shape (p, chains)
    velocity: Array = field(init=False)
    left: Indices = field(init=False)

    def __post_init__(self) -> None:
        self.velocity, self.left = np.zeros_like(self.theta), np.empty((0, 0, 0), dtype=np.int64)

    def advance(self, number: int) -> None:
        """Take so many steps; theta changes in place."""
        while number:
            if not len(self.left):
                self.left = next(self.source)
            now = min(len(self.left), number)
            self.steps(self.theta, self.velocity, self.left[:now])
            self.left, number = self.left[now:], number - now


def plain_steps(gradient: Callable[[Array, Indices], Array], rule: Rule) -> Steps:
    """Return steps by NumPy for any gradient of a batch."""
    eta, beta, decay = rule

    def steps(theta: Array, velocity: Array, several: Indices) -> None:
        for batch in several:
            velocity[...] = beta * velocity - gradient(theta, batch) - decay * theta
            theta += eta * velocity

    return steps


def compiled_steps(model: object, rule: Rule) -> Steps | None:
    """Return compiled steps for the models of this package, None for others."""
    kernel: Callable[..., None]
    settings: tuple[object, ...]
    if type(model) is LinearModel:
        kernel, settings = model_kernels.linear, ()
    elif type(model) is DiagonalNetwork:
        kernel, settings = model_kernels.diagonal, (model.factors, float(model.factor))
    elif type(model) is HiddenLayer:
        kernel, settings = model_kernels.hidden, (model.width, CODES[model.activation])
    else:
        return None
    x, y = np.ascontiguousarray(model.inputs), np.ascontiguousarray(model.targets)
    return lambda theta, velocity, several: kernel(theta, velocity, several, rule, x, y, *settings)

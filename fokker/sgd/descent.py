"""Minibatches, and descent along their gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from fokker.errors import CoefficientError, FokkerError, explain
from fokker.sgd import _checks

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

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


def batches(rng: np.random.Generator, samples: int, batch: int, chains: int, sampling: str) -> Iterator[Indices]:
    """Draw minibatches for ever: indices of shape (batch, chains).

    In "reshuffled" samples that are left over at the end of an epoch are not used in it.

    Examples
    --------
    >>> draw = batches(np.random.default_rng(0), 4, 2, 1, "reshuffled")
    >>> sorted(np.concatenate([next(draw), next(draw)]).ravel().tolist())
    [0, 1, 2, 3]
    """
    if sampling == "replacement":
        while True:
            yield rng.integers(samples, size=(batch, chains))
    order = np.tile(np.arange(samples), (chains, 1))
    while True:
        if sampling == "reshuffled":
            order = rng.permuted(order, axis=1)
            for first in range(0, samples - batch + 1, batch):
                yield order[:, first : first + batch].T
        else:
            _shuffle(rng, order, batch)
            yield order[:, :batch].T.copy()


def _shuffle(rng: np.random.Generator, order: Indices, batch: int) -> None:
    """Make the first entries of every row a random choice, by the first steps of Fisher and Yates."""
    rows = np.arange(len(order))
    for k in range(batch):
        other = rng.integers(k, order.shape[1], size=len(order))
        order[rows, k], order[rows, other] = order[rows, other], order[rows, k]


def descend(
    theta: Array,
    gradient: Callable[[Array, Indices], Array],
    draw: Iterator[Indices],
    learning_rate: float,
    momentum: float = 0.0,
) -> Iterator[Array]:
    """Yield theta after each step of v <- momentum v - gradient, theta <- theta + learning_rate v."""
    velocity = np.zeros_like(theta)
    for batch in draw:
        velocity = momentum * velocity - gradient(theta, batch)
        theta = theta + learning_rate * velocity
        yield theta

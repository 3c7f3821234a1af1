"""`simulate_sgd`: minibatch descent on a small model, many replicas."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.errors import CoefficientError, DimensionError, FokkerError, explain
from fokker.info import Info
from fokker.linalg.compiling import announced
from fokker.sgd import _checks, streams
from fokker.sgd.descent import (
    Descending,
    Steps,
    check_decay,
    check_momentum,
    check_sampling,
    compiled_steps,
    drawn,
    plain_steps,
)
from fokker.sgd.ensemble import Ensemble
from fokker.sgd.models import Indices, Model
from fokker.sgd.recursions import kept_steps
from fokker.sgd.streams import Block, Seed

Array = NDArray[np.float64]

WANTED = {
    "samples": "number of samples",
    "parameters": "number of parameters, p",
    "curvature": "largest curvature of the mean loss, or None",
    "gradient": "(theta, batch) to the mean gradient of a batch, shape (p, replicas)",
    "loss": "theta to the mean loss over all samples, shape (replicas,)",
}


def simulate_sgd(
    model: Model,
    start: ArrayLike,
    *,
    learning_rate: float,
    batch_size: int,
    steps: int | Sequence[int],
    momentum: float = 0.0,
    weight_decay: float = 0.0,
    sampling: str = "replacement",
    replicas: int | None = None,
    rng: Seed = None,
    workers: int = 1,
) -> Ensemble:
    """Run v <- momentum v - (mean gradient of a batch), theta <- theta + learning_rate v, from v = 0.

    The models of this package run compiled, others by NumPy, one call of their gradient a step.

    Parameters
    ----------
    model : LinearModel, DiagonalNetwork, HiddenLayer, or another `Model`
        The gradients.
    start : array of shape (p,) or (p, replicas)
        Where the replicas start.
    learning_rate, batch_size
        Step, and samples averaged in a step.
    steps : int or increasing sequence of int
        Parameters are kept after so many steps.
    momentum : float
        In [0, 1).
    weight_decay : float
        At least 0; its product with theta is added to the gradient, that of ``weight_decay |theta|^2 / 2``.
    sampling : {"replacement", "batches", "reshuffled"}
        Samples drawn with replacement; without replacement in each batch; or without replacement in each epoch,
        in a new order every time (samples left over at its end are skipped).
    replicas, rng, workers
        As in `simulate_sde`. Every replica draws its own batches.

    Returns
    -------
    Ensemble
        Its times are numbers of steps, its coordinates theta0, theta1, ...

    Raises
    ------
    CoefficientError
        If a model of constant curvature is unstable at this learning rate, or the recursion diverges.
    DimensionError
        If `start` does not fit the model, or its gradient has not the shape of theta.
    FokkerError
        If `model` lacks something that a `Model` has.

    References
    ----------
    Kunin et al., arXiv 2107.09133 (momentum); Adhikari et al., arXiv 2306.03521 (reshuffling).

    Examples
    --------
    >>> from fokker.sgd import LinearModel
    >>> model = LinearModel([[1.0], [1.0]], [-1.0, 1.0])
    >>> paths = simulate_sgd(model, [0.0], learning_rate=0.5, batch_size=1, steps=60, replicas=20000, rng=1)
    >>> bool(abs(paths.variance()[0] - 1 / 3) < 0.01)  # eta / (2 - eta)
    True
    """
    _require_complete(model)
    eta, beta = _checks.positive("learning_rate", learning_rate), check_momentum(momentum)
    decay = check_decay(weight_decay)
    if model.curvature is not None and sampling != "reshuffled":  # there the limit is one of whole epochs
        _checks.stable(eta, model.curvature + decay, beta)
    batch = check_sampling(model.samples, batch_size, sampling)
    points, numbers = _points(model, start, replicas), kept_steps(steps)
    values = np.empty((len(points), len(numbers), points.shape[1]))

    def gradient(theta: Array, batch: Indices) -> Array:
        slope = model.gradient(theta, batch)
        if np.shape(slope) != theta.shape:  # it would be broadcast
            _refuse_shape(np.shape(slope), theta.shape)
        return slope

    rule = (eta, beta, decay)
    steps_of = compiled_steps(model, rule) or plain_steps(gradient, rule)
    source = partial(drawn, samples=model.samples, batch=batch, sampling=sampling)
    with announced():
        descend(steps_of, source, points, numbers, values, rng, workers, partial(_diverged_words, eta))
    info = Info(
        f"minibatch descent, {sampling}",
        {
            "replicas": points.shape[1],
            "learning_rate": eta,
            "batch_size": batch,
            "momentum": beta,
            "weight_decay": decay,
        },
        ("Robbins and Monro 1951",),
    )
    names = tuple(f"theta{k}" for k in range(len(points)))
    shaped = values[0] if len(points) == 1 else values
    return Ensemble(names, np.array(numbers, dtype=float), shaped, info, clock="steps")


def descend(
    steps: Steps,
    source: Callable[..., Iterator[Indices]],
    points: Array,
    numbers: Sequence[int],
    values: Array,
    rng: Seed,
    workers: int,
    words: Callable[[int, int, int], str],
) -> None:
    """Run all blocks from `points`, shape (p, replicas), and write theta after `numbers` of steps into `values`.

    `words` gives the text of the error from how many replicas of how many were lost, and after how many steps.

    Raises
    ------
    CoefficientError
        If the recursion diverges.
    """

    def task(block: Block) -> None:
        here = values[:, :, block.replicas]
        under_way = Descending(steps, source(block.uniforms, chains=block.size), points[:, block.replicas].copy())
        for place, more in enumerate(np.diff(numbers, prepend=0)):
            with np.errstate(over="ignore", invalid="ignore"):  # divergence is reported below
                under_way.advance(int(more))
            lost = int((~np.isfinite(under_way.theta)).any(axis=0).sum())
            if lost:
                raise CoefficientError(words(lost, block.size, numbers[place]))
            here[:, place] = under_way.theta

    streams.run(task, streams.blocks(rng, points.shape[1]), workers)


def _require_complete(model: Model) -> None:
    missing = [name for name in WANTED if not hasattr(model, name)]
    if missing:
        raise FokkerError(
            explain(
                f"the model has no {', '.join(missing)}.",
                given=f"model of type {type(model).__name__}",
                accepted=[f"{name:<11} {meaning}" for name, meaning in WANTED.items()],
            )
        )


def _refuse_shape(given: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    headline, accepted = "the gradient of the model has not the shape of theta.", f"(p, replicas) = {wanted}"
    raise DimensionError(explain(headline, given=f"gradient of shape {given}", accepted=accepted))


def _points(model: Model, start: ArrayLike, replicas: int | None) -> Array:
    given = _checks.array("start", start)
    number = replicas if replicas is not None else given.shape[1] if given.ndim == 2 else 1000
    number = _checks.count("replicas", number)
    if given.shape not in {(model.parameters,), (model.parameters, number)}:
        raise DimensionError(
            explain(
                "start does not fit the model.",
                given=f"start of shape {given.shape}",
                accepted=f"shape ({model.parameters},), or ({model.parameters}, {number})",
            )
        )
    columns = given if given.ndim == 2 else given[:, None]
    return np.array(np.broadcast_to(columns, (model.parameters, number)))


def _diverged_words(eta: float, lost: int, chains: int, done: int) -> str:
    return explain(
        "the recursion diverged.",
        given=f"learning_rate={eta:.6g}: {lost} of {chains} replicas overflow within {done} steps",
        try_="a smaller learning rate or a larger batch",
    )

"""The minibatch recursion itself, many independent chains at once."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.errors import CoefficientError, DimensionError, FokkerError, explain
from fokker.linalg.compiling import announced
from fokker.sgd import _checks, model_kernels
from fokker.sgd.descent import check_momentum, check_sampling, drawn
from fokker.sgd.samples import paired
from fokker.sgd.simulate_sgd import descend

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


def simulate_minibatch(
    slopes: ArrayLike,
    offsets: ArrayLike,
    *,
    learning_rate: float,
    batch_size: int,
    steps: int,
    burn_in: int,
    chains: int = 1000,
    thin: int = 1,
    start: ArrayLike | None = None,
    rng: np.random.Generator | int | None = None,
    sampling: str = "replacement",
    momentum: float = 0.0,
    workers: int = 1,
) -> NDArray[np.float64]:
    """Run theta <- theta - learning_rate * (mean gradient of a batch) on a quadratic loss.

    Parameters
    ----------
    slopes, offsets
        The gradient of sample i is ``slopes[i] * theta - offsets[i]``; shape (n,) each.
    learning_rate, batch_size
        Step, and samples averaged in a step.
    steps
        Steps taken after the burn-in.
    burn_in
        Steps taken first and not returned. With one, independent batches must have a mean that settles; with
        ``burn_in=0`` the way itself is asked for, and runs at every learning rate until it overflows.
    chains
        Independent chains, advanced together.
    thin
        Keep every ``thin``-th step.
    start
        Where the chains start, a number or one value a chain; without it the minimum of the mean loss.
    rng
        A NumPy generator, or a seed.
    sampling, momentum, workers
        As in `simulate_sgd`, which this is, for the model of one parameter with gradients on straight lines.

    Returns
    -------
    array of shape (steps // thin, chains)

    Raises
    ------
    CoefficientError
        If there is no minimum to start from, the mean of the chains does not settle (for batches that are
        independent, and a burn-in), or the recursion diverges.
    DimensionError, FokkerError
        For arrays that do not fit together, and as in `simulate_sgd`.

    Examples
    --------
    >>> samples = simulate_minibatch([1.0, 1.0], [-1.0, 1.0], learning_rate=0.5, batch_size=1,
    ...                              steps=200, burn_in=20, chains=500, rng=1)
    >>> samples.shape
    (200, 500)
    >>> bool(abs(samples.var() - 1 / 3) < 0.01)  # eta / (2 - eta)
    True
    """
    table = np.column_stack(paired(slopes, offsets))
    eta = _checks.positive("learning_rate", learning_rate)
    batch, count = check_sampling(len(table), batch_size, sampling), _checks.count("chains", chains)
    total, first = _checks.count("steps", steps), _checks.count("burn_in", burn_in, least=0)
    every, beta = _checks.count("thin", thin), check_momentum(momentum)
    slope = float(table[:, 0].mean())
    if first and slope > 0.0 and sampling != "reshuffled":  # batches of an epoch depend on each other: another limit
        _checks.stable(eta, slope, beta)
    if every > total:
        headline = "nothing would be kept: thin is larger than steps."
        accepted = "thin <= steps"
        raise FokkerError(explain(headline, given=f"thin={every}, steps={total}", accepted=accepted))
    points = _start(table, start, count)[None, :]
    kept = np.empty((1, total // every, count))
    rule, (h, g) = (eta, beta, 0.0), np.ascontiguousarray(table.T)

    def steps_of(theta: Array, velocity: Array, several: Indices) -> None:
        model_kernels.line(theta, velocity, several, rule, h, g)

    source = partial(drawn, samples=len(table), batch=batch, sampling=sampling)
    numbers = range(first + every, first + total + 1, every)
    with announced():
        descend(
            steps_of, source, points, numbers, kept, rng, workers, partial(_diverged_words, eta, batch, table[:, 0])
        )
    iterates: Array = kept[0]
    return iterates


def _start(table: NDArray[np.float64], start: ArrayLike | None, chains: int) -> NDArray[np.float64]:
    if start is None:
        slope, offset = table.mean(axis=0)
        if slope <= 0.0:
            raise CoefficientError(
                explain(
                    "the mean loss has no minimum to start from.",
                    given=f"mean of slopes = {slope:.6g}",
                    accepted="a positive mean",
                    try_="start= to run the recursion all the same",
                )
            )
        return np.full(chains, offset / slope)
    values = _checks.array("start", start)
    if values.shape not in {(), (chains,)}:
        given, accepted = f"start of shape {values.shape}", f"a number, or shape ({chains},)"
        raise DimensionError(explain("start does not fit the chains.", given=given, accepted=accepted))
    return np.array(np.broadcast_to(values, (chains,)))


def _diverged_words(eta: float, batch: int, slopes: Array, *_: int) -> str:
    curvature = float(slopes.mean())
    second = curvature**2 + float(slopes.var()) / batch
    limit = 2.0 * curvature / second if curvature > 0.0 else 0.0
    return explain(
        "the recursion diverged.",
        given=f"learning_rate={eta:.6g}, batch_size={batch}, mean slope {curvature:.6g}",
        accepted=f"a learning rate below {limit:.3g} has a finite variance",
        try_="a smaller learning rate or a larger batch",
    )

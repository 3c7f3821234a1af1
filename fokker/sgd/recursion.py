"""The minibatch recursion itself, many independent chains at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.errors import CoefficientError, DimensionError, explain
from fokker.sgd import _checks
from fokker.sgd.descent import batches, check_momentum, check_sampling, descend


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
    sampling, momentum
        As in `simulate_sgd`, which takes other models and several threads.

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
    table = _sample_table(slopes, offsets)
    eta = _checks.positive("learning_rate", learning_rate)
    batch, count = check_sampling(len(table), batch_size, sampling), _checks.count("chains", chains)
    total, first = _checks.count("steps", steps), _checks.count("burn_in", burn_in, least=0)
    every, beta = _checks.count("thin", thin), check_momentum(momentum)
    slope = float(table[:, 0].mean())
    if first and slope > 0.0 and sampling != "reshuffled":  # batches of an epoch depend on each other: another limit
        _checks.stable(eta, slope, beta)
    theta = _start(table, start, count)
    kept = np.empty((total // every, count))

    def gradient(at: NDArray[np.float64], indices: NDArray[np.int64]) -> NDArray[np.float64]:
        drawn: NDArray[np.float64] = table[indices].mean(axis=0)
        return drawn[:, 0] * at - drawn[:, 1]

    draw = batches(np.random.default_rng(rng), len(table), batch, count, sampling)
    path = descend(theta, gradient, draw, eta, beta)
    with np.errstate(over="ignore", invalid="ignore"):  # divergence is reported below
        for step, theta in zip(range(1 - first, total + 1), path, strict=False):
            if step > 0 and step % every == 0:
                kept[step // every - 1] = theta
    if not np.isfinite(theta).all():
        raise CoefficientError(_diverged_words(eta, batch, table[:, 0]))
    return kept


def _sample_table(slopes: ArrayLike, offsets: ArrayLike) -> NDArray[np.float64]:
    """Return the samples as rows (slope, offset)."""
    h, g = _checks.array("slopes", slopes), _checks.array("offsets", offsets)
    if h.ndim != 1 or h.shape != g.shape or h.size == 0:
        given = f"slopes of shape {h.shape}, offsets of shape {g.shape}"
        accepted = "two arrays of the same length, one entry a sample"
        raise DimensionError(explain("slopes and offsets do not fit together.", given=given, accepted=accepted))
    return np.column_stack([h, g])


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


def _diverged_words(eta: float, batch: int, slopes: NDArray[np.float64]) -> str:
    curvature = float(slopes.mean())
    second = curvature**2 + float(slopes.var()) / batch
    limit = 2.0 * curvature / second if curvature > 0.0 else 0.0
    return explain(
        "the recursion diverged.",
        given=f"learning_rate={eta:.6g}, batch_size={batch}, mean slope {curvature:.6g}",
        accepted=f"a learning rate below {limit:.3g} has a finite variance",
        try_="a smaller learning rate or a larger batch",
    )

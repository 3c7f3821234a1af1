"""`passage_moment` and `passage_variance`: how passage times scatter."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.errors import FokkerWarning, MomentError, explain
from fokker.generator import Generator
from fokker.info import Info, warn_once
from fokker.linalg import Scaled
from fokker.results import PassageTime
from fokker.results.passage import moment_source, variance_source
from fokker.solvers.sets import stopped

Array = NDArray[np.float64]

_SHARE = 0.05  # share of the variance from wide cells above which a moment is doubted


def passage_moment(generator: Generator, target: Callable[..., Any] | None = None, *, order: int = 2) -> PassageTime:
    """Return a moment of the first-passage time: ``-Q T_n = n T_(n-1)``, ``T_0 = 1``.

    Parameters
    ----------
    generator, target
        As in `mean_first_passage`.
    order : int
        Which moment, 1, 2, 3, ...

    Returns
    -------
    PassageTime
        Times to the power `order`. The mean is exact at the nodes; higher moments are second order in the
        cell size (`fokker.extrapolate` gains an order).

    Raises
    ------
    MomentError
        If `order` is not a positive integer.
    TargetError, ReachabilityError
        As in `mean_first_passage`.

    Examples
    --------
    >>> import fokker
    >>> problem = fokker.Problem(drift=0.0, diffusion=1.0, domain={"x": (-1, 1)}, boundary="absorbing")
    >>> second = fokker.passage_moment(fokker.discretize(problem, cells=400), order=2)
    >>> round(second.at(x=0.0), 4)  # 5/12
    0.4167
    """
    _require_order(order)
    chain, absorbed = stopped(generator, target)
    start = np.ones(chain.cells) if absorbed is None else absorbed.outside.astype(np.float64)
    right = Scaled.of(start)
    lower: PassageTime | None = None
    for n in range(1, order + 1):
        times = chain.factor.solve(right)
        info = Info(
            f"moment {n} by the backward equation, {generator.scheme} edges",
            {"cells": chain.cells, "order": n},
            (generator.solver_source, "Gardiner, Stochastic Methods, section 5.2"),
            generator.warnings,
        )
        inner = None if lower is None else moment_source(lower, n)
        kind = "mean first-passage time" if n == 1 else f"moment {n} of the first-passage time"
        lower = PassageTime(generator.problem.names, generator.nodes, times, info, chain, absorbed, kind, inner)
        right = times.times((n + 1.0) * start)
    assert lower is not None
    if order > 1:
        lower = replace(lower, info=replace(lower.info, warnings=generator.warnings + _coarse(lower)))
    warn_once(lower.info.warnings)
    return lower


def passage_variance(generator: Generator, target: Callable[..., Any] | None = None) -> PassageTime:
    """Return the variance of the first-passage time, without the cancellation of ``T_2 - T_1**2``.

    It solves ``-Q v = sum_j k_ij (T_j - T_i)**2 + kappa_i T_i**2``, whose terms are all positive. Where the
    time scale is so long that rounding of the differences would dominate (barriers above some 25 kT) the
    variance is of the size of the squared mean, and ``T_2 - T_1**2`` is used instead.

    Parameters
    ----------
    generator, target
        As in `mean_first_passage`.

    Returns
    -------
    PassageTime
        Variances, time squared; second order in the cell size.

    Raises
    ------
    TargetError, ReachabilityError
        As in `mean_first_passage`.

    Examples
    --------
    >>> import fokker
    >>> problem = fokker.Problem(drift=0.0, diffusion=1.0, domain={"x": (-1, 1)}, boundary="absorbing")
    >>> variance = fokker.passage_variance(fokker.discretize(problem, cells=400))
    >>> round(variance.at(x=0.0), 4)  # 1/6
    0.1667
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FokkerWarning)  # repeated below, once
        second = passage_moment(generator, target, order=2)
        mean = passage_moment(generator, target, order=1)
    chain, absorbed = second.generator, second.absorbed
    assert chain is not None
    fastest = float(max(chain.forward.max(), chain.backward.max(), chain.total_jump.max()))
    longest = float(mean.times.log().max()) + np.log(fastest * np.finfo(float).eps)
    if longest > 0.0:
        method = "second moment minus squared mean"
        square = mean.times.times(np.ones(chain.cells))
        # close to the target the second moment is far above the squared mean
        top = np.maximum(2 * square.exponent, second.times.exponent)
        value = np.ldexp(second.times.mantissa, second.times.exponent - top)
        value -= np.ldexp(square.mantissa**2, 2 * square.exponent - top)
        variance = Scaled(value, top.astype(np.int32))
    else:
        method = "its own positive equation"
        times = mean.times.values()
        step = times[chain.head] - times[chain.tail]
        source = chain.total_exit * times**2
        source += np.bincount(chain.tail, chain.forward * step**2, chain.cells)
        source += np.bincount(chain.head, chain.backward * step**2, chain.cells)
        source += _scatter(chain, times)
        variance = chain.factor.solve(Scaled.of(source))
    info = Info(
        f"variance by {method}, {generator.scheme} edges",
        {"cells": chain.cells},
        (generator.solver_source,),
        second.info.warnings,
    )
    warn_once(info.warnings)
    return PassageTime(
        mean.names,
        mean.nodes,
        variance,
        info,
        chain,
        absorbed,
        "variance of the first-passage time",
        variance_source(mean),
    )


def _scatter(chain: Generator, times: Array) -> Array:
    """Return the rate of each cell's jumps that stay, times the mean square of the change of the time."""
    result = np.zeros(chain.cells)
    for jump in chain.jumps:
        if jump.staying.any():
            law = jump.law / jump.share
            centre = float(law @ times)
            result += jump.staying * (float(law @ (times - centre) ** 2) + (times - centre) ** 2)
    return result


def _require_order(order: int) -> None:
    if isinstance(order, bool) or not isinstance(order, (int, np.integer)) or order < 1:
        raise MomentError(explain("there is no such moment.", given=f"order={order!r}", accepted="1, 2, 3, ..."))


def _coarse(moment: PassageTime) -> tuple[str, ...]:
    """Return a warning where the scatter of the time comes from cells that the drift crosses at once.

    The jump process stays in a cell for an exponential time, which scatters more than the diffusion does where
    the cell Peclet number is large. The share of such cells in the variance is taken for the longest start.
    """
    chain, absorbed = moment.generator, moment.absorbed
    assert chain is not None
    if chain.chain is not None:
        wide = np.abs(chain.chain.edges.rise) > 1.0
    else:
        alive = (chain.forward > 0.0) & (chain.backward > 0.0)
        ratio = np.divide(chain.backward, chain.forward, out=np.ones_like(chain.forward), where=alive)
        wide = np.abs(np.log(ratio)) > 1.0
    if not wide.any():
        return ()
    outside = np.ones(chain.cells, dtype=bool) if absorbed is None else absorbed.outside
    times, top = chain.factor.solve(Scaled.of(outside.astype(np.float64))).aligned()
    start = np.zeros(chain.cells)
    start[int(np.argmax(times))] = 1.0
    spent = chain.factor.solve_transposed(Scaled.of(start)).aligned()[0] * outside
    step = np.abs(times[chain.head] - times[chain.tail])
    whole = float((spent * chain.total_exit) @ times**2 + spent @ _scatter(chain, times))
    local = 0.0
    for cells, rates in ((chain.tail, chain.forward), (chain.head, chain.backward)):
        whole += float((spent[cells] * rates) @ step**2)
        # a step no longer than the stay in the cell is the way across it
        stay = np.ldexp(1.0 / np.where(rates > 0.0, rates, np.inf), -top)
        local += float((spent[cells] * rates)[wide] @ np.minimum(step, stay)[wide] ** 2)
    if not local > _SHARE * whole:
        return ()
    return (
        f"{100 * local / whole:.2g} % of the variance of the time arises within cells with a Peclet number above 1, "
        "which are too wide for it: use more cells",
    )

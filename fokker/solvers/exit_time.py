"""`exit_time`: the whole law of the time at which a set is reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import comb, factorial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.errors import DomainError, explain
from fokker.generator import Generator
from fokker.info import Info, warn_once
from fokker.linalg import Scaled
from fokker.results import Density, ExitLaw
from fokker.solvers.exit_ladder import climb
from fokker.solvers.exit_reach import visited
from fokker.solvers.exit_start import Placed, near_doubts, placed, sudden_doubts
from fokker.solvers.sets import refuse_signed, require_generator, stopped

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Array = NDArray[np.float64]
Targets = Callable[..., Any] | Mapping[str, Callable[..., Any]] | None


def exit_time(
    generator: Generator,
    target: Targets = None,
    initial: Mapping[str, float] | Density | Callable[..., Any] | Array | None = None,
) -> ExitLaw:
    """Return the law of the time at which `target` is reached from `initial`.

    The law of the process with the target as a sink is carried from time to time by uniformisation, and in up to
    2000 cells by squares of the transition matrix; all terms are positive: density, distribution and survival are
    right in relative terms. Once what survives no longer changes its shape it is the quasi-stationary law, and the
    rest is exponential.

    In one dimension cells at the ends of the domain that the process visits with a probability below 1e-18 before it
    stops are left out (``info.never_visited``): steep walls have the fastest rates, and nothing ever goes there.

    There, too, a starting point between two nodes begins at these with the probabilities, and after the mean time,
    with which it would reach them; what is left out is of fourth order in the cell size. Elsewhere it is shared out
    between the nodes around it.

    That precision is of the law on the cells. It is the law of a walk by cells, whose density at very early times is
    too large: at the quantile q of the time to a wall n cells away by the part ``z**2 (z**4 - 6 z**2 + 3) / (24 n**2)``
    with ``z = sqrt(2) erfcinv(q)`` while that is small, by more where it is not. Measured for Brownian motion from
    n = 10, 20, 40, 120 and 200 cells away: 1.3, 0.24, 0.056, 0.0061 and 0.0022 at q = 1e-4, and 0.021, 0.0049,
    0.0012, 1.4e-4 and 5.0e-5 at q = 1e-2. A start within 10 cells is reported as
    a doubt in one dimension; elsewhere, and for a density that begins close by, look at the cells yourself. A density
    that does not vanish where the process stops has a flux that the cells do not resolve before the time of a jump
    between them; it is reported too.

    Parameters
    ----------
    generator : Generator
        From `fokker.discretize`.
    target : callable or mapping of str to callable, optional
        As in `mean_first_passage`; several by label. Without it the target is the absorbing walls of the problem.
    initial : mapping, Density, callable or array
        As in `propagate`; it must be given.

    Returns
    -------
    ExitLaw
        Second order in the cell size; fourth with `extrapolate`.

    Raises
    ------
    TargetError, ReachabilityError
        As in `mean_first_passage`; also if the process starts on the target.
    DomainError
        If `initial` is missing or no law on this grid.
    FokkerError
        If relaxation within a domain of many cells takes more jumps than can be followed, or the mean time is
        more than 1e280 times that of a jump.

    Examples
    --------
    >>> import fokker
    >>> problem = fokker.Problem(drift=0.0, diffusion=0.5, domain={"x": (-1, 1)}, boundary="absorbing")
    >>> law = fokker.exit_time(fokker.discretize(problem, cells=100), initial={"x": 0.0})
    >>> round(law.mean(), 3), round(law.rate, 3)  # 1 and pi**2 / 8
    (1.0, 1.234)
    """
    refuse_signed(generator, "exit_time")
    require_generator(generator)
    if initial is None:
        raise _nowhere(generator, target)
    chain, absorbed = stopped(generator, target)
    outside = np.ones(chain.cells, dtype=bool) if absorbed is None else absorbed.outside
    labels = tuple(label for label, rates in chain.exit_rates.items() if rates[outside].any())
    leaks = np.stack([np.where(outside, chain.exit_rates[label], 0.0) for label in labels])
    matrix = _with_sinks(chain, outside, leaks)
    begin = placed(generator, absorbed, initial, labels, matrix)
    kept = outside & visited(chain, outside, begin.law)
    cells = int(kept.sum())

    def remaining(law: Array) -> float:
        whole = np.zeros(chain.cells)
        whole[kept] = law
        return _remaining(chain, outside, whole, 1)[1]

    state = np.concatenate([begin.law[kept], begin.gone])
    steps = matrix if cells == chain.cells else _within(matrix, kept)
    times, states, jumps = climb(steps, state, cells, remaining)
    laws, gone = states[:, :cells], states[:, cells:]
    flows, alive = laws @ leaks[:, kept].T, laws.sum(axis=1)
    doubts = begin.doubts or near_doubts(generator, absorbed, initial, labels) or sudden_doubts(matrix, begin.law)
    info = Info(
        f"uniformisation to the quasi-stationary law, {generator.scheme} edges",
        {"cells": chain.cells, "never_visited": int(outside.sum()) - cells, "times": len(times), "jumps": jumps},
        ("Jensen 1953", "Collet, Martinez and San Martin 2013"),
        generator.warnings + doubts,
    )
    warn_once(info.warnings)
    return ExitLaw(
        times + begin.delay,
        np.log(flows.sum(axis=1)),
        np.log(gone.sum(axis=1)),
        np.log(alive),
        dict(zip(labels, gone.T, strict=True)),
        float(flows[-1].sum() / alive[-1]),
        dict(zip(labels, flows[-1] / flows[-1].sum(), strict=True)),
        info,
        lambda s: _transform(chain, leaks, labels, begin, s),
        lambda order: _moment(chain, outside, begin, order),
    )


def _nowhere(generator: Generator, target: object) -> DomainError:
    start = "{" + ", ".join(f'"{name}": 0.0' for name in generator.problem.names) + "}"
    aim = (
        ""
        if target is None or (isinstance(target, Mapping) and not all(map(callable, target.values())))
        else "target, "
    )
    return DomainError(
        explain(
            "the law of an exit time depends on where the process starts, and no start is given.",
            given=f"target={target!r}, initial=None",
            accepted="a point, a density, a function, or probabilities of the cells",
            try_=f"fokker.exit_time(generator, {aim}initial={start})",
        )
    )


def _with_sinks(chain: Generator, outside: NDArray[np.bool_], leaks: Array) -> csr_array:
    """Return the transposed generator of the cells outside the target, with the sinks as states."""
    from scipy.sparse import bmat, csr_array

    cells, sinks = chain.cells, len(leaks)
    keep = csr_array((outside.astype(float), (np.arange(cells), np.arange(cells))), shape=(cells, cells))
    inner = keep @ chain.matrix().T.tocsr() @ keep
    return bmat([[inner, None], [csr_array(leaks), csr_array((sinks, sinks))]]).tocsr()


def _within(matrix: csr_array, kept: NDArray[np.bool_]) -> csr_array:
    """Return the transposed generator of some of the cells, which nothing leaves for the others."""
    from scipy.sparse import csr_array, diags_array

    states = np.flatnonzero(np.append(kept, np.ones(matrix.shape[0] - len(kept), dtype=bool)))
    inner = csr_array(matrix[states][:, states])
    inner.setdiag(0.0)
    return csr_array(inner - diags_array(np.asarray(inner.sum(axis=0)).ravel()))


def _transform(chain: Generator, leaks: Array, labels: tuple[str, ...], begin: Placed, s: float) -> Mapping[str, float]:
    """Return the Laplace transform of the density by sink: ``kappa (s - Q)^-1 P_0``, delayed."""
    try:
        known = 0.0 <= float(s) < np.inf
    except (TypeError, ValueError):
        known = False
    if not known:
        raise DomainError(
            explain(
                "the Laplace transform is known for s >= 0.",
                given=f"s={s!r}",
                accepted="a finite number, 1/time (the limit at infinity is the probability to stop at once)",
            )
        )
    spent = chain.factor_with(chain.total_exit + s).solve_transposed(Scaled.of(begin.law)).values()
    later = float(np.exp(-s * begin.delay))
    flows = zip(labels, begin.gone, leaks, strict=True)
    return {label: later * float(gone + leak @ spent) for label, gone, leak in flows}


def _moment(chain: Generator, outside: NDArray[np.bool_], begin: Placed, order: int) -> float:
    """Return the moment of the delayed time from those without delay."""
    own = _remaining(chain, outside, begin.law, order)
    own[0] = 1.0
    return sum(comb(order, k) * begin.delay ** (order - k) * own[k] for k in range(order + 1))


def _remaining(chain: Generator, outside: NDArray[np.bool_], law: Array, order: int) -> list[float]:
    """Return the moments up to an order of the time until a law has stopped, ``n! 1^T (-Q)^-n P``."""
    spent, moments = Scaled.of(law), [float(law.sum())]
    for k in range(1, order + 1):
        spent = chain.factor.solve_transposed(spent)
        spent = Scaled(np.where(outside, spent.mantissa, 0.0), np.asarray(spent.exponent))
        moments.append(factorial(k) * float(spent.values().sum()))
    return moments

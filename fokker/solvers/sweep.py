"""`sweep`: one question at many parameters."""

from __future__ import annotations

import inspect
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np

from fokker.discretize import discretize
from fokker.errors import FokkerError, explain
from fokker.grid import Grid
from fokker.info import warn_once
from fokker.results.sweep_result import SweepResult
from fokker.solvers.sweep_cluster import on_cluster, require_client
from fokker.solvers.sweep_job import Job, Outcome
from fokker.solvers.sweep_points import Points, Values, identity, points_of
from fokker.solvers.sweep_processes import in_processes, require_loky
from fokker.solvers.sweep_record import info_of, record_of
from fokker.solvers.sweep_store import Store

_OPTIONS = tuple(inspect.signature(discretize).parameters)[3:]


def sweep(
    problem: Callable[..., Any],
    values: Values,
    question: Callable[[Any], Any],
    *,
    cells: int | Sequence[int] | None = None,
    grid: Grid | None = None,
    workers: int | None = None,
    progress: bool = False,
    store: str | os.PathLike[str] | None = None,
    key: str | None = None,
    client: Any = None,
    **options: Any,
) -> SweepResult:
    """Ask one question of the problems that a function makes from parameters.

    A point that raises an error is recorded, and the others go on. The answers are in the order of the values,
    whichever comes first. After an interrupt (Ctrl-C) the answers that are done are returned.

    Points must not depend on each other. Every process has its own copy of what the functions hold, so that one random
    generator for all points gives the same numbers in each: make it in the question, from a seed and the parameters.

    Parameters
    ----------
    problem : callable
        Makes a `Problem` from the value of the parameter; without `cells` and `grid`, a generator.
    values : sequence, or mapping of str to sequence
        Values of the one parameter. A mapping of names to values means every combination, the last name fastest,
        and `problem` is called by name: ``problem(barrier=2.0, temperature=0.5)``. For chosen combinations give a
        list of tuples.
    question : callable
        Takes the generator; returns a number, an array, or a record of any verb.
    cells, grid, **options
        As for `discretize`.
    workers : int, optional
        Processes on this machine; 1, the default, is this process. Functions travel by value, lambdas too (loky;
        ``pip install "fokker[sweep]"``), and scripts need no ``if __name__ == "__main__"``. The cores are shared out
        between the processes, so that their linear algebra does not run on more threads than there are cores.
    progress : bool
        Show a progress bar, if tqdm is installed.
    store : path, optional
        A folder in which every answer is kept as soon as it is there, in a file that is written whole or not at all.
        The same call continues where a killed one stopped, and solves again at most the points that were in work:
        one a process. Points that failed are tried again. Numbers and arrays are kept as such, anything else by
        pickle: open only stores that you trust.
    key : str, optional
        Goes with `store` and names what the values do not, the problem and the question, such as
        ``"quartic well, T = 1"``. Change it, and the folder, when you change them. A store with another key, other
        values, cells or options is an error.
    client : distributed.Client, optional
        Solve on a cluster of dask.distributed instead, whose workers have this library
        (``pip install "fokker[cluster]"``). This process writes the store then: what had been solved, but not yet
        fetched, is solved again.

    Returns
    -------
    SweepResult

    Raises
    ------
    FokkerError
        If the arguments are not as described, the store is that of another sweep or in use, or every point fails.
    MissingExtra
        If several processes, or a cluster, are asked for without the package.

    Warns
    -----
    FokkerWarning
        Once: how many points failed, and the first with its error; doubts of the answers; an interrupt.

    Examples
    --------
    The time to leave a quadratic well on the diffusive scale: L**2 / (2 D) from the centre of (-L, L).

    >>> import fokker
    >>> def walk(length):
    ...     ends = (-length, length)
    ...     return fokker.Problem(0.0, diffusion=1.0, domain={"x": ends}, boundary="absorbing")
    >>> times = fokker.sweep(walk, [1.0, 2.0, 4.0], lambda g: fokker.mean_first_passage(g).at(x=0.0), cells=100)
    >>> times.results.round(6)
    array([0.5, 2. , 8. ])
    """
    settings = {"cells": cells, "grid": grid, **options}
    points = _checked(problem, values, question, options, workers, client)
    if (store is None) != (key is None):
        raise FokkerError(
            explain(
                "a store needs a key, and a key a store.",
                given=f"store={store!r}, key={key!r}",
                accepted='store="wells", key="quartic well, T = 1": what the values do not say',
            )
        )
    job = Job(problem, question, points, settings)
    with _opened(store, key, points, settings) as held:
        there = {} if held is None else _restored(held, len(points))
        todo = [index for index in range(len(points)) if index not in there]
        start = time.perf_counter()
        number = 1 if workers is None else min(workers, max(1, len(todo)))
        apart = workers is not None and workers > 1  # a single point too: it may kill its process
        steps = _steps(job, todo, number if apart else 0, client, None if held is None else str(held.folder))
        found = _gathered(steps, there, len(points), progress)
        took = time.perf_counter() - start
    elsewhere = "a cluster" if client is not None else f"{number} processes" if number > 1 else "1 process"
    where = elsewhere if apart or client is not None else "this process"
    result = record_of(points, found, question, info_of(points, found, there, took, where))
    warn_once(result.info.warnings)
    return result


def _checked(
    problem: Any, values: Values, question: Any, options: Mapping[str, Any], workers: Any, client: Any
) -> Points:
    """Return the points, or raise if an argument is not what it must be."""
    for name, function, what in (
        ("problem", problem, "a function that makes a fokker.Problem from a value: def well(barrier): ..."),
        ("question", question, "a function of a generator: lambda g: fokker.mean_first_passage(g, target).at(x=0.0)"),
    ):
        if not callable(function):
            raise FokkerError(explain(f"{name} is no function.", given=f"{name}={function!r}", accepted=what))
    unknown = sorted(set(options) - set(_OPTIONS))
    if unknown:
        accepted = f"those of sweep, and those of discretize: {', '.join(_OPTIONS)}"
        raise FokkerError(explain(f"unknown argument {unknown[0]!r}.", given=str(options), accepted=accepted))
    if workers is not None and (isinstance(workers, bool) or not isinstance(workers, (int, np.integer)) or workers < 1):
        accepted = "a whole number of processes, 1 or more; 1 is this process"
        raise FokkerError(explain("no such number of workers.", given=f"workers={workers!r}", accepted=accepted))
    if client is not None:
        if workers is not None:
            accepted = "client= alone: the cluster has its own workers"
            raise FokkerError(explain("workers= and client= exclude each other.", accepted=accepted))
        require_client(client)
    elif workers is not None and workers > 1:
        require_loky()
    return points_of(values, problem)


@contextmanager
def _opened(
    store: str | os.PathLike[str] | None, key: str | None, points: Points, settings: Mapping[str, Any]
) -> Iterator[Store | None]:
    """Hold the store of the sweep, if it has one."""
    if store is None:
        yield None
        return
    if not isinstance(key, str) or not key.strip():
        headline = "the key of a store is a text."
        raise FokkerError(explain(headline, given=f"key={key!r}", accepted='key="quartic well, T = 1"'))
    plain = {name: _exact(value) for name, value in settings.items() if value is not None and not callable(value)}
    header = {"key": key, "names": list(points.names), "values": identity(points), "settings": plain}
    with closing(Store(store, header)) as held:
        yield held


def _exact(value: Any) -> str:
    """Return a setting as a text that names it exactly, in any process: a grid prints itself rounded."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, Grid):
        return ", ".join(f"{name}={_exact(axis)}" for name, axis in value.axes.items())
    if is_dataclass(value) and not isinstance(value, type):
        return f"{type(value).__name__}{_exact([getattr(value, part.name) for part in fields(value)])}"
    if isinstance(value, (list, tuple)):
        return f"({', '.join(map(_exact, value))})"
    return "a function" if callable(value) else repr(value)


def _restored(store: Store, count: int) -> dict[int, Outcome]:
    """Return the points that the store holds."""
    return {index: Outcome(index, *parts) for index, *parts in store.done() if index < count}


def _steps(job: Job, todo: list[int], workers: int, client: Any, store: str | None) -> Iterator[Outcome]:
    """Return the outcomes as they come, from whoever solves the points."""
    if client is not None:
        return on_cluster(job, todo, client, store)
    job = replace(job, store=store)
    return in_processes(job, todo, workers) if workers else (job.solve(index) for index in todo)


def _gathered(steps: Any, there: Mapping[int, Outcome], count: int, progress: bool) -> dict[int, Outcome]:
    """Collect outcomes, with a progress bar; an interrupt ends the collection."""
    found = dict(there)
    with closing(steps), _bar(count, len(there), progress) as tick:
        try:
            for outcome in steps:
                found[outcome.index] = outcome
                tick(outcome)
        except KeyboardInterrupt:
            if all(outcome.failure is not None for outcome in found.values()):
                raise
    return found


@contextmanager
def _bar(total: int, done: int, shown: bool) -> Iterator[Callable[[Outcome], None]]:
    """Show a progress bar where tqdm is there."""
    if shown:
        try:
            from tqdm.auto import tqdm
        except ImportError:
            pass
        else:
            with tqdm(total=total, initial=done, desc="sweep", unit="point") as bar:
                failed = 0

                def tick(outcome: Outcome) -> None:
                    nonlocal failed
                    if outcome.failure is not None:
                        failed += 1
                        bar.set_postfix(failed=failed, refresh=False)
                    bar.update()

                yield tick
            return
    yield lambda outcome: None

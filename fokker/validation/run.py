"""Measures theorems, in this process or in several, and says of each whether it stands as recorded."""

import multiprocessing
import os
import time
import traceback
import warnings
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Literal

from fokker.errors import FokkerError
from fokker.validation.progress import follow
from fokker.validation.records import Measurement, Theorem
from fokker.validation.registry import THEOREMS, discover, find, select

Status = Literal["as recorded", "not as recorded", "crashed"]


@dataclass(frozen=True, slots=True)
class Trial:
    """What one process found: a measurement and its figure, or the error that ended it."""

    measurement: Measurement | None = None
    svg: str = ""
    seconds: float = 0.0
    error: str = ""  # the traceback
    reason: str = ""  # its point, in one line
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """A theorem beside its trial."""

    theorem: Theorem
    trial: Trial

    @property
    def complaints(self) -> tuple[str, ...]:
        """Why the theorem is not as recorded; empty when it is."""
        measurement = self.trial.measurement
        if self.trial.error or measurement is None:
            return (self.trial.reason,)
        if not measurement.rows:
            return ("nothing was measured: no check and no rate",)
        if self.theorem.verdict == "asymptotic" and not measurement.rates:
            return ("the verdict is 'asymptotic', and no rate was fitted",)
        return tuple(
            f"{row.quantity}: measured {row.measured:.12g}, expected {row.expected:.12g}, "
            f"error {row.error:.3g}, tolerance {row.tolerance:.3g} ({row.because})"
            for row in measurement.failures
        )

    @property
    def status(self) -> Status:
        """In one word."""
        if self.trial.error or self.trial.measurement is None:
            return "crashed"
        return "not as recorded" if self.complaints else "as recorded"

    @property
    def as_recorded(self) -> bool:
        """Whether every check passed and nothing crashed."""
        return self.status == "as recorded"


def run(
    pattern: str | None = None,
    fast: bool = False,
    workers: int = 1,
    *,
    draw: bool = False,
    progress: bool = False,
    package: str = THEOREMS,
) -> tuple[Outcome, ...]:
    """Measure theorems and return their outcomes in the order of the report.

    Parameters
    ----------
    pattern, fast
        Which theorems; see :func:`fokker.validation.select`.
    workers
        Processes that share the theorems. Each starts fresh and finds its theorem by id.
    draw
        Draw the figures too; a figure that fails counts against its theorem.
    progress
        Show a bar on the terminal; nothing when stderr is not one.
    package
        The package that holds the theorem files.
    """
    if not isinstance(workers, int) or workers < 1:
        raise FokkerError(f"workers={workers!r}; a whole number of processes, 1 or more, is needed.")
    chosen = select(pattern, fast, discover(package))
    outcomes = _here(chosen, draw) if workers == 1 else _in_pool(chosen, min(workers, len(chosen)), draw, package)
    done = {outcome.theorem.id: outcome for outcome in follow(outcomes, len(chosen), progress)}
    return tuple(done[theorem.id] for theorem in chosen)


def attempt(theorem: Theorem, draw: bool = False) -> Trial:
    """Measure one theorem; whatever it raises becomes part of the trial."""
    measurement, svg, error, reason = None, "", "", ""
    start = time.perf_counter()
    seconds = 0.0
    with warnings.catch_warnings(record=True) as caught:
        try:
            measurement = theorem.measure()
            seconds = time.perf_counter() - start
            if not isinstance(measurement, Measurement):
                raise FokkerError(f"measure() of {theorem.id} returned {type(measurement).__name__}, no Measurement.")
            if draw:
                from fokker.validation.drawing import draw_svg

                svg = draw_svg(theorem, measurement)
        except Exception as problem:
            seconds = seconds or time.perf_counter() - start
            error, reason = _story(problem), _point(problem)
    said = tuple(dict.fromkeys(f"{w.category.__name__}: {w.message}" for w in caught))
    return Trial(measurement if isinstance(measurement, Measurement) else None, svg, seconds, error, reason, said)


def _here(chosen: tuple[Theorem, ...], draw: bool) -> Iterator[Outcome]:
    for theorem in chosen:
        yield Outcome(theorem, attempt(theorem, draw))


def _in_pool(chosen: tuple[Theorem, ...], workers: int, draw: bool, package: str) -> Iterator[Outcome]:
    context = multiprocessing.get_context("spawn")  # the one start method that is the same everywhere
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_one_thread) as pool:
        waiting = {pool.submit(_attempt_by_id, t.id, draw, package): t for t in chosen}
        lost = []
        try:
            for future in as_completed(waiting):
                if isinstance(future.exception(), BrokenProcessPool) and len(chosen) > 1:
                    lost.append(waiting[future])
                else:
                    yield Outcome(waiting[future], _collect(future))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    for theorem in lost:  # one process that dies takes the pool with it; alone, each answers for itself
        yield from _in_pool((theorem,), 1, draw, package)


def _attempt_by_id(theorem_id: str, draw: bool, package: str) -> Trial:
    return attempt(find(theorem_id, package), draw)


def _collect(future: "Future[Trial]") -> Trial:
    try:
        return future.result()
    except Exception as problem:  # the process died, or the measurement did not pickle
        return Trial(error=f"{type(problem).__name__}: {problem}", reason=_point(problem))


def _one_thread() -> None:
    """Keep each worker's linear algebra on one core: the theorems are the parallelism."""
    import threadpoolctl

    threadpoolctl.threadpool_limits(1)


def _point(problem: Exception) -> str:
    headline = str(problem).strip().partition("\n")[0]
    return f"{type(problem).__name__}: {headline}"


def _story(problem: Exception) -> str:
    """The traceback with paths from the package on, so that a report names no machine."""
    trace = traceback.TracebackException.from_exception(problem)
    seen: traceback.TracebackException | None = trace
    while seen is not None:
        short = [
            traceback.FrameSummary(_short(f.filename), f.lineno, f.name, line=f.line)
            for f in seen.stack
            if f.name != "attempt"
        ]
        seen.stack = traceback.StackSummary.from_list(short)
        seen = seen.__cause__ or seen.__context__
    return "".join(trace.format())


def _short(path: str) -> str:
    parts = path.replace(os.sep, "/").split("/")
    for root in ("site-packages", "fokker"):
        if root in parts:
            at = len(parts) - 1 - parts[::-1].index(root)
            return "/".join(parts[at + (root == "site-packages") :])
    return parts[-1]

"""A sweep in processes on this machine."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Generator as Steps
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from fokker.errors import FokkerError, explain, missing_extra
from fokker.solvers.sweep_job import Job, Outcome, failed
from fokker.solvers.sweep_travel import job_of, outcome_of, packed_job

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "NUMBA_NUM_THREADS")
_WATCH = 0.2  # seconds between looks at whether the parent is still there


def require_loky() -> None:
    """Raise if there are no processes to be had."""
    try:
        import loky  # noqa: F401
    except ImportError as error:
        raise missing_extra("loky", "sweep", "a sweep in several processes") from error


def in_processes(job: Job, indices: Sequence[int], workers: int) -> Iterator[Outcome]:
    """Solve the points; one that kills its process fails alone."""
    blob, waiting = packed_job(job), deque(indices)
    while waiting:
        suspects = deque((yield from _pool(job, blob, waiting, workers, 2 * workers)))
        while suspects:  # one by one, each answers for itself
            for index in (yield from _pool(job, blob, suspects, 1, 1)):
                death = ChildProcessError("the process that solved it died: killed, crashed or out of memory")
                yield failed(index, job.points[index], death)


def _pool(job: Job, blob: bytes, waiting: deque[int], workers: int, ahead: int) -> Steps[Outcome, None, list[int]]:
    """Solve the points that wait, `ahead` of them handed out at a time, until none is left or a process dies.

    Returns those that were handed out then.
    """
    executor = _executor(blob, workers)
    flying: dict[Future[Outcome], int] = {}
    try:
        _require_start(executor)
        while waiting or flying:
            while waiting and len(flying) < ahead:
                flying[executor.submit(_solve, waiting[0])] = waiting[0]
                waiting.popleft()
            for future in wait(flying, return_when=FIRST_COMPLETED).done:
                outcome = outcome_of(job, flying[future], future)
                del flying[future]
                yield outcome
    except BrokenProcessPool:
        return sorted(flying.values())
    finally:
        executor.shutdown(wait=True, kill_workers=True)
    return []


def _require_start(executor: Any) -> None:
    """Raise if no process comes up, so that no point is blamed for it."""
    try:
        executor.submit(os.getpid).result()
    except BrokenProcessPool as error:
        headline = "the processes of the sweep do not start."
        given = "what they printed above, if anything"
        raise FokkerError(explain(headline, given=given, try_="workers=1, which shows the error")) from error


def _executor(blob: bytes, workers: int) -> Any:
    import loky

    threads = max(1, loky.cpu_count() // workers)
    return loky.ProcessPoolExecutor(
        workers,
        initializer=_begin,
        initargs=(blob, os.getpid(), threads),
        env=dict.fromkeys(_THREADS, str(threads)),
    )


_job: list[bytes] = []  # in a worker process, what it is to do
_parent: list[int] = []  # and for whom


def _begin(blob: bytes, parent: int, threads: int) -> None:
    """Set up a worker process: few threads, deaf to Ctrl-C, and ended when its parent has ended."""
    from threadpoolctl import threadpool_limits

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    threadpool_limits(limits=threads)
    _job.append(blob)
    if os.name == "posix":
        _parent.append(parent)
        threading.Thread(target=_watch, daemon=True).start()


def _watch() -> None:
    while True:
        _end_with_parent()
        time.sleep(_WATCH)


def _end_with_parent() -> None:
    """End this process at once if nobody waits for its answers any more."""
    if _parent and os.getppid() != _parent[0]:
        os._exit(1)


def _solve(index: int) -> Outcome:
    _end_with_parent()
    return job_of(_job[0]).solve(index)

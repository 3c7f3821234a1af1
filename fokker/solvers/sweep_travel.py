"""How the functions of a sweep get to other processes, and what comes back."""

from __future__ import annotations

import pickle
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from typing import Any

from fokker.errors import FokkerError, explain
from fokker.solvers.sweep_job import Job, Outcome, failed


def packed_job(job: Job) -> bytes:
    """Return a job as bytes; lambdas travel by value.

    Raises
    ------
    FokkerError
        If a function holds what cannot leave this process.
    """
    import cloudpickle

    try:
        blob: bytes = cloudpickle.dumps(job)
    except Exception as error:
        raise FokkerError(
            explain(
                "the functions of the sweep cannot travel to other processes.",
                given=f"{type(error).__name__}: {error}",
                accepted="functions, also lambdas, that use data and modules; no open files, locks or connections",
                try_="workers=1",
            )
        ) from error
    return blob


@lru_cache(maxsize=1)
def job_of(blob: bytes) -> Job:
    """Return the job again, in the other process.

    Raises
    ------
    FokkerError
        If that process does not know what the functions use.
    """
    try:
        job: Job = pickle.loads(blob)
    except Exception as error:
        headline = "the functions of the sweep cannot be read in another process."
        given = f"{type(error).__name__}: {error}"
        raise FokkerError(explain(headline, given=given, try_="modules that can be imported there too")) from None
    return job


def outcome_of(job: Job, index: int, future: Any) -> Outcome:
    """Return what came back; an answer that cannot travel is a failure of its point."""
    error = future.exception()
    if error is None:
        outcome: Outcome = future.result()
        return outcome
    if isinstance(error, (BrokenProcessPool, FokkerError)):
        raise error
    return failed(index, job.points[index], error)

"""A sweep on a cluster of dask.distributed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from typing import Any

from fokker.errors import FokkerError, explain, missing_extra
from fokker.solvers.sweep_job import Job, Outcome, failed
from fokker.solvers.sweep_store import pack, put
from fokker.solvers.sweep_travel import job_of, outcome_of, packed_job


def require_client(client: Any) -> None:
    """Raise unless this is a client of a cluster, one that waits for its answers."""
    try:
        from distributed import Client
    except ImportError as error:
        raise missing_extra("distributed", "cluster", "a sweep on a cluster") from error
    if not isinstance(client, Client) or client.asynchronous or client.status != "running":
        raise FokkerError(
            explain(
                "client= is that of a running cluster.",
                given=f"client={client!r}",
                accepted="distributed.Client(...), connected and not asynchronous",
            )
        )


def on_cluster(job: Job, indices: Sequence[int], client: Any, store: str | None) -> Iterator[Outcome]:
    """Solve the points on a cluster; this process writes the store, which other machines may not see."""
    from distributed import as_completed

    blob = client.submit(bytes, packed_job(job), pure=False)  # sent once, and again should its worker be lost
    flying = {client.submit(_solve, blob, index, pure=False): index for index in indices}
    try:
        for future in as_completed(list(flying)):
            outcome = outcome_of(job, flying.pop(future), future)
            yield outcome if store is None else _stored(job, store, outcome)
    except CancelledError as error:
        headline = "the cluster was lost during the sweep."
        remedy = "the same again with another client; with store= and key= it goes on where it stopped"
        raise FokkerError(explain(headline, given=str(error), try_=remedy)) from error
    finally:
        if flying and client.status == "running":
            client.cancel(list(flying))


def _stored(job: Job, store: str, outcome: Outcome) -> Outcome:
    """Write an outcome; an answer that cannot be written is a failure of its point."""
    if outcome.failure is not None:
        return outcome
    try:
        packed = pack(outcome.answer)
    except Exception as error:
        return failed(outcome.index, job.points[outcome.index], error, outcome.doubts)
    put(store, outcome.index, packed, outcome.doubts, outcome.seconds)
    return outcome


def _solve(blob: bytes, index: int) -> Outcome:
    return job_of(blob).solve(index)

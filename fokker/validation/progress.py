"""A progress bar on a terminal; silence anywhere else."""

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fokker.validation.run import Outcome


def follow(outcomes: "Iterable[Outcome]", total: int, shown: bool) -> "Iterator[Outcome]":
    """Pass outcomes on and show how many have come."""
    if not (shown and sys.stderr.isatty()):
        yield from outcomes
        return
    try:
        from tqdm import tqdm
    except ImportError:
        yield from _lines(outcomes, total)
        return
    with tqdm(total=total, unit="theorem", file=sys.stderr, leave=False, dynamic_ncols=True) as bar:
        for outcome in outcomes:
            bar.set_postfix_str(outcome.theorem.id, refresh=False)
            bar.update()
            yield outcome


def _lines(outcomes: "Iterable[Outcome]", total: int) -> "Iterator[Outcome]":
    for done, outcome in enumerate(outcomes, start=1):
        print(f"{done}/{total} {outcome.theorem.id}: {outcome.status}", file=sys.stderr, flush=True)
        yield outcome

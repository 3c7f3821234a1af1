"""Random numbers that do not depend on how many threads draw them.

The replicas are cut into blocks of a fixed size. Every block has child streams of its own, spawned from the
caller's generator, and is simulated by one thread from beginning to end.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

import numpy as np

from fokker.errors import FokkerError, explain
from fokker.sgd import _checks

BLOCK = 2048  # replicas; part of what a seed means, so a change gives other samples
NUMBERS = 1 << 16  # random numbers drawn at once: half a megabyte, which the cache holds
T = TypeVar("T")
Seed = np.random.Generator | int | None


class Block(NamedTuple):
    """Some replicas and their random numbers."""

    replicas: slice
    normals: np.random.Generator
    uniforms: np.random.Generator

    @property
    def size(self) -> int:
        """How many replicas."""
        return int(self.replicas.stop - self.replicas.start)


def blocks(rng: Seed, replicas: int) -> list[Block]:
    """Cut the replicas into blocks with independent streams; a generator that is passed twice gives new ones.

    Examples
    --------
    >>> [block.replicas for block in blocks(0, 3000)]
    [slice(0, 2048, None), slice(2048, 3000, None)]
    """
    starts, source = range(0, replicas, BLOCK), _checks.generator(rng)
    try:
        children = source.spawn(len(starts))
    except (TypeError, ValueError) as error:
        raise FokkerError(
            explain(
                "rng gives no independent streams.",
                given=f"rng={rng!r}",
                accepted="None, an integer >= 0, or a generator from np.random.default_rng",
            )
        ) from error
    return [
        Block(slice(first, min(first + BLOCK, replicas)), *child.spawn(2))
        for first, child in zip(starts, children, strict=True)
    ]


def run(task: Callable[[Block], T], work: list[Block], workers: int) -> list[T]:
    """Do every block, on several threads if asked; the order of the answers is that of the blocks."""
    threads = min(_checks.count("workers", workers), len(work))
    if threads == 1:
        return [task(block) for block in work]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(task, work))


def chunk(steps: int, width: int) -> int:
    """How many steps to draw numbers for at once."""
    return max(1, min(steps, NUMBERS // width))

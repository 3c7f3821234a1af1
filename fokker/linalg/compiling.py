"""A word on stderr when kernels are compiled, which happens once after installation."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numba.core import event

PATIENCE = 2.0  # seconds before anything is said


class _Watch(event.Listener):  # type: ignore[misc]
    """Remembers whether numba compiles; loading from its cache on disk is no compilation."""

    def __init__(self, patience: float) -> None:
        self.timer = threading.Timer(patience, _say)
        self.timer.daemon = True
        self.compiling = False

    def on_start(self, event: Any) -> None:
        if not self.compiling:
            self.compiling = True
            self.timer.start()

    def on_end(self, event: Any) -> None:
        pass


_said = threading.Event()


@contextmanager
def announced(patience: float = PATIENCE) -> Iterator[None]:
    """Say "compiling once" on stderr if the body has begun to compile kernels and takes longer than `patience`."""
    watch = _Watch(patience)
    try:
        with event.install_listener("numba:compile", watch):
            yield
    finally:
        watch.timer.cancel()


def _say() -> None:
    if not _said.is_set():
        _said.set()
        print("fokker: compiling once, some ten seconds ...", file=sys.stderr, flush=True)

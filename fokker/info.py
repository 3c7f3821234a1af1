"""How an answer was obtained: the record every result carries, and the one warning a call may emit."""

from __future__ import annotations

import warnings as python_warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from fokker.errors import FokkerWarning


@dataclass(frozen=True, repr=False)
class Info:
    """What was done to obtain a result, and how good it is.

    Parameters
    ----------
    method : str
        The method in a few words.
    values : mapping of str to float, str or int
        Measured figures such as a residual or a number of cells; each is also an attribute.
    references : tuple of str
        Where the method is described.
    warnings : tuple of str
        Why the answer is doubtful, if it is.

    Examples
    --------
    >>> info = Info("edge resistances", {"residual": 2.5e-16, "cells": 400}, ("Scharfetter and Gummel 1969",))
    >>> info.residual
    2.5e-16
    >>> print(info)
    method      edge resistances
    residual    2.5e-16
    cells       400
    references  Scharfetter and Gummel 1969
    """

    method: str
    values: Mapping[str, float | str | int] = field(default_factory=dict)
    references: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def __getattr__(self, name: str) -> Any:
        # through __dict__, so that unpickling an empty instance cannot recurse
        values = self.__dict__.get("values", {})
        if name in values:
            return values[name]
        known = ", ".join(values) or "nothing"
        raise AttributeError(f"info has no {name!r}; it holds method, references, warnings and {known}")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.values]

    def __repr__(self) -> str:
        rows = list(self._rows())
        width = max(len(label) for label, _ in rows) + 2
        return "\n".join(f"{label:<{width}}{text}" for label, text in rows)

    def _repr_html_(self) -> str:
        from fokker.notebook import html

        return html("How it was obtained", list(self._rows()))

    def _rows(self) -> Iterator[tuple[str, str]]:
        yield "method", self.method
        for label, value in self.values.items():
            yield label, f"{value:.6g}" if isinstance(value, float) else str(value)
        for label, texts in (("references", self.references), ("warning", self.warnings)):
            for index, text in enumerate(texts):
                yield ("" if index else label), text.replace("\n", " ")


def warn_once(warnings: Sequence[str], stacklevel: int = 3) -> None:
    """Emit all the warnings of one call as a single `FokkerWarning`; nothing if there are none.

    Parameters
    ----------
    warnings : sequence of str
        The texts, usually ``info.warnings``.
    stacklevel : int
        As in `warnings.warn`; the default 3 points at the caller of the function that calls this one.
    """
    listener = _listener.get()
    if listener is not None:
        listener.extend(warnings)
    elif warnings:
        python_warnings.warn("\n".join(warnings), FokkerWarning, stacklevel=stacklevel)


_listener: ContextVar[list[str] | None] = ContextVar("listener", default=None)


@contextmanager
def collected() -> Iterator[list[str]]:
    """Collect the warnings of calls within, of this thread, instead of emitting them.

    A sweep reports those of all its points as one.

    Examples
    --------
    >>> with collected() as doubts:
    ...     warn_once(["few cells"])
    >>> doubts
    ['few cells']
    """
    doubts: list[str] = []
    token = _listener.set(doubts)
    try:
        yield doubts
    finally:
        _listener.reset(token)

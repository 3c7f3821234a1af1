"""What tab-completion offers of an object: what its user needs, and not what the storeys above it need."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def hides(names: str) -> Callable[[type[T]], type[T]]:
    """Leave attributes, separated by spaces, out of `dir` of the instances of a class. They stay attributes.

    Examples
    --------
    >>> @hides("inner")
    ... class Record:
    ...     inner, values = 1, 2
    >>> [name for name in dir(Record()) if not name.startswith("_")], Record().inner
    (['values'], 1)
    """
    hidden = frozenset(names.split())

    def decorate(cls: type[T]) -> type[T]:
        unknown = [name for name in hidden if not hasattr(cls, name) and name not in cls.__annotations__]
        assert not unknown, f"{cls.__name__} has no {', '.join(unknown)}"

        def offered(self: T) -> list[str]:
            return [name for name in cls.__base_dir__(self) if name not in hidden]  # type: ignore[attr-defined]

        cls.__base_dir__ = cls.__dir__  # type: ignore[attr-defined]
        cls.__dir__ = offered  # type: ignore[assignment]
        return cls

    return decorate

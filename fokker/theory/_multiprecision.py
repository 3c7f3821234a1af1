"""The one door to mpmath, an optional dependency."""

from __future__ import annotations

from typing import Any

from fokker.errors import missing_extra
from fokker.theory._check import whole


def load() -> Any:
    """Return the mpmath module, or say how to install it."""
    try:
        import mpmath
    except ImportError as missing:  # pragma: no cover - mpmath is part of every test environment
        raise missing_extra("mpmath", "validate", "this closed form") from missing
    return mpmath


def digits(dps: int) -> int:
    """Return a checked number of decimal digits."""
    return whole("dps", dps, least=5)

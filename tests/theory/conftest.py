"""Fixtures of the closed-form tests."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest


@pytest.fixture
def agrees() -> Callable[..., bool]:
    """Return a test of a number against a printed one, within half a unit of the last printed digit."""

    def check(value: float, printed: str, slack: float = 1e-15) -> bool:
        unit = 10.0 ** int(Decimal(printed).as_tuple().exponent)
        return abs(float(value) - float(printed)) <= 0.5001 * unit + slack * abs(float(printed))

    return check

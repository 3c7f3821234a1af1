"""Jumps: from any cell, at a rate of its own, to a place or a law over the cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Jump:
    """Jumps from cell i at rate r_i to cell j with probability rho_j.

    Attributes
    ----------
    rates : array, shape (n,)
        r, 1/time; not negative.
    law : array, shape (n,)
        rho; it sums to one, less what `lost` holds.
    wall : str
        Label of the wall whose absorbed flux this is; empty for jumps out of the bulk.
    lost : mapping of str to float
        Shares of the law that lie in targets, by their labels: such jumps are among the exit rates.
    place : mapping of str to float, or None
        The point to which the jumps lead, if it is one.
    """

    rates: Array
    law: Array
    wall: str = ""
    lost: Mapping[str, float] = field(default_factory=dict)
    place: Mapping[str, float] | None = None

    @cached_property
    def share(self) -> float:
        """Probability to stay in the domain after a jump."""
        return float(self.law.sum())

    @cached_property
    def staying(self) -> Array:
        """Rates of the jumps that do not end in a target, shape (n,)."""
        return self.rates * self.share if self.lost else self.rates

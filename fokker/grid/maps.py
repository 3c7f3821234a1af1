"""Maps between a position x and an axis coordinate xi in which the cells are equal."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Straight:
    """The identity: the axis coordinate is the position."""

    def coordinate(self, x: Array) -> Array:
        """Return xi(x)."""
        return x

    def position(self, xi: Array) -> Array:
        """Return x(xi)."""
        return xi

    def stretch(self, x: Array) -> Array:
        """Return dx/dxi at x."""
        return np.ones_like(x)


@dataclass(frozen=True)
class Sinh:
    """``xi = sum_k asinh((x - c_k) / s_k)``: fine near each centre, logarithmic far away.

    Power-law tails are exponentials in xi, and so are represented evenly.
    """

    centers: tuple[float, ...]
    scales: tuple[float, ...]

    def coordinate(self, x: Array) -> Array:
        """Return xi(x)."""
        total = np.zeros_like(x)
        for c, s in zip(self.centers, self.scales, strict=True):
            total += np.arcsinh((x - c) / s)
        return total

    def position(self, xi: Array) -> Array:
        """Return x(xi): closed for one centre, Newton from a table for several."""
        if len(self.centers) == 1:
            x: Array = self.centers[0] + self.scales[0] * np.sinh(xi)
            return x
        table_xi, table_x = self._table
        x = np.interp(xi, table_xi, table_x)
        left, right = table_x[0], table_x[-1]
        for _ in range(60):
            step = (self.coordinate(x) - xi) * self.stretch(x)
            x = np.clip(x - step, left, right)
            if np.all(np.abs(step) <= 4e-16 * np.maximum(np.abs(x), min(self.scales))):
                break
        return x

    def stretch(self, x: Array) -> Array:
        """Return dx/dxi at x."""
        inverse = np.zeros_like(x)
        for c, s in zip(self.centers, self.scales, strict=True):
            inverse += 1.0 / np.hypot(x - c, s)
        return 1.0 / inverse

    @cached_property
    def _table(self) -> tuple[Array, Array]:
        ladder = np.sinh(np.linspace(-44.0, 44.0, 3521))
        x = np.unique(np.concatenate([c + s * ladder for c, s in zip(self.centers, self.scales, strict=True)]))
        return self.coordinate(x), x


@dataclass(frozen=True)
class Log:
    """``xi = ln|x - start|``: equal cells a factor apart, for a half-line whose start is singular."""

    start: float
    sign: float = 1.0

    def coordinate(self, x: Array) -> Array:
        """Return xi(x), increasing with x."""
        xi: Array = self.sign * np.log(self.sign * (x - self.start))
        return xi

    def position(self, xi: Array) -> Array:
        """Return x(xi)."""
        x: Array = self.start + self.sign * np.exp(self.sign * xi)
        return x

    def stretch(self, x: Array) -> Array:
        """Return dx/dxi at x."""
        return np.abs(x - self.start)


@dataclass(frozen=True)
class Logit:
    """``xi = ln((x - lo) / (hi - x))``: equal cells a factor apart towards both ends, both singular."""

    lo: float
    hi: float

    def coordinate(self, x: Array) -> Array:
        """Return xi(x)."""
        xi: Array = np.log((x - self.lo) / (self.hi - x))
        return xi

    def position(self, xi: Array) -> Array:
        """Return x(xi), measured from the nearer end."""
        small = np.exp(-np.abs(xi))
        share = (self.hi - self.lo) * small / (1.0 + small)
        return np.where(xi < 0.0, self.lo + share, self.hi - share)

    def stretch(self, x: Array) -> Array:
        """Return dx/dxi at x."""
        return (x - self.lo) * (self.hi - x) / (self.hi - self.lo)


Map = Straight | Sinh | Log | Logit

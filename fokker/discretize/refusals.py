"""What no edge rule can carry, and the words for it."""

from __future__ import annotations

from fokker.errors import BoundaryError, explain

STEEPEST = 500.0  # kT along one edge: beyond this the rates leave the range of doubles
UNEVEN = 1e-9  # relative difference of a potential between the ends of a periodic axis that is rounding


def not_periodic(name: str, gap: float) -> BoundaryError:
    """Return the error of a potential that differs between the two ends of a periodic axis."""
    return BoundaryError(
        explain(
            f"the potential is not periodic in {name}.",
            given=f"it differs by {gap:.6g} kT between the two ends",
            accepted="a potential with the same value at both ends",
            try_="force= for a constant tilt, or another domain",
        )
    )

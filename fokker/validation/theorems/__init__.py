"""The theorems, one a file: each module here ends with ``THEOREM = Theorem(...)``."""

GROUPS = (
    "Gradient noise",
    "Stationary laws",
    "Time-dependent laws",
    "Escape times",
    "Currents and phase space",
    "Generalisation bounds",
    "Real data",
    "Classics",
    "Independent code",
)
"""Sections of the report, in their order."""

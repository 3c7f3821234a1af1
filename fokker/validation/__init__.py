"""Theorems as executable audits, and the report of which of them hold.

>>> from fokker.validation import Check
>>> Check("$2 + 2$", 4.0, 4.0, 0.0, "integer arithmetic").passed
True
"""

from fokker.validation.records import Check, Measurement, Rate, Theorem, Verdict
from fokker.validation.registry import discover, find, select
from fokker.validation.run import Outcome, run

__all__ = [
    "Check",
    "Measurement",
    "Outcome",
    "Rate",
    "Theorem",
    "Verdict",
    "discover",
    "find",
    "run",
    "select",
]

"""The verbs: one question asked of a generator, one file each."""

from fokker.solvers.first_passage import mean_first_passage
from fokker.solvers.stationary import stationary

__all__ = ["mean_first_passage", "stationary"]

"""The records that the verbs return."""

from fokker.results.current import Current
from fokker.results.density import Density
from fokker.results.load import load
from fokker.results.passage import PassageTime

__all__ = ["Current", "Density", "PassageTime", "load"]

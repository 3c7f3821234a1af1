"""The records that the verbs return."""

from fokker.results.current import Current
from fokker.results.density import Density
from fokker.results.exit_law import ExitLaw
from fokker.results.load import load
from fokker.results.occupation import Occupation
from fokker.results.passage import PassageTime
from fokker.results.probability import HittingProbability
from fokker.results.quasi_stationary import QuasiStationary
from fokker.results.reactive import ReactiveFlux
from fokker.results.spectrum import Spectrum
from fokker.results.trajectory import Trajectory

__all__ = [
    "Current",
    "Density",
    "ExitLaw",
    "HittingProbability",
    "Occupation",
    "PassageTime",
    "QuasiStationary",
    "ReactiveFlux",
    "Spectrum",
    "Trajectory",
    "load",
]

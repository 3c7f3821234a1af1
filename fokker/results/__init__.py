"""The records that the verbs return."""

from fokker.results.citation import citation
from fokker.results.correlation import Autocorrelation, PowerSpectrum
from fokker.results.current import Current
from fokker.results.density import Density
from fokker.results.exit_law import ExitLaw
from fokker.results.expectation import Expectation
from fokker.results.load import load
from fokker.results.occupation import Occupation
from fokker.results.passage import PassageTime
from fokker.results.periodic_state import PeriodicState
from fokker.results.probability import HittingProbability
from fokker.results.quasi_stationary import QuasiStationary
from fokker.results.reactive import ReactiveFlux
from fokker.results.spectrum import Spectrum
from fokker.results.sweep_result import PointFailure, SweepResult
from fokker.results.trajectory import Trajectory

__all__ = [
    "Autocorrelation",
    "Current",
    "Density",
    "ExitLaw",
    "Expectation",
    "HittingProbability",
    "Occupation",
    "PassageTime",
    "PeriodicState",
    "PointFailure",
    "PowerSpectrum",
    "QuasiStationary",
    "ReactiveFlux",
    "Spectrum",
    "SweepResult",
    "Trajectory",
    "citation",
    "load",
]

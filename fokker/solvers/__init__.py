"""The verbs: one question asked of a generator, one file each."""

from fokker.solvers.autocorrelation import autocorrelation
from fokker.solvers.circulation import circulation
from fokker.solvers.committor import committor, splitting
from fokker.solvers.entropy_production import entropy_production
from fokker.solvers.exit_time import exit_time
from fokker.solvers.expectation import expectation
from fokker.solvers.extrapolate import Extrapolated, extrapolate
from fokker.solvers.firing_rate import firing_rate
from fokker.solvers.first_passage import mean_first_passage
from fokker.solvers.occupation import occupation
from fokker.solvers.passage_moments import passage_moment, passage_variance
from fokker.solvers.periodic_state import periodic_state
from fokker.solvers.power_spectrum import power_spectrum
from fokker.solvers.propagate import propagate
from fokker.solvers.quasi_stationary import quasi_stationary
from fokker.solvers.rate import rate
from fokker.solvers.reactive_flux import reactive_flux
from fokker.solvers.reinject import reinject
from fokker.solvers.reset import reset
from fokker.solvers.spectrum import spectrum
from fokker.solvers.stationary import stationary
from fokker.solvers.sweep import sweep
from fokker.solvers.transport import drift_velocity, effective_diffusion

__all__ = [
    "Extrapolated",
    "autocorrelation",
    "circulation",
    "committor",
    "drift_velocity",
    "effective_diffusion",
    "entropy_production",
    "exit_time",
    "expectation",
    "extrapolate",
    "firing_rate",
    "mean_first_passage",
    "occupation",
    "passage_moment",
    "passage_variance",
    "periodic_state",
    "power_spectrum",
    "propagate",
    "quasi_stationary",
    "rate",
    "reactive_flux",
    "reinject",
    "reset",
    "spectrum",
    "splitting",
    "stationary",
    "sweep",
]

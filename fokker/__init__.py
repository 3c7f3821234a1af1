"""Finite-volume solvers for Fokker-Planck equations with state-dependent diffusion."""

from fokker import gallery, sgd
from fokker.discretize import discretize
from fokker.errors import FokkerError, FokkerWarning
from fokker.generator import Generator
from fokker.grid import Axis, Grid
from fokker.problem import Problem, Robin, Sampled
from fokker.results import (
    Current,
    Density,
    ExitLaw,
    HittingProbability,
    Occupation,
    PassageTime,
    QuasiStationary,
    ReactiveFlux,
    Spectrum,
    Trajectory,
    load,
)
from fokker.solvers import (
    Extrapolated,
    circulation,
    committor,
    drift_velocity,
    effective_diffusion,
    entropy_production,
    exit_time,
    extrapolate,
    mean_first_passage,
    occupation,
    passage_moment,
    passage_variance,
    propagate,
    quasi_stationary,
    rate,
    reactive_flux,
    spectrum,
    splitting,
    stationary,
)

__version__ = "0.1.0"

__all__ = [
    "Axis",
    "Current",
    "Density",
    "ExitLaw",
    "Extrapolated",
    "FokkerError",
    "FokkerWarning",
    "Generator",
    "Grid",
    "HittingProbability",
    "Occupation",
    "PassageTime",
    "Problem",
    "QuasiStationary",
    "ReactiveFlux",
    "Robin",
    "Sampled",
    "Spectrum",
    "Trajectory",
    "circulation",
    "committor",
    "discretize",
    "drift_velocity",
    "effective_diffusion",
    "entropy_production",
    "exit_time",
    "extrapolate",
    "gallery",
    "load",
    "mean_first_passage",
    "occupation",
    "passage_moment",
    "passage_variance",
    "propagate",
    "quasi_stationary",
    "rate",
    "reactive_flux",
    "sgd",
    "spectrum",
    "splitting",
    "stationary",
]

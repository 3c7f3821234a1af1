"""Problems: the continuous mathematics, before anything is discretised."""

from fokker.problem.boundary import Robin, Window
from fokker.problem.convention import Convention
from fokker.problem.problem import Problem
from fokker.problem.sampled import Sampled

__all__ = ["Convention", "Problem", "Robin", "Sampled", "Window"]

"""Named problems with their known answers, one a file.

Each function returns an `Example`: the problem, two sentences about it, its source, and what is known in closed
form or to many digits, to be held against a solver.

>>> from fokker import gallery
>>> example = gallery.chaudhari_soatto(rotation=0.5)
>>> example.problem.names, round(example.known["ray_flux"], 12)
(('x', 'y'), 0.058124915967)
"""

from fokker.gallery.active_brownian_particle import active_brownian_particle
from fokker.gallery.brownian_gyrator import brownian_gyrator
from fokker.gallery.chaudhari_soatto import chaudhari_soatto
from fokker.gallery.codiagonal_power_law import codiagonal_power_law
from fokker.gallery.double_well import double_well
from fokker.gallery.double_well_1d import double_well_1d
from fokker.gallery.example import Example
from fokker.gallery.integrate_and_fire import integrate_and_fire
from fokker.gallery.maier_stein import maier_stein
from fokker.gallery.mueller_brown import mueller_brown
from fokker.gallery.multivariate_power_law import multivariate_power_law
from fokker.gallery.noisy_hopf import noisy_hopf
from fokker.gallery.ornstein_uhlenbeck import ornstein_uhlenbeck
from fokker.gallery.rotated_double_well import rotated_double_well
from fokker.gallery.rotating_ornstein_uhlenbeck import rotating_ornstein_uhlenbeck
from fokker.gallery.valley import valley

__all__ = [
    "Example",
    "active_brownian_particle",
    "brownian_gyrator",
    "chaudhari_soatto",
    "codiagonal_power_law",
    "double_well",
    "double_well_1d",
    "integrate_and_fire",
    "maier_stein",
    "mueller_brown",
    "multivariate_power_law",
    "noisy_hopf",
    "ornstein_uhlenbeck",
    "rotated_double_well",
    "rotating_ornstein_uhlenbeck",
    "valley",
]


def __dir__() -> list[str]:
    return __all__  # what tab-completion offers

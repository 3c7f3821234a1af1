"""Closed forms: pure functions of parameters, the known answers that the solvers are held against.

One topic a module. Nothing here imports the rest of the library (only its error classes), so a closed form
can never borrow the mistake of the solver it is meant to check. The modules load when they are first named:

>>> from fokker import theory
>>> law = theory.power_law.PowerLaw(curvature=2.0, learning_rate=0.5, sigma_g=1.5, sigma_H=0.8)
>>> law.kappa
5.0

Everywhere ``alpha`` names the reading of the noise: 0 Ito, 1/2 Stratonovich, 1 isothermal (also called
Haenggi-Klimontovich, Zwanzig, anti-Ito). It has no default where the answer depends on it.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fokker.theory import (
        alpha_stable,
        balance,
        brownian,
        chaudhari_soatto,
        cir,
        codiagonal_noise,
        collapse,
        deep_network,
        diagonal_network,
        driven_work,
        escape,
        gradient_covariance,
        half_line,
        inverse_gamma,
        kesten,
        kramers,
        langer,
        linear_process,
        local_entropy,
        maier_stein,
        mckean_vlasov,
        moment_dynamics,
        momentum,
        mori,
        multivariate_escape,
        multivariate_power_law,
        ornstein_uhlenbeck,
        pac_bayes,
        pac_bayes_slopes,
        passage,
        pearson,
        planar_tail,
        power_law,
        printed,
        quadratic_well,
        relu_unit,
        resetting,
        reshuffling,
        ring,
        sgd_moments,
        shared_noise,
        siegert,
        student,
        table1,
        thermophoresis,
        transition,
        tsallis_bukman,
        turning_noise,
        valley,
        wong,
        wright_fisher,
    )

__all__ = [
    "alpha_stable",
    "balance",
    "brownian",
    "chaudhari_soatto",
    "cir",
    "codiagonal_noise",
    "collapse",
    "deep_network",
    "diagonal_network",
    "driven_work",
    "escape",
    "gradient_covariance",
    "half_line",
    "inverse_gamma",
    "kesten",
    "kramers",
    "langer",
    "linear_process",
    "local_entropy",
    "maier_stein",
    "mckean_vlasov",
    "moment_dynamics",
    "momentum",
    "mori",
    "multivariate_escape",
    "multivariate_power_law",
    "ornstein_uhlenbeck",
    "pac_bayes",
    "pac_bayes_slopes",
    "passage",
    "pearson",
    "planar_tail",
    "power_law",
    "printed",
    "quadratic_well",
    "relu_unit",
    "resetting",
    "reshuffling",
    "ring",
    "sgd_moments",
    "shared_noise",
    "siegert",
    "student",
    "table1",
    "thermophoresis",
    "transition",
    "tsallis_bukman",
    "turning_noise",
    "valley",
    "wong",
    "wright_fisher",
]


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return importlib.import_module(f"fokker.theory.{name}")
    raise AttributeError(f"module 'fokker.theory' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted(__all__)

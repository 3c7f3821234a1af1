"""`entropy_production`: how far from equilibrium a stationary state is."""

from __future__ import annotations

import numpy as np

from fokker.errors import FokkerError, explain
from fokker.results import Density


def entropy_production(density: Density) -> float:
    """Return the entropy production rate of a stationary density: current times affinity.

    On a ring it is ``J * sum ln(k_ij / k_ji)`` over the edges (Schnakenberg 1976), equal to
    ``J`` times the integral of f/D around the ring. It is zero on a chain, where nothing circulates.

    Parameters
    ----------
    density : Density
        From `fokker.stationary`.

    Returns
    -------
    float
        In units of Boltzmann's constant per time.

    Raises
    ------
    FokkerError
        If it is not given a density with its generator.

    Examples
    --------
    >>> import fokker
    >>> problem = fokker.Problem(drift=0.5, diffusion=2.0, domain={"x": (0, 1)}, boundary="periodic")
    >>> density = fokker.stationary(fokker.discretize(problem, cells=20))
    >>> round(fokker.entropy_production(density), 12)  # v**2 / D
    0.125
    """
    if not isinstance(density, Density):
        raise FokkerError(
            explain(
                "entropy production is a property of a density.",
                given=f"a {type(density).__name__}",
                try_="fokker.entropy_production(fokker.stationary(generator))",
            )
        )
    chain = density.chain
    if chain.reversible:
        return 0.0
    return float(density.current().values[0]) * float(np.sum(chain.edges.rise))

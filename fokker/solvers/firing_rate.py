"""`firing_rate`: how often a process that starts again at each arrival arrives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fokker.errors import FokkerError, TargetError, explain
from fokker.generator import Generator
from fokker.solvers.first_passage import mean_first_passage


def firing_rate(
    generator: Generator,
    reset: Mapping[str, float],
    threshold: Callable[..., Any] | None = None,
    refractory: float = 0.0,
) -> float:
    """Return the rate of an integrate-and-fire neuron, ``1 / (refractory + T)``, by renewal.

    T is the mean first-passage time from the reset point to the threshold. The membrane potential of the neuron that
    is not refractory has the density of ``stationary(reinject(generator, wall, reset))``, whose flux into the wall is
    1/T; it is found in that state with probability ``1 - rate * refractory``.

    Parameters
    ----------
    generator : Generator
        From `fokker.discretize`, with an absorbing wall at the threshold, or any with a `threshold`.
    reset : mapping of str to float
        Where the process starts again, such as ``{"v": 0.0}``.
    threshold : callable, optional
        Predicate of the coordinates, as `target` in `mean_first_passage`; without it the absorbing walls.
    refractory : float
        Time spent at the reset point after each spike, >= 0.

    Returns
    -------
    float
        1/time.

    Raises
    ------
    FokkerError
        If the refractory time is negative or not finite, or `reset` is not one point.
    TargetError, ReachabilityError, DomainError
        As in `mean_first_passage`; also if the reset point lies beyond the threshold.

    References
    ----------
    A. J. F. Siegert, *Phys. Rev.* 81 (1951) 617; L. M. Ricciardi, *Diffusion Processes and Related Topics in
    Biology*, Springer 1977.

    Examples
    --------
    >>> import fokker
    >>> problem = fokker.Problem(
    ...     drift=lambda v: -v, diffusion=1.0, domain={"v": (-9, 1)}, boundary={"v": ("reflecting", "absorbing")}
    ... )
    >>> rate = fokker.firing_rate(fokker.discretize(problem, cells=200), {"v": 0.0})
    >>> round(1 / rate, 10)
    2.0934066497
    """
    if not isinstance(reset, Mapping):
        raise FokkerError(explain("the reset is a point.", given=repr(reset), accepted='such as {"v": 0.0}'))
    if isinstance(refractory, bool) or not (
        isinstance(refractory, (int, float, np.number)) and 0.0 <= float(refractory) < np.inf
    ):
        raise FokkerError(
            explain(
                "the refractory time is a time.", given=f"refractory={refractory!r}", accepted="a finite number >= 0"
            )
        )
    time = np.asarray(mean_first_passage(generator, threshold).at(**reset), dtype=float)
    if time.shape != ():
        raise FokkerError(explain("the process is reset to one point.", given=f"reset={dict(reset)!r}"))
    if not float(time) > 0.0:
        raise TargetError(
            explain(
                "the process is reset beyond the threshold, and would fire without end.",
                given=f"reset={dict(reset)!r}",
                try_="a reset point outside the threshold",
            )
        )
    return 1.0 / (float(refractory) + float(time))

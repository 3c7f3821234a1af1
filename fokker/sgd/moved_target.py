"""The target that a process in continuous time must have in place of one that iterates are held against."""

from __future__ import annotations

import math
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from fokker.errors import TargetError, explain
from fokker.grid.region import Region
from fokker.problem.coefficients import Coefficient, CoefficientLike
from fokker.sgd import _checks
from fokker.sgd.descent_problem import root_columns

FloatArray = NDArray[np.float64]
Interval = tuple[float, float]

OVERSHOOT = 0.5825971579390107  # -zeta(1/2) / sqrt(2 pi)
LINE = (-math.inf, math.inf)
SIDES = (1.0, -1.0)


@overload
def moved_target(target: Interval, variance: CoefficientLike, learning_rate: float) -> Interval: ...
@overload
def moved_target(target: Region, variance: CoefficientLike, learning_rate: float) -> Region: ...


def moved_target(target: Interval | Region, variance: CoefficientLike, learning_rate: float) -> Interval | Region:
    r"""Move a target away from the start, so that a path in continuous time reaches it as often as iterates do.

    Iterates are looked at after each step only. An iterate that is found in the target has gone beyond its edge, on
    average by -zeta(1/2)/sqrt(2 pi) = 0.5826 standard deviations of a step; so the process in continuous time must
    be stopped so much behind the edge::

        0.5826 eta sqrt(n . C(w) n),   n the normal of the edge.

    Without it times and probabilities are off in order sqrt(eta), with it in order eta. It belongs to the process of
    `descent_problem` and `NoiseModel.problem`, with their ``discrete_correction`` or without: that one corrects the
    coefficients, this one the target. To take times of an SDE that is simulated without the bridge, give D of the
    process as ``variance=2 D / step`` and ``learning_rate=step``.

    Parameters
    ----------
    target : (low, high), or Region
        In one dimension what is left, as in `simulate_first_passage`: an infinite end is none. Otherwise the target
        itself as a `Region`, whose level must be smooth near its edge.
    variance : callable or number
        C of the minibatch gradient, as in `descent_problem`.
    learning_rate : float
        eta.

    Returns
    -------
    (low, high) or Region
        The interval is wider and the region smaller than the given one.

    Raises
    ------
    TargetError
        If `target` is neither an interval nor a `Region`.
    CoefficientError
        If the variance is negative at the edge.

    References
    ----------
    M. Broadie, P. Glasserman, S. Kou, *Math. Finance* 7 (1997) 325; in several dimensions E. Gobet, S. Menozzi,
    *Stoch. Process. Appl.* 120 (2010) 130.

    Examples
    --------
    >>> low, high = moved_target((-np.inf, 1.0), 4.0, learning_rate=0.1)  # a step has the standard deviation 0.2
    >>> low, round(high, 4)
    (-inf, 1.1165)
    >>> import fokker
    >>> outside = moved_target(fokker.Region(lambda x, y: 1 - np.hypot(x, y)), 4.0, learning_rate=0.1)
    >>> outside(np.array([1.11, 1.12]), np.zeros(2))
    array([False,  True])
    """
    eta = _checks.positive("learning_rate", learning_rate)
    if isinstance(target, Region):
        return _smaller(target, variance, eta)
    try:
        low, high = (float(end) for end in target)
    except (TypeError, ValueError):
        low = high = math.nan
    if not low < high:
        raise TargetError(
            explain(
                "the target is neither an interval that is left nor a region.",
                given=f"target={target!r}"[:80],
                accepted=["(low, high)     with low < high, one of them may be infinite", "fokker.Region(level=...)"],
                try_="(-np.inf, 1.0) for a target at 1 that is reached from below",
            )
        )
    spread = Coefficient.build("variance", variance, {"w": LINE}, ranks=(0,))

    def overshoot(end: float) -> float:
        return OVERSHOOT * eta * float(root_columns(spread, (np.array([end]),))[0][0]) if math.isfinite(end) else 0.0

    return low - overshoot(low), high + overshoot(high)


def _smaller(target: Region, variance: CoefficientLike, eta: float) -> Region:
    """Raise the level by 0.5826 of its standard deviation over a step; differences over a step, no derivative."""
    known: dict[int, Coefficient] = {}

    def level(*w: Any) -> FloatArray:
        points = tuple(np.asarray(x, dtype=np.float64) for x in np.broadcast_arrays(*w))
        size = len(points)
        if size not in known:
            domain = {f"w{k + 1}": LINE for k in range(size)}
            known[size] = Coefficient.build("variance", variance, domain, ranks=(0, 1, 2))
        total = np.zeros(points[0].shape)
        for column in root_columns(known[size], points):
            step = 0.5 * eta * np.reshape(column, (size, *points[0].shape))
            ahead, behind = (target.level(*(x + sign * s for x, s in zip(points, step, strict=True))) for sign in SIDES)
            total = total + (np.asarray(ahead) - np.asarray(behind)) ** 2
        return np.asarray(target.level(*points) + OVERSHOOT * np.sqrt(total))

    return Region(level)

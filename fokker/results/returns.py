"""Jumps inside the cells of a chain: what they add to backward equations between the nodes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from fokker.generator import Generator
from fokker.jump import Jump
from fokker.linalg import Scaled
from fokker.linalg.jumps import Pair, mean
from fokker.results.reconstruct import LEFT_WALL, RIGHT_WALL, Returns, coordinates
from fokker.results.record import require_chain

Array = NDArray[np.float64]


def returns(generator: Generator, nodal: Scaled, x: Array, ends: Mapping[str, float] | None = None) -> Returns | None:
    """Return what jumps add to a backward equation at positions `x`; None without jumps.

    Parameters
    ----------
    nodal : Scaled
        The solution at the nodes.
    ends : mapping of str to float, optional
        Its values on targets by label, zero where not named.
    """
    if not generator.jumps:
        return None
    values = [landing(jump, nodal, ends or {}) for jump in generator.jumps]
    top = max((power for value, power in values if value > 0.0), default=0)
    rates = [rates_at(generator, jump, x) for jump in generator.jumps]
    gain = sum(
        (r * float(np.ldexp(m, max(e - top, -4000))) for r, (m, e) in zip(rates, values, strict=True)), np.zeros(len(x))
    )
    at_walls = {wall_code(generator, j): value for j, value in zip(generator.jumps, values, strict=True) if j.wall}
    return Returns(np.sum(rates, axis=0), Scaled(gain, np.full(len(x), top, dtype=np.int32)), at_walls)


def wall_code(generator: Generator, jump: Jump) -> int:
    """Return the code of the wall of a chain whose flux jumps."""
    return LEFT_WALL if jump.wall == f"{generator.problem.names[0]} left" else RIGHT_WALL


def landing(jump: Jump, nodal: Scaled, ends: Mapping[str, float]) -> Pair:
    """Return the mean of a solution over where a jump leads, as mantissa and exponent."""
    inner, power = mean(jump.law, nodal)
    outer = sum(share * ends.get(label, 0.0) for label, share in jump.lost.items())
    if outer == 0.0:
        return inner, power
    mantissa, rise = np.frexp(outer + np.ldexp(inner, power))
    return float(mantissa), int(rise)


def spread(jump: Jump, times: Array) -> tuple[float, float]:
    """Return the mean over where a jump leads, and the mean square about it; zero on targets."""
    centre = float(jump.law @ times)
    return centre, float(jump.law @ (times - centre) ** 2) + sum(jump.lost.values()) * centre**2


def rates_at(generator: Generator, jump: Jump, x: Array) -> Array:
    """Return the rate of jumps out of the bulk at positions `x`, linear between the nodes."""
    if jump.wall:
        return np.zeros(len(x))
    chain = require_chain(generator)
    line = chain.line
    found: Array = np.interp(
        coordinates(chain, x), line.axis.node_coordinates, jump.rates, period=line.period if line.period else None
    )
    return found

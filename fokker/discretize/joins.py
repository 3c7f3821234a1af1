"""Coefficients on a ring: a doubt where they do not join."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from fokker.problem import Problem

Array = NDArray[np.float64]

_LOOKS = 5  # places along each of the other axes
_SAME = 1e-6  # of the size of a coefficient: data and rounded ends of a domain join to this


def unjoined(problem: Problem, nodes: tuple[Array, ...]) -> tuple[str, ...]:
    """Return a doubt for each coefficient that jumps where the two ends of a periodic axis are joined.

    A potential that jumps there is an error elsewhere; a force or a diffusion may mean it.
    """
    doubts = []
    for axis, (name, walls) in enumerate(problem.walls.items()):
        if walls[0] != "periodic":
            continue
        for what, coefficient in _coefficients(problem):
            low, high, between = (coefficient(*_places(nodes, axis, at)) for at in _looks(problem, name, nodes[axis]))
            jump = float(np.abs(high - low).max())
            if jump > _SAME * max(float(np.abs(part).max()) for part in (low, high, between)):
                ends = " and ".join(f"{end:.6g}" for end in problem.domain[name])
                doubts.append(
                    f"the {what} jumps by {jump:.3g} where the ends of {name} are joined, {ends}: is the domain one "
                    "period? A jump that is meant belongs inside the domain, declared by breakpoints="
                )
    return tuple(doubts)


def _coefficients(problem: Problem) -> Iterator[tuple[str, Callable[..., Array]]]:
    if not problem.has_potential:
        yield "drift", problem.drift_at
    elif problem.has_force:
        yield "force", problem.force_at
    yield "diffusion", problem.diffusion_at


def _looks(problem: Problem, name: str, nodes: Array) -> tuple[Array, Array, Array]:
    """Return the lower end, the upper end, and places between them."""
    low, high = problem.domain[name]
    return np.array([low]), np.array([high]), nodes[:: max(1, len(nodes) // _LOOKS)]


def _places(nodes: tuple[Array, ...], axis: int, at: Array) -> list[Array]:
    """Return points with one coordinate given, and all combinations of a few nodes of the others."""
    others = [at if n == axis else x[:: max(1, len(x) // _LOOKS)] for n, x in enumerate(nodes)]
    return [grid.ravel() for grid in np.meshgrid(*others, indexing="ij")]

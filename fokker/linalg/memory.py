"""What a direct solver may take, and what to say when it is too much."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING

from fokker.errors import GridError, explain

if TYPE_CHECKING:
    from fokker.linalg.plan import Plan


def available_memory() -> int:
    """Return the bytes that can be had without swapping; all of the memory where the system does not say."""
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return 1024 * int(line.split()[1])
    except (OSError, ValueError):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 2**62


def check_memory(plan: Plan, available: int) -> None:
    """Refuse a plan that does not fit.

    Raises
    ------
    GridError
        With the number of cells that would fit: memory grows like n log n in two dimensions, n**(4/3) in three.
    """
    if plan.memory <= available:
        return
    least, most = 0.0, 1.0
    for _ in range(40):
        middle = (least + most) / 2
        least, most = (middle, most) if _grown(plan, middle) <= available else (least, middle)
    sides = " x ".join(str(side if side == 1 else max(int(least * side), 1)) for side in plan.shape)
    given = " x ".join(map(str, plan.shape))
    raise GridError(
        explain(
            f"direct elimination on {given} cells needs {plan.memory / 1e9:.3g} GB of memory; "
            f"{available / 1e9:.3g} GB are available.",
            given=f"{given} cells",
            accepted=f"about {sides} cells on this machine",
            try_="fewer cells an axis, or finer cells only where the solution changes",
        )
    )


def check_shape(shape: tuple[int, ...], available: int) -> None:
    """Refuse a tensor grid that does not fit, before any array of its size is made.

    Raises
    ------
    GridError
        With the number of cells an axis that would fit.
    """
    need = _estimate(shape)
    if need <= available:
        return
    factor = 1.0
    while factor > 1e-6 and _estimate(tuple(max(int(factor * side), 3) for side in shape)) > available:
        factor *= 0.98
    given, sides = (" x ".join(map(str, s)) for s in (shape, [max(int(factor * side), 3) for side in shape]))
    raise GridError(
        explain(
            f"{given} cells need about {need / 1e9:.3g} GB of memory; {available / 1e9:.3g} GB are available.",
            given=f"{given} cells",
            accepted=f"about {sides} cells on this machine",
            try_="fewer cells an axis, or finer cells only where the solution changes",
        )
    )


def _estimate(shape: tuple[int, ...]) -> float:
    """Return about the bytes of a generator and its elimination (measured on squares and cubes)."""
    size = math.prod(shape)
    if len(shape) == 2:
        entries = 6.0 * size * math.log2(size + 2)
    else:
        small, middle, _ = sorted(shape)
        entries = 20.0 * size * math.sqrt(small * middle)
    return 8.0 * entries + 100.0 * size * len(shape)


def _grown(plan: Plan, factor: float) -> float:
    """Estimate the memory after all axes shrank by `factor`."""
    sides = [side for side in plan.shape if side > 1]
    if len(sides) >= 3:
        return plan.memory * factor**4
    if len(sides) == 2:
        return plan.memory * factor**2 * max(math.log(plan.size * factor**2 + 2) / math.log(plan.size + 2), 0.1)
    return plan.memory * factor

"""A million cells: what the library costs beside what cannot be avoided, in the same run.

Run ``python benchmarks/million_cells.py``. Each ratio is a minimum over repeats on both sides; the peer of a
solve is ``np.cumsum(np.exp(a))`` on an array of the same length, the peer of the discretisation is the
evaluation of its coefficients at as many points as it uses.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

import fokker

CELLS, REPEATS = 1_000_000, 9


def drift(x: np.ndarray) -> np.ndarray:
    """A drift of transcendental functions."""
    return np.sin(x) - 0.3 * x


def diffusion(x: np.ndarray) -> np.ndarray:
    """A diffusion of transcendental functions."""
    return np.exp(-0.2 * x)


def best(action: Callable[[], object]) -> float:
    """Return the least wall time of `action`, in seconds."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        result = action()
        times.append(time.perf_counter() - start)
        del result
    return min(times)


def report(what: str, seconds: float, peer: float, limit: float) -> None:
    """Print one ratio."""
    print(f"{what:<44} {seconds * 1e3:9.1f} ms  {seconds / peer:6.2f} x peer   (aim: under {limit:g})")


def import_time(statement: str) -> float:
    """Return the least time of a Python process that runs `statement`."""
    return best(lambda: subprocess.run([sys.executable, "-c", statement], check=True))


def main() -> None:
    """Print the ratios."""
    problem = fokker.Problem(drift=drift, diffusion=diffusion, convention="ito", domain={"x": (-2, 2)})
    small = fokker.discretize(problem, cells=100)
    fokker.stationary(small), fokker.mean_first_passage(small, lambda x: x > 1)  # compile
    points = np.linspace(-2, 2, 8 * CELLS)
    evaluation = best(lambda: (drift(points), diffusion(points)))
    report("discretisation", best(lambda: fokker.discretize(problem, cells=CELLS)), evaluation, 3)
    array = np.linspace(-1, 1, CELLS)
    peer = best(lambda: np.cumsum(np.exp(array)))
    generator = fokker.discretize(problem, cells=CELLS)
    report("stationary density", best(lambda: fokker.stationary(generator)), peer, 4)
    for name, target in (("x > 1", lambda x: x > 1), ("|x| > 1", lambda x: np.abs(x) > 1)):
        report(
            f"mean first-passage time to {name}",
            best(lambda target=target: fokker.mean_first_passage(generator, target)),
            peer,
            4,
        )
    base = import_time("import numpy, scipy.sparse.linalg, numba")
    report("import fokker", import_time("import fokker"), base, 1.3)


if __name__ == "__main__":
    main()

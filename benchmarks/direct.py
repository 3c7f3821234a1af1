"""Direct solvers on one matrix: this library, SciPy's SuperLU, and PARDISO where pypardiso is installed.

The matrix is that of the mean time to reach a ball in one well of a coupled double well of 10 kT, in two and
three dimensions, by Scharfetter-Gummel rates. Every solver runs in a process of its own, on one thread. Times
are processor seconds of analysis, factorisation and one solve; memory is the growth of the largest resident
set beyond the matrix. "error" is the largest relative difference from the first solver's answer.

Run ``python benchmarks/direct.py [512x512 48x48x48 ...] [--skip superlu] [--barrier KT]``.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import argparse
import multiprocessing
import resource
import time
from typing import Any

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray

Array = NDArray[np.float64]
SIZES = ["512x512", "1024x1024", "32x32x32", "48x48x48", "64x64x64"]
SECONDS = 900.0


def bernoulli(z: Array) -> Array:
    """z / (exp(z) - 1)."""
    with np.errstate(invalid="ignore", over="ignore"):
        return np.where(np.abs(z) < 1e-10, 1 - z / 2, z / np.expm1(z))


def rates(shape: tuple[int, ...], barrier: float) -> tuple[NDArray[np.intp], NDArray[np.intp], Array, Array, Array]:
    """Tails, heads, rates forward and backward, exits."""
    axes = np.meshgrid(*[np.linspace(-1.5, 1.5, n) for n in shape], indexing="ij")
    potential = barrier * ((axes[0] ** 2 - 1) ** 2 + 0.1 * axes[0])
    for x in axes[1:]:
        potential = potential + barrier * (x - 0.5 * axes[0]) ** 2
    index = np.arange(potential.size).reshape(shape)
    tail = np.concatenate([np.take(index, range(n - 1), axis=k).ravel() for k, n in enumerate(shape)])
    head = np.concatenate([np.take(index, range(1, n), axis=k).ravel() for k, n in enumerate(shape)])
    rise = potential.ravel()[head] - potential.ravel()[tail]
    width = 3 / (shape[0] - 1)
    distance = sum((x - centre) ** 2 for x, centre in zip(axes, (1.0, 0.5, 0.5), strict=False))
    exits = np.where(np.ravel(distance) < 0.04, 1 / width**2, 0.0)
    return tail, head, bernoulli(rise) / width**2, bernoulli(-rise) / width**2, exits


def assembled(shape: tuple[int, ...], barrier: float) -> sparse.csc_array:
    """The matrix with its diagonal."""
    tail, head, forward, backward, exits = rates(shape, barrier)
    n = len(exits)
    off = sparse.coo_array(
        (np.append(forward, backward), (np.append(tail, head), np.append(head, tail))), shape=(n, n)
    ).tocsr()
    return (sparse.diags_array(off.sum(axis=1) + exits) - off).tocsc()


def by_fokker(shape: tuple[int, ...], barrier: float) -> Array:
    """This library."""
    from fokker.linalg import MultifrontalFactor, Plan, Scaled

    def run(shape: tuple[int, ...], given: Any) -> Array:
        tail, head, forward, backward, exits = given
        plan = Plan.of_lattice(shape, (False,) * len(shape), tail, head)
        time: Array = MultifrontalFactor(plan, forward, backward, exits).solve(Scaled.of(np.ones(len(exits)))).values()
        return time

    run((9, 9), rates((9, 9), barrier))  # load the compiled kernels
    given = rates(shape, barrier)
    return measured(lambda: run(shape, given))


def by_superlu(shape: tuple[int, ...], barrier: float) -> Array:
    """SciPy's SuperLU with its best ordering for these matrices."""
    from scipy.sparse.linalg import splu

    matrix = assembled(shape, barrier)
    ones = np.ones(matrix.shape[0])
    options = {"SymmetricMode": True, "DiagPivotThresh": 0.0}
    return measured(lambda: splu(matrix, permc_spec="MMD_AT_PLUS_A", options=options).solve(ones))


def by_pardiso(shape: tuple[int, ...], barrier: float) -> Array:
    """MKL PARDISO, real and unsymmetric, default settings."""
    import pypardiso

    small = assembled((9, 9), barrier).tocsr()
    pypardiso.spsolve(small, np.ones(81))  # load the library
    matrix = assembled(shape, barrier).tocsr()
    solver = pypardiso.PyPardisoSolver()

    def run() -> Array:
        solver.factorize(matrix)
        x: Array = solver.solve(matrix, np.ones(matrix.shape[0]))
        return x

    return measured(run)


def measured(run: Any) -> Any:
    """Run, and return the answer with processor seconds and the growth of memory in GB."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    x = run()
    seconds = time.process_time() - start
    return x, seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e6


SOLVERS = {"fokker": by_fokker, "pardiso": by_pardiso, "superlu": by_superlu}


def _work(queue: Any, name: str, shape: tuple[int, ...], barrier: float) -> None:
    try:
        queue.put(SOLVERS[name](shape, barrier))
    except (ImportError, MemoryError) as error:
        queue.put(str(error))


def attempt(name: str, shape: tuple[int, ...], barrier: float) -> Any:
    """Run one solver in a fresh process; a text says why there is no answer."""
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=_work, args=(queue, name, shape, barrier))
    process.start()
    try:
        return queue.get(timeout=SECONDS)
    except Exception:
        return f"no answer in {SECONDS:g} s"
    finally:
        process.terminate()
        process.join()


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", default=SIZES)
    parser.add_argument("--skip", nargs="*", default=[], choices=list(SOLVERS))
    parser.add_argument("--barrier", type=float, default=10.0, help="in kT")
    arguments = parser.parse_args()
    print(f"{'grid':>12} {'solver':<8} {'seconds':>9} {'ratio':>6} {'GB':>7} {'error':>9}")
    for size in arguments.sizes:
        shape = tuple(int(side) for side in size.split("x"))
        first = None
        for name in SOLVERS:
            if name in arguments.skip:
                continue
            result = attempt(name, shape, arguments.barrier)
            if isinstance(result, str):
                print(f"{size:>12} {name:<8} {result}", flush=True)
                continue
            x, seconds, memory = result
            first = first or (x, seconds)
            error = np.abs(x / first[0] - 1).max()
            print(
                f"{size:>12} {name:<8} {seconds:9.3f} {seconds / first[1]:6.2f} {memory:7.2f} {error:9.1e}", flush=True
            )


if __name__ == "__main__":
    main()

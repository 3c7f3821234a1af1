"""Time and memory to a given accuracy in two dimensions: this library and three others, in one run, on one thread.

Two problems whose answers are known in closed form, and whose coefficients are given as callables only:

- the stationary density exp(-U)/Z of dX = (-grad U + R grad U) dt + sqrt(2) dW, a double well of 5 kT with a
  rotational drift: U = 5 (x^2 - 1)^2 + 6 (y - x/2)^2, R grad U = (U_y, -U_x). The current R grad U exp(-U)/Z has no
  divergence; the walls lie where the density is below 1e-10;
- the mean time T to the edge x = 1 of the unit square, the other edges reflecting, D = 1, where the drift f
  has no potential, pulls towards x = 0 with 6 kT, and is such that f.grad T + lap T = -1 for
  T = (exp(6) - E)/12 + 0.4 (x^3 - x^4) E cos(pi y), E = exp(6 x^2).

Nobody is told U or T. The error is the relative L1 error over each method's own nodes with its own weights. Each is
refined over n = 8, 12, 16, 20, 24, ... unknowns an axis, two doublings past the last level or as far as the cap
allows; the time for a level is the least of all sizes that reach it.

The others solve the same equations as well as they can: FiPy by its exponential scheme and SciPy's direct solver;
scikit-fem by biquadratic elements with SciPy's SuperLU in its best ordering (and with PARDISO where pypardiso is
installed); the script that a physicist would write by central differences and `spsolve`. Times are wall times from
the problem's definition to the numbers, mesh, assembly and solve included; imports and the compilation of kernels are
excluded (each method first solves two small cases); the least of several runs. Memory is the growth of the largest
resident set of a process of its own since those cases. "smallest" is the smallest value: a density below zero is none.

Last, the assembly of a large generator from callables is compared with the time of one factorisation.

Run ``python benchmarks/two_dimensions.py [--most N] [--seconds CAP] [--only NAME ...] [--repeats N]``; it needs
fipy and scikit-fem (``pip install --group bench``) and leaves out what cannot be imported.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import argparse
import importlib.util
import multiprocessing
import resource
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from queue import Empty
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray
from scipy.sparse.linalg import splu, spsolve

Array = NDArray[np.float64]
LEVELS = (1e-3, 1e-4, 1e-5, 1e-6)
SIZES = (8, 12, 16, 20, 24, 28, *(2**k * m for k in range(3, 8) for m in (4, 5, 6, 7)), 1024)


class Field(NamedTuple):
    """An answer: values at nodes, with the quadrature weights of the nodes, all flat."""

    x: Array
    y: Array
    values: Array
    weights: Array


# --- the two problems ---------------------------------------------------------------------------------------------

WELL = ((-1.9, 1.9), (-2.9, 2.9))
BARRIER, STIFFNESS, TURN = 5.0, 6.0, 1.0


def well_potential(x: Array, y: Array) -> Array:
    """U in kT."""
    return BARRIER * (x**2 - 1) ** 2 + STIFFNESS * (y - 0.5 * x) ** 2


def well_drift(x: Array, y: Array) -> tuple[Array, Array]:
    """-grad U plus the rotational part; D = 1."""
    across = 2 * STIFFNESS * (y - 0.5 * x)
    along = 4 * BARRIER * x * (x**2 - 1) - 0.5 * across
    return -along + TURN * across, -across - TURN * along


def well_density(x: Array, y: Array) -> Array:
    """The exact density; its normalisation by the trapezoidal rule, which is exact for what has decayed."""
    a, b = (np.linspace(*ends, 801) for ends in WELL)
    z = np.exp(-well_potential(a[:, None], b)).sum() * (a[1] - a[0]) * (b[1] - b[0])
    return np.exp(-well_potential(x, y)) / z


DEPTH, RIPPLE = 6.0, 0.4


def time_exact(x: Array, y: Array) -> Array:
    """T: zero at x = 1, no slope across the three other edges."""
    growth = np.exp(DEPTH * x**2)
    return (np.exp(DEPTH) - growth) / (2 * DEPTH) + RIPPLE * (x**3 - x**4) * growth * np.cos(np.pi * y)


def time_drift(x: Array, y: Array) -> tuple[Array, Array]:
    """f_y as one likes and f_x from the equation, a factor x exp(6 x^2) divided out of both sides of it."""
    b, c, s = DEPTH, RIPPLE * np.cos(np.pi * y), RIPPLE * np.sin(np.pi * y)
    push = 10 * np.sin(2 * np.pi * y) + 4 * x * (1 - x)
    well = np.expm1(-b * x**2) / np.maximum(x, 1e-100) - 2 * b * x
    bend = 6 - 12 * x + 2 * b * (7 * x**2 - 9 * x**3) + (4 * b**2 * x**2 - np.pi**2) * (x**2 - x**3)
    slope = 1 - c * (3 * x - 4 * x**2 + 2 * b * (x**3 - x**4))
    return (well + c * bend - np.pi * s * push * (x**2 - x**3)) / slope, push


# --- this library -------------------------------------------------------------------------------------------------


def _ours(task: str) -> tuple[Any, Callable[[Any], Any]]:
    import fokker

    if task == "density":
        return fokker.Problem(well_drift, diffusion=1.0, domain={"x": WELL[0], "y": WELL[1]}), fokker.stationary
    walls = {"x": ("reflecting", "absorbing"), "y": "reflecting"}
    problem = fokker.Problem(time_drift, diffusion=1.0, domain={"x": (0, 1), "y": (0, 1)}, boundary=walls)
    return problem, fokker.mean_first_passage


def _field(nodes: tuple[Array, ...], values: Array, task: str) -> Field:
    x, y = np.meshgrid(*nodes, indexing="ij")
    ends = WELL if task == "density" else ((0.0, 1.0), (0.0, 1.0))
    area = (ends[0][1] - ends[0][0]) * (ends[1][1] - ends[1][0]) / values.size
    return Field(x.ravel(), y.ravel(), values.ravel(), np.full(values.size, area))


def ours_plain(n: int, task: str) -> Field:
    """The defaults."""
    import fokker

    problem, verb = _ours(task)
    record = verb(fokker.discretize(problem, cells=n))
    return _field(record.nodes, record.values, task)


def ours_richardson(n: int, task: str) -> Field:
    """Two grids, of n/2 and n cells an axis."""
    import fokker

    problem, verb = _ours(task)
    answer = fokker.extrapolate(problem, verb, cells=(n // 2, n))
    return _field(answer.nodes, answer.value, task)


# --- FiPy ---------------------------------------------------------------------------------------------------------


def fipy(n: int, task: str) -> Field:
    """Exponential convection term; the density pinned by a source in one cell."""
    os.environ.setdefault("FIPY_SOLVERS", "scipy")
    from fipy import (
        CellVariable,
        DiffusionTerm,
        ExponentialConvectionTerm,
        FaceVariable,
        Grid2D,
        ImplicitSourceTerm,
    )
    from fipy.solvers.scipy import LinearLUSolver

    ends = WELL if task == "density" else ((0.0, 1.0), (0.0, 1.0))
    steps = [(b - a) / n for a, b in ends]
    mesh = Grid2D(nx=n, ny=n, dx=steps[0], dy=steps[1]) + np.array([[ends[0][0]], [ends[1][0]]])
    (x, y), (fx, fy) = mesh.cellCenters.value, mesh.faceCenters.value
    unknown, weights = CellVariable(mesh=mesh, value=0.0), np.full(n * n, steps[0] * steps[1])
    push = np.array((well_drift if task == "density" else time_drift)(fx, fy))
    closed = mesh.exteriorFaces.value & (task == "density" or ~mesh.facesRight.value)
    push[:, closed] = 0.0  # no flux through these walls
    operator = DiffusionTerm(1.0) - ExponentialConvectionTerm(FaceVariable(mesh=mesh, value=push, rank=1))
    if task == "density":
        pin = np.zeros(n * n)
        pin[int(np.argmin((x + 1) ** 2 + (y + 0.5) ** 2))] = 1.0
        pinned = CellVariable(mesh=mesh, value=pin)
        equation = operator - ImplicitSourceTerm(pinned) + pinned
        equation.solve(var=unknown, solver=LinearLUSolver(tolerance=1e-15, iterations=10))
        values = np.array(unknown.value)
        return Field(x, y, values / (weights @ values), weights)
    # its implicit sources are explicit where they weaken the diagonal, as -T div f does: hence the adjoint of the
    # operator of the density, which is the same matrix transposed
    unknown.constrain(0.0, mesh.facesRight)
    operator.cacheMatrix()
    operator.justResidualVector(var=unknown)
    factor = splu(-operator.matrix.matrix.T.tocsc(), permc_spec="MMD_AT_PLUS_A")
    return Field(x, y, factor.solve(weights), weights)


# --- scikit-fem ---------------------------------------------------------------------------------------------------


def _fem(n: int, task: str, solver: Callable[[Any, Array], Array]) -> Field:
    """Galerkin's method with n/2 biquadratic elements an axis: fluxes by parts; the density pinned in one node."""
    from skfem import Basis, BilinearForm, ElementQuad2, LinearForm, MeshQuad, condense, solve
    from skfem.helpers import dot, grad

    ends = WELL if task == "density" else ((0.0, 1.0), (0.0, 1.0))
    basis = Basis(MeshQuad.init_tensor(*(np.linspace(*e, n // 2 + 1) for e in ends)), ElementQuad2(), intorder=5)
    x, y = basis.doflocs

    @BilinearForm
    def forward(u: Any, v: Any, w: Any) -> Any:
        f = well_drift(*w.x)
        return dot(grad(u), grad(v)) - u * (f[0] * grad(v)[0] + f[1] * grad(v)[1])

    @BilinearForm
    def backward(u: Any, v: Any, w: Any) -> Any:
        f = time_drift(*w.x)
        return dot(grad(u), grad(v)) - v * (f[0] * grad(u)[0] + f[1] * grad(u)[1])

    weights = LinearForm(lambda v, w: v).assemble(basis)
    if task == "density":
        pin = np.array([int(np.argmin((x + 1) ** 2 + (y + 0.5) ** 2))])
        system = condense(forward.assemble(basis), np.zeros(len(x)), x=np.ones(len(x)), D=pin)
        values = solve(*system, solver=solver)
        return Field(x, y, values / (weights @ values), weights)
    values = solve(*condense(backward.assemble(basis), weights, D=np.flatnonzero(x == 1.0)), solver=solver)
    return Field(x, y, values, weights)


def fem(n: int, task: str) -> Field:
    """Biquadratic elements, SuperLU."""
    options = {"SymmetricMode": True, "DiagPivotThresh": 0.0}
    return _fem(n, task, lambda a, b: splu(a.tocsc(), permc_spec="MMD_AT_PLUS_A", options=options).solve(b))


@cache
def _pardiso() -> Any:
    import pypardiso

    return pypardiso.PyPardisoSolver()  # looks for its library once


def fem_pardiso(n: int, task: str) -> Field:
    """Biquadratic elements, PARDISO."""

    def solver(matrix: Any, right: Array) -> Array:
        rows = matrix.tocsr()
        _pardiso().factorize(rows)
        x: Array = _pardiso().solve(rows, right)
        _pardiso().free_memory(everything=True)
        return x

    return _fem(n, task, solver)


# --- the physicist's script ---------------------------------------------------------------------------------------


def script(n: int, task: str) -> Field:
    """Central finite volumes and spsolve."""
    ends = WELL if task == "density" else ((0.0, 1.0), (0.0, 1.0))
    drift = well_drift if task == "density" else time_drift
    (a, b), (c, d) = ends
    h, k = (b - a) / n, (d - c) / n
    x, y = a + h * (np.arange(n) + 0.5), c + k * (np.arange(n) + 0.5)
    number = np.arange(n * n).reshape(n, n)
    fx = drift((a + h * np.arange(1, n))[:, None] + 0 * y, y + np.zeros((n - 1, 1)))[0] / (2 * h)
    fy = drift(x[:, None] + np.zeros(n - 1), (c + k * np.arange(1, n)) + np.zeros((n, 1)))[1] / (2 * k)
    tail = np.concatenate([number[:-1].ravel(), number[:, :-1].ravel()])
    head = np.concatenate([number[1:].ravel(), number[:, 1:].ravel()])
    spread, push = np.repeat([1 / h**2, 1 / k**2], n * (n - 1)), np.concatenate([fx.ravel(), fy.ravel()])
    there, back = spread + push, spread - push
    rates = sparse.coo_array((np.append(there, back), (np.append(tail, head), np.append(head, tail))), (n * n, n * n))
    leaving = np.asarray(rates.tocsr().sum(axis=1))
    right, area = np.zeros(n * n), np.full(n * n, h * k)
    if task == "density":
        matrix = (rates.T - sparse.diags_array(leaving)).tolil()
        pin = int(number[np.argmin(np.abs(x + 1)), np.argmin(np.abs(y + 0.5))])
        matrix[pin, :] = 0.0  # one equation follows from the others: there p = 1
        matrix[pin, pin] = right[pin] = 1.0
    else:
        # the wall is half a cell away: T = 0 there, so that T outside is minus T inside
        edge = 2 / h**2 + drift(np.full(n, b), y)[0] / h
        leaving[number[-1]] += edge
        matrix, right = rates - sparse.diags_array(leaving), right - 1.0
    values = spsolve(matrix.tocsc(), right)
    grid = np.meshgrid(x, y, indexing="ij")
    return Field(*(g.ravel() for g in grid), values / (area @ values) if task == "density" else values, area)


# --- measuring ----------------------------------------------------------------------------------------------------

METHODS: dict[str, tuple[Callable[[int, str], Field], tuple[str, ...]]] = {
    "fokker": (ours_plain, ()),
    "fokker Richardson": (ours_richardson, ()),
    "FiPy": (fipy, ("fipy",)),
    "scikit-fem": (fem, ("skfem",)),
    "scikit-fem PARDISO": (fem_pardiso, ("skfem", "pypardiso")),
    "script": (script, ()),
}
OURS = ("fokker", "fokker Richardson")


@dataclass
class Point:
    """One size: relative L1 error, seconds, megabytes, smallest value."""

    n: int
    error: float
    seconds: float
    megabytes: float
    smallest: float


def relative_error(field: Field, task: str) -> float:
    """L1 distance from the exact answer over its L1 norm."""
    exact = (well_density if task == "density" else time_exact)(field.x, field.y)
    distance = float(field.weights @ np.abs(field.values - exact) / (field.weights @ exact))
    return distance if np.isfinite(distance) else np.inf


def measure(method: Callable[[int, str], Field], n: int, task: str, repeats: int, base: float) -> Point:
    """Solve until three seconds or the repeats are used up; take the least time."""
    best, start = np.inf, time.perf_counter()
    for _ in range(repeats):
        begin = time.perf_counter()
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            field = method(n, task)
        best = min(best, time.perf_counter() - begin)
        if time.perf_counter() - start > 3.0:
            break
    return Point(n, relative_error(field, task), best, _resident() - base, float(field.values.min()))


def _resident() -> float:
    """Return the largest resident set of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _work(queue: Any, name: str, task: str, most: int, cap: float, repeats: int) -> None:
    """Refine until two doublings past the last level, or the next size would take longer than the cap."""
    method = METHODS[name][0]
    method(16, task)
    method(24, task)
    base, done, last = _resident(), 0, None
    for n in SIZES:
        if n > most or (last is not None and last.seconds * (n / last.n) ** 3 > cap) or done > 8:
            break
        try:
            last = measure(method, n, task, repeats, base)
        except MemoryError:
            break
        done = done + 1 if last.error <= LEVELS[-1] else 0
        queue.put(last)
    queue.put(None)


def _next(queue: Any, process: Any) -> Point | None:
    """Return the next point, None at the end or where the process died."""
    while True:
        try:
            point: Point | None = queue.get(timeout=1.0)
            return point
        except Empty:
            if not process.is_alive():
                return None


def sweep(name: str, task: str, most: int, cap: float, repeats: int) -> list[Point]:
    """Refine one method in a process of its own."""
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=_work, args=(queue, name, task, most, cap, repeats))
    process.start()
    points: list[Point] = []
    while (point := _next(queue, process)) is not None:
        points.append(point)
        print(
            f"  {name:<19}{point.n:>5}{point.error:>10.1e}{point.seconds:>10.4f} s{point.megabytes:>8.0f} MB"
            f"{point.smallest:>11.1e}",
            flush=True,
        )
    process.join()
    return points


def compare(curves: dict[str, list[Point]], task: str) -> bool:
    """Print what each level costs; return whether this library takes the least time at every level."""
    print(f"\n{task}: seconds, MB and smallest value at the cheapest size that reaches each L1 error (n beside it)")
    print(f"  {'':<19}" + "".join(f"{level:>34.0e}" for level in LEVELS))
    cheapest: dict[str, list[Point | None]] = {}
    for name, points in curves.items():
        cheapest[name] = [
            min((p for p in points if p.error <= level), key=lambda p: p.seconds, default=None) for level in LEVELS
        ]
        cells = [
            f"{p.seconds:.4f} s {p.megabytes:.0f} MB {p.smallest:.0e} ({p.n})" if p is not None else "-"
            for p in cheapest[name]
        ]
        print(f"  {name:<19}" + "".join(f"{text:>34}" for text in cells))
    ahead = True
    line = []
    for k in range(len(LEVELS)):
        mine = [p.seconds for name in OURS if name in cheapest and (p := cheapest[name][k]) is not None]
        peers = {name: p.seconds for name, row in cheapest.items() if name not in OURS and (p := row[k]) is not None}
        if not mine:
            line.append("not reached")
            ahead = False
        elif not peers:
            line.append("no peer")
        else:
            best = min(peers, key=lambda name: peers[name])
            line.append(f"{peers[best] / min(mine):.2f} x ({best})")
            ahead &= peers[best] > min(mine)
    print(f"  {'best peer / fokker':<19}" + "".join(f"{text:>34}" for text in line) + "\n")
    return ahead


# --- assembly against factorisation -------------------------------------------------------------------------------


def assembly(n: int, repeats: int) -> bool:
    """Print the seconds of assembly and factorisation of an n x n generator; return whether all ratios are < 0.7."""
    import fokker
    from fokker.linalg import Scaled

    domain = {"x": WELL[0], "y": WELL[1]}

    def spread(x: Array, y: Array) -> tuple[Array, Array]:
        return 1 + 0.5 * np.sin(x) * np.cos(y), 1 + 0.25 * np.cos(x + y)

    def rotation(x: Array, y: Array) -> tuple[Array, Array]:
        across = 2 * STIFFNESS * (y - 0.5 * x)
        return across, -4 * BARRIER * x * (x**2 - 1) + 0.5 * across

    cases: dict[str, tuple[Callable[[], Any], str | None]] = {
        "potential": (
            lambda: fokker.Problem.from_potential(well_potential, temperature=1.0, domain=domain),
            "auto",
        ),
        "potential, force": (
            lambda: fokker.Problem.from_potential(well_potential, temperature=1.0, force=rotation, domain=domain),
            "auto",
        ),
        "potential, mobility": (
            lambda: fokker.Problem.from_potential(well_potential, temperature=1.0, mobility=spread, domain=domain),
            "auto",
        ),
        "drift, constant D": (lambda: fokker.Problem(well_drift, diffusion=1.0, domain=domain), None),
        "drift, diffusion": (
            lambda: fokker.Problem(well_drift, diffusion=spread, convention="ito", domain=domain),
            None,
        ),
    }
    print(f"assembly of {n} x {n} cells from callables (no refits) against factorisation, seconds")
    for make, reference in cases.values():  # load the kernels
        fokker.stationary(fokker.discretize(make(), cells=16, reference=reference))
    ahead = True
    for name, (make, reference) in cases.items():
        build, factor = np.inf, np.inf
        for _ in range(repeats):
            start = time.perf_counter()
            generator = fokker.discretize(make(), cells=n, reference=reference)
            build = min(build, time.perf_counter() - start)
            ones = np.ones(generator.cells)
            factorised = generator.factor_with(ones)  # its plan and its scaling are not counted
            start = time.perf_counter()
            factorised.solve(Scaled.of(ones))
            factor = min(factor, time.perf_counter() - start)
            del generator, factorised
        ahead &= build < 0.7 * factor
        ratio = build / factor
        print(f"  {name:<22} assembly {build:7.3f}   factorisation {factor:7.3f}   ratio {ratio:5.2f}", flush=True)
    return ahead


def main() -> None:
    """Run everything and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=1024, help="largest number of unknowns an axis")
    parser.add_argument("--seconds", type=float, default=30.0, help="no size that would take longer")
    parser.add_argument("--repeats", type=int, default=15, help="most runs of one size")
    parser.add_argument("--only", nargs="*", default=list(METHODS), choices=list(METHODS), help="methods")
    parser.add_argument("--assembly", type=int, default=1024, help="cells an axis of the last table; 0 leaves it out")
    options = parser.parse_args()
    ahead = True
    for task in ("density", "mean time"):
        print(f"{task}\n  {'':<19}{'n':>5}{'L1 error':>10}{'time':>12}{'memory':>11}{'smallest':>11}")
        curves = {}
        for name in options.only:
            missing = [module for module in METHODS[name][1] if importlib.util.find_spec(module) is None]
            if missing:
                print(f"  {name:<19} left out: no {missing[0]}")
                continue
            curves[name] = sweep(name, task, options.most, options.seconds, options.repeats)
        ahead &= compare(curves, task)
    print("least time at every level" if ahead else "NOT the least time at every level")
    if options.assembly:
        good = assembly(options.assembly, min(options.repeats, 2))
        print("assembly below 0.7 of the factorisation" if good else "assembly NOT below 0.7 of the factorisation")


if __name__ == "__main__":
    main()

"""Time to a given accuracy of a density on its way: this library and five others, in one run, on one thread.

Ornstein-Uhlenbeck processes in one and two dimensions, dX = -A X dt + sqrt(2) dW with A = 1 and A = (5/4, 1/2; 1/2,
5/4), from a Gaussian of variance 0.1 about 1.5 and (1.5, -1) at t = 0 (narrow, but smooth: nobody has to resolve a
point) to t = 1, where the law is Gaussian with known mean and covariance. Everyone is given the drift as a function,
on (-7, 7) an axis, where the density at the walls does not matter.

The error is the L1 distance from the exact density over each method's own nodes with its own weights (the mass is
one, so it is relative). Each method is run over a ladder of grids, and on each over its own settings in time; the
time for a level is the least of all runs that reach it. The others do as well as they can:

- fokker: `propagate` on one grid, and `extrapolate` over two;
- scikit-fem: quadratic (biquadratic) elements; TR-BDF2 and the L-stable SDIRK method of fourth order of Hairer and
  Wanner, each with a single factorisation by SuperLU in its best ordering;
- FiPy: exponential convection, SciPy's direct solver, and the midpoint rule (its implicit Euler over half a step,
  then extrapolated to the whole: second order);
- py-pde: explicit Runge-Kutta 4(5) with error control, on the line compiled (in the plane that took minutes for each
  grid). Only its steps are counted, neither the compilation, which it needs for every grid anew, nor the set-up;
- expm_multiply and solve_ivp(BDF, sparse Jacobian) of SciPy: conservative central differences of second and of
  fourth order, as one writes them oneself.

Times are processor seconds from the problem's definition to the numbers; imports, and kernels that are compiled, are
excluded by a small case first. The least of several runs (of 3, or for short ones up to 30). Each method works in a
process of its own, which is stopped after a while; on fine grids it tries only the settings that suit them.

Last, the time of one unit of time of a 512 x 512 double well of 5 kT, D = 1, to 1e-8, in units of one factorisation
of that grid.

Run ``python benchmarks/time.py [--seconds CAP] [--only NAME ...] [--repeats N] [--grid N]``; it needs fipy, py-pde and
scikit-fem (``pip install --group bench``) and leaves out what cannot be imported.
"""

from __future__ import annotations

import os

os.environ.update(
    dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
)

import argparse
import multiprocessing
import time
import warnings
from collections.abc import Callable, Iterator
from queue import Empty
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray
from scipy.linalg import expm
from scipy.sparse.linalg import expm_multiply, splu

Array = NDArray[np.float64]
LEVELS = (1e-3, 1e-5)
_SHORT = 0.1  # runs are repeated more often where all of them together take less
REACH = 7.0
BEGIN, NARROW = np.array([1.5, -1.0]), 0.1
PULL = {1: np.array([[1.0]]), 2: np.array([[1.25, 0.5], [0.5, 1.25]])}
SIZES = {
    1: (40, 60, 80, 120, 160, 240, 320, 480, 640, 960, 1280, 1920, 2560),
    2: (32, 40, 48, 64, 80, 96, 128, 160, 192, 256, 320, 384, 512),
}
FEWER = {  # for who takes seconds a run, or compiles anew for each grid
    "FiPy": {1: (120, 240, 480, 1280), 2: (48, 96, 128, 192)},
    "py-pde": {1: (160, 1600), 2: (160, 512)},
}


class Field(NamedTuple):
    """An answer: values at nodes, with the quadrature weights of the nodes, all flat."""

    places: tuple[Array, ...]
    values: Array
    weights: Array


def gaussian(mean: Array, covariance: Array, *places: Array) -> Array:
    """The density of a normal law."""
    inverse = np.linalg.inv(covariance)
    away = [x - m for x, m in zip(places, mean, strict=True)]
    square = sum(inverse[i, j] * away[i] * away[j] for i in range(len(away)) for j in range(len(away)))
    density: Array = np.exp(-square / 2) / np.sqrt(np.linalg.det(2 * np.pi * covariance))
    return density


def start(*places: Array) -> Array:
    """The density at t = 0."""
    d = len(places)
    return gaussian(BEGIN[:d], NARROW * np.eye(d), *places)


def exact(*places: Array) -> Array:
    """The density at t = 1."""
    d = len(places)
    fall, last = expm(-PULL[d]), np.linalg.inv(PULL[d])
    return gaussian(fall @ BEGIN[:d], last + fall @ (NARROW * np.eye(d) - last) @ fall.T, *places)


def drift(*places: Array) -> tuple[Array, ...]:
    """-A x."""
    pull = PULL[len(places)]
    return tuple(-sum(pull[i, j] * x for j, x in enumerate(places)) for i in range(len(places)))


def error(field: Field) -> float:
    """L1 distance from the exact density."""
    return float(field.weights @ np.abs(field.values - exact(*field.places)))


def is_fine(n: int, d: int) -> bool:
    """Whether a grid is too fine for settings that are cheap and rough: they would only take the time of the others."""
    return n >= (480, 128)[d - 1]


def on_cells(n: int, d: int) -> tuple[tuple[Array, ...], Array, float]:
    """Centres of cells (flat), their weights, and the width of a cell."""
    width = 2 * REACH / n
    line = -REACH + width * (np.arange(n) + 0.5)
    places = tuple(x.ravel() for x in np.meshgrid(*[line] * d, indexing="ij"))
    return places, np.full(n**d, width**d), width


# --- this library -------------------------------------------------------------------------------------------------


def by_fokker(d: int, n: int) -> Iterator[tuple[str, Callable[[], Field]]]:
    """One grid, and two of them."""
    import fokker

    def problem() -> Any:
        names = "xy"[:d]
        given = (lambda x: drift(x)[0]) if d == 1 else (lambda x, y: drift(x, y))
        return fokker.Problem(given, diffusion=1.0, domain=dict.fromkeys(names, (-REACH, REACH)))

    def single(tol: float) -> Field:
        path = fokker.propagate(fokker.discretize(problem(), cells=n), start, [1.0], tol=tol)
        return Field(on_cells(n, d)[0], path.values[0].ravel(), on_cells(n, d)[1])

    def double(tol: float) -> Field:
        pair = (n, 2 * n) if d == 1 else ((n, n), (2 * n, 2 * n))
        found = fokker.extrapolate(problem(), lambda g: fokker.propagate(g, start, [1.0], tol=tol), cells=pair)
        return Field(on_cells(n, d)[0], found.value[0].ravel(), on_cells(n, d)[1])

    for tol in (1e-4, 1e-6):
        yield f"one grid, tol {tol:g}", lambda tol=tol: single(tol)
        yield f"two grids, tol {tol:g}", lambda tol=tol: double(tol)


# --- scikit-fem ---------------------------------------------------------------------------------------------------

_SDIRK = np.array([  # Hairer and Wanner II, table IV.6.5: L-stable, order 4, the last stage is the answer
    [1 / 4, 0, 0, 0, 0],
    [1 / 2, 1 / 4, 0, 0, 0],
    [17 / 50, -1 / 25, 1 / 4, 0, 0],
    [371 / 1360, -137 / 2720, 15 / 544, 1 / 4, 0],
    [25 / 24, -49 / 48, 125 / 16, -85 / 12, 1 / 4],
])  # fmt: skip


def by_skfem(d: int, n: int) -> Iterator[tuple[str, Callable[[], Field]]]:
    """Quadratic elements, about n unknowns an axis."""
    import skfem
    from skfem.helpers import dot, grad

    @skfem.BilinearForm
    def moving(u: Any, v: Any, w: Any) -> Any:
        pull = drift(*w.x)
        return dot(grad(u), grad(v)) - u * sum(pull[k] * grad(v)[k] for k in range(d))

    @skfem.BilinearForm
    def mass(u: Any, v: Any, w: Any) -> Any:
        return u * v

    def assembled() -> tuple[Any, Any, tuple[Array, ...]]:
        line = np.linspace(-REACH, REACH, n // 2 + 1)
        if d == 1:
            basis = skfem.Basis(skfem.MeshLine(line), skfem.ElementLineP2())
        else:
            basis = skfem.Basis(skfem.MeshQuad.init_tensor(line, line), skfem.ElementQuad2())
        return mass.assemble(basis).tocsc(), moving.assemble(basis).tocsc(), tuple(basis.doflocs)

    def factor(matrix: Any) -> Any:
        return splu(matrix, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True, "DiagPivotThresh": 0.0})

    def run(steps: int, step: Callable[[Any, Any, int], Callable[[Array], Array]]) -> Field:
        weight, rate, places = assembled()
        u, advance = start(*places), step(weight, rate, steps)
        for _ in range(steps):
            u = advance(u)
        return Field(places, u, np.asarray(weight.sum(axis=0)).ravel())

    def tr_bdf2(weight: Any, rate: Any, steps: int) -> Callable[[Array], Array]:
        dt, gamma = 1.0 / steps, 2 - np.sqrt(2)
        solve = factor((weight + gamma * dt / 2 * rate).tocsc()).solve
        first, second = 1 / (gamma * (2 - gamma)), (1 - gamma) ** 2 / (gamma * (2 - gamma))

        def advance(u: Array) -> Array:
            half = solve(weight @ u - gamma * dt / 2 * (rate @ u))
            after: Array = solve(weight @ (first * half - second * u))
            return after

        return advance

    def sdirk4(weight: Any, rate: Any, steps: int) -> Callable[[Array], Array]:
        dt = 1.0 / steps
        solve = factor((weight + dt / 4 * rate).tocsc()).solve

        def advance(u: Array) -> Array:
            slopes: list[Array] = []
            for row in _SDIRK:
                now = u + dt * sum((a * k for a, k in zip(row, slopes, strict=False)), np.zeros(len(u)))
                slopes.append(solve(-(rate @ now)))
            return u + dt * sum((a * k for a, k in zip(_SDIRK[-1], slopes, strict=True)), np.zeros(len(u)))

        return advance

    for steps in (64,) if is_fine(n, d) else (8, 16, 64):
        yield f"TR-BDF2, {steps} steps", lambda steps=steps: run(steps, tr_bdf2)
    for steps in (8, 16) if is_fine(n, d) else (4, 8, 16):
        yield f"SDIRK4, {steps} steps", lambda steps=steps: run(steps, sdirk4)


# --- FiPy ---------------------------------------------------------------------------------------------------------


def by_fipy(d: int, n: int) -> Iterator[tuple[str, Callable[[], Field]]]:
    """Exponential scheme and midpoint rule."""
    import fipy

    def run(steps: int) -> Field:
        width = 2 * REACH / n
        if d == 1:
            mesh = fipy.Grid1D(nx=n, dx=width).__add__([[-REACH]])
        else:
            mesh = fipy.Grid2D(nx=n, ny=n, dx=width, dy=width).__add__([[-REACH], [-REACH]])
        places = tuple(np.asarray(x) for x in mesh.cellCenters.value)
        density = fipy.CellVariable(mesh=mesh, value=start(*places))
        push = fipy.FaceVariable(mesh=mesh, rank=1, value=np.array(drift(*mesh.faceCenters.value)))
        push.setValue(0.0, where=mesh.exteriorFaces)
        equation = fipy.TransientTerm() == fipy.DiffusionTerm(1.0) - fipy.ExponentialConvectionTerm(push)
        solver = fipy.LinearLUSolver()
        for _ in range(steps):
            before = np.array(density.value)
            equation.solve(density, dt=0.5 / steps, solver=solver)
            density.setValue(2 * density.value - before)
        return Field(places, np.array(density.value), np.asarray(mesh.cellVolumes))

    for steps in (16, 64, 256)[: 4 - d]:
        yield f"{steps} steps", lambda steps=steps: run(steps)


# --- py-pde -------------------------------------------------------------------------------------------------------


def by_pypde(d: int, n: int) -> Iterator[tuple[str, Callable[[], Field]]]:
    """Explicit Runge-Kutta steps with error control."""
    import pde

    names = "xy"[:d]
    pull = PULL[d]
    flux = ["(" + " + ".join(f"{pull[i, j]} * {y}" for j, y in enumerate(names)) + ") * p" for i in range(d)]
    right = "laplace(p) + " + " + ".join(f"d_d{x}({f})" for x, f in zip(names, flux, strict=True))

    def ready(tol: float) -> Callable[[], Field]:
        """Compile, and return what is left to do."""
        grid = pde.CartesianGrid([(-REACH, REACH)] * d, n)
        equation = pde.PDE({"p": right}, bc={"value": 0})
        backend = "numba" if d == 1 else "numpy"  # in the plane its compilation took minutes
        solver = pde.ExplicitSolver(equation, scheme="runge-kutta", adaptive=True, tolerance=tol, backend=backend)
        places = tuple(np.asarray(grid.cell_coords[..., k]).ravel() for k in range(d))
        field = pde.ScalarField(grid, start(*places).reshape(grid.shape))
        stepper = solver.make_stepper(field, dt=1e-5)
        stepper(field.copy(), 0.0, 1e-5)

        def run() -> Field:
            field = pde.ScalarField(grid, start(*places).reshape(grid.shape))
            last = stepper(field, 0.0, 1.0)
            field = field if np.isscalar(last) else last
            return Field(places, field.data.ravel(), on_cells(n, d)[1])

        return run

    yield "tolerance 1e-05", ready(1e-5)


# --- SciPy --------------------------------------------------------------------------------------------------------


def differences(n: int, d: int, order: int) -> tuple[Any, tuple[Array, ...], Array]:
    """The matrix of dp/dt = -div(a p) + lap p by central differences on cells, density zero beyond the walls."""
    places, weights, width = on_cells(n, d)
    first, second = {
        2: ([-1 / 2, 0, 1 / 2], [1, -2, 1]),
        4: ([1 / 12, -2 / 3, 0, 2 / 3, -1 / 12], [-1 / 12, 4 / 3, -5 / 2, 4 / 3, -1 / 12]),
    }[order]
    offsets = range(-(order // 2), order // 2 + 1)

    def along(stencil: list[float], k: int, power: int) -> Any:
        line = sparse.diags_array([c / width**power for c in stencil], offsets=list(offsets), shape=(n, n))
        whole = sparse.csr_array(np.ones((1, 1)))
        for j in range(d):
            whole = sparse.kron(whole, line if j == k else sparse.eye_array(n), format="csr")
        return whole

    push = drift(*places)
    matrix = sum(along(second, k, 2) - along(first, k, 1) @ sparse.diags_array(push[k]) for k in range(d))
    return matrix.tocsr(), places, weights


def by_expm(d: int, n: int) -> Iterator[tuple[str, Callable[[], Field]]]:
    """SciPy's expm_multiply."""

    def run(order: int) -> Field:
        matrix, places, weights = differences(n, d, order)
        return Field(places, expm_multiply(matrix, start(*places)), weights)

    for order in (4,) if is_fine(n, d) else (2, 4):
        yield f"order {order}", lambda order=order: run(order)


def by_bdf(d: int, n: int) -> Iterator[tuple[str, Callable[[], Field]]]:
    """SciPy's solve_ivp with BDF."""
    from scipy.integrate import solve_ivp

    def run(order: int, tol: float) -> Field:
        matrix, places, weights = differences(n, d, order)
        jacobian = matrix.tocsc()
        options = {"jac": lambda t, p: jacobian, "rtol": tol, "atol": tol / 10, "t_eval": [1.0]}
        found = solve_ivp(lambda t, p: matrix @ p, (0.0, 1.0), start(*places), "BDF", **options)
        return Field(places, found.y[:, -1], weights)

    for order in (4,) if is_fine(n, d) else (2, 4):
        for tol in (1e-6,) if is_fine(n, d) else (1e-3, 1e-4, 1e-6):
            yield f"order {order}, tol {tol:g}", lambda order=order, tol=tol: run(order, tol)


METHODS = {
    "fokker": by_fokker,
    "scikit-fem": by_skfem,
    "FiPy": by_fipy,
    "py-pde": by_pypde,
    "expm_multiply": by_expm,
    "solve_ivp BDF": by_bdf,
}


# --- the race -----------------------------------------------------------------------------------------------------


def _climb(queue: Any, name: str, d: int, repeats: int) -> None:
    """Go up the ladder of grids until both levels are reached and the grids only cost more."""
    warnings.simplefilter("ignore")
    sizes = FEWER.get(name, SIZES)[d]
    try:
        if name != "py-pde":  # it does so for every grid, before it is timed
            for _, run in METHODS[name](d, sizes[0]):  # load and compile
                run()
        best = dict.fromkeys(LEVELS, np.inf)
        for n in sizes:
            quickest = np.inf
            for setting, run in METHODS[name](d, n):
                seconds, spent, count = np.inf, 0.0, 0
                while count < repeats or (spent < _SHORT and count < 10 * repeats):
                    begin = time.process_time()
                    field = run()
                    took = time.process_time() - begin
                    seconds, spent, count = min(seconds, took), spent + took, count + 1
                    if took > 1.0:
                        break
                off = error(field)
                queue.put((n, setting, off, seconds))
                quickest = min(quickest, seconds)
                best = {level: min(t, seconds) if off <= level else t for level, t in best.items()}
            if quickest > max(best.values()):
                break
    except ImportError as missing:
        queue.put(f"not installed: {missing.name}")
    queue.put(None)


def race(name: str, d: int, cap: float, repeats: int) -> tuple[dict[float, tuple[float, str]], str]:
    """The least time for each level with its grid and setting, and a remark."""
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=_climb, args=(queue, name, d, repeats))
    process.start()
    best: dict[float, tuple[float, str]] = {}
    remark, end = "", time.monotonic() + cap
    smallest = np.inf
    while True:
        try:
            got = queue.get(timeout=max(end - time.monotonic(), 0.01))
        except Empty:
            remark = f"stopped after {cap:g} s; smallest error {smallest:.1e}"
            break
        if got is None or isinstance(got, str):
            remark = got or ""
            break
        n, setting, off, seconds = got
        smallest = min(smallest, off)
        for level in LEVELS:
            if off <= level and seconds < best.get(level, (np.inf, ""))[0]:
                best[level] = seconds, f"n = {n}, {setting}"
    process.terminate()
    process.join()
    return best, remark


def unit_of_time(n: int, repeats: int) -> None:
    """One unit of time of a double well on n x n cells against one factorisation of that grid."""
    import fokker
    from fokker.linalg import Scaled

    def well(cells: int) -> Any:
        problem = fokker.Problem.from_potential(
            lambda x, y: 5 * (x**2 - 1) ** 2 + 5 * y**2, temperature=1.0, domain={"x": (-2, 2), "y": (-2, 2)}
        )
        return fokker.discretize(problem, cells=(cells, cells))

    def seconds(run: Callable[[], object]) -> float:
        taken = []
        for _ in range(repeats):
            begin = time.process_time()
            run()
            taken.append(time.process_time() - begin)
        return min(taken)

    def propagated(generator: Any) -> Any:
        return fokker.propagate(generator, {"x": -1.0, "y": 0.0}, [1.0], tol=1e-8)

    def factored(generator: Any) -> Any:
        ones = Scaled.of(np.ones(generator.cells))
        return generator.factor_with(np.full(generator.cells, 1.0)).solve(ones)  # factors are made when asked for

    small, large = well(48), well(n)
    factored(small), propagated(small)
    large.plan  # noqa: B018 - the order of elimination is made once and kept
    one, path = seconds(lambda: factored(large)), propagated(large)
    whole = seconds(lambda: propagated(large))
    figures = f"{path.info.method}, work {path.info.work}, error estimate {path.info.error_estimate:.1e}"
    print(f"\n{n} x {n} double well of 5 kT, t = 1, tol 1e-8: {figures}")
    print(
        f"  propagate {whole:.2f} s, one factorisation (with a solve) {one:.2f} s: ratio {whole / one:.2f}, asked < 5"
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=80.0, help="cap for each method and dimension")
    parser.add_argument("--only", nargs="+", default=list(METHODS))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--grid", type=int, default=512, help="cells an axis of the last part; 0 leaves it out")
    given = parser.parse_args()
    for d in (1, 2):
        print(f"\nOrnstein-Uhlenbeck, {d}-D, t = 1: processor seconds to an L1 error of")
        print(f"{'':16}" + "".join(f"{level:<12g}{'ratio':<9}" for level in LEVELS) + "with")
        ours: dict[float, float] = {}
        for name in given.only:
            best, remark = race(name, d, given.seconds, given.repeats)
            ours = {level: t for level, (t, _) in best.items()} if name == "fokker" else ours
            cells = ""
            for level in LEVELS:
                t, _ = best.get(level, (np.inf, ""))
                ratio = t / ours[level] if level in ours else np.nan
                cells += f"{t:<12.2g}{ratio:<9.3g}" if np.isfinite(t) else f"{'-':<12}{'-':<9}"
            how = "; ".join(how for _, how in best.values())
            print(f"{name:16}{cells}{how}{' | ' + remark if remark else ''}", flush=True)
    if given.grid:
        unit_of_time(given.grid, given.repeats)


if __name__ == "__main__":
    main()

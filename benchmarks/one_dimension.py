"""Error against time in one dimension: this library and three others, on the same problems, in one run.

The process is dX = -D U' dt + sqrt(2 D) * dW (isothermal), with U = B (x^2 - 1)^2 on (-1.5, 1.5), reflecting
walls, D = 1 + sin(3 x) / 2, and B = 10 or 30 kT. Asked are the stationary density, and the mean time from -1
to 1; both are compared with closed integrals. Errors are relative; that of the density is the largest over
the points 0, +-0.4, +-0.8, +-1.2, so that the barrier counts as much as the wells.

The others solve the same equations as well as they can: FiPy by its exponential scheme (the time in its
symmetric form) and SciPy's direct solver; scikit-fem by quadratic elements, from the flux of the density and
the symmetric form of the time; the script that a physicist would write by central differences and `spsolve`.
Times are wall times from the definition of the coefficients to the numbers, assembly and mesh included,
imports and the compilation of kernels excluded; the least of several runs.

Run ``python benchmarks/one_dimension.py [--most CELLS] [--png FILE]``; it needs fipy and scikit-fem:
``pip install --group bench``.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

os.environ.setdefault("FIPY_SOLVERS", "scipy")

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray
from scipy.sparse.linalg import spsolve

import fokker

Array = NDArray[np.float64]
LOW, HIGH, START, TARGET = -1.5, 1.5, -1.0, 1.0
PROBES = np.array([-1.2, -0.8, -0.4, 0.0, 0.4, 0.8, 1.2])
SECONDS, GIGABYTES, REPEATS = 20.0, 4.0, 15


def diffusion(x: Array) -> Array:
    """D(x)."""
    return 1 + 0.5 * np.sin(3 * x)


def potential(x: Array, barrier: float) -> Array:
    """U(x) in kT."""
    return barrier * (x**2 - 1) ** 2


def drift(x: Array, barrier: float) -> Array:
    """-D U', as given in the isothermal reading."""
    return -diffusion(x) * 4 * barrier * x * (x**2 - 1)


def gauss(function: Callable[[Array], Array], low: float, high: float, panels: int = 400) -> float:
    """Integrate by 20-point Gauss rules."""
    nodes, weights = np.polynomial.legendre.leggauss(20)
    edges = np.linspace(low, high, panels + 1)
    half = 0.5 * np.diff(edges)
    x = (0.5 * (edges[1:] + edges[:-1]))[:, None] + half[:, None] * nodes
    return float((function(x) @ weights * half).sum())


def exact(barrier: float) -> tuple[Array, float]:
    """Return the density at the probes and the mean time, by their closed integrals."""
    z = gauss(lambda x: np.exp(-potential(x, barrier)), LOW, HIGH)
    density = np.exp(-potential(PROBES, barrier)) / z
    nodes, weights = np.polynomial.legendre.leggauss(20)
    edges = np.linspace(START, TARGET, 401)
    half = 0.5 * np.diff(edges)
    y = (0.5 * (edges[1:] + edges[:-1]))[:, None] + half[:, None] * nodes
    whole = (np.exp(-potential(y, barrier)) @ weights) * half
    before = gauss(lambda x: np.exp(-potential(x, barrier)), LOW, START) + np.append(0, np.cumsum(whole))[:-1]
    reach = 0.5 * (y - edges[:-1, None])
    points = edges[:-1, None, None] + reach[..., None] * (nodes + 1)
    inside = before[:, None] + (np.exp(-potential(points, barrier)) @ weights) * reach
    outer = np.exp(potential(y, barrier)) / diffusion(y)
    return density, float(((outer * inside) @ weights * half).sum())


def ours_density(n: int, barrier: float) -> Array:
    """The stationary density by this library."""
    problem = fokker.Problem(
        lambda x: drift(x, barrier), diffusion=diffusion, convention="isothermal", domain={"x": (LOW, HIGH)}
    )
    return np.asarray(fokker.stationary(fokker.discretize(problem, cells=n)).at(x=PROBES))


def ours_time(n: int, barrier: float) -> float:
    """The mean time by this library."""
    problem = fokker.Problem(
        lambda x: drift(x, barrier), diffusion=diffusion, convention="isothermal", domain={"x": (LOW, HIGH)}
    )
    return float(fokker.mean_first_passage(fokker.discretize(problem, cells=n), lambda x: x > TARGET).at(x=START))


def fipy_density(n: int, barrier: float) -> Array:
    """FiPy: flux D p' - f p by its exponential scheme; the solution pinned by a source in one cell."""
    from fipy import CellVariable, DiffusionTerm, ExponentialConvectionTerm, FaceVariable, Grid1D, ImplicitSourceTerm
    from fipy.solvers.scipy import LinearLUSolver

    mesh = Grid1D(nx=n, dx=(HIGH - LOW) / n) + LOW
    p = CellVariable(mesh=mesh, value=0.0)
    faces = mesh.faceCenters.value[0]
    spread = FaceVariable(mesh=mesh, value=diffusion(faces))
    push = drift(faces, barrier)
    push[[0, -1]] = 0.0  # no flux through the walls
    velocity = FaceVariable(mesh=mesh, value=[push], rank=1)
    pin = np.zeros(n)
    pin[int(np.argmin(np.abs(mesh.cellCenters.value[0] + 1)))] = 1.0
    pinned = CellVariable(mesh=mesh, value=pin)
    equation = (
        DiffusionTerm(coeff=spread)
        - ExponentialConvectionTerm(coeff=velocity)
        - ImplicitSourceTerm(coeff=pinned)
        + pinned
    )
    equation.solve(var=p, solver=LinearLUSolver(tolerance=1e-15, iterations=10))
    values = p.value / (p.value.sum() * (HIGH - LOW) / n)
    return _at_probes(mesh.cellCenters.value[0], values)


def fipy_time(n: int, barrier: float) -> float:
    """FiPy: D T'' + (f + D') T' = -1 in the self-adjoint form (D w T')' = -w, w = exp(-U); absorbing at 1."""
    from fipy import CellVariable, DiffusionTerm, FaceVariable, Grid1D
    from fipy.solvers.scipy import LinearLUSolver

    mesh = Grid1D(nx=n, dx=(TARGET - LOW) / n) + LOW
    t = CellVariable(mesh=mesh, value=0.0)
    t.constrain(0.0, mesh.facesRight)
    faces, centres = mesh.faceCenters.value[0], mesh.cellCenters.value[0]
    stiff = FaceVariable(mesh=mesh, value=diffusion(faces) * np.exp(-potential(faces, barrier)))
    load = CellVariable(mesh=mesh, value=np.exp(-potential(centres, barrier)))
    (DiffusionTerm(coeff=stiff) + load).solve(var=t, solver=LinearLUSolver(tolerance=1e-15, iterations=10))
    return float(np.interp(START, centres, t.value))


def fem_density(n: int, barrier: float) -> Array:
    """scikit-fem: quadratic elements for the flux form of p, one value pinned at the left minimum."""
    from skfem import Basis, BilinearForm, ElementLineP2, LinearForm, MeshLine, condense, solve
    from skfem.helpers import grad

    mesh = MeshLine(np.linspace(LOW, HIGH, n // 2 + 1))  # two unknowns an element
    basis = Basis(mesh, ElementLineP2(), intorder=6)

    @BilinearForm
    def flux(u: Any, v: Any, w: Any) -> Any:
        return (diffusion(w.x[0]) * grad(u)[0] - drift(w.x[0], barrier) * u) * grad(v)[0]

    places = basis.doflocs[0]
    pin = np.array([int(np.argmin(np.abs(places + 1)))])
    matrix = flux.assemble(basis)
    values = solve(*condense(matrix, np.zeros(len(places)), x=np.ones(len(places)), D=pin))
    weight = LinearForm(lambda v, w: v).assemble(basis)
    return np.asarray(basis.probes(PROBES[None, :]) @ (values / (weight @ values)))


def fem_time(n: int, barrier: float) -> float:
    """scikit-fem: quadratic elements for (D w T')' = -w, w = exp(-U), T(1) = 0."""
    from skfem import Basis, BilinearForm, ElementLineP2, LinearForm, MeshLine, condense, solve
    from skfem.helpers import grad

    mesh = MeshLine(np.linspace(LOW, TARGET, n // 2 + 1))
    basis = Basis(mesh, ElementLineP2(), intorder=6)

    @BilinearForm
    def stiff(u: Any, v: Any, w: Any) -> Any:
        return diffusion(w.x[0]) * np.exp(-potential(w.x[0], barrier)) * grad(u)[0] * grad(v)[0]

    @LinearForm
    def load(v: Any, w: Any) -> Any:
        return np.exp(-potential(w.x[0], barrier)) * v

    places = basis.doflocs[0]
    end = np.array([int(np.argmax(places))])
    values = solve(*condense(stiff.assemble(basis), load.assemble(basis), D=end))
    return float((basis.probes(np.array([[START]])) @ values)[0])


def script_density(n: int, barrier: float) -> Array:
    """The physicist's script: central differences of D p' - f p, one value pinned."""
    h = (HIGH - LOW) / n
    x, faces = LOW + h * (np.arange(n) + 0.5), LOW + h * np.arange(1, n)
    d, f = diffusion(faces) / h**2, drift(faces, barrier) / (2 * h)
    up, down = d + f, d - f  # to the right, to the left
    diagonal = -np.append(up, 0) - np.append(0, down)
    pin = int(np.argmin(np.abs(x + 1)))  # one equation follows from the others: there p = 1
    diagonal[pin] = 1.0
    below, above = up.copy(), down.copy()
    below[pin - 1] = above[pin] = 0.0
    right = np.zeros(n)
    right[pin] = 1.0
    matrix = sparse.diags_array([below, diagonal, above], offsets=[-1, 0, 1], format="csc")
    values = spsolve(matrix, right)
    return _at_probes(x, values / (values.sum() * h))


def script_time(n: int, barrier: float) -> float:
    """The physicist's script: D T'' + (f + D') T' = -1 by central differences, T(1) = 0, T'(LOW) = 0."""
    x = np.linspace(LOW, TARGET, n + 1)
    h = x[1] - x[0]
    d = diffusion(x) / h**2
    b = (drift(x, barrier) + 1.5 * np.cos(3 * x)) / (2 * h)
    upper, lower = (d + b)[:-1], (d - b)[1:]
    upper[0], lower[-1] = 2 * d[0], 0.0  # a mirror on the left, the target on the right
    diagonal = -2 * d
    diagonal[-1] = 1.0
    right = -np.ones(n + 1)
    right[-1] = 0.0
    matrix = sparse.diags_array([lower, diagonal, upper], offsets=[-1, 0, 1], format="csc")
    return float(np.interp(START, x, spsolve(matrix, right)))


def _at_probes(x: Array, values: Array) -> Array:
    """Interpolate by cubics in the logarithm where it exists, by straight lines elsewhere."""
    if (values <= 0).any():
        return np.interp(PROBES, x, values)
    h = x[1] - x[0]
    first = np.clip(((PROBES - x[0]) / h).astype(int) - 1, 0, len(x) - 4)
    t = (PROBES - x[first]) / h
    logs = np.log(values[first[:, None] + np.arange(4)])
    shape = [-(t - 1) * (t - 2) * (t - 3) / 6, t * (t - 2) * (t - 3) / 2, -t * (t - 1) * (t - 3) / 2,
             t * (t - 1) * (t - 2) / 6]  # fmt: skip
    return np.asarray(np.exp(sum(s * logs[:, k] for k, s in enumerate(shape))))


METHODS: dict[str, dict[str, Callable[[int, float], Any]]] = {
    "density": {"fokker": ours_density, "FiPy": fipy_density, "scikit-fem": fem_density, "script": script_density},
    "mean time": {"fokker": ours_time, "FiPy": fipy_time, "scikit-fem": fem_time, "script": script_time},
}


@dataclass
class Point:
    """One run."""

    cells: int
    seconds: float
    error: float


def measure(method: Callable[[int, float], Any], n: int, barrier: float, reference: Any) -> Point:
    """Return error and least time; NaN counts as an infinite error."""
    best, answer, start = np.inf, np.nan, time.perf_counter()
    for _ in range(REPEATS):
        begin = time.perf_counter()
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                answer = method(n, barrier)
        except (RuntimeError, np.linalg.LinAlgError, FloatingPointError, ZeroDivisionError):
            answer = np.nan
        best = min(best, time.perf_counter() - begin)
        if time.perf_counter() - start > 1.0:
            break
    error = float(np.max(np.abs(np.asarray(answer) / reference - 1)))
    return Point(n, best, error if np.isfinite(error) else np.inf)


def sweep(name: str, method: Callable[[int, float], Any], counts: list[int], barrier: float, truth: Any) -> list[Point]:
    """Measure one method over all sizes, up to its cap."""
    points: list[Point] = []
    method(100, barrier)  # compile, import
    for n in counts:
        if points and (expected := points[-1].seconds * n / points[-1].cells) > SECONDS and name != "fokker":
            print(f"    {name:<11}{n:>9}  left out: it would take about {expected:.0f} s (cap {SECONDS:.0f} s)")
            continue
        before = _memory()
        points.append(measure(method, n, barrier, truth))
        p = points[-1]
        doubt = "   garbage" if p.error > 0.1 else ""
        print(f"    {name:<11}{p.cells:>9}{p.seconds * 1e3:>12.2f} ms{p.error:>12.1e}{doubt}", flush=True)
        if _memory() > max(before, GIGABYTES):
            print(f"    {name:<11} stopped: {_memory():.1f} GB (cap {GIGABYTES:.0f} GB)")
            break
    return points


def _memory() -> float:
    """Return the largest memory of this process so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def compare(curves: dict[str, list[Point]]) -> bool:
    """Print, for each point of each peer, how much faster this library is at that accuracy or better."""
    ahead = True
    for name, points in curves.items():
        if name == "fokker":
            continue
        ratios = []
        for p in points:
            if p.error > 0.1:
                continue
            enough = [q.seconds for q in curves["fokker"] if q.error <= p.error]
            ratios.append(p.seconds / min(enough) if enough else 0.0)
        garbage = sum(p.error > 0.1 for p in points)
        text = f"{min(ratios):.3g} to {max(ratios):.3g} times faster" if ratios else "no accuracy to compare"
        ahead &= all(r > 1 for r in ratios)
        behind = [p.cells for p, r in zip((p for p in points if p.error <= 0.1), ratios, strict=True) if r <= 1]
        note = f"; garbage at {garbage} of {len(points)} sizes" if garbage else ""
        note += f"; BEHIND at its {behind} cells" if behind else ""
        print(f"    against {name:<11} {text} at equal accuracy; best error {min(p.error for p in points):.1e}{note}")
    print(f"    best error of fokker {min(p.error for p in curves['fokker']):.1e}")
    return ahead


def draw(path: str, everything: dict[str, dict[str, list[Point]]]) -> None:
    """Write the curves to an image."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 2, figsize=(10, 8), constrained_layout=True)
    for ax, (title, curves) in zip(axes.ravel(), everything.items(), strict=True):
        for name, points in curves.items():
            ax.loglog([p.seconds for p in points], [max(min(p.error, 10.0), 1e-16) for p in points], "o-", label=name)
        ax.set(xlabel="time (s)", ylabel="relative error", title=title)
        ax.legend()
    figure.savefig(path, dpi=120)


def main() -> None:
    """Run everything and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--most", type=int, default=1_000_000, help="largest number of cells")
    parser.add_argument("--png", help="write the curves to this image")
    options = parser.parse_args()
    counts = [n for n in (1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000) if n <= options.most]
    everything: dict[str, dict[str, list[Point]]] = {}
    ahead = True
    for barrier in (10.0, 30.0):
        density, mean = exact(barrier)
        for what, truth in (("density", density), ("mean time", mean)):
            title = f"{what}, barrier {barrier:g} kT"
            print(f"{title}\n    {'':<11}{'cells':>9}{'time':>15}{'error':>12}")
            curves = {}
            for name, method in METHODS[what].items():
                mine = sorted({16, 24, 32, 48, 64, 100, 300, *counts}) if name == "fokker" else counts
                curves[name] = sweep(name, method, mine, barrier, truth)
            ahead &= compare(curves)
            everything[title] = curves
    print("ahead of each at every accuracy" if ahead else "NOT ahead of each at every accuracy")
    if options.png:
        draw(options.png, everything)


if __name__ == "__main__":
    main()

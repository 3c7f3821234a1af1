"""Independent code in two dimensions: FiPy and deeptime on Maier and Stein's process."""

import importlib.util
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    import fokker

Array = NDArray[np.floating[Any]]

ALPHA, MU = 2.0, 1.0
LOW = 0.1  # eps of the comparison: a barrier of 5
COUNTS = (24, 48, 96)
BARRIERS = (5, 10, 20, 25, 30, 35, 40, 50, 60)
SMALL = 24  # cells a side for dense linear algebra
START = (-1.0, 0.0)


def box(eps: float) -> tuple[float, float]:
    """Return the extent of the quarter x < 0, y > 0 that holds all but e^(-30) of the law."""
    return float(np.sqrt(1 + np.sqrt(60 * eps))), float(np.sqrt(40 * eps))


def generator(eps: float, cells: int) -> "fokker.Generator":
    """Return this library's generator on the quarter: x = 0 absorbs."""
    import fokker
    from fokker.theory import maier_stein

    width, high = box(eps)
    problem = fokker.Problem(
        drift=lambda x, y: maier_stein.drift(x, y, ALPHA, MU),
        diffusion=eps / 2,
        domain={"x": (-width, 0.0), "y": (0.0, high)},
        boundary={"x": ("reflecting", "absorbing")},
    )
    return fokker.discretize(problem, cells=(cells, cells))


def by_fipy(eps: float, cells: int) -> float:
    """Return the mean time to x = 0 from the law of a source by FiPy: the time spent in all cells.

    The source is a Gaussian around the sink, of width sqrt(eps): the same on every grid.
    """
    from fokker.theory import maier_stein
    from fokker.validation.theorems.independence import load_fipy

    fipy = load_fipy()
    width, high = box(eps)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mesh = fipy.Grid2D(nx=cells, ny=cells, dx=width / cells, dy=high / cells)
        mesh = mesh + [[-width], [0.0]]  # noqa: RUF005 - moves the mesh
        x, y = (np.array(mesh.faceCenters[k]) for k in (0, 1))
        velocity = fipy.FaceVariable(mesh=mesh, rank=1, value=np.array(maier_stein.drift(x, y, ALPHA, MU)))
        born = source(eps, *(np.array(mesh.cellCenters[k]) for k in (0, 1)))
        born /= born.sum() * width * high / cells**2
        spent = fipy.CellVariable(mesh=mesh, value=0.0)
        spent.constrain(0.0, mesh.facesRight)
        equation = (
            fipy.DiffusionTerm(eps / 2)
            - fipy.ExponentialConvectionTerm(velocity)
            + fipy.CellVariable(mesh=mesh, value=born)
            == 0
        )
        equation.solve(var=spent, solver=fipy.solvers.LinearLUSolver())
    return float(np.sum(np.array(spent.value)) * width * high / cells**2)


def source(eps: float, x: Array, y: Array) -> Array:
    """Return the law of the starts, not normalised."""
    return np.exp(-((x - START[0]) ** 2 + (y - START[1]) ** 2) / eps)


def by_library(eps: float, cells: int) -> float:
    """Return the same mean time by this library: the mean of the time over the law of the starts."""
    import fokker

    passage = fokker.mean_first_passage(generator(eps, cells))
    weight = source(eps, passage.nodes[0][:, None], passage.nodes[1][None, :])
    return float(np.sum(weight * passage.values) / np.sum(weight))


def by_deeptime(chain: "fokker.Generator") -> tuple[Array, Array, Array]:
    """Return times to x > -0.2, committors and the stationary vector of a generator by dense linear algebra."""
    from fokker.validation.theorems.independence import load_deeptime

    analysis = load_deeptime()
    matrix = chain.matrix().toarray()
    rate = 1.01 * float(np.abs(np.diag(matrix)).max())
    jumps = np.eye(len(matrix)) + matrix / rate
    left, right = (np.flatnonzero(s.ravel()) for s in sets(chain))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        times = analysis.mfpt(jumps, right) / rate
        return times, analysis.committor(jumps, left, right), analysis.stationary_distribution(jumps)


def closed(eps: float, cells: int) -> "fokker.Generator":
    """Return the generator on the half y > 0 with reflecting walls."""
    import fokker
    from fokker.theory import maier_stein

    width, high = box(eps)
    problem = fokker.Problem(
        drift=lambda x, y: maier_stein.drift(x, y, ALPHA, MU),
        diffusion=eps / 2,
        domain={"x": (-width, width), "y": (0.0, high)},
    )
    return fokker.discretize(problem, cells=(cells, cells))


def sets(chain: "fokker.Generator") -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the cells left of x = -1 and right of x = 1."""
    x = np.broadcast_to(chain.nodes[0][:, None], chain.shape)
    return x <= -1.0, x >= 1.0


def measure() -> Measurement:
    """Orders and limits at a barrier of 5 against FiPy, a dense solution by deeptime, and growing barriers."""
    from fokker.theory import maier_stein
    from fokker.validation.theorems import _classics as classics
    from fokker.validation.theorems import _escape as escape
    from fokker.validation.theorems import _two_dimensions as plane

    checks: list[Check] = []
    rates: list[Rate] = []
    mine = np.array([by_library(LOW, n) for n in COUNTS])
    limit, last = classics.extrapolated(mine, 2, (2, 4))
    rates.append(plane.order("this library: error of the mean time in $1/N$", COUNTS, mine / limit - 1))
    law = {b: float(maier_stein.exit_time(0.5 / b, ALPHA, MU)) for b in BARRIERS}
    orders = {"this library": np.abs(mine / limit - 1)}
    curves = {"this library": np.array([by_library(0.5 / b, COUNTS[-1]) / law[b] for b in BARRIERS])}
    if importlib.util.find_spec("fipy") is not None:
        theirs = np.array([by_fipy(LOW, n) for n in COUNTS])
        other, correction = classics.extrapolated(theirs, 2, (2, 4))
        checks.append(
            Check(
                "mean time, this library over FiPy, both extrapolated in the cell size",
                limit / other,
                1.0,
                (last + correction) / limit,
                "last corrections of the two extrapolations, orders 2 and 4 cancelled",
            )
        )
        rates.append(plane.order("FiPy: error of the mean time in $1/N$", COUNTS, theirs / other - 1))
        orders["FiPy, exponential scheme"] = np.abs(theirs / other - 1)
        curves["FiPy, exponential scheme"] = np.array([by_fipy(0.5 / b, COUNTS[-1]) / law[b] for b in BARRIERS])
        checks += _lost(curves["FiPy, exponential scheme"], law)
    if importlib.util.find_spec("deeptime") is not None:
        checks += _deeptime_agrees()
    checks.append(
        Check(
            rf"this library, barrier {BARRIERS[-1]}: mean time over Maier and Stein's law",
            curves["this library"][-1],
            1.0,
            2 * abs(curves["this library"][1] - 1) * BARRIERS[1] / BARRIERS[-1],
            r"the error of the law is of order $\varepsilon$: that at a barrier of 10, scaled, and twice for the grid",
        )
    )
    checks.append(
        Check(
            "prefactor $K$ of the law",
            float(maier_stein.prefactor(ALPHA, MU)),
            1.5181017352969,
            escape.half_unit("1.5181017352969"),
            "half a unit in the last printed digit",
        )
    )
    return Measurement(tuple(checks), tuple(rates), {"curves": curves, "orders": orders})


def _deeptime_agrees() -> list[Check]:
    """Return deeptime against this library at a barrier of 5, where a dense solution keeps its digits."""
    import fokker
    from fokker.validation.theorems import _escape as escape

    chain = closed(LOW, SMALL)
    times, chance, law = by_deeptime(chain)
    left, right = sets(chain)
    x = chain.nodes[0]
    last, wall = float(x[x <= -1.0][-1]), float(x[x >= 1.0][0])
    passage = fokker.mean_first_passage(chain, lambda x, y: x >= wall)
    q = fokker.committor(chain, lambda x, y: x <= last, lambda x, y: x >= wall)
    mine = fokker.stationary(chain).mass.ravel()
    slowest = 1 / float(times.max())
    condition = 10 * escape.UNIT * 4 * float(max(chain.forward.max(), chain.backward.max())) / slowest
    because = r"rounding of a dense solution, 10 u of the norm of $Q$ over its slowest rate"
    free = ~(left | right).ravel()
    return [
        Check("largest relative difference of the mean times, this library and deeptime",
              float(np.abs(passage.values.ravel()[free] / times[free] - 1).max()), 0.0, condition, because, "absolute"),
        Check("largest difference of the committors, this library and deeptime",
              float(np.abs(q.values.ravel() - chance).max()), 0.0, condition, because, "absolute"),
        Check("largest difference of the stationary vectors, this library and deeptime",
              float(np.abs(mine - law).max()), 0.0, condition, because, "absolute"),
    ]  # fmt: skip


def _lost(curve: Array, law: dict[int, float]) -> list[Check]:
    """Return what is left of FiPy's time at a barrier of 60: the slowest rate drowns in the diagonal."""
    from fokker.validation.theorems import _escape as escape

    eps = 0.5 / BARRIERS[-1]
    width, high = box(eps)
    norm = eps * ((COUNTS[-1] / width) ** 2 + (COUNTS[-1] / high) ** 2)
    answer = 1 / (escape.UNIT * norm * law[BARRIERS[-1]])
    return [
        Check(
            rf"FiPy, barrier {BARRIERS[-1]}: answer over Maier and Stein's law",
            curve[-1],
            0.0,
            1e4 * answer + 4 * escape.UNIT,
            r"rounding of the diagonal, $u \|A\|$, stands in for the slowest rate $1/\tau$; ten thousandfold for "
            "cancellation, and rounding",
            "absolute",
        )
    ]


def figure(measurement: Measurement) -> "Figure":
    """Draw the mean times over the asymptotic law against the barrier, and the orders of convergence."""
    from matplotlib.figure import Figure

    from fokker.validation.theorems import _two_dimensions as plane

    fig = Figure(figsize=(9.6, 4.0))
    axes, right = fig.subplots(1, 2, width_ratios=(1.6, 1))
    plane.convergence(right, COUNTS, measurement.data["orders"])
    right.set_title("error of the mean time, barrier of 5")
    for at, (name, ratio) in enumerate(measurement.data["curves"].items()):
        shown = np.maximum(np.abs(ratio), 1e-13)
        axes.semilogy(BARRIERS, shown, "so"[at % 2] + "-", lw=1.2, ms=5, color=f"C{at}", label=name)
        wrong = np.flatnonzero(np.asarray(ratio) < 0)
        axes.semilogy(np.array(BARRIERS)[wrong], shown[wrong], "x", ms=9, color=f"C{at}")
    axes.axhline(1.0, color="C6", ls="--", lw=1)
    axes.set(xlabel=r"barrier $1/2\varepsilon$", ylabel="mean time over Maier and Stein's law")
    axes.legend(loc="lower left")
    return fig


THEOREM = Theorem(
    id="two-dimensional-witnesses",
    title="Independent code in two dimensions",
    group="Independent code",
    number=3,
    statement=r"""
        Mean times of $dx = (x - x^3 - 2 x y^2)\, dt + \sqrt{\varepsilon}\, dW_1$,
        $dy = -(1 + x^2)\, y\, dt + \sqrt{\varepsilon}\, dW_2$, which has no potential, by independent code: FiPy
        with its exponential scheme and a direct solver; deeptime, given the generator of this library.
        """,
    hypotheses=(
        r"FiPy: the quarter $x < 0$, $y > 0$, absorbing wall at $x = 0$, starts around the sink $(-1, 0)$; it solves "
        "for the time spent in each cell.",
        r"deeptime: the half $y > 0$ on $24 \times 24$ cells, from $x \leq -1$ to $x \geq 1$, by dense linear algebra "
        r"on the jump chain $1 + Q/\Lambda$.",
        "Rows of a package that is not installed are left out.",
    ),
    source="FiPy: Guyer, Wheeler, Warren, Comput. Sci. Eng. 11 (2009) 6; deeptime: Hoffmann et al., Mach. Learn.: Sci. "
    "Technol. 3 (2022) 015009; law: Maier and Stein, J. Stat. Phys. 83 (1996) 291",
    verdict="exact",
    finding="At low barriers all agree: FiPy in the limit of fine cells, deeptime to rounding. From a barrier of 35 on "
    "an ordinary direct solver has no digit left, and says nothing.",
    measure=measure,
    figure=figure,
    caption="Left: mean time over the asymptotic law, which becomes exact to the right; a cross marks a negative time. "
    "Right: both codes converge to one number with second order.",
    fast=True,
)

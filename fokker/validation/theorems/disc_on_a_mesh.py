"""The exit time of a disc on meshes without rows: Voronoi cells and triangles, by way of FiPy."""

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    import fokker

Array = NDArray[np.floating[Any]]

SPACINGS = (0.2, 0.1, 0.05, 0.025)
DIFFUSION = 0.5
KINDS = {"voronoi": "Voronoi cells", "delaunay": "triangles"}
SHOWN = 0.1


def generator(kind: str, spacing: float) -> "fokker.Generator":
    """Return Brownian motion on a mesh of the unit disc whose boundary absorbs."""
    import fokker
    from fokker.validation.theorems import _meshes as meshes
    from fokker.validation.theorems.independence import load_fipy

    problem = fokker.Problem((0.0, 0.0), diffusion=DIFFUSION, domain={"x": (-1.1, 1.1), "y": (-1.1, 1.1)})
    fipy = load_fipy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if kind == "delaunay":
            return fokker.from_fipy(meshes.delaunay_disc(fipy, spacing), problem, "absorbing")
        mesh, points = meshes.voronoi_disc(fipy, spacing)
        return fokker.from_fipy(mesh, problem, "absorbing", centres=points)


def exact(x: Array, y: Array) -> Array:
    """Return the mean exit time (R^2 - r^2) / 4 D."""
    return (1 - x * x - y * y) / (4 * DIFFUSION)


def measure() -> Measurement:
    """Order of the exit time and of the slowest decay, angles, and detailed balance."""
    import fokker
    from fokker.validation.theorems import _two_dimensions as plane

    checks: list[Check] = []
    rates: list[Rate] = []
    curves: dict[str, Array] = {}
    for kind, name in KINDS.items():
        errors, angles = [], []
        for spacing in SPACINGS:
            chain = generator(kind, spacing)
            wrong = fokker.mean_first_passage(chain).values - exact(*chain.nodes)
            errors.append(float(np.sqrt(chain.masses @ wrong**2)))
            angles.append(float(chain.notes["largest_angle"]))
        curves[kind] = np.array(errors)
        because = "declared order 2; the mesh is drawn at random anew on each grid, within 0.2"
        rates.append(Rate(f"{name}: error of the exit time, root mean square, in the spacing", SPACINGS,
                          tuple(errors), 2.0, 0.2, because))  # fmt: skip
        checks.append(
            Check(f"{name}: largest angle between faces and normals, degrees", max(angles), 0.0, 1e-6,
                  "orthogonal by construction; rounding over distances of 1e-6 and more", "absolute")
        )  # fmt: skip
    coarse, fine = (fokker.quasi_stationary(generator("voronoi", s)).rate for s in SPACINGS[-2:])
    slowest = 2.404825557695773**2 * DIFFUSION
    checks.append(
        Check("Voronoi cells: slowest decay rate, extrapolated in the spacing", (4 * fine - coarse) / 3, slowest,
              abs(fine - coarse) / 3 / slowest, "correction by the last extrapolation, order 2 cancelled")
    )  # fmt: skip
    checks.append(_balance(plane.rounding(generator("voronoi", SHOWN).cells)))
    return Measurement(tuple(checks), tuple(rates), {"errors": curves})


def _balance(bound: float) -> Check:
    """Return how far the law of a double well on Voronoi cells is from Boltzmann's."""
    import fokker
    from fokker.validation.theorems import _meshes as meshes
    from fokker.validation.theorems.independence import load_fipy

    well = fokker.Problem.from_potential(
        lambda x, y: 10 * ((2 * x * x - 1) ** 2 + y * y),
        temperature=1.0,
        mobility=lambda x, y: 1 + x * x,
        domain={"x": (-1.1, 1.1), "y": (-1.1, 1.1)},
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mesh, points = meshes.voronoi_disc(load_fipy(), SHOWN)
        density = fokker.stationary(fokker.from_fipy(mesh, well, centres=points))
    level = density.log_values + well.potential_at(*density.nodes)
    return Check(r"Voronoi cells, double well: spread of $\ln p + U/T$", float(np.ptp(level)), 0.0, 2 * bound,
                 "rounding bound, 10 u for each cell, at both ends", "absolute")  # fmt: skip


def figure(measurement: Measurement) -> "Figure":
    """Draw the exit time on both meshes, and the orders of convergence."""
    from matplotlib.figure import Figure

    import fokker

    fig = Figure(figsize=(10.4, 3.4), layout="constrained")
    *pictures, right = fig.subplots(1, 3)
    for ax, (kind, name) in zip(pictures, KINDS.items(), strict=True):
        fokker.mean_first_passage(generator(kind, SHOWN)).plot(ax, log=False)
        ax.set_title(name, fontsize=10)
    spacing = np.array(SPACINGS)
    for at, (kind, errors) in enumerate(measurement.data["errors"].items()):
        right.loglog(spacing, errors, "o-", color=f"C{at}", lw=1.2, label=KINDS[kind])
    right.loglog(spacing, 0.15 * spacing**2, "--", color="C6", lw=1, label="order 2")
    right.set(xlabel="spacing of the points", ylabel="error, root mean square")
    right.set_xticks(spacing, [f"{s:g}" for s in spacing])
    right.minorticks_off()
    right.legend()
    return fig


THEOREM = Theorem(
    id="disc-on-a-mesh",
    title="A disc on meshes without rows",
    group="Independent code",
    number=5,
    statement=r"""
        From the distance $r$ to the centre of a disc of radius $R$ the mean time to leave is $(R^2 - r^2)/4 D$, and the
        survivors decay at the rate $D j_{01}^2/R^2$. On a mesh whose faces stand on the lines of centres, exponential
        fitting along these lines keeps detailed balance face by face, and is of second order.
        """,
    hypotheses=(
        r"Unit disc, $D = \frac12$; hexagonal patterns of points, each moved at random, rings of points along the "
        "circle.",
        "FiPy holds the meshes: the Voronoi cells of the points, with tangents of the circle as boundary, and their "
        "Delaunay triangles with the circumcentres for centres.",
    ),
    source="Eymard, Gallouet, Herbin, Handbook of Numerical Analysis 7 (2000) 713, section 9; time: Redner, A Guide to "
    "First-Passage Processes (2001), chapter 6",
    verdict="exact",
    finding="Second order on both meshes, and Boltzmann's law to rounding.",
    measure=measure,
    figure=figure,
    caption="Mean exit time on Voronoi cells and on triangles, and its error against the spacing of the points.",
    fast=True,
)

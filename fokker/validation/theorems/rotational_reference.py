"""Strong rotation: a refitted reference keeps second order where exponential fitting becomes upwind."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    import fokker

Array = NDArray[np.floating[Any]]

ROTATION = 10.0
COUNTS = (128, 204, 288, 408)
FEW = 3  # grids, the finest, on which less than half of the edges are limited
ASKED = 5e-3  # of the refitted density on 128 x 128 cells
WALL = 0.52  # the target of the passage time
SCHEMES = {"plain": "the whole drift fitted", "refit": "reference refitted", "given": "reference given"}


def potential(x: Array, y: Array) -> Array:
    """Return Phi: the density is exp(-Phi) at any rotation."""
    return 3 * (x * x - 1) ** 2 + 2 * y * y + x * y


def noise(x: Array, y: Array) -> Array:
    """Return D."""
    return 1 + 0.4 * np.sin(x - 0.5 * y)


def drift(x: Array, y: Array) -> tuple[Array, Array]:
    """Return -D grad Phi + k (d_y Phi, -d_x Phi); the second part turns along the lines of equal Phi."""
    along, across = 12 * x * (x * x - 1) + y, 4 * y + x
    d = noise(x, y)
    return -d * along + ROTATION * across, -d * across - ROTATION * along


def solve(scheme: str, cells: int) -> "fokker.Generator":
    """Return the generator without a reference, with a refitted one, or with the potential given."""
    import fokker

    problem = fokker.Problem(drift, diffusion=noise, convention="isothermal", domain={"x": (-2.6, 2.6), "y": (-3, 3)})
    if scheme == "given":
        return fokker.discretize(problem, cells=(cells, cells), reference=potential)
    return fokker.discretize(problem, cells=(cells, cells), reference="auto" if scheme == "refit" else None)


def errors(generator: "fokker.Generator") -> dict[str, Any]:
    """Return the density, its largest error over its largest value, its sign, and the mean time from (-1, 0)."""
    import fokker

    density = fokker.stationary(generator)
    weight = np.exp(-potential(density.nodes[0][:, None], density.nodes[1][None, :]))
    exact = weight / np.sum(weight * generator.masses.reshape(weight.shape))
    passage = fokker.mean_first_passage(generator, lambda x, y: x >= WALL)
    return {
        "difference": (density.values - exact) / exact.max(),
        "error": float(np.abs(density.values - exact).max() / exact.max()),
        "least": float(density.log_values.min()),
        "limited": float(generator.notes["limited_edges"]),
        "rate": float(min(generator.forward.min(), generator.backward.min())),
        "time": float(passage.at(x=-1.0, y=0.0)),
        "nodes": density.nodes,
        "values": density.values,
        "vectors": density.current().vectors(),
    }


def measure() -> Measurement:
    """Densities and passage times of the three schemes on three grids."""
    found = {name: [errors(solve(name, n)) for n in COUNTS] for name in SCHEMES}
    times = {name: np.array([f["time"] for f in rows]) for name, rows in found.items()}
    limit, last = extrapolated(times["given"])
    other, correction = extrapolated(times["refit"])
    checks = [
        Check(
            r"reference refitted, $128 \times 128$: largest error of the density over its largest value",
            found["refit"][0]["error"],
            0.0,
            ASKED,
            "the accuracy asked of this grid",
            "absolute",
        ),
        Check(
            "the whole drift fitted, same grid: a recorded failure",
            found["plain"][0]["error"],
            0.28,
            0.005 / 0.28,
            "half a unit in the last recorded digit",
        ),
        Check(
            "mean time, reference refitted over reference given, both extrapolated in the cell size",
            other / limit,
            1.0,
            (last + correction) / limit,
            "what each extrapolation changes from one pair of grids to the next, order 2 cancelled",
        ),
        *(
            Check(
                f"{text}: rates and densities that are not positive, all grids",
                sum(not (f["rate"] > 0 and np.isfinite(f["least"])) for f in found[name]),
                0.0,
                0.0,
                "positive by construction",
                "absolute",
            )
            for name, text in SCHEMES.items()
        ),
    ]
    checks += [
        Check(
            f"{SCHEMES[name]}: share of limited edges, ${COUNTS[-FEW]}^2$ cells",
            found[name][-FEW]["limited"],
            0.25,
            0.25,
            "less than half: these grids enter the fits of the order",
            "absolute",
        )
        for name in ("given", "refit")
    ]
    rates = []
    for name in ("given", "refit"):
        rates += [
            _order(f"{SCHEMES[name]}: error of the density in $1/N$", [f["error"] for f in found[name]]),
            _order(f"{SCHEMES[name]}: error of the mean time in $1/N$", np.abs(times[name] / limit - 1)),
        ]
    curves = {
        "density": {text: np.array([f["error"] for f in found[name]]) for name, text in SCHEMES.items()},
        "time": {text: times[name] / limit - 1 for name, text in SCHEMES.items()},
    }
    pictures = {name: found[name][0] for name in ("plain", "refit")}
    return Measurement(tuple(checks), tuple(rates), {"curves": curves, "pictures": pictures})


def extrapolated(values: Array) -> tuple[float, float]:
    """Return the limit by the grids of 204 and 408 cells a side, and its distance from that by 288 and 408."""
    limits = [(r * values[-1] - v) / (r - 1) for r, v in ((4.0, values[1]), ((408 / 288) ** 2, values[2]))]
    return float(limits[0]), float(abs(limits[0] - limits[1]))


def _order(quantity: str, errors: list[float] | Array) -> Rate:
    return Rate(
        quantity,
        tuple(1 / n for n in COUNTS[-FEW:]),
        tuple(errors[-FEW:]),
        2.0,
        0.1,
        "declared order 2 where edges are not limited, within 0.1; grids with less than half of the edges limited",
    )


def figure(measurement: Measurement) -> "Figure":
    """Draw density and current, what is wrong with them without a reference, and the errors."""
    from matplotlib.figure import Figure

    from fokker.validation.theorems import _two_dimensions as plane

    fig = Figure(figsize=(12.0, 3.9))
    left, middle, right = fig.subplots(1, 3)
    pictures = measurement.data["pictures"]
    view = ((-2.0, 2.0), (-2.0, 2.0))
    refit = pictures["refit"]
    plane.flow(left, refit["nodes"], refit["values"], refit["vectors"], view)
    left.set_title("density and current, refitted")
    x, y = refit["nodes"]
    for name, colour in (("plain", "C1"), ("refit", "C0")):
        at = int(np.argmin(np.abs(y)))
        middle.plot(x, pictures[name]["values"][:, at], color=colour, label=SCHEMES[name])
    cut = np.exp(-potential(np.asarray(x), np.asarray(y[at])))
    scale = float(refit["values"][:, at].max() / cut.max())
    middle.plot(x, cut * scale, ":", color="C6", label="exact")
    middle.set(xlim=(-2, 2), xlabel="$x$", ylabel="density", title=r"cut at $y = 0$, $128 \times 128$")
    middle.legend(fontsize=9)
    curves = measurement.data["curves"]
    n = np.array(COUNTS, dtype=float)
    for at, text in enumerate(SCHEMES.values()):
        right.loglog(n, np.abs(curves["density"][text]), "o-", color=f"C{(1, 0, 2)[at]}", lw=1.2, label=text)
        right.loglog(n, np.abs(curves["time"][text]), "s--", color=f"C{(1, 0, 2)[at]}", lw=1, ms=4)
    right.set(xlabel="cells a side", ylabel="error", title="density (full), mean time (dashed)")
    right.set_xticks(n, [f"{v:g}" for v in n])
    right.minorticks_off()
    right.legend(fontsize=9)
    return fig


THEOREM = Theorem(
    id="rotational-reference",
    title="Strong rotation and the refitted reference",
    group="Currents and phase space",
    number=4,
    statement=r"""
        Let the drift be $-D \nabla \Phi + k\, (\partial_y \Phi, -\partial_x \Phi)$, so that the density is $e^{-\Phi}$
        for every $k$. Rates that fit the whole drift exponentially turn into upwind differences where $k$ is large.
        Split about a reference $\rho = e^{-\Phi}$, $k_{ij} m_i = s_{ij} + a_{ij}$ and $k_{ji} m_j = s_{ij} - a_{ij}$
        with $s_{ij} \geq |a_{ij}|$, they are positive for every $k$ and every grid, and of second order. The reference
        need not be known: refitted to the stationary law of the scheme itself it gives the same order.
        """,
    hypotheses=(
        r"$\Phi = 3 (x^2 - 1)^2 + 2 y^2 + x y$, $D = 1 + 0.4 \sin(x - y/2)$ read as isothermal, $k = 10$: along an "
        r"edge of the grid of $128 \times 128$ cells the rotation is worth several kT.",
        r"Drift and noise as callables; for the given reference $\Phi$ too. The time is that from $(-1, 0)$ to "
        r"$x > 0.52$.",
    ),
    source="Derived here; after Scharfetter and Gummel, IEEE Trans. Electron Devices 16 (1969) 64, and Gao and Liu, "
    "arXiv 2106.01344 (finite volumes on a known invariant measure)",
    verdict="exact",
    finding=r"On $128 \times 128$ cells the refitted reference leaves an error of less than half a per cent of the "
    "largest density where fitting the whole drift leaves 28; both density and mean time converge with second order.",
    measure=measure,
    figure=figure,
    caption="Left: the current races around both wells along the lines of equal density. Middle: without a reference "
    "numerical diffusion flattens the wells. Right: errors of density and mean time.",
    fast=True,
)

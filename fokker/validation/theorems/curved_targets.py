"""Curved targets, obstacles and domains on tensor grids: cut edges and open shares are of second order."""

from typing import TYPE_CHECKING, Any

import numpy as np

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    import fokker

COUNTS = (20, 40, 80, 160, 320)
SIDE = 1.25  # the grid covers (-SIDE, SIDE) along both axes
CENTRE = (0.013, -0.007)  # off nodes and faces, so that no symmetry helps
HOLE, RIM, KAPPA, PLACE = 0.4, 1.0, 2.0, 0.7
NEUMANN = 1.8411837813406593  # first zero of J_1': the slowest mode of the closed unit disc
SLOPES = {  # of ln r in T = (1 - r^2)/4 + slope ln r, by what the wall of the hole does
    "reflecting": HOLE**2 / 2,
    "absorbing": -(RIM**2 - HOLE**2) / 4 / np.log(HOLE),
    "partly absorbing": (KAPPA * (RIM**2 - HOLE**2) / 4 + HOLE / 2) / (1 / HOLE - KAPPA * np.log(HOLE)),
}
NAMES = {
    "disc": "disc, centre",
    "reflecting": "reflecting hole, ring $r = 0.7$",
    "absorbing": "absorbing hole, ring $r = 0.7$",
    "partly absorbing": r"partly absorbing hole, ring $r = 0.7$",
    "mode": "closed disc, slowest mode",
}


def radius(x: Any, y: Any) -> Any:
    """Return the distance from the centre of the circles."""
    return np.hypot(x - CENTRE[0], y - CENTRE[1])


def beyond(x: Any, y: Any) -> Any:
    """Tell what lies outside the rim."""
    return radius(x, y) > RIM


def free() -> "fokker.Problem":
    """Return diffusion without drift on the square."""
    import fokker

    square = {"x": (-SIDE, SIDE), "y": (-SIDE, SIDE)}
    return fokker.Problem(lambda x, y: (0 * x, 0 * y), diffusion=1.0, domain=square)


def disc(cells: int) -> float:
    """Return the mean time from the centre to the rim."""
    import fokker

    times = fokker.mean_first_passage(
        fokker.discretize(free(), cells=cells), fokker.Region(lambda x, y: 1 - radius(x, y))
    )
    return float(times.at(x=CENTRE[0], y=CENTRE[1]))


def annulus(cells: int, wall: str) -> tuple[float, "fokker.PassageTime"]:
    """Return the mean time from a ring to the rim around a hole, and all times."""
    import fokker

    kind: Any = fokker.Robin(KAPPA) if wall == "partly absorbing" else wall
    generator = fokker.discretize(free(), cells=cells, obstacle=lambda x, y: radius(x, y) < HOLE, wall=kind)
    times = fokker.mean_first_passage(generator, beyond)
    angle = np.linspace(0.0, 2 * np.pi, 64, endpoint=False)
    ring = times.at(x=CENTRE[0] + PLACE * np.cos(angle), y=CENTRE[1] + PLACE * np.sin(angle))
    return float(ring.mean()), times


def slowest(cells: int) -> float:
    """Return the first eigenvalue below zero of the closed disc."""
    import fokker

    return float(fokker.spectrum(fokker.discretize(free(), cells=cells, obstacle=beyond), k=3).eigenvalues[1].real)


def measure() -> Measurement:
    """Errors on five grids, and what remains after extrapolation of the two finest."""
    exact = {wall: (RIM**2 - PLACE**2) / 4 + slope * np.log(PLACE) for wall, slope in SLOPES.items()}
    exact |= {"disc": 0.25, "mode": -(NEUMANN**2)}
    found = {wall: [annulus(n, wall)[0] for n in COUNTS] for wall in SLOPES}
    found["disc"] = [disc(n) for n in COUNTS]
    found["mode"] = [slowest(n) for n in COUNTS[:-1]]
    errors = {name: np.abs(np.array(values) / exact[name] - 1) for name, values in found.items()}
    rates = tuple(
        Rate(
            f"{NAMES[name]}: error in the cell size",
            tuple(2 * SIDE / n for n in COUNTS[: len(errors[name])]),
            tuple(errors[name]),
            2.0,
            0.2,
            "declared order 2, within 0.2",
        )
        for name in NAMES
    )
    checks = [
        Check("disc, centre, 320 cells a side: $T$", found["disc"][-1], 0.25, 2e-5, "demanded at this size: 2e-5"),
    ]
    for wall in SLOPES:
        coarse, fine = found[wall][-2:]
        checks.append(
            Check(
                f"{NAMES[wall]}: $T$ extrapolated from 160 and 320 cells a side",
                (4 * fine - coarse) / 3,
                exact[wall],
                2e-5,
                "demanded at this size: 2e-5",
            )
        )
    _, times = annulus(80, "reflecting")
    return Measurement(tuple(checks), rates, {"errors": errors, "nodes": times.nodes, "times": times.values})


def figure(measurement: Measurement) -> "Figure":
    """Draw the times around a reflecting hole, and the errors against the number of cells."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Circle

    fig = Figure(figsize=(8.4, 3.9))
    left, right = fig.subplots(1, 2, width_ratios=(1, 1.3))
    x, y = measurement.data["nodes"]
    mesh = np.meshgrid(x, y, indexing="ij")
    times = np.where(radius(*mesh) < RIM + 2 * SIDE / 80, measurement.data["times"], np.nan)
    lines = left.contour(x, y, np.ma.masked_invalid(times.T), [0.02, 0.05, 0.08, 0.11, 0.13], colors="C0", linewidths=1)
    left.clabel(lines, fontsize=9)
    left.add_patch(Circle(CENTRE, HOLE, color="C6", alpha=0.5, lw=0))
    left.add_patch(Circle(CENTRE, RIM, fill=False, ec="C1", lw=1.8))
    left.grid(False)
    left.set(
        aspect="equal", title="mean time to the rim", xlabel="$x$", ylabel="$y$", xlim=(-1.1, 1.1), ylim=(-1.1, 1.1)
    )
    for k, (name, errors) in enumerate(measurement.data["errors"].items()):
        right.loglog(
            COUNTS[: len(errors)], errors, "os^Dv"[k] + "-", color=f"C{k}", lw=1, label=NAMES[name].split(",")[0]
        )
    n = np.array(COUNTS, dtype=float)
    right.loglog(n, 0.06 * (n / n[0]) ** -2.0, "--", color="C6", lw=1)
    right.annotate("order 2", (n[3], 0.075 * (n[3] / n[0]) ** -2.0), color="C6")
    right.set(title="relative error", xlabel="cells along each axis")
    right.set_xticks(n, [f"{v:g}" for v in n])
    right.minorticks_off()
    right.legend(fontsize=9.5)
    return fig


THEOREM = Theorem(
    id="curved-targets",
    title="Discs, holes and curved domains on a tensor grid",
    group="Escape times",
    number=12,
    statement=r"""
        An edge that a target's wall crosses at the fraction $\theta$ leads into the target with the conductance of
        its piece, $\frac{D}{\theta h}$, while the cell keeps its mass. At a reflecting wall every edge conducts
        through the open share of its face and every cell holds the open share of its mass; through a partly
        absorbing one a cell leaks $\kappa$ times the area of wall in it. All three keep the rates positive and
        detailed balance exact, and are of second order in $h$, against first order for a staircase.

        For $D = 1$ without drift and the rim $r = 1$,
        $$T(r) = \frac{1 - r^2}{4} + c \ln r$$
        with $c = 0$ for the disc, and for a hole of radius $a$: $c = \frac{a^2}{2}$ (reflecting, $T'(a) = 0$),
        $c = -\frac{1 - a^2}{4 \ln a}$ (absorbing, $T(a) = 0$),
        $c = \left[\kappa \frac{1 - a^2}{4} + \frac{a}{2}\right] / \left[\frac{1}{a} - \kappa \ln a\right]$ (partly
        absorbing, $T'(a) = \kappa T(a)$). The slowest mode of the closed disc is $J_1(j r) \cos \varphi$ with
        $J_1'(j) = 0$; it runs along the wall, which radial times do not.
        """,
    hypotheses=(
        r"Circles around $(0.013, -0.007)$, off nodes and faces, $a = 0.4$, $\kappa = 2$, in a square of side 2.5.",
        "Sets given as predicates or signed functions; walls found by bisection.",
        "The mean over a ring is taken, by cubic interpolation between the nodes.",
    ),
    source="the closed forms follow from $T'' + T'/r = -1$; cut edges: Shortley and Weller, J. Appl. Phys. 9 (1938) "
    "334, in symmetric form: Gibou, Fedkiw, Cheng and Kang, J. Comput. Phys. 176 (2002) 205; open shares: Purvis and "
    "Burkhalter, AIAA J. 17 (1979) 1170",
    verdict="exact",
    finding="Second order in all five cases; the disc is exact to 1.1e-5 on 320 cells a side. Around a hole the error "
    "on that grid is 3e-5 (reflecting), 5e-5 (partly absorbing) and 1e-4 (absorbing), regular enough for extrapolation "
    "to bring all three below 2e-6.",
    measure=measure,
    figure=figure,
    caption="Left: lines of equal mean time to the rim (orange) around a reflecting hole (grey), 80 cells a side. "
    "Right: relative errors.",
    fast=True,
)

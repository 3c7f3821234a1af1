"""Brownian motion out of balls and shells: the radial process, entrance point at the centre."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    import fokker

Array = NDArray[np.floating[Any]]

DIMENSIONS = (1, 2, 3)
COUNTS = (100, 200, 400)
SECOND = {1: (5, 12), 2: (3, 32), 3: (7, 180)}
PRINTED_RATE = {1: np.pi**2 / 4, 2: 5.7831859629468, 3: np.pi**2}
CENTRE = 1e-9
RADII = np.linspace(0.05, 0.95, 10)


def ball(dimension: int, cells: int) -> "fokker.Generator":
    """Return the distance from the centre, absorbed at 1: drift (d - 1)/r, D = 1.

    Above one dimension the axis starts at a distance of 1e-9, never reached by the process but with a
    probability of 1e-9 to a power; half of the cells are spent below 0.02.
    """
    import fokker

    start = 0.0 if dimension == 1 else CENTRE
    problem = fokker.Problem(
        drift=lambda r: (dimension - 1) / r if dimension > 1 else 0.0 * r,
        diffusion=1.0,
        domain={"r": (start, 1.0)},
        boundary={"r": ("reflecting", "absorbing")},
    )
    inner = np.geomspace(CENTRE, 0.02, cells // 2)
    if dimension == 1:
        return fokker.discretize(problem, cells=cells)
    faces = np.concatenate([inner, np.linspace(0.02, 1.0, cells // 2 + 2)[1:]])
    return fokker.discretize(problem, grid=fokker.Grid(r=fokker.Axis.stretched(faces)))


def shell(dimension: int, cells: int = 100) -> "fokker.Generator":
    """Return the distance from the centre between an absorbing sphere of radius 1 and a reflecting one of 3."""
    import fokker

    problem = fokker.Problem(
        drift=lambda r: (dimension - 1) / r,
        diffusion=1.0,
        domain={"r": (1.0, 3.0)},
        boundary={"r": ("absorbing", "reflecting")},
    )
    return fokker.discretize(problem, cells=cells)


def measure() -> Measurement:
    """Means to rounding; second moments and slowest rates to second order; shells."""
    import fokker
    from fokker.theory import brownian
    from fokker.validation.theorems import _classics as classics
    from fokker.validation.theorems import _escape as escape

    checks, rates, curves = [], [], {}
    for d in DIMENSIONS:
        bound = escape.rounding(COUNTS[0], 0.0)
        mean = fokker.mean_first_passage(ball(d, COUNTS[0]))
        curves[d] = np.asarray(mean.at(r=RADII))
        worst = float(np.abs(curves[d] / brownian.ball_mean(RADII, 1.0, d) - 1).max())
        checks += [
            Check(
                rf"$d = {d}$: largest relative error of $m_1$ at ten distances",
                worst,
                0.0,
                bound,
                r"rounding bound $10 N u$ of an elimination free of subtractions, $N = 100$",
                "absolute",
            ),
            Check(
                rf"$d = {d}$: closed form of $m_2$ at the centre",
                float(brownian.ball_second_moment(0.0, 1.0, d)),
                SECOND[d][0] / SECOND[d][1],
                4 * escape.UNIT,
                "rounding",
            ),
        ]
        start = 0.0 if d == 1 else 2 * CENTRE
        generators = [ball(d, n) for n in COUNTS]
        second = np.array([fokker.passage_moment(g, order=2).at(r=start) for g in generators])
        slowest = np.array([fokker.quasi_stationary(g).rate for g in generators])
        for name, values, exact in (
            ("$m_2$ from the centre", second, SECOND[d][0] / SECOND[d][1]),
            (r"$\lambda_1$", slowest, float(brownian.ball_slowest_rate(1.0, d))),
        ):
            errors = np.abs(values / exact - 1)
            limit, last = classics.extrapolated(values, 2, (2, 3))
            checks.append(
                Check(
                    f"$d = {d}$: {name}, extrapolated in the cell size",
                    limit,
                    exact,
                    last / abs(limit),
                    "last correction of the extrapolation from 100, 200 and 400 cells, orders 2 and 3 cancelled",
                )
            )
            rates.append(
                Rate(
                    f"$d = {d}$: {name}, in $1/N$",
                    tuple(1 / n for n in COUNTS),
                    tuple(errors),
                    2.0,
                    0.1,
                    "declared order 2, within 0.1",
                )
            )
        time = fokker.mean_first_passage(shell(d)).at(r=2.0)
        exact = float(brownian.shell_mean(2.0, 1.0, 3.0, d))
        checks.append(
            Check(
                rf"$d = {d}$: shell $1 < r < 3$, mean time from 2 to the inner sphere",
                time,
                exact,
                bound,
                r"rounding bound $10 N u$, $N = 100$",
            )
        )
    checks += [
        Check("$d = 2$: that time as printed", float(brownian.shell_mean(2.0, 1.0, 3.0, 2)), 2.3691623125198,
              escape.half_unit("2.3691623125198") + 4 * escape.UNIT, "half a unit in the last printed digit"),
        Check(r"$d = 2$: $\lambda_1 = j_{01}^2$ as printed", float(brownian.ball_slowest_rate(1.0, 2)),
              PRINTED_RATE[2], escape.half_unit("5.7831859629468") + 4 * escape.UNIT,
              "half a unit in the last printed digit"),
    ]  # fmt: skip
    law = {d: fokker.quasi_stationary(ball(d, COUNTS[-1])) for d in DIMENSIONS}
    profile = {d: (np.asarray(q.nodes[0]), q.values) for d, q in law.items()}
    return Measurement(tuple(checks), tuple(rates), {"curves": curves, "profile": profile})


def figure(measurement: Measurement) -> "Figure":
    """Draw the mean times against the start, and the law of what has not yet left."""
    from matplotlib.figure import Figure
    from scipy.special import j0, j1, jn_zeros

    fig = Figure(figsize=(8.4, 3.9))
    left, right = fig.subplots(1, 2)
    r = np.linspace(0.0, 1.0, 200)[1:]
    zero = float(jn_zeros(0, 1)[0])
    exact = {
        1: np.pi / 2 * np.cos(np.pi * r / 2),
        2: r * j0(zero * r) * zero / j1(zero),
        3: np.pi * r * np.sin(np.pi * r),
    }
    for at, d in enumerate(DIMENSIONS):
        left.plot(r, (1 - r**2) / (2 * d), color=f"C{at}", label=f"$d = {d}$")
        left.plot(RADII, measurement.data["curves"][d], "o", ms=4, color=f"C{at}")
        x, values = measurement.data["profile"][d]
        far = np.flatnonzero(x > 0.01)
        far = far[:: max(1, len(far) // 14)]
        right.plot(r, exact[d], color=f"C{at}")
        right.plot(x[far], values[far], "o", ms=4, color=f"C{at}")
    left.set(xlabel="start $r/R$", ylabel=r"mean time, in $R^2/D$")
    left.legend()
    right.set(xlabel="distance $r/R$", ylabel="law of the survivors")
    return fig


THEOREM = Theorem(
    id="brownian-exit",
    title="Brownian motion out of a ball",
    group="Classics",
    number=7,
    statement=r"""
        From the distance $r$ to the centre of a ball of radius $R$ in $d$ dimensions, the time to leave has the moments
        $$m_1 = \frac{R^2 - r^2}{2 d D}, \quad
        m_2 = \frac{(R^2 - r^2)\, ((d + 4) R^2 - d\, r^2)}{4 d^2 (d + 2) D^2},$$
        and the survivors decay at the rate $\lambda_1 = D j^2/R^2$, $j$ the first zero of $J_{d/2 - 1}$. In a shell
        with an absorbing inner sphere $R_1$ and a reflecting outer sphere $R_2$,
        $$m_1 = \frac1D \left[\frac{R_1^2 - r^2}{2 d} + \frac{R_2^d}{d} \int_{R_1}^{r} q^{1 - d}\, dq\right].$$
        """,
    hypotheses=(
        r"The distance is a process in one dimension, with the drift $(d - 1) D/r$; for $d \geq 2$ the centre is an "
        "entrance that is left and never met.",
        r"Measured at $R = D = 1$; for $d = 2, 3$ the axis starts at $10^{-9}$, half of its cells below 0.02.",
    ),
    source="Redner, A Guide to First-Passage Processes (2001), chapter 6",
    verdict="exact",
    finding=r"Mean times agree to rounding; second moments and decay rates converge with order 2 to $\frac{5}{12}$, "
    r"$\frac{3}{32}$, $\frac{7}{180}$ and to $\pi^2/4$, $j_{01}^2$, $\pi^2$.",
    measure=measure,
    figure=figure,
    caption="Left: mean times, closed forms (lines) and the radial process on 100 cells (dots). Right: the law of the "
    "distance of what has not yet left, a cosine, a Bessel function and a sine, weighted with the sphere's surface.",
    fast=True,
)

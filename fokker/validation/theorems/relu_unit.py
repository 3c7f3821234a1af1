"""One ReLU unit with random labels: real stochastic gradient descent against the Fokker-Planck equation's moments."""

import warnings
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

START = (0.5, 0.0)
TAU = 0.5
RUNS = 200_000
SETTINGS = ((0.05, 1), (0.05, 2), (0.1, 4))  # (eta, B)
PRINTED = ("0.0853333333333333", "0.1120000000000000", "0.1960000000000000")  # C_vv, C_vb, C_bb at (0.7, -0.2)
TERMS = 10
CELLS, EARLY = 128, 0.1
LONG, LONG_STEP, LONG_RUNS = 16.0, 0.2, 4_000
BECAUSE = "4 standard errors"
LEFT_OUT = (
    "4 standard errors; four last terms of the series, which shrink by 0.7 or less from one to the next; "
    r"what the formulas of $b < 1$ add beyond it, by Duhamel's formula to second order in $\tau$; $\eta^2/B$ of the "
    "change for steps of finite size"
)


class Cloud(NamedTuple):
    """Weights and biases of all runs."""

    v: Array
    b: Array


def descend(eta: float, batch: int, steps: int, cloud: Cloud, rng: np.random.Generator) -> Cloud:
    """Return all runs after so many steps of stochastic gradient descent on the loss -y v max(x + b, 0)."""
    v, b = cloud
    for _ in range(steps):
        along_v, along_b = np.zeros_like(v), np.zeros_like(b)
        for _ in range(batch):
            draw = rng.random(len(v)) * 4 - 2  # its sign is the label, its size the input from -1 to 1, shifted by 1
            label = np.sign(draw)
            before = np.abs(draw) - 1 + b
            active = label * (before > 0)
            along_v += active * before
            along_b += active
        v, b = v + eta / batch * along_v, b + eta / batch * v * along_b
    return Cloud(v, b)


@cache
def runs(eta: float, batch: int) -> Cloud:
    """Return the runs at tau = eta^2 steps/B."""
    cloud = Cloud(np.full(RUNS, START[0]), np.full(RUNS, START[1]))
    return descend(eta, batch, round(TAU * batch / eta**2), cloud, np.random.default_rng([batch, round(1000 * eta)]))


def gradient_covariance(v: float, b: float, inputs: int = 4000) -> Array:
    """Return the covariance of the gradient, from central differences of the loss at inputs on a fine grid."""
    x = -1 + 2 * (np.arange(inputs) + 0.5) / inputs
    h = 1e-5

    def loss(weight: float, bias: float) -> Array:
        return -weight * np.maximum(x + bias, 0.0)  # label +1; the other sign has the same square

    slopes = np.array([(loss(v + h, b) - loss(v - h, b)) / (2 * h), (loss(v, b + h) - loss(v, b - h)) / (2 * h)])
    return np.asarray(slopes @ slopes.T / inputs)


def measure() -> Measurement:
    """The covariance, conserved means, growing second moments, and the same law for every batch."""
    checks = _covariance()
    for eta, batch in SETTINGS:
        checks += _moments(eta, batch)
    checks += _independence()
    checks += _equation()
    times, shares, middles = _dying()
    return Measurement(tuple(checks), (), {"times": times, "dead": shares, "median": middles})


def _covariance() -> list[Check]:
    from fokker.theory import relu_unit as theory
    from fokker.validation.theorems import _escape as escape

    v, b = 0.7, -0.2
    exact, found = theory.covariance(v, b), gradient_covariance(v, b)
    rows = []
    for (i, j), digits in zip(((0, 0), (0, 1), (1, 1)), PRINTED, strict=True):
        name = f"$C_{{{'vb'[i]}{'vb'[j]}}}$ at $v = 0.7$, $b = -0.2$"
        rows += [
            Check(name, exact[i, j], float(digits), escape.half_unit(digits) + 8 * escape.UNIT, "half a printed unit"),
            Check(
                f"{name}, from differences of the loss",
                found[i, j],
                exact[i, j],
                1e-6,
                r"midpoint rule on 4000 inputs, order 2, the kink between two of them; differences, $10^{-10}$",
            ),
        ]
    rows.append(
        Check(
            r"$\det C/(v^2 (1 + b)^4/48)$ there, from differences of the loss",
            float(np.linalg.det(found)) / (v**2 * (1 + b) ** 4 / 48),
            1.0,
            1e-5,
            "as above, times the cancellation in the determinant",
        )
    )
    return rows


def _moments(eta: float, batch: int) -> list[Check]:
    """Means, second moments and the cross moment of one setting."""
    from fokker.theory import relu_unit as theory

    cloud, p = runs(eta, batch), 1 + runs(eta, batch).b
    name = rf"$\eta = {eta:g}$, $B = {batch}$"
    rows = []
    for label, values, exact in (("$E v$", cloud.v, START[0]), ("$E b$", cloud.b, START[1])):
        text = f"{name}: {label}, conserved{_shown(values)}"
        rows.append(Check(text, values.mean(), exact, _error(values), BECAUSE, "absolute"))
    beyond = _beyond(cloud)
    for label, values, series in (
        ("$E v^2$, from 0.25", cloud.v**2, theory.second_moment(*START, TAU, TERMS)),
        ("$E (1 + b)^2$, from 1", p**2, theory.activation_moment(*START, TAU, 2, TERMS)),
        ("$E v (1 + b)$, from 0.5", cloud.v * p, theory.cross_moment(*START, TAU, TERMS)),
    ):
        left_out = 4 * series.last_term + eta**2 / batch * TAU + next(beyond)
        rows.append(
            Check(
                f"{name}: {label}{_shown(values)}",
                values.mean(),
                series.value,
                _error(values) + left_out,
                LEFT_OUT,
                "absolute",
            )
        )
    return rows


def _beyond(cloud: Cloud) -> Iterator[float]:
    """By how much the three moments would be larger if the formulas of -1 < b < 1 held for every b.

    The integral over time of (1/2) dC_ij d_i d_j u, u the series of the moment; all taken at its end, where it is
    largest.
    """
    v, p, excess, s = np.abs(cloud.v), np.abs(1 + cloud.b), np.maximum(cloud.b - 1, 0), TAU
    along_v, cross, along_b = excess**3 / 6, v * excess**2 / 4, v**2 * excess / 2
    for second in (
        along_v * (1 + s**2 * p**2 / 8) + cross * s**2 * v * p / 2 + along_b * (s * p / 2 + s**2 * v**2 / 8),
        along_v * s * p / 2 + cross * s * v + along_b,
        cross * (1 + s * p / 2) + along_b * s * v / 4,
    ):
        yield TAU * float(second.mean())


def _shown(values: Array) -> str:
    return f" (s.e. {_error(values) / 4:.1e})"


def _error(values: Array) -> float:
    return 4 * float(values.std()) / float(np.sqrt(len(values)))


def _independence() -> list[Check]:
    """Distance between the laws of the bias for different batches, and medians, which do move."""
    from scipy.stats import ks_2samp

    reference = runs(*SETTINGS[0])
    rows = []
    for eta, batch in SETTINGS[1:]:
        cloud = runs(eta, batch)
        for label, first, second in (("b", reference.b, cloud.b), ("v", reference.v, cloud.v)):
            rows.append(
                Check(
                    rf"$B = {batch}$, $\eta = {eta:g}$ against $B = 1$, $\eta = 0.05$: Kolmogorov, ${label}$",
                    float(ks_2samp(first, second).statistic),
                    0.0,
                    1.95 * float(np.sqrt(2 / RUNS)) + _step_share(),
                    r"exceeded by chance once in a thousand; and $\eta^2/B$ for steps of finite size",
                    "absolute",
                )
            )
        rows.append(
            Check(
                rf"$B = {batch}$, $\eta = {eta:g}$ against $B = 1$, $\eta = 0.05$: median of $b$"
                f" (s.e. {_median_error(cloud.b):.1e})",
                float(np.median(cloud.b)),
                float(np.median(reference.b)),
                4 * np.sqrt(2.0) * _median_error(reference.b) + _step_share(),
                r"4 standard errors of a median, of both; and $\eta^2/B$ for steps of finite size",
                "absolute",
            )
        )
    return rows


def _equation() -> list[Check]:
    """The solver's law of the Fokker-Planck equation, against the series and against gradient descent."""
    import fokker
    from fokker.theory import relu_unit as theory

    problem = fokker.Problem(
        drift=(0.0, 0.0),
        diffusion=lambda v, b: tuple(map(tuple, theory.covariance(v, b) / 2)),
        convention="ito",
        domain={"v": (-1.75, 3.25), "b": (-1.0, 4.0)},
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fokker.FokkerWarning)  # of rank one at v = 0: the solver says so, rightly
        generator = fokker.discretize(problem, cells=(CELLS, CELLS))
        path = fokker.propagate(generator, {"v": START[0], "b": START[1]}, [0.0, EARLY, TAU])
    (v, b), laws = generator.nodes, [np.asarray(law).reshape(CELLS, CELLS) for law in path.laws]
    start, early, late = (float(law.sum(axis=1) @ v**2) for law in laws)
    width = 5.0 / CELLS
    series, cloud = theory.second_moment(*START, EARLY, TERMS), runs(*SETTINGS[0])
    summed = np.cumsum(laws[2].sum(axis=0))
    kept = "error in time, declared; the scheme is the adjoint of one that is exact for linear functions"
    cells = "one square of the cell width, 0.039, for a start that is as wide and a scheme of order 2"
    return [
        Check(rf"solver, $\tau = {EARLY}$: $E v$", float(laws[1].sum(axis=1) @ v), START[0], 1e-8, kept, "absolute"),
        Check(rf"solver, $\tau = {EARLY}$: $E b$", float(laws[1].sum(axis=0) @ b), START[1], 1e-8, kept, "absolute"),
        Check(rf"solver, $\tau = {EARLY}$: growth of $E v^2$", early - start, series.value - 0.25, width**2, cells),
        Check(
            rf"solver, $\tau = {TAU}$: growth of $E v^2$, against gradient descent{_shown(cloud.v**2)}",
            late - start,
            float(np.mean(cloud.v**2)) - 0.25,
            _error(cloud.v**2) + width**2,
            f"{BECAUSE}, and {cells}",
            "absolute",
        ),
        Check(
            rf"solver, $\tau = {TAU}$: median of $b$, against gradient descent (s.e. {_median_error(cloud.b):.1e})",
            float(np.interp(0.5, summed, b + width / 2)),
            float(np.median(cloud.b)),
            4 * _median_error(cloud.b) + width**2 + _step_share(),
            f"{BECAUSE}, {cells}, and steps of finite size",
            "absolute",
        ),
    ]


def _step_share() -> float:
    return max(eta**2 / batch for eta, batch in SETTINGS)


def _median_error(values: Array) -> float:
    """Standard error of the median, half the distance of the order statistics one deviation apart."""
    n = len(values)
    low, high = np.quantile(values, (0.5 - 0.5 / np.sqrt(n), 0.5 + 0.5 / np.sqrt(n)))
    return float(high - low) / 2


def _dying() -> tuple[Array, Array, Array]:
    """Return times, the share of dead units, and the medians of b and |v| (for the figure)."""
    rng = np.random.default_rng(7)
    cloud = Cloud(np.full(LONG_RUNS, START[0]), np.full(LONG_RUNS, START[1]))
    times = np.linspace(0.0, LONG, 41)
    dead, middles = [0.0], [START]
    for _ in times[1:]:
        cloud = descend(LONG_STEP, 1, round(times[1] / LONG_STEP**2), cloud, rng)
        dead.append(float(np.mean(cloud.b <= -1)))
        middles.append((float(np.median(np.abs(cloud.v))), float(np.median(cloud.b))))
    return times, np.array(dead), np.array(middles)


def figure(measurement: Measurement) -> "Figure":
    """Draw the cloud of weights and biases with the force, the law of the bias, and the units that die."""
    from matplotlib.figure import Figure

    from fokker.theory import relu_unit as theory

    fig = Figure(figsize=(11.4, 3.7))
    left, middle, right = fig.subplots(1, 3)
    cloud = runs(*SETTINGS[0])
    left.hist2d(cloud.b, cloud.v, bins=90, range=((-1.05, 1.05), (-0.6, 1.5)), cmap="Blues", rasterized=True)
    b, v = np.meshgrid(np.linspace(-0.85, 0.85, 7), np.linspace(-0.4, 1.3, 6))
    along_v, along_b = theory.force(v, b)
    left.quiver(b, v, along_b, along_v, color="C1", width=0.006, angles="xy", scale_units="xy", scale=3.2)
    left.plot(START[1], START[0], "o", color="black", ms=5)
    left.set(xlabel="bias $b$", ylabel="weight $v$", title=rf"$\tau = {TAU}$: runs, and the force")
    for at, (eta, batch) in enumerate(SETTINGS):
        law = runs(eta, batch).b
        heights, edges = np.histogram(law, bins=60, range=(-0.9, 1.1), density=True)
        centre = (edges[1:] + edges[:-1]) / 2
        middle.plot(centre, heights, color=f"C{at}", ls=("-", "--", ":")[at], label=rf"$\eta = {eta:g}$, $B = {batch}$")
    middle.axvline(0.0, color="C6", lw=1)
    middle.axvline(float(np.median(runs(*SETTINGS[0]).b)), color="C1", lw=1)
    middle.annotate("mean", (0.02, 0.1), color="C6")
    middle.annotate("median", (-0.09, 0.1), ha="right", color="C1")
    middle.set(xlabel="bias $b$", ylabel="density", title="the same law for every batch")
    middle.legend(fontsize=9.5)
    data = measurement.data
    right.plot(data["times"], data["dead"], color="C3", label="share of dead units, $b \\leq -1$")
    right.plot(data["times"], data["median"][:, 0], color="C0", label="median of $|v|$")
    right.plot(data["times"], data["median"][:, 1], color="C1", label="median of $b$ (mean: 0)")
    right.set(xlabel=r"$\tau = \eta^2 \times$ steps$/B$", title="in the long run")
    right.legend(fontsize=9.5)
    return fig


THEOREM = Theorem(
    id="relu-unit",
    title="Thermophoresis of one ReLU unit",
    group="Gradient noise",
    number=3,
    statement=r"""
        One unit $f(x) = v \max(x + b, 0)$, inputs uniform on $(-1, 1)$, random labels, loss $-y f$. Its gradient has no
        mean; for $-1 < b < 1$ the covariance of a sample's gradient is
        $$C_{vv} = \tfrac16 (1 + b)^3, \quad C_{vb} = \tfrac14 v (1 + b)^2, \quad C_{bb} = \tfrac12 v^2 (1 + b),$$
        and a thermophoretic force of strength $\eta^2/B$,
        $$F_v = -\tfrac14 v (1 + b), \quad F_b = -\tfrac18 (1 + b)^2 - \tfrac14 v^2,$$
        pushes towards smaller weights and lower activation.
        """,
    hypotheses=(
        r"Poor predictions: the logistic loss linearised at $f = 0$.",
        r"Law of the iterates at $\tau = \eta^2\, \mathrm{steps}/B$: $\rho_\tau = \frac12 \partial_i \partial_j "
        r"(C_{ij}\, \rho)$, without $\eta$ and $B$. $C$ has rank one at $v = 0$ and vanishes at $b = -1$.",
        r"Real gradient descent: 200 000 runs from $v = 0.5$, $b = 0$ to $\tau = \frac12$, with $(\eta, B) = "
        r"(0.05, 1)$, $(0.05, 2)$ and $(0.1, 4)$; labels and inputs drawn anew at each step.",
        r"Closed form of the second moments: the Taylor series in $\tau$, whose terms are polynomials of the start.",
        r"Solver: the equation for $\rho$ on $128^2$ cells, $-1.75 < v < 3.25$, $-1 < b < 4$, its tensor degenerate.",
    ),
    source="Implicit regularization of SGD via thermophoresis, OpenReview W1uVrPNO8Bw (2020), section on the smallest "
    "network; moments derived here",
    verdict="exact",
    finding=r"Covariance, signs and the scale $\eta^2/B$ are right, and the law at equal $\tau$ does not depend on the "
    r"batch. But the force is a flux at uniform density and not a velocity: $E v$ and $E b$ never move, $E v^2$ "
    "grows. It moves medians, and units die one after another.",
    measure=measure,
    figure=figure,
    caption=r"Left: runs of gradient descent, and the force of the theory. Middle: the bias at equal $\tau$ for three "
    "settings; its mean stays, its median moves. Right: medians fall as units die.",
    fast=True,
)

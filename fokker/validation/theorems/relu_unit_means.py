"""One ReLU unit, three ways: thermophoresis moves medians and leaves means where they are."""

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

START, TAU, ETA = (0.5, 0.0), 0.5, 0.05
RUNS, PATHS, STEP, SEED = 100_000, 60_000, 2.5e-3, 11
QUOTED_RUNS = 200_000
# E v, E b, E v^2 and the median of b in earlier simulations of so many runs
QUOTED = {
    "SGD, $B = 1$": (0.5006, 0.0003, 0.3445, -0.0708),
    "SGD, $B = 2$": (0.5006, 0.0003, 0.3429, -0.0693),
    "stochastic equation": (0.5, 0.0, 0.3463, -0.0702),
}
NAMES = ("$E v$", "$E b$", "$E v^2$", "median of $b$")
CELLS, WIDTH, LOW, HIGH = 192, 0.02, (-1.75, -1.0), (3.25, 4.0)
ASKED = ((0.344, 0.003), (-0.070, 0.002))  # E v^2 and the median of b from the solver


def measure() -> Measurement:
    """Means, the second moment and the median of gradient descent, of the stochastic equation and of the density."""
    clouds = {"SGD, $B = 1$": descent(1), "SGD, $B = 2$": descent(2), "stochastic equation": paths()}
    rows = [row for name, (v, b) in clouds.items() for row in _against(name, v, b)]
    solved, biases = _solver()
    return Measurement((*rows, *solved), (), {"clouds": {name: b for name, (_, b) in clouds.items()}, "solver": biases})


def descent(batch: int) -> tuple[Array, Array]:
    """Return weights and biases of gradient descent on the loss -y v max(x + b, 0)."""
    from fokker.validation.theorems.relu_unit import Cloud, descend

    cloud = Cloud(np.full(RUNS, START[0]), np.full(RUNS, START[1]))
    return descend(ETA, batch, round(TAU * batch / ETA**2), cloud, np.random.default_rng([SEED, batch]))


def paths() -> tuple[Array, Array]:
    """Return weights and biases of Ito's equation with the covariance of the gradient, by Euler and Maruyama."""
    import fokker
    from fokker.sgd import simulate_sde
    from fokker.theory import relu_unit as theory

    def root(v: Array, b: Array) -> Any:
        c = theory.covariance(v, b)
        first = np.sqrt(c[0, 0])
        cross = np.divide(c[0, 1], first, out=np.zeros_like(first), where=first > 0)
        return (first, 0.0 * first), (cross, np.sqrt(np.maximum(c[1, 1] - cross**2, 0.0)))

    line = (-np.inf, np.inf)
    problem = fokker.Problem(drift=(0.0, 0.0), noise=root, convention="ito", domain={"v": line, "b": line})
    run = simulate_sde(problem, dict(zip("vb", START, strict=True)), [TAU], step=STEP, replicas=PATHS, rng=SEED)
    v, b = run.values[:, -1]
    return v, b


def _errors(v: Array, b: Array) -> Iterator[float]:
    """Standard errors of the four numbers; of the median, from the order statistics one deviation to each side."""
    n = len(v)
    for values in (v, b, v**2):
        yield float(values.std()) / float(np.sqrt(n))
    low, high = np.quantile(b, (0.5 - 0.5 / np.sqrt(n), 0.5 + 0.5 / np.sqrt(n)))
    yield float(high - low) / 2


def _against(name: str, v: Array, b: Array) -> list[Check]:
    found = (v.mean(), b.mean(), (v**2).mean(), np.median(b))
    both = float(np.sqrt(1 + len(v) / QUOTED_RUNS))
    rows = []
    for label, value, quoted, error in zip(NAMES, found, QUOTED[name], _errors(v, b), strict=True):
        if quoted not in START:
            text = f"{name}: {label} (s.e. {error:.1e}), against an earlier simulation's"
            why = "4 standard errors of both; that one had 200 000 runs"
            rows.append(Check(text, value, quoted, 4 * both * error, why, "absolute"))
        if label in NAMES[:2]:
            exact, text = START[NAMES.index(label)], f"{name}: {label} (s.e. {error:.1e}), conserved"
            rows.append(Check(text, value, exact, 4 * error, "4 standard errors", "absolute"))
    return rows


def _solver() -> tuple[list[Check], tuple[Array, Array]]:
    """The density equation from a narrow Gaussian; means move by what the walls hold back, and no more."""
    import fokker
    from fokker.theory import relu_unit as theory

    problem = fokker.Problem(
        drift=(0.0, 0.0),
        diffusion=lambda v, b: tuple(map(tuple, theory.covariance(v, b) / 2)),
        convention="ito",
        domain=dict(zip("vb", zip(LOW, HIGH, strict=True), strict=True)),
    )

    def narrow(v: Array, b: Array) -> Array:
        square = (v - START[0]) ** 2 + (b - START[1]) ** 2
        return np.asarray(np.exp(-square / (2 * WIDTH**2)) / (2 * np.pi * WIDTH**2))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fokker.FokkerWarning)  # of rank one at v = 0: the solver says so, rightly
        generator = fokker.discretize(problem, cells=(CELLS, CELLS))
        path = fokker.propagate(generator, narrow, [0.0, TAU])
    (v, b), cell = generator.nodes, [(high - low) / CELLS for low, high in zip(LOW, HIGH, strict=True)]
    before, law = (np.asarray(p).reshape(CELLS, CELLS) for p in path.laws)
    median = float(np.interp(0.5, np.cumsum(law.sum(axis=0)), b + cell[1] / 2))
    held = _held_back(theory.covariance(*np.meshgrid(v, b, indexing="ij")), law, cell)
    name = rf"solver, ${CELLS}^2$ cells, $\tau = {TAU:g}$"
    rows = [
        Check(
            f"{name}: change of {label}, conserved",
            float((law - before).sum(axis=1 - axis) @ places),
            0.0,
            held[axis] + 2e-8 * max(abs(LOW[axis]), abs(HIGH[axis])),
            r"what the walls hold back, $\frac\tau2 \oint C_{ij} p\, n_j$ taken at its end; and $10^{-8}$ of the mass "
            "for the error in time",
            "absolute",
        )
        for axis, (label, places) in enumerate(zip(NAMES[:2], (v, b), strict=True))
    ]
    for label, value, (wanted, allowed) in zip(NAMES[2:], (float(law.sum(axis=1) @ v**2), median), ASKED, strict=True):
        rows.append(Check(f"{name}: {label}", value, wanted, allowed, "the accuracy asked of the solver", "absolute"))
    return rows, (b, law.sum(axis=0) / cell[1])


def _held_back(c: Array, law: Array, cell: list[float]) -> tuple[float, float]:
    """Return (tau/2) int C_ij p n_j over the four walls, absolute values, for i = v and b."""
    p = law / (cell[0] * cell[1])
    ends = (0, -1)
    found = []
    for axis in (0, 1):
        along_v = sum(float(np.abs(c[axis, 0, at] * p[at]).sum()) * cell[1] for at in ends)
        along_b = sum(float(np.abs(c[axis, 1, :, at] * p[:, at]).sum()) * cell[0] for at in ends)
        found.append(TAU / 2 * (along_v + along_b))
    return found[0], found[1]


def figure(measurement: Measurement) -> "Figure":
    """The law of the bias from the three ways, with its mean and its median."""
    from matplotlib.figure import Figure

    drawing = Figure(figsize=(7.2, 3.9))
    axes = drawing.subplots()
    b, law = measurement.data["solver"]
    axes.plot(b, law, color="C0", label="solver")
    for at, (name, cloud) in enumerate(measurement.data["clouds"].items(), 1):
        heights, edges = np.histogram(cloud, bins=50, range=(-0.95, 1.2))
        share = heights / (len(cloud) * (edges[1] - edges[0]))
        axes.plot((edges[1:] + edges[:-1]) / 2, share, "osx"[at - 1], ms=4.5, color=f"C{at}", label=name)
    axes.axvline(0.0, color="C6", lw=1.2)
    axes.axvline(ASKED[1][0], color="C6", lw=1.2, ls="--")
    axes.annotate("mean", (0.02, 0.1), color="C6")
    axes.annotate("median", (ASKED[1][0] - 0.02, 0.1), ha="right", color="C6")
    axes.set(xlabel="bias $b$", ylabel="density", xlim=(-1.0, 1.2), title=rf"$\tau = {TAU:g}$, start at $b = 0$")
    axes.legend(fontsize=10)
    return drawing


THEOREM = Theorem(
    id="relu-unit-means",
    title="One ReLU unit: means stay, medians move",
    group="Gradient noise",
    number=3.2,
    statement=r"""
        The thermophoretic force on one ReLU unit with random labels is the flux at uniform density, not a velocity.
        The gradient has no mean, so that the iterates are martingales:
        $$E v = v_0, \quad E b = b_0, \quad \frac{d}{d\tau} E v^2 = E\, C_{vv} > 0, \quad \tau = \eta^2\,
        \mathrm{steps}/B.$$
        What moves along the force is the median. At equal $\tau$ the law is the same for every batch, for the
        stochastic equation and for its density.
        """,
    hypotheses=(
        r"$f = v \max(x + b, 0)$, inputs uniform on $(-1, 1)$, loss $-y f$, from $v = 0.5$, $b = 0$ to $\tau = 0.5$.",
        r"SGD: $\eta = 0.05$, batches of 1 and 2, 100 000 runs each. Stochastic equation: $d(v, b) = C^{1/2} dW$ in "
        "Ito's sense, 60 000 paths in steps of 0.0025.",
        r"Density equation: $\rho_\tau = \frac12 \partial_i \partial_j (C_{ij} \rho)$ on $192^2$ cells from a Gaussian "
        "of width 0.02. Earlier simulations of 200 000 runs are quoted to four digits.",
    ),
    source="Implicit regularization of SGD via thermophoresis, OpenReview W1uVrPNO8Bw (2020), section on the smallest "
    "network; martingales and their consequences derived here",
    verdict="exact",
    finding=r"Neither mean moves, in any of the three. $E v^2$ grows from 0.25 to 0.344, and the median of the "
    r"bias goes to $-0.070$. All agree with each other, and with earlier simulations, within 4 standard errors.",
    measure=measure,
    figure=figure,
    caption=r"The bias at $\tau = 0.5$, from the density equation (line), gradient descent and the stochastic equation "
    "(dots); its mean is where it was, its median (broken) is not.",
)

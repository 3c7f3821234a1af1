"""A diagonal linear network at a stabilised loss: noise of rank one that shrinks typical weights only."""

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = NDArray[np.floating[Any]]

U0, V0, S, TIME = 1.2, 0.5, 0.8, 0.7
PRINTED = (("E uv", "0.939107217392"), ("uv at B = 0", "0.383342810419"), ("u^2 - v^2", "0.760296573998"))
RUNS, SEED, STEPS = 100_000, 3, 700
LADDER, PATHS = (25, 50, 100, 200, 400), 20_000
CELLS, EARLY, ISOTROPIC = 192, 0.1, 1e-2
KEPT = (
    "declared error in time, 1e-8 of the mass, times the largest value of the function; the scheme is exact for "
    "quadratic functions"
)


def euler(steps: int, runs: int, seed: int) -> tuple[Array, Array, Array, Array]:
    """Return u, v, the Brownian motion and the largest relative breach of the product law, after Euler's steps."""
    rng, h = np.random.default_rng([seed, steps]), TIME / steps
    u, v, b, product = np.full(runs, U0), np.full(runs, V0), np.zeros(runs), np.ones(runs)
    for _ in range(steps):
        kick = np.sqrt(h) * rng.standard_normal(runs)
        u, v, b = u + S * v * kick, v + S * u * kick, b + kick
        product *= 1 - (S * kick) ** 2
    breach = np.abs((u * u - v * v) - (U0**2 - V0**2) * product) / (u * u + v * v)
    return u, v, b, breach


def measure() -> Measurement:
    """Printed numbers, means over runs, the path by path solution, and the solver's equation of full rank."""
    from fokker.theory import balance

    checks = _printed()
    u, v, _, breach = euler(STEPS, RUNS, SEED)
    closed, h = balance.stabilised(U0, V0, S, TIME), TIME / STEPS
    for name, values, exact in (
        ("$E u$", u, U0),
        ("$E v$", v, V0),
        ("$E uv$", u * v, closed.mean_product),
        ("$E (u^2 + v^2)$", u * u + v * v, closed.mean_energy),
    ):
        error = float(values.std()) / np.sqrt(RUNS)
        bias = S**4 * TIME * h * abs(float(exact)) / 2
        checks.append(
            Check(
                f"{RUNS} runs: {name} (s.e. {error:.1e})",
                float(values.mean()),
                float(exact),
                4 * error + bias,
                "4 standard errors; $(1 + s^2 h)^n$ for $e^{s^2 t}$ in steps of $h = 0.001$",
                "absolute",
            )
        )
    checks.append(
        Check(
            r"step by step: $u^2 - v^2$ against $(u_0^2 - v_0^2) \prod (1 - s^2 \Delta B^2)$, worst run",
            float(breach.max()),
            0.0,
            STEPS * 8 * float(np.finfo(float).eps),
            "rounding of 700 steps, relative to $u^2 + v^2$",
            "absolute",
        )
    )
    checks += _solver()
    rate = _path_by_path()
    return Measurement(tuple(checks), (rate,), {"runs": (u[:4000], v[:4000])})


def _printed() -> list[Check]:
    from fokker.theory import balance
    from fokker.validation.theorems import _escape as escape

    closed = balance.stabilised(U0, V0, S, TIME)
    because = "half a unit of the last digit"
    return [
        Check(f"${name}$", float(value), float(text), escape.half_unit(text) + 1e-15, because)
        for (name, text), value in zip(PRINTED, closed[:3], strict=True)
    ]


def _path_by_path() -> Rate:
    """Euler's u + v against (u0 + v0) exp(s B - s^2 t/2) with the same B: strong order 1/2."""
    from fokker.theory import balance

    errors = []
    for steps in LADDER:
        u, v, b, _ = euler(steps, PATHS, SEED)
        exact = balance.stabilised_path(U0, V0, S, TIME, b)
        errors.append(float(np.sqrt(np.mean((u - exact[0]) ** 2 + (v - exact[1]) ** 2))))
    return Rate(
        "r.m.s. distance of Euler's paths from the closed one with the same noise, in the step",
        tuple(TIME / n for n in LADDER),
        tuple(errors),
        0.5,
        0.06,
        "strong order 1/2; 20 000 heavy-tailed paths leave some 0.02 in the slope, and the next term as much",
    )


def _solver() -> list[Check]:
    """The equation itself with isotropic noise added, which none of these four means feels."""
    import fokker
    from fokker.theory import balance

    problem = fokker.Problem(
        drift=(0.0, 0.0),
        diffusion=lambda u, v: (
            (S * S * v * v / 2 + ISOTROPIC, S * S * u * v / 2),
            (S * S * u * v / 2, S * S * u * u / 2 + ISOTROPIC),
        ),
        convention="ito",
        domain={"u": (-1.5, 4.5), "v": (-2.5, 3.5)},
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fokker.FokkerWarning)  # nearly of rank one: long edges, as it says
        generator = fokker.discretize(problem, cells=(CELLS, CELLS))
        path = fokker.propagate(generator, {"u": U0, "v": V0}, [0.0, EARLY])
    u, v = np.meshgrid(*generator.nodes, indexing="ij")
    start, end = (np.asarray(law).reshape(CELLS, CELLS) for law in path.laws)
    growth = balance.stabilised(U0, V0, S, EARLY)
    factor = float(growth.mean_product) / (U0 * V0)
    rows = []
    for name, function, share in (
        ("$E u$", u, 1.0),
        ("$E v$", v, 1.0),
        ("$E uv$, times $e^{s^2 t}$", u * v, factor),
        ("$E (u^2 - v^2)$, times $e^{-s^2 t}$", u * u - v * v, 1 / factor),
    ):
        before, after = float((start * function).sum()), float((end * function).sum())
        rows.append(
            Check(
                f"solver, $t = {EARLY:g}$: {name}, against its start",
                after,
                before * share,
                1e-8 * float(np.abs(function).max()),
                KEPT,
                "absolute",
            )
        )
    return rows


def figure(measurement: Measurement) -> "Figure":
    """The cloud on its hyperbola, and mean and typical products in time."""
    from matplotlib.figure import Figure

    from fokker.theory import balance

    drawing = Figure(figsize=(8.4, 4.0))
    left, right = drawing.subplots(1, 2)
    u, v = measurement.data["runs"]
    left.plot(u, v, ".", color="C0", ms=2.5, rasterized=True, label=f"runs at $t = {TIME:g}$")
    b = np.linspace(-3, 3, 200)
    left.plot(*balance.stabilised_path(U0, V0, S, TIME, b), color="C1", lw=1.2, label=r"$u^2 - v^2 = 0.760$")
    left.plot(*balance.stabilised_path(U0, V0, S, 0.0, b), color="C6", lw=1, ls="--", label="at the start")
    left.plot([U0], [V0], "o", color="C2")
    left.set(xlabel="$u$", ylabel="$v$", xlim=(0.5, 4.0), ylim=(-2.5, 3.5))
    left.legend(loc="upper left", fontsize=10)
    t = np.linspace(0, 3, 100)
    moments = balance.stabilised(U0, V0, S, t)
    right.semilogy(t, moments.mean_product, color="C0", label="$E\\, uv$")
    right.semilogy(t, moments.typical_product, color="C1", label="typical $uv$")
    right.semilogy(t, moments.difference, color="C2", label="$u^2 - v^2$, every run")
    right.set(xlabel="time", ylim=(0.05, 6))
    right.legend(fontsize=10)
    return drawing


THEOREM = Theorem(
    id="stabilised-network",
    title="A diagonal network at a stabilised loss",
    group="Time-dependent laws",
    number=3,
    statement=r"""
        While large steps hold the loss at a level $\delta$, two weights whose product enters the loss follow
        $$du = s\, v\, dB, \quad dv = s\, u\, dB, \quad s^2 = \eta \delta$$
        with one and the same $B$, besides the gradient. Without gradient $u \pm v = (u_0 \pm v_0)\, e^{\pm s B - s^2
        t/2}$, so that the weights shrink to 0.
        """,
    hypotheses=(
        "Ito's reading. The diffusion matrix has rank one everywhere.",
        "$u_0 = 1.2$, $v_0 = 0.5$, $s = 0.8$, $t = 0.7$: 100 000 runs of 700 Euler steps, which are SGD with label "
        "noise.",
        "Solver: the equation in two dimensions to $t = 0.1$, with the noise $10^{-2} I$ added, since a matrix of "
        "rank one is not accepted; the means that are tested do not feel it.",
    ),
    source="Andriushchenko, Varre, Pillaud-Vivien, Flammarion, SGD with large step sizes learns sparse features, arXiv "
    "2210.05337; solved here",
    verdict="exact",
    finding=r"Exact. $u^2 - v^2 = (u_0^2 - v_0^2)\, e^{-s^2 t}$ for every path. The shrinkage is that of a typical "
    "run, $uv = u_0 v_0 e^{-s^2 t}$: means do not shrink, $E u$ and $E v$ stay, and $E uv$ grows like $e^{s^2 t}$.",
    measure=measure,
    figure=figure,
    caption="Left: runs lie on one hyperbola, which moves inward; the noise has one direction at every point. Right: "
    "the mean product grows, the typical one falls.",
    fast=True,
)

"""Ziyin, Li and Ueda: the law of balance, for the stochastic equation and for SGD itself."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

U0, W0, ETA, STEPS = 1.2, 0.4, 0.01, 500
RUNS, SEED = 20_000, 3
SHOWN = 25
PRINTED, PRINTED_ERROR = 1.02813, 1e-4
TEMPERATURE, TIME, LADDER, PATHS = 0.05, 0.25, (100, 200, 400, 800, 1600), 2000
CASES = ((1, 0.0), (4, 0.0), (1, 0.3))  # batch, weight decay
UNIT = float(np.finfo(float).eps)


class Runs(NamedTuple):
    """u^2 - w^2 of all runs, the same from products of steps, u^2 + w^2, the ratio to mean factors, the course."""

    difference: Array
    product: Array
    size: Array
    martingale: Array
    course: Array


def descend(batch: int, decay: float) -> Runs:
    """Run SGD on (u w x - y)^2, y = x + e, and multiply the factors of its steps along."""
    from fokker.theory import balance, diagonal_network

    samples = diagonal_network.gaussian_samples(1.0, 1.0)
    rng = np.random.default_rng([SEED, batch, round(10 * decay)])
    u, w = np.full(RUNS, U0), np.full(RUNS, W0)
    product, predicted = np.full(RUNS, U0**2 - W0**2), np.full(RUNS, U0**2 - W0**2)
    course = []
    for step in range(STEPS):
        if step % SHOWN == 0:
            course.append((float(np.mean(u * u - w * w)), float(np.mean(predicted))))
        v = u * w
        slope = np.zeros(RUNS)
        for _ in range(batch):
            x = rng.standard_normal(RUNS)
            slope += 2 * x * (v * x - x - rng.standard_normal(RUNS)) / batch
        product *= balance.step_factor(slope, ETA, decay)
        predicted *= balance.mean_step_factor(v, samples, ETA, batch, decay)
        keep = 1 - 2 * ETA * decay
        u, w = keep * u - ETA * slope * w, keep * w - ETA * slope * u
    course.append((float(np.mean(u * u - w * w)), float(np.mean(predicted))))
    return Runs(u * u - w * w, product, u * u + w * w, product / predicted, np.array(course).T)


def measure() -> Measurement:
    """Steps of SGD one by one, their mean, the printed number, and the noise-free decay of the equation."""
    checks, courses = [], {}
    for batch, decay in CASES:
        runs = descend(batch, decay)
        name = rf"$S = {batch}$, $\gamma = {decay:g}$"
        worst = float((np.abs(runs.difference - runs.product) / runs.size).max())
        checks.append(
            Check(
                rf"{name}: $u^2 - w^2$ against the product of its steps' factors, worst of {RUNS} runs",
                worst,
                0.0,
                8 * STEPS * UNIT,
                "rounding of 500 steps, relative to $u^2 + w^2$",
                "absolute",
            )
        )
        error = float(runs.martingale.std()) / np.sqrt(RUNS)
        checks.append(
            Check(
                rf"{name}: mean of $u^2 - w^2$ over the product of mean factors along each run (s.e. {error:.1e})",
                float(runs.martingale.mean()),
                1.0,
                4 * error,
                "4 standard errors; this ratio is a martingale, and so its mean is 1 exactly",
                "absolute",
            )
        )
        courses[name] = runs.course
        if (batch, decay) == (1, 0.0):
            own = float(runs.difference.std() / np.sqrt(RUNS))
            both = 4 * float(np.hypot(own, PRINTED_ERROR))
            checks.append(
                Check(
                    rf"{name}: $\langle u^2 - w^2 \rangle$ after 500 steps (s.e. {own:.1e}), "
                    "against an earlier run's 1.02813(10)",
                    float(runs.difference.mean()),
                    PRINTED,
                    both,
                    "4 standard errors of both",
                    "absolute",
                )
            )
    return Measurement((*checks, *_far_from_the_minimum()), (_equation(),), {"courses": courses})


def _far_from_the_minimum() -> list[Check]:
    """One step's mean decay over eta T Var: 1 + S mean^2/Var, which the law for S > 1 leaves out."""
    from fokker.theory import diagonal_network

    samples, rng = diagonal_network.gaussian_samples(1.0, 1.0), np.random.default_rng(SEED)
    v = U0 * W0
    rows = []
    for batch in (1, 16):
        x = rng.standard_normal((RUNS, batch))
        slope = (2 * x * (v * x - x - rng.standard_normal((RUNS, batch)))).mean(axis=1)
        variance = 4 * float(samples.noise(v))
        found = slope**2 * batch / variance
        error = float(found.std()) / np.sqrt(RUNS)
        rows.append(
            Check(
                rf"$v = 0.48$, $S = {batch}$: decay in a step of SGD over $\eta T\, \mathrm{{Var}}$ (s.e. {error:.1e})",
                float(found.mean()),
                1 + batch * 4 * (samples.b1 * v - samples.b2) ** 2 / variance,
                4 * error,
                "4 standard errors",
                "absolute",
            )
        )
    return rows


def _equation() -> Rate:
    """Euler's steps of the equation: u^2 - w^2 tends, path by path, to exp(-4 T int g dt) without noise."""
    from fokker.theory import balance, diagonal_network

    samples = diagonal_network.gaussian_samples(1.0, 1.0)
    errors = []
    for steps in LADDER:
        rng, h = np.random.default_rng([SEED, steps]), TIME / steps
        u, w, spent = np.full(PATHS, U0), np.full(PATHS, W0), np.zeros(PATHS)
        for _ in range(steps):
            v = u * w
            spent += h * np.asarray(balance.decay_rate(v, samples, TEMPERATURE))
            noise = np.sqrt(4 * TEMPERATURE * np.asarray(samples.noise(v)) * h) * rng.standard_normal(PATHS)
            slope = 2 * (samples.b1 * v - samples.b2) * h + noise
            u, w = u - w * slope, w - u * slope
        ratio = (u * u - w * w) / ((U0**2 - W0**2) * np.exp(-spent))
        errors.append(float(np.sqrt(np.mean((ratio - 1) ** 2))))
    return Rate(
        r"the equation: r.m.s. of $(u^2 - w^2)/[(u_0^2 - w_0^2)\, e^{-4 T \int g\, dt}] - 1$, in the step",
        tuple(TIME / n for n in LADDER),
        tuple(errors),
        0.5,
        0.1,
        "the squares of the increments average out like the root of the step; terms of order 1 bend it",
    )


def figure(measurement: Measurement) -> "Figure":
    """The mean of u^2 - w^2 in time for three settings, and runs in the plane of the weights."""
    from matplotlib.figure import Figure

    drawing = Figure(figsize=(8.4, 3.9))
    left, right = drawing.subplots(1, 2)
    steps = np.arange(0, STEPS + 1, SHOWN)
    for at, (name, course) in enumerate(measurement.data["courses"].items()):
        left.plot(steps, course[0], "o", color=f"C{at}", ms=4, label=name)
        left.plot(steps, course[1], color=f"C{at}", lw=1.2)
    left.set(xlabel="steps", ylabel=r"mean of $u^2 - w^2$", ylim=(0, 1.4))
    left.legend(fontsize=10)
    rng = np.random.default_rng(1)
    for at in range(3):
        u, w, path = U0, W0, []
        for _ in range(6000):
            x = rng.standard_normal()
            slope = 2 * x * (u * w * x - x - rng.standard_normal())
            u, w = u - 0.03 * slope * w, w - 0.03 * slope * u
            path.append((u, w))
        right.plot(*np.array(path[::5]).T, color=f"C{at}", lw=0.6)
    line = np.linspace(0, 1.9, 50)
    right.plot(line, line, "--", color="C6", lw=1)
    right.plot([U0], [W0], "o", color="black", ms=5)
    right.set(xlabel="$u$", ylabel="$w$", xlim=(0, 1.9), ylim=(0, 1.9), aspect="equal", title=r"$\eta = 0.03$, $S = 1$")
    return drawing


THEOREM = Theorem(
    id="law-of-balance",
    title="The law of balance",
    group="Gradient noise",
    number=4,
    statement=r"""
        When two weights enter the loss only by their product, $\ell(u w)$, then under
        $d\theta = -\nabla L\, dt + \sqrt{T C}\, dW$, $T = \eta/S$, with weight decay $\gamma |\theta|^2$,
        $$\frac{d}{dt} (u^2 - w^2) = -\left(T\, \mathrm{Var}\, \ell' + 4 \gamma\right) (u^2 - w^2)$$
        without noise: the weights balance each other.
        """,
    hypotheses=(
        r"$\mathrm{Var}\, \ell'$ over single samples; for the loss $(u w x - y)^2$ it is $4 g(u w)$.",
        r"SGD itself: 20 000 runs of 500 steps, $y = x + e$, $\eta = 0.01$, $u_0 = 1.2$, $w_0 = 0.4$, samples drawn "
        "anew.",
    ),
    source="Ziyin, Li, Ueda, Law of balance and stationary distribution of stochastic gradient descent, arXiv "
    "2308.06671",
    verdict="exact",
    finding=r"Exact and free of noise for the equation. A step of SGD multiplies $u^2 - w^2$ by $(1 - 2\eta\gamma)^2 - "
    r"\eta^2 G^2$, $G$ the batch mean of $\ell'$, exactly; so its mean rate is $T\, \mathrm{Var}\, \ell' + \eta\, (E "
    r"\ell')^2$. The text's law of second order lacks a $T$ and, for $S > 1$, this last term.",
    measure=measure,
    figure=figure,
    caption="Left: mean of $u^2 - w^2$ over runs of SGD (dots) and of the product of mean factors (lines). "
    "Right: three runs reach the valley of minima and then move along it to the balance $u = w$.",
    fast=True,
)

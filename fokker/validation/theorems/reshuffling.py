"""Minibatches with and without replacement: stationary variances of order eta and eta^3, exactly."""

from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

CENTRES = np.array([-1.0, -0.3, 0.2, 1.1])
SPREAD = float(CENTRES.var())
ETA, BETA = 0.05, 4.0
STEPS = (0.08, 0.04, 0.02, 0.01)
RUNS, SEED = 200_000, 11
UNIT = float(np.finfo(float).eps)
FOUR = "4 standard errors, from independent runs"


def by_enumeration(eta: float) -> Array:
    """Return the stationary variance after 0, .., N-1 steps of an epoch, from all orders of the samples one by one.

    In an epoch theta -> a^j theta + noise; the noise of every order is counted, and the start does not know the order.
    """
    orders = np.array(list(permutations(CENTRES - CENTRES.mean())))
    n = orders.shape[1]
    a = 1 - eta
    noise, fresh = np.zeros(len(orders)), []
    for j in range(n):
        fresh.append(float(np.mean(noise**2)))
        noise = a * noise + eta * orders[:, j]
    start = float(np.mean(noise**2)) / (1 - a ** (2 * n))
    return np.array([a ** (2 * j) * start + fresh[j] for j in range(n)])


def simulated(eta: float, epochs: int, reshuffle: bool, beta: float | None = None) -> Array:
    """Return theta minus its mean, after 0, .., N-1 steps of the last epoch, one row a step."""
    rng = np.random.default_rng([SEED, int(reshuffle), round(1e4 * eta)])
    n, theta = len(CENTRES), np.full(RUNS, CENTRES.mean())
    orders = np.array(list(permutations(range(n))))
    rows: list[Array] = []
    for _ in range(epochs):
        rows = []
        pick = orders[rng.integers(len(orders), size=RUNS)] if reshuffle else rng.integers(n, size=(RUNS, n))
        for j in range(n):
            rows.append(theta)
            theta = theta - eta * (theta - CENTRES[pick[:, j]])
            if beta is not None:
                theta = theta + np.sqrt(2 * eta / beta) * rng.standard_normal(RUNS)
    return np.asarray(np.array(rows) - CENTRES.mean())


def measure() -> Measurement:
    """Printed numbers, all orders counted, simulations of both samplers with and without extra noise, the orders."""
    from fokker.theory import reshuffling as theory

    checks = _printed()
    counted, closed = by_enumeration(ETA), theory.within_epoch(ETA, 1.0, SPREAD, len(CENTRES))
    for j, (value, exact) in enumerate(zip(counted, closed, strict=True)):
        name = f"reshuffled, after {j} steps of an epoch: variance over all 24 orders"
        checks.append(Check(name, value, exact, 100 * UNIT / (1 - (1 - ETA) ** 8), ROUNDED))
    for label, reshuffle, beta, exact in (
        ("with replacement", False, None, float(theory.with_replacement(ETA, 1.0, SPREAD))),
        ("reshuffled, end of an epoch", True, None, float(closed[0])),
        ("with replacement, Langevin", False, BETA, _langevin(float(theory.with_replacement(ETA, 1.0, SPREAD)))),
        ("reshuffled, Langevin, end of an epoch", True, BETA, _langevin(float(closed[0]))),
    ):
        theta = simulated(ETA, 60, reshuffle, beta)
        checks.append(_against(f"{label}: variance of {RUNS} runs", theta[0], exact))
        if label.startswith("reshuffled, end"):
            phase = theta
    inside = np.mean(phase**2, axis=0)
    error = 4 * float(inside.std()) / np.sqrt(RUNS)
    checks.append(
        Check(
            f"reshuffled, mean over the steps of an epoch (s.e. {error / 4:.1e})",
            float(inside.mean()),
            float(closed.mean()),
            error,
            FOUR,
            "absolute",
        )
    )
    return Measurement(tuple(checks), _orders(), {"phase": np.mean(phase**2, axis=1), "closed": closed})


ROUNDED = "rounding, a hundred units over the share of the start that an epoch forgets"


def _langevin(variance: float) -> float:
    from fokker.theory import reshuffling as theory

    return variance + float(theory.langevin_excess(ETA, 1.0, BETA))


def _against(name: str, theta: Array, exact: float) -> Check:
    squares = theta**2
    error = float(squares.std()) / np.sqrt(len(theta))
    return Check(f"{name} (s.e. {error:.1e})", float(squares.mean()), exact, 4 * error, FOUR, "absolute")


def _printed() -> list[Check]:
    from fokker.theory import reshuffling as theory
    from fokker.validation.theorems import _escape as escape

    n = len(CENTRES)
    last = float(theory.end_of_epoch(ETA, 1.0, SPREAD, n))
    rows = (
        ("with replacement", float(theory.with_replacement(ETA, 1.0, SPREAD)), "0.015"),
        ("reshuffled, end of an epoch", last, "6.5496467703e-5"),
        ("the same, leading order", float(theory.leading_end_of_epoch(ETA, 1.0, SPREAD, n)), "6.09e-5"),
        ("reshuffled, mean over an epoch", float(theory.within_epoch(ETA, 1.0, SPREAD, n).mean()), "0.0012190625"),
        ("with replacement, Langevin", _langevin(0.015), "0.27141025641"),
        ("reshuffled, Langevin", _langevin(last), "0.256475752878"),
        ("full batch, Langevin", _langevin(0.0), "0.25641025641"),
    )
    because = "half a unit of the last digit"
    return [
        Check(f"{name}: variance", value, float(text), escape.half_unit(text) + 8 * UNIT, because)
        for name, value, text in rows
    ]


def _orders() -> tuple[Rate, ...]:
    """Orders 1, 3 and 2 in eta, from all orders counted; the next term is of relative order N eta."""
    from fokker.theory import reshuffling as theory

    counted = [by_enumeration(eta) for eta in STEPS]
    bend = len(CENTRES) * STEPS[1]
    why = r"the leading power; the next term is of relative order $N \eta$, which bounds the bend at the second step"
    rows = (
        ("with replacement", [float(theory.with_replacement(eta, 1.0, SPREAD)) for eta in STEPS], 1.0),
        ("reshuffled, end of an epoch", [float(v[0]) for v in counted], 3.0),
        ("reshuffled, mean over an epoch", [float(v.mean()) for v in counted], 2.0),
    )
    return tuple(Rate(rf"{name}: variance in $\eta$", STEPS, tuple(v), order, bend, why) for name, v, order in rows)


def figure(measurement: Measurement) -> "Figure":
    """Variances against the learning rate, and their course within an epoch."""
    from matplotlib.figure import Figure

    from fokker.theory import reshuffling as theory

    drawing = Figure(figsize=(8.4, 3.8))
    left, right = drawing.subplots(1, 2)
    eta, n = np.geomspace(0.002, 0.5, 100), len(CENTRES)
    left.loglog(eta, theory.with_replacement(eta, 1.0, SPREAD), color="C0", label="with replacement")
    inside = [theory.within_epoch(float(e), 1.0, SPREAD, n).mean() for e in eta]
    left.loglog(eta, inside, color="C2", label="reshuffled, mean over an epoch")
    left.loglog(eta, theory.end_of_epoch(eta, 1.0, SPREAD, n), color="C1", label="reshuffled, end of an epoch")
    left.loglog(STEPS, [by_enumeration(e)[0] for e in STEPS], "o", color="C1")
    left.loglog(STEPS, [by_enumeration(e).mean() for e in STEPS], "o", color="C2")
    left.set(xlabel=r"learning rate $\eta$, $h = 1$", ylabel="stationary variance", ylim=(1e-9, 30))
    left.set_yticks([1e-8, 1e-6, 1e-4, 1e-2, 1e0])
    left.minorticks_off()
    left.legend(loc="upper left", fontsize=10)
    data = measurement.data
    steps = np.arange(n + 1)
    right.axhline(float(theory.with_replacement(ETA, 1.0, SPREAD)), color="C0")
    right.plot(steps, [*data["closed"], data["closed"][0]], color="C1", label="all orders")
    right.plot(steps, [*data["phase"], data["phase"][0]], "o", color="C1", label="simulated")
    right.set(xlabel=rf"steps into an epoch, $\eta = {ETA:g}$", yscale="log", ylim=(3e-5, 0.04))
    right.set_xticks(steps)
    right.annotate("with replacement", (0.1, 0.0175), color="C0")
    right.legend(loc="lower center", fontsize=10)
    return drawing


THEOREM = Theorem(
    id="reshuffling",
    title="Minibatches with and without replacement",
    group="Gradient noise",
    number=5,
    statement=r"""
        For $N$ samples with losses $\frac{h}{2} (\theta - c_k)^2$, batch 1 and $a = 1 - \eta h$, the stationary
        variance of SGD is
        $$\frac{\eta h\, s^2}{2 - \eta h} \ \text{(with replacement)}, \qquad
        (\eta h)^2 s^2\, \frac{N}{N - 1}\, \frac{\sum_{j<N} a^{2j} - \frac1N (\sum_{j<N} a^j)^2}{1 - a^{2N}}
        \ \text{(reshuffled)},$$
        the latter at the end of an epoch: of order $\eta^3$, $\frac{N (N+1)}{24} s^2 (\eta h)^3$, not $\eta$.
        """,
    hypotheses=(
        r"$s^2$ is the population variance of $c$; $\eta h < 2$; a new order is drawn for every epoch.",
        "Measured for $c = (-1, -0.3, 0.2, 1.1)$, $h = 1$: all 24 orders counted, and 200 000 simulated runs of 60 "
        "epochs, started at the minimum.",
        r"Langevin: normal noise of variance $2\eta/\beta$, $\beta = 4$, added to every step.",
    ),
    source="Adhikari et al., arXiv 2306.03521, on descent with and without replacement; the variances derived here; "
    "order of the end of an epoch: HaoChen and Sra, arXiv 1806.10077",
    verdict="exact",
    finding=r"Exact for every step size. Within an epoch the variance is of order $\eta^2$: its mean is $\frac{N+1}{6} "
    r"s^2 (\eta h)^2$. A diffusion with the noise of single batches, which has order $\eta$, describes sampling with "
    "replacement only.",
    measure=measure,
    figure=figure,
    caption="Left: stationary variances against the learning rate; dots, all orders counted. Right: within an epoch; "
    "the pulls of the samples cancel at its end.",
    fast=True,
)

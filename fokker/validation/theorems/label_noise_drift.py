"""Wei and Schwab: label noise drives the weights along a valley of minima towards its flat stretch."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

SIGMA, Y0, SPENT = 0.5, 1.0, 5.0  # spread of the labels, start, eta^2 K
PRINTED = "0.53526"
QUOTED, QUOTED_ERROR = 0.53588, 4e-5
QUOTED_DIFFERENCE = -0.28133
RUNS, SEED, SHOWN = 20_000, 2, 40
ETAS = (0.4, 0.2, 0.1, 0.05)
CASES = ((0.05, 1), (0.05, 4))
UNIT = float(np.finfo(float).eps)


def descend(eta: float, batch: int, spent: float = SPENT) -> tuple[Array, Array, Array, Array]:
    """Return x, y, x^2 - y^2 from the factors of the steps, and the mean of y in time, at eta^2 K = spent times B.

    SGD on (y x - e)^2/2 from (0, 1), e the mean of a batch of labels.
    """
    rng = np.random.default_rng([SEED, batch, round(1e4 * eta)])
    steps = round(spent * batch / eta**2)
    x, y, product = np.zeros(RUNS), np.full(RUNS, Y0), np.full(RUNS, -(Y0**2))
    course = []
    for step in range(steps):
        if step % max(1, steps // SHOWN) == 0:
            course.append(float(y.mean()))
        slope = y * x - SIGMA / np.sqrt(batch) * rng.standard_normal(RUNS)
        product *= 1 - (eta * slope) ** 2
        x, y = x - eta * y * slope, y - eta * x * slope
    return x, y, product, np.array(course)


def measure() -> Measurement:
    """The drift of y for two batches, the exact identity of the steps, and the error against the learning rate."""
    from fokker.theory import balance
    from fokker.validation.theorems import _escape as escape

    closed = float(balance.valley_decay(0.05, SIGMA, 1, round(SPENT / 0.05**2)))
    checks = [
        Check(
            r"$e^{-\eta^2 \sigma^2 K/2B}$",
            closed,
            float(PRINTED),
            escape.half_unit(PRINTED),
            "half a unit of the last digit",
        )
    ]
    courses, gaps = {}, {}
    for eta, batch in CASES:
        x, y, product, course = descend(eta, batch)
        courses[batch] = course
        name, error = rf"$\eta = {eta:g}$, $B = {batch}$", float(y.std()) / np.sqrt(RUNS)
        gaps[batch] = (float(y.mean()) - closed, error)
        breach = float((np.abs(x * x - y * y - product) / (x * x + y * y)).max())
        steps = round(SPENT * batch / eta**2)
        because = "rounding of all steps, relative to $x^2 + y^2$"
        checks.append(
            Check(
                rf"{name}: $x^2 - y^2$ against $-y_0^2 \prod (1 - \eta^2 r^2)$, worst run",
                breach,
                0.0,
                8 * steps * UNIT,
                because,
                "absolute",
            )
        )
        if batch == 1:
            square = x * x - y * y
            for label, values, quoted in (("$y$", y, QUOTED), ("$x^2 - y^2$", square, QUOTED_DIFFERENCE)):
                own = float(values.std()) / np.sqrt(RUNS)
                checks.append(
                    Check(
                        rf"{name}: mean of {label} (s.e. {own:.1e}), against an earlier simulation's {quoted:g}(4)",
                        float(values.mean()),
                        quoted,
                        4 * float(np.hypot(own, QUOTED_ERROR)),
                        "4 standard errors of both",
                        "absolute",
                    )
                )
    for batch, (gap, error) in gaps.items():
        checks.append(
            Check(
                rf"$\eta = 0.05$, $B = {batch}$: mean of $y$ (s.e. {error:.1e})",
                closed + gap,
                closed,
                4 * error + closed * SIGMA**2 * SPENT / 2 * 0.05 * (Y0**2 / 2 + SIGMA**2 / batch / closed**2),
                r"4 standard errors; the premises, $\eta h/2$ at the start and $\eta \sigma^2/(B h)$ at the end, of "
                "the decay",
                "absolute",
            )
        )
    return Measurement(tuple(checks), (_order(),), {"courses": courses, "closed": closed})


def _order() -> Rate:
    """Distance of the mean of y from the drift's, at eta^2 K held: order 1."""
    from fokker.theory import balance

    gaps, errors = [], []
    for eta in ETAS:
        _, y, _, _ = descend(eta, 4, 2.4)
        closed = float(balance.valley_decay(eta, SIGMA, 1, round(2.4 / eta**2)))
        gaps.append(abs(float(y.mean()) - closed))
        errors.append(4 * float(y.std()) / np.sqrt(RUNS) / gaps[-1])
    spread = np.log(ETAS) - np.mean(np.log(ETAS))
    return Rate(
        r"mean of $y$ against the drift's, $B = 4$, $\eta^2 K/B = 2.4$, in $\eta$",
        ETAS,
        tuple(gaps),
        1.0,
        float(np.sqrt(np.sum((spread * errors) ** 2)) / np.sum(spread**2)) + ETAS[0] / 2,
        "order 1; 4 standard errors of the slope, and half the largest learning rate for the next order",
    )


def figure(measurement: Measurement) -> "Figure":
    """The drift of y, and one run in the plane of the weights."""
    from matplotlib.figure import Figure

    drawing = Figure(figsize=(8.4, 3.8))
    left, right = drawing.subplots(1, 2)
    t = np.linspace(0, SPENT, 100)
    left.plot(t, np.exp(-(SIGMA**2) * t / 2), color="C0", label=r"$e^{-\eta^2 \sigma^2 K/2B}$")
    for at, (batch, course) in enumerate(measurement.data["courses"].items()):
        every = slice(at, None, 2)
        place = np.arange(len(course)) * SPENT / SHOWN
        left.plot(place[every], course[every], "os"[at], color=f"C{at + 1}", ms=4, label=f"SGD, $B = {batch}$")
    left.set(xlabel=r"$\eta^2 \times$ steps$/B$", ylabel="mean of $y$", ylim=(0.4, 1.02))
    left.legend(fontsize=10)
    rng, x, y, path = np.random.default_rng(SEED), 0.0, Y0, []
    for _ in range(6000):
        slope = y * x - SIGMA * rng.standard_normal()
        x, y = x - 0.05 * y * slope, y - 0.05 * x * slope
        path.append((x, y))
    right.plot(*np.array(path).T, color="C2", lw=0.5)
    right.axvline(0.0, color="C6", lw=1, ls="--")
    right.set(xlabel="$x$", ylabel="$y$", xlim=(-0.5, 0.5), ylim=(0, 1.1), title="one run, $B = 1$, 6000 steps")
    return drawing


THEOREM = Theorem(
    id="label-noise-drift",
    title="Valley drift under label noise",
    group="Gradient noise",
    number=4.5,
    statement=r"""
        In a valley $L = h(y)\, x^2/2$ with gradient noise of variance $\sigma^2 h(y)/B$ in $x$, label noise, the
        fluctuation $\langle x^2 \rangle = \eta \sigma^2/2B$ does not depend on $h$, and $y$ drifts by
        $$\Delta y = -\frac{\eta^2 \sigma^2}{4 B}\, h'(y)$$
        in a step: towards a smaller trace of the Hessian. For $h = y^2$, $y_K = y_0\, e^{-\eta^2 \sigma^2 K/2B}$.
        """,
    hypotheses=(
        r"$\eta h \ll 1$, and $y$ slow: $\eta \sigma^2 \ll B h$.",
        r"Measured on $\ell = \frac12 (y x - e)^2$, $e$ normal with $\sigma = 0.5$, from $(0, 1)$: 20 000 runs to "
        r"$\eta^2 K/B = 5$.",
    ),
    source="Wei and Schwab, How noise affects the Hessian spectrum in overparameterized neural networks, arXiv "
    "1910.00195",
    verdict="asymptotic",
    finding=r"True to first order in $\eta$. Behind it is the law of balance: every step multiplies $x^2 - y^2$ by "
    r"$1 - \eta^2 r^2$, $r = y x - e$, exactly.",
    measure=measure,
    figure=figure,
    caption="Left: mean of $y$ against the drift's exponential. Right: a run fluctuates across the valley and slides "
    "down to where it is flat, although the floor is level.",
    fast=False,
)

"""Attraction to the mean in a double well: two stable laws below a critical noise, one above."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    import fokker

Array = NDArray[np.floating[Any]]

CRITICAL = {0.5: "0.2645048765534835", 1.0: "0.4569465810444636", 2.0: "0.8157865947053232", 4.0: "1.505412744882946"}
MEANS = {0.2: "0.85147885717651", 0.3: "0.70549527320888", 0.4: "0.44710642666339", 0.45: "0.15975847210724"}
QUOTED_QUOTIENT, NEAR = 1.9225, 1e-4
BELOW = (0.02, 0.01, 0.005, 0.0025)  # sigma_c - sigma
CELLS, REACH = 200, 4.0  # a probability of 1e-25 lies beyond the walls
ROUNDING = 100 * CELLS * float(np.finfo(float).eps)
WELL = {"curvature": 1.0, "attraction": 2.0, "noise": 0.3, "mean": 0.5, "variance": 0.2}
COUNTS, TIME = (64, 128, 256), 0.7
NOISES, STEP, STEPS, START = (0.2, 0.3, 0.6), 0.5, 48, 0.3
SYSTEMS, PARTICLES, SHORT, BURN, KEPT, SEED = 10, 2000, 0.01, 500, 3000, 1
QUOTED_PARTICLES, COLD = 0.6998, 0.3
STEEP = 10.0  # V'' + theta where the density ends, |x| = 1.8


def frozen(mean: float, noise: float, attraction: float) -> "fokker.Generator":
    """Return the process with its own mean replaced by a number."""
    import fokker

    problem = fokker.Problem.from_potential(
        lambda x: 0.25 * x**4 - 0.5 * x**2 + 0.5 * attraction * (x - mean) ** 2,
        temperature=noise,
        domain={"x": (-REACH, REACH)},
    )
    return fokker.discretize(problem, cells=CELLS)


def law(mean: float, noise: float, attraction: float) -> "fokker.Density":
    """Return the stationary law with its own mean replaced by a number."""
    import fokker

    return fokker.stationary(frozen(mean, noise, attraction))


def self_consistent(noise: float, attraction: float, near: float) -> tuple[float, float, float]:
    """Return the root of m = <x>_m by Newton's method, the slope of the map, and <|x|> there."""
    mean = near
    for _ in range(12):
        density = law(mean, noise, attraction)
        slope = attraction * density.variance() / noise
        step = (density.mean() - mean) / (1 - slope)
        mean += step
        if abs(step) < 1e-14:
            break
    return mean, slope, density.expectation(np.abs)


def critical(attraction: float) -> tuple[float, float]:
    """Return the root of theta <x^2>_0 = sigma by secants, and the relative error of the root over that of <x^2>."""

    def excess(noise: float) -> float:
        return attraction * law(0.0, noise, attraction).variance() / noise - 1

    before, now = 0.4 * attraction, 0.5 * attraction
    old, new = excess(before), excess(now)
    while abs(now - before) > 1e-13 and new != old:
        slope = (new - old) / (now - before)
        before, now, old = now, now - new / slope, new
        new = excess(now)
    return now, 1 / abs(slope * now)


def measure() -> Measurement:
    """Critical noises and means from the solver, the exponent, the way in time, and particles."""
    courses, settled = _in_time()
    roots, curves = _roots()
    checks = [*_critical(), *_means(), *roots, *settled]
    exponent, near = _exponent()
    well, orders = _harmonic()
    data = {"courses": courses, "curves": curves}
    return Measurement((*checks, *near, *well, *_particles()), (exponent, *orders), data)


def _critical() -> list[Check]:
    from math import gamma

    from fokker.validation.theorems import _escape as escape

    rows = []
    for attraction, digits in CRITICAL.items():
        found, condition = critical(attraction)
        because = r"half a printed unit; rounding of $\langle x^2 \rangle$, $100 N u$, times the condition of the root"
        bound = escape.half_unit(digits) + condition * ROUNDING
        rows.append(Check(rf"$\theta = {attraction:g}$: $\sigma_c$, solver", found, float(digits), bound, because))
    closed = 4 * (gamma(0.75) / gamma(0.25)) ** 2
    name, half = r"$\theta = 1$: $4\, [\Gamma(3/4)/\Gamma(1/4)]^2$", escape.half_unit(CRITICAL[1.0])
    rows.append(Check(name, closed, float(CRITICAL[1.0]), half + 8 * escape.UNIT, "half a printed unit, rounding"))
    return rows


def _means() -> list[Check]:
    from fokker.validation.theorems import _escape as escape

    rows = []
    for noise, digits in MEANS.items():
        mean, slope, size = self_consistent(noise, 1.0, 0.95 * float(digits))
        bound = escape.half_unit(digits) + ROUNDING * size / mean / (1 - slope)
        because = r"half a printed unit; rounding of $\langle x \rangle$, $100 N u \langle |x| \rangle$, over $1 - R'$"
        name = rf"$\theta = 1$, $\sigma = {noise:g}$: mean of the law, solver"
        rows.append(Check(name, mean, float(digits), bound, because))
    return rows


def _roots() -> tuple[list[Check], dict[float, Any]]:
    """How often R(m) - m changes its sign, below and above the critical noise."""
    rows, curves = [], {}
    places = np.linspace(-1.35, 1.35, 20)  # no place at a root
    for noise, expected in ((0.3, 3), (0.6, 1)):
        found = np.array([law(float(m), noise, 1.0).mean() for m in places])
        curves[noise] = places, found
        changes = int(np.sum(np.diff(np.sign(found - places)) != 0))
        name = rf"$\theta = 1$, $\sigma = {noise:g}$: laws that reproduce their own mean, $|m| < 1.35$"
        rows.append(Check(name, changes, expected, 0.0, "a count of changes of sign over 20 places"))
    return rows, curves


def _exponent() -> tuple[Rate, list[Check]]:
    """m against sigma_c - sigma: the power 1/2, its coefficient, and a quoted quotient."""
    from fokker.theory import mckean_vlasov as closed
    from fokker.validation.theorems import _escape as escape

    top, limit = closed.critical_noise(1.0), closed.amplitude(1.0)
    means = [self_consistent(top - d, 1.0, limit * float(np.sqrt(d)))[0] for d in BELOW]
    squares = np.array(means) ** 2 / BELOW
    bend = abs(float(squares[0]) / limit**2 - 1)
    found, last = escape.richardson(np.array(BELOW), squares)
    quotient = self_consistent(top - NEAR, 1.0, limit * float(np.sqrt(NEAR)))[0] / float(np.sqrt(NEAR))
    name = r"$\theta = 1$: $m/\sqrt{\sigma_c - \sigma}$"
    rate = Rate(
        r"$\theta = 1$: mean of the law, in $\sigma_c - \sigma$",
        BELOW,
        tuple(means),
        0.5,
        escape.two_digits(bend),
        r"power 1/2; how far $m^2$ is from its leading term at the largest $\sigma_c - \sigma$",
    )
    because = "last correction of the Richardson extrapolation of its square"
    return rate, [
        Check(name + ", limit", float(np.sqrt(found)), limit, last / found, because),
        Check(
            name + r" at $10^{-4}$, cut off after four digits (rounded: 1.9226)",
            float(np.floor(1e4 * quotient) / 1e4),
            QUOTED_QUOTIENT,
            0.0,
            "as quoted: digits cut off, not rounded",
        ),
    ]


def _harmonic() -> tuple[list[Check], list[Rate]]:
    """The harmonic well in time, driven by the closed mean: its own mean comes back."""
    import fokker
    from fokker.theory import mckean_vlasov as closed
    from fokker.validation.theorems import _two_dimensions as plane

    a, theta, m0, v0 = (WELL[key] for key in ("curvature", "attraction", "mean", "variance"))
    problem = fokker.Problem(
        drift=lambda x, t: -a * x - theta * (x - m0 * np.exp(-a * t)),
        diffusion=WELL["noise"],
        domain={"x": (-REACH, REACH)},
        time=True,
    )

    def start(x: Array) -> Array:
        return np.asarray(np.exp(-((x - m0) ** 2) / (2 * v0)) / np.sqrt(2 * np.pi * v0))

    means, variances = [], []
    for cells in COUNTS:
        path = fokker.propagate(fokker.discretize(problem, cells=cells), start, [0.0, TIME])
        means.append(float(path.mean()[-1]))
        variances.append(float(path.covariance()[-1]))
    exact = closed.quadratic_moments(TIME, **WELL)
    name = rf"$V = x^2/2$, $\theta = 2$, solver at $t = {TIME:g}$"
    pairs = [
        plane.converges(f"{name}: {text}", COUNTS, values, float(true))
        for text, values, true in (("mean", means, exact.mean), ("variance", variances, exact.variance))
    ]
    return [check for check, _ in pairs], [rate for _, rate in pairs]


def _in_time() -> tuple[dict[float, Array], list[Check]]:
    """Steps of the equation itself, each with the mean of its start; where they end, from the last three means."""
    import fokker
    from fokker.theory import mckean_vlasov as closed

    courses, rows = {}, []
    for noise in NOISES:
        generator = frozen(START, noise, 1.0)
        mass, means = np.asarray(fokker.stationary(generator).mass), []
        for _ in range(STEPS):
            means.append(float(mass @ generator.nodes[0]))
            generator = frozen(means[-1], noise, 1.0)
            mass = np.asarray(fokker.propagate(generator, mass, [0.0, STEP]).laws[-1])
        courses[noise] = np.array(means)
        (before, _), (end, ratio) = (_limit(three) for three in (means[-5:-2], means[-3:]))
        rows.append(
            Check(
                rf"$\theta = 1$, $\sigma = {noise:g}$: where the mean goes from $R({START:g})$, solver in time",
                end,
                closed.stable_mean(noise, 1.0),
                (abs(end - before) / (1 + ratio) + 1e-8 * REACH) / (1 - ratio),
                "change of the geometric extrapolation over two steps, and declared error in time of $10^{-8}$ a step "
                "times the largest $x$; both summed over all steps to come, as a geometric series",
                "absolute",
            )
        )
    return courses, rows


def _limit(three: Sequence[float]) -> tuple[float, float]:
    """Return where a geometric sequence goes, and its quotient."""
    first, second = (b - a for a, b in pairwise(three))
    return three[-1] + second**2 / (first - second), second / first


def euler_mean(noise: float, step: float, nodes: int = 400) -> float:
    """Return the mean that Euler's steps reproduce, without particles: from the transition density itself."""
    from scipy.optimize import brentq

    x = np.linspace(-2.6, 2.6, nodes)
    width, spread = x[1] - x[0], np.sqrt(2 * noise * step)

    def excess(mean: float) -> float:
        after = x - step * (x**3 - x + (x - mean))
        kernel = np.exp(-0.5 * ((x[:, None] - after) / spread) ** 2) / (np.sqrt(2 * np.pi) * spread) * width
        system = np.vstack([(kernel - np.eye(nodes))[:-1], np.full(nodes, width)])
        return float(width * x @ np.linalg.solve(system, np.eye(nodes)[-1])) - mean

    return float(brentq(excess, 0.5, 0.9, xtol=1e-10))


def _particles() -> list[Check]:
    """Independent systems of N particles that pull at one another, by Euler's steps."""
    from fokker.theory import mckean_vlasov as closed

    rng, exact = np.random.default_rng(SEED), euler_mean(COLD, SHORT)
    start = law(exact, COLD, 1.0)
    edges = np.linspace(-REACH, REACH, CELLS + 1)[1:]
    x = np.interp(rng.random((SYSTEMS, PARTICLES)), np.cumsum(start.mass), edges)
    kick, means = np.sqrt(2 * COLD * SHORT), np.zeros(SYSTEMS)
    for step in range(BURN + KEPT):
        middle = x.mean(axis=1, keepdims=True)
        x = x - SHORT * (x * x * x - middle) + kick * rng.standard_normal(x.shape)  # x^3 - x + theta (x - m), theta = 1
        means += middle[:, 0] / KEPT * (step >= BURN)
    mean, error = float(means.mean()), float(means.std(ddof=1)) / float(np.sqrt(SYSTEMS))
    name = rf"{SYSTEMS} times {PARTICLES} particles, $\sigma = 0.3$, steps of 0.01: mean (s.e. {error:.1e})"
    four = "4 standard errors, from 10 independent systems; shift of the mean of $N$ particles, of order $1/N$"
    shift = _shift(exact)
    limit = closed.stable_mean(COLD, 1.0)
    return [
        Check(f"{name} against that of Euler's transition density", mean, exact, 4 * error + shift, four, "absolute"),
        Check(
            f"{name} against an earlier simulation's {QUOTED_PARTICLES:g}",
            mean,
            QUOTED_PARTICLES,
            4 * float(np.sqrt(2)) * error + shift,
            "4 standard errors of both, taken equal (that one had 20 000 particles, once); the same shift",
            "absolute",
        ),
        Check(
            "Euler's own mean at steps of 0.01 and 0.005, extrapolated to 0",
            2 * euler_mean(COLD, SHORT / 2) - exact,
            limit,
            abs(exact - limit) * 2 * STEEP * SHORT,
            r"order 1; the next term is smaller by $\Delta t$ times the slope of the drift, 10 at most, here doubled",
            "absolute",
        ),
    ]


def _shift(mean: float) -> float:
    """Return |R''| var(m)/(2 (1 - R')): the mean of N particles has the variance var(x)/(N (1 - R'))."""
    from fokker.theory import mckean_vlasov as closed

    h, here = 1e-3, closed.response(mean, COLD, 1.0)
    bend = (closed.response(mean + h, COLD, 1.0).slope - closed.response(mean - h, COLD, 1.0).slope) / (2 * h)
    return abs(bend) * here.variance / PARTICLES / (2 * (1 - here.slope) ** 2)


def figure(measurement: Measurement) -> "Figure":
    """The map of the mean, the means against the noise, and the way to them in time."""
    from matplotlib.figure import Figure

    from fokker.theory import mckean_vlasov as closed

    drawing = Figure(figsize=(11.4, 3.8))
    left, middle, right = drawing.subplots(1, 3)
    line = np.linspace(-1.3, 1.3, 60)
    left.plot(line, line, color="C6", lw=1)
    for at, (noise, (places, found)) in enumerate(measurement.data["curves"].items(), 1):
        left.plot(line, [closed.response(float(m), noise, 1.0).mean for m in line], color=f"C{at}")
        left.plot(places, found, "o", color=f"C{at}", ms=4, label=rf"$\sigma = {noise:g}$")
    left.set(xlabel="mean $m$ put in", ylabel=r"mean $R(m)$ that comes out", title=r"$\theta = 1$")
    left.legend(fontsize=10)
    for at, (theta, digits) in enumerate(CRITICAL.items()):
        top = float(digits)
        noises = top * (1 - np.linspace(1, 0.03, 40) ** 2)
        noises[-1] = top
        means = [closed.stable_mean(float(s), theta) for s in np.maximum(noises, 1e-2)]
        middle.plot(np.maximum(noises, 1e-2), means, color=f"C{at}", label=rf"$\theta = {theta:g}$")
    middle.plot([*MEANS], [float(v) for v in MEANS.values()], "o", color="C1", ms=5)
    middle.set(xlabel=r"noise $\sigma$", ylabel="mean of the stable law", ylim=(0, 1.05))
    middle.legend(fontsize=10)
    for at, (noise, course) in enumerate(measurement.data["courses"].items()):
        times = STEP * np.arange(len(course))
        right.plot(times, course, "o-", ms=3, color=f"C{at}", label=rf"$\sigma = {noise:g}$")
        right.axhline(closed.stable_mean(noise, 1.0), color=f"C{at}", lw=1, ls="--")
    right.set(xlabel="time $t$", ylabel=r"mean, $\theta = 1$", ylim=(-0.03, 1.0))
    right.legend(fontsize=10)
    return drawing


THEOREM = Theorem(
    id="mckean-vlasov",
    title="A double well with attraction to the mean: one stable law or two",
    group="Stationary laws",
    number=9,
    statement=r"""
        The process $dX = -V'(X)\, dt - \theta\, (X - \langle X \rangle)\, dt + \sqrt{2 \sigma}\, dW$ in the double well
        $V = \frac14 x^4 - \frac12 x^2$ has the stationary laws $p_m \propto \exp\{-[V + \frac12 \theta (x - m)^2]/
        \sigma\}$ with $m = R(m) = \langle x \rangle_m$. Below the critical noise, where $\theta \langle x^2 \rangle_0
        = \sigma_c$, there are three, and the two with $m \neq 0$ are stable; above there is one. At $\theta = 1$,
        $$\sigma_c = 4 \left[\frac{\Gamma(3/4)}{\Gamma(1/4)}\right]^2, \quad m \sim 1.92265 \sqrt{\sigma_c - \sigma}.$$
        In $V = \frac12 a x^2$ the mean is $m_0 e^{-a t}$, and the variance relaxes to $\sigma/(a + \theta)$ at the
        rate $2 (a + \theta)$.
        """,
    hypotheses=(
        r"The solver is linear: it is given the potential with a number in the place of $\langle X \rangle$, and that "
        r"number is moved until the law reproduces it; Newton's method with $R' = \theta\, \mathrm{var}/\sigma$, 200 "
        "cells on $(-4, 4)$.",
        r"In time: steps of 0.5, each with the mean at its start, which leaves the stationary laws exact. In the "
        "harmonic well the closed mean drives the process, and has to come back.",
        r"Particles: 10 systems of 2000, steps of 0.01. Euler's steps have a law of their own; its mean, from the "
        r"transition density, is 0.70051 instead of 0.70550.",
        r"The energy is not convex in the law: $\frac{\theta}{4} \int\!\int (x - y)^2 d\mu\, d\mu$ is concave.",
    ),
    source="Desai and Zwanzig, J. Stat. Phys. 19 (1978) 1; Dawson, J. Stat. Phys. 31 (1983) 29; amplitude from the "
    "cumulants at the transition, derived here",
    verdict="exact",
    finding=r"Critical noises and means agree with 14 to 16 printed digits; in time the law goes to the stable "
    r"one. The quoted quotient 1.9225 at $\sigma_c - \sigma = 10^{-4}$ is 1.92257; its limit is 1.92265.",
    measure=measure,
    figure=figure,
    caption="Left: the mean that comes out against the one put in; lines, quadrature; dots, the solver. Middle: the "
    "mean of the stable law ends like a square root; dots, solver at $\\theta = 1$. Right: the mean in time, and where "
    "it should go (broken).",
)

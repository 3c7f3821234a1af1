"""Mean-field Langevin dynamics of a convex energy: one stationary law, reached from anywhere."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    import fokker

Array = NDArray[np.floating[Any]]
Feature = Callable[[Array], Array]

TARGET, DECAY, NOISE = 1.0, 0.2, 0.1  # y, l, lambda
PRINTED_VALUE, PRINTED_SLOPE = "0.642441867011834", "-0.7894708334"
CELLS, REACH = 200, 9.0  # a probability of 1e-18 lies beyond the walls
ROUNDING = 100 * CELLS * float(np.finfo(float).eps)
BECAUSE = r"rounding, $100 N u$ at $N = 200$ cells"
PLACES = np.linspace(-0.9, 1.5, 13)
STEP, STEPS, STARTS, EARLY = 0.25, 100, (-2.0, 0.5, 3.0), 40
PRECISE = 1e-11  # error in time of a step
LADDER, HORIZON = (0.1, 0.05, 0.025, 0.0125), 1.0


def identity(x: Array) -> Array:
    """Return x: the one feature with everything in closed form."""
    return x


def frozen(feature: Feature, value: float, cells: int = CELLS, reach: float = REACH) -> "fokker.Generator":
    """Return the process with int h dmu replaced by a number."""
    import fokker

    problem = fokker.Problem.from_potential(
        lambda x: (value - TARGET) * feature(x) + 0.5 * DECAY * x**2, temperature=NOISE, domain={"x": (-reach, reach)}
    )
    return fokker.discretize(problem, cells=cells)


def expected(feature: Feature, value: float) -> tuple[float, float]:
    """Return <h> under the solver's law for a number c, and the slope -var(h)/lambda of this map."""
    import fokker

    density = fokker.stationary(frozen(feature, value))
    mean = density.expectation(feature)
    return mean, -density.expectation(lambda x: (feature(x) - mean) ** 2) / NOISE


def self_consistent(feature: Feature, near: float) -> tuple[float, float]:
    """Return the root of c = <h>_c by Newton's method, and the slope there."""
    value = near
    for _ in range(12):
        mean, slope = expected(feature, value)
        step = (mean - value) / (1 - slope)
        value += step
        if abs(step) < 1e-14:
            break
    return value, slope


def measure() -> Measurement:
    """The fixed point of two features, its uniqueness, and the way to it from three starts."""
    found = np.array([expected(np.tanh, float(c)) for c in PLACES])
    courses, moving = _in_time()
    checks = [*_fixed(), *_unique(found), *moving]
    return Measurement(tuple(checks), (_linear(),), {"map": found[:, 0], "courses": courses})


def _fixed() -> list[Check]:
    import fokker
    from fokker.theory import mckean_vlasov as closed
    from fokker.validation.theorems import _escape as escape

    value, slope = self_consistent(np.tanh, 0.5)
    line, steep = self_consistent(identity, 0.5)
    law = fokker.stationary(frozen(identity, line))
    quadrature = closed.fixed_point(np.tanh, TARGET, DECAY, NOISE)
    half, printed = r"half a printed unit; " + BECAUSE, (PRINTED_VALUE, PRINTED_SLOPE)
    bounds = [escape.half_unit(text) + 4 * ROUNDING for text in printed]
    return [
        Check(r"$h = \tanh$: $c = \int h\, d\mu$, solver", value, float(printed[0]), bounds[0], half),
        Check(r"$h = \tanh$: slope of $c \mapsto \langle h \rangle_c$ there, solver", slope, float(printed[1]),
              bounds[1], half),
        Check(r"$h = \tanh$: $c$, solver against quadrature", value, quadrature.value, ROUNDING, BECAUSE),
        Check("$h = x$: $c = y/(1 + l)$, solver", line, TARGET / (1 + DECAY), ROUNDING, BECAUSE),
        Check(r"$h = x$: variance $\lambda/l$, solver", law.variance(), NOISE / DECAY, ROUNDING, BECAUSE),
        Check("$h = x$: slope $-1/l$, solver", steep, -1 / DECAY, ROUNDING, BECAUSE),
    ]  # fmt: skip


def _unique(found: Array) -> list[Check]:
    """The map falls everywhere, as its slope says, and so meets the diagonal once."""
    means, slopes = found.T
    name = rf"$h = \tanh$, {len(PLACES)} values of $c$ from $-0.9$ to 1.5: "
    crossings = int(np.sum(np.diff(np.sign(means - PLACES)) != 0))
    return [
        Check(name + r"where $\langle h \rangle_c$ falls", int(np.sum(slopes < 0)), len(PLACES), 0.0, "counted"),
        Check(name + r"roots of $c = \langle h \rangle_c$", crossings, 1, 0.0, "counted"),
    ]


def _free_energy(generator: "fokker.Generator", mass: Array) -> float:
    """Return F(mu) + lambda int ln(mu) dmu of a law on cells."""
    x, width = generator.nodes[0], 2 * REACH / CELLS
    kept = mass > 0
    entropy = float(np.sum(mass[kept] * np.log(mass[kept] / width)))
    return 0.5 * (float(mass @ np.tanh(x)) - TARGET) ** 2 + 0.5 * DECAY * float(mass @ x**2) + NOISE * entropy


def _in_time() -> tuple[dict[float, Array], list[Check]]:
    """Steps of the equation, each with the number at its start: c, and the free energy, from three starts."""
    import fokker
    from fokker.theory import mckean_vlasov as closed

    courses, rows = {}, []
    root = closed.fixed_point(np.tanh, TARGET, DECAY, NOISE).value
    settled = fokker.stationary(frozen(np.tanh, root))
    summed = abs(float(settled.mass @ np.tanh(settled.nodes[0])) - settled.expectation(np.tanh))
    for start in STARTS:
        generator = frozen(np.tanh, TARGET)
        mass, course = np.asarray(fokker.propagate(generator, {"x": start}, [0.0, 0.1]).laws[-1]), []
        for _ in range(STEPS):
            value = float(mass @ np.tanh(generator.nodes[0]))
            course.append((value, _free_energy(generator, mass)))
            generator = frozen(np.tanh, value)
            mass = np.asarray(fokker.propagate(generator, mass, [0.0, STEP], tol=PRECISE).laws[-1])
        courses[start] = np.array(course)
        name = rf"$h = \tanh$, start at ${start:g}$: "
        falling = int(np.sum(np.diff(courses[start][: EARLY + 1, 1]) < 0))
        text = name + f"steps in time, of the first {EARLY}, over which the free energy falls"
        rows.append(Check(text, falling, EARLY, 0.0, "counted"))
        (before, _), (end, ratio) = (limit(courses[start][at, 0]) for at in (slice(-5, -2), slice(-3, None)))
        bound = (abs(end - before) / (1 + ratio) + PRECISE) / (1 - ratio)
        rows.append(Check(name + "where $c$ goes", end, root, bound + summed, GOES, "absolute"))
    return courses, rows


GOES = (
    "change of the geometric extrapolation over two steps, and declared error in time of $10^{-11}$ a step, both "
    r"summed over all steps to come as a geometric series; what a sum of $\tanh$ over the nodes differs by from the "
    "quadrature, at the fixed point"
)


def limit(three: Array) -> tuple[float, float]:
    """Return where a geometric sequence goes, and its quotient."""
    first, second = np.diff(three)
    return float(three[-1] + second**2 / (first - second)), float(second / first)


def _linear() -> Rate:
    """h = x: c = y/(1 + l) + (c_0 - y/(1 + l)) exp(-(1 + l) t), up to the first order of the steps."""
    import fokker

    rest, start = TARGET / (1 + DECAY), -0.5
    exact = rest + (start - rest) * float(np.exp(-(1 + DECAY) * HORIZON))
    errors = []
    for step in LADDER:
        generator = frozen(identity, start)
        mass = np.asarray(fokker.propagate(generator, {"x": start}, [0.0]).laws[-1])
        for _ in range(round(HORIZON / step)):
            generator = frozen(identity, float(mass @ generator.nodes[0]))
            mass = np.asarray(fokker.propagate(generator, mass, [0.0, step]).laws[-1])
        errors.append(abs(float(mass @ generator.nodes[0]) - exact))
    return Rate(
        rf"$h = x$: error of $c$ at $t = {HORIZON:g}$, in the step",
        LADDER,
        tuple(errors),
        1.0,
        (1 + DECAY) * LADDER[0],
        r"order 1, $c$ being taken at the start of a step; the next term is smaller by $(1 + l) \Delta t$",
    )


def figure(measurement: Measurement) -> "Figure":
    """The map, and c and the free energy in time."""
    from matplotlib.figure import Figure

    from fokker.theory import mckean_vlasov as closed

    drawing = Figure(figsize=(11.4, 3.8))
    left, middle, right = drawing.subplots(1, 3)
    line = np.linspace(-0.9, 1.5, 100)
    left.plot(line, line, color="C6", lw=1)
    curve = [closed.expected_feature(np.tanh, float(c), TARGET, DECAY, NOISE).value for c in line]
    left.plot(line, curve, color="C0", label="quadrature")
    left.plot(PLACES, measurement.data["map"], "o", color="C0", label="solver")
    left.set(xlabel="$c$ put in", ylabel=r"$\langle \tanh \rangle_c$ that comes out", ylim=(-1.05, 1.05))
    left.legend(fontsize=10)
    root = closed.fixed_point(np.tanh, TARGET, DECAY, NOISE).value
    lowest = min(float(course[:, 1].min()) for course in measurement.data["courses"].values())
    times = STEP * np.arange(STEPS)
    for at, (start, course) in enumerate(measurement.data["courses"].items()):
        middle.plot(times, course[:, 0], color=f"C{at}", label=rf"start at ${start:g}$")
        right.semilogy(times, course[:, 1] - lowest + 1e-12, color=f"C{at}")
    middle.axhline(root, color="C6", lw=1, ls="--")
    middle.set(xlabel="time $t$", ylabel=r"$c = \int \tanh\, d\mu$")
    middle.legend(fontsize=10)
    right.set(xlabel="time $t$", ylabel="free energy above its least value", ylim=(1e-10, 10))
    return drawing


THEOREM = Theorem(
    id="mean-field-langevin",
    title="Mean-field Langevin dynamics of a convex energy",
    group="Stationary laws",
    number=9.3,
    statement=r"""
        For the energy $F(\mu) = \frac12 (\int h\, d\mu - y)^2 + \frac{l}{2} \int x^2 d\mu$, which is convex in the
        law, the dynamics
        $$dX = -[(c - y)\, h'(X) + l X]\, dt + \sqrt{2 \lambda}\, dW, \quad c = \int h\, d\mu,$$
        has one stationary law, $p \propto \exp\{-[(c - y)\, h + \frac{l}{2} x^2]/\lambda\}$ with $c = \langle h
        \rangle_c$, and goes to it from anywhere; the free energy $F + \lambda \int \mu \ln \mu$ falls on the way. The
        slope of $c \mapsto \langle h \rangle_c$ is $-\mathrm{var}(h)/\lambda < 0$. For $h = x$, $c = y/(1 + l)$ and
        the variance is $\lambda/l$.
        """,
    hypotheses=(
        r"$h$ with a slope of at most one; $y = 1$, $l = 0.2$, $\lambda = 0.1$.",
        r"The solver is linear: a number stands for $c$, moved by Newton's method until $\langle h \rangle_c$ gives it "
        "back; 200 cells on $(-9, 9)$.",
        "In time: steps of 0.25, each with $c$ at its start, from points at $-2$, 0.5 and 3.",
    ),
    source="Hu, Ren, Siska, Szpruch, Ann. Inst. Henri Poincare Probab. Stat. 57 (2021) 2043; Nitanda, Wu, Suzuki, "
    "AISTATS 2022, arXiv 2201.10469; Suzuki, Wu, Nitanda, NeurIPS 2023, arXiv 2306.07221",
    verdict="exact",
    finding=r"$c = 0.642441867011834$ for $h = \tanh$, from the solver, from quadrature and in time from three starts; "
    r"the map falls with the slope $-0.78947$ there, and the free energy falls at each of the 40 steps looked at.",
    measure=measure,
    figure=figure,
    caption=r"Left: the map meets the diagonal once. Middle: $c$ in time from three starts, and the fixed point "
    "(broken). Right: the free energy above its least value.",
    fast=True,
)

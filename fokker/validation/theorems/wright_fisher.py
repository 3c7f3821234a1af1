"""Genetic drift between fixation and loss: exits, regular ends and entrances made by the rates of mutation.

The formulas, derived. Divide the generator x (1 - x)/2 d^2 + a(x) d by its diffusion: G' = 2 a(x)/(x (1 - x)) =
2 s + a/x - b/(1 - x), so that the scale has the slope s' = e^-G and the speed is m = e^G/(x (1 - x)). The probability
u to reach 1 before 0 solves (u'/s')' = 0, hence u = S(x)/S(1). The mean time solves (T'/s')' = -2 m, T = 0 where the
process stops; two integrations give the Green's function of the statement, and with T'/s' = 0 at 1 the time to loss.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    import fokker

Array = NDArray[np.floating[Any]]

CELLS = 400
ASKED = 1e-4
FREQUENCIES = (1e-6, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99)
BOTH = ((0.0, 0.0, 0.0), (2.0, 0.0, 0.0), (-2.0, 0.0, 0.0), (10.0, 0.0, 0.0), (1.0, 0.5, 0.2), (-3.0, 0.2, 0.7))
"""s, a, b where both ends absorb."""
ONE = ((0.0, 0.0, 1.0), (1.0, 0.3, 0.4), (-2.0, 0.5, 2.5), (4.0, 0.0, 0.3))
"""s, a, b where only 0 absorbs."""
KINDS = {0.0: "exit", 0.3: "regular", 0.999: "regular", 1.0: "entrance", 2.5: "entrance"}
"""A rate of mutation, and the boundary that it makes of the end it leads away from."""


def problem(s: float, a: float, b: float, right: str = "absorbing") -> "fokker.Problem":
    """Return the frequency of an allele, absorbed at 0."""
    import fokker

    return fokker.Problem(
        lambda x: s * x * (1 - x) + (a * (1 - x) - b * x) / 2,
        diffusion=lambda x: x * (1 - x) / 2,
        convention="ito",
        domain={"x": (0.0, 1.0)},
        boundary={"x": ("absorbing", right)},
    )


def closure(generator: "fokker.Generator", s: float, a: float, b: float) -> float:
    """Return how far scale and speed beyond the last faces are from pure powers of the distance r.

    The smooth factors e^(2 s x) and their like change by L r, L = 2 |s| + a + b + 2; positions next to 1 are rounded by
    u/r; an absorbing end adds the share 1/(1 - p) of a power -p.
    """
    from fokker.validation.theorems import _escape as escape

    faces = generator.grid.axes["x"].faces
    r = max(float(faces[0]), float(1.0 - faces[-1]))
    sharpest = max(p for p in (a, b, 0.0) if p < 1.0)
    bound = ((2 * abs(s) + a + b + 2) * r + escape.UNIT / r) / (1.0 - sharpest)
    return min(ASKED, bound + escape.rounding(CELLS, 2 * abs(s)))


BECAUSE = (
    r"pure powers beyond the last faces at $r = 10^{-8}$ and nearer: $(L r + u/r)/(1 - p)$, $L = 2|s| + a + b + 2$, "
    "$p$ the larger rate below 1; and rounding"
)


def measure() -> Measurement:
    """Fixation, absorption and loss against quadrature, and the kinds of the ends."""
    import fokker
    from fokker.theory import wright_fisher as closed

    checks: list[Check] = []
    data: dict[str, Any] = {"fixation": {}, "time": {}, "loss": {}}

    def compare(name: str, measured: Array, exact: list[float], bound: float) -> None:
        worst = float(np.abs(measured / np.array(exact) - 1).max())
        checks.append(Check(f"{name}: largest relative error, eight starts", worst, 0.0, bound, BECAUSE, "absolute"))

    x = np.array(FREQUENCIES)
    for case in BOTH:
        generator = fokker.discretize(problem(*case), cells=CELLS)
        bound, name = closure(generator, *case), "$s = {:g}$, $a = {:g}$, $b = {:g}$".format(*case)
        u, time = fokker.splitting(generator)["x right"], fokker.mean_first_passage(generator)
        data["fixation"][case], data["time"][case] = np.asarray(u.at(x=x)), np.asarray(time.at(x=x))
        compare(f"{name}, fixation", data["fixation"][case], [closed.fixation_probability(v, *case) for v in x], bound)
        compare(f"{name}, time", data["time"][case], [closed.absorption_time(v, *case) for v in x], bound)
    for case in ONE:
        generator = fokker.discretize(problem(*case, right="reflecting"), cells=CELLS)
        name = "$s = {:g}$, $a = {:g}$, $b = {:g}$".format(*case)
        data["loss"][case] = np.asarray(fokker.mean_first_passage(generator).at(x=x))
        exact = [closed.loss_time(v, *case) for v in x]
        compare(f"{name}, time to loss", data["loss"][case], exact, closure(generator, *case))
    checks += [
        Check(r"neutral, from one half: the closed time is $2 \ln 2$", closed.absorption_time(0.5), 2 * np.log(2),
              1e-14, "rounding of the quadrature"),
        Check(r"$b = 1$, from 1: the closed time to loss is $\pi^2/3$", closed.loss_time(1.0), np.pi**2 / 3,
              1e-13, "rounding of the quadrature"),
        *_kinds(),
    ]  # fmt: skip
    return Measurement(tuple(checks), (), data)


def _kinds() -> list[Check]:
    """Return the number of ends classified as they should be."""
    ends = [end.kind for rate in KINDS for end in problem(0.7, rate, rate).boundaries()]
    right = sum(kind == expected for kind, expected in zip(ends, np.repeat(list(KINDS.values()), 2), strict=True))
    rates = ", ".join(f"{rate:g}" for rate in KINDS)
    return [
        Check(f"ends classified rightly from the coefficients, of ten ($a = b$ = {rates})", right, 10, 0, "a count")
    ]


def figure(measurement: Measurement) -> "Figure":
    """Draw fixation and mean times over the frequency at the start."""
    from matplotlib.figure import Figure

    from fokker.theory import wright_fisher as closed

    fig = Figure(figsize=(9.4, 3.9))
    left, right = fig.subplots(1, 2)
    fine, x = np.sin(np.linspace(0.0, np.pi / 2, 120)) ** 2, np.array(FREQUENCIES)
    for at, case in enumerate(BOTH):
        s, a, b = case
        label = f"$s = {s:g}$" + (f",\n$a = {a:g}$, $b = {b:g}$" if a or b else "")
        left.plot(fine, [closed.fixation_probability(v, *case) for v in fine], color=f"C{at}", label=label)
        left.plot(x, measurement.data["fixation"][case], "o", ms=4, color=f"C{at}")
        right.plot(fine, [closed.absorption_time(v, *case) for v in fine], color=f"C{at}")
        right.plot(x, measurement.data["time"][case], "o", ms=4, color=f"C{at}")
    left.set(xlabel="frequency $x$", ylabel="probability of fixation", ylim=(-0.02, 1.02))
    right.set(xlabel="frequency $x$", ylabel="mean time to fixation or loss", ylim=(0, None))
    fig.legend(*left.get_legend_handles_labels(), loc="outside right center", fontsize=10)
    return fig


THEOREM = Theorem(
    id="wright-fisher",
    title="Fixation and loss of an allele",
    group="Classics",
    number=7.2,
    statement=r"""
        The frequency of an allele with selection $s$ and mutation $a$, $b$,
        $$dX = [s X (1 - X) + \tfrac12 (a (1 - X) - b X)]\, dt + \sqrt{X (1 - X)}\, dW,$$
        has the scale $S(x) = \int_0^x e^{-2 s y} y^{-a} (1 - y)^{-b}\, dy$ and the speed
        $m = e^{2 s x} x^{a - 1} (1 - x)^{b - 1}$. The end 0 is an exit for $a = 0$, regular for $0 < a < 1$, an
        entrance for $a \geq 1$; the end 1 likewise with $b$. Where both absorb ($a, b < 1$),
        $$P(\text{fixation}) = \frac{S(x)}{S(1)}, \quad T = 2 \int_0^1 \frac{S(\min(x, z))\,
        [S(1) - S(\max(x, z))]}{S(1)}\, m(z)\, dz,$$
        for $a = b = 0$ Kimura's $(1 - e^{-2 s x})/(1 - e^{-2 s})$. Where mutation leads back from 1, $b > 0$, the mean
        time to loss is
        $$T_0 = 2 \int_0^x S'(y) \int_y^1 m(z)\, dz\, dy.$$
        """,
    hypotheses=(
        "Ito noise that vanishes at both ends; time in units of the size of a haploid population.",
        "400 cells shrinking by a constant factor towards both ends, chosen from the coefficients.",
    ),
    source="Kimura, Genetics 47 (1962) 713; Kimura and Ohta, Genetics 61 (1969) 763; Ewens, Mathematical Population "
    "Genetics I (2004), chapters 4 and 5",
    verdict="exact",
    finding="Probabilities and times agree with quadrature to $10^{-8}$ or better, from starts down to $10^{-6}$; what "
    "is left comes from powers near $-1$ next to $x = 1$, where positions are coarse. The kinds of the ends are found "
    "from the coefficients.",
    measure=measure,
    figure=figure,
    caption="Lines: closed forms. Dots: the solver on 400 cells. Mutation away from an end ($a$, $b$) makes it harder "
    "to reach and lengthens the time.",
    fast=True,
)

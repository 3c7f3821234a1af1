"""The square-root process at zero: reached or not by Feller's number alone, and how long that takes.

The formulas, derived in y = 2 kappa x/sigma^2 and time 1/kappa, where drift and diffusion are nu - y and y. From
G' = nu/y - 1 the scale has the slope s' = y^-nu e^y, the speed is m = y^(nu - 1) e^-y. With no flow in from below,
T'/s' = -int_0^y m gives the rise; with none from above, T'/s' = int_y^inf m gives the fall; integration by parts with
the incomplete gamma functions leaves the single integrals of the statement. At zero, Feller's tests read
int_0 s'(y) int_y m ~ int y^-nu, finite for nu < 1 only, and int_0 m int s' ~ int (y^(nu - 1) or 1), finite for nu > 0.
"""

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    import fokker

Array = NDArray[np.floating[Any]]

CELLS = 400
ASKED = 1e-4
RATE, VOLATILITY = 1.5, 0.6
UNIT_LENGTH = VOLATILITY**2 / (2 * RATE)  # x of y = 1
HIT, UNHIT = (0.0, 0.2, 0.5, 0.9), (1.0, 1.5, 4.0)
KINDS = {0.0: "exit", 0.2: "regular", 0.5: "regular", 0.9: "regular", 1.0: "entrance", 1.5: "entrance", 4.0: "entrance"}
STARTS = np.array([1e-3, 0.1, 0.5, 1.0, 1.5])  # of y; levels at y = 2 and y = 1/20
TOP, BOTTOM = 2.0, 0.05
NEAR = (0.04, 0.02, 0.01)  # 1 - nu


def problem(nu: float, wall: str, top: float = np.inf) -> "fokker.Problem":
    """Return the square-root process with Feller's number nu, up to a top that absorbs if it is finite."""
    import fokker

    return fokker.Problem(
        lambda x: RATE * (nu * UNIT_LENGTH - x),
        noise=lambda x: VOLATILITY * np.sqrt(x),
        convention="ito",
        domain={"x": (0.0, top * UNIT_LENGTH)},
        boundary={"x": (wall, "reflecting" if np.isinf(top) else "absorbing")},
    )


def closure(generator: "fokker.Generator", nu: float, reaches_zero: bool) -> float:
    """Return how far scale and speed below the first face are from pure powers, and what that does to times."""
    from fokker.validation.theorems import _escape as escape

    r = float(generator.grid.axes["x"].faces[0]) / UNIT_LENGTH
    share = 1.0 / (1.0 - nu) if reaches_zero else 1.0
    # the powers are measured over a factor of two in distance, to a few roundings
    return min(ASKED, ((1.0 + nu) * r + 10 * escape.UNIT) * share + escape.rounding(CELLS, TOP))


BECAUSE = r"a pure power below the first face $r$: $(1 + \nu) r$, times $1/(1 - \nu)$ if zero absorbs; and rounding"


def measure() -> Measurement:
    """Times up, down, to zero and out, on both sides of Feller's condition."""
    import fokker
    from fokker.theory import cir

    checks: list[Check] = []
    data: dict[tuple[str, float], tuple[Array, Array]] = {}

    def compare(name: str, nu: float, generator: "fokker.Generator", closed: Any, level: float, start: Array) -> None:
        stops = {"up": lambda x: x >= level * UNIT_LENGTH, "down": lambda x: x <= level * UNIT_LENGTH}
        time = fokker.mean_first_passage(generator, stops.get(name))
        measured = np.asarray(time.at(x=start * UNIT_LENGTH))
        scales = {"rate": RATE, "mean": nu * UNIT_LENGTH, "volatility": VOLATILITY}
        exact = np.array([closed(y * UNIT_LENGTH, level * UNIT_LENGTH, **scales) for y in start])
        data[name, nu] = (start, measured)
        label = {"zero": "to zero", "exit": f"out of $(0, {TOP:g})$"}.get(name, f"{name} to {level:g}")
        checks.append(
            Check(
                rf"$\nu = {nu:g}$, {label}: largest relative error",
                float(np.abs(measured / exact - 1).max()),
                0.0,
                closure(generator, nu, name in ("zero", "exit")),
                BECAUSE,
                "absolute",
            )
        )

    for nu in (*HIT, *UNHIT):
        kept = fokker.discretize(problem(nu, "reflecting"), cells=CELLS)
        if nu > 0.0:
            compare("up", nu, kept, cir.time_up, TOP, STARTS)
            compare("down", nu, kept, cir.time_down, BOTTOM, STARTS[1:] * 4)
        if nu < 1.0:
            compare("zero", nu, fokker.discretize(problem(nu, "absorbing"), cells=CELLS), cir.time_down, 0.0, STARTS)
            compare(
                "exit", nu, fokker.discretize(problem(nu, "absorbing", TOP), cells=CELLS), cir.exit_time, TOP, STARTS
            )
    return Measurement((*checks, *_idle(), *_kinds()), (_divergence(),), {"times": data})


def _idle() -> list[Check]:
    """With Feller's condition a wall at zero makes no difference, whatever it is called."""
    import fokker

    rows = []
    for nu in UNHIT:
        with warnings.catch_warnings():  # they say what is checked here
            warnings.simplefilter("ignore", fokker.FokkerWarning)
            times = [
                fokker.mean_first_passage(fokker.discretize(problem(nu, wall, TOP), cells=CELLS)).at(x=UNIT_LENGTH)
                for wall in ("absorbing", "reflecting")
            ]
        name = rf"$\nu = {nu:g}$: time up to {TOP:g} with the wall at zero absorbing, against reflecting"
        rows.append(Check(name, times[0], times[1], 0.0, "one and the same generator"))
    return rows


def _kinds() -> list[Check]:
    """Return the number of starts classified as they should be, and of ends at infinity."""
    ends = [problem(nu, "reflecting").boundaries() for nu in KINDS]
    right = sum(left.kind == kind for (left, _), kind in zip(ends, KINDS.values(), strict=True))
    far = sum(end.kind == "natural" for _, end in ends)
    count = len(KINDS)
    return [
        Check("values of nu at which zero is classified rightly, of seven", right, count, 0, "a count"),
        Check("values of nu at which infinity is found natural, of seven", far, count, 0, "a count"),
    ]


def _divergence() -> Rate:
    """The time to zero diverges like 1/(kappa (1 - nu)), from every start."""
    import fokker

    errors = []
    for gap in NEAR:
        generator = fokker.discretize(problem(1.0 - gap, "absorbing"), cells=CELLS)
        errors.append(abs(RATE * gap * fokker.mean_first_passage(generator).at(x=UNIT_LENGTH) - 1.0))
    return Rate(
        r"$\kappa (1 - \nu) T(\frac12 \sigma^2/\kappa \to 0) - 1$, in $1 - \nu$",
        NEAR,
        tuple(errors),
        1.0,
        2 * NEAR[0],
        r"order 1 with a next term of order 2: $2 (1 - \nu)$ at most",
    )


def figure(measurement: Measurement) -> "Figure":
    """Draw times against Feller's number, and against the start."""
    from matplotlib.figure import Figure

    from fokker.theory import cir

    fig = Figure(figsize=(8.4, 3.9))
    left, right = fig.subplots(1, 2)
    found = measurement.data["times"]

    def closed(function: Any, start: float, level: float, nu: float) -> float:
        scales = {"rate": RATE, "mean": nu * UNIT_LENGTH, "volatility": VOLATILITY}
        return RATE * float(function(start * UNIT_LENGTH, level * UNIT_LENGTH, **scales))

    for at, (name, function, level, numbers, label) in enumerate((
        ("zero", cir.time_down, 0.0, np.linspace(0.0, 0.975, 100), "1 to 0"),
        ("up", cir.time_up, TOP, np.linspace(0.12, 4.0, 100), f"1 to {TOP:g}"),
        ("down", cir.time_down, BOTTOM, np.linspace(0.02, 4.0, 100), f"2 to {BOTTOM:g}"),
    )):  # fmt: skip
        start = 2.0 if name == "down" else 1.0
        left.semilogy(numbers, [closed(function, start, level, v) for v in numbers], color=f"C{at}", label=label)
        for nu in (*HIT, *UNHIT):
            if (name, nu) in found:
                starts, times = found[name, nu]
                left.plot(nu, RATE * times[np.argmin(np.abs(starts - start))], "o", ms=4.5, color=f"C{at}")
    left.axvline(1.0, color="C6", lw=1, ls="--")
    left.annotate("Feller's\ncondition", (1.08, 0.14), color="C6", fontsize=10)
    left.set(xlabel=r"$\nu = 2 \kappa \theta/\sigma^2$", ylabel=r"mean time, in $1/\kappa$", ylim=(0.1, 300.0))
    left.legend(title="from, to", loc="upper right")
    fine = np.linspace(1e-3, TOP, 150)
    shown = (("up", 0.5, cir.time_up, "0.5, reflecting"), ("exit", 0.5, cir.exit_time, "0.5, absorbing"),
             ("up", 1.5, cir.time_up, "1.5, either"))  # fmt: skip
    for at, (name, nu, function, label) in enumerate(shown):
        right.plot(fine, [closed(function, v, TOP, nu) for v in fine], color=f"C{at + 3}", label=rf"$\nu$ = {label}")
        starts, times = found[name, nu]
        right.plot(starts, RATE * times, "o", ms=4.5, color=f"C{at + 3}")
    right.set(xlabel=r"start $y = 2 \kappa x/\sigma^2$", ylabel=rf"mean time out of $(0, {TOP:g})$, in $1/\kappa$")
    right.set(ylim=(0, None))
    right.legend(title="wall at zero")
    return fig


THEOREM = Theorem(
    id="cir-boundary",
    title="The square-root process at zero",
    group="Classics",
    number=7.4,
    statement=r"""
        For $dX = \kappa (\theta - X)\, dt + \sigma \sqrt{X}\, dW$ zero is an exit if $\nu = 2 \kappa \theta/\sigma^2$
        vanishes, regular for $0 < \nu < 1$, and an entrance for $\nu \geq 1$ (Feller's condition); infinity is natural.
        In $y = 2 \kappa x/\sigma^2$ the mean times up to a level $b$ (zero reflecting or never reached) and down to
        one are
        $$T_\uparrow = \frac1\kappa \int_y^b z^{-\nu} e^z\, \gamma(\nu, z)\, dz, \quad
        T_\downarrow = \frac1\kappa \int_b^y z^{-\nu} e^z\, \Gamma(\nu, z)\, dz,$$
        the latter also for $b = 0$ if $\nu < 1$, and then $T_\downarrow \simeq 1/(\kappa (1 - \nu))$ for
        $\nu \to 1$ from every start. With $\nu \geq 1$ a wall at zero makes no difference.
        """,
    hypotheses=(
        r"Ito noise; $\theta \geq 0$; at zero the wall counts only where zero is reached.",
        rf"$\kappa = {RATE:g}$, $\sigma = {VOLATILITY:g}$; 400 cells shrinking by a constant factor towards zero.",
    ),
    source="Feller, Ann. Math. 54 (1951) 173; Cox, Ingersoll and Ross, Econometrica 53 (1985) 385; Karlin and Taylor, "
    "A Second Course in Stochastic Processes (1981), chapter 15",
    verdict="exact",
    finding=r"Times agree with quadrature to $10^{-7}$ or better on both sides of Feller's condition; absorbing and "
    r"reflecting walls give the same generator once $\nu \geq 1$; the classes are found from the coefficients.",
    measure=measure,
    figure=figure,
    caption=r"Lines: closed forms. Dots: the solver on 400 cells. Left: the time to reach zero diverges at $\nu = 1$, "
    r"those between other levels do not. Right: without Feller's condition the wall at zero decides the time.",
    fast=True,
)

"""First passage of the Ornstein-Uhlenbeck process: moments, Siegert's formula, the Laplace transform."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    import fokker

Array = NDArray[np.floating[Any]]

PAIRS = {  # start and level: mean, second moment, E e^-tau
    (0.0, 1.0): ("2.09340664967832", "10.2243792033", "0.360453109469599"),
    (-1.0, 2.0): ("11.3303174106488", "234.502379878", "0.0362248933209767"),
    (0.0, 3.0): ("86.9316198988883", "14981.4874358", "0.00556200641062677"),
}
TWO_SIDED = "0.595749318512758"
STEPS = (10, 30, 90, 270)  # cells between start and level: the grids nest, start and level stay at nodes
LEFT = 10.0  # the reflecting end lies so far to the left of the start, or further
TRANSFORM = np.geomspace(0.01, 30.0, 25)
CELLS = 400


def line(level: float) -> "fokker.PassageTime":
    """Return the mean time to the level on the whole line, 400 cells, from callables only."""
    import fokker

    problem = fokker.Problem(drift=lambda x: -x, diffusion=1.0, domain={"x": (-np.inf, np.inf)})
    return fokker.mean_first_passage(fokker.discretize(problem, cells=CELLS), lambda x: x >= level)


def aligned(start: float, level: float, steps: int) -> "fokker.Generator":
    """Return equal cells with nodes at the start and at the level."""
    import fokker

    step = (level - start) / steps
    left = int(np.ceil(LEFT / step))
    right = steps + max(2, steps // 10)
    problem = fokker.Problem(
        drift=lambda x: -x,
        diffusion=1.0,
        domain={"x": (start - (left + 0.5) * step, start + (right + 0.5) * step)},
    )
    return fokker.discretize(problem, cells=left + right + 1)


def transform(generator: "fokker.Generator", start: float, level: float, s: float) -> float:
    """Return E e^(-s tau): solve (s - Q) u = rates into the target, with s as one more way out of every cell."""
    import fokker
    from fokker.linalg import Scaled, factorise
    from fokker.validation.theorems import _classics as classics

    wall = classics.at_node(generator, level)
    stopped = fokker.mean_first_passage(generator, lambda x: x >= wall).generator
    assert stopped is not None
    reach = np.where(stopped.nodes[0] < wall, stopped.exit_rates["target"], 0.0)
    factor = factorise(False, stopped.forward, stopped.backward, stopped.total_exit + s)
    at = int(np.argmin(np.abs(stopped.nodes[0] - start)))
    return float(factor.solve(Scaled.of(reach)).values()[at])


def measure() -> Measurement:
    """Means to rounding; second moments, variances and transforms to second order and extrapolated."""
    from fokker.theory import ornstein_uhlenbeck as closed
    from fokker.validation.theorems import _escape as escape

    checks: list[Check] = []
    rates: list[Rate] = []
    bound = escape.rounding(CELLS, 4.5)
    for (x, b), (mean, second, laplace) in PAIRS.items():
        name = rf"${x:g} \to {b:g}$"
        time = float(line(b).at(x=x))
        checks += [
            Check(
                rf"{name}: $E\tau$, printed",
                time,
                float(mean),
                bound + escape.half_unit(mean),
                escape.ROUNDING + ", and half a unit in the last printed digit",
            ),
            Check(
                rf"{name}: $E\tau$ against Siegert's integral as the mean interval between spikes",
                time,
                closed.siegert(x, b, mean=0.0, sigma=float(np.sqrt(2.0))),
                2 * bound,
                escape.ROUNDING + ", twice: the reference is a quadrature in doubles",
            ),
        ]
        checks += _printed(x, b, second, laplace)
        more, orders = _second_order(x, b)
        checks, rates = checks + more, rates + orders
    checks += _two_sided()
    data = {(x, b): [transform(aligned(x, b, 90), x, b, float(s)) for s in TRANSFORM] for x, b in PAIRS}
    return Measurement(tuple(checks), tuple(rates), {"transform": data})


def _printed(x: float, b: float, second: str, laplace: str) -> list[Check]:
    """Return the closed forms against their printed digits."""
    from fokker.theory import ornstein_uhlenbeck as closed
    from fokker.validation.theorems import _escape as escape

    because = "half a unit in the last printed digit, and two roundings"
    return [
        Check(
            rf"${x:g} \to {b:g}$: closed form of {what}, printed",
            value,
            float(digits),
            escape.half_unit(digits) + 2 * escape.UNIT,
            because,
        )
        for what, value, digits in (
            (r"$E\tau^2$", closed.second_moment(x, b), second),
            (r"$E e^{-\tau}$", closed.laplace_transform(1.0, x, b), laplace),
        )
    ]


def _second_order(x: float, b: float) -> tuple[list[Check], list[Rate]]:
    """Return what is second order in the cell size, on nested grids, its limit, and its rates."""
    import fokker
    from fokker.theory import ornstein_uhlenbeck as closed
    from fokker.validation.theorems import _classics as classics
    from fokker.validation.theorems import _escape as escape

    def solve(verb: Any, generator: "fokker.Generator", **options: Any) -> float:
        wall = classics.at_node(generator, b)
        return float(verb(generator, lambda y: y >= wall, **options).at(x=classics.at_node(generator, x)))

    generators = [aligned(x, b, steps) for steps in STEPS]
    h = (b - x) / np.array(STEPS, dtype=float)
    moment, mean = closed.second_moment(x, b), closed.mean_time(x, b)
    cases = {
        r"$E\tau^2$": ([solve(fokker.passage_moment, g, order=2) for g in generators], moment),
        r"$\mathrm{var}\,\tau$": (
            [solve(fokker.passage_variance, g) for g in generators],
            moment - mean**2,
        ),
        r"$E e^{-\tau}$": ([transform(g, x, b, 1.0) for g in generators], closed.laplace_transform(1.0, x, b)),
    }
    checks, rates = [], []
    for what, (values, exact) in cases.items():
        array = np.array(values, dtype=float)
        limit, last = classics.extrapolated(array, 3, (2, 4, 6))
        checks.append(
            Check(
                rf"${x:g} \to {b:g}$: {what}, extrapolated in $h^2$ (orders 2, 4, 6)",
                limit,
                exact,
                last / abs(exact) + escape.rounding(2 * len(generators[-1].masses), 4.5),
                "last correction of the Richardson extrapolation, and rounding",
            )
        )
        errors = np.abs(array / exact - 1)
        rates.append(
            Rate(
                rf"${x:g} \to {b:g}$: {what}, in $h$", tuple(h), tuple(errors), 2.0, 0.1, "declared order 2, within 0.1"
            )
        )
        once = (9 * array[1:] - array[:-1]) / 8
        rates.append(
            Rate(
                rf"${x:g} \to {b:g}$: {what}, extrapolated once, in $h$",
                tuple(h[1:]),
                tuple(np.abs(once / exact - 1)),
                4.0,
                0.2,
                "order 4 after one extrapolation, within 0.2",
            )
        )
    return checks, rates


def _two_sided() -> list[Check]:
    """Return the exit from (-1, 1): its mean, and its transform, which is e^(-1/2) at s = 1."""
    import fokker
    from fokker.linalg import Scaled, factorise
    from fokker.theory import ornstein_uhlenbeck as closed
    from fokker.validation.theorems import _classics as classics
    from fokker.validation.theorems import _escape as escape

    problem = fokker.Problem(drift=lambda x: -x, diffusion=1.0, domain={"x": (-1.0, 1.0)}, boundary="absorbing")
    mean = fokker.mean_first_passage(fokker.discretize(problem, cells=CELLS)).at(x=0.0)
    values, counts = [], np.array([51, 153, 459])
    for cells in counts:
        g = fokker.discretize(problem, cells=int(cells))
        factor = factorise(False, g.forward, g.backward, g.total_exit + 1.0)
        values.append(float(factor.solve(Scaled.of(g.total_exit)).values()[cells // 2]))
    limit, last = classics.extrapolated(np.array(values), 3, (2, 3))
    return [
        Check(
            r"exit from $(-1, 1)$: $E\tau = \frac12\, {}_2F_2(1, 1; \frac32, 2; \frac12)$, printed",
            mean,
            float(TWO_SIDED),
            escape.rounding(CELLS, 0.5) + escape.half_unit(TWO_SIDED),
            escape.ROUNDING + ", and half a unit in the last printed digit",
        ),
        Check(
            r"exit from $(-1, 1)$: the closed form",
            closed.two_sided_mean(1.0),
            float(TWO_SIDED),
            escape.half_unit(TWO_SIDED) + escape.UNIT,
            "half a unit in the last printed digit, and one rounding",
        ),
        Check(
            r"exit from $(-1, 1)$: $E e^{-\tau} = e^{-1/2}$, extrapolated",
            limit,
            float(np.exp(-0.5)),
            last,
            "last correction of the extrapolation from 51, 153 and 459 cells, orders 2 and 3 cancelled",
        ),
        Check(
            r"exit from $(-1, 1)$: $1/M(\frac12, \frac12, \frac12)$, the closed form, is $e^{-1/2}$",
            closed.two_sided_laplace(1.0, 1.0),
            float(np.exp(-0.5)),
            2 * escape.UNIT,
            "two roundings",
        ),
    ]


def figure(measurement: Measurement) -> "Figure":
    """Draw the Laplace transforms, and the firing rate of the integrate-and-fire neuron."""
    from matplotlib.figure import Figure

    from fokker.theory import ornstein_uhlenbeck as closed

    fig = Figure(figsize=(8.4, 3.9))
    left, right = fig.subplots(1, 2)
    for at, (x, b) in enumerate(PAIRS):
        exact = [closed.laplace_transform(float(s), x, b) for s in TRANSFORM]
        left.loglog(TRANSFORM, exact, color=f"C{at}", label=rf"${x:g} \to {b:g}$")
        left.loglog(TRANSFORM[::2], measurement.data["transform"][x, b][::2], "o", ms=4, color=f"C{at}")
    left.set(xlabel="$s$", ylabel=r"$E\, e^{-s \tau}$", ylim=(1e-8, 2))
    left.legend()
    drive = np.linspace(-1.0, 3.0, 60)
    for at, sigma in enumerate((0.2, 0.5, 1.0)):
        firing = [1 / closed.siegert(0.0, 1.0, mean=float(mu), sigma=sigma) for mu in drive]
        right.plot(drive, firing, color=f"C{at}", label=rf"$\sigma = {sigma:g}$")
        dots = np.linspace(-1.0, 3.0, 9)
        right.plot(dots, [1 / _neuron(float(mu), sigma) for mu in dots], "o", ms=4, color=f"C{at}")
    above = drive[drive > 1.001]
    right.plot(above, -1 / np.log(1 - 1 / above), "--", color="C6", lw=1.2, label="no noise")
    right.set(xlabel=r"drive $\mu$, threshold at 1", ylabel=r"spikes a time constant")
    right.legend()
    return fig


def _neuron(mean: float, sigma: float) -> float:
    """Return the mean interval between spikes as solved: reset 0, threshold 1, stationary variance sigma^2/2."""
    import fokker

    problem = fokker.Problem(
        drift=lambda v: mean - v,
        diffusion=sigma**2 / 2,
        domain={"v": (min(0.0, mean) - 10 * sigma, 1.0)},
        boundary={"v": ("reflecting", "absorbing")},
    )
    return float(fokker.mean_first_passage(fokker.discretize(problem, cells=CELLS)).at(v=0.0))


THEOREM = Theorem(
    id="ornstein-uhlenbeck-passage",
    title="First passage of the Ornstein-Uhlenbeck process",
    group="Classics",
    number=6,
    statement=r"""
        For $dX = -X\, dt + \sqrt2\, dW$ started at $x < b$, the time $\tau$ to reach $b$ has
        $$E e^{-s \tau} = e^{(x^2 - b^2)/4}\, \frac{D_{-s}(-x)}{D_{-s}(-b)}, \quad
        E \tau = \sqrt{\pi} \int_{x/\sqrt2}^{b/\sqrt2} e^{u^2} (1 + \mathrm{erf}\, u)\, du,$$
        $D$ the parabolic cylinder function; the second is Siegert's formula, in the variables of neuroscience the mean
        interval between the spikes of a leaky integrate-and-fire neuron. The time to leave $(-a, a)$ from 0 has
        $$E e^{-s \tau} = 1/M(\tfrac{s}{2}, \tfrac12, \tfrac{a^2}{2}), \quad
        E \tau = \tfrac{a^2}{2}\, {}_2F_2(1, 1; \tfrac32, 2; \tfrac{a^2}{2}).$$
        """,
    hypotheses=(
        "Natural boundary on the left; times in units of the relaxation time.",
        r"Means: whole line, 400 cells. The rest: equal cells with nodes at $x$ and $b$, three times as fine each.",
    ),
    source="Siegert, Phys. Rev. 81 (1951) 617; Darling and Siegert, Ann. Math. Statist. 24 (1953) 624; Ricciardi and "
    "Sato, J. Appl. Probab. 25 (1988) 43",
    verdict="exact",
    finding="Mean times agree to rounding; second moments, variances and the transform converge with order 2, and with "
    "order 4 after one extrapolation, to the closed forms.",
    measure=measure,
    figure=figure,
    caption="Left: transforms from one killed elimination for each $s$ (dots) and parabolic cylinder functions "
    "(lines). Right: rate of spikes, reset 0 and threshold 1; noise makes the neuron fire below threshold.",
    fast=True,
)

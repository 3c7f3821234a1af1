"""Kramers and Langer: escape over a saddle in two dimensions, exact in the limit of a high barrier."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    import fokker

Array = NDArray[np.floating[Any]]

BARRIER = 0.25
WELL, SADDLE = ((3.0, -1.0), (-1.0, 1.0)), ((0.0, -1.0), (-1.0, 1.0))
MOBILITIES = (1.0, 0.2)
HEIGHTS = 2.5 * 2.0 ** np.arange(6)  # barrier in kT
NOISES = BARRIER / HEIGHTS
FITTED = 4  # weakest noises of the fit
COUNTS = (72, 144, 288)
WEIGHT = 6.5  # sum of the sizes of the weights of four values in an extrapolation by halves
TABLE = {1.0: ("0.834", "0.878", "0.942"), 0.2: ("0.598", "0.725", "0.861")}  # at D = 0.1, 0.05, 0.025


def potential(x: Array, y: Array) -> Array:
    """Return V = (x^2 - 1)^2/4 + (y - x)^2/2: wells at (-1, -1) and (1, 1), saddle at the origin."""
    return 0.25 * (x * x - 1) ** 2 + 0.5 * (y - x) ** 2


def problem(noise: float, mobility: float) -> "fokker.Problem":
    """Return the process in a box whose walls lie 30 kT above the wells."""
    import fokker

    reach = np.sqrt(1 + np.sqrt(120 * noise))
    high = reach + np.sqrt(60 * noise)
    return fokker.Problem.from_potential(
        potential, temperature=noise, mobility=(1.0, mobility), domain={"x": (-reach, reach), "y": (-high, high)}
    )


def log_time(noise: float, mobility: float) -> tuple[float, float]:
    """Return ln of the mean time from well to well, extrapolated in the cell size, and its error."""
    import fokker
    from fokker.validation.theorems import _two_dimensions as plane

    generators = (fokker.discretize(problem(noise, mobility), cells=(n, n)) for n in COUNTS)
    times = [fokker.mean_first_passage(g, lambda x, y: x >= 1).log_at(x=-1.0, y=-1.0) for g in generators]
    return plane.extrapolated([float(t) for t in times])


def log_law(noise: float, mobility: float) -> float:
    """Return ln of Langer's time."""
    from fokker.theory import langer

    return -langer.log_rate(noise, BARRIER, WELL, SADDLE, np.diag([1.0, mobility]))


def measure() -> Measurement:
    """Times at growing barriers, the table of eigenvalues, the rate of approach and a tall barrier."""
    from fokker.theory import langer
    from fokker.validation.theorems import _escape as escape
    from fokker.validation.theorems import _two_dimensions as plane

    checks: list[Check] = []
    rates: list[Rate] = []
    gains = {}
    for m in MOBILITIES:
        logs, corrections = np.array([log_time(float(d), m) for d in NOISES]).T
        gain = np.expm1(logs - [log_law(float(d), m) for d in NOISES])
        gains[m] = gain
        name = rf"$M = \mathrm{{diag}}(1, {m:g})$"
        limit, last = escape.richardson(NOISES[-FITTED:], gain[-FITTED:])
        checks.append(
            Check(
                rf"{name}: $\lim\, \tau/\tau_{{\mathrm{{Langer}}}}$ as the barrier grows",
                1 + limit,
                1.0,
                last + WEIGHT * float(corrections[-FITTED:].max()),
                "last correction of the Richardson extrapolation in $D$, and of those in the cell size",
            )
        )
        rates.append(
            plane.first_order(
                rf"{name}: $\tau/\tau_{{\mathrm{{Langer}}}} - 1$ in $D$", NOISES[-FITTED:], gain[-FITTED:]
            )
        )
        checks += _eigenvalues(m)
    checks += [
        Check(
            "$M = 1$: rate away from the saddle",
            langer.unstable_rate(SADDLE),
            (np.sqrt(5) - 1) / 2,
            8 * escape.UNIT,
            "rounding",
        ),
    ]
    return Measurement(tuple(checks), tuple(rates), {"gains": gains, "path": _picture()})


def _eigenvalues(mobility: float) -> list[Check]:
    """Return the slowest eigenvalue over twice Langer's rate at three noises, against the printed ratios."""
    import fokker
    from fokker.validation.theorems import _escape as escape

    checks = []
    for noise, digits in zip((0.1, 0.05, 0.025), TABLE[mobility], strict=True):
        result = fokker.extrapolate(
            problem(noise, mobility),
            lambda g: fokker.spectrum(g, k=2).eigenvalues[1].real,
            cells=((64, 64), (128, 128)),
        )
        ratio = -float(np.real(result.value)) / 2 * np.exp(log_law(noise, mobility))
        checks.append(
            Check(
                rf"$M = \mathrm{{diag}}(1, {mobility:g})$, $D = {noise:g}$: $\lambda_1/2k$",
                ratio,
                float(digits),
                escape.half_unit(digits),
                "half a unit in the last printed digit",
            )
        )
    return checks


def _picture() -> dict[str, Any]:
    """Return the committor and the reactive picture at 10 kT."""
    import fokker

    generator = fokker.discretize(problem(BARRIER / 5, 0.2), cells=(128, 128))
    q = fokker.committor(
        generator,
        lambda x, y: (x < 0) & (potential(x, y) < 0.03),
        lambda x, y: (x > 0) & (potential(x, y) < 0.03),
    )
    density = fokker.stationary(generator)
    return {"nodes": density.nodes, "density": density.values, "committor": q.values}


def figure(measurement: Measurement) -> "Figure":
    """Draw the wells with the committor, and the ratio of the times against the barrier."""
    from matplotlib.figure import Figure

    from fokker.validation.theorems import _two_dimensions as plane

    fig = Figure(figsize=(9.6, 4.0))
    left, right = fig.subplots(1, 2)
    picture = measurement.data["path"]
    plane.flow(left, picture["nodes"], picture["density"], None, ((-2, 2), (-2.2, 2.2)), decades=5)
    x, y = picture["nodes"]
    lines = left.contour(x, y, np.asarray(picture["committor"]).T, [0.1, 0.3, 0.5, 0.7, 0.9], colors="C1", linewidths=1)
    left.clabel(lines, fmt="%.1f", fontsize=8)
    left.set_title(r"density and committor, $M = \mathrm{diag}(1, \frac{1}{5})$, 5 kT")
    for at, (m, gain) in enumerate(measurement.data["gains"].items()):
        right.loglog(HEIGHTS, gain, "o", color=f"C{at}", label=rf"$M = \mathrm{{diag}}(1, {m:g})$")
        right.loglog(HEIGHTS, gain[-1] * HEIGHTS[-1] / HEIGHTS, "--", lw=1, color=f"C{at}")
    right.set_xticks(HEIGHTS, [f"{b:g}" for b in HEIGHTS])
    right.minorticks_off()
    right.set(xlabel="barrier in kT", ylabel=r"$\tau/\tau_{\mathrm{Langer}} - 1$")
    right.legend()
    return fig


THEOREM = Theorem(
    id="kramers-langer",
    title="Kramers and Langer: escape over a saddle",
    group="Escape times",
    number=10,
    statement=r"""
        The mean time of $dX = -M \nabla V\, dt + \sqrt{2 D M}\, dW$ from a minimum $a$ over a saddle $s$ to the next
        minimum is
        $$\tau = \frac{2 \pi}{\lambda_+} \sqrt{\frac{|\det H_s|}{\det H_a}}\; e^{[V(s) - V(a)]/D},$$
        $H$ the Hessians, $\lambda_+$ the positive eigenvalue of $-M H_s$.
        """,
    hypotheses=(
        r"$D \ll V(s) - V(a)$.",
        r"Measured on $V = (x^2 - 1)^2/4 + (y - x)^2/2$ with $M = \mathrm{diag}(1, m)$: $\Delta V = 1/4$, from "
        "$(-1, -1)$ to the half plane $x > 1$; walls at 30 kT; times extrapolated from grids of $72^2$, "
        "$144^2$ and $288^2$ cells.",
    ),
    source="Langer, Ann. Phys. 54 (1969) 258; Hänggi, Talkner, Borkovec, Rev. Mod. Phys. 62 (1990) 251, section IV",
    verdict="asymptotic",
    finding=r"Exact in the limit, with an error of first order in $D$ that is large where the way over the saddle is "
    r"oblique: for $m = 0.2$ still 16 per cent at 10 kT.",
    measure=measure,
    figure=figure,
    caption="Left: two wells, and the probability of reaching the right one first; slow motion in $y$ turns the "
    "dividing line away from the ridge. Right: the error of Langer's law shrinks like one over the barrier.",
    fast=True,
)

"""Does SGD itself collapse where the stochastic equation says so? For weakly correlated data only."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

QUOTED = {(0.05, 1): ("0.0489",), (0.1, 1): ("0.0919",), (0.2, 1): ("0.212", "0.451"), (0.1, 4): ("0.356",)}
QUOTED_DRAWS = 4_000_000
SIMULATED = ((0.1, 1, 0.06), (0.1, 1, 0.13), (0.1, 1, 0.75), (0.1, 4, 0.5), (0.5, 1, 0.4))  # k, S, eta
WEAK = (0.04, 0.02, 0.01, 0.005)
STRONG = (0.3, 0.5, 1.0)
RUNS, STEPS, SEED = 40_000, 40, 9
SHARE = 0.3  # temperature over T_c for the laws
LAWS = {0.3: (20_000, 1500), 0.2: (30_000, 1500), 0.1: (8_000, 4000)}  # k: runs, steps
UNIT = float(np.finfo(float).eps)


def grown(k: float, batch: int, eta: float) -> Array:
    """Return ln(|u + w|/start)/steps of SGD on (u w x - y)^2 started next to the origin."""
    rng = np.random.default_rng([SEED, batch, round(1e4 * eta), round(1e4 * k)])
    start = 1e-150  # u w stays below rounding: the iteration itself, in its linear regime
    u, w = np.full(RUNS, start), np.full(RUNS, start)  # balanced: u - w would hide u + w where it grows faster
    for _ in range(STEPS):
        x = rng.standard_normal((batch, RUNS))
        y = k * x + rng.standard_normal((batch, RUNS))
        slope = (2 * x * (u * w * x - y)).mean(axis=0)
        u, w = u - eta * slope * w, w - eta * slope * u
    return np.asarray(np.log(np.abs(u + w) / (2 * start)) / STEPS)


def settled(k: float) -> tuple[Array, Array]:
    """Return v = u w of independent runs of SGD at 0.3 T_c in balance, S = 1, at the end, and means in time.

    The means are over the last two thirds. A run that diverged holds nan.
    """
    runs, steps = LAWS[k]
    rng = np.random.default_rng([SEED, round(1e4 * k)])
    eta, v, total = _rate(k), np.full(runs, k), np.zeros(runs)
    with np.errstate(over="ignore", invalid="ignore"):  # a run that diverges does so within a few steps
        for step in range(steps):
            if step >= steps // 3:
                total += v
            x = rng.standard_normal(runs)
            v = v * (1 - 2 * eta * x * (v * x - k * x - rng.standard_normal(runs))) ** 2
    return v, total / (steps - steps // 3)


def _rate(k: float) -> float:
    from fokker.theory import diagonal_network

    return SHARE * diagonal_network.critical_temperature(diagonal_network.gaussian_samples(k, 1.0))


def measure() -> Measurement:
    """Growth at the origin, critical learning rates, the limit of weak correlation, and laws below the transition."""
    from fokker.theory import collapse

    checks = []
    for k, batch, eta in SIMULATED:
        logs = grown(k, batch, eta)
        error = float(logs.std()) / np.sqrt(RUNS)
        name = (
            rf"$k = {k:g}$, $S = {batch}$, $\eta = {eta:g}$ (equation: {'collapse' if _past(k, batch, eta) else 'law'})"
        )
        exact = collapse.growth(eta, k, 1.0, batch)
        why = "4 standard errors"
        checks += [
            Check(
                f"{name}: growth of $u + w$ (s.e. {error:.1e})", float(logs.mean()), exact, 4 * error, why, "absolute"
            ),
            Check(f"{name}: its sign", float(np.sign(logs.mean())), float(np.sign(exact)), 0.0, "a sign"),
        ]
    checks += _critical()
    laws, curves = _laws()
    return Measurement((*checks, *laws), (_weak(),), {"laws": curves})


def _past(k: float, batch: int, eta: float) -> bool:
    from fokker.theory import diagonal_network

    return eta / batch > diagonal_network.critical_temperature(diagonal_network.gaussian_samples(k, 1.0))


def _critical() -> list[Check]:
    """Learning rates at which the origin turns attracting, against quoted ones from 4e6 random draws."""
    from fokker.theory import collapse

    rows = []
    for (k, batch), digits in QUOTED.items():
        found = collapse.critical_rates(k, 1.0, batch)
        name = rf"$k = {k:g}$, $S = {batch}$: "
        rows.append(
            Check(
                name + r"changes of sign up to $2.5\, S\, T_c$", float(len(found)), float(len(digits)), 0.0, "a count"
            )
        )
        for eta, text in zip(found, digits, strict=True):
            rows.append(
                Check(
                    name + rf"$\eta_c$, against {text} from {QUOTED_DRAWS} draws",
                    eta,
                    float(text),
                    4 * _blur(k, batch, eta) + 5.0 * 10.0 ** -len(text.split(".")[1]) / 10,
                    "4 standard errors of those draws, through the slope of the growth; half a unit of the last digit",
                    "absolute",
                )
            )
    for k in STRONG:
        lowest = min(collapse.growth(float(eta), k, 1.0) for eta in np.geomspace(0.01, 5.0, 80))
        rows.append(
            Check(
                rf"$k = {k:g}$, $S = 1$: least growth over all learning rates, positive", float(lowest > 0), 1.0, 0.0,
                "a sign",
            )
        )  # fmt: skip
    return rows


def _blur(k: float, batch: int, eta: float) -> float:
    """Return the standard error of a critical learning rate found from so many draws."""
    from fokker.theory import collapse

    rng = np.random.default_rng(SEED)
    x = rng.standard_normal((100_000, batch))
    mean = np.mean(x * (k * x + rng.standard_normal(x.shape)), axis=1)
    spread = float(np.log(np.abs(1 + 2 * eta * mean)).std())
    h = 1e-3 * eta
    slope = (collapse.growth(eta + h, k, 1.0, batch) - collapse.growth(eta - h, k, 1.0, batch)) / (2 * h)
    return spread / float(np.sqrt(QUOTED_DRAWS / batch)) / abs(slope)


def _weak() -> Rate:
    """eta_c over that of the equation tends to 1 like k^2."""
    from fokker.theory import collapse, diagonal_network

    gaps = []
    for k in WEAK:
        equation = diagonal_network.critical_temperature(diagonal_network.gaussian_samples(k, 1.0))
        gaps.append(abs(collapse.critical_rates(k, 1.0)[0] / equation - 1))
    return Rate(
        r"$\eta_c$ of SGD over that of the equation, minus 1, in $k$ ($S = 1$)",
        WEAK,
        tuple(gaps),
        2.0,
        0.15,
        r"order 2, from the moments of $2\eta m$; the next ones are of relative order $k^2$ with large coefficients",
    )


def _laws() -> tuple[list[Check], dict[float, tuple[Array, float]]]:
    """The mean of v below the transition: right for weak correlation, wrong for stronger."""
    from fokker.theory import diagonal_network

    rows, curves, apart, lost = [], {}, {}, {}
    for k in LAWS:
        ends, means = settled(k)
        kept = np.isfinite(ends)
        v, mean = ends[kept], means[kept]
        lost[k] = 1 - float(kept.mean())
        law = diagonal_network.depth_one(diagonal_network.gaussian_samples(k, 1.0), _rate(k))
        error, exact = float(mean.std()) / np.sqrt(len(mean)) / k, law.moment(1) / k
        curves[k] = (v / k, exact)
        apart[k] = (float(mean.mean()) / k - exact, error)
    gap, error = apart[0.2]
    rows += [
        Check(
            rf"$k = 0.2$, $T = 0.3\, T_c$: $\langle v \rangle$ of SGD off the equation's by more than 4 s.e. "
            rf"(by {gap:+.4f} $k$, s.e. {error:.4f})",
            float(abs(gap) > 4 * error),
            1.0,
            0.0,
            "a recorded failure",
        ),
        Check(
            rf"$k = 0.3$, $T = 0.3\, T_c$: some runs of SGD diverge (a share of {lost[0.3]:.1e} in 1500 steps)",
            float(lost[0.3] > 0),
            1.0,
            0.0,
            "a recorded failure",
        ),
        Check(r"$k = 0.1$: runs of SGD that diverge in 4000 steps", lost[0.1], 0.0, 0.0, "a count", "absolute"),
    ]
    gap, error = apart[0.1]
    share = abs(apart[0.2][0]) / 4 + apart[0.2][1]
    rows.append(
        Check(
            rf"$k = 0.1$, $T = 0.3\, T_c$: $\langle v \rangle/k$ of SGD (s.e. {error:.1e})",
            curves[0.1][1] + gap,
            curves[0.1][1],
            4 * error + share,
            "4 standard errors; a quarter of the distance at $k = 0.2$, which is of order $k^2$",
            "absolute",
        )
    )
    return rows, curves


def figure(measurement: Measurement) -> "Figure":
    """Growth against the learning rate, where SGD collapses in the plane of both, and laws below the transition."""
    from matplotlib.figure import Figure

    from fokker.theory import collapse, diagonal_network

    drawing = Figure(figsize=(11.6, 3.8))
    left, middle, right = drawing.subplots(1, 3)
    eta = np.linspace(0.005, 0.6, 80)
    for at, k in enumerate((0.1, 0.2, 0.3, 0.5)):
        left.plot(eta, [collapse.growth(float(e), k, 1.0) for e in eta], color=f"C{at}", label=f"$k = {k:g}$")
        critical = diagonal_network.critical_temperature(diagonal_network.gaussian_samples(k, 1.0))
        left.plot([critical], [0.0], "v", color=f"C{at}", ms=8)
    for k, batch, rate in SIMULATED:
        if batch == 1 and rate < 0.6:
            colour = "C0" if k == 0.1 else "C3"
            left.plot([rate], [float(grown(k, 1, rate).mean())], "o", color=colour)
    left.axhline(0.0, color="C6", lw=1)
    left.set(xlabel=r"learning rate $\eta$, $S = 1$", ylabel="growth of $u + w$ in a step", ylim=(-0.09, 0.08))
    left.legend(fontsize=10, loc="lower left", ncols=2)
    ks = np.linspace(0.01, 0.25, 25)
    found = [collapse.critical_rates(float(k), 1.0, most=0.9 * (1 + 2 * k * k) / k) for k in ks]
    low = [(k, r[0]) for k, r in zip(ks, found, strict=True) if len(r) > 0]
    high = [(k, r[1]) for k, r in zip(ks, found, strict=True) if len(r) > 1]
    middle.plot(*np.array(low).T, color="C0", label="SGD collapses between")
    if high:
        middle.plot(*np.array(high).T, color="C0")
    middle.plot(ks, ks / (1 + 2 * ks**2), "--", color="C1", label="equation collapses above")
    middle.set(xlabel="correlation $k$ of the data", ylabel=r"$\eta$", ylim=(0, 1.05))
    middle.legend(fontsize=10, loc="upper left")
    z = np.linspace(0.01, 2.2, 200)
    for at, (k, (v, _)) in enumerate(measurement.data["laws"].items()):
        heights, edges = np.histogram(v, bins=30, range=(0, 2.2), density=True)
        right.plot((edges[1:] + edges[:-1]) / 2, heights * np.mean(v <= 2.2), "o", color=f"C{at}", ms=3)
        law = diagonal_network.depth_one(diagonal_network.gaussian_samples(k, 1.0), _rate(k))
        right.plot(z, k * np.exp(law.log_density(k * z)), color=f"C{at}", label=f"$k = {k:g}$")
    right.set(xlabel="$v/k$", ylabel="density", title=r"$T = 0.3\, T_c$: SGD (dots), equation (lines)", ylim=(0, 1.4))
    right.legend(fontsize=10)
    return drawing


THEOREM = Theorem(
    id="network-collapse",
    title="The collapse of a linear network, in SGD itself",
    group="Stationary laws",
    number=8.6,
    statement=r"""
        SGD with batches of $S$ on $(u w x - y)^2$ collapses onto $u = w = 0$ when $\eta/S$ exceeds $T_c = b_2/a_3$;
        to second order in the learning rate, $T_c = b_2/(a_3 + b_2^2)$. Below, its law is that of the stochastic
        equation.
        """,
    hypotheses=(
        "$y = k x + e$ with independent standard normal $x$ and $e$: $b_2 = k$, $a_3 = 1 + 2 k^2$.",
        r"Near the origin a step multiplies $u \pm w$ by $1 \pm 2 \eta m$, $m$ the batch mean of $x y$; the origin "
        r"attracts where $E \ln|1 \pm 2 \eta m| < 0$ for both signs, here an integral of Dawson's function.",
        "Real SGD: 40 000 runs of 40 steps from a distance of $10^{-150}$, and runs to the stationary law.",
    ),
    source="Ziyin, Li, Ueda, arXiv 2308.06671; the condition for SGD derived here (Furstenberg and Kesten, Ann. Math. "
    "Statist. 31 (1960) 457)",
    verdict="asymptotic",
    finding=r"True for weakly correlated data: $\eta_c$ of SGD is that of the equation up to a relative $O(k^2)$. But "
    r"the collapse has an upper end as well: at $k = 0.2$ it happens for $0.2122 < \eta < 0.4497$ only, and for $k "
    r"\geq 0.3$ ($S = 1$) at no learning rate, because the premise $2 \eta |m| \ll 1$ fails. To second order the "
    "threshold is $b_2/(a_3 + S b_2^2)$; the text's has $S = 1$.",
    measure=measure,
    figure=figure,
    caption="Left: growth near the origin; dots, simulated; triangles, the equation's transition. Middle: where SGD "
    "collapses, and where the equation does. Right: laws below the transition: the stronger the correlation, the less "
    "the equation knows.",
    fast=True,
)

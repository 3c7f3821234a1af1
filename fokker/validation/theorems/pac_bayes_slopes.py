"""Remarks on Theorem 8: when is a flatter minimum better, and when does the divergence fall with kappa?"""

from typing import TYPE_CHECKING

import numpy as np

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from fokker.theory.shared_noise import SharedNoise

ETA = 0.1
STEP = 1e-3
KAPPAS = (40.0, 80.0, 160.0, 320.0)
AXES = {1: (2.0,), 2: (2.0, 1.0), 5: (2.0, 1.0, 0.5, 3.0, 1.0)}
DIFFERENCES = r"differences of fourth order with steps $10^{-3}$: $h^4$, and $10^{-15}$ over $h$, some hundred of each"


def law(d: int, kappa: float, trace: float) -> "SharedNoise":
    """Return the dynamic with these curvatures and the isotropic noise that has this Tr(eta Sigma_g/H)."""
    from fokker.theory.shared_noise import SharedNoise

    h = np.array(AXES[d])
    return SharedNoise.theorem4(np.diag(h), trace / (ETA * np.sum(1 / h)) * np.eye(d), ETA, kappa)


def divergence(d: int, kappa: float, trace: float) -> float:
    """Return the exact divergence."""
    from fokker.theory import pac_bayes

    return pac_bayes.divergence(law(d, kappa, trace), alpha=1)


def slope_in_kappa(d: int, kappa: float, trace: float) -> float:
    """Return dKL/d ln kappa by differences, H, Sigma_g and eta held."""

    def at(step: float) -> float:
        return divergence(d, kappa * np.exp(step), trace)

    single, double = ((at(h) - at(-h)) / (2 * h) for h in (STEP, 2 * STEP))
    return (4 * single - double) / 3


def measure() -> Measurement:
    """Slopes by differences on both sides of both thresholds, and where the slope in kappa vanishes."""
    from fokker.theory import pac_bayes_slopes as theory

    checks: list[Check] = []
    for d in AXES:
        for kappa in (d / 2 + 1.5, 10.0, 100.0):
            threshold = theory.trace_threshold(kappa, d)
            root = _root(d, kappa)
            checks.append(
                Check(
                    rf"$d = {d}$, $\kappa = {kappa:g}$: $\mathrm{{Tr}}\, \eta \Sigma_g H^{{-1}}$ at which "
                    r"$\mathrm{KL}$ does not move with $\kappa$",
                    root,
                    threshold,
                    1e-8 * kappa,
                    DIFFERENCES + r", over a slope of order $1/\kappa$ in the trace",
                )
            )
            for share, sign in ((0.5, 1.0), (2.0, -1.0)):
                name = rf"$d = {d}$, $\kappa = {kappa:g}$, trace {share:g} times that: sign of $d\mathrm{{KL}}/d\kappa$"
                found = float(np.sign(slope_in_kappa(d, kappa, share * threshold)))
                checks.append(Check(name, found, sign, 0.0, "a sign"))
    checks += _curvature()
    gaps = {d: [2 * d - theory.trace_threshold(k, d) for k in KAPPAS] for d in AXES}
    rates = tuple(
        Rate(
            rf"$d = {d}$: threshold of the trace to its limit $2 d$, in $1/\kappa$",
            tuple(1 / k for k in KAPPAS),
            tuple(gap),
            1.0,
            2 * (d / 2 + 1) / KAPPAS[0],
            r"order 1; the next term is of relative order $(d/2 + 1)/\kappa$, twice allowed",
        )
        for d, gap in gaps.items()
    )
    return Measurement((*checks, *_regime()), rates)


def _root(d: int, kappa: float) -> float:
    """Return the trace at which the slope vanishes; the slope is linear in it."""
    low, high = slope_in_kappa(d, kappa, 0.1), slope_in_kappa(d, kappa, 4.0 * d)
    return 0.1 + (4.0 * d - 0.1) * low / (low - high)


def _curvature() -> list[Check]:
    """d KL/d ln H_i by differences, and its sign on both sides of 2 c H_i = eta Sigma_i."""
    from fokker.theory import pac_bayes
    from fokker.theory.shared_noise import SharedNoise

    kappa, noise = 5.0, np.array([1.5, 40.0])
    checks = []
    h = np.array([2.0, 1.0])
    share = 1 - 2 / kappa

    def at(axis: int, step: float) -> float:
        moved = h * np.exp(step * np.eye(2)[axis])
        return pac_bayes.divergence(SharedNoise.theorem4(np.diag(moved), np.diag(noise), ETA, kappa), alpha=1)

    exact = pac_bayes.curvature_slopes(SharedNoise.theorem4(np.diag(h), np.diag(noise), ETA, kappa))
    order = np.argsort(h)
    for axis in range(2):
        single, double = ((at(axis, s) - at(axis, -s)) / (2 * s) for s in (STEP, 2 * STEP))
        found, ratio = (4 * single - double) / 3, 2 * share * h[axis] / (ETA * noise[axis])
        closed = float(exact[int(np.flatnonzero(order == axis)[0])])
        checks += [
            Check(
                rf"$2 c H_i = {ratio:.3g}\, \eta \Sigma_i$: $d\mathrm{{KL}}/d\ln H_i$",
                found,
                closed,
                1e-10,
                DIFFERENCES,
                "absolute",
            ),
            Check(
                rf"$2 c H_i = {ratio:.3g}\, \eta \Sigma_i$: its sign",
                float(np.sign(found)),
                float(np.sign(ratio - 1)),
                0.0,
                "a sign",
            ),
        ]
    return checks


def _regime() -> list[Check]:
    """In the regime of small noise the divergence rises with kappa: the standard example."""
    rows = []
    for d in AXES:
        trace = 0.01 * d
        values = [divergence(d, k, trace) for k in (d / 2 + 2, 10.0, 40.0, 400.0)]
        name = rf"$d = {d}$, trace ${trace:g}$ (small noise): steps of $\kappa$, of three, over which KL rises"
        rows.append(Check(name, float(np.sum(np.diff(values) > 0)), 3.0, 0.0, "a count"))
    return rows


def figure(measurement: Measurement) -> "Figure":
    """The threshold of the trace, and the divergence against kappa on both sides of it."""
    from matplotlib.figure import Figure

    from fokker.theory import pac_bayes_slopes as theory

    drawing = Figure(figsize=(8.4, 3.9))
    left, right = drawing.subplots(1, 2)
    for at, d in enumerate(AXES):
        kappas = np.geomspace((d / 2 + 1) * 1.01, 300.0, 200)
        left.semilogx(
            kappas, [theory.trace_threshold(k, d) / (2 * d) for k in kappas], color=f"C{at}", label=f"$d = {d}$"
        )
    left.axhline(1.0, color="C6", lw=1, ls="--")
    left.annotate("falls with $\\kappa$", (12.0, 1.06), color="C6")
    left.annotate("rises with $\\kappa$", (12.0, 0.3), color="C6")
    left.set(xlabel=r"$\kappa$", ylabel=r"$\mathrm{Tr}(\eta \Sigma_g H^{-1})/2d$, threshold", ylim=(0, 1.2))
    left.legend(loc="lower right", fontsize=10)
    kappas = np.geomspace(2.3, 100.0, 200)
    for at, trace in enumerate((0.1, 1.0, 4.0, 12.0)):
        values = np.array([divergence(2, k, trace) for k in kappas])
        right.semilogx(kappas, values - divergence(2, 1e6, trace), color=f"C{at}", label=f"trace {trace:g}")
    right.axhline(0.0, color="C6", lw=1)
    right.set(xlabel=r"$\kappa$", ylabel=r"KL minus its limit, $d = 2$", ylim=(-1.2, 2.0), xlim=(2.2, 100.0))
    right.legend(fontsize=10)
    for axes, ticks in ((left, (2, 5, 20, 100, 300)), (right, (3, 10, 30, 100))):
        axes.set_xticks(ticks, [f"{k:g}" for k in ticks])
        axes.minorticks_off()
    return drawing


THEOREM = Theorem(
    id="pac-bayes-slopes",
    title="Remarks on Theorem 8: flat minima and the tail index",
    group="Generalisation bounds",
    number=2,
    statement=r"""
        In the bound of Theorem 8 the divergence is smaller at flatter minima, and it decreases with $\kappa$ when
        $\mathrm{Tr}(\eta \Sigma_g H^{-1}) > 2 d$; for $\kappa \to \infty$ it tends to that of Langevin dynamics.
        """,
    hypotheses=(
        r"$H$ and $\Sigma_g$ commute; one of $H_i$ and $\kappa$ is varied, all else held; $\kappa > \frac d2 + 1$.",
        "The exact divergence is used, not the printed expression, and is differentiated numerically.",
    ),
    source="Meng, Gong, Chen, Ma, Liu, arXiv 2006.13719, remarks after Theorem 8; derived again here",
    verdict="asymptotic",
    finding=r"Flatter is better only where $2 c H_i > \eta \Sigma_i$, $c = 1 - (\frac d2 + 1)/\kappa$. The threshold "
    r"$2 d$ is the limit of large $\kappa$; the exact one is lower and falls to 0 at $\kappa = \frac d2 + 1$. A trace "
    r"of $2 d$ means a posterior as wide as the prior: for smaller noise the divergence rises with $\kappa$, so that "
    "heavy tails help the bound.",
    measure=measure,
    figure=figure,
    caption=r"Left: the trace above which the divergence falls with $\kappa$, over $2 d$. Right: the divergence minus "
    "its limit, two dimensions: at a trace of 12 it falls, at 0.1 it rises nearly everywhere.",
    fast=True,
)

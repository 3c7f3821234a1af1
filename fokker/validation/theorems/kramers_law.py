"""Kramers' law: asymptotic, with an error of 3/2 of the noise for the quartic double well."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NOISES = 0.1 / 2.0 ** np.arange(8)  # down to a barrier of 320 kT
TALL = (30, 1000)  # kT


def measure() -> Measurement:
    """Times at halving noise, the exact table, two tall barriers, and the rate of approach."""
    from fokker.theory import kramers
    from fokker.validation.theorems import _escape as escape

    solved = np.array([escape.log_times(escape.constant_noise(float(d))) for d in NOISES])
    law = np.asarray(kramers.log_time(NOISES, escape.BARRIER, escape.CURVATURE_WELL, escape.CURVATURE_TOP))
    gain = np.expm1(solved[:, 1] - law)
    first = kramers.correction(well=(2, -6, 6), barrier_top=(-1, 0, 6))
    limit, last = escape.richardson(NOISES[3:], gain[3:] / NOISES[3:])
    second = 57 / 8  # of the same series: (1 + 3 D/4 + 105 D^2/32)^2
    checks = [
        *_table(solved),
        Check(
            r"$\lim\, (\tau/\tau_{\mathrm{Kramers}} - 1)/D$",
            limit,
            float(first),
            last,
            "last correction of the Richardson extrapolation in $D$",
        ),
        *(_tall(barrier) for barrier in TALL),
    ]
    smallest = NOISES[3:]
    rate = Rate(
        r"$\tau/\tau_{\mathrm{Kramers}} - 1$, well to well, in $D$",
        tuple(smallest),
        tuple(gain[3:]),
        1.0,
        escape.two_digits(second / float(first) * smallest[0]),
        r"order 1; the next term of Laplace's method, $57 D^2/8$, bends the slope by at most $(57/8)/(3/2)\, D$",
    )
    return Measurement(tuple(checks), (rate,), {"solved": solved, "gain": gain})


def _table(solved: NDArray[np.floating[Any]]) -> list[Check]:
    from fokker.validation.data import load
    from fokker.validation.theorems import _escape as escape

    checks = []
    for row, (top, across) in zip(load("escape_times")["kramers"], solved, strict=False):
        d = float(row["diffusion"])
        bound = escape.rounding(escape.CELLS, escape.BARRIER / d)
        for name, key, log in (("top", "saddle", top), ("next minimum", "far", across)):
            checks.append(
                Check(
                    rf"$D = {d:g}$: mean time to the {name}",
                    np.exp(log),
                    float(row[key]),
                    bound,
                    escape.ROUNDING + "; references by double quadrature to 20 digits",
                )
            )
    return checks


def _tall(barrier: int) -> Check:
    """Return ln of the time over a barrier so tall that the time itself may be beyond doubles."""
    from fokker.theory import passage
    from fokker.validation.theorems import _escape as escape

    d = escape.BARRIER / barrier
    log = escape.log_time_across(escape.constant_noise(d))
    exact = passage.log_mean_time(lambda x: escape.loss(x) / d, -1.0, 1.0, diffusion=d)
    return Check(
        rf"barrier of {barrier} kT: $\ln \tau$, from `log_at`",
        log,
        exact,
        2 * escape.rounding(escape.CELLS, barrier),
        escape.ROUNDING + ", twice: the reference is a double quadrature in doubles",
        "absolute",
    )


def figure(measurement: Measurement) -> "Figure":
    """Draw the times against the barrier in units of the noise, and the error against the noise."""
    from matplotlib.figure import Figure

    fig = Figure(figsize=(8.4, 3.9))
    left, right = fig.subplots(1, 2)
    solved, gain = (measurement.data[name] for name in ("solved", "gain"))
    shown = NOISES >= 0.0125
    barrier = 0.25 / NOISES[shown]
    fine = np.linspace(1.5, 21, 200)
    line = 2 * np.pi / np.sqrt(2) * np.exp(fine)
    left.semilogy(fine, line, color="C0", label="Kramers")
    left.semilogy(fine, line / 2, "--", color="C0", lw=1.2, label="half of it")
    left.semilogy(barrier, np.exp(solved[shown, 1]), "o", color="C1", label="solver, to the next minimum")
    left.semilogy(barrier, np.exp(solved[shown, 0]), "s", color="C2", ms=4, label="solver, to the top")
    left.set(xlabel=r"barrier over noise, $\Delta V/D$", ylabel="mean time")
    left.set_yticks([1e1, 1e3, 1e5, 1e7, 1e9])
    left.minorticks_off()
    left.legend(loc="upper left")
    right.loglog(NOISES, 1.5 * NOISES, label=r"$\frac{3}{2} D$, Laplace's next term")
    right.loglog(NOISES, gain, "o", label="solver")
    right.set(xlabel=r"noise $D$", ylabel=r"$\tau/\tau_{\mathrm{Kramers}} - 1$")
    right.legend()
    return fig


THEOREM = Theorem(
    id="kramers-law",
    title="Kramers' law",
    group="Escape times",
    number=1,
    statement=r"""
        The mean time of $dx = -V'(x)\, dt + \sqrt{2D}\, dW$ from a minimum $a$ over a barrier $b$ to the next
        minimum is
        $$\tau = \frac{2 \pi}{\sqrt{V''(a)\, |V''(b)|}}\; e^{[V(b) - V(a)]/D}.$$
        """,
    hypotheses=(
        r"Constant noise, $D \ll V(b) - V(a)$.",
        r"Measured on $V = x^4/4 - x^2/2$: $a = -1$, $b = 0$, $\Delta V = 1/4$, $V''(a) = 2$, $|V''(b)| = 1$, on the "
        "whole line, drift and noise given as callables, 500 cells.",
    ),
    source="Kramers, Physica 7 (1940) 284; Hänggi, Talkner, Borkovec, Rev. Mod. Phys. 62 (1990) 251, section VII",
    verdict="asymptotic",
    finding=r"Exact in the limit $D \to 0$: here $\tau/\tau_{\mathrm{Kramers}} = 1 + \frac{3}{2} D + O(D^2)$, which at "
    r"$\Delta V = 2.5\, D$ is still 22 per cent.",
    measure=measure,
    figure=figure,
    caption="Left: escape times over eight decades; to the top of the barrier it takes half as long as to the next "
    "minimum. Right: what Kramers' law leaves out shrinks in proportion to the noise.",
    fast=True,
)

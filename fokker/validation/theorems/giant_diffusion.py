"""Giant diffusion: at the critical tilt a periodic potential enhances diffusion without bound."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = NDArray[np.floating[Any]]

NOISES = (0.1, 0.03, 0.01, 0.003)
TILTS = np.unique(np.round(np.concatenate([np.linspace(0.5, 1.6, 23), 1.0 + 0.1 * np.linspace(-1, 1, 17)]), 6))
CRITICAL = 0.1 / 2.0 ** np.arange(9)  # noise at the critical tilt
CELLS = 400


def enhancement(tilt: float, noise: float) -> float:
    """Return D_eff/D as solved."""
    import fokker
    from fokker.validation.theorems.stratonovich_velocity import ring

    return fokker.effective_diffusion(fokker.discretize(ring(tilt, noise), cells=CELLS)) / noise


def bottleneck() -> float:
    """Return the mean time of dz = z^2 ds + sqrt(2) dB from minus to plus infinity.

    The double integral of e^((y^3 - z^3)/3) over y < z, done first over z at a given z - y.
    """
    from scipy.special import gamma

    return float(np.sqrt(np.pi) * 12.0 ** (1 / 6) * gamma(1 / 6) / 3)


def constant() -> float:
    """Return c in D_eff = c D^(1/3) at the critical tilt: the variance of the time above is a third of its square."""
    return float(np.pi**2 * 2.0 ** (1 / 3) / (3 * bottleneck()))


def measure() -> Measurement:
    """The curves against the tilt, the printed number, and the law at the critical tilt."""
    from fokker.theory import ring as closed
    from fokker.validation.theorems import _escape as escape

    unit = 10 * CELLS * escape.UNIT
    because = (
        r"rounding bound $6 \times 10 N u$ of a quotient of sums of three eliminations, doubled for the quadrature"
    )
    curves = {noise: np.array([enhancement(float(f), noise) for f in TILTS]) for noise in NOISES}
    checks = []
    for noise in NOISES:
        for tilt in (0.9, 1.0, 1.1):
            at = int(np.argmin(np.abs(TILTS - tilt)))
            exact = closed.effective_diffusion(np.cos, float(TILTS[at]), noise) / noise
            checks.append(
                Check(
                    rf"$F = {tilt:g}$, $D = {noise:g}$: $D_{{\mathrm{{eff}}}}/D$",
                    curves[noise][at],
                    exact,
                    12 * unit,
                    because,
                )
            )
    critical = np.array([enhancement(1.0, float(d)) * d ** (2 / 3) for d in CRITICAL])
    limit, last = escape.richardson(CRITICAL ** (2 / 3), critical)
    checks.append(
        Check(
            r"$F = 1$: $\lim\, D_{\mathrm{eff}}/D^{1/3}$",
            limit,
            constant(),
            last / limit + 12 * unit,
            r"last correction of the Richardson extrapolation in $D^{2/3}$, and rounding",
        )
    )
    bend = abs(critical[4] / limit - 1)
    rates = (
        Rate(
            r"$F = 1$: $D_{\mathrm{eff}}/D$ in $D$",
            tuple(CRITICAL[4:]),
            tuple(critical[4:] / CRITICAL[4:] ** (2 / 3)),
            -2 / 3,
            escape.two_digits(bend),
            r"the distance of $D_{\mathrm{eff}}/D^{1/3}$ from its limit at the largest of these $D$ bounds the bend",
        ),
    )
    return Measurement(tuple(checks), rates, {"curves": curves, "critical": critical})


def figure(measurement: Measurement) -> "Figure":
    """Draw the enhancement against the tilt at several temperatures, and its peak against the temperature."""
    from matplotlib.figure import Figure

    from fokker.theory import ring as closed

    fig = Figure(figsize=(8.4, 4.0))
    left, right = fig.subplots(1, 2, width_ratios=(1.5, 1))
    fine = np.unique(np.concatenate([np.linspace(0.5, 1.6, 19), np.linspace(0.94, 1.06, 7)]))
    for at, noise in enumerate(NOISES):
        exact = [closed.effective_diffusion(np.cos, float(f), noise) / noise for f in fine]
        left.semilogy(fine, exact, color=f"C{at}", lw=1.4)
        left.semilogy(TILTS, measurement.data["curves"][noise], "o", ms=3.5, color=f"C{at}", label=f"$D = {noise:g}$")
    left.axhline(1.0, color="C6", ls="--", lw=1.2)
    left.annotate("free diffusion", (1.6, 1.15), color="C6", ha="right")
    left.set(xlabel="tilt $F$, critical at 1", ylabel=r"$D_{\mathrm{eff}}/D$", ylim=(3e-3, 100))
    left.legend(loc="lower right")
    right.loglog(CRITICAL, constant() * CRITICAL ** (-2 / 3), color="C0", label=rf"${constant():.3f}\, D^{{-2/3}}$")
    right.loglog(CRITICAL, measurement.data["critical"] / CRITICAL ** (2 / 3), "o", color="C1", label="solver")
    right.set(xlabel="noise $D$, at the critical tilt", ylabel=r"$D_{\mathrm{eff}}/D$")
    right.legend()
    return fig


THEOREM = Theorem(
    id="giant-diffusion",
    title="Giant diffusion at the critical tilt",
    group="Classics",
    number=4,
    statement=r"""
        In a periodic potential at the tilt where its last minimum vanishes, weak noise diffuses faster than without
        the potential, by a factor that grows without bound:
        $$\frac{D_{\mathrm{eff}}}{D} \propto D^{-2/3}, \quad D \to 0.$$
        """,
    hypotheses=(
        r"Measured on $V = \cos x$, critical tilt $F = 1$, 400 equal cells.",
        r"The constant: at the bottleneck the process is $dy = \frac12 y^2 dt + \sqrt{2D}\, dW$, whose time to pass "
        r"has the mean $2 (2D)^{-1/3}\, T$, $T = \sqrt{\pi}\, 12^{1/6}\, \Gamma(\frac16)/3$, and a variance of a third "
        r"of the squared mean, so that $D_{\mathrm{eff}} \to \pi^2\, 2^{1/3} D^{1/3}/(3 T)$.",
    ),
    source="Reimann et al., Phys. Rev. Lett. 87 (2001) 010602 and Phys. Rev. E 65 (2002) 031104; variance of the time: "
    "Sigeti and Horsthemke, J. Stat. Phys. 54 (1989) 1217",
    verdict="asymptotic",
    finding=r"The power $-\frac23$ and the constant, 0.833 for the cosine, are those of the exact diffusion; at "
    r"$D = 0.01$ it is 18 times that of free motion.",
    measure=measure,
    figure=figure,
    caption="Left: lines are the formula of Reimann et al., dots the solver. Below the critical tilt the process is "
    "trapped, above it slides; between the two it scatters most. Right: the peak against the noise.",
    fast=True,
)

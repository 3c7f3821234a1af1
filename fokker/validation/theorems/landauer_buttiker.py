"""Landauer and Buettiker: a temperature that depends on the place drives a current around a ring."""

from typing import TYPE_CHECKING, Any

import numpy as np

from fokker.validation import Check, Measurement, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    import fokker

PRINTED = {(0.5, 0.5): "0.04492067575068", (1.0, 0.5): "0.149635957512"}  # (T0, a): minus the velocity
RISE = "3.8880485990291"  # psi(2 pi) at T0 = a = 1/2
CONVENTIONS = {"Ito": 0.0, "Stratonovich": 0.5, "isothermal": 1.0}
FLUX = {
    "Ito": r"-(V' p + (T p)')",
    "Stratonovich": r"-(V' p + \sqrt{T} (\sqrt{T} p)')",
    "isothermal": r"-(V' p + T p')",
}
CELLS = 100
BLOW = (0.0, 1.0, 3.0)  # how much hotter the flank is
BECAUSE = r"rounding bound $10 N u$ of an elimination free of subtractions, doubled for the quadrature"


def ring(mean: float, modulation: float, alpha: float, phase: float = 0.0) -> "fokker.Problem":
    """Return V = cos x with T = mean (1 + modulation sin(x + phase)), mobility one."""
    import fokker

    return fokker.Problem(
        drift=np.sin,
        diffusion=lambda x: mean * (1 + modulation * np.sin(x + phase)),
        convention=alpha,
        domain={"x": (0.0, 2 * np.pi)},
        boundary="periodic",
    )


def velocity(mean: float, modulation: float, alpha: float = 0.0, phase: float = 0.0) -> float:
    """Return the velocity as solved."""
    import fokker

    return fokker.drift_velocity(fokker.discretize(ring(mean, modulation, alpha, phase), cells=CELLS))


def closed(mean: float, modulation: float, alpha: float = 0.0) -> float:
    """Return the velocity by double quadrature."""
    from fokker.theory import ring as theory

    return theory.thermal_velocity(
        lambda x: theory.psi_cosine(x, mean, modulation), lambda x: mean * (1 + modulation * np.sin(x)), alpha
    )


def hot_flank(strength: float) -> "Any":
    """Return T(x) = 0.1 (1 + strength e^(-16 (x - 1/2)^2)): hot between the top, 0, and the right minimum, 1."""
    return lambda x: 0.1 * (1 + strength * np.exp(-16.0 * (x - 0.5) ** 2))


def blowtorch(strength: float) -> "fokker.Density":
    """Return the stationary law of the double well with the hot flank, flux -(V' p + (T p)')."""
    import fokker

    problem = fokker.Problem(
        drift=lambda x: x - x**3, diffusion=hot_flank(strength), convention="ito", domain={"x": (-2.5, 2.5)}
    )
    return fokker.stationary(fokker.discretize(problem, cells=400))


def populations(strength: float) -> tuple[float, float]:
    """Return the ratio p(1)/p(-1) and the population of the right well by adaptive quadrature of e^-psi/T."""
    from scipy.integrate import quad

    temperature = hot_flank(strength)
    nodes, weights = np.polynomial.legendre.leggauss(80)

    def psi(x: float) -> float:
        y = x * (nodes + 1) / 2
        return float(x / 2 * weights @ ((y**3 - y) / temperature(y)))

    def law(x: float) -> float:
        return float(np.exp(-psi(x)) / temperature(x))

    left, right = (quad(law, *ends, epsabs=0.0, epsrel=1e-13, limit=200)[0] for ends in ((-2.5, 0.0), (0.0, 2.5)))
    return law(1.0) / law(-1.0), right / (left + right)


def measure() -> Measurement:
    """The printed velocities, both conventions of heat, no current without modulation, and the blowtorch."""
    from fokker.theory import ring as theory
    from fokker.validation.theorems import _escape as escape

    unit = 10 * CELLS * escape.UNIT
    checks = [
        Check(
            r"$\psi(2\pi)$ at $T_0 = a = \frac12$",
            float(theory.psi_cosine(2 * np.pi, 0.5, 0.5)),
            float(RISE),
            escape.half_unit(RISE) + 8 * escape.UNIT,
            "half a unit in the last printed digit, and rounding",
        )
    ]
    for (mean, modulation), digits in PRINTED.items():
        checks.append(
            Check(
                rf"$T_0 = {mean:g}$, $a = {modulation:g}$, flux $-(V' p + (T p)')$: $-v$, printed",
                -velocity(mean, modulation),
                float(digits),
                unit + escape.half_unit(digits),
                BECAUSE.partition(",")[0] + ", and half a unit in the last printed digit",
            )
        )
        for name, alpha in CONVENTIONS.items():
            checks.append(
                Check(
                    rf"$T_0 = {mean:g}$, $a = {modulation:g}$, flux ${FLUX[name]}$ ({name}): $v$, quadrature now",
                    velocity(mean, modulation, alpha),
                    closed(mean, modulation, alpha),
                    2 * unit,
                    BECAUSE,
                )
            )
    for mean in (0.5, 1.0):
        checks.append(
            Check(
                rf"$T_0 = {mean:g}$, $a = 0$: $v$ over that at $a = \frac12$",
                velocity(mean, 0.0) / velocity(mean, 0.5),
                0.0,
                unit / abs(velocity(mean, 0.5)),
                r"rounding bound $10 N u$ over the velocity it is compared with",
                "absolute",
            )
        )
    checks.append(
        Check(
            r"$T_0 = a = \frac12$, temperature in phase with the potential ($\sin \to \cos$): $v$ over that above",
            velocity(0.5, 0.5, 0.0, np.pi / 2) / velocity(0.5, 0.5),
            0.0,
            unit / abs(velocity(0.5, 0.5)),
            "by symmetry no current; rounding as above",
            "absolute",
        )
    )
    laws = {strength: blowtorch(strength) for strength in BLOW}
    for strength, law in laws.items():
        ratio, population = populations(strength)
        bound = 40 * 400 * escape.UNIT
        why = r"rounding bound $10 N u$, $N = 400$, four times: two masses, each a quadrature of the profile"
        name = f"closed line, flank {1 + strength:g} times as hot"
        checks += [
            Check(rf"{name}: $p(1)/p(-1)$", law.at(x=1.0) / law.at(x=-1.0), ratio, bound, why),
            Check(rf"{name}: population of the right well", law.probability(lambda x: x > 0), population, bound, why),
        ]
    amplitudes = np.linspace(-0.9, 0.9, 37)
    curves = {m: np.array([velocity(m, float(a)) for a in amplitudes]) for m in (0.5, 1.0, 2.0)}
    x = np.linspace(-1.8, 1.8, 241)
    profile = {strength: law.at(x=x) for strength, law in laws.items()}
    return Measurement(tuple(checks), (), {"amplitudes": amplitudes, "curves": curves, "x": x, "profile": profile})


def figure(measurement: Measurement) -> "Figure":
    """Draw the velocity against the modulation, and the law on the line under the blowtorch."""
    from matplotlib.figure import Figure

    fig = Figure(figsize=(8.4, 3.9))
    left, right = fig.subplots(1, 2)
    data = measurement.data
    for at, (mean, curve) in enumerate(data["curves"].items()):
        left.plot(data["amplitudes"], curve, "o", ms=3.5, color=f"C{at}", label=f"$T_0 = {mean:g}$")
        fine = np.linspace(-0.9, 0.9, 60)
        left.plot(fine, [closed(mean, float(a)) for a in fine], lw=1.2, color=f"C{at}")
    left.set(xlabel=r"modulation $a$ of $T = T_0 (1 + a \sin x)$", ylabel="velocity $v$")
    left.legend()
    for at, (strength, values) in enumerate(data["profile"].items()):
        right.plot(
            data["x"],
            values,
            color=f"C{at}",
            label=f"flank {1 + strength:g} times as hot" if strength else "uniform temperature",
        )
    right.axvspan(0.15, 0.85, color="C1", alpha=0.12, lw=0)
    right.annotate("heated", (0.5, 1.15), ha="center", color="C1")
    right.set(xlabel="$x$", ylabel="stationary density", ylim=(0, 1.75))
    right.legend(loc="upper left")
    return fig


THEOREM = Theorem(
    id="landauer-buttiker",
    title="Landauer's blowtorch and Büttiker's ring",
    group="Classics",
    number=5,
    statement=r"""
        For the flux $J = -(V' p + (T p)')$ with a temperature $T(x)$ and $\psi(x) = \int_0^x V'/T$, a closed line has
        the law $p \propto e^{-\psi}/T$: the population of two wells depends on the temperature on the way between
        them. On a ring of length $L$ a current flows unless $\psi(L) = 0$,
        $$v = \frac{L\, (1 - e^{\psi(L)})}
        {\int_0^L dx\, T(x)^{-1} \int_x^{x+L} dy\, e^{\psi(y) - \psi(x)}},$$
        and for $V = \cos x$, $T = T_0 (1 + a \sin x)$: $\psi(2\pi) = -\frac{2\pi}{T_0 a} (1 - 1/\sqrt{1 - a^2})$.
        """,
    hypotheses=(
        r"Unit mobility. The flux of the statement is the Ito reading of $\sqrt{2T}$. If heat flows by "
        r"$J = -(V' p + T p')$, the isothermal reading, then $p \propto e^{-\psi}$; both are measured, and "
        "Stratonovich's.",
        r"Ring: 100 equal cells. Line: $V = x^4/4 - x^2/2$ on $(-\frac52, \frac52)$, $T = 0.1\, (1 + s\, "
        r"e^{-16 (x - 1/2)^2})$, 400 cells.",
    ),
    source="Büttiker, Z. Phys. B 68 (1987) 161; Landauer, J. Stat. Phys. 53 (1988) 233",
    verdict="exact",
    finding="Velocities and populations are those of the closed forms to rounding. The velocities of the Ito and "
    r"the isothermal reading are the same on this ring, because $x \to \pi - x$ exchanges the two; their densities "
    "differ, and so does the velocity of the Stratonovich reading.",
    measure=measure,
    figure=figure,
    caption="Left: heat that is out of phase with the potential drives a current, against the sign of the modulation. "
    "Right: heating one flank of a barrier fills the other well, though neither well is touched.",
    fast=True,
)

"""Stratonovich's velocity and the effective diffusion of a tilted periodic potential."""

from typing import TYPE_CHECKING

import numpy as np

from fokker.validation import Check, Measurement, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    import fokker

PRINTED = {  # (F, D): velocity and effective diffusion
    (0.5, 0.5): ("0.175593406037", "0.423588797443"),
    (1.0, 0.1): ("0.368953245762", "0.41112993532"),
    (0.9, 0.05): ("0.107602615443", "0.231405040551"),
    (1.0, 0.01): ("0.171367631404", "0.18181318500"),
}
CELLS = 100
TILTS = np.linspace(0.0, 2.0, 41)
NOISES = (0.5, 0.1, 0.02)
BECAUSE = (
    r"rounding bound $10 N u$ of eliminations free of subtractions, twice for the velocity and six times for the "
    r"diffusion (a quotient of sums of three of them), and half a unit in the last printed digit"
)
DIRECT = r"the same rounding bounds, doubled for the quadrature in doubles"


def ring(tilt: float, diffusion: float) -> "fokker.Problem":
    """Return the process in V = cos x - F x on a ring of length 2 pi, from callables only."""
    import fokker

    return fokker.Problem(
        drift=lambda x: tilt + np.sin(x),
        diffusion=diffusion,
        domain={"x": (0.0, 2 * np.pi)},
        boundary="periodic",
    )


def solve(tilt: float, diffusion: float) -> tuple[float, float]:
    """Return velocity and effective diffusion."""
    import fokker

    generator = fokker.discretize(ring(tilt, diffusion), cells=CELLS)
    return fokker.drift_velocity(generator), fokker.effective_diffusion(generator)


def spectral(tilt: float, diffusion: float, modes: int = 64) -> tuple[float, float]:
    """Return velocity and effective diffusion from the cell problem in Fourier modes, a third route.

    With M the forward operator, M rho = 0 and M m = (v - b) rho + 2 D rho', int m = 0; then v = int b rho and
    D_eff = D + int b m, b = F + sin x.
    """
    wave = np.arange(-modes, modes + 1)
    size = len(wave)
    drift = np.diag(np.full(size, tilt, dtype=complex))
    drift += np.diag(np.full(size - 1, 0.5j), 1) + np.diag(np.full(size - 1, -0.5j), -1)  # sin x
    forward = -1j * wave[:, None] * drift - diffusion * np.diag(wave**2)
    forward[modes] = 0.0
    forward[modes, modes] = 1.0  # total probability in place of the empty row
    right = np.zeros(size, dtype=complex)
    right[modes] = 1.0
    rho = np.linalg.solve(forward, right)
    velocity = (drift @ rho)[modes].real
    right = velocity * rho - drift @ rho + 2j * diffusion * wave * rho
    right[modes] = 0.0
    moment = np.linalg.solve(forward, right)
    return float(velocity), float(diffusion + (drift @ moment)[modes].real)


def measure() -> Measurement:
    """The printed table, closed forms, a Fourier solution, Lifson and Jackson, and the curves."""
    from fokker.theory import ring as closed
    from fokker.validation.theorems import _escape as escape

    unit = 10 * CELLS * escape.UNIT
    checks = []
    for (tilt, diffusion), (v, d) in PRINTED.items():
        velocity, effective = solve(tilt, diffusion)
        name = f"$F = {tilt:g}$, $D = {diffusion:g}$"
        checks += [
            Check(rf"{name}: $v$", velocity, float(v), 2 * unit + escape.half_unit(v), BECAUSE),
            Check(rf"{name}: $D_{{\mathrm{{eff}}}}$", effective, float(d), 6 * unit + escape.half_unit(d), BECAUSE),
            Check(
                rf"{name}: $v$, quadrature now",
                velocity,
                closed.velocity(np.cos, tilt, diffusion),
                4 * unit,
                DIRECT,
            ),
            Check(
                rf"{name}: $D_{{\mathrm{{eff}}}}$, quadrature now",
                effective,
                closed.effective_diffusion(np.cos, tilt, diffusion),
                12 * unit,
                DIRECT,
            ),
        ]
    checks += _third_route(unit) + _lifson_jackson(unit)
    curves = {noise: np.array([solve(float(f), noise) for f in TILTS]) for noise in NOISES}
    return Measurement(tuple(checks), (), {"curves": curves})


def _third_route(unit: float) -> list[Check]:
    checks = []
    for tilt, diffusion in ((0.5, 0.5), (1.0, 0.1)):
        both = solve(tilt, diffusion), spectral(tilt, diffusion)
        for name, measured, expected in zip(("v", r"D_{\mathrm{eff}}"), *both, strict=True):
            checks.append(
                Check(
                    rf"$F = {tilt:g}$, $D = {diffusion:g}$: ${name}$, cell problem in 129 Fourier modes",
                    measured,
                    expected,
                    12 * unit,
                    "the same rounding bounds; the Fourier series has converged to rounding",
                )
            )
    return checks


def _lifson_jackson(unit: float) -> list[Check]:
    """Without tilt: no current, and D over the squared Bessel function."""
    from scipy.special import ive

    checks = []
    for noise in NOISES:
        velocity, effective = solve(0.0, noise)
        exact = noise / (float(ive(0, 1 / noise)) * np.exp(1 / noise)) ** 2
        checks.append(
            Check(
                rf"$F = 0$, $D = {noise:g}$: $D_{{\mathrm{{eff}}}} = D/I_0(1/D)^2$ (Lifson and Jackson)",
                effective,
                exact,
                12 * unit + 8 / noise * 2.0**-53,
                r"the same rounding bounds, and $8/D$ roundings of the exponents of a barrier of $2/D$",
            )
        )
        checks.append(
            Check(
                rf"$F = 0$, $D = {noise:g}$: $v$ over the velocity of free diffusion, $D/2\pi$",
                velocity * 2 * np.pi / noise,
                0.0,
                unit,
                r"rounding bound $10 N u$: without tilt the two directions balance",
                "absolute",
            )
        )
    return checks


def figure(measurement: Measurement) -> "Figure":
    """Draw velocity and effective diffusion against the tilt."""
    from matplotlib.figure import Figure

    from fokker.theory import ring as closed

    fig = Figure(figsize=(8.4, 3.9))
    left, right = fig.subplots(1, 2)
    fine = np.linspace(0.0, 2.0, 81)[1:]
    for at, noise in enumerate(NOISES):
        curve = measurement.data["curves"][noise]
        left.plot(fine, [closed.velocity(np.cos, float(f), noise) for f in fine], color=f"C{at}", lw=1.4)
        left.plot(TILTS[::2], curve[::2, 0], "o", ms=4, color=f"C{at}", label=f"$D = {noise:g}$")
        exact = [closed.effective_diffusion(np.cos, float(f), noise) / noise for f in fine]
        right.semilogy(fine, exact, color=f"C{at}", lw=1.4)
        right.semilogy(TILTS[::2], curve[::2, 1] / noise, "o", ms=4, color=f"C{at}")
    left.plot(fine, np.sqrt(np.maximum(fine**2 - 1, 0)), "--", color="C6", lw=1.2, label="no noise")
    left.set(xlabel="tilt $F$", ylabel="velocity $v$")
    left.legend(loc="upper left")
    right.set(xlabel="tilt $F$", ylabel=r"$D_{\mathrm{eff}}/D$", ylim=(1e-4, 30))
    right.axhline(1.0, color="C6", ls="--", lw=1.2)
    return fig


THEOREM = Theorem(
    id="stratonovich-velocity",
    title="Velocity and diffusion in a tilted periodic potential",
    group="Classics",
    number=3,
    statement=r"""
        For $dx = (F - V')\, dt + \sqrt{2D}\, dW$, $V$ of period $L$ and $U = V - F x$, the mean velocity and the
        effective diffusion are
        $$v = \frac{L\, (1 - e^{-F L/D})}{\int_0^L I_+ dx}, \quad
        D_{\mathrm{eff}} = D\, \frac{\langle I_+^2 I_- \rangle}{\langle I_+ \rangle^3},$$
        $$I_+ = \frac{1}{D} e^{U(x)/D} \int_{x-L}^{x} e^{-U/D} dy, \quad
        I_- = \frac{1}{D} e^{-U(x)/D} \int_{x}^{x+L} e^{U/D} dy,$$
        averages over a period; at $F = 0$, $D_{\mathrm{eff}} = D L^2 / (\int e^{V/D} \int e^{-V/D})$.
        """,
    hypotheses=(
        "Constant noise.",
        r"Measured on $V = \cos x$, $L = 2\pi$, 100 equal cells, drift given as a callable only.",
    ),
    source="Stratonovich, Radiotekh. Elektron. 3 (1958) 497; Reimann et al., Phys. Rev. Lett. 87 (2001) 010602; "
    "Lifson and Jackson, J. Chem. Phys. 36 (1962) 2410",
    verdict="exact",
    finding="Both formulas agree with the stationary current and the harmonic coordinate of the jump process to "
    "rounding, and with a Fourier solution of the cell problem.",
    measure=measure,
    figure=figure,
    caption="Lines: the closed forms. Dots: the solver on 100 cells. As the noise fades the velocity goes to "
    r"$\sqrt{F^2 - 1}$ and sticks below the critical tilt $F = 1$.",
    fast=True,
)

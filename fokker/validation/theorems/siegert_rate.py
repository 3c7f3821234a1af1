"""Siegert's formula: how often a leaky integrate-and-fire neuron fires, and the law of its potential."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    import fokker

Array = NDArray[np.float64]

TAU, SILENT = 0.02, 0.002  # seconds
RESET, THRESHOLD, NOISE = 10.0, 20.0, 5.0  # millivolts
DRIVES = (-5.0, 2.0, 8.0, 14.0, 20.0, 26.0, 32.0)
SHOWN = np.linspace(0.0, 34.0, 35)
CELLS = 400
REFINED = (200, 400, 800)
INNER = (0.12, 0.37, 0.6, 0.83)  # places between reset and threshold, and below the reset, in noise strengths


def neuron(drive: float, noise: float = NOISE) -> "fokker.Problem":
    """Return the membrane potential below the threshold, in millivolts and seconds."""
    import fokker

    low = min(drive, RESET) - 9 * noise
    return fokker.Problem(
        drift=lambda v: (drive - v) / TAU,
        diffusion=noise**2 / (2 * TAU),
        domain={"v": (low, THRESHOLD)},
        boundary={"v": ("reflecting", "absorbing")},
    )


def fires(drive: float, noise: float = NOISE, silent: float = SILENT, cells: int = CELLS) -> float:
    """Return the solver's firing rate, 1/s."""
    import fokker

    return fokker.firing_rate(fokker.discretize(neuron(drive, noise), cells=cells), {"v": RESET}, refractory=silent)


def measure() -> Measurement:
    """Rates over drives, the law of the potential, and the flux that is put back."""
    from fokker.theory import siegert

    checks = [
        Check(
            rf"firing rate at $\mu = {drive:g}$ mV, silent for 2 ms [1/s]",
            fires(drive),
            siegert.rate(drive, NOISE, THRESHOLD, RESET, TAU, SILENT),
            1e-10,
            "the chain is exact at the nodes and between them; collocation and rounding, and exp(-81) of the law "
            "beyond the far end: 1e-10",
        )
        for drive in DRIVES
    ]
    checks += _fluxes()
    rates, law = [], {}
    for drive in (8.0, 26.0):
        densities = [_density(drive, cells) for cells in REFINED]
        exact = siegert.density(_places(drive), drive, NOISE, THRESHOLD, RESET)
        errors = tuple(float(np.abs(p - exact).max() / exact.max()) for p in densities)
        rates.append(
            Rate(
                rf"law of the potential at $\mu = {drive:g}$ mV, largest error over the largest density, in $1/N$",
                tuple(1 / n for n in REFINED),
                errors,
                2.0,
                0.2,
                "declared order 2, within 10 %: the place of re-injection lies on a face of each grid",
            )
        )
    for drive in (8.0, 16.0, 26.0):
        v = np.linspace(-10.0, THRESHOLD, 300)
        law[drive] = v, _law(drive, 400).at(v=v)
    curves = {noise: np.array([fires(mu, noise) for mu in SHOWN]) for noise in (1.0, 2.5, NOISE)}
    return Measurement(tuple(checks), tuple(rates), {"curves": curves, "law": law})


def _grid(drive: float, cells: int) -> "fokker.Generator":
    """Return a grid on which the reset lies on a face: the bottom is moved down to a whole number of cells."""
    import fokker

    problem = neuron(drive)
    low = problem.domain["v"][0]
    above = cells // 4
    width = (THRESHOLD - RESET) / above
    count = int(np.ceil((THRESHOLD - low) / (width * 4))) * 4
    moved = fokker.Problem(
        drift=lambda v: (drive - v) / TAU,
        diffusion=NOISE**2 / (2 * TAU),
        domain={"v": (THRESHOLD - count * width, THRESHOLD)},
        boundary={"v": ("reflecting", "absorbing")},
    )
    return fokker.discretize(moved, cells=count)


def _law(drive: float, cells: int) -> "fokker.Density":
    import fokker

    return fokker.stationary(fokker.reinject(_grid(drive, cells), "v right", {"v": RESET}))


def _places(drive: float) -> Array:
    above = RESET + (THRESHOLD - RESET) * np.array(INNER)
    return np.concatenate([min(drive, RESET) + NOISE * np.array([-1.1, -0.3]), above])


def _density(drive: float, cells: int) -> Array:
    return np.asarray(_law(drive, cells).at(v=_places(drive)))


def _fluxes() -> list[Check]:
    """The flux that is put back at a node is the rate of the neuron that is never silent; its law has mass one."""
    import fokker

    checks = []
    for drive in (-5.0, 14.0, 32.0):
        generator = fokker.discretize(neuron(drive), cells=CELLS)
        node = float(generator.nodes[0][int(np.argmin(np.abs(generator.nodes[0] - RESET)))])
        density = fokker.stationary(fokker.reinject(generator, "v right", {"v": node}))
        checks.append(
            Check(
                rf"flux put back at $\mu = {drive:g}$ mV over the firing rate without silence",
                float(density.current().values[-1]) / fokker.firing_rate(generator, {"v": node}),
                1.0,
                1e-11,
                "an identity of the chain; rounding of 400 cells",
            )
        )
        checks.append(
            Check(
                rf"probability of the potential at $\mu = {drive:g}$ mV",
                density.expectation(lambda v: 1.0 + 0.0 * v),
                1.0,
                1e-11,
                "jumps lose nothing; rounding of 400 cells",
            )
        )
    return checks


def figure(measurement: Measurement) -> "Figure":
    """Draw the f-I curves and the laws of the potential."""
    from matplotlib.figure import Figure

    from fokker.theory import siegert

    drawing = Figure(figsize=(8.6, 4.2))
    left, right = drawing.subplots(1, 2)
    fine = np.linspace(0.0, 34.0, 200)
    for k, (noise, found) in enumerate(measurement.data["curves"].items()):
        exact = [siegert.rate(mu, noise, THRESHOLD, RESET, TAU, SILENT) for mu in fine]
        left.plot(fine, exact, color=f"C{k}", label=rf"$\sigma = {noise:g}$ mV")
        left.plot(SHOWN, found, "o", color=f"C{k}", markersize=3.0)
    left.set(xlabel=r"drive $\mu$ [mV]", ylabel="firing rate [1/s]")
    left.legend()
    for k, (drive, (v, p)) in enumerate(measurement.data["law"].items()):
        right.plot(v, siegert.density(v, drive, NOISE, THRESHOLD, RESET), color=f"C{k}", label=rf"$\mu = {drive:g}$ mV")
        right.plot(v[::12], p[::12], "o", color=f"C{k}", markersize=3.0)
    right.set(xlabel="potential [mV]", ylabel="density [1/mV]")
    right.legend()
    return drawing


THEOREM = Theorem(
    id="siegert-rate",
    title="Siegert's formula: the rate of an integrate-and-fire neuron",
    group="Escape times",
    number=15,
    statement=r"""
        The potential $\tau \, dV = (\mu - V) \, dt + \sigma \sqrt{\tau} \, dW$ that fires at $V_t$, is silent for
        $\tau_s$ and starts again from $V_r$ fires at the rate
        $$\nu = \left( \tau_s + \tau \sqrt{\pi} \int_{(V_r - \mu)/\sigma}^{(V_t - \mu)/\sigma} e^{u^2} (1 +
        \mathrm{erf}\, u) \, du \right)^{-1}.$$
        While it is not silent, its potential has the density $p = (2 \tau \nu_0/\sigma) \, e^{-y^2}
        \int_{\max(y, y_r)}^{y_t} e^{u^2} du$ with $y = (V - \mu)/\sigma$ and $\nu_0$ the rate for $\tau_s = 0$.
        """,
    hypotheses=(
        r"$\tau = 20$ ms, $\tau_s = 2$ ms, $V_r = 10$ mV, $V_t = 20$ mV, $\sigma = 5$ mV (1 and 2.5 in the figure).",
        r"The solver's bottom lies $9 \sigma$ below reset and drive: $e^{-81}$ of the law lies beyond.",
        "The law of the potential is the stationary one of the generator whose absorbed flux enters again at the "
        "reset; while the neuron is silent it holds the share $1 - \\nu \\tau_s$ of the probability.",
    ),
    source="Siegert, Phys. Rev. 81 (1951) 617; Brunel and Hakim, Neural Computation 11 (1999) 1621",
    verdict="exact",
    finding="Exact: the rate to rounding, from one spike in years to one in ten milliseconds; the law of the potential "
    "with its kink at the reset to second order.",
    measure=measure,
    figure=figure,
    caption="Left: firing rate against the drive; noise makes a neuron fire whose drive does not reach the threshold. "
    "Right: the law of the potential, with a kink where it starts again. Lines: closed forms. Dots: the solver.",
    fast=True,
)

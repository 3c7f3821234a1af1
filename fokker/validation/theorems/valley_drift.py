"""Valley drift: isotropic noise drives parameters along a floor of equal loss towards its flat stretches."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    import fokker

Array = NDArray[np.floating[Any]]

DEPTH = 4.0
NOISES = (0.1, 1.0)
CELLS = 128
COUNTS = (48, 96, 192)
SLOW = 0.2 / 2.0 ** np.arange(7)  # noise at which the drift along the floor is compared
FITTED = 4
WIDE = 7.0  # half width of the box in sqrt(D)


def ring(noise: float, given: str) -> "fokker.Problem":
    """Return the process on the ring, from its potential or from its drift."""
    import fokker

    domain = {"x": (-WIDE * np.sqrt(noise), WIDE * np.sqrt(noise)), "y": (0.0, 2 * np.pi)}
    walls = {"y": "periodic"}
    if given == "potential":
        return fokker.Problem.from_potential(loss, temperature=noise, domain=domain, boundary=walls)
    return fokker.Problem(drift=descent, diffusion=noise, domain=domain, boundary=walls)


def quarter(noise: float) -> "fokker.Problem":
    """Return a quarter of the ring, from the flattest place y = 0, which absorbs, to the narrowest."""
    import fokker

    return fokker.Problem.from_potential(
        loss,
        temperature=noise,
        domain={"x": (-WIDE * np.sqrt(noise), WIDE * np.sqrt(noise)), "y": (0.0, np.pi / 2)},
        boundary={"y": ("absorbing", "reflecting")},
    )


def loss(x: Array, y: Array) -> Array:
    """Return h(y) x^2/2, h = 1 + 4 sin^2 y."""
    return 0.5 * (1 + DEPTH * np.sin(y) ** 2) * x * x


def descent(x: Array, y: Array) -> tuple[Array, Array]:
    """Return minus the gradient of the loss."""
    return -(1 + DEPTH * np.sin(y) ** 2) * x, -0.5 * DEPTH * np.sin(2 * y) * x * x


def slow_time() -> float:
    """Return D times the mean time from pi/2 to 0 of dy = -(D/2)(ln h)' dt + sqrt(2 D) dW."""
    from fokker.theory import passage, valley

    return float(
        passage.mean_time(lambda u: -np.log(valley.ring_marginal(np.pi / 2 - u, DEPTH)), 0.0, np.pi / 2, diffusion=1.0,
                          left=0.0)
    )  # fmt: skip


def measure() -> Measurement:
    """Marginals on the ring, the current, and the mean time along a quarter of it against the averaged drift."""
    import fokker
    from fokker.theory import valley
    from fokker.validation.theorems import _escape as escape
    from fokker.validation.theorems import _two_dimensions as plane

    checks: list[Check] = []
    marginals: dict[float, tuple[Array, Array]] = {}
    n = CELLS
    for noise in NOISES:
        for given in ("potential", "drift"):
            density = fokker.stationary(fokker.discretize(ring(noise, given), cells=(n, n)))
            y = np.asarray(density.nodes[1])
            marginal = density.mass.sum(axis=0) / (2 * np.pi / n)
            checks += _equilibrium(
                density, noise, given, float(np.abs(marginal / valley.ring_marginal(y, DEPTH) - 1).max())
            )
            marginals[noise] = y, marginal
    times, corrections = np.array([_time_along(float(d)) for d in SLOW]).T * SLOW
    exact = slow_time()
    limit, last = escape.richardson(SLOW, times)
    checks.append(
        Check(
            r"$\lim D\, \tau$, mean time from $y = \pi/2$ to 0, in two dimensions",
            limit,
            exact,
            (last + float(corrections.max())) / limit,
            "last correction of the Richardson extrapolation in $D$, and that of the grids",
        )
    )
    gain = times / exact - 1
    rates = (plane.first_order(r"$\tau/\tau_{\mathrm{averaged}} - 1$ in $D$", SLOW[-FITTED:], gain[-FITTED:]),)
    picture = fokker.stationary(fokker.discretize(ring(0.1, "potential"), cells=(64, 128)))
    data = {"marginals": marginals, "gain": gain, "nodes": picture.nodes, "values": picture.values}
    return Measurement((*checks, *_printed()), rates, data)


def _equilibrium(density: "fokker.Density", noise: float, given: str, error: float) -> list[Check]:
    """Return the error of the marginal and the entropy production, which is zero."""
    import fokker
    from fokker.validation.theorems import _two_dimensions as plane

    bound = plane.rounding(CELLS**2)
    generator = density.generator
    assert generator is not None
    mass = density.mass.ravel()
    activity = float(np.sum(mass[generator.tail] * generator.forward + mass[generator.head] * generator.backward))
    because = (
        r"rounding bound $10 N^2 u$; edge integrals by three Gauss points, and sums over equal cells of a Gaussian "
    )
    because += "and of a periodic function, leave less"
    return [
        Check(
            rf"$D = {noise:g}$, from the {given}: largest relative error of the marginal $p(y)$",
            error,
            0.0,
            bound,
            because,
            "absolute",
        ),
        Check(
            rf"$D = {noise:g}$, from the {given}: entropy production",
            fokker.entropy_production(density),
            0.0,
            (2 * bound) ** 2 * activity,
            "square of that bound on the affinity of an edge, times all jumps in a unit of time",
            "absolute",
        ),
    ]


def _time_along(noise: float) -> tuple[float, float]:
    """Return the mean time from the narrowest place to the flattest, extrapolated in the cell size, and its error."""
    import fokker
    from fokker.validation.theorems import _two_dimensions as plane

    generators = (fokker.discretize(quarter(noise), cells=(n, n)) for n in COUNTS)
    return plane.extrapolated([float(fokker.mean_first_passage(g).at(x=0.0, y=np.pi / 2)) for g in generators])


def _printed() -> list[Check]:
    from fokker.theory import valley
    from fokker.validation.theorems import _escape as escape

    rows = (
        (r"$\int h^{-1/2} dy = 4 K(-4)$", valley.ring_norm(DEPTH), "4.0378116399568"),
        ("$p(0)$", valley.ring_marginal(0.0, DEPTH), "0.24765890268489"),
        (r"$p(\pi/2)$", valley.ring_marginal(np.pi / 2, DEPTH), "0.11075642832729"),
    )
    return [
        Check(
            name,
            float(value),
            float(digits),
            escape.half_unit(digits) + 8 * escape.UNIT,
            "half a unit in the last digit",
        )
        for name, value, digits in rows
    ]


def figure(measurement: Measurement) -> "Figure":
    """Draw the density along the valley, its marginal at two noises, and the error of the averaged drift."""
    from matplotlib.figure import Figure

    from fokker.theory import valley
    from fokker.validation.theorems import _two_dimensions as plane

    data = measurement.data
    fig = Figure(figsize=(12.0, 3.7))
    left, middle, right = fig.subplots(1, 3)
    x, y = data["nodes"]
    plane.flow(left, (y, x), np.asarray(data["values"]).T, None, ((0.0, 2 * np.pi), (-1.2, 1.2)))
    left.set(title="$D = 0.1$", xlabel="along the valley, $y$", ylabel="across it, $x$")
    fine = np.linspace(0, 2 * np.pi, 300)
    middle.plot(fine, valley.ring_marginal(fine, DEPTH), color="C0", label=r"$h^{-1/2}/4K(-4)$")
    for at, (noise, (place, values)) in enumerate(data["marginals"].items()):
        every = slice(3 * at, None, 8)
        middle.plot(place[every], values[every], "os"[at], ms=4, color=f"C{at + 1}", label=f"$D = {noise:g}$")
    middle.set(xlabel="$y$", ylabel="$p(y)$", ylim=(0, 0.27), title="marginal along the valley")
    middle.legend(loc="lower center")
    gain = np.abs(data["gain"])
    right.loglog(SLOW, gain[-1] * SLOW / SLOW[-1], "--", color="C6", lw=1, label="order 1")
    right.loglog(SLOW, gain, "o", color="C1", label="two dimensions against averaged")
    right.set_xticks(SLOW[::2], [f"{d:g}" for d in SLOW[::2]])
    right.minorticks_off()
    right.set(xlabel="noise $D$", ylabel=r"$|\tau/\tau_{\mathrm{averaged}} - 1|$", title=r"time from $y = \pi/2$ to 0")
    right.legend()
    return fig


THEOREM = Theorem(
    id="valley-drift",
    title="Valley drift under isotropic noise",
    group="Currents and phase space",
    number=3,
    statement=r"""
        In the loss $L(x, y) = h(y)\, x^2/2$ all points $x = 0$ are alike, but isotropic noise of constant $D$ leaves
        the marginal $p(y) \propto h(y)^{-1/2}$ along the valley, for every $D$. For small $D$ the motion along the
        floor is
        $$dy = -\frac{D}{2}\, (\ln h)'\, dt + \sqrt{2 D}\, dW :$$
        it drifts to where the valley is flat, lowering the determinant of the Hessian across it.
        """,
    hypotheses=(
        r"$dX = -\nabla L\, dt + \sqrt{2D}\, dW$; no current flows.",
        r"Measured on the ring $h = 1 + 4 \sin^2 y$, whose marginal is $h^{-1/2}/4 K(-4)$, from the potential and, "
        r"without it, from the drift; walls at $|x| = 7 \sqrt{D}$.",
        r"The averaged motion: mean time from the narrowest place $(0, \pi/2)$ to the line $y = 0$ in two dimensions, "
        "against the time of the equation above.",
    ),
    source="Wei and Schwab, arXiv 1910.00195 (drift along a valley); the isotropic case derived here",
    verdict="exact",
    finding=r"The marginal is exact at every noise, here to rounding, and no current flows. The averaged drift is the "
    r"limit of weak noise: times agree to first order in $D$.",
    measure=measure,
    figure=figure,
    caption="Left: the floor is level, yet the density is highest where the valley is wide. Middle: the marginal does "
    "not depend on the noise. Right: the averaged motion along the floor becomes exact as the noise weakens.",
    fast=True,
)

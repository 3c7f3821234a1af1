"""Audit A3: the law at finite times is no q-Gaussian, and its mean does not decay like exp(-H t)."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    import fokker

Array = NDArray[np.float64]

H, EPS, START, KAPPA = 2.0, 0.2, 0.8, 5.0  # curvature, noise floor eta sigma_g, starting point, exponent
REACH = 300.0  # core widths
COARSE = {0.02: 0.1970, 0.1: 0.1605, 0.5: 0.0696, 2.0: 0.0109}  # delta t: distance, the width one of WIDTHS
NARROW = {0.0: 4.2, 0.1: 3.534870932, 0.5: 3.761600561, 2.0: 4.186563716}  # t: kurtosis after a narrow start
HEAVY_CELLS = (241, 481, 961, 1921)
HEAVY_REACH = 1e4
WIDTHS = np.geomspace(0.02, 1.3, 161)  # a coarser search
FINE = np.linspace(0.0, 2.0, 41)


def chains(start: float) -> "list[fokker.Generator]":
    """Return the isothermal process of kappa = 5 on the four grids, with a node at the start."""
    from fokker.validation.theorems import _power_law_time as at

    return [at.generator(KAPPA, 1.0, n, curvature=H, eps=EPS, start=start, reach=REACH) for n in at.CELLS]


def measure() -> Measurement:
    """The mean and the skewness of a point start, kurtosis after a narrow start, distance from the family."""
    travelled, dots = _travelling()
    distances, rates, laws = _family()
    data = {"dots": dots, "line": _lines(), "laws": laws}
    return Measurement((*travelled, *_narrow(), *distances), tuple(rates), data)


def _travelling() -> tuple[list[Check], Array]:
    """A start at 0.8: decay of the mean, and skewness, that no member of the family has."""
    from fokker.theory import moment_dynamics
    from fokker.theory.power_law import PowerLaw
    from fokker.validation.theorems import _power_law_time as at

    law = PowerLaw.from_kappa(KAPPA, eps=EPS, curvature=H)
    found = [
        [at.shape(m) for m in at.moments(at.evolved(chain, at.at_middle(chain), tuple(FINE[2::2])))]
        for chain in chains(START)
    ]
    last = np.array([rows[9] for rows in found])  # t = 1
    decay, bound = at.limit(np.log(START / last[:, 0]))
    skew, skew_bound = at.limit(last[:, 2])
    exact = moment_dynamics.shape_at(1.0, law, 1.0, list(moment_dynamics.point(START, 4)))
    name = r"$\kappa = 5$, start at 0.8"
    return [
        Check(
            rf"{name}: rate of decay of the mean (printed: {H:g})",
            decay,
            H * (1 - 1 / KAPPA),
            bound + at.ROUNDING,
            at.BECAUSE,
        ),
        Check(
            rf"{name}, $t = 1$: printed mean over the true one",
            float(np.exp(decay - H)),
            float(np.exp(-H / KAPPA)),
            bound + at.ROUNDING,
            at.BECAUSE,
        ),
        Check(
            rf"{name}, $t = 1$: skewness (printed: 0)",
            skew,
            exact.skewness,
            skew_bound + at.ROUNDING,
            at.BECAUSE,
            "absolute",
        ),
    ], np.array(found[-1])


def _narrow() -> list[Check]:
    """A q-Gaussian of the stationary exponent and half the stationary width: its kurtosis must leave 4.2."""
    from fokker.theory import moment_dynamics, student
    from fokker.theory.power_law import PowerLaw
    from fokker.validation.theorems import _power_law_time as at

    law = PowerLaw.from_kappa(KAPPA, eps=EPS, curvature=H)
    nu, width = law.tail_index(1.0), law.core_width / 2
    variance = width**2 / (nu - 2)
    initial = [1.0, 0.0, variance, 0.0, float(student.kurtosis(nu)) * variance**2]
    found = []
    for chain in chains(0.0):
        mass = (1 + (chain.nodes[0] / width) ** 2) ** -KAPPA * chain.masses
        path = at.evolved(chain, mass / mass.sum(), tuple(NARROW))
        found.append([float(at.shape(m)[3]) for m in at.moments(path)])
    rows = []
    for k, (time, printed) in enumerate(NARROW.items()):
        value, bound = at.limit(np.array([row[k] for row in found]))
        exact = moment_dynamics.shape_at(time, law, 1.0, initial).kurtosis
        name = rf"$\kappa = 5$, start with the stationary exponent and half the width, $t = {time:g}$: kurtosis"
        rows.append(Check(name, value, exact, bound + at.ROUNDING * exact, at.BECAUSE, "absolute"))
        rows.append(Check(f"{name}, closed form", exact, printed, 5e-10, "half a unit of the last digit", "absolute"))
    return rows


def distances(chain: "fokker.Generator", law: Array) -> tuple[float, float, float]:
    """Return the L1 distance of a law from the q-Gaussians of nu = 2 about 0: smallest, its width, smallest of 161.

    The density is carried between the nodes by a spline in u = asinh x, so that the kinks of the absolute value do
    not fall on the cells.
    """
    from scipy.interpolate import CubicSpline
    from scipy.optimize import minimize_scalar

    u = np.linspace(-9.5, 9.5, 38001)
    x, weight = np.sinh(u), np.cosh(u) * (u[1] - u[0])
    nodes = chain.nodes[0]
    density = CubicSpline(np.arcsinh(nodes), law * np.sqrt(1 + nodes**2))(u) / np.cosh(u)

    def gap(width: float) -> float:
        return float(weight @ np.abs(density - (1 + (x / width) ** 2) ** -1.5 / (2 * width)))

    best = minimize_scalar(lambda v: gap(np.exp(v)), bounds=(-4.0, 1.0), method="bounded", options={"xatol": 1e-10})
    return float(best.fun), float(np.exp(best.x)), min(gap(width) for width in WIDTHS)


def _family() -> tuple[list[Check], list[Rate], list[tuple[float, Array, Array, Array]]]:
    """A start at 0 with nu = 2, as the solver propagates it: its distance from the family of fixed exponent."""
    from fokker.validation.theorems import _power_law_time as at

    found, laws = [], []
    for cells in HEAVY_CELLS:
        chain = at.generator(1.5, 1.0, cells, curvature=3.0, eps=2.0, reach=HEAVY_REACH)  # s = 1, delta = 1
        path = at.evolved(chain, at.at_middle(chain), tuple(COARSE))
        best = [distances(chain, p) for p in path.values]
        found.append([(fit[0], fit[2]) for fit in best])
        if cells == HEAVY_CELLS[1]:
            x = chain.nodes[0]
            for time, p, (_, width, _) in zip(COARSE, path.values, best, strict=True):
                laws.append((time, x, np.asarray(p), (1 + (x / width) ** 2) ** -1.5 / (2 * width)))
    values = np.array(found)
    rows = [_distance(k, time, values[:, k]) for k, time in enumerate(COARSE)]
    return [check for checks, _ in rows for check in checks], [rate for _, rate in rows], laws


def _distance(k: int, time: float, values: Array) -> tuple[list[Check], Rate]:
    """Compare the distances of the four grids, shape (4, 2), with the closed law's and with the reference."""
    from fokker.theory import transition
    from fokker.theory.power_law import PowerLaw
    from fokker.validation.theorems import _power_law_time as at

    exact, _ = transition.distance_from_family(time, PowerLaw.from_kappa(1.5, eps=2.0, curvature=3.0), 1.0)
    smallest, bound = at.limit(values[:, 0])
    of_widths, spread = at.limit(values[:, 1])
    name = rf"$\nu = 2$, $\delta t = {time:g}$: smallest $L^1$ distance from the family"
    because = "extrapolation from 961 and 1921 cells: at most its change, as above; closed form to 1e-8"
    checks = [
        Check(name, smallest, exact, bound + 1e-8, because, "absolute"),
        Check(
            f"{name}, over 161 widths from 0.02 to 1.3",
            of_widths,
            COARSE[time],
            5e-5 + spread,
            "reference value from the closed law over the same widths, half a unit of its last digit; extrapolation",
            "absolute",
        ),
    ]
    errors = tuple(np.abs(values[:, 0] - exact))
    inverse = tuple(1 / n for n in HEAVY_CELLS)
    return checks, Rate(f"{name}, plain solver, in $1/N$", inverse, errors, 2.0, 0.1, "declared order 2 ± 0.1")


def _lines() -> Array:
    """Mean, skewness and kurtosis against time by the moment equations."""
    from fokker.theory import moment_dynamics
    from fokker.theory.power_law import PowerLaw

    law = PowerLaw.from_kappa(KAPPA, eps=EPS, curvature=H)
    start = list(moment_dynamics.point(START, 4))
    return np.array([moment_dynamics.shape_at(float(t), law, 1.0, start) for t in FINE])


def figure(measurement: Measurement) -> "Figure":
    """Mean and skewness against time, and four laws beside the nearest members of the family."""
    from matplotlib.figure import Figure

    drawing = Figure(figsize=(8.4, 6.4))
    rows = drawing.add_gridspec(2, 1)
    above, below = (drawing.add_subfigure(rows[k]) for k in (0, 1))
    line, dots = measurement.data["line"], measurement.data["dots"]
    printed = (START * np.exp(-H * FINE), np.zeros_like(FINE))
    for axes, k, claim, title in zip(above.subplots(1, 2), (0, 2), printed, ("mean", "skewness"), strict=True):
        axes.plot(FINE, claim, "--", color="C1", label="as printed")
        axes.plot(FINE, line[:, k], color="C0", label="moment equations")
        axes.plot(FINE[2::2][::2], dots[::2, k], "o", color="C0", label="solver")
        axes.set(xlabel="$t$", title=rf"{title}, $\kappa = 5$", xlim=(0.0, 2.0))
        if k == 0:
            axes.set_yscale("log")
            axes.set_yticks([0.01, 0.1, 1.0], ["0.01", "0.1", "1"])
            axes.legend(loc="lower left", fontsize=10)
    panels = below.subplots(1, 4, sharey=True)
    for axes, (time, x, law, member) in zip(panels, measurement.data["laws"], strict=True):
        shown = (x >= 0) & (x <= 4.2)
        axes.semilogy(x[shown], law[shown], color="C0", label="solver")
        axes.semilogy(x[shown], member[shown], "--", color="C1", label="nearest $q$-Gaussian")
        axes.set(xlabel="$x/s$", title=rf"$\delta t = {time:g}$", xlim=(0.0, 4.0), ylim=(1e-5, 5.0))
    panels[0].set(ylabel=r"density, $\nu = 2$")
    panels[0].legend(loc="upper right", fontsize=9)
    return drawing


THEOREM = Theorem(
    id="audit-a3-moments",
    title="Audit A3: the law at finite times",
    group="Time-dependent laws",
    number=1,
    statement=r"""
        The law of the power-law dynamic is analytic at any time $t$ (Appendix 7.1):
        $$p(w, t) \propto \left(1 + \frac{H (w - w(t))^2}{\eta \kappa\, \sigma(t)}\right)^{-\kappa}, \quad
        w(t) = w^* + (w_0 - w^*)\, e^{-H t}.$$
        """,
    hypotheses=(
        r"Linear gradient and uncorrelated noise, $C = \sigma_g + \sigma_H x^2$, in the isothermal reading of Eq. 5.",
        r"Mean and skewness: $\kappa = 5$, $H = 2$, $\eta \sigma_g = 0.2$, start at 0.8. Kurtosis: the same, from a "
        "law of the family with the stationary exponent and half the stationary width.",
        r"Distances: $\nu = 2$ ($\kappa = 3/2$), start at the minimum; the smallest $L^1$ distance between the law as "
        r"the solver propagates it and the $q$-Gaussians of that $\kappa$, over their width.",
        "The solver: its own generator, propagated by uniformisation from the node at the start; moments are sums over "
        "the cells.",
    ),
    source="Meng, Gong, Chen, Ma, Liu, arXiv 2006.13719, Appendix 7.1; the form is that of Tsallis and Bukman, Phys. "
    "Rev. E 54 (1996) R2197, for a nonlinear equation",
    verdict="false as printed",
    finding=r"The mean decays at $H (1 - 1/\kappa)$, the law is skew while it travels and its kurtosis leaves the "
    r"family even from a start inside it; a point start is 0.1967, 0.1604, 0.0683, 0.0059 away in $L^1$ at $\delta t = "
    r"0.02, 0.1, 0.5, 2$. (A search over 161 widths, 2.6 % apart, ends at 0.1970, 0.1605, 0.0696, 0.0109.)",
    corrected=r"""
        No law of fixed shape solves the linear equation. Its moments are exact, with
        $r_k = \delta k (\nu - k)$ and $\nu = 2\kappa + 1 - 2\alpha$:
        $$E x = x_0\, e^{-H (1 - \alpha/\kappa) t}, \quad
        E x^2 = \frac{\eta \sigma_g}{r_2} + \left(x_0^2 - \frac{\eta \sigma_g}{r_2}\right) e^{-r_2 t}.$$
        The printed form holds for $t \to \infty$, and at all times for $\kappa \to \infty$ (Ornstein-Uhlenbeck).
        At finite $\kappa$ it solves a nonlinear equation instead, in which the noise depends on the law itself,
        $p_t = -((k_1 - k_2 x) p)_x + D (p^{2-q})_{xx}$ with $q = 1 + 1/\kappa$ (theorem tsallis-bukman).
        """,
    measure=measure,
    figure=figure,
    caption=r"Above: mean and skewness of the isothermal process with $\kappa = 5$, started at 0.8, against what "
    r"the printed law has. Below: the law of $\nu = 2$ after a start at the minimum, as the solver propagates it, and "
    "the nearest member of the printed family, whose tail the law does not have until late.",
    fast=True,
)

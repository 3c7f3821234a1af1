"""Theorem 8 (audit A7): the divergence in the PAC-Bayes bound, exactly and as printed."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from fokker.theory.shared_noise import SharedNoise

Array = NDArray[np.float64]

ETA = 0.1
AXES = {1: (2.0,), 2: (2.0, 1.0), 5: (2.0, 1.0, 0.5, 3.0, 1.0)}  # eigenvalues of H
NOISE = {1: 1.5, 2: 1.5, 5: 1.0}  # Sigma_g over the identity
KAPPAS = (10.0, 20.0, 40.0, 80.0)
CELLS = {1: (200, 400), 2: (49, 97)}  # the last one counts; the other tells its error
REACH = 1e3
PRINTED: dict[tuple[int, float], tuple[str, str]] = {  # d, kappa: exact and printed divergence
    (1, 5): ("1.00185748022", "0.954207173"),
    (1, 40): ("1.142200357", "1.141707173"),
    (2, 10): ("1.79068162896", "1.75715325573"),
    (5, 5): ("3.29638564585", "0.108081273"),
    (5, 40): ("5.44368214447", "5.43133089215"),
}


def law(d: int, kappa: float) -> "SharedNoise":
    """Return the dynamic in the common eigenframe."""
    from fokker.theory.shared_noise import SharedNoise

    return SharedNoise.theorem4(np.diag(AXES[d]), NOISE[d] * np.eye(d), ETA, kappa)


def solved(d: int, kappa: float) -> tuple[float, float]:
    """Return the divergence of the solver's stationary law from the unit Gaussian, and its change on coarser cells."""
    values = [_on_grid(d, kappa, count) for count in CELLS[d]]
    return values[-1], abs(values[-1] - values[-2])


def _on_grid(d: int, kappa: float, cells: int) -> float:
    """The sum of P ln(p/p0) over the cells; in one dimension the quadrature of the profile."""
    import fokker
    from fokker.validation.theorems import _plane as plane

    process = law(d, kappa)
    if d > 1:
        density = plane.solve(process, 1.0, cells, REACH)
        prior = -0.5 * np.sum(plane.points(density) ** 2, axis=-1) - d / 2 * np.log(2 * np.pi)
        return float(np.sum(density.mass * (density.log_values - prior)))
    h, a, noise = AXES[1][0], float(process.form[0, 0]), ETA * NOISE[1] / 2
    problem = fokker.Problem(
        drift=lambda x: -h * x,
        diffusion=lambda x: noise * (1 + a * x * x),
        convention="isothermal",
        domain={"x": (-np.inf, np.inf)},
    )
    density = fokker.stationary(fokker.discretize(problem, cells=cells))
    return density.expectation(lambda x: density.log_at(x=x) + 0.5 * x**2 + 0.5 * np.log(2 * np.pi))


def quadrature(d: int, kappa: float) -> float:
    """Return the divergence by adaptive quadrature over the radius in which 1 + q = 1 + r^2; any d.

    E q and E ln(1 + q) come from integrals of r^(d-1) (1 + r^2)^(-kappa), and so does Z.
    """
    from scipy.integrate import quad
    from scipy.special import gamma

    process = law(d, kappa)

    def mean(term: Callable[[float], float]) -> float:
        pieces = ((0.0, 0.3), (0.3, 1.0), (1.0, np.inf))
        shares = (
            quad(lambda r: term(r) * r ** (d - 1) * (1 + r * r) ** -kappa, a, b, epsabs=0, epsrel=1e-12, limit=200)
            for a, b in pieces
        )
        return float(sum(share for share, _ in shares))

    shell = 2 * np.pi ** (d / 2) / gamma(d / 2) / np.sqrt(np.linalg.det(process.form))
    whole = mean(lambda r: 1.0)
    spread = mean(lambda r: r * r) / whole / d * float(np.trace(np.linalg.inv(process.form)))
    return float(
        -kappa * mean(lambda r: math.log1p(r * r)) / whole
        - np.log(shell * whole)
        + d / 2 * np.log(2 * np.pi)
        + spread / 2
    )


def measure() -> Measurement:
    """The table, the solver's divergences, and how the gap between exact and printed closes."""
    from fokker.theory import pac_bayes
    from fokker.validation.theorems import _escape as series

    checks: list[Check] = []
    for (d, kappa), (exact, printed) in PRINTED.items():
        name = rf"$d = {d}$, $\kappa = {kappa:g}$"
        process = law(d, kappa)
        checks += [
            Check(
                f"{name}: exact divergence, quadrature over the radius",
                quadrature(d, kappa),
                pac_bayes.divergence(process, alpha=1),
                1e-10,
                "relative tolerance 1e-12 asked of the quadrature, in nine integrals, times $\\kappa$",
            ),
            Check(
                f"{name}: exact divergence",
                pac_bayes.divergence(process, alpha=1),
                float(exact),
                series.half_unit(exact) + 1e-14,
                "half a unit of the last digit",
            ),
            Check(
                f"{name}: expression as printed",
                pac_bayes.printed_divergence(process),
                float(printed),
                series.half_unit(printed) + 1e-14,
                "half a unit of the last digit",
            ),
        ]
    gaps: dict[int, list[float]] = {}
    for d in CELLS:
        gaps[d] = []
        for kappa in KAPPAS:
            found, bound = solved(d, kappa)
            process = law(d, kappa)
            exact_value, printed_value = pac_bayes.divergence(process, alpha=1), pac_bayes.printed_divergence(process)
            gaps[d].append(found - printed_value)
            checks.append(
                Check(
                    rf"$d = {d}$, $\kappa = {kappa:g}$: divergence of the solver's law",
                    found,
                    exact_value,
                    bound / exact_value + 1e-13,
                    "change from half the cells, and rounding",
                )
            )
    more, rates = _closing(gaps)
    return Measurement((*checks, *more), rates, {"gaps": gaps})


def _closing(gaps: dict[int, list[float]]) -> tuple[list[Check], tuple[Rate, ...]]:
    """The gap times kappa^2 tends to d (d+2)(d+3)/16: measured for d = 1 and 2, in closed form for d = 5."""
    from fokker.theory import pac_bayes
    from fokker.validation.theorems import _escape as series

    kappas = np.array(KAPPAS)
    far = kappas * 8
    known = {
        5: (far, [pac_bayes.divergence(law(5, k), alpha=1) - pac_bayes.printed_divergence(law(5, k)) for k in far])
    }
    checks, rates = [], []
    for d, (at, values) in ({d: (kappas, gap) for d, gap in gaps.items()} | known).items():
        array = np.array(values)
        limit, last = series.richardson(1 / at, array * at**2)
        exact = d * (d + 2) * (d + 3) / 16
        how = "exact minus printed" if d == 5 else "solver minus printed"
        checks.append(
            Check(
                rf"$d = {d}$: $\kappa^2$ ({how}), $\kappa \to \infty$",
                limit,
                exact,
                last / exact,
                r"last correction of the Richardson extrapolation in $1/\kappa$",
            )
        )
        rates.append(
            Rate(
                rf"$d = {d}$: {how} in $1/\kappa$",
                tuple(1 / at),
                tuple(array),
                2.0,
                series.two_digits(abs(array[0] * at[0] ** 2 / limit - 1)),
                r"order 2; the share of the next orders at the smallest $\kappa$ bounds the bend",
            )
        )
    return checks, tuple(rates)


def figure(measurement: Measurement) -> "Figure":
    """The divergence and the printed expression against kappa; and the gap between them."""
    from matplotlib.figure import Figure

    drawing = Figure(figsize=(8.6, 4.0))
    left, right = drawing.subplots(1, 2)
    _curves(left)
    _gap(right, measurement.data["gaps"])
    return drawing


def _curves(axes: "Axes") -> None:
    from fokker.theory import pac_bayes

    for colour, d in enumerate(AXES):
        kappas = np.geomspace((d / 2 + 1) * 1.08, 200.0, 200)
        laws = [law(d, kappa) for kappa in kappas]
        axes.semilogx(kappas, [pac_bayes.divergence(x, alpha=1) for x in laws], color=f"C{colour}", label=f"$d = {d}$")
        axes.semilogx(kappas, [pac_bayes.printed_divergence(x) for x in laws], color=f"C{colour}", ls="--")
        axes.axhline(pac_bayes.gaussian_divergence(laws[0]), color="C6", lw=1)
    axes.plot([], [], color="C6", ls="--", label="as printed")
    axes.axhline(0.0, color="C6", lw=1, ls=":")
    axes.set(xlabel=r"$\kappa$", ylabel="divergence from the prior, nat", ylim=(-4.0, 9.5), xlim=(1.5, 200.0))
    axes.set_xticks([2, 5, 10, 20, 50, 100, 200], ["2", "5", "10", "20", "50", "100", "200"])
    axes.minorticks_off()
    axes.legend(loc="upper right", fontsize=10, ncols=2)


def _gap(axes: "Axes", gaps: dict[int, list[float]]) -> None:
    from fokker.theory import pac_bayes

    for colour, d in enumerate(AXES):
        kappas = np.geomspace((d / 2 + 1) * 1.08, 700.0, 120)
        laws = [law(d, kappa) for kappa in kappas]
        gap = [pac_bayes.divergence(x, alpha=1) - pac_bayes.printed_divergence(x) for x in laws]
        axes.loglog(kappas, gap, color=f"C{colour}", label=f"$d = {d}$")
        axes.loglog(kappas, pac_bayes.leading_gap(kappas, d), color=f"C{colour}", ls=":", lw=1.2)
        if d in gaps:
            axes.loglog(KAPPAS, gaps[d], "o", color=f"C{colour}")
    axes.set(xlabel=r"$\kappa$", ylabel="exact minus printed, nat", ylim=(1e-6, 100.0), xlim=(1.5, 800.0))
    axes.set_yticks([1e-6, 1e-4, 1e-2, 1e0, 1e2])
    axes.set_xticks([2, 10, 100, 700], ["2", "10", "100", "700"])
    axes.minorticks_off()
    axes.legend(loc="upper right")


THEOREM = Theorem(
    id="theorem-8-kl",
    title="Theorem 8 (audit A7): the PAC-Bayes bound",
    group="Generalisation bounds",
    number=1,
    statement=r"""
        With probability $1 - \delta$ the risk of $Q$, the power law of Theorem 4, is at most
        $$R(Q) \leq \hat R(Q) + \sqrt{\frac{\mathrm{KL}(Q \| P) + \ln \frac1\delta + \ln N + 2}{2 N - 1}}, \quad
        P = N(w^*, I),$$
        and the divergence is at most
        $$\mathrm{KL}(Q \| P) \leq \frac12 \ln \frac{\det H}{\det \Sigma_g} +
        \frac{\mathrm{Tr}(\eta \Sigma_g H^{-1}) - 2 d}{4 (1 - (\frac{d}{2} + 1)/\kappa)} + \frac{d}{2} \ln \frac2\eta.$$
        """,
    hypotheses=(
        "The constants of the bound are quoted as recalled; the expression for the divergence was derived again.",
        r"$\kappa > \frac{d}{2} + 1$: below, $Q$ has no second moment and the divergence is infinite.",
        r"Measured at $\eta = 0.1$: $d = 1$, $H = 2$, $\Sigma_g = \frac32$; $d = 2$, $H = \mathrm{diag}(2, 1)$, "
        r"$\Sigma_g = \frac32 I$; $d = 5$, $H = \mathrm{diag}(2, 1, \frac12, 3, 1)$, $\Sigma_g = I$ (closed form and "
        "quadrature only).",
        "The prior is centred at the trained minimum, so it depends on the data; that is another flaw, not measured.",
    ),
    source="Meng, Gong, Chen, Ma, Liu, arXiv 2006.13719, Theorem 8 (Eq. 25; proof as Theorem 15, Eq. 26); McAllester, "
    "Mach. Learn. 51 (2003) 5",
    verdict="false as printed",
    finding=r"The expression lies below the divergence, not above: $\ln(1 + u) \leq u$ is used the wrong way round. At "
    r"$d = 5$, $\kappa = 5$ it gives 0.11 for 3.30. As an approximation it is of second order, too small by "
    r"$d(d+2)(d+3)/(16 \kappa^2)$.",
    corrected=r"""
        With $n = \frac{d}{2}$ and $\kappa > n + 1$,
        $$\mathrm{KL}(Q \| P) = -\kappa\, [\psi(\kappa) - \psi(\kappa - n)] - \ln Z + n \ln 2\pi +
        \frac{\eta}{4}\, \frac{\mathrm{Tr}(\Sigma_g H^{-1})}{1 - (n + 1)/\kappa},$$
        $$Z = (\pi \eta \kappa)^{n}\, \frac{\Gamma(\kappa - n)}{\Gamma(\kappa)} \sqrt{\frac{\det \Sigma_g}{\det H}},$$
        and the printed expression is this minus $\frac{d (d+2)(d+3)}{16 \kappa^2} + O(\kappa^{-3})$. For
        large $\kappa$ the divergence falls with $\kappa$ only if $\mathrm{Tr}(\eta \Sigma_g H^{-1}) > 2 d$, that is
        not in the regime of small noise.
        """,
    measure=measure,
    figure=figure,
    caption="Left: divergence (lines), the printed expression (dashed), which turns negative, and the Gaussian limit "
    r"(grey). Right: exact minus printed; dots: the solver's laws; dotted: $d (d+2)(d+3)/(16 \kappa^2)$.",
    fast=True,
)

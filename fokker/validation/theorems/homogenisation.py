"""Homogenisation: a slow coordinate coupled to a fast noisy one descends the local entropy."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    import fokker

Array = NDArray[np.float64]

H, G, BETA = 2.0, 0.5, 1.0  # the linear case: curvature, scope, inverse temperature
TABLE = {0.1: 0.975015605499, 0.01: 0.997500015625, 0.001: 0.999750000015}  # eps: slow rate
RATIOS = (0.1, 0.05, 0.025, 0.0125)
SLOW_NOISE = 0.2  # D of the slow coordinate; the eigenvalues do not depend on it
CELLS = (40, 80, 160)
SCOPE, COLD = 1.0, 4.0  # the double well: scope below g_c = 2.15, inverse temperature
SMALL = 0.05  # D of its slow coordinate
SHORT = (0.05, 0.025, 0.0125, 0.00625)
SQUARE = 80  # cells along each axis
TIME = 0.5
BECAUSE = "extrapolation from 80 and 160 cells an axis, order 4: at most its change from 40 and 80"
FIRST = "first order in eps; 0.1 leaves room for a second-order term of a tenth at the largest"
ROUNDING = 1e-12  # of the conditional means, sums of 80 terms of size 2 and less


def linear(eps: float, slow: float, cells: int) -> "fokker.Generator":
    """Return the generator of x and y for f = h y^2/2, cut six standard deviations out."""
    import fokker

    matrix = np.array([[1 / G, -1 / G], [-1 / (eps * G), (H + 1 / G) / eps]])
    noise = (slow, 1 / (BETA * eps))
    half = 6 * np.sqrt(np.diag(_covariance(matrix, noise)))
    problem = fokker.Problem(
        drift=lambda x, y: (-(x - y) / G, -(H * y + (y - x) / G) / eps),
        diffusion=noise,
        domain={"x": (-half[0], half[0]), "y": (-half[1], half[1])},
    )
    return fokker.discretize(problem, cells=cells)


def _covariance(matrix: Array, noise: tuple[float, float]) -> Array:
    from scipy.linalg import solve_continuous_lyapunov

    return np.asarray(solve_continuous_lyapunov(matrix, 2 * np.diag(noise)))


def double_well(eps: float, slow: float) -> "fokker.Generator":
    """Return the generator of x and y for f = y^4/4 - y^2/2."""
    import fokker

    problem = fokker.Problem(
        drift=lambda x, y: (-(x - y) / SCOPE, -(y**3 - y + (y - x) / SCOPE) / eps),
        diffusion=(slow, 1 / (COLD * eps)),
        domain={"x": (-2.2, 2.2), "y": (-2.6, 2.6)},
    )
    return fokker.discretize(problem, cells=SQUARE)


def measure() -> Measurement:
    """The slow rate of the linear case, and the mean drift of the slow coordinate in a double well."""
    checks, rates, rising = _slow_rates()
    more, first, drifts = _drifts()
    return Measurement((*checks, *more), (*rates, *first), {"rates": rising, "drifts": drifts})


def _solved(eps: float, slow: float) -> tuple[float, float, Array]:
    """Return the slow decay rate, extrapolated, a bound on its error, and the rates on the three grids."""
    import fokker

    found = np.array([-np.real(fokker.spectrum(linear(eps, slow, n), k=2).eigenvalues[1]) for n in CELLS])
    before, last = (4 * found[1:] - found[:-1]) / 3
    return float(last), abs(float(last - before)), found


def _slow_rates() -> tuple[list[Check], list[Rate], dict[float, float]]:
    from fokker.theory import local_entropy as exact

    solved = {eps: _solved(eps, SLOW_NOISE) for eps in sorted({*TABLE, *RATIOS})}
    limit, order = H / (1 + G * H), H / (1 + G * H) ** 3
    checks = []
    for eps, printed in TABLE.items():
        (value, bound, _), rate = solved[eps], exact.slow_rate(H, G, eps)
        name = rf"linear, $\varepsilon = {eps:g}$: slow rate"
        checks.append(Check(name, value, rate, bound, BECAUSE, "absolute"))
        checks.append(Check(f"{name}, closed form", rate, printed, 1e-12, "a unit of the last digit", "absolute"))
    for eps in (0.1, 0.05):
        value, bound, _ = solved[eps]
        name = rf"linear, $\varepsilon = {eps:g}$: (averaged rate - slow rate)/$\varepsilon$"
        beyond = abs(exact.slow_rate(H, G, eps) - exact.slow_rate_expansion(H, G, eps)) / eps
        because = f"{BECAUSE}, over eps; and the closed form's own next order"
        checks.append(Check(name, (limit - value) / eps, order, bound / eps + beyond, because, "absolute"))
    value, bound, _ = _solved(0.1, 1 / BETA)
    name = r"linear, $\varepsilon = 0.1$, with $D_x = 1/\beta$: the same slow rate"
    checks.append(Check(name, value, exact.slow_rate(H, G, 0.1), bound, BECAUSE, "absolute"))
    shifts = tuple(abs(limit - solved[eps][0]) for eps in RATIOS)
    name = r"linear: distance of the slow rate from the averaged one, in $\varepsilon$"
    rates = [Rate(name, RATIOS, shifts, 1.0, 0.02, "first order in eps, next order 3; bounds of the rates, above")]
    for eps in (0.1, 0.01):
        errors = np.abs(solved[eps][2] - exact.slow_rate(H, G, eps))
        name = rf"linear, $\varepsilon = {eps:g}$: slow rate, plain solver, in $1/N$"
        rates.append(Rate(name, tuple(1 / n for n in CELLS), tuple(errors), 2.0, 0.1, "declared order 2 ± 0.1"))
    return checks, rates, {eps: row[0] for eps, row in solved.items()}


def conditional(generator: "fokker.Generator", law: Array) -> tuple[Array, Array]:
    """Return the nodes in x and the mean drift of x there, -(x - <y | x>)/g."""
    x, y = generator.nodes
    mass = law.reshape(generator.shape)
    return x, -(x - (mass @ y) / mass.sum(axis=1)) / SCOPE


def _drifts() -> tuple[list[Check], list[Rate], Any]:
    """The mean drift of x given x, at rest and on the way, against the slope of the local entropy."""
    import fokker

    checks, rest, path, marginal = [], [], [], []
    drawn = {}
    for eps in (0.2, 0.01):
        generator = double_well(eps, 1 / COLD)
        law = fokker.stationary(generator).mass
        x, drift = conditional(generator, law)
        gap = float(np.abs(drift + _slopes(x))[np.abs(x) < 1.2].max())
        name = rf"double well, $D_x = 1/\beta$, $\varepsilon = {eps:g}$: largest error of the mean drift at rest"
        checks.append(Check(name, gap, 0.0, ROUNDING, "Gibbs law, exact on the grid: rounding 1e-12", "absolute"))
        gap = float(np.abs(law.sum(axis=1) - _smoothed_law(x, 1 / COLD)).sum())
        name = rf"double well, $D_x = 1/\beta$, $\varepsilon = {eps:g}$: law of $x$ against $e^{{-\beta f_g}}$, $L^1$"
        checks.append(Check(name, gap, 0.0, ROUNDING, "Gibbs law, exact on the grid: rounding 1e-12", "absolute"))
    for eps in SHORT:
        generator = double_well(eps, SMALL)
        law = fokker.stationary(generator).mass
        x, drift = conditional(generator, law)
        rest.append(float(np.abs(drift + _slopes(x))[np.abs(x) < 1.2].max()))
        marginal.append(float(np.abs(law.sum(axis=1) - _smoothed_law(x, SMALL)).sum()))
        later = fokker.propagate(generator, _packet(generator), [TIME], tol=1e-7).laws[0]
        x, drift = conditional(generator, later)
        path.append(float(np.abs(drift + _slopes(x))[(x > 0) & (x < 1.2)].max()))
        if eps in (SHORT[0], SHORT[-1]):
            drawn[eps] = (x, drift)
    names = (
        (r"mean drift of $x$ against $-f_g'$ at rest, $|x| < 1.2$", rest),
        (r"law of $x$ at rest against $e^{-f_g/D_x}$, $L^1$", marginal),
        (rf"mean drift of $x$ against $-f_g'$ at time {TIME:g} after a start at 0.6, $0 < x < 1.2$", path),
    )
    rates = [Rate(rf"double well: {w}, in $\varepsilon$", SHORT, tuple(e), 1.0, 0.1, FIRST) for w, e in names]
    return checks, rates, drawn


def _packet(generator: "fokker.Generator") -> Array:
    """Return a normal law of x and y about 0.6, variances 0.05."""
    x, y = generator.nodes
    law = np.exp(-((x[:, None] - 0.6) ** 2 + (y[None, :] - 0.6) ** 2) / 0.1).ravel() * generator.masses
    return np.asarray(law / law.sum())


def well(y: Array) -> Array:
    """Return the double well y^4/4 - y^2/2."""
    return np.asarray(y**4 / 4 - y**2 / 2)


def _slopes(x: Array) -> Array:
    from fokker.theory import local_entropy as exact

    return np.array([exact.slope(well, float(v), SCOPE, COLD) for v in x])


def _smoothed_law(x: Array, noise: float) -> Array:
    """Return the law exp(-f_g/noise) of equal cells."""
    from fokker.theory import local_entropy as exact

    weight = np.exp(-np.array([exact.smoothed(well, float(v), SCOPE, COLD) for v in x]) / noise)
    return np.asarray(weight / weight.sum())


def figure(measurement: Measurement) -> "Figure":
    """The slow rate over eps, and the mean drift of the slow coordinate."""
    from matplotlib.figure import Figure

    from fokker.theory import local_entropy as exact

    drawing = Figure(figsize=(8.2, 3.8))
    left, right = drawing.subplots(1, 2)
    ratios = np.geomspace(7e-4, 0.15, 60)
    limit = H / (1 + G * H)
    left.loglog(ratios, [limit - exact.slow_rate(H, G, float(e)) for e in ratios], color="C0", label="exact")
    left.loglog(ratios, ratios * H / (1 + G * H) ** 3, "--", color="C1", label=r"$\varepsilon h/(1 + g h)^3$")
    solved = measurement.data["rates"]
    left.loglog(list(solved), [limit - v for v in solved.values()], "o", color="C0", label="solver")
    left.set(xlabel=r"$\varepsilon$", title="averaged rate less slow rate")
    left.legend(loc="upper left", fontsize=10)
    fine = np.linspace(0.0, 1.25, 60)
    right.plot(fine, fine - fine**3, ":", color="C6", label="$-f'$")
    right.plot(fine, -_slopes(fine), color="C2", label="$-f_g'$")
    for k, (eps, (x, drift)) in enumerate(measurement.data["drifts"].items()):
        shown = np.flatnonzero((x > 0) & (x < 1.25))[:: 2 + k]
        right.plot(x[shown], drift[shown], "os"[k], color=f"C{k}", markersize=4, label=rf"$\varepsilon = {eps:g}$")
    right.set(xlabel="$x$", title=f"mean drift of $x$ at time {TIME:g}", xlim=(0.0, 1.25))
    right.legend(loc="lower left", fontsize=10)
    return drawing


THEOREM = Theorem(
    id="homogenisation",
    title="A slow coordinate descends the local entropy",
    group="Time-dependent laws",
    number=2.1,
    statement=r"""
        In
        $$dx = -\frac{x - y}{g}\, ds, \quad dy = -\frac1\varepsilon \left(\nabla f(y) + \frac{y - x}{g}\right) ds +
        \sqrt{\frac{2}{\beta \varepsilon}}\, dW$$
        the fast coordinate averages out as $\varepsilon \to 0$, and $dx = -\nabla f_g(x)\, ds$ with the local entropy
        $f_g$. For $f = h x^2/2$ the slow rate is
        $$\lambda = \frac{h}{1 + g h} - \varepsilon \frac{h}{(1 + g h)^3} + O(\varepsilon^2).$$
        """,
    hypotheses=(
        r"The factor 2 in the noise of $y$: with $\sqrt{1/(\beta \varepsilon)}$ in its place the law of $y$ given "
        r"$x$ is that of $2\beta$.",
        r"Linear case: $h = 2$, $g = 0.5$, $\beta = 1$. The solver needs noise on $x$; the eigenvalues of a linear "
        r"process do not depend on it, $D_x = 0.2$ is taken, and 1 once to show it.",
        r"Double well $f = y^4/4 - y^2/2$: $\beta = 4$, $g = 1$, below the $g_c = 2.153$ at which the wells merge. "
        r"$D_x = 0.05$, and then the law of $x$ at rest tends to $e^{-f_g/D_x}$. With $D_x = 1/\beta$ the pair obeys "
        r"detailed balance, and that law and the mean drift are exact at rest for every $\varepsilon$.",
        "Mean drift of $x$: $-(x - \\langle y | x \\rangle)/g$ under the solver's law of both, 80 x 80 cells.",
    ),
    source="Pavliotis and Stuart, Multiscale Methods (Springer 2008), ch. 10; Chaudhari, Oberman, Osher, Soatto, "
    "Carlier, Res. Math. Sci. 5 (2018) 30",
    verdict="asymptotic",
    finding=r"First order in $\varepsilon$ with the stated coefficient: for the slow rate, the drift at rest, the "
    r"drift on the way and the law of $x$. In the linear case the term of order $\varepsilon^2$ "
    "vanishes for these numbers.",
    measure=measure,
    figure=figure,
    caption="Left: by how much the slow rate lies below the averaged one. Right: mean drift of the slow coordinate in "
    "a double well, on the way from 0.6.",
    fast=False,
)

"""Kunin et al.: SGD with momentum on linear regression, an exact Gaussian that turns in phase space."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from fokker.theory.momentum import Momentum

Array = NDArray[np.float64]

PRINTED = (
    ("mass", "0.095"),
    ("friction", "1.05263157895"),
    ("omega_squared", "15.8947368421"),
    ("diffusion", "0.415512465374"),
    ("variance_theta", "0.024834437086093"),
    ("variance_v", "0.39473684210526"),
    ("frequency", "3.9519271921249"),
    ("inflation", "1.04138120033"),
)
FROM_POINT = {  # t: mean theta, mean v, variances, covariance after the start (1, 0)
    0.5: ("-0.208892343392", "-2.84111710462", "0.0111388982116", "0.132046164431", "0.01327564537"),
    2.0: ("0.0290249897995", "-1.40201283183", "0.0217423375448", "0.344313341044", "0.00323281870413"),
}
RUNS, BURN, SEED = 200_000, 150, 5
ETAS = (0.1, 0.05, 0.025, 0.0125)
SPECTRA = (1.25, 1.5, 1.75)
TIMES = tuple(10.0 ** np.arange(4.0, 8.0))
UNIT = float(np.finfo(float).eps)
ALGEBRA = r"rounding of linear algebra: $10^{-12}$"


def model(eta: float = 0.1, momentum: float = 0.9) -> "Momentum":
    """Return the reference direction at another learning rate or momentum."""
    from fokker.theory.momentum import Momentum

    return Momentum(1.5, eta, momentum, noise=0.4, batch=8, decay=0.01)


def simulated() -> tuple[Array, Array]:
    """Return theta and v of independent runs of the iteration, stationary."""
    one, rng = model(), np.random.default_rng(SEED)
    theta, v = np.zeros(RUNS), np.zeros(RUNS)
    size = np.sqrt(one.kick)
    for _ in range(BURN):
        v = one.momentum * v - one.stiffness * theta - size * rng.standard_normal(RUNS)
        theta = theta + one.learning_rate * v
    return theta, v


def measure() -> Measurement:
    """Printed numbers, the two Lyapunov equations, the propagator, the iteration simulated, and sums over spectra."""
    checks = [*_printed(), *_algebra(), *_propagation(), *_simulation(), *_flat()]
    errors = [model(eta, 1 - eta).inflation - 1 for eta in ETAS]
    bend = 3 * ETAS[0]
    rates = [
        Rate(
            r"variance of the iteration over the model's, minus 1, in $\eta$ at $1 - \beta = \eta$",
            ETAS,
            tuple(errors),
            1.0,
            bend,
            r"order 1; the next term is of relative order $\eta (h + \lambda)$, twice allowed",
        ),
        *_spectra(),
    ]
    return Measurement(tuple(checks), tuple(rates))


def _printed() -> list[Check]:
    from fokker.validation.theorems import _escape as escape

    one = model()
    rows = [(name.replace("_", " "), float(getattr(one, name)), text) for name, text in PRINTED]
    whole = one.iteration_covariance()
    rows += [
        ("variance of theta, iteration", float(whole[0, 0]), "0.025862115902207"),
        ("variance of v, iteration", float(whole[1, 1]), "0.4110715264456"),
        ("steps in a period", 2 * np.pi / (one.frequency * one.learning_rate), "15.8990411557"),
        ("angle of a step, model", one.frequency * one.learning_rate, "0.395192719"),
        ("angle of a step, iteration", _angle(one), "0.398087844965"),
        ("stationary square displacement, $t = 0.5$", one.displacement(0.5), "0.0600443216916"),
    ]
    for t, digits in FROM_POINT.items():
        mean, cov = one.propagator(t) @ [1.0, 0.0], one.covariance_from_point(t)
        values = (mean[0], mean[1], cov[0, 0], cov[1, 1], cov[0, 1])
        names = ("mean of theta", "mean of v", "variance of theta", "variance of v", "covariance")
        rows += [
            (f"{n} at $t = {t:g}$ from $(1, 0)$", float(x), d) for n, x, d in zip(names, values, digits, strict=True)
        ]
    because = "half a unit of the last digit, and rounding"
    return [Check(name, value, float(text), escape.half_unit(text) + 32 * UNIT, because) for name, value, text in rows]


def _angle(one: "Momentum") -> float:
    return float(np.abs(np.angle(np.linalg.eigvals(one.step_matrix())[0])))


def _algebra() -> list[Check]:
    """Both variances from Lyapunov's equations, and the modulus of a step."""
    from scipy.linalg import solve_continuous_lyapunov, solve_discrete_lyapunov

    rows = []
    for label, one in (("reference", model()), ("overdamped", model(0.01, 0.2))):
        a, noise = one.rate(), np.diag([0.0, 2 * one.diffusion])
        s = solve_continuous_lyapunov(a, noise)
        kick = np.array([one.learning_rate, 1.0])
        p = solve_discrete_lyapunov(one.step_matrix(), np.outer(kick, kick) * one.kick)
        q = a @ s - noise / 2
        for name, found, closed in (
            ("covariance of the model", s, one.covariance()),
            ("covariance of the iteration", p, one.iteration_covariance()),
            ("matrix of the current", -q @ np.linalg.inv(s), one.current_matrix()),
        ):
            error = float(np.abs(found - closed).max() / np.abs(closed).max())
            rows.append(Check(f"{label}: largest error of the {name}", error, 0.0, 1e-12, ALGEBRA, "absolute"))
        drag = one.friction - one.diffusion / one.variance_v
        rows.append(
            Check(f"{label}: irreversible drag, $\\Gamma - D_v/\\mathrm{{Var}}\\, v$", drag, 0.0, 1e-12 * one.friction,
                  ALGEBRA, "absolute")
        )  # fmt: skip
    step = np.abs(np.linalg.eigvals(model().step_matrix()))
    rows.append(
        Check(r"modulus of a step of the iteration: $\sqrt{\beta}$", float(step[0]), np.sqrt(0.9), 1e-14, ALGEBRA)
    )
    rank = float(np.linalg.matrix_rank(np.diag([0.0, model().diffusion])))
    rows.append(Check("rank of the diffusion matrix, in two dimensions", rank, 1.0, 0.0, "a count"))
    return rows


def _propagation() -> list[Check]:
    """The closed propagator against the matrix exponential, under- and overdamped."""
    from scipy.linalg import expm

    rows = []
    for label, one in (("underdamped", model()), ("overdamped", model(0.01, 0.2))):
        error = max(
            float(np.abs(one.propagator(t) - expm(-one.rate() * t)).max() / np.abs(expm(-one.rate() * t)).max())
            for t in (0.1, 0.5, 2.0)
        )
        rows.append(Check(f"{label}: largest error of the closed propagator", error, 0.0, 1e-12, ALGEBRA, "absolute"))
    return rows


def _simulation() -> list[Check]:
    theta, v = simulated()
    whole = model().iteration_covariance()
    rows = []
    for name, product, exact in (
        (r"$\mathrm{Var}\, \theta$", theta * theta, whole[0, 0]),
        (r"$\mathrm{Var}\, v$", v * v, whole[1, 1]),
        (r"$\mathrm{Cov}(\theta, v) = \eta\, \mathrm{Var}\, v/2$", theta * v, whole[0, 1]),
    ):
        error = float(product.std()) / np.sqrt(RUNS)
        rows.append(
            Check(
                f"{RUNS} runs of the iteration: {name} (s.e. {error:.1e})",
                float(product.mean()),
                float(exact),
                4 * error,
                "4 standard errors; the start is forgotten to $0.9^{150}$, $10^{-7}$",
                "absolute",
            )
        )
    return rows


def _flat() -> list[Check]:
    """Without weight decay the law of theta does not see the Hessian: the modified loss is isotropic."""
    from fokker.theory.momentum import Momentum

    widths = [Momentum(h, 0.1, 0.9, noise=0.4, batch=8).variance_theta for h in (0.01, 1.5, 20.0)]
    name = r"$\lambda = 0$: largest over smallest $\mathrm{Var}\, \theta$ of $h = 0.01$, 1.5, 20"
    return [Check(name, max(widths) / min(widths), 1.0, 8 * UNIT, "rounding")]


def _spectra() -> list[Rate]:
    from fokker.theory.momentum import spectral_displacement

    return [
        Rate(
            rf"eigenvalues of density $h^{{-{s:g}}}$: displacement in time (a claimed universal power is none)",
            TIMES,
            tuple(spectral_displacement(t, s) for t in TIMES),
            s - 1,
            1.5 * TIMES[0] ** (1 - s) / _first(s),
            r"the leading power $t^{s-1} \Gamma(2-s)/(s-1)$; the constant beside it bounds the bend at the first time",
        )
        for s in SPECTRA
    ]


def _first(s: float) -> float:
    from scipy.special import gamma

    return float(gamma(2 - s))


def figure(measurement: Measurement) -> "Figure":
    """The mean path and its ellipses in phase space, the displacement in time, and the two variances."""
    from matplotlib.figure import Figure

    from fokker.theory.momentum import spectral_displacement

    one = model()
    drawing = Figure(figsize=(11.4, 3.7))
    left, middle, right = drawing.subplots(1, 3)
    t = np.linspace(0, 5, 400)
    path = np.array([one.propagator(float(x)) @ [1.0, 0.0] for x in t])
    left.plot(*path.T, color="C0")
    turn = np.linspace(0, 2 * np.pi, 100)
    for at, x in enumerate((0.2, 0.5, 1.0, 2.0)):
        w, frame = np.linalg.eigh(one.covariance_from_point(x))
        ring = frame @ (2 * np.sqrt(w)[:, None] * np.array([np.cos(turn), np.sin(turn)]))
        left.plot(*(ring + (one.propagator(x) @ [1.0, 0.0])[:, None]), color=f"C{at + 1}", label=f"$t = {x:g}$")
    left.set(xlabel=r"$\theta$", ylabel="$v$", title="mean and two standard deviations")
    left.legend(fontsize=9)
    steps = np.arange(0, 51)
    p, m = one.iteration_covariance(), one.step_matrix()
    iteration = [2 * (p[0, 0] - (np.linalg.matrix_power(m, k) @ p)[0, 0]) for k in steps]
    middle.plot(t, [one.displacement(float(x)) for x in t], color="C0", label="model")
    middle.plot(steps * 0.1, iteration, "o", color="C1", ms=4, label="iteration")
    middle.set(xlabel=r"time, $\eta \times$ steps", ylabel="stationary square displacement")
    middle.legend(fontsize=10, loc="lower right")
    times = np.geomspace(1, 1e8, 60)
    for at, s in enumerate(SPECTRA):
        right.loglog(times, [spectral_displacement(float(x), s) for x in times], color=f"C{at}",
                     label=f"$h^{{-{s:g}}}$: $t^{{{s - 1:g}}}$")  # fmt: skip
    right.set(xlabel="time", ylabel="displacement, all directions", title="spectra of the Hessian")
    right.legend(fontsize=10)
    return drawing


THEOREM = Theorem(
    id="momentum-oscillations",
    title="SGD with momentum on linear regression",
    group="Currents and phase space",
    number=5,
    statement=r"""
        Along an eigenvector of the Hessian, SGD with momentum $\beta$ and weight decay $\lambda$ on linear regression
        follows
        $$d\theta = v\, dt, \quad dv = -\omega^2 \theta\, dt - \Gamma v\, dt + \sqrt{2 D_v}\, dW, \quad
        \omega^2 = \frac{2 (h + \lambda)}{\eta (1 + \beta)}, \quad \Gamma = \frac{2 (1 - \beta)}{\eta (1 + \beta)}.$$
        Its stationary law is Gaussian with
        $$\mathrm{Var}\, \theta = \frac{\eta \sigma^2 h}{2 S (1-\beta)(h+\lambda)}, \quad
        \mathrm{Var}\, v = \frac{\sigma^2 h}{S (1 - \beta^2)}, \quad \mathrm{Cov}(\theta, v) = 0:$$
        isotropic in $\theta$ without weight decay, with a velocity term and a current that turns in phase space. The
        displacement of all directions grows with an anomalous exponent.
        """,
    hypotheses=(
        r"Gradient noise of covariance $\sigma^2 H/S$, normal; $D_v = 2\sigma^2 h/(S \eta (1+\beta)^2)$: the diffusion "
        "matrix has rank one.",
        r"Reference: $\eta = 0.1$, $\beta = 0.9$, $\lambda = 0.01$, $S = 8$, $h = 1.5$, $\sigma^2 = 0.4$.",
        "200 000 simulated runs of the iteration.",
    ),
    source="Kunin, Sagastuy-Brena, Gillespie, Margalit, Tanaka, Ganguli, Yamins, arXiv 2107.09133; variances of the "
    "iteration derived here",
    verdict="asymptotic",
    finding=r"Exact for the model. The iteration has both variances larger by exactly $r = 1/(1 - \frac{\eta "
    r"(h+\lambda)}{2(1+\beta)})$, the covariance $\eta\, \mathrm{Var}\, v/2$, and the modulus $\sqrt\beta$ a step. The "
    "current is reversible, $v$ being odd: no entropy is produced. The exponent is that of the spectrum: $s - 1$ for "
    "eigenvalues of density $h^{-s}$, $1 < s < 2$; no universal one.",
    measure=measure,
    figure=figure,
    caption="Left: mean path from $(1, 0)$ and ellipses of two standard deviations. Middle: stationary displacement of "
    "the model and, exactly, of the iteration. Right: displacement over all directions for three spectra.",
    fast=True,
)

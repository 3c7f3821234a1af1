"""Ziyin, Li and Ueda: stationary laws of a linear network with one weight and with two, and the collapse at T_c."""

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    import fokker
    from fokker.theory.diagonal_network import DepthZero, SampleMoments
    from fokker.theory.half_line import HalfLineLaw, Process

CELLS = 400
NEAREST, FARTHEST = 1e-14, 1e9  # outermost faces in v
DECAY = 0.2
COLD = (0.02, 0.01, 0.005, 0.0025)
ONE_WEIGHT = {  # temperature: norm of the printed form, <v>, <v^2>
    0.05: ("0.5466828615312", "1.000000000000", "1.0555555556"),
    0.3: ("1.189790970161", "1.000000000000", "1.750000000000"),
}
TWO_WEIGHTS = {  # and the mode
    0.05: ("0.7979949713247", "0.9376308291864", "0.9989533665091", "0.8864052604279"),
    0.1: ("1.1742430904", "0.8449364709346", "0.9651905871961", "0.8032141427427"),
    0.2: ("2.142689089802", "0.5809051199044", "0.7095474400478", "0.5714285714286"),
    0.3: ("7.585794628399", "0.1820915731194", "0.2273638577065", ""),
}
WHERE = 0.7  # the place at which the density gives the norm
ROUNDING = 100 * CELLS * float(np.finfo(float).eps)
BECAUSE = "rounding, $100 N u$ at $N = 400$ cells of 8 quadrature points, and half a unit of the printed digit"


def moments() -> "SampleMoments":
    """Return the moments of y = x + e."""
    from fokker.theory import diagonal_network

    return diagonal_network.gaussian_samples(1.0, 1.0)


def one_weight(law: "DepthZero") -> "fokker.Density":
    """Return the solver's law of one weight on the whole line."""
    import fokker

    problem = fokker.Problem(
        drift=law.drift, diffusion=law.diffusion, convention="ito", domain={"v": (-np.inf, np.inf)}
    )
    return fokker.stationary(fokker.discretize(problem, cells=CELLS))


def two_weights(law: "HalfLineLaw | Process", cells: int = CELLS) -> "fokker.Density":
    """Return the solver's law of the product, on cells equal in ln v."""
    import fokker

    problem = fokker.Problem(drift=law.drift, diffusion=law.diffusion, convention="ito", domain={"v": (0.0, np.inf)})
    axis = fokker.Axis.half_line(cells, start=0.0, map="log", reach=(NEAREST, FARTHEST))
    return fokker.stationary(fokker.discretize(problem, grid=fokker.Grid(v=axis)))


def measure() -> Measurement:
    """Every printed number from the solver's laws, the exponent at the origin, the lost mode and the collapse."""
    from fokker.theory import diagonal_network as theory

    samples = moments()
    checks: list[Check] = []
    shown: dict[float, Any] = {}
    for temperature, printed in ONE_WEIGHT.items():
        zero = theory.DepthZero(samples, temperature)
        density = one_weight(zero)
        found = (_norm(zero, density), density.mean(), density.expectation(lambda v: v * v))
        checks += _against(rf"one weight, $T = {temperature:g}$", found, printed)
    for temperature, (*digits, mode) in TWO_WEIGHTS.items():
        one = theory.depth_one(samples, temperature)
        density = two_weights(one)
        found = (_norm(one, density), density.mean(), density.expectation(lambda v: v * v))
        checks += _against(rf"two weights, $T = {temperature:g}$", found, tuple(digits))
        checks += _inside(samples, temperature, density, mode)
        shown[temperature] = (density.nodes[0], density.log_values)
    return Measurement((*checks, *_decay(samples), *_transitions(samples)), (_cold(samples),), {"laws": shown})


def _cold(samples: "SampleMoments") -> Rate:
    """The mode at low temperature, b2/b1 + T (10 a2 b2/b1^2 - 7 a1 b2^2/b1^3 - 3 a3/b1), to second order."""
    from fokker.theory import diagonal_network as theory

    a1, a2, a3, b1, b2 = samples
    slope = 10 * a2 * b2 / b1**2 - 7 * a1 * b2**2 / b1**3 - 3 * a3 / b1
    errors = [abs(theory.mode(samples, t) - b2 / b1 - slope * t) for t in COLD]
    why = r"order 2; the next term is of relative order $T/T^*$, which at the largest $T$ bends it; twice allowed"
    return Rate(r"mode of two weights less its expansion, in $T$", COLD, tuple(errors), 2.0, 2 * COLD[0] / 0.2, why)


def _norm(law: Any, density: "fokker.Density") -> float:
    """Return the norm of the printed form from the solver's density at one place."""
    return float(np.exp(law.log_weight(WHERE) - density.log_at(v=WHERE)))


def _against(name: str, found: tuple[float, ...], digits: tuple[str, ...]) -> list[Check]:
    from fokker.validation.theorems import _escape as escape

    words = ("norm of the printed form", r"$\langle v \rangle$", r"$\langle v^2 \rangle$")
    return [
        Check(f"{name}: {word}", value, float(text), escape.half_unit(text) + ROUNDING, BECAUSE)
        for word, value, text in zip(words, found, digits, strict=True)
    ]


def _inside(samples: "SampleMoments", t: float, density: "fokker.Density", mode: str) -> list[Check]:
    """The identity of <d ln v>, the power at the origin, and the mode."""
    from fokker.theory import diagonal_network as theory
    from fokker.validation.theorems import _escape as escape

    name = rf"two weights, $T = {t:g}$"
    balance = samples.b1 * density.mean() - samples.b2 + t * density.expectation(samples.noise)
    near = (1e-12, 1e-9)
    rise = float(density.log_at(v=near[1]) - density.log_at(v=near[0])) / np.log(near[1] / near[0])
    rows = [
        Check(
            rf"{name}: $b_1 \langle v \rangle - b_2 + T \langle g \rangle$",
            balance,
            0.0,
            4 * ROUNDING,
            "rounding, $100 N u$, of four moments",
            "absolute",
        ),
        Check(
            rf"{name}: power of $v$ at the origin, from $10^{{-12}}$ to $10^{{-9}}$",
            rise,
            theory.origin_exponent(samples, t),
            10 * near[1] + ROUNDING,
            "the law is a pure power up to a relative $v$; and rounding",
            "absolute",
        ),
    ]
    far = (1e5, 1e8)
    fall = float(density.log_at(v=far[1]) - density.log_at(v=far[0])) / np.log(far[1] / far[0])
    rows.append(
        Check(
            rf"{name}: power of $v$ in the tail, from $10^5$ to $10^8$",
            fall,
            -theory.depth_one(samples, t).tail,
            50 / t / far[0] / np.log(far[1] / far[0]),
            r"the law is a pure power up to a relative $c/v$, with $c$ some tens over $T$ at most",
            "absolute",
        )
    )
    if mode:
        rows.append(
            Check(f"{name}: mode", _mode(density, float(mode)), float(mode), escape.half_unit(mode) + 1e-9, MODE)
        )
    return rows


MODE = (
    "half a printed unit; differences with steps from 0.04 to 0.005, orders 2, 4, 6 cancelled, rounding over the step"
)


def _mode(density: "fokker.Density", near: float) -> float:
    """Return where the slope of ln p vanishes, by Newton's steps with differences of eighth order."""
    place = near * 1.01
    for _ in range(6):
        slopes, bends = [], []
        for h in (0.04, 0.02, 0.01, 0.005):
            up, mid, down = (float(density.log_at(v=place + s)) for s in (h, 0.0, -h))
            slopes.append((up - down) / (2 * h))
            bends.append((up - 2 * mid + down) / h**2)
        for order in (4, 16, 64):
            slopes = [(order * b - a) / (order - 1) for a, b in pairwise(slopes)]
        place -= slopes[0] / bends[-1]
    return place


def _decay(samples: "SampleMoments") -> list[Check]:
    """Weight decay: it is added to b1 with one weight and taken from b2 with two."""
    from fokker.theory import diagonal_network as theory

    zero = theory.DepthZero(samples, 0.1, DECAY)
    one = theory.depth_one(samples, 0.1, DECAY)
    because = r"rounding, $100 N u$ at $N = 400$ cells"
    return [
        Check(
            r"one weight, $\gamma = 0.2$, $T = 0.1$: $\langle v \rangle = b_2/(b_1 + \gamma)$",
            one_weight(zero).mean(),
            samples.b2 / (samples.b1 + DECAY),
            ROUNDING,
            because,
        ),
        Check(
            rf"one weight, $\gamma = 0.2$, $T = 0.1$: density at {WHERE:g}",
            one_weight(zero).at(v=WHERE),
            float(np.exp(zero.log_density(WHERE))),
            ROUNDING,
            because,
        ),
        Check(
            r"two weights, $\gamma = 0.2$, $T = 0.1$: $\langle v \rangle$ with $b_2 - \gamma$ for $b_2$",
            two_weights(one).mean(),
            one.moment(1),
            ROUNDING,
            because,
        ),
    ]


def _transitions(samples: "SampleMoments") -> list[Check]:
    """T_c, T_c/3 and T* from laws on either side."""
    import fokker
    from fokker.errors import NormalisationError
    from fokker.theory import diagonal_network as theory

    third, critical, lost = 1 / 9, theory.critical_temperature(samples), theory.mode_temperature(samples)
    powers = [_power(t, samples) for t in (0.1, 0.3)]  # linear in 1/T
    slope = (powers[1] - powers[0]) / (1 / 0.3 - 1 / 0.1)
    zero_at = 1 / (1 / 0.1 - powers[0] / slope)
    minus_one = 1 / (1 / 0.1 - (powers[0] + 1) / slope)
    error = 1e-8
    because = r"the powers are known to $10^{-8}$, of relative order $v$ at $v = 10^{-9}$; their line in $1/T$ is exact"
    refused = 0.0
    try:  # there is no closed form; what does the solver say?
        two_weights(theory.depth_one_process(samples, 0.34))
    except (NormalisationError, fokker.FokkerError):
        refused = 1.0
    return [
        Check(r"$T_c/3$: where the power at the origin is 0", zero_at, third, error, because),
        Check(r"$T_c$: where the power at the origin is $-1$", minus_one, critical, error, because),
        Check(r"maxima at $v > 0$, solver, $T = 0.2015$", _maxima(0.2015, samples), 1.0, 0.0, "a count"),
        Check(r"maxima at $v > 0$, solver, $T = 0.2016$", _maxima(0.2016, samples), 0.0, 0.0, "a count", "absolute"),
        Check(r"$T^*$, where the mode is lost", lost, 0.2015527057386127, 1e-15, "rounding"),
        Check(r"$T = 0.34 > T_c$: laws refused by the solver, of 1", refused, 1.0, 0.0, "a count"),
    ]


def _power(temperature: float, samples: "SampleMoments") -> float:
    from fokker.theory import diagonal_network as theory

    density = two_weights(theory.depth_one(samples, temperature))
    return float(density.log_at(v=1e-9) - density.log_at(v=1e-12)) / float(np.log(1e3))


def _maxima(temperature: float, samples: "SampleMoments") -> float:
    from fokker.theory import diagonal_network as theory

    density = two_weights(theory.depth_one(samples, temperature))
    logs = np.asarray(density.log_at(v=np.linspace(0.3, 0.8, 251)))
    return float(np.sum((logs[1:-1] > logs[:-2]) & (logs[1:-1] > logs[2:])))


def figure(measurement: Measurement) -> "Figure":
    """The laws of two weights at four temperatures, their flank at the origin, and mean and mode against T."""
    from matplotlib.figure import Figure

    from fokker.theory import diagonal_network as theory

    samples = moments()
    drawing = Figure(figsize=(11.4, 3.8))
    left, middle, right = drawing.subplots(1, 3)
    v, tiny = np.linspace(0.01, 2.5, 400), np.geomspace(1e-8, 30.0, 300)
    for at, (temperature, (nodes, logs)) in enumerate(measurement.data["laws"].items()):
        law = theory.depth_one(samples, temperature)
        left.plot(v, np.exp(law.log_density(v)), color=f"C{at}", label=rf"$T = {temperature:g}$")
        middle.loglog(tiny, np.exp(law.log_density(tiny)), color=f"C{at}")
        near = (nodes > 0.05) & (nodes < 2.5)
        left.plot(nodes[near], np.exp(logs[near]), "o", color=f"C{at}", ms=3.5)
        far = (nodes > 1e-8) & (nodes < 30) & (np.arange(len(nodes)) % 9 == 0)
        middle.loglog(nodes[far], np.exp(logs[far]), "o", color=f"C{at}", ms=3.5)
    left.set(xlabel="$v = u w$", ylabel="density", ylim=(0, 2.4), xlim=(0, 2.5), title="two weights")
    left.legend(fontsize=10)
    middle.set(xlabel="$v$", ylim=(1e-7, 1e7), xlim=(1e-8, 30), title="the flank at the origin")
    middle.set_xticks([1e-8, 1e-4, 1.0])
    t = np.linspace(0.004, 0.3325, 120)
    right.plot(t, [theory.depth_one(samples, x).moment(1) for x in t], color="C0", label="mean")
    below = np.linspace(0.004, 0.20155, 150)
    right.plot(below, [theory.mode(samples, x) for x in below], color="C1", label="mode")
    for place, text in ((1 / 9, "$T_c/3$"), (0.20155, "$T^*$"), (1 / 3, "$T_c$")):
        right.axvline(place, color="C6", lw=1, ls="--")
        right.annotate(text, (place + 0.004, 1.02), color="C6")
    right.set(xlabel="temperature $T$ = learning rate / batch", ylim=(0, 1.12), xlim=(0, 0.37))
    right.legend(loc="lower left", fontsize=10)
    return drawing


THEOREM = Theorem(
    id="diagonal-network",
    title="Stationary laws of a linear network with one weight and with two",
    group="Stationary laws",
    number=8,
    statement=r"""
        SGD with the loss $(v x - y)^2$ and temperature $T = \eta/S$ has, as one weight $v$, the law
        $$p \propto g^{-1 - \frac{b_1}{2 T a_1}} \exp\left[-\frac{a_2 b_1 - a_1 b_2}{T a_1 \sqrt{\Delta}}
        \arctan \frac{a_1 v - a_2}{\sqrt{\Delta}}\right],$$
        and as a product of two weights
        $$p \propto v^{\frac{b_2}{2 a_3 T} - \frac32} g^{-1 - \frac{b_2}{4 T a_3}} \exp\left[-\frac{a_3 b_1 - a_2 b_2}
        {2 T a_3 \sqrt{\Delta}} \arctan \frac{a_1 v - a_2}{\sqrt{\Delta}}\right], \quad v > 0,$$
        which collapses onto $v = 0$ at $T_c = b_2/a_3$. Its density diverges at the origin above $T_c/3$.
        """,
    hypotheses=(
        r"$g = a_1 v^2 - 2 a_2 v + a_3$ with $a_1 = \mathrm{Var}\, x^2$, $a_2 = \mathrm{Cov}(x^2, x y)$, $a_3 = "
        r"\mathrm{Var}\, x y$; $b_1 = E x^2$, $b_2 = E x y$; $\Delta = a_1 a_3 - a_2^2 > 0$.",
        r"$d\theta = -\nabla L\, dt + \sqrt{T C}\, dW$ in Ito's sense, and two weights in balance, $u^2 = w^2$.",
        r"Measured for $y = x + e$, both normal: $a = (2, 2, 3)$, $b = (1, 1)$, $T_c = \frac13$. The solver is given "
        r"drift and noise only; its cells are equal in $\ln v$, from $10^{-14}$ to $10^9$.",
        r"Weight decay $\gamma$ turns $b_1$ into $b_1 + \gamma$ with one weight and $b_2$ into $b_2 - \gamma$ with "
        "two.",
    ),
    source="Ziyin, Li, Ueda, Law of balance and stationary distribution of stochastic gradient descent, arXiv "
    "2308.06671; norms, moments and modes by quadrature to 20 digits",
    verdict="exact",
    finding="Both laws are exact, and so are $T_c$, $T_c/3$ and the mode, the larger root of $7 a_1 T v^2 + (b_1 - 10 "
    "a_2 T) v + 3 a_3 T - b_2 = 0$, which is lost at $T^* = 0.20155$. Slips of the text around them: the drift of the "
    r"density equation has the wrong sign and its noise no $T$, and $\min_v g$ is $\Delta/a_1$, not $\Delta$.",
    measure=measure,
    figure=figure,
    caption="Left: the law of two weights; lines, closed form; dots, the solver. Middle: the same on logarithmic "
    "axes: the power at the origin sinks to $-1$ at $T_c$. Right: mean and mode; the mode is lost long before the "
    "collapse.",
    fast=True,
)

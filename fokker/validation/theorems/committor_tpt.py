"""Committors and transition rates: both tails of the committor, flux over population, and the eigenvalue."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    import fokker

Array = NDArray[np.floating[Any]]

HEIGHT, DIGITS, CELLS = 60, 40, 400
STARTS = (-0.95, -0.5, -0.1, 0.0, 0.1, 0.5, 0.95)
HEIGHTS = (6, 9, 12, 15, 18)


def well(height: float) -> "fokker.Problem":
    """Return U = height (x^2 - 1)^2 at unit temperature."""
    import fokker

    return fokker.Problem.from_potential(
        lambda x: height * (x * x - 1) ** 2, temperature=1.0, domain={"x": (-2.5, 2.5)}
    )


def source(x: Any) -> Any:
    """Return whether x lies in the left set."""
    return x <= -1.0


def target(x: Any) -> Any:
    """Return whether x lies in the right set."""
    return x >= 1.0


def exact(starts: tuple[float, ...], height: int) -> tuple[list[tuple[float, float]], Any, Any]:
    """Return committor and complement, int_{-1}^{1} e^U, and the partition function, by mpmath."""
    from fokker.theory import _multiprecision

    mp = _multiprecision.load()
    with mp.workdps(DIGITS):

        def barrier(a: Any, b: Any) -> Any:
            return mp.quad(lambda y: mp.exp(height * (y * y - 1) ** 2), mp.linspace(mp.mpf(a), mp.mpf(b), 9))

        whole = barrier(-1, 1)
        pairs = [(float(barrier(-1, x) / whole), float(barrier(x, 1) / whole)) for x in starts]
        wells = mp.quad(lambda y: mp.exp(-height * (y * y - 1) ** 2), mp.linspace(mp.mpf("-2.5"), mp.mpf("2.5"), 21))
        return pairs, whole, wells


def measure() -> Measurement:
    """Committors at 60 kT; rate, mean time and eigenvalue at rising barriers."""
    import fokker
    from fokker.validation.theorems import _escape as escape

    generator = fokker.discretize(well(HEIGHT), cells=CELLS)
    chance = fokker.committor(generator, source, target)
    bound = escape.rounding(CELLS, HEIGHT)
    pairs, resistance, partition = exact(STARTS, HEIGHT)
    checks = []
    for x, (there, back) in zip(STARTS, pairs, strict=True):
        for name, value, expected in (
            ("q", chance.at(x=x), there),
            ("1 - q", chance.complement_at(x=x), back),
        ):
            checks.append(
                Check(
                    rf"60 kT, $x = {x:g}$: ${name}$",
                    value,
                    expected,
                    bound,
                    escape.ROUNDING + "; reference by mpmath, 40 digits",
                )
            )
    flux = fokker.rate(generator, source, target)
    checks += [
        Check(
            r"60 kT: rate over $2/(\int e^{-U} \int_{-1}^{1} e^{U})$",
            flux * float(partition * resistance) / 2,
            1.0,
            2 * bound,
            escape.ROUNDING + ", twice: flux and population",
        ),
        Check(
            r"60 kT: rate times mean time from $-1$ to 1",
            flux * fokker.mean_first_passage(generator, target).at(x=-1.0),
            1.0,
            3 * bound,
            escape.ROUNDING + ", thrice: flux, population and time",
        ),
    ]
    return Measurement((*checks, *(more := _rates())[0]), (more[1],), {"gap": more[2], "chance": _curve(chance)})


def _rates() -> tuple[list[Check], Rate, Array]:
    """Return rate times mean time, and one minus the sum of rates over the eigenvalue, at rising barriers."""
    import fokker
    from fokker.validation.theorems import _escape as escape

    checks, gaps = [], []
    for height in HEIGHTS:
        problem = well(height)
        generator = fokker.discretize(problem, cells=CELLS)
        both = [fokker.rate(generator, source, target), fokker.rate(generator, target, source)]
        time = fokker.mean_first_passage(generator, target).at(x=-1.0)
        checks.append(
            Check(
                rf"{height} kT: rate times mean time from $-1$ to 1",
                both[0] * time,
                1.0,
                3 * escape.rounding(CELLS, height),
                escape.ROUNDING + ", thrice: flux, population and time",
            )
        )
        slowest = fokker.extrapolate(problem, lambda g: -fokker.spectrum(g, k=2).eigenvalues[1], cells=(800, 1600))
        gaps.append(1 - sum(both) / slowest.value)
    low, high = HEIGHTS[0], HEIGHTS[-1]
    rate = Rate(
        r"$1 - (k_{+} + k_{-})/\lambda_1$ in $e^{-B}$",
        tuple(np.exp(-np.array(HEIGHTS, dtype=float))),
        tuple(gaps),
        1.0,
        escape.two_digits(np.log(high / low) / (high - low)),
        r"of order $e^{-B}$ with a prefactor that changes no faster than $B$: $\ln(18/6)/12$",
    )
    return checks, rate, np.array(gaps)


def _curve(chance: "fokker.HittingProbability") -> Array:
    x = np.linspace(-0.99, 0.99, 199)
    return np.array([x, chance.at(x=x), chance.complement_at(x=x)])


def figure(measurement: Measurement) -> "Figure":
    """Draw committor and complement on a logarithmic axis, and the approach of the rates to the eigenvalue."""
    from matplotlib.figure import Figure

    fig = Figure(figsize=(8.4, 3.9))
    left, right = fig.subplots(1, 2, width_ratios=(1.4, 1))
    x, there, back = measurement.data["chance"]
    left.semilogy(x, there, color="C0", label="$q$")
    left.semilogy(x, back, color="C1", label="$1 - q$, solved for itself")
    with np.errstate(invalid="ignore"):
        naive = 1.0 - there
        left.semilogy(x, np.where(naive > 0, naive, np.nan), "--", lw=1, color="C6", label="one minus $q$, subtracted")
    pairs, _, _ = exact(STARTS, HEIGHT)
    left.semilogy(STARTS, [p[0] for p in pairs], "o", color="C0", ms=4)
    left.semilogy(STARTS, [p[1] for p in pairs], "o", color="C1", ms=4)
    left.set(xlabel="start $x$", ylabel="probability, 60 kT", ylim=(1e-28, 30))
    left.set_yticks([1, 1e-10, 1e-20])
    left.minorticks_off()
    left.legend(loc="lower center")
    heights = np.array(HEIGHTS, dtype=float)
    right.semilogy(heights, measurement.data["gap"], "o", label="solver")
    right.semilogy(heights, measurement.data["gap"][0] * np.exp(heights[0] - heights), "--", lw=1, label="$e^{-B}$")
    right.set(xlabel="barrier $B$ in kT", ylabel=r"$1 - (k_{+} + k_{-})/\lambda_1$")
    right.legend()
    return fig


THEOREM = Theorem(
    id="committor-tpt",
    title="Committors, and flux over population",
    group="Classics",
    number=8,
    statement=r"""
        For $dx = -U'\, dt + \sqrt2\, dW$ the probability to reach $b$ before $a$ is
        $$q(x) = \frac{\int_a^x e^{U}}{\int_a^b e^{U}}.$$
        The rate from $a$ to $b$, the flux of the paths that come from $a$ over their population, is the reciprocal of
        the mean time from $a$ to $b$; and the two rates between two wells sum up to the slowest eigenvalue.
        """,
    hypotheses=(
        "One dimension, thermal equilibrium; the last statement for barriers of many kT.",
        r"Measured on $U = B (x^2 - 1)^2$, sets $x \leq -1$ and $x \geq 1$, 400 cells on $(-\frac52, \frac52)$; "
        "eigenvalues extrapolated from 800 and 1600 cells.",
    ),
    source="E and Vanden-Eijnden, J. Stat. Phys. 123 (2006) 503; Hill, Free Energy Transduction in Biology (1977)",
    verdict="asymptotic",
    finding=r"The first two statements are exact, to rounding in both tails ($q$ and $1 - q$ down to "
    r"$3 \times 10^{-27}$); the third leaves a share of order $e^{-B}$ of the eigenvalue.",
    measure=measure,
    figure=figure,
    caption=r"Left: at 60 kT one minus $q$ is noise beyond the top and its complement is not. Right: the sum of "
    "the rates between the two minima is the eigenvalue but for the paths that leave a well and return.",
    fast=True,
)

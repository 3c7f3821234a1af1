"""The slowest eigenvalue of a bistable process, and of barriers so tall that LAPACK returns noise."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    import fokker

Array = NDArray[np.floating[Any]]

NOISES = 0.1 / 2.0 ** np.arange(6)
PRINTED = {0.1: "0.03354528731"}
FAR = 1
TALL = (60, 120)  # kT
CELLS = 200
HEIGHTS = (5, 10, 15, 20, 25, 30, 35, 40, 50, 60, 80, 100, 120)


def tall(height: float) -> "fokker.Generator":
    """Return the double well of ``height`` kT between reflecting walls."""
    import fokker

    problem = fokker.Problem.from_potential(
        lambda x: height * (x * x - 1) ** 2, temperature=1.0, domain={"x": (-1.8, 1.8)}
    )
    return fokker.discretize(problem, cells=CELLS)


def three_wells(height: float) -> "fokker.Generator":
    """Return three wells, each lower than the one on its left, with barriers of about ``height`` kT."""
    import fokker

    problem = fokker.Problem.from_potential(
        lambda x: height / 2 * (1 - np.cos(2 * np.pi * x)) - 0.05 * height * x,
        temperature=1.0,
        domain={"x": (-1.5, 1.5)},
    )
    return fokker.discretize(problem, cells=CELLS)


def solved(generator: "fokker.Generator", count: int) -> Array:
    """Return the slowest rates after the zero, as positive numbers."""
    import fokker

    return -np.real(fokker.spectrum(generator, k=count + 1).eigenvalues[1:])


def lapack(generator: "fokker.Generator", count: int) -> Array:
    """Return the same by LAPACK on the symmetrised matrix (relatively robust representations)."""
    from scipy.linalg import eigh_tridiagonal

    up, down = generator.forward, generator.backward
    diagonal = np.append(up, 0.0) + np.append(0.0, down)
    values = eigh_tridiagonal(
        diagonal,
        -np.sqrt(up * down),
        eigvals_only=True,
        select="i",
        select_range=(0, count),
        lapack_driver="stemr",
    )
    return np.asarray(values[1:], dtype=float)


def schroedinger(noise: float) -> tuple[float, float]:
    """Return lambda_1 as the second level of -D d^2 + V'^2/(4 D) - V''/2 on 141 sinc functions, and the norm."""
    from scipy.linalg import eigvalsh

    x, h = np.linspace(-2.6, 2.6, 141, retstep=True)
    order = np.subtract.outer(np.arange(len(x)), np.arange(len(x)))
    sign = np.where(order % 2 == 0, 1.0, -1.0)
    with np.errstate(divide="ignore"):
        kinetic = noise / h**2 * np.where(order == 0, np.pi**2 / 3, 2 * sign / order.astype(float) ** 2)
    matrix = kinetic + np.diag((x**3 - x) ** 2 / (4 * noise) - (3 * x * x - 1) / 2)
    levels = eigvalsh(matrix)
    return float(levels[1]), float(levels[-1])


def measure() -> Measurement:
    """The series in the noise, eigenvalues of tall barriers to rounding, three wells, and LAPACK beside them."""
    import fokker
    from fokker.theory import kramers
    from fokker.validation.theorems import _classics as classics
    from fokker.validation.theorems import _escape as escape

    values, checks = [], []
    for noise in NOISES:
        problem = escape.constant_noise(float(noise))
        pair = [
            fokker.extrapolate(problem, lambda g: solved(g, 1), cells=cells).value[0]
            for cells in ((400, 800), (800, 1600))
        ]
        values.append(pair[1])
        if noise >= 0.025:
            exact, norm = schroedinger(float(noise))
            level = 10 * escape.UNIT * norm / exact
            checks.append(
                Check(
                    rf"$D = {noise:g}$: $\lambda_1$, `extrapolate` from 800 and 1600 cells, against a sinc basis",
                    pair[1],
                    exact,
                    abs(pair[1] / pair[0] - 1) + level,
                    "what the doubled grids changed, and the rounding of a dense eigenvalue, 10 u of the norm",
                )
            )
    digits = PRINTED[0.1]
    checks.append(
        Check(
            r"$D = 0.1$: $\lambda_1$, printed",
            values[0],
            float(digits),
            escape.half_unit(digits),
            "half a unit in the last printed digit",
        )
    )
    ratio = np.array(values) / (
        2 * np.asarray(kramers.rate(NOISES, escape.BARRIER, escape.CURVATURE_WELL, escape.CURVATURE_TOP))
    )
    limit, last = escape.richardson(NOISES[FAR:], (1 - ratio[FAR:]) / NOISES[FAR:])
    checks.append(
        Check(
            r"$\lim\, (1 - \lambda_1/2k)/D$",
            limit,
            1.5,
            last,
            "last correction of the Richardson extrapolation in $D$",
        )
    )
    rate = Rate(
        r"$1 - \lambda_1/2k$ in $D$",
        tuple(NOISES[FAR:]),
        tuple(1 - ratio[FAR:]),
        1.0,
        escape.two_digits(abs((1 - ratio[FAR]) / (1.5 * NOISES[FAR]) - 1)),
        "order 1; the share of the next orders at the largest of these noises bounds the bend",
    )
    bound = 40 * CELLS * escape.UNIT
    because = r"rounding bound $40 N u$ of bisection on the Golub-Kahan matrix, asked for: $10^{-10}$"
    chains = {f"{height} kT": (tall(height), height) for height in TALL}
    chains["three wells, 60 kT"] = (three_wells(60), 60)
    for name, (generator, height) in chains.items():
        count = 2 if "three" in name else 1
        mine, other = solved(generator, count), lapack(generator, count)
        norm = 4 * float(max(generator.forward.max(), generator.backward.max()))
        for at in range(count):
            exact = classics.sturm(generator.forward, generator.backward, at + 1, float(mine[at]), 40 + 2 * height)
            checks.append(
                Check(
                    rf"{name}: $\lambda_{at + 1}$ against Sturm's count in mpmath",
                    mine[at],
                    float(exact),
                    bound,
                    because,
                )
            )
            checks.append(
                Check(
                    rf"{name}: LAPACK's $\lambda_{at + 1}$ over the norm of $Q$, true is {float(exact) / norm:.1e}",
                    other[at] / norm,
                    float(exact) / norm,
                    CELLS * escape.UNIT,
                    "a backward stable method on the symmetrised matrix: N u of the norm, and nothing better",
                    "absolute",
                )
            )
    curve = [(float(solved(g, 1)[0]), float(lapack(g, 1)[0])) for g in map(tall, HEIGHTS)]
    return Measurement(tuple(checks), (rate,), {"ratio": ratio, "curve": np.array(curve)})


def figure(measurement: Measurement) -> "Figure":
    """Draw the eigenvalue over Kramers' 2k against the noise, and eigenvalues against the barrier."""
    from matplotlib.figure import Figure

    fig = Figure(figsize=(8.4, 3.9))
    left, right = fig.subplots(1, 2)
    ratio, curve = (measurement.data[name] for name in ("ratio", "curve"))
    fine = np.linspace(0, 0.1, 50)
    left.plot(fine, 1 - 1.5 * fine, label=r"$1 - \frac{3}{2} D$")
    left.plot(NOISES, ratio, "o", label="solver")
    left.set(xlabel="noise $D$", ylabel=r"$\lambda_1/2k$", xlim=(0, 0.105))
    left.legend()
    heights = np.array(HEIGHTS, dtype=float)
    right.semilogy(heights, curve[:, 0], "o-", color="C0", label="this library")
    wrong = curve[:, 1]
    right.semilogy(heights, np.abs(wrong), "x-", lw=1, color="C1", label="LAPACK, magnitude")
    right.semilogy(heights[wrong < 0], -wrong[wrong < 0], "o", mfc="none", ms=10, color="C1", label="LAPACK, negative")
    right.set(xlabel="barrier in kT", ylabel=r"$\lambda_1$", ylim=(1e-52, 1e3))
    right.set_yticks([1e0, 1e-10, 1e-20, 1e-30, 1e-40, 1e-50])
    right.minorticks_off()
    right.legend(loc="lower left")
    return fig


THEOREM = Theorem(
    id="kramers-eigenvalue",
    title="The slowest eigenvalue of a bistable process",
    group="Classics",
    number=2,
    statement=r"""
        The slowest eigenvalue of $dx = -V'\, dt + \sqrt{2D}\, dW$ in a symmetric double well is twice Kramers' rate,
        with the correction of the mean time and the opposite sign,
        $$\lambda_1 = 2k\, (1 - c D + O(D^2)), \quad \tau = \frac1k (1 + c D + O(D^2)).$$
        """,
    hypotheses=(
        r"$D \ll \Delta V$. For $V = x^4/4 - x^2/2$, $c = \frac32$.",
        "Series: whole line, fourth order by extrapolation from 800 and 1600 cells. Tall barriers: the eigenvalue of "
        r"the discrete generator itself, 200 cells, $V = B (x^2 - 1)^2$ on $(-1.8, 1.8)$, and three wells "
        r"$V = 30 (1 - \cos 2\pi x) - 3 x$ on $(-\frac32, \frac32)$.",
    ),
    source="Hänggi, Talkner, Borkovec, Rev. Mod. Phys. 62 (1990) 251, section VII; Golub-Kahan form: Demmel and Kahan, "
    "SIAM J. Sci. Stat. Comput. 11 (1990) 873",
    verdict="asymptotic",
    finding=r"Right with $c = \frac32$. The eigenvalues of the generator keep 13 digits at 60 and 120 kT, where LAPACK "
    r"on the symmetrised matrix returns rounding noise more than $10^{11}$ times too large, with either sign.",
    measure=measure,
    figure=figure,
    caption="Left: approach to Kramers' law. Right: from 35 kT on LAPACK's answer is the rounding of the diagonal; "
    "singular values of a bidiagonal matrix made of square roots of the rates keep all digits.",
    fast=True,
)

"""Proposition 10: the covariance of the minibatch gradient in several dimensions, over all batches."""

from itertools import combinations, product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

ROUNDING = 4096 * float(np.finfo(float).eps)
BECAUSE = "rounding: 4096 machine epsilons for sums of up to 512 batches of products, over the largest entry"
PLACES = {2: ((0.5, -1.2), (3.0, 2.0)), 3: ((0.5, -1.2, 0.8), (2.0, 2.0, -3.0))}
SHOWN = np.linspace(-2.0, 2.0, 41)


def samples(dimension: int, count: int, uncorrelated: bool) -> tuple[Array, Array]:
    """Return gradients at the minimum and symmetric Hessians of the samples; uncorrelated by adding mirror images."""
    rng = np.random.default_rng([dimension, count])
    half = count // 2 if uncorrelated else count
    g, h = rng.normal(size=(half, dimension)), rng.normal(size=(half, dimension, dimension))
    h = h + h.swapaxes(1, 2) + 3 * np.eye(dimension)
    if uncorrelated:
        g, h = np.concatenate([g, -g]), np.concatenate([h, h])
    return g - g.mean(axis=0), h


def by_enumeration(g: Array, h: Array, x: Array, size: int, replacement: bool) -> Array:
    """Return the covariance of the batch gradient at x over all batches."""
    every = product(range(len(g)), repeat=size) if replacement else combinations(range(len(g)), size)
    batches = np.array(list(every))
    means = (g + h @ x)[batches].mean(axis=1)
    apart = means - means.mean(axis=0)
    return np.asarray(apart.T @ apart / len(batches))


def measure() -> Measurement:
    """All batches in two and three dimensions, with and without the assumed lack of correlation."""
    from fokker.theory.gradient_covariance import GradientCovariance

    checks: list[Check] = []
    for dimension, count, size, replacement, uncorrelated in (
        (2, 8, 3, True, True),
        (2, 8, 3, False, True),
        (2, 8, 3, False, False),
        (3, 8, 3, True, False),
        (3, 8, 4, False, True),
    ):
        g, h = samples(dimension, count, uncorrelated)
        form = GradientCovariance.of_samples(g, h, size, replacement)
        how = f"{dimension} dimensions, {size} of {count} {'with' if replacement else 'without'} replacement"
        how += "" if uncorrelated else ", correlated"
        for place in PLACES[dimension]:
            counted = by_enumeration(g, h, np.array(place), size, replacement)
            error = float(np.abs(counted - form.at(place)).max() / np.abs(counted).max())
            name = f"{how}: largest error of $C$ at $x = {place}$"
            checks.append(Check(name, error, 0.0, ROUNDING, BECAUSE, "absolute"))
        checks += _linear(how, form.linear, form.quadratic, uncorrelated, g, h, size, replacement)
    return Measurement((*checks, *_assumptions()), data=_pictures())


def _linear(
    how: str, linear: Array, quadratic: Array, uncorrelated: bool, g: Array, h: Array, size: int, replacement: bool
) -> list[Check]:
    """The term linear in x: absent in Proposition 10, present where gradient and Hessian are correlated."""
    place = np.array(PLACES[g.shape[1]][0])
    odd = (
        by_enumeration(g, h, place, size, replacement) - by_enumeration(g, h, -place, size, replacement)
    ) / 2  # the odd part of C
    scale = float(np.abs(np.einsum("ijab,a,b->ij", quadratic, place, place)).max())
    if uncorrelated:
        name = f"{how}: odd part of $C$"
        return [Check(name, float(np.abs(odd).max()) / scale, 0.0, ROUNDING, BECAUSE, "absolute")]
    exact = float((linear @ place)[0, 0])
    return [Check(f"{how}: odd part of $C_{{11}}$", float(odd[0, 0]), exact, ROUNDING * scale / abs(exact), BECAUSE)]


def _assumptions() -> list[Check]:
    """A^(12) = 0 cannot be: its entry (2, 1) is the variance of the off-diagonal second derivative."""
    from fokker.theory.gradient_covariance import GradientCovariance

    g, h = samples(2, 8, True)
    form = GradientCovariance.of_samples(g, h, 1)
    counted = float(h[:, 0, 1].var())
    x = np.array([0.6, 0.8])
    size = float(by_enumeration(g, h, 30 * x, 1, True)[0, 1] - by_enumeration(g, h, 0 * x, 1, True)[0, 1]) / 900
    return [
        Check(
            r"$A^{(12)}_{21} = \mathrm{Var}\, H_{12}$, assumed to be 0",
            float(form.quadratic[0, 1, 1, 0]),
            counted,
            ROUNDING,
            BECAUSE,
        ),
        Check(
            "growth of $C_{12}$ along $(0.6, 0.8)$ over $|x|^2$, all batches (assumed: 0)",
            size,
            float(np.einsum("ab,a,b->", form.quadratic[0, 1], x, x)),
            ROUNDING,
            BECAUSE,
        ),
        Check(
            "$A^{(11)}_{12}$ over $A^{(22)}_{12}$ (assumed: 1)",
            float(form.quadratic[0, 0, 0, 1] / form.quadratic[1, 1, 0, 1]),
            float(np.cov(h[:, 0, 0], h[:, 0, 1], ddof=0)[0, 1] / np.cov(h[:, 1, 0], h[:, 1, 1], ddof=0)[0, 1]),
            ROUNDING,
            BECAUSE,
        ),
    ]


def _pictures() -> dict[str, Array]:
    from fokker.theory.gradient_covariance import GradientCovariance

    g, h = samples(2, 8, True)
    form = GradientCovariance.of_samples(g, h, 3, False)
    x = SHOWN[:, None] * np.array([0.6, 0.8])
    dots = np.array([by_enumeration(g, h, at, 3, False) for at in x[::4]])
    whole = form.at(np.stack(np.meshgrid(SHOWN, SHOWN), axis=-1))
    return {"line": form.at(x), "dots": dots, "cross": whole[..., 0, 1]}


def figure(measurement: Measurement) -> "Figure":
    """The three entries along a line, and the cross term over the plane."""
    from matplotlib.figure import Figure

    data = measurement.data
    drawing = Figure(figsize=(8.6, 3.9))
    left, right = drawing.subplots(1, 2)
    for at, (i, j) in enumerate(((0, 0), (1, 1), (0, 1))):
        left.plot(SHOWN, data["line"][:, i, j], color=f"C{at}", label=f"$C_{{{i + 1}{j + 1}}}$")
        left.plot(SHOWN[::4], data["dots"][:, i, j], "o", color=f"C{at}")
    left.axhline(0.0, color="C6", lw=1)
    left.set(xlabel="distance along $(0.6, 0.8)$", ylabel="covariance of the batch gradient")
    left.legend(fontsize=10)
    top = float(np.abs(data["cross"]).max())
    picture = right.pcolormesh(SHOWN, SHOWN, data["cross"], cmap="RdBu_r", vmin=-top, vmax=top, rasterized=True)
    right.set(xlabel="$x_1$", ylabel="$x_2$", title="$C_{12}$, held constant afterwards", aspect="equal")
    right.grid(visible=False)
    drawing.colorbar(picture, ax=right)
    return drawing


THEOREM = Theorem(
    id="proposition-10",
    title="Proposition 10: the gradient covariance in several dimensions",
    group="Stationary laws",
    number=1.5,
    statement=r"""
        For quadratic sample losses with $\mathrm{Cov}(\tilde g_i, \tilde H_{jk}) = 0$ the covariance of the minibatch
        gradient at distance $x$ from the minimum is
        $$C_{ij}(x) = (\Sigma_g)_{ij} + x^T A^{(ij)} x, \quad A^{(ij)}_{ab} = \mathrm{Cov}(\tilde H_{ia},
        \tilde H_{jb}).$$
        What follows takes $A^{(ij)} = 0$ for $i \neq j$ and one $A^{(ii)} = \Sigma_H$ for all $i$.
        """,
    hypotheses=(
        "The Hessian of every sample loss is constant.",
        "Batches of $b$ out of $N$ samples, uniformly, with replacement (each covariance is the per-sample one over "
        r"$b$) or without (times $\frac{N-b}{b (N-1)}$).",
        "Measured on eight samples in two and three dimensions; without correlation, every gradient comes with its "
        "mirror image.",
    ),
    source="Meng, Gong, Chen, Ma, Liu, arXiv 2006.13719, Proposition 10 (Eq. 13) and the remark after it",
    verdict="exact",
    finding="The formula is algebra and holds to rounding over all batches; with correlation a linear term joins it. "
    r"The simplification that follows does not: symmetric Hessians make $A^{(ij)}_{ji} = \mathrm{Var}\, \tilde "
    "H_{ij}$, which is positive wherever an off-diagonal second derivative fluctuates.",
    measure=measure,
    figure=figure,
    caption="Left: the three entries along a line; dots, all 56 batches of 3 out of 8; lines, the formula. Right: the "
    "cross term over the plane, which the simplified model holds constant.",
    fast=True,
)

"""Proposition 1: for quadratic sample losses the minibatch gradient variance is a quadratic, exactly."""

from itertools import combinations, product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

SLOPES = np.array([1.3, 0.4, 2.2, 1.7, 0.9, 3.1, 0.2, 1.4])  # eight samples, enumerable by hand
OFFSETS = np.array([0.7, -1.1, 0.4, 1.9, -0.3, 0.8, -1.6, 0.5])
FITTED_AT = np.array([-1.0, 2.0])  # the model sees the gradients here only
TRIED_AT = np.array([-2.5, 0.5, 3.5])
FIGURE_AT = np.linspace(-3.0, 4.0, 15)
SAMPLES = 442
ROUNDING = 2 * SAMPLES * float(np.finfo(float).eps)
BECAUSE = "rounding: means of up to 442 terms, squared: 2 × 442 × machine epsilon"


def batches(samples: int, size: int, replacement: bool) -> NDArray[np.intp]:
    """Return every batch, one a row."""
    every = product(range(samples), repeat=size) if replacement else combinations(range(samples), size)
    return np.array(list(every), dtype=np.intp)


def variance_by_enumeration(gradients: Array, drawn: NDArray[np.intp]) -> Array:
    """Return the variance of the batch mean over all batches, one value a row of ``gradients``."""
    return np.array([row[drawn].mean(axis=1).var() for row in gradients])


def measure() -> Measurement:
    """Enumerate all batches of eight samples, and all single samples and pairs of the diabetes data."""
    from fokker.sgd import NoiseModel, SampleGradients, diabetes_gradients

    small, diabetes = SampleGradients(SLOPES, OFFSETS), diabetes_gradients("bmi")
    cases = [
        ("8 samples, 3 in a batch, with replacement", small, 3, True),
        ("8 samples, 3 in a batch, without replacement", small, 3, False),
        ("diabetes data, 1 in a batch", diabetes, 1, True),
        ("diabetes data, 2 in a batch, with replacement", diabetes, 2, True),
        ("diabetes data, 2 in a batch, without replacement", diabetes, 2, False),
    ]
    checks, curves = [], []
    for label, samples, size, replacement in cases:
        drawn = batches(len(samples.slopes), size, replacement)
        model = NoiseModel.from_gradients(FITTED_AT, samples.at(FITTED_AT), 0.1, size, replacement)
        counted = variance_by_enumeration(samples.at(TRIED_AT), drawn)
        for theta, value, form in zip(TRIED_AT, counted, model.gradient_variance(TRIED_AT), strict=True):
            name = rf"{label} ({len(drawn)} batches): $C(\theta={theta})$"
            checks.append(Check(name, value, form, ROUNDING, BECAUSE))
        dots = variance_by_enumeration(samples.at(FIGURE_AT), drawn)
        fine = np.linspace(FIGURE_AT[0], FIGURE_AT[-1], 200)
        curves.append((label, dots, fine, model.gradient_variance(fine)))
        bend = float(np.abs(np.diff(dots, 3)).max() / dots.max())
        name = f"{label}: largest third difference of $C$ over largest $C$"
        because = "rounding: a third difference sums eight values, each as above"
        checks.append(Check(name, bend, 0.0, 8 * ROUNDING, because, "absolute"))
    return Measurement(tuple(checks), data={"curves": curves, "theta": FIGURE_AT})


def figure(measurement: Measurement) -> "Figure":
    """Enumerated variances on the quadratics."""
    from matplotlib.figure import Figure

    drawing = Figure(figsize=(7.6, 3.6))
    panels = drawing.subplots(1, 2)
    theta, curves = measurement.data["theta"], measurement.data["curves"]
    names = ("with replacement", "without replacement", "batch of 1", "batch of 2")
    for at, ((_, dots, fine, form), name) in enumerate(zip(curves[:4], names, strict=True)):
        axes, colour = panels[at // 2], f"C{at % 2}"
        axes.plot(fine, form, color=colour, label=name)
        axes.plot(theta, dots, "o", color=colour)
    panels[0].set_title("8 samples, all batches of 3")
    panels[1].set_title("diabetes data (442 samples)")
    for axes in panels:
        axes.set_xlabel(r"parameter $\theta$")
        axes.set_ylim(bottom=0.0)
        axes.legend(loc="upper center")
    panels[0].set_ylabel(r"gradient variance $C(\theta)$")
    return drawing


THEOREM = Theorem(
    id="proposition-1",
    title="Proposition 1: the gradient variance is quadratic",
    group="Stationary laws",
    number=1,
    statement=r"""
        For quadratic sample losses the variance of the minibatch gradient at distance $x = w - w^*$ from the
        minimum is
        $$C(x) = \sigma_g + 2 \rho x + \sigma_H x^2,$$
        with the variances $\sigma_g$ of the minibatch gradient at the minimum and $\sigma_H$ of the minibatch
        second derivative, and their covariance $\rho$.
        """,
    hypotheses=(
        "The second derivative of every sample loss is constant (where it is not, this is an expansion).",
        "Batches of $b$ out of $N$ samples, uniformly, with replacement (each of the three numbers is the "
        r"per-sample one over $b$) or without (the per-sample one times $\frac{N-b}{b (N-1)}$).",
    ),
    source="Meng, Gong, Chen, Ma, Liu, arXiv 2006.13719, Proposition 1",
    verdict="exact",
    finding="The variance over all batches, counted one by one, lies on the quadratic to rounding: it is algebra, "
    "and no quantity has to be small.",
    measure=measure,
    figure=figure,
    caption="Dots: variance over every possible batch. Lines: the quadratic, whose three coefficients were taken "
    r"from the gradients at only two values of the parameter, $\theta = -1$ and $2$.",
    fast=True,
)

"""A searcher that starts again: the mean time is finite, and least at one rate."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Measurement, Rate, Theorem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    import fokker

Array = NDArray[np.float64]

FAR = 24.0  # the start is 1 from the target at 0; the reflecting end is felt as exp(-2 (FAR - 1) sqrt(r/D))
RATES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
CELLS = (480, 960, 1920, 3840)  # the start lies on a face of each
PAIRS = ((480, 960), (960, 1920), (1920, 3840))
LAPLACE = (-2.0, -0.5, 0.25, 1.5, 3.0)
SQUARE, DISC, START, PLANE_RATE = 4.0, 0.5, 1.5, 4.0
PLANE = (32, 48, 64, 96, 128, 192)
PLACES = 16


def line() -> "fokker.Problem":
    """Return Brownian motion on (0, FAR) with D = 1 and the target at 0."""
    import fokker

    return fokker.Problem(
        drift=0.0, diffusion=1.0, domain={"x": (0.0, FAR)}, boundary={"x": ("absorbing", "reflecting")}
    )


def search(generator: "fokker.Generator", rate: float, squared: bool = False) -> float:
    """Return the mean search time from x = 1 with resetting to x = 1, or its variance."""
    import fokker

    verb = fokker.passage_variance if squared else fokker.mean_first_passage
    return float(verb(fokker.reset(generator, rate, {"x": 1.0})).at(x=1.0))


def extrapolated(pair: tuple[int, int], rate: float, squared: bool = False) -> float:
    """Return the time (or variance) extrapolated from two grids."""
    import fokker

    return float(fokker.extrapolate(line(), lambda g: search(g, rate, squared), cells=pair).value)


def best(pair: tuple[int, int]) -> float:
    """Return the rate at which the extrapolated time of the solver is least, by the zero of its central difference."""
    from scipy.optimize import brentq

    import fokker

    grids = [fokker.discretize(line(), cells=n) for n in pair]

    def slope(rate: float, step: float = 1e-3) -> float:
        ends = [(4 * search(grids[1], r) - search(grids[0], r)) / 3 for r in (rate - step, rate + step)]
        return ends[1] - ends[0]

    return float(brentq(slope, 2.0, 3.2, xtol=1e-12))


def measure() -> Measurement:
    """Times over rates, the best rate, the law without a target, a disc in the plane, and the orders."""
    from fokker.theory import resetting

    checks = [check for rate in RATES for check in _times(rate)]
    found = best(PAIRS[1])
    checks.append(
        Check(
            r"rate of the least mean time, $r L^2/D$",
            found,
            float(resetting.best_rate()),
            abs(found - best(PAIRS[0])) + 1e-6,
            "order 4: at most the change from the coarser pair; the difference over 2e-3 in r shifts the zero by "
            "1e-6 (its third derivative is of the order of the second)",
            "absolute",
        )
    )
    time, scatter = (extrapolated(PAIRS[1], float(resetting.best_rate()), squared) for squared in (False, True))
    coarse = extrapolated(PAIRS[0], float(resetting.best_rate()), True)
    checks.append(
        Check(
            "variance over squared mean at the best rate",
            scatter / time**2,
            1.0,
            2 * abs(coarse / scatter - 1),
            "order 4: at most the change from the coarser pair, for both",
        )
    )
    law_checks, law_rate = _laplace()
    plane_checks, plane_rate = _plane()
    fine = np.geomspace(0.1, 12.0, 40)
    data = {"rates": fine, "times": np.array([extrapolated((240, 480), float(r)) for r in fine])}
    return Measurement((*checks, *law_checks, *plane_checks), (*_orders(), law_rate, plane_rate), data)


def _times(rate: float) -> list[Check]:
    from fokker.theory import resetting

    fine, coarse = (extrapolated(pair, rate) for pair in (PAIRS[1], PAIRS[0]))
    end = float(np.exp(-2 * (FAR - 1) * np.sqrt(rate)))
    return [
        Check(
            rf"$D T/L^2$ at $r L^2/D = {rate:g}$, extrapolated from 960 and 1920 cells",
            fine,
            float(resetting.mean_time(rate)),
            abs(coarse / fine - 1) + end + 1e-12,
            "order 4: at most the change from the coarser pair; the far end is felt as exp(-46 z); rounding 1e-12",
        )
    ]


def _orders() -> tuple[Rate, ...]:
    import fokker
    from fokker.theory import resetting

    grids = [fokker.discretize(line(), cells=n) for n in CELLS]
    return tuple(
        Rate(
            rf"$T$ at $r L^2/D = {rate:g}$, in the cell size",
            tuple(FAR / n for n in CELLS),
            tuple(abs(search(g, rate) / float(resetting.mean_time(rate)) - 1) for g in grids),
            2.0,
            0.1,
            "declared order 2, within 5 %",
        )
        for rate in (1.0, 4.0)
    )


def _laplace() -> tuple[list[Check], Rate]:
    """Without a target the searcher settles to Laplace's law."""
    import fokker
    from fokker.theory import resetting

    problem = fokker.Problem(drift=0.0, diffusion=1.0, domain={"x": (-24.0, 24.0)})
    places = np.array(LAPLACE)
    exact = np.asarray(resetting.stationary_density(places, 2.0))

    def density(generator: "fokker.Generator") -> Array:
        return np.asarray(fokker.stationary(fokker.reset(generator, 2.0, {"x": 0.0})).at(x=places))

    plain = [density(fokker.discretize(problem, cells=n)) for n in (960, 1920, 3840)]
    size = np.sqrt(2.0) * 48.0 / 3840
    checks = [
        Check(
            rf"Laplace's law: $p({x:g})$ at $r = 2$, 3840 cells",
            value,
            law,
            (1 + np.sqrt(2.0) * abs(x)) * size**2 / 8 * 1.5,
            "declared order 2: lumping the resets into the nodes moves ln p by (1 + a|x|) (a h)^2/8 at most, half of "
            "it again between the nodes",
        )
        for x, value, law in zip(LAPLACE, plain[-1], exact, strict=True)
    ]
    errors = tuple(float(np.abs(p / exact - 1).max()) for p in plain)
    rate = Rate("Laplace's law, largest relative error, in the cell size", (4.0, 2.0, 1.0), errors, 2.0, 0.1,
                "declared order 2, within 5 %")  # fmt: skip
    return checks, rate


def _plane() -> tuple[list[Check], Rate]:
    """A disc in the plane, wherever it and the start lie between the nodes."""
    import fokker
    from fokker.theory import resetting

    exact = float(resetting.mean_time_disc(PLANE_RATE, START, DISC))
    box = {"x": (-SQUARE, SQUARE), "y": (-SQUARE, SQUARE)}
    problem = fokker.Problem(lambda x, y: (0 * x, 0 * y), diffusion=1.0, domain=box)
    places = np.random.default_rng(1).uniform((-0.1, -0.1, 0.0), (0.1, 0.1, 2 * np.pi), (PLACES, 3))
    errors = []
    for cells in PLANE:
        generator = fokker.discretize(problem, cells=cells)
        found = []
        for x0, y0, angle in places:
            start = {"x": x0 + START * float(np.cos(angle)), "y": y0 + START * float(np.sin(angle))}
            again = fokker.reset(generator, PLANE_RATE, start)
            disc = fokker.mean_first_passage(again, lambda x, y, p=x0, q=y0: (x - p) ** 2 + (y - q) ** 2 < DISC**2)
            found.append(disc.at(**start))
        errors.append(float(np.abs(np.array(found) / exact - 1).mean()))
    check = Check(
        rf"a disc of radius 0.5 in the plane, $T$ at $r = 4$, {PLANE[-1]} x {PLANE[-1]} cells: mean size of the error",
        errors[-1],
        0.0,
        (2 * SQUARE / PLANE[-1] / DISC) ** 2,
        "declared order 2: (cell over radius)^2",
        "absolute",
    )
    # a mean of 16 sizes of one scale is known to 19 per cent, the slope over these grids to 0.13
    rate = Rate(
        rf"a disc in the plane, mean size of the error over {PLACES} places of disc and start, in the cell size",
        tuple(2 * SQUARE / n for n in PLANE),
        tuple(errors),
        2.0,
        0.26,
        "declared order 2; two standard errors of the slope, from the scatter over the places",
    )
    return [check], rate


def figure(measurement: Measurement) -> "Figure":
    """Draw the mean time over the rate, with its minimum."""
    from matplotlib.figure import Figure

    from fokker.theory import resetting

    drawing = Figure(figsize=(7.2, 4.2))
    axes = drawing.subplots()
    fine = np.geomspace(0.08, 14.0, 300)
    axes.semilogx(fine, np.asarray(resetting.mean_time(fine)), color="C0", label=r"$(e^{z} - 1)/r$")
    axes.plot(measurement.data["rates"], measurement.data["times"], "o", color="C1", markersize=3.5, label="solver")
    top = float(resetting.best_rate())
    axes.plot(top, float(resetting.mean_time(top)), "s", color="C2", label=rf"best rate, $z = {np.sqrt(top):.5f}$")
    axes.set(xlabel=r"rate of resetting $r L^2/D$", ylabel=r"mean search time $D T/L^2$", ylim=(1.0, 5.0))
    axes.legend()
    return drawing


THEOREM = Theorem(
    id="resetting",
    title="A searcher that starts again: mean time and best rate",
    group="Escape times",
    number=14,
    statement=r"""
        A Brownian particle that starts at a distance $L$ from a target and is put back to its start at rate $r$ finds
        the target after the mean time
        $$T = \frac{e^{z} - 1}{r}, \quad z = L \sqrt{r/D},$$
        which is least where $z/2 = 1 - e^{-z}$, $z = 1.59362\ldots$ Without a target it settles to Laplace's law
        $p = \frac{a}{2} e^{-a |x|}$, $a = \sqrt{r/D}$.
        """,
    hypotheses=(
        r"One dimension, a half-line: the solver's end at $24 L$ is felt as $e^{-46 z}$.",
        r"In the plane, a disc of radius $R$: $T = (K_0(aR)/K_0(aL) - 1)/r$; the solver's box ends at $8R$, which is "
        r"felt as $e^{-2 a (8R - L)}$, a tenth of the error on the finest grid.",
        r"At the best rate the standard deviation of the time is its mean, whatever the search (Reuveni 2016).",
    ),
    source="Evans and Majumdar, Phys. Rev. Lett. 106 (2011) 160601, and J. Phys. A 47 (2014) 285001; Reuveni, "
    "Phys. Rev. Lett. 116 (2016) 170601",
    verdict="exact",
    finding=r"Exact: the solver's time is least at the root of $z/2 = 1 - e^{-z}$, and "
    "is second order in the cell size; jumps into a generator leave it a generator.",
    measure=measure,
    figure=figure,
    caption="Mean search time against the rate of resetting: infinite without, large again when the searcher is put "
    "back before it gets anywhere.",
    fast=True,
)

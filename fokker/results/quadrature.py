"""Integrals over a stationary density by quadrature of its profile inside the cells, tails included."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.polynomial import chebyshev
from numpy.polynomial.laguerre import laggauss
from numpy.typing import NDArray

from fokker.calling import numbers, shown
from fokker.discretize.collocation import collocation
from fokker.discretize.ends import Tail
from fokker.discretize.segments import CHUNK, hats, sample
from fokker.errors import FokkerError, MomentError, TargetError, explain
from fokker.grid.grid import crossings, truth
from fokker.info import warn_once
from fokker.results.reconstruct import density_weights

if TYPE_CHECKING:
    from fokker.results.density import Density

Array = NDArray[np.float64]

_FINE = 1.0  # log-weight range of a quadrature cell
_SHARE = 1e-12  # roughness of the integrand on a piece, relative to the whole, that is let pass
_PIECES = 400_000  # most pieces of one expectation
_SAMPLES = 8  # places in each half-cell where a region is looked at
_CLOSE = 1e-3  # a moment this close to the tail index is not trusted to exist


def expectation(density: Density, function: Callable[..., Any]) -> float:
    """Return the mean of `function`; see `Density.expectation`.

    Pieces on which the function is not a polynomial to rounding are halved until their share is negligible.
    """
    stops = fine_stops(density)
    starts, ends = stops[:-1], stops[1:]
    at_stops = density_weights(density.chain, stops, density.node_weights, ladder=True).values()
    low, high = at_stops[:-1], at_stops[1:]
    total = weight = scale = doubt = 0.0
    spent = 0
    while len(starts):
        spent += len(starts)
        rough, parts = [], []
        for first in range(0, len(starts), CHUNK):
            part = slice(first, first + CHUNK)
            x, mass = _gauss(density, starts[part], ends[part], low[part], high[part])
            values = _finite(function, x.ravel()).reshape(x.shape)
            rough.append(np.abs(collocation().high @ values).sum(axis=0) * mass.sum(axis=0))
            parts.append(np.stack([(values * mass).sum(axis=0), (np.abs(values) * mass).sum(axis=0), mass.sum(axis=0)]))
        error, sums = np.concatenate(rough), np.concatenate(parts, axis=1)
        scale = max(scale, float(sums[1].sum()))
        narrow = (ends - starts) <= 64 * np.spacing(np.maximum(np.abs(starts), np.abs(ends)))
        halve = (error > _SHARE * scale) & ~narrow
        if spent + 2 * int(halve.sum()) > _PIECES:
            doubt += float(error[halve].sum())
            halve[:] = False
        total += float(sums[0, ~halve].sum())
        weight += float(sums[2, ~halve].sum())
        middle = 0.5 * (starts[halve] + ends[halve])
        between = density_weights(density.chain, middle, density.node_weights).values()
        starts, ends = np.concatenate([starts[halve], middle]), np.concatenate([middle, ends[halve]])
        low, high = np.concatenate([low[halve], between]), np.concatenate([between, high[halve]])
    for side in (0, 1):
        end = _tail(density, side)
        if end is not None:
            law, at, factor = end
            mean, spread = _tail_mean(function, law, at, density.names[0])
            total += factor * mean
            doubt += factor * spread
            weight += factor
    if doubt > 1e-8 * scale:
        text = f"the function varies too fast to be integrated: the expectation may be off by {doubt / weight:.1g}"
        warn_once((text,), stacklevel=4)
    return total / weight


def probability(density: Density, region: Callable[..., Any]) -> float:
    """Return the probability of `region`; see `Density.probability`."""
    line = density.chain.line

    def inside(xi: Array) -> NDArray[np.bool_]:
        return truth(region, "region", line.position(xi))

    axis = line.axis
    stops = np.sort(np.concatenate([axis.face_coordinates, axis.node_coordinates]))
    fractions = np.arange(_SAMPLES) / _SAMPLES
    stops = np.append((stops[:-1, None] + np.diff(stops)[:, None] * fractions).ravel(), stops[-1])
    flags = inside(stops)
    change = np.flatnonzero(flags[1:] != flags[:-1])
    cuts = crossings(inside, stops[change], stops[change + 1]) if len(change) else np.zeros(0)
    total = weight = 0.0
    everything = fine_stops(density, cuts)
    weights = density_weights(density.chain, everything, density.node_weights, ladder=True).values()
    for first in range(0, len(everything) - 1, CHUNK):
        part, at_part = everything[first : first + CHUNK + 1], weights[first : first + CHUNK + 1]
        x, mass = _gauss(density, part[:-1], part[1:], at_part[:-1], at_part[1:])
        total += float((truth(region, "region", x.ravel()).reshape(x.shape) * mass).sum())
        weight += float(mass.sum())
    found = bool(flags.any())
    for side in (0, 1):
        end = _tail(density, side)
        if end is not None:
            law, at, factor = end
            share = _tail_share(region, law, at)
            found |= share > 0.0
            total += factor * share
            weight += factor
    if not found:
        raise TargetError(
            explain(
                "the region holds no point of the grid.",
                given=f"{shown(region)} on {axis!r}",
                try_="a predicate that is True somewhere in the domain, or more cells for a narrow region",
            )
        )
    return min(total / weight, 1.0)


def mode(density: Density) -> float:
    """Return where the density is largest, from the polynomial through ln p around the largest node."""
    chain = density.chain
    axis = chain.line.axis
    top = int(np.argmax(density.log_values))
    stops = np.concatenate([axis.faces[:1], axis.nodes, axis.faces[-1:]])
    low, high = float(stops[top]), float(stops[top + 2])
    fit = chebyshev.Chebyshev.interpolate(lambda x: np.asarray(density.log_at(x)), 16, domain=[low, high])
    slope = fit.deriv()
    roots = slope.roots()
    real = roots[np.abs(roots.imag) < 1e-9 * (high - low)].real
    candidates = np.concatenate([[low, high], real[(real > low) & (real < high)]])
    best = float(candidates[np.argmax(fit(candidates))])
    for side, law in enumerate(density.chain.tails):
        # a density that rises up to a singular end is largest there, beyond the last face
        if law is not None and law.inward and best == float(axis.faces[-side]):
            return law.origin
    return best


def fine_stops(density: Density, cuts: Array | None = None) -> Array:
    """Return faces, nodes, breakpoints and `cuts`, and more stops where the weight is steep, in order."""
    chain = density.chain
    line = chain.line
    faces = line.axis.face_coordinates
    breaks = line.breaks[(line.breaks > faces[0]) & (line.breaks < faces[-1])]
    parts = [faces, line.axis.node_coordinates, breaks, *([] if cuts is None else [cuts])]
    stops = np.unique(np.concatenate(parts))
    ladder = []
    for first in range(0, len(stops) - 1, CHUNK):
        part = stops[first : first + CHUNK + 1]
        log_weight = sample(line.problem, line.axis, part[:-1], part[1:])[1]
        spread = log_weight.max(axis=0) - log_weight.min(axis=0)
        counts = np.ceil(np.maximum(spread / _FINE, 1.0)).astype(int)
        # each segment in equal parts: its own start repeated, plus fractions of its length
        owner = np.repeat(np.arange(len(counts)), counts)
        place = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
        ladder.append(part[owner] + place / counts[owner] * np.diff(part)[owner])
    return np.concatenate([*ladder, stops[-1:]])


def _gauss(density: Density, starts: Array, ends: Array, low: Array, high: Array) -> tuple[Array, Array]:
    """Return quadrature points on pieces within one cell each, and their probabilities, shapes (m, n).

    `low` and `high` are the weights q at the two ends.
    """
    line = density.chain.line
    x, log_weight, resistance, mass, _ = sample(line.problem, line.axis, starts, ends)
    gain = np.exp(log_weight[1:-1])
    hat, _ = hats(gain, resistance)
    held = collocation().weights[:, None] * mass * gain
    return x, held * ((1.0 - hat) * low + hat * (high * np.exp(-log_weight[-1])))


def _tail(density: Density, side: int) -> tuple[Tail, tuple[float, float], float] | None:
    """Return a tail, (origin, signed distance of its face), and its probability; None where there is none."""
    chain = density.chain
    law = chain.tails[side]
    if law is None or law.mass == 0.0:
        return None
    face = chain.line.axis.face_coordinates[[-side]]
    weight = density_weights(chain, face, density.node_weights).values()
    return law, (law.origin, float(chain.line.axis.faces[-side]) - law.origin), float(weight[0]) * law.mass


def _values(function: Callable[..., Any], x: Array) -> Array:
    return numbers(function, [x], "the function", "a function that broadcasts, such as lambda x: x**2", FokkerError)


def _finite(function: Callable[..., Any], x: Array) -> Array:
    values = _values(function, x)
    bad = ~np.isfinite(values)
    if bad.any():
        raise MomentError(
            explain(
                "the expectation is not a finite number.",
                given=f"{shown(function)} is {values[bad][0]} at {x[bad][0]:.6g}",
                accepted="a function that is finite wherever the density reaches",
            )
        )
    return values


def _tail_mean(function: Callable[..., Any], law: Tail, at: tuple[float, float], name: str) -> tuple[float, float]:
    """Return the mean of `function` over a power-law tail and its doubt.

    Exact for powers; Gauss-Laguerre for the rest, the doubt being the change from half the points.
    """
    origin, reach = at
    ladder = np.array([1.0, 10.0, 100.0, 1000.0])
    with np.errstate(all="ignore"):
        size = np.abs(_values(function, origin + reach * (1.0 / ladder if law.inward else ladder)))
        growth = np.diff(np.log10(size))
    steady = bool(np.isfinite(growth).all() and np.ptp(growth) < 1e-4)
    slow = steady or bool((growth > 0.0).all() and (np.diff(growth) >= 0.0).all())
    power = float(growth[-1]) if slow else 0.0
    margin = _CLOSE * max(1.0, law.index) if steady else 0.2 * law.index
    if power > law.index - margin:
        raise MomentError(
            explain(
                f"the expectation does not exist{'' if steady else ', or only just'}: the tail is too heavy.",
                given=f"a function that grows like |{name}|**{power:.4g}, "
                f"a density that falls like |{name}|**-{1.0 + law.index:.6g}",
                accepted=f"growth slower than |{name}|**{law.index:.6g}",
                try_="a probability, or a moment of lower order",
            )
        )
    if steady:
        at_face = float(_values(function, np.array([origin + reach]))[0])
        return at_face * law.index / (law.index - power), 0.0
    means = []
    for points in (12, 24):
        z, w = laggauss(points)
        z, w = z[w > 1e-17], w[w > 1e-17]
        with np.errstate(over="ignore"):
            values = _values(function, origin + reach * np.exp((-z if law.inward else z) / law.index))
        if not np.isfinite(values).all():
            raise MomentError(
                explain(
                    "the expectation cannot be followed into the tail, where the function is not finite.",
                    given=repr(function),
                    accepted=f"a function that is finite for |{name}| above {abs(reach):.3g} and grows like a power",
                )
            )
        means.append(float(w @ values))
    return means[1], abs(means[1] - means[0])


def _tail_share(region: Callable[..., Any], law: Tail, at: tuple[float, float]) -> float:
    """Return the share of a tail that lies in the region (one wall at most)."""
    origin, reach = at
    sign = -1.0 if law.inward else 1.0

    def inside(log_ratio: Array) -> NDArray[np.bool_]:
        return truth(region, "region", origin + reach * np.exp(sign * log_ratio))

    ends = inside(np.array([0.0, 600.0]))
    if ends[0] == ends[1]:
        return float(ends[0])
    wall = float(crossings(inside, np.array([0.0]), np.array([600.0]))[0])
    beyond = float(np.exp(-law.index * wall))
    return beyond if ends[1] else 1.0 - beyond

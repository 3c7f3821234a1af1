"""Integrals of the stationary weights over segments of an axis, and how neighbouring segments join.

On a segment from a to b, with the log-weight ``G(y) = int f/D``, the flux of ``q = D**(1-alpha) p`` is

    J = -exp(G) D**alpha (exp(-G) q)',

so that everything a tridiagonal chain needs are the integrals of ``exp(-G) D**-alpha`` (resistance) and
``exp(G) D**-(1-alpha)`` (mass) with the two hat functions that solve the backward equation on the segment.
A chain built from them is the process itself, watched at the nodes. No derivative of D appears.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.collocation import ORDER, collocation, panel_matrices
from fokker.errors import CoefficientError, explain

if TYPE_CHECKING:
    from fokker.grid.axis import Axis
    from fokker.problem import Problem

Array = NDArray[np.float64]

CHUNK = 2048  # segments handled at once: their temporaries stay in the cache
HOPELESS = 2000.0  # range that no double holds: not worth panels, its rise alone is enough to refuse it
STEEP = 2.5  # log-weight range above which a segment is integrated in panels


@dataclass(frozen=True)
class Segments:
    """Integrals over segments a-b, one array entry a segment.

    Attributes
    ----------
    rise : array
        ``G(b) - G(a)``, the logarithm of the ratio of the zero-current solution q at the two ends.
    resistance : array
        ``int exp(-(G - G(a))) D**-alpha dx``; relative to b it is ``resistance * exp(rise)``.
    hat_a, hat_b : array
        Mass under the hat function of a (of b), relative to the weight at a (at b).
    mass : array
        ``int exp(G - G(a)) D**-(1-alpha) dx``; relative to b it is ``mass * exp(-rise)``.
    roughness : array
        Size of the highest Legendre coefficients of the coefficients on the segment (0 where resolved).
    """

    rise: Array
    resistance: Array
    hat_a: Array
    hat_b: Array
    mass: Array
    roughness: Array

    def __len__(self) -> int:
        return len(self.rise)

    def take(self, index: NDArray[np.intp] | slice) -> Segments:
        """Return the segments at `index`."""
        return Segments(*(getattr(self, f.name)[index] for f in fields(self)))

    @property
    def resistance_b(self) -> Array:
        """Resistance relative to the weight at b."""
        return self.resistance * np.exp(self.rise)

    @property
    def mass_b(self) -> Array:
        """Mass relative to the weight at b."""
        return self.mass * np.exp(-self.rise)


def concatenate(parts: list[Segments]) -> Segments:
    """Return the segments of all `parts`, in order."""
    return Segments(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Segments)))


def replaced(segments: Segments, rows: NDArray[np.intp], new: Segments) -> Segments:
    """Return `segments` with those at `rows` replaced by `new`."""
    columns = {f.name: getattr(segments, f.name).copy() for f in fields(Segments)}
    for name, column in columns.items():
        column[rows] = getattr(new, name)
    return Segments(**columns)


def join(left: Segments, right: Segments) -> Segments:
    """Return the segments a-b made of left a-m and right m-b: the middle node is eliminated, sums only."""
    near, far = left.resistance, right.resistance * np.exp(-left.rise)  # both relative to a
    total = near + far
    return Segments(
        rise=left.rise + right.rise,
        resistance=total,
        hat_a=(near * left.hat_a + far * left.mass) / total + far / total * np.exp(left.rise) * right.hat_a,
        hat_b=(far * right.hat_b + near * right.mass_b) / total + near / total * np.exp(-right.rise) * left.hat_b,
        mass=left.mass + np.exp(left.rise) * right.mass,
        roughness=np.maximum(left.roughness, right.roughness),
    )


def integrate(problem: Problem, axis: Axis, starts: Array, ends: Array) -> Segments:
    """Integrate over the segments from `starts` to `ends`, given in the axis coordinate.

    Each coefficient is evaluated once at ``ORDER`` points a segment (a potential also at both ends).
    """
    parts = [_integrate_chunk(problem, axis, starts[s], ends[s]) for s in _chunks(len(starts))]
    return parts[0] if len(parts) == 1 else concatenate(parts)


def _chunks(length: int) -> Iterator[slice]:
    for first in range(0, max(length, 1), CHUNK):
        yield slice(first, first + CHUNK)


def sample(problem: Problem, axis: Axis, starts: Array, ends: Array) -> tuple[Array, Array, Array, Array, Array]:
    """Return points x, log-weight G, and the densities of resistance and mass at the Gauss points.

    Shapes ``(ORDER, n)``; G has two more rows, its values at both ends (the first is zero); the last
    array, shape ``(n,)``, is the roughness of the coefficients.
    """
    rule = collocation()
    x, stretch = axis.points(starts, ends, rule.points)
    n = len(starts)
    flat = x.reshape(-1)
    diffusion = problem.diffusion_at(flat).reshape(ORDER, n)
    dips = diffusion.min(axis=0) < 0.25 * np.minimum(diffusion[0], diffusion[-1])
    if dips.any():
        refuse_vanishing(problem, x[:, dips], diffusion[:, dips])
    log_weight = np.zeros((ORDER + 2, n))
    rough = np.abs(rule.high @ diffusion).sum(axis=0) / (rule.weights @ diffusion)
    slope = None
    if problem.has_potential:
        corners = problem.potential_at(axis.position(np.concatenate([starts, ends])))
        log_weight[1:-1] = corners[:n] - problem.potential_at(flat).reshape(ORDER, n)
        log_weight[-1] = corners[:n] - corners[n:]
        rough += np.abs(rule.high @ log_weight[1:-1]).sum(axis=0)
        if problem.has_force:
            slope = problem.force_at(flat).reshape(ORDER, n) * stretch
    else:
        slope = problem.drift_at(flat).reshape(ORDER, n) / diffusion
        slope *= stretch
    if slope is not None:
        log_weight[1:-1] += rule.running @ slope
        log_weight[-1] += rule.weights @ slope
        rough += np.abs(rule.high @ slope).sum(axis=0)
    resistance, mass = _powers(diffusion, problem.alpha, stretch)
    return x, log_weight, resistance, mass, rough


def refuse_vanishing(problem: Problem, x: Array, diffusion: Array) -> None:
    """Raise if D falls to zero between the Gauss points of a segment, where the process cannot cross.

    Raises
    ------
    CoefficientError
    """
    for column, values in zip(x.T, diffusion.T, strict=True):
        at = int(np.argmin(values))
        low, high = column[max(at - 1, 0)], column[min(at + 1, ORDER - 1)]
        for _ in range(12):
            fine = np.linspace(low, high, 33)
            found = problem.diffusion_at(fine)
            at = int(np.argmin(found))
            low, high = fine[max(at - 1, 0)], fine[min(at + 1, 32)]
        if found[at] < 1e-12 * values.max():
            raise CoefficientError(
                explain(
                    f"the noise vanishes inside the domain, near {problem.names[0]} = {fine[at]:.6g}, "
                    "where the process cannot be followed across.",
                    given=f"D = {found[at]:.3g} there",
                    try_="a domain that ends at this point, one side at a time",
                )
            )


def _powers(diffusion: Array, alpha: float, stretch: Array) -> tuple[Array, Array]:
    """Return ``stretch D**-alpha`` and ``stretch D**-(1-alpha)``, cheap where a power is 0, 1/2 or 1."""
    if alpha == 0.0:
        return np.broadcast_to(stretch, diffusion.shape), stretch / diffusion
    if alpha == 1.0:
        return stretch / diffusion, np.broadcast_to(stretch, diffusion.shape)
    if alpha == 0.5:
        both = stretch / np.sqrt(diffusion)
        return both, both
    resistance = stretch * diffusion**-alpha
    return resistance, stretch * stretch / (diffusion * resistance)


def _integrate_chunk(problem: Problem, axis: Axis, starts: Array, ends: Array) -> Segments:
    _, log_weight, resistance, mass, rough = sample(problem, axis, starts, ends)
    spread = log_weight.max(axis=0) - log_weight.min(axis=0)
    steep = (spread > STEEP) & (spread < HOPELESS)
    if not steep.any():
        return _panel(log_weight[1:-1], log_weight[-1], resistance, mass, rough)
    result = _panel(log_weight[1:-1], log_weight[-1], resistance, mass, rough)  # the steep ones again below
    counts = np.where(steep, 2.0 ** np.ceil(np.log2(np.maximum(spread / STEEP, 1.0))), 1.0)
    for count in np.unique(counts[steep]):
        rows = np.flatnonzero(counts == count)
        fine = _panels(int(count), log_weight[:, rows], resistance[:, rows], mass[:, rows], rough[rows])
        for f in fields(Segments):
            getattr(result, f.name)[rows] = getattr(fine, f.name)
    return result


def hats(gain: Array, resistance: Array) -> tuple[Array, Array]:
    """Return the hat function of b at the Gauss points, in [0, 1], and the resistance of the panel."""
    rule = collocation()
    flow = resistance / gain
    total = rule.weights @ flow
    hat = rule.running @ flow
    hat /= total
    # rounding of the running integral must not push a hat out of its range
    return np.clip(hat, 0.0, 1.0, out=hat), total


def _panel(inner: Array, rise: Array, resistance: Array, mass: Array, rough: Array) -> Segments:
    """Integrate over single panels; `inner` is G at the Gauss points, relative to a."""
    weights = collocation().weights
    gain = np.exp(inner)
    hat, total = hats(gain, resistance)
    held = mass * gain
    whole = weights @ held
    upper = weights @ (held * hat)
    np.subtract(1.0, hat, out=hat)
    lower = weights @ (held * hat)
    return Segments(rise.copy(), total, lower, upper * np.exp(-rise), whole, rough)


def _panels(count: int, log_weight: Array, resistance: Array, mass: Array, rough: Array) -> Segments:
    """Integrate steep segments in `count` equal panels, the coefficients interpolated, not evaluated again."""
    log_resistance, log_mass = np.log(resistance), np.log(mass)
    result: Segments | None = None
    at_start = np.zeros(log_weight.shape[1])
    for k in range(count):
        outer, other = panel_matrices(count, k)
        weight = outer @ log_weight - at_start
        panel = _panel(
            weight[:-1],
            weight[-1],
            np.exp(other @ log_resistance) / count,
            np.exp(other @ log_mass) / count,
            rough,
        )
        at_start = at_start + weight[-1]
        result = panel if result is None else join(result, panel)
    assert result is not None
    return result

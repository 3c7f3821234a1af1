"""Composite Gauss-Legendre quadrature of double integrals, in doubles or in mpmath numbers.

One engine for both: arrays hold doubles or mpmath numbers, and only ``exp``, ``log`` and the rounding unit
differ. Panels are halved until the Legendre series of the integrands has died out on each; the running
integral on a panel comes from the exact integration matrix of its nodes. Logarithms carry every magnitude, so
nothing overflows.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from fokker.theory import _multiprecision
from fokker.theory._check import refuse

LARGEST_RISE = 4.0
DEEPEST = 60
MOST = 30000
Logs = Callable[[Any], tuple[Any, Any]]


@dataclass(frozen=True)
class Rule:
    """Nodes and weights on [-1, 1], the integration matrix from the left, and the Legendre transform."""

    nodes: Any
    weights: Any
    running: Any
    transform: Any
    exp: Callable[[Any], Any]
    log: Callable[[Any], Any]
    unit: Any
    minus_infinity: Any

    def add_logs(self, a: Any, b: Any) -> Any:
        """Return ln(e^a + e^b) elementwise; either may be minus infinity."""
        high, low = np.maximum(a, b), np.minimum(a, b)
        return high + self.log(1 + self.exp(low - high)) if np.all(high > self.minus_infinity) else a

    def sum_logs(self, logs: Any, half: Any) -> Any:
        """Return ln of the integral over a panel of a function given by its logarithms at the nodes."""
        top = np.max(logs)
        return top + self.log(half * np.dot(self.weights, self.exp(logs - top)))


@dataclass(frozen=True)
class Panel:
    """Nodes of one panel, half its width, and the logarithms of two functions at the nodes."""

    x: Any
    half: Any
    inner: Any
    outer: Any


@lru_cache(maxsize=8)
def double_rule(order: int = 24) -> Rule:
    """Return the rule in doubles."""
    nodes, weights = np.polynomial.legendre.leggauss(order)
    running, transform = _matrices(nodes, weights, order)
    return Rule(nodes, weights, running, transform, np.exp, np.log, np.finfo(float).eps, -np.inf)


def mp_rule(dps: int) -> Rule:
    """Return the rule in mpmath numbers, at the working precision in force when it is called."""
    mp = _multiprecision.load()
    order = max(24, dps)
    nodes = np.array([_polish(mp, mp.mpf(float(x)), order) for x in np.polynomial.legendre.leggauss(order)[0]])
    slopes = np.array([_legendre(x, order)[1] for x in nodes])
    weights = 2 / ((1 - nodes**2) * slopes**2)
    running, transform = _matrices(nodes, weights, order)
    exp, log = np.frompyfunc(mp.exp, 1, 1), np.frompyfunc(mp.log, 1, 1)
    return Rule(nodes, weights, running, transform, exp, log, mp.mpf(10) ** (-dps), mp.mpf("-inf"))


def _legendre(x: Any, order: int) -> tuple[Any, Any]:
    before, now = x * 0 + 1, x
    for k in range(1, order):
        before, now = now, ((2 * k + 1) * x * now - k * before) / (k + 1)
    return now, order * (before - x * now) / (1 - x * x)


def _polish(mp: Any, x: Any, order: int) -> Any:
    for _ in range(max(2, int(np.log2(mp.mp.dps / 14)) + 3)):
        value, slope = _legendre(x, order)
        x = x - value / slope
    return x


def _matrices(nodes: Any, weights: Any, order: int) -> tuple[Any, Any]:
    """Return the matrix of integrals from -1 to each node, and that from values to Legendre coefficients."""
    table = [nodes * 0 + 1, nodes]
    for k in range(1, order):
        table.append(((2 * k + 1) * nodes * table[k] - k * table[k - 1]) / (k + 1))
    degrees = np.arange(order)
    transform = np.array(table[:order]) * weights * ((2 * degrees + 1)[:, None]) / 2
    primitives = [nodes + 1] + [(table[k + 1] - table[k - 1]) / (2 * k + 1) for k in range(1, order)]
    return np.array(primitives).T @ transform, transform


def split(rule: Rule, logs: Logs, edges: Sequence[Any]) -> list[Panel]:
    """Return panels between the edges, halved until both functions are resolved to the rounding unit.

    A function with more noise than that is resolved once halving no longer helps (and the noise is small).
    """
    panels: list[Panel] = []
    stack = [(a, b, 0, np.inf) for a, b in itertools.pairwise(edges)][::-1]
    noise = float(rule.unit) ** 0.6
    while stack:
        a, b, depth, before = stack.pop()
        half = (b - a) / 2
        x = (a + b) / 2 + half * rule.nodes
        inner, outer = logs(x)
        rest = max(_unresolved(rule, inner, x, half), _unresolved(rule, outer, x, half))
        if rest <= 0 or before / 16 < rest < noise:
            panels.append(Panel(x, half, inner, outer))
            continue
        if depth >= DEEPEST or len(panels) > MOST:
            _not_smooth(float(a))
        stack += [((a + b) / 2, b, depth + 1, rest), (a, (a + b) / 2, depth + 1, rest)]
    return panels


def _unresolved(rule: Rule, logs: Any, x: Any, half: Any) -> float:
    """Return the relative end of the Legendre series; 0 if it is rounding, inf if the panel is too steep."""
    rise = np.max(logs) - np.min(logs)
    if rise > LARGEST_RISE:
        return np.inf
    size = abs(rule.transform @ rule.exp(logs - np.max(logs)))
    rounding = rule.unit * (100 + 8 * np.max(abs(logs)) + 8 * np.max(abs(x)) * rise / half)
    last = np.max(size[-3:]) / np.max(size)
    return 0.0 if last <= rounding else float(last)


def _not_smooth(at: float) -> None:
    refuse(
        f"The integrand is not smooth near x = {at:.6g}: halving the interval there does not resolve it.",
        given="a potential or a diffusion that wiggles, carries noise, or is steep beyond reason",
        accepted="functions that are smooth between the breakpoints",
        hint="breakpoints=[...] at kinks and narrow features; smoother functions",
    )


def running_logs(rule: Rule, panels: Sequence[Panel], initial: Any) -> tuple[list[Any], Any]:
    """Return, panel by panel, ln of the inner function's integral up to each node; and ln of the whole."""
    answer, sofar = [], initial
    for panel in panels:
        top = np.max(panel.inner)
        values = rule.exp(panel.inner - top)
        part = top + rule.log(panel.half * (rule.running @ values))
        answer.append(rule.add_logs(sofar, part) if sofar > rule.minus_infinity else part)
        total = top + rule.log(panel.half * np.dot(rule.weights, values))
        sofar = rule.add_logs(sofar, total) if sofar > rule.minus_infinity else total
    return answer, sofar

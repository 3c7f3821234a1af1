"""Mean first-passage times in one dimension by double quadrature: the reference for every solver and
asymptote.

The process has the drift f and the diffusion D(x) read in the convention alpha. With psi' = -f/D,

    tau(x0 -> b) = int_{x0}^{b} dy D(y)^-alpha e^{psi(y)} int_{left}^{y} dz D(z)^(alpha-1) e^{-psi(z)},

the left end reflecting, at a point or at minus infinity. For a constant D = T and f = -V' it is psi = V/T.

References
----------
Pontryagin, Andronov, Vitt, Zh. Eksp. Teor. Fiz. 3 (1933) 165; Gardiner, Handbook of Stochastic Methods,
section 5.2.7; Haenggi, Talkner, Borkovec, Rev. Mod. Phys. 62 (1990) 251, section VII.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from fokker.errors import NormalisationError
from fokker.theory import _multiprecision, _panels
from fokker.theory._check import LARGEST_LOG, convention, real, refuse, scalar, show

Function = Callable[[Any], Any]
SLOWEST_TAIL = 0.01
HIGHEST_RISE = 20000.0


def mean_time(
    psi: Function,
    start: float,
    target: float,
    *,
    diffusion: Function | float,
    alpha: float | None = None,
    left: float = -np.inf,
    breakpoints: Sequence[float] = (),
) -> float:
    """Return the mean time [time] to reach ``target`` from ``start`` < target, in doubles.

    Composite Gauss-Legendre quadrature on panels halved until both integrands are resolved to rounding; the
    tail on the left in the logarithm of the distance, so powers and exponentials serve alike. Relative error
    about 1e-13 times the size of psi in its tens, given a psi accurate to rounding.

    Parameters
    ----------
    psi
        The potential psi(x) [1] with psi' = -drift/D, a function that broadcasts over arrays.
    start, target
        x0 < b [x].
    diffusion
        D > 0 [x^2/time], a number or a function that broadcasts.
    alpha
        Convention; needed as soon as the diffusion is a function.
    left
        Reflecting end, at most ``start``; minus infinity by default.
    breakpoints
        Kinks and jumps of psi or D, and other minima with features far narrower than the whole.

    Raises
    ------
    NormalisationError
        e^(-psi) D^(alpha-1) has no finite integral to the left.
    FokkerError
        Disordered points, a function with values that are not finite, kinks that were not announced, a time
        too large for a double (use `log_mean_time`).

    Examples
    --------
    Overdamped Kramers problem, V = x^4/4 - x^2/2 at D = 0.1:

    >>> round(mean_time(lambda x: 10 * (x**4 / 4 - x**2 / 2), -1.0, 1.0, diffusion=0.1), 10)
    66.2686263649
    """
    log = log_mean_time(psi, start, target, diffusion=diffusion, alpha=alpha, left=left, breakpoints=breakpoints)
    if log < LARGEST_LOG:
        return float(np.exp(log))
    refuse(
        "The mean time is too large for a double.",
        given=f"a time of logarithm {log:.6g}",
        accepted=f"logarithms below {LARGEST_LOG:.6g}",
        hint="log_mean_time, which returns the logarithm",
    )


def log_mean_time(
    psi: Function,
    start: float,
    target: float,
    *,
    diffusion: Function | float,
    alpha: float | None = None,
    left: float = -np.inf,
    breakpoints: Sequence[float] = (),
) -> float:
    """Return ln of :func:`mean_time`; it serves barriers of any height.

    Examples
    --------
    >>> round(log_mean_time(lambda x: 4000 * (x**2 - 1) ** 2, -1.0, 0.0, diffusion=1.0), 6)
    3991.117906
    """
    points = [scalar(real(n, v), n) for n, v in (("start", start), ("target", target))]
    marks = [scalar(real("breakpoints", v), "breakpoints") for v in breakpoints]
    logs = _double_logs(psi, diffusion, _alpha(diffusion, alpha))
    edges, low, high = _edges(points[0], points[1], left, marks)
    return float(_double_integral(_panels.double_rule(), logs, edges, low, high, left))


def mean_time_mp(
    psi: Function,
    start: Any,
    target: Any,
    *,
    diffusion: Function | Any,
    alpha: Any = None,
    left: Any = -np.inf,
    breakpoints: Sequence[Any] = (),
    dps: int = 30,
) -> Any:
    """Return the mean time as an mpmath number good to about ``dps`` digits.

    Parameters as :func:`mean_time`, but the functions take and return one mpmath number each, and their
    constants must be exact to the working precision (``mpmath.mpf('0.1')``, not 0.1).

    Examples
    --------
    >>> import mpmath
    >>> mpmath.nstr(mean_time_mp(lambda x: x * x / 2, 0, 1, diffusion=1, dps=25), 25)
    '2.093406649678321806920162'
    """
    mp = _multiprecision.load()
    with mp.workdps(_multiprecision.digits(dps) + 10):
        rule = _panels.mp_rule(dps + 3)
        order = _alpha(diffusion, alpha)
        logs = _mp_logs(mp, psi, diffusion, mp.mpf(0 if alpha is None else alpha) if order is not None else 0)
        first, last = mp.mpf(start), mp.mpf(target)
        edges, low, high = _edges(first, last, mp.mpf(left), [mp.mpf(v) for v in breakpoints])
        return mp.exp(_double_integral(rule, logs, edges, low, high, left))


def _alpha(diffusion: Function | Any, alpha: Any) -> float:
    if alpha is not None:
        return scalar(convention(float(alpha)), "alpha")
    if not callable(diffusion):
        return 0.0
    refuse(
        "The diffusion depends on x, so the equation depends on the convention.",
        given="diffusion=<function>, alpha=None",
        accepted="alpha = 0 (Ito), 1/2 (Stratonovich), 1 (isothermal) or between",
        hint="alpha=1 for a flux of the form f p - D p'",
    )


def _edges(start: Any, target: Any, left: Any, marks: Sequence[Any]) -> tuple[list[Any], Any, Any]:
    """Return the edges of the first panels, and the two ends of the outer integral."""
    if not (left <= start < target):
        refuse(
            "The start must lie between the reflecting end and the target on its right.",
            given=f"left={show(left)}, start={show(start)}, target={show(target)}",
            accepted="left <= start < target",
            hint="mirror the problem, x -> -x, for a target on the left",
        )
    inside = [v for v in marks if left < v < target]
    first = left if np.isfinite(float(left)) else min([start, *inside])
    edges = sorted({first, start, target, *inside})
    quarters = [a + (b - a) * k / 4 for a, b in itertools.pairwise(edges) for k in range(4)]
    return [*quarters, target], start, target


def _double_integral(
    rule: _panels.Rule, logs: _panels.Logs, edges: list[Any], start: Any, target: Any, left: Any
) -> Any:
    """Return ln of the double integral from the logarithms of the inner and the outer integrand."""
    tail = rule.minus_infinity if np.isfinite(float(left)) else _left_tail(rule, logs, edges[0])
    panels = _panels.split(rule, logs, edges)
    running, _ = _panels.running_logs(rule, panels, tail)
    answer = rule.minus_infinity
    for panel, mass in zip(panels, running, strict=True):
        if panel.x[0] > start:
            part = rule.sum_logs(panel.outer + mass, panel.half)
            answer = rule.add_logs(answer, part) if answer > rule.minus_infinity else part
    return answer


def _left_tail(rule: _panels.Rule, logs: _panels.Logs, first: Any) -> Any:
    """Return ln of the inner integral from minus infinity, in t = ln(distance), its last power closed."""

    def in_logarithm(t: Any) -> tuple[Any, Any]:
        with np.errstate(over="ignore"):
            inner = logs(first - rule.exp(t))[0] + t
        return inner, inner

    reach = -2 * rule.log(rule.unit)
    one = reach / reach
    t = -reach
    first_log = total = in_logarithm(np.array([t]))[0][0]
    while t < 2 * reach:
        panels = _panels.split(rule, in_logarithm, [t, t + 2 * one])
        _, total = _panels.running_logs(rule, panels, total)
        t = t + 2 * one
        now, before = (in_logarithm(np.array([v]))[0][0] for v in (t, t - one / 100))
        slope = (before - now) * 100
        if slope > 0 and now - rule.log(slope) < total + rule.log(rule.unit) - 2:
            return total
        if now - first_log > HIGHEST_RISE:
            _explodes(f"it grows by more than exp({HIGHEST_RISE:g})")
    if slope > SLOWEST_TAIL:  # a pure power by now: its remainder in closed form
        return rule.add_logs(total, now - rule.log(slope))
    _explodes(f"it falls like |x|^-{float(slope) + 1:.4g} at a distance of {float(rule.exp(t)):.3g}")


def _explodes(what: str) -> NoReturn:
    refuse(
        "The stationary weight D^(alpha-1) exp(-psi) has no finite integral to the left.",
        given=what,
        accepted="a weight that falls faster than 1/|x|",
        hint="a reflecting end: left=...",
        error=NormalisationError,
    )


def _double_logs(psi: Function, diffusion: Function | float, alpha: float) -> _panels.Logs:
    def logs(x: Any) -> tuple[Any, Any]:
        potential = _finite("psi", psi(x), x)
        noise = diffusion(x) if callable(diffusion) else diffusion
        log_d = np.log(_strictly(_finite("diffusion", noise, x), x))
        return (alpha - 1) * log_d - potential, potential - alpha * log_d

    return logs


def _mp_logs(mp: Any, psi: Function, diffusion: Function | Any, alpha: Any) -> _panels.Logs:
    def logs(x: Any) -> tuple[Any, Any]:
        potential = np.array([mp.mpf(psi(v)) for v in x])
        noise = [mp.mpf(diffusion(v)) for v in x] if callable(diffusion) else [mp.mpf(diffusion)] * len(x)
        _strictly(np.array([float(v) for v in noise]), x)
        log_d = np.array([mp.log(v) for v in noise])
        return (alpha - 1) * log_d - potential, potential - alpha * log_d

    return logs


def _finite(name: str, values: Any, x: Any) -> Any:
    array = np.asarray(values, dtype=float)
    if array.shape not in {(), x.shape}:
        refuse(
            f"{name} must broadcast over arrays.",
            given=f"points of shape {x.shape}, values of shape {array.shape}",
            accepted="one value a point",
            hint="np.where and NumPy functions instead of if and math",
        )
    array = np.broadcast_to(array, x.shape)
    bad = ~np.isfinite(array)
    if not np.any(bad):
        return array
    refuse(
        f"{name} is not finite at x = {float(x[bad][0]):.6g}.",
        given=f"{name} = {float(array[bad][0])}",
        accepted="finite values everywhere between the reflecting end and the target",
        hint="a reflecting end left=... within the range of the function",
    )


def _strictly(noise: Any, x: Any) -> Any:
    if np.all(noise > 0):
        return noise
    worst = int(np.argmin(noise))
    refuse(
        f"The diffusion must be positive; it is {float(noise[worst]):.6g} at x = {float(x[worst]):.6g}.",
        given="a diffusion that is zero or negative",
        accepted="D > 0 everywhere between the reflecting end and the target",
        hint="check its sign, or end the interval before the point where it vanishes",
    )

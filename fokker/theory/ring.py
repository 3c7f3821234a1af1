"""Transport on a ring: drift velocity and effective diffusion of one-dimensional periodic processes.

* Stratonovich's velocity and the effective diffusion of Reimann et al. for dx = (F - V') dt + sqrt(2 D) dW, V
  of period L.
* The velocity where the temperature depends on the place (Landauer, Buettiker), for every convention.

References
----------
Stratonovich, Radiotekh. Elektron. 3 (1958) 497; Reimann, Van den Broeck, Linke, Haenggi, Rubi, Perez-Madrid,
Phys. Rev. Lett. 87 (2001) 010602; Lifson and Jackson, J. Chem. Phys. 36 (1962) 2410;
Buettiker, Z. Phys. B 68 (1987) 161; Landauer, J. Stat. Phys. 53 (1988) 233.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fokker.theory import _panels
from fokker.theory._check import convention, positive, real, refuse, scalar

Function = Callable[[Any], Any]
TWO_PI = 2 * np.pi


def velocity(
    potential: Function,
    tilt: float,
    diffusion: float,
    period: float = TWO_PI,
    breakpoints: Sequence[float] = (),
) -> float:
    """Return Stratonovich's velocity [x/time] of dx = (F - V') dt + sqrt(2 D) dW.

    v = L (1 - e^(-F L/D))/int_0^L I+, I+(x) = (1/D) e^(U(x)/D) int_{x-L}^x e^(-U/D), U = V - F x.

    Parameters
    ----------
    potential
        V, of period L, a function that broadcasts.
    tilt, diffusion
        F and D > 0.
    period
        L > 0 [x].
    breakpoints
        Kinks of V in (0, L).

    Examples
    --------
    >>> round(velocity(np.cos, 0.5, 0.5), 12)
    0.175593406037
    """
    f, d, length = _numbers(tilt, diffusion, period)
    plus, _, panels, rule = _stratonovich(potential, f, d, length, breakpoints)
    mean = _log_integral(rule, panels, plus)
    return float(np.sign(f) * length * np.exp(_log_gain(-f * length / d) - mean))


def effective_diffusion(
    potential: Function,
    tilt: float,
    diffusion: float,
    period: float = TWO_PI,
    breakpoints: Sequence[float] = (),
) -> float:
    """Return the effective diffusion coefficient [x^2/time] of the tilted periodic potential.

    D <I+^2 I->/<I+>^3, averages over a period, I-(x) = (1/D) e^(-U(x)/D) int_x^{x+L} e^(U/D); parameters as
    :func:`velocity`. Without tilt it is D L^2/(int e^(V/D) int e^(-V/D)).

    Examples
    --------
    >>> round(effective_diffusion(np.cos, 1.0, 0.01), 10)  # eighteen times D
    0.181813185
    """
    f, d, length = _numbers(tilt, diffusion, period)
    plus, minus, panels, rule = _stratonovich(potential, f, d, length, breakpoints)
    both = [2 * a + b for a, b in zip(plus, minus, strict=True)]
    top = _log_integral(rule, panels, both) - np.log(length)
    return float(d * np.exp(top - 3 * (_log_integral(rule, panels, plus) - np.log(length))))


def lifson_jackson(
    potential: Function, diffusion: float, period: float = TWO_PI, breakpoints: Sequence[float] = ()
) -> float:
    """Return D L^2/(int e^(V/D) int e^(-V/D)) [x^2/time], the effective diffusion without tilt.

    Examples
    --------
    >>> round(lifson_jackson(np.cos, 0.5), 12)  # D/I_0(1/D)^2
    0.096218439246
    """
    _, d, length = _numbers(0.0, diffusion, period)
    rule = _panels.double_rule()
    panels = _panels.split(rule, _logs(lambda x: np.asarray(potential(x)) / d), _edges(length, breakpoints))
    up = _log_integral(rule, panels, [p.outer for p in panels])
    down = _log_integral(rule, panels, [p.inner for p in panels])
    return float(d * length**2 * np.exp(-up - down))


def thermal_velocity(
    psi: Function,
    temperature: Function,
    alpha: float,
    period: float = TWO_PI,
    breakpoints: Sequence[float] = (),
) -> float:
    """Return the velocity [x/time] around a ring whose temperature T(x) depends on the place.

    The flux is J = -V' p - T^alpha (T^(1-alpha) p)', and

    v = L (1 - e^psi(L))/int_0^L dx T^(alpha-1)(x) int_x^{x+L} dy T^(-alpha)(y) e^(psi(y) - psi(x)), psi(x) =
    int_0^x V'/T. The convention matters: alpha = 0 is the flux -(V' p + (T p)') of Landauer and Buettiker.

    Parameters
    ----------
    psi
        int_0^x V'/T, a function that broadcasts over [0, L], psi(0) = 0; not periodic. See `psi_cosine`.
    temperature
        T > 0, of period L (mobility one).
    alpha
        Convention.
    period, breakpoints
        As :func:`velocity`.

    Examples
    --------
    >>> psi = lambda x: psi_cosine(x, 0.5, 0.5)
    >>> round(thermal_velocity(psi, lambda x: 0.5 * (1 + 0.5 * np.sin(x)), alpha=0), 12)
    -0.044920675751
    """
    _, _, length = _numbers(0.0, 1.0, period)
    al = scalar(convention(alpha), "alpha")
    rise = float(np.asarray(psi(np.array([length])))[0])

    def logs(x: Any) -> tuple[Any, Any]:
        log_t = np.log(positive("temperature", temperature(x), "a temperature"))
        slope = real("psi", psi(x))
        return slope - al * log_t, (al - 1) * log_t - slope

    rule = _panels.double_rule()
    panels = _panels.split(rule, logs, _edges(length, breakpoints))
    left, _ = _panels.running_logs(rule, panels, rule.minus_infinity)
    right = _from_right(rule, panels)
    whole = [p.outer + np.logaddexp(b, rise + a) for p, a, b in zip(panels, left, right, strict=True)]
    return float(-np.sign(rise) * length * np.exp(_log_gain(rise) - _log_integral(rule, panels, whole)))


def psi_cosine(x: Any, mean_temperature: float, modulation: float) -> Any:
    """Return psi(x) = int_0^x V'/T for V = cos x, T = T0 (1 + a sin x), |a| < 1, on [0, 2 pi].

    -(1/(T0 a)) [x - (2/w)(arctan((tan(x/2) + a)/w) - arctan(a/w))], w = sqrt(1 - a^2), the arctangent
    continued.

    Examples
    --------
    >>> round(float(psi_cosine(2 * np.pi, 0.5, 0.5)), 12)
    3.888048599029
    """
    t0 = scalar(positive("mean_temperature", mean_temperature, "a temperature"), "mean_temperature")
    a = scalar(real("modulation", modulation), "modulation")
    if not 0 < abs(a) < 1:
        refuse(
            "The temperature T0 (1 + a sin x) must stay positive and depend on x.",
            given=f"modulation={a!r}",
            accepted="0 < |modulation| < 1",
            hint="(cos x - 1)/T0 for a constant temperature",
        )
    w = np.sqrt(1 - a * a)
    half = np.asarray(x, dtype=float) / 2
    # arctan((tan h + a)/w) continued over h in [0, pi]: the angle of w cos h + i (sin h + a cos h)
    angle = np.mod(np.arctan2(np.sin(half) + a * np.cos(half), w * np.cos(half)) - np.arctan2(a, w), TWO_PI)
    return -(2 * half - 2 / w * angle) / (t0 * a)


def _stratonovich(
    potential: Function, f: float, d: float, length: float, breakpoints: Sequence[float]
) -> tuple[list[Any], list[Any], list[_panels.Panel], _panels.Rule]:
    """Return ln I+ and ln I- at the nodes of panels that resolve both."""
    rule = _panels.double_rule()
    panels = _panels.split(rule, _logs(lambda x: (np.asarray(potential(x)) - f * x) / d), _edges(length, breakpoints))
    turned = [_panels.Panel(p.x, p.half, p.outer, p.inner) for p in panels]
    fall = -f * length / d
    below, _ = _panels.running_logs(rule, panels, rule.minus_infinity)
    above = _from_right(rule, panels)
    plus = [p.outer + np.logaddexp(a, fall + b) - np.log(d) for p, a, b in zip(panels, below, above, strict=True)]
    below, _ = _panels.running_logs(rule, turned, rule.minus_infinity)
    above = _from_right(rule, turned)
    minus = [p.inner + np.logaddexp(b, fall + a) - np.log(d) for p, a, b in zip(panels, below, above, strict=True)]
    return plus, minus, panels, rule


def _from_right(rule: _panels.Rule, panels: Sequence[_panels.Panel]) -> list[Any]:
    """Return, panel by panel, ln of the integral of the inner function from each node to the right end."""
    mirrored = [_panels.Panel(-p.x[::-1], p.half, p.inner[::-1], p.outer[::-1]) for p in panels[::-1]]
    logs, _ = _panels.running_logs(rule, mirrored, rule.minus_infinity)
    return [values[::-1] for values in logs[::-1]]


def _logs(exponent: Function) -> _panels.Logs:
    def logs(x: Any) -> tuple[Any, Any]:
        values = np.broadcast_to(real("potential", exponent(x)), x.shape)
        return -values, values

    return logs


def _log_integral(rule: _panels.Rule, panels: Sequence[_panels.Panel], logs: Sequence[Any]) -> float:
    parts = [rule.sum_logs(values, p.half) for p, values in zip(panels, logs, strict=True)]
    return float(np.logaddexp.reduce(parts))


def _log_gain(exponent: float) -> float:
    """Return ln|1 - e^exponent|; minus infinity at zero."""
    if exponent == 0:
        return -np.inf
    return float(np.log(-np.expm1(-abs(exponent))) + max(exponent, 0.0))


def _edges(length: float, breakpoints: Sequence[float]) -> list[float]:
    inside = [float(b) for b in breakpoints if 0 < b < length]
    return sorted({*np.linspace(0.0, length, 9).tolist(), *inside})


def _numbers(tilt: float, diffusion: float, period: float) -> tuple[float, float, float]:
    return (
        scalar(real("tilt", tilt), "tilt"),
        scalar(positive("diffusion", diffusion, "the noise strength D"), "diffusion"),
        scalar(positive("period", period, "the length of the ring"), "period"),
    )

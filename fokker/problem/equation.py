"""The equations of a problem in words: the stochastic one, the one of the density, and the walls."""

from __future__ import annotations

import math
from collections.abc import Mapping

from fokker.problem.boundary import Wall
from fokker.problem.convention import Convention
from fokker.problem.langevin import Langevin
from fokker.problem.points import Domain
from fokker.problem.thermal import Thermal
from fokker.problem.timed import Clock, timed_parts

READINGS = {
    "ito": ("sigma dW", "Ito: sigma at the start of the step"),
    "stratonovich": ("sigma o dW", "Stratonovich: sigma in the middle of the step"),
    "isothermal": ("sigma * dW", "isothermal: the current is a p - D grad p"),
    "anti-ito": ("sigma * dW", "anti-Ito: sigma at the end of the step"),
}
CONSTANT = ("sigma dW", "constant noise: every convention is the same")


def write_equation(
    process: Langevin | Thermal,
    domain: Domain,
    walls: Mapping[str, tuple[Wall, Wall]],
    breakpoints: Mapping[str, tuple[float, ...]],
    clock: Clock | None = None,
) -> str:
    """Write the equations as a few aligned lines of text."""
    rows = _thermal(process) if isinstance(process, Thermal) else _langevin(process)
    if clock is not None:
        rows = [_in_time(label, text) for label, text in rows]
        rows.append(("time", _time(process, clock)))
    rows.append(("domain", _axes(domain, clock)))
    rows += [(f"walls of {name}", _walls(pair, domain[name])) for name, pair in walls.items()]
    rows += [(f"breaks of {name}", ", ".join(map(repr, places))) for name, places in breakpoints.items()]
    width = max(len(label) for label, _ in rows) + 2
    return "\n".join(f"{label:<{width}}{text}" for label, text in rows)


def write_summary(
    process: Langevin | Thermal,
    domain: Domain,
    walls: Mapping[str, tuple[Wall, Wall]],
    breakpoints: Mapping[str, tuple[float, ...]],
    clock: Clock | None = None,
) -> str:
    """Write the five lines with which a problem shows itself."""
    axes = _axes(domain, clock)
    if isinstance(process, Thermal):
        first = f"{process.potential.given}, temperature={process.temperature!r}"
        second = process.mobility.given + (f", {process.force.given}" if process.force else "")
    else:
        first = process.drift.given
        spelled = process.convention.spelled if process.convention else None
        second = f"{process.amplitude.given}, convention={spelled}"
    sides = "; ".join(f"{name} {_walls(pair, domain[name])}" for name, pair in walls.items())
    if clock is not None:
        second += f", time: {_time(process, clock)}"
    breaks = "; ".join(f"{name} {', '.join(map(repr, at))}" for name, at in breakpoints.items())
    lines = [f"Problem on {axes}", first, second, f"walls: {sides}", f"breakpoints: {breaks or 'none'}"]
    return "\n  ".join(lines)


def _axes(domain: Domain, clock: Clock | None) -> str:
    ends = clock.ends if clock is not None and clock.ends is not None else domain
    shown = {name: tuple("<function of t>" if callable(end) else end for end in pair) for name, pair in ends.items()}
    return ", ".join(f"{name} in ({_number(low)}, {_number(high)})" for name, (low, high) in shown.items())


def _number(end: object) -> str:
    return f"{end:.6g}" if isinstance(end, float) and not end.is_integer() else str(end)


def _time(process: Langevin | Thermal, clock: Clock) -> str:
    """Say what depends on time, and when it jumps."""
    parts = [f"the {name}" for name in timed_parts(process)] + ["the domain"] * clock.moves
    rest = f"; jumps at t = {', '.join(map(repr, clock.breaks))}" if clock.breaks else ""
    several = len(parts) > 1
    listed = " and ".join([", ".join(parts[:-1]), parts[-1]] if several else parts)
    return f"{listed or 'nothing'} depend{'' if several else 's'} on t{rest}"


def _in_time(label: str, text: str) -> tuple[str, str]:
    """Correct a row that holds as it stands only without time."""
    if label == "Boltzmann":
        return label, text.replace("is the stationary law", "would be the stationary law if t were held,")
    return label, text.replace("a(X)", "a(X, t)")


def _walls(pair: tuple[Wall, Wall], ends: tuple[float, float]) -> str:
    """Describe both walls of an axis; at infinity there is none."""
    if pair[0] == "periodic":
        return "periodic"
    left, right = ("none" if math.isinf(end) else str(wall) for wall, end in zip(pair, ends, strict=True))
    return f"{left} on both sides" if left == right != "none" else f"{left} on the left, {right} on the right"


def _langevin(process: Langevin) -> list[tuple[str, str]]:
    amplitude, convention = process.amplitude, process.convention
    noise, reading = _reading(convention)
    source = "sigma" if process.is_noise else "D"
    factor = _factor(process.is_noise, amplitude.dimension, amplitude.rank)
    rows = [("process", f"dX = a(X) dt + {noise}   ({reading})"), ("density", _density(process))]
    if process.alpha > 0:
        rows.append(("in Ito form", _induced(process)))
    rows.append(("factor 2", factor))
    return [*rows, ("given", f"a = {process.drift.shown}, {source} = {amplitude.shown}")]


def _factor(is_noise: bool, dimension: int, rank: int) -> str:
    square = "sigma^2" if dimension == 1 or rank == 0 else "sigma sigma^T"
    if is_noise:
        return f"D = {square} / 2"
    return f"D = {square} / 2, that is sigma = sqrt(2 D)"


def _reading(convention: Convention | None) -> tuple[str, str]:
    if convention is None:
        return CONSTANT
    if convention.name == "alpha":
        return "sigma dW", f"sigma at the fraction alpha = {convention.alpha:g} of the step"
    return READINGS[convention.name]


def _density(process: Langevin) -> str:
    name = "constant" if process.convention is None else process.convention.name
    name = "isothermal" if name == "anti-ito" and process.amplitude.rank < 2 else name
    alpha = f"{process.alpha:g}"
    if process.amplitude.dimension == 1:
        power = f"{1 - process.alpha:g}"
        terms = {
            "constant": "D p''",
            "ito": "(D p)''",
            "stratonovich": "(sqrt(D) (sqrt(D) p)')'",
            "isothermal": "(D p')'",
        }
        return f"dp/dt = -(a p)' + {terms.get(name, f'(D^{alpha} (D^{power} p)´)´'.replace('´', chr(39)))}"
    fixed = {
        "constant": "sum_ij D_ij d_i d_j p",
        "ito": "sum_ij d_i d_j (D_ij p)",
        "isothermal": "div(D grad p)",
    }
    if name in fixed:
        return f"dp/dt = -div(a p) + {fixed[name]}"
    if process.amplitude.rank == 2 and process.is_noise:
        factor = "" if process.alpha == 1 else f"{alpha} "
        induced = f"{factor}sum_ijk d_i ((sigma_kj d_k sigma_ij) p)"
        return f"dp/dt = -div(a p) - {induced} + sum_ij d_i d_j (D_ij p)"
    return f"dp/dt = -div(a p) + sum_i d_i (D_i^{alpha} d_i (D_i^{1 - process.alpha:g} p))"


def _induced(process: Langevin) -> str:
    """The equivalent Ito drift."""
    alpha = "" if process.alpha == 1 else f"{process.alpha:g} "
    if process.amplitude.dimension == 1:
        return f"dX = (a + {alpha}D') dt + sigma dW"
    matrix = process.amplitude.rank == 2 and process.is_noise
    if matrix and process.convention is not None and process.convention.needs_noise_matrix:
        return f"drift a_i + {alpha}sum_kj sigma_kj d_k sigma_ij"
    return f"drift a + {alpha}div D, with (div D)_i = sum_j d_j D_ij"


def _thermal(process: Thermal) -> list[tuple[str, str]]:
    one = process.potential.dimension == 1
    force = " + F" if process.force is not None else ""
    full = "(M + A)" if process.antisymmetric is not None else "M"
    slope, divergence = ("U'", "D'") if one else ("grad U", "div D")
    drift = f"{full} (-{slope}{force})"
    if one:
        density = f"dp/dt = -({drift} p)' + (D p')'"
    else:
        density = f"dp/dt = -div({full} ((-grad U{force}) p - T grad p))"
        divergence = "T div(M + A)" if process.antisymmetric is not None else divergence
    weight = "exp(-U/T) is the stationary law for every mobility"
    if process.force is not None:
        weight = "exp(-U/T), the stationary law without the force"
    parts = {"U": process.potential, "M": process.mobility, "F": process.force, "A": process.antisymmetric}
    given = [f"{letter} = {part.shown}" for letter, part in parts.items() if part is not None]
    return [
        ("process", f"dX = {drift} dt + sqrt(2 M T) * dW   (isothermal)"),
        ("density", density),
        ("in Ito form", f"drift {drift} + {divergence}"),
        ("factor 2", "D = M T = sigma sigma^T / 2" if not one else "D = M T = sigma^2 / 2"),
        ("drift", f"mobility (-grad U{' + force' if force else ''})"),
        ("Boltzmann", weight),
        ("given", f"{', '.join(given)}, T = {process.temperature!r}"),
    ]

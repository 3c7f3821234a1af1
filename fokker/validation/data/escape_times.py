"""Makes ``escape_times.json``: mean first-passage times to 20 digits, by double quadrature in mpmath.

Run ``python -m fokker.validation.data.escape_times`` (some three minutes) to make the file again; with two
file names, ``... escape_times saved.json new.json``, it only says where they differ.

Every entry of the two escape tables and of the Kramers table also holds the digits of an earlier and separate
calculation ("first"): composite Gauss-Legendre quadrature on graded panels in doubles. The two share no code.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mpmath as mp

from fokker.theory.passage import mean_time_mp

DIGITS = 20
FILE = Path(__file__).with_suffix(".json")

# Kramers: D, time to the top, time to the next minimum, in the first calculation.
KRAMERS = """
0.1     30.82130247267      66.26862636492
0.05    361.9037595009      729.6706919423
0.025   51050.7025086       102108.3654572
0.0125  1.099322196687e9    2.198644401408e9
0.00625 5.279504341185e17   1.055900868237e18
"""

# The double well, isothermal: kappa, eps, time to the top, time to the next minimum.
DOUBLE_WELL = """
0.75 1e-2 2.193621016334e+01 5.258581853193e+01
0.75 1e-5 1.795970938478e+02 3.784542918826e+02
1    1e-1 1.062158882750e+01 2.625592906332e+01
1    1e-2 3.996144631716e+01 8.820078751135e+01
1    1e-4 4.376274291536e+02 8.885099541048e+02
1.5  1e-2 1.383578416260e+02 2.845377892647e+02
2    1e-1 2.210327406443e+01 4.946496151345e+01
2    1e-2 4.526698774075e+02 9.129787002093e+02
2    1e-4 4.192505865946e+05 8.385120074642e+05
3    1e-2 3.826778801590e+03 7.661114500635e+03
5    1e-1 6.380063847803e+01 1.331033987962e+02
5    1e-2 1.263548978789e+05 2.527174523116e+05
10   1e-2 5.941001479114e+07 1.188200375588e+08
20   1e-2 9.434943940476e+10 1.886988788179e+11
"""

# Two parabolic wells and a parabolic barrier, isothermal, eps = 0.01: kappa and the two times.
PIECEWISE = """
1  1.1775002392e2  2.4830747767e2
2  4.5269188193e3  9.0646146478e3
3  1.4457717267e5  2.8916470851e5
5  6.3309364033e7  1.2661873833e8
10 1.2037252407e13 2.4074504813e13
"""

# The double well in three conventions: kappa, eps, alpha, time to the top.
CONVENTIONS = """
5  0.01     0   1.125710917007e6
5  0.01     0.5 3.750502009253e5
5  0.01     1   1.263548978789e5
40 0.003125 0   4.493380215154e28
40 0.003125 0.5 2.034799977352e28
40 0.003125 1   9.215929206102e27
"""


def table(text: str) -> list[list[str]]:
    """Return the rows of a table as lists of words."""
    return [line.split() for line in text.strip().splitlines()]


def quartic(x: Any) -> Any:
    """Return L = (x^2 - 1)^2/4."""
    return (x * x - 1) ** 2 / 4


def piecewise(x: Any) -> Any:
    """Return two wells x^2/2 and (x - 4)^2/2 joined by the barrier 1 - (2 - x)^2/2."""
    if x < 1:
        return x * x / 2
    return 1 - (2 - x) ** 2 / 2 if x < 3 else (x - 4) ** 2 / 2


def power_law(loss: Callable[[Any], Any], kappa: str, eps: str, start: int, target: int, alpha: str) -> str:
    """Return a time of the dynamic whose noise follows the loss, D = (eps/2)(1 + 2 L/(kappa eps))."""
    k, e, a = mp.mpf(kappa), mp.mpf(eps), mp.mpf(alpha)
    time = mean_time_mp(
        lambda x: k * mp.log1p(2 * loss(x) / (k * e)),
        start,
        target,
        diffusion=lambda x: e / 2 + loss(x) / k,
        alpha=a,
        breakpoints=(1, 3) if loss is piecewise else (),
        dps=DIGITS,
    )
    return str(mp.nstr(time, DIGITS))


def constant(diffusion: str, target: int) -> str:
    """Return a Kramers time of V = x^4/4 - x^2/2 from -1."""
    d = mp.mpf(diffusion)
    return str(mp.nstr(mean_time_mp(lambda x: quartic(x) / d, -1, target, diffusion=d, dps=DIGITS), DIGITS))


def schemes(height: int) -> dict[str, str]:
    """Return ln of the two times of the comparison of schemes, barrier ``height`` kT."""
    b = mp.mpf(height)
    kinds: dict[str, tuple[Callable[[Any], Any], Any, int]] = {
        "quartic": (lambda x: 4 * b * quartic(x), 1, 1),
        "cosine": (lambda x: b / 2 * (1 + mp.cos(mp.pi * x)), lambda x: mp.exp(mp.sin(x)), 0),
    }
    left = -mp.mpf(3) / 2
    return {
        name: str(mp.nstr(mp.log(mean_time_mp(psi, -1, 1, diffusion=d, alpha=alpha, left=left, dps=DIGITS)), DIGITS))
        for name, (psi, d, alpha) in kinds.items()
    }


def make() -> dict[str, Any]:
    """Compute every reference."""
    with mp.workdps(DIGITS + 15):
        return {
            "about": "Mean first-passage times to 20 digits; made by escape_times.py beside this file.",
            "kramers": [
                {"diffusion": d, "saddle": constant(d, 0), "far": constant(d, 1), "first": [ab, ac]}
                for d, ab, ac in table(KRAMERS)
            ],
            "double well": [
                {
                    "kappa": k,
                    "eps": e,
                    "saddle": power_law(quartic, k, e, -1, 0, "1"),
                    "far": power_law(quartic, k, e, -1, 1, "1"),
                    "first": [ab, ac],
                }
                for k, e, ab, ac in table(DOUBLE_WELL)
            ],
            "piecewise": [
                {
                    "kappa": k,
                    "eps": "0.01",
                    "saddle": power_law(piecewise, k, "0.01", 0, 2, "1"),
                    "far": power_law(piecewise, k, "0.01", 0, 4, "1"),
                    "first": [ab, ac],
                }
                for k, ab, ac in table(PIECEWISE)
            ],
            "conventions": [
                {
                    "kappa": k,
                    "eps": e,
                    "alpha": a,
                    "saddle": power_law(quartic, k, e, -1, 0, a),
                    "far": power_law(quartic, k, e, -1, 1, a),
                    "first": [ab],
                }
                for k, e, a, ab in table(CONVENTIONS)
            ],
            "schemes": {str(height): schemes(height) for height in (10, 30, 1000)},
        }


def differences(old: Any, new: Any, path: str = "") -> list[str]:
    """Return the places where two files disagree by more than three units in the last digit."""
    if isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys():
        return [line for key in old for line in differences(old[key], new[key], f"{path}/{key}")]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = enumerate(zip(old, new, strict=True))
        return [line for i, (a, b) in pairs for line in differences(a, b, f"{path}/{i}")]
    if old == new:
        return []
    try:
        close = abs(mp.mpf(old) / mp.mpf(new) - 1) < 3 * mp.mpf(10) ** (1 - DIGITS)
    except (TypeError, ValueError):
        close = False
    return [] if close else [f"{path}: {old} | {new}"]


def main(arguments: list[str]) -> int:
    """Make the file, or compare two."""
    if not arguments:
        FILE.write_text(json.dumps(make(), indent=1) + "\n", encoding="utf-8")
        return 0
    with mp.workdps(DIGITS + 15):
        old, new = (json.loads(Path(name).read_text(encoding="utf-8")) for name in arguments)
        found = differences(old, new)
    print("\n".join(found) or "no difference")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

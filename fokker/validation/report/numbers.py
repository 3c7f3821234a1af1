"""Numbers as a reader wants them: as many digits as the tolerance makes worth reading."""

import html
import math

from fokker.validation.records import Check, Rate


def worthwhile_digits(row: Check | Rate) -> int:
    """Significant digits that show the tolerance and one more."""
    if isinstance(row, Rate):
        return 4
    scale = abs(row.expected)
    if not (math.isfinite(scale) and scale > 0):
        return 3
    tolerance = row.tolerance if row.error_is == "relative" else row.tolerance / scale
    if tolerance == 0:
        return 15
    return min(max(2 - math.floor(math.log10(tolerance)), 4), 15)


def plain(value: float, digits: int) -> str:
    """A number with a fixed count of significant digits: 0.850142, 4.38824e+10."""
    if not math.isfinite(value):
        return {math.inf: "∞", -math.inf: "−∞"}.get(value, "NaN")
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 1e6:
        return f"{value:#.{digits}g}".rstrip(".")
    return f"{value:.{digits - 1}e}"


def short(value: float) -> str:
    """An error or a tolerance: two digits are enough."""
    if 1e-2 <= abs(value) < 1e3:
        return f"{value:.2g}" if abs(value) < 100 else f"{value:.0f}"
    return plain(value, 2)


def as_html(text: str) -> str:
    """Set a formatted number: 1.2e-09 becomes 1.2 × 10 to the −9, with true minus signs."""
    mantissa, sign, exponent = text.partition("e")
    shown = html.escape(mantissa.replace("-", "−"))
    if not sign:
        return shown
    power = str(int(exponent)).replace("-", "−")
    return f"{shown}&#8239;×&#8239;10<sup>{power}</sup>"

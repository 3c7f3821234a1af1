"""The tables of one theorem in the page: numbers against closed forms, and fitted rates."""

from collections.abc import Sequence
from itertools import groupby

from fokker.validation.records import Check, Rate
from fokker.validation.report.numbers import as_html, plain, short, worthwhile_digits
from fokker.validation.report.texts import inline


def checks_table(checks: Sequence[Check]) -> str:
    """One row a check; a reason shared by neighbours is written once."""
    if not checks:
        return ""
    head = _head("Quantity", "#Measured", "#Closed form", "#Error", "#Tolerance", "Tolerance from", "")
    body = "".join(
        _check_row(check, len(members) if first else 0)
        for members in _neighbours(checks)
        for first, check in zip([True] + [False] * (len(members) - 1), members, strict=True)
    )
    return _table("Measured against the closed form", head + body)


def rates_table(rates: Sequence[Rate]) -> str:
    """One row a rate; the errors it was fitted through stand below it."""
    if not rates:
        return ""
    head = _head("Quantity", "#Fitted", "#Last step", "#Expected", "Through", "Interval from", "")
    body = "".join(_rate_row(rate) for rate in rates)
    return _table("Fitted rates", head + body)


def table_row(passed: bool) -> str:
    """The opening tag of a row, tinted when something in it failed."""
    return "<tr>" if passed else '<tr class="failed">'


def _table(title: str, rows: str) -> str:
    return f'<h3>{title}</h3><div class="wide"><table class="checks">{rows}</table></div>'


def _head(*names: str) -> str:
    cells = "".join(
        f'<th class="num">{name[1:]}</th>' if name.startswith("#") else f"<th>{name}</th>" for name in names
    )
    return f"<thead><tr>{cells}</tr></thead>"


def _neighbours(checks: Sequence[Check]) -> list[list[Check]]:
    return [list(members) for _, members in groupby(checks, key=lambda check: check.because)]


def _check_row(check: Check, span: int) -> str:
    digits = worthwhile_digits(check)
    cells = [
        f'<td class="quantity">{inline(check.quantity)}</td>',
        _number(plain(check.measured, digits)),
        _number(plain(check.expected, digits)),
        _number(short(check.error), " rel." if check.error_is == "relative" else " abs."),
        _number(short(check.tolerance)),
    ]
    if span:
        rows = f' rowspan="{span}"' if span > 1 else ""
        cells.append(f'<td class="why"{rows}>{inline(check.because)}</td>')
    return _row(cells, check.passed)


def _rate_row(rate: Rate) -> str:
    pairs = zip(rate.parameter, rate.errors, strict=True)
    through = ", ".join(f"{as_html(short(y))} at {as_html(f'{x:.4g}')}" for x, y in pairs)
    cells = [
        f'<td class="quantity">{inline(rate.quantity)}</td>',
        _number(plain(rate.measured, 4)),
        _number(plain(rate.last_step, 4)),
        f'<td class="num">{_interval(rate)}</td>',
        f'<td class="why">{through}</td>',
        f'<td class="why">{inline(rate.because)}</td>',
    ]
    return _row(cells, rate.passed)


def _row(cells: list[str], passed: bool) -> str:
    mark = '<td class="mark good">✓</td>' if passed else '<td class="mark bad">✗</td>'
    return f"{table_row(passed)}{''.join(cells)}{mark}</tr>\n"


def _number(text: str, unit: str = "") -> str:
    return f'<td class="num">{as_html(text)}{unit}</td>'


def _interval(rate: Rate) -> str:
    return f"{as_html(f'{rate.expected:g}')} ± {as_html(f'{rate.tolerance:g}')}"

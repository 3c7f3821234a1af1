"""How records show themselves in a notebook: a small table, and a picture beside it."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIZE = 4.6, 3.5  # inches
_DPI = 150  # shown at half its pixels, so that dense screens get it sharp
_CELL = 'style="text-align:left;vertical-align:top;padding:1px 10px 1px 0"'


def html(title: str, rows: Sequence[tuple[str, str]], png: bytes | None = None) -> str:
    """Return a record for a notebook, as HTML without scripts or outside files.

    Parameters
    ----------
    title : str
        What the record is.
    rows : sequence of (str, str)
        Labels and texts, such as ``("method", "...")``.
    png : bytes, optional
        A picture, as from `thumbnail`.

    Examples
    --------
    >>> "<th" in html("Density", [("values", "0 < p")]) and "0 &lt; p" in html("Density", [("values", "0 < p")])
    True
    """
    lines = [f"<tr><th {_CELL}>{escape(name)}</th><td {_CELL}>{escape(text)}</td></tr>" for name, text in rows]
    table = f"<div><b>{escape(title)}</b><table><tbody>{''.join(lines)}</tbody></table></div>"
    picture = ""
    if png is not None:
        data = base64.b64encode(png).decode("ascii")
        width = round(_SIZE[0] * _DPI / 2)
        picture = f'<img alt="{escape(title)}" width="{width}" src="data:image/png;base64,{data}">'
    flow = "display:flex;flex-wrap:wrap;gap:16px;align-items:flex-start"
    return f'<div style="{flow}">{table}{picture}</div>'


def thumbnail(draw: Callable[[Axes], object]) -> bytes:
    """Return the picture that `draw` puts on axes, as PNG.

    The figure never meets pyplot: showing a record opens no window and leaves no figure behind.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE, dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    draw(figure.subplots())
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()


def record_html(text: str, plot: Callable[[Axes], object] | None = None) -> str:
    """Return the printed form of a record as HTML: its lines as a table, with the picture it draws, if it does.

    Examples
    --------
    >>> "<th" in record_html("Spectrum of 2 eigenvalues\\n  eigenvalues 0, -1\\n  method      LU")
    True
    """
    title, *lines = text.splitlines()
    column = _second_column(lines)
    rows = [(line[:column].strip(), line[column:].strip()) for line in lines]
    try:
        return html(title, rows, None if plot is None else thumbnail(plot))
    except Exception as error:  # a notebook shows the table all the same, and why there is no picture
        return html(title, [*rows, ("picture", f"cannot be drawn: {error}")])


def _second_column(lines: Sequence[str]) -> int:
    """Return where the texts behind the labels begin: the first place where every line begins a word."""
    starts = [{word.start() for word in re.finditer(r"\S+", line.rstrip())} for line in lines]
    if not starts:
        return 0
    indent = min(set.union(*starts))
    return min(set.intersection(*starts) - {indent}, default=indent)

"""Draws a theorem's figure as SVG that can stand in a page beside others, in light and in dark."""

import io
import re
from typing import Any

from fokker.errors import FokkerError
from fokker.validation.records import Measurement, Theorem

# Mid-tones that read on white and on near-black alike (after Okabe and Ito).
COLOURS = ("#2f7ebc", "#d8622b", "#2a9d6f", "#b55fa0", "#c9971c", "#5aa9d6", "#8a8f98")

STYLE: Any = {  # Matplotlib types the keys one by one
    "figure.figsize": (7.2, 4.2),
    "figure.facecolor": "none",
    "figure.constrained_layout.use": True,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "axes.titlesize": "medium",
    "axes.grid": True,
    "grid.color": "#888888",
    "grid.alpha": 0.22,
    "grid.linewidth": 0.6,
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "font.size": 12.0,
    "legend.frameon": False,
    "legend.fontsize": 11.0,
    "lines.linewidth": 1.8,
    "lines.markersize": 5.0,
    "savefig.facecolor": "none",
    "svg.fonttype": "path",
}


def draw_svg(theorem: Theorem, measurement: Measurement) -> str:
    """Call ``figure`` under the house style and return one ``<svg>`` element.

    Black becomes the ink of the page and white its paper, so that the figure follows the reader's colour
    scheme; every id carries the theorem's, so that figures in one page do not take each other's clips.
    """
    import matplotlib
    from cycler import cycler
    from matplotlib.figure import Figure

    style = STYLE | {"axes.prop_cycle": cycler(color=COLOURS), "svg.hashsalt": theorem.id}
    with matplotlib.rc_context(style):
        figure = theorem.figure(measurement)
        if not isinstance(figure, Figure):
            raise FokkerError(
                f"figure() of {theorem.id} returned {type(figure).__name__}; a matplotlib.figure.Figure is needed."
            )
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight")
    return _inline(out.getvalue(), theorem.id)


def _inline(document: str, prefix: str) -> str:
    svg = document[document.index("<svg") :]
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<style[^>]*>.*?</style>", "", svg, flags=re.DOTALL)  # a rule for * would reach the whole page
    svg = re.sub(r'\bid="', f'id="{prefix}-', svg)
    svg = re.sub(r'\bhref="#', f'href="#{prefix}-', svg)
    svg = svg.replace("url(#", f"url(#{prefix}-")
    svg = re.sub(r"#000000\b", "currentColor", svg)
    return re.sub(r"#ffffff\b", "var(--paper, #ffffff)", svg).strip()

"""What the fakes share; the underscore keeps it out of the registry."""

from typing import Any

from matplotlib.figure import Figure

from fokker.validation import Measurement, Theorem


def line_figure(measurement: Measurement) -> Figure:
    figure = Figure(figsize=(3, 2))
    axes = figure.subplots()
    axes.plot([0, 1], [0, measurement.data.get("height", 1.0)], color="black")
    axes.set_title(r"$p(x) \propto x$")
    return figure


def fake(**changes: Any) -> Theorem:
    texts: dict[str, Any] = {
        "title": "A fake & its <title> with $x < y$",
        "group": "Sound",
        "number": 1,
        "statement": r"For every $x$, $$p(x) = \frac{1}{Z} \left(1 + x^2\right)^{-\kappa}.$$",
        "hypotheses": (r"$\kappa > \frac12$", "a < b & c"),
        "source": "A. Author, https://example.org/paper, Eq. 1",
        "verdict": "exact",
        "finding": "It holds.",
        "figure": line_figure,
    }
    return Theorem(**(texts | changes))

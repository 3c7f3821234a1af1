"""Formulas drawn by the copy of KaTeX under `_static/katex`; nothing comes from the network."""

from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("katex", (inline, None), (display, None))
    app.add_css_file("katex/katex.min.css")
    app.add_js_file("katex/katex.min.js", loading_method="defer")
    app.add_js_file("draw_formulas.js", loading_method="defer")
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def inline(self: HTML5Translator, node: nodes.math) -> None:
    self.body.append(f'<span class="math notranslate">{escape(node.astext())}</span>')
    raise nodes.SkipNode


def display(self: HTML5Translator, node: nodes.math_block) -> None:
    formula = node.astext().strip()
    if r"\\" in formula and r"\begin" not in formula:
        formula = rf"\begin{{aligned}}{formula}\end{{aligned}}"
    if node.get("number") is not None:
        formula += rf" \tag{{{node['number']}}}"
    ids = "".join(f'<span id="{name}"></span>' for name in node["ids"])
    self.body.append(f'{ids}<div class="math notranslate">{escape(formula)}</div>\n')
    raise nodes.SkipNode

"""The directive `drawn`: the figure that the Python blocks above it on the page have drawn.

    ```{drawn} Left: the density. Right: its current.
    ```

The argument is the caption and the text for those who do not see the picture. The blocks of a page run in order, in
one namespace, as the tests run them.
"""

import re
from contextlib import redirect_stdout
from doctest import DocTestParser
from io import StringIO
from pathlib import Path
from textwrap import dedent
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

BLOCK = re.compile(r"^( *)```(python|pycon)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)


class Drawn(SphinxDirective):
    """Run what stands above, save the current figure and show it."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        from matplotlib import pyplot

        state = self.env.current_document.setdefault("drawn", {"done": 0, "figures": 0, "namespace": {}})
        page = Path(self.env.doc2path(self.env.docname))
        blocks = BLOCK.findall("\n".join(page.read_text(encoding="utf-8").splitlines()[: self.lineno]))
        with redirect_stdout(StringIO()):
            for _, language, text in blocks[state["done"] :]:
                _execute(language, dedent(text), state["namespace"])
        state["done"] = len(blocks)
        state["figures"] += 1
        name = f"_drawn/{self.env.docname.replace('/', '_')}_{state['figures']}.png"
        if not pyplot.get_fignums():
            raise self.error("no figure has been drawn above")
        (Path(self.env.srcdir) / "_drawn").mkdir(exist_ok=True)
        pyplot.gcf().savefig(Path(self.env.srcdir) / name, dpi=160, bbox_inches="tight")
        pyplot.close("all")
        return self._shown("/" + name)

    def _shown(self, uri: str) -> list[nodes.Node]:
        figure = nodes.figure("", nodes.image(uri=uri, alt=self.arguments[0], classes=["drawn"]))
        text, messages = self.state.inline_text(self.arguments[0], self.lineno)
        figure += nodes.caption(self.arguments[0], "", *text)
        return [figure, *messages]


def _execute(language: str, text: str, namespace: dict[str, Any]) -> None:
    """Run a block; where a session shows a traceback, the error is expected."""
    if language == "python" and not text.startswith(">>>"):
        exec(compile(text, "<page>", "exec"), namespace)
        return
    for example in DocTestParser().get_examples(text):
        try:
            exec(compile(example.source, "<page>", "single"), namespace)
        except Exception:
            if example.exc_msg is None:
                raise


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("drawn", Drawn)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Single backticks: a link where the name is documented, code otherwise.

The docstrings write `stationary`, `fokker.discretize` and `domain` alike. Names of the library become links; the
rest, mostly parameters, stay code. Explicit roles such as :func: are still checked.
"""

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.domains.python import PyXRefRole
from sphinx.environment import BuildEnvironment


class NameRole(PyXRefRole):
    """A Python reference that may lead nowhere."""

    def process_link(
        self, env: BuildEnvironment, refnode: nodes.Element, has_explicit_title: bool, title: str, target: str
    ) -> tuple[str, str]:
        title, target = super().process_link(env, refnode, has_explicit_title, title, target)
        refnode["refdomain"], refnode["reftype"], refnode["may_lead_nowhere"] = "py", "obj", True
        return title, target.removesuffix("()")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_role("name", NameRole(innernodeclass=nodes.literal))
    app.connect("missing-reference", plain_code, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def plain_code(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, contnode: nodes.TextElement
) -> nodes.TextElement | None:
    return contnode if node.get("may_lead_nowhere") else None

"""What pytest collects: not the links at the root, and the Python blocks of the pages.

`pytest docs README.md` runs every block marked python or pycon, from top to bottom of a page in one namespace and in
a directory of its own. Lines with >>> are doctests; a printed number need only agree to the digits that are shown.
"""

from __future__ import annotations

import os
import tempfile
from doctest import ELLIPSIS
from typing import Any

import pytest
from sybil import Sybil
from sybil.evaluators.doctest import NUMBER, DocTestEvaluator
from sybil.parsers.abstract.doctest import DocTestStringParser
from sybil.parsers.myst import CodeBlockParser, PythonCodeBlockParser

collect_ignore = ["solvers", "validation", "docs/gallery"]
collect_ignore_glob = ["fokker/demos/[!_]*.py"]  # scripts, run by tests/test_demos.py

FLAGS = ELLIPSIS | NUMBER


class PromptsParser(CodeBlockParser):
    """Blocks marked pycon."""

    language = "pycon"

    def __call__(self, document: Any) -> Any:
        for block in super().__call__(document):
            for region in DocTestStringParser(DocTestEvaluator(FLAGS))(block.parsed, document.path):
                region.adjust(block, block.parsed)
                yield region


def into_directory(namespace: dict[str, Any]) -> None:
    """Give a page a directory to write in, and the name of a script."""
    namespace["__name__"] = "__main__"
    namespace[OWN] = (os.getcwd(), tempfile.TemporaryDirectory())
    os.chdir(namespace[OWN][1].name)


def out_of_directory(namespace: dict[str, Any]) -> None:
    """Go back, and close the figures the page has drawn."""
    before, directory = namespace[OWN]
    os.chdir(before)
    directory.cleanup()
    from matplotlib import pyplot

    pyplot.close("all")


OWN = "_directory_of_the_page"


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let pages import FiPy, which still calls NumPy by an old name."""
    if item.nodeid.partition("::")[0].endswith(".md"):
        item.add_marker(pytest.mark.filterwarnings("ignore:numpy.core:DeprecationWarning"))


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(doctest_optionflags=FLAGS), PromptsParser()],
    patterns=["README.md", "docs/*.md", "docs/*/*.md"],
    excludes=["docs/examples/*", "docs/validation/*", "docs/reference/generated/*"],
    setup=into_directory,
    teardown=out_of_directory,
).pytest()

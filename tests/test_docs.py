"""The documentation: every public name has its place, every block its language; dead links are found."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

import fokker
from fokker import errors

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    page
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    if not {"_drawn", "_static", "examples", "generated", "validation", "node_modules"} & set(page.parts)
)
LANGUAGES = {"python", "pycon", "sh", "text", "bibtex", "toml", "yaml", "math", "eval-rst"}
FENCE = re.compile(r"^ *(`{3,}|:{3,}) *(\{?[\w-]*\}?)", re.MULTILINE)


def listed(module: str) -> set[str]:
    """Return the names that the reference lists under a module."""
    found: set[str] = set()
    for page in (ROOT / "docs" / "reference").glob("*.md"):
        current = ""
        for line in page.read_text(encoding="utf-8").splitlines():
            if line.startswith(".. currentmodule:: "):
                current = line.split()[-1]
            elif current == module and re.fullmatch(r"   \w+", line):
                found.add(line.strip())
    return found


@pytest.mark.parametrize("module", [fokker, fokker.gallery, fokker.sgd], ids=lambda module: module.__name__)
def test_reference_lists_every_public_name(module: Any) -> None:
    assert listed(module.__name__) == set(module.__all__) - {"gallery", "sgd"}


def test_reference_lists_every_error() -> None:
    classes = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type)}
    kinds = {name for name, kind in classes.items() if issubclass(kind, Exception)}
    assert listed("fokker.errors") | {"FokkerError", "FokkerWarning"} == kinds


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_blocks_name_their_language(page: Path) -> None:
    """A block without a language would be shown and not run."""
    fences = FENCE.findall(page.read_text(encoding="utf-8"))
    opened: list[str] = []
    for fence, language in fences:
        if opened and opened[-1] == fence and not language:
            opened.pop()
            continue
        opened.append(fence)
        assert language.startswith("{") or language in LANGUAGES, f"a block in {language!r}"
    assert not opened


def test_dead_links_are_found(tmp_path: Path) -> None:
    found = importlib.util.spec_from_file_location("check_links", ROOT / "docs" / "check_links.py")
    assert found is not None
    assert found.loader is not None
    check_links = importlib.util.module_from_spec(found)
    found.loader.exec_module(check_links)
    (tmp_path / "other.html").write_text('<p id="there">')
    links = '<a href="other.html#there"><a href="https://example.org/x"><a href="other.html#gone"><a href="lost.html">'
    (tmp_path / "index.html").write_text(links + '<script src="https://example.org/x.js"></script>')
    lines = check_links.faults(tmp_path)
    assert len(lines) == 3
    assert "other.html#gone" in "".join(lines)
    assert "lost.html" in "".join(lines)
    assert "loads https://example.org/x.js" in "".join(lines)

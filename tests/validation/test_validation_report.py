import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from fokker.errors import FokkerError, MissingExtra
from fokker.validation.report import texts, write
from fokker.validation.report.numbers import as_html, plain, short
from fokker.validation.run import run

pytest.importorskip("latex2mathml")
FILES = {"index.html", "report.md", "report.json", "junit.xml"}
VOID = {"meta", "link", "br", "hr", "img", "input"}


class Page(HTMLParser):
    """Collects what a browser would fetch, and every tag left open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []
        self.ids: list[str] = []
        self.references: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.note(tag, attributes)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.note(tag, attributes)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def note(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            text = value or ""
            if name == "id":
                self.ids.append(text)
            self.references += re.findall(r"url\(#([^)]+)\)", text)
            if name in ("src", "srcset", "data", "href", "xlink:href"):
                if text.startswith("#"):
                    self.references.append(text[1:])
                elif tag != "a" and not text.startswith("data:"):
                    self.fetched.append(text)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    outcomes = run(draw=True, package="fake_theorems")
    return write(outcomes, tmp_path_factory.mktemp("report") / "new" / "folder").parent


@pytest.fixture(scope="module")
def page(folder: Path) -> str:
    return (folder / "index.html").read_text(encoding="utf-8")


def test_four_files(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == FILES


def test_page_is_well_formed_and_self_contained(page: str) -> None:
    parser = Page()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    assert parser.fetched == []
    assert len(parser.ids) == len(set(parser.ids))
    assert set(parser.references) <= set(parser.ids)
    assert "<script" not in page
    assert "@import" not in page


def test_page_shows_everything(page: str) -> None:
    assert page.count("<section id=") == 9
    assert page.count("<figure>") >= 5
    assert "<mfrac>" in page
    assert "A fake &amp; its &lt;title&gt;" in page
    assert "out of" in page
    assert "$" not in re.sub(r"<pre>.*?</pre>", "", page, flags=re.DOTALL)
    assert 'class="failed"' in page


def test_nothing_names_the_machine(folder: Path) -> None:
    here = str(Path(__file__).resolve().parents[2])
    for path in folder.iterdir():
        assert here not in path.read_text(encoding="utf-8")


def test_json_is_strict(folder: Path) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(word)

    document = json.loads((folder / "report.json").read_text(encoding="utf-8"), parse_constant=refuse)
    assert document["schema"] == "fokker.validation/1"
    assert document["as_recorded"] is False
    by_id = {theorem["id"]: theorem for theorem in document["theorems"]}
    assert by_id["undefined"]["checks"][0]["measured"] == "nan"
    assert by_id["passing"]["checks"][2]["expected"] == "inf"
    assert by_id["wandering"]["rates"][0]["measured"] == pytest.approx(1)
    assert {"python", "numpy", "scipy", "numba", "fokker"} <= set(document["environment"])


def test_junit_counts(folder: Path) -> None:
    root = ElementTree.parse(folder / "junit.xml").getroot()
    assert root.tag == "testsuites"
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("9", "4", "3")
    for suite in root:
        assert int(suite.get("tests", 0)) == len(suite.findall("testcase"))
        assert int(suite.get("failures", 0)) == len(suite.findall("testcase/failure"))
        assert int(suite.get("errors", 0)) == len(suite.findall("testcase/error"))
    assert root.find(".//testcase[@name='crashing']/error") is not None


def test_markdown_tables_keep_their_columns(folder: Path) -> None:
    text = (folder / "report.md").read_text(encoding="utf-8")
    assert "**2 of 9 theorems are as recorded**" in text
    assert r"$\vert x\vert $" in text
    assert r"declared a\|b" in text
    cells = [len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines() if line.startswith("|")]
    assert set(cells) == {6, 7}


def test_missing_converter_is_taught(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "latex2mathml", None)
    monkeypatch.setitem(sys.modules, "latex2mathml.converter", None)
    with pytest.raises(MissingExtra, match=r"fokker\[validate\]"):
        write((), tmp_path)


def test_report_needs_a_directory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FokkerError, match="accepted  a directory"):
        write((), tmp_path / "file")


@pytest.mark.parametrize("latex", [r"\nosuchcommand x", "x^", r"\frac{1"[:5]])
def test_unreadable_formulas(latex: str) -> None:
    with pytest.raises(FokkerError, match="formula"):
        texts.mathml(latex)
    assert texts.inline(f"a ${latex}$ b").startswith("a <code>")


def test_formulas_follow_tex_habits() -> None:
    assert 'mathvariant="normal"' in texts.mathml(r"\Gamma(x)\,\mathrm{d}x")
    assert '<mo form="prefix">' in texts.mathml("e(-x)")
    assert "&#x0223C;" in texts.mathml(r"a \sim b")


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.5, 4, "0.5000"),
        (0.0, 4, "0"),
        (1234567.0, 4, "1.235e+06"),
        (-1e-9, 2, "-1.0e-09"),
        (1e5, 4, "1.000e+05"),
    ],
)
def test_plain(value: float, digits: int, text: str) -> None:
    assert plain(value, digits) == text


def test_special_numbers() -> None:
    assert [plain(float(word), 4) for word in ("nan", "inf", "-inf")] == ["NaN", "∞", "−∞"]
    assert (short(0.05), short(2e-7)) == ("0.05", "2.0e-07")
    assert as_html("-1.5e-07") == "−1.5&#8239;×&#8239;10<sup>−7</sup>"

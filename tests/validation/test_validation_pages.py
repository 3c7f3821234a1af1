"""The pages of the documentation that are written from the report."""

import importlib.util
import re
from dataclasses import replace
from pathlib import Path

import pytest

from fokker.validation.records import Check, Measurement
from fokker.validation.report import as_html, as_json
from fokker.validation.run import Outcome, run

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "docs" / "_ext" / "validation_pages.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("validation_pages", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def outcomes():
    return run("brownian-exit", draw=True)


def written(script, outcomes, folder):
    about = {"date": "today", "system": "one"}
    folder.mkdir(exist_ok=True)
    (folder / "report.json").write_text(as_json.render(outcomes, about), encoding="utf-8")
    (folder / "index.html").write_text(as_html.render(outcomes, about), encoding="utf-8")
    pages = script.write_validation_pages(folder / "report.json", folder / "pages", ROOT / "fokker" / "references.bib")
    return {page.name: page.read_text(encoding="utf-8") for page in pages}


def test_page_holds_statement_numbers_figure_and_reference(script, outcomes, tmp_path):
    pages = written(script, outcomes, tmp_path)
    assert set(pages) == {"index.md", "brownian-exit.md"}
    page, theorem = pages["brownian-exit.md"], outcomes[0].theorem
    assert page.startswith(f"# {theorem.title}\n")
    assert "{bdg-success}`exact`" in page
    assert "{cite}`redner2001`" in page
    assert page.count("✓") == len(outcomes[0].trial.measurement.rows)
    assert "<figure" in (tmp_path / "pages" / "figures" / "brownian-exit.html").read_text(encoding="utf-8")
    assert f"[{theorem.title}](brownian-exit.md)" in pages["index.md"]
    assert "1 of 1 theorems" in pages["index.md"]


def test_tables_have_as_many_cells_in_each_row(script, outcomes, tmp_path):
    check = Check("$|x|$ | plain", float("inf"), float("inf"), 1e-3, "a | b")
    trial = replace(outcomes[0].trial, measurement=Measurement(checks=(check,)))
    page = written(script, (Outcome(outcomes[0].theorem, trial),), tmp_path)["brownian-exit.md"]
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    assert len(rows) == 3
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {7}
    assert "∞" in page


def test_failures_are_shown(script, outcomes, tmp_path):
    check = Check("$p$", 1.1, 1.0, 1e-3, "rounding")
    trial = replace(outcomes[0].trial, measurement=Measurement(checks=(check,)))
    pages = written(script, (Outcome(outcomes[0].theorem, trial),), tmp_path)
    assert "✗" in pages["brownian-exit.md"]
    assert "Status: not as recorded" in pages["brownian-exit.md"]
    assert "0/1, **not as recorded**" in pages["index.md"]


def test_pages_that_do_not_change_are_left_alone_and_old_ones_go(script, outcomes, tmp_path):
    written(script, outcomes, tmp_path)
    old, page = tmp_path / "pages" / "old.md", tmp_path / "pages" / "brownian-exit.md"
    old.write_text("# Old", encoding="utf-8")
    before = page.stat().st_mtime_ns
    written(script, outcomes, tmp_path)
    assert page.stat().st_mtime_ns == before
    assert not old.exists()


def test_without_a_report_one_page_says_how_to_make_it(script, tmp_path):
    pages = script.write_validation_pages(tmp_path / "report.json", tmp_path / "pages")
    assert [page.name for page in pages] == ["index.md"]
    assert "make report" in pages[0].read_text(encoding="utf-8")


def test_a_report_of_the_fast_subset_says_so(script, outcomes, tmp_path):
    known = (outcomes[0].theorem, replace(outcomes[0].theorem, id="slow", fast=False))
    written(script, outcomes, tmp_path)
    pages = script.write_validation_pages(tmp_path / "report.json", tmp_path / "pages", None, known)
    assert "Only the fast subset: 1 of 2 theorems" in pages[0].read_text(encoding="utf-8")
    assert not script.differences(tmp_path / "report.json", known)


def test_a_report_of_other_theorems_is_found_out(script, outcomes, tmp_path):
    written(script, outcomes, tmp_path)
    known = tuple(replace(outcomes[0].theorem, id=name, fast=True) for name in ("one", "two"))
    assert script.differences(tmp_path / "report.json", known) == "without one two, with the unknown brownian-exit"
    assert script.differences(tmp_path / "none.json", known) == ""

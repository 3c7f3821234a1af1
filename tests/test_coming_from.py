"""The pages for those who come from another library: both scripts run, agree, and print what the page shows."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

PAGES = Path(__file__).parents[1] / "docs" / "coming_from"
MODULES = {"fipy": "fipy", "py_pde": "pde", "fplanck": "fplanck", "pyddm": "pyddm", "deeptime": "deeptime"}
LONGEST = 240.0  # seconds; py-pde compiles

# largest differences of the two answers: (relative, why)
ALLOWED = {
    "fipy": (1e-3, "second order in cells of 0.03; the density is taken 0.015 from zero"),
    "py_pde": (6.25e-4, "second order in cells of 0.025"),
    "fplanck": (4.4e-4, "second order in 300 cells a period of 2 pi"),
    "pyddm": (2e-3, "steps of 0.002 in time and evidence"),
    "deeptime": (0.08, "four standard errors of 4800 independent times"),
}


def run(script: str, folder: Path, *, strict: bool) -> dict[str, float]:
    """Run a script, and return the numbers that it prints by name."""
    flags = ["-W", "error"] if strict else ["-W", "ignore"]
    done = subprocess.run(
        [sys.executable, *flags, str(PAGES / "scripts" / script)],
        cwd=folder,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {name: float(value) for name, value in re.findall(r"^(\w+) (\S+)", done.stdout, re.M)}


def features() -> ModuleType:
    """Import docs/coming_from/features.py."""
    spec = importlib.util.spec_from_file_location("features", PAGES / "features.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shown(page: str) -> list[tuple[float, float]]:
    """Return the two columns of answers that a page shows."""
    text = (PAGES / f"{page}.md").read_text(encoding="utf-8")
    number = r"(-?\d+\.\d+(?:e-\d+)?)(?: m/s)?"
    return [(float(a), float(b)) for a, b in re.findall(rf"^\| [^|]+ \| {number} \| {number} \|$", text, re.M)]


@pytest.mark.parametrize("page", MODULES)
def test_script_of_fokker_prints_what_the_page_shows(page: str, tmp_path: Path) -> None:
    here = run(f"{page}_here.py", tmp_path, strict=True)
    # the last digit shown may round the other way on another machine
    assert list(here.values()) == pytest.approx([second for _, second in shown(page)], rel=1e-5)


@pytest.mark.parametrize("page", MODULES)
def test_answers_on_the_page_agree(page: str) -> None:
    relative, _ = ALLOWED[page]
    assert shown(page)
    for there, here in shown(page):
        assert there == pytest.approx(here, rel=relative)


@pytest.mark.slow
@pytest.mark.parametrize("page", MODULES)
def test_both_scripts_agree(page: str, tmp_path: Path) -> None:
    _need(MODULES[page])
    there = run(f"{page}_there.py", tmp_path, strict=False)
    here = run(f"{page}_here.py", tmp_path, strict=True)
    relative, _ = ALLOWED[page]
    assert there == pytest.approx(here, rel=relative)


@pytest.mark.slow
def test_a_generator_goes_to_deeptime(tmp_path: Path) -> None:
    _need("deeptime")
    assert abs(run("deeptime_handover.py", tmp_path, strict=False)["border"]) < 0.06  # a cell: the wells are even


@pytest.mark.slow
def test_table_of_features() -> None:
    """Every cell that is not a link is checked, for the libraries that are installed."""
    assert list(features().failures()) == []


def test_table_is_the_one_of_the_script() -> None:
    page = (PAGES / "index.md").read_text(encoding="utf-8")
    assert features().page_with_table(page) == page


def test_every_feature_names_every_library() -> None:
    module = features()
    assert all(len(cells) == len(module.PEERS) for cells in module.TABLE.values())
    assert all(callable(check) or check.startswith("https://") for row in module.TABLE.values() for _, check in row)


def _need(module: str) -> None:
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed")

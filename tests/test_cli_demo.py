"""`fokker` alone, and `fokker demo`: on two small examples of their own, and once for real."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fokker import FokkerError, cli, demos

ONE = '''"""
One line
========

Text.
"""

import matplotlib.pyplot as plt

plt.plot([0, 1])
print("measured 1")
'''
TWO = '"""\n=====\nTwice\n=====\n"""\nimport matplotlib.pyplot as plt\n\nfor _ in range(2):\n    plt.figure()\n'
WRONG = '"""Wrong"""\nimport matplotlib.pyplot as plt\n\nplt.figure()\nassert 1 > 2\n'
PNG = b"\x89PNG"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Small examples instead of those of the documentation, and an empty working directory."""
    examples = tmp_path / "examples"
    examples.mkdir()
    for name, text in (("one_line", ONE), ("twice", TWO), ("wrong", WRONG), ("__init__", "")):
        (examples / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.setattr(demos, "_FOLDER", examples)
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return here


def test_fokker_alone_says_what_it_can_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 0
    out, err = capsys.readouterr()
    for command in ("fokker demo", "fokker theorems", "fokker validate", "fokker --help"):
        assert command in out
    assert len(out.splitlines()) <= 10
    assert err == ""


def test_examples_are_listed_with_their_titles(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["demo"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2:] == ["  one_line  One line", "  twice     Twice", "  wrong     Wrong"]


def test_an_example_draws_its_picture_here(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["demo", "one_line"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["measured 1", "picture  one_line.png", f"script   {demos.path('one_line')}"]
    assert (folder / "one_line.png").read_bytes().startswith(PNG)


@pytest.mark.parametrize("output", ["plots", "plots/deeper", "plots/other.png", "plots/other.svg"])
def test_the_picture_goes_where_it_is_asked(folder: Path, output: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["demo", "one_line", "--output", output]) == 0
    picture = folder / output if "other" in output else folder / output / "one_line.png"
    assert picture.stat().st_size > 1000
    assert f"picture  {picture.relative_to(folder)}" in capsys.readouterr().out


def test_a_second_figure_is_numbered(folder: Path) -> None:
    assert cli.main(["demo", "twice"]) == 0
    assert sorted(file.name for file in folder.iterdir()) == ["twice.png", "twice_2.png"]


def test_a_failed_assertion_is_not_hidden(folder: Path) -> None:
    with pytest.raises(AssertionError):
        cli.main(["demo", "wrong"])
    assert not list(folder.iterdir())
    assert cli.main(["demo", "one_line"]) == 0  # the figure left behind is not drawn
    assert [file.name for file in folder.iterdir()] == ["one_line.png"]


@pytest.mark.parametrize("name", ["one_lin", "ONE_LINE", "one-line", "one"])
def test_near_names_are_offered(folder: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["demo", name]) == 2
    err = capsys.readouterr().err
    assert f"given     {name}" in err
    assert "try       one_line" in err


def test_what_is_like_nothing_leads_to_the_list(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["demo", "xyzzy"]) == 2
    assert "fokker demo, which lists them" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["__init__", "../one_line", ""])
def test_only_examples_are_run(folder: Path, name: str) -> None:
    with pytest.raises(FokkerError, match="no example of this name"):
        demos.path(name)


def test_a_picture_that_cannot_be_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "file").write_text("")
    assert cli.main(["demo", "one_line", "--output", "file/plots"]) == 2
    out, err = capsys.readouterr()
    assert "file/plots/one_line.png cannot be written" in err.replace("\\", "/")
    assert "measured" not in out


def test_every_example_has_a_title_of_one_line() -> None:
    titles = [demos.title(name) for name in demos.names()]
    assert all(title and len(title) < 60 and not title.endswith(".") for title in titles)
    assert len(set(titles)) == len(titles)


def test_finding_examples_loads_nothing() -> None:
    script = (
        "import sys, fokker; before = set(sys.modules); import fokker.demos; fokker.demos.names(); "
        "new = {name.split('.')[0] for name in set(sys.modules) - before}; "
        "print(sorted(new - set(sys.stdlib_module_names) - {'fokker'}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_command_draws_a_real_one(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "fokker", "demo", "power_law"],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name != "MPLBACKEND"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "picture  power_law.png" in done.stdout
    assert done.stderr == "" or "compiling" in done.stderr
    assert (tmp_path / "power_law.png").read_bytes().startswith(PNG)

import subprocess
import sys
from pathlib import Path

import pytest

from fokker import __version__, cli
from fokker.validation import registry
from fokker.validation.progress import follow
from fokker.validation.run import run
from fokker.validation.terminal import verdict_table


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line on the fake theorems."""
    monkeypatch.setattr(registry.discover, "__defaults__", ("fake_theorems",))
    monkeypatch.setitem(run.__kwdefaults__, "package", "fake_theorems")  # type: ignore[arg-type]


def test_status_zero(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["validate", "--only", "passing*"]) == 0
    out, err = capsys.readouterr()
    assert "2 of 2 theorems are as recorded." in out
    assert "\x1b" not in out
    assert err == ""


def test_status_one_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["validate", "--only", "failing"]) == 1
    assert "measured 1.5, expected 1" in capsys.readouterr().out


def test_fast_subset(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["validate", "--fast"]) == 0
    assert "1 of 1 theorems" in capsys.readouterr().out


def test_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("latex2mathml")
    folder = tmp_path / "build" / "report"
    assert cli.main(["validate", "--only", "passing", "--report", str(folder)]) == 0
    assert f"report: {folder / 'index.html'}" in capsys.readouterr().out
    assert "<figure>" in (folder / "index.html").read_text(encoding="utf-8")


def test_unknown_pattern(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["validate", "--only", "nonesuch"]) == 2
    err = capsys.readouterr().err
    assert "no theorem matches 'nonesuch'" in err
    assert "wandering" in err


def test_report_on_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert cli.main(["validate", "--report", str(tmp_path / "file")]) == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["valid"], ["validate", "--workers", "0"], ["validate", "--workers", "a"]])
def test_usage_errors(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(arguments)
    assert stop.value.code == 2
    assert "usage: fokker" in capsys.readouterr().err


def test_theorems_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["theorems"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10
    assert lines[2].split()[:3] == ["passing", "exact", "fast"]


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"fokker {__version__}\n"


def test_module_runs() -> None:
    done = subprocess.run([sys.executable, "-m", "fokker", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"fokker {__version__}\n"


def test_the_command_line_starts_light() -> None:
    script = (
        "import sys, fokker; before = set(sys.modules); import fokker.cli; new = set(sys.modules) - before; "
        "print(sorted(m for m in new if m.split('.')[0] in ('matplotlib', 'latex2mathml', 'tqdm')"
        " or m.startswith('fokker.validation')))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_colour_only_where_asked() -> None:
    outcomes = run("*ing")
    assert "\x1b[31m" in verdict_table(outcomes, colour=True)
    table = verdict_table(outcomes).splitlines()
    assert len({line.find("exact") for line in table[1 : 1 + len(outcomes)] if "exact" in line}) == 1


class Terminal:
    """A stderr that says it is one."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self.text = ""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        pass


@pytest.mark.parametrize("with_tqdm", [True, False])
def test_progress_on_a_terminal(monkeypatch: pytest.MonkeyPatch, with_tqdm: bool) -> None:
    if with_tqdm:
        pytest.importorskip("tqdm")
    else:
        monkeypatch.setitem(sys.modules, "tqdm", None)
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    outcomes = run("passing*", progress=True)
    assert len(outcomes) == 2
    assert ("theorem" if with_tqdm else "2/2 passing: as recorded") in terminal.text


def test_no_progress_in_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(follow(iter(()), 0, shown=True)) == []
    run("passing", progress=True)
    assert capsys.readouterr().err == ""

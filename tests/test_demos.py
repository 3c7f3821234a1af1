"""Every example of the gallery runs to its last assertion, each in a process of its own; a warning is an error."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fokker import demos

LONGEST = 120.0  # seconds, with kernels still to be compiled on a busy machine


def test_there_are_at_least_twenty() -> None:
    assert len(demos.names()) >= 20


@pytest.mark.parametrize("name", demos.names())
def test_example_runs(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(demos.path(name))],
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr


@pytest.mark.parametrize("name", demos.names())
def test_example_asserts_and_draws(name: str) -> None:
    """Each ends by holding a number against another one, draws, and leaves showing to whoever runs it."""
    text = demos.path(name).read_text(encoding="utf-8")
    assert re.search(r"^ *(assert |np\.testing\.assert_)", text, re.MULTILINE)
    assert "plt." in text
    assert ".show(" not in text


@pytest.mark.parametrize("name", demos.names())
def test_figure_is_finished_in_the_cell_that_begins_it(name: str) -> None:
    """The gallery saves and closes figures at the end of a cell."""
    begun: dict[str, int] = {}
    for number, cell in enumerate(
        re.split(r"^# %%.*$", demos.path(name).read_text(encoding="utf-8"), flags=re.MULTILINE)
    ):
        nodes = list(ast.walk(ast.parse(cell)))
        for node in nodes:
            if isinstance(node, ast.Assign) and "plt.subplot" in ast.unparse(node.value):
                begun |= {n.id: number for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Name)}
        used = {node.id for node in nodes if isinstance(node, ast.Name)}
        assert not {name for name in used if begun.get(name, number) != number}

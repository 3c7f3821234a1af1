"""Writes the report: a page to read, a summary for a CI job, a file for programs, a file for test readers."""

from pathlib import Path

from fokker.errors import FokkerError, explain
from fokker.validation.report import as_html, as_json, as_junit, as_markdown
from fokker.validation.report.environment import environment
from fokker.validation.report.texts import require_latex2mathml
from fokker.validation.run import Outcome

__all__ = ["prepare", "write"]


def prepare(directory: str | Path) -> Path:
    """Make the directory and see that formulas can be rendered, before anything long is measured."""
    require_latex2mathml()
    folder = Path(directory)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise FokkerError(
            explain(
                f"the report cannot be written: {problem.strerror}.",
                given=str(directory),
                accepted="a directory, existing or new, that you may write to",
            )
        ) from None
    return folder


def write(outcomes: tuple[Outcome, ...], directory: str | Path) -> Path:
    """Write ``index.html``, ``report.md``, ``report.json`` and ``junit.xml``; return the path of the page.

    Parameters
    ----------
    outcomes
        What :func:`fokker.validation.run` returned, with ``draw=True`` for the figures.
    directory
        Made when it is missing; files of an earlier report are replaced.
    """
    folder = prepare(directory)
    about = environment()
    pages = {
        "index.html": as_html.render(outcomes, about),
        "report.md": as_markdown.render(outcomes, about),
        "report.json": as_json.render(outcomes, about),
        "junit.xml": as_junit.render(outcomes),
    }
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return folder / "index.html"

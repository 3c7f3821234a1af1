"""The command ``fokker``. Heavy imports stay inside the functions, so that ``--help`` answers at once."""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from fokker import __version__
from fokker.errors import FokkerError, explain

AS_RECORDED, NOT_AS_RECORDED, USAGE = 0, 1, 2
DONE = 0
INTERRUPTED, PIPE_CLOSED = 130, 141  # what a shell reports for the two signals
PICTURES = (".jpeg", ".jpg", ".pdf", ".png", ".svg")
WELCOME = f"""\
fokker {__version__}: finite-volume solvers for Fokker-Planck equations, checked against theorems.

  fokker demo             list the examples
  fokker demo power_law   run one: its picture, its numbers
  fokker theorems         list the theorems with their verdicts
  fokker validate --fast  measure some of them (without --fast: all)

In Python: import fokker; help(fokker.stationary). All options: fokker --help"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status.

    0 when all is done and every verdict is as recorded, 1 when one is not, 2 when the command itself is wrong.
    """
    options = _parser().parse_args(arguments)
    try:
        status: int = options.command(options)
        sys.stdout.flush()
    except FokkerError as problem:
        print(f"fokker: {problem}", file=sys.stderr)
        return USAGE
    except BrokenPipeError:  # the reader of a pipe, `head` for one, had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except KeyboardInterrupt:
        print("fokker: interrupted", file=sys.stderr)
        return INTERRUPTED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fokker",
        description="Finite-volume solvers for Fokker-Planck equations, checked against theorems.",
    )
    parser.add_argument("--version", action="version", version=f"fokker {__version__}")
    parser.set_defaults(command=_welcome)
    commands = parser.add_subparsers(metavar="COMMAND")
    _add_demo(commands.add_parser("demo", help="run an example and draw its picture, or list them"))
    _add_validate(commands.add_parser("validate", help="measure the theorems and say which are as recorded"))
    listing = commands.add_parser("theorems", help="list the theorems with their recorded verdicts")
    listing.set_defaults(command=_theorems)
    return parser


def _welcome(_: argparse.Namespace) -> int:
    print(WELCOME)
    return DONE


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.description = "Run an example of the documentation and draw its picture. Without a name: list them."
    parser.add_argument("name", metavar="NAME", nargs="?", help="which example")
    where = "the picture, or a directory for NAME.png (default: the directory you are in)"
    parser.add_argument("--output", metavar="FILE", type=Path, default=Path(), help=where)
    parser.set_defaults(command=_demo)


def _demo(options: argparse.Namespace) -> int:
    from fokker import demos

    if options.name is None:
        width = max(map(len, demos.names()))
        print("fokker demo NAME runs one of these and draws its picture:\n")
        print("\n".join(f"  {name:<{width}}  {demos.title(name)}" for name in demos.names()))
        return DONE
    script, output = demos.path(options.name), options.output
    picture = output if output.suffix.lower() in PICTURES and not output.is_dir() else output / f"{options.name}.png"
    with _writing(picture):
        picture.parent.mkdir(parents=True, exist_ok=True)  # fails now rather than after the computing
    _draw(script, picture)
    print(f"script   {script}")
    return DONE


def _draw(script: Path, picture: Path) -> None:
    """Run an example here, and write its figures instead of showing them; a second one is numbered."""
    import runpy

    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    plt.close("all")
    with mpl.rc_context():
        runpy.run_path(str(script), run_name="__main__")
        for count, number in enumerate(plt.get_fignums(), start=1):
            file = picture if count == 1 else picture.with_stem(f"{picture.stem}_{count}")
            with _writing(file):
                plt.figure(number).savefig(file, dpi=160)
            print(f"picture  {file}")
    plt.close("all")


@contextmanager
def _writing(picture: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        headline = f"{picture} cannot be written."
        why = problem.strerror or str(problem)
        raise FokkerError(explain(headline, why=why, try_="--output with another directory")) from problem


def _add_validate(parser: argparse.ArgumentParser) -> None:
    parser.description = "Measure the theorems. Exit status 0 only if all verdicts are as recorded."
    parser.add_argument("--only", metavar="PATTERN", help="an id, a part of one, or a pattern with * and ?")
    parser.add_argument("--fast", action="store_true", help="only the subset for continuous integration")
    parser.add_argument("--report", metavar="DIR", type=Path, help="write the report into this directory")
    parser.add_argument("--workers", metavar="N", type=_count, default=1, help="processes (default 1)")
    parser.set_defaults(command=_validate)


def _validate(options: argparse.Namespace) -> int:
    from fokker.validation.run import run
    from fokker.validation.terminal import verdict_table

    if options.report is not None:
        from fokker.validation.report import prepare

        prepare(options.report)  # fails now rather than after the measuring
    outcomes = run(
        options.only,
        options.fast,
        options.workers,
        draw=options.report is not None,
        progress=sys.stderr.isatty(),
    )
    print(verdict_table(outcomes, colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ))
    if options.report is not None:
        from fokker.validation.report import write

        print(f"report: {write(outcomes, options.report)}")
    return AS_RECORDED if all(outcome.as_recorded for outcome in outcomes) else NOT_AS_RECORDED


def _theorems(options: argparse.Namespace) -> int:
    from fokker.validation.registry import discover
    from fokker.validation.terminal import theorem_list

    print(theorem_list(discover()))
    return AS_RECORDED


def _count(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of processes; a whole number, 1 or more, is needed")
    return number

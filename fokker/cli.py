"""The command ``fokker``. Heavy imports stay inside the functions, so that ``--help`` answers at once."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from fokker import __version__
from fokker.errors import FokkerError

AS_RECORDED, NOT_AS_RECORDED, USAGE = 0, 1, 2
INTERRUPTED, PIPE_CLOSED = 130, 141  # what a shell reports for the two signals


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status.

    0 when every verdict is as recorded, 1 when one is not, 2 when the command itself is wrong.
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
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_validate(commands.add_parser("validate", help="measure the theorems and say which are as recorded"))
    listing = commands.add_parser("theorems", help="list the theorems with their recorded verdicts")
    listing.set_defaults(command=_theorems)
    return parser


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

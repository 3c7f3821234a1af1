"""Finds the theorems: every module of a package that holds a ``THEOREM`` is one."""

import fnmatch
import importlib
import pkgutil

from fokker.errors import FokkerError, explain
from fokker.validation.records import Theorem

THEOREMS = "fokker.validation.theorems"


def discover(package: str = THEOREMS) -> tuple[Theorem, ...]:
    """Import every theorem file of a package and return the theorems in the order of the report.

    Parameters
    ----------
    package
        Dotted name of a package that lists its sections in ``GROUPS``.
    """
    root = importlib.import_module(package)
    groups = list(root.GROUPS)
    found = [_load(f"{package}.{info.name}") for info in pkgutil.iter_modules(root.__path__) if info.name[0] != "_"]
    for theorem in found:
        if theorem.group not in groups:
            raise FokkerError(
                f"theorem {theorem.id}: group={theorem.group!r} is not a section of the report; accepted are "
                f"{', '.join(groups)} (GROUPS in {package})."
            )
    _require_distinct(found)
    return tuple(sorted(found, key=lambda t: (groups.index(t.group), t.number, t.id)))


def find(theorem_id: str, package: str = THEOREMS) -> Theorem:
    """Return one theorem by its id."""
    by_id = {theorem.id: theorem for theorem in discover(package)}
    if theorem_id not in by_id:
        raise FokkerError(_nothing_matches(theorem_id, tuple(by_id.values())))
    return by_id[theorem_id]


def select(
    pattern: str | None = None, fast: bool = False, theorems: tuple[Theorem, ...] | None = None
) -> tuple[Theorem, ...]:
    """Choose theorems by id, in the order of the report.

    Parameters
    ----------
    pattern
        A whole id, a part of one, or a pattern with ``*`` and ``?``. None takes all.
    fast
        Only the subset for continuous integration.
    theorems
        Where to choose from; the library's own by default.
    """
    known = discover() if theorems is None else theorems
    matching = tuple(t for t in known if pattern is None or _matches(t.id, pattern, known))
    if pattern is not None and not matching:
        raise FokkerError(_nothing_matches(pattern, known))
    chosen = tuple(t for t in matching if t.fast or not fast)
    if not chosen:
        raise FokkerError(_nothing_fast(pattern, matching))
    return chosen


def _load(module_name: str) -> Theorem:
    theorem = getattr(importlib.import_module(module_name), "THEOREM", None)
    if not isinstance(theorem, Theorem):
        raise FokkerError(
            f"{module_name} holds no theorem: end the file with THEOREM = Theorem(...), or begin its name "
            "with _ if it is a helper."
        )
    return theorem


def _require_distinct(theorems: list[Theorem]) -> None:
    ids = [theorem.id for theorem in theorems]
    twice = sorted({i for i in ids if ids.count(i) > 1})
    if twice:
        raise FokkerError(f"two theorem files share the id {twice[0]!r}; every id must be its own.")


def _matches(theorem_id: str, pattern: str, known: tuple[Theorem, ...]) -> bool:
    wanted = pattern.lower()
    if any(t.id == wanted for t in known):  # theorem-1 must not drag theorem-12 along
        return theorem_id == wanted
    if any(sign in wanted for sign in "*?["):
        return fnmatch.fnmatchcase(theorem_id, wanted)
    return wanted in theorem_id


def _nothing_matches(pattern: str, known: tuple[Theorem, ...]) -> str:
    return explain(
        f"no theorem matches {pattern!r}.",
        accepted="a whole id, a part of one, or a pattern with * and ?",
        ids=[t.id for t in known] or "(no theorem is registered)",
    )


def _nothing_fast(pattern: str | None, matching: tuple[Theorem, ...]) -> str:
    wanted = "the theorems" if pattern is None else f"the theorems that match {pattern!r}"
    return explain(
        f"none of {wanted} is in the fast subset.",
        given=[t.id for t in matching] or "(no theorem is registered)",
        try_="the same without fast",
    )

"""The pages under `validation/`: every theorem of `fokker validate --report`, verdict by verdict.

They are written before the sources are read, from the report that `make report` leaves in `build/report`; figures and
their captions come from the page beside it. Without a report one page says how to make it. A report of the fast subset
says so on its index; one of other theorems than the registry has is a warning.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from itertools import groupby
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

from fokker.validation.records import VERDICTS, Check, Rate
from fokker.validation.registry import discover
from fokker.validation.report.numbers import plain, short, worthwhile_digits

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from fokker.validation.records import Theorem

BADGES = {"exact": "success", "asymptotic": "info", "off by a factor": "warning", "false as printed": "danger"}
MEANING = {
    "exact": "holds as printed, to rounding or to the declared order of the scheme",
    "asymptotic": "holds in a limit; the rate at which it is approached was measured",
    "off by a factor": "wrong by a factor, which the finding states",
    "false as printed": "does not hold; the corrected statement was measured instead",
}
ABSENT = """# Validation

There is no report yet. `make report` measures every theorem (some minutes on two cores) and writes it to
`build/report`; then build the documentation again.
"""
POWERS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
FORMULA = re.compile(r"(\$\$.+?\$\$|\$[^$]+\$|`[^`]+`)", re.DOTALL)

Entry = dict[str, Any]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("validation_report", "../build/report/report.json", "env")
    app.add_css_file("validation.css")
    app.connect("builder-inited", _write, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _write(app: Sphinx) -> None:
    from sphinx.util import logging

    source = Path(app.srcdir)
    report = source / app.config.validation_report
    known, log = discover(), logging.getLogger(__name__)
    pages = write_validation_pages(report, source / "validation", source / app.config.bibtex_bibfiles[0], known)
    log.info("validation: %d pages from %s", len(pages), report)
    stale = differences(report, known)
    if stale:
        log.warning("validation: %s is not of this source: %s; `make report` measures again", report, stale)


def differences(report_json: Path, known: tuple[Theorem, ...]) -> str:
    """Return how the theorems of a report differ from those known, all or the fast ones; empty if they do not."""
    if not report_json.exists():
        return ""
    found = {theorem["id"] for theorem in json.loads(report_json.read_text(encoding="utf-8"))["theorems"]}
    every = {theorem.id for theorem in known}
    if found in (every, {theorem.id for theorem in known if theorem.fast}):
        return ""
    parts = {"without": every - found, "with the unknown": found - every}
    return ", ".join(f"{word} {' '.join(sorted(ids))}" for word, ids in parts.items() if ids)


def write_validation_pages(
    report_json: Path, outdir: Path, bibliography: Path | None = None, known: tuple[Theorem, ...] = ()
) -> list[Path]:
    """Write the index and a page for each theorem; return their paths.

    `known` are the theorems of the registry: the index says if the report has only some of them.
    Pages that have not changed are left alone, so that Sphinx does not read them again; others are taken away.
    """
    if report_json.exists():
        report = json.loads(report_json.read_text(encoding="utf-8"))
        figures = _figures(report_json.with_name("index.html"))
        works = _works(bibliography)
        texts = {"index.md": _index(report, known)}
        for theorem in report["theorems"]:
            texts[f"{theorem['id']}.md"] = _page(theorem, theorem["id"] in figures, works)
        texts |= {f"figures/{name}.html": figure for name, figure in figures.items()}
    else:
        texts = {"index.md": ABSENT}
    for path in outdir.rglob("*.*"):
        if str(path.relative_to(outdir)) not in texts:
            path.unlink()
    for name, text in texts.items():
        path = outdir / name
        if not (path.exists() and path.read_text(encoding="utf-8") == text):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return [outdir / name for name in texts if name.endswith(".md")]


def _index(report: Entry, known: tuple[Theorem, ...]) -> str:
    theorems, about = report["theorems"], report["environment"]
    good = sum(t["status"] == "as recorded" for t in theorems)
    rows = sum(len(t["checks"]) + len(t["rates"]) for t in theorems)
    count = Counter(t["verdict"] for t in theorems)
    lines = [
        "# Validation",
        "",
        f"{good} of {len(theorems)} theorems are as recorded: each was measured by the solvers and compared with its "
        f"closed form, {rows} numbers and rates in all. A tolerance is a declared order, a rounding bound or a "
        "standard error; each page says which. `make report` measures them again.",
        "",
        *_only_some(theorems, known),
        "The verdict is about the statement as printed in its source, not about the code.",
        "",
        *_table(
            ("Verdict", "Theorems", "Meaning"),
            [(_badge(v), str(count[v]), MEANING[v]) for v in VERDICTS],
            "lrl",
        ),
        "",
        "Measured with " + ", ".join(f"{name} {value}" for name, value in about.items() if name != "date"),
        f"on {about['date']}.",
        "",
    ]
    for group, members in groupby(theorems, key=lambda t: t["group"]):
        found = list(members)
        table = _table(("Theorem", "Verdict", "Checks"), [_summary(t) for t in found], "llr")
        toctree = ["```{toctree}", ":hidden:", f":caption: {group}", "", *(t["id"] for t in found), "```"]
        lines += [f"## {group}", "", *table, "", *toctree, ""]
    return "\n".join(lines)


def _only_some(theorems: list[Entry], known: tuple[Theorem, ...]) -> list[str]:
    if len(theorems) >= len(known):
        return []
    which = "the fast subset" if all(theorem["fast"] for theorem in theorems) else "a part"
    return [f"**Only {which}: {len(theorems)} of {len(known)} theorems.** `make report` measures all of them.", ""]


def _summary(theorem: Entry) -> tuple[str, str, str]:
    rows = theorem["checks"] + theorem["rates"]
    passed = f"{sum(row['passed'] for row in rows)}/{len(rows)}"
    shown = passed if theorem["status"] == "as recorded" else f"{passed}, **{theorem['status']}**"
    return f"[{_text(theorem['title'])}]({theorem['id']}.md)", _badge(theorem["verdict"]), shown


def _page(theorem: Entry, drawn: bool, works: list[Entry]) -> str:
    label = "As printed" if theorem["corrected"] else "Statement"
    lines = [f"# {_text(theorem['title'])}", "", f"{_badge(theorem['verdict'])} {_text(theorem['finding'])}", ""]
    lines += [f"**{label}**", "", _text(theorem["statement"], displays=True), ""]
    if theorem["corrected"]:
        lines += ["**Corrected**", "", _text(theorem["corrected"], displays=True), ""]
    if theorem["hypotheses"]:
        lines += ["**Hypotheses**", "", *(f"- {_text(' '.join(h.split()))}" for h in theorem["hypotheses"]), ""]
    lines += ["**Source**", "", _text(theorem["source"]) + _cited(theorem["source"], works), ""]
    if drawn:
        lines += ["```{raw} html", f":file: figures/{theorem['id']}.html", "```", ""]
    lines += [*_checks(theorem["checks"]), *_rates(theorem["rates"]), *_trouble(theorem)]
    lines += [f"Measured again by `fokker validate --only {theorem['id']}`, in {theorem['seconds']:.1f} s.", ""]
    return "\n".join(lines)


def _checks(entries: list[Entry]) -> list[str]:
    if not entries:
        return []
    reasons = _letters(entries)
    rows = []
    for entry in entries:
        check = Check(**_numbers({k: v for k, v in entry.items() if k not in ("error", "passed")}))
        digits = worthwhile_digits(check)
        shown = (plain(check.measured, digits), plain(check.expected, digits), short(check.error))
        bound = f"{_number(short(check.tolerance))} ({reasons[check.because]})"
        kind = "\N{NO-BREAK SPACE}rel." if check.error_is == "relative" else "\N{NO-BREAK SPACE}abs."
        cells = (_text(check.quantity), *(_number(text) for text in shown[:2]), _number(shown[2]) + kind, bound)
        rows.append((*cells, _mark(entry)))
    head = ("Quantity", "Measured", "Closed form", "Error", "Tolerance", "")
    return ["## Measured against the closed form", "", *_small(_table(head, rows, "lrrrrl")), "", *_listed(reasons)]


def _rates(entries: list[Entry]) -> list[str]:
    if not entries:
        return []
    reasons = _letters(entries)
    rows = []
    for entry in entries:
        held = {k: v for k, v in entry.items() if k not in ("measured", "last_step", "passed")}
        rate = Rate(**_numbers(held))
        pairs = zip(rate.parameter, rate.errors, strict=True)
        through = ", ".join(f"{_number(short(y))} at {_number(f'{x:.4g}')}" for x, y in pairs)
        interval = f"{rate.expected:g} ± {rate.tolerance:g} ({reasons[rate.because]})"
        shown = (_number(plain(rate.measured, 4)), _number(plain(rate.last_step, 4)))
        rows.append((_text(rate.quantity), *shown, interval, through, _mark(entry)))
    head = ("Quantity", "Fitted", "Last step", "Expected", "Through", "")
    return ["## Fitted rates", "", *_small(_table(head, rows, "lrrrll")), "", *_listed(reasons)]


def _trouble(theorem: Entry) -> list[str]:
    if theorem["status"] == "as recorded" and not theorem["warnings"]:
        return []
    lines = [f"**Status: {theorem['status']}**", "", *(f"- {_text(text)}" for text in theorem["complaints"])]
    return [*lines, *(f"- {_text(text)}" for text in theorem["warnings"]), ""]


def _letters(entries: list[Entry]) -> dict[str, str]:
    """Return a short name for each reason of a tolerance: a to z, then a2, b2, and so on."""
    texts = dict.fromkeys(entry["because"] for entry in entries)
    return {text: chr(ord("a") + k % 26) + (str(k // 26 + 1) if k > 25 else "") for k, text in enumerate(texts)}


def _listed(reasons: dict[str, str]) -> list[str]:
    return (
        [*(f"({letter}) {_text(text)}\\" for text, letter in reasons.items())][:-1]
        + [f"({letter}) {_text(text)}" for text, letter in list(reasons.items())[-1:]]
        + [""]
    )


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]], align: str) -> list[str]:
    rule = {"l": ":---", "r": "---:"}
    lines = [head, tuple(rule[a] for a in align), *(tuple(_cell(text) for text in row) for row in rows)]
    return ["| " + " | ".join(line) + " |" for line in lines]


def _small(lines: list[str]) -> list[str]:
    """Return a table set by `_static/validation.css`."""
    return [":::{container} validation", "", *lines, ":::"]


def _cell(text: str) -> str:
    """Return a text for a table: a bar would end the cell, inside a formula it has a name of its own."""
    parts = FORMULA.split(" ".join(text.split()))
    return "".join(p.replace("|", r"\vert ") if p.startswith("$") else re.sub(r"(?<!\\)\|", r"\|", p) for p in parts)


def _text(text: str, displays: bool = False) -> str:
    """Return Markdown of a text whose only marks are formulas and code; `displays` sets $$ on lines of their own."""
    parts = []
    for part in FORMULA.split(dedent(text).strip()):
        if part.startswith("$$") and len(part) > 4:
            formula = part.strip("$").strip()
            parts.append(f"\n\n$$\n{formula}\n$$\n\n" if displays else f"${formula}$")
        elif part[:1] in "$`" and len(part) > 2:
            parts.append(part)
        else:
            parts.append(re.sub(r"([*_\[\]<>{}#~\\])", r"\\\1", part))
    return re.sub(r"\n{3,}", "\n\n", "".join(parts)).strip()


def _number(text: str) -> str:
    """Return a formatted number with powers of ten as a reader writes them."""
    mantissa, sign, exponent = text.partition("e")
    shown = mantissa.replace("-", "−")
    return (
        f"{shown}\N{NARROW NO-BREAK SPACE}×\N{NARROW NO-BREAK SPACE}10{str(int(exponent)).translate(POWERS)}"
        if sign
        else shown
    )


def _numbers(entry: Entry) -> Entry:
    """Read the texts that stand for numbers without a sign in JSON."""
    names = {"measured", "expected", "tolerance"} & set(entry)
    lists = {name: tuple(map(float, entry[name])) for name in {"parameter", "errors"} & set(entry)}
    return {**entry, **{name: float(entry[name]) for name in names}, **lists}


def _badge(verdict: str) -> str:
    return f"{{bdg-{BADGES[verdict]}}}`{verdict}`"


def _mark(entry: Entry) -> str:
    return "✓" if entry["passed"] else "✗"


def _figures(page: Path) -> dict[str, str]:
    """Return the figures of the report by theorem, with their captions, fit for the colours of this site."""
    if not page.exists():
        return {}
    found = {}
    for section in re.split(r'(?=<section id=")', page.read_text(encoding="utf-8"))[1:]:
        figure = re.search(r"<figure>.*?</figure>", section, re.DOTALL)
        if figure:
            text = figure[0].replace("<figure>", '<figure style="--paper: var(--pst-color-background)">', 1)
            text = text.replace("<svg ", '<svg style="max-width: 100%; height: auto" ', 1)
            found[section.split('"', 2)[1]] = text + "\n"
    return found


def _works(bibliography: Path | None) -> list[Entry]:
    """Return key, surname of the first author, year, volume and preprint number of each work."""
    if bibliography is None:
        return []
    text = bibliography.read_text(encoding="utf-8")
    found = []
    for key, body in re.findall(r"^@\w+\{([\w-]+),\n(.*?)^\}$", text, re.DOTALL | re.MULTILINE):
        fields = dict(re.findall(r"^  (\w+) = \{(.*)\},$", body, re.MULTILINE))
        surname = re.sub(r"\\\W|\\v\b|[{}]", "", fields["author"].split(",")[0])
        found.append({"key": key, "surname": _folded(surname), **fields})
    return found


def _cited(source: str, works: list[Entry]) -> str:
    """Return references to the works that the text of a source names, in its order.

    A work is known by the number of its preprint, or by its first author with volume and year; failing both, by
    author and year, unless that author is known already.
    """
    folded = _folded(source)
    certain, likely = {}, {}
    for work in works:
        numbers = [f"arxiv {work['eprint']}"] if "eprint" in work else []
        numbers += [_folded(work["howpublished"])] if "howpublished" in work else []
        if any(number in folded for number in numbers):
            certain[work["key"]] = (min(folded.find(n) for n in numbers if n in folded), work)
        elif re.search(rf"\b{re.escape(work['surname'])}\b", folded):
            if f"{work.get('volume')} ({work['year']})" in folded:
                certain[work["key"]] = (folded.find(f"{work['volume']} ({work['year']})"), work)
            elif "journal" not in work and work["year"] in folded:
                likely[work["key"]] = (folded.find(work["surname"]), work)
    known = {work["surname"] for _, work in certain.values()}
    places = certain | {key: found for key, found in likely.items() if found[1]["surname"] not in known}
    return "".join(f" {{cite}}`{key}`" for key, _ in sorted(places.items(), key=lambda item: item[1][0]))


def _folded(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).lower()

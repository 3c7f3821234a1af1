"""``junit.xml``, for the test readers of CI services: a suite a group, a case a theorem."""

import re
from itertools import groupby
from xml.etree import ElementTree as ET

from fokker.validation.run import Outcome


def render(outcomes: tuple[Outcome, ...]) -> str:
    """The text of ``junit.xml``."""
    root = ET.Element("testsuites", {"name": "fokker validate", **_counts(outcomes)})
    for group, members in groupby(outcomes, key=lambda outcome: outcome.theorem.group):
        suite = tuple(members)
        node = ET.SubElement(root, "testsuite", {"name": group, **_counts(suite), "skipped": "0"})
        for outcome in suite:
            _add_case(node, outcome)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False).join(
        ('<?xml version="1.0" encoding="utf-8"?>\n', "\n")
    )


def _counts(outcomes: tuple[Outcome, ...]) -> dict[str, str]:
    status = [outcome.status for outcome in outcomes]
    return {
        "tests": str(len(outcomes)),
        "failures": str(status.count("not as recorded")),
        "errors": str(status.count("crashed")),
        "time": f"{sum(outcome.trial.seconds for outcome in outcomes):.3f}",
    }


def _add_case(suite: ET.Element, outcome: Outcome) -> None:
    group = re.sub(r"[^a-z0-9]+", "_", outcome.theorem.group.lower()).strip("_")
    case = ET.SubElement(
        suite,
        "testcase",
        {
            "classname": f"fokker.validation.{group}",
            "name": outcome.theorem.id,
            "time": f"{outcome.trial.seconds:.3f}",
        },
    )
    if not outcome.as_recorded:
        kind = "error" if outcome.status == "crashed" else "failure"
        problem = ET.SubElement(case, kind, {"message": _legal(outcome.complaints[0]), "type": outcome.status})
        problem.text = _legal(outcome.trial.error or "\n".join(outcome.complaints))
    ET.SubElement(case, "system-out").text = _legal(f"{outcome.theorem.verdict}: {outcome.theorem.finding}")


def _legal(text: str) -> str:
    """Drop the control characters that XML 1.0 forbids."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "�", text)

"""Every theorem of the registry, asserted to stand as recorded, with a figure and formulas that render."""

import pytest

from fokker.validation import Theorem, discover
from fokker.validation.report.texts import formulas, mathml
from fokker.validation.run import Outcome, attempt

THEOREMS = discover()
MARKED = [pytest.param(t, id=t.id, marks=() if t.fast else pytest.mark.slow) for t in THEOREMS]
PLAIN = [pytest.param(t, id=t.id) for t in THEOREMS]


@pytest.mark.parametrize("theorem", MARKED)
def test_theorem_is_as_recorded(theorem: Theorem) -> None:
    outcome = Outcome(theorem, attempt(theorem, draw=True))
    assert outcome.as_recorded, "\n".join(
        [f"{theorem.id} is {outcome.status} ({theorem.verdict})", *outcome.complaints, outcome.trial.error]
    )


@pytest.mark.parametrize("theorem", PLAIN)
def test_formulas_of_theorem_render(theorem: Theorem) -> None:
    texts = (theorem.title, theorem.statement, *theorem.hypotheses, theorem.source)
    for text in (*texts, theorem.finding, theorem.corrected, theorem.caption):
        for latex in formulas(text):
            assert mathml(latex).startswith("<math")

import warnings

import pytest
from fake_theorems._common import fake

from fokker.errors import FokkerError
from fokker.validation import Check, Measurement, run
from fokker.validation.run import Outcome, attempt

EXPECTED = {
    "passing-too": "as recorded",
    "passing": "as recorded",
    "failing": "not as recorded",
    "undefined": "not as recorded",
    "crashing": "crashed",
    "figureless": "crashed",
    "rateless": "not as recorded",
    "wandering": "not as recorded",
    "dying": "crashed",
}


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    return {o.theorem.id: o for o in run(draw=True, package="fake_theorems")}


def test_every_ending(outcomes: dict[str, Outcome]) -> None:
    assert {name: outcome.status for name, outcome in outcomes.items()} == EXPECTED
    assert list(outcomes) == list(EXPECTED)


def test_complaints_say_why(outcomes: dict[str, Outcome]) -> None:
    assert outcomes["passing"].complaints == ()
    assert "measured 1.5, expected 1, error 0.5, tolerance 0.001" in outcomes["failing"].complaints[0]
    assert "measured nan" in outcomes["undefined"].complaints[0]
    assert "RuntimeError: out of" in outcomes["crashing"].complaints[0]
    assert "no rate was fitted" in outcomes["rateless"].complaints[0]
    assert "measured 1, expected 2" in outcomes["wandering"].complaints[0]


def test_traceback_names_the_line_and_no_machine(outcomes: dict[str, Outcome]) -> None:
    error = outcomes["crashing"].trial.error
    assert 'crashing.py", line ' in error
    assert "in measure" in error
    assert 'File "/' not in error
    assert "no ink" in outcomes["figureless"].trial.error


def test_figures_only_when_asked(outcomes: dict[str, Outcome]) -> None:
    assert outcomes["passing"].trial.svg.startswith("<svg")
    assert attempt(outcomes["passing"].theorem).svg == ""
    assert run("figureless", package="fake_theorems")[0].as_recorded


def test_figures_are_deterministic(outcomes: dict[str, Outcome]) -> None:
    assert attempt(outcomes["passing"].theorem, draw=True).svg == outcomes["passing"].trial.svg


def test_workers_agree_with_one_process(outcomes: dict[str, Outcome]) -> None:
    for several in run("passing*", workers=2, draw=True, package="fake_theorems"):
        alone = outcomes[several.theorem.id]
        assert several.trial.measurement == alone.trial.measurement
        assert several.trial.svg == alone.trial.svg


def test_a_worker_that_dies_is_an_outcome() -> None:
    (outcome,) = run("dying", workers=2, package="fake_theorems")
    assert outcome.status == "crashed"


def test_a_worker_that_dies_takes_no_other_theorem_along() -> None:
    statuses = {o.theorem.id: o.status for o in run("*ing", workers=2, package="fake_theorems")}
    assert statuses == {name: EXPECTED[name] for name in EXPECTED if name.endswith("ing")}


@pytest.mark.parametrize("workers", [0, -1, 1.5, "2"])
def test_workers_must_be_a_count(workers: object) -> None:
    with pytest.raises(FokkerError, match="1 or more"):
        run(workers=workers, package="fake_theorems")  # type: ignore[arg-type]


def test_warnings_are_kept_when_they_are_no_errors() -> None:
    def measure() -> Measurement:
        warnings.warn("limited", UserWarning, stacklevel=1)
        return Measurement((Check("one", 1, 1, 0, "integer arithmetic"),))

    theorem = fake(id="warning", measure=measure)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert attempt(theorem).warnings == ("UserWarning: limited",)


@pytest.mark.parametrize(("result", "words"), [(None, "returned NoneType"), (Measurement(), "nothing was measured")])
def test_an_empty_measurement_fails(result: object, words: str) -> None:
    theorem = fake(id="empty", measure=lambda: result)
    outcome = Outcome(theorem, attempt(theorem))
    assert not outcome.as_recorded
    assert words in outcome.complaints[0]


def test_a_figure_must_be_a_figure() -> None:
    theorem = fake(
        id="text",
        measure=lambda: Measurement((Check("one", 1, 1, 0, "b"),)),
        figure=lambda measurement: "a picture",
    )
    assert "matplotlib.figure.Figure is needed" in attempt(theorem, draw=True).error

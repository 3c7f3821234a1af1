import math

import pytest
from fake_theorems._common import fake
from fake_theorems.passing import measure

from fokker.errors import FokkerError
from fokker.validation import Check, Measurement, Rate
from fokker.validation.registry import discover, find, select


@pytest.mark.parametrize(
    ("measured", "expected", "kind", "passed"),
    [
        (1.0, 1.0, "relative", True),
        (101.0, 100.0, "relative", True),
        (101.0, 100.0, "absolute", False),
        (-1.0, 1.0, "relative", False),
        (0.0, 0.0, "absolute", True),
        (math.nan, 1.0, "relative", False),
        (1.0, math.nan, "relative", False),
        (math.nan, math.nan, "relative", False),
        (math.inf, math.inf, "relative", True),
        (math.inf, 1.0, "relative", False),
        (-math.inf, math.inf, "relative", False),
        (1.0, math.inf, "relative", False),
    ],
)
def test_check(measured: float, expected: float, kind: str, passed: bool) -> None:
    assert Check("q", measured, expected, 0.02, "rounding", kind).passed is passed  # type: ignore[arg-type]


def test_numpy_numbers_become_floats() -> None:
    numpy = pytest.importorskip("numpy")
    check = Check("q", numpy.float32(1), 1, 0, "integer arithmetic")
    assert type(check.measured) is type(check.expected) is float


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((1, 1, math.inf, "b"), "finite number >= 0"),
        ((1, 1, math.nan, "b"), "finite number >= 0"),
        ((1, 1, -1, "b"), "finite number >= 0"),
        ((1, 1, 1e-3, " "), "where the tolerance comes from"),
        ((1, 0, 1e-3, "b"), "give error_is='absolute'"),
        ((1, 1, 1e-3, "b", "procentual"), "accepted: 'relative', 'absolute'"),
    ],
)
def test_check_refuses(arguments: tuple, words: str) -> None:
    with pytest.raises(FokkerError, match=words):
        Check("q", *arguments)


def test_rate_is_the_slope() -> None:
    rate = Rate("q", (1, 2, 4), (1, 1 / 8, 1 / 64), -3, 1e-9, "exact power")
    assert rate.passed
    assert rate.measured == pytest.approx(-3)
    assert rate.last_step == pytest.approx(-3)


@pytest.mark.parametrize("errors", [(1.0, math.nan), (1.0, 0.0), (1.0, -1.0), (math.inf, 1.0)])
def test_rate_without_logarithms_never_passes(errors: tuple) -> None:
    assert not Rate("q", (1, 2), errors, 1, 1e6, "as wide as can be").passed


@pytest.mark.parametrize(("parameter", "errors"), [((1,), (1,)), ((1, 2), (1,)), ((1, 1), (1, 2)), ((), ())])
def test_rate_refuses_too_little(parameter: tuple, errors: tuple) -> None:
    with pytest.raises(FokkerError, match="two different parameters"):
        Rate("q", parameter, errors, 1, 1, "b")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"id": "Corollary 3"}, "a slug such as 'corollary-3'"),
        ({"verdict": "true"}, "accepted are exact, asymptotic"),
        ({"hypotheses": "one"}, "tuple of texts"),
        ({"finding": " "}, "finding is empty"),
        ({"verdict": "false as printed"}, "give corrected="),
        ({"statement": "half a $formula"}, r"a \$ without its partner"),
    ],
)
def test_theorem_refuses(changes: dict, words: str) -> None:
    with pytest.raises(FokkerError, match=words):
        fake(**({"id": "x", "measure": measure} | changes))


def test_discovery_sorts_by_group_and_number() -> None:
    ids = [theorem.id for theorem in discover("fake_theorems")]
    assert ids[:3] == ["passing-too", "passing", "failing"]
    assert ids[-1] == "dying"
    assert len(ids) == len(set(ids)) == 9


@pytest.mark.parametrize(
    ("pattern", "ids"),
    [
        ("passing", ["passing"]),  # a whole id takes only itself
        ("PASSING", ["passing"]),
        ("passing*", ["passing-too", "passing"]),
        ("less", ["figureless", "rateless"]),
        ("?ying", ["dying"]),
    ],
)
def test_select(pattern: str, ids: list[str]) -> None:
    assert [t.id for t in select(pattern, theorems=discover("fake_theorems"))] == ids


def test_select_lists_what_there_is() -> None:
    with pytest.raises(FokkerError, match=r"no theorem matches 'lemma'(.|\n)*passing-too(.|\n)*dying"):
        select("lemma", theorems=discover("fake_theorems"))
    with pytest.raises(FokkerError, match=r"match 'failing' is in the fast subset(.|\n)*without fast"):
        select("failing", fast=True, theorems=discover("fake_theorems"))
    with pytest.raises(FokkerError, match="no theorem matches 'nothing'"):
        find("nothing", "fake_theorems")


def write_package(tmp_path, name: str, **files: str) -> None:
    package = tmp_path / name
    package.mkdir()
    (package / "__init__.py").write_text('GROUPS = ("Sound",)\n')
    for stem, text in files.items():
        (package / f"{stem}.py").write_text(text)


MODULE = "from fake_theorems._common import fake\nfrom fake_theorems.passing import measure\nTHEOREM = fake({})\n"


@pytest.mark.parametrize(
    ("name", "files", "words"),
    [
        ("bare", {"a": "x = 1\n"}, "bare.a holds no theorem"),
        ("twin", dict.fromkeys("ab", MODULE.format("id='t', measure=measure")), "share the id 't'"),
        ("odd", {"a": MODULE.format("id='t', group='Odd', measure=measure")}, "not a section"),
    ],
)
def test_discovery_refuses(tmp_path, monkeypatch, name: str, files: dict, words: str) -> None:
    write_package(tmp_path, name, **files)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(FokkerError, match=words):
        discover(name)


def test_measurement_takes_lists() -> None:
    check = Check("q", 1, 2, 0, "b")
    measurement = Measurement([check])  # type: ignore[arg-type]
    assert measurement.rows == measurement.failures == (check,)

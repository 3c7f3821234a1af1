"""BibTeX of results, and the bibliography behind it."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import fokker
from fokker.errors import FokkerError
from fokker.info import Info
from fokker.results.citation import _entry, entries

PACKAGE = Path(fokker.__file__).parent
BIBLIOGRAPHY = (PACKAGE / "references.bib").read_text(encoding="utf-8")
FIELDS = {
    "article": {"author", "title", "journal", "year", "volume"},
    "book": {"author", "title", "publisher", "year"},
    "incollection": {"author", "title", "booktitle", "publisher", "year"},
    "inproceedings": {"author", "title", "booktitle", "year"},
    "misc": {"author", "title", "year"},
    "software": {"author", "title", "version", "year"},
}
# what may stand for texts in an Info beside texts themselves; each leads to one of the other two places below
HELD_ELSEWHERE = re.compile(
    r"REFERENCES(\[\w+\])?|(self\.)?generator\.(solver|scheme)_source|\w+\.reference|.*info\.references"
    r"|_references\(found\)"
)


def parsed() -> list[tuple[str, str, dict[str, str]]]:
    found = []
    for kind, key, body in re.findall(r"^@(\w+)\{([\w-]+),\n(.*?)^\}$", BIBLIOGRAPHY, re.DOTALL | re.MULTILINE):
        found.append((kind, key, dict(re.findall(r"^  (\w+) = \{(.*)\},$", body, re.MULTILINE))))
    return found


def sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield str(path.relative_to(PACKAGE)), ast.parse(path.read_text(encoding="utf-8"))


def texts(node: ast.AST) -> list[str]:
    return [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]


def info_references(tree: ast.Module) -> Iterator[ast.expr]:
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Info":
            yield from call.args[2:3]
            yield from (k.value for k in call.keywords if k.arg == "references")


def emitted() -> set[str]:
    """Every text that a code path can write into ``info.references``."""
    found: list[str] = []
    for _, tree in sources():
        for references in info_references(tree):
            parts = references.elts if isinstance(references, ast.Tuple) else [references]
            found += [text for part in parts if isinstance(part, ast.Constant) for text in texts(part)]
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and any(ast.unparse(t) == "REFERENCES" for t in node.targets):
                values = node.value.values if isinstance(node.value, ast.Dict) else [node.value]
                found += [text for value in values for text in texts(value)]
            elif isinstance(node, ast.FunctionDef) and node.name in ("solver_source", "scheme_source"):
                found += [text for part in ast.walk(node) if isinstance(part, ast.Return) for text in texts(part)]
    return set(found)


def test_no_info_hides_where_its_references_come_from():
    for file, tree in sources():
        for references in info_references(tree):
            parts = references.elts if isinstance(references, ast.Tuple) else [references]
            for part in parts:
                known = isinstance(part, ast.Constant) or HELD_ELSEWHERE.fullmatch(ast.unparse(part))
                loads = file == "results/load.py"  # texts that a file holds
                assert known or loads, f"{file}: {ast.unparse(part)}"


def test_every_reference_that_a_result_can_name_has_an_entry():
    found = emitted()
    assert {"Jensen 1953", "Hairer and Wanner 1996, section IV.8", "Grassmann, Taksar and Heyman 1985"} <= found
    for text in found:
        entry, where = _entry(text)
        assert text == entry.cited + (f", {where}" if where else "")


def test_no_reference_names_two_entries():
    cited = [entry.cited for entry in entries()]
    assert max(Counter(cited).values()) == 1
    assert not [(a, b) for a in cited for b in cited if b.startswith(f"{a}, ")]


def test_every_entry_that_can_be_named_is_named():
    named = {_entry(text)[0].cited for text in emitted()}
    assert {entry.cited for entry in entries()} - named == {"fokker"}


def test_bibliography_is_well_formed():
    found = parsed()
    assert len(found) == BIBLIOGRAPHY.count("\n@")
    assert BIBLIOGRAPHY.isascii()  # BibTeX of any age reads it
    assert max(Counter(key for _, key, _ in found).values()) == 1
    for kind, key, fields in found:
        assert FIELDS[kind] <= set(fields), key
        assert all(value.count("{") == value.count("}") for value in fields.values()), key
        assert re.fullmatch(r"(18|19|20)\d\d", fields["year"]), key
        assert kind != "misc" or {"eprint", "howpublished"} & set(fields), key


def test_library_entry_has_the_version():
    assert f"version = {{{fokker.__version__}}}" in fokker.citation()


def test_works_named_in_the_sources_are_in_the_bibliography():
    printed = {(fields.get("volume"), fields["year"]) for _, _, fields in parsed()}
    preprints = {fields.get("eprint") for _, _, fields in parsed()}
    missing = []
    for path in PACKAGE.rglob("*.py"):
        text = " ".join(re.sub(r'"\s*\n\s*"', "", path.read_text(encoding="utf-8")).split()).replace("*", "")
        for volume, year in re.findall(r"\b(\d+) \(((?:18|19|20)\d\d)\) R?\d+", text):
            missing += [f"{path.name}: volume {volume} of {year}"] if (volume, year) not in printed else []
        for number in re.findall(r"arXiv:? ?((?:cond-mat/)?\d{4,}(?:\.\d+)?)", text):
            missing += [f"{path.name}: arXiv {number}"] if number not in preprints else []
    assert not missing, "add them to fokker/references.bib"


def test_works_cited_in_the_documentation_are_in_the_bibliography():
    keys = {key for _, key, _ in parsed()}
    pages = PACKAGE.parent / "docs"
    made = ("validation", "examples")  # by the build, from what is looked at here anyway
    written = [path for path in pages.rglob("*.md") if path.relative_to(pages).parts[0] not in made]
    for path in [*written, *(PACKAGE / "demos").iterdir()]:
        if path.suffix not in (".md", ".rst", ".py"):
            continue
        for group in re.findall(r"\{cite(?::\w+)?\}`([^`]+)`|:cite(?::\w+)?:`([^`]+)`", path.read_text("utf-8")):
            assert set(re.split(r",\s*", "".join(group))) <= keys, path.name


@pytest.fixture(scope="module")
def generator():
    problem = fokker.Problem.from_potential(lambda x: x**4 / 4, temperature=1.0, domain={"x": (-3, 3)})
    return fokker.discretize(problem, cells=60)


def test_nothing_gives_the_library_alone():
    assert fokker.citation().startswith("@software{fokker,\n")
    assert fokker.citation().count("@") == 1


def test_several_results_name_each_work_once(generator):
    density, times = fokker.stationary(generator), fokker.mean_first_passage(generator, lambda x: x > 1)
    text = fokker.citation(density, times, density)
    assert re.findall(r"@\w+\{(\w+),", text) == ["fokker", "grassmann1985", "scharfetter1969", "gardiner2004"]
    assert "% section 5.2\n@book{gardiner2004," in text
    assert "cited" not in text


def test_references_survive_a_file(generator, tmp_path):
    density = fokker.stationary(generator)
    density.save(str(tmp_path / "density.npz"))
    assert fokker.citation(fokker.load(str(tmp_path / "density.npz"))) == fokker.citation(density)


def test_unknown_reference_is_not_lost():
    assert fokker.citation(Info("by hand", {}, ("Somebody 2050",))).endswith("% no entry is known for Somebody 2050")


@pytest.mark.parametrize("thing", [1.5, None, "density"])
def test_things_without_info_are_refused(thing):
    with pytest.raises(FokkerError, match="does not know how it was found"):
        fokker.citation(thing)


def test_currents_and_single_times_cite_what_their_laws_do():
    problem = fokker.Problem(
        lambda x: 0.5 + np.sin(x), diffusion=0.5, domain={"x": (0, 2 * np.pi)}, boundary="periodic"
    )
    generator = fokker.discretize(problem, cells=40)
    density = fokker.stationary(generator)
    path = fokker.propagate(generator, {"x": 1.0}, [0.5, 1.0])
    for result, source in ((density.current(), density), (path[1], path), (path[1].current(), path)):
        assert result.info.references == source.info.references != ()

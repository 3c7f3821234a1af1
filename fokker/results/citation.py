"""BibTeX of the methods behind a result."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from fokker.errors import FokkerError, explain
from fokker.info import Info

LIBRARY = "fokker"


class Entry(NamedTuple):
    """An entry of the bibliography that results name by the text `cited`."""

    cited: str
    bibtex: str


def citation(*results: object) -> str:
    """Return BibTeX of the methods used in some results, and of the library itself.

    Parameters
    ----------
    *results
        Records with ``info``, such as a density or a mean first-passage time, or an `Info`; with none, the
        library alone. A sweep names the methods of its answers if these are records; numbers do not know theirs.

    Returns
    -------
    str
        Entries in the order in which they are first named, each once. Where a result names a chapter or section,
        it stands in a comment above the entry.

    Raises
    ------
    FokkerError
        For something without ``info``, such as a number.

    Examples
    --------
    >>> import fokker
    >>> problem = fokker.Problem.from_potential(lambda x: x**4 / 4, temperature=1.0, domain={"x": (-4, 4)})
    >>> density = fokker.stationary(fokker.discretize(problem, cells=100))
    >>> density.info.references
    ('Grassmann, Taksar and Heyman 1985', 'Scharfetter and Gummel 1969')
    >>> text = fokker.citation(density)
    >>> text.count("@")
    3
    >>> print(text.split("\\n\\n")[2])
    @article{scharfetter1969,
      author = {Scharfetter, D. L. and Gummel, H. K.},
      title = {Large-signal analysis of a silicon {Read} diode oscillator},
      journal = {IEEE Transactions on Electron Devices},
      volume = {16},
      number = {1},
      pages = {64--77},
      year = {1969},
      doi = {10.1109/T-ED.1969.16566},
    }
    """
    named = dict.fromkeys(text for result in results for text in _info(result).references)
    remarks: dict[str, list[str]] = {_entry(LIBRARY)[0].bibtex: []}
    unknown = []
    for text in named:
        try:
            entry, where = _entry(text)
        except KeyError:  # a record from a file that a later version wrote
            unknown.append(f"% no entry is known for {text}")
        else:
            remarks.setdefault(entry.bibtex, []).extend([f"% {where}"] if where else [])
    return "\n\n".join(["\n".join([*above, bibtex]) for bibtex, above in remarks.items()] + unknown)


def _info(result: object) -> Info:
    info = result if isinstance(result, Info) else getattr(result, "info", None)
    if not isinstance(info, Info):
        raise FokkerError(
            explain(
                f"{type(result).__name__} does not know how it was found.",
                given=" ".join(repr(result).split())[:80],
                accepted=[
                    "records with info, such as a density, a passage time, a spectrum or a trajectory",
                    "nothing, for the library itself: fokker.citation()",
                ],
                try_="fokker.citation(fokker.stationary(generator))",
            )
        )
    return info


def _entry(text: str) -> tuple[Entry, str]:
    """Return the entry that a reference names, and the place in it.

    Raises
    ------
    KeyError
        If there is none.
    """
    for entry in entries():
        if text == entry.cited:
            return entry, ""
        if text.startswith(f"{entry.cited}, "):
            return entry, text[len(entry.cited) + 2 :]
    raise KeyError(text)


@cache
def entries() -> tuple[Entry, ...]:
    """Return the entries of ``references.bib`` that results can name.

    An entry begins with ``@`` and ends with a line of one brace; a test holds the file to that.
    """
    from importlib import resources  # slow to load

    text = resources.files("fokker").joinpath("references.bib").read_text(encoding="utf-8")
    found = []
    for bibtex in re.findall(r"^@.*?^}$", text, re.DOTALL | re.MULTILINE):
        cited = re.search(r"^  cited = \{(.*)\},\n", bibtex, re.MULTILINE)
        if cited:
            found.append(Entry(cited[1], bibtex.replace(cited[0], "")))
    return tuple(found)

"""Examples, one a file: each is a page of the documentation, a figure and a test.

``fokker demo NAME`` runs one. They are scripts, to be run and not imported; this module
finds them, and loads nothing but the standard library.

>>> from fokker import demos
>>> demos.path("power_law").name
'power_law.py'
"""

from __future__ import annotations

import ast
import difflib
from pathlib import Path

_FOLDER = Path(__file__).parent


def names() -> tuple[str, ...]:
    """Return the names of all examples, in alphabetical order.

    >>> "power_law" in names()
    True
    """
    stems = (file.stem for file in _FOLDER.glob("*.py"))
    return tuple(sorted(stem for stem in stems if not stem.startswith("_")))


def path(name: str) -> Path:
    """Return the file of an example.

    Parameters
    ----------
    name : str
        One of `names`.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    FokkerError
        If there is no such example; similar names are offered.

    Examples
    --------
    >>> path("power_laws")
    Traceback (most recent call last):
        ...
    fokker.errors.FokkerError: there is no example of this name.
      given     power_laws
      try       power_law
    """
    known = names()
    if name in known:
        return _FOLDER / f"{name}.py"
    from fokker.errors import FokkerError, explain

    near = difflib.get_close_matches(name.lower().replace("-", "_"), known, n=3)
    longer = [other for other in known if name and name.lower() in other]
    remedy = ", ".join(dict.fromkeys(near + longer)) or "fokker demo, which lists them"
    headline = "there is no example of this name."
    raise FokkerError(explain(headline, given=name or "an empty name", try_=remedy))


def title(name: str) -> str:
    """Return the title of an example: the first line of its text.

    Raises
    ------
    FokkerError
        As `path`.
    """
    source = path(name).read_text(encoding="utf-8")
    lines = (ast.get_docstring(ast.parse(source)) or name).splitlines()
    return next(line for line in lines if line.strip("=- "))  # a title may be overlined

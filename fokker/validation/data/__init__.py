"""Reference numbers stored as data, each file beside the script that makes it."""

import json
from importlib import resources
from typing import Any


def load(name: str) -> Any:
    """Return the content of ``name.json``, numbers as they are written there.

    Examples
    --------
    >>> load("escape_times")["kramers"][0]["saddle"][:8]
    '30.82130'
    """
    return json.loads(resources.files(__package__).joinpath(f"{name}.json").read_text(encoding="utf-8"))

"""Records that are kept field by field: their files, and how they look in a notebook."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fokker.errors import FokkerError, explain
from fokker.info import Info

Arrays = dict[str, NDArray[Any]]


class KeptRecord:
    """A frozen dataclass of numbers, words, arrays, `Info` and records like it, which saves and shows itself.

    Every subclass is known to `fokker.load` by its name, so that a storey above this one can have records of its own.
    """

    kinds: ClassVar[dict[str, type[KeptRecord]]] = {}

    def __init_subclass__(cls) -> None:
        KeptRecord.kinds[cls.__name__] = cls

    def save(self, path: str) -> None:
        """Write the record to an npz file, without pickle; read it with `fokker.load`."""
        arrays: Arrays = {}
        header = np.array(json.dumps(_packed(self, "record", arrays)))
        everything: dict[str, Any] = {"header": header, **arrays}
        np.savez_compressed(path, **everything)

    def _picture(self) -> Callable[..., Any] | None:
        """Return what draws the picture in a notebook, if there is one."""
        return getattr(self, "plot", None)

    def _repr_html_(self) -> str:
        from fokker.notebook import record_html

        return record_html(repr(self), self._picture())


def unpacked(header: Mapping[str, Any], arrays: Arrays) -> KeptRecord:
    """Return the record that `KeptRecord.save` wrote.

    Raises
    ------
    FokkerError
        If its kind is not known, or has other fields here.
    """
    kind = header["kind"]
    if kind not in KeptRecord.kinds:
        known = ", ".join(sorted(KeptRecord.kinds))
        raise FokkerError(explain("records of this kind are not known here.", given=str(kind), accepted=known))
    values = {name: _value(part, arrays) for name, part in header["fields"].items()}
    try:
        return KeptRecord.kinds[kind](**values)
    except TypeError as error:
        given = f"{kind} with the fields {', '.join(values)}"
        headline = "the record in this file has other fields than it has here."
        raise FokkerError(explain(headline, given=given, try_="the version that wrote it")) from error


def _packed(value: Any, place: str, arrays: Arrays) -> Any:
    """Return a value in terms of JSON; arrays go to `arrays` under their place."""
    if isinstance(value, np.ndarray):
        arrays[place] = value
        return {"array": place}
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Mapping):
        return {"mapping": {key: _packed(part, f"{place}.{key}", arrays) for key, part in value.items()}}
    if isinstance(value, (tuple, list)):
        return {"tuple": [_packed(part, f"{place}.{k}", arrays) for k, part in enumerate(value)]}
    names = [field.name for field in fields(value)]
    parts = {name: _packed(getattr(value, name), f"{place}.{name}", arrays) for name in names}
    return {"kind": type(value).__name__, "fields": parts}


def _value(part: Any, arrays: Arrays) -> Any:
    """Return what `_packed` took apart."""
    if not isinstance(part, dict):
        return part
    if "array" in part:
        return arrays[part["array"]]
    if "mapping" in part:
        return {key: _value(each, arrays) for key, each in part["mapping"].items()}
    if "tuple" in part:
        return tuple(_value(each, arrays) for each in part["tuple"])
    if part["kind"] == "Info":
        return Info(**{name: _value(each, arrays) for name, each in part["fields"].items()})
    return unpacked(part, arrays)

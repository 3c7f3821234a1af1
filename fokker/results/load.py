"""Reading records back."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from fokker.errors import FokkerError, explain
from fokker.generator import Generator
from fokker.info import Info
from fokker.linalg import Scaled
from fokker.results.current import Current
from fokker.results.density import Density
from fokker.results.passage import PassageTime


def load(path: str, generator: Generator | None = None) -> Density | Current | PassageTime:
    """Read a record written by its ``save``.

    Parameters
    ----------
    path : str
        An npz file.
    generator : Generator, optional
        The generator of a density, discretized again; with it ``at`` and the moments work.

    Raises
    ------
    FokkerError
        If the file holds no record, or the generator has other nodes.
    """
    with np.load(path, allow_pickle=False) as data:
        if "header" not in data:
            raise FokkerError(
                explain(
                    "this file holds no record.",
                    given=str(path),
                    accepted="a file written by a record's save",
                )
            )
        header: dict[str, Any] = json.loads(str(data["header"]))
        arrays = {key: data[key] for key in data.files if key != "header"}
    names = tuple(header["names"])
    nodes = tuple(arrays[f"nodes_{k}"] for k in range(len(names)))
    if generator is not None and any(not np.array_equal(a, b) for a, b in zip(nodes, generator.nodes, strict=False)):
        raise FokkerError(
            explain(
                "the generator has other nodes than the record.",
                given=f"{generator.shape} cells for a record of {tuple(len(n) for n in nodes)}",
                accepted="the same problem, discretized on the same grid",
            )
        )
    info = Info(header["method"], header["values"], tuple(header["references"]), tuple(header["warnings"]))
    if header["kind"] == "Current":
        return Current(names, (arrays["faces"],), nodes, arrays["values"], info)
    numbers = Scaled(arrays["mantissa"], arrays["exponent"])
    if header["kind"] == "PassageTime":
        return PassageTime(names, nodes, numbers, info)
    return Density(names, nodes, arrays["masses"], numbers, generator, info)

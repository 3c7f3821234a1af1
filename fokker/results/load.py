"""Reading records back."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.driven import Driven
from fokker.errors import FokkerError, explain
from fokker.generator import Generator
from fokker.info import Info
from fokker.linalg import Scaled
from fokker.results.correlation import Autocorrelation, PowerSpectrum
from fokker.results.current import Current
from fokker.results.density import Density
from fokker.results.exit_law import ExitLaw, exit_law_from
from fokker.results.expectation import Expectation
from fokker.results.kept import KeptRecord, unpacked
from fokker.results.mesh_current import MeshCurrent
from fokker.results.occupation import Occupation
from fokker.results.passage import PassageTime
from fokker.results.periodic_state import PeriodicState
from fokker.results.probability import HittingProbability
from fokker.results.quasi_stationary import QuasiStationary
from fokker.results.reactive import ReactiveFlux
from fokker.results.spectrum import Spectrum
from fokker.results.sweep_result import SweepResult, failures_from
from fokker.results.trajectory import Trajectory

Record = (
    Trajectory
    | Density
    | Current
    | ReactiveFlux
    | PassageTime
    | HittingProbability
    | Occupation
    | QuasiStationary
    | Spectrum
    | Autocorrelation
    | PowerSpectrum
    | Expectation
    | ExitLaw
    | KeptRecord
    | PeriodicState
    | SweepResult
)


def load(path: str | BytesIO, generator: Generator | Driven | None = None) -> Record:
    """Read a record written by its ``save``.

    Parameters
    ----------
    path : str
        An npz file, or its bytes.
    generator : Generator or Driven, optional
        The generator of a density, discretized again; with it ``at`` and the moments work. A `Driven` for the
        trajectory or the periodic state of one.

    Raises
    ------
    FokkerError
        If the file holds no record, or the generator has other nodes or is a `Driven` that does not go with it.
    """
    header, arrays = _read(path)
    if "fields" in header:
        _refuse_generator(header["kind"], generator)
        return unpacked(header, arrays)
    names = tuple(header["names"])
    nodes = tuple(arrays.pop(f"nodes_{k}") for k in range(len(names)))
    driven, held = (generator, None) if isinstance(generator, Driven) else (None, generator)
    if driven is not None:
        _require_timed(header["kind"])
    first = held if driven is None else driven.at(0.0)
    if first is not None:
        _require_same_nodes(nodes, first)
    info = Info(header["method"], header["values"], tuple(header["references"]), tuple(header["warnings"]))
    numbers = Scaled(arrays["mantissa"], arrays["exponent"]) if "mantissa" in arrays else None
    record = _record(header["kind"], names, nodes, arrays, numbers, info, held)
    if driven is not None and isinstance(record, (Trajectory, PeriodicState)):
        return replace(record, driven=driven)
    return record


def _read(path: str | BytesIO) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read header and arrays; NumPy adds ".npz" to names without it, and so do we."""
    place = path if isinstance(path, BytesIO) or os.path.exists(path) or str(path).endswith(".npz") else f"{path}.npz"
    none = FokkerError(
        explain("this file holds no record.", given=str(path), accepted="a file written by a record's save")
    )
    try:
        with np.load(place, allow_pickle=False) as data:
            if "header" not in data:
                raise none
            return json.loads(str(data["header"])), {key: data[key] for key in data.files if key != "header"}
    except (ValueError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise none from error


def _record(
    kind: str,
    names: tuple[str, ...],
    nodes: tuple[NDArray[np.float64], ...],
    arrays: dict[str, NDArray[Any]],
    numbers: Scaled | None,
    info: Info,
    generator: Generator | None,
) -> Record:
    if kind == "Current":
        return _current(names, nodes, arrays, info)
    if kind == "Trajectory":
        exited = {key.removeprefix("exited "): taken for key, taken in arrays.items() if key.startswith("exited ")}
        laws, places = arrays["laws"], arrays.get("places")
        return Trajectory(names, nodes, arrays["masses"], arrays["times"], laws, exited, info, generator, places=places)
    if kind == "SweepResult":
        return _sweep(names, nodes, arrays, info)
    if kind == "ExitLaw":
        return exit_law_from(arrays, info)
    if kind == "Expectation":
        return Expectation(names, nodes, arrays["times"], arrays["values"], info, generator)
    if kind == "Autocorrelation":
        return Autocorrelation(nodes[0], arrays["values"], float(arrays["mean"]), float(arrays["time"]), info)
    if kind == "PowerSpectrum":
        return PowerSpectrum(nodes[0], arrays["values"], info)
    if kind == "PeriodicState":
        return PeriodicState.of_file(names, nodes, arrays, info)
    if kind == "ReactiveFlux":
        log_flux, population = (float(v) for v in arrays["numbers"])
        current = _current(names, nodes, arrays, info)
        return ReactiveFlux(names, nodes, arrays["masses"], arrays["cell_mass"], current, log_flux, population, info)
    if kind == "Spectrum":
        return Spectrum(names, nodes, arrays["eigenvalues"], arrays["right"], arrays["left"], info)
    assert numbers is not None
    if kind == "PassageTime":
        return PassageTime(names, nodes, numbers, info, kind=str(arrays["moment"]))
    if kind == "HittingProbability":
        failure = Scaled(arrays["failure"], arrays["failure_exponent"])
        return HittingProbability(names, nodes, str(arrays["sink"]), numbers, failure, info)
    if kind == "Occupation":
        return Occupation(names, nodes, arrays["masses"], numbers, info)
    if kind == "QuasiStationary":
        return QuasiStationary(names, nodes, arrays["masses"], numbers, float(arrays["log_rate"][0]), info)
    return Density(names, nodes, arrays["masses"], numbers, generator, info)


def _current(
    names: tuple[str, ...], nodes: tuple[NDArray[np.float64], ...], arrays: dict[str, NDArray[Any]], info: Info
) -> Current:
    faces = tuple(arrays[f"faces_{k}"] for k in range(len(names)))
    if len(names) > 1 and "values_1" not in arrays:
        return MeshCurrent(names, faces, nodes, arrays["values_0"], info)
    fluxes = tuple(arrays[f"values_{k}"] for k in range(len(names)))
    return Current(names, faces, nodes, fluxes if len(names) > 1 else fluxes[0], info)


def _sweep(
    names: tuple[str, ...], axes: tuple[NDArray[Any], ...], arrays: Mapping[str, NDArray[Any]], info: Info
) -> SweepResult:
    """Return a sweep; records lie in it as files of their own."""
    if "results" in arrays:
        results = arrays["results"]
    else:
        shape = tuple(arrays["shape"].tolist())
        results = np.full(int(np.prod(shape)), None, dtype=object)
        for name in arrays.keys() - {"label", "failures", "shape"}:
            results[int(name.removeprefix("record "))] = load(BytesIO(arrays[name].tobytes()))
        results = results.reshape(shape)
    return SweepResult(names, axes, results, failures_from(str(arrays["failures"])), info, str(arrays["label"]))


def _refuse_generator(kind: str, generator: object) -> None:
    if generator is not None:
        headline = "a record that was not solved for has no generator."
        given = f"a {type(generator).__name__} for a record of the kind {kind}"
        raise FokkerError(explain(headline, given=given, try_="fokker.load(path)"))


def _require_timed(kind: str) -> None:
    if kind not in ("Trajectory", "PeriodicState"):
        raise FokkerError(
            explain(
                "a driven process goes with a trajectory or a periodic state.",
                given=f"a Driven for a {kind}",
                accepted="the generator at the time of the record",
                try_="fokker.load(path, generator=driven.at(t))",
            )
        )


def _require_same_nodes(nodes: tuple[NDArray[np.float64], ...], generator: Generator) -> None:
    same = len(nodes) == len(generator.nodes)
    if not (same and all(np.array_equal(a, b) for a, b in zip(nodes, generator.nodes, strict=True))):
        raise FokkerError(
            explain(
                "the generator has other nodes than the record.",
                given=f"{generator.shape} cells for a record of {tuple(len(n) for n in nodes)}",
                accepted="the same problem, discretized on the same grid",
            )
        )

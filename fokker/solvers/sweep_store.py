"""The store of a sweep: a folder with a header and one file a point, each written at once or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from fokker.errors import FokkerError, explain

_FORMAT = 1
_WORTH = 0.1  # seconds of work that a cut of the power, which is noticed by the checksum, may cost a point
_HEADER, _LOCK, _POINTS = "sweep.json", "lock", "points"
_ANOTHER = "another folder, or none of store= and key="

Packed = dict[str, NDArray[Any]]


def pack(answer: Any) -> Packed:
    """Return an answer as arrays: numbers as they are, anything else as the bytes of a pickle."""
    numbers = np.asarray(answer) if isinstance(answer, (bool, int, float, complex, np.ndarray)) else np.empty(0, "O")
    if numbers.dtype.kind in "biufc":
        return {"numbers": numbers}
    try:
        import cloudpickle as writer  # records hold the user's functions, which pickle cannot write
    except ImportError:
        writer = pickle
    return {"pickle": np.frombuffer(writer.dumps(answer), dtype=np.uint8)}


def unpack(packed: Mapping[str, NDArray[Any]]) -> Any:
    """Return the answer that was packed."""
    if "numbers" in packed:
        numbers = packed["numbers"]
        return numbers.item() if numbers.ndim == 0 else numbers
    return pickle.loads(packed["pickle"].tobytes())


def put(folder: str, index: int, packed: Packed, doubts: Sequence[str], seconds: float) -> None:
    """Write one point.

    Raises
    ------
    FokkerError
        If the file cannot be written.
    """
    target = Path(folder) / _POINTS / f"{index:06d}.npz"
    arrays: dict[str, Any] = {**packed, "doubts": np.array(doubts, dtype=str), "seconds": np.array(seconds)}
    try:
        with _whole(target, force=seconds > _WORTH) as file:
            np.savez(file, **arrays)
    except OSError as error:
        raise FokkerError(
            explain(
                "the store cannot be written.", given=f"{target}: {error}", try_="room on the disk, or another folder"
            )
        ) from error


@contextlib.contextmanager
def _whole(target: Path, force: bool = True) -> Iterator[IO[bytes]]:
    """Open a file that takes its name once it is complete and, with `force`, on the disk."""
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            yield file
            if force:
                file.flush()
                os.fsync(file.fileno())
        os.replace(beside, target)
    except BaseException:  # a full disk wants its room back
        beside.unlink(missing_ok=True)
        raise


class Store:
    """The folder of one sweep, locked while it is in use."""

    def __init__(self, path: str | os.PathLike[str], header: Mapping[str, Any]) -> None:
        try:
            self.folder = Path(path).absolute()
            _require_free(self.folder)
            (self.folder / _POINTS).mkdir(parents=True, exist_ok=True)
            with contextlib.ExitStack() as stack:
                self._lock, alone = _locked(self.folder / _LOCK)
                stack.callback(self.close)
                self._agree({"format": _FORMAT, **header})
                for left in (self.folder / _POINTS).glob(".*") if alone else ():  # by processes that were killed
                    left.unlink(missing_ok=True)
                stack.pop_all()
        except (OSError, TypeError) as error:  # the latter for what is no path
            headline = "the store cannot be used."
            raise FokkerError(explain(headline, given=f"{path}: {error}", try_=_ANOTHER)) from error

    def close(self) -> None:
        """Let others have the folder."""
        self._lock.close()

    def _agree(self, header: dict[str, Any]) -> None:
        """Write the header, or raise if another one is there."""
        place = self.folder / _HEADER
        if not place.exists():
            with _whole(place) as file:
                file.write(json.dumps(header, indent=1).encode())
            return
        try:
            there = json.loads(place.read_text(encoding="utf-8"))
            stored = {name: there[name] for name in header}
        except (ValueError, KeyError, TypeError) as error:
            headline = "this folder holds no sweep that can be read."
            raise FokkerError(explain(headline, given=str(place), try_=_ANOTHER)) from error
        for name, value in header.items():
            if stored[name] != value:
                raise _differs(self.folder, name, stored[name], value)

    def done(self) -> Iterator[tuple[int, Any, tuple[str, ...], float]]:
        """Return index, answer, doubts and seconds of the points that are there; what cannot be read is not."""
        for place in sorted((self.folder / _POINTS).glob("*.npz")):
            try:
                with place.open("rb") as file, np.load(file, allow_pickle=False) as data:
                    packed = dict(data)
                kept = int(place.stem), unpack(packed), tuple(packed["doubts"].tolist()), float(packed["seconds"])
            except Exception:  # a damaged file, or a pickle of what no longer exists: solved again
                continue
            yield kept


def _require_free(folder: Path) -> None:
    """Raise if the place is taken by something else."""
    if folder.exists() and not folder.is_dir():
        headline = "the store of a sweep is a folder, and this is a file."
    elif folder.is_dir() and not (folder / _HEADER).exists() and _strangers(folder):
        headline = "this folder belongs to something else: it holds files, but no sweep."
    else:
        return
    raise FokkerError(
        explain(headline, given=str(folder), accepted="a new or empty folder, or the store of this sweep")
    )


def _strangers(folder: Path) -> bool:
    """Return whether there is anything but what a store that was killed at once leaves."""
    return any(
        path.name not in (_LOCK, _POINTS) and not path.name.startswith(f".{_HEADER}") for path in folder.iterdir()
    )


def _differs(folder: Path, name: str, stored: Any, given: Any) -> FokkerError:
    if name == "values":
        pairs = [(a, b) for x, y in zip(stored, given, strict=False) for a, b in zip(x, y, strict=False) if a != b]
        counts = [" x ".join(str(len(axis)) for axis in values) for values in (stored, given)]
        stored, given = (f"{pairs[0][k]} among {counts[k]}" if pairs else counts[k] for k in (0, 1))
    return FokkerError(
        explain(
            f"the store is that of another sweep: {name} differs.",
            stored=f"{name} {stored}, in {folder}",
            given=f"{name} {given}",
            try_="what was stored, to go on with it; another folder for another sweep",
        )
    )


def _locked(place: Path) -> tuple[IO[bytes], bool]:
    """Open and lock a file until it is closed, or until this process is gone; return also whether there are locks."""
    file = place.open("ab")
    try:
        import fcntl
    except ImportError:  # no such locks here: two sweeps at once would only solve points twice
        return file, False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        headline = "another sweep is using this store."
        raise FokkerError(explain(headline, given=str(place.parent), try_="to wait for it; " + _ANOTHER)) from None
    except OSError:  # a file system without locks
        return file, False
    return file, True

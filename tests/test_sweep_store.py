"""The store of a sweep: what was solved is not solved again, whatever happened in between."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import fokker
from fokker.errors import DomainError, FokkerError, FokkerWarning

VALUES = [1.0, 2.0, 4.0]


def walk(length):
    ends = (-length, length)
    return fokker.Problem(0.0, diffusion=1.0, domain={"x": ends}, boundary="absorbing")


def escape_time(generator):
    return fokker.mean_first_passage(generator).at(x=0.0)


def counted(folder, question=escape_time):
    """Return a question that leaves a file for each call."""
    folder.mkdir(exist_ok=True)

    def asked(generator):
        (folder / f"{generator.problem.domain['x'][1]:g} {time.monotonic_ns()}").touch()
        return question(generator)

    return asked


def run(tmp_path, values=VALUES, question=escape_time, key="walk", cells=30, **more):
    return fokker.sweep(
        walk, values, counted(tmp_path / "calls", question), cells=cells, store=tmp_path / "store", key=key, **more
    )


def calls(tmp_path):
    return len(list((tmp_path / "calls").iterdir()))


@pytest.mark.parametrize(
    "question",
    [
        escape_time,
        lambda g: 3,
        lambda g: True,
        lambda g: 1 + 2j,
        lambda g: np.array([[1.0, 2.0]]),
        fokker.mean_first_passage,
        lambda g: "text",
        lambda g: {"a": 1.0},
    ],
)
def test_answers_come_back_as_they_were(tmp_path, question):
    first = run(tmp_path, question=question)
    second = run(tmp_path, question=question)
    assert calls(tmp_path) == 3
    assert (first.info.from_store, second.info.from_store) == (0, 3)
    assert first.results.dtype == second.results.dtype
    assert first.results.shape == second.results.shape
    if first.is_numeric:
        assert np.array_equal(first.results, second.results)
    elif question is fokker.mean_first_passage:  # with its generator
        assert [r.at(x=0.1) for r in first.results] == [r.at(x=0.1) for r in second.results]
    else:
        assert list(first.results) == list(second.results)


def test_numbers_are_kept_without_pickle(tmp_path):
    run(tmp_path)
    with np.load(tmp_path / "store" / "points" / "000002.npz", allow_pickle=False) as kept:
        assert kept["numbers"] == pytest.approx(8.0, rel=1e-12)  # L**2 / (2 D)


def test_failed_points_are_tried_again(tmp_path):
    def unlucky(generator):
        if generator.problem.domain["x"][1] == 2.0:
            raise DomainError("not yet")
        return escape_time(generator)

    with pytest.warns(FokkerWarning, match="not yet"):
        first = run(tmp_path, question=unlucky)
    second = run(tmp_path)
    assert np.isnan(first.results[1])
    assert second.results[1] == pytest.approx(2.0, rel=1e-12)
    assert calls(tmp_path) == 4


def test_doubts_are_kept(tmp_path):
    def doubted(generator):
        from fokker.info import warn_once

        warn_once(["few cells"])
        return 1.0

    for _ in range(2):
        with pytest.warns(FokkerWarning, match=r"few cells \(at length = 1 and 2 more\)"):
            run(tmp_path, question=doubted)
    assert calls(tmp_path) == 3


def test_a_damaged_point_is_solved_again(tmp_path):
    run(tmp_path)
    place = tmp_path / "store" / "points" / "000001.npz"
    place.write_bytes(place.read_bytes()[:100])
    assert run(tmp_path).results[1] == pytest.approx(2.0, rel=1e-12)
    assert calls(tmp_path) == 4


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"key": "run"}, r"key differs[\s\S]*stored +key walk[\s\S]*given +key run"),
        ({"values": [1.0, 2.0, 5.0]}, r"values differs[\s\S]*4\.0 among 3[\s\S]*5\.0 among 3"),
        ({"values": [1.0, 2.0]}, r"values differs[\s\S]*values 3,[\s\S]*values 2"),
        ({"values": {"length": VALUES}}, None),
        ({"values": [1, 2, 4]}, None),
        ({"cells": 40}, r"settings differs[\s\S]*30[\s\S]*40"),
        ({"scheme": "scharfetter-gummel"}, "settings differs"),
        ({"key": ""}, "is a text"),
        ({"key": 3}, "is a text"),
        ({"values": [(1.0,), object()]}, "tells points apart"),
    ],
)
def test_the_store_of_another_sweep(tmp_path, change, words):
    run(tmp_path)
    if words is None:  # the same points, said otherwise
        run(tmp_path, **change)
    else:
        with pytest.raises(FokkerError, match=words):
            run(tmp_path, **change)
    assert calls(tmp_path) == 3


@pytest.mark.parametrize("header", ["nonsense", "[]", "{}", '{"format": 1}'])
def test_a_header_that_is_none(tmp_path, header):
    run(tmp_path)
    (tmp_path / "store" / "sweep.json").write_text(header)
    with pytest.raises(FokkerError, match="holds no sweep that can be read"):
        run(tmp_path)


def test_a_store_of_a_later_version(tmp_path):
    run(tmp_path)
    place = tmp_path / "store" / "sweep.json"
    place.write_text(json.dumps(json.loads(place.read_text()) | {"format": 2}))
    with pytest.raises(FokkerError, match="format differs"):
        run(tmp_path)


def test_places_that_are_taken(tmp_path):
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "thesis.tex").touch()
    with pytest.raises(FokkerError, match="belongs to something else"):
        run(tmp_path)
    with pytest.raises(FokkerError, match="this is a file"):
        fokker.sweep(walk, VALUES, escape_time, cells=30, store=tmp_path / "store" / "thesis.tex", key="a")
    with pytest.raises(FokkerError, match="cannot be used"):
        fokker.sweep(walk, VALUES, escape_time, cells=30, store=tmp_path / "store" / "thesis.tex" / "a", key="a")


def line(**shape):
    return fokker.Grid(x=fokker.Axis.line(30, **shape))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (line(scale=1.0), line(scale=2.0)),  # both print as "reach from the coefficients"
        (line(scale=1.0, reach=8.0), line(scale=2.0, reach=8.0)),
        (line(scale=1.0), line(scale=1.0, closure="reflect")),
        *(
            (fokker.Grid(x=fokker.Axis.stretched(a)), fokker.Grid(x=fokker.Axis.stretched(b)))
            for a, b in [([-4, -1, 0, 4], [-4, -2, 0, 4])]
        ),
    ],
)
def test_a_grid_is_more_than_it_prints(tmp_path, first, second):
    def centred(curvature):
        return fokker.Problem(lambda x: -curvature * x, diffusion=1.0, domain={"x": (-np.inf, np.inf)})

    def asked(grid):
        where = centred if np.isinf(grid.axes["x"].lo) else lambda c: fokker.Problem(0.0, diffusion=c, domain=ends)
        law = lambda g: fokker.stationary(g).at(x=0.5)  # noqa: E731
        return fokker.sweep(where, [1.0], law, grid=grid, store=tmp_path / "store", key="k")

    ends = {"x": (-4, 4)}
    asked(first)
    assert asked(first).info.from_store == 1
    with pytest.raises(FokkerError, match="settings differs"):
        asked(second)


def test_functions_among_the_settings_do_not_tell_a_store_from_itself(tmp_path):
    def box(width):
        return fokker.Problem((0.0, 0.0), diffusion=1.0, domain={"x": (-width, width), "y": (-width, width)})

    def asked(radius):
        window = fokker.Window(where=lambda x, y: x > 0)  # another address each time
        return fokker.sweep(
            box,
            [1.0],
            lambda g: fokker.mean_first_passage(g).at(x=0.8, y=0.8),
            cells=(20, 20),
            obstacle=lambda x, y: x**2 + y**2 < radius**2,
            wall=window,
            store=tmp_path / "store",
            key="window",
        )

    asked(0.5)
    assert asked(0.5).info.from_store == 1


@pytest.mark.parametrize("cells", [[30], (30,), (np.int64(30),)])
def test_cells_are_the_same_however_they_are_said(tmp_path, cells):
    run(tmp_path, cells=(30,))
    assert run(tmp_path, cells=cells).info.from_store == 3


def test_one_deadly_point_that_is_left_kills_its_own_process(tmp_path):
    def deadly(generator):
        if generator.problem.domain["x"][1] == 2.0:
            os._exit(9)
        return 1.0

    for from_store in (0, 2):
        with pytest.warns(FokkerWarning, match=r"1 of 3 points failed[\s\S]*length = 2[\s\S]*died"):
            assert run(tmp_path, question=deadly, workers=2).info.from_store == from_store


def test_what_is_no_path():
    with pytest.raises(FokkerError, match="store cannot be used"):
        fokker.sweep(walk, VALUES, escape_time, cells=30, store=3, key="a")


FULL = """
import resource, sys
import numpy as np, fokker

def walk(length):
    return fokker.Problem(0.0, diffusion=1.0, domain={"x": (-length, length)}, boundary="absorbing")

def asked(generator):
    return np.zeros(5000 if generator.problem.domain["x"][1] == 2.0 else 1)

resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
try:
    fokker.sweep(walk, [1.0, 2.0], asked, cells=5, store=sys.argv[1], key="k")
except fokker.FokkerError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such limits")
@pytest.mark.parametrize(("size", "words", "left"), [(20000, "cannot be written", 1), (10, "cannot be used", 0)])
def test_a_full_disk_leaves_whole_files_alone(tmp_path, size, words, left):
    store = tmp_path / "store"
    command = [sys.executable, "-c", FULL, str(store), str(size)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert words in done.stdout
    assert stored(tmp_path) == left
    assert not list((store / "points").glob(".*"))
    assert not list(store.glob(".*"))
    assert calls_whole(store) == left


def calls_whole(store):
    """Return how many points of a store can be read."""
    found = 0
    for place in (store / "points").iterdir():
        with np.load(place, allow_pickle=False) as data:
            found += "numbers" in data
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks")
def test_without_locks_the_files_of_another_sweep_are_left_alone(tmp_path, monkeypatch):
    import fcntl

    def none(file, how):
        raise OSError("no locks on this file system")

    run(tmp_path)
    beside = tmp_path / "store" / "points" / ".000001.npz.1"
    beside.touch()
    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "flock", none)
        assert run(tmp_path).info.from_store == 3
    assert beside.exists()
    run(tmp_path)
    assert not beside.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks")
def test_one_sweep_at_a_time(tmp_path):
    def nested(generator):
        with pytest.raises(FokkerError, match="another sweep is using"):
            run(tmp_path)
        return 1.0

    assert run(tmp_path, question=nested).results.tolist() == [1.0, 1.0, 1.0]


def test_a_store_that_cannot_be_written_ends_the_sweep(tmp_path):
    def hostile(generator):
        points = tmp_path / "store" / "points"
        if points.is_dir():
            points.rmdir()
            points.touch()
        return 1.0

    with pytest.raises(FokkerError, match="store cannot be written"):
        run(tmp_path, question=hostile)


SCRIPT = """
import sys, time
from pathlib import Path
import fokker
folder, workers = Path(sys.argv[1]), int(sys.argv[2])

def walk(length):
    return fokker.Problem(0.0, diffusion=1.0, domain={"x": (-length, length)}, boundary="absorbing")

def asked(generator):
    length = generator.problem.domain["x"][1]
    begun = folder / "begun" / f"{length:g}-{time.monotonic_ns()}"
    begun.touch()
    answer = fokker.mean_first_passage(generator).at(x=0.0)
    time.sleep(0.01)
    return answer

times = fokker.sweep(walk, range(1, 201), asked, cells=20, workers=workers, store=folder / "store", key="walk")
print(times.info.from_store, abs(times.results / (times.values ** 2 / 2.0) - 1.0).max())
"""


def start(tmp_path, workers=2):
    (tmp_path / "begun").mkdir(exist_ok=True)
    (tmp_path / "script.py").write_text(SCRIPT)
    return subprocess.Popen(
        [sys.executable, str(tmp_path / "script.py"), str(tmp_path), str(workers)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def stored(tmp_path):
    return len(list((tmp_path / "store" / "points").glob("*.npz"))) if (tmp_path / "store").exists() else 0


def wait_for(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def session(number):
    """Return the processes of a session that are not zombies."""
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = place.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == number and fields[0] != "Z":
            found.append(int(place.parent.name))
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at the processes through /proc")
@pytest.mark.parametrize(
    "how",
    [signal.SIGKILL, signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)],
    ids=lambda how: how.name,
)
def test_killed_in_the_middle_and_continued(tmp_path, how):
    workers = 2
    process = start(tmp_path, workers)
    wait_for(lambda: stored(tmp_path) >= 80)
    if how == signal.SIGINT:  # as a terminal sends it: to all
        os.killpg(process.pid, how)
    else:
        os.kill(process.pid, how)
    _, noise = process.communicate(timeout=60)
    wait_for(lambda: not session(process.pid), 5.0)  # nobody is left behind
    there = stored(tmp_path)
    begun = len(list((tmp_path / "begun").iterdir()))
    assert 80 <= there < 200
    assert there <= begun <= there + workers
    assert "Traceback" not in noise
    assert how != signal.SIGINT or "interrupted after" in noise

    second = start(tmp_path, workers)
    answer, noise = second.communicate(timeout=120)
    assert second.returncode == 0, noise
    from_store, error = answer.split()
    assert int(from_store) == there
    assert float(error) < 1e-12, noise  # the noise says which point failed, and why
    lengths = [place.name.partition("-")[0] for place in (tmp_path / "begun").iterdir()]
    assert len(set(lengths)) == 200
    assert len(lengths) == 200 + begun - there <= 200 + workers
    assert stored(tmp_path) == 200
    assert not list((tmp_path / "store" / "points").glob(".*"))

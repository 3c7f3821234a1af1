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
    assert float(error) < 1e-12
    lengths = [place.name.partition("-")[0] for place in (tmp_path / "begun").iterdir()]
    assert len(set(lengths)) == 200
    assert len(lengths) == 200 + begun - there <= 200 + workers
    assert stored(tmp_path) == 200
    assert not list((tmp_path / "store" / "points").glob(".*"))

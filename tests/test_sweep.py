"""Sweeps: every point as a plain loop solves it, failures set aside, one record."""

import os
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest

import fokker
from fokker.errors import DomainError, FokkerError, FokkerWarning, MissingExtra
from fokker.info import Info, warn_once

BARRIERS = np.linspace(2.0, 8.0, 7)


def well(barrier):
    return fokker.Problem.from_potential(lambda x: barrier * (x**2 - 1) ** 2, temperature=1.0, domain={"x": (-2, 2)})


def tilted(barrier, tilt):
    return fokker.Problem.from_potential(
        lambda x: barrier * (x**2 - 1) ** 2 + tilt * x, temperature=1.0, domain={"x": (-2, 2)}
    )


def escape_time(generator):
    return fokker.mean_first_passage(generator, lambda x: x > 1).at(x=-1.0)


def loop(values, question=escape_time, cells=60):
    return [question(fokker.discretize(well(value), cells=cells)) for value in values]


@pytest.mark.parametrize("workers", [None, 2])
def test_it_is_a_plain_loop(workers):
    times = fokker.sweep(well, BARRIERS, escape_time, cells=60, workers=workers)
    assert np.array_equal(times.results, loop(BARRIERS))
    assert np.array_equal(times.values, BARRIERS)
    assert (times.names, times.label, times.failures, len(times)) == (("barrier",), "escape time", (), 7)
    assert times.info.points == 7
    assert times.info.failed == times.info.from_store == 0


def test_several_parameters_are_every_combination():
    values = {"tilt": [-1, 0], "barrier": [2.0, 4.0, 6.0]}
    times = fokker.sweep(tilted, values, escape_time, cells=60)
    for i, tilt in enumerate(values["tilt"]):
        for j, barrier in enumerate(values["barrier"]):
            assert times.results[i, j] == escape_time(fokker.discretize(tilted(barrier, tilt), cells=60))
    assert list(times.values) == ["tilt", "barrier"]
    assert times.results.shape == (2, 3)
    labelled = times.to_xarray()
    assert labelled.dims == ("tilt", "barrier")
    assert labelled.name == "escape_time"
    assert float(labelled.sel(tilt=0, barrier=4.0)) == times.results[1, 1]


def test_arrays_are_stacked():
    x = np.array([-1.0, 0.0, 0.5])
    law = fokker.sweep(well, [2.0, 4.0], lambda g: fokker.stationary(g).at(x=x), cells=60)
    assert law.results.shape == (2, 3)
    assert law.to_xarray().dims == ("barrier", "component")
    pairs = fokker.sweep(well, [2.0, 4.0], lambda g: (escape_time(g), 1), cells=60)
    assert pairs.results.shape == (2, 2)
    assert pairs.results[1, 0] == loop([4.0])[0]


def test_records_travel_whole():
    laws = fokker.sweep(well, [2.0, 4.0], fokker.stationary, cells=60, workers=2)
    alone = fokker.stationary(fokker.discretize(well(4.0), cells=60))
    assert laws.results.shape == (2,)
    assert laws.results.dtype == object
    assert laws.results[1].at(x=0.3) == alone.at(x=0.3)  # the generator is with it
    labelled = laws.to_xarray()
    assert labelled.dims == ("barrier", "x")
    assert np.array_equal(labelled[1], alone.values)
    assert "records (Density)" in repr(laws)


def test_labels_of_records_that_failed_or_clash():
    def sometimes(barrier):
        if barrier == 4.0:
            raise DomainError("not four")
        return well(barrier)

    with pytest.warns(FokkerWarning, match="1 of 2"):
        labelled = fokker.sweep(sometimes, [2.0, 4.0], fokker.stationary, cells=30).to_xarray()
    assert np.isnan(labelled[1]).all()
    assert np.isfinite(labelled[0]).all()
    with pytest.raises(FokkerError, match="'x' is a parameter of the sweep and a coordinate"):
        fokker.sweep(lambda x: well(x), [2.0], fokker.stationary, cells=30).to_xarray()
    with pytest.raises(FokkerError, match=r"no labelled form[\s\S]*str"):
        fokker.sweep(well, [2.0], lambda g: "text", cells=30).to_xarray()


def test_records_on_different_places_have_no_common_label():
    def line(curvature):
        return fokker.Problem(lambda x: -curvature * x, diffusion=1.0, domain={"x": (-np.inf, np.inf)})

    laws = fokker.sweep(line, [1.0, 4.0], fokker.stationary, cells=30)
    with pytest.raises(FokkerError, match=r"lie on different places[\s\S]*at\(x=points\)"):
        laws.to_xarray()


def test_values_are_handed_on_as_a_loop_does():
    seen = []

    def kept(value):
        seen.append(value)
        return well(2.0)

    fokker.sweep(kept, ["low", "high"], escape_time, cells=30)
    pairs = fokker.sweep(kept, [(1, 2), (3, 4)], escape_time, cells=30)
    assert seen == ["low", "high", (1, 2), (3, 4)]
    assert pairs.values[1] == (3, 4)


def test_without_cells_the_function_makes_generators():
    times = fokker.sweep(lambda n: fokker.discretize(well(2.0), cells=n), [30, 60], escape_time)
    assert times.results[1] == loop([2.0])[0]
    assert times.names == ("n",)


def test_a_grid_and_the_options_of_discretize_are_handed_on():
    grid = fokker.Grid(x=fokker.Axis.uniform(60, -2, 2))
    times = fokker.sweep(well, [2.0, 4.0], escape_time, grid=grid, scheme="scharfetter-gummel")
    g = fokker.discretize(well(4.0), grid=grid, scheme="scharfetter-gummel")
    assert times.results[1] == escape_time(g) != loop([4.0])[0]


@pytest.mark.parametrize("workers", [1, 2])
def test_failures_are_set_aside_with_one_warning(workers):
    def sometimes(barrier):
        if barrier in (3.0, 5.0):
            raise DomainError("no such barrier.\n  given     it")
        return well(barrier)

    with pytest.warns(FokkerWarning, match=r"2 of 7 points failed, see failures; first barrier = 3: Dom") as caught:
        times = fokker.sweep(sometimes, BARRIERS, escape_time, cells=60, workers=workers)
    assert len(caught) == 1
    assert [f.index for f in times.failures] == [1, 3]
    assert times.failures[1].point == {"barrier": 5.0}
    assert times.failures[0].error == "DomainError: no such barrier.\n  given     it"
    assert "sometimes" in times.failures[0].traceback
    good = np.delete(np.arange(7), [1, 3])
    assert np.array_equal(times.results[good], loop(BARRIERS[good]))
    assert np.isnan(times.results[[1, 3]]).all()
    assert times.info.failed == 2
    assert "2 of 7" in repr(times)


def test_a_process_that_dies_takes_one_point_with_it():
    def deadly(generator):
        if generator.cells == 33:
            os._exit(9)
        return float(generator.cells)

    def sized(n):
        return fokker.discretize(well(2.0), cells=n)

    with pytest.warns(FokkerWarning, match=r"1 of 4 points failed[\s\S]*n = 33[\s\S]*died"):
        sizes = fokker.sweep(sized, [32, 33, 34, 35], deadly, workers=2)
    assert np.array_equal(np.isnan(sizes.results), [False, True, False, False])
    assert sizes.results[3] == 35.0


def test_an_error_that_cannot_print_itself_is_a_failure():
    class MuteError(Exception):
        def __str__(self):
            raise RuntimeError("mute")

    def sometimes(barrier):
        if barrier == 3.0:
            raise MuteError
        return well(barrier)

    with pytest.warns(FokkerWarning, match="barrier = 3: MuteError"):
        times = fokker.sweep(sometimes, [2.0, 3.0], escape_time, cells=30)
    assert np.array_equal(np.isnan(times.results), [False, True])


@pytest.mark.parametrize("workers", [1, 2])
def test_an_answer_that_is_none_or_cannot_travel_fails(workers):
    answers = {2.0: lambda g: None, 3.0: lambda g: threading.Lock(), 4.0: lambda g: 1.0}
    point = {"barrier": 2.0}

    def chosen(barrier):
        point["barrier"] = barrier
        return well(barrier)

    with pytest.warns(FokkerWarning, match=r"failed[\s\S]*returned nothing"):
        got = fokker.sweep(chosen, [2.0, 3.0, 4.0], lambda g: answers[point["barrier"]](g), cells=30, workers=workers)
    assert len(got.failures) == workers
    assert workers == 1 or "pickle" in got.failures[1].error


def test_doubts_are_one_warning_and_threads_are_shared_out():
    def doubted(generator):
        from threadpoolctl import threadpool_info

        warn_once(["few cells"])
        return max(pool["num_threads"] for pool in threadpool_info())

    import loky

    with pytest.warns(FokkerWarning, match=r"^few cells \(at barrier = 2 and 6 more\)$") as caught:
        threads = fokker.sweep(well, BARRIERS, doubted, cells=30, workers=2)
    assert len(caught) == 1
    assert threads.info.warnings == ("few cells (at barrier = 2 and 6 more)",)
    assert (threads.results <= max(1, loky.cpu_count() // 2)).all()


def test_all_points_failing_is_an_error():
    with pytest.raises(FokkerError, match=r"every point[\s\S]*2 points, the first with barrier = 1[\s\S]*ZeroDiv"):
        fokker.sweep(well, [1, 2], lambda g: 1 / 0, cells=30)
    with pytest.raises(FokkerError, match=r"makes a Problem[\s\S]*returned a NoneType[\s\S]*return fokker.Problem"):
        fokker.sweep(lambda b: None, [1, 2], escape_time, cells=30)
    with pytest.raises(FokkerError, match=r"a Problem with cells= or grid=, or a generator"):
        fokker.sweep(well, [1, 2], escape_time)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"values": []}, "there are no values"),
        ({"values": np.zeros(0)}, "there are no values"),
        ({"values": 3.0}, "are no sequence"),
        ({"values": "abc"}, "are no sequence"),
        ({"values": {1.0, 2.0}}, "are no sequence"),
        ({"values": (b for b in [1.0])}, r"are no sequence[\s\S]*np.linspace"),
        ({"values": np.eye(2)}, r"one a point[\s\S]*shape \(2, 2\)[\s\S]*mapping"),
        ({"values": {}}, "needs their names"),
        ({"values": {"height": [1.0]}}, r"does not take these parameters[\s\S]*well\(barrier\)[\s\S]*height"),
        ({"values": {"barrier": []}}, "no values of barrier"),
        ({"problem": tilted}, r"does not take these[\s\S]*tilt[\s\S]*mapping"),
        ({"problem": well(2.0)}, r"problem is no function[\s\S]*def well"),
        ({"question": 3}, r"question is no function[\s\S]*lambda g"),
        ({"workers": 0}, "no such number of workers"),
        ({"workers": 1.5}, "no such number of workers"),
        ({"workers": True}, "no such number of workers"),
        ({"worker": 2}, r"unknown argument 'worker'[\s\S]*scheme"),
        ({"store": "somewhere"}, "needs a key"),
        ({"key": "name"}, "needs a key"),
        ({"client": "tcp://127.0.0.1"}, "running cluster"),
        ({"client": 3, "workers": 2}, "exclude each other"),
    ],
)
def test_bad_input(arguments, words):
    given = {"problem": well, "values": [1.0], "question": escape_time, "cells": 30} | arguments
    with pytest.raises(FokkerError, match=words):
        fokker.sweep(**given)


def test_functions_that_cannot_travel():
    lock = threading.Lock()
    with pytest.raises(FokkerError, match=r"cannot travel[\s\S]*lock[\s\S]*workers=1"):
        fokker.sweep(well, [1.0, 2.0], lambda g: (lock, 1.0)[1], cells=30, workers=2)
    assert fokker.sweep(well, [1.0], lambda g: (lock, 1.0)[1], cells=30).results[0] == 1.0


@pytest.mark.parametrize(("package", "arguments"), [("loky", {"workers": 2}), ("distributed", {"client": 1})])
def test_without_the_extra(monkeypatch, package, arguments):
    monkeypatch.setitem(sys.modules, package, None)
    extra = "sweep" if package == "loky" else "cluster"
    with pytest.raises(MissingExtra, match=rf'pip install "fokker\[{extra}\]"'):
        fokker.sweep(well, [1.0], escape_time, cells=30, **arguments)
    assert fokker.sweep(well, [2.0], escape_time, cells=60, workers=1).results[0] == loop([2.0])[0]


def test_the_script_needs_no_main_guard_and_shows_a_bar(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import fokker\n"
        "walk = lambda d: fokker.Problem(0.0, diffusion=d, domain={'x': (-1, 1)}, boundary='absorbing')\n"
        "r = fokker.sweep(walk, [1, 2], lambda g: fokker.mean_first_passage(g).at(x=0.0), cells=50, workers=2,\n"
        "                 progress=True)\n"
        "print(r.results.round(9).tolist())\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", str(script)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[0.5, 0.25]"  # L**2 / (2 D)
    assert "2/2" in done.stderr
    assert "Warning" not in done.stderr


def test_pictures(monkeypatch):
    import matplotlib.pyplot as plt

    times = fokker.sweep(well, BARRIERS, escape_time, cells=60)
    ax = times.plot()
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_yscale()) == ("barrier", "escape time", "linear")
    steep = fokker.sweep(well, [2.0, 20.0], escape_time, cells=60)
    assert steep.plot().get_yscale() == "log"
    plane = fokker.sweep(tilted, {"barrier": [2.0, 4.0], "tilt": [0.0, 1.0]}, escape_time, cells=30)
    assert plane.plot().get_ylabel() == "tilt"
    lines = fokker.sweep(well, [2.0, 4.0], lambda g: [1.0, 2.0], cells=30).plot()
    assert len(lines.lines) == 2
    assert lines.get_legend() is not None
    with pytest.raises(FokkerError, match=r"no picture[\s\S]*results"):
        fokker.sweep(well, [2.0], fokker.stationary, cells=30).plot()
    plt.close("all")


def test_it_prints_itself_in_five_lines_and_as_html():
    times = fokker.sweep(well, BARRIERS, escape_time, cells=60)
    lines = repr(times).splitlines()
    assert lines[0] == "Sweep over barrier: escape time at 7 points"
    assert len(lines) == 5
    assert "2 .. 8" in lines[1]
    assert "<img" in times._repr_html_()
    records = fokker.sweep(well, [2.0], fokker.stationary, cells=30)
    assert "<th" in records._repr_html_()
    assert "<img" not in records._repr_html_()


@pytest.mark.parametrize("question", [escape_time, fokker.stationary, lambda g: [1.0, 2.0]])
def test_saved_and_loaded(tmp_path, question):
    def sometimes(barrier):
        if barrier == 3.0:
            raise DomainError("not three")
        return well(barrier)

    with pytest.warns(FokkerWarning, match="1 of 3"):
        sweep = fokker.sweep(sometimes, [2.0, 3.0, 4.0], question, cells=30)
    sweep.save(str(tmp_path / "sweep.npz"))
    again = fokker.load(str(tmp_path / "sweep.npz"))
    assert isinstance(again, fokker.SweepResult)
    assert repr(again) == repr(sweep)
    assert again.failures == sweep.failures
    assert again.info == sweep.info
    if sweep.is_numeric:
        assert np.array_equal(again.results, sweep.results, equal_nan=True)
    else:
        assert again.results[1] is None
        assert np.array_equal(again.results[2].values, sweep.results[2].values)


def test_what_no_file_can_hold(tmp_path):
    with pytest.raises(FokkerError, match="cannot be written"):
        fokker.sweep(well, [2.0], lambda g: "text", cells=30).save(str(tmp_path / "a"))
    pairs = fokker.sweep(lambda p: well(p[0]), [(2.0, "a")], escape_time, cells=30)
    with pytest.raises(FokkerError, match="cannot be written"):
        pairs.save(str(tmp_path / "a"))


def test_an_interrupt_returns_what_is_done():
    def interrupted(barrier):
        if barrier == 4.0:
            raise KeyboardInterrupt
        return well(barrier)

    with pytest.warns(FokkerWarning, match="interrupted after 2 of 7 points"):
        times = fokker.sweep(interrupted, BARRIERS, escape_time, cells=60)
    assert np.array_equal(times.results[:2], loop(BARRIERS[:2]))
    assert np.isnan(times.results[2:]).all()
    with pytest.raises(KeyboardInterrupt):
        fokker.sweep(interrupted, [4.0], escape_time, cells=60)
    with pytest.raises(KeyboardInterrupt):  # one that failed is no answer
        fokker.sweep(interrupted, ["bad", 4.0], escape_time, cells=60)


def test_a_sweep_of_records_names_their_methods():
    laws = fokker.sweep(well, [2.0, 4.0], fokker.stationary, cells=30)
    assert laws.info.references == laws.results[0].info.references != ()
    assert fokker.citation(laws) == fokker.citation(laws.results[0])


def test_a_name_of_underscores_is_no_label():
    def _(generator):
        return 1.0

    assert fokker.sweep(well, [2.0], _, cells=30).label == "result"


def test_the_record_is_frozen():
    times = fokker.sweep(well, [2.0], escape_time, cells=30)
    with pytest.raises(AttributeError):
        times.info = Info("other")


def test_importing_loads_no_pool():
    code = "import sys, fokker; print([m for m in ('loky', 'cloudpickle', 'distributed', 'dask') if m in sys.modules])"
    with warnings.catch_warnings():
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_masked_answers_are_no_numbers_where_they_are_masked():
    def question(generator):
        return np.ma.masked_greater(np.arange(3), 1)

    found = fokker.sweep(well, [1.0], question, cells=20)
    np.testing.assert_array_equal(found.results, [[0.0, 1.0, np.nan]])

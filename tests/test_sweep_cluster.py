"""Sweeps on a cluster, in a process of its own: dask warns on its way, and pytest makes errors of that."""

import subprocess
import sys

import pytest

pytest.importorskip("distributed")

SCRIPT = """
import os, sys, tempfile, warnings
from pathlib import Path
import numpy as np
import fokker
from distributed import Client, LocalCluster

def walk(length):
    return fokker.Problem(0.0, diffusion=1.0, domain={"x": (-length, length)}, boundary="absorbing")

def main(processes):
    offset = 1.0
    folder = Path(tempfile.mkdtemp())

    def asked(g):
        (folder / f"{g.problem.domain['x'][1]:g} {os.urandom(4).hex()}").touch()
        if g.problem.domain["x"][1] == 3.0:
            raise ValueError("not three")
        fokker.info.warn_once(["few cells"])
        return fokker.mean_first_passage(g).at(x=0.0) + offset

    values = [1.0, 2.0, 3.0, 4.0]
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=processes, dashboard_address=None) as cluster:
        with Client(cluster) as client, warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            first = fokker.sweep(walk, values, asked, cells=30, client=client, store=folder / "store", key="k")
            second = fokker.sweep(walk, values, asked, cells=30, client=client, store=folder / "store", key="k")
            large = np.zeros(2_000_000)  # goes out once, not once a point, of which dask would warn
            fokker.sweep(walk, values, lambda g: large[0], cells=30, client=client)
            laws = fokker.sweep(walk, [1.0, 2.0], fokker.mean_first_passage, cells=30, client=client)
    here = fokker.sweep(walk, [1.0, 2.0, 4.0], lambda g: fokker.mean_first_passage(g).at(x=0.0) + offset, cells=30)
    assert np.array_equal(first.results[[0, 1, 3]], here.results) and np.isnan(first.results[2])
    assert np.array_equal(first.results, second.results, equal_nan=True)
    assert (first.info.from_store, second.info.from_store) == (0, 3)
    assert len(list(folder.iterdir())) == 1 + 4 + 1  # the store, each once, and the one that failed again
    assert "not three" in first.failures[0].error and "a cluster" in repr(first)
    assert laws.results[1].at(x=0.5) > 1.0
    told = [str(w.message) for w in caught if issubclass(w.category, fokker.FokkerWarning)]
    assert len(told) == 2 and all("1 of 4" in t and "few cells (at length = 1 and 2 more)" in t for t in told), told
    try:
        fokker.sweep(walk, values, asked, cells=30, client=client)
    except fokker.FokkerError as error:
        assert "running cluster" in str(error)
    else:
        raise AssertionError("a closed client was taken")

if __name__ == "__main__":
    main(sys.argv[1] == "processes")
    print("done")
"""

LOST = """
import time
from pathlib import Path
from threading import Thread
import fokker
from distributed import Client, LocalCluster

def walk(length):
    return fokker.Problem(0.0, diffusion=1.0, domain={"x": (-length, length)}, boundary="absorbing")

if __name__ == "__main__":
    with LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None) as cluster:
        client = Client(cluster)
        slow = lambda g: (time.sleep(0.1), 1.0)[1]

        def close():
            while len(list(Path("store/points").glob("*"))) < 2:
                time.sleep(0.01)
            client.close()

        Thread(target=close).start()
        try:
            fokker.sweep(walk, range(1, 100), slow, cells=30, client=client, store="store", key="k")
        except fokker.FokkerError as error:
            print(str(error).splitlines()[0])
        kept = len(list(Path("store/points").glob("*")))
        with Client(cluster) as client:
            again = fokker.sweep(walk, range(1, 100), lambda g: 1.0, cells=30, client=client, store="store", key="k")
        assert again.info.from_store == kept >= 2
"""


@pytest.mark.parametrize("how", ["processes", "threads"])
def test_a_local_cluster(tmp_path, how):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, str(script), how], capture_output=True, text=True, timeout=120, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "done"


def test_a_client_that_closes_in_the_middle(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(LOST)
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=120, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "the cluster was lost during the sweep."

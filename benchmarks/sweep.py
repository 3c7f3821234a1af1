"""What a sweep costs beside a plain loop: start-up, overhead a point, speed-up, the price of a store.

The escape time of a quartic well at barriers between 2 and 40 kT. Each way of solving is timed several times, in turn,
and the least time of each is taken. A sweep over one point for each process is its start-up; what more points take is
set against the loop. Points that solve nothing show the overhead alone. On a machine that is busy with something else
the speed-up is that of the cores that are left.

Run ``python benchmarks/sweep.py [--points N] [--cells N] [--workers N] [--repeats N]``; it needs loky
(``pip install "fokker[sweep]"``).
"""

from __future__ import annotations

import os

os.environ.update(
    dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
)

import argparse
import tempfile
import time
from collections.abc import Callable

import numpy as np

import fokker


def well(barrier: float) -> fokker.Problem:
    return fokker.Problem.from_potential(lambda x: barrier * (x**2 - 1) ** 2, temperature=1.0, domain={"x": (-2, 2)})


def escape_time(generator: fokker.Generator) -> float:
    return fokker.mean_first_passage(generator, lambda x: x > 1).at(x=-1.0)


def least(tasks: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Return the least time of each task, taken in turn."""
    times: dict[str, float] = dict.fromkeys(tasks, np.inf)
    for _ in range(repeats):
        for name, task in tasks.items():
            start = time.perf_counter()
            task()
            times[name] = min(times[name], time.perf_counter() - start)
    return times


def compare(points: int, cells: int, workers: int, repeats: int) -> None:
    """Print times of one case, and their ratios to the loop."""
    barriers = np.linspace(2.0, 40.0, points)

    def loop() -> list[float]:
        return [escape_time(fokker.discretize(well(b), cells=cells)) for b in barriers]

    def sweep(values: np.ndarray = barriers, **more: object) -> fokker.SweepResult:
        return fokker.sweep(well, values, escape_time, cells=cells, **more)

    def kept(number: int) -> fokker.SweepResult:
        with tempfile.TemporaryDirectory() as folder:
            return sweep(store=folder, key="benchmark", workers=number)

    assert np.array_equal(sweep(workers=workers).results, np.array(loop()))  # compiles, too
    many = f"{workers} processes"
    times = least(
        {
            "plain loop": loop,
            "this process": sweep,
            "this process, store": lambda: kept(1),
            f"{many}, one point each": lambda: sweep(barriers[:workers], workers=workers),
            many: lambda: sweep(workers=workers),
            f"{many}, store": lambda: kept(workers),
        },
        repeats,
    )
    base, started = times["plain loop"], times[f"{many}, one point each"]
    print(f"\n{points} points of {cells} cells, {1e3 * base / points:.3g} ms a point in a loop")
    for name, seconds in times.items():
        print(f"  {name:<30}{seconds:8.3f} s   {seconds / base:6.2f} times the loop")
    after = (times[many] - started) / max(1, points - workers) * points
    print(f"  after a start of {started:.2f} s, {many} are {base / after:.2f} times as fast as the loop")


def overhead(points: int, workers: int, repeats: int) -> None:
    """Print what a sweep adds to a point: that of points that solve nothing."""
    generator = fokker.discretize(well(2.0), cells=30)

    def sweep(count: int, number: int) -> fokker.SweepResult:
        return fokker.sweep(lambda _: generator, range(count), lambda _: 0.0, workers=number)

    def kept(count: int, number: int) -> fokker.SweepResult:
        with tempfile.TemporaryDirectory() as folder:
            return fokker.sweep(
                lambda _: generator, range(count), lambda _: 0.0, workers=number, store=folder, key="benchmark"
            )

    print(f"\n{points} points that solve nothing")
    for number in (1, workers):
        for name, way in (("", sweep), (", store", kept)):
            times = least(
                {"few": lambda n=number, w=way: w(n, n), "all": lambda n=number, w=way: w(points, n)}, repeats
            )
            cost = 1e6 * (times["all"] - times["few"]) / (points - number)
            print(f"  {f'{number} process(es){name}':<26}{cost:8.0f} us a point, start {times['few']:.3f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--cells", type=int, default=20000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    compare(asked.points, asked.cells, asked.workers, asked.repeats)
    overhead(10 * asked.points, asked.workers, asked.repeats)


if __name__ == "__main__":
    main()

"""Simulated steps against the time that NumPy needs to draw as many normal numbers.

The process is the one-dimensional power-law dynamic dX = -H X dt + sqrt(eta C(X)) dW, C quadratic, by Euler-Maruyama,
on one thread. Beside it: the other schemes and walls, two parameters, the discrete dynamics, minibatch descent on the
models of the library, the paths for arbitrary functions and models, plain NumPy scripts, and diffrax or torchsde if
they can be imported. Wall and processor time, the least of three runs; multiples of the drawing compare processor
times, which another load on the machine leaves alone. Then the gain of a second thread, and the first
call of a new process with the kernels of numba's cache and without.

A step of descent is one of one replica, with a batch of one; it draws one index, not a normal.

Run ``python benchmarks/simulators.py [--steps 1e8]``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import fokker
from fokker.sgd import (
    DiagonalNetwork,
    HiddenLayer,
    LinearModel,
    NoiseModel,
    TensorNoiseModel,
    simulate_first_passage,
    simulate_power_law,
    simulate_recursion,
    simulate_sde,
    simulate_sgd,
)

REPLICAS, STEP = 10_000, 1e-3
NOISE = NoiseModel(0.0, curvature=2.0, sigma_g=1.5, rho=0.0, sigma_H=0.8, learning_rate=0.5)
FLAT, BOWL = np.zeros((2, 2, 2)), 0.2 * np.einsum("ij,kl->ijkl", np.eye(2), np.eye(2))
PLANE = TensorNoiseModel([0.0, 0.0], [[2.0, 0.5], [0.5, 1.0]], [[1.5, 0.4], [0.4, 1.0]], FLAT, BOWL, 0.1)
DRAW = np.random.default_rng(0)
X, Y = DRAW.normal(size=(100, 3)), DRAW.normal(size=100)
MODELS = {
    "least squares, 3": LinearModel(X, Y),
    "diagonal network, 6": DiagonalNetwork(X, Y),
    "hidden layer of 8, 40": HiddenLayer(X, Y, width=8),
}
ALLOWED = 3.0  # times of drawing


class Times(NamedTuple):
    """Seconds."""

    wall: float
    cpu: float


def best(run: Callable[[], object], repeats: int = 3) -> Times:
    """Return the least wall time, and the least processor time of all threads."""
    walls, cpus = [], []
    for _ in range(repeats):
        begin, used = time.perf_counter(), time.process_time()
        run()
        walls.append(time.perf_counter() - begin)
        cpus.append(time.process_time() - used)
    return Times(min(walls), min(cpus))


def drawing(total: int) -> Times:
    """Draw as many normals with NumPy, in pieces that stay in the cache: its fastest way."""
    rng, out = np.random.default_rng(0), np.empty(1 << 16)

    def run() -> None:
        for _ in range(total // out.size):
            rng.standard_normal(out=out)

    return best(run)


def ours(total: int, convention: str = "ito", walls: bool = False, functions: bool = False, workers: int = 1) -> Times:
    """Steps of this library."""
    problem = NOISE.problem({"theta": (-2.0, 2.0)} if walls else None, convention=convention)
    if functions:
        problem = fokker.Problem(
            lambda x: NOISE.drift(x),
            diffusion=lambda x: NOISE.diffusion(x),
            convention=convention,
            domain=problem.domain,
        )
    steps = total // REPLICAS
    return best(lambda: simulate_sde(problem, 0.0, step=STEP, steps=steps, replicas=REPLICAS, rng=0, workers=workers))


def passages(total: int, workers: int = 1) -> Times:
    """Steps with the Brownian bridge at two ends that are hardly ever reached."""
    given: dict[str, Any] = {"step": STEP, "horizon": total / REPLICAS * STEP, "replicas": REPLICAS, "rng": 0}
    return best(lambda: simulate_first_passage(NOISE.problem(), 0.0, (-50.0, 50.0), workers=workers, **given))


def plane(total: int, functions: bool = False, workers: int = 1) -> Times:
    """Steps of a process of two parameters, with a covariance that depends on both."""
    problem, origin = PLANE.problem(), {"theta_1": 0.0, "theta_2": 0.0}
    if functions:
        problem = fokker.Problem(
            lambda *x: PLANE.drift_at(*x),
            diffusion=lambda *x: PLANE.diffusion_at(*x),
            convention="ito",
            domain=problem.domain,
        )
    given: dict[str, Any] = {"step": STEP, "steps": total // REPLICAS, "replicas": REPLICAS, "rng": 0}
    return best(lambda: simulate_sde(problem, origin, workers=workers, **given))


def power_law(total: int, noise: NoiseModel | TensorNoiseModel = NOISE, workers: int = 1) -> Times:
    """Steps of the discrete dynamic."""
    steps = total // REPLICAS
    return best(lambda: simulate_power_law(noise, steps=steps, replicas=REPLICAS, rng=0, workers=workers))


def recursion(total: int) -> Times:
    """The same from functions."""
    given: dict[str, Any] = {"learning_rate": NOISE.learning_rate, "steps": total // REPLICAS, "rng": 0}
    variance = NOISE.gradient_variance
    return best(lambda: simulate_recursion(lambda x: 2.0 * x, variance, {"x": 0.0}, replicas=REPLICAS, **given))


class Plain:
    """A model that the library does not recognise: it runs by NumPy."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)


def descent(total: int, model: Any, workers: int = 1, **more: Any) -> Times:
    """Steps of minibatch descent."""
    start = np.full(model.parameters, 0.1)
    given: dict[str, Any] = {"learning_rate": 0.01, "batch_size": 1, "replicas": REPLICAS, "rng": 0} | more
    return best(lambda: simulate_sgd(model, start, steps=total // REPLICAS, workers=workers, **given))


def script(total: int) -> Times:
    """The script that one would write in NumPy."""
    rng = np.random.default_rng(0)

    def run() -> None:
        x = np.zeros(REPLICAS)
        for _ in range(total // REPLICAS):
            variance = NOISE.learning_rate * (NOISE.sigma_g + NOISE.sigma_H * x**2)
            x = x - NOISE.curvature * x * STEP + np.sqrt(variance * STEP) * rng.standard_normal(REPLICAS)

    return best(run)


def descent_script(total: int) -> Times:
    """The script for least squares in NumPy."""
    rng = np.random.default_rng(0)

    def run() -> None:
        theta = np.full((REPLICAS, 3), 0.1)
        for _ in range(total // REPLICAS):
            x, y = X[pick := rng.integers(len(X), size=REPLICAS)], Y[pick]
            theta = theta - 0.01 * ((x * theta).sum(axis=1) - y)[:, None] * x

    return best(run)


def torchsde_steps(total: int) -> Times:
    """The same by torchsde."""
    import torch
    import torchsde

    torch.set_num_threads(1)

    class Dynamic(torch.nn.Module):
        noise_type, sde_type = "diagonal", "ito"

        def f(self, t: object, y: torch.Tensor) -> torch.Tensor:
            return -NOISE.curvature * y

        def g(self, t: object, y: torch.Tensor) -> torch.Tensor:
            return torch.sqrt(NOISE.learning_rate * (NOISE.sigma_g + NOISE.sigma_H * y**2))

    steps = total // REPLICAS
    start, times = torch.zeros(REPLICAS, 1, dtype=torch.float64), torch.tensor([0.0, steps * STEP])
    with torch.no_grad():
        return best(lambda: torchsde.sdeint(Dynamic(), start, times, method="euler", dt=STEP), repeats=1)


def diffrax_steps(total: int) -> Times:
    """The same by diffrax, compiled; the first call is not counted."""
    import diffrax
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    steps = total // REPLICAS

    def one(key: jax.Array) -> jax.Array:
        brownian = diffrax.UnsafeBrownianPath(shape=(), key=key)
        terms = diffrax.MultiTerm(
            diffrax.ODETerm(lambda t, y, args: -NOISE.curvature * y),
            diffrax.ControlTerm(
                lambda t, y, args: jnp.sqrt(NOISE.learning_rate * (NOISE.sigma_g + NOISE.sigma_H * y**2)), brownian
            ),
        )
        span = {"t0": 0.0, "t1": steps * STEP, "dt0": STEP, "y0": jnp.zeros(()), "max_steps": steps + 10}
        return diffrax.diffeqsolve(
            terms, diffrax.Euler(), **span, adjoint=diffrax.ForwardMode(), saveat=diffrax.SaveAt(t1=True)
        ).ys

    run = jax.jit(jax.vmap(one))
    keys = jax.random.split(jax.random.PRNGKey(0), REPLICAS)
    run(keys).block_until_ready()
    return best(lambda: run(keys).block_until_ready())


FIRST = {
    "simulate_sde": "n.problem(), 0.0, step=0.01, steps=10, replicas=100, rng=0",
    "simulate_sgd": "fokker.sgd.LinearModel([[1.0]], [1.0]), [0.0], learning_rate=0.1, batch_size=1, steps=9",
}


def cold(cache: str, verb: str) -> float:
    """Time of the first simulation in a new process, import excluded."""
    code = (
        "import time, fokker\n"
        "n = fokker.sgd.NoiseModel(0.0, 2.0, 1.5, 0.0, 0.8, 0.5)\n"
        "t = time.perf_counter()\n"
        f"fokker.sgd.{verb}({FIRST[verb]})\n"
        "print(time.perf_counter() - t)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"NUMBA_CACHE_DIR": cache}, capture_output=True, check=True
    )
    return float(result.stdout)


Row = tuple[str, Callable[[int], Times], int]


def rows(total: int) -> list[Row]:
    """Name, what to run, and how many steps."""
    some, few = total // 10, total // 100
    table: list[Row] = [
        ("Euler-Maruyama", ours, total),
        ("Heun", lambda n: ours(n, "stratonovich"), some),
        ("isothermal", lambda n: ours(n, "isothermal"), some),
        ("Euler-Maruyama between reflecting walls", lambda n: ours(n, walls=True), some),
        ("first passage with the bridge", passages, some),
        ("Euler-Maruyama, coefficients as functions", lambda n: ours(n, functions=True), some),
        ("NumPy script", script, some),
        ("torchsde", torchsde_steps, few),
        ("diffrax", diffrax_steps, few),
        ("two parameters, full covariance", plane, some),
        ("the same, coefficients as functions", lambda n: plane(n, functions=True), few),
        ("power-law recursion", power_law, some),
        ("the same, simulate_recursion of functions", recursion, some),
        ("power-law recursion of two parameters", lambda n: power_law(n, PLANE), some),
    ]
    for name, model in MODELS.items():
        table += [
            (f"SGD, {name} parameters", lambda n, m=model: descent(n, m), some),
            ("the same by NumPy, as for other models", lambda n, m=model: descent(n, Plain(m)), few),
        ]
    linear = MODELS["least squares, 3"]
    table += [
        ("SGD, least squares: NumPy script", descent_script, few),
        ("SGD, least squares, momentum 0.9", lambda n: descent(n, linear, momentum=0.9), some),
        ("SGD, least squares, no sample twice", lambda n: descent(n, linear, sampling="batches"), some),
        ("SGD, least squares, reshuffled", lambda n: descent(n, linear, sampling="reshuffled"), some),
        ("SGD, least squares, batches of 10", lambda n: descent(n, linear, batch_size=10), few),
    ]
    return table


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=float, default=1e8, help="steps of all replicas together")
    total = int(parser.parse_args().steps)
    unit = Times(*(seconds / total for seconds in drawing(total)))
    print(f"{'one thread':<46}{'steps/s':>10}{'ns/step':>10}{'cpu ns':>10}{'x drawing':>11}")
    print(f"{'NumPy draws normals':<46}{1 / unit.wall:>10.3g}{unit.wall * 1e9:>10.2f}{unit.cpu * 1e9:>10.2f}{1:>11.2f}")
    ratio = 0.0
    for name, run, number in rows(total):
        try:
            run(10 * REPLICAS)  # compile
            each = Times(*(seconds / number for seconds in run(number)))
        except ImportError:
            print(f"{name:<46}  not installed")
            continue
        ratio = ratio or each.cpu / unit.cpu
        shown = f"{1 / each.wall:>10.3g}{each.wall * 1e9:>10.2f}{each.cpu * 1e9:>10.2f}{each.cpu / unit.cpu:>11.2f}"
        print(f"{name:<46}{shown}", flush=True)
    print(f"\n{'two threads':<46}{'wall gain':>10}{'cpu cost':>10}")
    threaded: list[tuple[str, Callable[..., Times], int]] = [
        ("Euler-Maruyama", ours, total),
        ("first passage with the bridge", passages, total // 10),
        ("two parameters, full covariance", plane, total // 10),
        ("SGD, hidden layer", lambda n, **k: descent(n, MODELS["hidden layer of 8, 40"], **k), total // 10),
        ("Euler-Maruyama, coefficients as functions", lambda n, **k: ours(n, functions=True, **k), total // 10),
    ]
    for name, run, number in threaded:
        one, two = run(number, workers=1), run(number, workers=2)
        print(f"{name:<46}{one.wall / two.wall:>10.2f}{two.cpu / one.cpu:>10.2f}", flush=True)
    print()
    for verb in FIRST:
        with tempfile.TemporaryDirectory() as cache:
            first, again = cold(cache, verb), cold(cache, verb)
        print(f"{verb}: first call, compiling {first:.2f} s; in a new process, from numba's cache {again:.2f} s")
    verdict = "within" if ratio < ALLOWED else "ABOVE"
    print(f"{total:.0e} Euler steps in {ratio:.2f} times the drawing: {verdict} {ALLOWED:g}")


if __name__ == "__main__":
    main()

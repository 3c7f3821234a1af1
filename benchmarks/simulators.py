"""Simulated steps against the time that NumPy needs to draw as many normal numbers.

The process is the one-dimensional power-law dynamic dX = -H X dt + sqrt(eta C(X)) dW, C quadratic, by Euler-Maruyama,
on one thread. Beside it: the other schemes and walls, the path for arbitrary functions, a plain NumPy script, and
diffrax or torchsde if they can be imported. The first call of a new process is timed with the kernels of numba's cache
and without.

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

import numpy as np

import fokker
from fokker.sgd import NoiseModel, simulate_first_passage, simulate_sde

REPLICAS, STEP = 10_000, 1e-3
NOISE = NoiseModel(0.0, curvature=2.0, sigma_g=1.5, rho=0.0, sigma_H=0.8, learning_rate=0.5)
ALLOWED = 3.0  # times of drawing


def best(run: Callable[[], object], repeats: int = 3) -> float:
    """Return the least wall time."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return min(times)


def drawing(total: int) -> float:
    """Draw as many normals with NumPy, in pieces that stay in the cache: its fastest way."""
    rng, out = np.random.default_rng(0), np.empty(1 << 16)

    def run() -> None:
        for _ in range(total // out.size):
            rng.standard_normal(out=out)

    return best(run)


def ours(total: int, convention: str = "ito", walls: bool = False, functions: bool = False) -> float:
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
    return best(lambda: simulate_sde(problem, 0.0, step=STEP, steps=steps, replicas=REPLICAS, rng=0))


def passages(total: int) -> float:
    """Steps with the Brownian bridge at two ends that are hardly ever reached."""
    horizon = total / REPLICAS * STEP
    return best(
        lambda: simulate_first_passage(
            NOISE.problem(), 0.0, (-50.0, 50.0), step=STEP, horizon=horizon, replicas=REPLICAS, rng=0
        )
    )


def script(total: int) -> float:
    """The script that one would write in NumPy."""
    rng = np.random.default_rng(0)

    def run() -> None:
        x = np.zeros(REPLICAS)
        for _ in range(total // REPLICAS):
            variance = NOISE.learning_rate * (NOISE.sigma_g + NOISE.sigma_H * x**2)
            x = x - NOISE.curvature * x * STEP + np.sqrt(variance * STEP) * rng.standard_normal(REPLICAS)

    return best(run)


def torchsde_steps(total: int) -> float:
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


def diffrax_steps(total: int) -> float:
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


def cold(cache: str) -> float:
    """Time of the first simulation in a new process, import excluded."""
    code = (
        "import time, fokker\n"
        "n = fokker.sgd.NoiseModel(0.0, 2.0, 1.5, 0.0, 0.8, 0.5)\n"
        "t = time.perf_counter()\n"
        "fokker.sgd.simulate_sde(n.problem(), 0.0, step=0.01, steps=10, replicas=100, rng=0)\n"
        "print(time.perf_counter() - t)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"NUMBA_CACHE_DIR": cache}, capture_output=True, check=True
    )
    return float(result.stdout)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=float, default=1e8, help="steps of all replicas together")
    total = int(parser.parse_args().steps)
    ours(REPLICAS * 10)  # compile
    unit = drawing(total) / total
    print(f"{'':<44}{'steps/s':>10}{'ns/step':>10}{'x drawing':>11}")
    print(f"{'NumPy draws normals':<44}{1 / unit:>10.3g}{unit * 1e9:>10.2f}{1:>11.2f}")
    rows: list[tuple[str, Callable[[int], float], int]] = [
        ("Euler-Maruyama", ours, total),
        ("Heun", lambda n: ours(n, "stratonovich"), total // 10),
        ("isothermal", lambda n: ours(n, "isothermal"), total // 10),
        ("Euler-Maruyama between reflecting walls", lambda n: ours(n, walls=True), total // 10),
        ("first passage with the bridge", passages, total // 10),
        ("Euler-Maruyama, coefficients as functions", lambda n: ours(n, functions=True), total // 10),
        ("NumPy script", script, total // 10),
        ("torchsde", torchsde_steps, total // 100),
        ("diffrax", diffrax_steps, total // 100),
    ]
    ratio = 0.0
    for name, run, number in rows:
        try:
            each = run(number) / number
        except ImportError:
            print(f"{name:<44}  not installed")
            continue
        ratio = ratio or each / unit
        print(f"{name:<44}{1 / each:>10.3g}{each * 1e9:>10.2f}{each / unit:>11.2f}", flush=True)
    with tempfile.TemporaryDirectory() as cache:
        print(f"first call, compiling {cold(cache):.2f} s; in a new process, from numba's cache {cold(cache):.2f} s")
    verdict = "within" if ratio < ALLOWED else "ABOVE"
    print(f"{total:.0e} Euler steps in {ratio:.2f} times the drawing: {verdict} {ALLOWED:g}")


if __name__ == "__main__":
    main()

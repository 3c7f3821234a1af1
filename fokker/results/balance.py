"""How well a stationary law balances the rates."""

from __future__ import annotations

import numpy as np

from fokker.generator import Generator
from fokker.linalg import Scaled


def balance_residual(generator: Generator, law: Scaled) -> float:
    """Return the largest imbalance of a cell, relative to the flow out of it."""
    mass, _ = law.aligned()
    there, back = generator.forward * mass[generator.tail], generator.backward * mass[generator.head]
    cells = generator.cells
    out = np.bincount(generator.tail, np.abs(there), cells) + np.bincount(generator.head, np.abs(back), cells)
    net = np.bincount(generator.tail, there, cells) + np.bincount(generator.head, back, cells)
    net -= np.bincount(generator.head, there, cells) + np.bincount(generator.tail, back, cells)
    for jump in generator.jumps:
        leaving = jump.staying * mass
        entering = float((jump.rates * mass).sum()) * jump.law
        out, net = np.add(out, leaving), np.add(net, leaving - entering)
    seen = out > np.finfo(float).tiny / np.finfo(float).eps
    return float((np.abs(net)[seen] / out[seen]).max(initial=0.0))

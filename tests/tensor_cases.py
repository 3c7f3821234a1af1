"""Processes with correlated noise or an antisymmetric mobility on the unit square."""

import numpy as np

import fokker

BOX = {"domain": {"x": (0, 1), "y": (0, 1)}}
SQUARE = {"x": (-1, 1), "y": (-1, 1)}
TURN = 2 * np.pi


def hills(x, y):
    return np.cos(TURN * x) + 0.7 * np.sin(TURN * y) + 0.5 * np.cos(TURN * (x - y))


def swirl(condition):
    """Return a D whose axes turn with the state, of a given ratio of eigenvalues."""

    def tensor(x, y):
        angle = 0.5 * np.pi * np.sin(TURN * x) * np.cos(TURN * y) + 0.6
        long = 1 + 0.3 * np.sin(TURN * (x + y))
        c, s = np.cos(angle), np.sin(angle)
        cross = long * (1 - 1 / condition) * c * s
        return ((long * (c * c + s * s / condition), cross), (cross, long * (s * s + c * c / condition)))

    return tensor


def thermal(mobility, boundary="reflecting", **more):
    return fokker.Problem.from_potential(hills, temperature=1.0, mobility=mobility, boundary=boundary, **BOX, **more)


def boltzmann(generator, potential=hills):
    weight = np.exp(-potential(*np.meshgrid(*generator.nodes, indexing="ij")))
    return weight * generator.masses.reshape(generator.shape)


def magnetic(x, y):
    strength = 3 + np.sin(TURN * x) + 0 * y
    return ((0 * x, strength), (-strength, 0 * x))

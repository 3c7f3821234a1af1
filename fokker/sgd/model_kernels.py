"""Compiled steps of minibatch descent: v <- momentum v - slope - weight_decay theta, theta <- theta + learning_rate v.

Every kernel takes parameters and velocities, shape (p, replicas), which it changes; the indices of the batches, shape
(steps, batch, replicas); the rule (learning rate, momentum, weight decay); then the model. It finishes all steps of a
replica before the next. The numbers are those of `fokker.sgd.descent.plain_steps` to rounding: sums differ in order.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fokker.sgd.kernels import _compiled

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

TANH, RELU = 0, 1


@_compiled
def _take(source: Array, i: int, out: Array) -> None:
    for k in range(out.size):
        out[k] = source[k, i]


@_compiled
def _give(values: Array, i: int, out: Array) -> None:
    for k in range(values.size):
        out[k, i] = values[k]


@_compiled
def _fill(out: Array, value: float) -> None:
    for k in range(out.size):
        out[k] = value


@_compiled
def _move(at: Array, v: Array, slope: Array, rule: tuple[float, float, float]) -> None:
    """Take one step."""
    for k in range(at.size):
        v[k] = rule[1] * v[k] - slope[k] - rule[2] * at[k]
        at[k] += rule[0] * v[k]


@_compiled
def shuffle(order: Indices, others: Indices, out: Indices) -> None:
    """Begin Fisher and Yates' shuffle of every row of `order`: its first entries go to `out`, step by step.

    `others`, shape (steps, batch, replicas), holds the places to swap with.
    """
    for s in range(others.shape[0]):
        for k in range(others.shape[1]):
            for i in range(order.shape[0]):
                other = others[s, k, i]
                order[i, k], order[i, other] = order[i, other], order[i, k]
        for k in range(others.shape[1]):
            for i in range(order.shape[0]):
                out[s, k, i] = order[i, k]


@_compiled
def line(
    theta: Array, velocity: Array, batches: Indices, rule: tuple[float, float, float], slopes: Array, offsets: Array
) -> None:
    """One parameter, gradients slopes[j] theta - offsets[j]."""
    size = batches.shape[1]
    for i in range(theta.shape[1]):
        at, v = theta[0, i], velocity[0, i]
        for s in range(batches.shape[0]):
            h, g = 0.0, 0.0
            for b in range(size):
                h += slopes[batches[s, b, i]]
                g += offsets[batches[s, b, i]]
            v = rule[1] * v - (h / size * at - g / size) - rule[2] * at
            at += rule[0] * v
        theta[0, i], velocity[0, i] = at, v


@_compiled
def linear(
    theta: Array, velocity: Array, batches: Indices, rule: tuple[float, float, float], x: Array, y: Array
) -> None:
    """Least squares."""
    size, features = batches.shape[1], x.shape[1]
    at, v, slope = np.empty(features), np.empty(features), np.empty(features)
    for i in range(theta.shape[1]):
        _take(theta, i, at)
        _take(velocity, i, v)
        for s in range(batches.shape[0]):
            _fill(slope, 0.0)
            for b in range(size):
                j = batches[s, b, i]
                residual = -y[j]
                for k in range(features):
                    residual += x[j, k] * at[k]
                for k in range(features):
                    slope[k] += residual * x[j, k] / size
            _move(at, v, slope, rule)
        _give(at, i, theta)
        _give(v, i, velocity)


@_compiled
def diagonal(
    theta: Array,
    velocity: Array,
    batches: Indices,
    rule: tuple[float, float, float],
    x: Array,
    y: Array,
    factors: int,
    factor: float,
) -> None:
    """Diagonal linear network."""
    size, features = batches.shape[1], x.shape[1]
    at, v, slope = np.empty(theta.shape[0]), np.empty(theta.shape[0]), np.empty(theta.shape[0])
    weight, total = np.empty(features), np.empty(features)
    for i in range(theta.shape[1]):
        _take(theta, i, at)
        _take(velocity, i, v)
        for s in range(batches.shape[0]):
            _fill(weight, 1.0)
            for n in range(theta.shape[0]):
                weight[n % features] *= at[n]
            _fill(total, 0.0)
            for b in range(size):
                j = batches[s, b, i]
                residual = -y[j]
                for k in range(features):
                    residual += x[j, k] * weight[k]
                for k in range(features):
                    total[k] += 2.0 * factor * residual * x[j, k] / size
            for n in range(theta.shape[0]):
                k = n % features
                other = total[k]
                for m in range(factors):
                    if m * features + k != n:
                        other *= at[m * features + k]
                slope[n] = other
            _move(at, v, slope, rule)
        _give(at, i, theta)
        _give(v, i, velocity)


@_compiled
def hidden(
    theta: Array,
    velocity: Array,
    batches: Indices,
    rule: tuple[float, float, float],
    x: Array,
    y: Array,
    width: int,
    activation: int,
) -> None:
    """One hidden layer; the parameters are inner weights, biases, outer weights."""
    size, features = batches.shape[1], x.shape[1]
    at, v, slope = np.empty(theta.shape[0]), np.empty(theta.shape[0]), np.empty(theta.shape[0])
    active, bend = np.empty(width), np.empty(width)
    bias, outer = width * features, width * (features + 1)
    for i in range(theta.shape[1]):
        _take(theta, i, at)
        _take(velocity, i, v)
        for s in range(batches.shape[0]):
            _fill(slope, 0.0)
            for b in range(size):
                j = batches[s, b, i]
                residual = -y[j]
                for m in range(width):
                    before = at[bias + m]
                    for k in range(features):
                        before += at[m * features + k] * x[j, k]
                    if activation == TANH:
                        active[m] = math.tanh(before)
                        bend[m] = 1.0 - active[m] * active[m]
                    else:
                        active[m] = max(before, 0.0)
                        bend[m] = 1.0 if before > 0.0 else 0.0
                    residual += at[outer + m] * active[m]
                residual /= size
                for m in range(width):
                    slope[outer + m] += residual * active[m]
                    back = residual * at[outer + m] * bend[m]
                    slope[bias + m] += back
                    for k in range(features):
                        slope[m * features + k] += back * x[j, k]
            _move(at, v, slope, rule)
        _give(at, i, theta)
        _give(v, i, velocity)

"""Nested dissection of a tensor grid: boxes split at planes of cells, the planes eliminated last."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fokker.linalg.scaled import kernel

Index = NDArray[np.int64]
Short = NDArray[np.int32]
Mask = NDArray[np.bool_]


@kernel
def _copy(source: Short, target: Short) -> None:
    # assigning slices to one another takes long to compile
    for i in range(len(source)):
        target[i] = source[i]


@kernel
def dissect(shape: Index, periodic: Mask, reach: int, leaf: int) -> tuple[Short, Index]:
    """Split the grid into boxes, parents before children.

    A box of more than `leaf` cells gives up `reach` planes in the middle of its longest side; they separate
    two smaller boxes. A periodic axis is opened first, by planes of its own.

    Parameters
    ----------
    shape, periodic : array, shape (3,)
    reach : int
        Longest edge, in cells: the number of planes that separates.
    leaf : int
        Boxes of at most that many cells are not split.

    Returns
    -------
    boxes : array of int32, shape (t, 6)
        First cell and end along each axis.
    parents : array of int64, shape (t,)
        Index of the parent, or -1.
    """
    room = 4 * (shape[0] * shape[1] * shape[2] // max(leaf // 4, 1)) + 64
    boxes = np.empty((room, 6), dtype=np.int32)
    parents = np.empty(room, dtype=np.int64)
    waiting = np.empty((256, 6), dtype=np.int32)
    above = np.empty(256, dtype=np.int64)
    whole = np.zeros(6, dtype=np.int32)
    for axis in range(3):
        whole[2 * axis + 1] = shape[axis]
    box = np.zeros(6, dtype=np.int32)
    count, parent = 0, -1
    for axis in range(3):
        if periodic[axis] and shape[axis] > 2 * reach:
            _copy(whole, boxes[count])
            boxes[count, 2 * axis + 1] = whole[2 * axis] + reach
            parents[count] = parent
            parent = count
            count += 1
            whole[2 * axis] += reach
    _copy(whole, waiting[0])
    above[0] = parent
    depth = 1
    while depth > 0:
        depth -= 1
        _copy(waiting[depth], box)
        parent = above[depth]
        size, longest, width = 1, 0, 0
        for axis in range(3):
            side = box[2 * axis + 1] - box[2 * axis]
            size *= side
            if side > width:
                longest, width = axis, side
        if size <= 0:
            continue
        parents[count] = parent
        _copy(box, boxes[count])
        if size > leaf and width > 2 * reach:
            low = (box[2 * longest] + box[2 * longest + 1] - reach + 1) // 2
            boxes[count, 2 * longest] = low
            boxes[count, 2 * longest + 1] = low + reach
            _copy(box, waiting[depth])
            waiting[depth, 2 * longest + 1] = low
            _copy(box, waiting[depth + 1])
            waiting[depth + 1, 2 * longest] = low + reach
            above[depth] = count
            above[depth + 1] = count
            depth += 2
        count += 1
    return boxes[:count].copy(), parents[:count].copy()


@kernel
def number(boxes: Short, shape: Index, keep: Mask) -> tuple[Index, Short, Short]:
    """Number the kept cells box by box, children before parents (the boxes backwards).

    Returns
    -------
    starts : array of int64, shape (t + 1,)
        First number of each box.
    cells : array of int32, shape (kept,)
        The cell of each number.
    numbers : array of int32, shape (n,)
        The number of each cell, -1 for those left out.
    """
    count = len(boxes)
    starts = np.zeros(count + 1, dtype=np.int64)
    numbers = np.full(len(keep), -1, dtype=np.int32)
    cells = np.empty(len(keep), dtype=np.int32)
    used = 0
    for t in range(count):
        box = boxes[count - 1 - t]
        for i in range(box[0], box[1]):
            for j in range(box[2], box[3]):
                for k in range(box[4], box[5]):
                    cell = (i * shape[1] + j) * shape[2] + k
                    if keep[cell]:
                        cells[used] = cell
                        numbers[cell] = used
                        used += 1
        starts[t + 1] = used
    return starts, cells[:used].copy(), numbers

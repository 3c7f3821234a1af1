import os
from multiprocessing import parent_process

from fake_theorems._common import fake
from fokker.validation import Measurement


def measure() -> Measurement:
    if parent_process() is not None:
        os._exit(3)
    raise RuntimeError("only a worker dies")


THEOREM = fake(id="dying", group="Unsound", number=7, measure=measure)

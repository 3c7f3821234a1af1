from fake_theorems._common import fake
from fokker.validation import Measurement


def measure() -> Measurement:
    raise RuntimeError("out of \x1b[31mluck\x1b[0m & <sorts>")


THEOREM = fake(id="crashing", group="Unsound", number=3, measure=measure)

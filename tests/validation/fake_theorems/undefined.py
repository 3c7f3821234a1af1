from fake_theorems._common import fake
from fokker.validation import Check, Measurement


def measure() -> Measurement:
    return Measurement((Check("nothing", float("nan"), 1.0, 1e300, "a very wide one"),))


THEOREM = fake(id="undefined", group="Unsound", number=2, measure=measure)

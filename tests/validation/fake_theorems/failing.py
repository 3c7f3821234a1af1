from fake_theorems._common import fake
from fokker.validation import Check, Measurement


def measure() -> Measurement:
    return Measurement((Check("$|x|$", 1.5, 1.0, 1e-3, "declared a|b"),))


THEOREM = fake(id="failing", group="Unsound", number=1, measure=measure)

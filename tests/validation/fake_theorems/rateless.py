from fake_theorems._common import fake
from fokker.validation import Check, Measurement


def measure() -> Measurement:
    return Measurement((Check("one", 1.0, 1.0, 0.0, "integer arithmetic"),))


THEOREM = fake(id="rateless", group="Unsound", number=5, verdict="asymptotic", measure=measure)

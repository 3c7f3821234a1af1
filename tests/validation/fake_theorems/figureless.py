from fake_theorems._common import fake
from fokker.validation import Check, Measurement


def measure() -> Measurement:
    return Measurement((Check("one", 1.0, 1.0, 0.0, "integer arithmetic"),))


def figure(measurement: Measurement) -> None:
    raise RuntimeError("no ink")


THEOREM = fake(id="figureless", group="Unsound", number=4, measure=measure, figure=figure)

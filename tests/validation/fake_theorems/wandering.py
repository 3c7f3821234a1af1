from fake_theorems._common import fake
from fokker.validation import Measurement, Rate


def measure() -> Measurement:
    return Measurement(rates=(Rate("$T$ in $h$", (0.4, 0.2, 0.1), (0.4, 0.2, 0.1), 2, 0.1, "declared order 2"),))


THEOREM = fake(id="wandering", group="Unsound", number=6, verdict="asymptotic", measure=measure)

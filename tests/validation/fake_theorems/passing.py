from fake_theorems._common import fake
from fokker.validation import Check, Measurement


def measure() -> Measurement:
    checks = (
        Check("$p(0)$", 0.5 + 1e-9, 0.5, 1e-8, "declared order 2"),
        Check("$J$", 3e-17, 0.0, 1e-14, "rounding bound", "absolute"),
        Check("fourth moment", float("inf"), float("inf"), 0.0, "it does not exist"),
    )
    return Measurement(checks, data={"height": 2.0})


THEOREM = fake(id="passing", number=1, fast=True, measure=measure)

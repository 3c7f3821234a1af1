from fake_theorems._common import fake
from fokker.validation import Check, Measurement, Rate


def measure() -> Measurement:
    steps = (0.4, 0.2, 0.1)
    rate = Rate("$T$ in $h$", steps, tuple(3 * h**2 for h in steps), 2, 0.1, "declared order 2")
    printed_over_true = Check("printed over true", 2.0, 2.0, 1e-12, "rounding bound")
    return Measurement((printed_over_true,), (rate,))


THEOREM = fake(id="passing-too", number=0.5, verdict="off by a factor", corrected="$x = 1$", measure=measure)

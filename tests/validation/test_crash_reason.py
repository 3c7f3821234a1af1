from fake_theorems._common import fake

from fokker.errors import missing_extra
from fokker.validation import Measurement
from fokker.validation.run import Outcome, attempt


def test_the_headline_of_a_long_error_is_the_complaint() -> None:
    def measure() -> Measurement:
        raise missing_extra("sklearn", "validate", "the diabetes data")

    theorem = fake(id="data", measure=measure)
    outcome = Outcome(theorem, attempt(theorem))
    assert outcome.complaints == ("MissingExtra: the diabetes data needs the package sklearn, which is not installed.",)
    assert 'pip install "fokker[validate]"' in outcome.trial.error

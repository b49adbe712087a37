"""What can go wrong on the way."""


class StepFailed(Exception):
    """A step did not end as it should; the message says what was seen."""

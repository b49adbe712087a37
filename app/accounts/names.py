"""Which user names may be chosen: they stand in addresses, beside answers and on leaderboards."""

from django.core.validators import MaxLengthValidator, RegexValidator

VALIDATORS = [
    RegexValidator(
        r"\A[A-Za-z0-9](?:[A-Za-z0-9]|[._-](?=[A-Za-z0-9]))*\Z",
        "Use letters and digits; single dots, hyphens and underscores between them.",
    ),
    MaxLengthValidator(40),
]

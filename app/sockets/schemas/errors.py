"""What the checks of values raise."""


class InvalidValue(Exception):
    """A value that its socket does not take; ``field`` is a path such as ``points[2].x``."""

    def __init__(self, message: str, *, field: str = "") -> None:
        self.message = message
        self.field = field
        super().__init__(f"{field}: {message}" if field else message)

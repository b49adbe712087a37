"""What a caller wants of de-identification, and how it reaches the process that does it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Deidentification:
    """What a caller wants: options of the profile, the secret of the place, and the files kept."""

    secret: bytes = field(repr=False)
    options: frozenset[str] = frozenset()
    keep: bool = False

    def encode(self) -> bytes:
        """Return it as bytes for a private pipe; never put them where others can read."""
        values = {"secret": self.secret.hex(), "options": sorted(self.options), "keep": self.keep}
        return json.dumps(values).encode("ascii")

    @classmethod
    def decode(cls, raw: bytes) -> Deidentification:
        """Return what was encoded."""
        values = json.loads(raw)
        return cls(
            secret=bytes.fromhex(values["secret"]),
            options=frozenset(values["options"]),
            keep=bool(values["keep"]),
        )

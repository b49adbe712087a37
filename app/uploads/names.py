"""File names as senders give them."""

import unicodedata

from app.core.errors import ValidationFailed

LONGEST = 255


def plain_filename(given: str) -> str:
    """Return the last part of a path as one line of text, or raise `ValidationFailed`.

    Control characters (NUL, line ends, text-direction marks) are dropped; the name is for showing
    only and never becomes part of a path.
    """
    last = unicodedata.normalize("NFC", given).replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(char for char in last if unicodedata.category(char)[0] != "C").strip()
    if name in ("", ".", ".."):
        raise ValidationFailed(fields={"filename": ["Give the file a name."]})
    if len(name) > LONGEST:
        raise ValidationFailed(
            fields={"filename": [f"The name is longer than {LONGEST} characters."]},
            advice="Rename the file and send it again.",
        )
    return name

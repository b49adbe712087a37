"""File names from outside become one harmless line of text."""

import pytest

from app.core.errors import ValidationFailed
from app.uploads.names import plain_filename


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("scan.mha", "scan.mha"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\scan.dcm", "scan.dcm"),
        ("a\r\nSet-Cookie: x", "aSet-Cookie: x"),
        ("nul\0byte.dcm", "nulbyte.dcm"),
        ("gnp.\u202eexe", "gnp.exe"),
        ("<script>alert(1)<", "<script>alert(1)<"),
        ("  spaced  ", "spaced"),
        ("Schädel.dcm", "Schädel.dcm"),
        ("胸部.dcm", "胸部.dcm"),
        ("x" * 255, "x" * 255),
    ],
)
def test_kept(given: str, kept: str) -> None:
    assert plain_filename(given) == kept


@pytest.mark.parametrize("given", ["", ".", "..", "a/", "\0", " ", "a/..", "x" * 256])
def test_refused(given: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        plain_filename(given)
    assert caught.value.fields["filename"]

"""The published page of rights says what the table says."""

from tests.permissions import document


def test_the_page_is_up_to_date() -> None:
    assert document.PAGE.read_text() == document.text(), (
        "Rights changed. If that was meant: .venv/bin/python -m tests.permissions.document"
    )

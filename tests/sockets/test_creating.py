import pytest

from app.accounts.models import User
from app.core.errors import ValidationFailed
from app.sockets.selectors import metrics_socket
from app.sockets.services import create_socket


@pytest.mark.parametrize(
    ("slug", "path"),
    [
        ("metrics-json-file", "other.json"),
        ("mine", "metrics.json"),
        ("mine", "inputs.json"),
        ("mine", "predictions.json"),
        ("mine", "images"),
        ("mine", "images/medical-image/deeper"),
    ],
)
def test_nobody_takes_what_the_portal_needs(user: User, slug: str, path: str) -> None:
    with pytest.raises(ValidationFailed):
        create_socket(actor=user, title="Mine", kind="STR", slug=slug, relative_path=path)
    assert metrics_socket().kind == "JSON"


def test_a_socket_of_ones_own(user: User) -> None:
    made = create_socket(actor=user, title="Lung age", kind="INT", relative_path="lung-age.json")
    assert made.slug == "lung-age"
    with pytest.raises(ValidationFailed):
        create_socket(actor=user, title="Other", kind="INT", relative_path="lung-age.json/x")


def test_a_hostile_schema_makes_no_socket(user: User) -> None:
    with pytest.raises(ValidationFailed) as caught:
        create_socket(
            actor=user, title="X", kind="JSON", relative_path="x.json", schema={"pattern": "("}
        )
    assert "schema" in caught.value.fields

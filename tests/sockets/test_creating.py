import pytest
from django.utils import timezone

from app.accounts.models import User
from app.accounts.services import grant_role
from app.core.errors import NotFound, ValidationFailed
from app.people.policies import ORGANIZATIONS
from app.sockets.models import Socket
from app.sockets.selectors import metrics_socket
from app.sockets.services import create_socket
from tests.factories.accounts import UserFactory
from tests.factories.people import make_organization

POINT = {"type": "Point", "point": [1, 2, 3], "version": {"major": 1, "minor": 0}}


@pytest.fixture
def author(db: None) -> User:
    """A verified person."""
    return UserFactory(username="rosa", verified_at=timezone.now())


@pytest.fixture
def staff(db: None) -> User:
    return UserFactory(username="sam", is_staff=True)


def make(actor: User | None, **changes: object) -> Socket:
    given: dict[str, object] = {"title": "Lung age", "kind": "INT", "relative_path": ""}
    return create_socket(actor=actor, **{**given, **changes})  # type: ignore[arg-type]


def fields_of(actor: User, **changes: object) -> dict[str, list[str]]:
    with pytest.raises(ValidationFailed) as caught:
        make(actor, **changes)
    return caught.value.fields


@pytest.mark.parametrize(
    ("slug", "path"),
    [
        ("metrics-json-file", "other.json"),
        ("new", "other.json"),
        ("mine", "metrics.json"),
        ("mine", "inputs.json"),
        ("mine", "Inputs.JSON/x.json"),
        ("mine", "predictions.json"),
        ("mine", "metrics.json/deeper.json"),
    ],
)
def test_nobody_takes_what_the_portal_needs(staff: User, slug: str, path: str) -> None:
    metrics_socket()
    with pytest.raises(ValidationFailed):
        make(staff, kind="STR", slug=slug, relative_path=path)
    assert Socket.objects.count() == 1


def test_a_socket_of_ones_own_carries_ones_name(author: User) -> None:
    made = make(author)
    assert (made.slug, made.relative_path) == ("rosa-lung-age", "rosa-lung-age.json")
    assert made.creator == author
    assert "title" in fields_of(author)
    assert "slug" in fields_of(author, slug="lung-age")


def test_staff_name_freely(staff: User) -> None:
    assert make(staff).slug == "lung-age"


def test_a_socket_of_an_organization(author: User) -> None:
    ours, theirs = make_organization(slug="clinic"), make_organization(slug="other")
    grant_role(ORGANIZATIONS, obj=ours, user=author, role="MEMBER", actor=None)
    made = make(author, organization=ours)
    assert (made.slug, made.organization) == ("clinic-lung-age", ours)
    assert "organization" in fields_of(author, organization=theirs)


def test_only_verified_people_make_sockets(user: User) -> None:
    with pytest.raises(NotFound, match="verified"):
        make(user)
    assert not Socket.objects.exists()


@pytest.mark.parametrize(
    ("kind", "path", "good"),
    [
        ("INT", "folder/lung-age.json", True),
        ("INT", "lung-age.txt", False),
        ("INT", ".json", False),
        ("INT", "images/lung-age.json", False),
        ("INT", "Images/lung-age.json", False),
        ("INT", "../lung-age.json", False),
        ("INT", "/lung-age.json", False),
        ("INT", "a/./b.json", False),
        ("INT", "a b.json", False),
        ("INT", "019abcde-0000-7000-8000-000000000000/age.json", False),
        ("IMG", "images/ct", True),
        ("IMG", "images/", False),
        ("IMG", "ct", False),
        ("SEG", "images/ct/masks", True),
        ("PDF", "report.pdf", True),
        ("PDF", "report.json", False),
        ("CSV", "images/table.csv", False),
    ],
)
def test_paths_fit_their_kind(author: User, kind: str, path: str, good: bool) -> None:
    if good:
        assert make(author, kind=kind, relative_path=path).relative_path == path
    else:
        assert "relative_path" in fields_of(author, kind=kind, relative_path=path)


def test_paths_do_not_lie_in_one_another(author: User) -> None:
    make(author, kind="IMG", title="CT", relative_path="images/ct")
    for path in ("images/ct", "images/ct/deeper", "images/CT"):
        assert "relative_path" in fields_of(author, kind="IMG", relative_path=path)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "JSON", "schema": {"pattern": "("}}, "schema"),
        ({"kind": "PDF", "schema": {"type": "object"}}, "schema"),
        ({"default_value": 3.5}, "default_value"),
        ({"example_value": "x"}, "example_value"),
        ({"example_value": 5, "schema": {"maximum": 4}}, "example_value"),
        ({"kind": "POIN", "example_value": {**POINT, "point": [1, 2]}}, "example_value"),
        ({"segments": [{"name": "a", "voxel_value": 1}]}, "segments"),
        ({"kind": "SEG", "segments": [{"name": "a"}]}, "segments"),
        ({"kind": "NOPE"}, "kind"),
        ({"title": "???"}, "title"),
    ],
)
def test_messages_stand_at_their_field(author: User, changes: dict, field: str) -> None:
    assert list(fields_of(author, **changes)) == [field]
    assert not Socket.objects.exists()


def test_what_fits_is_kept(author: User) -> None:
    made = make(author, kind="POIN", example_value=POINT, default_value=POINT)
    assert made.example == POINT
    mask = make(author, title="Mask", kind="SEG", segments=[{"name": "Liver", "voxel_value": 1}])
    assert mask.segments == [{"name": "Liver", "voxel_value": 1, "visible": True}]

"""The inbox over the API, and which news is mailed."""

from typing import Any

import pytest

from app.accounts.models import User
from app.notifications.kinds import all_kinds, kind_of
from app.notifications.selectors import wants_mail
from app.notifications.services import mark_read, notify

pytestmark = pytest.mark.django_db
DONE, SAFE = "images.import.finished", "accounts.security"


def test_filters(api: Any, user: User) -> None:
    mark_read(notify(user=user, kind=DONE, text="Seen"))
    notify(user=user, kind="access.requested", text="New")
    for query, found in (
        ("read=true", ["Seen"]),
        ("read=false", ["New"]),
        ("read=perhaps", []),
        (f"kind={DONE}", ["Seen"]),
        (f"kind={DONE}&read=0", []),
    ):
        results = api.get(f"notifications/?{query}")["results"]
        assert [item["text"] for item in results] == found


def test_every_kind_is_a_subscription(api: Any) -> None:
    page = api.get("subscriptions/?limit=100")
    assert page["count"] == len(all_kinds())
    assert {item["kind"] for item in page["results"]} == {kind.key for kind in all_kinds()}
    for item in page["results"]:
        assert isinstance(item["pk"], int)
        assert item["flag"] == "mail"
        assert api.get(f"subscriptions/{item['pk']}/") == item


def test_switching(api: Any, user: User, stranger: User) -> None:
    address = f"subscriptions/{kind_of(DONE).number}/"
    assert api.patch(address, {"flag": "inbox"})["flag"] == "inbox"
    assert not wants_mail(user, kind_of(DONE))
    assert wants_mail(stranger, kind_of(DONE))
    assert api.get(address)["flag"] == "inbox"
    assert api.put(address, {"flag": "mail"})["flag"] == "mail"
    assert wants_mail(user, kind_of(DONE))


def test_what_cannot_be_switched(api: Any) -> None:
    api.patch(f"subscriptions/{kind_of(SAFE).number}/", {"flag": "inbox"}, status=400)
    api.patch(f"subscriptions/{kind_of(DONE).number}/", {"flag": "fax"}, status=400)
    for pk in ("1", "-1", "x", str(10**30), "018f4e00-0000-7000-8000-000000000000"):
        api.patch(f"subscriptions/{pk}/", {"flag": "inbox"}, status=404)
        api.get(f"subscriptions/{pk}/", status=404)

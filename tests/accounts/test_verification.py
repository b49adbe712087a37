"""From an institutional address to a verified person, every step checked and told."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import User
from app.audit.models import Event
from app.core.errors import PortalError, TransitionNotAllowed, ValidationFailed
from app.core.states import transition
from app.notifications.models import Notification
from app.people.addresses import is_free_mail
from app.people.models import Verification
from app.people.services import (
    accept_verification,
    confirm_verification,
    confirmation_token,
    expire_confirmations,
    reject_verification,
    request_verification,
    revoke_verification,
)
from app.people.tasks import look_after_people
from tests.factories.people import make_administrator, make_known_person, make_verification

pytestmark = pytest.mark.django_db
PAGE = "/account/verification/"
State = Verification.State


def told(user: User) -> list[str]:
    return list(Notification.objects.filter(user=user).values_list("kind", flat=True))


@pytest.fixture
def person(client: Client) -> User:
    known = make_known_person()
    client.force_login(known)
    return known


def link_in(text: Any) -> str:
    found = re.search(r"https?://[^/]+(/account/verification/confirm/\S+)", str(text))
    assert found
    return found[1]


class TestWholeWay:
    def test_asked_confirmed_accepted_undone(
        self, client: Client, person: User, django_capture_on_commit_callbacks: Any
    ) -> None:
        admin = make_administrator()
        with django_capture_on_commit_callbacks(execute=True):
            client.post(PAGE, {"email": "ada@radboudumc.example"})
        assert [message.to for message in mail.outbox] == [["ada@radboudumc.example"]]
        address = link_in(mail.outbox[0].body)
        assert "ada@radboudumc.example" in client.get(address).content.decode()
        assert Verification.objects.get().state == State.AWAITING_CONFIRMATION
        assert told(admin) == []
        client.post(address)
        found = Verification.objects.get()
        assert found.state == State.PENDING_REVIEW
        assert told(admin) == ["people.verification.waiting"]
        reviewer = Client()
        reviewer.force_login(admin)
        queue = reviewer.get(reverse("people:review_list")).content.decode()
        assert "ada@radboudumc.example" in queue
        assert "1 waiting" in queue
        reviewer.post(reverse("people:accept_verification", args=[found.pk]))
        person.refresh_from_db()
        assert person.is_verified
        assert told(person) == ["people.verification.accepted"]
        assert "You are verified" in client.get(PAGE).content.decode()
        undo = reverse("people:revoke_verification", args=[found.pk])
        reviewer.post(undo, {"reason": "Left the hospital"})
        person.refresh_from_db()
        assert not person.is_verified
        newest = Notification.objects.filter(user=person).first()
        assert newest is not None
        assert "Left the hospital." in newest.text
        assert "Left the hospital." in client.get(PAGE).content.decode()

    def test_every_step_is_recorded_without_the_address(self) -> None:
        found = make_verification()
        accept_verification(actor=make_administrator(), verification=found)
        events = Event.objects.filter(name__startswith="people.verification").order_by("id")
        assert [event.data.get("after", "asked") for event in events] == [
            "asked",
            "PENDING_REVIEW",
            "ACCEPTED",
        ]
        assert found.email not in str([event.data for event in events])

    def test_rejected_with_a_reason_and_asked_again(self, client: Client, person: User) -> None:
        found = make_verification(person)
        admin = make_administrator()
        for reason in ("", "  ", "x" * 501):
            with pytest.raises(ValidationFailed):
                reject_verification(actor=admin, verification=found, reason=reason)
        reject_verification(actor=admin, verification=found, reason="Name your department")
        assert told(person) == ["people.verification.rejected"]
        assert "Name your department." in client.get(PAGE).content.decode()
        client.post(PAGE, {"email": found.email})
        assert Verification.objects.filter(state=State.AWAITING_CONFIRMATION).count() == 1

    def test_withdrawn(self, client: Client, person: User) -> None:
        found = make_verification(person)
        client.post(reverse("people:withdraw_verification", args=[found.pk]))
        found.refresh_from_db()
        assert found.state == State.WITHDRAWN
        assert "Ask to be verified" in client.get(PAGE).content.decode()


class TestAddress:
    @pytest.mark.parametrize(
        "email",
        ["a@gmail.com", "a@GMail.Com", "a@mail.proton.me", "a@hotmail.co.uk", "a@mailinator.com"],
    )
    def test_free_mail_is_refused_with_the_reason(
        self, client: Client, person: User, email: str
    ) -> None:
        page = client.post(PAGE, {"email": email}).content.decode()
        assert "does not show where you work" in page
        assert not Verification.objects.exists()

    @pytest.mark.parametrize(
        "email", ["a@notgmail.com", "a@gmail.com.hospital.example", "a@umc.nl"]
    )
    def test_what_only_looks_like_it(self, email: str) -> None:
        assert not is_free_mail(email)

    @pytest.mark.parametrize("email", ["", "nobody", "a@b", "a@b.c\r\nBcc: x@y.z", "a\x00@b.nl"])
    def test_no_address(self, client: Client, person: User, email: str) -> None:
        assert client.post(PAGE, {"email": email}).status_code == 200
        assert not Verification.objects.exists()
        assert mail.outbox == []

    def test_proven_by_somebody_else(self, person: User) -> None:
        make_verification(email="chief@hospital.example")
        with pytest.raises(ValidationFailed):
            request_verification(user=person, email="Chief@Hospital.example")

    def test_the_account_of_somebody_else(self, person: User) -> None:
        other = make_known_person(email="chief@hospital.example")
        with pytest.raises(ValidationFailed):
            request_verification(user=person, email=other.email.upper())

    def test_unproven_claims_keep_nobody_out(self, person: User) -> None:
        email = "chief@hospital.example"
        squatter = make_known_person()
        claimed = request_verification(user=squatter, email=email)
        make_verification(person, email=email)
        with pytest.raises(ValidationFailed):
            confirm_verification(user=squatter, token=confirmation_token(claimed))

    def test_own_address_is_offered_if_it_is_institutional(
        self, client: Client, person: User
    ) -> None:
        assert f'value="{person.email}"' in client.get(PAGE).content.decode()
        User.objects.filter(pk=person.pk).update(email="a@gmail.com")
        assert 'value="a@gmail.com"' not in client.get(PAGE).content.decode()


class TestProfile:
    @pytest.mark.parametrize(
        "missing", ["first_name", "last_name", "institution", "department", "country"]
    )
    def test_must_be_complete(self, client: Client, missing: str) -> None:
        user = make_known_person(**{missing: ""})
        client.force_login(user)
        assert "Complete your profile first" in client.get(PAGE).content.decode()
        client.post(PAGE, {"email": "a@hospital.example"})
        assert not Verification.objects.exists()

    def test_asking_twice(self, client: Client, person: User) -> None:
        make_verification(person)
        page = client.post(PAGE, {"email": "other@hospital.example"})
        assert page.status_code == 200
        assert Verification.objects.count() == 1

    def test_another_link_ends_the_first(self, person: User) -> None:
        first = make_verification(person, confirmed=False)
        make_verification(person, email="other@hospital.example", confirmed=False)
        with pytest.raises(PortalError):
            confirm_verification(user=person, token=confirmation_token(first))


class TestLink:
    def test_anybody_elses(self, client: Client, stranger: User) -> None:
        found = make_verification(confirmed=False)
        client.force_login(stranger)
        address = reverse("people:confirm_verification", args=[confirmation_token(found)])
        assert client.get(address).status_code == 404
        assert client.post(address).status_code == 404
        found.refresh_from_db()
        assert found.state == State.AWAITING_CONFIRMATION

    def test_changed(self, client: Client, person: User) -> None:
        token = confirmation_token(make_verification(person, confirmed=False))
        for wrong in (token[:-1], token[1:], "x", token.replace(":", ".", 1), "a:b:c"):
            address = reverse("people:confirm_verification", args=[wrong])
            assert client.post(address).status_code == 404

    def test_too_old(self, person: User, monkeypatch: pytest.MonkeyPatch) -> None:
        token = confirmation_token(make_verification(person, confirmed=False))
        monkeypatch.setattr("app.people.services.verification.LINK_LIFETIME", timedelta(seconds=-1))
        with pytest.raises(PortalError, match="not valid any more"):
            confirm_verification(user=person, token=token)

    def test_twice_is_fine(self, person: User) -> None:
        found = make_verification(person)
        again = confirm_verification(user=person, token=confirmation_token(found))
        assert again.state == State.PENDING_REVIEW

    def test_unopened_ones_end(self, person: User) -> None:
        found = make_verification(person, confirmed=False)
        assert expire_confirmations() == 0
        old = timezone.now() - timedelta(days=4)
        Verification.objects.filter(pk=found.pk).update(created=old)
        look_after_people()
        found.refresh_from_db()
        assert found.state == State.EXPIRED


class TestReview:
    def test_only_administrators(self, client: Client, person: User) -> None:
        found = make_verification(person)
        addresses = [reverse("people:review_list"), reverse("people:review", args=[found.pk])]
        assert [client.get(address).status_code for address in addresses] == [404, 404]
        for verb in ("accept", "reject", "revoke"):
            address = reverse(f"people:{verb}_verification", args=[found.pk])
            assert client.post(address, {"reason": "x"}).status_code == 404
        found.refresh_from_db()
        assert found.state == State.PENDING_REVIEW

    def test_searched_and_sorted(self, client: Client) -> None:
        client.force_login(make_administrator())
        make_verification(make_known_person(institution="Charité"))
        make_verification(make_known_person(institution="Karolinska"))
        make_verification(confirmed=False)
        page = client.get(reverse("people:review_list"))
        assert page.context["list"].total == 2
        page = client.get(reverse("people:review_list"), {"q": "charit"})
        assert [row.user.institution for row in page.context["list"].items] == ["Charité"]
        page = client.get(reverse("people:review_list"), {"sort": "user__institution"})
        assert page.context["list"].items[0].user.institution == "Charité"

    def test_no_reason_stays_on_the_page(self, client: Client) -> None:
        client.force_login(make_administrator())
        found = make_verification()
        page = client.post(reverse("people:reject_verification", args=[found.pk]), {"reason": ""})
        assert page.status_code == 200
        assert "required" in page.content.decode()

    def test_decided_twice(self, client: Client) -> None:
        client.force_login(make_administrator())
        found = make_verification()
        address = reverse("people:accept_verification", args=[found.pk])
        assert client.post(address).status_code == 302
        assert client.post(address).status_code == 409
        page = client.post(
            reverse("people:reject_verification", args=[found.pk]), {"reason": "Changed my mind"}
        )
        assert "cannot become" in page.content.decode()

    def test_revoking_what_is_not_accepted(self) -> None:
        with pytest.raises(TransitionNotAllowed):
            revoke_verification(
                actor=make_administrator(), verification=make_verification(), reason="No."
            )


def test_every_move_between_states(person: User) -> None:
    found = make_verification(person)
    for before in State:
        for after in State:
            Verification.objects.filter(pk=found.pk).update(state=before)
            if Verification.MACHINE.allows(before, after):
                assert transition(found, after).state == after
            else:
                with pytest.raises(TransitionNotAllowed):
                    transition(found, after)

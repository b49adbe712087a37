"""The pages: cards, asking, deciding, and what strangers find."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import User
from app.notifications.models import Notification
from app.requests.services import ask_for_access, reject_request, withdraw_request
from archives.services import delete_archive
from tests.factories.accounts import UserFactory
from tests.factories.algorithms import make_algorithm
from tests.factories.archives import make_archive
from tests.factories.challenges import make_challenge, make_phase
from tests.factories.studies import make_study

pytestmark = pytest.mark.django_db


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, address
    return response.content.decode()


def card(target: object, key: str = "archive") -> str:
    return reverse("requests:card", args=[key, target.pk])  # type: ignore[attr-defined]


def page(request: object, verb: str = "detail", key: str = "archive") -> str:
    return reverse(f"requests:{verb}", args=[key, request.pk])  # type: ignore[attr-defined]


class TestCards:
    def test_a_listed_object_shows_what_it_is_and_no_more(self, stranger: User) -> None:
        owner = UserFactory(first_name="Ada", last_name="Owner", institution="Radboudumc")
        archive = make_archive(
            editor=owner, listed=True, title="Knees", description="MRI of knees", cases=1
        )
        text = text_of(as_(stranger), card(archive))
        for word in ("Knees", "MRI of knees", "Ada Owner", "Radboudumc", "Ask for access"):
            assert word in text
        assert "Case 1" not in text
        assert owner.email not in text
        text_of(as_(stranger), reverse("archives:detail", args=[archive.pk]), 404)
        text_of(as_(stranger), reverse("archives:people", args=[archive.pk]), 404)

    def test_unlisted_missing_and_unknown_look_the_same(self, stranger: User) -> None:
        client = as_(stranger)
        unlisted = text_of(client, card(make_archive(title="Secret")), 404)
        missing = text_of(client, card(UserlessKey()), 404)
        other = text_of(client, card(make_archive(listed=True), key="nothing"), 404)
        assert "Secret" not in unlisted
        assert len({_without_ids(text) for text in (unlisted, missing, other)}) == 1

    def test_unlisting_closes_the_card(self, stranger: User) -> None:
        archive = make_archive(listed=True)
        client = as_(stranger)
        text_of(client, card(archive))
        archive.listed = False
        archive.save()
        text_of(client, card(archive), 404)
        assert client.post(card(archive), {"role": "USER"}).status_code == 404
        assert not archive.access_requests.exists()

    def test_discovering(self, stranger: User) -> None:
        listed = [
            make_archive(listed=True, title="Knees"),
            make_study(listed=True, title="Reading knees"),
            make_algorithm(listed=True, title="Knee finder"),
            make_challenge(listed=True, title="Knee challenge"),
        ]
        make_archive(title="Knees, secret")
        make_archive(listed=True, title="Mine", members={"USER": stranger})
        client = as_(stranger)
        text = text_of(client, reverse("requests:discover"))
        assert all(one.title in text for one in listed)
        assert "secret" not in text
        assert "Mine" not in text
        found = text_of(client, reverse("requests:discover") + "?q=finder&sort=-created")
        assert ("Knee finder" in found, "Knee challenge" in found) == (True, False)

    def test_hostile_words_stay_words(self, stranger: User) -> None:
        archive = make_archive(listed=True, title="<b>x</b>", description="<script>1</script>")
        for address in (card(archive), reverse("requests:discover")):
            text = text_of(as_(stranger), address)
            assert "<b>x" not in text
            assert "<script>1" not in text

    def test_a_closed_object_says_so(self, stranger: User) -> None:
        archive = make_archive(listed=True, access_mode="CLOSED")
        client = as_(stranger)
        assert "Nobody can ask" in text_of(client, card(archive))
        response = client.post(card(archive), {"role": "USER"})
        assert b"Nobody can ask for access to this archive." in response.content


class UserlessKey:
    pk = "00000000-0000-7000-8000-000000000000"


def _without_ids(text: str) -> str:
    return text.split("<main")[1].split("</main>")[0]


class TestAsking:
    def test_ask_follow_withdraw(self, stranger: User) -> None:
        archive = make_archive(listed=True, title="Knees")
        client = as_(stranger)
        response = client.post(card(archive), {"role": "USER", "message": "I am <i>Ada</i>"})
        request = archive.access_requests.get()
        assert response["Location"] == page(request)
        text = text_of(client, page(request))
        assert "I am &lt;i&gt;Ada&lt;/i&gt;" in text
        assert "Withdraw" in text
        assert page(request, "accept") not in text
        assert "You have asked" in text_of(client, card(archive))
        client.post(page(request, "withdraw"))
        request.refresh_from_db()
        assert request.state == "WITHDRAWN"
        assert "Ask for access" in text_of(client, card(archive))

    def test_getting_in_at_once_leads_inside(self, stranger: User) -> None:
        archive = make_archive(listed=True, access_mode="AUTOMATIC")
        response = as_(stranger).post(card(archive), {"role": "USER"})
        assert response["Location"] == reverse("archives:detail", args=[archive.pk])
        text_of(as_(stranger), response["Location"])

    def test_limits_are_said_beside_the_form(self, user: User, stranger: User) -> None:
        archive = make_archive(editor=user, listed=True)
        request = ask_for_access(user=stranger, target=archive).request
        reject_request(actor=user, request=request, reason="Not now.")
        client = as_(stranger)
        assert "Not now." in text_of(client, card(archive))
        response = client.post(card(archive), {"role": "USER"})
        assert b"less than a day ago" in response.content

    @pytest.mark.parametrize("message", ["x" * 1001, "a\x00b"])
    def test_messages_have_bounds(self, message: str, stranger: User) -> None:
        archive = make_archive(listed=True)
        response = as_(stranger).post(card(archive), {"role": "USER", "message": message})
        assert response.status_code == 200
        assert not archive.access_requests.exists()

    def test_no_forgery(self, stranger: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(stranger)
        assert client.post(card(make_archive(listed=True)), {"role": "USER"}).status_code == 403


class TestJoining:
    def test_a_public_challenge_as_ever(self, stranger: User) -> None:
        challenge = make_challenge(public=True)
        client = as_(stranger)
        address = reverse("challenges:detail", args=[challenge.pk])
        assert "Take part" in text_of(client, address)
        for _ in range(2):
            response = client.post(reverse("challenges:join", args=[challenge.pk]))
            assert response["Location"] == address
        assert challenge.memberships.get(user=stranger).role == "PARTICIPANT"
        assert "Take part" not in text_of(client, address)

    def test_where_organizers_decide(self, user: User, stranger: User) -> None:
        challenge = make_challenge(admin=user, public=True, access_mode="MANUAL")
        client = as_(stranger)
        assert card(challenge, "challenge") in text_of(
            client, reverse("challenges:detail", args=[challenge.pk])
        )
        client.post(reverse("challenges:join", args=[challenge.pk]))
        request = challenge.access_requests.get()
        assert not challenge.memberships.filter(user=stranger).exists()
        as_(user).post(page(request, "accept", "challenge"))
        assert challenge.memberships.get(user=stranger).role == "PARTICIPANT"

    def test_closed_registration(self, stranger: User) -> None:
        challenge = make_challenge(public=True, access_mode="CLOSED")
        client = as_(stranger)
        assert "Take part" not in text_of(client, reverse("challenges:detail", args=[challenge.pk]))
        assert client.post(reverse("challenges:join", args=[challenge.pk])).status_code == 409

    def test_a_listed_challenge_keeps_its_phases_to_itself(self, stranger: User) -> None:
        challenge = make_challenge(listed=True)
        phase = make_phase(challenge)
        client = as_(stranger)
        assert phase.title not in text_of(client, card(challenge, "challenge"))
        text_of(client, reverse("challenges:phase", args=[phase.pk]), 404)


class TestDeciding:
    def test_from_the_inbox_to_the_decision(self, user: User, stranger: User) -> None:
        User.objects.filter(pk=stranger.pk).update(
            verified_at=timezone.now(), institution="Radboudumc"
        )
        archive = make_archive(editor=user)
        ask_for_access(user=stranger, target=archive, message="For the trial")
        client = as_(user)
        text = text_of(client, Notification.objects.get(user=user).url)
        for word in (stranger.display_name, "Radboudumc", "Verified", "For the trial", "Accept"):
            assert word in text
        request = archive.access_requests.get()
        response = client.post(page(request, "accept"), {"reason": "Welcome"}, follow=True)
        assert f"{stranger.display_name} now has access." in response.content.decode()
        assert archive.memberships.get(user=stranger).role == "USER"

    def test_turned_down_with_a_reason(self, user: User, stranger: User) -> None:
        request = ask_for_access(user=stranger, target=make_archive(editor=user)).request
        as_(user).post(page(request, "reject"), {"reason": "No <b>more</b>"})
        text = text_of(as_(stranger), page(request))
        assert "No &lt;b&gt;more&lt;/b&gt;" in text

    def test_a_reason_that_is_too_long_decides_nothing(self, user: User, stranger: User) -> None:
        request = ask_for_access(user=stranger, target=make_archive(editor=user)).request
        response = as_(user).post(page(request, "accept"), {"reason": "x" * 501})
        assert response.status_code == 400
        request.refresh_from_db()
        assert request.is_open

    def test_too_late(self, user: User, stranger: User) -> None:
        request = ask_for_access(user=stranger, target=make_archive(editor=user)).request
        withdraw_request(actor=stranger, request=request)
        response = as_(user).post(page(request, "accept"), follow=True)
        assert "has withdrawn this request" in response.content.decode()

    def test_the_object_is_gone(self, user: User, stranger: User) -> None:
        archive = make_archive(editor=user)
        request = ask_for_access(user=stranger, target=archive).request
        delete_archive(actor=user, archive=archive)
        for person in (user, stranger):
            text = text_of(as_(person), page(request), 404)
            assert "has been deleted" in text

    def test_the_people_page_counts_and_decides(self, user: User, stranger: User) -> None:
        member = UserFactory()
        archive = make_archive(editor=user, members={"USER": member}, cases=1)
        ask_for_access(user=stranger, target=archive)
        people = reverse("archives:people", args=[archive.pk])
        text = text_of(as_(user), people)
        assert "Waiting for a decision" in text
        assert '<span class="count">1</span>' in text
        assert stranger.username not in text_of(as_(member), people)
        assert "Waiting for a decision" not in text_of(as_(member), people)

    def test_several_from_the_overview(self, user: User) -> None:
        archive, study = make_archive(editor=user), make_study(editor=user)
        chosen = []
        for key, target in (("archive", archive), ("reader-study", study), ("archive", archive)):
            request = ask_for_access(user=UserFactory(), target=target).request
            chosen.append(f"{key}/{request.pk}")
        client = as_(user)
        text = text_of(client, reverse("requests:list"))
        assert all(f'value="{one}"' in text for one in chosen)
        response = client.post(
            reverse("requests:accept_several"), {"requests": chosen[:2]}, follow=True
        )
        assert "2 requests are accepted." in response.content.decode()
        assert chosen[2] in text_of(client, reverse("requests:list"))

    def test_those_of_others_are_not_accepted_along(self, user: User, stranger: User) -> None:
        mine, others = make_archive(editor=user), make_archive()
        requests = [
            ask_for_access(user=stranger, target=target).request for target in (mine, others)
        ]
        names = [f"archive/{request.pk}" for request in requests] + ["archive/x", "", "no/no"]
        as_(user).post(reverse("requests:accept_several"), {"requests": names})
        assert mine.memberships.filter(user=stranger).exists()
        assert not others.memberships.filter(user=stranger).exists()

    def test_no_open_redirect(self, user: User, stranger: User) -> None:
        request = ask_for_access(user=stranger, target=make_archive(editor=user)).request
        response = as_(user).post(page(request, "accept"), {"next": "https://evil.example/"})
        assert response["Location"] == page(request)

    def test_my_requests(self, user: User, stranger: User) -> None:
        archive = make_archive(editor=user, title="Knees")
        request = ask_for_access(user=stranger, target=archive).request
        reject_request(actor=user, request=request, reason="Not now.")
        text = text_of(as_(stranger), reverse("requests:list") + "?show=mine")
        assert "Knees" in text
        assert "Not now." in text
        assert "Knees" not in text_of(as_(user), reverse("requests:list") + "?show=mine")


class TestForms:
    @pytest.mark.parametrize(
        ("address", "extra"),
        [
            ("archives:create", {}),
            ("reader_studies:create", {}),
            ("algorithms:create", {"inputs": "medical-image", "outputs": "segmentation"}),
            ("challenges:create", {}),
        ],
    )
    def test_who_finds_it_and_how_they_get_in(
        self, address: str, extra: dict[str, str], user: User, stranger: User
    ) -> None:
        User.objects.filter(pk=user.pk).update(verified_at=timezone.now())
        client = as_(user)
        assert "Getting" not in text_of(client, reverse(address))
        values = {"title": "Something new", "listed": "on", "access_mode": "VERIFIED", **extra}
        assert client.post(reverse(address), values).status_code == 302
        text = text_of(as_(stranger), reverse("requests:discover"))
        assert "Something new" in text
        assert "Verified people get in at once" in text

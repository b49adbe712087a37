"""Questions of registration: written by organizers, answered by whoever wants to take part."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.accounts.services import issue_token
from app.challenges.models import Challenge, ChallengeRequest, RegistrationQuestion
from app.challenges.services import add_question, change_question, delete_question
from app.challenges.services.registration import MOST_QUESTIONS
from app.core.errors import Conflict, ValidationFailed
from app.requests.questions import AnswersInvalid, Question, checked_answers
from app.requests.services import ask_for_access
from tests.factories.accounts import sign_in
from tests.factories.challenges import make_challenge

pytestmark = pytest.mark.django_db
Kind = RegistrationQuestion.Kind


@pytest.fixture
def challenge(user: User) -> Challenge:
    challenge = make_challenge(admin=user, public=True, access_mode="AUTOMATIC")
    add_question(actor=user, challenge=challenge, text="Institution", order=1)
    add_question(
        actor=user,
        challenge=challenge,
        text="Sector",
        kind=Kind.CHOICE,
        options=["A", "B"],
        order=2,
        required=False,
    )
    add_question(actor=user, challenge=challenge, text="The rules", kind=Kind.AGREE, order=3)
    return challenge


def keys(challenge: Challenge) -> list[str]:
    return [str(question.pk) for question in challenge.registration_questions.all()]


def test_answers_are_kept_with_the_words_of_the_question(
    challenge: Challenge, user: User, stranger: User
) -> None:
    institution, sector, rules = keys(challenge)
    given = {institution: " Radboudumc\x00 ", sector: "B", rules: True}
    outcome = ask_for_access(user=stranger, target=challenge, answers=given)
    assert outcome.accepted
    question = challenge.registration_questions.get(pk=institution)
    change_question(actor=user, question=question, text="Where do you work?")
    delete_question(actor=user, question=challenge.registration_questions.get(pk=rules))
    kept = ChallengeRequest.objects.get().answers
    assert [(one["question"], one["answer"]) for one in kept] == [
        ("Institution", "Radboudumc"),
        ("Sector", "B"),
        ("The rules", True),
    ]


def test_nobody_gets_in_without_answers(challenge: Challenge, stranger: User) -> None:
    institution, sector, rules = keys(challenge)
    with pytest.raises(ValidationFailed) as caught:
        ask_for_access(
            user=stranger,
            target=challenge,
            answers={institution: "", sector: "C", rules: False, "other": 1},
        )
    assert set(caught.value.fields) == {institution, sector, rules, "other"}
    assert not challenge.access_requests.exists()
    assert not challenge.memberships.filter(user=stranger).exists()


def test_joining_leads_to_the_questions(
    challenge: Challenge, stranger: User, client: Client
) -> None:
    institution, _, rules = keys(challenge)
    sign_in(client, stranger)
    card = reverse("requests:card", args=["challenge", challenge.pk])
    joined = client.post(reverse("challenges:join", args=[challenge.pk]))
    assert (joined.status_code, joined.headers["Location"]) == (302, card)
    shown = client.get(card).content.decode()
    assert "Institution" in shown
    assert "The rules" in shown
    refused = client.post(card, {"role": "PARTICIPANT", institution: "Home"})
    assert "You have to agree to this." in refused.content.decode()
    taken = client.post(card, {"role": "PARTICIPANT", institution: "Home", rules: "on"})
    assert taken.headers["Location"] == reverse("challenges:detail", args=[challenge.pk])
    assert challenge.memberships.filter(user=stranger).exists()


def test_whoever_decides_reads_the_answers(
    challenge: Challenge, user: User, stranger: User, client: Client
) -> None:
    Challenge.objects.filter(pk=challenge.pk).update(access_mode="MANUAL")
    institution, _, rules = keys(challenge)
    given = {institution: "<b>Home</b>", rules: True}
    request = ask_for_access(user=stranger, target=challenge, answers=given).request
    sign_in(client, user)
    shown = client.get(reverse("requests:detail", args=["challenge", request.pk]))
    assert "&lt;b&gt;Home&lt;/b&gt;" in shown.content.decode()


def test_the_same_over_the_api(challenge: Challenge, stranger: User, client: Client) -> None:
    institution, _, rules = keys(challenge)
    secret = issue_token(user=stranger, name="t", access="WRITE").plain
    asked = {"kind": "challenge", "target": str(challenge.pk)}

    def post(body: dict[str, Any]) -> Any:
        return client.post(
            "/api/v1/access-requests/",
            json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Bearer {secret}"},
        )

    refused = post({**asked, "answers": {institution: ["a", {}], rules: "yes"}})
    assert refused.status_code == 400
    taken = post({**asked, "answers": {institution: "Home", rules: True}})
    assert taken.status_code == 201
    assert [one["answer"] for one in taken.json()["answers"]] == ["Home", True]


class TestWriting:
    def test_from_the_page(self, challenge: Challenge, user: User, client: Client) -> None:
        sign_in(client, user)
        address = reverse("challenges:questions", args=[challenge.pk])
        sent = {"text": "Which group?", "kind": "CHOICE", "options": "x", "order": 0}
        assert "2 to 50 answers" in client.post(address, sent).content.decode()
        sent["options"] = " x \n\ny\n"
        assert client.post(address, sent).status_code == 302
        made = RegistrationQuestion.objects.get(text="Which group?")
        assert (made.options, made.required) == (["x", "y"], False)
        edit = reverse("challenges:edit_question", args=[made.pk])
        assert client.post(edit, {**sent, "options": "x\nz"}).status_code == 302
        made.refresh_from_db()
        assert made.options == ["x", "z"]
        assert client.post(reverse("challenges:delete_question", args=[made.pk])).status_code == 302
        assert not RegistrationQuestion.objects.filter(pk=made.pk).exists()

    def test_there_are_not_too_many(self, challenge: Challenge, user: User) -> None:
        for number in range(MOST_QUESTIONS - 3):
            add_question(actor=user, challenge=challenge, text=f"{number}")
        with pytest.raises(Conflict):
            add_question(actor=user, challenge=challenge, text="One more")

    @pytest.mark.parametrize("options", [[], ["a"], ["a", "a"], ["a", ""], ["a", 1], "ab", None])
    def test_choices_are_choices(self, challenge: Challenge, user: User, options: Any) -> None:
        with pytest.raises(ValidationFailed):
            add_question(
                actor=user, challenge=challenge, text="?", kind=Kind.CHOICE, options=options
            )


class TestCheckedAnswers:
    TEXT = Question("a", "A")

    @pytest.mark.parametrize("given", [None, [], "x", 1])
    def test_only_objects(self, given: Any) -> None:
        with pytest.raises(AnswersInvalid):
            checked_answers([self.TEXT], given)

    @pytest.mark.parametrize("answer", [1, ["x"], {"x": 1}, True, "x" * 201, float("nan")])
    def test_a_text_is_a_text(self, answer: Any) -> None:
        with pytest.raises(AnswersInvalid):
            checked_answers([self.TEXT], {"a": answer})

    def test_what_is_not_needed_may_be_left_out(self) -> None:
        assert checked_answers([Question("a", "A", required=False)], {"a": "  "}) == []

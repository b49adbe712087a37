"""What readers and their editors live through: rights told without the table."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.accounts.services import grant_role, revoke_role
from reader_studies.models import Answer
from reader_studies.policies import READER_STUDIES
from reader_studies.services import save_answers
from tests.api.conftest import Api
from tests.factories.accounts import UserFactory
from tests.factories.archives import make_archive
from tests.factories.studies import make_question, make_study

pytestmark = pytest.mark.django_db


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_readers_do_not_see_each_other_s_answers(user: User, stranger: User) -> None:
    other = UserFactory()
    study = make_study(editor=user, readers=[stranger, other], cases=1)
    question, case = make_question(study), study.display_sets.get()
    save_answers(reader=other, display_set=case, given={question.pk: "yes"})
    given = Answer.objects.get()
    assert Api(stranger).get("reader-studies/answers/")["results"] == []
    Api(stranger).get(f"reader-studies/answers/{given.pk}/", status=404)
    assert len(Api(user).get("reader-studies/answers/")["results"]) == 1


def test_an_editor_reads_answers_and_changes_none(user: User, stranger: User) -> None:
    study = make_study(editor=user, readers=[stranger], cases=1)
    question, case = make_question(study), study.display_sets.get()
    save_answers(reader=stranger, display_set=case, given={question.pk: "yes"})
    given = Answer.objects.get()
    assert Api(user).get(f"reader-studies/answers/{given.pk}/")["answer"] is True
    Api(user).patch(f"reader-studies/answers/{given.pk}/", {"answer": False}, status=404)
    given.refresh_from_db()
    assert given.value is True


def test_a_reader_who_was_sent_away_neither_answers_nor_sees(user: User, stranger: User) -> None:
    study = make_study(editor=user, readers=[stranger], cases=1)
    question, case = make_question(study), study.display_sets.get()
    save_answers(reader=stranger, display_set=case, given={question.pk: "yes"})
    revoke_role(READER_STUDIES, actor=user, obj=study, user=stranger)
    api = Api(stranger)
    assert api.get("reader-studies/answers/mine/")["results"] == []
    body = {"question": str(question.pk), "display_set": str(case.pk), "answer": False}
    assert api.call("POST", "reader-studies/answers/", body).status_code in (400, 404)
    assert Answer.objects.get().value is True


def test_a_reader_never_sees_the_results(user: User, stranger: User) -> None:
    study = make_study(editor=user, readers=[stranger], cases=1)
    make_question(study)
    client = _client(stranger)
    for name in ("statistics", "export", "edit", "add_question", "add_cases"):
        address = reverse(f"reader_studies:{name}", args=[study.pk])
        assert client.get(address).status_code == 404, name
    page = client.get(reverse("reader_studies:detail", args=[study.pk])).content.decode()
    assert reverse("reader_studies:statistics", args=[study.pk]) not in page


def test_a_reader_does_not_carry_images_away(user: User, stranger: User) -> None:
    study = make_study(editor=user, readers=[stranger], cases=1)
    image = study.display_sets.get().values.get().image
    own = make_archive(editor=stranger)
    body = {"archive": f"/api/v1/archives/{own.pk}/", "title": "Taken"}
    item = Api(stranger).post("archives/items/", body)
    value = {"interface": "medical-image", "image": f"/api/v1/cases/images/{image.pk}/"}
    answer = Api(stranger).call("PATCH", f"archives/items/{item['pk']}/", {"values": [value]})
    assert answer.status_code == 400
    assert "not use it elsewhere" in json.dumps(json.loads(answer.content))
    assert own.items.get().images == []


def test_an_editor_of_one_study_is_nobody_in_the_next(user: User, stranger: User) -> None:
    make_study(editor=stranger)
    other = make_study(editor=user, cases=1)
    question = make_question(other)
    client = _client(stranger)
    assert client.get(reverse("reader_studies:detail", args=[other.pk])).status_code == 404
    address = reverse("reader_studies:delete_question", args=[question.pk])
    assert client.post(address).status_code == 404
    assert other.questions.count() == 1


def test_nobody_makes_themselves_an_editor(user: User, stranger: User) -> None:
    study = make_study(editor=user, readers=[stranger])
    address = reverse("accounts:add_person", args=["reader-study", study.pk])
    body = {"username": stranger.username, "role": "EDITOR"}
    assert _client(stranger).post(address, body).status_code == 404
    assert study.memberships.get(user=stranger).role == "READER"


def test_the_last_editor_stays(user: User, stranger: User) -> None:
    study = make_study(editor=user)
    address = reverse("accounts:remove_person", args=["reader-study", study.pk, user.pk])
    _client(user).post(address)
    assert study.memberships.filter(user=user, role="EDITOR").exists()
    grant_role(READER_STUDIES, actor=user, obj=study, user=stranger, role="EDITOR")
    _client(user).post(address)
    assert not study.memberships.filter(user=user).exists()

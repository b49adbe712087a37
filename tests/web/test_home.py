"""The first page shows each person their own things."""

from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from tests.factories.algorithms import make_algorithm, make_run
from tests.factories.archives import make_archive
from tests.factories.challenges import make_evaluation, make_phase
from tests.factories.images import make_import
from tests.factories.studies import make_study


def test_a_visitor_is_sent_to_sign_in(client: Client, db: None) -> None:
    assert client.get("/")["Location"] == reverse("accounts:sign_in")


def test_a_newcomer_sees_what_there_is_to_do(signed_in: Client, user: User) -> None:
    text = signed_in.get("/").content.decode()
    assert f"Hello, {user.first_name}" in text
    assert 'href="/archives/' in text


def test_own_things_and_no_others(signed_in: Client, user: User, stranger: User) -> None:
    addresses = []
    for person in (user, stranger):
        archive = make_archive(editor=person, cases=1)
        study = make_study(editor=person, archive=archive)
        algorithm = make_algorithm(editor=person)
        run = make_run(algorithm, creator=person, item=archive.items.get())
        source = make_import(owner=person)
        evaluation = make_evaluation(make_phase(), creator=person, score=0.5)
        addresses.append(
            [
                reverse("archives:detail", args=[archive.pk]),
                reverse("reader_studies:detail", args=[study.pk]),
                reverse("algorithms:detail", args=[algorithm.pk]),
                reverse("algorithms:run", args=[run.pk]),
                reverse("images:import", args=[source.pk]),
                reverse("challenges:evaluation", args=[evaluation.pk]),
            ]
        )
    text = signed_in.get("/").content.decode()
    own, foreign = addresses
    assert [address for address in own if address not in text] == []
    assert [address for address in foreign if address in text] == []

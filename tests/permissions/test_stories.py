"""What people live through: rights as they come and go, told without the table."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.accounts.services import grant_role, revoke_role
from app.challenges.policies import CHALLENGES
from app.images.models import Image, ImageFile
from archives.policies import ARCHIVES
from reader_studies.policies import READER_STUDIES
from tests.factories.accounts import UserFactory
from tests.factories.algorithms import make_algorithm, make_run
from tests.factories.archives import make_archive, make_item
from tests.factories.challenges import make_challenge, make_evaluation, make_phase
from tests.factories.images import make_image, make_upload
from tests.factories.studies import make_question, make_study

Get = Callable[[User | None, str], int]


@pytest.fixture
def get() -> Get:
    """``get(user, address)``: the status of the answer, redirects not followed."""

    def ask(user: User | None, address: str) -> int:
        client = Client()
        if user is not None:
            client.force_login(user)
        return client.get(address).status_code

    return ask


def page_of(image: Image) -> str:
    return reverse("images:detail", args=[image.pk])


def file_of(image: Image) -> str:
    return image.files.get(kind=ImageFile.Kind.MHA).url


def test_a_colleague_is_let_in_and_sent_away(get: Get, user: User, stranger: User) -> None:
    archive = make_archive(editor=user, cases=1)
    image = archive.items.get().images[0]
    addresses = [reverse("archives:detail", args=[archive.pk]), page_of(image), file_of(image)]
    assert [get(stranger, address) for address in addresses] == [404, 404, 404]
    grant_role(ARCHIVES, actor=user, obj=archive, user=stranger, role="USER")
    assert [get(stranger, address) for address in addresses] == [200, 200, 302]
    revoke_role(ARCHIVES, actor=user, obj=archive, user=stranger)
    assert [get(stranger, address) for address in addresses] == [404, 404, 404]


def test_a_user_looks_and_an_uploader_adds_but_neither_changes(
    client: Client, user: User, stranger: User
) -> None:
    archive = make_archive(editor=user, cases=1, members={"USER": stranger})
    addresses = {
        name: reverse(f"archives:{name}", args=[archive.pk])
        for name in ("detail", "people", "import", "edit")
    }
    client.force_login(stranger)
    statuses = {name: client.get(address).status_code for name, address in addresses.items()}
    assert statuses == {"detail": 200, "people": 200, "import": 404, "edit": 404}
    grant_role(ARCHIVES, actor=user, obj=archive, user=stranger, role="UPLOADER")
    statuses = {name: client.get(address).status_code for name, address in addresses.items()}
    assert statuses == {"detail": 200, "people": 200, "import": 200, "edit": 404}
    item = archive.items.get()
    assert client.post(reverse("archives:delete_item", args=[item.pk])).status_code == 404
    assert client.post(reverse("archives:delete", args=[archive.pk])).status_code == 404
    assert archive.items.count() == 1


def test_a_visitor_is_asked_to_sign_in_and_brought_back(client: Client, user: User) -> None:
    archive = make_archive(editor=user)
    address = reverse("archives:detail", args=[archive.pk])
    response = client.get(address)
    assert response.status_code == 302
    response = client.post(response["Location"], {"login": user.username, "password": "secret"})
    assert response["Location"] == address


def test_a_reader_sees_the_study_and_not_the_archive(get: Get, user: User, stranger: User) -> None:
    study = make_study(editor=user, readers=[stranger], cases=1)
    image = study.display_sets.get().values.get().image
    archive = image.socket_values.get().archive_items.get().archive
    assert get(stranger, reverse("reader_studies:detail", args=[study.pk])) == 200
    assert get(stranger, file_of(image)) == 302
    assert get(stranger, reverse("archives:detail", args=[archive.pk])) == 404
    revoke_role(READER_STUDIES, actor=user, obj=study, user=stranger)
    assert get(stranger, file_of(image)) == 404


def test_deleting_a_case_takes_its_image_away(get: Get, user: User, stranger: User) -> None:
    archive = make_archive(editor=user, cases=1, members={"USER": stranger})
    image = archive.items.get().images[0]
    assert get(stranger, page_of(image)) == 200
    archive.items.all().delete()
    assert get(stranger, page_of(image)) == 404


def test_one_image_in_two_archives_needs_one_of_them(get: Get, user: User, stranger: User) -> None:
    image = make_image()
    for members in ({}, {"USER": stranger}):
        make_item(make_archive(editor=user, members=members), image=image)
    assert get(stranger, page_of(image)) == 200


def test_a_result_belongs_to_whoever_ran(get: Get, user: User, stranger: User) -> None:
    algorithm = make_algorithm(editor=user, members={"USER": stranger}, public=True)
    item = make_archive(cases=1).items.get()
    run = make_run(algorithm, creator=stranger, item=item)
    output = run.job.outputs.get().image
    address = reverse("algorithms:run", args=[run.pk])
    passer_by = UserFactory()
    assert [get(who, address) for who in (stranger, user, passer_by)] == [200, 200, 404]
    assert [get(who, file_of(output)) for who in (stranger, user, passer_by)] == [302, 302, 404]
    assert get(user, file_of(item.images[0])) == 404, "an editor sees results, not inputs"


def test_an_algorithm_does_not_run_on_cases_of_others(
    client: Client, user: User, stranger: User
) -> None:
    algorithm = make_algorithm(editor=user)
    secret, own = make_archive(editor=stranger, cases=1), make_archive(editor=user, cases=1)
    client.force_login(user)
    address = reverse("algorithms:try_out", args=[algorithm.pk])
    items = {"items": [str(secret.items.get().pk)]}
    assert client.post(f"{address}?archive={secret.pk}", items).status_code == 404
    response = client.post(f"{address}?archive={own.pk}", items)
    assert response.status_code == 200
    assert b"Choose at least one case." in response.content
    assert algorithm.versions.get().runs.count() == 0


def test_uploads_of_others_cannot_be_imported(client: Client, user: User, stranger: User) -> None:
    archive = make_archive(editor=user)
    upload = make_upload(owner=stranger)
    client.force_login(user)
    response = client.post(reverse("archives:import", args=[archive.pk]), {"uploads": upload.pk})
    assert response.status_code == 200
    assert user.imports.count() == 0
    assert type(upload).objects.filter(pk=upload.pk).exists()


def test_participants_never_meet_the_hidden_cases(get: Get, stranger: User) -> None:
    phase = make_phase(make_challenge(participants=(stranger,)), cases=2)
    evaluation = make_evaluation(phase, creator=stranger, score=0.5)
    assert get(stranger, reverse("challenges:evaluation", args=[evaluation.pk])) == 200
    for case in evaluation.cases.all():
        hidden, found = case.item.images[0], case.job.outputs.get().image
        run = case.job.algorithm_run
        for address in (
            page_of(hidden),
            file_of(hidden),
            page_of(found),
            file_of(found),
            reverse("viewer:open", args=["archive-item", case.item.pk]),
            reverse("viewer:open", args=["run", run.pk]),
            reverse("algorithms:run", args=[run.pk]),
        ):
            assert get(stranger, address) == 404, address
    assert get(stranger, reverse("archives:detail", args=[phase.archive.pk])) == 404


def test_no_page_of_a_participant_names_a_hidden_case(stranger: User) -> None:
    phase = make_phase(make_challenge(participants=(stranger,)), cases=0)
    make_item(phase.archive, title="Sentinel-Case")
    evaluation = make_evaluation(phase, creator=stranger, score=0.5)
    case = evaluation.cases.get()
    secrets = [
        "Sentinel-Case",
        str(case.item.pk),
        str(case.item.images[0].pk),
        str(phase.archive.pk),
    ]
    client = Client()
    client.force_login(stranger)
    for address in (
        "/",
        "/inbox/",
        "/archives/",
        "/algorithms/",
        reverse("algorithms:detail", args=[evaluation.submission.version.algorithm.pk]),
        reverse("challenges:detail", args=[phase.challenge.pk]),
        reverse("challenges:phase", args=[phase.pk]),
        reverse("challenges:submissions", args=[phase.pk]),
        reverse("challenges:evaluation", args=[evaluation.pk]),
    ):
        text = client.get(address).content.decode()
        assert not [secret for secret in secrets if secret in text], address


def test_whoever_leaves_a_challenge_keeps_their_own_results(get: Get, stranger: User) -> None:
    phase = make_phase(make_challenge(participants=(stranger,)))
    evaluation = make_evaluation(phase, creator=stranger, score=0.5)
    revoke_role(CHALLENGES, actor=None, obj=phase.challenge, user=stranger)
    assert get(stranger, reverse("challenges:evaluation", args=[evaluation.pk])) == 200
    assert get(stranger, reverse("challenges:phase", args=[phase.pk])) == 404
    assert get(stranger, reverse("challenges:submit", args=[phase.pk])) == 404


def test_a_promotion_opens_the_editor_s_pages(get: Get, user: User, stranger: User) -> None:
    study = make_study(editor=user, readers=[stranger])
    make_question(study)
    address = reverse("reader_studies:export", args=[study.pk])
    assert get(stranger, address) == 404
    grant_role(READER_STUDIES, actor=user, obj=study, user=stranger, role="EDITOR")
    assert get(stranger, address) == 200


def test_an_account_that_was_closed_opens_nothing(get: Get, user: User) -> None:
    archive = make_archive(editor=user)
    client = Client()
    client.force_login(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert client.get(reverse("archives:detail", args=[archive.pk])).status_code == 302
    assert not client.login(username=user.username, password="secret")


def test_asking_opens_the_door_only_once_somebody_said_yes(
    get: Get, user: User, stranger: User
) -> None:
    archive = make_archive(editor=user, listed=True, cases=1)
    inside = reverse("archives:detail", args=[archive.pk])
    assert get(stranger, reverse("requests:card", args=["archive", archive.pk])) == 200
    client = Client()
    client.force_login(stranger)
    client.post(reverse("requests:card", args=["archive", archive.pk]), {"role": "USER"})
    request = archive.access_requests.get()
    assert get(stranger, inside) == 404
    accept = reverse("requests:accept", args=["archive", request.pk])
    assert client.post(accept).status_code == 404, "nobody lets themselves in"
    client.force_login(user)
    client.post(accept)
    assert get(stranger, inside) == 200
    assert get(stranger, file_of(archive.items.get().images[0])) == 302


def test_an_evaluator_sees_submissions_but_no_hidden_case(
    get: Get, user: User, stranger: User
) -> None:
    phase = make_phase(make_challenge(admin=user), cases=1)
    evaluation = make_evaluation(phase, score=0.5)
    page = reverse("challenges:evaluation", args=[evaluation.pk])
    hidden = phase.archive.items.get().images[0]
    assert get(stranger, page) == 404
    grant_role(CHALLENGES, actor=user, obj=phase.challenge, user=stranger, role="EVALUATOR")
    assert get(stranger, page) == 200
    assert get(stranger, reverse("challenges:submit", args=[phase.pk])) == 404
    assert [get(stranger, page_of(hidden)), get(stranger, file_of(hidden))] == [404, 404]

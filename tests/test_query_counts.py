"""How many queries each list page takes is committed; it does not grow with the list.

``RECORD_QUERY_COUNTS=1`` writes the numbers anew; a change of them is looked at in review.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import User
from app.challenges.kit import MOST_CASES
from app.challenges.services import entrant_of, grant_submissions
from app.execution.models import ContainerImage, Job, Worker
from app.images.models import Image, Import, ImportFile, Quarantine
from app.notifications.kinds import all_kinds
from app.notifications.services import choose_mail, notify, queue_message
from app.requests.services import ask_for_access
from app.sockets.selectors import medical_image_socket
from app.sockets.services import ensure_socket
from reader_studies.services import save_answers
from tests import furnished_algorithms, furnished_challenges
from tests.factories.accounts import UserFactory
from tests.factories.algorithms import (
    make_algorithm,
    make_run,
)
from tests.factories.archives import make_archive
from tests.factories.challenges import (
    make_challenge,
    make_evaluation,
    make_ground_truth,
    make_method,
    make_phase,
)
from tests.factories.execution import make_worker
from tests.factories.hanging import make_configuration, make_protocol
from tests.factories.images import make_image, make_import
from tests.factories.people import make_organization, make_verification
from tests.factories.starter_kits import make_kit
from tests.factories.studies import make_question, make_study
from tests.factories.teams import add, make_team

COMMITTED = Path(__file__).with_name("query_counts.json")
FEW, MANY = 2, 5
Furnish = Callable[[User, int], str]


def archives(user: User, count: int) -> str:
    for _ in range(count):
        make_archive(editor=user)
    return reverse("archives:list")


def archive(user: User, count: int) -> str:
    found = make_archive(editor=user, cases=count)
    for _ in range(count):
        make_import(owner=user, destination_id=found.pk)
    return reverse("archives:detail", args=[found.pk])


def reviews(user: User, count: int) -> str:
    found = make_archive(editor=user)
    for _ in range(count):
        image = make_image(quarantined_at=found.created)
        Quarantine.objects.create(
            image=image, scope="archive", scope_id=found.pk, cause=Quarantine.Reason.ULTRASOUND
        )
    return reverse("images:review_queue", args=["archive", found.pk])


def archive_people(user: User, count: int) -> str:
    found = make_archive(editor=user)
    for _ in range(count):
        found.memberships.create(user=UserFactory(), role="USER")
    return reverse("archives:people", args=[found.pk])


def sockets(user: User, count: int) -> str:
    for number in range(count):
        ensure_socket(
            slug=f"s-{number}",
            title=f"S {number}",
            kind="INT",
            relative_path=f"s-{number}.json",
            creator=UserFactory(),
            organization=make_organization(),
        )
    return reverse("sockets:list")


def studies(user: User, count: int) -> str:
    for _ in range(count):
        study = make_study(editor=user)
        make_question(study)
    return reverse("reader_studies:list")


def study(user: User, count: int) -> str:
    found = make_study(editor=user, cases=count)
    for number in range(count):
        make_question(found, text=f"Question {number}", kind="CHOI")
    return reverse("reader_studies:detail", args=[found.pk])


def study_statistics(user: User, count: int) -> str:
    found = make_study(editor=user, readers=[UserFactory() for _ in range(count)], cases=1)
    questions = [make_question(found, text=f"Question {number}") for number in range(count)]
    given = {question.pk: "yes" for question in questions}
    save_answers(reader=user, display_set=found.display_sets.get(), given=given)
    return reverse("reader_studies:statistics", args=[found.pk])


def study_panel(user: User, count: int) -> str:
    found = make_study(editor=user, cases=count)
    for number in range(count):
        make_question(found, text=f"Question {number}", kind="CHOI")
    return reverse("reader_studies:panel", args=[found.display_sets.all()[0].pk])


def challenges(user: User, count: int) -> str:
    for _ in range(count):
        make_challenge(admin=user)
    return reverse("challenges:list")


def challenge(user: User, count: int) -> str:
    found = make_challenge(admin=user)
    for _ in range(count):
        make_evaluation(make_phase(found), score=0.5)
    return reverse("challenges:detail", args=[found.pk])


def leaderboard(user: User, count: int) -> str:
    phase = make_phase(make_challenge(admin=user))
    for number in range(count):
        make_evaluation(phase, score=number / 100)
    return reverse("challenges:phase", args=[phase.pk])


def submissions(user: User, count: int) -> str:
    phase = make_phase(make_challenge(admin=user))
    for number in range(count):
        make_evaluation(phase, score=number / 100)
    return reverse("challenges:submissions", args=[phase.pk])


def evaluation(user: User, count: int) -> str:
    phase = make_phase(make_challenge(admin=user), cases=count)
    found = make_evaluation(phase, score=0.5)
    return reverse("challenges:evaluation", args=[found.pk])


def phase_setup(user: User, count: int) -> str:
    phase = make_phase(make_challenge(admin=user))
    for _ in range(count):
        make_method(phase, state=ContainerImage.State.INVALID)
        make_ground_truth(phase)
    return reverse("challenges:setup_phase", args=[phase.pk])


def starter_kit(user: User, count: int) -> str:
    phase = make_phase(make_challenge(admin=user))
    make_kit(phase, archive=make_archive(editor=user, cases=min(count, MOST_CASES)))
    return reverse("challenges:starter_kit", args=[phase.pk])


def teams(user: User, count: int) -> str:
    found = make_challenge(participants=(user,))
    for _ in range(count):
        make_team(found, UserFactory())
    add(make_team(found, user), UserFactory())
    return reverse("challenges:teams", args=[found.pk])


def grants(user: User, count: int) -> str:
    phase = make_phase(make_challenge(admin=user), ready=False)
    for _ in range(count):
        entrant = entrant_of(UserFactory(), phase.challenge)
        grant_submissions(actor=user, phase=phase, entrant=entrant, amount=1, reason="A fault")
    return reverse("challenges:grants", args=[phase.pk])


def inbox(user: User, count: int) -> str:
    for number in range(count):
        notify(user=user, kind="images.import.finished", text=f"{number}", url="/")
    return reverse("notifications:inbox")


def mail_settings(user: User, count: int) -> str:
    for kind in all_kinds()[: count // 3]:
        if not kind.urgent:
            choose_mail(user=user, kind=kind, mail=False)
    return reverse("notifications:settings")


def mail_list(user: User, count: int) -> str:
    User.objects.filter(pk=user.pk).update(is_superuser=True)
    for number in range(count):
        queue_message(EmailMessage(f"{number}", "Text", to=[user.email]))
    return reverse("notifications:mail")


def import_page(user: User, count: int) -> str:
    source = make_import(owner=user, state=Import.State.PARTIAL)
    for number in range(count):
        image = make_image(name=f"{number}")
        Image.objects.filter(pk=image.pk).update(source=source)
        ImportFile.objects.create(source=source, path=f"{number}", outcome="FAILED")
        ImportFile.objects.create(source=source, path=f"{number}", outcome="USED", image=image)
    return reverse("images:import", args=[source.pk])


def imports(user: User, count: int) -> str:
    for number in range(count):
        make_image(name=f"{number}", owner=user)
    return reverse("images:imports")


def running_import(user: User, count: int) -> str:
    source = make_import(owner=user, state=Import.State.RUNNING, stage="CONVERTING")
    for number in range(count):
        make_image(name=f"{number}", source=source)
    return reverse("images:import_progress", args=[source.pk])


def choose_cases(user: User, count: int) -> str:
    found = make_archive(editor=user, cases=count)
    address = reverse("reader_studies:add_cases", args=[make_study(editor=user).pk])
    return f"{address}?archive={found.pk}"


def home(user: User, count: int) -> str:
    for furnish in (archives, studies, furnished_algorithms.algorithms, challenges, inbox):
        furnish(user, count)
    item = make_archive(cases=1).items.get()
    ran, phase = make_algorithm(), make_phase(limit_successful=99, limit_under_way=None)
    for _ in range(count):
        make_import(owner=user)
        make_run(ran, creator=user, item=item)
        make_evaluation(phase, score=0.5, creator=user)
    return reverse("web:home")


def operations(user: User, count: int) -> str:
    User.objects.filter(pk=user.pk).update(is_superuser=True, is_staff=True)
    algorithm, item = make_algorithm(), make_archive(cases=1).items.get()
    Worker.objects.all().delete()
    for number in range(count):
        name = make_worker(name=f"jobs@{number}", cpus=8, memory=2**33).name
        for state, more in (("EXECUTING", {"worker": name}), ("FAILED", {})):
            job = make_run(algorithm, creator=UserFactory(), item=item, state=state).job
            Job.objects.filter(pk=job.pk).update(
                reason_code="platform", finished_at=timezone.now(), handled=True, **more
            )
    return reverse("web:operations")


def organizations(user: User, count: int) -> str:
    for _ in range(count):
        make_organization(country="NL")
    return reverse("people:organizations")


def organization(user: User, count: int) -> str:
    found = make_organization(members=tuple(UserFactory() for _ in range(count)))
    return reverse("people:organization", args=[found.pk])


def organization_people(user: User, count: int) -> str:
    members = tuple(UserFactory() for _ in range(count))
    found = make_organization(editor=user, members=members)
    return reverse("people:organization_people", args=[found.pk])


def person(user: User, count: int) -> str:
    found = UserFactory()
    for _ in range(count):
        make_organization(members=(found,))
    return reverse("people:person", args=[found.username])


def verifications(user: User, count: int) -> str:
    User.objects.filter(pk=user.pk).update(is_superuser=True)
    for _ in range(count):
        make_verification()
    return reverse("people:review_list")


def personal_data(user: User, count: int) -> str:
    for _ in range(count):
        make_archive(editor=user)
        make_organization(editor=user)
    return reverse("people:data")


def discover(user: User, count: int) -> str:
    for _ in range(count):
        make_archive(listed=True)
    return reverse("requests:discover")


def requests_to_decide(user: User, count: int) -> str:
    archive, study = make_archive(editor=user), make_study(editor=user)
    for _ in range(count):
        ask_for_access(user=UserFactory(), target=archive)
        ask_for_access(user=UserFactory(), target=study)
    return reverse("requests:list")


def my_requests(user: User, count: int) -> str:
    for _ in range(count):
        ask_for_access(user=user, target=make_archive())
        ask_for_access(user=user, target=make_algorithm())
    return reverse("requests:list") + "?show=mine"


def archive_requests(user: User, count: int) -> str:
    archive = make_archive(editor=user)
    for _ in range(count):
        ask_for_access(user=UserFactory(), target=archive)
    return reverse("archives:people", args=[archive.pk])


def audit_log(user: User, count: int) -> str:
    User.objects.filter(pk=user.pk).update(is_superuser=True)
    for _ in range(count):
        make_archive(editor=UserFactory(), cases=1)
    return reverse("audit:log")


def archive_history(user: User, count: int) -> str:
    found = make_archive(editor=user, cases=count)
    return reverse("audit:history", args=["archives.archive", found.pk])


def hanging_protocols(user: User, count: int) -> str:
    for _ in range(count):
        make_protocol()
    return reverse("viewer:protocols")


def viewer_configurations(user: User, count: int) -> str:
    for _ in range(count):
        make_configuration()
    return reverse("viewer:configurations")


def viewing(user: User, count: int) -> str:
    for _ in range(count):
        make_protocol()
    return reverse("viewer:viewing", args=["archive", make_archive(editor=user, cases=count).pk])


PAGES: tuple[Furnish, ...] = (
    hanging_protocols,
    viewer_configurations,
    viewing,
    reviews,
    audit_log,
    archive_history,
    home,
    archives,
    archive,
    archive_people,
    sockets,
    studies,
    study,
    study_statistics,
    study_panel,
    choose_cases,
    furnished_algorithms.algorithms,
    furnished_algorithms.algorithm,
    furnished_algorithms.version,
    furnished_algorithms.run,
    furnished_algorithms.my_runs,
    furnished_algorithms.try_out_cases,
    furnished_algorithms.batches,
    furnished_algorithms.endpoints,
    furnished_algorithms.endpoint,
    furnished_algorithms.batch,
    furnished_algorithms.my_credits,
    challenges,
    challenge,
    leaderboard,
    submissions,
    evaluation,
    furnished_challenges.challenge_dashboard,
    furnished_challenges.challenge_people,
    furnished_challenges.case,
    furnished_challenges.handing_in,
    furnished_challenges.ranking_plots,
    furnished_challenges.ranking_report,
    furnished_challenges.ranking_settings,
    furnished_challenges.design_form,
    phase_setup,
    starter_kit,
    teams,
    grants,
    inbox,
    mail_settings,
    mail_list,
    import_page,
    imports,
    running_import,
    operations,
    organizations,
    organization,
    organization_people,
    person,
    verifications,
    personal_data,
    discover,
    requests_to_decide,
    my_requests,
    archive_requests,
)


@pytest.fixture(autouse=True)
def _sockets(db: None) -> None:
    medical_image_socket()


def queries(furnish: Furnish, count: int) -> list[str]:
    user = UserFactory()
    address = furnish(user, count)
    client = Client()
    client.force_login(user)
    client.get("/healthz")
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return [query["sql"] for query in captured.captured_queries]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__)
def test_query_count(page: Furnish) -> None:
    few, many = queries(page, FEW), queries(page, MANY)
    assert len(few) == len(many), "\n".join(sql[:300] for sql in many)
    if os.environ.get("RECORD_QUERY_COUNTS"):
        recorded = json.loads(COMMITTED.read_text()) if COMMITTED.exists() else {}
        recorded[page.__name__] = len(few)
        COMMITTED.write_text(json.dumps(recorded, indent=2, sort_keys=True) + "\n")
    assert len(few) == json.loads(COMMITTED.read_text())[page.__name__]


def test_every_number_is_of_a_page() -> None:
    assert set(json.loads(COMMITTED.read_text())) == {page.__name__ for page in PAGES}

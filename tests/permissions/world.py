"""One object of every kind, and one person for every role that can be held on it."""

import io
import tarfile
import time
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from algorithms.models import Algorithm, AlgorithmInterface
from algorithms.policies import RUNS
from app.accounts.models import User
from app.accounts.services import grant_role, issue_token, set_picture
from app.challenges.models import Challenge, CombinedBoard, Evaluation
from app.challenges.policies import CHALLENGES
from app.challenges.services import (
    add_question,
    compute_ranking,
    create_page,
    invite,
    set_pictures,
)
from app.core.states import transition
from app.execution.models import ContainerImage, Job
from app.images.models import Image, ImageFile
from app.notifications.kinds import kind_of
from app.notifications.services import notify, queue_message
from app.notifications.unsubscribing import unsubscribe_url
from app.people.services import (
    accept_verification,
    build_export,
    confirmation_token,
    request_deletion,
    request_export,
)
from app.requests.services import ask_for_access
from app.sockets.selectors import medical_image_socket, metrics_socket, segmentation_socket
from app.sockets.services import ensure_socket, json_value
from app.uploads.services import start_upload
from reader_studies.services import save_answers
from tests.factories.accounts import UserFactory, sign_in
from tests.factories.algorithms import (
    make_algorithm,
    make_batch,
    make_call,
    make_endpoint,
    make_model,
    make_run,
    make_version,
)
from tests.factories.annotations import make_marks
from tests.factories.archives import make_archive
from tests.factories.challenges import (
    finish_cases,
    finish_method,
    hand_in_file,
    make_challenge,
    make_phase,
    make_predictions,
    make_predictions_phase,
    make_submission,
)
from tests.factories.execution import make_worker
from tests.factories.hanging import make_configuration, make_protocol
from tests.factories.images import make_import, make_upload
from tests.factories.people import make_organization, make_picture, make_verification
from tests.factories.proposals import make_proposal
from tests.factories.quarantine import make_quarantined
from tests.factories.rankings import make_ranking
from tests.factories.starter_kits import make_kit
from tests.factories.studies import make_question, make_study
from tests.factories.teams import make_team
from viewer.services import open_session

HOUR = 3600.0  # seconds
ROLES = (
    "anonymous",
    "stranger",
    "archive_user",
    "archive_uploader",
    "archive_editor",
    "study_reader",
    "study_editor",
    "algorithm_user",
    "algorithm_editor",
    "run_creator",
    "run_viewer",
    "participant",
    "submission_owner",
    "challenge_admin",
    "organization_member",
    "organization_editor",
    "evaluator",
    "asker",
    "verified_author",
    "administrator",
)


@dataclass(frozen=True)
class World:
    """People by role, and the values that stand in addresses and bodies, by name."""

    people: dict[str, User]
    things: dict[str, Any]
    sessions: dict[str, str] = field(default_factory=dict)

    def client_of(self, role: str) -> Client:
        """A browser in which ``role`` is signed in already, from one session for all requests."""
        client = Client()
        if role in self.sessions:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[role]
        return client

    def person(self, role: str) -> User | AnonymousUser:
        return self.people.get(role, AnonymousUser())

    def value(self, name: str, *, role: str) -> str:
        """What stands for ``name`` when ``role`` asks: some things must be the person's own."""
        if name in OWN:
            return OWN[name](self.people.get(role, self.people["stranger"]))
        return str(self.things.get(name, name))


def build_world() -> World:
    people = {role: UserFactory(username=role) for role in ROLES if role != "anonymous"}
    User.objects.filter(username="administrator").update(is_superuser=True, is_staff=True)
    people["administrator"].refresh_from_db()
    User.objects.filter(username="verified_author").update(verified_at=timezone.now())
    people["verified_author"].refresh_from_db()
    things: dict[str, Any] = {"stranger": people["stranger"].pk, "worker": make_worker()}
    things |= _archives(people) | _study(people) | _algorithm(people)
    things |= _challenge(people) | _teams(people) | _uploads(people)
    things |= _organization(people) | _personal(people)
    things |= _requests(people["asker"], things)
    things["view_session"] = open_session(
        user=people["stranger"], source="image", pk=things["shared_image"].pk
    )[0]
    things |= make_marks(people, things)
    things["item_session"] = open_session(
        user=people["archive_user"], source="archive-item", pk=things["archive_item"].pk
    )[0]
    maker = people["verified_author"]
    things["protocol"] = make_protocol(creator=maker)
    things["unused_protocol"] = make_protocol(creator=maker)
    things["configuration"] = make_configuration(creator=maker)
    for name in [name for name in things if name.endswith("_image")]:
        things[f"{name}_file"] = _file(things[name])
    values = {name: getattr(value, "pk", value) for name, value in things.items()}
    return World(people, values, {role: _session_of(person) for role, person in people.items()})


def _session_of(user: User) -> str:
    """A session that was used and noted: every request would note it again, and is taken back."""
    client = sign_in(Client(), user)
    client.get(reverse("web:healthz"))
    session = client.session
    session["noted_at"] = time.time() + HOUR
    session.save()
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def _archives(people: dict[str, User]) -> dict[str, Any]:
    members = {"USER": people["archive_user"], "UPLOADER": people["archive_uploader"]}
    archive = make_archive(editor=people["archive_editor"], cases=1, members=members)
    shared = make_archive(cases=1, public=True)
    item, shared_item = archive.items.get(), shared.items.get()
    waiting = make_quarantined(archive)
    height = ensure_socket(slug="height", title="Height", kind="INT", relative_path="height.json")
    item_value = json_value(socket=height, value=172)
    item.values.add(item_value)
    return {
        "height_socket": height,
        "item_value": item_value,
        "quarantine": waiting,
        "held_image": waiting.image,
        "archive": archive,
        "archive_item": item,
        "archive_image": item.images[0],
        "archive_member": people["archive_user"],
        "shared": shared,
        "shared_item": shared_item,
        "shared_image": shared_item.images[0],
        "empty_archive": make_archive(editor=people["archive_editor"]),
    }


def _study(people: dict[str, User]) -> dict[str, Any]:
    study = make_study(editor=people["study_editor"], readers=[people["study_reader"]], cases=1)
    display_set, question = study.display_sets.get(), make_question(study)
    answered = make_study(editor=people["study_editor"], readers=[people["study_reader"]], cases=1)
    given = save_answers(
        reader=people["study_reader"],
        display_set=answered.display_sets.get(),
        given={make_question(answered).pk: "yes"},
    )[0]
    return {
        "study": study,
        "study_slug": study.slug,
        "display_set": display_set,
        "study_image": display_set.values.get().image,
        "question": question,
        "answer": f"q-{question.pk}",
        "given": given,
        "study_member": people["study_reader"],
    }


def _algorithm(people: dict[str, User]) -> dict[str, Any]:
    algorithm = make_algorithm(
        editor=people["algorithm_editor"],
        members={"USER": people["algorithm_user"]},
        contact_email="ada@example.org",
        summary="It finds nodules.",
        mechanism="A convolutional network.",
    )
    item = make_archive(cases=1).items.get()
    creator = people["run_creator"]
    run = make_run(algorithm, creator=creator, item=item)
    kept = make_run(algorithm, creator=creator, item=item, for_editors=False)
    seen = make_archive(cases=1, public=True).items.get()
    own = make_run(algorithm, creator=people["algorithm_user"], item=seen)
    for shared in (run, kept):
        grant_role(RUNS, actor=creator, obj=shared, user=people["run_viewer"], role="VIEWER")
    things = {
        "own_run": own,
        "own_job": own.job,
        "run_member": people["run_viewer"],
        "kept_run": kept,
        "batch": make_batch(algorithm, creator=creator, item=item),
        "algorithm": algorithm,
        "algorithm_member": people["algorithm_user"],
        "run": run,
        "job": run.job,
        "waiting_job": make_run(algorithm, creator=creator, item=item, state=Job.State.QUEUED).job,
        "run_image": run.job.outputs.get().image,
        "waiting_run": make_run(algorithm, creator=creator, item=item, state=Job.State.QUEUED),
    }
    return things | _versions(algorithm) | _endpoints(people)


def _endpoints(people: dict[str, User]) -> dict[str, Any]:
    """An algorithm whose container stays up, and what two people keep warm of it."""
    members = {"USER": people["algorithm_user"]}
    algorithm = make_algorithm(editor=people["algorithm_editor"], members=members, versions=0)
    version = make_version(algorithm, serves=True)
    endpoint = make_endpoint(version, creator=people["run_creator"])
    call = make_call(endpoint, item=make_archive(cases=1).items.get())
    return {
        "warm_algorithm": algorithm,
        "warm_version": version,
        "endpoint": endpoint,
        "call": call.job,
        "call_run": call,
        "own_endpoint": make_endpoint(version, creator=people["algorithm_user"]),
    }


def _versions(algorithm: Algorithm) -> dict[str, Any]:
    """Versions, models and interfaces beside those that run."""
    first = algorithm.versions.get()
    gone = {"state": ContainerImage.State.RETIRED, "reclaimed_at": timezone.now()}
    second = AlgorithmInterface.objects.create(algorithm=algorithm)
    withdrawn = AlgorithmInterface.objects.create(algorithm=algorithm, withdrawn_at=timezone.now())
    second.inputs.set([metrics_socket()])
    withdrawn.inputs.set([metrics_socket(), medical_image_socket()])
    for interface in (second, withdrawn):
        interface.outputs.set([segmentation_socket()])
    return {
        "version": first,
        "retired_version": make_version(algorithm, **gone),
        "unused_version": make_version(algorithm, state=ContainerImage.State.INVALID),
        "model": make_model(algorithm),
        "retired_model": make_model(algorithm, **gone),
        "unused_model": make_model(algorithm, state=ContainerImage.State.INVALID),
        "second_interface": second,
        "withdrawn_interface": withdrawn,
    }


def _challenge(people: dict[str, User]) -> dict[str, Any]:
    admin, owner = people["challenge_admin"], people["submission_owner"]
    challenge = make_challenge(admin=admin, participants=(people["participant"], owner))
    grant_role(CHALLENGES, actor=admin, obj=challenge, user=people["evaluator"], role="EVALUATOR")
    rules = create_page(
        actor=admin, challenge=challenge, title="Rules", content="# R", visibility="PARTICIPANTS"
    )
    create_page(
        actor=admin, challenge=challenge, title="Notes", content="# N", visibility="ORGANIZERS"
    )
    words = {"logo": "A lung"}
    set_pictures(actor=admin, challenge=challenge, pictures={"logo": make_picture()}, words=words)
    phase = make_phase(challenge, cases=1, counts="CHOSEN")
    make_kit(phase)
    evaluation = make_submission(phase, creator=owner).evaluations.get()
    finish_cases(evaluation)
    finish_method(evaluation, {"aggregates": {"dice": {"mean": 0.5}}})
    case = evaluation.cases.get()
    assert case.job is not None
    waiting = make_submission(phase, creator=owner).evaluations.get()
    transition(waiting, Evaluation.State.RUNNING_CASES)
    return {
        "challenge": challenge,
        "challenge_member": people["participant"],
        "challenge_page": rules,
        "registration_question": add_question(
            actor=admin, challenge=make_challenge(admin=admin), text="Where do you work?"
        ),
        "open_challenge": make_challenge(public=True),
        "own_challenge": make_challenge(admin=people["verified_author"]),
        "proposal": make_proposal(people["asker"]),
        "phase": phase,
        "combined": CombinedBoard.objects.create(challenge=challenge, title="Over all"),
        "ranking": compute_ranking(phase),
        "hidden_archive": phase.archive,
        "hidden_item": case.item,
        "hidden_image": case.item.images[0],
        "submission": evaluation.submission,
        "entrant": evaluation.submission.entrant_id,
        "evaluation": evaluation,
        "drawn_ranking": make_ranking(phase, {"Ada": [0.5, 0.6, 0.7], "Bo": [0.4, 0.6, 0.5]}),
        "first_case": case.order,
        "evaluation_run": case.job.algorithm_run,
        "evaluation_job": case.job,
        "evaluation_image": case.job.outputs.get().image,
        "waiting_evaluation": waiting,
        **_predictions(challenge, owner),
    }


def _predictions(challenge: Challenge, owner: User) -> dict[str, Any]:
    """A phase that takes files, and a file that was handed in to it."""
    phase = make_predictions_phase(challenge)
    return {"predictions_phase": phase, "predictions": hand_in_file(phase, creator=owner)}


def _teams(people: dict[str, User]) -> dict[str, Any]:
    """A team of two that asked a third, and somebody whom it may ask."""
    mate, free = UserFactory(username="mate"), UserFactory(username="free")
    owner = people["submission_owner"]
    challenge = make_challenge(
        admin=people["challenge_admin"], participants=(owner, people["participant"], free)
    )
    team = make_team(challenge, owner, mate)
    return {
        "team_challenge": challenge,
        "team": team,
        "team_mate": mate.pk,
        "invitation": invite(actor=owner, team=team, name=people["participant"].username),
    }


def _requests(asker: User, things: dict[str, Any]) -> dict[str, Any]:
    asked = {
        f"{name}_request": ask_for_access(user=asker, target=things[name]).request
        for name in ("archive", "study", "algorithm", "challenge")
    }
    listed = make_archive(listed=True)
    return {
        **asked,
        "listed": listed,
        "listed_study": make_study(listed=True),
        "chosen_request": f"archive/{asked['archive_request'].pk}",
    }


def _uploads(people: dict[str, User]) -> dict[str, Any]:
    owner = people["archive_uploader"]
    upload = start_upload(owner=owner, filename="a.mha", size=10)
    doomed = start_upload(owner=owner, filename="b.mha", size=10)
    archive = make_archive(editor=people["archive_editor"], members={"UPLOADER": owner})
    told = notify(
        user=people["stranger"], kind="images.import.finished", text="For the stranger alone."
    )
    cancelled = make_import(owner=owner, destination_id=archive.pk, state="CANCELLED")
    cancelled.uploads.add(make_upload(owner=owner))
    return {
        "cancelled_import": cancelled,
        "upload": upload,
        "multipart": upload.multipart_id,
        "doomed_upload": doomed,
        "doomed_multipart": doomed.multipart_id,
        "socket": medical_image_socket(),
        "notification": told,
        **_mail(people["stranger"]),
        "token": issue_token(user=people["stranger"], name="A token").token,
        "import": make_import(owner=owner, destination_id=archive.pk),
    }


def _organization(people: dict[str, User]) -> dict[str, Any]:
    member = people["organization_member"]
    organization = make_organization(editor=people["organization_editor"], members=(member,))
    return {"organization": organization, "organization_person": member}


def _personal(people: dict[str, User]) -> dict[str, Any]:
    """The stranger's own things, and requests of people who hold no other role."""
    stranger = people["stranger"]
    User.objects.filter(pk=stranger.pk).update(
        institution="Radboudumc", department="Imaging", country="NL"
    )
    stranger.refresh_from_db()
    set_picture(user=stranger, data=make_picture())
    verification = make_verification(stranger, confirmed=False)
    accepted = make_verification()
    accept_verification(actor=people["administrator"], verification=accepted)
    export = request_export(user=stranger)
    build_export(export.pk)
    request_deletion(user=stranger)
    return {
        "picture": stranger.picture,
        "verification": verification,
        "confirmation": confirmation_token(verification),
        "pending_verification": make_verification(),
        "accepted_verification": accepted,
        "export": export,
    }


def _mail(user: User) -> dict[str, Any]:
    """Mail is queued whatever backend the test runner has set."""
    kept = queue_message(EmailMessage("Hello", "Text", to=[user.email]))
    ticket = unsubscribe_url(user, "access.decided").rstrip("/").rsplit("/", 1)[1]
    return {
        "kept_mail": kept,
        "ticket": ticket,
        "forged_ticket": f"{ticket[:-3]}abc",
        "kind_number": kind_of("access.decided").number,
    }


def _file(image: Image) -> ImageFile:
    return image.files.get(kind=ImageFile.Kind.MHA)


def _own_upload(user: User) -> str:
    return str(make_upload(owner=user).pk)


def _own_tar(user: User) -> str:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for name in ("cases.json", "Dockerfile"):
            tar.addfile(tarfile.TarInfo(name))
    return str(make_upload(owner=user, content=content.getvalue(), filename="truth.tar").pk)


def _own_algorithm(user: User) -> str:
    return str(make_algorithm(editor=user).pk)


def _own_archive(user: User) -> str:
    return str(make_archive(editor=user).pk)


def _own_sample(user: User) -> str:
    return str(make_archive(editor=user, cases=1).pk)


def _own_predictions(user: User) -> str:
    return str(make_predictions(user).pk)


OWN = {
    "own-predictions": _own_predictions,
    "own-upload": _own_upload,
    "own-tar": _own_tar,
    "own-algorithm": _own_algorithm,
    "own-archive": _own_archive,
    "own-sample": _own_sample,
}
"""What a form takes only from the person who owns it."""

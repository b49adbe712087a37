"""Challenges whose phases are ready, and evaluations whose jobs end when a test says so."""

import json
from typing import Any

from algorithms.models import Algorithm
from app.accounts.models import User
from app.accounts.services import grant_role
from app.challenges.models import (
    Challenge,
    Evaluation,
    EvaluationMethod,
    GroundTruth,
    Phase,
    Submission,
)
from app.challenges.policies import CHALLENGES
from app.challenges.services import (
    create_challenge,
    create_phase,
    submit_algorithm,
    submit_predictions,
)
from app.challenges.services.evaluations import advance
from app.core.ids import new_id
from app.core.states import transition
from app.core.storage import get_store
from app.execution.models import ContainerImage, Job
from app.execution.services.jobs import end_job
from app.images.models import Image
from app.sockets.selectors import metrics_socket
from app.sockets.services import json_value
from app.uploads.models import UserUpload
from archives.models import ArchiveItem
from tests.factories.accounts import UserFactory
from tests.factories.algorithms import add_output, make_algorithm, make_container_image
from tests.factories.archives import make_archive
from tests.factories.images import make_upload

_counter = iter(range(10**9))
SCHEMA = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "required": ["case", "probability"],
        "properties": {
            "case": {"type": "string"},
            "probability": {"type": "number", "minimum": 0, "maximum": 1},
        },
        "additionalProperties": False,
    },
}
RUN = (Job.State.PROVISIONING, Job.State.EXECUTING, Job.State.PARSING)


def make_challenge(
    *, admin: User | None = None, participants: tuple[User, ...] = (), **fields: Any
) -> Challenge:
    """A challenge without phases."""
    admin = admin or UserFactory()
    values = {"title": f"Challenge {next(_counter)}"} | fields
    challenge = create_challenge(actor=admin, **values)
    for person in participants:
        grant_role(CHALLENGES, actor=admin, obj=challenge, user=person, role="PARTICIPANT")
    return challenge


def make_phase(
    challenge: Challenge | None = None, *, cases: int = 1, ready: bool = True, **fields: Any
) -> Phase:
    """A phase on a hidden archive; a ready one has an evaluation method and ground truth."""
    challenge = challenge or make_challenge()
    admin = challenge.memberships.filter(role="ADMIN")[0].user
    if "archive" not in fields:
        fields["archive"] = make_archive(editor=admin, cases=cases)
    fields.setdefault("title", f"Phase {next(_counter)}")
    phase = create_phase(actor=admin, challenge=challenge, **fields)
    if ready:
        make_method(phase)
        make_ground_truth(phase)
    return phase


def make_method(phase: Phase, *, state: str = ContainerImage.State.READY) -> EvaluationMethod:
    """An evaluation method whose container passed its checks."""
    image = make_container_image(kind=ContainerImage.Kind.METHOD, state=state)
    return EvaluationMethod.objects.create(phase=phase, container_image=image)


def make_ground_truth(phase: Phase) -> GroundTruth:
    """Ground truth whose bytes are in storage."""
    key = f"ground-truth/{new_id()}.tar"
    get_store().put_bytes(b"truth", key=key)
    return GroundTruth.objects.create(phase=phase, key=key, size=5, sha256="0" * 64)


def name_cases(phase: Phase) -> list[str]:
    """Give the hidden cases and their images names that occur nowhere else; return them."""
    names = []
    for number, item in enumerate(phase.archive.items.order_by("created"), start=1):
        names += [f"Subject-{number}-{item.pk.hex[-6:]}", f"scan_{number}_{item.pk.hex[-6:]}.mha"]
        ArchiveItem.objects.filter(pk=item.pk).update(title=names[-2])
        Image.objects.filter(pk__in=[image.pk for image in item.images]).update(name=names[-1])
    return names


def make_submission(
    phase: Phase, *, creator: User | None = None, algorithm: Algorithm | None = None
) -> Submission:
    """Hand in an algorithm (a new one unless given); its evaluation is queued."""
    if creator is None:
        creator = UserFactory()
        grant_role(CHALLENGES, actor=None, obj=phase.challenge, user=creator, role="PARTICIPANT")
    algorithm = algorithm or make_algorithm(editor=creator)
    return submit_algorithm(actor=creator, phase=phase, algorithm=algorithm)


def make_predictions_phase(challenge: Challenge | None = None, **fields: Any) -> Phase:
    """A ready phase that takes files with a list of cases and probabilities."""
    return make_phase(challenge, kind="PREDICTIONS", **{"predictions_schema": SCHEMA} | fields)


def hand_in_file(
    phase: Phase, *, creator: User | None = None, content: Any = None, filename: str = "mine.json"
) -> Submission:
    """Hand in a file (one that fits, and that nobody handed in before, unless given)."""
    if creator is None:
        creator = UserFactory()
        grant_role(CHALLENGES, actor=None, obj=phase.challenge, user=creator, role="PARTICIPANT")
    upload = make_predictions(creator, content=content, filename=filename)
    return submit_predictions(actor=creator, phase=phase, upload=upload)


def make_predictions(
    owner: User, *, content: Any = None, filename: str = "mine.json"
) -> UserUpload:
    """An uploaded file with predictions; it fits unless it is given as bytes or as a value."""
    if content is None:
        content = [{"case": "case-1", "probability": 1 / (2 + next(_counter))}]
    if not isinstance(content, bytes):
        content = json.dumps(content).encode()
    return make_upload(owner=owner, content=content, filename=filename)


def make_evaluation(
    phase: Phase,
    *,
    score: float | None = None,
    creator: User | None = None,
    metrics: Any = None,
) -> Evaluation:
    """A submission taken all the way to the leaderboard with ``score`` or ``metrics``."""
    evaluation = make_submission(phase, creator=creator).evaluations.get()
    finish_cases(evaluation)
    scored = {"aggregates": {"dice": {"mean": score}}}
    finish_method(evaluation, scored if metrics is None else metrics)
    return evaluation


def finish_cases(evaluation: Evaluation) -> None:
    """Let every case succeed."""
    advance(evaluation.pk)
    for _ in range(evaluation.cases.count()):
        for case in evaluation.cases.filter(job__state=Job.State.QUEUED):
            succeed(case.job)
        advance(evaluation.pk)


def finish_method(evaluation: Evaluation, metrics: Any) -> None:
    """Let the evaluation container leave ``metrics``."""
    evaluation.refresh_from_db()
    assert evaluation.job is not None
    evaluation.job.outputs.add(json_value(socket=metrics_socket(), value=metrics))
    succeed(evaluation.job, output=False)
    advance(evaluation.pk)
    evaluation.refresh_from_db()


def succeed(job: Job | None, *, output: bool = True) -> None:
    """End a queued job as a worker would that had run it."""
    assert job is not None
    if output:
        add_output(job)
    take(job)
    end_job(job, Job.State.SUCCEEDED)


def fail_job(job: Job | None, *, reason: str = "The container ended with exit code 3.") -> None:
    """End a queued job as a worker would whose container failed."""
    assert job is not None
    take(job)
    end_job(job, Job.State.FAILED, reason=reason)


def take(job: Job) -> None:
    """Bring a queued job to where its results are read."""
    for state in RUN:
        transition(job, state)

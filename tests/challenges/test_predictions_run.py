"""Files with predictions, scored by a real container: by the portal and by the starter kit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.challenges.kit.examples import file_evaluation_entries
from app.challenges.models import Evaluation, EvaluationMethod, Phase, Submission
from app.challenges.services import add_ground_truth, add_kit_truth
from app.core.errors import ValidationFailed
from app.execution.executors.docker import DockerExecutor
from app.execution.models import ContainerImage, Job
from app.execution.selectors import job_log
from archives.models import Archive
from tests.clients.forge import build_image, local_bases
from tests.factories.archives import make_archive, make_item
from tests.factories.challenges import hand_in_file, make_challenge, make_predictions_phase
from tests.factories.containers import shell_image
from tests.factories.engines import engine_address
from tests.factories.images import make_upload
from tests.factories.real_runs import Kit, checked_image, work_off
from tests.factories.starter_kits import kit_zip, tarball, unzip

pytestmark = [
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.django_db(transaction=True),
]
TRUTH = {"case-1": 1, "case-2": 0, "case-3": 0}
JSON = json.dumps(
    [
        {"case": "case-1", "probability": 0.75},
        {"case": "case-2", "probability": 0.25},
        {"case": "case-3", "probability": 0},
    ]
).encode()
CSV = b"case,probability\r\ncase-1,0.75\r\ncase-2,0.25\r\ncase-3,0\r\n"
ERRORS = {"case-1": 0.0625, "case-2": 0.0625, "case-3": 0.0}
BRIER = 0.125 / 3
TELLS_ALL = "cat /opt/ml/input/data/ground_truth/truth.json >&2; exit 3"


@pytest.fixture
def bases(tmp_path: Path) -> Iterator[docker.DockerClient]:
    """An engine that knows the images that Dockerfiles start from."""
    client = docker.DockerClient(base_url=engine_address())
    with local_bases(client, tmp_path):
        yield client
    client.close()


@pytest.fixture
def evaluator(bases: docker.DockerClient, tmp_path: Path) -> Path:
    """The kit's own example of an evaluation, as `docker save` writes it."""
    folder = tmp_path / "predictions-evaluation"
    for entry in file_evaluation_entries(folder="."):
        path = folder / entry.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(entry.chunks()))
    build_image(bases, folder, path=tmp_path / "evaluator.tar")
    return tmp_path / "evaluator.tar"


def make_scored_phase(user: User, image: Path, *, form: str) -> Phase:
    """A phase of three cases in which ``user`` takes part, with this evaluation container."""
    challenge = make_challenge(participants=(user,))
    admin = challenge.memberships.get(role="ADMIN").user
    phase = make_predictions_phase(
        challenge,
        archive=archive_of_cases(),
        ready=False,
        predictions_form=form,
        score_path="aggregates.brier",
        score_title="Brier score",
        direction="LOWER",
    )
    add_ground_truth(actor=admin, phase=phase, upload=truth_upload(admin))
    method = checked_image(image, kind=ContainerImage.Kind.METHOD, creator=admin)
    EvaluationMethod.objects.create(phase=phase, container_image=method)
    return phase


def archive_of_cases() -> Archive:
    archive = make_archive()
    for title in TRUTH:
        make_item(archive, title=title)
    return archive


def truth_upload(admin: User) -> Any:
    content = tarball({"truth.json": json.dumps(TRUTH).encode()})
    return make_upload(owner=admin, content=content, filename="truth.tar.gz")


def handed_in(phase: Phase, executor: DockerExecutor, **given: Any) -> Evaluation:
    """A file that was handed in, and whose evaluation has ended."""
    submission = hand_in_file(phase, **given)
    return work_off(submission.evaluations.get(), executor=executor)


@pytest.mark.parametrize(
    ("form", "content", "worse", "bad", "fault"),
    [
        (
            "JSON",
            JSON,
            b'[{"case": "case-1", "probability": 0.5}]',
            b'[{"case": "case-1", "probability": 0.5}, {"case": "case-2", "probability": "no"}]',
            "[1].probability: must be a number",
        ),
        (
            "CSV",
            CSV,
            b"case,probability\r\ncase-1,0.5\r\n",
            b"case,probability\ncase-1,0.5\ncase-2,\n",
            "[1].probability: must be a number",
        ),
    ],
    ids=["json", "csv"],
)
def test_portal_and_kit_give_a_file_the_same_score(
    form: str,
    content: bytes,
    worse: bytes,
    bad: bytes,
    fault: str,
    evaluator: Path,
    executor: DockerExecutor,
    portal: None,
    user: User,
    tmp_path: Path,
) -> None:
    phase = make_scored_phase(user, evaluator, form=form)
    filename = f"mine.{form.lower()}"

    with pytest.raises(ValidationFailed) as refused:
        hand_in_file(phase, creator=user, content=bad, filename=filename)
    assert refused.value.fields["uploads"] == [fault]
    assert not Submission.objects.exists()
    assert not Job.objects.exists()

    second = handed_in(phase, executor, content=worse, filename=filename)
    first = handed_in(phase, executor, creator=user, content=content, filename=filename)
    for evaluation in (first, second):
        evaluation.refresh_from_db()
        assert evaluation.state == Evaluation.State.SUCCEEDED, evaluation.organizer_reason
    assert first.score == pytest.approx(BRIER)
    assert first.metrics["aggregates"]["accuracy"] == 1
    assert (first.rank, second.rank) == (1, 2)
    assert scores_of(first) == ERRORS
    assert scores_of(second) == dict.fromkeys(TRUTH, 0.25)
    notes = {case.item.title: case.note for case in second.cases.select_related("item")}
    assert notes["case-1"] == ""
    assert notes["case-3"] == "It was not predicted."
    assert not first.result_faults

    admin = phase.challenge.memberships.get(role="ADMIN").user
    add_kit_truth(actor=admin, phase=phase, upload=truth_upload(admin))
    kit = Kit(unzip(kit_zip(phase), tmp_path / "kit"))
    (tmp_path / filename).write_bytes(content)
    done = kit.run("test", str(tmp_path / filename))
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"aggregates.brier: {first.score}\n"
    assert json.loads((kit.folder / "metrics.json").read_text()) == first.metrics


def scores_of(evaluation: Evaluation) -> dict[str, float]:
    """The score that is kept for each case, by the case's title."""
    cases = evaluation.cases.select_related("item")
    return {case.item.title: case.scores.get(metric="squared_error").value for case in cases}


def test_an_evaluation_that_fails_gives_nothing_of_the_truth_away(
    executor: DockerExecutor, portal: None, user: User, client: Client, tmp_path: Path
) -> None:
    shell_image(TELLS_ALL).write(tmp_path / "failing.tar")
    phase = make_scored_phase(user, tmp_path / "failing.tar", form="JSON")
    evaluation = handed_in(phase, executor, creator=user, content=JSON)
    assert evaluation.state == Evaluation.State.FAILED
    assert evaluation.job is not None
    assert '"case-2": 0' in job_log(evaluation.job)[0]

    page = reverse("challenges:evaluation", args=[evaluation.pk])
    client.force_login(phase.challenge.memberships.get(role="ADMIN").user)
    assert "case-2" in client.get(page).content.decode()
    client.force_login(user)
    shown = client.get(page).content.decode()
    assert "The evaluation of your results failed. The organizers have been told." in shown
    answer = client.get(f"/api/v1/evaluations/{evaluation.pk}/").content.decode()
    assert '"Failed"' in answer
    for secret in ("exit code 3", "case-2", "truth.json"):
        assert secret not in shown
        assert secret not in answer

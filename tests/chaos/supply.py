"""Makes the algorithms and the challenge of a chaos run, and hands in jobs and evaluations.

It is a program of its own that may be killed like the others: whatever it finds done already it
leaves alone, so that it can be started again at any point.
"""

from __future__ import annotations

import io
import json
import os
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

from django.db import close_old_connections, transaction

from algorithms.models import Algorithm, AlgorithmRun, AlgorithmVersion
from algorithms.selectors import interface_of
from algorithms.services import create_algorithm
from algorithms.services.starting import NewRun, prepare_run, start_runs
from app.accounts.models import User
from app.accounts.services import grant_role
from app.challenges.models import Evaluation, EvaluationMethod, GroundTruth, Phase, Submission
from app.challenges.policies import CHALLENGES
from app.challenges.services import create_challenge, create_phase, submit_algorithm
from app.challenges.services.evaluations import cancel_evaluation
from app.core.storage import get_store
from app.execution.contract import inspect_archive
from app.execution.models import ContainerImage, Job
from app.execution.services import cancel_job, queue_job
from app.sockets.models import Socket, SocketValue
from app.sockets.services import ensure_socket, json_value
from archives.services import add_item, create_archive
from tests.chaos import given
from tests.chaos.given import Ending, Fate
from tests.chaos.points import HOME
from tests.factories.containers import shell_image

PEOPLE = 4
BACKLOG = 10
JOBS_PER_ENTRY = 6
PAUSE = 0.2


def prepare(plan: dict[str, Any]) -> None:
    """Make everything that jobs and evaluations need."""
    people = [make_person(n) for n in range(PEOPLE)]
    number = ensure_socket(slug="number", title="Number", kind="INT", relative_path="number.json")
    result = ensure_socket(slug="result", title="Result", kind="JSON", relative_path="result.json")
    report = ensure_socket(slug="report", title="Report", kind="PDF", relative_path="report.pdf")
    picture = ensure_socket(
        slug="picture", title="Picture", kind="IMG", relative_path="images/picture"
    )
    for name, outputs in (("small", [result]), ("large", [result, report, picture])):
        script = given.script(large=name == "large")
        make_algorithm(people[0], name, script, inputs=[number], outputs=outputs)
    phase = make_phase(people[0], number=number, result=result)
    for entry in range(1, plan["entries"] + plan["spare_entries"] + 1):
        person = people[entry % PEOPLE]
        make_algorithm(
            person, f"entry {entry}", given.entry_script(entry), inputs=[number], outputs=[result]
        )
    for person in people[1:]:
        grant_role(CHALLENGES, actor=None, obj=phase.challenge, user=person, role="PARTICIPANT")


def make_person(number: int) -> User:
    """Somebody who wants no mail: that is another line of tasks."""
    return User.objects.create(
        username=f"person{number}",
        email=f"person{number}@example.org",
        mail_preference=User.MailPreference.OFF,
    )


def make_algorithm(
    person: User, title: str, script: str, *, inputs: list[Socket], outputs: list[Socket]
) -> Algorithm:
    algorithm = create_algorithm(actor=person, title=title, inputs=inputs, outputs=outputs)
    image = make_image(person, script, kind=ContainerImage.Kind.ALGORITHM)
    AlgorithmVersion.objects.create(algorithm=algorithm, number=1, container_image=image)
    return algorithm


def make_image(person: User, script: str, *, kind: str) -> ContainerImage:
    """A container image as it is after its checks."""
    with tempfile.TemporaryDirectory() as folder:
        path = shell_image(script).write(Path(folder) / "image.tar")
        manifest = inspect_archive(path)
        key = f"containers/{manifest.image_id.removeprefix('sha256:')}.tar"
        stored = get_store().put_file(path, key=key)
    return ContainerImage.objects.create(
        creator=person,
        kind=kind,
        filename="image.tar",
        key=key,
        size=stored.size,
        digest=manifest.image_id,
        manifest=manifest.as_record(),
        state=ContainerImage.State.READY,
    )


def make_phase(person: User, *, number: Socket, result: Socket) -> Phase:
    archive = create_archive(actor=person, title="Hidden cases")
    for case in given.CASES:
        values = [json_value(socket=number, value=case)]
        add_item(actor=person, archive=archive, title=f"Case {case}", values=values)
    challenge = create_challenge(actor=person, title="Squares")
    phase = create_phase(
        actor=person,
        challenge=challenge,
        title="Final",
        archive=archive,
        inputs=[number],
        outputs=[result],
        limit_successful=1000,
        limit_under_way=None,
    )
    method = make_image(person, given.METHOD, kind=ContainerImage.Kind.METHOD)
    EvaluationMethod.objects.create(phase=phase, container_image=method)
    truth = io.BytesIO()
    with tarfile.open(fileobj=truth, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo("truth"), io.BytesIO())
    stored = get_store().put_bytes(truth.getvalue(), key="ground-truth/truth.tar")
    GroundTruth.objects.create(phase=phase, key="ground-truth/truth.tar", size=stored.size)
    return phase


class Supplier:
    """Keeps the queue filled until there is enough and nobody wants more."""

    def __init__(self, home: Path) -> None:
        self._plan = json.loads((home / "plan.json").read_text())
        self._more = home / "more"
        self._people = list(User.objects.filter(username__startswith="person").order_by("pk"))
        self._phase = Phase.objects.get()
        self._run, self._entry = 1, 1

    def work(self) -> None:
        while True:
            close_old_connections()
            self._cancel_what_is_to_be_cancelled()
            if self._unfinished() < BACKLOG:
                if not self._supply():
                    return
            else:
                time.sleep(PAUSE)

    def _supply(self) -> bool:
        """Make the next thing that is not there; False when all is there and has been cancelled."""
        wanted, entries = self._plan["jobs"], self._plan["entries"]
        if self._more.exists():
            wanted, entries = self._plan["most_jobs"], entries + self._plan["spare_entries"]
        if self._entry <= entries and (
            self._run > JOBS_PER_ENTRY * self._entry or self._run > wanted
        ):
            self._hand_in(self._entry)
            self._entry += 1
        elif self._run <= wanted:
            self._start(self._run)
            self._run += 1
        elif self._more.exists() or self._to_cancel():
            time.sleep(PAUSE)
        else:
            return False
        return True

    def _start(self, number: int) -> None:
        title = f"job {number}"
        creator = self._people[number % PEOPLE]
        run = AlgorithmRun.objects.filter(title=title).select_related("job").first()
        if run is None:
            name = "large" if given.is_large(number) else "small"
            version = AlgorithmVersion.objects.get(algorithm__title=name)
            means = {
                "actor": creator,
                "version": version,
                "interface": interface_of(version.algorithm),
            }
            if not given.is_prepared(number):
                start_runs(**means, new=[NewRun(title=title, values=[_number(number)])])
                return
            run = prepare_run(**means, title=title)
        if run.job.state == Job.State.VALIDATING_INPUTS:
            with transaction.atomic():
                value = _number(number)
                value.save()
                run.job.inputs.set([value])
                queue_job(run.job, actor=creator)

    def _hand_in(self, entry: int) -> None:
        algorithm = Algorithm.objects.get(title=f"entry {entry}")
        if not Submission.objects.filter(version__algorithm=algorithm).exists():
            person = algorithm.memberships.get(role="EDITOR").user
            submit_algorithm(actor=person, phase=self._phase, algorithm=algorithm)

    def _cancel_what_is_to_be_cancelled(self) -> None:
        for run in self._to_cancel():
            waits = given.fate_of(_number_of(run)) is Fate.RECALLED
            if waits or run.job.state == Job.State.EXECUTING:
                cancel_job(actor=run.job.creator, job=run.job)
        under_way = Evaluation.objects.filter(state=Evaluation.State.RUNNING_CASES)
        for evaluation in under_way.select_related("submission__version__algorithm"):
            entry = int(str(evaluation.submission.version.algorithm.title).split()[1])
            started = evaluation.cases.filter(job__state=Job.State.EXECUTING).exists()
            if given.ending_of(entry) is Ending.CANCELLED and started:
                cancel_evaluation(actor=self._people[0], evaluation=evaluation)

    def _to_cancel(self) -> list[AlgorithmRun]:
        runs = AlgorithmRun.objects.select_related("job__creator").filter(
            title__startswith="job ", job__cancel_requested=False, job__finished_at=None
        )
        fates = (Fate.STOPPED, Fate.RECALLED)
        return [run for run in runs if given.fate_of(_number_of(run)) in fates]

    def _unfinished(self) -> int:
        return Job.objects.filter(finished_at=None).count()


def _number(number: int) -> SocketValue:
    socket = Socket.objects.get(slug="number")
    return SocketValue(socket=socket, value=number, has_value=True)


def _number_of(run: AlgorithmRun) -> int:
    return int(run.title.split()[1])


if __name__ == "__main__":
    place = Path(os.environ[HOME])
    if sys.argv[1] == "prepare":
        prepare(json.loads((place / "plan.json").read_text()))
    else:
        Supplier(place).work()

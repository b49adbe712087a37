"""What came of everything that was given to do: each job and evaluation once, and rightly.

A program of its own with the portal's settings; it prints what it found as JSON.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db.models import Count, QuerySet
from django.urls import reverse

from algorithms.models import AlgorithmRun
from app.audit.models import Event
from app.challenges.models import Evaluation
from app.core.storage import get_store
from app.execution.models import IncomingOutput, Job
from app.execution.services import incoming
from app.execution.services.jobs import MAX_ATTEMPTS
from app.images.models import Image, ImageFile
from app.notifications.models import Notification
from app.sockets.models import SocketValue
from tests.chaos import given
from tests.chaos.given import Ending, Fate

Moves = list[tuple[str, str]]
ALLOWED = {
    Fate.SUCCEEDS: {"SUCCEEDED"},
    Fate.FAILS: {"FAILED"},
    Fate.REFUSED: {"FAILED"},
    Fate.STOPPED: {"CANCELLED"},
    Fate.RECALLED: {"CANCELLED", "SUCCEEDED"},
}
CODES = {Fate.FAILS: "exit_code", Fate.REFUSED: "output"}
ENDINGS = {
    Ending.SUCCEEDS: "SUCCEEDED",
    Ending.FAILS: "FAILED",
    Ending.CANCELLED: "CANCELLED",
}


def find_faults() -> dict[str, Any]:
    """All faults in words, and the figures of the run."""
    job_moves, evaluation_moves = _moves("execution.job"), _moves("challenges.evaluation")
    faults = [
        *_faults_of_runs(job_moves),
        *_faults_of_jobs(job_moves),
        *_faults_of_evaluations(evaluation_moves),
        *_faults_of_values(),
        *_faults_of_storage(),
    ]
    jobs = list(Job.objects.all())
    return {
        "faults": faults,
        "jobs": dict(Counter(job.state for job in jobs)),
        "evaluations": dict(Counter(Evaluation.objects.values_list("state", flat=True))),
        "attempts": _counted(job.attempts for job in jobs),
        "parses": _counted(job.parses for job in jobs),
        "moves_of_jobs": _pairs(job_moves),
        "moves_of_evaluations": _pairs(evaluation_moves),
    }


def _moves(kind: str) -> dict[str, Moves]:
    """Every object's moves in order, as the audit log has them."""
    found: dict[str, Moves] = {}
    for event in Event.objects.filter(name=f"{kind}.state_changed").order_by("id"):
        move = (event.data["before"], event.data["after"])
        found.setdefault(event.object_id, []).append(move)
    return found


def _faults_of_runs(moves: dict[str, Moves]) -> Iterator[str]:
    runs = AlgorithmRun.objects.filter(title__startswith="job ").select_related("job")
    for title, count in Counter(runs.values_list("title", flat=True)).items():
        if count > 1:
            yield f"{title} was started {count} times"
    told = Counter(Notification.objects.values_list("url", flat=True))
    for run in runs.prefetch_related("job__outputs__socket", "job__outputs__image__files"):
        number = int(run.title.split()[1])
        for fault in _faults_of_run(run, number, fate=given.fate_of(number)):
            yield f"{run.title}: {fault}"
        news = told[reverse("algorithms:run", args=[run.pk])]
        if news != 1:
            yield f"{run.title}: its person was told {news} times"


def _faults_of_run(run: AlgorithmRun, number: int, *, fate: Fate) -> Iterator[str]:
    job = run.job
    if job.state not in ALLOWED[fate]:
        yield f"ended as {job.state} ({job.reason_code}: {job.reason}), meant: {fate}"
    if job.state == "FAILED" and job.reason_code != CODES.get(fate):
        yield f"failed for {job.reason_code}: {job.reason}"
    values = {value.socket.slug: value for value in job.outputs.all()}
    if len(values) != len(job.outputs.all()):
        yield "an output is there twice"
    if job.state != "SUCCEEDED":
        if values:
            yield f"has outputs although it ended as {job.state}"
        return
    if job.log.count(f"case {number}.") != 1 or job.log.count("case") != 1:
        yield f"its log is {job.log!r}"
    wanted = {"result", "report", "picture"} if given.is_large(number) else {"result"}
    if set(values) != wanted:
        yield f"has the outputs {sorted(values)}"
        return
    if values["result"].value != given.value_of(number):
        yield f"its value is {values['result'].value}"
    if given.is_large(number):
        yield from _faults_of_files(values, number)


def _faults_of_files(values: dict[str, SocketValue], number: int) -> Iterator[str]:
    store = get_store()
    if _content(values["report"].file_key) != given.report_of(number):
        yield "its report has other bytes"
    image = values["picture"].image
    file = image.files.filter(kind=ImageFile.Kind.MHA).first() if image else None
    if file is None or not store.exists(file.key):
        yield "its picture is gone"
    elif not _voxels(file.key).endswith(given.voxels_of(number)):
        yield "its picture has other voxels"


def _content(key: str) -> bytes:
    store = get_store()
    return b"".join(store.iter_range(key)) if store.exists(key) else b""


def _voxels(key: str) -> bytes:
    """The voxels of a MetaImage, which may be compressed."""
    import zlib

    content = _content(key)
    header, _, data = content.partition(b"ElementDataFile = LOCAL\n")
    return zlib.decompress(data) if b"CompressedData = True" in header else data


def _faults_of_jobs(moves: dict[str, Moves]) -> Iterator[str]:
    final = Job.MACHINE.final
    for job in Job.objects.select_related("algorithm_run"):
        mine = moves.get(str(job.pk), [])
        ends = [after for _, after in mine if after in final]
        if len(ends) != 1:
            yield f"job {job.pk} ended {len(ends)} times: {mine}"
        losses = sum(before in Job.HELD and after == "QUEUED" for before, after in mine)
        counted = job.attempts + job.crashes + getattr(job, "handbacks", 0)
        if job.state != "FAILED" and counted != losses:
            yield f"job {job.pk} was lost {losses} times and {counted} are counted"
        if job.crashes:
            yield f"job {job.pk} is charged with {job.crashes} of our losses"
        if job.attempts >= MAX_ATTEMPTS or job.reason_code == "platform":
            yield f"job {job.pk} was given up: {job.reason}"
        if not job.handled:
            yield f"job {job.pk}: nobody made use of its end"


def _faults_of_evaluations(moves: dict[str, Moves]) -> Iterator[str]:
    done: QuerySet[Evaluation] = Evaluation.objects.select_related(
        "submission__version__algorithm"
    ).prefetch_related("cases__job")
    for evaluation in done:
        entry = int(str(evaluation.submission.version.algorithm.title).split()[1])
        ends = [a for _, a in moves.get(str(evaluation.pk), []) if a in evaluation.MACHINE.final]
        if len(ends) != 1:
            yield f"entry {entry} ended {len(ends)} times"
        if evaluation.state != ENDINGS[given.ending_of(entry)]:
            reason = evaluation.organizer_reason
            yield f"entry {entry} ended as {evaluation.state}: {reason}"
            continue
        page = reverse("challenges:evaluation", args=[evaluation.pk])
        to_creator = Notification.objects.filter(user=evaluation.submission.creator, url=page)
        wanted = evaluation.state != "CANCELLED"
        if to_creator.count() != wanted:
            yield f"entry {entry}: its person was told {to_creator.count()} times"
        if evaluation.state == "SUCCEEDED":
            yield from _faults_of_score(evaluation, entry)
    yield from _faults_of_ranks()


def _faults_of_score(evaluation: Evaluation, entry: int) -> Iterator[str]:
    if evaluation.metrics != given.metrics_of(entry):
        yield f"entry {entry} has the metrics {evaluation.metrics}"
    states = [case.job.state if case.job else None for case in evaluation.cases.all()]
    if states != ["SUCCEEDED"] * len(given.CASES):
        yield f"entry {entry} was scored with the cases {states}"


def _faults_of_ranks() -> Iterator[str]:
    """The best result of each entrant has a rank, and nothing else."""
    scored = Evaluation.objects.filter(state="SUCCEEDED").order_by("-score")
    wanted: dict[Any, Evaluation] = {}
    for evaluation in scored.select_related("submission"):
        wanted.setdefault(evaluation.submission.entrant_id, evaluation)
    ranks = {found.pk: found.rank for found in scored if found.rank is not None}
    if ranks != {best.pk: rank for rank, best in enumerate(wanted.values(), start=1)}:
        yield f"the ranks are {[found.rank for found in scored]}"


def _faults_of_values() -> Iterator[str]:
    made = SocketValue.objects.exclude(socket__slug="number")
    for value in made.annotate(jobs=Count("output_of_jobs")).exclude(jobs=1):
        yield f"the value {value.pk} of {value.socket.slug} belongs to {value.jobs} jobs"
    used = SocketValue.objects.exclude(image=None).values("image")
    for image in Image.objects.exclude(pk__in=used):
        yield f"the image {image.pk} belongs to nothing"


def _faults_of_storage() -> Iterator[str]:
    store = get_store()
    known = {*ImageFile.objects.values_list("key", flat=True)}
    known |= set(SocketValue.objects.exclude(file_key="").values_list("file_key", flat=True))
    found = {item.key for prefix in ("images", "values") for item in store.list_objects(prefix)}
    yield from (f"{key} is stored and nobody's" for key in sorted(found - known))
    yield from (f"{key} is missing in the storage" for key in sorted(known - found))
    if IncomingOutput.objects.exists():
        yield f"{IncomingOutput.objects.count()} results are still on their way in"
    for item in store.list_objects("incoming"):
        yield f"{item.key} is still stored"
    # What was begun and never announced is the daily sweep's.
    incoming.STRAY_AFTER = timedelta()
    incoming.sweep_incoming()
    store.tidy(older_than=timedelta())
    yield from (f"the upload {found.key} stays open" for found in store.list_multiparts("incoming"))


def _counted(numbers: Iterator[int]) -> dict[str, int]:
    return {str(number): count for number, count in sorted(Counter(numbers).items())}


def _pairs(moves: dict[str, Moves]) -> dict[str, int]:
    counted = Counter(move for mine in moves.values() for move in mine)
    return {f"{before} > {after}": count for (before, after), count in sorted(counted.items())}


if __name__ == "__main__":
    json.dump(find_faults(), sys.stdout)

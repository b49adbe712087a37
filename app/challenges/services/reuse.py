"""Taking finished cases of earlier evaluations over, where everything that went in is the same."""

import hashlib
import json
from collections.abc import Iterable

from algorithms.selectors import interface_of
from algorithms.services.runs import inputs_for
from algorithms.services.starting import means_of
from app.challenges.models import Evaluation, EvaluationCase
from app.core.errors import PortalError
from app.execution.models import Job
from app.sockets.models import SocketValue

State = EvaluationCase.State


def reuse_cases(evaluation: Evaluation) -> int:
    """Give waiting cases the jobs that ran the very same before; return how many were found.

    The same means: container image and model by digest, every input by digest, and outputs for
    everything that the phase asks for. Limits do not count: a run that succeeded kept to them.
    """
    submission = evaluation.submission
    wanted = set(submission.phase.outputs.values_list("pk", flat=True))
    found = 0
    for case in evaluation.cases.filter(state=State.WAITING).select_related("item"):
        try:
            interface = submission.interface or interface_of(submission.runnable.algorithm)
            asked = input_digest(inputs_for(interface, case.item))
        except PortalError:
            continue  # the case cannot be run, which the evaluation itself will say
        job = next((one for one in _candidates(case) if _fits(one, asked, wanted)), None)
        if job is not None:
            case.job, case.state = job, State.REUSED
            case.save(update_fields=["job", "state"])
            found += 1
    return found


def input_digest(values: Iterable[SocketValue]) -> str:
    """Return one digest of what values hold, socket by socket: JSON, file or image files."""
    parts = sorted(f"{value.socket.slug} {_content(value)}" for value in values)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _candidates(case: EvaluationCase) -> list[Job]:
    """Return jobs that ran the same container and model on the same case of this phase."""
    submission = case.evaluation.submission
    model = means_of(submission.runnable.algorithm)["model"]
    earlier = EvaluationCase.objects.filter(
        item=case.item,
        state=State.DONE,
        evaluation__submission__phase=submission.phase_id,
        job__state=Job.State.SUCCEEDED,
        job__container_image__digest=submission.runnable.container_image.digest,
    ).exclude(job__container_image__digest="")
    if model is None:
        earlier = earlier.filter(job__model=None)
    else:
        earlier = earlier.filter(job__model__digest=model.digest)
    rows = earlier.select_related("job").prefetch_related("job__outputs", "job__inputs__socket")
    return [row.job for row in rows.order_by("-job__finished_at")[:5] if row.job is not None]


def _fits(job: Job, asked: str, wanted: set[int]) -> bool:
    given = {value.socket_id for value in job.outputs.all()}
    return wanted <= given and input_digest(job.inputs.all()) == asked


def _content(value: SocketValue) -> str:
    if value.has_value:
        text = json.dumps(value.value, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()
    if value.image is not None:
        files = [file.sha256 or str(file.pk) for file in value.image.files.all()]
        return " ".join(sorted(files)) or str(value.image_id)
    return value.sha256 or value.file_key

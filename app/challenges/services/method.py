"""The evaluation container: what it is given and what it must leave."""

import json
from typing import Any

from app.challenges.models import Evaluation, EvaluationCase, Submission
from app.core.tasks import enqueue_on_commit
from app.delivery.services import signed_url_for
from app.execution.contract import InputFile, RunSpec
from app.execution.models import Job
from app.execution.services import image_reference, job_limits, submit_job
from app.execution.staging import input_files, lifetime, output_slots, serialized_value
from app.sockets.selectors import metrics_socket

ADVANCE = "app.challenges.tasks.advance_evaluation"


def start_method(evaluation: Evaluation) -> None:
    """Submit the job that scores the predictions."""
    evaluation.job = submit_job(
        actor=evaluation.submission.creator,
        kind="evaluation",
        container_image=evaluation.method.container_image,
        inputs=[],
    )
    evaluation.save(update_fields=["job", "modified"])


def method_finished(job: Job) -> None:
    """Let the evaluation go on when its method has ended."""
    evaluation = Evaluation.objects.filter(job=job).first()
    if evaluation is not None:
        enqueue_on_commit(ADVANCE, evaluation.pk)


def build_method_spec(job: Job) -> RunSpec:
    """Describe the scoring run: what is scored, and the ground truth."""
    rows = Evaluation.objects.select_related("ground_truth", "submission__phase")
    evaluation = rows.get(job=job)
    given = bool(evaluation.submission.file_key)
    files = _handed_in(evaluation.submission) if given else _made(evaluation)
    return RunSpec(
        run_id=str(job.pk),
        image=image_reference(job.container_image),
        inputs=tuple(files),
        ground_truth_url=signed_url_for(evaluation.ground_truth.key, expires_in=3600),
        outputs=output_slots([metrics_socket()]),
        limits=job_limits(job),
    )


def _handed_in(submission: Submission) -> list[InputFile]:
    """Return the file that was handed in, under the name that the phase's form has."""
    return [
        InputFile(
            relative_path=submission.phase.predictions_name,
            url=signed_url_for(submission.file_key, expires_in=lifetime()),
            size=submission.file_size,
            sha256=submission.file_sha256,
        )
    ]


def _made(evaluation: Evaluation) -> list[InputFile]:
    """Return predictions.json and every case's outputs."""
    cases = list(evaluation.cases.select_related("job", "item"))
    listing = json.dumps([_prediction(case) for case in cases]).encode()
    files = [InputFile(relative_path="predictions.json", content=listing)]
    for case in cases:
        outputs = _job(case).outputs.select_related("socket", "image")
        files += input_files(outputs, prefix=f"{case.job_id}/output/", listing=False)
    return files


def _prediction(case: EvaluationCase) -> dict[str, Any]:
    job = _job(case)
    return {
        "pk": str(job.pk),
        "inputs": [serialized_value(v) for v in job.inputs.select_related("socket", "image")],
        "outputs": [serialized_value(v) for v in job.outputs.select_related("socket", "image")],
        "status": "Succeeded",
    }


def _job(case: EvaluationCase) -> Job:
    if case.job is None:
        raise RuntimeError(f"Case {case.pk} is scored before it ran.")
    return case.job

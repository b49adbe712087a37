"""What an evaluation cost: seconds of processors and GPUs, counted once it is over."""

from uuid import UUID

from django.db.models import Exists, F, FloatField, OuterRef, Sum
from django.db.models.functions import Cast, Extract

from app.challenges.models import Evaluation, EvaluationCase
from app.execution.models import Job

AT_ONCE = 200


def count_costs() -> int:
    """Count evaluations that are over, with all their jobs; return how many were counted.

    May run twice. A job that an evaluation took over from another was paid for there.
    """
    running = EvaluationCase.objects.filter(evaluation=OuterRef("pk")).exclude(
        job__state__in=Job.MACHINE.final
    )
    over = Evaluation.objects.filter(
        state__in=Evaluation.MACHINE.final, finished_at__isnull=False, cpu_seconds=None
    )
    rows = list(
        over.exclude(Exists(running.filter(job__isnull=False)))
        .defer("metrics")
        .select_related("job")
        .order_by("finished_at")[:AT_ONCE]
    )
    costs = _of_cases([row.pk for row in rows])
    for row in rows:
        cpu, gpu = costs.get(row.pk, (0.0, 0.0))
        job = row.job
        if job is not None and job.started_at and job.finished_at:
            seconds = (job.finished_at - job.started_at).total_seconds()
            cpu, gpu = cpu + seconds * job.cpus, gpu + seconds * job.gpus
        row.cpu_seconds, row.gpu_seconds = cpu, gpu
    Evaluation.objects.bulk_update(rows, ["cpu_seconds", "gpu_seconds"])
    return len(rows)


def _of_cases(evaluations: list[UUID]) -> dict[UUID, tuple[float, float]]:
    seconds = Extract(F("job__finished_at") - F("job__started_at"), "epoch")
    cases = EvaluationCase.objects.filter(
        evaluation__in=evaluations, job__started_at__isnull=False, job__finished_at__isnull=False
    ).exclude(state=EvaluationCase.State.REUSED)
    rows = cases.order_by().values("evaluation")
    summed = rows.annotate(
        cpu=Sum(Cast(seconds, FloatField()) * F("job__cpus")),
        gpu=Sum(Cast(seconds, FloatField()) * F("job__gpus"), output_field=FloatField()),
    )
    return {row["evaluation"]: (row["cpu"], row["gpu"]) for row in summed}

"""What is pushed to whoever waits: a run's page, an endpoint's page, a warm container."""

from typing import Any

from app.core.hints import hint
from app.execution.models import Endpoint, Job
from app.execution.services.pools import WORK, served_group


def run_group(job_id: Any) -> str:
    """Return the group of hints at the news of one run."""
    return f"run.{job_id}"


def endpoint_group(endpoint_id: Any) -> str:
    """Return the group of hints at the news of one endpoint and its calls."""
    return f"endpoint.{endpoint_id}"


def hint_at_run(job: Job) -> None:
    """Tell whoever follows a run that there is news."""
    groups = [run_group(job.pk)]
    if job.endpoint_id is not None:
        groups.append(endpoint_group(job.endpoint_id))
    hint(*groups, run=str(job.pk), state=job.state)


def job_moved(job: Job, before: str, after: str) -> None:
    """Tell of a job's move; of a queued one also the containers that may take it."""
    hint_at_run(job)
    if after == Job.State.QUEUED:
        endpoint = job.endpoint
        hint(WORK if endpoint is None else served_group(str(endpoint.job_id)))


def endpoint_moved(endpoint: Endpoint, before: str, after: str) -> None:
    """Tell of an endpoint's move."""
    hint(endpoint_group(endpoint.pk), state=after)

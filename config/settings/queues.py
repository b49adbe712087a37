"""Celery's settings: broker by URL, late acknowledgement, periodic tasks."""

from typing import Any

from django.conf import settings
from kombu import Queue

from app.core import sqs, sqs_transport
from app.core.tasks import QUEUES


def transport_options(url: str) -> dict[str, Any]:
    """Return what the broker behind ``url`` needs to redeliver the tasks of a lost worker."""
    if url.startswith("sqs"):
        return sqs.transport_options(settings.ENV.sqs_queues_url)
    return {
        "visibility_timeout": settings.VISIBILITY_SECONDS,
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 10,
        "socket_keepalive": True,
    }


broker_url = settings.ENV.broker_url or "redis://127.0.0.1:6379/0"
if broker_url.startswith("sqs"):
    worker_enable_remote_control = False
    sqs_transport.use()
broker_transport_options = transport_options(broker_url)
broker_connection_retry_on_startup = True
task_default_queue = "short"
task_queues = [Queue(name) for name in QUEUES]
task_create_missing_queues = False
task_acks_late = True
task_reject_on_worker_lost = True
task_ignore_result = True
task_serializer = "json"
accept_content = ["json"]
worker_prefetch_multiplier = 1
worker_hijack_root_logger = False
timezone = "UTC"
OFTEN = float(settings.RECONCILE_SECONDS)
beat_schedule: dict[str, dict[str, Any]] = {
    name: {"task": name, "schedule": seconds}
    for name, seconds in {
        "app.execution.tasks.reconcile": OFTEN,
        "app.execution.tasks.sweep_incoming": 3600.0,
        "app.execution.tasks.reclaim_storage": 3600.0,
        "app.images.tasks.reconcile_imports": 2 * OFTEN,
        "app.images.tasks.reconcile_maskings": 2 * OFTEN,
        "app.challenges.tasks.reconcile_announcements": 2 * OFTEN,
        "app.challenges.tasks.reconcile_evaluations": 2 * OFTEN,
        "app.challenges.tasks.rank_due_phases": 4 * OFTEN,
        "app.challenges.tasks.reconcile_openings": 2 * OFTEN,
        "algorithms.tasks.reconcile_batches": 2 * OFTEN,
        "viewer.tasks.reconcile_viewer": 2 * OFTEN,
        "app.requests.tasks.reconcile_requests": 2 * OFTEN,
        "app.uploads.tasks.sweep_uploads": 3600.0,
        "app.people.tasks.look_after_people": 3600.0,
        "app.notifications.tasks.reconcile_mail": OFTEN,
        "app.notifications.tasks.send_digests": 300.0,
        "app.notifications.tasks.sweep_mail": 24 * 3600.0,
        "app.audit.tasks.seal_events": 2.0,
        "app.audit.tasks.sign_head": 60.0,
        "app.audit.tasks.thin_heads": 3600.0,
    }.items()
}
beat_schedule["app.audit.tasks.seal_events"]["options"] = {"expires": 10}  # the next one does it

"""A challenge as the public `grand-challenge-forge` wants it described, to make a starter kit of.

The starter kit holds an example algorithm and an example evaluation method for each phase, which
run here without a change.
"""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.text import slugify

from app.challenges.models import Challenge, Phase
from app.execution.staging import serialized_socket
from app.sockets.models import Socket
from archives.models import Archive


def starter_kit_context(challenge: Challenge) -> dict[str, Any]:
    """Return the context of `grand-challenge-forge pack`; metrics are every method's output."""
    phases = challenge.phases.select_related("archive").prefetch_related("inputs", "outputs")
    return _context(
        challenge, [_phase(phase, _archive(phase.archive)) for phase in phases if phase.archive]
    )


def phase_context(phase: Phase) -> dict[str, Any]:
    """Return the context of one phase for participants: its archive is the sample."""
    url = f"{settings.SITE_URL}{reverse('challenges:phase', args=[phase.pk])}"
    return _context(phase.challenge, [_phase(phase, {"slug": "sample", "url": url})])


def _context(challenge: Challenge, phases: list[dict[str, Any]]) -> dict[str, Any]:
    archives = {phase["archive"]["slug"]: phase["archive"] for phase in phases}
    return {
        "challenge": {
            "slug": challenge.slug,
            "url": f"{settings.SITE_URL}{reverse('challenges:detail', args=[challenge.pk])}",
            "archives": list(archives.values()),
            "phases": phases,
        }
    }


def _archive(archive: Archive) -> dict[str, str]:
    url = f"{settings.SITE_URL}{reverse('archives:detail', args=[archive.pk])}"
    return {"slug": archive.slug, "url": url}


def _phase(phase: Phase, archive: dict[str, str]) -> dict[str, Any]:
    interface = {
        "inputs": [_socket(socket) for socket in phase.inputs.all()],
        "outputs": [_socket(socket) for socket in phase.outputs.all()],
    }
    return {
        "slug": slugify(phase.title) or str(phase.pk),
        "title": phase.title,
        "archive": archive,
        "algorithm_interfaces": [] if phase.takes_predictions else [interface],
        "evaluation_additional_inputs": [],
        "evaluation_additional_outputs": [],
    }


def _socket(socket: Socket) -> dict[str, Any]:
    return serialized_socket(socket) | {"example_value": socket.example_value}
